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
	// OneByOne tells each step by itself, as soon as it has ended: for those who look at one step after the other. Without it
	// several steps in a row that were passed over have one line, when the next one follows, and what an earlier step has told
	// about a server is not told again.
	OneByOne bool
	// Curl prints every request as a curl command, not only those of steps that failed.
	Curl bool
	// CurlFlags are the options with which the run reached its servers, such as a proxy, for the curl commands: words of a
	// POSIX shell as they are to be printed, an option with its value as one. A secret stands in them as a shell variable.
	CurlFlags []string
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
// its step, and a last line with the figures. Steps inside a condition, a loop or a subtest stand to the right of the line
// that opens it. A Text keeps the facts of the steps that are open and forgets them when these end.
//
// Events of several tests may be mixed; whenever the test changes, its name is printed again. A Text belongs to one
// goroutine.
type Text struct {
	out io.Writer
	o   TextOptions

	run         event.RunStarted
	tests       map[scope]*testState
	passed      map[int]*stretch // by test: steps that were passed over and are not printed yet
	current     scope            // whose heading was printed last
	ended       int              // tests that have ended
	begun       bool             // something was printed
	spaced      bool             // the last line printed was empty
	noticed     bool             // the last lines printed were a notice
	pausesTold  bool
	reason      string // why a test stopped, as printed last
	unexplained int    // failed steps of the run that no other figure counts
	left        leftovers
	final       func(*page) // writes the last line of a run of one test
}

// A scope is what the numbers of steps count in: a test, or a subtest of it.
type scope struct{ test, sub int }

func scopeOf(e event.Event) scope { return scope{e.Test, e.Sub} }

// testState is what is known of a test or subtest that has not ended.
type testState struct {
	at      scope
	opening event.TestStarted
	// level is how many levels to the right its lines stand.
	level int
	steps map[int]*stepState
	// reason is why the last step that was passed over was.
	reason string
	// unexplained are the failed steps that no other figure of the test counts.
	unexplained map[int]bool
	// unanswered are the first steps with each of the reasons for which no response came.
	unanswered map[silence]*ended
	noticed    []event.Notice // errors
}

// stepState is what is known of a step that has not ended.
type stepState struct {
	number    int
	started   event.StepStarted
	subtest   string // the name of the subtest that the step runs
	nest      nest
	exchanged *event.Exchanged
	problems  []event.Problem
	extracted []event.Extracted
	scripts   []event.Scripted
	asserted  []event.Asserted
}

// NewText returns a text report that writes to out, in whole lines and at once.
func NewText(out io.Writer, o TextOptions) *Text {
	return &Text{out: out, o: o, tests: map[scope]*testState{}, passed: map[int]*stretch{}, spaced: true}
}

// Write takes the next event. The error is that of the writer underneath.
func (t *Text) Write(e event.Event) error {
	p := &page{o: &t.o}
	t.take(p, e)
	return t.print(p)
}

// print writes a page in one piece.
func (t *Text) print(p *page) error {
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
		t.testStarted(p, scopeOf(e), b)
	case event.Notice:
		t.notice(p, scopeOf(e), b)
	case event.StepStarted:
		t.stepStarted(e, b)
	case event.Compared:
		t.compared(p, e, b)
	case event.StepFinished:
		t.stepFinished(p, e, b)
	case event.TestFinished:
		t.testFinished(p, scopeOf(e), b)
	case event.Resource:
		t.left.take(b)
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
		t.outsideSteps(p, scopeOf(e), s)
	}
}

// outsideSteps tells about an initial script, or about what is wrong with a test as a whole.
func (t *Text) outsideSteps(p *page, at scope, s *stepState) {
	test := t.test(at)
	p.margin = t.margin(test.level)
	for _, b := range s.problems {
		p.problem("", b)
	}
	for _, b := range s.scripts {
		if b.Outcome.Bad() {
			if !p.hasNoticed(test, b) {
				p.failedScript("", b)
			}
		} else if t.o.Verbosity >= Headers {
			p.quietScript("", b)
		}
	}
	if p.Len() > 0 {
		t.under(p, at)
		p.gap()
	}
}

func (t *Text) testStarted(p *page, at scope, b event.TestStarted) {
	test := newTestState(at)
	test.opening = b
	t.tests[at] = test
	if at.sub != 0 {
		t.subtestStarted(p, at, test)
	} else if b.Attempt > 1 && t.current.test == at.test {
		t.current = scope{} // the lines above are of another attempt
	}
	if t.o.Verbosity > Quiet {
		t.heading(p, at)
	}
}

// test returns the state of a test, also of one whose opening is missing from the stream.
func (t *Text) test(at scope) *testState {
	if t.tests[at] == nil {
		t.tests[at] = newTestState(at)
	}
	return t.tests[at]
}

func newTestState(at scope) *testState {
	return &testState{at: at, steps: map[int]*stepState{}, unexplained: map[int]bool{}, unanswered: map[silence]*ended{}}
}

func (t *Text) step(e event.Event) *stepState {
	steps := t.test(scopeOf(e)).steps
	if steps[e.Step] == nil {
		steps[e.Step] = &stepState{number: e.Step}
	}
	return steps[e.Step]
}
