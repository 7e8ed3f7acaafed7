package jsengine

import (
	"slices"
	"sync"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// Unknown returns the global names that the script reads and that nobody defines: not the script, not the language, and not
// the script API, and none of the custom libraries given. Of a library every name it declares anywhere counts, and of one that
// can reach the global object every name of a property, too. A name that the script asks for by typeof is not among them, nor
// one that it may define in a way that cannot be seen in the text; a library that runs texts may define any name.
//
// It is worked out anew at each call, because only who looks into a file asks.
func (p *Program) Unknown(libraries ...*Library) []string {
	var unknown []string
	for _, name := range p.used.unknown(p.anyGlobal) {
		if !slices.ContainsFunc(libraries, func(l *Library) bool { return l.program.mayDefine(name) }) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

func (f *facts) mayDefine(name string) bool {
	return f.used.declared[name] || f.runsText || f.anyGlobal && f.used.properties[name]
}

// KnownElsewhere returns what to say of a global that other environments of scripts have and this one has not, such as
// require; "" when nothing is known of the name.
func KnownElsewhere(name string) string { return hints[name] }

// usedNames are the names of variables in a script.
type usedNames struct {
	read                          []string // in the order of the text
	declared, guarded, properties map[string]bool
}

func newUsedNames() usedNames {
	return usedNames{declared: map[string]bool{}, guarded: map[string]bool{}, properties: map[string]bool{}}
}

// note looks at a node for names that it declares. One declared anywhere counts everywhere.
func (u *usedNames) note(node ast.Node) {
	switch n := node.(type) {
	case *ast.Binding:
		u.declare(n.Target)
	case *ast.AssignExpression:
		u.declare(n.Left)
	case *ast.FunctionLiteral:
		u.declareName(n.Name)
	case *ast.ClassLiteral:
		u.declareName(n.Name)
	case *ast.CatchStatement:
		u.declare(n.Parameter)
	case *ast.ForDeclaration:
		u.declare(n.Target)
	case *ast.ForIntoExpression:
		u.declare(n.Expression)
	case *ast.ParameterList:
		u.declare(n.Rest)
	case *ast.LabelledStatement: // labels are no variables
		u.declareName(n.Label)
	case *ast.BranchStatement:
		u.declareName(n.Label)
	case *ast.MetaProperty:
		u.declareName(n.Meta)
		u.declareName(n.Property)
	case *ast.UnaryExpression:
		if id, ok := n.Operand.(*ast.Identifier); ok && n.Operator == token.TYPEOF {
			u.guarded[id.Name.String()] = true
		}
	}
}

func (u *usedNames) declareName(id *ast.Identifier) {
	if id != nil {
		u.declared[id.Name.String()] = true
	}
}

// declare takes the names out of the target of a declaration or an assignment, which may be a pattern.
func (u *usedNames) declare(target any) {
	switch t := target.(type) {
	case *ast.Identifier:
		u.declareName(t)
	case *ast.AssignExpression: // a default
		u.declare(t.Left)
	case *ast.ArrayPattern:
		for _, e := range t.Elements {
			u.declare(e)
		}
		u.declare(t.Rest)
	case *ast.ObjectPattern:
		for _, p := range t.Properties {
			switch p := p.(type) {
			case *ast.PropertyShort:
				u.declareName(&p.Name)
			case *ast.PropertyKeyed:
				u.declare(p.Value)
			}
		}
		u.declare(t.Rest)
	}
}

// unknown returns the names nobody defines. When the script can reach the global object, its properties may be variables.
func (u *usedNames) unknown(propertiesToo bool) []string {
	var out []string
	for _, name := range u.read {
		known := u.declared[name] || u.guarded[name] || propertiesToo && u.properties[name] || slices.Contains(languageGlobals(), name)
		if !known {
			out = addName(out, name)
		}
	}
	return out
}

// languageGlobals are the names that the engine and the script API define.
var languageGlobals = sync.OnceValue(func() []string {
	names := append(goja.New().GlobalObject().GetOwnPropertyNames(), "undefined", "arguments")
	for _, g := range globals {
		names = append(names, g.name)
	}
	return names
})
