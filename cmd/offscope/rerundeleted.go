package main

import (
	"fmt"
	"slices"
	"strings"

	"offscope/event"
	"offscope/record"
	"offscope/runner"
)

// notDeleted refuses to go on behind a step whose creation was deleted when the run ended: the record still names it, and it is
// not there any more.
func (a *again) notDeleted(plan *runner.Plan, was record.TestView, wanted []int) error {
	gone := 0
	err := a.run.Each(event.SinkFunc(func(e event.Event) error {
		r, ok := e.Body.(event.Resource)
		if !ok || !r.Deleted || r.InTest != was.Number || r.InSub != 0 || slices.Contains(wanted, r.InStep) {
			return nil
		}
		if r.InStep < slices.Max(wanted) && (gone == 0 || r.InStep < gone) {
			gone = r.InStep
		}
		return nil
	}))
	if err != nil {
		return usage("%w", err)
	}
	if gone == 0 || gone > len(plan.Steps) {
		return nil
	}
	return usageHint(fmt.Sprintf("--from %d begins at that step", gone), "what step %d%s of %q created was deleted at the end of run %s (--cleanup)", gone, titleOf(plan.Steps[gone-1]),
		strings.TrimSpace(was.Name), a.run.Meta.ID)
}
