// Package event holds the facts of a run as plain values, in order.
//
// A run is a stream of [Event] values; a report is a function of that stream and of nothing else. Everything a report needs
// to draw is in the events: excerpts of the user's files, expected and actual values, hints. Secrets are replaced by marks
// (see exchange.Mark) before an event exists.
//
// Every [RunStarted], [TestStarted] and [StepStarted] is followed by its end, also when the run was interrupted. Between the
// two others may begin and end: the steps inside a condition or a loop, and in a step that runs a subtest the whole subtest
// with its steps. So several steps can be open at a time, and the triple of Test, Sub and Step says which of them a fact is
// about. Within a test what began last ends first; tests that run side by side mix their events. The steps inside a loop begin
// and end once for each round, under the same number.
package event

import "time"

// An Event is one fact. A new kind of fact is a new Body.
type Event struct {
	// Seq counts the events of a run from 1.
	Seq int
	// Time is when it happened.
	Time time.Time
	// Test is the number of the test in the run, from 1; 0 for facts about the run.
	Test int
	// Sub is the number of the subtest within the test, from 1 in the order in which they began; 0 for facts about the test
	// itself. A subtest has events of its own, from its TestStarted to its TestFinished, between those of the step that runs it.
	Sub int
	// Step is the number of the step as printed, from 1; 0 for facts about the test or subtest.
	Step int
	Body Body
}

// A Body is what happened. The types in this package that have a Kind method are the only ones.
type Body interface {
	// Kind is the body's name in the stream's text form.
	Kind() string
}

// A Sink takes the events of a run in order. An error stops the run.
type Sink interface {
	Write(Event) error
}

// SinkFunc makes a function a Sink.
type SinkFunc func(Event) error

// Write calls the function.
func (f SinkFunc) Write(e Event) error { return f(e) }

// An Outcome is how something ended.
type Outcome string

// The outcomes. Failed means that the server answered wrong or a script said so; Errored that we could not ask.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Errored Outcome = "errored"
	Skipped Outcome = "skipped" // by request: in the file or by a flag
	NotRun  Outcome = "not-run" // the run had stopped before
)

// Bad reports whether the outcome makes a test fail.
func (o Outcome) Bad() bool { return o == Failed || o == Errored }
