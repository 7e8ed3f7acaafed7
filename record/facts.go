package record

import (
	"fmt"
	"strconv"
	"time"

	"offscope/event"
)

// facts are what a comparison looks at in one round of a step.
type facts struct {
	sent     bool
	answer   string
	body     shape // nil when it is not known
	took     time.Duration
	answered bool
	failed   []Check
}

// A Check is something in a step that failed.
type Check struct {
	// Kind is "assertion", "variable", "script" or "problem".
	Kind string
	// Label names what was looked at: of an assertion its source and property, of a variable its name, of a script its role
	// and row, of a problem its code.
	Label string
	// Comparison is that of an assertion, "" for others.
	Comparison string
	// Message says what was found. It plays no part in comparing.
	Message string
}

// same reports whether two checks look at the same.
func (c Check) same(o Check) bool {
	return c.Kind == o.Kind && c.Label == o.Label && c.Comparison == o.Comparison
}

const nothingSent = "nothing sent"

func (f *facts) take(b event.Body) {
	switch b := b.(type) {
	case event.Exchanged:
		f.exchanged(b)
	case event.Asserted:
		f.check(b.Outcome, Check{Kind: "assertion", Label: b.Label, Comparison: b.Comparison, Message: either(b.Message, b.Error)})
	case event.Extracted:
		f.check(b.Outcome, Check{Kind: "variable", Label: b.Name, Message: b.Error})
	case event.Scripted:
		c := Check{Kind: "script", Label: fmt.Sprintf("%s %d", b.Role, b.Row)}
		if b.Failure != nil {
			c.Message = b.Failure.Message
		}
		f.check(b.Outcome, c)
	case event.Problem:
		f.check(b.Outcome, Check{Kind: "problem", Label: b.Code, Message: b.Message})
	case event.Compared:
		if b.Error != "" {
			f.check(event.Failed, Check{Kind: "problem", Label: "comparison", Message: b.Error})
		}
	}
}

// check keeps a check that failed. One that was not made is told by the step's outcome.
func (f *facts) check(o event.Outcome, c Check) {
	if o.Bad() {
		f.failed = append(f.failed, c)
	}
}

func (f *facts) exchanged(b event.Exchanged) {
	f.sent, f.took = true, b.Timings.Total
	switch {
	case b.Failure != nil:
		f.answer = "no answer: " + b.Failure.Failure
	case b.Response == nil: // a step that waited for a request, and got one
		f.answer, f.body = "received", shapeOf(b.Request.Body)
	default:
		f.answered = true
		f.body = shapeOf(b.Response.Body)
		if b.Response.Status != 0 { // the result of a subtest has none
			f.answer = strconv.Itoa(b.Response.Status)
		}
	}
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
