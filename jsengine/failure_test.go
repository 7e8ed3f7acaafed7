package jsengine

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

// inExport puts a script into an export as a JSON string, and compiles it from there.
func inExport(t *testing.T, script string) *Program {
	t.Helper()
	p, problem := Compile(exported(t, script), "step 2 script")
	if problem != nil {
		t.Fatal(problem)
	}
	return p
}

func exported(t *testing.T, script string) source.Text {
	t.Helper()
	literal, err := json.Marshal(script)
	if err != nil {
		t.Fatal(err)
	}
	before := "{\n  \"scripts\": [\n    "
	file := source.NewFile("test.json", []byte(before+string(literal)+"]}"))
	return source.JSONString(script, source.Place{File: file, Start: len(before), End: len(before) + len(literal)})
}

func TestFailuresHaveAPlaceInScriptAndExport(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	for _, r := range []struct {
		name, script string
		kind         FailureKind
		message      string
		at           string // the marked text in the script, found at script:line:col
		position     source.Position
		excerpt      string
	}{
		{"assertion", "var a = 1;\n\tassert.equal(a, 2, \"ünï\");", FailedAssertion, "ünï: expected 1 to equal 2",
			"equal", source.Position{Line: 2, Col: 9}, " assert.equal(a, 2, \"ünï\");"},
		{"assertion in a function", "function f(x) {\n  expect(x).to.be.ok;\n}\nf(0)", FailedAssertion, "expected +0 to be truthy",
			"ok", source.Position{Line: 2, Col: 19}, "  expect(x).to.be.ok;"},
		{"undefined name", "/* ä€😀 */ nope()", Exception, "ReferenceError: nope is not defined",
			"nope", source.Position{Line: 1, Col: 17}, "/* ä€😀 */ nope()"},
		{"property of undefined", "var a = {};\r\nlog(a.b.c)", Exception, "TypeError: Cannot read property 'c' of undefined",
			"c", source.Position{Line: 2, Col: 9}, "log(a.b.c)"},
		{"bad JSON", "\nJSON.parse('<html>')", Exception, "SyntaxError: invalid character '<' looking for beginning of value",
			"parse", source.Position{Line: 2, Col: 6}, "JSON.parse('<html>')"},
		{"after a line separator", "var s = '\u2028';\nnope()", Exception, "ReferenceError: nope is not defined",
			"nope", source.Position{Line: 2, Col: 1}, "nope()"},
		{"thrown again", "try { nope() } catch (e) { log(1); throw e }", Exception, "ReferenceError: nope is not defined",
			"nope", source.Position{Line: 1, Col: 7}, "try { nope() } catch (e) { log(1); throw e }"},
		{"in a promise", "Promise.resolve().then(function () {\n  nope() })", Exception, "ReferenceError: nope is not defined",
			"nope", source.Position{Line: 2, Col: 3}, "  nope() })"},
		{"assertion in async", "(async function () {\n  assert.equal(1, 2) })()", FailedAssertion, "expected 1 to equal 2",
			"equal", source.Position{Line: 2, Col: 10}, "  assert.equal(1, 2) })()"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			p := inExport(t, r.script)
			f := New(Options{}).Run(t.Context(), p, World{Role: PostResponse}).Failure
			if f == nil {
				t.Fatal("passed")
			}
			if f.Kind != r.kind || f.Message != r.message || f.Script != r.position {
				t.Errorf("got %s %q at %v", f.Kind, f.Message, f.Script)
			}
			offset := p.script.Offset(r.position)
			if want := p.script.At(offset, offset+len(r.at)); f.At != want {
				t.Errorf("place %v (%q), want %v", f.At, f.At.File.Bytes()[f.At.Start:f.At.End], want)
			}
			if f.Excerpt.Text != r.excerpt || f.Excerpt.Line != r.position.Line || f.Excerpt.File != "step 2 script" {
				t.Errorf("excerpt %+v", f.Excerpt)
			}
		})
	}
}

