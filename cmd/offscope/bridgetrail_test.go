package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offscope/event"
	"offscope/exchange"
)

func TestACookieTrailLeadsToTheStepThatSpokeLast(t *testing.T) {
	t.Parallel()
	hidden := exchange.Mark{Secret: "Set-Cookie"}.String()
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name  string
		url   string
		lines []string // of step 1, step 2 …
		to    string
		want  string
	}{
		{name: "set", lines: []string{"a=" + hidden}, to: "http://h/x", want: "a of 1"},
		{name: "set anew", lines: []string{"a=" + hidden, "a=" + hidden}, to: "http://h/x", want: "a of 2"},
		{name: "several", lines: []string{"a=" + hidden, "b=" + hidden}, to: "http://h/x", want: "a of 1, b of 2"},
		{name: "another host", lines: []string{"a=" + hidden}, to: "http://other/x"},
		{name: "domain", url: "http://a.example.com/x", lines: []string{"a=" + hidden + "; Domain=example.com"}, to: "http://b.example.com/x", want: "a of 1"},
		{name: "path", lines: []string{"a=" + hidden + "; Path=/y", "a=" + hidden + "; Path=/x"}, to: "http://h/x", want: "a of 2"},
		{name: "secret path", lines: []string{"a=" + hidden + "; Path=/" + hidden}, to: "http://h/x", want: "a of 1"},
		{name: "secret in the address", url: "http://h/" + hidden + "/y", lines: []string{"a=" + hidden}, to: "http://h/x", want: "a of 1"},
		{name: "secure", lines: []string{"a=" + hidden + "; Secure"}, to: "http://h/x"},
		{name: "taken away", lines: []string{"a=" + hidden, "a=; Max-Age=0"}, to: "http://h/x", want: "a gone by 2"},
		{name: "expired before the run", lines: []string{"a=; Expires=Fri, 02 Jan 2026 03:04:04 GMT"}, to: "http://h/x", want: "a gone by 1"},
		{name: "expired since the run", lines: []string{"a=" + hidden + "; Expires=Fri, 02 Jan 2026 03:04:06 GMT"}, to: "http://h/x", want: "a of 1"},
		{name: "an age goes before", lines: []string{"a=" + hidden + "; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, to: "http://h/x", want: "a of 1"},
		{name: "anywhere", lines: []string{"a=" + hidden + "; Path=/y", "a=" + hidden, "b=" + hidden, "b=" + hidden}, want: "a of 1, a of 2, b of 4"},
		{name: "no cookie", lines: []string{hidden}, to: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			trail := newCookieTrail(began)
			if c.url == "" {
				c.url = "http://h/x"
			}
			for i, line := range c.lines {
				trail.learn(event.Cookies{URL: c.url, Lines: []string{line}, Step: i + 1})
			}
			var got []string
			for _, need := range trail.sentTo(c.to) {
				word := "of"
				if need.gone {
					word = "gone by"
				}
				got = append(got, fmt.Sprintf("%s %s %d", need.name, word, need.from))
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
