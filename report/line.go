package report

import (
	"fmt"
	"strings"

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

	wordColumns = len(wordNotRun) + 2
)

func (t *Text) word(kind string, o event.Outcome) (string, func(string) string) {
	switch o {
	case event.Failed:
		return wordFail, t.o.Palette.Fail
	case event.Errored:
		return wordError, t.o.Palette.Fail
	case event.Skipped:
		return wordSkip, t.o.Palette.Skip
	case event.NotRun:
		return wordNotRun, t.o.Palette.Skip
	}
	if kind == pauseKind {
		return wordPause, t.o.Palette.Skip
	}
	return wordPass, t.o.Palette.Pass
}

const pauseKind = "pause"

// stepFinished tells about a step that has ended and forgets it.
func (t *Text) stepFinished(p *page, e event.Event, f event.StepFinished) {
	s, test := t.step(e), t.test(e.Test)
	delete(test.steps, e.Step)
	test.count(f)
	bad := f.Outcome.Bad()
	if t.o.Verbosity == Quiet && !bad {
		return
	}
	if e.Test != t.current {
		t.name(p, e.Test)
	} else if t.noticed {
		t.space(p)
	}
	t.stepLine(p, test, s, f)
	before := p.Len()
	if bad {
		p.failure(s, f)
	} else if t.o.Verbosity >= Headers || t.o.Curl {
		p.success(s)
	}
	if p.Len() > before {
		p.gap()
	}
}

// count remembers a step that failed for a reason that the figures of a test do not have: its last line is to say why.
func (t *testState) count(f event.StepFinished) {
	c := f.Counts
	if f.Outcome == event.Failed && c.AssertionsFailed+c.VariablesFailed+c.ScriptsFailed == 0 {
		t.unexplained++
	}
}

func (t *Text) stepLine(p *page, test *testState, s *stepState, f event.StepFinished) {
	total := max(test.opening.Steps, s.number)
	digits := len(fmt.Sprint(total))
	number := fmt.Sprintf("[%*d/%d] ", digits, s.number, total)
	word, colour := t.word(s.started.StepKind, f.Outcome)
	word = paint(colour, word) + strings.Repeat(" ", wordColumns-len(word))
	room := p.room("") - len(number) - wordColumns
	if remark, short := t.remark(p, test, s, f); short {
		text := p.label(s, f) + remark
		p.line("", number+word+paint(t.o.Palette.Dim, clip(text, room)))
		return
	}
	figures := figures(s, f)
	room -= len(figures)
	label := pad(clip(p.label(s, f), room), min(room, labelColumns))
	p.line("", number+word+label+figures)
}

// labelColumns is how wide the column of names is, where there is room; a longer name pushes the figures to the right.
const labelColumns = 54

// remark says more about a step that was not executed, and whether the step's line is a short one, without figures. A reason
// that was given for the step before is not repeated.
func (t *Text) remark(p *page, test *testState, s *stepState, f event.StepFinished) (text string, short bool) {
	pause := s.started.StepKind == pauseKind
	if f.Outcome == event.Passed && pause {
		if s.started.PauseInFile > s.started.Pause {
			text = " of " + shortDuration(s.started.PauseInFile)
		}
		if !t.pausesTold && s.started.Pause > 0 {
			t.pausesTold = true
			text += "  (--pauses skip does not wait)"
		}
		return text, true
	}
	if f.Outcome != event.Skipped && f.Outcome != event.NotRun {
		return "", false
	}
	if f.Reason == "" || f.Reason == test.reason {
		return "", true
	}
	test.reason = f.Reason
	return "  (" + p.shown(f.Reason) + ")", true
}

// label names a step: its note, or what it does.
func (p *page) label(s *stepState, f event.StepFinished) string {
	note := strings.TrimSpace(s.started.Note)
	if s.started.StepKind == pauseKind {
		return p.pauseLabel(s.started, f, note)
	}
	switch {
	case note != "":
		return p.shown(note)
	case s.exchanged != nil:
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

// figures are the last columns of a step's line: status, time, and the assertions that passed of those that are defined.
func figures(s *stepState, f event.StepFinished) string {
	status, took, checked := "-", "-", "-"
	if s.exchanged != nil {
		took = milliseconds(s.exchanged.Timings.Total)
		if r := s.exchanged.Response; r != nil {
			status = fmt.Sprint(r.Status)
		}
	}
	if c := f.Counts; c.Assertions > 0 {
		checked = fmt.Sprintf("%d/%d", c.Assertions-c.AssertionsFailed, c.Assertions)
	}
	return fmt.Sprintf("  %3s %8s %7s", status, took, checked)
}
