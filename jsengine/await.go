package jsengine

import (
	"maps"
	"slices"

	"github.com/dop251/goja"
)

// awaits are the places at which async functions wait. A function that still waits when nothing is left to do will never go on:
// there are no timers and no network that could wake it, and what it asserts behind its await must not pass unseen.
type awaits struct {
	count   int
	waiting map[int][]goja.StackFrame // by the order in which they began
}

// awaited makes the function through which the operand of every await goes.
func (m *machine) awaited() func(goja.FunctionCall) goja.Value {
	m.awaits.waiting = map[int][]goja.StackFrame{}
	promise := m.vm.Get("Promise").ToObject(m.vm)
	then, _ := goja.AssertFunction(promise.Get("prototype").ToObject(m.vm).Get("then"))
	return func(call goja.FunctionCall) goja.Value {
		m.awaits.count++
		n := m.awaits.count
		m.awaits.waiting[n] = m.vm.CaptureCallStack(0, nil)
		p, resolve, _ := m.vm.NewPromise()
		m.must(resolve(call.Argument(0)))
		goOn := func(call goja.FunctionCall) goja.Value {
			delete(m.awaits.waiting, n)
			return call.Argument(0)
		}
		fail := func(call goja.FunctionCall) goja.Value { panic(goOn(call)) }
		v, err := then(m.vm.ToValue(p), m.vm.ToValue(goOn), m.vm.ToValue(fail))
		m.must(err)
		return v
	}
}

// stuck returns the failure of a script in which a function waits for ever; nil when none does.
func (m *machine) stuck() *Failure {
	if len(m.awaits.waiting) == 0 {
		return nil
	}
	first := slices.Min(slices.Collect(maps.Keys(m.awaits.waiting)))
	return m.place(&Failure{
		Kind:    Exception,
		Message: "an async function waits for a promise that nothing settles: what stands behind its await was not run",
		Hint:    "there are no timers and no network in a script; settle the promise in the script itself",
	}, m.awaits.waiting[first])
}
