package variables

import (
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"offscope/exchange"
	"offscope/jsontree"
)

// canaries are the kinds of values that secrets have.
var canaries = map[string]string{
	"password":            "hunter2hunter2",
	"password with signs": `p<a&s"s/w'rd+=%41?`,
	"bearer":              "Bearer 4fT-x_9kQ.zz~",
	"jwt":                 "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.s5f_Zk-0pQ",
	"hex":                 "00ff17c0ffee",
	"base64":              "q83vEjRWeJCrze8=+/A",
	"json":                `{"user":"me","key":"v<1>"}`,
	"url with password":   "https://me:s3cr3t@host/path?x=1&y=2",
	"windows path":        `C:\keys\server.pem`,
	"with a tab":          "two\twords here",
	"umlauts":             "pässwörd",
	"euro":                "pay €9 – “now”",
	"japanese":            "秘密の言葉",
	"emoji":               "key😀lock",
	"four characters":     "x9&é",
}

// misreadWays are what programs make of a value that know another character set only.
func misreadWays(value string) map[string]string {
	ways := map[string]string{}
	if isASCII(value) {
		return ways
	}
	ways["read as Latin-1"] = asLatin1(value)
	ways["read as Latin-1 twice"] = asLatin1(asLatin1(value))
	ways["read as Windows-1252"] = asWindows1252(value)
	ways["read as Windows-1252, strictly"] = withoutC1(asWindows1252(value))
	ways["read as Latin-1, in JSON"] = asciiJSON(asLatin1(value))
	ways["read as Latin-1, in XML"] = html.EscapeString(asLatin1(value))
	ways["read as Windows-1252, percent-encoded"] = url.QueryEscape(asWindows1252(value))
	if bytes, ok := inSingleBytes(value); ok {
		ways["in Windows-1252"] = bytes
		ways["in Windows-1252, percent-encoded"] = url.QueryEscape(bytes)
		ways["in Windows-1252, percent-encoded, lower hex"] = lowerHex(urlEncode(bytes))
		ways["in Windows-1252, repaired"] = strings.ToValidUTF8(bytes, "\ufffd")
		ways["in Windows-1252, base64"] = encodeBase64("user:" + bytes)
	}
	for _, replacement := range []string{"?", "\ufffd"} {
		replaced := replaceEach(value, func(string) string { return replacement })
		if telling(replaced) {
			ways["with "+replacement+" for each character"] = replaced
			ways["with "+replacement+" for each byte"] = replaceEach(value, func(c string) string { return strings.Repeat(replacement, len(c)) })
			ways["with "+replacement+" for each character, in a URL"] = urlEncode(replaced)
		}
	}
	return ways
}

// xmlWays are all entities of a value, also of characters that need none.
func xmlWays(value string) map[string]string {
	each := func(format string) string {
		var out strings.Builder
		for _, r := range value {
			fmt.Fprintf(&out, format, r)
		}
		return out.String()
	}
	return map[string]string{
		"xml all decimal": each("&#%d;"), "xml all hexadecimal": each("&#x%x;"), "xml all upper hexadecimal": each("&#x%X;"),
	}
}

func TestEveryKindOfSecretIsMaskedInEveryForm(t *testing.T) {
	t.Parallel()
	for kind, value := range canaries {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := NewMasker()
			m.Add("pw", value)
			ways := spelledWays(value)
			for _, more := range []map[string]string{deeperWays(value), misreadWays(value), xmlWays(value)} {
				maps.Copy(ways, more)
			}
			for way, spelled := range ways {
				if way == "json ascii" && !isASCII(value) && strings.ContainsRune(value, '😀') {
					continue // drops what does not fit
				}
				text := "<" + spelled + "|"
				masked := m.Mask(text)
				if hidden(masked, spelled) || !strings.Contains(masked, "\uE0F0pw") {
					t.Errorf("%s: %q became %q", way, text, masked)
				}
				if got := exchange.Show(masked, reveal(t, m)); got != text {
					t.Errorf("%s: revealed %q, want %q", way, got, text)
				}
			}
		})
	}
}

// A text is escaped by several programs, each of which leaves other characters as they are. Letters and digits are left by all.
func TestMixedSpellingsAreMasked(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	spell := []func(c string) string{
		func(c string) string { return jsonInside(c, false) },
		func(c string) string { return jsonInside(c, true) },
		urlEncode,
		func(c string) string { return lowerHex(url.PathEscape(c)) },
		xmlEscaper.Replace,
		html.EscapeString,
		asciiJSON,
		func(c string) string { r, _ := utf8.DecodeRuneInString(c); return fmt.Sprintf("&#x%x;", r) },
	}
	for kind, value := range canaries {
		if strings.ContainsRune(value, '😀') {
			continue // which asciiJSON drops
		}
		m := NewMasker()
		m.Add("pw", value)
		for range 100 {
			var spelled strings.Builder
			for _, r := range value {
				if c := string(r); isOrdinary(r) {
					spelled.WriteString(c)
				} else {
					spelled.WriteString(spell[random.IntN(len(spell))](c))
				}
			}
			text := "(" + spelled.String() + ")"
			masked := m.Mask(text)
			if got := exchange.Show(masked, exchange.Bracketed); got != "([pw])" {
				t.Errorf("%s: %q became %q", kind, text, got)
			}
		}
	}
}

func TestMisreadingsAreNotSeenWhereTooLittleIsLeft(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	m.Add("pw", "日本語abc")
	m.Add("ascii", "plain value")
	for _, text := range []string{"???abc", "\ufffd\ufffd\ufffdabc", "?????????", "abc"} {
		if got := m.Mask(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := misreadings("plain value"); got != nil {
		t.Errorf("got %q", got)
	}
	scope := &Scope{Secrets: m}
	m.Secret("late")
	scope.Set("late", jsontree.FromString("grüße aus"), Origin{})
	if got := exchange.Show(m.Mask("grÃ¼ÃŸe aus"), exchange.Bracketed); got != "[late]" {
		t.Errorf("got %q", got)
	}
}
