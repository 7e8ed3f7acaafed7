package report

import (
	"fmt"
	"slices"
	"strings"

	"offscope/event"
)

// failure tells everything about a step that failed: what failed and where, then the exchange, what to do, and how to repeat
// the request by hand.
func (p *page) failure(s *stepState, f event.StepFinished) {
	begin := p.Len()
	p.reasons(s)
	if s.exchanged != nil {
		if p.Len() > begin {
			p.gap()
		}
		p.exchange(s, true)
	}
	p.gap()
	for _, text := range f.Hints {
		p.hint(inStep, text)
	}
	if s.sent() {
		p.curl(s.exchanged.Request)
	}
}

// reasons tells what failed in a step, and where.
func (p *page) reasons(s *stepState) {
	for _, b := range s.problems {
		p.problem(inStep, b)
	}
	p.failedComparison(s)
	explained := p.consequences(s)
	for _, b := range s.extracted {
		if !explained.hasExtracted(b.Row) {
			p.extracted(b)
		}
	}
	for _, b := range s.scripts {
		p.script(inStep, b)
	}
	for _, b := range s.asserted {
		if !explained.hasAssertion(b.Row) {
			p.asserted(b)
		}
	}
	p.tellConsequences(explained)
	p.notChecked(s)
}

// success tells what -v, -vv and --curl want to know about a step that passed.
func (p *page) success(s *stepState) {
	if p.o.Verbosity >= Headers {
		for _, b := range s.extracted {
			p.extracted(b)
		}
		for _, b := range s.scripts {
			p.script(inStep, b)
		}
		for _, b := range s.asserted {
			p.asserted(b)
		}
		if s.exchanged != nil {
			p.exchange(s, p.o.Verbosity >= Bodies)
		}
	}
	if p.o.Curl && s.sent() {
		p.curl(s.exchanged.Request)
	}
}

func (p *page) problem(indent string, b event.Problem) {
	p.headline(indent, b.Where, p.shown(b.Message))
	p.excerpt(indent+tab, b.Where)
	p.hint(indent+"  ", b.Hint)
}

// extracted tells about a row of variables: what failed always, what was extracted for -v.
func (p *page) extracted(b event.Extracted) {
	switch {
	case b.Outcome == event.NotRun:
	case b.Outcome.Bad():
		p.headline(inStep, b.Where, p.shown(fmt.Sprintf("variable %d: %s: %s", b.Row, b.Name, b.Error)))
		if p.wholeBodyAgain(b.Error) {
			return
		}
		p.excerpt(inStep+tab, b.Where)
		p.nearest(b.Nearest)
	case p.o.Verbosity >= Headers:
		p.assigned(inStep, b.Name, b.Value, b.Type)
	}
}

// assigned tells which value a variable has got.
func (p *page) assigned(indent, name, value, kind string) {
	p.paragraph(indent, "set", p.o.Palette.Dim, " "+p.shown(name)+" = "+p.typed(value, kind))
}

// asserted tells about a row of assertions: what failed always, what is remarkable about one that passed for -v.
func (p *page) asserted(b event.Asserted) {
	switch {
	case b.Outcome == event.NotRun:
	case b.Outcome.Bad():
		p.failedAssertion(b)
	case p.o.Verbosity >= Headers && b.Remark != "":
		p.paragraph(inStep, "note:", p.o.Palette.Hint, " "+p.assertionName(b)+": "+p.shown(b.Remark))
	}
}

func (p *page) assertionName(b event.Asserted) string {
	return fmt.Sprintf("assertion %d: %s", b.Row, p.shown(b.Label))
}

func (p *page) failedAssertion(b event.Asserted) {
	p.headline(inStep, b.Where, p.assertionName(b)+": "+p.outcome(b))
	if p.wholeBodyAgain(b.Error) && b.Message != "" && b.Remark == "" {
		return
	}
	p.excerpt(inStep+tab, b.Where)
	if b.Message != "" {
		p.comparison(b)
	}
	switch {
	case b.Nearest != nil:
		p.nearest(b.Nearest)
	case b.Error != "" && b.Message != "":
		p.because("reason", b.Error)
	}
	if b.Remark != "" {
		p.row("note", p.shown(b.Remark))
	}
}

