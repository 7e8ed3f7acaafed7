package assertion

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"

	"github.com/antchfx/xpath"

	"offscope/bucket"
	"offscope/jsontree"
)

// A PropertyError says why a property names no value in any response.
type PropertyError struct {
	Property string
	// Offset is the byte of the property at which it goes wrong; -1 when the whole is meant.
	Offset int
	// Message is what [Subject.Locate] says of the property, too.
	Message string
}

// Error returns the message.
func (e *PropertyError) Error() string { return e.Message }

// CheckProperty says what is wrong with a property whatever the response holds: the syntax of a JSON path or an XPath, a
// header's name that no header can have. It is nil exactly where [Subject.Locate] would begin to search, and for sources that
// take no property or are not known. An XPath can still fail when it is evaluated. The error is a [*PropertyError].
func CheckProperty(src bucket.Source, property string) error {
	var err *PropertyError
	switch src {
	case bucket.ResponseJSON:
		_, err = readPath(property)
	case bucket.ResponseXML:
		_, err = readXPath(property)
	case bucket.ResponseHeaders:
		_, err = readHeaderName(property)
	}
	if err != nil {
		return err
	}
	return nil
}

func readPath(property string) (jsontree.Path, *PropertyError) {
	path, err := jsontree.ParsePath(property)
	if bad, ok := errors.AsType[*jsontree.PathError](err); ok {
		return path, &PropertyError{Property: property, Offset: bad.Offset, Message: bad.Error()}
	}
	return path, nil
}

// readHeaderName takes a name without the white space around it, as the editor may have left it there.
func readHeaderName(property string) (string, *PropertyError) {
	name := strings.TrimSpace(property)
	if name == "" {
		return "", &PropertyError{Property: property, Offset: -1, Message: "no header is named"}
	}
	if i := strings.IndexFunc(name, neverInHeaderName); i >= 0 {
		return "", &PropertyError{
			Property: property,
			Offset:   strings.Index(property, name) + i,
			Message:  fmt.Sprintf("no header can have the name '%s': it holds %q", name, firstRune(name[i:])),
		}
	}
	return name, nil
}

// neverInHeaderName reports whether a character is none of those that RFC 9110 calls a token's.
func neverInHeaderName(r rune) bool {
	return r >= 0x7F || r <= ' ' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func readXPath(property string) (*xPath, *PropertyError) {
	if strings.TrimSpace(property) == "" {
		return nil, &PropertyError{Property: property, Offset: -1, Message: "no XPath is given"}
	}
	if at := prefixedStar.FindStringIndex(blankQuotes(property)); at != nil {
		return nil, badXPath(property, at[1]-1, "a star cannot stand behind a prefix here: use namespace-uri() or local-name()")
	}
	if offset, problem := unpaired(property); problem != "" {
		return nil, badXPath(property, offset, problem)
	}
	plain := inLibrary(property)
	expression, err := xpath.Compile(plain)
	var crash runtime.Error
	switch {
	case errors.As(err, &crash):
		return nil, badXPath(property, -1, "it cannot be read")
	case err != nil:
		return nil, badXPath(property, -1, strings.TrimPrefix(err.Error(), "xpath: "))
	}
	// The library leaves off where an expression is complete, and would take "//a b" for "//a". In parentheses it cannot.
	if _, err := xpath.Compile("(" + plain + ")"); err != nil {
		return nil, badXPath(property, -1, "it goes on after its end")
	}
	doubts, problem := findDoubts(property)
	if problem != "" {
		return nil, badXPath(property, -1, problem)
	}
	return &xPath{text: property, expression: expression, doubts: doubts}, nil
}

// An xPath is an expression with what is doubtful in it.
type xPath struct {
	text       string
	expression *xpath.Expr
	doubts     []doubt
}

// The library would read m:* as a name that no element has.
var (
	prefixedStar = regexp.MustCompile(`[^:\s]:\s*\*`)
	quotedText   = regexp.MustCompile(`'[^']*'|"[^"]*"`)
)

// blankQuotes puts quotes in the place of what stands between quotes, so that offsets stay.
func blankQuotes(expression string) string {
	return quotedText.ReplaceAllStringFunc(expression, func(quoted string) string {
		return strings.Repeat("'", len(quoted))
	})
}

// unpaired finds a quote or bracket that has no partner.
func unpaired(expression string) (offset int, problem string) {
	var open []int
	for i := 0; i < len(expression); i++ {
		switch c := expression[i]; c {
		case '"', '\'':
			if skipQuoted(expression, i) == len(expression) {
				return i, "this quote is not closed"
			}
			i = skipQuoted(expression, i)
		case '(', '[':
			open = append(open, i)
		case ')', ']':
			last := len(open) - 1
			if last < 0 || (expression[open[last]] == '(') != (c == ')') {
				return i, fmt.Sprintf("this %c closes nothing", c)
			}
			open = open[:last]
		}
	}
	if last := len(open) - 1; last >= 0 {
		return open[last], fmt.Sprintf("this %c is not closed", expression[open[last]])
	}
	return 0, ""
}

func badXPath(property string, offset int, problem string) *PropertyError {
	return &PropertyError{Property: property, Offset: offset, Message: fmt.Sprintf("the XPath '%s' is not valid: %s", property, problem)}
}

// CheckTarget warns of a literal target with which a row says nothing, because it fails whatever the actual value is, or
// passes; "" when there is nothing to say. Such rows stand in real exports, and the hosted service takes them.
func CheckTarget(comparison bucket.Comparison, target string) (warning string) {
	switch comparison {
	case bucket.EqualNumber, bucket.IsLessThan, bucket.IsLessThanOrEqual, bucket.IsGreaterThan, bucket.IsGreaterThanOrEqual:
		if _, ok := parseDecimal(target); !ok {
			return targetProblem(target) + ": this row can never pass"
		}
	case bucket.DoesNotContain:
		if target == "" {
			return "the target is empty, and every value contains that: this row can never pass"
		}
	case bucket.Contains:
		if target == "" {
			return "the target is empty, and every value contains that: this row checks only that there is a value"
		}
	}
	return ""
}

// targetProblem says why a target cannot be compared as a number.
func targetProblem(target string) string {
	return "the target " + quote(target, true) + " is " + refusal(target)
}
