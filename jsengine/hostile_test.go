package jsengine

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"offscope/source"
)

// busy is what a machine that does other things besides may add.
const busy = 3 * time.Second

// childVariable tells a test binary that was started by a test what it is for.
const childVariable = "JSENGINE_TEST_CHILD"

// A hostileScript and how it may end: the kinds of failures, "" for a pass, with a part of the message.
type hostileScript struct {
	name, script string
	kind         FailureKind
	message      string
}

var hostileScripts = []hostileScript{
	{"loop", `for (;;) {}`, TimedOut, ""},
	{"loop in finally", `try { for (;;) {} } finally { for (;;) {} }`, TimedOut, ""},
	{"loop in a promise", `Promise.resolve().then(function () { for (;;) {} })`, TimedOut, ""},
	{"endless promises", `(function again() { Promise.resolve().then(again) })()`, TimedOut, ""},
	{"async loop", `(async function () { for (;;) await 1 })()`, TimedOut, ""},
	{"recursion", `function f() { f() } f()`, OverLimit, "1500 deep"},
	{"recursion of a getter", `var o = {get a() { return this.a }}; o.a`, OverLimit, ""},
	{"recursion of a proxy", `var p = new Proxy({}, {get: function (t, k, r) { return r[k] }}); p.x`, OverLimit, ""},
	{"recursion of a sort", `function f() { [2, 1].sort(f) } f()`, OverLimit, ""},
	{"recursion of replace", `function f() { "a".replace("a", f) } f()`, OverLimit, ""},
	{"recursion of toString", `var o = {toString: function () { return "" + this }}; "" + o`, OverLimit, ""},
	{"recursion of JSON", `var o = {toJSON: function () { return JSON.stringify(o) }}; JSON.stringify(o)`, OverLimit, ""},

	{"recursion of generators", `function* g() { yield* g() } for (var x of g()) {}`, Exception, "RangeError: Maximum call stack size exceeded"},
	{"recursion of loops over generators", `function* g() { for (var x of g()) yield x } for (var x of g()) {}`, "limit|timeout", ""},

	{"repeat 2**30", `"x".repeat(2**30)`, Exception, "RangeError: Invalid string length"},
	{"repeat 2**40", `"x".repeat(2**40)`, Exception, "RangeError: Invalid string length"},
	{"repeat by another name", `"x"["rep" + "eat"](2**40)`, Exception, "RangeError: Invalid string length"},
	{"repeat through Reflect", `Reflect.get("", "rep".concat("eat")).call("x", 2**40)`, Exception, ""},
	{"padStart", `"x".padStart(2**30)`, Exception, "RangeError: Invalid string length"},
	{"padEnd", `"x".padEnd(2**31, "abc")`, Exception, "RangeError: Invalid string length"},
	{"concat of texts", `var s = "x".repeat(5e7); s.concat(s, s, s, s, s, s, s)`, Exception, "RangeError: Invalid string length"},
	{"string doubled", `var s = "x"; for (;;) s += s`, Exception, "RangeError: Invalid string length"},
	{"string doubled by sum", `var s = "x"; for (;;) s = s + s`, Exception, "RangeError: Invalid string length"},
	{"string grown", `var s = "x".repeat(1e6); for (;;) s += "x".repeat(1e6)`, "memory|timeout", ""},
	{"replace blown up", `var s = "a".repeat(40000); s.replace(/a/g, s)`, Exception, "RangeError: Invalid string length"},
	{"replace with references", `var s = "a".repeat(40000); s.replace(/.*/, "$&".repeat(40000))`, Exception, "RangeError: Invalid string length"},
	{"replaceAll blown up", `var s = "a".repeat(40000); s.replaceAll("a", s)`, Exception, "RangeError: Invalid string length"},
	{"split and join", `var s = "a".repeat(40000); s.split("").join(s)`, Exception, "RangeError: Invalid string length"},
	{"join of long texts", `new Array(1000).fill("x".repeat(1e7)).join()`, Exception, "RangeError: Invalid string length"},

	{"array of 1e9, filled", `new Array(1e9).fill(0)`, Exception, "RangeError: Invalid array length"},
	{"Array.from", `Array.from({length: 1e9})`, Exception, "RangeError: Invalid array length"},
	{"Array.from with function", `Array.from({length: 1e9}, function () { return 1 })`, Exception, "RangeError: Invalid array length"},
	{"join of 2e9", `var a = []; a.length = 2e9; a.join()`, Exception, "RangeError: Invalid array length"},
	{"array spread", `[...new Array(4e9)]`, Exception, "RangeError: Invalid array length"},
	{"length set later", `var a = []; a["len" + "gth"] = 4e9; a.map(String)`, Exception, "RangeError: Invalid array length"},
	{"array-like", `[].forEach.call({length: 2**50}, function () {})`, Exception, "RangeError: Invalid array length"},
	{"sort of an array-like", `[].sort.call({length: 1e9})`, Exception, "RangeError: Invalid array length"},
	{"apply", `Math.max.apply(null, {length: 1e9})`, Exception, "RangeError: Invalid array length"},
	{"endless push", `var a = []; for (var s = "x".repeat(1e4);;) a.push(s + a.length)`, "memory|timeout", ""},
	{"ArrayBuffer of 8 GiB", `new ArrayBuffer(8 * 2**30)`, Exception, "RangeError: Array buffer allocation failed"},
	{"typed array", `new Float64Array(2**32)`, Exception, "RangeError: Invalid typed array length: 4294967296"},
	{"typed array of a list", `new Uint8Array({length: 2**40})`, Exception, "RangeError: Invalid typed array length"},

	{"backtracking", `log(/^(?=a)(a+)+$/.test("a".repeat(40) + "b"))`, TimedOut, ""},
	{"backtracking, plain", `log(/(a+)+$/.test("a".repeat(40) + "b"))`, "", ""},
	{"back-reference", `log(/(\w+\s?)*\1$/.test("a".repeat(40) + "!"))`, TimedOut, ""},
	{"sticky", `var r = /(a+)+$/y; r.lastIndex = 1; log(r.test("a".repeat(40) + "b"))`, TimedOut, ""},
	{"backtracking in replace", `log("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".replace(/(a+)+(?!x)$/, ""))`, TimedOut, ""},
	{"nested expression", `new RegExp("(".repeat(1e6) + ")".repeat(1e6))`, Exception, ""},

	{"BigInt power", `7n ** 1000000000n`, Exception, "RangeError: Maximum BigInt size exceeded"},
	{"BigInt power, assigned", `var x = 7n; x **= 1000000000n`, Exception, "RangeError: Maximum BigInt size exceeded"},
	{"BigInt shift", `1n << 1000000000000n`, Exception, "RangeError: Maximum BigInt size exceeded"},
	{"BigInt squares", `var x = 3n; for (;;) x *= x`, Exception, "RangeError: Maximum BigInt size exceeded"},
	{"BigInt without a literal", `var x = BigInt(7); x ** BigInt(1e9)`, Exception, "RangeError: Maximum BigInt size exceeded"},

	{"deep JSON text", `JSON.parse("[".repeat(5e6))`, Exception, "RangeError: Maximum call stack size exceeded"},
	{"deep JSON objects", `JSON.parse('{"a":'.repeat(2e6) + "1" + "}".repeat(2e6))`, Exception, "RangeError: Maximum call stack size exceeded"},
	{"deep value as JSON", `var a = []; for (var i = 0; i < 2e4; i++) a = [a]; JSON.stringify(a)`, Exception, "nested too deep for JSON"},
	{"deep value logged", `var a = []; for (var i = 0; i < 5e4; i++) a = {a: a}; log(a)`, "|timeout", ""},
	{"deep value set", `var a = []; for (var i = 0; i < 2e4; i++) a = {a: a}; variables.set("a", a)`, Exception, "nested too deep for JSON"},
	{"deep value as text", `var a = []; for (var i = 0; i < 2e4; i++) a = [a]; "" + a`, Exception, "RangeError: Maximum call stack size exceeded"},
	{"deep value flattened", `var a = []; for (var i = 0; i < 2e4; i++) a = [a]; a.flat(Infinity)`, Exception, "RangeError: Maximum call stack size exceeded"},
	{"eval of brackets", `eval("(".repeat(2e6))`, Exception, "nested too deep to be compiled"},
	{"eval of operators", `eval("!".repeat(2e6) + "1")`, Exception, "nested too deep to be compiled"},
	{"eval by another name", `var e = eval; e("(".repeat(2e6))`, Exception, "nested too deep to be compiled"},
	{"eval as a callback", `["(".repeat(2e6)].map(eval)`, Exception, "nested too deep to be compiled"},
	{"eval through this", `this["ev" + "al"]("(".repeat(2e6))`, Exception, "eval is supported only where the script itself calls it"},
	{"eval in eval", `eval('eval("(".repeat(2e6))')`, Exception, "eval is supported only where the script itself calls it"},
	{"Function of brackets", `new Function("(".repeat(2e6))`, Exception, "nested too deep to be compiled"},
	{"Function through constructor", `[].map.constructor("(".repeat(2e6))`, Exception, "nested too deep to be compiled"},
	{"generator function of brackets", `(function* () {}).constructor("(".repeat(2e6))`, Exception, "nested too deep to be compiled"},
	{"async function of brackets", `(async function () {}).constructor("(".repeat(2e6))`, Exception, "nested too deep to be compiled"},

	{"100 MB of log", `var s = "x".repeat(1e5); for (var i = 0; i < 1000; i++) log(s)`, "|timeout", ""},
	{"one huge log", `log("x".repeat(5e7))`, "|timeout", ""},
	{"one huge object logged", `var a = []; for (var i = 0; i < 1e5; i++) a.push({i: i}); log(a)`, "|timeout", ""},
	{"endless log", `for (;;) log("x")`, TimedOut, ""},
	{"a notice each", `for (var i = 0; i < 1e5; i++) variables.set("v" + i, undefined)`, "|timeout", ""},

	{"endless variables", `for (var i = 0;; i++) variables.set("v" + i, "x".repeat(1e6))`, OverMemory, "when the variables it had set took more than 64 MiB"},
	{"endless variables of one name", `for (var i = 0; i < 200; i++) variables.set("v", ("" + i).repeat(1e6)); for (;;) variables.set("v", 1)`, TimedOut, ""},
	{"endless variables in a promise", `Promise.resolve().then(function () { for (var i = 0;; i++) variables.set("v" + i, "x".repeat(1e6)) }).catch(function () {})`, OverMemory, "variables"},
	{"shared arrays as JSON", `var a = []; for (var i = 0; i < 30; i++) a = [a, a]; JSON.stringify(a)`, "exception|memory|timeout", ""},
	{"shared arrays as JSON, listed", `var a = []; for (var i = 0; i < 30; i++) a = [a, a]; JSON.stringify(a, ["x"])`, "exception|memory|timeout", ""},
	{"shared objects as JSON, listed", `var a = {}; for (var i = 0; i < 30; i++) a = {x: a, y: a}; JSON.stringify(a, ["x", "y"])`, "exception|memory|timeout", ""},
	{"shared arrays logged", `var a = []; for (var i = 0; i < 30; i++) a = [a, a]; log(a)`, "|timeout", ""},
	{"shared arrays set", `var a = []; for (var i = 0; i < 30; i++) a = [a, a]; variables.set("a", a)`, "exception|timeout", ""},
	{"empty array as JSON", `var a = []; a.length = 2e9; JSON.stringify(a)`, "exception|memory|timeout", ""},
	{"wide and deep, logged", `var a = new Array(1e5).fill(1); for (var i = 0; i < 9000; i++) a = [a]; log(a)`, "|timeout", ""},

	{"getter that throws, logged", `log({get a() { throw new Error("no") }})`, "", ""},
	{"getter that throws, set", `variables.set("a", {get a() { throw new Error("no") }})`, Exception, "Error: no"},
	{"getter that throws, in a header", `request.headers.x = {toString: function () { throw new Error("no") }}`, Exception, "Error: no"},
	{"getter that throws, in headers", `request.headers = {get x() { throw new Error("no") }}`, Exception, "Error: no"},
	{"message that throws", `throw {get message() { throw new Error("no") }}`, Exception, ""},
	{"toString that loops", `log({toString: function () { for (;;) {} }, toJSON: function () { for (;;) {} }})`, TimedOut, ""},
	{"toJSON that throws", `variables.set("a", {toJSON: function () { throw new Error("no") }})`, Exception, "Error: no"},
	{"toPrimitive that loops", `variables.set({[Symbol.toPrimitive]: function () { for (;;) {} }}, 1)`, TimedOut, ""},
	{"toPrimitive that recurs", `var o = {[Symbol.toPrimitive]: function () { return +o }}; request.body = o`, OverLimit, ""},
	{"valueOf that loops", `"x".repeat({valueOf: function () { for (;;) {} }})`, TimedOut, ""},
	{"thenable that loops", `Promise.resolve({then: function () { for (;;) {} }})`, TimedOut, ""},
	{"thenable without end", `var t = {then: function (f) { f(t) }}; Promise.resolve(t)`, TimedOut, ""},
	{"thrown proxy", `throw new Proxy({}, {get: function () { throw new Error("no") }})`, Exception, ""},
	{"proxy logged", `log(new Proxy([], {ownKeys: function () { for (;;) {} }, get: function () { for (;;) {} }}))`, TimedOut, ""},
	{"source map", "log(1)\n//# sourceMappingURL=MARKER", "", ""},
	{"source map in eval", `eval("1\n//# source" + "MappingURL=MARKER")`, "", ""},

	// Nothing in the process stops these.
	{"big arithmetic in eval", `eval("7n ** 1000000000n")`, Unstoppable, "does not react"},
}

