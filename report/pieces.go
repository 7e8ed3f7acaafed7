package report

import "strings"

// pieces are what a page tells, in its order but not laid out as lines: for a report that is laid out where it is read.
type pieces struct {
	told []passage
}

// A passage is a headline with what belongs to it.
type passage struct {
	Place string // "file:line:col", "" when there is none
	Text  []span
	Parts []part
}

// A part is an excerpt, a remark on what follows, rows, lines or a hint; all else in it is empty.
type part struct {
	Excerpt *marked
	Remark  string
	Rows    []row
	Lines   [][]span
	Hint    string
}

// A marked is a line of source with the part that is meant, and carets for below it.
type marked struct{ Before, Inside, After, Carets string }

// A row is a detail with its name.
type row struct{ Name, Text string }

// A span is text of one kind: pass, fail, skip, warn, dim, bold, caret, hint, added or removed; "" for text like any other.
type span struct{ Kind, Text string }

func (w *pieces) begin(place, text string) {
	w.told = append(w.told, passage{Place: place, Text: spans(text)})
}

func (w *pieces) excerpt(before, inside, after string) {
	carets := strings.Repeat(" ", cells(before)) + strings.Repeat("^", max(1, cells(inside)))
	w.add(part{Excerpt: &marked{before, inside, after, carets}})
}

func (w *pieces) row(name, text string) {
	if p := w.last(); p != nil && p.Rows != nil {
		p.Rows = append(p.Rows, row{name, text})
		return
	}
	w.add(part{Rows: []row{{name, text}}})
}

func (w *pieces) line(text string) {
	all, p := spans(text), w.last()
	switch {
	case p != nil && p.Lines != nil:
		p.Lines = append(p.Lines, all)
	case len(all) == 1 && all[0].Kind == "dim":
		w.add(part{Remark: all[0].Text})
	default:
		w.add(part{Lines: [][]span{all}})
	}
}

func (w *pieces) hint(text string) { w.add(part{Hint: text}) }

// add puts a part below the last headline.
func (w *pieces) add(p part) {
	if len(w.told) == 0 {
		w.begin("", "")
	}
	t := &w.told[len(w.told)-1]
	t.Parts = append(t.Parts, p)
}

// last is the part that was added last, nil when there is none since the last headline.
func (w *pieces) last() *part {
	if len(w.told) == 0 {
		return nil
	}
	parts := w.told[len(w.told)-1].Parts
	if len(parts) == 0 {
		return nil
	}
	return &parts[len(parts)-1]
}

// lines are headlines and lines alike, for what is told in lines only.
func (w *pieces) lines() [][]span {
	var all [][]span
	for _, t := range w.told {
		if len(t.Text) > 0 {
			all = append(all, t.Text)
		}
		for _, p := range t.Parts {
			all = append(all, p.Lines...)
		}
	}
	return all
}

// The palette of pieces puts a text between characters that no printable text has.
const (
	kindBegins = "\x01"
	kindEnds   = "\x02"
	spanEnds   = "\x03"
)

func kindPalette() Palette {
	kind := func(name string) func(string) string {
		return func(s string) string { return kindBegins + name + kindEnds + s + spanEnds }
	}
	return Palette{
		Pass: kind("pass"), Fail: kind("fail"), Skip: kind("skip"), Warn: kind("warn"), Dim: kind("dim"), Bold: kind("bold"),
		Caret: kind("caret"), Hint: kind("hint"), Added: kind("added"), Removed: kind("removed"),
	}
}

func unpainted(all []span) string {
	var out strings.Builder
	for _, s := range all {
		out.WriteString(s.Text)
	}
	return out.String()
}

// spans takes a text apart that was painted with the palette of pieces.
func spans(s string) []span {
	var out []span
	add := func(kind, text string) {
		if text != "" {
			out = append(out, span{kind, text})
		}
	}
	for s != "" {
		plain, rest, found := strings.Cut(s, kindBegins)
		add("", plain)
		if !found {
			break
		}
		kind, text, _ := strings.Cut(rest, kindEnds)
		text, s, _ = strings.Cut(text, spanEnds)
		add(kind, text)
	}
	return out
}
