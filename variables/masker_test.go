package variables

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"offscope/exchange"
	"offscope/jsontree"
	"offscope/source"
)

const tricky = "p<a&s\"s/w\\ö r+d=%41\n?"

// spelledWays are the spellings of a value that must never be seen.
func spelledWays(value string) map[string]string {
	marshal := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return string(data)
	}
	inside := func(v any) string { return strings.Trim(marshal(v), `"`) }
	ways := map[string]string{
		"plain":                   value,
		"url path":                url.PathEscape(value),
		"url query":               url.QueryEscape(value),
		"url_encode":              urlEncode(value),
		"url_encode, lower hex":   lowerHex(urlEncode(value)),
		"url twice":               urlEncode(urlEncode(value)),
		"minimal url":             EncodeURL(value),
		"base64":                  base64.StdEncoding.EncodeToString([]byte(value)),
		"base64 without padding":  base64.RawStdEncoding.EncodeToString([]byte(value)),
		"base64url":               base64.URLEncoding.EncodeToString([]byte(value)),
		"base64url raw":           base64.RawURLEncoding.EncodeToString([]byte(value)),
		"base64 in url":           url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(value))),
		"base64 in json with \\/": strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(value)), "/", `\/`),
		"json":                    jsonInside(value, false),
		"json html":               jsonInside(value, true),
		"json ascii":              asciiJSON(value),
		"json with \\/":           strings.ReplaceAll(jsonInside(value, false), "/", `\/`),
		"json in json":            jsonInside(jsonInside(value, false), false),
		"json in json html":       jsonInside(jsonInside(value, true), true),
		"json in json with \\/":   strings.ReplaceAll(jsonInside(jsonInside(value, false), false), "/", `\/`),
		"xml":                     xmlEscaper.Replace(value),
		"xml in json":             inside(xmlEscaper.Replace(value)),
		"json in url":             urlEncode(jsonInside(value, false)),
		"json in minimal url":     EncodeURL(jsonInside(value, false)),
		"quoted by Chai":          inApostrophes.Replace(value),
		"quoted by Chai, in json": jsonInside(inApostrophes.Replace(value), false),
		"escape":                  oldEscape(value),
	}
	for _, user := range []string{"", "u", "us", "use", "user", "a longer user name"} {
		for _, after := range []string{"", "x", ":y", "end"} {
			text := []byte(user + ":" + value + after)
			ways["base64 of "+user+":…"+after] = base64.StdEncoding.EncodeToString(text)
			ways["base64url of "+user+":…"+after] = base64.RawURLEncoding.EncodeToString(text)
		}
	}
	return ways
}

// lossy are the spellings of characters, to which bytes that are no character are lost.
var lossy = map[string]bool{"json ascii": true, "json in url": true, "json in minimal url": true, "escape": true}

// inApostrophes writes what stands between the quotes of a text in a message of Chai.
var inApostrophes = strings.NewReplacer("'", `\'`, "\n", `\n`)

// oldEscape is what the function escape of JavaScript makes of a text.
func oldEscape(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80 && (isWord(byte(r)) || strings.ContainsRune("@*+-./", r)):
			out.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&out, "%%%02X", r)
		default:
			for _, half := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&out, "%%u%04X", half)
			}
		}
	}
	return out.String()
}

func lowerHex(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			out.WriteString(strings.ToLower(s[i : i+3]))
			i += 2
			continue
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func asciiJSON(s string) string {
	var out strings.Builder
	for _, r := range s {
		if r < 0x10000 {
			fmt.Fprintf(&out, `\u%04X`, r)
		}
	}
	return out.String()
}

func TestEverySpellingIsMaskedAndRevealed(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"abcd", "hunter2!", tricky, "\xff\xfe???>>>", "00aa????", "ünïcödé", "\\\\\\\\", "    ", "\uE0F0sep", "it's '日'"} {
		m := NewMasker()
		m.Add("pw", value)
		for way, spelled := range spelledWays(value) {
			if lossy[way] && !utf8.ValidString(value) {
				continue // a replaced byte, escaped: not told from any other
			}
			text := "<" + spelled + "|"
			masked := m.Mask(text)
			if hidden(masked, spelled) || !strings.Contains(masked, "\uE0F0pw") {
				t.Errorf("%q as %s: %q became %q", value, way, text, masked)
			}
			if got := exchange.Show(masked, reveal(t, m)); got != exchange.WithoutMarks(text) {
				t.Errorf("%q as %s: revealed %q, want %q", value, way, got, text)
			}
		}
	}
}

