package jsengine

import (
	"time"

	"offscope/exchange"
	"offscope/jsontree"
	"offscope/source"
)

// A Result is all there is to know of one run of a script.
type Result struct {
	// Output is what the script printed and asserted, in order.
	Output []Line
	// Failure says why the script failed; nil means that it passed.
	Failure *Failure
	// Request and Response are as the script left them; nil where the world had none. After a failure they are what could
	// be had.
	Request  *Request
	Response *Response
	// Set are the calls of variables.set in order. After some thousand calls it is what they left: values that were replaced
	// or taken away later are not in it, which a notice says.
	Set []Assignment
	// Duration is how long the script ran.
	Duration time.Duration
	// Notices are remarks that are no failures, such as the use of console.
	Notices []string
}

// A LineKind tells printed lines from assertions.
type LineKind uint8

// The kinds of output lines.
const (
	Log LineKind = iota
	Assert
)

// A Line is one entry of a script's output: something printed, or an assertion that was evaluated.
type Line struct {
	Kind LineKind
	// Text is what was printed, which may be several lines, or the message of the assertion. A passed assertion without a
	// message of its own has Chai's sentence, such as "expected 1 to equal 1".
	Text string
	// Passed tells how an assertion ended.
	Passed bool
	// Ignored marks a failed assertion that does not fail the script: those of initial scripts.
	Ignored bool
	// Script is where in the script it happened.
	Script source.Position
}

// An Assignment is one call of variables.set.
type Assignment struct {
	Name  string
	Value *jsontree.Value
}

// A FailureKind names a reason for which a script failed.
type FailureKind string

// The kinds of failures.
const (
	// FailedAssertion: an assertion of Chai did not hold.
	FailedAssertion FailureKind = "assertion"
	// Exception: something was thrown and not caught, or a promise was rejected and nobody asked why.
	Exception FailureKind = "exception"
	// TimedOut: the script ran into the time limit.
	TimedOut FailureKind = "timeout"
	// OverLimit: the script ran into another limit, such as the depth of calls.
	OverLimit FailureKind = "limit"
	// OverMemory: the script had the heap grow by more than its memory limit.
	OverMemory FailureKind = "memory"
	// Unstoppable: the script ran into a limit, and nothing inside the process stops what it is doing. Its goroutine goes on
	// and cannot be ended, so the caller should end the run in order. It does not happen with [Options.Worker].
	Unstoppable FailureKind = "unstoppable"
	// Unavailable: the script needs a library that is not built into this binary.
	Unavailable FailureKind = "unavailable"
	// UndefinedSecret: get_secret was called with a name that has no value.
	UndefinedSecret FailureKind = "undefined-secret"
	// Canceled: the run was ended from outside.
	Canceled FailureKind = "canceled"
)

// A Failure says why a script failed and where.
type Failure struct {
	Kind FailureKind
	// Library is the name of the custom library that failed while it was loaded, which the message names too; "" when the
	// script itself failed. At, Script and Excerpt are then places in the library.
	Library string
	// Message is Chai's message of an assertion, or the error as JavaScript writes it ("TypeError: …").
	Message string
	// Hint says what to do, where that is known.
	Hint string
	// At is the place in the file the script stands in; Script is the place in the script. Both are zero when the failure
	// has no place.
	At     source.Place
	Script source.Position
	// Excerpt is the line of the script itself. It is empty for a script in a private file.
	Excerpt source.Excerpt
	// Expected and Actual are what an assertion compared, "" when it compared nothing.
	Expected, Actual string

	library *Program // the library of that name
	lost    *Failure // why the script was stopped that is [Unstoppable]
}

// clone copies a request so that a result shares nothing with the world.
func (r *Request) clone() *Request {
	if r == nil {
		return nil
	}
	c := *r
	c.Header = r.Header.Clone()
	c.Form = append([]exchange.Field(nil), r.Form...)
	return &c
}

func (r *Response) clone() *Response {
	if r == nil {
		return nil
	}
	c := *r
	c.Header = r.Header.Clone()
	return &c
}
