package runner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"

	"offscope/event"
	"offscope/transport"
)

// How long is waited between two tries: at first so long, then twice as long, and never longer than the last.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 2 * time.Second
)

// dropPause decides what becomes of a pause when the step behind it may be tried instead. It reports true when nothing is waited
// for now, and has then ended the step.
//
// A pause is there because something takes its time after a change. Before a step that only reads, that step is tried until it
// passes. Before a step that changes something there is nothing to be tried: the pause is kept, unless a reading step has passed
// since the last change, and so nothing is left to wait for.
func (t *Test) dropPause(s *Step) bool {
	finished := event.StepFinished{Outcome: event.Passed}
	next := t.behind(s)
	switch {
	case next.Reads():
		t.budget += s.inFile()
		finished.Reason = fmt.Sprintf("not waited: step %d is tried for up to %s", next.Number, briefly(t.budget))
	case t.settled:
		finished.Reason = "not waited: what was changed last has been seen since"
	default:
		return false
	}
	t.counts.StepsPassed++
	t.emit.write(s.Number, finished)
	t.keepResult(s, nil, finished.Outcome, finished.Counts)
	return true
}

// behind returns the step that is run next after a pause, other pauses left out; nil when that is not certain, as at the end of
// a loop or before a condition.
func (t *Test) behind(pause *Step) *Step {
	for _, s := range t.plan.Steps[pause.Number:] {
		reason, _ := s.passedOver(t.plan.Options)
		switch {
		case s.inside != pause.inside:
			return nil
		case reason != "" && s.compare != nil:
			return nil
		case reason == "" && s.pause == nil:
			return s
		}
	}
	return nil
}

// Reads reports whether a step is a request that changes nothing: one of GET or HEAD.
func (s *Step) Reads() bool {
	if s == nil || s.request == nil || !s.request.method.Literal() {
		return false
	}
	m := method(s.request.step.Method.Value)
	return m == http.MethodGet || m == http.MethodHead
}

// poll tries a step until it passes or the time of the pauses before it is used up. The last try counts, and only it is told.
// What a try has set is taken back before the next.
func (t *Test) poll(ctx context.Context, s *Step) {
	budget := t.budget
	t.budget = 0
	began, wait := t.clock.Now(), firstWait
	t.emit.write(s.Number, t.started(s))
	for tries := 1; ; tries++ {
		scope, jar, received := t.scope.Clone(), t.jar, t.received
		if jar != nil {
			jar = jar.Clone()
		}
		a := t.attempt(s)
		a.prepare(ctx)
		a.Send(ctx)
		a.Check(ctx)
		left := budget - t.clock.Now().Sub(began)
		if !a.worthAnotherTry() || left <= 0 || t.stopped != "" || t.clock.Sleep(ctx, min(wait, left)) != nil {
			a.start, a.tries, a.waited = began, tries, t.clock.Now().Sub(began)
			a.Finish()
			return
		}
		t.scope, t.jar, t.received = scope, jar, received
		wait = min(2*wait, lastWait)
	}
}

// worthAnotherTry reports whether the step failed in a way that time can mend: an extraction, a script or an assertion failed,
// or the server was away, as one is that restarts.
func (a *Attempt) worthAnotherTry() bool {
	return a.outcome == event.Failed && a.Response != nil || a.outcome == event.Errored && isAway(a.cause)
}

// isAway reports whether a request failed because the server refused the connection or broke it off. One that did so for want of
// a client certificate will do so again.
func isAway(cause error) bool {
	var failed *transport.Error
	if !errors.As(cause, &failed) {
		return false
	}
	switch failed.Kind {
	case transport.KindConnect:
		return errors.Is(cause, syscall.ECONNREFUSED) || errors.Is(cause, syscall.ECONNRESET)
	case transport.KindClosed:
		return !errors.Is(cause, transport.ErrClientCertificate)
	}
	return false
}

// settle notes whether what was changed last has been seen: by a reading request that passed since.
func (t *Test) settle(a *Attempt) {
	switch {
	case a.Step.Reads():
		t.settled = t.settled || a.outcome == event.Passed
	case a.requests > 0:
		t.settled = false
	}
}
