package runner

import (
	"context"
	"fmt"
	"maps"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsontree"
	"offscope/source"
	"offscope/variables"
)

// What follows is for somebody who decides at every step what comes next, such as a debugger. What holds for a run holds here,
// too: every step that begins ends, also one that is left, and whatever is shown is masked. A step that is run again is told
// again under its number, as one in a loop is, and what has failed stays failed.

// Hold prepares a step and keeps it there, for [Attempt.Complete] or [Attempt.Abandon]. It returns nil for pauses, conditions and
// loops, which have nothing to be looked at before, and when an internal error ended the step.
func (t *Test) Hold(ctx context.Context, s *Step) (a *Attempt) {
	if s.pause != nil || s.compare != nil {
		return nil
	}
	defer t.survive(s)
	t.budget = 0 // who looks first does not poll
	return t.Prepare(ctx, s)
}

// Again prepares a step once more that was run before. Its random values are other ones than those of the tries before: a server
// would not take a user of the same name twice.
func (t *Test) Again(ctx context.Context, s *Step) *Attempt {
	t.repeat(s)
	return t.Hold(ctx, s)
}

func (t *Test) repeat(s *Step) {
	if t.repeats == nil {
		t.repeats = map[int]int{}
	}
	t.repeats[s.Number]++
}

// Complete takes a step that is held through the stages that are left.
func (a *Attempt) Complete(ctx context.Context) {
	defer a.test.survive(a.Step)
	a.Send(ctx)
	a.Check(ctx)
	a.Finish()
}

// Abandon ends a step that is held and was not sent, as skipped or as not run. One that has failed already has failed.
func (a *Attempt) Abandon(outcome event.Outcome, reason string) {
	if a.outcome != event.Passed {
		a.Finish()
		return
	}
	t := a.test
	a.extractions, a.assertions = nil, nil
	a.write()
	t.tellChanges(a.Step.Number)
	counts := event.Counts{Scripts: len(a.before)}
	if outcome == event.NotRun {
		counts.Assertions = a.Step.assertionsDefined()
		t.counts.StepsNotRun++
	} else {
		t.counts.StepsSkipped++
	}
	t.counts.Add(counts)
	t.lose(a.Step)
	t.emit.write(a.Step.Number, event.StepFinished{Outcome: outcome, Reason: reason, Duration: a.took(), Counts: counts})
	clear(t.cover.kept)
	t.keepResult(a.Step, a, outcome, counts)
}

// Last returns the attempt that ended last, nil when there was none. It can still be looked at.
func (t *Test) Last() *Attempt { return t.last }

// Skip passes over the step that [Test.Next] returned last, with everything inside it.
func (t *Test) Skip(s *Step, reason string) {
	for n := s.Number; n <= s.end; n++ {
		t.passOver(t.plan.Steps[n-1], event.Skipped, reason)
	}
	t.at = s.end
}

// Goto makes a step the next that [Test.Next] returns. From is the number of the first step that has not begun; steps between it
// and the target are passed over, and conditions and loops around steps that are left end. The target must be [Test.Reachable]: there is
// no way into a condition or a loop but through its beginning.
func (t *Test) Goto(from int, to *Step, reason string) {
	for n := from; n < to.Number; n++ {
		t.leave(func(c *container) bool { return c.step.end >= n }, reason)
		t.passOver(t.plan.Steps[n-1], event.Skipped, reason)
	}
	t.leave(func(c *container) bool { return c.step.Number < to.Number && to.Number <= c.step.end }, reason)
	for n := to.Number; n < from; n++ {
		t.repeat(t.plan.Steps[n-1])
	}
	t.at, t.budget = to.Number-1, 0
	t.Resume()
}

// Reachable says why [Test.Goto] cannot lead to a step.
func (t *Test) Reachable(to *Step) error {
	for around := to.inside; around != nil; around = around.inside {
		c := t.containerOf(around)
		if c == nil {
			return fmt.Errorf("step %d stands inside step %d, which is not being run; go to step %d instead", to.Number, around.Number, around.Number)
		}
		if c.skipped != "" {
			return fmt.Errorf("step %d cannot be run: %s", to.Number, t.Mask(c.skipped))
		}
	}
	return nil
}

func (t *Test) containerOf(s *Step) *container {
	for _, c := range t.open {
		if c.step == s {
			return c
		}
	}
	return nil
}

