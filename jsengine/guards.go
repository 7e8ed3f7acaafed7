package jsengine

import (
	"fmt"
	"math/big"
	"runtime"
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// maxString is the longest string of V8, in characters.
const maxString = 1<<29 - 24

const (
	maxCallArguments = 1 << 20 // what apply may spread
	maxFlat          = 1_000   // how deep arrays may lie in each other when they are joined or flattened
	maxExpression    = 100_000 // characters of a regular expression
	maxFrames        = 20_000  // of Go's stack
	lookAtStack      = 100     // delegations, after which the stack is looked at
	maxBigBits       = 1 << 23 // of a result; V8 has 2^30, whose arithmetic takes minutes here
	bigArray         = 8       // bytes of an element of a typed array, at most
)

// A guard is what stands in the place of a built-in function that could take all memory, or all time, in a single call. The
// interpreter hears of a stop only between two instructions, and such a call is one.
type guard struct {
	words []string // the script has to write one of them to reach the function
	put   func(*machine)
}

// guardTable are the guards by what they look at. Most scripts write none of the words but those of JSON and of a few array
// methods, and putting all guards in takes longer than running such a script.
var guardTable = slices.Concat(
	[]guard{
		{[]string{"parse"}, (*machine).guardParse},
		{[]string{"stringify"}, (*machine).guardStringify},
		{[]string{"repeat"}, text1((*machine).repeat, "repeat")},
		{[]string{"padStart"}, text1((*machine).pad, "padStart")},
		{[]string{"padEnd"}, text1((*machine).pad, "padEnd")},
		{[]string{"concat"}, text1((*machine).concatTexts, "concat")},
		{[]string{"replace"}, text1((*machine).replace, "replace")},
		{[]string{"replaceAll"}, text1((*machine).replace, "replaceAll")},
		{[]string{"flat"}, (*machine).guardFlat},
		{[]string{"from"}, (*machine).guardArrayFrom},
		{[]string{"raw"}, (*machine).guardRaw},
		{[]string{"apply", "construct"}, (*machine).guardApply},
		{[]string{"RegExp"}, (*machine).guardRegExp},
		{[]string{"ArrayBuffer"}, constructor("ArrayBuffer", "Array buffer allocation failed", 1)},
		{[]string{"eval", "Function", "constructor", "globalThis", "Reflect"}, (*machine).guardCode},
	},
	arrayGuards(), typedArrayGuards(), localeRemarks(),
)

// localeRemarks remark on calls whose result is another one in the hosted service, where the text of the script did not tell.
func localeRemarks() []guard {
	var all []guard
	for name, prototypes := range map[string][]string{
		"toLocaleString": {"Date", "Number"}, "toLocaleDateString": {"Date"}, "toLocaleTimeString": {"Date"},
	} {
		all = append(all, guard{[]string{name}, func(m *machine) {
			for _, p := range prototypes {
				m.wrap(m.prototype(p), name, func(original goja.Callable, call goja.FunctionCall) goja.Value {
					if len(call.Arguments) > 0 {
						m.out.notice(name + " ignores languages and options in this script engine: format dates with moment(…).format(…)")
					}
					return m.original(original, call)
				})
			}
		}})
	}
	return all
}

// arrayMethods visit every index below the length, be there something or not.
var arrayMethods = []string{
	"concat", "copyWithin", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex", "flatMap", "forEach",
	"includes", "indexOf", "lastIndexOf", "map", "reduce", "reduceRight", "reverse", "shift", "slice", "some", "sort", "splice",
	"toReversed", "toSorted", "toSpliced", "unshift", "with",
}

func arrayGuards() []guard {
	var all []guard
	for _, name := range arrayMethods {
		all = append(all, guard{[]string{name}, func(m *machine) {
			m.wrap(m.prototype("Array"), name, func(original goja.Callable, call goja.FunctionCall) goja.Value {
				m.checkLength(call.This)
				return m.original(original, call)
			})
		}})
	}
	return all
}

func typedArrayGuards() []guard {
	var all []guard
	for _, name := range []string{"Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array",
		"Uint32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"} {
		all = append(all, guard{[]string{name}, constructor(name, "Invalid typed array length", bigArray)})
	}
	return all
}

// putGuards puts the guards in that the script needs. It runs before anything of the script or of its libraries does.
func (m *machine) putGuards() {
	m.defineGuards()
	if m.anyProgram((*Program).canNest) {
		m.guardJoin()
	}
	all := m.anyProgram(func(p *Program) bool { return p.computed || p.anyGlobal || p.mentioned["_"] })
	for _, g := range guardTable {
		if all || m.anyProgram(func(p *Program) bool { return p.mentions(g.words) }) {
			g.put(m)
		}
	}
}

// canNest reports whether the script can put arrays into each other without end, or join them.
func (p *Program) canNest() bool {
	return len(p.loops.loops)+len(p.functions) > 0 || p.computed || p.anyGlobal || p.mentioned["join"] || p.mentioned["_"]
}

func (f *facts) mentions(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return f.mentioned[w] })
}

