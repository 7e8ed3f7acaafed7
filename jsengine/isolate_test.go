package jsengine

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"offscope/jsontree"
	"offscope/source"
)

// testWorker is this test binary as a worker.
func testWorker() *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childVariable+"=worker")
	return c
}

// isolated is an engine with workers that all tests share.
var isolated = sync.OnceValue(func() *Engine { return New(Options{Worker: testWorker}) })

// sameIsolated checks the law of workers: a script does and leaves the same with one as without.
func sameIsolated(t *testing.T, script string, near Result, nearWorld, farWorld World) {
	t.Helper()
	far := isolated().Run(t.Context(), compile(t, script), farWorld)
	ignored := cmp.Options{
		cmpopts.IgnoreFields(Result{}, "Duration"), cmpopts.IgnoreUnexported(Failure{}, jsontree.Value{}), cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b *source.File) bool { return (a == nil) == (b == nil) && (a == nil || a.Name == b.Name) }),
		cmpopts.IgnoreFields(jsontree.Value{}, "Start", "End"),
	}
	if diff := cmp.Diff(near, far, ignored); diff != "" {
		t.Errorf("script: %s\nwithout and with a worker:\n%s", script, diff)
	}
	a, _ := nearWorld.Variables.(testVariables)
	b, _ := farWorld.Variables.(testVariables)
	if a.String() != b.String() {
		t.Errorf("script: %s\nvariables %s without a worker, and %s with one", script, a, b)
	}
}

func TestIsolatedScriptsCallBack(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		`log(Math.random(), new Date().toISOString(), get_secret("token")); variables.set("a", {b: [1.5, "x"]}); log(variables.get("a").b[1])`,
		`variables.set("name", undefined); log(typeof variables.get("name")); get_secret("nope")`,
		`request.method = "PUT"; request.headers.x = ["1", "2"]; response.body = "\u0000"; throw new Error("at the end")`,
		"\n  nobody()",
	} {
		near, far := testWorld(PostResponse), testWorld(PostResponse)
		sameIsolated(t, script, runScript(t, script, near), near, far)
	}
	near, far := testWorld(PreRequest), testWorld(PreRequest)
	l := customLibrary(t, "lib.js", "var x = 1;\n  y()")
	near.Libraries, far.Libraries = []*Library{l}, []*Library{l}
	sameIsolated(t, `log(x)`, runScript(t, `log(x)`, near), near, far)
	far.Variables = panicking{}
	if f := isolated().Run(t.Context(), compile(t, `variables.get("x")`), far).Failure; f == nil {
		t.Error("a panic passed")
	}
}

func TestHostileScriptsEndInAWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	e := New(Options{Timeout: hostileTimeout, Worker: testWorker})
	defer e.Close()
	for _, h := range []hostileScript{
		{"eval of brackets", `eval("(".repeat(2e6))`, Exception, "nested too deep"},
		{"big arithmetic unseen", `eval("7n ** 1000000000n")`, TimedOut, "stopped after 1s"},
		{"generators unseen", `eval("function* g() { yield* g() } for (var x of g()) {}")`, "limit|memory|timeout", ""},
		{"deep proxies", `var p = {}; for (;;) p = new Proxy(p, {}); `, "memory|timeout", ""},
		{"prototypes", `var o = {}; for (var i = 0; i < 3e5; i++) o = Object.create(o); o.x`, "|limit|memory|timeout", ""},
		{"endless variables", `for (var i = 0;; i++) variables.set("v" + i, "x".repeat(1e6))`, "memory|timeout", ""},
		{"doubled unseen", `var a = "x", b = "y"; for (;;) { var c = a + b; a = b; b = c }`, "memory|timeout", ""},
		{"ArrayBuffer of 8 GiB", `new ArrayBuffer(8 * 2**30)`, Exception, "RangeError"},
		{"endless push", `var a = []; for (;;) a.push({})`, "memory|timeout", ""},
		{"loop", `for (;;) {}`, TimedOut, ""},
		{"backtracking late", `for (var i = 0; i < 3e6; i++) {} /^(?=a)(a+)+$/.test("a".repeat(40) + "b")`, TimedOut, ""},
	} {
		t.Run(h.name, func(t *testing.T) {
			checkHostile(t, e, h)
			if got := transcript(e.Run(t.Context(), compile(t, `log(1)`), World{})); got != "1" {
				t.Errorf("the next script: %s", got)
			}
		})
	}
}

