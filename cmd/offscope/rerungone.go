package main

import (
	"fmt"
	"slices"

	"offscope/record"
	"offscope/runner"
)

// notGone refuses to run again what failed when a step of that is not there any more: the others would be green, and nobody
// would have looked. Where a condition passes over it now, that is the test's own logic, which is told at the end.
func (a *again) notGone(plan *runner.Plan, was record.TestView) error {
	matched := record.MatchSteps(was.Steps, viewsOf(plan))
	for at, s := range was.Steps {
		if !s.Outcome.Bad() {
			continue
		}
		what := "is not in the file any more"
		if i := slices.Index(matched, at); i >= 0 {
			what = leftOut(plan, plan.Steps[i])
		}
		if what == "" {
			continue
		}
		return usageHint("--from STEP goes on with what is there", "step %d%s of %q failed in run %s, and %s", s.Number, titleOfView(s), testName(plan), a.run.Meta.ID, what)
	}
	return nil
}

// leftOut says why a step will not be sent, "" when nothing is in its way before the run.
func leftOut(plan *runner.Plan, s *runner.Step) string {
	switch choose := plan.Options.Choose; {
	case isSkipped(s):
		return "is skipped in the file now"
	case choose != nil && !choose(s):
		return fmt.Sprintf("is step %d now, which the flags of that run leave out", s.Number)
	}
	return ""
}

// isSkipped reports whether the file says that a step, or one that it stands in, is not to be run.
func isSkipped(s *runner.Step) bool {
	for ; s != nil; s = s.Inside() {
		if s.Step.Base().Skipped {
			return true
		}
	}
	return false
}
