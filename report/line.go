package report

import (
	"fmt"
	"strings"
	"time"

	"offscope/event"
)

// The words for how a step ended. What ran stands in capitals, what was passed over does not, so that the eye finds the
// former also where there is no colour.
const (
	wordPass   = "PASS"
	wordFail   = "FAIL"
	wordError  = "ERROR"
	wordSkip   = "skip"
	wordNotRun = "not run"
	wordPause  = "pause"
	wordIf     = "if"
	wordLoop   = "loop"
	wordSub    = "subtest"

	wordColumns = len(wordNotRun) + 2
)

func (t *Text) word(kind string, o event.Outcome) (string, func(string) string) {
	switch word := wordOf(kind, o); word {
	case wordPass:
		return word, t.o.Palette.Pass
	case wordFail, wordError:
		return word, t.o.Palette.Fail
	default:
		return word, t.o.Palette.Skip
	}
}

// wordOf says in a word how a step ended, or what a step is that did its part without a result of its own.
func wordOf(kind string, o event.Outcome) string {
	switch o {
	case event.Failed:
		return wordFail
	case event.Errored:
		return wordError
	case event.Skipped:
		return wordSkip
	case event.NotRun:
		return wordNotRun
	}
	switch {
	case kind == pauseKind:
		return wordPause
	case kindOf(kind) == condition:
		return wordIf
	}
	return wordPass
}

const pauseKind = "pause"

// stepFinished tells about a step that has ended and forgets it.
func (t *Text) stepFinished(p *page, e event.Event, f event.StepFinished) {
	s, test := t.step(e), t.test(scopeOf(e))
	delete(test.steps, e.Step)
	test.count(e.Step, f)
	test.countRound(s, f)
	if t.o.Verbosity == Quiet && !f.Outcome.Bad() || test.hold(s, f) {
		return
	}
	t.openAround(p, test, s)
	t.show(p, test, s, f)
}

// show draws a step that has ended, or keeps one that was passed over for a line about several, and then does the same with those
// that had to wait for its line.
func (t *Text) show(p *page, test *testState, s *stepState, f event.StepFinished) {
	if t.o.isForOneLine(s, f) {
		t.passOver(p, test, ended{s, f})
	} else {
		t.standAbove(p, test, s)
		t.heading(p, test.at)
		t.showStep(p, test, s, f)
	}
	if t.o.Verbosity > Quiet {
		t.release(p, test, s)
	}
}

// showStep draws a step's line and what there is to tell below it.
func (t *Text) showStep(p *page, test *testState, s *stepState, f event.StepFinished) {
	p.margin = t.marginOf(test, s)
	bad := f.Outcome.Bad()
	if bad || !s.told() {
		t.stepLine(p, test, s, f)
	}
	before := p.Len()
	if bad && t.asBefore(p, test, s, f) {
		return
	}
	if bad {
		p.failure(s, f)
	} else if t.o.Verbosity >= Headers || t.o.Curl {
		p.success(s)
	}
	if p.Len() > before {
		p.gap()
	}
}

func wasPassedOver(f event.StepFinished) bool {
	return f.Outcome == event.Skipped || f.Outcome == event.NotRun
}

// count remembers a step that failed for a reason that the figures of a test do not have: its last line is to say why.
func (t *testState) count(number int, f event.StepFinished) {
	if isUnexplained(f) {
		t.unexplained[number] = true
	}
}

func isUnexplained(f event.StepFinished) bool {
	c := f.Counts
	return f.Outcome == event.Failed && c.AssertionsFailed+c.VariablesFailed+c.ScriptsFailed == 0
}

func (t *Text) stepLine(p *page, test *testState, s *stepState, f event.StepFinished) {
	word, colour := t.word(s.started.StepKind, f.Outcome)
	begin, room := p.beginLine(test, s.number, s.number, word, colour)
	if remark, short := t.remark(p, test, s, f); short {
		text, below := fitRemark(p.label(s, f), remark, room)
		if word != wordPass && !f.Outcome.Bad() {
			text = paint(t.o.Palette.Dim, text)
		}
		p.line("", begin+text)
		p.remarkBelow(below)
		return
	}
	figures := figures(s, f, room)
	room -= len(figures)
	label, below := fitRemark(p.label(s, f), parens(roundOf(s), triesOf(f)), room)
	p.line("", begin+pad(label, min(room, labelColumns-p.margin))+figures)
	p.remarkBelow(below)
}

// triesOf says how long a step was tried that was not to pass at once.
func triesOf(f event.StepFinished) string {
	if f.Tries == 0 {
		return ""
	}
	if f.Tries == 1 {
		return "at the first try"
	}
	return fmt.Sprintf("%d tries in ", f.Tries) + shortDuration(f.Waited.Round(time.Millisecond))
}

