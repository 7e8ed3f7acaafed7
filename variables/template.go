package variables

import (
	"slices"
	"strings"

	"offscope/source"
)

// A Template is a text with references to variables and functions in double braces. The zero Template is the empty text.
type Template struct {
	text source.Text
	refs []reference // in order of the text; what lies between them is literal
}

// A reference is one {{…}}, given by offsets into the template's text.
type reference struct {
	start, end int    // with its braces
	function   string // the name before the parenthesis; "" when it has no arguments
	argument   int    // where the argument begins, and
	argumentTo int    // where it ends, when there is a function
	nested     []reference
	encloses   bool // it is a pair of braces around other references, which is never a name
}

// A Use is one need of a template: a variable, or a built-in that takes the place of an undefined variable.
type Use struct {
	// Name is the text between the braces without surrounding spaces, or the bare name of a function.
	Name string
	// Function says that Name is a built-in. One without parentheses, such as timestamp, can be hidden by a user variable.
	Function bool
	// Argument is a function's argument as written, nested templates included.
	Argument string
	// Place spans the reference with its braces.
	Place source.Place
	// Why explains an undefined name where more is known; "" otherwise.
	Why string
}

// Parse reads a text as a template. It never fails: braces that do not make a reference are literal text, since the hosted
// service knows no way to escape them and real exports hold stray ones.
//
// A reference is {{name}} or {{function(argument)}}. Names may hold spaces but no line break. References nest inside of
// arguments only: {{a{{b}}}} is one variable of that strange name, which nobody defines, rather than braces that are sent with
// a value between them. Of more than two opening braces the last two count, so that JSON such as {"a":{{{key}}:1}} works.
func Parse(text source.Text) Template {
	if !strings.Contains(text.Value, "{{") {
		return Template{text: text}
	}
	p := parser{text: text.Value}
	return Template{text: text, refs: enclose(text.Value, p.parse())}
}

// Text returns what was parsed.
func (t Template) Text() source.Text { return t.text }

// Literal reports whether the template has no reference, so that its expansion is its text.
func (t Template) Literal() bool { return len(t.refs) == 0 }

// Uses returns every variable and function the template needs, in order of the text; those nested in another one come before
// it. What lies deeper than functions may nest is left out, because it is never looked up.
func (t Template) Uses() []Use {
	return t.appendUses(nil, t.refs, 0)
}

func (t Template) appendUses(uses []Use, refs []reference, depth int) []Use {
	if depth > maxNesting {
		return uses
	}
	for _, r := range refs {
		uses = append(t.appendUses(uses, r.nested, depth+1), t.use(r))
	}
	return uses
}

func (t Template) use(r reference) Use {
	u := Use{Name: t.name(r), Place: t.text.At(r.start, r.end), Why: t.why(r)}
	switch {
	case isCall(r.function):
		u.Name, u.Function = r.function, true
		u.Argument = t.text.Value[r.argument:r.argumentTo]
	case r.function == "":
		u.Function = isBare(u.Name)
	}
	return u
}

// name is the text between the braces without surrounding spaces.
func (t Template) name(r reference) string {
	return strings.TrimSpace(t.text.Value[r.start+2 : r.end-2])
}

// why explains a reference that has no value because of its form.
func (t Template) why(r reference) string {
	if r.encloses {
		return "names do not nest"
	}
	return ""
}

// A parser reads a template in one pass. Its stack holds the references that are open.
type parser struct {
	text  string
	done  []reference
	stack []open
}

// An open reference. One that calls a function ends at )}}, so that its argument may hold braces; only when there is no )}}
// does the first }} end it, and it is a plain name.
type open struct {
	start      int
	argument   int // behind the parenthesis; 0 when it does not begin like a call
	firstClose int // offset of the first }} that did not end the call; 0 when there was none
	before     int // how many nested references lie before firstClose
	nested     []reference
}

func (p *parser) parse() []reference {
	for i := 0; i+1 < len(p.text); {
		switch p.text[i : i+2] {
		case "{{":
			i = p.open(i)
		case "}}":
			i = p.close(i)
		default:
			i++
		}
	}
	p.abandon()
	return p.done
}

// open begins a reference at the last two of a run of braces and returns where to go on.
func (p *parser) open(i int) int {
	for i < len(p.text) && p.text[i] == '{' {
		i++
	}
	if n := len(p.stack); n > 0 && p.stack[n-1].argument == 0 {
		p.stack = p.stack[:n-1] // names hold no braces: what was open is literal
	}
	p.stack = append(p.stack, open{start: i - 2, argument: callAt(p.text, i)})
	return i
}

