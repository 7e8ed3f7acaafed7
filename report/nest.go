package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"offscope/event"
)

// A nest is what a condition or a loop remembers on behalf of the steps inside it.
//
// Its line stands above theirs, but what the line says is not known when the step begins: whether the comparison holds, or
// that the step is passed over and they with it. So the line is printed when a comparison is made, or when a step inside ends
// that was not passed over. Steps inside that end earlier wait for it.
type nest struct {
	opened   bool
	waiting  []ended
	compared *event.Compared // the last
	round    int             // of a loop, from 1
}

// ended is a step that has ended and is not printed yet.
type ended struct {
	step     *stepState
	finished event.StepFinished
}

// told reports whether the line above the steps inside has said how the step ended, so that only a failure is worth another.
func (s *stepState) told() bool { return s.nest.opened && kindOf(s.started.StepKind) == condition }

type nestKind int

const (
	other nestKind = iota
	condition
	loop
)

// kindOf knows the names that exports have for conditions and loops.
func kindOf(stepKind string) nestKind {
	switch stepKind {
	case "condition", "conditional":
		return condition
	case "conditional-loop", "conditional_loop", "loop":
		return loop
	}
	return other
}

// around returns the open conditions and loops that a step stands in, the outermost first.
func (t *testState) around(s *stepState) []*stepState {
	var all []*stepState
	for _, c := range t.steps {
		if kindOf(c.started.StepKind) != other && c.started.Depth < s.started.Depth {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *stepState) int { return cmp.Compare(a.started.Depth, b.started.Depth) })
	return all
}

func (t *Text) stepStarted(e event.Event, b event.StepStarted) {
	t.test(scopeOf(e)).steps[e.Step] = &stepState{number: e.Step, started: b}
}

// countRound notes in which round a loop is, once a step of the round was not passed over.
func (t *testState) countRound(s *stepState, f event.StepFinished) {
	for _, c := range slices.Backward(t.around(s)) {
		if kindOf(c.started.StepKind) != loop {
			continue
		}
		if !wasPassedOver(f) {
			c.nest.round = max(c.nest.round, s.started.Iteration)
		}
		return
	}
}

// compared tells how a condition, or a round of a loop, came out. A comparison that could not be made is told when the step ends.
func (t *Text) compared(p *page, e event.Event, b event.Compared) {
	s, test := t.step(e), t.test(scopeOf(e))
	s.nest.compared = &b
	s.nest.round = max(s.nest.round, b.Iteration)
	if t.o.Verbosity == Quiet || b.Error != "" {
		return
	}
	t.openAround(p, test, s)
	t.open(p, test, s)
	if t.o.Verbosity >= Headers {
		t.heading(p, test.at)
		p.margin = t.marginOf(test, s)
		p.comparedRow(b)
		p.gap()
	}
}

// hold keeps a step that was passed over until the line above it can be printed, and reports whether it has to wait.
func (t *testState) hold(s *stepState, f event.StepFinished) bool {
	around := t.around(s)
	if len(around) == 0 || !wasPassedOver(f) {
		return false
	}
	inner := around[len(around)-1]
	if !inner.nest.opened {
		inner.nest.waiting = append(inner.nest.waiting, ended{s, f})
	}
	return !inner.nest.opened
}

// openAround prints the lines of the conditions and loops that a step stands in, where they are not there yet.
func (t *Text) openAround(p *page, test *testState, s *stepState) {
	if t.o.Verbosity == Quiet {
		return
	}
	for _, c := range test.around(s) {
		t.open(p, test, c)
	}
}

// open prints the line above the steps inside, and those that have waited for it.
func (t *Text) open(p *page, test *testState, s *stepState) {
	if s.nest.opened {
		return
	}
	s.nest.opened = true
	t.standAbove(p, test, s)
	t.heading(p, test.at)
	p.margin = t.marginOf(test, s)
	word, text, remark := wordIf, p.conditionText(s), ""
	if kindOf(s.started.StepKind) == loop {
		word, text = wordLoop, p.loopText(s)
	} else if s.nest.compared != nil {
		remark = p.holds(*s.nest.compared)
	}
	begin, room := p.beginLine(test, s.number, s.number, word, t.o.Palette.Skip)
	p.line("", begin+paint(t.o.Palette.Dim, withRemark(text, parens(roundOf(s), remark), room)))
	t.release(p, test, s)
}

// release prints the steps that have waited for the line above them.
func (t *Text) release(p *page, test *testState, s *stepState) {
	waiting := s.nest.waiting
	s.nest.waiting = nil
	for _, w := range waiting {
		t.show(p, test, w.step, w.finished)
	}
}

// margin is how far to the right the lines of a level stand. It leaves as much room as the narrowest report has.
func (t *Text) margin(level int) int { return max(0, min(2*level, t.o.width()-leastWidth)) }

// marginOf is the margin of a step. Quiet reports have no lines for it to stand under, other than those of subtests.
func (t *Text) marginOf(test *testState, s *stepState) int {
	return t.margin(t.levelOf(test, s))
}

func (t *Text) levelOf(test *testState, s *stepState) int {
	if t.o.Verbosity == Quiet {
		return test.level
	}
	return test.level + s.started.Depth
}

// nestLabel names a condition or a loop when it ends.
func (p *page) nestLabel(s *stepState, f event.StepFinished, note string) string {
	if kindOf(s.started.StepKind) == loop {
		return p.loopLabel(s, f, note)
	}
	if note != "" || f.Outcome == event.Passed || p.comparisonText(s) == "" {
		return p.conditionText(s)
	}
	return wordIf + " " + p.conditionText(s)
}

func (p *page) loopLabel(s *stepState, f event.StepFinished, note string) string {
	if s.nest.round > 0 {
		return cmp.Or(p.shown(note), wordLoop) + ": " + roundsInWords(s.nest, f)
	}
	if note != "" || p.comparisonText(s) == "" {
		return p.loopText(s)
	}
	return wordLoop + " " + p.loopText(s)
}

// roundsInWords says how a loop ended.
func roundsInWords(n nest, f event.StepFinished) string {
	rounds := plural(n.round, "round")
	switch {
	case f.Outcome != event.Passed && (n.compared == nil || n.compared.Iteration < n.round || n.compared.Error != ""):
		return fmt.Sprintf("stopped in round %d", n.round)
	case f.Outcome != event.Passed:
		return "not done after " + rounds
	case n.compared == nil || !n.compared.Holds:
		return "ended after " + rounds
	}
	return "done after " + rounds
}

func (p *page) conditionText(s *stepState) string {
	return cmp.Or(p.shown(strings.TrimSpace(s.started.Note)), p.comparisonText(s), p.shown(s.started.StepKind)+" step")
}

func (p *page) loopText(s *stepState) string {
	text := p.comparisonText(s)
	if text != "" {
		text = "until " + text
	}
	return cmp.Or(p.shown(strings.TrimSpace(s.started.Note)), text, p.shown(s.started.StepKind)+" step")
}
