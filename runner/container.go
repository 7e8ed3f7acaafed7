package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"offscope/assertion"
	"offscope/bucket"
	"offscope/event"
	"offscope/source"
	"offscope/variables"
)

// The bounds of a loop in the hosted service (vendor documentation on test steps).
const (
	mostRounds  = 100
	longestLoop = 11 * time.Minute
)

// A comparison is what a condition or loop goes by.
type comparison struct {
	of          bucket.Comparison
	name        source.Text
	left, right variables.Template
	loop        bool
}

func (p *Plan) planComparison(s *Step, of bucket.Comparison, name, left, right source.Text) {
	s.compare = &comparison{of: of, name: name, left: variables.Parse(left), right: variables.Parse(right)}
	if of == bucket.UnknownComparison {
		at := name.Place
		if !at.Known() {
			at = s.Step.Base().Place
		}
		s.refuse(unknownName("comparison", name.Value, bucket.ComparisonNames()).Error(), at)
	}
}

// planLoop names the keys of a loop whose meaning is not public. They are left out, because only the comparison decides how a
// loop ends; the reader of the results is told.
func (p *Plan) planLoop(s *Step, step *bucket.Loop) {
	s.compare.loop = true
	for _, other := range step.Other {
		if other.Value.Value == "" || other.Value.Value == "null" {
			continue
		}
		p.Problems = append(p.Problems, source.Diagnostic{
			Severity: source.Warning, Code: "loop-key", Place: other.Name.Place,
			Message: fmt.Sprintf("the key %q of a loop is not documented and has no effect here", other.Name.Value),
			Hint:    fmt.Sprintf("a loop ends when its comparison holds, and fails after %d rounds or %s", mostRounds, briefly(longestLoop)),
		})
	}
}

// A container is a condition or loop whose steps are being run.
type container struct {
	step  *Step
	watch stopwatch
	round int
	// skipped is why the steps inside are passed over, "" when they are run.
	skipped string
	outcome event.Outcome
	reason  string
	result  int // its place among the results of a subtest
}

// innermost is the container that was opened last, nil when none is open.
func (t *Test) innermost() *container {
	if len(t.open) == 0 {
		return nil
	}
	return t.open[len(t.open)-1]
}

// Next returns the step to be run or passed over next, nil behind the last. It comes back to the steps of a loop, and closes
// conditions and loops behind their last step. Each step it returns is to be given to [Test.Do], or taken through the stages.
func (t *Test) Next(ctx context.Context) *Step {
	for len(t.open) > 0 {
		c := t.open[len(t.open)-1]
		if t.at < c.step.end {
			break
		}
		if c.step.compare.loop && c.skipped == "" && t.again(ctx, c) {
			t.at = c.step.Number
			continue // a loop without steps goes round at once
		}
		t.open = t.open[:len(t.open)-1]
		t.close(c)
	}
	if t.at >= len(t.plan.Steps) {
		return nil
	}
	s := t.plan.Steps[t.at]
	t.at++
	return s
}

// enter begins a condition or loop. A condition is decided now (vendor documentation: nested steps run when it holds, and are
// skipped without failure when it does not), a loop after each round.
func (t *Test) enter(s *Step) {
	c := &container{step: s, watch: startWatch(t.clock), outcome: event.Passed}
	t.emit.write(s.Number, t.started(s))
	t.open = append(t.open, c)
	c.result = t.keepResult(s, nil, event.Passed, event.Counts{})
	switch {
	case len(s.refusals) > 0:
		a := &Attempt{Step: s, test: t}
		a.executable()
		for _, p := range a.problems {
			t.emit.write(s.Number, p)
		}
		c.outcome, c.skipped = event.Failed, fmt.Sprintf("inside step %d: %s", s.Number, s.refused())
	case s.compare.loop:
		c.round = 1
	default:
		holds, err := t.compare(c)
		switch {
		case err != nil:
			c.outcome, c.skipped = event.Failed, fmt.Sprintf("step %d failed", s.Number)
		case !holds:
			c.skipped = fmt.Sprintf("the condition of step %d does not hold", s.Number)
		}
	}
}

