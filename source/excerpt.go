package source

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Excerpt is one line of a file with a mark under a part of it: plain values, ready to be stored or drawn.
type Excerpt struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
	// Text is the line, or the part of it around the mark, with an ellipsis where something was left out; "" when the line
	// must not be shown.
	Text string `json:"text,omitempty"`
	// Mark is how many characters stand before the marked part, and Width how many are marked (at least 1).
	Mark  int `json:"mark,omitempty"`
	Width int `json:"width,omitempty"`
}

const (
	excerptWidth = 110 // characters of a line that are shown at most
	excerptLead  = 30  // characters kept before the mark when a line is cut
	ellipsis     = "…"
)

// Excerpt returns the first line of the place with the place marked, cut to a width that fits a terminal.
func (p Place) Excerpt() Excerpt {
	if p.File == nil {
		return Excerpt{}
	}
	at := p.Position()
	e := Excerpt{File: p.File.Name, Line: at.Line, Col: at.Col}
	if p.File.Private {
		return e
	}
	e.Text, e.Mark, e.Width = cut(p.File.Line(at.Line), at.Col-1, p.End-p.Start)
	return e
}

// LineExcerpt returns a line of a text that is shown on its own, such as a line of a script, with the bytes from col on
// (counted from 1) marked.
func LineExcerpt(line string, col, width int) Excerpt {
	e := Excerpt{Col: col}
	e.Text, e.Mark, e.Width = cut(line, col-1, width)
	return e
}

// String draws the excerpt as two lines, the second one with carets; "" when there is nothing to show.
func (e Excerpt) String() string {
	if e.Text == "" {
		return ""
	}
	return e.Text + "\n" + e.Carets()
}

// Carets returns the line that goes under Text.
func (e Excerpt) Carets() string {
	return strings.Repeat(" ", e.Mark) + strings.Repeat("^", max(1, e.Width))
}

// cut takes byte offsets and answers with counts of characters, because offsets are for machines and drawings for eyes.
func cut(line string, start, length int) (text string, mark, width int) {
	start = max(0, min(start, len(line)))
	end := max(start, min(start+length, len(line)))
	first, last := window(line, start)
	if plain(line[first:last]) {
		return cutPlain(line[first:start], line[start:last], min(end, last)-start)
	}
	before, marked, after := runes(line[first:start]), runes(line[start:min(end, last)]), runes(line[min(end, last):last])
	if len(before)+len(marked)+len(after) <= excerptWidth {
		return string(before) + string(marked) + string(after), len(before), max(1, len(marked))
	}
	if len(before) > excerptLead {
		before = append([]rune(ellipsis), before[len(before)-excerptLead:]...)
	}
	rest := append(marked, after...)
	if room := excerptWidth - len(before); len(rest) > room {
		rest = append(rest[:room:room], []rune(ellipsis)...)
	}
	return string(before) + string(rest), len(before), max(1, min(len(marked), len(rest)))
}

// cutPlain does the same for text in which a byte is a character that prints, which is nearly all text: a run draws an excerpt
// for each of its assertions.
func cutPlain(before, rest string, marked int) (text string, mark, width int) {
	mark = len(before)
	if mark+len(rest) <= excerptWidth {
		return before + rest, mark, max(1, marked)
	}
	if mark > excerptLead {
		before, mark = ellipsis+before[mark-excerptLead:], excerptLead+1
	}
	if room := excerptWidth - mark; len(rest) > room {
		rest, marked = rest[:room]+ellipsis, min(marked, room+1)
	}
	return before + rest, mark, max(1, marked)
}

// plain reports whether a text consists of ASCII characters that print.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// window bounds the part of a line that can be seen around an offset, so that a file without line ends costs no more than
// any other. It is a little larger than what is shown, which leaves room for an ellipsis at each end.
func window(line string, start int) (first, last int) {
	first, last = start, start
	for n := 0; first > 0 && n <= excerptLead+excerptWidth; n++ {
		_, size := utf8.DecodeLastRuneInString(line[:first])
		first -= size
	}
	for n := 0; last < len(line) && n <= excerptWidth; n++ {
		_, size := utf8.DecodeRuneInString(line[last:])
		last += size
	}
	return first, last
}

// runes makes a line fit to be printed: a tab takes one column, and nothing in it can move the cursor.
func runes(s string) []rune {
	out := make([]rune, 0, utf8.RuneCountInString(s))
	for _, r := range s {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			r = ' '
		case !unicode.IsPrint(r):
			r = utf8.RuneError
		}
		out = append(out, r)
	}
	return out
}

// Printable returns text that came from outside in a form that cannot move a terminal's cursor: on one line, with every
// character that does not print replaced.
func Printable(text string) string { return string(runes(text)) }
