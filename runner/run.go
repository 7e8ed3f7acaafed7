// Package runner plans a test and runs it.
//
// [NewPlan] does everything that can be done before the first request; [Run] runs plans and writes what happens as events.
// A step goes through four stages, each of which can be called by itself: [Test.Prepare] substitutes variables and runs the
// pre-request scripts, [Attempt.Send] sends, [Attempt.Check] extracts, runs the post-response scripts and checks the
// assertions, [Attempt.Finish] writes the events.
package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"offscope/event"
)

// ErrMaxTime is the cause of a context that ended because the run took longer than it may.
var ErrMaxTime = errors.New("the run took longer than --max-time")

// Interrupted is the cause of a context that ended by a signal.
type Interrupted struct {
	// Signal is the signal's name, such as SIGINT.
	Signal string
}

func (i Interrupted) Error() string { return "interrupted by " + i.Signal }

// Run runs plans one after the other and writes their events to sink. The summary tells how it went; the error is only ever
// the sink's.
func Run(ctx context.Context, plans []*Plan, m Machinery, sink event.Sink) (event.RunFinished, error) {
	if m.Clock == nil {
		m.Clock = SystemClock{}
	}
	emit := &emitter{sink: sink, clock: m.Clock}
	began := m.Clock.Now()
	var seed uint64
	if len(plans) > 0 {
		seed = plans[0].Options.Seed
	}
	emit.write(0, event.RunStarted{Version: m.Version, Seed: seed, Tests: len(plans)})
	summary := event.RunFinished{Outcome: event.Passed, Tests: len(plans)}
	for i, p := range plans {
		emit.test = i + 1
		finished := runTest(ctx, p, m, emit)
		summary.Counts.Add(finished.Counts)
		if finished.Outcome != event.Passed {
			summary.TestsFailed++
		}
		summary.Outcome = worse(summary.Outcome, finished.Outcome)
	}
	emit.test = 0
	summary.Duration = m.Clock.Now().Sub(began)
	var signal Interrupted
	if errors.As(context.Cause(ctx), &signal) {
		summary.Interrupted = signal.Signal
	}
	emit.write(0, summary)
	return summary, emit.err
}

func worse(a, b event.Outcome) event.Outcome {
	if a == event.Errored || b == event.Errored {
		return event.Errored
	}
	if a != event.Passed {
		return a
	}
	return b
}

func runTest(ctx context.Context, p *Plan, m Machinery, emit *emitter) event.TestFinished {
	began := m.Clock.Now()
	m.Engine.Warm(p.Programs()...)
	t := newTest(ctx, p, m, emit)
	for _, s := range p.Steps {
		t.Do(ctx, s)
		if emit.err != nil {
			break
		}
	}
	return t.end(m.Clock.Now().Sub(began))
}

// Do runs one step, or passes over it when it is not due or the test has stopped.
func (t *Test) Do(ctx context.Context, s *Step) {
	t.checkContext(ctx)
	if t.stopped != "" {
		t.passOver(s, event.NotRun, t.stopped)
		return
	}
	if reason, byRequest := s.passedOver(t.plan.Options); reason != "" {
		outcome := event.NotRun
		if byRequest {
			outcome = event.Skipped
		}
		t.passOver(s, outcome, reason)
		return
	}
	if s.pause != nil {
		t.doPause(ctx, s)
		return
	}
	a := t.Prepare(ctx, s)
	a.Send(ctx)
	a.Check(ctx)
	a.Finish()
}

func (t *Test) checkContext(ctx context.Context) {
	if t.stopped != "" || ctx.Err() == nil {
		return
	}
	t.stop(event.Errored, stopReason(ctx))
}

func stopReason(ctx context.Context) string {
	if cause := context.Cause(ctx); cause != nil {
		return cause.Error()
	}
	return "the run was ended"
}

func (t *Test) passOver(s *Step, outcome event.Outcome, reason string) {
	t.emit.write(s.Number, t.started(s))
	if outcome == event.Skipped {
		t.counts.StepsSkipped++
	} else {
		t.counts.StepsNotRun++
		if due, _ := s.passedOver(t.plan.Options); due == "" || s.Depth > 0 {
			t.counts.Assertions += s.assertionsDefined()
		}
	}
	t.emit.write(s.Number, event.StepFinished{Outcome: outcome, Reason: reason})
}

func (t *Test) started(s *Step) event.StepStarted {
	base := s.Step.Base()
	at := base.Place.Position()
	started := event.StepStarted{StepKind: base.Kind.Value, Note: base.Note.Value, Line: at.Line, Col: at.Col}
	if base.Place.File != nil {
		started.File = base.Place.File.Name
	}
	if s.request != nil {
		started.Method, started.URL = s.request.step.Method.Value, s.request.step.URL.Value
	}
	if s.pause != nil {
		started.PauseInFile = s.inFile()
		if t.plan.Options.Pauses.Mode != SkipPauses {
			started.Pause = s.wait(t.plan.Options)
		}
	}
	return started
}

func (t *Test) doPause(ctx context.Context, s *Step) {
	t.emit.write(s.Number, t.started(s))
	began := t.clock.Now()
	err := t.clock.Sleep(ctx, s.wait(t.plan.Options))
	finished := event.StepFinished{Outcome: event.Passed, Duration: t.clock.Now().Sub(began)}
	if err != nil {
		t.checkContext(ctx)
		finished.Outcome, finished.Reason = event.NotRun, t.stopped
		t.counts.StepsNotRun++
	} else {
		t.counts.StepsPassed++
	}
	t.emit.write(s.Number, finished)
}

// afterFailure stops the test when it was asked to stop after so many failures.
func (t *Test) afterFailure() {
	failed := t.counts.StepsFailed + t.counts.StepsErrored
	switch {
	case t.plan.Options.StopOnFailure:
		t.stopped = "an earlier step failed, and --stop-on-failure was given"
	case t.plan.Options.MaxFailures > 0 && failed >= t.plan.Options.MaxFailures:
		t.stopped = fmt.Sprintf("%d steps failed, and --max-failures was given", failed)
	}
}

func (t *Test) end(took time.Duration) event.TestFinished {
	finished := event.TestFinished{Outcome: t.broken, Counts: t.counts, Duration: took, Reason: t.stopped}
	if finished.Outcome == event.Passed && t.counts.StepsNotRun > 0 {
		finished.Outcome = event.Failed // nothing that was due may be left out of a green run
	}
	t.emit.write(0, finished)
	return finished
}
