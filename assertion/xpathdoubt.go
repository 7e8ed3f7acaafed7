package assertion

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/antchfx/xpath"
)

// A doubt is a part of an expression about which the library differs from XPath 1.0 on some documents. What the part selects
// tells whether it does on this one.
type doubt struct {
	from, to int // the part
	holds    func([]*node) bool
	why      string // it cannot be evaluated when that does not hold
}

// oneParent has to hold of nodes that are filtered and then counted: the library counts across parents.
func oneParent(nodes []*node) bool {
	return !slices.ContainsFunc(nodes, func(n *node) bool { return n.parent != nodes[0].parent })
}

// inOrder has to hold of nodes that are counted in parentheses: the library counts them as it finds them.
func inOrder(nodes []*node) bool {
	for i := 1; i < len(nodes); i++ {
		if nodes[i].order <= nodes[i-1].order {
			return false
		}
	}
	return true
}

// distinct has to hold of nodes whose number is asked for: the library can find one twice.
func distinct(nodes []*node) bool {
	seen := map[*node]bool{}
	for _, n := range nodes {
		seen[n] = true
	}
	return len(seen) == len(nodes)
}

// addable has to hold of nodes that are added up: the library leaves out what is no number.
func addable(nodes []*node) bool {
	return distinct(nodes) && !slices.ContainsFunc(nodes, func(n *node) bool {
		text, _ := n.value()
		return !isNumber(text)
	})
}

// A doubter goes through an expression and notes doubts. What the library never does as XPath 1.0 demands is a problem.
type doubter struct {
	text    string // the expression, with what stands between quotes blanked out
	open    []int  // parentheses and brackets that are not closed yet
	doubts  []doubt
	problem string
}

// findDoubts needs an expression whose brackets have partners.
func findDoubts(expression string) ([]doubt, string) {
	d := doubter{text: blankQuotes(expression)}
	for i := 0; i < len(d.text) && d.problem == ""; i++ {
		switch d.text[i] {
		case '(', '[':
			d.open = append(d.open, i)
		case ')', ']':
			from := d.open[len(d.open)-1]
			d.open = d.open[:len(d.open)-1]
			if d.text[from] == '(' {
				d.parenthesis(from, i)
			} else {
				d.bracket(from, i)
			}
		case '=', '<', '>':
			d.comparison(i)
		}
	}
	return d.doubts, d.problem
}

func (d *doubter) bracket(from, to int) {
	if precedingStep.MatchString(d.text[:from]) && counts(d.text[from+1:to]) {
		d.problem = "nodes of the axis preceding:: cannot be counted here"
	}
	next := d.next(to + 1)
	if !strings.HasPrefix(next, "[") {
		return
	}
	end := partner(next)
	if condition := next[1:end]; !counts(condition) || strings.TrimSpace(condition) == "1" && end+1 == len(next) {
		return // the first of all is the first of its parent, too
	}
	d.doubt(doubt{d.pathBefore(to), to + 1, oneParent, "counts among elements of different parents behind another condition: " +
		"write parentheses around the path, (…)[1], to count all of them"}, severalParents)
}

func (d *doubter) parenthesis(from, to int) {
	next := d.next(to + 1)
	switch name := callee.FindString(d.text[:from]); {
	case name == "" && strings.HasPrefix(next, "["):
		d.doubt(doubt{from + 1, to, inOrder, "counts nodes that are not found in the order of the document, or twice"}, anyOrder)
	case name == "count":
		d.doubt(doubt{from + 1, to, distinct, "counts nodes that are found twice"}, foundTwice)
	case name == "sum":
		d.doubt(doubt{from + 1, to, addable, "adds up something that is no number, or that is found twice"}, anyPath)
	case truthName.MatchString(name) && compares.MatchString(next) && !d.comparesTruths(len(d.text)-len(strings.TrimPrefix(next, "!"))):
		d.problem = notCompared
	}
}

// comparison looks at what stands around an operator.
func (d *doubter) comparison(i int) {
	right := d.next(i + 1)
	switch {
	case strings.HasPrefix(right, "="): // of <= and >=, the second half is looked at
	case truthCall.MatchString(right) && !d.comparesTruths(i):
		d.problem = notCompared
	case strings.HasPrefix(right, "/") && endsInNumber.MatchString(d.text[:i]):
		d.problem = "a number is compared with the first node only: write the path to the left and the number to the right"
	}
}

