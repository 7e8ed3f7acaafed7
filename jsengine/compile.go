package jsengine

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"

	"offscope/source"
)

// A Program is a script that was compiled. It does not change, and may run in several goroutines at once.
type Program struct {
	script source.Text
	name   string
	code   *goja.Program
	facts
}

// Compile compiles a script. The name is what excerpts of it are headed with, such as "step 3, post-response script 1".
// When the script cannot be compiled the diagnostic says where: its place is in the file, its message has line and column
// in the script, and not the name.
func Compile(script source.Text, name string) (p *Program, problem *source.Diagnostic) {
	defer func() {
		if r := recover(); r != nil {
			p, problem = nil, syntaxError(script, 0, fmt.Sprintf("the script engine cannot compile it: %v", r))
		}
	}()
	fixRegexpTimeout(DefaultTimeout)
	if at := tooNested(script.Value); at >= 0 {
		return nil, nestingProblem(script, at)
	}
	tree, err := parser.ParseFile(nil, name, script.Value, 0, parserOptions...)
	if err != nil {
		return nil, explainSyntax(script, err)
	}
	f := scan(tree, script)
	code, err := goja.CompileAST(tree, false)
	if err != nil {
		return nil, explainSyntax(script, err)
	}
	return &Program{script: script, name: name, code: code, facts: f}, nil
}

// Libraries returns the names of the script libraries that the script names, in a fixed order: "chai",
// "chai-json-schema", "chai-fuzzy", "underscore", "moment", "crypto-js". One that is reached in a way that cannot be seen
// in the text is missing here, and loaded all the same when the script touches it.
func (p *Program) Libraries() []string { return p.libraries }

// Sets returns the names that the script gives to variables.set as literals, and whether the script may set other names
// too: by a computed name, or in a way that cannot be seen in the text.
func (p *Program) Sets() (literal []string, computed bool) { return p.sets, p.setsComputed }

// Gets returns the names that the script gives to variables.get as literals.
func (p *Program) Gets() []string { return p.gets }

// Warnings are remarks on constructs that the engine accepts and that do not do what their author expects.
func (p *Program) Warnings() []source.Diagnostic { return p.warnings }

func (p *Program) needsChai() bool {
	return len(p.libraries) > 0 && p.libraries[0] == libChai
}

func explainSyntax(script source.Text, err error) *source.Diagnostic {
	var list parser.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		first := list[0]
		return syntaxError(script, offsetOf(script.Value, first.Position), first.Message)
	}
	var early *goja.CompilerSyntaxError
	if errors.As(err, &early) {
		return syntaxError(script, early.Offset, early.Message)
	}
	return syntaxError(script, 0, err.Error())
}

func syntaxError(script source.Text, offset int, message string) *source.Diagnostic {
	at := script.Position(offset)
	return &source.Diagnostic{
		Code:    "script-syntax",
		Place:   script.At(offset, offset+wordAt(script.Value, offset)),
		Message: fmt.Sprintf("syntax error at line %d, column %d of the script: %s", at.Line, at.Col, lowerFirst(message)),
		Hint:    syntaxHint(script.Value[min(offset, len(script.Value)):], message),
	}
}

// syntaxHint names the gaps of the engine, which its parser reports as if they were mistakes.
func syntaxHint(rest, message string) string {
	switch word := firstWord(rest); {
	case word == "return":
		return "a script is no function: put it into one, (function () { … })()"
	case word == "await":
		return "await works inside an async function only"
	case word == "import" || word == "export":
		return "there are no modules; the libraries are there without being imported"
	case strings.Contains(message, "RegExp"):
		return "the flags d and v are not supported"
	}
	return ""
}

// offsetOf returns the byte offset of a position of the parser, which counts more characters as line ends than a file
// does.
func offsetOf(text string, at file.Position) int {
	offset := 0
	for line := 1; line < at.Line; line++ {
		next := nextLine(text[offset:])
		if next < 0 {
			return len(text)
		}
		offset += next
	}
	return min(offset+max(at.Column-1, 0), len(text))
}

func nextLine(text string) int {
	i := strings.IndexAny(text, "\n\r\u2028\u2029")
	if i < 0 {
		return -1
	}
	if strings.HasPrefix(text[i:], "\r\n") {
		return i + 2
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	return i + size
}

// calleeOf moves from the parenthesis of a call, which is where the engine places calls, to the name that is called.
func calleeOf(text string, offset int) int {
	if offset >= len(text) || text[offset] != '(' {
		return offset
	}
	start := strings.LastIndexFunc(text[:offset], notInWord)
	if start >= 0 {
		_, size := utf8.DecodeRuneInString(text[start:])
		start += size
	}
	start = max(start, 0)
	if start == offset {
		return offset // what is called has no name
	}
	return start
}

// wordAt returns how many bytes a name or number at the offset takes, at least 1: what a caret should underline.
func wordAt(text string, offset int) int {
	if offset >= len(text) {
		return 1
	}
	return max(1, len(firstWord(text[offset:])))
}

func firstWord(text string) string {
	if end := strings.IndexFunc(text, notInWord); end >= 0 {
		return text[:end]
	}
	return text
}

func notInWord(r rune) bool {
	return r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[size:]
}
