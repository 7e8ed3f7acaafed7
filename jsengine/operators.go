package jsengine

import (
	"sync"

	"github.com/dop251/goja"
)

// operatorPrograms are functions that do what an operator does. They stand in no script, so nothing guards them.
var operatorPrograms sync.Map // operator -> func() *goja.Program

func (m *machine) operator(operator string) goja.Callable {
	compile, _ := operatorPrograms.LoadOrStore(operator, sync.OnceValue(func() *goja.Program {
		program, err := compileOwn("(operator)", "(function (a, b) { return a "+operator+" b })")
		if err != nil {
			panic(err)
		}
		return program
	}))
	f, err := m.vm.RunProgram(compile.(func() *goja.Program)())
	m.must(err)
	call, _ := goja.AssertFunction(f)
	return call
}
