package report

import (
	"fmt"
	"slices"
	"strings"

	"offscope/event"
)

// leastConsequences is how many rows are worth to be told as one.
const leastConsequences = 2

// A consequences is what a wrong status explains: the rows that looked for something in an answer that is not the one they were
// written for, and did not find it.
type consequences struct {
	assertions []event.Asserted
	extracted  []event.Extracted
}

func (c consequences) holds() bool { return len(c.assertions)+len(c.extracted) >= leastConsequences }

// consequences are those rows of a step. There are none when the status was right, when they are few, and for those who want to see
// everything.
func (p *page) consequences(s *stepState) consequences {
	var c consequences
	wrongStatus := slices.ContainsFunc(s.asserted, func(b event.Asserted) bool { return b.Outcome.Bad() && b.Source == "response_status" })
	if !wrongStatus || p.o.Verbosity >= Headers {
		return c
	}
	for _, b := range s.asserted {
		if b.Outcome.Bad() && foundNothing(b.Source, b.Nearest, b.Error) {
			c.assertions = append(c.assertions, b)
		}
	}
	for _, b := range s.extracted {
		if b.Outcome.Bad() && foundNothing(b.Source, b.Nearest, b.Error) {
			c.extracted = append(c.extracted, b)
		}
	}
	if !c.holds() {
		return consequences{}
	}
	return c
}

func foundNothing(source string, n *event.Nearest, err string) bool {
	inBody := source == "response_json" || source == "response_xml" || source == "response_headers"
	return inBody && (n != nil || isWholeBody(err) || strings.Contains(err, "Unable to locate"))
}

// isWholeBody reports whether an error is about a body that is of another kind, in which no path leads anywhere.
func isWholeBody(err string) bool {
	return strings.Contains(err, "is not JSON") || strings.Contains(err, "is not XML")
}

func (c consequences) hasAssertion(row int) bool {
	return slices.ContainsFunc(c.assertions, func(b event.Asserted) bool { return b.Row == row })
}

func (c consequences) hasExtracted(row int) bool {
	return slices.ContainsFunc(c.extracted, func(b event.Extracted) bool { return b.Row == row })
}

// tellConsequences tells those rows in one paragraph: which they are, and where they stand.
func (p *page) tellConsequences(c consequences) {
	if !c.holds() {
		return
	}
	var what, names []string
	var lines []int
	if n := len(c.assertions); n > 0 {
		what = append(what, plural(n, "assertion"))
	}
	if n := len(c.extracted); n > 0 {
		what = append(what, plural(n, "variable"))
	}
	file := ""
	at := func(line int, in string) {
		if line > 0 && !slices.Contains(lines, line) {
			lines, file = append(lines, line), in
		}
	}
	for _, b := range c.extracted {
		names = append(names, b.Name)
		at(b.Where.Line, b.Where.File)
	}
	for _, b := range c.assertions {
		names = append(names, b.Label)
		at(b.Where.Line, b.Where.File)
	}
	text := strings.Join(what, " and ") + " found nothing in this answer, as its status explains: " + strings.Join(names, ", ")
	if len(lines) > 0 {
		slices.Sort(lines)
		text += fmt.Sprintf(" (%s, %s%s)", file, lineRanges(lines), p.option("; -v shows each"))
	}
	p.paragraph(inStep, "", nil, p.shown(text))
}

// lineRanges writes ascending line numbers, neighbours in one: "lines 3-5, 8".
func lineRanges(lines []int) string {
	var parts []string
	for i := 0; i < len(lines); {
		end := i
		for end+1 < len(lines) && lines[end+1] == lines[end]+1 {
			end++
		}
		if end > i {
			parts = append(parts, fmt.Sprintf("%d-%d", lines[i], lines[end]))
		} else {
			parts = append(parts, fmt.Sprint(lines[i]))
		}
		i = end + 1
	}
	noun := "lines "
	if len(lines) == 1 {
		noun = "line "
	}
	return noun + strings.Join(parts, ", ")
}
