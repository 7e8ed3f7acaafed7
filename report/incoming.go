package report

import "strings"

// isInbound reports whether the step waits for a request from outside: its exchange is a request that was received.
func (s *stepState) isInbound() bool {
	switch s.started.StepKind {
	case "inbound", "incoming", "incoming-request", "incoming_request":
		return true
	}
	return false
}

// isSubtest reports whether the step runs a subtest.
func (s *stepState) isSubtest() bool { return s.started.StepKind == "subtest" || s.subtest != "" }

// isResult reports whether the step's exchange is the result of a subtest, which no request was sent for.
func (s *stepState) isResult() bool { return s.exchanged != nil && s.isSubtest() }

// sent reports whether there is a request that was sent, which can be repeated.
func (s *stepState) sent() bool { return s.exchanged != nil && !s.isInbound() && !s.isResult() }

// received draws a request that came from outside, behind "<" as everything that comes.
func (p *page) received(s *stepState, bodies bool) {
	x, in := s.exchanged, paint(p.o.Palette.Dim, "< ")
	if x.Request.Method == "" || x.Failure != nil {
		p.failedExchange("no request received after "+milliseconds(x.Timings.Total), s)
	}
	if x.Request.Method == "" {
		return
	}
	facts := []string{"received " + p.shown(x.Request.Method+" "+x.Request.URL)}
	if kind := x.Request.Header.Get("Content-Type"); kind != "" && p.o.Verbosity < Headers {
		facts = append(facts, p.shown(kind))
	}
	facts = append(facts, bodySize(x.Request.Body), "after "+milliseconds(x.Timings.Total))
	p.came(strings.Join(facts, ", "))
	p.fields(in, x.Request.Header)
	if bodies {
		p.body(in, x.Request.Body)
	}
	p.rewritten(in, x.Request.Rewritten, "received")
}

// result draws what a subtest gave back to the step that ran it.
func (p *page) result(s *stepState, bodies bool) {
	in := paint(p.o.Palette.Dim, "< ")
	if s.exchanged.Response == nil {
		p.failedExchange("no result of the subtest", s)
		return
	}
	r := s.exchanged.Response
	p.line(inStep, in+"result of the subtest, "+bodySize(r.Body))
	if bodies {
		p.body(in, r.Body)
	}
	p.rewritten(in, r.Rewritten, "received")
}
