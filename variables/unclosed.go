package variables

import (
	"strings"

	"offscope/source"
)

// maxStray is how many places [Template.Unclosed] returns at most.
const maxStray = 100

// Unclosed returns the places of double braces that look like a reference's and are sent as they stand: an opening pair that
// no reference begins with, as in {{name or {{name}, and a closing pair that nothing in the text opens, as in {name}}. Single
// braces count as opened, so that JSON in JSON ends with }} without a word. An empty pair, {{}}, is closed. There are a hundred at most.
//
// Sending them is right (see [Parse]), and yet they are most often slips of the hand: they are for a warning.
func (t Template) Unclosed() []source.Place {
	if !strings.Contains(t.text.Value, "{{") && !strings.Contains(t.text.Value, "}}") {
		return nil
	}
	f := strayFinder{text: t.text}
	start := 0
	for _, r := range t.refs {
		f.literal(start, r.start)
		start = r.end
	}
	f.literal(start, len(t.text.Value))
	return f.found
}

// A strayFinder goes over the literal parts of a template.
type strayFinder struct {
	text  source.Text
	depth int // how many single braces are open
	found []source.Place
}

func (f *strayFinder) literal(start, end int) {
	for i := start; i < end && len(f.found) < maxStray; {
		switch f.text.Value[i] {
		case '{':
			i = f.opening(i, end)
		case '}':
			i = f.closing(i, end)
		default:
			i++
		}
	}
}

// opening reads a run of opening braces, of which the last two would begin a reference.
func (f *strayFinder) opening(i, end int) int {
	to := runEnd(f.text.Value[:end], i)
	if to-i < 2 {
		f.depth++
		return to
	}
	if rest, empty := strings.CutPrefix(strings.TrimLeft(f.text.Value[to:end], " \t\r\n"), "}}"); empty {
		f.depth += to - i - 2
		return end - len(rest)
	}
	f.depth += to - i
	f.found = append(f.found, f.text.At(to-2, to))
	return to
}

func (f *strayFinder) closing(i, end int) int {
	to := runEnd(f.text.Value[:end], i)
	if to-i >= 2 && to-i > f.depth {
		f.found = append(f.found, f.text.At(to-2, to))
	}
	f.depth = max(0, f.depth-(to-i))
	return to
}

// runEnd returns where the run of one character that begins at i ends.
func runEnd(text string, i int) int {
	c := text[i]
	for i < len(text) && text[i] == c {
		i++
	}
	return i
}
