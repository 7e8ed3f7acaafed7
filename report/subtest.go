package report

import (
	"slices"

	"offscope/event"
)

// callers are the subtests that a scope stands in, the outermost first, itself included; none for a test.
func (t *Text) callers(at scope) []scope {
	var all []scope
	for at.sub > 0 {
		all = append(all, at)
		caller := t.test(at).opening.Caller
		if caller >= at.sub {
			break // no stream of a run has it: who calls has begun before
		}
		at.sub = caller
	}
	slices.Reverse(all)
	return all
}

// callingStep returns the step that runs a subtest, and the test or subtest it belongs to.
func (t *Text) callingStep(at scope) (*testState, *stepState) {
	opening := t.test(at).opening
	caller := t.test(scope{at.test, opening.Caller})
	if s := caller.steps[opening.CallerStep]; s != nil {
		return caller, s
	}
	return caller, &stepState{number: opening.CallerStep}
}

// subtestStarted finds a subtest its place: to the right of the step that runs it.
func (t *Text) subtestStarted(p *page, at scope, test *testState) {
	caller, step := t.callingStep(at)
	step.subtest = test.opening.Name
	test.level = t.levelOf(caller, step) + 1
	if t.o.Verbosity > Quiet {
		t.heading(p, scope{at.test, test.opening.Caller})
		t.openAround(p, caller, step)
	}
}

// subtestHeading prints the line above the lines of a subtest. It has the number of the step that runs it.
func (t *Text) subtestHeading(p *page, at scope) {
	opening := t.test(at).opening
	caller, step := t.callingStep(at)
	p.margin = t.marginOf(caller, step)
	begin, room := p.beginLine(caller, step.number, step.number, wordSub, t.o.Palette.Skip)
	remark := parens(roundOf(step)) + iterationOf(opening)
	from := p.shown(opening.File)
	if opening.Environment != caller.opening.Environment && opening.Environment != "" {
		from += ", environment " + p.shown(opening.Environment)
	}
	title := withRemark(p.shown(opening.Name), remark, room)
	if cells(title)+2+cells(from) > room {
		p.line("", begin+paint(t.o.Palette.Bold, title))
		p.paragraph(inStep, "", nil, from)
		return
	}
	p.line("", begin+paint(t.o.Palette.Bold, title)+paint(t.o.Palette.Dim, "  "+from))
}

// subtestFinished prints a subtest's last line. The line of the step that runs it follows.
func (t *Text) subtestFinished(p *page, at scope, f event.TestFinished) {
	test := t.test(at)
	if t.o.Verbosity > Quiet {
		t.heading(p, at)
		p.margin = t.margin(test.level)
		word, colour := "pass", t.o.Palette.Pass
		if f.Outcome != event.Passed {
			word, colour = "fail", t.o.Palette.Fail
		}
		reason := ""
		if f.Reason != test.reason {
			reason = p.shown(f.Reason)
		}
		p.paragraph("", word, colour, ", "+countsInWords(f.Counts, len(test.unexplained))+parens(reason))
	}
	if t.current == at {
		t.current.sub = test.opening.Caller
	}
}
