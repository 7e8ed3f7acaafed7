package jsengine

import (
	"errors"
	"reflect"
	"slices"
	"sync"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// A script can have texts compiled by eval and Function. Both are guarded: a text that is nested too deep is refused before the
// engine parses it. What reaches the engine's own eval in a way that no guard has seen, such as an eval inside of a text for
// eval, is refused by the parser itself, through an option that it asks before it begins.

// A codeGuard counts the texts that were found harmless and not parsed yet.
type codeGuard struct {
	allowed int
	armed   bool
}

var errHiddenEval = errors.New("eval is supported only where the script itself calls it")

// parserOption is asked before each parse. The type of its argument is the parser's own, so it is made by reflection.
func (m *machine) parserOption() parser.Option {
	return reflect.MakeFunc(reflect.TypeFor[parser.Option](), func([]reflect.Value) []reflect.Value {
		if m.code.armed && m.code.allowed == 0 {
			panic(m.vm.NewTypeError(errHiddenEval.Error()))
		}
		m.code.allowed = max(m.code.allowed-1, 0)
		return nil
	}).Interface().(parser.Option)
}

// guardCode guards eval and the constructors of functions.
func (m *machine) guardCode() {
	m.method(m.vm.GlobalObject(), guardedSource, func(call goja.FunctionCall) goja.Value {
		m.allow(call.Argument(0))
		return call.Argument(0)
	})
	eval, _ := goja.AssertFunction(m.vm.Get("eval"))
	indirect := m.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		m.allow(call.Argument(0))
		return m.original(eval, call)
	})
	m.property(m.vm.GlobalObject(), guardedEval, indirect)
	for _, f := range functionKinds() {
		v, err := m.vm.RunProgram(f)
		m.must(err)
		m.guardFunctions(v.ToObject(m.vm))
	}
	m.vm.SetParserOptions(append(slices.Clone(parserOptions), m.parserOption())...)
	m.code.armed = true
}

// functionKinds are programs that give a function of each kind.
var functionKinds = sync.OnceValue(func() []*goja.Program {
	var all []*goja.Program
	for _, text := range []string{"(function () {})", "(function* () {})", "(async function () {})"} {
		program, err := compileOwn("(guard)", text)
		if err != nil {
			panic(err)
		}
		all = append(all, program)
	}
	return all
})

func (m *machine) guardFunctions(sample *goja.Object) {
	prototype := sample.Prototype()
	target, ok := prototype.Get("constructor").(*goja.Object)
	if !ok {
		return
	}
	construct, ok := goja.AssertConstructor(target)
	if !ok {
		return
	}
	build := func(args []goja.Value, newTarget *goja.Object) *goja.Object {
		args = slices.Clone(args)
		for i := range args {
			args[i] = m.asString(args[i])
		}
		m.allow(args...)
		object, err := construct(newTarget, args...)
		m.must(err)
		return object
	}
	proxy := m.vm.ToValue(m.vm.NewProxy(target, &goja.ProxyTrapConfig{
		GetSym: m.instanceOf,
		Construct: func(_ *goja.Object, args []goja.Value, newTarget *goja.Object) *goja.Object {
			return build(args, newTarget)
		},
		Apply: func(_ *goja.Object, _ goja.Value, args []goja.Value) goja.Value { return build(args, nil) },
	}))
	m.must(prototype.DefineDataProperty("constructor", proxy, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	if global, ok := m.vm.Get("Function").(*goja.Object); ok && global == target {
		m.property(m.vm.GlobalObject(), "Function", proxy)
	}
}

// allow lets the next parse pass if its text, which is made of the parts, may be parsed. A value that is no text is not
// parsed at all.
func (m *machine) allow(parts ...goja.Value) {
	total := 0
	for _, p := range parts {
		s, ok := p.(goja.String)
		if !ok {
			return
		}
		if text := s.String(); tooNested(text) >= 0 {
			panic(m.rangeError("Maximum call stack size exceeded: the text is nested too deep to be compiled"))
		}
		total += s.Length()
	}
	m.code.allowed = 1
}
