package jsengine

import (
	"math/big"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// Some of what a script may write cannot be guarded by putting another function in the place of a built-in one: operators, and
// eval, which sees the variables around it only while it is itself. There the tree of the script is changed before it is
// compiled, so that an operand goes through a guard. The guards have names that no script can write.
const (
	guardedSource  = " source" // the text for eval
	guardedEval    = " eval"   // eval where it is not called at once
	guardedLength  = " length" // the length of a new array
	guardedDouble  = " double" // a text that is put behind itself
	guardedYield   = " yield"  // what a generator delegates to
	guardedAwait   = " await"  // what an async function waits for
	guardedPower   = " power"  // these three: the result of an operator that may be one of big integers
	guardedProduct = " product"
	guardedShift   = " shift"
)

// guardCalls notes what has to be changed in the tree; the changes are made when all of it was seen.
type guardCalls struct {
	changes []func()
	big     []func() // those needed only if the script can have big integers
	callees map[*ast.Identifier]bool
	used    map[string]bool // the guards that were put in
	hasBig  bool
}

func (g *guardCalls) note(node ast.Node) {
	switch n := node.(type) {
	case *ast.CallExpression:
		g.call(n.Callee, n.ArgumentList)
	case *ast.NewExpression:
		g.newArray(n.Callee, n.ArgumentList)
	case *ast.Identifier:
		if n.Name == "eval" && !g.callees[n] {
			g.changes = append(g.changes, func() { n.Name = g.use(guardedEval) })
		}
	case *ast.YieldExpression:
		if n.Delegate {
			g.wrap(&n.Argument, guardedYield)
		}
	case *ast.AwaitExpression:
		g.wrap(&n.Argument, guardedAwait)
	case *ast.BinaryExpression:
		g.operator(n)
	case *ast.AssignExpression:
		g.assign(n)
	case *ast.NumberLiteral:
		if _, ok := n.Value.(*big.Int); ok {
			g.hasBig = true
		}
	}
}

func (g *guardCalls) call(callee ast.Expression, args []ast.Expression) {
	id, ok := callee.(*ast.Identifier)
	if !ok || id.Name != "eval" {
		g.newArray(callee, args)
		return
	}
	g.callees[id] = true
	if len(args) > 0 {
		g.wrap(&args[0], guardedSource)
	}
}

func (g *guardCalls) newArray(callee ast.Expression, args []ast.Expression) {
	if id, ok := callee.(*ast.Identifier); ok && id.Name == "Array" && len(args) == 1 {
		g.wrap(&args[0], guardedLength)
	}
}

// wrap puts a guard around an expression. A list that is spread stays as it is.
func (g *guardCalls) wrap(e *ast.Expression, guard string) {
	if _, spread := (*e).(*ast.SpreadElement); spread {
		return
	}
	g.changes = append(g.changes, func() { *e = g.through(guard, *e) })
}

func (g *guardCalls) through(guard string, args ...ast.Expression) ast.Expression {
	at := args[0].Idx0()
	return &ast.CallExpression{
		Callee:          &ast.Identifier{Name: unistring.String(g.use(guard)), Idx: at},
		LeftParenthesis: at, ArgumentList: args, RightParenthesis: at,
	}
}

func (g *guardCalls) use(guard string) unistring.String {
	g.used[guard] = true
	return unistring.String(guard)
}

var bigGuards = map[token.Token]string{
	token.EXPONENT: guardedPower, token.MULTIPLY: guardedProduct, token.SHIFT_LEFT: guardedShift,
}

// operator turns a*b into product(a, b) ?? 0, of which the second half never counts: a node cannot become one of another type.
func (g *guardCalls) operator(n *ast.BinaryExpression) {
	if n.Operator == token.PLUS && sameName(n.Left, n.Right) {
		g.wrap(&n.Right, guardedDouble)
	}
	guard, ok := bigGuards[n.Operator]
	if !ok {
		return
	}
	g.big = append(g.big, func() {
		at := n.Left.Idx0()
		n.Left = g.through(guard, n.Left, n.Right)
		n.Operator, n.Right = token.COALESCE, &ast.NumberLiteral{Idx: at, Literal: "0", Value: int64(0)}
	})
}

func (g *guardCalls) assign(n *ast.AssignExpression) {
	if dot, ok := n.Left.(*ast.DotExpression); ok && n.Operator == token.ASSIGN && dot.Identifier.Name == "length" {
		g.wrap(&n.Right, guardedLength)
	}
	if n.Operator == token.PLUS && sameName(n.Left, n.Right) {
		g.wrap(&n.Right, guardedDouble)
	}
	guard, ok := bigGuards[n.Operator]
	id, isName := n.Left.(*ast.Identifier)
	if !ok || !isName {
		return
	}
	g.big = append(g.big, func() {
		n.Right = g.through(guard, &ast.Identifier{Name: id.Name, Idx: id.Idx}, n.Right)
		n.Operator = token.ASSIGN
	})
}

// sameName finds the doubling of a text. A text that is doubled for ever fills the memory between two looks of the watchdog.
func sameName(a, b ast.Expression) bool {
	x, ok := a.(*ast.Identifier)
	y, also := b.(*ast.Identifier)
	return ok && also && x.Name == y.Name
}

// apply makes the changes. They run in the order of the text, so that of two around each other the outer comes first.
func (g *guardCalls) apply() {
	for _, change := range g.changes {
		change()
	}
	if g.hasBig {
		for _, change := range g.big {
			change()
		}
	}
}
