package runner

import (
	"errors"

	"offscope/event"
	"offscope/jsengine"
	"offscope/source"
)

// Finish counts what the stages found and writes the step's events. It returns how the step ended. A step that was not taken
// through all its stages has not passed: it counts as not run.
func (a *Attempt) Finish() event.Outcome {
	if !a.looked {
		a.checkNothing()
	}
	if a.outcome == event.Passed && (!a.looked || a.Response == nil) {
		a.outcome = event.NotRun
	}
	a.addNotRun()
	counts := a.counts()
	a.write()
	a.test.tellChanges(a.Step.Number)
	finished := event.StepFinished{Outcome: a.outcome, Duration: a.took(), Counts: counts, Tries: a.tries, Waited: a.waited}
	if a.outcome == event.NotRun {
		finished.Reason = "the step was not taken to its end"
	}
	if a.outcome.Bad() {
		for _, hint := range a.hints() {
			finished.Hints = append(finished.Hints, a.test.cover.brief(hint, longestSentence))
		}
	}
	a.test.emit.write(a.Step.Number, finished)
	if a.created != nil {
		a.created.show()
	}
	clear(a.test.cover.kept)
	if a.test.cover.forget(a.test.lasting) {
		a.test.scope.Secrets = a.test.cover.masker
	}
	a.test.lose(a.Step)
	a.test.keepResult(a.Step, a, a.outcome, counts)
	a.test.finished(a.outcome, counts)
	a.test.settle(a)
	a.test.last = a
	return a.outcome
}

// write writes what was found in the order in which it happened.
func (a *Attempt) write() {
	t, number := a.test, a.Step.Number
	for _, d := range a.notices {
		t.notice(number, d)
	}
	for _, r := range a.before {
		t.scripted(number, r)
	}
	if a.requests > 0 && (a.Request != nil || a.Response != nil) {
		t.emit.write(number, a.exchanged())
	}
	for _, p := range a.problems {
		t.emit.write(number, p)
	}
	for i, x := range a.extractions {
		t.emit.write(number, t.extracted(i+1, x))
	}
	for _, r := range a.after {
		t.scripted(number, r)
	}
	for i, c := range a.assertions {
		t.emit.write(number, t.asserted(i+1, c))
	}
}

// finished adds a step to the test's figures.
func (t *Test) finished(outcome event.Outcome, counts event.Counts) {
	t.counts.Add(counts)
	switch outcome {
	case event.Passed:
		t.counts.StepsPassed++
	case event.Failed:
		t.counts.StepsFailed++
	case event.Errored:
		t.counts.StepsErrored++
	case event.NotRun:
		t.counts.StepsNotRun++
	}
	t.outcome = worse(t.outcome, outcome)
	if outcome.Bad() && t.stopped == "" {
		t.afterFailure()
	}
}

// tellNothingWasDue remarks on a test that passed although none of its steps looked at anything: a green test says little then.
func (t *Test) tellNothingWasDue() {
	t.notice(0, source.Diagnostic{
		Severity: source.Warning, Code: "nothing-sent", Message: "the test passed without a single request: no step that sends one was due",
		Hint: "see why they were passed over: by a condition, or in the file",
	})
}

// addNotRun lists the scripts that had no chance to run, so that none of them is missing from the results.
func (a *Attempt) addNotRun() {
	a.before = a.withNotRun(a.before, a.Step.before, jsengine.PreRequest)
	a.after = a.withNotRun(a.after, a.Step.after, jsengine.PostResponse)
}

func (a *Attempt) withNotRun(runs []scriptRun, due []*script, role jsengine.Role) []scriptRun {
	for i := len(runs); i < len(due); i++ {
		runs = append(runs, scriptRun{script: due[i], role: role, row: i + 1, notRun: true})
	}
	return runs
}

// counts are the figures of the step. What could not be looked at counts as failed; scripts count when they ran.
func (a *Attempt) counts() event.Counts {
	counts := event.Counts{Requests: a.requests, Assertions: len(a.assertions), Variables: len(a.extractions)}
	for _, c := range a.assertions {
		if !c.passed() {
			counts.AssertionsFailed++
		}
	}
	for _, x := range a.extractions {
		if x.err != nil {
			counts.VariablesFailed++
		}
	}
	for _, runs := range [][]scriptRun{a.before, a.after} {
		for _, r := range runs {
			if !r.notRun {
				counts.Scripts++
			}
			if r.outcome().Bad() {
				counts.ScriptsFailed++
			}
		}
	}
	return counts
}

func isNotChecked(err error) bool { return errors.Is(err, errNotChecked) }