// TestHostileScripts runs the list in a process of its own, whose memory is then known.
func TestHostileScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	if os.Getenv(childVariable) == "hostile" {
		runHostile(t)
		return
	}
	t.Parallel()
	child := exec.Command(os.Args[0], "-test.run=^TestHostileScripts$", "-test.v")
	child.Env = append(os.Environ(), childVariable+"=hostile", "TMPDIR="+t.TempDir())
	out, err := child.CombinedOutput()
	if err != nil {
		text := string(out)
		t.Fatalf("%v\n%s", err, text[max(0, len(text)-20000):])
	}
	if peak := peakOf(child.ProcessState); peak > 512 && !raceDetector {
		t.Errorf("the process took %d MB", peak)
	} else {
		t.Logf("the process took %d MB", peak)
	}
}

func runHostile(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "marker") // opening a pipe that nobody writes to blocks
	if err := makePipe(marker); err != nil {
		t.Fatal(err)
	}
	e := New(Options{Timeout: hostileTimeout})
	for _, h := range hostileScripts {
		h.script = strings.ReplaceAll(h.script, "MARKER", marker)
		t.Run(h.name, func(t *testing.T) {
			if checkHostile(t, e, h) == Unstoppable {
				return // what it does goes on, and takes the time of others
			}
			w := testWorld(PreRequest)
			if got := transcript(e.Run(t.Context(), compile(t, `log(JSON.stringify([1]), [1, 2].join("+"), request.method)`), w)); got != "[1] 1+2 POST" && !raceDetector {
				t.Errorf("the next script: %s", got)
			}
		})
	}
}

