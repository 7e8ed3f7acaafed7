package jsengine

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"offscope/jsengine/libraries"
)

// The script libraries, by the names package libraries has for them.
const (
	libChai       = "chai"
	libJSONSchema = "chai-json-schema"
	libFuzzy      = "chai-fuzzy"
	libUnderscore = "underscore"
	libMoment     = "moment"
	libCryptoJS   = "crypto-js"
)

// chaiParts are the libraries Chai is made of, by the names it asks for.
var chaiParts = map[string]string{
	"./chai/core/assertions":  "chai-assertions",
	"./chai/interface/assert": "chai-assert",
	"loupe":                   "chai-loupe",
}

var libraryNames = []string{libChai, libJSONSchema, libFuzzy, libUnderscore, libMoment, libCryptoJS}

// programs are the libraries and locales this process has compiled: a program belongs to no interpreter, and compiling one
// takes far longer than everything a usual script does.
var programs sync.Map // name -> func() (*goja.Program, error)

// library returns the compiled library. The error is errNotBuiltIn or says that there is no such library.
//
// Compiling Chai is most of what a first script with assertions costs, so its parts are compiled at the same time.
func library(name string) (*goja.Program, error) {
	if name == libChai {
		for _, part := range chaiParts {
			go library(part)
		}
	}
	return compiledOnce(name, func() (string, bool) { return libraries.Source(name) })
}

func momentLocale(name string) (*goja.Program, error) {
	return compiledOnce("moment/locale/"+name, func() (string, bool) { return libraries.MomentLocale(name) })
}

func compiledOnce(name string, read func() (string, bool)) (*goja.Program, error) {
	compile, _ := programs.LoadOrStore(name, sync.OnceValues(func() (*goja.Program, error) {
		text, ok := read()
		switch {
		case ok:
			return compileOwn("("+name+")", text)
		case !libraries.Available():
			return nil, errNotBuiltIn
		}
		return nil, fmt.Errorf("there is no %s", name)
	}))
	return compile.(func() (*goja.Program, error))()
}

var errNotBuiltIn = errors.New("built without script libraries: run make build")

func compileOwn(name, text string) (*goja.Program, error) {
	fixRegexpTimeout(DefaultTimeout)
	tree, err := goja.Parse(name, text, parserOptions...)
	if err != nil {
		return nil, err
	}
	return goja.CompileAST(tree, false)
}

// lazily defines a global whose value is made when it is first read. For a script it is an ordinary global: it gives way to
// a declaration or an assignment, can be deleted, and is not enumerated.
func (m *machine) lazily(name string, create func() goja.Value) {
	global := m.vm.GlobalObject()
	settle := func(v goja.Value, enumerable goja.Flag) {
		m.must(global.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, enumerable))
	}
	get := m.vm.ToValue(func(goja.FunctionCall) goja.Value {
		v := create()
		settle(v, goja.FLAG_FALSE)
		return v
	})
	set := m.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		settle(call.Argument(0), goja.FLAG_TRUE)
		return goja.Undefined()
	})
	m.must(global.DefineAccessorProperty(name, get, set, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// library returns this machine's instance of a library; the first call makes it. It throws when it cannot.
func (m *machine) library(name string) *goja.Object {
	if instance := m.instances[name]; instance != nil {
		return instance
	}
	m.setUp++
	defer func() { m.setUp-- }()
	program, err := library(name)
	if err != nil {
		m.refuse(name, err)
	}
	instance := m.instantiate(program, m.requireFor(name)).ToObject(m.vm)
	m.instances[name] = instance
	if name == libChai {
		m.watchChai(instance)
	}
	return instance
}

// instantiate runs the text of a library and calls the function it is; package libraries says with what.
func (m *machine) instantiate(program *goja.Program, require goja.Value) goja.Value {
	factory, err := m.vm.RunProgram(program)
	m.must(err)
	call, _ := goja.AssertFunction(factory)
	exports, err := call(goja.Undefined(), require, m.vm.GlobalObject())
	m.must(err)
	return exports
}

func (m *machine) requireFor(name string) goja.Value {
	switch name {
	case libChai:
		return m.vm.ToValue(func(call goja.FunctionCall) goja.Value { return m.chaiPart(call.Argument(0).String()) })
	case libFuzzy:
		return m.vm.ToValue(func(goja.FunctionCall) goja.Value { return m.library(libUnderscore) })
	case libMoment:
		return m.vm.ToValue(func(call goja.FunctionCall) goja.Value { return m.loadLocale(call.Argument(0).String()) })
	}
	return goja.Undefined()
}

// chaiPart is the require function of Chai. Asking for anything else fails, as Chai expects of a place without Node's modules.
func (m *machine) chaiPart(path string) goja.Value {
	part, known := chaiParts[path]
	if !known {
		panic(m.vm.NewGoError(fmt.Errorf("there is no module %s", path)))
	}
	return m.library(part)
}

// loadLocale is the require function of Moment, which asks for "./locale/de" when a script first uses "de".
func (m *machine) loadLocale(path string) goja.Value {
	program, err := momentLocale(strings.TrimPrefix(path, "./locale/"))
	if err != nil {
		panic(m.vm.NewGoError(err)) // Moment catches it and stays with its locale
	}
	m.setUp++
	defer func() { m.setUp-- }()
	back := m.vm.ToValue(func(goja.FunctionCall) goja.Value { return m.library(libMoment) })
	return m.instantiate(program, back)
}

// refuse ends the script because a library is not there. That cannot be caught away: a script that goes on without its
// assertions would pass.
func (m *machine) refuse(name string, err error) {
	m.missing = fmt.Sprintf("%s is not available: %v", name, err)
	panic(m.vm.NewGoError(errors.New(m.missing)))
}
