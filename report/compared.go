package report

import (
	"fmt"
	"strings"

	"offscope/event"
)

// comparisonText is what a condition or loop compares, as the file has it; "" when the stream does not say it.
func (p *page) comparisonText(s *stepState) string {
	b := s.started
	if b.Comparison == "" && s.nest.compared != nil {
		c := s.nest.compared
		return p.expression(c.Left, c.Comparison, c.Right)
	}
	if b.Comparison == "" {
		return ""
	}
	return p.expression(b.Left, b.Comparison, b.Right)
}

// expression writes a comparison. A comparison that asks for nothing has no right side.
func (p *page) expression(left, comparison, right string) string {
	text := p.quoted(left) + " " + p.shown(strings.ReplaceAll(comparison, "_", " "))
	switch comparison {
	case "empty", "not_empty", "is_a_number", "is_null":
		return text
	}
	return text + " " + p.quoted(right)
}

// holds says how a comparison came out, and of one that does not hold the value that is the reason.
func (p *page) holds(b event.Compared) string {
	switch {
	case b.Holds:
		return "holds"
	case b.Error != "":
		return "could not be compared"
	case b.Right != b.RightValue:
		return "does not hold: " + clip(p.expression(b.LeftValue, b.Comparison, b.RightValue), remarkColumns)
	case b.Left != b.LeftValue:
		return "does not hold: '" + clip(p.shown(b.LeftValue), remarkColumns) + "'"
	}
	return "does not hold"
}

const remarkColumns = 40

// comparedRow writes a comparison with the values that were compared; of a round also how it came out, because no line
// above it says so.
func (p *page) comparedRow(b event.Compared) {
	text := p.expression(b.LeftValue, b.Comparison, b.RightValue)
	switch {
	case b.Iteration == 0:
		p.row("compared", text)
	case b.Holds:
		p.row(fmt.Sprintf("round %d", b.Iteration), text+"  (holds)")
	default:
		p.row(fmt.Sprintf("round %d", b.Iteration), text+"  (does not hold)")
	}
}

// failedComparison tells about the comparison of a condition or loop that failed: why it could not be made, unless a problem
// says so, or what the values were when a loop was given up.
func (p *page) failedComparison(s *stepState) {
	b := s.nest.compared
	switch {
	case b == nil:
	case b.Error == "":
		p.comparedRow(*b)
	case !s.hasProblem(b.Error):
		p.headline(inStep, b.Where, p.shown(b.Error))
		p.excerpt(inStep+tab, b.Where)
	}
}

// hasProblem reports whether a problem of the step says the same already.
func (s *stepState) hasProblem(message string) bool {
	for _, b := range s.problems {
		if b.Message == message {
			return true
		}
	}
	return false
}
