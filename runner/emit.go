package runner

import (
	"fmt"
	"slices"
	"sync"

	"offscope/event"
)

// A stream numbers the events of a run, whose tests may run beside each other, and hands them on one at a time. After the sink's
// first error it is silent.
type stream struct {
	sink  event.Sink
	clock Clock

	mu  sync.Mutex
	seq int
	err error
}

// failed is the sink's error.
func (s *stream) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *stream) write(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.seq++
	e.Seq, e.Time = s.seq, s.clock.Now()
	s.err = s.hand(e)
}

// An emitter writes the events of one test with its subtests, and masks every text in them.
type emitter struct {
	stream *stream
	cover  *cover // nil outside of a test
	test   int
	sub    int // the subtest that is being run, 0 for the test itself
	subs   int // how many subtests the test has run
	// open are the steps that have no end yet, the outermost first; begun is the one that was opened last.
	open  []opened
	begun opened
}

// opened is a step of a test or subtest.
type opened struct{ sub, step int }

func (e *emitter) write(step int, body event.Body) {
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
	e.stream.write(event.Event{Test: e.test, Sub: e.sub, Step: step, Body: body})
}

// isOpen reports whether a step of the present test has begun and not ended.
func (e *emitter) isOpen(step int) bool { return slices.Contains(e.open, opened{e.sub, step}) }

// hand gives an event to the sink. A sink that panics has failed like one that returns an error: there is nobody left to
// tell the facts to.
func (s *stream) hand(ev event.Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic while event %d was written: %v", ev.Seq, r)
		}
	}()
	return s.sink.Write(ev)
}
