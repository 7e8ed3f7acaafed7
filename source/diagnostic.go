package source

import (
	"cmp"
	"slices"
	"strings"
)

// Severity says how bad a diagnostic is.
type Severity uint8

// An Error makes a file, or a part of it, unusable. A Warning is probably a mistake. A Notice is good to know.
const (
	Error Severity = iota
	Warning
	Notice
)

// String returns the severity's name in lower case.
func (s Severity) String() string {
	return [...]string{"error", "warning", "notice"}[s]
}

// A Diagnostic is something to say about a place in a user's file.
type Diagnostic struct {
	// Code names the kind of problem for machines, such as "json-syntax".
	Code     string
	Severity Severity
	Place    Place
	// Message says what is wrong: lower case, no full stop.
	Message string
	// Hint says what to do about it; "" when the message says it already.
	Hint string
	// Related leads to other places that explain this one.
	Related []Related
}

// A Related is a further place of a diagnostic, such as the first of two equal keys.
type Related struct {
	Place   Place
	Message string
}

// Error writes the diagnostic in one line: file:line:col: message.
func (d Diagnostic) Error() string {
	if at := d.Place.String(); at != "" {
		return at + ": " + d.Message
	}
	return d.Message
}

// Diagnostics are the problems of a file. As an error they are the text of all of them, a line each.
type Diagnostics []Diagnostic

// Error writes a line per diagnostic.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Errors returns only those that are errors.
func (ds Diagnostics) Errors() Diagnostics {
	var errors Diagnostics
	for _, d := range ds {
		if d.Severity == Error {
			errors = append(errors, d)
		}
	}
	return errors
}

// Err returns the diagnostics as an error when at least one of them is an error, else nil.
func (ds Diagnostics) Err() error {
	if errors := ds.Errors(); len(errors) > 0 {
		return errors
	}
	return nil
}

// Sort puts diagnostics into the order of their places; those of several files stay in the files' order of appearance.
func (ds Diagnostics) Sort() {
	order := map[*File]int{}
	for _, d := range ds {
		if _, ok := order[d.Place.File]; !ok {
			order[d.Place.File] = len(order)
		}
	}
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(order[a.Place.File], order[b.Place.File]),
			cmp.Compare(a.Place.Start, b.Place.Start),
		)
	})
}
