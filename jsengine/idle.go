package jsengine

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// assertingProperties are the words of Chai's chains that assert without being called.
var assertingProperties = []string{
	"ok", "true", "false", "null", "undefined", "NaN", "exist", "exists", "empty", "arguments", "Arguments", "itself", "extensible",
	"sealed", "frozen", "finite",
}

// idle warns of a statement that looks like a check and makes none, such as expect(a).to.equal without its parentheses: it passes
// whatever there is, here as in the hosted service.
func (s *scanner) idle(statement ast.Expression) {
	if at := idleChain(statement); at != nil {
		s.warn(at, "script-checks-nothing", "nothing is checked here: the chain ends before an assertion is called",
			"call it, as in expect(a).to.equal(b)")
	}
}

// idleChain returns the last word of a chain of Chai in which nothing asserts; nil when something does, and for anything else.
func idleChain(e ast.Expression) ast.Node {
	var last ast.Node
	for {
		switch n := e.(type) {
		case *ast.DotExpression:
			name := n.Identifier.Name.String()
			if last == nil {
				last = &n.Identifier
			}
			if name == "should" {
				return last
			}
			if slices.Contains(assertingProperties, name) {
				return nil
			}
			e = n.Left
		case *ast.CallExpression:
			if !isExpect(n.Callee) {
				return nil
			}
			return orNode(last, n.Callee)
		case *ast.Identifier:
			if n.Name != "assert" {
				return nil
			}
			return orNode(last, n)
		default:
			return nil
		}
	}
}

func orNode(n, otherwise ast.Node) ast.Node {
	if n == nil {
		return otherwise
	}
	return n
}

// isExpect knows expect and chai.expect.
func isExpect(callee ast.Expression) bool {
	if dot, ok := callee.(*ast.DotExpression); ok {
		left, isName := dot.Left.(*ast.Identifier)
		return isName && left.Name == "chai" && dot.Identifier.Name == "expect"
	}
	id, ok := callee.(*ast.Identifier)
	return ok && id.Name == "expect"
}

// assigned warns of assert(a = 1), where a comparison was meant.
func (s *scanner) assigned(call *ast.CallExpression) {
	if len(call.ArgumentList) == 0 || !isAssert(call.Callee) {
		return
	}
	assignment, ok := call.ArgumentList[0].(*ast.AssignExpression)
	if !ok || assignment.Operator != token.ASSIGN || !isConstant(assignment.Right) {
		return
	}
	s.warn(assignment, "script-checks-nothing", "this is an assignment and no comparison: what is asserted is always the same",
		"write == or ===, or assert.equal(a, b)")
}

// isAssert knows assert and those of its functions that look at one value.
func isAssert(callee ast.Expression) bool {
	if dot, ok := callee.(*ast.DotExpression); ok {
		left, isName := dot.Left.(*ast.Identifier)
		single := []string{"ok", "isOk", "isTrue", "isFalse", "isNotOk", "notOk"}
		return isName && left.Name == "assert" && slices.Contains(single, dot.Identifier.Name.String())
	}
	id, ok := callee.(*ast.Identifier)
	return ok && id.Name == "assert"
}

func isConstant(e ast.Expression) bool {
	switch e.(type) {
	case *ast.NumberLiteral, *ast.StringLiteral, *ast.BooleanLiteral, *ast.NullLiteral:
		return true
	}
	return false
}
