package jsengine

import "github.com/dop251/goja/ast"

// A span is a part of the script's text, by offsets.
type span struct{ start, end int }

func (s span) holds(offset int) bool { return s.start <= offset && offset < s.end }

// loops are where a script's loops and functions stand. The engine knows no place for a loop that calls and changes nothing:
// it names what it did last, or the beginning of the function.
type loops struct{ loops, functions []span }

func (l *loops) note(node ast.Node) {
	switch n := node.(type) {
	case *ast.ForStatement, *ast.ForInStatement, *ast.ForOfStatement, *ast.WhileStatement, *ast.DoWhileStatement:
		l.loops = append(l.loops, spanOf(n))
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral:
		l.functions = append(l.functions, spanOf(n))
	}
}

func spanOf(n ast.Node) span { return span{offsetIn(n.Idx0()), offsetIn(n.Idx1())} }

// running returns where the loop begins that a script is in without end, when the engine was last seen at an offset: the
// innermost loop around it, otherwise the next loop of the same function. It is the beginning and not the offset itself,
// because where in a round the limit strikes is chance.
func (l *loops) running(offset int) int {
	function := l.function(offset)
	around, next := -1, -1
	for _, loop := range l.loops {
		switch {
		case l.function(loop.start) != function:
		case loop.holds(offset):
			around = max(around, loop.start)
		case loop.start > offset && (next < 0 || loop.start < next):
			next = loop.start
		}
	}
	switch {
	case around >= 0:
		return around
	case next >= 0:
		return next
	}
	return offset
}

// function returns the innermost function at an offset, by its number; -1 outside of all.
func (l *loops) function(offset int) int {
	innermost := -1
	for i, f := range l.functions {
		if f.holds(offset) {
			innermost = i // those inside come behind
		}
	}
	return innermost
}
