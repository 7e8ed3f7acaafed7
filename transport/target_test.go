package transport

import (
	"strings"
	"testing"
)

func TestTargetIsTakenApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want target
	}{
		{"HTTP://Host", target{scheme: "http", host: "Host"}},
		{"https://[::1]:8443/a?b?c#d", target{scheme: "https", host: "[::1]:8443", path: "/a", query: "b?c", asked: true}},
		{"http://u@h/", target{scheme: "http", host: "h", user: "u:", path: "/"}},
		{"http://u:p@w@h:80?x", target{scheme: "http", host: "h:80", user: "u:p@w", query: "x", asked: true}},
		{"http://h/a@b:c", target{scheme: "http", host: "h", path: "/a@b:c"}},
		{"http://h?", target{scheme: "http", host: "h", asked: true}},
	}
	for _, test := range tests {
		got, err := parseTarget(test.text)
		if err != nil || got != test.want {
			t.Errorf("%q: %+v, %v", test.text, got, err)
		}
	}
}

// FuzzTarget holds the law that path and query reach the wire as they were spelled.
func FuzzTarget(f *testing.F) {
	for _, text := range []string{
		"http://h", "https://u:p@h:1/a%2Fb?q=%zz#f", "http://[::1]//x/{y}", "http://h?a b", "http://h/*", "http://h*", "x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		to, err := parseTarget(text)
		if err != nil {
			return
		}
		_, rest, _ := strings.Cut(text, "://")
		rest, _, _ = strings.Cut(rest, "#")
		wire := rest[strings.IndexAny(rest+"/", "/?"):]
		if !strings.HasPrefix(wire, "/") {
			wire = "/" + wire
		}
		got := to.url().RequestURI()
		if whole := to.scheme + "://" + to.host + wire; got != wire && got != whole {
			t.Errorf("%q is sent as %q", text, got)
		}
	})
}
