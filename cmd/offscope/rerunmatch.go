package main

import (
	"strings"

	"offscope/record"
	"offscope/runner"
)

// A match is a test as it is now, with what the record has of it: nothing when it had not begun.
type match struct {
	plan *runner.Plan
	was  record.TestView
}

// match finds the test of today for each test of the recorded run, in the order of the files. A rerun has recorded some tests
// only, and a run that was killed has not begun all of them.
func (a *again) match(plans []*runner.Plan) ([]match, error) {
	recorded := map[*runner.Plan]record.TestView{}
	last := -1
	for _, was := range a.tests {
		at := a.find(plans, was, recorded)
		if at < 0 {
			if _, failed := firstFailed(was); failed {
				return nil, usageHint("run the files from their beginning", "the test %q of run %s is in the files no more", strings.TrimSpace(was.Name), a.run.Meta.ID)
			}
			continue
		}
		recorded[plans[at]] = was
		last = max(last, at)
	}
	begun := map[int]bool{}
	for _, was := range a.tests {
		begun[was.Number] = true
	}
	for i, name := range a.run.Meta.Tests {
		if begun[i+1] {
			continue
		}
		if at := a.next(plans, name, last, recorded); at >= 0 {
			recorded[plans[at]] = record.TestView{}
			last = max(last, at)
		}
	}
	var matched []match
	for _, plan := range plans {
		if was, ok := recorded[plan]; ok {
			matched = append(matched, match{plan, was})
		}
	}
	return matched, nil
}

// find returns the place of the plan of a recorded test, -1 when there is none.
func (a *again) find(plans []*runner.Plan, was record.TestView, taken map[*runner.Plan]record.TestView) int {
	for i, plan := range plans {
		if _, ok := taken[plan]; ok || testName(plan) != strings.TrimSpace(was.Name) || plan.Options.Iteration != was.Iteration {
			continue
		}
		if file := plan.Test.Place.File; file == nil || file.Name == pathFrom(a.run.Meta.WorkDir, was.File) {
			return i
		}
	}
	return -1
}

// next returns the place of the plan of a test that had not begun: of that name, and behind those that had if there is one.
func (a *again) next(plans []*runner.Plan, name string, last int, taken map[*runner.Plan]record.TestView) int {
	found := -1
	for i, plan := range plans {
		if _, ok := taken[plan]; ok || testName(plan) != name {
			continue
		}
		if i > last {
			return i
		}
		if found < 0 {
			found = i
		}
	}
	return found
}
