package report

import (
	"maps"
	"slices"

	"offscope/event"
)

// leastInOneLine is how many steps that were passed over are worth to be told as one.
const leastInOneLine = 3

// A stretch is steps of a test that were passed over one after the other, for the same reason and with nothing to print between
// them. It is printed when something else is to be: many of them take one line.
type stretch struct {
	test        *testState
	few         []ended // of them, until they are too many to be told one by one
	first, last int     // their numbers
	// open are a condition or loop that the next step may stand in, and the steps inside it so far.
	open []ended
}

// isForOneLine reports whether a step may be told with others: it was passed over, and nothing of it has been printed.
func (o *TextOptions) isForOneLine(s *stepState, f event.StepFinished) bool {
	return o.Verbosity == Normal && !o.OneByOne && wasPassedOver(f) && !s.nest.opened
}

// passOver puts a step behind those that are waiting, or prints these and begins anew.
func (t *Text) passOver(p *page, test *testState, e ended) {
	number := test.at.test
	if held := t.passed[number]; held != nil && held.test == test && held.goesOnWith(e) {
		held.add(e)
		return
	}
	t.standAbove(p, test, e.step)
	t.flush(p, number)
	held := &stretch{test: test, first: e.step.number}
	held.add(e)
	t.passed[number] = held
}

// goesOnWith reports whether a step is the next one, for the same reason, and at the same level or inside one of those before.
func (h *stretch) goesOnWith(e ended) bool {
	a, b := h.few[0], e
	return b.finished.Outcome == a.finished.Outcome && b.finished.Reason == a.finished.Reason && b.step.number == h.last+1 &&
		b.step.started.Iteration == a.step.started.Iteration && b.step.started.Depth >= a.step.started.Depth
}

func (h *stretch) add(e ended) {
	h.last = e.step.number
	if len(h.few) < leastInOneLine {
		h.few = append(h.few, e)
	}
	if len(h.open) > 0 && e.step.started.Depth <= h.open[0].step.started.Depth {
		h.open = nil
	}
	if len(h.open) > 0 || kindOf(e.step.started.StepKind) != other {
		h.open = append(h.open, e)
	}
}

// standAbove takes the condition or loop that a step stands in out of a line about several, because its line is to stand above
// that of a step that is not in the same line.
func (t *Text) standAbove(p *page, test *testState, s *stepState) {
	held := t.passed[test.at.test]
	if held == nil || held.test != test || len(held.open) == 0 || held.open[0].step.started.Depth >= s.started.Depth {
		return
	}
	open := held.open
	held.last = open[0].step.number - 1
	held.few = held.few[:min(len(held.few), held.last-held.first+1)]
	t.flush(p, test.at.test)
	t.heading(p, test.at)
	t.showStep(p, test, open[0].step, open[0].finished)
	for _, e := range open[1:] {
		t.passOver(p, test, e)
	}
	t.standAbove(p, test, s)
}

// Flush prints what waits to be told in one line with what may follow. It is for a stream that breaks off: the end of a run
// prints it, too. The error is that of the writer underneath.
func (t *Text) Flush() error {
	p := &page{o: &t.o}
	t.flushAll(p)
	return t.print(p)
}

// flush prints the steps of a test that are waiting, because something else of it is to be printed.
func (t *Text) flush(p *page, number int) {
	held := t.passed[number]
	if held == nil {
		return
	}
	delete(t.passed, number)
	t.heading(p, held.test.at)
	if len(held.few) == leastInOneLine {
		t.oneLine(p, held)
		return
	}
	for _, e := range held.few {
		t.showStep(p, held.test, e.step, e.finished)
	}
}

// flushAll prints what is waiting of every test, because something of the run is to be printed.
func (t *Text) flushAll(p *page) {
	for _, number := range slices.Sorted(maps.Keys(t.passed)) {
		t.flush(p, number)
	}
}

// oneLine tells how many steps were passed over, and why.
func (t *Text) oneLine(p *page, h *stretch) {
	s, f := h.few[0].step, h.few[0].finished
	p.margin = t.marginOf(h.test, s)
	word, colour := t.word("", f.Outcome)
	begin, room := p.beginLine(h.test, h.first, h.last, word, colour)
	remark, _ := t.remark(p, h.test, s, f)
	text, below := fitRemark(plural(h.last-h.first+1, "step"), remark, room)
	p.line("", begin+paint(t.o.Palette.Dim, text))
	p.remarkBelow(below)
}
