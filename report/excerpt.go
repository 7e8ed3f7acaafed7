package report

import (
	"strings"

	"offscope/exchange"
	"offscope/source"
)

// excerpt draws a line of source with carets under the part that is meant. The columns are counted anew, because the names of
// secrets, and letters of double width, are not as long as what the event counted.
func (p *page) excerpt(indent string, e source.Excerpt) {
	if e.Text == "" {
		return
	}
	before, inside, after := p.parts(e)
	before = strings.TrimLeft(before, " ")
	before, inside, after = fit(before, inside, after, p.room(indent))
	if p.pieces != nil {
		p.pieces.excerpt(before, inside, after)
		return
	}
	p.line(indent, before+inside+after)
	p.line(indent, strings.Repeat(" ", cells(before))+paint(p.o.Palette.Caret, strings.Repeat("^", max(1, cells(inside)))))
}

// parts divides the excerpt's text into what stands before, under and after the carets, fit to be printed.
func (p *page) parts(e source.Excerpt) (before, inside, after string) {
	text := []rune(e.Text)
	from, to := markedPart(text, e)
	return p.shown(string(text[:from])), p.shown(string(text[from:to])), p.shown(string(text[to:]))
}

// markedPart is where the marked part of an excerpt's text begins and ends. A secret's mark is in it as a whole or not at all.
func markedPart(text []rune, e source.Excerpt) (from, to int) {
	from = min(max(0, e.Mark), len(text))
	to = min(from+max(1, e.Width), len(text))
	for from > 0 && insideMark(text[:from]) {
		from--
	}
	for to < len(text) && insideMark(text[:to]) {
		to++
	}
	return from, to
}

// insideMark reports whether a text ends in the middle of a secret's mark.
func insideMark(text []rune) bool {
	mark := []rune(exchange.Mark{}.String())
	for i := len(text) - 1; i >= 0; i-- {
		switch text[i] {
		case mark[0]:
			return true
		case mark[len(mark)-1]:
			return false
		}
	}
	return false
}

// fit cuts a line to room columns so that the part under the carets stays.
func fit(before, inside, after string, room int) (string, string, string) {
	if cells(before)+cells(inside)+cells(after) <= room {
		return before, inside, after
	}
	if lead := room / 3; cells(before) > lead {
		_, tail := split(before, cells(before)-lead+len(dots))
		before = dots + tail
	}
	inside = clip(inside, room-cells(before))
	return before, inside, clip(after, max(0, room-cells(before)-cells(inside)))
}
