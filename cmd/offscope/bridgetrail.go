package main

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/runner"
	"offscope/transport"
)

// A cookieNeed is a cookie that a step would have sent, with the step whose answer said last what it is.
type cookieNeed struct {
	name string
	step *runner.Step
	from int
	gone bool // what the answer said is that it is no more
}

// A cookieTrail is a jar of recorded cookies. In the place of a value, which is in no record, each has its number in said.
type cookieTrail struct {
	began time.Time
	jar   *transport.Jar
	said  []cookieNeed
	last  map[cookiePlace]int // the number of what was said last
}

// A cookiePlace tells cookies of one name apart.
type cookiePlace struct{ name, url, domain, path string }

// newCookieTrail returns an empty trail. A cookie that had expired when the run began was not set but taken away.
func newCookieTrail(began time.Time) *cookieTrail {
	return &cookieTrail{began: began, jar: transport.NewJar(), last: map[cookiePlace]int{}}
}

// learn takes what the answer to a step said.
func (t *cookieTrail) learn(c event.Cookies) {
	for _, line := range c.Lines {
		cookie, err := http.ParseSetCookie(withoutSecrets(line))
		if err != nil {
			continue // the jar of the run did not take it either
		}
		url := withoutSecrets(c.URL)
		if _, attributes, _ := strings.Cut(line, ";"); withoutSecrets(attributes) != attributes || url != c.URL && cookie.Path == "" {
			cookie.Path = "/" // which one it was is not known
		}
		gone := cookie.MaxAge < 0 || cookie.MaxAge == 0 && !cookie.Expires.IsZero() && cookie.Expires.Before(t.began)
		number := len(t.said)
		t.said = append(t.said, cookieNeed{name: cookie.Name, from: c.Step, gone: gone})
		t.last[cookiePlace{cookie.Name, url, cookie.Domain, cookie.Path}] = number
		lasting := http.Cookie{Name: cookie.Name, Value: strconv.Itoa(number), Domain: cookie.Domain, Path: cookie.Path, Secure: cookie.Secure}
		t.jar.Learn(url, exchange.Header{{Name: "Set-Cookie", Value: lasting.String()}})
	}
}

// sentTo returns the cookies that are sent to an address, all of them when it is "".
func (t *cookieTrail) sentTo(url string) []cookieNeed {
	var needs []cookieNeed
	if url == "" {
		for _, number := range slices.Sorted(maps.Values(t.last)) {
			needs = append(needs, t.said[number])
		}
		return needs
	}
	for pair := range strings.SplitSeq(t.jar.Cookies(url, ""), "; ") {
		_, value, _ := strings.Cut(pair, "=")
		if number, err := strconv.Atoi(value); err == nil {
			needs = append(needs, t.said[number])
		}
	}
	return needs
}

// nameOfCookie is the name in a Set-Cookie line, as a need has it.
func nameOfCookie(line string) string {
	cookie, err := http.ParseSetCookie(withoutSecrets(line))
	if err != nil {
		return ""
	}
	return cookie.Name
}

// withoutSecrets puts a letter where a secret was.
func withoutSecrets(text string) string {
	return exchange.Show(text, func(exchange.Mark) string { return "x" })
}