func checkHostile(t *testing.T, e *Engine, h hostileScript) FailureKind {
	t.Helper()
	p, problem := Compile(source.Opaque(h.script, source.Place{}), "script")
	if problem != nil {
		t.Fatal(problem)
	}
	var r Result
	var took time.Duration
	for range 3 { // a machine that does other things may need too long for what ends by itself
		start := time.Now()
		r = e.Run(context.Background(), p, testWorld(PreRequest))
		took = time.Since(start)
		if raceDetector || r.Failure == nil || r.Failure.Kind != TimedOut || strings.Contains(string(h.kind), string(TimedOut)) {
			break
		}
	}
	t.Logf("%s, peak %d MB", took.Round(time.Millisecond), peakMemory())
	if raceDetector && slow(r) {
		return r.Failure.Kind // everything takes ten times as long there: it is for finding races
	}
	if took > hostileTimeout+time.Second+busy {
		t.Errorf("took %s", took)
	}
	kind, message := FailureKind(""), ""
	if r.Failure != nil {
		kind, message = r.Failure.Kind, r.Failure.Message
	}
	if !slices.Contains(strings.Split(string(h.kind), "|"), string(kind)) || !strings.Contains(message, h.message) {
		t.Errorf("got %q (%s), want %q (%s)", kind, message, h.kind, h.message)
	}
	size := 0
	for _, l := range r.Output {
		size += len(l.Text)
	}
	if size > 1<<20 {
		t.Errorf("%d bytes of output", size)
	}
	for _, l := range r.Output {
		if l.Text == "true" || l.Text == "false" && kind == TimedOut {
			t.Errorf("a wrong answer: %s", l.Text)
		}
	}
	return kind
}

func slow(r Result) bool {
	return r.Failure != nil && slices.Contains([]FailureKind{TimedOut, Unstoppable, OverMemory}, r.Failure.Kind)
}
