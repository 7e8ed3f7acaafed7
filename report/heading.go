package report

import (
	"fmt"

	"offscope/event"
)

// name prints the line that opens a test, or that says that the lines below belong to it.
func (t *Text) name(p *page, number int) {
	opening := t.test(number).opening
	t.current = number
	t.space(p)
	title := p.shown(opening.Name)
	if title == "" {
		title = fmt.Sprintf("test %d", number)
	}
	from := p.shown(opening.File)
	if opening.Environment != "" {
		from += ", environment " + p.shown(opening.Environment)
	}
	if !t.begun {
		from += fmt.Sprintf(", seed %d", t.run.Seed)
	}
	line := paint(t.o.Palette.Bold, clip(title, p.room("")))
	if cells(title)+2+cells(from) <= p.room("") {
		p.line("", line+paint(t.o.Palette.Dim, "  "+from))
	} else {
		p.line("", line)
		p.paragraph("  ", "", t.o.Palette.Dim, from) // on lines of its own: the seed at its end is what repeats the run
	}
	p.gap()
}

// under puts the name of the test before what the page has so far, when other lines than the test's stand above it.
func (t *Text) under(p *page, number int) {
	if number == 0 || number == t.current {
		return
	}
	rest := append([]byte(nil), p.Bytes()...)
	p.Reset()
	t.name(p, number)
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
func (t *Text) notice(p *page, test int, n event.Notice) {
	if t.o.Verbosity == Quiet && n.Severity != "error" {
		return
	}
	colour := map[string]func(string) string{"error": t.o.Palette.Fail, "warning": t.o.Palette.Warn}[n.Severity]
	lead := p.shown(n.Severity) + ":"
	text := " " + p.shown(n.Message)
	if at := p.place(n.Where); at != "" {
		text = " " + at + ":" + text
	}
	p.paragraph("", lead, colour, text)
	p.excerpt(inStep, n.Where)
	p.hint("  ", n.Hint)
	t.under(p, test)
	t.noticed = true
}