// prototype returns the prototype of a constructor of the language.
func (m *machine) prototype(name string) *goja.Object {
	return m.vm.Get(name).ToObject(m.vm).Get("prototype").ToObject(m.vm)
}

// wrap puts a function in the place of a method, with its name and length.
func (m *machine) wrap(object *goja.Object, name string, f func(original goja.Callable, call goja.FunctionCall) goja.Value) {
	method := object.Get(name)
	original, ok := goja.AssertFunction(method)
	if !ok {
		return // this version of the engine has no such method
	}
	wrapped := m.vm.ToValue(func(call goja.FunctionCall) goja.Value { return f(original, call) }).ToObject(m.vm)
	for _, p := range []string{"name", "length"} {
		m.must(wrapped.DefineDataProperty(p, method.ToObject(m.vm).Get(p), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	}
	m.property(object, name, wrapped)
}

// original calls what was in the place of a guard.
func (m *machine) original(f goja.Callable, call goja.FunctionCall) goja.Value {
	v, err := f(call.This, call.Arguments...)
	m.must(err)
	return v
}

func (m *machine) rangeError(text string) *goja.Object {
	e, err := m.vm.New(m.vm.Get("RangeError"), m.vm.ToValue(text))
	m.must(err)
	return e
}

// longestString is how long a string may be.
func (m *machine) longestString() float64 { return min(maxString, float64(m.limits.memory)/4) }

func (m *machine) checkString(length float64) {
	if length > m.longestString() {
		panic(m.rangeError("Invalid string length"))
	}
}

// maxItems is how many items an array may have that a built-in function walks through: an item takes 16 bytes.
func (m *machine) maxItems() int64 { return m.limits.memory / 16 }

// checkLength refuses lists that are too long to be walked through. V8 takes them, and would take hours.
func (m *machine) checkLength(v goja.Value) {
	if length(v) > m.maxItems() {
		panic(m.rangeError("Invalid array length"))
	}
}

func length(v goja.Value) int64 {
	object, ok := v.(*goja.Object)
	if !ok {
		return 0
	}
	n := object.Get("length")
	if n == nil {
		return 0
	}
	return n.ToInteger()
}

// text1 guards a method of strings. The receiver is turned into a string once, as the method would do it.
func text1(f func(m *machine, s goja.String, original goja.Callable, call goja.FunctionCall) goja.Value, name string) func(*machine) {
	return func(m *machine) {
		m.wrap(m.prototype("String"), name, func(original goja.Callable, call goja.FunctionCall) goja.Value {
			if goja.IsUndefined(call.This) || goja.IsNull(call.This) {
				return m.original(original, call)
			}
			s, ok := call.This.(goja.String)
			if !ok && name != "replace" && name != "replaceAll" {
				s, ok = m.asString(call.This), true
				call.This = s
			}
			if !ok {
				return m.original(original, call)
			}
			return f(m, s, original, call)
		})
	}
}

// asString turns a value into a string, which may run code of the script.
func (m *machine) asString(v goja.Value) goja.String {
	v = v.ToString()
	if s, ok := v.(goja.String); ok {
		return s
	}
	return m.vm.ToValue(v.String()).(goja.String)
}

// number turns an argument into a number once, because that may run code of the script.
func (m *machine) number1(call *goja.FunctionCall) float64 {
	if len(call.Arguments) == 0 {
		return 0
	}
	call.Arguments = slices.Clone(call.Arguments)
	call.Arguments[0] = call.Arguments[0].ToNumber()
	return call.Arguments[0].ToFloat()
}

func (m *machine) repeat(s goja.String, original goja.Callable, call goja.FunctionCall) goja.Value {
	if n := m.number1(&call); n < 1<<53 { // an infinity has a message of its own
		m.checkString(float64(s.Length()) * n)
	}
	return m.original(original, call)
}

func (m *machine) pad(_ goja.String, original goja.Callable, call goja.FunctionCall) goja.Value {
	m.checkString(m.number1(&call))
	return m.original(original, call)
}

func (m *machine) concatTexts(s goja.String, original goja.Callable, call goja.FunctionCall) goja.Value {
	total := float64(s.Length())
	call.Arguments = slices.Clone(call.Arguments)
	for i, a := range call.Arguments {
		text := m.asString(a)
		call.Arguments[i] = text
		total += float64(text.Length())
	}
	m.checkString(total)
	return m.original(original, call)
}

// replace refuses a replacement that could blow the text up, before it is known how often it would be made.
func (m *machine) replace(s goja.String, original goja.Callable, call goja.FunctionCall) goja.Value {
	if replacement, ok := call.Argument(1).(goja.String); ok && replacement.Length() > 2 {
		times := float64(s.Length()) // a match, at most, for each character
		if strings.Contains(replacement.String(), "$") {
			times *= times // each of which may be as long as the text
		}
		if times*float64(replacement.Length()) > float64(m.limits.memory) {
			return m.replaceCounted(replacement, original, call)
		}
	}
	return m.original(original, call)
}

// replaceCounted replaces with a function, which knows how long the text has become.
func (m *machine) replaceCounted(replacement goja.String, original goja.Callable, call goja.FunctionCall) goja.Value {
	if strings.Contains(replacement.String(), "$") {
		if len(replacement.String()) <= 64 {
			return m.original(original, call) // a few references to what was found
		}
		panic(m.rangeError("Invalid string length"))
	}
	total := 0.0
	call.Arguments = slices.Clone(call.Arguments)
	call.Arguments[1] = m.vm.ToValue(func(goja.FunctionCall) goja.Value {
		total += float64(replacement.Length())
		m.checkString(total)
		return replacement
	})
	return m.original(original, call)
}

// guardJoin is there wherever arrays can lie in each other, because every array that becomes a text comes to it. Arrays that lie in each other too deep would
// fill the stack.
func (m *machine) guardJoin() {
	depth := 0
	m.wrap(m.prototype("Array"), "join", func(original goja.Callable, call goja.FunctionCall) goja.Value {
		if depth > maxFlat {
			panic(m.rangeError("Maximum call stack size exceeded"))
		}
		m.checkLength(call.This)
		m.checkJoined(call)
		depth++
		defer func() { depth-- }()
		return m.original(original, call)
	})
}

const sampled = 4096 // items of an array that are looked at before it is joined

// checkJoined estimates how long a text joined of a list will be.
func (m *machine) checkJoined(call goja.FunctionCall) {
	object, ok := call.This.(*goja.Object)
	n := length(call.This)
	if !ok || object.ClassName() != "Array" || n == 0 {
		return
	}
	total := 0.0
	if separator, ok := call.Argument(0).(goja.String); ok {
		total = float64(separator.Length()) * float64(n-1)
	}
	m.checkString(total)
	if n > sampled || n < 2 {
		return
	}
	for i := range n {
		if s, ok := object.Get(fmt.Sprint(i)).(goja.String); ok {
			total += float64(s.Length())
		}
	}
	m.checkString(total)
}

func (m *machine) guardFlat() {
	m.wrap(m.prototype("Array"), "flat", func(original goja.Callable, call goja.FunctionCall) goja.Value {
		m.checkLength(call.This)
		if len(call.Arguments) == 0 || call.Arguments[0].ToInteger() <= maxFlat {
			return m.original(original, call)
		}
		call.Arguments = []goja.Value{m.vm.ToValue(maxFlat)}
		flat := m.original(original, call)
		m.refuseArrays(flat)
		return flat
	})
}

// refuseArrays: what is not flat now lay deeper than anything that was meant.
func (m *machine) refuseArrays(flat goja.Value) {
	object := flat.ToObject(m.vm)
	for i := range length(flat) {
		if item, ok := object.Get(fmt.Sprint(i)).(*goja.Object); ok && item.ClassName() == "Array" {
			panic(m.rangeError("Maximum call stack size exceeded"))
		}
	}
}

func (m *machine) guardArrayFrom() {
	m.wrap(m.vm.Get("Array").ToObject(m.vm), "from", func(original goja.Callable, call goja.FunctionCall) goja.Value {
		m.checkLength(call.Argument(0))
		return m.original(original, call)
	})
}

func (m *machine) guardRaw() {
	m.wrap(m.vm.Get("String").ToObject(m.vm), "raw", func(original goja.Callable, call goja.FunctionCall) goja.Value {
		if o, ok := call.Argument(0).(*goja.Object); ok {
			m.checkLength(o.Get("raw"))
		}
		return m.original(original, call)
	})
}

// guardApply bounds how many arguments are made of a list.
func (m *machine) guardApply() {
	check := func(object *goja.Object, name string, at int) {
		m.wrap(object, name, func(original goja.Callable, call goja.FunctionCall) goja.Value {
			if length(call.Argument(at)) > maxCallArguments {
				panic(m.rangeError("Invalid array length"))
			}
			return m.original(original, call)
		})
	}
	reflect := m.vm.Get("Reflect").ToObject(m.vm)
	check(m.prototype("Function"), "apply", 1)
	check(reflect, "apply", 2)
	check(reflect, "construct", 1)
}

// constructor guards one whose first argument may be a number of things, of so many bytes each.
func constructor(name, message string, bytes float64) func(*machine) {
	return func(m *machine) {
		target := m.vm.Get(name).ToObject(m.vm)
		construct, _ := goja.AssertConstructor(target)
		proxy := m.vm.ToValue(m.vm.NewProxy(target, &goja.ProxyTrapConfig{
			GetSym: m.instanceOf,
			Construct: func(_ *goja.Object, args []goja.Value, newTarget *goja.Object) *goja.Object {
				m.checkSize(args, message, bytes)
				object, err := construct(newTarget, args...)
				m.must(err)
				return object
			},
		}))
		m.property(target.Get("prototype").ToObject(m.vm), "constructor", proxy)
		m.property(m.vm.GlobalObject(), name, proxy)
	}
}

// guardRegExp bounds the text of a regular expression that is made at run time. Literals are bounded with the script they stand in.
func (m *machine) guardRegExp() {
	target := m.vm.Get("RegExp").ToObject(m.vm)
	construct, _ := goja.AssertConstructor(target)
	call, _ := goja.AssertFunction(target)
	check := func(args []goja.Value) {
		if len(args) == 0 {
			return
		}
		if s, ok := args[0].(goja.String); ok && s.Length() > maxExpression {
			panic(m.vm.NewTypeError("Regular expression too large"))
		}
		if isUnicodeProperty(args) {
			m.out.notice(`\p{…} in a regular expression never matches in this script engine: list the characters instead, such as [A-ZÄÖÜ]`)
		}
	}
	m.property(m.vm.GlobalObject(), "RegExp", m.vm.ToValue(m.vm.NewProxy(target, &goja.ProxyTrapConfig{
		GetSym: m.instanceOf,
		Construct: func(_ *goja.Object, args []goja.Value, newTarget *goja.Object) *goja.Object {
			check(args)
			object, err := construct(newTarget, args...)
			m.must(err)
			return object
		},
		Apply: func(_ *goja.Object, this goja.Value, args []goja.Value) goja.Value {
			check(args)
			v, err := call(this, args...)
			m.must(err)
			return v
		},
	})))
}

func isUnicodeProperty(args []goja.Value) bool {
	if len(args) < 2 {
		return false
	}
	pattern, ok := args[0].(goja.String)
	flags, also := args[1].(goja.String)
	return ok && also && strings.Contains(flags.String(), "u") && strings.Contains(strings.ToLower(pattern.String()), `\p{`)
}

// instanceOf lets a proxy of a constructor be asked what is its instance, which the engine refuses by itself.
func (m *machine) instanceOf(target *goja.Object, s *goja.Symbol, _ goja.Value) goja.Value {
	if s != goja.SymHasInstance {
		return target.GetSymbol(s)
	}
	return m.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		return m.vm.ToValue(m.vm.InstanceOf(call.Argument(0), target))
	})
}