func TestAWorkerIsUsedAgain(t *testing.T) {
	t.Parallel()
	started := 0
	e := New(Options{Worker: func() *exec.Cmd { started++; return testWorker() }})
	e.Warm(compile(t, ``))
	for range 3 {
		if got := transcript(e.Run(t.Context(), compile(t, `log(typeof x); x = 1`), World{})); got != "undefined" {
			t.Error(got)
		}
	}
	e.workers.mu.Lock()
	idle := e.workers.idle
	e.workers.mu.Unlock()
	if len(idle) == 0 || started > 2 {
		t.Errorf("%d idle of %d", len(idle), started)
	}
	e.Close()
	for _, p := range idle {
		if p.cmd.ProcessState == nil {
			t.Error("a worker is still there")
		}
	}
}

func TestAWorkerThatDoesNotStartFailsTheScript(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func() *exec.Cmd{
		"missing": func() *exec.Cmd { return exec.Command("/nonexistent/program") },
		"ends":    func() *exec.Cmd { return exec.Command("false") },
	} {
		e := New(Options{Worker: c})
		if f := e.Run(t.Context(), compile(t, ``), World{}).Failure; f == nil {
			t.Errorf("%s: passed", name)
		}
	}
}

func TestTheEndOfARunEndsAnIsolatedScript(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(200*time.Millisecond, func() { cancel(errors.New("interrupted by the user")) })
	start := time.Now()
	f := isolated().Run(ctx, compile(t, `for (;;) {}`), World{}).Failure
	if f == nil || f.Kind != Canceled || !strings.HasSuffix(f.Message, "interrupted by the user") || time.Since(start) > 3*time.Second {
		t.Errorf("got %+v after %s", f, time.Since(start))
	}
}

func TestAWorkerEndsWithItsInput(t *testing.T) {
	t.Parallel()
	if err := ServeWorker(strings.NewReader(""), &bytes.Buffer{}); err != nil {
		t.Error(err)
	}
}

// A worker that takes nothing in must not hold up the engine.
func TestAWorkerThatDoesNotReadIsEnded(t *testing.T) {
	t.Parallel()
	e := New(Options{Timeout: 300 * time.Millisecond, Worker: func() *exec.Cmd { return exec.Command("sleep", "30") }})
	defer e.Close()
	w := testWorld(PreRequest)
	w.Request.Body = strings.Repeat("x", 4<<20)
	start := time.Now()
	f := e.Run(t.Context(), compile(t, ``), w).Failure
	if f == nil || f.Kind != TimedOut || time.Since(start) > 10*time.Second {
		t.Errorf("got %+v after %s", f, time.Since(start))
	}
}

// The time in which the engine answers is the script's.
func TestAnswersTakeTheTimeOfTheScript(t *testing.T) {
	t.Parallel()
	e := New(Options{Timeout: 300 * time.Millisecond, Worker: testWorker})
	defer e.Close()
	for name, v := range map[string]Variables{"slow": slowVariables{noVariables{}, 20 * time.Millisecond}, "very slow": slowVariables{noVariables{}, 2 * time.Second}} {
		start := time.Now()
		r := e.Run(t.Context(), compile(t, `for (;;) variables.set("a", 1)`), World{Variables: v})
		if f := r.Failure; f == nil || f.Kind != TimedOut || time.Since(start) > 10*time.Second {
			t.Errorf("%s: got %+v after %s", name, f, time.Since(start))
		}
	}
}

type slowVariables struct {
	noVariables
	delay time.Duration
}

func (v slowVariables) Set(name string, value *jsontree.Value) error {
	time.Sleep(v.delay)
	return v.noVariables.Set(name, value)
}