func TestWhateverIsThrownFails(t *testing.T) {
	t.Parallel()
	check(t, PostResponse, []row{
		{name: "error", script: `throw new Error("x")`, want: "exception: Error: x"},
		{name: "own error", script: `class Mine extends Error {}; throw new Mine("x")`, want: "exception: Error: x"},
		{name: "no message", script: `throw new Error()`, want: "exception: Error"},
		{name: "text", script: `throw "x"`, want: "exception: thrown: x"},
		{name: "undefined", script: `throw undefined`, want: "exception: thrown: undefined"},
		{name: "null", script: `throw null`, want: "exception: thrown: null"},
		{name: "false", script: `throw false`, want: "exception: thrown: false"},
		{name: "object", script: `throw {a: 1}`, want: "exception: thrown: {\n  \"a\": 1\n}"},
		{name: "object with a message", script: `throw {message: "m", code: 5}`, want: "exception: thrown: {\n  \"message\": \"m\",\n  \"code\": 5\n}"},
		{name: "text behind JSON", script: `JSON.parse("{}x")`, want: "exception: SyntaxError: Unexpected token at the end"},
		{name: "hostile message", script: `throw {get message() { throw 1 }}`, want: "exception: an error without a message"},
		{name: "hostile name", script: `throw {message: "m", get name() { throw 1 }}`, want: "exception: an error without a message"},
		{name: "rejected", script: `Promise.reject(new Error("x"))`, want: "exception: Error: x"},
		{name: "rejected with nothing", script: `Promise.reject()`, want: "exception: thrown: undefined"},
		{name: "rejected and handled", script: `Promise.reject(1).catch(function (e) { log(e) })`, want: "1"},
		{name: "handled later", script: `var p = Promise.reject(1); Promise.resolve().then(function () { p.catch(log) })`, want: "1"},
		{name: "one of two handled", script: `Promise.reject(1).catch(log); Promise.reject(2)`, want: "1\nexception: thrown: 2"},
		{name: "async result", script: `(async function () { await null; log("later") })(); log("first")`, want: "first\nlater"},
		{name: "reading back", script: `request.headers.x = {toString() { throw new Error("late") }}`, want: "exception: Error: late"},
		{name: "failure is kept", script: `request.headers.x = {toString() { throw new Error("late") }}; throw 1`, want: "exception: thrown: 1"},
	})
}

func TestFailuresSayWhatToDo(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`require("chai")`:     "there is no module loader: assert, expect, _, moment and CryptoJS are there without it",
		`pm.test("x")`:        "this is a script for Postman: use variables, request, response and assert",
		`setTimeout(log, 1)`:  "there are no timers: use a pause step",
		`get_secret("x")`:     "give it by --secret, --secrets-file or an environment variable",
		`nope`:                "",
		`Promise.reject("x")`: "it was thrown in a promise or an async function, and nothing caught it",
	} {
		f := runScript(t, script, World{}).Failure
		if f == nil || f.Hint != want {
			t.Errorf("%s: got %+v", script, f)
		}
	}
}

func TestAnAssertionSaysWhatItCompared(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	for script, want := range map[string][2]string{
		`assert.equal("a", 2)`:              {"2", "a"},
		`assert.deepEqual([1], {a: null})`:  {"{\n  \"a\": null\n}", "[\n  1\n]"},
		`assert.ok(false)`:                  {"", ""},
		`assert(false, "m")`:                {"", ""},
		`expect(3).to.equal(undefined)`:     {"", ""},
		`expect(null, "m").to.be.equal("")`: {"", ""},
	} {
		f := runScript(t, script, World{Role: PostResponse}).Failure
		if f == nil || [2]string{f.Expected, f.Actual} != want && want[0] != "" {
			t.Errorf("%s: got %+v", script, f)
		}
	}
}

func TestAPrivateFileIsNotShown(t *testing.T) {
	t.Parallel()
	script := exported(t, "\nnope()")
	script.Place.File.Private = true
	p, problem := Compile(script, "initial script")
	if problem != nil {
		t.Fatal(problem)
	}
	f := New(Options{}).Run(t.Context(), p, World{}).Failure
	if f == nil || !f.At.Known() || f.Excerpt != (source.Excerpt{}) {
		t.Errorf("got %+v", f)
	}
}

