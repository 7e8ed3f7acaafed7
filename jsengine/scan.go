package jsengine

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/unistring"

	"offscope/source"
)

// facts are what the text of a script tells without running it.
type facts struct {
	libraries    []string
	should       bool     // the script names should, so objects need that property
	globals      []string // those the script names
	anyGlobal    bool     // the script can reach globals that it does not name
	sets, gets   []string
	setsComputed bool
	runsText     bool // the script may run texts as code
	warnings     []source.Diagnostic
	used         usedNames
	// mentioned are all names and texts in the script; computed says that it makes names of properties, too.
	mentioned map[string]bool
	computed  bool
	pollutes  bool            // the script may change built-in objects
	guarded   map[string]bool // the guards that were put into the tree
	loops
}

// scan reads the facts off the tree, and puts guards into it. It rather sees a library or a computed name too many than one too few.
func scan(tree *ast.Program, script source.Text) facts {
	s := scanner{script: script, names: map[string]bool{}}
	s.used = newUsedNames()
	s.guards = guardCalls{callees: map[*ast.Identifier]bool{}, used: map[string]bool{}}
	s.walk(reflect.ValueOf(tree.Body))
	s.guards.hasBig = s.guards.hasBig || s.names["BigInt"] || s.names["asIntN"] || s.names["getBigInt64"] || s.names["BigInt64Array"] || s.names["BigUint64Array"]
	s.guards.apply()
	for _, word := range []string{"prototype", "__proto__", "setPrototypeOf", "getPrototypeOf", "defineProperty", "defineProperties"} {
		s.pollutes = s.pollutes || s.names[word]
	}
	s.mentioned, s.guarded = s.names, s.guards.used
	s.should = s.names["should"]
	s.replacedRequest()
	for _, g := range globals {
		if s.names[g.name] {
			s.globals = append(s.globals, g.name)
		}
	}
	for _, name := range libraryNames {
		if slices.ContainsFunc(libraryMarks[name], func(mark string) bool { return s.names[mark] }) {
			s.libraries = append(s.libraries, name)
		}
	}
	return s.facts
}

// reaches reports whether the script may touch a global. A global is reached by its name, or through the global object,
// which needs one of the words that set anyGlobal.
func (f *facts) reaches(name string) bool {
	return f.anyGlobal || slices.Contains(f.globals, name)
}

// libraryMarks are the names by which a script reaches a library.
var libraryMarks = map[string][]string{
	libChai:       {"chai", "assert", "expect", "should"},
	libJSONSchema: {"jsonSchema", "notJsonSchema", "tv4"},
	libFuzzy:      {"like", "notLike", "containOneLike", "notContainOneLike", "jsonOf", "notJsonOf"},
	libUnderscore: {"_", "like", "notLike", "containOneLike", "notContainOneLike", "jsonOf", "notJsonOf"},
	libMoment:     {"moment"},
	libCryptoJS:   {"CryptoJS"},
}

type scanner struct {
	facts
	script source.Text
	names  map[string]bool // identifiers, property names and string literals
	// replaced are the assignments to request as a whole; ownRequest says that the script has a variable of that name.
	guards     guardCalls
	replaced   []*ast.Identifier
	ownRequest bool
}

var (
	astPackage  = reflect.TypeFor[ast.Program]().PkgPath()
	nodeType    = reflect.TypeFor[ast.Node]()
	skippedType = reflect.TypeFor[[]*ast.VariableDeclaration]() // lists the declarations of the body a second time
)

// walk visits every node below v. The tree has no walker of its own, and a switch over its seventy kinds of nodes could
// miss one.
func (s *scanner) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Type().Implements(nodeType) && v.Kind() == reflect.Pointer && s.visit(v.Interface().(ast.Node)) {
			return
		}
		s.walk(v.Elem())
	case reflect.Slice:
		if v.Type() == skippedType {
			return
		}
		for i := range v.Len() {
			s.walk(v.Index(i))
		}
	case reflect.Struct:
		s.walkStruct(v)
	}
}

