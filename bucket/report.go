package bucket

import (
	"fmt"

	"offscope/jsontree"
	"offscope/source"
)

// mostSaid is how many diagnostics of a severity are kept; a file with more of them has one reason for all.
const mostSaid = 50

// A report collects what is to be said about a file.
type report struct {
	file  *source.File
	said  source.Diagnostics
	count [3]int
	// more is where the first diagnostic stands that was left out, by severity.
	more [3]source.Place
	// repeated are those that are said once for many places, in order of the first place of each.
	repeated []*repeated
	byText   map[string]*repeated
	// soften takes errors while something is read that may never be used; nil when errors are errors.
	soften func(source.Diagnostic)
}

type repeated struct {
	said  source.Diagnostic
	times int
}

func (r *report) add(d source.Diagnostic) {
	if d.Severity == source.Error && r.soften != nil {
		r.soften(d)
		return
	}
	r.count[d.Severity]++
	switch n := r.count[d.Severity]; {
	case n <= mostSaid:
		r.said = append(r.said, d)
	case n == mostSaid+1:
		r.more[d.Severity] = d.Place
	}
}

// softly makes errors while something is read a part of what holds it, which cannot be used then, though the file can.
func (r *report) softly(to *[]Unsupported, read func()) {
	outer := r.soften
	r.soften = func(d source.Diagnostic) {
		*to = append(*to, Unsupported{d.Place, "something that cannot be read (" + d.Message + ")"})
	}
	read()
	r.soften = outer
}

func (r *report) fail(code string, v *jsontree.Value, message, hint string) {
	r.add(source.Diagnostic{Code: code, Place: v.Place(r.file), Message: message, Hint: hint})
}

func (r *report) warn(code string, v *jsontree.Value, message, hint string) {
	r.add(source.Diagnostic{Code: code, Severity: source.Warning, Place: v.Place(r.file), Message: message, Hint: hint})
}

// once says something at one place only and counts the others, because a key that is not known in one step of an export is
// not known in all of them. The place is the first one where it is worst.
func (r *report) once(d source.Diagnostic) {
	if seen := r.byText[d.Message]; seen != nil {
		seen.times++
		if d.Severity < seen.said.Severity {
			seen.said = d
		}
		return
	}
	if r.byText == nil {
		r.byText = map[string]*repeated{}
	}
	n := &repeated{d, 1}
	r.byText[d.Message] = n
	r.repeated = append(r.repeated, n)
}

// failed reports whether an error was found.
func (r *report) failed() bool {
	for _, n := range r.repeated {
		if n.said.Severity == source.Error {
			return true
		}
	}
	return r.count[source.Error] > 0
}

// finish returns everything in the order of places.
func (r *report) finish() source.Diagnostics {
	for _, n := range r.repeated {
		if n.times > 1 {
			n.said.Message += fmt.Sprintf(" (%d times)", n.times)
		}
		r.add(n.said)
	}
	r.said.Sort()
	for severity, n := range r.count {
		if n > mostSaid {
			r.said = append(r.said, source.Diagnostic{
				Code:     "more",
				Severity: source.Severity(severity),
				Place:    r.more[severity],
				Message:  fmt.Sprintf("and %d more %ss, the first of them here", n-mostSaid, source.Severity(severity)),
			})
		}
	}
	return r.said
}
