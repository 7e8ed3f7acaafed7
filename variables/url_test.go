package variables

import (
	"net/url"
	"strings"
	"testing"
)

func TestEncodeURL(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ url, want string }{
		{"", ""},
		{"http://h:80/a?b=c&d=e,f@g:h+i/j#k[]!*'();$~-._", "http://h:80/a?b=c&d=e,f@g:h+i/j#k[]!*'();$~-._"},
		{`/Users?filter=userName eq "a+b@c.d"`, "/Users?filter=userName%20eq%20%22a+b@c.d%22"},
		{"a%20b%2fc", "a%20b%2fc"},
		{"100% %4 %zz %", "100%25%20%254%20%25zz%20%25"},
		{`<>\^` + "`{|}", "%3C%3E%5C%5E%60%7B%7C%7D"},
		{"/x}}", "/x%7D%7D"},
		{"é\t\n\x00\x7f\xff", "%C3%A9%09%0A%00%7F%FF"},
	} {
		if got := EncodeURL(row.url); got != row.want {
			t.Errorf("%q became %q, want %q", row.url, got, row.want)
		}
	}
}

// The laws: encoding twice changes nothing, only what a URL may hold is left, and decoding gives back what was meant.
func FuzzEncodeURL(f *testing.F) {
	for _, seed := range []string{"a b", "%", "%%41", "%4", "é\"{}", "%25%", "a%2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := EncodeURL(text)
		if twice := EncodeURL(once); twice != once {
			t.Errorf("%q became %q, then %q", text, once, twice)
		}
		for i := range len(once) {
			if c := once[i]; c <= ' ' || c >= 0x7F || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
				t.Errorf("%q became %q", text, once)
			}
		}
		decoded, err := url.PathUnescape(once)
		if err != nil {
			t.Errorf("%q became %q: %v", text, once, err)
		}
		if !strings.Contains(text, "%") && decoded != text {
			t.Errorf("%q became %q, which means %q", text, once, decoded)
		}
		if back, err := url.PathUnescape(urlEncode(text)); err != nil || back != text {
			t.Errorf("url_encode of %q is %q", text, urlEncode(text))
		}
	})
}