func (s *scanner) walkStruct(v reflect.Value) {
	if v.Type().PkgPath() != astPackage {
		return
	}
	switch id := v.Interface().(type) {
	case ast.Identifier:
		s.identifier(id.Name)
		return
	case ast.PrivateIdentifier: // a part of a class
		return
	}
	for i := range v.NumField() {
		s.walk(v.Field(i))
	}
}

// visit looks at a node; it answers true when it has seen to the nodes below.
func (s *scanner) visit(node ast.Node) bool {
	s.used.note(node)
	s.loops.note(node)
	s.guards.note(node)
	switch n := node.(type) {
	case *ast.ExpressionStatement:
		s.idle(n.Expression)
	case *ast.CallExpression:
		s.calledRegExp(n.Callee, n.ArgumentList)
		s.localized(n)
		s.assigned(n)
		return s.variablesCall(n)
	case *ast.NewExpression:
		s.calledRegExp(n.Callee, n.ArgumentList)
	case *ast.DotExpression:
		s.property(n.Identifier.Name.String())
		s.walk(reflect.ValueOf(n.Left))
		return true
	case *ast.BracketExpression:
		s.bracket(n)
	case *ast.PropertyKeyed:
		s.computed = s.computed || n.Computed
	case *ast.StringLiteral:
		s.property(n.Value.String())
	case *ast.TemplateElement:
		s.property(n.Parsed.String())
	case *ast.RegExpLiteral:
		if strings.Contains(n.Flags, "u") {
			s.unicodeProperty(n.Pattern, n)
		}
	case *ast.ThisExpression:
		s.anyGlobal = true
	case *ast.Identifier:
		if n.Name == "Intl" {
			s.warn(n, "script-locale", "this script engine has no Intl", "format dates with moment(…).format(…)")
		}
	case *ast.AssignExpression:
		if id, ok := n.Left.(*ast.Identifier); ok && id.Name == "request" {
			s.replaced = append(s.replaced, id)
		}
		s.pollutes = s.pollutes || changesBuiltIn(n.Left)
	case *ast.Binding:
		if id, ok := n.Target.(*ast.Identifier); ok && id.Name == "request" {
			s.ownRequest = true
		}
	}
	return false
}

// changesBuiltIn reports whether an assignment changes a global of the language or a property of one.
func changesBuiltIn(target ast.Expression) bool {
	for {
		switch t := target.(type) {
		case *ast.Identifier:
			return t.Name != "" && unicode.IsUpper(rune(t.Name[0])) && slices.Contains(languageGlobals(), t.Name.String())
		case *ast.DotExpression:
			target = t.Left
		case *ast.BracketExpression:
			target = t.Left
		default:
			return false
		}
	}
}

// replacedRequest: vendor documentation says to assign the attributes of request. A new object in its place is the script's
// alone, and the request is sent as it was.
func (s *scanner) replacedRequest() {
	if s.ownRequest {
		return
	}
	for _, id := range s.replaced {
		s.warn(id, "script-replaced-request", "a new object in the place of request changes nothing of what is sent",
			"assign to its attributes: request.url = …, request.body = …")
	}
}

func (s *scanner) identifier(name unistring.String) {
	text := name.String()
	s.names[text] = true
	s.used.read = addName(s.used.read, text)
	switch text {
	case "eval", "Function", "globalThis": // everything can now be reached unseen
		s.anyGlobal, s.setsComputed = true, true
		s.runsText = s.runsText || text != "globalThis"
	case "variables":
		s.setsComputed = true
	}
}

func (s *scanner) property(name string) {
	s.names[name], s.used.properties[name] = true, true
	switch name {
	case "variables":
		s.setsComputed = true
	case "constructor": // [].constructor.constructor is Function
		s.anyGlobal = true
	}
}

