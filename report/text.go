package report

import (
	"io"

	"offscope/event"
	"offscope/exchange"
)

// Verbosity is how much the text report says.
type Verbosity int

// The verbosities.
const (
	Quiet   Verbosity = iota - 1 // -q: failures and the last line
	Normal                       // a line per step, and everything about a failure
	Headers                      // -v: also headers, values, remarks and what scripts said
	Bodies                       // -vv: also whole bodies
)

// TextOptions say how the text report looks. The zero value is plain, 100 columns wide, and of Normal verbosity.
type TextOptions struct {
	Palette Palette
	// Width is how many columns there are; 0 stands for 100. Fewer than 40 are taken as 40.
	Width     int
	Verbosity Verbosity
	// Curl prints every request as a curl command, not only those of steps that failed.
	Curl bool
	// Reveal returns the value to be seen in the place of a mark, and false when it is not known; nil shows [name]. Curl
	// commands never show a value.
	Reveal func(exchange.Mark) (string, bool)
}

const (
	defaultWidth = 100
	leastWidth   = 40
)

func (o *TextOptions) width() int {
	if o.Width == 0 {
		return defaultWidth
	}
	return max(leastWidth, o.Width)
}

// A Text is the report a person reads: a line for each step as it finishes, everything needed to understand a failure below
// its step, and a last line with the figures. It keeps the facts of the step at hand and forgets them when the step ends.
//
// Events of several tests may be mixed; whenever the test changes, its name is printed again. A Text belongs to one
// goroutine.
type Text struct {
	out io.Writer
	o   TextOptions

	run         event.RunStarted
	tests       map[int]*testState
	current     int  // the test whose name was printed last
	begun       bool // something was printed
	spaced      bool // the last line printed was empty
	noticed     bool // the last lines printed were a notice
	pausesTold  bool
	reason      string // why a test stopped, as printed last
	unexplained int    // failed steps of the run that no other figure counts
}

type testState struct {
	opening event.TestStarted
	steps   map[int]*stepState
	// reason is why the last step that was passed over was.
	reason string
	// unexplained counts the failed steps that no other figure of the test counts.
	unexplained int
}

// stepState is what is known of a step that has not ended.
type stepState struct {
	number    int
	started   event.StepStarted
	exchanged *event.Exchanged
	problems  []event.Problem
	extracted []event.Extracted
	scripts   []event.Scripted
	asserted  []event.Asserted
}

// NewText returns a text report that writes to out, in whole lines and at once.
func NewText(out io.Writer, o TextOptions) *Text {
	return &Text{out: out, o: o, tests: map[int]*testState{}, spaced: true}
}

// Write takes the next event. The error is that of the writer underneath.
func (t *Text) Write(e event.Event) error {
	p := &page{o: &t.o}
	t.take(p, e)
	if p.Len() == 0 {
		return nil
	}
	t.begun = true
	t.spaced = endsInGap(p.Bytes())
	_, err := t.out.Write(p.Bytes())
	return err
}

func endsInGap(b []byte) bool { return len(b) > 1 && b[len(b)-2] == '\n' }

func (t *Text) take(p *page, e event.Event) {
	switch b := e.Body.(type) {
	case event.RunStarted:
		t.run = b
	case event.TestStarted:
		t.tests[e.Test] = &testState{opening: b, steps: map[int]*stepState{}}
		if t.o.Verbosity > Quiet {
			t.name(p, e.Test)
		}
	case event.Notice:
		t.notice(p, e.Test, b)
	case event.StepStarted:
		t.test(e.Test).steps[e.Step] = &stepState{number: e.Step, started: b}
	case event.StepFinished:
		t.stepFinished(p, e, b)
	case event.TestFinished:
		t.testFinished(p, e.Test, b)
	case event.RunFinished:
		t.runFinished(p, b)
	default:
		t.found(p, e)
	}
}

// found takes what was found out about a step, to be told when the step ends, or about a test, to be told now.
func (t *Text) found(p *page, e event.Event) {
	s := &stepState{}
	if e.Step != 0 {
		s = t.step(e)
	}
	switch b := e.Body.(type) {
	case event.Exchanged:
		s.exchanged = &b
	case event.Problem:
		s.problems = append(s.problems, b)
	case event.Extracted:
		s.extracted = append(s.extracted, b)
	case event.Asserted:
		s.asserted = append(s.asserted, b)
	case event.Scripted:
		s.scripts = append(s.scripts, b)
	}
	if e.Step == 0 {
		t.outsideSteps(p, e.Test, s)
	}
}

// outsideSteps tells about an initial script, or about what is wrong with a test as a whole.
func (t *Text) outsideSteps(p *page, test int, s *stepState) {
	at := p.Len()
	for _, b := range s.problems {
		p.problem("", b)
	}
	for _, b := range s.scripts {
		if b.Outcome.Bad() {
			p.failedScript("", b)
		} else if t.o.Verbosity >= Headers {
			p.quietScript("", b)
		}
	}
	if p.Len() > at {
		t.under(p, test)
		p.gap()
	}
}

// test returns the state of a test, also of one whose opening is missing from the stream.
func (t *Text) test(number int) *testState {
	if t.tests[number] == nil {
		t.tests[number] = &testState{steps: map[int]*stepState{}}
	}
	return t.tests[number]
}

func (t *Text) step(e event.Event) *stepState {
	steps := t.test(e.Test).steps
	if steps[e.Step] == nil {
		steps[e.Step] = &stepState{number: e.Step}
	}
	return steps[e.Step]
}
