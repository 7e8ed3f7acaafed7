package record

import (
	"maps"
	"slices"
	"time"

	"offscope/event"
)

// A TestView is a test of a recorded run.
type TestView struct {
	// Number is that of the test in the run, from 1.
	Number int
	Name   string
	File   string
	// Line and Col are the place of the test in its file.
	Line, Col int
	// Iteration counts the runs of the same test from 1, Iterations is how many there were; both 0 when it was run once.
	Iteration, Iterations int
	Environment           string
	// StepsInFile is how many steps the file has for the test. Steps are those that have begun, passed over ones included, in
	// the order in which they began first. The steps of subtests are not among them.
	StepsInFile int
	Steps       []StepView
	// Complete says that the test's end is in the record. Without it Outcome is that of the steps that failed, NotRun when
	// none did, and Counts are those of the steps that have ended.
	Complete bool
	Outcome  event.Outcome
	Counts   event.Counts
	Duration time.Duration
	// Reason says why a test stopped before its end.
	Reason string
}

// A StepView is a step of a recorded test. Of a step inside a loop, which ran several times, Outcome is the worst and Counts
// are the sum.
type StepView struct {
	Number int
	// Kind is the step's type as the export names it.
	Kind string
	Note string
	// Method and URL are those of a request as the file has them.
	Method, URL string
	File        string
	Line, Col   int
	// Depth is how many conditions and loops the step stands in.
	Depth int
	// Rounds is how often the step has begun: more than once only inside a loop.
	Rounds int
	// Complete says that the step's end is in the record each time it began. A step without its end has not passed: it is
	// NotRun, unless an earlier round of it failed.
	Complete bool
	Outcome  event.Outcome
	Reason   string
	Counts   event.Counts
	Duration time.Duration
}

// FirstFailed returns the number of the first step that has neither passed nor was skipped: it failed, could not be executed,
// was not run, or has no end because the run was killed in it. ok is false when there is none.
func (t TestView) FirstFailed() (step int, ok bool) {
	for _, s := range t.Steps {
		if s.Outcome != event.Passed && s.Outcome != event.Skipped && (!ok || s.Number < step) {
			step, ok = s.Number, true
		}
	}
	return step, ok
}

// Tests returns the tests of the run in the order in which they began. With an error, which says what line of the record is
// damaged, come those that stand before it.
func (r *Record) Tests() ([]TestView, error) {
	var v viewer
	err := r.Each(&v)
	var views []TestView
	for _, t := range v.tests {
		if t.sub == 0 {
			views = append(views, t.finish())
		}
	}
	return views, err
}

// A place says which test, or which subtest of it, an event is about.
type place struct{ test, sub int }

// A viewer makes tests and steps of events.
type viewer struct {
	// deep says that answers and failed checks are looked at as well.
	deep  bool
	tests []*testFacts
	at    map[place]*testFacts
}

type testFacts struct {
	TestView
	sub   int
	steps []*stepFacts
	at    map[int]*stepFacts
}

type stepFacts struct {
	StepView
	open  int // rounds that have begun and not ended
	last  facts
	ended bool // at least one round has
}

// Write takes the next event.
func (v *viewer) Write(e event.Event) error {
	if e.Test == 0 {
		return nil
	}
	if b, ok := e.Body.(event.TestStarted); ok {
		v.begin(e, b)
		return nil
	}
	t := v.test(e)
	switch b := e.Body.(type) {
	case event.TestFinished:
		t.Complete, t.Outcome, t.Counts, t.Duration, t.Reason = true, b.Outcome, b.Counts, b.Duration, b.Reason
	case event.StepStarted:
		t.step(e.Step).begin(b)
	case event.StepFinished:
		t.step(e.Step).end(b)
	default:
		if v.deep && e.Step != 0 {
			t.step(e.Step).last.take(b)
		}
	}
	return nil
}

func (v *viewer) begin(e event.Event, b event.TestStarted) *testFacts {
	t := &testFacts{sub: e.Sub, at: map[int]*stepFacts{}}
	t.TestView = TestView{
		Number: e.Test, Name: b.Name, File: b.File, Line: b.Line, Col: b.Col, Iteration: b.Iteration, Iterations: b.Iterations,
		Environment: b.Environment, StepsInFile: b.Steps, Outcome: event.NotRun,
	}
	if v.at == nil {
		v.at = map[place]*testFacts{}
	}
	if e.Sub == 0 && v.at[place{test: e.Test}] != nil {
		v.forget(e.Test)
	}
	v.at[place{e.Test, e.Sub}] = t
	v.tests = append(v.tests, t)
	return t
}

// forget leaves out an attempt at a test that is not the last one.
func (v *viewer) forget(test int) {
	v.tests = slices.DeleteFunc(v.tests, func(t *testFacts) bool { return t.Number == test })
	maps.DeleteFunc(v.at, func(p place, _ *testFacts) bool { return p.test == test })
}

// test returns the test of an event, also one whose beginning is missing.
func (v *viewer) test(e event.Event) *testFacts {
	if t := v.at[place{e.Test, e.Sub}]; t != nil {
		return t
	}
	return v.begin(e, event.TestStarted{})
}

func (t *testFacts) step(number int) *stepFacts {
	s := t.at[number]
	if s == nil {
		s = &stepFacts{StepView: StepView{Number: number, Outcome: event.NotRun}}
		t.at[number] = s
		t.steps = append(t.steps, s)
	}
	return s
}

func (s *stepFacts) begin(b event.StepStarted) {
	s.Kind, s.Note, s.Method, s.URL, s.File, s.Line, s.Col, s.Depth = b.StepKind, b.Note, b.Method, b.URL, b.File, b.Line, b.Col, b.Depth
	s.Rounds++
	s.open++
	s.last = facts{}
}

func (s *stepFacts) end(b event.StepFinished) {
	s.open = max(0, s.open-1)
	if !s.ended || weight(b.Outcome) >= weight(s.Outcome) {
		s.Outcome, s.Reason = b.Outcome, b.Reason
	}
	s.ended = true
	s.Counts.Add(b.Counts)
	s.Duration += b.Duration
}

// finish returns what is known when all events have come.
func (t *testFacts) finish() TestView {
	view := t.TestView
	for _, s := range t.steps {
		view.Steps = append(view.Steps, s.finish())
	}
	if view.Complete {
		return view
	}
	view.Counts.Steps = max(view.StepsInFile, len(view.Steps))
	for _, s := range view.Steps {
		view.Counts.Add(s.Counts)
		if s.Complete {
			countStep(&view.Counts, s.Outcome)
		}
		if s.Outcome.Bad() && weight(s.Outcome) > weight(view.Outcome) {
			view.Outcome = s.Outcome
		}
	}
	return view
}

func (s *stepFacts) finish() StepView {
	view := s.StepView
	view.Complete = s.open == 0 && s.ended
	if !view.Complete && !view.Outcome.Bad() {
		view.Outcome = event.NotRun
	}
	return view
}

func countStep(c *event.Counts, o event.Outcome) {
	switch o {
	case event.Passed:
		c.StepsPassed++
	case event.Failed:
		c.StepsFailed++
	case event.Errored:
		c.StepsErrored++
	case event.Skipped:
		c.StepsSkipped++
	case event.NotRun:
		c.StepsNotRun++
	}
}

// weight orders outcomes by what they mean for a step that ran several times.
func weight(o event.Outcome) int {
	return slices.Index([]event.Outcome{event.Skipped, event.Passed, event.NotRun, event.Failed, event.Errored}, o)
}
