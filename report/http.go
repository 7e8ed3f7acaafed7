package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"offscope/event"
	"offscope/exchange"
)

// exchange draws a request behind ">" and its response behind "<", as curl -v does, with or without the bodies.
func (p *page) exchange(s *stepState, bodies bool) {
	switch {
	case s.isInbound():
		p.received(s, bodies)
		return
	case s.isResult():
		p.result(s, bodies)
		return
	}
	x := s.exchanged
	out, in := paint(p.o.Palette.Dim, "> "), paint(p.o.Palette.Dim, "< ")
	p.line(inStep, out+p.shown(x.Request.Method+" "+x.Request.URL))
	p.fields(out, x.Request.Header)
	if bodies {
		p.body(out, x.Request.Body)
	}
	p.rewritten(out, x.Request.Rewritten, "sent")
	if x.Response == nil {
		p.noResponse(s)
		return
	}
	p.came(p.statusLine(x))
	p.fields(in, x.Response.Header)
	if bodies {
		p.body(in, x.Response.Body)
	}
	p.rewritten(in, x.Response.Rewritten, "received")
}

// rewritten says that what is shown is not what went over the wire.
func (p *page) rewritten(prefix string, is bool, wire string) {
	if is {
		p.bodyRemark(prefix, "(as a post-response script left it, not as it was "+wire+")")
	}
}

func (p *page) statusLine(x *event.Exchanged) string {
	r := x.Response
	text := fmt.Sprint(r.Status)
	if r.Reason != "" {
		text += " " + r.Reason
	}
	if p.o.Verbosity >= Headers {
		text = r.Proto + " " + text
	} else if kind := r.Header.Get("Content-Type"); kind != "" {
		text += ", " + kind
	}
	return p.shown(text) + ", " + bodySize(r.Body) + ", " + milliseconds(x.Timings.Total)
}

func bodySize(c event.Content) string {
	if c.Size == 0 {
		return "no body"
	}
	return byteSize(c.Size)
}

// noResponse says why no response came and where the time went.
func (p *page) noResponse(s *stepState) {
	t := s.exchanged.Timings
	p.failedExchange("no response after "+milliseconds(t.Total)+phases(t), s)
}

// failedExchange says why nothing came, unless a problem of the step has said why.
func (p *page) failedExchange(what string, s *stepState) {
	f := s.exchanged.Failure
	if f == nil {
		f = &event.TransportFailure{Failure: "unknown", Message: "no reason is known"}
	}
	text := what + ": " + f.Failure
	if !s.hasProblem(f.Message) {
		text += ": " + f.Message
	}
	p.came(p.shown(text))
}

// came tells what came, or that nothing did.
func (p *page) came(text string) { p.paragraph(inStep, "< ", p.o.Palette.Dim, text) }

// bodyRemark says in parentheses or behind dots what a body is or how it goes on.
func (p *page) bodyRemark(prefix, text string) {
	for _, l := range wrap(text, p.room(inStep)-len("> ")) {
		p.line(inStep, prefix+l)
	}
}

// phases says where the time went, as far as it is known.
func phases(t exchange.Timings) string {
	var parts []string
	for _, phase := range []struct {
		name string
		took time.Duration
	}{{"dns", t.DNS}, {"connect", t.Connect}, {"tls", t.TLS}, {"send", t.Send}, {"wait", t.Wait}, {"receive", t.Receive}} {
		if phase.took > 0 {
			parts = append(parts, phase.name+" "+milliseconds(phase.took))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// fields prints headers, for -v.
func (p *page) fields(prefix string, h exchange.Header) {
	if p.o.Verbosity < Headers {
		return
	}
	for _, f := range h {
		p.line(inStep, prefix+p.shown(f.Name+": "+f.Value))
	}
}

const (
	bodyLines = 24  // lines of a body that are shown without -vv
	deepest   = 100 // levels of JSON that are laid out; deeper JSON would be more spaces than text
)

// body prints a body: the beginning of it below a failure, and all that the stream has of it for -vv.
func (p *page) body(prefix string, c event.Content) {
	whole := p.o.Verbosity >= Bodies
	if c.Size == 0 && c.Text == "" {
		return
	}
	if c.Binary {
		p.bodyRemark(prefix, "("+byteSize(c.Size)+" that are not text)")
		return
	}
	lines := textLines(layOut(p.reveal(c.Text)))
	kept := lines
	if !whole {
		kept = lines[:min(len(lines), bodyLines)]
	}
	for _, l := range kept {
		if !whole {
			l = clip(l, p.room(inStep)-len("> "))
		}
		p.line(inStep, prefix+l)
	}
	switch more := len(lines) - len(kept); {
	case c.Cut && (whole || more == 0):
		p.bodyRemark(prefix, dots+" (the beginning of "+byteSize(c.Size)+")")
	case more > 0:
		p.bodyRemark(prefix, dots+" "+plural(more, "line")+" more"+p.option(", -vv shows them"))
	}
}

// indented lays out a JSON object or list. Numbers keep their text and members their order.
func indented(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || s[0] != '{' && s[0] != '[' || depth(s) > deepest {
		return "", false
	}
	var out bytes.Buffer
	if json.Indent(&out, []byte(s), "", "  ") != nil {
		return "", false
	}
	return out.String(), true
}

// depth is how deep the brackets of a JSON text are nested, those inside its strings not counted.
func depth(s string) int {
	now, most := 0, 0
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			now++
			most = max(most, now)
		case c == '}', c == ']':
			now--
		}
	}
	return most
}
