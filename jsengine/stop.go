package jsengine

import (
	"sync"

	"github.com/dop251/goja"
)

// interrupt tells the interpreter to stop. It may be called from any goroutine.
func (m *machine) interrupt(reason error) {
	m.stopping.Store(&reason)
	m.vm.Interrupt(reason)
}

// heed stops native code of ours that was told to stop: the interpreter itself hears of it only when that code is through.
func (m *machine) heed() {
	if reason := m.stopping.Load(); reason != nil {
		m.breakOff(*reason)
	}
}

// breakOff ends the script, which cannot catch it, from within a function it has called.
func (m *machine) breakOff(reason error) {
	m.interrupt(reason)
	_, err := m.vm.RunProgram(nothing()) // the interpreter makes the error only where it runs something
	m.must(err)
}

var nothing = sync.OnceValue(func() *goja.Program {
	p, err := compileOwn("(stop)", "0")
	if err != nil {
		panic(err)
	}
	return p
})
