package jsengine

import (
	"fmt"
	"strings"

	"offscope/source"
)

// The parsers and the compiler of the engine call themselves for each level of nesting, and a Go stack that is full ends the
// whole process. So nesting is counted before a text is parsed.
const (
	// maxJSONNesting is how deep JSON may be nested; Go's own decoder has the same bound.
	maxJSONNesting = 10_000

	// maxNesting is how many brackets of a script may be open at once: the engine needs a few kilobytes of stack for each.
	maxNesting = 2_000

	// maxRun is how many bytes of code may stand between two of the characters ; , { }. Operators nest without brackets, as
	// in !!!x or a+b+c, but inside of a statement.
	maxRun = 100_000
)

// tooNested returns where a script is nested deeper than the engine can parse, or -1.
func tooNested(text string) int {
	if len(text) <= maxNesting {
		return -1
	}
	if !suspicious(text) {
		return -1
	}
	return newNesting(text).find()
}

// suspicious takes brackets in strings for brackets: it is quick, and seldom wrong.
func suspicious(text string) bool {
	depth, run := 0, 0
	for i := range len(text) {
		run++
		switch text[i] {
		case '(', '[':
			depth++
		case '{':
			depth, run = depth+1, 0
		case ')', ']':
			depth = max(depth-1, 0)
		case '}':
			depth, run = max(depth-1, 0), 0
		case ';', ',':
			run = 0
		}
		if depth > maxNesting || run > maxRun {
			return true
		}
	}
	return false
}

// nesting counts the brackets of a script outside of its strings and comments. It takes a regular expression for code, which
// can only count too much.
type nesting struct {
	text       string
	at         int
	depth, run int
}

func newNesting(text string) *nesting { return &nesting{text: text} }

func (n *nesting) find() int {
	for n.at < len(n.text) {
		n.step()
		if n.depth > maxNesting || n.run > maxRun {
			return n.at
		}
		n.at++
	}
	return -1
}

func (n *nesting) step() {
	n.run++
	switch c := n.text[n.at]; c {
	case '"', '\'':
		n.skipString(c)
	case '/':
		n.skipComment()
	case '(', '[':
		n.depth++
	case '{':
		n.depth, n.run = n.depth+1, 0
	case ')', ']':
		n.depth = max(n.depth-1, 0)
	case '}':
		n.depth, n.run = max(n.depth-1, 0), 0
	case ';', ',':
		n.run = 0
	}
}

// skipString moves to the closing quote. A string ends with its line; a quote without an end on its line was none, but part of
// a regular expression, say.
func (n *nesting) skipString(quote byte) {
	for i := n.at + 1; i < len(n.text) && n.text[i] != '\n'; i++ {
		switch n.text[i] {
		case '\\':
			i++
		case quote:
			n.at = i
			return
		}
	}
}

func (n *nesting) skipComment() {
	rest := n.text[n.at:]
	switch {
	case strings.HasPrefix(rest, "//"):
		if end := strings.IndexByte(rest, '\n'); end >= 0 {
			n.at += end
		} else {
			n.at = len(n.text) - 1
		}
	case strings.HasPrefix(rest, "/*"):
		if end := strings.Index(rest[2:], "*/"); end >= 0 {
			n.at += end + 3
		}
	}
}

func nestingProblem(script source.Text, at int) *source.Diagnostic {
	p := syntaxError(script, at, fmt.Sprintf("the script is nested too deep here: more than %d brackets, or %d bytes without a separator",
		maxNesting, maxRun))
	p.Code = "script-nesting"
	p.Hint = "put data into a string and read it with JSON.parse"
	return p
}

// jsonNested reports whether a JSON text is nested deeper than it may be. What is no JSON at all is the parser's business.
func jsonNested(text string) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case quoted:
		case c == '[', c == '{':
			if depth++; depth > maxJSONNesting {
				return true
			}
		case c == ']', c == '}':
			depth--
		}
	}
	return false
}
