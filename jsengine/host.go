package jsengine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"

	"offscope/jsontree"
)

// globals are what a script finds under a name that is no part of the language.
var globals = []struct {
	name  string
	offer func(m *machine, name string)
}{
	{"variables", (*machine).offerVariables},
	{"log", function((*machine).log)},
	{"console", value((*machine).console)},
	{"get_secret", function((*machine).getSecret)},
	{"runscope_bucket", value(func(m *machine) goja.Value { return m.vm.ToValue(m.world.Bucket) })},
	{"encode_base64", text(encodeBase64)},
	{"decode_base64", text(decodeBase64)},
	{"btoa", text(encodeBase64URL)},
	{"atob", text(decodeBase64)},
	{"runscope_xml2json", function((*machine).xmlToObject)},
	{"xmltojson", function((*machine).xmlToJSON)},
	{"marknote", value((*machine).marknote)},
	{"chai", value(func(m *machine) goja.Value { return m.library(libChai) })},
	{"assert", value(func(m *machine) goja.Value { return m.library(libChai).Get("assert") })},
	{"expect", value(func(m *machine) goja.Value { return m.library(libChai).Get("expect") })},
	{"should", value((*machine).should)},
	{"_", value(func(m *machine) goja.Value { return m.library(libUnderscore) })},
	{"moment", value(func(m *machine) goja.Value { return m.library(libMoment) })},
	{"CryptoJS", value(func(m *machine) goja.Value { return m.library(libCryptoJS) })},
	{"request", (*machine).offerRequest},
	{"response", (*machine).offerResponse},
}

// offerGlobals defines the globals that the script can reach. Most scripts name two or three of them, and defining all takes
// longer than running such a script.
func (m *machine) offerGlobals() {
	for _, g := range globals {
		if m.reaches(g.name) {
			g.offer(m, g.name)
		}
	}
}

// function offers a function, the way built-in ones are: it can be overwritten, and is not enumerated.
func function(f func(*machine, goja.FunctionCall) goja.Value) func(*machine, string) {
	return func(m *machine, name string) {
		m.method(m.vm.GlobalObject(), name, func(call goja.FunctionCall) goja.Value { return f(m, call) })
	}
}

// value offers a value that is made when it is touched.
func value(create func(*machine) goja.Value) func(*machine, string) {
	return func(m *machine, name string) {
		m.lazily(name, func() goja.Value { return create(m) })
	}
}

// text offers a function from text to text.
func text(f func(string) (string, error)) func(*machine, string) {
	return function(func(m *machine, call goja.FunctionCall) goja.Value {
		s, err := f(bytesOf(call.Argument(0)))
		if err != nil {
			panic(m.vm.NewTypeError(err.Error()))
		}
		return m.text(s)
	})
}

func (m *machine) offerVariables(name string) {
	variables := m.vm.NewObject()
	m.method(variables, "get", m.getVariable)
	m.method(variables, "set", m.setVariable)
	m.property(m.vm.GlobalObject(), name, variables)
}

func (m *machine) method(object *goja.Object, name string, f func(goja.FunctionCall) goja.Value) {
	m.property(object, name, m.vm.ToValue(f))
}