// outcome is the sentence of a failed assertion; of one that could not be evaluated it is the reason.
func (p *page) outcome(b event.Asserted) string {
	if b.Message == "" {
		return p.shown(b.Error)
	}
	if b.Comparison == "equal" && b.Type != "" && tooLong(b.Expected, b.Actual) {
		return "the value is not equal to the one expected" // the difference says the rest
	}
	message := b.Message
	if after, repeated := strings.CutPrefix(message, b.Label); repeated {
		message = strings.TrimLeft(after, " :—-")
	}
	if b.Nearest != nil && b.Error != "" {
		message += ": " + b.Error
	}
	return clip(p.shown(message), messageColumns)
}

const messageColumns = 200

// wholeBodyAgain reports whether nothing could be found in a body as a whole, and a row above has said so already: then there is
// nothing more to say about this one, but to those who want to see everything.
func (p *page) wholeBodyAgain(reason string) bool {
	if p.pieces != nil || p.o.Verbosity >= Headers || !isWholeBody(reason) {
		return false
	}
	again := p.wholeBody == reason
	p.wholeBody = reason
	return again
}

// because tells a reason, unless it is the one that was told last.
func (p *page) because(name, reason string) {
	if reason == p.cause {
		p.row(name, "the same as above")
		return
	}
	p.cause = reason
	p.row(name, p.shown(reason))
}

// nearest tells how far a path that leads nowhere can be followed.
func (p *page) nearest(n *event.Nearest) {
	if n != nil {
		p.because("found", p.describe(n))
	}
}

const keysShown = 20

// describe says what stands at the deepest part of a path that exists.
func (p *page) describe(n *event.Nearest) string {
	where, verb := n.Path+" exists and is ", n.Path+" exists and "
	if n.Path == "" {
		where, verb = "the body is ", "the body "
	}
	switch {
	case n.Type == "array" && n.Length == 0:
		return where + "an empty list"
	case n.Type == "array":
		return where + "a list of " + plural(n.Length, "element")
	case n.Type == "object" && len(n.Keys) == 0:
		return where + "an empty object"
	case n.Type == "object" && len(n.Keys) == 1:
		return verb + "has the key " + n.Keys[0]
	case n.Type == "object":
		return verb + "has the keys " + keys(n.Keys)
	case n.Type == "null" || n.Type == "":
		return where + "null"
	}
	return where + "a " + n.Type
}

func keys(all []string) string {
	if more := len(all) - keysShown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:keysShown], ", "), more)
	}
	return strings.Join(all, ", ")
}

// notChecked counts the rows that could not be looked at, in one line, because they all have one cause.
func (p *page) notChecked(s *stepState) {
	assertions := count(s.asserted, func(b event.Asserted) bool { return b.Outcome == event.NotRun })
	variables := count(s.extracted, func(b event.Extracted) bool { return b.Outcome == event.NotRun })
	if assertions+variables == 0 {
		return
	}
	what := plural(assertions, "assertion") + " not checked"
	switch {
	case assertions == 0:
		what = plural(variables, "variable") + " not extracted"
	case variables > 0:
		what += ", " + plural(variables, "variable") + " not extracted"
	}
	cause := "there is no response"
	switch {
	case s.isInbound():
		cause = "no request was received"
	case s.isSubtest():
		cause = "the subtest has no result"
	case s.exchanged == nil:
		cause = "the request was not sent"
	}
	p.paragraph(inStep, "", nil, what+": "+cause)
}

func count[R any](rows []R, is func(R) bool) int {
	n := 0
	for r := range slices.Values(rows) {
		if is(r) {
			n++
		}
	}
	return n
}
