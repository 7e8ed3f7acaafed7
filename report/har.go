package report

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"offscope/event"
	"offscope/exchange"
)

// har writes the exchanges as an HTTP Archive 1.2, which browsers and proxies open: a page for each test and subtest, an entry
// for each request. Members that begin with an underscore are ours, as the format allows.
//
// Bodies that are not text are left out with a comment. A request without a response has a response of status 0, as browsers
// write it. A request that a step received has an entry as well, with a comment. Of the attempts at a test only the last is here;
// its page says that there were others.
type har struct {
	entries int
	pages   []harPage
}

type harPage struct {
	Started string         `json:"startedDateTime"`
	ID      string         `json:"id"`
	Title   string         `json:"title"`
	Timings map[string]any `json:"pageTimings"`
	File    string         `json:"_file,omitempty"`
	Line    int            `json:"_line,omitempty"`
	Outcome event.Outcome  `json:"_outcome,omitempty"`
	Reason  string         `json:"_reason,omitempty"`
	// Attempts is how often a test was begun that was tried again.
	Attempts int    `json:"_attempts,omitempty"`
	Flaky    bool   `json:"_flaky,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

type harEntry struct {
	Page       string         `json:"pageref"`
	Started    string         `json:"startedDateTime"`
	Time       float64        `json:"time"`
	Request    harRequest     `json:"request"`
	Response   harResponse    `json:"response"`
	Cache      map[string]any `json:"cache"`
	Timings    harTimings     `json:"timings"`
	Server     string         `json:"serverIPAddress,omitempty"`
	Comment    string         `json:"comment,omitempty"`
	Step       int            `json:"_step"`
	Note       string         `json:"_note,omitempty"`
	Iteration  int            `json:"_iteration,omitempty"`
	Outcome    event.Outcome  `json:"_outcome"`
	File       string         `json:"_file,omitempty"`
	Line       int            `json:"_line,omitempty"`
	Reused     bool           `json:"_reused,omitempty"`
	Error      string         `json:"_error,omitempty"`
	Problems   []string       `json:"_problems,omitempty"`
	Assertions []harAssertion `json:"_assertions,omitempty"`
}

type harAssertion struct {
	Label      string        `json:"label"`
	Comparison string        `json:"comparison"`
	Expected   string        `json:"expected,omitempty"`
	Actual     string        `json:"actual,omitempty"`
	Outcome    event.Outcome `json:"outcome"`
	Message    string        `json:"message,omitempty"`
	Error      string        `json:"error,omitempty"`
	File       string        `json:"file,omitempty"`
	Line       int           `json:"line,omitempty"`
}

type harRequest struct {
	Method      string           `json:"method"`
	URL         string           `json:"url"`
	Version     string           `json:"httpVersion"`
	Cookies     []harCookie      `json:"cookies"`
	Headers     []exchange.Field `json:"headers"`
	Query       []exchange.Field `json:"queryString"`
	Post        *harPost         `json:"postData,omitempty"`
	HeadersSize int              `json:"headersSize"`
	BodySize    int              `json:"bodySize"`
	Comment     string           `json:"comment,omitempty"`
}

type harPost struct {
	Type    string `json:"mimeType"`
	Text    string `json:"text"`
	Comment string `json:"comment,omitempty"`
}

type harResponse struct {
	Status      int              `json:"status"`
	Reason      string           `json:"statusText"`
	Version     string           `json:"httpVersion"`
	Cookies     []harCookie      `json:"cookies"`
	Headers     []exchange.Field `json:"headers"`
	Content     harContent       `json:"content"`
	Redirect    string           `json:"redirectURL"`
	HeadersSize int              `json:"headersSize"`
	BodySize    int              `json:"bodySize"`
	Comment     string           `json:"comment,omitempty"`
}

type harContent struct {
	Size    int    `json:"size"`
	Type    string `json:"mimeType"`
	Text    string `json:"text,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// harTimings are milliseconds, -1 for what did not happen. Connect holds the time of TLS as well, as the format has it.
type harTimings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
	TLS     float64 `json:"ssl"`
}

func (h *har) runBegins(p *bytes.Buffer, r *runResult) {
	version := r.started.Version
	if version == "" {
		version = "unknown"
	}
	creator := marshal(map[string]string{"name": "offscope", "version": version})
	fmt.Fprintf(p, `{"log":{"version":"1.2","creator":%s,"_seed":%d,"entries":[`, creator, r.started.Seed)
}

func (h *har) testBegins(*bytes.Buffer, *testResult) {}

func (h *har) stepEnds(p *bytes.Buffer, t *testResult, s *stepResult) {
	for _, sub := range s.subtests {
		for _, inner := range sub.steps {
			h.stepEnds(p, sub, inner)
		}
		h.page(sub)
	}
	if x := s.exchanged; x == nil || x.Request.Method == "" && x.Request.URL == "" {
		return // nothing was sent: a pause, a subtest, a wait in vain
	}
	if h.entries++; h.entries > 1 {
		p.WriteByte(',')
	}
	p.WriteByte('\n')
	p.Write(marshal(harEntryOf(t, s)))
}

func pageID(t *testResult) string {
	if t.sub == 0 {
		return fmt.Sprintf("test_%d", t.number)
	}
	return fmt.Sprintf("test_%d_subtest_%d", t.number, t.sub)
}

func (h *har) page(t *testResult) {
	page := harPage{
		Started: harTime(t.at), ID: pageID(t), Title: t.name(), Timings: map[string]any{}, File: t.opening.File, Line: t.opening.Line, Outcome: t.outcome(),
		Reason: t.finished.Reason, Attempts: t.attempts(), Flaky: t.flaky(),
	}
	var remarks []string
	if page.Flaky {
		remarks = append(remarks, flakyWords(page.Attempts))
	}
	for _, a := range t.failed {
		remarks = append(remarks, a.sentence())
	}
	page.Comment = strings.Join(remarks, "; ")
	h.pages = append(h.pages, page)
}

