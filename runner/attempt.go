package runner

import (
	"time"

	"offscope/assertion"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
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
	began    time.Time
	failure  *event.TransportFailure
	timings  exchange.Timings
	// cause is the error that failure was made of; undefined are the variables without a value.
	cause     error
	undefined []string

	expanded    expanded
	problems    []event.Problem
	scripts     []scriptRun
	extractions []extracted
	assertions  []checked
	outcome     event.Outcome
}

// expanded is a request after substitution, before its scripts.
type expanded struct {
	method  string
	url     variables.Expansion
	headers exchange.Header
	// shown holds the texts of the headers as they may be seen.
	shown   exchange.Header
	form    []exchange.Field
	body    variables.Expansion
	hasBody bool
	auth    map[string]string
}

type extracted struct {
	row      extraction
	property string
	value    variables.Value
	err      error
}

type checked struct {
	row              check
	property, target string
	outcome          assertion.Outcome
	err              error // why the row could not be evaluated at all
}

type scriptRun struct {
	script *script
	role   jsengine.Role
	row    int
	result jsengine.Result
	broken *source.Diagnostic
}

func (r scriptRun) outcome() event.Outcome {
	if r.broken != nil || r.result.Failure != nil {
		return event.Failed
	}
	return event.Passed
}

// problem records a reason for the step to fail.
func (a *Attempt) problem(p event.Problem) {
	a.problems = append(a.problems, p)
	a.worsen(p.Outcome)
}

func (a *Attempt) worsen(o event.Outcome) {
	if o == event.Errored || a.outcome != event.Errored && o == event.Failed {
		a.outcome = o
	}
}

// ready reports whether the step can go on to its next stage.
func (a *Attempt) ready() bool { return a.Request != nil && a.failure == nil }
