package jsengine

import (
	"github.com/dop251/goja"
)

// watchChai lets the machine see every assertion, and adds the plugins, which load when they are touched.
func (m *machine) watchChai(chai *goja.Object) {
	host := m.vm.NewObject()
	m.method(host, "record", func(call goja.FunctionCall) goja.Value {
		m.asserted(call.Argument(0).ToBoolean(), call.Argument(1).String())
		return goja.Undefined()
	})
	m.method(host, "ignoring", func(goja.FunctionCall) goja.Value {
		return m.vm.ToValue(m.world.Role == Initial)
	})
	m.method(host, "plugin", func(call goja.FunctionCall) goja.Value {
		return m.library(call.Argument(0).String())
	})
	m.callPrelude("chai.js", chai, host)
}

// should installs the should property of all objects and returns Chai's should interface.
func (m *machine) should() goja.Value {
	chai := m.library(libChai)
	install, _ := goja.AssertFunction(chai.Get("should"))
	value, err := install(chai)
	m.must(err)
	return value
}

// asserted notes an assertion that was evaluated.
func (m *machine) asserted(passed bool, message string) {
	if m.setUp > 0 {
		return // plugins assert while they are installed
	}
	if message == "" {
		message = "(assertion without a message)"
	}
	if !passed && m.world.Role != Initial {
		m.caught = message // or not: then the script fails, and nobody asks
	}
	m.out.add(Line{
		Kind: Assert, Text: message, Passed: passed,
		Ignored: !passed && m.world.Role == Initial,
		Script:  m.position(m.vm.CaptureCallStack(0, nil)),
	})
}
