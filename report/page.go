package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"offscope/exchange"
	"offscope/source"
)

// A page is what is drawn for one event, before it is written in one piece.
type page struct {
	bytes.Buffer
	o *TextOptions
	// margin is how many columns to the right the lines that are being drawn stand.
	margin int
	// cause is the reason that was told last, so that a dozen assertions do not tell the same one a dozen times.
	cause string
	// wholeBody is the reason for which nothing was found in a body, as told last.
	wholeBody string
	// hints are those that were given already.
	hints map[string]bool
	// pieces takes what is drawn in the place of the lines, when it is not nil.
	pieces *pieces
}

// The columns of a page: a step's line begins at the margin, what was wrong with it stands below it, and the details of that
// another step to the right.
const (
	inStep   = "    "
	inDetail = "      "
)

// reveal puts names, or with --show-secrets the values, in the place of marks. Its result is not fit to be printed yet.
func (p *page) reveal(s string) string {
	return exchange.Show(s, func(m exchange.Mark) string {
		if p.o.Reveal != nil {
			if value, known := p.o.Reveal(m); known {
				return value
			}
		}
		return exchange.Bracketed(m)
	})
}

// shown makes a text fit to stand in a line.
func (p *page) shown(s string) string { return escape(p.reveal(s)) }

func (p *page) line(indent, s string) {
	if p.pieces != nil {
		p.pieces.line(s)
		return
	}
	if s = strings.TrimRight(s, " "); s != "" {
		p.WriteString(strings.Repeat(" ", p.margin) + indent)
		p.WriteString(s)
	}
	p.WriteByte('\n')
}

// gap writes an empty line, but never two of them.
func (p *page) gap() {
	if p.Len() > 1 && !bytes.HasSuffix(p.Bytes(), []byte("\n\n")) {
		p.WriteByte('\n')
	}
}

func (p *page) room(indent string) int { return p.o.width() - p.margin - len(indent) }

// paragraph writes a printable text, broken into lines; all but the first stand two columns to the right. lead is the
// beginning of the text that is coloured.
func (p *page) paragraph(indent, lead string, colour func(string) string, text string) {
	if p.pieces != nil {
		p.pieces.begin("", paint(colour, lead)+text)
		return
	}
	for i, l := range wrap(lead+text, p.room(indent)-2) {
		if i > 0 {
			p.line(indent+"  ", l)
			continue
		}
		if rest, whole := strings.CutPrefix(l, lead); whole {
			l = paint(colour, lead) + rest
		}
		p.line(indent, l)
	}
}

// headline says where and what: "file:line:col: text", as compilers do, so that editors and terminals find the place.
func (p *page) headline(indent string, at source.Excerpt, text string) {
	lead := p.place(at)
	if p.pieces != nil {
		p.pieces.begin(lead, text)
		return
	}
	if lead != "" {
		text = ": " + text
	}
	p.paragraph(indent, lead, p.o.Palette.Bold, text)
}

func (p *page) place(at source.Excerpt) string {
	if at.File == "" {
		return ""
	}
	return p.shown(fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Col))
}

// hint writes what to do, unless the same was said on this page.
func (p *page) hint(indent, text string) {
	if text == "" || p.hints[text] {
		return
	}
	if p.hints == nil {
		p.hints = map[string]bool{}
	}
	p.hints[text] = true
	if p.pieces != nil {
		p.pieces.hint(p.shown(text))
		return
	}
	p.paragraph(indent, "hint:", p.o.Palette.Hint, " "+p.shown(text))
}

// row writes a detail with its name in front.
func (p *page) row(name, text string) {
	if p.pieces != nil {
		p.pieces.row(name, text)
		return
	}
	for i, l := range wrap(text, p.room(inDetail)-rowName) {
		if i > 0 {
			name = ""
		}
		p.line(inDetail, p.rowLead(name)+l)
	}
}

const rowName = len("expected  ")

func (p *page) rowLead(name string) string {
	return paint(p.o.Palette.Dim, name) + strings.Repeat(" ", max(1, rowName-len(name)))
}

// option is a remark about an option of the text report. It is nothing to who reads another one.
func (p *page) option(remark string) string {
	if p.pieces != nil {
		return ""
	}
	return remark
}

// parens writes the remarks of a line in parentheses, those that are empty left out.
func parens(remarks ...string) string {
	remarks = slices.DeleteFunc(remarks, func(s string) bool { return s == "" })
	if len(remarks) == 0 {
		return ""
	}
	return "  (" + strings.Join(remarks, ", ") + ")"
}

// milliseconds writes the time of an exchange, rounded as checks on response_time see it.
func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%dms", d.Round(time.Millisecond).Milliseconds())
}

// shortDuration writes a pause: 500ms, 5s, 1m, 1m30s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// byteSize writes the size of a body.
func byteSize(n int) string {
	switch {
	case n < 1000:
		return plural(n, "byte")
	case n < 1000*1000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1000*1000))
}
