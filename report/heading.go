package report

import (
	"fmt"
	"slices"
	"strings"

	"offscope/event"
)

// heading prints what the next lines belong to, unless the lines above belong to the same: the name of the test, and the
// subtest.
func (t *Text) heading(p *page, at scope) {
	t.flush(p, at.test)
	if at == t.current {
		if t.noticed {
			t.space(p)
		}
		return
	}
	if at.test != t.current.test {
		t.name(p, at.test)
	} else if t.noticed {
		t.space(p)
	}
	above := t.callers(t.current)
	for _, sub := range t.callers(at) {
		if !slices.Contains(above, sub) {
			t.subtestHeading(p, sub)
		}
	}
	t.current = at
}

// name prints the line that opens a test, or that says that the lines below belong to it.
func (t *Text) name(p *page, number int) {
	at := scope{test: number}
	opening := t.test(at).opening
	t.current = at
	t.space(p)
	p.margin = 0
	title := p.shown(opening.Name)
	if title == "" {
		title = fmt.Sprintf("test %d", number)
	}
	iteration := iterationOf(opening)
	from := p.shown(opening.File)
	if opening.Environment != "" {
		from += ", environment " + p.shown(opening.Environment)
	}
	if !t.begun {
		from += fmt.Sprintf(", seed %d", t.run.Seed)
	}
	line := paint(t.o.Palette.Bold, clip(title, p.room(iteration))) + iteration
	if cells(title)+len(iteration)+2+cells(from) <= p.room("") {
		p.line("", line+paint(t.o.Palette.Dim, "  "+from))
	} else {
		p.line("", line)
		p.paragraph("  ", "", t.o.Palette.Dim, from) // on lines of its own: the seed at its end is what repeats the run
	}
	p.gap()
}

// iterationOf tells apart the tests that have the same name, and the attempts at one.
func iterationOf(opening event.TestStarted) string {
	var which []string
	if opening.Iterations > 0 {
		which = append(which, fmt.Sprintf("iteration %d of %d", opening.Iteration, opening.Iterations))
	}
	if opening.Attempt > 1 {
		which = append(which, fmt.Sprintf("attempt %d of %d", opening.Attempt, opening.Attempts))
	}
	if len(which) == 0 {
		return ""
	}
	return "  (" + strings.Join(which, ", ") + ")"
}

// under puts the heading before what the page has so far, when other lines stand above it.
func (t *Text) under(p *page, at scope) {
	rest := append([]byte(nil), p.Bytes()...)
	p.Reset()
	if at.test == 0 {
		t.flushAll(p)
	} else {
		t.heading(p, at)
	}
	p.Write(rest)
}

// space writes an empty line, unless there is one or nothing stands above it.
func (t *Text) space(p *page) {
	t.noticed = false
	if p.Len() > 0 {
		p.gap()
	} else if !t.spaced {
		p.WriteByte('\n')
	}
}

// notice says at once what the user should know. Only errors are worth a line to who asked for quiet.
func (t *Text) notice(p *page, at scope, n event.Notice) {
	if t.o.Verbosity == Quiet && n.Severity != "error" {
		return
	}
	if at.test != 0 {
		p.margin = t.margin(t.test(at).level)
	}
	colour := map[string]func(string) string{"error": t.o.Palette.Fail, "warning": t.o.Palette.Warn}[n.Severity]
	lead := p.shown(n.Severity) + ":"
	text := " " + p.shown(n.Message)
	if place := p.place(n.Where); place != "" {
		text = " " + place + ":" + text
	}
	if at.test != 0 && n.Severity == "error" {
		test := t.test(at)
		test.noticed = append(test.noticed, n)
	}
	p.paragraph("", lead, colour, text)
	p.excerpt(inStep, n.Where)
	p.hint("  ", n.Hint)
	t.noticed = false // notices stand together
	t.under(p, at)
	t.noticed = true
}