func (h *har) testEnds(_ *bytes.Buffer, t *testResult) { h.page(t) }

func (h *har) runEnds(p *bytes.Buffer, r *runResult) {
	p.WriteString("\n],\n\"pages\":[")
	for i, page := range h.pages {
		if i > 0 {
			p.WriteByte(',')
		}
		p.WriteByte('\n')
		p.Write(marshal(page))
	}
	p.WriteString("\n]")
	if len(r.trouble) > 0 {
		fmt.Fprintf(p, ",\n\"comment\":%s", marshal(strings.Join(r.trouble, "; ")))
	}
	p.WriteString("}}\n")
}

func harTime(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func harEntryOf(t *testResult, s *stepResult) harEntry {
	x := s.exchanged
	timings, total := harTimingsOf(x.Timings)
	began := x.Started
	if began.IsZero() { // about then: it is told when the step ends
		began = latest(s.exchanges.Add(-x.Timings.Total), s.at)
	}
	e := harEntry{
		Page: pageID(t), Started: harTime(began), Time: millis(total), Request: harRequestOf(x), Response: harResponseOf(x.Response), Cache: map[string]any{},
		Timings: timings, Server: addressOf(x.Timings.Remote), Step: s.number, Note: s.started.Note, Iteration: s.started.Iteration, Outcome: s.outcome(),
		File: s.started.File, Line: s.started.Line, Reused: x.Timings.Reused,
	}
	if x.Failure != nil {
		e.Error = x.Failure.Failure + ": " + x.Failure.Message
	}
	if s.started.StepKind == "inbound" {
		e.Comment = "offscope received this request, and did not send it"
	}
	for _, b := range s.problems {
		e.Problems = append(e.Problems, b.Message)
	}
	for _, b := range s.asserted {
		e.Assertions = append(e.Assertions, harAssertion{b.Label, b.Comparison, b.Expected, b.Actual, outcomeOf(b.Outcome), b.Message, b.Error, b.Where.File, b.Where.Line})
	}
	return e
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// harTimingsOf returns the phases and their sum. What the phases do not explain of the total was waiting for the connection.
func harTimingsOf(t exchange.Timings) (harTimings, time.Duration) {
	explained := t.DNS + t.Connect + t.TLS + t.Send + t.Wait + t.Receive
	blocked := max(0, t.Total.Truncate(time.Microsecond)-explained.Truncate(time.Microsecond))
	out := harTimings{
		Blocked: orNone(blocked), DNS: orNone(t.DNS), Connect: orNone(t.Connect + t.TLS), TLS: orNone(t.TLS), Send: millis(max(0, t.Send)),
		Wait: millis(max(0, t.Wait)), Receive: millis(max(0, t.Receive)),
	}
	return out, explained + blocked
}

func orNone(d time.Duration) float64 {
	if d <= 0 {
		return -1
	}
	return millis(d)
}

// addressOf is the IP address of a server, "" for one that has none, such as behind a Unix socket: the format takes no other.
func addressOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	return at.Addr().Unmap().WithZone("").String()
}

func harRequestOf(x *event.Exchanged) harRequest {
	r := x.Request
	address, _, _ := strings.Cut(r.URL, "#") // the format has it without a fragment, which is never sent
	out := harRequest{
		Method: r.Method, URL: address, Version: "HTTP/1.1", Cookies: cookiesSent(r.Header), Headers: fieldsOf(r.Header), Query: queryOf(r.URL),
		HeadersSize: -1, BodySize: r.Body.Size, Comment: rewrittenComment(r.Rewritten),
	}
	if x.Response != nil && x.Response.Proto != "" {
		out.Version = x.Response.Proto
	}
	if r.Body.Size > 0 || r.Body.Text != "" {
		out.Post = &harPost{r.Header.Get("Content-Type"), r.Body.Text, contentComment(r.Body)}
	}
	return out
}

func harResponseOf(r *event.Response) harResponse {
	if r == nil {
		return harResponse{Cookies: []harCookie{}, Headers: []exchange.Field{}, HeadersSize: -1, BodySize: -1}
	}
	return harResponse{
		Status: r.Status, Reason: r.Reason, Version: r.Proto, Cookies: cookiesSet(r.Header), Headers: fieldsOf(r.Header),
		Content:  harContent{r.Body.Size, r.Header.Get("Content-Type"), r.Body.Text, contentComment(r.Body)},
		Redirect: r.Header.Get("Location"), HeadersSize: -1, BodySize: -1, Comment: rewrittenComment(r.Rewritten),
	}
}

func rewrittenComment(rewritten bool) string {
	if rewritten {
		return "a post-response script has changed this"
	}
	return ""
}

func contentComment(c event.Content) string {
	switch {
	case c.Binary:
		return byteSize(c.Size) + " that are not text are left out"
	case c.Cut:
		return "the beginning of " + byteSize(c.Size)
	}
	return ""
}

func fieldsOf(h exchange.Header) []exchange.Field {
	return append([]exchange.Field{}, h...)
}

// queryOf takes a query apart, in order. What is not well encoded stays as it is.
func queryOf(address string) []exchange.Field {
	fields := []exchange.Field{}
	_, query, _ := strings.Cut(address, "?")
	query, _, _ = strings.Cut(query, "#")
	for _, part := range strings.Split(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		fields = append(fields, exchange.Field{Name: unescaped(name), Value: unescaped(value)})
	}
	return fields
}

func unescaped(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return plainText(text) // it may hold what could be taken for a mark
	}
	return s
}
