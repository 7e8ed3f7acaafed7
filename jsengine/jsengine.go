// Package jsengine runs the scripts of a test: initial scripts, pre-request scripts and post-response scripts, with the
// script API, the script libraries and the time limit of the hosted service.
//
// [Compile] turns a script into a [Program], or into a diagnostic with its place in the export. An [Engine] runs programs:
// [Engine.Run] gives one a [World] (variables, request, response) and returns a [Result] that says what the script
// printed, asserted, set and changed, and why it failed. Each script gets a fresh interpreter: nothing but variables goes
// from one script to the next.
//
// The life of a run is in machine.go; what a script can touch is in host.go (functions), message.go (request and
// response) and library.go (Chai, Moment and so on); limits.go holds what stops a script.
package jsengine

import (
	"context"
	"os/exec"
	"sync"
	"time"
)

// A Role says when a script runs, and so what it may touch.
type Role int

// The roles of scripts.
const (
	// Initial scripts run once before the first step. They see neither request nor response, and their assertions are
	// ignored (vendor documentation: initial script page).
	Initial Role = iota
	// PreRequest scripts run before a request is sent, and may change it.
	PreRequest
	// PostResponse scripts run after a response arrived.
	PostResponse
)

// String returns the role's name: "initial script", "pre-request script" or "post-response script".
func (r Role) String() string {
	return [...]string{"initial script", "pre-request script", "post-response script"}[r]
}

// Options are the settings of an engine. The zero value is the hosted service's.
type Options struct {
	// Timeout is the longest time a script may run; 0 means [DefaultTimeout]. The first engine of a process fixes the
	// longest time-out there can be (see limits.go), so make the engine before anything is compiled.
	Timeout time.Duration
	// MaxOutput is how many bytes of output of one script are kept; 0 means 1 MiB. What is beyond is dropped, with a
	// notice.
	MaxOutput int
	// Memory is how many bytes a script may have the heap of its process grow by; 0 means [DefaultMemory].
	Memory int64
	// Worker makes the command of a worker process, whose main function calls [ServeWorker] with its standard input and
	// output; the engine starts and ends the process and owns both streams. nil means that scripts run in this process,
	// where a hostile one can end the run (see [Unstoppable]).
	Worker func() *exec.Cmd
}

// DefaultTimeout is how long a script may run (vendor documentation: 20 seconds at most).
const DefaultTimeout = 20 * time.Second

// DefaultMemory is how many bytes a script may have the heap grow by. The hosted service names no limit; this one keeps a run
// under half a gigabyte.
const DefaultMemory = 256 << 20

const defaultMaxOutput = 1 << 20

// An Engine runs programs. It may be used by several goroutines at once.
type Engine struct {
	limits   limits
	watchdog watchdog
	workers  *workers // nil when scripts run in this process

	mu     sync.Mutex
	closed bool
	spare  *machine // a machine with Chai in it, made in advance
	making bool     // a spare is being made
	wanted int      // how many more spares will find a program
}

// New returns an engine. It starts nothing.
func New(o Options) *Engine {
	l := newLimits(o)
	e := &Engine{limits: l, watchdog: watchdog{limits: l}}
	if o.Worker != nil {
		e.workers = &workers{start: o.Worker, limits: l}
	}
	return e
}

// Warm prepares, in the background, what the programs will need: libraries are compiled, which happens once in a process,
// and an interpreter with Chai in it is kept ready for the next program that names Chai. Each program counts for one run;
// a program that will run again may be named again. Warm returns at once, and what is not ready in time is made on demand.
func (e *Engine) Warm(programs ...*Program) {
	if e.workers != nil {
		go e.workers.prepare()
		return
	}
	named := librariesOf(programs)
	if len(named) == 0 {
		return
	}
	spares := 0
	for _, p := range programs {
		if p.needsChai() {
			spares++
		}
	}
	e.mu.Lock()
	e.wanted += spares
	e.mu.Unlock()
	go func() {
		e.stock() // Chai first: nearly every script that names a library names it
		e.compile(named)
	}()
}

// Expect compiles, in the background, the libraries that programs name: for somebody who knows what will be run and has other
// things to do before. It counts for no run, and returns at once.
func (e *Engine) Expect(programs ...*Program) {
	if named := librariesOf(programs); len(named) > 0 && e.workers == nil {
		go e.compile(named)
	}
}

func librariesOf(programs []*Program) map[string]bool {
	named := map[string]bool{}
	for _, p := range programs {
		for _, library := range p.libraries {
			named[library] = true
		}
	}
	return named
}

func (e *Engine) compile(named map[string]bool) {
	for _, name := range libraryNames {
		if named[name] && !e.isClosed() {
			_, _ = library(name) // a library that is missing is reported by the script that needs it
		}
	}
}

// Close ends what Warm began, and the worker processes that are idle; those at work end with their scripts. Programs can still
// be run.
func (e *Engine) Close() {
	if e.workers != nil {
		e.workers.close()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed, e.spare, e.wanted = true, nil, 0
}

func (e *Engine) isClosed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// Run runs a program. It returns when the script is through, has failed, was stopped by a limit, or when ctx ends. The
// world's request and response are not changed; what the script made of them is in the result.
func (e *Engine) Run(ctx context.Context, p *Program, w World) Result {
	if e.workers != nil {
		return e.workers.run(ctx, p, w)
	}
	return e.machineFor(p, w).run(ctx, &e.watchdog, p, w)
}

// machineFor takes the spare machine when the program needs one, and has the next one made meanwhile.
func (e *Engine) machineFor(p *Program, w World) *machine {
	if !anyProgram(p, w, (*Program).needsChai) {
		return newMachine(e.limits)
	}
	e.mu.Lock()
	m := e.spare
	e.spare = nil
	if e.wanted > 0 {
		e.wanted--
	}
	more := e.wanted > 0
	e.mu.Unlock()
	if more {
		go e.stock()
	}
	if m != nil {
		return m
	}
	return newMachine(e.limits)
}

// stock makes the spare machine if one is wanted and none is there.
func (e *Engine) stock() {
	e.mu.Lock()
	idle := e.closed || e.making || e.spare != nil || e.wanted == 0
	e.making = e.making || !idle
	e.mu.Unlock()
	if idle {
		return
	}
	m := newMachine(e.limits)
	ready := m.prepare()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.making = false
	if ready && !e.closed {
		e.spare = m
	}
}