func (s *scanner) bracket(n *ast.BracketExpression) {
	if _, number := n.Member.(*ast.NumberLiteral); !number {
		_, text := literalText(n.Member)
		s.computed = s.computed || !text
	}
	if _, ok := n.Left.(*ast.ThisExpression); !ok {
		return
	}
	if _, ok := literalText(n.Member); !ok {
		s.setsComputed = true
	}
}

// variablesCall sees variables.get(…) and variables.set(…) written in the plain way. Any other use of variables reaches
// identifier.
func (s *scanner) variablesCall(call *ast.CallExpression) bool {
	dot, ok := call.Callee.(*ast.DotExpression)
	if !ok {
		return false
	}
	if left, ok := dot.Left.(*ast.Identifier); !ok || left.Name != "variables" {
		return false
	}
	s.names["variables"] = true
	name, literal := "", false
	if len(call.ArgumentList) > 0 {
		name, literal = literalText(call.ArgumentList[0])
	}
	switch method := dot.Identifier.Name; {
	case method == "get" && literal:
		s.gets = addName(s.gets, name)
	case method == "set" && literal:
		s.sets = addName(s.sets, name)
	case method != "get":
		s.setsComputed = true
	}
	s.walk(reflect.ValueOf(call.ArgumentList))
	return true
}

func addName(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

func literalText(e ast.Expression) (string, bool) {
	switch e := e.(type) {
	case *ast.StringLiteral:
		return e.Value.String(), true
	case *ast.TemplateLiteral:
		if e.Tag == nil && len(e.Expressions) == 0 && len(e.Elements) == 1 {
			return e.Elements[0].Parsed.String(), true
		}
	}
	return "", false
}

// calledRegExp looks into RegExp("…", "u"), with and without new.
func (s *scanner) calledRegExp(callee ast.Expression, args []ast.Expression) {
	if id, ok := callee.(*ast.Identifier); !ok || id.Name != "RegExp" || len(args) < 2 {
		return
	}
	pattern, _ := literalText(args[0])
	flags, known := literalText(args[1])
	if !known || strings.Contains(flags, "u") {
		s.unicodeProperty(pattern, args[0])
	}
}

// unicodeProperty: the engine accepts such an expression, and it matches nothing.
func (s *scanner) unicodeProperty(pattern string, at ast.Node) {
	if strings.Contains(pattern, `\p{`) || strings.Contains(pattern, `\P{`) {
		s.warn(at, "script-unicode-property", `\p{…} in a regular expression never matches in this script engine`,
			"list the characters instead, such as [A-ZÄÖÜ]")
	}
}

// localized: the engine ignores the arguments of Date's toLocale functions, and Number's throws for a language.
func (s *scanner) localized(call *ast.CallExpression) {
	dot, ok := call.Callee.(*ast.DotExpression)
	if !ok || len(call.ArgumentList) == 0 {
		return
	}
	switch name := dot.Identifier.Name.String(); name {
	case "localeCompare":
		if len(call.ArgumentList) > 1 {
			s.warn(&dot.Identifier, "script-locale", "localeCompare ignores languages and options in this script engine",
				"compare with < and >, after toLowerCase() where case does not count")
		}
	case "toLocaleString", "toLocaleDateString", "toLocaleTimeString":
		s.warn(&dot.Identifier, "script-locale", name+" ignores languages and options in this script engine",
			"format dates with moment(…).format(…)")
	}
}

func (s *scanner) warn(at ast.Node, code, message, hint string) {
	start, end := offsetIn(at.Idx0()), offsetIn(at.Idx1())
	s.warnings = append(s.warnings, source.Diagnostic{
		Code: code, Severity: source.Warning, Place: s.script.At(start, end), Message: message, Hint: hint,
	})
}

// offsetIn turns a place of the tree into an offset: the one file of a tree begins at 1.
func offsetIn(i file.Idx) int { return int(i) - 1 }
