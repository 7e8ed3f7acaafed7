package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"offscope/event"
)

// A runResult is what a stream says about a run.
type runResult struct {
	started  event.RunStarted
	at       time.Time // when it began
	until    time.Time // when the last event happened
	notices  []event.Notice
	finished event.RunFinished
	ended    bool // finished was in the stream
	tests    int  // that have begun
	bad      int  // tests that have ended badly
	flaky    int  // tests that have passed when they were tried again
	// trouble are reasons for the run not to have passed that no test stands for.
	trouble []string
	left    leftovers
}

// outcome is how the run ended. A run has only passed when its end says so and nothing contradicts it.
func (r *runResult) outcome() event.Outcome {
	switch {
	case !r.ended || r.finished.Interrupted != "":
		return event.Errored
	case r.finished.Outcome != event.Passed:
		return outcomeOf(r.finished.Outcome)
	case r.bad > 0 || len(r.trouble) > 0:
		return event.Failed
	}
	return event.Passed
}

// stopped says what ended the run early, "" when nothing did.
func (r *runResult) stopped() string {
	switch {
	case r.finished.Interrupted != "":
		return "interrupted by " + r.finished.Interrupted
	case !r.ended:
		return cutOff
	}
	return ""
}

const (
	cutOff     = "the events end before the run does"
	testCutOff = "the events end before the test does"
	stepCutOff = "the events end before the step does"

	againCutOff = "the events end before the test is tried again"
)

// A testResult is what a stream says about a test or a subtest.
type testResult struct {
	number, sub int
	opening     event.TestStarted
	at, until   time.Time
	notices     []event.Notice
	problems    []event.Problem
	scripts     []event.Scripted
	finished    event.TestFinished
	ended       bool // by an event or by the end of the stream
	cut         bool // not by an event
	steps       []*stepResult
	seen        map[int]bool // the numbers of steps that have begun
	again       bool         // it failed, and is to be begun once more
	failed      []failedAttempt
	drawn       int // how many steps were drawn and forgotten
	tally       tally
}

// A stepResult is what a stream says about a step, or about one round of it.
type stepResult struct {
	number    int
	started   event.StepStarted
	at, until time.Time
	notices   []event.Notice
	problems  []event.Problem
	compared  []event.Compared
	exchanged *event.Exchanged
	exchanges time.Time // when the exchange was told
	extracted []event.Extracted
	scripts   []event.Scripted
	asserted  []event.Asserted
	subtests  []*testResult
	finished  event.StepFinished
	ended     bool
	cut       bool
}

// A tally counts what the figures of a test do not say.
type tally struct {
	counts     event.Counts // of the steps
	assertions int          // that passed
	bad        int          // steps
	subtests   map[event.Outcome]int
}

// name is the test's name with what tells it apart from its other iterations.
func (t *testResult) name() string {
	name := cmp.Or(strings.TrimSpace(t.opening.Name), fmt.Sprintf("test %d", t.number))
	if t.opening.Iterations > 1 {
		return fmt.Sprintf("%s (%d/%d)", name, t.opening.Iteration, t.opening.Iterations)
	}
	return name
}

// outcome is how the test ended: badly also when only a step says so.
func (t *testResult) outcome() event.Outcome {
	o := outcomeOf(t.finished.Outcome)
	if o == event.Passed && t.tally.bad > 0 {
		return event.Failed
	}
	return o
}

// canceled reports whether the test was stopped while nothing in it was wrong.
func (t *testResult) canceled() bool {
	return t.outcome() != event.Passed && t.finished.Reason != "" && t.tally.bad == 0 && len(t.findings()) == 0
}

// unexplained is why the test as a whole did not pass, when no step of it says so; "" otherwise.
func (t *testResult) unexplained() string {
	if t.outcome() == event.Passed || t.outcome() == event.Skipped || t.tally.bad > 0 && !t.cut {
		return ""
	}
	if reason := t.finished.Reason; reason != "" {
		return reason
	}
	for _, f := range t.findings() {
		return f.sentence()
	}
	return "the test did not pass"
}

