package runner

import (
	"time"

	"offscope/assertion"
	"offscope/event"
	"offscope/exchange"
	"offscope/source"
	"offscope/variables"
)

// An Attempt is one step on its way. What its stages find is kept here as it is, secrets included; [Attempt.Finish] makes
// events of it, masked by everything that was learned until then.
type Attempt struct {
	Step *Step
	// Request is nil when it could not be made.
	Request *exchange.Request
	// Response is nil when none came.
	Response *exchange.Response

	test     *Test
	builtins *variables.Builtins
	subject  *assertion.Subject
	expanded expanded
	failure  *event.TransportFailure
	timings  exchange.Timings
	requests int
	started  time.Time        // when the request was sent, or came
	form     []exchange.Field // what the body was made of
	hideBody bool             // it holds a secret that is too short to be found, nobody knows where
	// cause is the error that failure was made of; undefined are the variables without a value.
	cause     error
	undefined []string
	// What post-response scripts made of request and response; nil when they left them as they were.
	rewrittenRequest  *exchange.Request
	rewrittenResponse *exchange.Response

	stopwatch
	// tries counts how often a polled step was tried, waited is how long that took; 0 for a step that was tried once.
	tries  int
	waited time.Duration

	notices  []source.Diagnostic
	problems []event.Problem
	// ownAuth are the step's own credentials, auth those that hold: the own ones, else the environment's.
	ownAuth, auth *credentials
	params        []variables.Initial // for a subtest
	sub           *subtestResult
	before        []scriptRun
	after         []scriptRun
	extractions   []extracted
	assertions    []checked
	looked        bool      // Check was called
	created       *resource // nil when it has created nothing
	outcome       event.Outcome
}

// expanded is a request after substitution, before its scripts.
type expanded struct {
	method  string
	url     variables.Expansion
	headers []made
	own     int // how many of the headers are the step's; those of the environment follow
	form    []madeField
	body    variables.Expansion
	hasBody bool
	// At most one of them is sent, and only when there is no body.
	graphQL   string
	shortQL   bool // a secret is in it that is too short to be found
	multipart []madePart
	binary    madePart
}

type made struct {
	name  string
	value variables.Expansion
}

type madeField struct{ name, value variables.Expansion }

func (e *expanded) header() exchange.Header {
	var h exchange.Header
	for _, m := range e.headers {
		h.Add(m.name, m.value.String())
	}
	return h
}

func (e *expanded) formFields() []exchange.Field {
	var fields []exchange.Field
	for _, f := range e.form {
		fields = append(fields, exchange.Field{Name: f.name.String(), Value: f.value.String()})
	}
	return fields
}

// problem records a reason for the step to fail.
func (a *Attempt) problem(p event.Problem) {
	a.problems = append(a.problems, p)
	a.outcome = worse(a.outcome, p.Outcome)
}

// notSent records why there is no request.
func (a *Attempt) notSent(message, hint string) {
	a.problem(event.Problem{Code: "not-sent", Outcome: event.Failed, Message: message, Hint: hint})
}

// remark records something worth knowing that is no failure.
func (a *Attempt) remark(code string, at source.Place, message string) {
	a.notices = append(a.notices, source.Diagnostic{Severity: source.Notice, Code: code, Place: at, Message: message})
}
