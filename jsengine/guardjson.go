package jsengine

import (
	"fmt"
	"slices"

	"github.com/dop251/goja"
)

// jsonFunctions are functions of the language before a script could put others in their places.
type jsonFunctions struct{ parse, stringify, isArray goja.Callable }

func (m *machine) json() *jsonFunctions {
	if m.jsonOwn == nil {
		object := m.vm.Get("JSON").ToObject(m.vm)
		m.jsonOwn = &jsonFunctions{}
		m.jsonOwn.parse, _ = goja.AssertFunction(object.Get("parse"))
		m.jsonOwn.stringify, _ = goja.AssertFunction(object.Get("stringify"))
		m.jsonOwn.isArray, _ = goja.AssertFunction(m.vm.Get("Array").ToObject(m.vm).Get("isArray"))
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
	m.wrap(m.vm.Get("JSON").ToObject(m.vm), "stringify", func(_ goja.Callable, call goja.FunctionCall) goja.Value {
		return m.stringify(m.newWriting(), call.Arguments...)
	})
}

// stringify calls JSON.stringify with a replacer that watches it. A replacer of the script's own runs instructions, between
// which it can be stopped; a list of names is left to the watch, because nothing else could stop what works with it.
func (m *machine) stringify(w *writing, args ...goja.Value) goja.Value {
	args = append(slices.Clone(args), goja.Undefined(), goja.Undefined())[:max(len(args), 2)]
	if isObject(args[0]) {
		w.only = m.nameList(args[1])
		if w.only != nil || !isObject(args[1]) {
			args[1] = m.vm.ToValue(w.visit)
		}
	}
	v, err := m.json().stringify(goja.Undefined(), args...)
	m.must(err)
	return v
}

func isObject(v goja.Value) bool {
	_, ok := v.(*goja.Object)
	return ok
}

func (m *machine) isArray(v goja.Value) bool {
	answer, err := m.json().isArray(goja.Undefined(), v)
	m.must(err)
	return answer.ToBoolean()
}

// nameList reads a replacer that is a list: the names of the members to be written, in order. nil means that it is none.
func (m *machine) nameList(v goja.Value) []string {
	list, ok := v.(*goja.Object)
	if !ok || !m.isArray(v) {
		return nil
	}
	m.checkLength(v)
	names, known := []string{}, map[string]bool{}
	for i := range length(v) {
		item := list.Get(fmt.Sprint(i))
		if name, ok := listedName(item); ok && !known[name] {
			names, known[name] = append(names, name), true
		}
	}
	return names
}

func listedName(v goja.Value) (string, bool) {
	switch v := v.(type) {
	case goja.String:
		return v.String(), true
	case *goja.Object:
		if class := v.ClassName(); class != "String" && class != "Number" {
			return "", false
		}
		return v.String(), true
	}
	return fmt.Sprint(v), v != nil && goja.IsNumber(v)
}

// A writing is one call of JSON.stringify. The engine hears of no stop in it, takes time that grows with the square of the
// depth, and writes a value as often as it is referred to: thirty arrays that hold the one before twice make a billion.
// So each value is looked at, before it is written, by a replacer that replaces nothing.
type writing struct {
	m       *machine
	only    []string // nil, or the names to be written
	longest float64  // bytes
	most    int64    // values; 0 means any number
	onLong  func() *goja.Object
	onMany  func() *goja.Object

	bytes   float64 // at least so many
	values  int64
	holders []holder // the one that is being written, and those around it
}

type holder struct {
	seen     *goja.Object // what the engine walks through
	original *goja.Object // differs where names are left out
	array    bool
}

func (m *machine) newWriting() *writing {
	return &writing{m: m, longest: m.longestString(), onLong: func() *goja.Object { return m.rangeError("Invalid string length") }}
}

// visit is the replacer. It is called with the holder of each value.
func (w *writing) visit(call goja.FunctionCall) goja.Value {
	w.m.heed()
	w.leave(call.This.(*goja.Object))
	value := call.Argument(1)
	w.count(call.Argument(0), value)
	object, ok := value.(*goja.Object)
	if !ok {
		return value
	}
	next := holder{seen: object, original: object, array: object.ClassName() == "Array"}
	if w.only != nil {
		next = w.filtered(object)
	}
	w.holders = append(w.holders, next)
	if len(w.holders) > maxJSONNesting {
		panic(w.m.rangeError("Maximum call stack size exceeded: the value is nested too deep for JSON"))
	}
	return next.seen
}

// leave forgets the holders that are through.
func (w *writing) leave(current *goja.Object) {
	for len(w.holders) > 0 && w.holders[len(w.holders)-1].seen != current {
		w.holders = w.holders[:len(w.holders)-1]
	}
	if len(w.holders) == 0 {
		w.holders = append(w.holders, holder{seen: current, original: current, array: true})
	}
}

// count counts a value, and never more than it takes: what fits must not be refused.
func (w *writing) count(key, value goja.Value) {
	array := w.holders[len(w.holders)-1].array
	size := leastJSON(value)
	if size == 0 && !array {
		return // is left out
	}
	w.values++
	w.bytes += size + 1
	if name, ok := key.(goja.String); ok && !array {
		w.bytes += float64(name.Length()) + 3
	}
	switch {
	case w.bytes > w.longest:
		panic(w.onLong())
	case w.most > 0 && w.values > w.most:
		panic(w.onMany())
	}
}

func leastJSON(v goja.Value) float64 {
	switch v := v.(type) {
	case goja.String:
		return float64(v.Length()) + 2
	case *goja.Object:
		if v.ClassName() == "Function" {
			return 0
		}
		return 1
	case *goja.Symbol:
		return 0
	}
	if goja.IsUndefined(v) {
		return 0
	}
	return 1
}

// filtered shows the engine the listed members of an object only, in the order of the list. The engine cannot see then when
// an object lies in itself.
func (w *writing) filtered(object *goja.Object) holder {
	h := holder{seen: object, original: object, array: w.m.isArray(object)}
	switch object.ClassName() {
	case "Function", "Number", "String", "Boolean", "BigInt", "RawJSON":
		return h
	}
	if slices.ContainsFunc(w.holders, func(around holder) bool { return around.original == object }) {
		panic(w.m.vm.NewTypeError("Converting circular structure to JSON"))
	}
	if !h.array {
		h.seen = w.m.vm.NewDynamicObject(&listedMembers{object, w.only})
	}
	return h
}

// listedMembers are the members of an object that JSON.stringify was told to write.
type listedMembers struct {
	object *goja.Object
	names  []string
}

func (l *listedMembers) Get(name string) goja.Value  { return l.object.Get(name) }
func (l *listedMembers) Has(name string) bool        { return slices.Contains(l.names, name) }
func (l *listedMembers) Keys() []string              { return l.names }
func (l *listedMembers) Set(string, goja.Value) bool { return false }
func (l *listedMembers) Delete(string) bool          { return false }
