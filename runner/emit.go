package runner

import (
	"fmt"
	"slices"

	"offscope/event"
)

// An emitter numbers events, masks every text in them and hands them on. After the sink's first error it is silent.
type emitter struct {
	sink  event.Sink
	clock Clock
	cover *cover // of the test that is being run; nil outside of one
	test  int
	sub   int // the subtest that is being run, 0 for the test itself
	subs  int // how many subtests the test has run
	seq   int
	// open are the steps that have no end yet, the outermost first; begun is the one that was opened last.
	open  []opened
	begun opened
	err   error
}

// opened is a step of a test or subtest.
type opened struct{ sub, step int }

func (e *emitter) write(step int, body event.Body) {
	if e.err != nil {
		return
	}
	switch body.(type) {
	case event.StepStarted:
		e.begun = opened{e.sub, step}
		e.open = append(e.open, e.begun)
	case event.StepFinished:
		e.open = e.open[:max(0, len(e.open)-1)]
	}
	if e.cover != nil {
		body = masked(e.cover, body)
	}
	e.seq++
	e.err = e.hand(event.Event{Seq: e.seq, Time: e.clock.Now(), Test: e.test, Sub: e.sub, Step: step, Body: body})
}

// isOpen reports whether a step of the present test has begun and not ended.
func (e *emitter) isOpen(step int) bool { return slices.Contains(e.open, opened{e.sub, step}) }

// hand gives an event to the sink. A sink that panics has failed like one that returns an error: there is nobody left to
// tell the facts to.
func (e *emitter) hand(ev event.Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic while event %d was written: %v", ev.Seq, r)
		}
	}()
	return e.sink.Write(ev)
}