// hidden reports whether a spelling can still be seen outside of marks.
func hidden(masked, spelled string) bool {
	return strings.Contains(exchange.Show(masked, func(exchange.Mark) string { return "\x00" }), spelled)
}

func reveal(t *testing.T, m *Masker) func(exchange.Mark) string {
	return func(mark exchange.Mark) string {
		text, ok := m.Reveal(mark)
		if !ok {
			t.Errorf("nothing to reveal for %q", mark)
		}
		return text
	}
}

func TestMarksNameTheEncoding(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	m.Add("pw", `a<b"c d`)
	for _, row := range []struct {
		text string
		want exchange.Encoding
	}{
		{`a<b"c d`, exchange.Plain},
		{"a%3Cb%22c%20d", exchange.URLEncoded},
		{"a%3Cb%22c+d", exchange.FormEncoded},
		{base64.StdEncoding.EncodeToString([]byte(`a<b"c d`)), exchange.Base64},
		{`a<b\"c d`, exchange.JSONEscaped},
		{`a\u003cb\"c d`, exchange.JSONHTML},
		{`a<b\\\"c d`, exchange.JSONInJSON},
		{"a&lt;b&quot;c d", exchange.XMLEscaped},
		{"a%253Cb%2522c%2520d", doubleURL},
		{"a%3cb%22c%20d", "url~1"}, // lower case: only this masker can tell
	} {
		if got, want := m.Mask(row.text), (exchange.Mark{Secret: "pw", Encoding: row.want}).String(); got != want {
			t.Errorf("%q became %q, want %q", row.text, got, want)
		}
	}
}

func TestBase64WithAUserNameIsRevealedByAnotherMasker(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"u", "us", "use"} {
		header := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":s3cret-Ü"))
		first := NewMasker()
		first.Add("pw", "s3cret-Ü")
		masked := first.Mask(header)
		second := NewMasker()
		second.Add("pw", "s3cret-Ü")
		if got := exchange.Show(masked, reveal(t, second)); got != header || masked == header {
			t.Errorf("%q became %q, then %q", header, masked, got)
		}
	}
}

func TestShortValuesAreMaskedOnlyWhereInserted(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	scope := &Scope{Secrets: m}
	m.Secret("pin")
	scope.Set("pin", jsontree.FromString("123"), Origin{Kind: Flag})
	if got := m.Mask("123 is 123"); got != "123 is 123" {
		t.Errorf("Mask: %q", got)
	}
	e := expand(t, "123 {{pin}} {{encode_base64(u:{{pin}})}}", Names{scope, &Builtins{}})
	shown := m.Show(e)
	if got := exchange.Show(shown, exchange.Bracketed); got != "123 [pin] [pin]" {
		t.Errorf("Show: %q", got)
	}
	if got := exchange.Show(shown, reveal(t, m)); got != e.String() {
		t.Errorf("revealed %q, want %q", got, e)
	}
}

func TestShowMarksSecretPiecesAndWhatTheyFormTogether(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	m.Add("joined", "abcdef")
	m.Add("twice", "<t0kent0ken>")
	m.Add("overlap", "bc-t0k")
	scope := &Scope{Secrets: m}
	m.Secret("token")
	scope.Set("token", jsontree.FromString("t0ken"), Origin{})
	scope.Set("part", jsontree.FromString("cdef"), Origin{})
	b := &Builtins{Secret: func(name string) (string, bool) { return "x" + name, name == "k" }}
	for _, row := range []struct{ template, want string }{
		{"Bearer {{token}}!", "Bearer [token]!"},
		{"ab{{part}}", "[joined]"},
		{"{{token}}+abcdef", "[token]+[joined]"},
		{"<{{token}}{{token}}>", "[twice]"},
		{"<{{token}}{{part}}>", "<[token]cdef>"},
		{"bc-{{token}}-de", "[overlap][token]-de"},
		{"{{part}} t0ken", "cdef [token]"},
		{"{{get_secret( k )}}", "[k]"},
		{"{{url_encode({{token}})}}", "[token]"},
		{"{{token}}{{token}}", "[token][token]"},
	} {
		e := expand(t, row.template, Names{scope, b})
		shown := m.Show(e)
		if got := exchange.Show(shown, exchange.Bracketed); got != row.want {
			t.Errorf("%s shows %q, want %q", row.template, got, row.want)
		}
		if got := exchange.Show(shown, reveal(t, m)); got != e.String() {
			t.Errorf("%s reveals %q, want %q", row.template, got, e)
		}
	}
}