// leave ends the innermost conditions and loops up to the first that stays.
func (t *Test) leave(stays func(*container) bool, reason string) {
	for c := t.innermost(); c != nil && !stays(c); c = t.innermost() {
		t.open = t.open[:len(t.open)-1]
		if c.reason == "" {
			c.reason = reason
		}
		t.close(c)
	}
}

// Stopped says why nothing more is run, "" while going on.
func (t *Test) Stopped() string { return t.stopped }

// Resume goes on with a test that had stopped, as after a failure or an interrupted step. What has failed stays failed. An internal
// error and a script that cannot be stopped are for ever.
func (t *Test) Resume() {
	if t.broken == "" && t.execution.brokenDown() == "" {
		t.stopped = ""
	}
}

// Quit stops the test because somebody does not want more of it. Steps that were due are then not run. That makes the test fail, as
// [Test.End] tells, but not what [Test.Outcome] says of the steps that did run.
func (t *Test) Quit(reason string) {
	if t.stopped == "" {
		t.stopped = reason
	}
}

// Outcome is the worst of what has ended until now.
func (t *Test) Outcome() event.Outcome { return t.outcome }

// PassesOver reports whether [Test.Do] passes over a step, were it not for a test that has stopped.
func (t *Test) PassesOver(s *Step) bool {
	reason, _ := s.passedOver(t.plan.Options)
	outside, _ := t.around(s)
	return reason != "" || outside != ""
}

// SetVariable gives a variable a value by hand. The error says that there is no room for it.
func (t *Test) SetVariable(name, value string) error {
	return t.set(name, jsontree.FromString(value), variables.Origin{Kind: variables.Prompt})
}

// Override changes what will be sent by a step that is held. Only requests can be changed.
func (a *Attempt) Override(r *exchange.Request) error {
	switch {
	case a.Step.request == nil:
		return fmt.Errorf("step %d sends no request of its own", a.Step.Number)
	case a.Request == nil || a.requests > 0:
		return fmt.Errorf("step %d has no request that is yet to be sent", a.Step.Number)
	}
	if string(r.Body) != string(a.Request.Body) {
		a.form = nil
	}
	a.Request = r
	a.test.learnRequest(r.URL, r.Header)
	return nil
}

// Rewrite puts other text into the place of a step, for this test only: the file stays as it is. What is secret stays secret.
// The diagnostics say why the text cannot be taken, or warn of it; after an error nothing has changed. Otherwise the steps of
// [Test.Steps] are new ones.
func (t *Test) Rewrite(s *Step, text string) source.Diagnostics {
	refuse := func(message string) source.Diagnostics {
		return source.Diagnostics{{Code: "edited-step", Message: message}}
	}
	at := s.Step.Base().Place
	if at.File == nil || t.sub > 0 {
		return refuse("the step stands in no file")
	}
	old := at.File.Bytes()
	f := source.NewFile(at.File.Name, []byte(string(old[:at.Start])+text+string(old[at.End:])))
	f.Private = at.File.Private
	document, problems := bucket.Parse(f)
	if document == nil || problems.Err() != nil {
		return problems
	}
	test := testAt(document, t.plan.Test.Place.Start)
	if test == nil {
		return refuse("the file has no such test any more")
	}
	plan := NewPlan(test, t.plan.Options)
	if len(plan.Steps) != len(t.plan.Steps) || plan.Steps[s.Number-1].end != s.end {
		return refuse("it must stay one step, with as many steps inside as before")
	}
	t.replace(plan)
	return nil
}

func testAt(d *bucket.Document, start int) *bucket.Test {
	for _, test := range d.Tests {
		if test.Place.Start == start {
			return test
		}
	}
	return nil
}

// replace goes on with another plan of the same shape.
func (t *Test) replace(plan *Plan) {
	more := plan.secrets
	all := maps.Clone(t.plan.secrets)
	maps.Copy(all, more)
	for _, s := range plan.Steps {
		if s.subtest != nil && s.subtest.plan != nil {
			s.subtest.plan.secrets = all
		}
	}
	plan.secrets, t.cover.names = all, all
	for name := range more {
		t.scope.MarkSecret(name)
	}
	for _, c := range t.open {
		c.step = plan.Steps[c.step.Number-1]
	}
	t.plan, t.execution.plans[t.number-1] = plan, plan
	for name := range more {
		if value, ok := t.scope.Get(name); ok {
			t.note(name, value)
		}
	}
	for _, l := range plan.literals {
		t.learnUnlessKnown(l.name, l.value)
	}
}