// comparesTruths reports whether the equals sign at an offset is that of = or != between two calls and nothing else, each of which
// is true or false: those the library compares as such.
func (d *doubter) comparesTruths(i int) bool {
	left := strings.TrimRight(strings.TrimSuffix(d.text[:i], "!"), " \t\r\n")
	right := d.next(i + 1)
	if d.text[i] != '=' || !strings.HasSuffix(left, ")") || !truthCall.MatchString(right) {
		return false
	}
	begin := len(left) - 1
	for depth := 1; depth > 0 && begin > 0; {
		switch begin--; left[begin] {
		case ')':
			depth++
		case '(':
			depth--
		}
	}
	name := callee.FindString(left[:begin])
	return truthName.MatchString(name) && beginsOperand.MatchString(left[:begin-len(name)]) && endsOperand.MatchString(right[closing(right, strings.IndexByte(right, '(')):])
}

const notCompared = "what is true or false cannot be compared here: use boolean(…), not(…), and, or"

var (
	callee        = regexp.MustCompile(`[\w-]*$`)
	truthName     = regexp.MustCompile(`^(true|false|not|boolean|contains|starts-with)$`)
	truthCall     = regexp.MustCompile(`^(true|false|not|boolean|contains|starts-with)\s*\(`)
	compares      = regexp.MustCompile(`^(!?=|<|>)`)
	beginsOperand = regexp.MustCompile(`(^|[(\[,]|[\s)\]](and|or))\s*$`)
	endsOperand   = regexp.MustCompile(`^\s*($|[)\],]|(and|or)[\s(])`)
	endsInNumber  = regexp.MustCompile(`(^|[^\w.:-])[\d.]+\s*[!<>]?$`)
	precedingStep = regexp.MustCompile(`(^|[^\w-])preceding\s*::[^/|()\[\]]*$`)
	position      = regexp.MustCompile(`(^|[^\w-])(position|last)\s*\(`)
	number0       = regexp.MustCompile(`^\s*-?[\d.]+\s*$`)
)

// counts reports whether a condition depends on the place of a node among others.
func counts(condition string) bool {
	return number0.MatchString(condition) || position.MatchString(condition)
}

// next is the text from an offset on, without the white space it begins with.
func (d *doubter) next(from int) string { return strings.TrimLeft(d.text[from:], " \t\r\n") }

// pathBefore returns where the path begins that goes on at an offset.
func (d *doubter) pathBefore(at int) int {
	depth := 0
	for i := at; i >= 0; i-- {
		switch d.text[i] {
		case ')', ']':
			depth++
		case '(', '[':
			if depth--; depth < 0 {
				return i + 1
			}
		case ',', '|', '=', '<', '>', '+':
			if depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// doubt notes a doubt. What stands in brackets depends on a node and cannot be looked at before: there a path is refused that
// looks doubtful.
func (d *doubter) doubt(found doubt, looks *regexp.Regexp) {
	if !slices.ContainsFunc(d.open, func(i int) bool { return d.text[i] == '[' }) {
		d.doubts = append(d.doubts, found)
		return
	}
	if looks.MatchString(withoutConditions(d.text[found.from:found.to])) {
		d.problem = "inside of brackets it " + found.why
	}
}

// How paths look that may be doubtful. From one node, all below it are found once, however deep they are.
var (
	anyPath        = regexp.MustCompile(``)
	severalParents = regexp.MustCompile(`/|::|\|`)
	anyOrder       = regexp.MustCompile(`//|::|\||\.\.`)
	foundTwice     = regexp.MustCompile(`(?s)//.*//|::|\||\.\.`)
)

// withoutConditions leaves out what stands in brackets.
func withoutConditions(path string) string {
	var b strings.Builder
	for path != "" {
		before, _, found := strings.Cut(path, "[")
		b.WriteString(before)
		if path = path[len(before):]; found {
			path = path[min(partner(path)+1, len(path)):]
		}
	}
	return b.String()
}

// partner returns the offset of the bracket that closes the one a text begins with.
func partner(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// settle looks at the nodes that the doubtful parts of an expression select.
func settle(doubts []doubt, expression string, document *node) error {
	for _, d := range doubts {
		part, err := xpath.Compile(inLibrary(expression[d.from:d.to]))
		if err != nil {
			return errors.New(d.why)
		}
		selected, ok := part.Evaluate(newNavigator(document)).(*xpath.NodeIterator)
		if !ok && expression[d.to:d.to+1] == ")" {
			continue // the library knows what to say
		}
		if !ok {
			return errors.New(d.why)
		}
		var nodes []*node
		for selected.MoveNext() {
			nodes = append(nodes, selected.Current().(*navigator).at)
		}
		if !d.holds(nodes) {
			return fmt.Errorf("cannot be evaluated on this response: it %s", d.why)
		}
	}
	return nil
}