func (p *parser) close(i int) int {
	if len(p.stack) == 0 {
		return i + 1
	}
	top := &p.stack[len(p.stack)-1]
	if top.argument == 0 {
		p.pop()
		p.addName(top.start, i)
		return i + 2
	}
	parenthesis := len(strings.TrimRight(p.text[top.argument:i], " \t\r\n")) + top.argument - 1
	if parenthesis < top.argument || p.text[parenthesis] != ')' || endsInside(top.nested, parenthesis) {
		if top.firstClose == 0 {
			top.firstClose, top.before = i, len(top.nested)
		}
		return i + 1
	}
	p.pop()
	p.add(reference{
		start: top.start, end: i + 2, nested: top.nested,
		function: strings.TrimSpace(p.text[top.start+2 : top.argument-1]),
		argument: top.argument, argumentTo: parenthesis,
	})
	return i + 2
}

// endsInside reports whether an offset lies in the last nested reference.
func endsInside(nested []reference, offset int) bool {
	return len(nested) > 0 && offset < nested[len(nested)-1].end
}

// abandon gives up what is open at the end of the text; each open reference begins behind all that is nested in the one
// before. A call that lacks its parenthesis becomes a name, which nobody defines: a message is better than sending it as it
// is. What is nested stays otherwise.
func (p *parser) abandon() {
	stack := p.stack
	p.stack = nil
	for _, o := range stack {
		nested := o.nested
		if o.firstClose > 0 && p.addName(o.start, o.firstClose) {
			nested = nested[o.before:]
		}
		p.add(nested...)
	}
}

func (p *parser) pop() { p.stack = p.stack[:len(p.stack)-1] }

// addName adds a reference without arguments, unless what stands between the braces cannot be a name.
func (p *parser) addName(start, end int) bool {
	name := strings.TrimSpace(p.text[start+2 : end])
	if name == "" || strings.ContainsAny(name, "\r\n") {
		return false
	}
	p.add(reference{start: start, end: end + 2})
	return true
}

func (p *parser) add(refs ...reference) {
	if n := len(p.stack); n > 0 {
		p.stack[n-1].nested = append(p.stack[n-1].nested, refs...)
		return
	}
	p.done = append(p.done, refs...)
}

// callAt returns the offset behind the parenthesis when text goes on at i like a call: a word, then a parenthesis. Else 0.
func callAt(text string, i int) int {
	for i < len(text) && text[i] == ' ' {
		i++
	}
	word := i
	for i < len(text) && isWord(text[i]) {
		i++
	}
	if i == word || i == len(text) || text[i] != '(' {
		return 0
	}
	return i + 1
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// enclose makes references of the pairs of braces that stand around others in one line.
func enclose(text string, refs []reference) []reference {
	e := encloser{text: text}
	start := 0
	for _, r := range refs {
		e.literal(start, r.start)
		e.reference(r)
		start = r.end
	}
	e.literal(start, len(text))
	return e.refs
}

// An encloser goes over references and the literal text between them.
type encloser struct {
	text  string
	refs  []reference
	stack []brace
}

// A brace is a pair of opening braces in literal text.
type brace struct {
	start int
	refs  int // how many references lie before it
}

// reference adds a reference that is complete.
func (e *encloser) reference(r reference) {
	if strings.ContainsAny(e.text[r.start:r.end], "\r\n") {
		e.stack = nil
	}
	e.refs = append(e.refs, r)
}

func (e *encloser) literal(start, end int) {
	for i := start; i < end; {
		switch c := e.text[i]; {
		case c == '\r' || c == '\n':
			e.stack = nil
			i++
		case i+1 == end || c != e.text[i+1]:
			i++
		case c == '{':
			i = e.open(i, end)
		case c == '}':
			e.close(i + 2)
			i += 2
		default:
			i++
		}
	}
}

// open takes the last two of a run of braces and returns where to go on.
func (e *encloser) open(i, end int) int {
	for i < end && e.text[i] == '{' {
		i++
	}
	e.stack = append(e.stack, brace{start: i - 2, refs: len(e.refs)})
	return i
}

// close puts one reference in the place of those that stand inside of the pair that ends here.
func (e *encloser) close(end int) {
	if len(e.stack) == 0 {
		return
	}
	top := e.stack[len(e.stack)-1]
	e.stack = e.stack[:len(e.stack)-1]
	if inside := e.refs[top.refs:]; len(inside) > 0 {
		outer := reference{start: top.start, end: end, nested: slices.Clone(inside), encloses: true}
		e.refs = append(e.refs[:top.refs], outer)
	}
}
