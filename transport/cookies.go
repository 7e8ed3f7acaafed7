package transport

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"offscope/exchange"
)

const (
	compactAt     = 1000    // Set-Cookie lines that are kept before those that no longer matter are looked for
	mostLines     = 3000    // RFC 6265, section 6.1, asks for as many cookies; the oldest go first
	longestCookie = 8 << 10 // browsers take at most half of that for name and value
)

// A Jar keeps cookies as a browser does: by domain and path, until they expire, Secure ones for https and for loopback hosts
// only. Vendor documentation: an environment's cookies live for one run.
//
// It follows [cookiejar.Jar]: a value with a double quote inside is not taken, which browsers do. Nor is a line of more than
// 8 KiB, and of more than some thousand cookies the oldest are forgotten. A jar belongs to one run and is not safe for
// concurrent use.
type Jar struct {
	jar     *cookiejar.Jar
	history []Received
	lines   int // in the history
	compact int // how many of them make it worth looking for superseded ones
}

// Received is what a server said about cookies in one answer. A jar is the sum of what it received, in order.
type Received struct {
	// URL is what was asked, without user, query and fragment.
	URL string `json:"url"`
	// Lines are the values of the Set-Cookie headers.
	Lines []string `json:"set_cookie"`
}

// NewJar returns a jar without cookies.
func NewJar() *Jar {
	j := new(Jar)
	j.reset()
	return j
}

func (j *Jar) reset() {
	j.jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // it never fails
	j.history, j.lines, j.compact = nil, 0, compactAt
}

// Cookies returns the value of the Cookie header for a request, "" for none: first own, the text of the step's own header,
// then the jar's cookies of other names.
func (j *Jar) Cookies(url, own string) string {
	u := cookieURL(url)
	if u == nil {
		return own
	}
	given := cookieNames(own)
	var pairs []string
	if own = strings.TrimRight(own, "; "); own != "" {
		pairs = append(pairs, own)
	}
	for _, cookie := range j.jar.Cookies(u) {
		if slices.Contains(given, cookie.Name) {
			continue
		}
		value := cookie.Value
		if cookie.Quoted {
			value = `"` + value + `"`
		}
		pairs = append(pairs, cookie.Name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

func cookieNames(header string) []string {
	var names []string
	for pair := range strings.SplitSeq(header, ";") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// cookieURL returns the part of a URL that decides about cookies, nil when the URL cannot be requested anyway.
func cookieURL(text string) *url.URL {
	t, err := parseTarget(text)
	if err != nil {
		return nil
	}
	u := &url.URL{Scheme: t.scheme, Host: t.host, Path: "/"}
	if t.path == "" {
		return u
	}
	u.Path = t.path
	if path, err := url.PathUnescape(t.path); err == nil {
		u.Path, u.RawPath = path, t.path
	}
	return u
}

// Learn takes the Set-Cookie headers of the answer to a request, and returns what there was to learn; false when that was
// nothing.
func (j *Jar) Learn(url string, response exchange.Header) (Received, bool) {
	u := cookieURL(url)
	lines := slices.DeleteFunc(response.Values("Set-Cookie"), func(line string) bool { return len(line) > longestCookie })
	if u == nil || len(lines) == 0 {
		return Received{}, false
	}
	r := Received{URL: u.String(), Lines: lines}
	j.take(u, r)
	return r, true
}

func (j *Jar) take(u *url.URL, r Received) {
	j.set(u, r)
	if j.lines <= j.compact {
		return
	}
	kept := newest(withoutSuperseded(j.history), mostLines)
	j.reset()
	for _, r := range kept {
		j.set(cookieURL(r.URL), r)
	}
	j.compact = max(compactAt, 2*j.lines)
}

func (j *Jar) set(u *url.URL, r Received) {
	j.jar.SetCookies(u, cookiesOf(r.Lines))
	j.history = append(j.history, r)
	j.lines += len(r.Lines)
}

func cookiesOf(lines []string) []*http.Cookie {
	return (&http.Response{Header: http.Header{"Set-Cookie": lines}}).Cookies()
}

// History returns what was received and may still matter, in order.
func (j *Jar) History() []Received {
	history := make([]Received, len(j.history))
	for i, r := range j.history {
		history[i] = Received{URL: r.URL, Lines: slices.Clone(r.Lines)}
	}
	return history
}

// Replay takes what another jar received, as if it had come just now: a Max-Age counts from here.
func (j *Jar) Replay(history []Received) {
	for _, r := range history {
		j.Learn(r.URL, headerOfLines(r.Lines))
	}
}

func headerOfLines(lines []string) exchange.Header {
	h := make(exchange.Header, len(lines))
	for i, line := range lines {
		h[i] = exchange.Field{Name: "Set-Cookie", Value: line}
	}
	return h
}

// Clone returns a jar with the same cookies that shares nothing with j.
func (j *Jar) Clone() *Jar {
	c := NewJar()
	c.Replay(j.history)
	return c
}

// A cookieKey tells which cookie a line is about, or says less than that: two lines with one key are about one cookie, but
// one cookie may be spelled in several ways.
type cookieKey struct{ scheme, host, directory, name, domain, path string }

func keyOf(u *url.URL, line string) (cookieKey, bool) {
	cookies := cookiesOf([]string{line})
	if len(cookies) == 0 {
		return cookieKey{}, false
	}
	directory := u.Path[:strings.LastIndexByte(u.Path, '/')+1]
	return cookieKey{u.Scheme, u.Host, directory, cookies[0].Name, cookies[0].Domain, cookies[0].Path}, true
}

// withoutSuperseded leaves out the lines that a later one replaces. A line that takes a cookie away stays, since that cookie
// may have been set under another spelling.
func withoutSuperseded(history []Received) []Received {
	seen := make(map[cookieKey]bool)
	var kept []Received
	for _, r := range slices.Backward(history) {
		u := cookieURL(r.URL)
		var lines []string
		for _, line := range slices.Backward(r.Lines) {
			if key, ok := keyOf(u, line); ok && !seen[key] {
				seen[key] = true
				lines = append(lines, line)
			}
		}
		if len(lines) > 0 {
			slices.Reverse(lines)
			kept = append(kept, Received{URL: r.URL, Lines: lines})
		}
	}
	slices.Reverse(kept)
	return kept
}

// newest returns the last lines of a history.
func newest(history []Received, limit int) []Received {
	for i, r := range slices.Backward(history) {
		if limit -= len(r.Lines); limit >= 0 {
			continue
		}
		if rest := r.Lines[-limit:]; len(rest) > 0 {
			return append([]Received{{URL: r.URL, Lines: rest}}, history[i+1:]...)
		}
		return history[i+1:]
	}
	return history
}
