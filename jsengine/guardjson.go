package jsengine

import (
	"github.com/dop251/goja"
)

// jsonFunctions are the functions of JSON before a script could put others in their places.
type jsonFunctions struct{ parse, stringify goja.Callable }

func (m *machine) json() *jsonFunctions {
	if m.jsonOwn == nil {
		object := m.vm.Get("JSON").ToObject(m.vm)
		m.jsonOwn = &jsonFunctions{}
		m.jsonOwn.parse, _ = goja.AssertFunction(object.Get("parse"))
		m.jsonOwn.stringify, _ = goja.AssertFunction(object.Get("stringify"))
	}
	return m.jsonOwn
}

func (m *machine) guardParse() {
	m.json()
	m.wrap(m.vm.Get("JSON").ToObject(m.vm), "parse", func(original goja.Callable, call goja.FunctionCall) goja.Value {
		if len(call.Arguments) == 0 {
			return m.original(original, call)
		}
		call.Arguments = append([]goja.Value{m.asString(call.Arguments[0])}, call.Arguments[1:]...)
		if jsonNested(call.Arguments[0].String()) {
			panic(m.rangeError("Maximum call stack size exceeded: the JSON text is nested too deep"))
		}
		return m.original(original, call)
	})
}

func (m *machine) guardStringify() {
	m.json()
	m.wrap(m.vm.Get("JSON").ToObject(m.vm), "stringify", func(_ goja.Callable, call goja.FunctionCall) goja.Value { return m.stringify(call.Arguments...) })
}

// stringify calls JSON.stringify with a replacer that replaces nothing, and sees how deep it is: the engine takes time that
// grows with the square of the depth. A replacer of the script's own runs instructions, between which it can be stopped.
func (m *machine) stringify(args ...goja.Value) goja.Value {
	args = append([]goja.Value(nil), args...)
	if len(args) > 0 && isObject(args[0]) && (len(args) < 2 || !isObject(args[1])) {
		for len(args) < 2 {
			args = append(args, goja.Undefined())
		}
		args[1] = m.vm.ToValue(m.depthGuard())
	}
	v, err := m.json().stringify(goja.Undefined(), args...)
	m.must(err)
	return v
}

func isObject(v goja.Value) bool {
	_, ok := v.(*goja.Object)
	return ok
}

// depthGuard is a replacer. It is called with the holder of each value; the holders around it are on a stack.
func (m *machine) depthGuard() func(goja.FunctionCall) goja.Value {
	var holders []*goja.Object
	return func(call goja.FunctionCall) goja.Value {
		holder, value := call.This.(*goja.Object), call.Argument(1)
		for len(holders) > 0 && holders[len(holders)-1] != holder {
			holders = holders[:len(holders)-1]
		}
		if len(holders) == 0 {
			holders = append(holders, holder)
		}
		if object, ok := value.(*goja.Object); ok {
			holders = append(holders, object)
		}
		if len(holders) > maxJSONNesting {
			panic(m.rangeError("Maximum call stack size exceeded: the value is nested too deep for JSON"))
		}
		return value
	}
}
