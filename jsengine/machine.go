package jsengine

import (
	"context"
	"embed"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"offscope/jsontree"
)

// A machine is an interpreter with the script API in it. It runs one script and is thrown away: making one is cheaper than
// making sure that nothing is left behind in it.
type machine struct {
	vm        *goja.Runtime
	limits    limits
	instances map[string]*goja.Object // the libraries that were touched
	setUp     int                     // above 0 while a library is being made: that is not the script's doing

	// What belongs to the run.
	program  *Program
	loading  *Program // the custom library that is being loaded
	world    World
	out      output
	set      assignments
	stopping atomic.Pointer[error] // why the script was told to stop
	border   border
	code     codeGuard
	jsonOwn  *jsonFunctions
	request  *requestView
	response *responseView
	messages *goja.Object // message.js, once it was needed
	rejected []*goja.Promise
	awaits   awaits
	missing  string   // the library the script needs and this binary does not have
	secret   string   // the secret that is not defined
	caught   string   // the message of the last assertion that failed, if it counts
	denied   *Failure // the first variable that was refused
}

// newMachine makes a machine that knows nothing of its script yet, so that it can be made in advance.
func newMachine(l limits) *machine {
	m := &machine{vm: goja.New(), limits: l, instances: map[string]*goja.Object{}, set: newAssignments(l)}
	l.apply(m.vm)
	m.vm.SetRandSource(m.random)
	m.vm.SetTimeSource(m.now)
	m.vm.SetPromiseRejectionTracker(m.trackRejection)
	return m
}

// prepare makes Chai in advance. It answers false when that fails, which the script that needs Chai will report.
func (m *machine) prepare() bool {
	return m.try(func() { m.library(libChai) }) == nil
}

// run runs a script in a goroutine of its own, because a script that does not stop has to be left alone in it.
func (m *machine) run(ctx context.Context, d *watchdog, p *Program, w World) Result {
	m.program, m.world = p, w
	m.out.limit, m.out.border = m.limits.maxOutput, &m.border
	if m.world.Variables == nil {
		m.world.Variables = noVariables{}
	}
	watched := d.watch(ctx, m.interrupt)
	results := make(chan Result, 1)
	go func() { results <- m.live() }()
	var result Result
	select {
	case result = <-results:
		d.forget(watched)
		watched.tidy(m.limits.memory)
	case <-watched.giveUp:
		d.forget(watched)
		result = m.abandon(watched)
	}
	result.Duration = time.Since(watched.began)
	return result
}

// live is the life of a script: set up what it sees, run it, and read off what it left.
func (m *machine) live() (result Result) {
	failure := m.execute()
	if failure == nil || !failure.Kind.broke() {
		failure = m.readBack(&result, failure)
	}
	if failure == nil {
		failure = m.denied
	}
	if result.Request == nil {
		result.Request = m.world.Request.clone()
	}
	if result.Response == nil {
		result.Response = m.world.Response.clone()
	}
	result.Failure = failure
	if m.set.shortened {
		m.out.notice(fmt.Sprintf("variables.set was called more than %d times: values that were replaced are not listed", listedCalls))
	}
	result.Output, result.Notices, result.Set = m.out.lines, m.out.notices, m.set.list
	return result
}

// broke reports whether a script that failed so was broken off, and its interpreter runs no more.
func (k FailureKind) broke() bool { return k == TimedOut || k == Canceled || k == OverMemory }

// execute runs the script with everything it left to do later.
func (m *machine) execute() *Failure {
	err := m.try(func() {
		m.putGuards()
		m.offerGlobals()
		if m.anyProgram(func(p *Program) bool { return p.should }) {
			m.should()
		}
		if m.anyProgram(func(p *Program) bool { return p.pollutes }) {
			m.loadEarly()
		}
		m.loadLibraries()
		_, err := m.vm.RunProgram(m.program.code)
		m.must(err)
	})
	if err != nil {
		return m.blame(m.explain(err))
	}
	if len(m.rejected) > 0 {
		return m.explainRejection(m.rejected[0])
	}
	if m.missing != "" {
		return &Failure{Kind: Unavailable, Message: m.missing}
	}
	if f := m.stuck(); f != nil {
		return m.blame(f)
	}
	if m.caught != "" {
		m.out.notice("a failed assertion does not count, because the script caught it and went on: " + m.caught)
	}
	if m.secret != "" {
		m.out.notice(undefinedSecret(m.secret) + ", and the script went on without it")
	}
	return nil
}