func (t *testResult) duration() time.Duration { return max(0, t.finished.Duration) }

// digits is how many digits the number of a step has in names, so that names sort as the steps do.
func (t *testResult) digits() int {
	return max(2, len(fmt.Sprint(t.opening.Steps)))
}

// title is the number and the name of a step: "03 Create user". prefix is the number of the step that runs the subtest.
func (t *testResult) title(prefix string, s *stepResult) string {
	title := t.numeral(prefix, s) + " " + s.name()
	if s.started.Iteration > 0 {
		title += fmt.Sprintf(" (round %d)", s.started.Iteration)
	}
	return title
}

// numeral is the number of a step, behind the numbers of the steps that run its subtest: "05.02".
func (t *testResult) numeral(prefix string, s *stepResult) string {
	return fmt.Sprintf("%s%0*d", prefix, t.digits(), s.number)
}

// name is the step's note, or what else says which one it is.
func (s *stepResult) name() string {
	b := s.started
	if note := strings.TrimSpace(b.Note); note != "" {
		return note
	}
	switch {
	case b.StepKind == "pause" && b.Pause == 0:
		return "pause " + shortDuration(b.PauseInFile)
	case b.StepKind == "pause":
		return "pause " + shortDuration(b.Pause)
	case b.Method != "" || b.URL != "":
		return strings.TrimSpace(b.Method + " " + b.URL)
	case b.Comparison != "":
		return strings.TrimSpace(wordsBefore[kindOf(b.StepKind)] + comparisonOf(b.Left, b.Comparison, b.Right))
	case b.StepKind == "":
		return "step"
	}
	return b.StepKind + " step"
}

var wordsBefore = map[nestKind]string{condition: "if ", loop: "until "}

// comparisonOf writes a comparison as one line.
func comparisonOf(left, comparison, right string) string {
	text := fmt.Sprintf("%q %s", left, strings.ReplaceAll(comparison, "_", " "))
	if right != "" {
		text += fmt.Sprintf(" %q", right)
	}
	return text
}

func (s *stepResult) outcome() event.Outcome { return outcomeOf(s.finished.Outcome) }

// reason says why a step was passed over.
func (s *stepResult) reason() string {
	if s.outcome() == event.NotRun {
		return strings.TrimSuffix("not run: "+s.finished.Reason, ": ")
	}
	return cmp.Or(s.finished.Reason, "skipped")
}

// assertionsPassed counts them. Those of a step that was not run have not passed.
func (s *stepResult) assertionsPassed() int {
	if s.outcome() != event.NotRun && !s.cut {
		return max(0, s.finished.Counts.Assertions-s.finished.Counts.AssertionsFailed)
	}
	n := 0
	for _, a := range s.asserted {
		if a.Outcome == event.Passed {
			n++
		}
	}
	return n
}

// outcomeOf returns an outcome that there is. What is not known has not passed.
func outcomeOf(o event.Outcome) event.Outcome {
	if slices.Contains([]event.Outcome{event.Passed, event.Failed, event.Errored, event.Skipped, event.NotRun}, o) {
		return o
	}
	return event.Errored
}

// add counts a step that has ended.
func (t *tally) add(s *stepResult) {
	t.counts.Add(s.finished.Counts)
	t.assertions += s.assertionsPassed()
	switch s.outcome() {
	case event.Passed:
		t.counts.StepsPassed++
	case event.Failed:
		t.counts.StepsFailed++
		t.bad++
	case event.Errored:
		t.counts.StepsErrored++
		t.bad++
	case event.Skipped:
		t.counts.StepsSkipped++
	case event.NotRun:
		t.counts.StepsNotRun++
	}
	for _, sub := range s.subtests {
		if t.subtests == nil {
			t.subtests = map[event.Outcome]int{}
		}
		t.subtests[sub.outcome()]++
	}
}
