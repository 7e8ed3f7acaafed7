package runner

import (
	"fmt"

	"offscope/event"
)

// An emitter numbers events, masks every text in them and hands them on. After the sink's first error it is silent.
type emitter struct {
	sink  event.Sink
	clock Clock
	cover *cover // of the test that is being run; nil outside of one
	test  int
	seq   int
	// begun is the step that was opened last, open the one that has no end yet; 0 for none.
	begun, open int
	err         error
}

func (e *emitter) write(step int, body event.Body) {
	if e.err != nil {
		return
	}
	switch body.(type) {
	case event.StepStarted:
		e.begun, e.open = step, step
	case event.StepFinished:
		e.open = 0
	}
	if e.cover != nil {
		body = masked(e.cover, body)
	}
	e.seq++
	e.err = e.hand(event.Event{Seq: e.seq, Time: e.clock.Now(), Test: e.test, Step: step, Body: body})
}

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