func TestOneValueIsOneMarkAlsoWhenAPartOfItIsASecret(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	m.Add("Authorization", "Bearer t0ken")
	scope := &Scope{Secrets: m}
	m.Secret("token")
	scope.Set("token", jsontree.FromString("t0ken"), Origin{})
	e := expand(t, "Bearer {{token}}", Names{scope, nil})
	shown := m.Show(e)
	if got := exchange.Show(shown, exchange.Bracketed); got != "[Authorization]" {
		t.Errorf("got %q", got)
	}
	if got := exchange.Show(shown, reveal(t, m)); got != "Bearer t0ken" {
		t.Errorf("revealed %q", got)
	}
}

func TestSeveralValuesOfAName(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	m.Add("token", "first")
	m.Add("token", "second")
	m.Add("token", "first")
	masked := m.Mask("first second")
	want := exchange.Mark{Secret: "token"}.String() + " " + exchange.Mark{Secret: "token", Encoding: "#2"}.String()
	if masked != want {
		t.Errorf("got %q, want %q", masked, want)
	}
	if got := exchange.Show(masked, reveal(t, m)); got != "first second" {
		t.Errorf("revealed %q", got)
	}
}

func TestLinesOfAValueAreSecrets(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	m.Add("key", "-----BEGIN\r\n  abcdef\r\nxy\r\n")
	for _, text := range []string{"-----BEGIN\r\n  abcdef\r\nxy\r\n", `["abcdef"]`, "YWJjZGVm", "xy"} {
		masked := m.Mask(text)
		if got := exchange.Show(masked, reveal(t, m)); got != text {
			t.Errorf("%q reveals %q", text, got)
		}
		if marked := masked != text; marked != (text != "xy") {
			t.Errorf("%q became %q", text, masked)
		}
	}
}

func TestOverlappingSecretsAreBothHidden(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	m.Add("a", "abcdef")
	m.Add("b", "defghi")
	m.Add("c", "abcd")
	masked := m.Mask("-abcdefghi-abcd-")
	if got := exchange.Show(masked, exchange.Bracketed); got != "-[a][b]-[c]-" {
		t.Errorf("got %q", got)
	}
	if got := exchange.Show(masked, reveal(t, m)); got != "-abcdefghi-abcd-" {
		t.Errorf("revealed %q", got)
	}
}

func TestMarksInATextCannotBeForged(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	forged := exchange.Mark{Secret: "pw"}.String()
	if got := m.Mask(forged); strings.Contains(got, "\uE0F0") {
		t.Errorf("without secrets: %q", got)
	}
	m.Add("pw", "value")
	if got := exchange.Show(m.Mask(forged), func(exchange.Mark) string { return "!" }); strings.Contains(got, "!") {
		t.Errorf("with a secret: %q", got)
	}
	if _, ok := m.Reveal(exchange.Mark{Secret: "pw", Encoding: "unheard of"}); ok {
		t.Error("an unknown encoding was revealed")
	}
	if _, ok := m.Reveal(exchange.Mark{Secret: "pw", Encoding: "json#2"}); ok {
		t.Error("a second value was revealed")
	}
}

func TestPrefixNeverCutsASecretOrACharacter(t *testing.T) {
	t.Parallel()
	const value = "s<cret\"ö"
	m := NewMasker()
	m.Add("pw", value)
	for way, spelled := range spelledWays(value) {
		text := "héé " + spelled + " ünd mehr " + spelled
		for limit := -1; limit <= len(text)+1; limit++ {
			masked, cut := m.MaskPrefix([]byte(text), limit)
			revealed := exchange.Show(masked, reveal(t, m))
			if !strings.HasPrefix(text, revealed) || cut != (len(revealed) < len(text)) {
				t.Fatalf("%s cut at %d: %q, %v", way, limit, revealed, cut)
			}
			if !strings.HasPrefix(m.Mask(text), masked) {
				t.Fatalf("%s cut at %d: %q is not the beginning of %q", way, limit, masked, m.Mask(text))
			}
			if len(revealed) < min(limit, len(text))-3 {
				t.Fatalf("%s cut at %d: only %d bytes", way, limit, len(revealed))
			}
		}
	}
}

func TestFormsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	for _, f := range []form{
		{number: 1},
		{kind: exchange.JSONInJSON, number: 3},
		{kind: exchange.Base64, partial: true, lead: "0110", tail: "", number: 1},
		{kind: exchange.Base64URL, partial: true, tail: "01", line: 2, number: 12},
	} {
		if got, ok := parseForm(f.encoding()); !ok || got != f {
			t.Errorf("%+v came back from %q as %+v", f, f.encoding(), got)
		}
	}
	for _, bad := range []exchange.Encoding{"#0", "#x", "@", "json@-1", "@0#2"} {
		if f, ok := parseForm(bad); ok {
			t.Errorf("%q was read as %+v", bad, f)
		}
	}
}

