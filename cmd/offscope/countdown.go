package main

import (
	"fmt"
	"io"
	"time"

	"offscope/event"
)

const (
	eraseLine = "\r\x1b[K"
	// Shorter waits are over before anybody has read how long they take; a pause that is passed over takes none at all.
	countdownDelay = 200 * time.Millisecond
)

// A countdown shows on a terminal how much of a pause is left, in a line that is gone before anything else is written. It
// stands between the runner and the report, because only the stream of events knows when the next thing is said.
type countdown struct {
	next  event.Sink
	out   io.Writer // the terminal
	width int
	paint func(string) string

	steps map[int]int // of each test
	stop  func()      // ends the line that is being shown; nil when none is
}

func newCountdown(next event.Sink, out io.Writer, width int, paint func(string) string) *countdown {
	return &countdown{next: next, out: out, width: width, paint: paint, steps: map[int]int{}}
}

// Write takes the next event of a run.
func (c *countdown) Write(e event.Event) error {
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
	if err := c.next.Write(e); err != nil {
		return err
	}
	switch b := e.Body.(type) {
	case event.TestStarted:
		c.steps[e.Test] = b.Steps
	case event.StepStarted:
		if b.Pause > countdownDelay {
			c.stop = c.show(e, b.Pause)
		}
	}
	return nil
}

// show counts down until the returned function is called, which returns when the line is gone.
func (c *countdown) show(e event.Event, pause time.Duration) (stop func()) {
	end := time.Now().Add(pause)
	total := fmt.Sprint(c.steps[e.Test])
	lead := fmt.Sprintf("[%*d/%s] pause    ", len(total), e.Step, total)
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		wait := countdownDelay
		shown := false
		for {
			select {
			case <-quit:
				if shown {
					io.WriteString(c.out, eraseLine)
				}
				return
			case <-time.After(wait):
			}
			left := max(0, time.Until(end))
			seconds := (left + time.Second - 1) / time.Second
			io.WriteString(c.out, eraseLine+c.line(fmt.Sprintf("%s%ds left of %s, Ctrl-C ends the run", lead, seconds, briefly(pause))))
			shown = true
			wait = max(countdownDelay, left-(seconds-1)*time.Second) // until the number changes
		}
	}()
	return func() {
		close(quit)
		<-gone
	}
}

// line cuts a line before the last column, where some terminals would begin another one.
func (c *countdown) line(text string) string {
	return painted(c.paint, text[:min(len(text), max(0, c.width-1))])
}

// briefly writes a duration as people do: 1m, not 1m0s.
func briefly(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