func TestLinesKnowTheirPlace(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	r := runScript(t, "log(1)\n\n  assert.ok(1, 'm')", World{Role: PostResponse})
	want := []Line{
		{Kind: Log, Text: "1", Script: source.Position{Line: 1, Col: 1}},
		{Kind: Assert, Text: "m", Passed: true, Script: source.Position{Line: 3, Col: 10}},
	}
	if diff := cmp.Diff(want, r.Output); diff != "" {
		t.Error(diff)
	}
}

func TestLimitStopsEndlessScripts(t *testing.T) {
	t.Parallel()
	e := New(Options{Timeout: 150 * time.Millisecond})
	for name, script := range map[string]string{
		"loop":          `for (;;) {}`,
		"finally":       `try { for (;;) {} } finally { for (;;) {} }`,
		"catch":         `for (;;) { try { for (;;) {} } catch (e) {} }`,
		"promises":      `(function again() { Promise.resolve().then(again) })()`,
		"in a promise":  `Promise.resolve().then(function () { for (;;) {} })`,
		"generator":     `function* g() { for (;;) yield 1 }; for (var x of g()) {}`,
		"getter":        `Object.defineProperty(this, "x", {get: function () { for (;;) {} }}); x`,
		"reading back":  `request.headers.x = {toString: function () { for (;;) {} }}`,
		"error message": `throw {get message() { for (;;) {} }}`,
		"host callback": `log({toJSON: function () { for (;;) {} }})`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := e.Run(t.Context(), compile(t, script), testWorld(PreRequest))
			if r.Failure == nil || r.Failure.Kind != TimedOut ||
				r.Failure.Message != "stopped after 150ms, the time limit of a script" {
				t.Fatalf("got %+v", r.Failure)
			}
			if r.Request == nil || r.Request.URL == "" {
				t.Error("the request is lost")
			}
		})
	}
}

func TestLimitStopsRecursion(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"plain":  `function f() { f() } f()`,
		"caught": `function f() { try { f() } catch (e) { log("caught") } } f()`,
		"getter": `var o = {get a() { return this.a }}; o.a`,
		"proxy":  `var p = new Proxy({}, {get: function (t, k, r) { return r[k] }}); p.x`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runScript(t, script, World{})
			if r.Failure == nil || r.Failure.Kind != OverLimit || r.Failure.Message != "calls are nested more than 1500 deep" {
				t.Fatalf("got %+v", r.Failure)
			}
			if len(r.Output) > 0 {
				t.Error("the script caught the limit")
			}
		})
	}
}

func TestLimitPointsToTheLoop(t *testing.T) {
	t.Parallel()
	r := New(Options{Timeout: 50 * time.Millisecond}).Run(t.Context(), inExport(t, "log('x'); var i = 0\nfor (;;) {\ni++ }"), World{})
	if f := r.Failure; f == nil || f.Script.Line < 2 || !f.At.Known() {
		t.Errorf("got %+v", f)
	}
	if len(r.Output) != 1 || r.Duration < 50*time.Millisecond {
		t.Errorf("output %v after %s", r.Output, r.Duration)
	}
}

func TestTheEndOfARunEndsItsScript(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(30*time.Millisecond, func() { cancel(errors.New("interrupted by the user")) })
	f := New(Options{}).Run(ctx, compile(t, `for (;;) {}`), World{}).Failure
	if f == nil || f.Kind != Canceled || !strings.HasSuffix(f.Message, "interrupted by the user") {
		t.Errorf("got %+v", f)
	}
}

// A panic of the interpreter or of a host function must not end the program, and is no pass.
func TestAPanicFailsTheScript(t *testing.T) {
	t.Parallel()
	r := runScript(t, `variables.get("x")`, World{Variables: panicking{}})
	if r.Failure == nil || !strings.HasPrefix(r.Failure.Message, "internal error of the script engine: ") {
		t.Errorf("got %+v", r.Failure)
	}
}

type panicking struct{ Variables }
