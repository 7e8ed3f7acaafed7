package variables

import (
	"html"
	"strings"
	"testing"

	"offscope/exchange"
)

// deeperWays are the spellings of a value that several programs have escaped one after the other.
func deeperWays(value string) map[string]string {
	ways := map[string]string{
		"xml numeric":                     html.EscapeString(value),
		"xml numeric in json html":        jsonInside(html.EscapeString(value), true),
		"xml numeric in json html, twice": jsonInside(jsonInside(html.EscapeString(value), true), true),
		"xml names in json html":          jsonInside(xmlEscaper.Replace(value), true),
		"xml hexadecimal":                 hexEntities.Replace(value),
		"xml hexadecimal in json html":    jsonInside(hexEntities.Replace(value), true),
		"xml with padded numbers":         paddedEntities.Replace(value),
		"xml twice":                       xmlEscaper.Replace(xmlEscaper.Replace(value)),
		"xml numeric, twice":              html.EscapeString(html.EscapeString(value)),
	}
	for _, asHTML := range []bool{false, true} {
		deep, name := value, "json"
		if asHTML {
			name = "json html"
		}
		for range 6 {
			deep = jsonInside(deep, asHTML)
			ways[name] = deep
			name += " in json"
		}
	}
	return ways
}

var hexEntities = strings.NewReplacer("&", "&#x26;", "<", "&#x3c;", ">", "&#x3E;", `"`, "&#x22;", "'", "&#x27;")

var paddedEntities = strings.NewReplacer("&", "&#038;", "<", "&#060;", ">", "&#062;", `"`, "&#034;", "'", "&#039;")

func TestWhatWasEscapedAgainAndAgainIsMasked(t *testing.T) {
	t.Parallel()
	for _, value := range []string{tricky, `"<&>`, `a"b<c&d>e`, `C:\dir\file`, "it's '日'", "\u2028😀\x7f\t", `\"\"`} {
		m := NewMasker()
		m.Add("pw", value)
		for way, spelled := range deeperWays(value) {
			text := "<" + spelled + "|"
			masked := m.Mask(text)
			if got := exchange.Show(masked, exchange.Bracketed); got != "<[pw]|" {
				t.Errorf("%q as %s: %q became %q", value, way, text, got)
			}
			if got := exchange.Show(masked, reveal(t, m)); got != text {
				t.Errorf("%q as %s: revealed %q, want %q", value, way, got, text)
			}
			for limit := range len(text) {
				cut, _ := m.MaskPrefix([]byte(text), limit)
				if !strings.HasPrefix(masked, cut) {
					t.Fatalf("%q as %s, cut at %d: %q", value, way, limit, cut)
				}
			}
		}
	}
}

// A server that decodes a query takes each + for a space, and what it sends back is no longer what was sent.
func TestWhatAServerDecodedIsMasked(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ value, text, want string }{
		{"ab+cd", `{"q":"ab cd"}`, `{"q":"[pw]"}`},
		{"ab+c\"d", `{"q":"ab c\"d"}`, `{"q":"[pw]"}`},
		{"ab+c%2Fd", "ab c/d", "[pw]"},
		{"ab+c%d", "ab c%d", "[pw]"},
		{"x\n  one+two\n", "one two", "[pw]"},
		{"ab+cd", "ab%20cd ab+cd", "[pw] [pw]"},
		{"++++", "[    ]", "[    ]"},
		{"a%20b", "a b", "a b"},
		{"a%2", "a%2", "a%2"},
	} {
		m := NewMasker()
		m.Add("pw", row.value)
		masked := m.Mask(row.text)
		if got := exchange.Show(masked, exchange.Bracketed); got != row.want {
			t.Errorf("%q: %q is shown as %q, want %q", row.value, row.text, got, row.want)
		}
		if got := exchange.Show(masked, reveal(t, m)); got != row.text {
			t.Errorf("%q: %q reveals %q", row.value, row.text, got)
		}
	}
	m := NewMasker()
	m.Add("pw", "ab+cd")
	if got, want := m.Mask("ab cd"), (exchange.Mark{Secret: "pw", Encoding: formDecoded}).String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
