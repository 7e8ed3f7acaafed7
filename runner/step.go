package runner

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"offscope/bucket"
	"offscope/event"
)

// Do runs one step, or passes over it when it is not due or the test has stopped. Of a condition or loop it runs the
// beginning: [Test.Next] comes to the steps inside, and to the end.
func (t *Test) Do(ctx context.Context, s *Step) {
	defer t.survive(s)
	reason, byRequest := s.passedOver(t.plan.Options)
	if reason != "" && byRequest {
		t.passOver(s, event.Skipped, reason)
		return
	}
	t.checkContext(ctx)
	t.checkOthers()
	outside, failed := t.around(s)
	switch {
	case t.stopped != "":
		t.passOver(s, event.NotRun, t.stopped)
	case t.emit.stream.failed() != nil:
		t.passOver(s, event.NotRun, "the results cannot be written")
	case outside != "" && failed:
		t.passOver(s, event.NotRun, outside)
	case outside != "":
		t.passOver(s, event.Skipped, outside)
	case reason != "":
		t.passOver(s, event.NotRun, reason)
	case s.compare != nil:
		t.enter(s)
	case s.pause != nil:
		t.doPause(ctx, s)
	case t.budget > 0:
		t.poll(ctx, s)
	default:
		a := t.Prepare(ctx, s)
		a.Send(ctx)
		a.Check(ctx)
		a.Finish()
	}
}

// survive turns a panic into an error of its step, so that what was found until then is still told, and ends the test: what
// it rests on can no longer be trusted.
func (t *Test) survive(s *Step) {
	r := recover()
	if r == nil {
		return
	}
	about := s.Number
	if !t.emit.isOpen(about) {
		if t.emit.begun == (opened{t.sub, about}) {
			about = 0 // it has ended already
		} else {
			t.emit.write(about, t.started(s))
		}
	}
	t.breakDown(about, r)
	switch c := t.innermost(); {
	case about == 0:
	case c != nil && c.step == s:
		c.outcome, c.skipped = event.Errored, t.broken // Next closes it
	default:
		counts := event.Counts{Assertions: s.assertionsDefined(), AssertionsFailed: s.assertionsDefined()}
		t.counts.Add(counts)
		t.counts.StepsErrored++
		t.emit.write(about, event.StepFinished{Outcome: event.Errored, Counts: counts})
		t.keepResult(s, nil, event.Errored, counts)
	}
}

// breakDown tells of a panic and ends the test, and the whole run with it.
func (t *Test) breakDown(step int, r any) {
	t.emit.write(step, internalError(r))
	t.broken = "an internal error"
	t.stop(event.Errored, t.broken)
}

// internalError says what panicked and where.
func internalError(r any) event.Problem {
	message := fmt.Sprintf("internal error: %v", r)
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for panicked := false; ; {
		frame, more := frames.Next()
		if panicked && !strings.HasPrefix(frame.Function, "runtime.") {
			message += fmt.Sprintf(" (in %s, line %d)", frame.Function, frame.Line)
			break
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			break
		}
	}
	return event.Problem{
		Code: "internal", Outcome: event.Errored, Message: message, Hint: "this is a bug in offscope and not in the test",
	}
}

// checkContext stops the test when the run was ended from outside.
func (t *Test) checkContext(ctx context.Context) {
	if ctx.Err() != nil {
		t.stop(event.Errored, stopReason(ctx))
	}
}

// checkOthers stops the test when something in another one has ended the whole run.
func (t *Test) checkOthers() {
	if reason := t.execution.brokenDown(); reason != "" && t.stopped == "" {
		t.stop(event.Errored, reason)
	}
}

// passOver tells of a step that is not run. The assertions of one that was due count as defined, and are not failed: it is
// the step that is counted as not run.
func (t *Test) passOver(s *Step, outcome event.Outcome, reason string) {
	t.emit.write(s.Number, t.started(s))
	finished := event.StepFinished{Outcome: outcome, Reason: reason}
	t.lose(s)
	if outcome == event.Skipped {
		t.counts.StepsSkipped++
	} else {
		t.counts.StepsNotRun++
		finished.Counts.Assertions = s.assertionsDefined()
		t.counts.Add(finished.Counts)
	}
	t.emit.write(s.Number, finished)
	t.keepResult(s, nil, outcome, finished.Counts)
}

// lose notes the variables that a step was to extract, for a hint when one of them is missed later.
func (t *Test) lose(s *Step) {
	for _, x := range s.extractions {
		if _, ok := t.scope.Get(x.row.Name.Value); !ok {
			t.lost[x.row.Name.Value] = s.Number
		}
	}
}

func (t *Test) started(s *Step) event.StepStarted {
	base := s.Step.Base()
	at := base.Place.Position()
	started := event.StepStarted{
		StepKind: base.Kind.Value, Note: base.Note.Value, Line: at.Line, Col: at.Col, Depth: s.Depth, Iteration: t.round(s),
	}
	if base.Place.File != nil {
		started.File = base.Place.File.Name
	}
	if _, unknown := s.Step.(*bucket.Unknown); unknown {
		started.StepKind = t.cover.text(base.Kind.Value)
	}
	if s.request != nil {
		started.Method, started.URL = s.request.step.Method.Value, s.request.step.URL.Value
	}
	if q := s.compare; q != nil {
		started.Left, started.Comparison, started.Right = q.left.Text().Value, t.name(q.of.String(), q.name), q.right.Text().Value
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
	if t.plan.Options.Pauses.Mode == PollPauses && t.dropPause(s) {
		return
	}
	began := t.clock.Now()
	err := t.clock.Sleep(ctx, s.wait(t.plan.Options))
	finished := event.StepFinished{Outcome: event.Passed, Duration: t.clock.Now().Sub(began)}
	if err != nil {
		reason := err.Error()
		if ctx.Err() != nil {
			reason = stopReason(ctx)
		}
		t.stop(event.Errored, reason)
		finished.Outcome, finished.Reason = event.NotRun, reason
		t.counts.StepsNotRun++
	} else {
		t.counts.StepsPassed++
	}
	t.emit.write(s.Number, finished)
	t.keepResult(s, nil, finished.Outcome, finished.Counts)
}

// afterFailure stops the test when it was asked to stop after so many failures.
func (t *Test) afterFailure() {
	failed := t.counts.StepsFailed + t.counts.StepsErrored
	switch {
	case t.plan.Options.StopOnFailure == On:
		t.stopEarly("an earlier step failed, and --stop-on-failure was given")
	case t.plan.Options.StopOnFailure.or(t.plan.merged.StopOnFailure):
		t.stopEarly("an earlier step failed, and the environment says stop_on_failure")
	case t.plan.Options.MaxFailures == 1 && failed == 1:
		t.stopEarly("a step failed, and --max-failures 1 was given")
	case t.plan.Options.MaxFailures > 0 && failed >= t.plan.Options.MaxFailures:
		t.stopEarly(fmt.Sprintf("%d steps failed, and --max-failures was given", failed))
	}
}

// stopEarly stops a test because of its failures, which is worth a word only when a step is left.
func (t *Test) stopEarly(reason string) {
	t.stop(event.Failed, reason)
	t.early = reason
}