// beginLine is the beginning of the line of a step, or of several with the numbers first to last: number and word, and how many
// columns are left.
func (p *page) beginLine(test *testState, first, last int, word string, colour func(string) string) (begin string, room int) {
	total := max(test.opening.Steps, last)
	number := fmt.Sprintf("[%*d", len(fmt.Sprint(total)), first)
	if last > first {
		number += fmt.Sprintf("-%d", last)
	}
	number += fmt.Sprintf("/%d] ", total)
	begin = number + paint(colour, word) + strings.Repeat(" ", wordColumns-len(word))
	return begin, p.room("") - len(number) - wordColumns
}

// withRemark cuts a label so that there is room for the remark, which says more than the end of a long label.
func withRemark(label, remark string, room int) string {
	return clip(clip(label, max(leastLabel, room-cells(remark)))+remark, room)
}

// leastLabel is how many columns of a name are worth more than the figures behind it.
const leastLabel = 12

// fitRemark puts a remark behind a label. A remark that would take most of the line is returned for a line below, so that neither
// loses what tells it from others.
func fitRemark(label, remark string, room int) (text, below string) {
	if cells(label)+cells(remark) > room && cells(remark) > room/2 {
		return clip(label, room), strings.TrimSpace(remark)
	}
	return withRemark(label, remark, room), ""
}

func (p *page) remarkBelow(remark string) {
	if remark != "" {
		p.paragraph(inStep, "", nil, remark)
	}
}

func roundOf(s *stepState) string {
	if s.started.Iteration == 0 {
		return ""
	}
	return fmt.Sprintf("round %d", s.started.Iteration)
}

// labelColumns is how wide the column of names is, where there is room; a longer name pushes the figures to the right.
const labelColumns = 54

// remark says more about a step that was not executed, and whether the step's line is a short one, without figures. A reason
// that was given for the step before is not repeated.
func (t *Text) remark(p *page, test *testState, s *stepState, f event.StepFinished) (text string, short bool) {
	if f.Outcome == event.Passed && s.started.StepKind == pauseKind {
		if s.started.PauseInFile > s.started.Pause {
			text = " of " + shortDuration(s.started.PauseInFile)
		}
		advice := p.shown(f.Reason)
		if advice == "" && !t.pausesTold && s.started.Pause > 0 {
			t.pausesTold = true
			advice = "--pauses skip does not wait"
		}
		return text + parens(roundOf(s), advice), true
	}
	if !wasPassedOver(f) {
		return parens(roundOf(s)), kindOf(s.started.StepKind) != other
	}
	if f.Reason == "" || f.Reason == test.reason {
		return parens(roundOf(s)), true
	}
	test.reason = f.Reason
	return parens(roundOf(s), p.shown(f.Reason)), true
}

// label names a step: its note, or what it does.
func (p *page) label(s *stepState, f event.StepFinished) string {
	note := strings.TrimSpace(s.started.Note)
	if s.started.StepKind == pauseKind {
		return p.pauseLabel(s.started, f, note)
	}
	if kindOf(s.started.StepKind) != other {
		return p.nestLabel(s, f, note)
	}
	switch {
	case note != "":
		return p.shown(note)
	case s.subtest != "":
		return wordSub + " " + p.shown(s.subtest)
	case s.sent():
		return p.shown(s.exchanged.Request.Method + " " + pathOf(s.exchanged.Request.URL))
	case s.started.Method+s.started.URL != "":
		return p.shown(strings.TrimSpace(s.started.Method + " " + pathOf(s.started.URL)))
	case s.started.StepKind != "":
		return p.shown(s.started.StepKind) + " step"
	}
	return "step"
}

func (p *page) pauseLabel(started event.StepStarted, f event.StepFinished, note string) string {
	label := shortDuration(started.Pause)
	if f.Outcome != event.Passed {
		label = "pause " + shortDuration(started.PauseInFile)
	}
	if note != "" {
		label += ": " + p.shown(note)
	}
	return label
}

// pathOf is an address without scheme and host, because these are the same in every line.
func pathOf(url string) string {
	_, rest, absolute := strings.Cut(url, "://")
	if !absolute {
		return url
	}
	if slash := strings.IndexAny(rest, "/?"); slash >= 0 {
		return rest[slash:]
	}
	return "/"
}

// figures are the last columns of a step's line. Where they would leave too little room for a name, the time is left out.
func figures(s *stepState, f event.StepFinished, room int) string {
	status, took, checked := s.figures(f)
	if all := fmt.Sprintf("  %3s %8s %7s", status, took, checked); room-len(all) >= leastLabel {
		return all
	}
	return fmt.Sprintf("  %3s %5s", status, checked)
}

// figures are status, time, and the assertions that passed of those that are defined; a dash for what there is not.
func (s *stepState) figures(f event.StepFinished) (status, took, checked string) {
	status, took, checked = "-", "-", "-"
	if s.exchanged != nil {
		took = milliseconds(s.exchanged.Timings.Total)
		if s.isResult() {
			took = milliseconds(f.Duration)
		}
		if r := s.exchanged.Response; r != nil && r.Status != 0 {
			status = fmt.Sprint(r.Status)
		}
	}
	if c := f.Counts; c.Assertions > 0 {
		checked = fmt.Sprintf("%d/%d", c.Assertions-c.AssertionsFailed, c.Assertions)
	}
	return status, took, checked
}
