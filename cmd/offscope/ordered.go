package main

import (
	"slices"

	"offscope/event"
)

// ordered hands on the events of tests that run beside each other as if they had run one after the other: what a test tells
// before its turn is kept until then. Its memory is that of the tests that wait.
type ordered struct {
	next    event.Sink
	current int // the test whose turn it is
	waiting map[int][]event.Event
}

func newOrdered(next event.Sink) *ordered {
	return &ordered{next: next, current: 1, waiting: map[int][]event.Event{}}
}

// Write takes the next event.
func (o *ordered) Write(e event.Event) error {
	if e.Test == 0 {
		if _, over := e.Body.(event.RunFinished); over {
			if err := o.flush(); err != nil {
				return err
			}
		}
		return o.next.Write(e)
	}
	if e.Test != o.current {
		o.waiting[e.Test] = append(o.waiting[e.Test], e)
		return nil
	}
	if err := o.next.Write(e); err != nil || !endsTest(e) {
		return err
	}
	return o.advance()
}

func endsTest(e event.Event) bool {
	finished, ends := e.Body.(event.TestFinished)
	return ends && e.Sub == 0 && !finished.Again
}

// advance lets the next tests tell what they have kept, up to one that has not ended.
func (o *ordered) advance() error {
	for ended := true; ended; {
		o.current++
		ended = false
		kept := o.waiting[o.current]
		delete(o.waiting, o.current)
		for _, e := range kept {
			if err := o.next.Write(e); err != nil {
				return err
			}
			ended = ended || endsTest(e)
		}
	}
	return nil
}

// flush tells everything that is kept, in the order of tests: of a stream that was cut off, some have no end.
func (o *ordered) flush() error {
	var tests []int
	for test := range o.waiting {
		tests = append(tests, test)
	}
	slices.Sort(tests)
	for _, test := range tests {
		for _, e := range o.waiting[test] {
			if err := o.next.Write(e); err != nil {
				return err
			}
		}
	}
	clear(o.waiting)
	return nil
}

// A lasting sink takes all events, also when nothing more can be done with them: when the text of a run cannot be written, its
// reports are worth having.
type lasting struct {
	next   event.Sink
	failed error // the first error of next
}

// Write hands on the next event.
func (l *lasting) Write(e event.Event) error {
	if l.failed == nil {
		l.failed = l.next.Write(e)
	}
	return nil
}