// loadEarly makes what is otherwise made when the script touches it: this script may change the built-in objects it is made of.
// In the hosted service everything is loaded before the script.
func (m *machine) loadEarly() {
	m.json()
	if m.world.Request != nil || m.world.Response != nil {
		m.prepareMessages()
	}
	for _, name := range libraryNames {
		if m.anyProgram(func(p *Program) bool { return slices.Contains(p.libraries, name) }) {
			_ = m.try(func() { m.library(name) })
		}
	}
	m.missing = "" // a library that is missing is reported by the script that touches it
}

// readBack takes request and response as the script left them. What it reads are objects the script may have put there, so
// it can fail too, unless the script has failed already.
func (m *machine) readBack(result *Result, failure *Failure) *Failure {
	err := m.try(func() {
		if m.request != nil {
			result.Request = m.request.result()
		}
		if m.response != nil {
			result.Response = m.response.result()
		}
	})
	if err != nil && failure == nil {
		return m.explain(err)
	}
	return failure
}

// try calls f and returns what it throws. A panic of the interpreter itself becomes an error too: one script must not end
// the program.
func (m *machine) try(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			err = fmt.Errorf("internal error of the script engine: %v", r)
		}
	}()
	if thrown := m.vm.Try(f); thrown != nil {
		return thrown
	}
	return nil
}

// must throws an error of a nested call again, on behalf of the script.
func (m *machine) must(err error) {
	if err != nil {
		panic(err)
	}
}

func (m *machine) random() (x float64) {
	switch {
	case m.setUp > 0:
		return 0.5 // a library made in advance and one made on demand must leave the same sequence to the script
	case m.world.Random != nil:
		m.border.cross(func() { x = m.world.Random() })
		return x
	}
	return rand.Float64()
}

func (m *machine) now() (t time.Time) {
	if m.world.Now == nil {
		return time.Now()
	}
	m.border.cross(func() { t = m.world.Now() })
	return t
}

func (m *machine) trackRejection(p *goja.Promise, operation goja.PromiseRejectionOperation) {
	if operation == goja.PromiseRejectionReject {
		m.rejected = append(m.rejected, p)
		return
	}
	for i, known := range m.rejected {
		if known == p {
			m.rejected = append(m.rejected[:i:i], m.rejected[i+1:]...)
			return
		}
	}
}

//go:embed prelude
var preludes embed.FS

var preludePrograms sync.Map // file name -> func() *goja.Program

// callPrelude calls the function in one of our own JavaScript files.
func (m *machine) callPrelude(name string, args ...goja.Value) goja.Value {
	compile, _ := preludePrograms.LoadOrStore(name, sync.OnceValue(func() *goja.Program {
		text, err := preludes.ReadFile("prelude/" + name)
		if err != nil {
			panic(err)
		}
		program, err := compileOwn("("+name+")", string(text))
		if err != nil {
			panic(err)
		}
		return program
	}))
	factory, err := m.vm.RunProgram(compile.(func() *goja.Program)())
	m.must(err)
	call, _ := goja.AssertFunction(factory)
	value, err := call(goja.Undefined(), args...)
	m.must(err)
	return value
}

type noVariables map[string]*jsontree.Value

func (v noVariables) Get(name string) (*jsontree.Value, bool) {
	value, ok := v[name]
	return value, ok
}

func (v noVariables) Unset(name string) { delete(v, name) }

func (v noVariables) Set(name string, value *jsontree.Value) error {
	v[name] = value
	return nil
}
