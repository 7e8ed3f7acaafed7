package record

import (
	"fmt"
	"time"

	"offscope/event"
)

// A Comparison is what differs between two runs.
type Comparison struct {
	// A and B are the IDs of the runs.
	A, B string
	// CutA and CutB say that the run has no end in its record.
	CutA, CutB bool
	// Tests are the tests that differ, Steps how many steps were found in both runs.
	Tests []TestDifference
	Steps int
}

// Same reports whether nothing differs. Times that are only a little different are no difference, see [TimeDifference].
func (c Comparison) Same() bool { return len(c.Tests) == 0 }

// A Change is a value that differs.
type Change struct{ A, B string }

// A TestDifference is a test, or a subtest, that differs between two runs.
type TestDifference struct {
	Name string
	File string
	// Iteration is that of a test that is run several times, else 0.
	Iteration int
	// Subtest says that a step of another test runs it.
	Subtest bool
	// OnlyIn is "A" or "B" when the other run does not have the test, which has no further differences then.
	OnlyIn string
	// Outcome is nil when both ended alike.
	Outcome *Change
	Steps   []StepDifference
}

// A StepDifference is a step that differs. Of a step in a loop its last round is compared, and the worst outcome.
type StepDifference struct {
	// A and B are the step's numbers in the two runs, 0 in a run that does not have it. What is said of the step is from run B
	// where that has it.
	A, B        int
	Note        string
	Method, URL string
	File        string
	Line        int
	// Outcome is nil when both ended alike. Nothing else is compared when the step was skipped or not run in one of them.
	Outcome *Change
	// Answer is the status code, or why there was none; nil when both are the same.
	Answer *Change
	// FailedA are the checks that failed in run A and not in run B, FailedB the reverse.
	FailedA, FailedB []Check
	Body             []ShapeDifference
	Time             *TimeDifference
}

// OnlyIn is "A" or "B" when the other run does not have the step, else "".
func (d StepDifference) OnlyIn() string {
	switch {
	case d.B == 0:
		return "A"
	case d.A == 0:
		return "B"
	}
	return ""
}

func (d StepDifference) same() bool {
	return d.OnlyIn() == "" && d.Outcome == nil && d.Answer == nil && len(d.FailedA)+len(d.FailedB)+len(d.Body) == 0 && d.Time == nil
}

// A TimeDifference is how long the answer took. It is one only when it took more than twice as long and 100 ms longer.
type TimeDifference struct {
	A, B time.Duration
	// Ratio is B/A, so it is below 1 when run B was the quicker one.
	Ratio float64
}

// Compare says what differs between two runs. Tests are matched by file, name and iteration, steps by what they look like in
// the file and their order, so that inserted steps do not make all others differ. An error says which record cannot be read.
func Compare(a, b *Record) (Comparison, error) {
	testsA, err := a.deepView()
	if err != nil {
		return Comparison{}, err
	}
	testsB, err := b.deepView()
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{A: a.Meta.ID, B: b.Meta.ID, CutA: !a.Complete, CutB: !b.Complete}
	for _, p := range matchTests(testsA, testsB) {
		c.compareTests(p)
	}
	return c, nil
}

func (r *Record) deepView() ([]*testFacts, error) {
	v := viewer{deep: true}
	if err := r.Each(&v); err != nil {
		return nil, fmt.Errorf("cannot compare run %s: %w", r.Meta.ID, err)
	}
	for _, t := range v.tests {
		t.TestView = t.finish()
		for _, s := range t.steps {
			s.StepView = s.finish()
		}
	}
	return v.tests, nil
}

func (c *Comparison) compareTests(p pair[testFacts]) {
	t := p.b
	if t == nil {
		t = p.a
	}
	d := TestDifference{Name: t.Name, File: t.File, Iteration: t.Iteration, Subtest: t.sub != 0}
	switch {
	case p.b == nil:
		d.OnlyIn = "A"
	case p.a == nil:
		d.OnlyIn = "B"
	default:
		d.Outcome = change(string(p.a.Outcome), string(p.b.Outcome))
		d.Steps = c.compareSteps(p.a.steps, p.b.steps)
	}
	if d.OnlyIn != "" || d.Outcome != nil || len(d.Steps) > 0 {
		c.Tests = append(c.Tests, d)
	}
}

func (c *Comparison) compareSteps(a, b []*stepFacts) []StepDifference {
	var list []StepDifference
	for _, p := range matchSteps(a, b) {
		if p.a != nil && p.b != nil {
			c.Steps++
		}
		if d := compareStep(p); !d.same() {
			list = append(list, d)
		}
	}
	return list
}

func compareStep(p pair[stepFacts]) StepDifference {
	s := p.b
	if s == nil {
		s = p.a
	}
	d := StepDifference{Note: s.Note, Method: s.Method, URL: s.URL, File: s.File, Line: s.Line}
	if p.a != nil {
		d.A = p.a.Number
	}
	if p.b != nil {
		d.B = p.b.Number
	}
	if d.OnlyIn() != "" {
		return d
	}
	d.Outcome = change(string(p.a.Outcome), string(p.b.Outcome))
	if !p.a.wasRun() || !p.b.wasRun() {
		return d
	}
	x, y := p.a.last, p.b.last
	d.Answer = change(x.answerText(), y.answerText())
	d.FailedA, d.FailedB = onlyFirst(x.failed, y.failed), onlyFirst(y.failed, x.failed)
	d.Body = compareShapes(x.body, y.body)
	if x.answered && y.answered {
		d.Time = compareTimes(x.took, y.took)
	}
	return d
}

func (s *stepFacts) wasRun() bool { return s.Outcome != event.Skipped && s.Outcome != event.NotRun }

func (f facts) answerText() string {
	if !f.sent {
		return nothingSent
	}
	return f.answer
}

func change(a, b string) *Change {
	if a == b {
		return nil
	}
	return &Change{a, b}
}

// onlyFirst returns the checks of a that are not in b; of several alike those that b has fewer of.
func onlyFirst(a, b []Check) []Check {
	left := append([]Check(nil), b...)
	var only []Check
next:
	for _, c := range a {
		for i, o := range left {
			if c.same(o) {
				left = append(left[:i], left[i+1:]...)
				continue next
			}
		}
		only = append(only, c)
	}
	return only
}

const (
	muchLonger  = 2
	leastLonger = 100 * time.Millisecond
)

func compareTimes(a, b time.Duration) *TimeDifference {
	short, long := min(a, b), max(a, b)
	if long-short <= leastLonger || short <= 0 || long <= muchLonger*short {
		return nil
	}
	return &TimeDifference{A: a, B: b, Ratio: float64(b) / float64(a)}
}
