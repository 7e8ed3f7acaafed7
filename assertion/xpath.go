package assertion

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/antchfx/xpath"

	"offscope/jsontree"
)

type parsedXML struct {
	done     bool
	document *node
	failure  *LocateError
	located  map[string]located // by expression
}

type located struct {
	actual  Actual
	failure *LocateError
}

// inXML evaluates an XPath 1.0 expression. Of several nodes the first one counts, with all the text inside it. A prefix means
// what the response itself calls by it; a name without prefix means elements that are in no namespace.
func (s *Subject) inXML(property string) (Actual, *LocateError) {
	result, ok := s.xml.located[property]
	if !ok {
		result.actual, result.failure = s.evaluate(property)
		if s.xml.located == nil {
			s.xml.located = map[string]located{}
		}
		s.xml.located[property] = result
	}
	return result.actual, result.failure
}

func (s *Subject) evaluate(property string) (a Actual, failure *LocateError) {
	expression, bad := readXPath(property)
	if bad != nil {
		return Actual{}, fail(BadXPath, bad.Message)
	}
	document, failure := s.parsedXML()
	if failure != nil {
		return Actual{}, failure
	}
	value, problem := expression.run(document)
	switch {
	case problem != nil:
		return Actual{}, fail(BadXPath, fmt.Sprintf("the XPath '%s' %s", property, problem))
	case value == nil:
		return Actual{}, fail(MissingNode, "the XPath '"+property+"' selects nothing in the response")
	}
	return actualOf(value), nil
}

// run evaluates an expression. The library panics on arguments of the wrong type, and the navigator when it has moved too often.
func (x *xPath) run(document *node) (v *jsontree.Value, problem error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			problem = evaluationProblem(panicked)
		}
	}()
	if err := settle(x.doubts, x.text, document); err != nil {
		return nil, err
	}
	return xpathValue(x.expression.Evaluate(newNavigator(document)), x.text), nil
}

func evaluationProblem(panicked any) error {
	switch p := panicked.(type) {
	case runtime.Error:
		return errors.New("cannot be evaluated on this response")
	default:
		if p == errTooLong {
			return errors.New("takes too long on this response")
		}
		return fmt.Errorf("cannot be evaluated: %v", p)
	}
}

func (s *Subject) parsedXML() (*node, *LocateError) {
	if !s.xml.done {
		s.xml.done = true
		document, err := parseXML(s.response.Body)
		if err != nil {
			s.xml.failure = notXML(s.response.Body, err)
		}
		s.xml.document = document
	}
	return s.xml.document, s.xml.failure
}

// notXML says what a body is instead, and why it cannot be read if it looks like XML.
func notXML(body []byte, err error) *LocateError {
	e := &LocateError{Kind: NotXML, Looks: looksLike(body)}
	switch e.Looks {
	case LooksEmpty:
		e.Message = "the response body is not XML: it is empty"
	case LooksXML, LooksHTML:
		problem := strings.TrimPrefix(err.Error(), "XML syntax error on ")
		if strings.Contains(problem, "invalid character entity") {
			problem += ": only the entities of XML itself are known, those of a document type are not expanded"
		}
		e.Message = "the response body is not XML: " + problem
	default:
		e.Message = fmt.Sprintf("the response body is not XML: it looks like %s", e.Looks)
	}
	return e
}

// xpathValue turns the library's result into a value; nil when nothing was selected.
func xpathValue(result any, expression string) *jsontree.Value {
	switch result := result.(type) {
	case *xpath.NodeIterator:
		first := firstNode(result, unordered.MatchString(expression))
		if first == nil {
			return nil
		}
		text, _ := first.value()
		return jsontree.FromString(text)
	case float64:
		text := strconv.FormatFloat(result, 'f', -1, 64)
		if math.IsNaN(result) || math.IsInf(result, 0) {
			return jsontree.FromString(strings.Replace(strings.TrimPrefix(text, "+"), "Inf", "Infinity", 1))
		}
		return jsontree.FromNumber(text)
	case bool:
		return jsontree.FromBool(result)
	case string:
		return jsontree.FromString(result)
	default:
		return nil
	}
}

// unordered finds in an expression what makes the library select nodes in another order than the document's.
var unordered = regexp.MustCompile(`\||ancestor|preceding`)

// firstNode returns the node that stands first in the document; nil when none was selected.
func firstNode(nodes *xpath.NodeIterator, search bool) *node {
	var first *node
	for nodes.MoveNext() {
		at := nodes.Current().(*navigator).at
		if !search {
			return at
		}
		if first == nil || at.order < first.order {
			first = at
		}
	}
	return first
}

// defaultPrefix is the prefix that the library is told for an element in a default namespace. No expression can spell it, so
// that names without prefix do not match such elements, as XPath 1.0 demands.
const defaultPrefix = "\uE0F8"

// inLibrary writes an expression so that the library takes it for what XPath 1.0 does.
func inLibrary(expression string) string { return plainNames(wholeNots(expression)) }

var notCall = regexp.MustCompile(`(^|[^\w.:-])not\s*\(`)

// wholeNots makes a boolean of what not() is asked of: the library says false of every text and number.
func wholeNots(expression string) string {
	blank := blankQuotes(expression)
	var b strings.Builder
	from := 0
	ends := map[int]int{}
	for _, call := range notCall.FindAllStringIndex(blank, -1) {
		ends[closing(expression, call[1]-1)-1]++
		b.WriteString(closed(expression, from, call[1], ends) + "boolean(")
		from = call[1]
	}
	return b.String() + closed(expression, from, len(expression), ends)
}

// closed is a part of an expression with the parentheses that have to be closed in it.
func closed(expression string, from, to int, ends map[int]int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(strings.Repeat(")", ends[i]))
		b.WriteByte(expression[i])
	}
	return b.String()
}

// plainNames takes the defaultPrefix out of what the function name() returns.
func plainNames(expression string) string {
	var b strings.Builder
	rest := expression
	for {
		start, end := nameCall(rest)
		if start < 0 {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(rest[:start] + "replace(" + rest[start:end] + ", '^" + defaultPrefix + ":', '')")
		rest = rest[end:]
	}
}

// nameCall finds the first call of name() outside of quotes.
func nameCall(expression string) (start, end int) {
	for i := 0; i < len(expression); i++ {
		switch c := expression[i]; {
		case c == '"' || c == '\'':
			i = skipQuoted(expression, i)
		case strings.HasPrefix(expression[i:], "name") && (i == 0 || !inName(expression[i-1])):
			open := i + len("name")
			for open < len(expression) && expression[open] == ' ' {
				open++
			}
			if open < len(expression) && expression[open] == '(' {
				return i, closing(expression, open)
			}
		}
	}
	return -1, -1
}

func inName(b byte) bool {
	return b == '-' || b == '_' || b == '.' || b == ':' || b == '$' || b == '@' || b >= 0x80 ||
		b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// skipQuoted returns the offset of the quote that closes the one at i.
func skipQuoted(expression string, i int) int {
	if length := strings.IndexByte(expression[i+1:], expression[i]); length >= 0 {
		return i + 1 + length
	}
	return len(expression)
}

// closing returns the offset behind the parenthesis that closes the one at i.
func closing(expression string, i int) int {
	depth := 0
	for ; i < len(expression); i++ {
		switch expression[i] {
		case '"', '\'':
			i = skipQuoted(expression, i)
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(expression)
}
