package jsengine

import (
	"runtime"
	"slices"
	"sync"
)

// A border lies between a script and what belongs to its caller: the world it was given and the result it leaves. A script that
// was given up goes on in its goroutine, and must not touch either any more; when it tries, its goroutine ends.
type border struct {
	mu     sync.Mutex
	closed bool
}

// cross runs what touches the other side.
func (b *border) cross(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		runtime.Goexit()
	}
	f()
}

func (b *border) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// abandon gives the script up, and returns what is known of it.
func (m *machine) abandon(w *watched) Result {
	m.border.close()
	why := m.explainStop(w.reason)
	f := &Failure{Kind: Unstoppable, Message: why.Message, lost: why}
	f.Message += ", and it does not react: what it is doing cannot be broken off"
	f.Hint = "run with --isolate, which runs scripts in a process that can be ended"
	return Result{
		Failure: f, Output: slices.Clone(m.out.lines), Notices: slices.Clone(m.out.notices), Set: slices.Clone(m.set.list),
		Request: m.world.Request.clone(), Response: m.world.Response.clone(),
	}
}