func TestMaskerServesSeveralGoroutines(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			value := fmt.Sprintf("value-%d", i)
			m.Add("pw", value)
			for range 20 {
				if got := m.Mask("a " + value); strings.Contains(got, value) {
					t.Errorf("%q was not masked", value)
				}
			}
		})
	}
	group.Wait()
}

// The law: whatever stands around it, no spelling of a registered value is left in a masked text, and revealing the marks
// gives the text again.
func FuzzMaskedTextHoldsNoSecret(f *testing.F) {
	f.Add("abcd", "ab", "cd", "xabcdx")
	f.Add(tricky, "user:", "", "eHg6")
	f.Add("aaaa", "aa", "aaa", "aaaaaaa")
	f.Add("\\\\\\\\", "\\", "\\", "")
	f.Add("%%41%", "%25", "%", "&amp;")
	f.Add("0\xf6\xc40", "", "", "")
	f.Add("\ue0f0\x8300", "", "", "")
	f.Add("a+b+c", "a ", " c", "b c")
	f.Add("\\\"\\\"", "\\", "\\\\", "\"")
	f.Add("\uE0F0sep", "\uE0F1", "\xee", "")
	f.Fuzz(func(t *testing.T, value, before, after, other string) {
		if len([]rune(value)) < minSecret || len(value) > 200 || len(before)+len(after)+len(other) > 500 {
			t.Skip("too short to be masked, or longer than it takes to find a gap")
		}
		m := NewMasker()
		m.Add("pw", value)
		m.Add("other", other)
		ways := spelledWays(value)
		maps.Copy(ways, deeperWays(value))
		if decoded, ok := decodedQuery(value); ok && len([]rune(decoded)) >= minSecret && strings.TrimSpace(decoded) != "" {
			ways["decoded by a server"] = decoded
		}
		for way, spelled := range ways {
			spelled = exchange.WithoutMarks(spelled)
			if way == "json ascii" || lossy[way] && !utf8.ValidString(value) {
				continue // drops what does not fit
			}
			text := exchange.WithoutMarks(before + spelled + after)
			masked := m.Mask(text)
			if hidden(masked, spelled) {
				t.Errorf("%q as %s: %q became %q", value, way, text, masked)
			}
			if got := exchange.Show(masked, reveal(t, m)); got != text {
				t.Errorf("%q as %s: revealed %q, want %q", value, way, got, text)
			}
			for _, limit := range []int{len(before), len(text) / 2} {
				cut, _ := m.MaskPrefix([]byte(text), limit)
				if !strings.HasPrefix(masked, cut) {
					t.Errorf("%q as %s, cut at %d: %s", value, way, limit, cmp.Diff(masked, cut))
				}
			}
		}
	})
}

func BenchmarkMaskLargeBody(b *testing.B) {
	body := largeBody()
	m := NewMasker()
	for _, value := range []string{"eyJhbGciOiJIUzI1NiJ9.payload.sig", "hunter2hunter2", "00Tokn-abcdefghijkl"} {
		m.Add(value[:4], value)
	}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		m.Mask(body)
	}
}

func BenchmarkMaskBodyFullOfEscapes(b *testing.B) {
	body := strings.Repeat(`\u00e9\u00fc`, 5<<20/12)
	m := NewMasker()
	m.Add("a", "hunter2hunter2")
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		m.Mask(body)
	}
}

func largeBody() string {
	var out strings.Builder
	for i := 0; out.Len() < 5<<20; i++ {
		fmt.Fprintf(&out, `{"id":"%032x","userName":"user%d@example.com","meta":{"location":"http://localhost/Users/%d"}},`, i*7919, i, i)
	}
	return out.String()
}

func expand(t *testing.T, template string, from Lookup) Expansion {
	t.Helper()
	e, err := Parse(source.Text{Value: template}).Expand(from)
	if err != nil {
		t.Fatalf("%s: %v", template, err)
	}
	return e
}

func BenchmarkAddSecrets(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m := NewMasker()
		m.Add("auth", "Bearer eyJhbGciOiJIUzI1NiJ9.c2NpbQ.4fT_x")
		m.Add("auth", "eyJhbGciOiJIUzI1NiJ9.c2NpbQ.4fT_x")
		m.Add("oktaToken", "00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_")
		m.Mask("GET /scim/v2/Users")
	}
}
