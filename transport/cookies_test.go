package transport

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func learn(j *Jar, url string, lines ...string) { j.Learn(url, headerOfLines(lines)) }

func TestCookiesGoWhereABrowserSendsThem(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, from, line, to, want string }{
		{"same host", "http://a.test/", "x=1", "http://a.test/", "x=1"},
		{"another port", "http://a.test:81/", "x=1", "http://a.test/", "x=1"},
		{"host in capitals", "http://A.test/", "x=1", "http://a.TEST", "x=1"},
		{"another host", "http://a.test/", "x=1", "http://b.test/", ""},
		{"subdomain without domain", "http://example.com/", "x=1", "http://api.example.com/", ""},
		{"subdomain with domain", "http://example.com/", "x=1; Domain=example.com", "http://api.example.com/", "x=1"},
		{"from a subdomain", "http://api.example.com/", "x=1; Domain=.example.com", "http://www.example.com/", "x=1"},
		{"another's domain", "http://a.test/", "x=1; Domain=b.test", "http://b.test/", ""},
		{"a public suffix", "http://a.co.uk/", "x=1; Domain=co.uk", "http://b.co.uk/", ""},
		{"default path", "http://a.test/v1/login", "x=1", "http://a.test/v1/users", "x=1"},
		{"outside the default path", "http://a.test/v1/login", "x=1", "http://a.test/v2", ""},
		{"path", "http://a.test/", "x=1; Path=/v1", "http://a.test/v1/users?q", "x=1"},
		{"outside the path", "http://a.test/", "x=1; Path=/v1", "http://a.test/v11", ""},
		{"path that net/url refuses", "http://a.test/%zz/a", "x=1", "http://a.test/%zz/b", "x=1"},
		{"secure to https", "https://a.test/", "x=1; Secure", "https://a.test/", "x=1"},
		{"secure to http", "https://a.test/", "x=1; Secure", "http://a.test/", ""},
		{"secure to localhost", "http://localhost/", "x=1; Secure", "http://localhost:8080/", "x=1"},
		{"secure to a loopback address", "http://127.0.0.1/", "x=1; Secure", "http://127.0.0.1/", "x=1"},
		{"a double quote inside", "http://a.test/", `x={"a":1}`, "http://a.test/", ""},
		{"address", "http://127.0.0.1:80/", "x=1", "http://127.0.0.1:81/", "x=1"},
		{"not yet expired", "http://a.test/", "x=1; Max-Age=100", "http://a.test/", "x=1"},
		{"expired", "http://a.test/", "x=1; Max-Age=0", "http://a.test/", ""},
		{"expired by date", "http://a.test/", "x=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http://a.test/", ""},
		{"quoted", "http://a.test/", `x="1 2"`, "http://a.test/", `x="1 2"`},
		{"http only", "http://a.test/", "x=1; HttpOnly; SameSite=Strict", "http://a.test/", "x=1"},
		{"no cookie", "http://a.test/", "=", "http://a.test/", ""},
		{"too long", "http://a.test/", "x=" + strings.Repeat("1", longestCookie), "http://a.test/", ""},
		{"from nowhere", "a.test", "x=1", "http://a.test/", ""},
		{"to nowhere", "http://a.test/", "x=1", "a.test", ""},
	}
	for _, test := range tests {
		j := NewJar()
		learn(j, test.from, test.line)
		if got := j.Cookies(test.to, ""); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestOwnCookiesGoFirst(t *testing.T) {
	t.Parallel()
	j := NewJar()
	const url = "http://a.test/"
	learn(j, url, "x=1", "y=2")
	for own, want := range map[string]string{
		"":             "x=1; y=2",
		"z=3":          "z=3; x=1; y=2",
		"y=9":          "y=9; x=1",
		"z=3;y = 9; ":  "z=3;y = 9; x=1",
		"y; x=":        "y; x=",
		"X=9":          "X=9; x=1; y=2", // names differ by case
		"odd ; text=é": "odd ; text=é; x=1; y=2",
	} {
		if got := j.Cookies(url, own); got != want {
			t.Errorf("%q: %q, want %q", own, got, want)
		}
	}
	if got := NewJar().Cookies(url, "own=1; "); got != "own=1" {
		t.Errorf("got %q", got)
	}
}

func TestJarIsWhatItReceived(t *testing.T) {
	t.Parallel()
	j := NewJar()
	if _, any := j.Learn("http://u:p@a.test/login?password=x#f", headerOfLines(nil)); any {
		t.Error("something was learnt of nothing")
	}
	r, any := j.Learn("http://u:p@a.test/login?password=x#f", headerOfLines([]string{"x=1", "y=2"}))
	want := Received{URL: "http://a.test/login", Lines: []string{"x=1", "y=2"}}
	if !any || !cmp.Equal(r, want) {
		t.Errorf("learnt %v", r)
	}
	learn(j, "http://a.test/", "x=3", "y=; Max-Age=0")
	c := j.Clone()
	learn(c, "http://a.test/", "x=4")
	replayed := NewJar()
	replayed.Replay(j.History())
	for name, test := range map[string]struct {
		j    *Jar
		want string
	}{"original": {j, "x=3"}, "clone": {c, "x=4"}, "replayed": {replayed, "x=3"}} {
		if got := test.j.Cookies("http://a.test/", ""); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if diff := cmp.Diff(j.History(), replayed.History()); diff != "" || len(j.History()) != 2 {
		t.Errorf("histories differ (-want +got):\n%s", diff)
	}
	j.History()[0].Lines[0] = "x=9"
	if j.History()[0].Lines[0] != "x=1" {
		t.Error("the history is shared")
	}
}

func TestJarForgetsWhatNoLongerMatters(t *testing.T) {
	t.Parallel()
	j := NewJar()
	const url = "http://a.test/"
	learn(j, url, "first=1")
	learn(j, url, "gone=1", "gone=; Path=/; Max-Age=0")
	for i := range 10 * compactAt {
		learn(j, url, fmt.Sprintf("session=%d", i))
	}
	want := fmt.Sprintf("first=1; session=%d", 10*compactAt-1)
	for name, j := range map[string]*Jar{"jar": j, "clone": j.Clone()} {
		if got := j.Cookies(url, ""); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if n := len(j.History()); n > compactAt {
			t.Errorf("%s: the history has %d entries", name, n)
		}
	}
}

func TestJarIsBounded(t *testing.T) {
	t.Parallel()
	j := NewJar()
	const url = "http://a.test/"
	for i := range 3 * mostLines {
		learn(j, url, fmt.Sprintf("n%d=1", i))
	}
	cookies := strings.Split(j.Cookies(url, ""), "; ")
	if n := len(cookies); n > 2*mostLines || n < mostLines || j.lines > 2*mostLines {
		t.Errorf("%d cookies, %d lines", n, j.lines)
	}
	if last := fmt.Sprintf("n%d=1", 3*mostLines-1); cookies[len(cookies)-1] != last {
		t.Errorf("the last one is %s, want %s", cookies[len(cookies)-1], last)
	}
	learn(j, url, make([]string, 3*mostLines)...) // empty lines are no cookies
	if j.lines > 2*mostLines {
		t.Errorf("%d lines", j.lines)
	}
}

func TestNewestLinesAreKept(t *testing.T) {
	t.Parallel()
	history := []Received{{"a", []string{"1", "2"}}, {"b", []string{"3", "4", "5"}}, {"c", []string{"6"}}}
	want := [][]Received{
		{}, {{"c", []string{"6"}}}, {{"b", []string{"5"}}, {"c", []string{"6"}}}, {{"b", []string{"4", "5"}}, {"c", []string{"6"}}},
		history[1:], {{"a", []string{"2"}}, history[1], history[2]}, history, history,
	}
	for n, want := range want {
		if got := newest(history, n); !cmp.Equal(got, want) {
			t.Errorf("%d: %v", n, got)
		}
	}
}