func (m *machine) property(object *goja.Object, name string, v goja.Value) {
	m.must(object.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

func (m *machine) getVariable(call goja.FunctionCall) goja.Value {
	name := call.Argument(0).String()
	v := fetched{}
	m.border.cross(func() { v = fetch(m.world.Variables, name, m.limits.values()) })
	switch {
	case v.tooLarge:
		panic(m.deny(tooManyValues(name, m.limits.values())))
	case v.value == nil:
		return goja.Undefined()
	}
	return m.fromTree(v.value)
}

// fetched is what came of getting a variable: the value is nil when there is none, or when it is too large.
type fetched struct {
	value    *jsontree.Value
	tooLarge bool
}

// A fetcher are variables that know by themselves what is too large: it should not come here first.
type fetcher interface {
	fetch(name string, most int64) fetched
}

func fetch(variables Variables, name string, most int64) fetched {
	if f, ok := variables.(fetcher); ok {
		return f.fetch(name, most)
	}
	value, ok := variables.Get(name)
	switch {
	case !ok:
		return fetched{}
	case moreValues(value, most):
		return fetched{tooLarge: true}
	}
	return fetched{value: value}
}

func (m *machine) setVariable(call goja.FunctionCall) goja.Value {
	if len(call.Arguments) == 0 {
		panic(m.vm.NewTypeError("variables.set needs a name"))
	}
	name := call.Argument(0).String()
	value, lost := m.toTree(name, call.Argument(1))
	if lost != "" && value.Kind == jsontree.Null {
		m.out.notice(fmt.Sprintf("variables.set(%q, …) with %s takes the variable away; a template that uses it fails", name, lost))
		m.border.cross(func() {
			m.world.Variables.Unset(name)
			m.set.remove(name)
		})
		return goja.Undefined()
	}
	if lost != "" {
		m.out.notice(fmt.Sprintf("variables.set(%q, …) with %s stores null there", name, lost))
	}
	var refused error
	m.border.cross(func() {
		if !m.set.fits(name, value) {
			refused = errVariables
		} else if refused = m.world.Variables.Set(name, value); refused == nil {
			m.set.add(name, value)
		}
	})
	switch {
	case refused == errVariables:
		m.breakOff(refused)
	case refused != nil:
		panic(m.deny(refused.Error()))
	}
	return goja.Undefined()
}

// deny makes the error of a variable that could not be set, or not be read. The script fails with it also when it goes on:
// what it does then rests on a wrong value.
func (m *machine) deny(text string) *goja.Object {
	if m.denied == nil {
		m.denied = m.place(&Failure{Kind: OverLimit, Message: text}, m.vm.CaptureCallStack(0, nil))
	}
	return m.rangeError(text)
}

func (m *machine) getSecret(call goja.FunctionCall) goja.Value {
	name := call.Argument(0).String()
	if m.world.Secret != nil {
		value, ok := "", false
		m.border.cross(func() { value, ok = m.world.Secret(name) })
		if ok {
			return m.vm.ToValue(value)
		}
	}
	m.secret = name
	panic(m.vm.NewGoError(errors.New(undefinedSecret(name))))
}

func undefinedSecret(name string) string { return fmt.Sprintf("secret '%s' was not defined", name) }

// console exists in the hosted service, whose documentation advises against it.
func (m *machine) console() goja.Value {
	console := m.vm.NewObject()
	for _, name := range []string{"log", "info", "warn", "error", "debug", "trace"} {
		m.method(console, name, func(call goja.FunctionCall) goja.Value {
			m.out.notice("console is not part of the documented script API: use log(…)")
			return m.log(call)
		})
	}
	return console
}

func (m *machine) log(call goja.FunctionCall) goja.Value {
	parts := make([]string, len(call.Arguments))
	for i, v := range call.Arguments {
		parts[i] = m.display(v)
	}
	m.out.add(Line{
		Kind: Log, Text: strings.Join(parts, " "),
		Script: m.position(m.vm.CaptureCallStack(0, nil)),
	})
	return goja.Undefined()
}

// display writes a value for a reader: text as it is, objects as indented JSON, errors and functions as JavaScript does.
func (m *machine) display(v goja.Value) string {
	object, ok := v.(*goja.Object)
	if !ok {
		return v.String()
	}
	switch object.ClassName() {
	case "Object", "Array", "Arguments":
		w, tooLong := m.newWriting(), false
		w.longest = float64(m.limits.maxOutput)
		w.onLong = func() *goja.Object {
			tooLong = true
			return m.rangeError("Invalid string length")
		}
		text, err := m.toJSON(w, object)
		switch {
		case tooLong:
			return fmt.Sprintf("[an object of more than %d bytes as JSON]", m.limits.maxOutput)
		case err == nil:
			return m.indent(text)
		}
	}
	shown := "[object]"
	// An object may have no string form; what stops the script passes.
	_ = m.vm.Try(func() { shown = object.String() })
	return shown
}

// indent writes JSON for a reader, unless it is nested so deep that there would be more space in it than text.
func (m *machine) indent(text []byte) string {
	var out bytes.Buffer
	if indented(text) > 2*m.limits.maxOutput || json.Indent(&out, text, "", "  ") != nil {
		return string(text)
	}
	return out.String()
}

// indented estimates how long a JSON text becomes when it is indented.
func indented(text []byte) int {
	total, depth := 0, 0
	for _, c := range text {
		total++
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
		default:
			continue
		}
		total += 1 + 2*max(depth, 0)
	}
	return total
}

func encodeBase64(s string) (string, error) {
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
}

// encodeBase64URL is btoa, which the vendor documentation calls URL-friendly: - and _ take the places of + and /. The
// padding stays, for servers that know only the ordinary alphabet. Text is encoded as UTF-8.
func encodeBase64URL(s string) (string, error) {
	return base64.URLEncoding.EncodeToString([]byte(s)), nil
}

var ordinaryAlphabet = strings.NewReplacer("-", "+", "_", "/", "=", "", " ", "", "\t", "", "\r", "", "\n", "")

// decodeBase64 takes both alphabets, with and without padding and line breaks. Its bytes may be no text (see bytes.go).
func decodeBase64(s string) (string, error) {
	data, err := base64.RawStdEncoding.DecodeString(ordinaryAlphabet.Replace(s))
	if err != nil {
		return "", errors.New("not a Base64 text")
	}
	return string(data), nil
}
