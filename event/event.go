// Package event holds the facts of a run as plain values, in order.
//
// A run is a stream of [Event] values; a report is a function of that stream and of nothing else. Everything a report needs
// to draw is in the events: excerpts of the user's files, expected and actual values, hints. Secrets are replaced by marks
// (see exchange.Mark) before an event exists.
//
// Every [RunStarted], [TestStarted] and [StepStarted] is followed by its end, also when the run was interrupted.
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
	// Step is the number of the step as printed, from 1; 0 for facts about the test.
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