func (m *machine) checkSize(args []goja.Value, message string, bytes float64) {
	if len(args) == 0 {
		return
	}
	count := float64(length(args[0]))
	if _, isObject := args[0].(*goja.Object); !isObject {
		count = args[0].ToFloat()
	}
	if count*bytes <= float64(m.limits.memory) || count != count {
		return
	}
	if message != "Array buffer allocation failed" {
		message += ": " + args[0].String()
	}
	panic(m.rangeError(message))
}

// defineGuards defines the functions that rewriting put into the tree.
func (m *machine) defineGuards() {
	for _, g := range []struct {
		name string
		make func() func(goja.FunctionCall) goja.Value
	}{
		{guardedLength, func() func(goja.FunctionCall) goja.Value { return m.checkedLength }},
		{guardedYield, m.shallow},
		{guardedAwait, m.awaited},
		{guardedDouble, func() func(goja.FunctionCall) goja.Value { return m.doubled }},
		{guardedPower, func() func(goja.FunctionCall) goja.Value { return m.arithmetic("**", powerFits) }},
		{guardedProduct, func() func(goja.FunctionCall) goja.Value { return m.arithmetic("*", productFits) }},
		{guardedShift, func() func(goja.FunctionCall) goja.Value { return m.arithmetic("<<", shiftFits) }},
	} {
		if m.anyProgram(func(p *Program) bool { return p.guarded[g.name] }) {
			m.method(m.vm.GlobalObject(), g.name, g.make())
		}
	}
}