// again reports whether a loop goes into another round.
func (t *Test) again(ctx context.Context, c *container) (more bool) {
	defer func() {
		if r := recover(); r != nil {
			t.breakDown(c.step.Number, r)
			c.outcome, more = event.Errored, false
		}
	}()
	if t.checkContext(ctx); t.stopped != "" {
		c.outcome, c.reason = event.NotRun, t.stopped
		return false
	}
	holds, err := t.compare(c)
	switch {
	case err != nil:
		c.outcome = event.Failed
	case holds:
	case c.round >= mostRounds:
		t.loopFailed(c, fmt.Sprintf("the comparison did not hold after %d rounds, the most a loop may have", mostRounds))
	case c.watch.took() >= longestLoop:
		t.loopFailed(c, fmt.Sprintf("the comparison did not hold after %s, the longest a loop may take", briefly(longestLoop)))
	default:
		c.round++
		return true
	}
	return false
}

func (t *Test) loopFailed(c *container, message string) {
	c.outcome = event.Failed
	hint := "the hosted service has the same limits; wait inside the loop with a pause step"
	if t.plan.Options.Pauses.Mode == SkipPauses && t.pausesIn(c) {
		hint = "the pauses inside were skipped; --pauses keep waits as long as the file says"
	}
	t.emit.write(c.step.Number, event.Problem{
		Code: "loop-limit", Outcome: event.Failed, Message: message, Where: t.cover.excerpt(c.step.compare.left.Text().Place), Hint: hint,
	})
}

// pausesIn reports whether a pause stands inside of a condition or loop.
func (t *Test) pausesIn(c *container) bool {
	return slices.ContainsFunc(t.plan.Steps[c.step.Number:c.step.end], func(s *Step) bool { return s.pause != nil })
}

// compare evaluates a comparison and tells of it.
func (t *Test) compare(c *container) (holds bool, err error) {
	s, q := c.step, c.step.compare
	a := &Attempt{Step: s, test: t, builtins: t.builtins(t.random(t.use(s, fmt.Sprintf("comparison %d", c.round))))}
	left, err := a.fill(q.left)
	right, errRight := a.fill(q.right)
	if err == nil && q.of.NeedsTarget() {
		err = errRight
	}
	defined := err == nil
	if defined {
		holds, err = assertion.CompareText(q.of, left.String(), right.String())
	}
	told := event.Compared{
		Iteration: c.round, Left: q.left.Text().Value, Comparison: t.name(q.of.String(), q.name), Right: q.right.Text().Value,
		LeftValue: t.cover.show(left), RightValue: t.cover.show(right), Holds: holds, Where: t.cover.excerpt(s.Step.Base().Place),
	}
	if err != nil {
		told.Error = err.Error()
		if defined && (t.hasShort(left) || t.hasShort(right)) {
			told.Error = "the values cannot be compared"
		}
	}
	t.emit.write(s.Number, told)
	if err != nil {
		t.emit.write(s.Number, event.Problem{
			Code: "comparison", Outcome: event.Failed, Message: told.Error, Where: t.cover.excerpt(blameComparison(q, err)),
		})
	}
	return holds, err
}

func blameComparison(q *comparison, err error) source.Place {
	if at := undefinedAt(err); at.Known() {
		return at
	}
	return q.left.Text().Place
}

// close ends a condition or loop behind its steps.
func (t *Test) close(c *container) {
	t.emit.write(c.step.Number, event.StepFinished{Outcome: c.outcome, Duration: c.watch.took(), Reason: c.reason})
	t.settleResult(c.result, c.outcome)
	t.finished(c.outcome, event.Counts{})
}

// around returns why a step inside open conditions and loops is passed over, "" when it is not; failed says that it was due
// and its container failed.
func (t *Test) around(s *Step) (reason string, failed bool) {
	for _, c := range t.open {
		if c.skipped != "" && s.Number > c.step.Number && s.Number <= c.step.end {
			return c.skipped, c.outcome.Bad()
		}
	}
	return "", false
}

// round counts how often the innermost open loop has come to a step; 0 outside of loops.
func (t *Test) round(s *Step) int {
	for i := len(t.open) - 1; i >= 0; i-- {
		if c := t.open[i]; c.step.compare.loop && s.Number > c.step.Number && s.Number <= c.step.end {
			return c.round
		}
	}
	return 0
}

// use names a use of random values in a step. Another round of a loop, nested loops included, is another use, and so is going back to a step by hand.
func (t *Test) use(s *Step, what string) string {
	use := fmt.Sprintf("step %d, %s", s.Number, what)
	if n := t.repeats[s.Number]; n > 0 {
		use += fmt.Sprintf(", again %d", n)
	}
	for _, c := range t.open {
		if c.step.compare.loop && s.Number > c.step.Number && s.Number <= c.step.end {
			use += fmt.Sprintf(", round %d", c.round)
		}
	}
	return use
}
