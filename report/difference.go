package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

const (
	longValue       = 60       // characters; two values shorter than this can be compared by eye
	differenceLines = 30       // lines of a difference that are shown
	differenceBytes = 64 << 10 // a longer value is not compared line by line
	context         = 2        // equal lines shown around a difference
)

// difference prints how two values differ and reports true, or reports false when both are short enough to be compared by
// eye. JSON and texts of several lines are compared line by line, other texts at the first difference.
func (p *page) difference(expected, actual string) bool {
	if !tooLong(expected, actual) {
		return false
	}
	expected, actual = p.reveal(expected), p.reveal(actual)
	return p.lineDifference(layOut(expected), layOut(actual)) || p.firstDifference(expected, actual)
}

func tooLong(expected, actual string) bool {
	return len(expected) > longValue || len(actual) > longValue || strings.Contains(expected+actual, "\n")
}

// layOut writes JSON as lines, and leaves what is not JSON as it is.
func layOut(s string) string {
	if laid, ok := indented(s); ok {
		return laid
	}
	return s
}

// lineDifference prints the lines that differ. Without a line in common there is nothing to see in a difference.
func (p *page) lineDifference(expected, actual string) bool {
	if len(expected)+len(actual) > differenceBytes || !strings.Contains(expected, "\n") || !strings.Contains(actual, "\n") {
		return false
	}
	before, after := visible(expected), visible(actual)
	if before == after {
		return false
	}
	diff, err := udiff.ToUnified("expected", "actual", before, udiff.Lines(before, after), context)
	if err != nil {
		return false
	}
	p.line(inDetail, "difference: "+paint(p.o.Palette.Removed, "- expected")+", "+paint(p.o.Palette.Added, "+ actual"))
	lines := strings.Split(strings.TrimSuffix(diff, "\n"), "\n")[2:] // after the names of the two sides
	more := len(lines) - differenceLines
	for _, l := range lines[:min(len(lines), differenceLines)] {
		p.line(inDetail+"  ", p.differing(clip(l, p.room(inDetail)-2)))
	}
	if more > 0 {
		p.line(inDetail+"  ", fmt.Sprintf("%s %s more", dots, plural(more, "line")))
	}
	return true
}

// visible makes the lines of a text fit to be printed, before they are compared: what looks equal is then equal.
func visible(s string) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i, l := range lines {
		lines[i] = escape(l)
	}
	return strings.Join(lines, "\n") + "\n"
}

func (p *page) differing(line string) string {
	switch {
	case strings.HasPrefix(line, "-"):
		return paint(p.o.Palette.Removed, line)
	case strings.HasPrefix(line, "+"):
		return paint(p.o.Palette.Added, line)
	case strings.HasPrefix(line, "@@"):
		return paint(p.o.Palette.Dim, line)
	}
	return line
}

// firstDifference prints both values from a little before the first character that differs, with a caret under it. Values
// that have no beginning in common are no easier to compare that way.
func (p *page) firstDifference(expected, actual string) bool {
	same := commonPrefix(expected, actual)
	if same == 0 || expected == actual {
		return false
	}
	before := last(expected[:same], leadCharacters)
	shown := escape(before)
	if len(before) < same {
		shown = dots + shown
	}
	p.line(inDetail, p.rowLead("expected")+p.window(shown, expected[same:]))
	p.line(inDetail, p.rowLead("actual")+p.window(shown, actual[same:]))
	lead := strings.Repeat(" ", rowName+1+cells(shown))
	which := fmt.Sprintf(" character %d is the first that differs", utf8.RuneCountInString(expected[:same])+1)
	if p.pieces == nil && len(lead)+1+len(which) > p.room(inDetail) {
		p.line(inDetail, lead+paint(p.o.Palette.Caret, "^"))
		p.paragraph(inDetail, "", nil, strings.TrimSpace(which))
		return true
	}
	p.line(inDetail, lead+paint(p.o.Palette.Caret, "^")+which)
	return true
}

const leadCharacters = 20

// commonPrefix is how many bytes of whole characters two texts have in common at their beginnings.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) {
		_, size := utf8.DecodeRuneInString(a[n:])
		if !strings.HasPrefix(b[n:], a[n:n+size]) {
			break
		}
		n += size
	}
	return n
}

// last returns the last n characters of a text.
func last(s string, n int) string {
	at := len(s)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	return s[at:]
}

// window cuts a value to a line, so that there is one place for the caret.
func (p *page) window(before, rest string) string {
	room := p.room(inDetail)
	if len(rest) > utf8.UTFMax*room {
		rest = rest[:utf8.UTFMax*room] // more than fits, but not megabytes; what it cuts apart is clipped below
	}
	return clip(`"`+before+escape(rest)+`"`, room-rowName)
}