func (m *machine) checkedLength(call goja.FunctionCall) goja.Value {
	n := call.Argument(0)
	if goja.IsNumber(n) && n.ToFloat() > float64(m.maxItems()) {
		panic(m.rangeError("Invalid array length"))
	}
	return n
}

// shallow looks at the Go stack from time to time: generators that delegate to each other fill it, and the engine does not
// count them as calls.
func (m *machine) shallow() func(goja.FunctionCall) goja.Value {
	calls := 0
	return func(call goja.FunctionCall) goja.Value {
		if calls++; calls%lookAtStack == 0 && runtime.Callers(maxFrames, make([]uintptr, 1)) > 0 {
			panic(m.rangeError("Maximum call stack size exceeded"))
		}
		return call.Argument(0)
	}
}

func (m *machine) doubled(call goja.FunctionCall) goja.Value {
	if s, ok := call.Argument(0).(goja.String); ok {
		m.checkString(2 * float64(s.Length()))
	}
	return call.Argument(0)
}

// arithmetic is an operator that refuses results of a size that nothing could work with.
func (m *machine) arithmetic(operator string, fits func(a, b *big.Int) bool) func(goja.FunctionCall) goja.Value {
	operate := m.operator(operator)
	return func(call goja.FunctionCall) goja.Value {
		a, b := primitive(call.Argument(0)), primitive(call.Argument(1))
		x, isBig := a.Export().(*big.Int)
		y, bothBig := b.Export().(*big.Int)
		if isBig && bothBig && !fits(x, y) {
			panic(m.rangeError("Maximum BigInt size exceeded"))
		}
		v, err := operate(goja.Undefined(), a, b)
		m.must(err)
		return v
	}
}

// primitive turns an operand into a number once, because that may run code of the script.
func primitive(v goja.Value) goja.Value {
	if _, ok := v.(*goja.Object); ok {
		if b, ok := v.Export().(*big.Int); ok && b != nil {
			return v
		}
		return v.ToNumber()
	}
	return v
}

func powerFits(a, b *big.Int) bool {
	small := a.BitLen() <= 1 // 0, 1 and -1 stay small
	return small || b.Sign() < 0 || b.IsInt64() && b.Int64() <= maxBigBits && int64(a.BitLen())*b.Int64() <= maxBigBits
}

func productFits(a, b *big.Int) bool { return a.BitLen()+b.BitLen() <= maxBigBits }

func shiftFits(a, b *big.Int) bool {
	return a.Sign() == 0 || b.Sign() < 0 || b.IsInt64() && b.Int64()+int64(a.BitLen()) <= maxBigBits
}
