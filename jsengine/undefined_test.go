package jsengine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

func TestUnknownGlobals(t *testing.T) {
	t.Parallel()
	for script, want := range map[string][]string{
		`request.headers.A = aws4.sign({path: "/"}, {key: variables.get("k")}).headers`: {"aws4"},
		`b(); a(); b.c()`: {"b", "a"},
		`var data = JSON.parse(response.body); assert.equal(data.a, _.size([]), moment().format())`:                  nil,
		`log(Math.PI, undefined, NaN, Infinity, CryptoJS, marknote, btoa("a"), new Promise(log), new Uint8Array(1))`: nil,
		`if (typeof aws4 !== "undefined") aws4.sign()`:                                                               nil,
		`function f(a, {b, c: [d = 1]}, ...e) { return a + b + c + d + e + arguments.length } f(f)`:                  {"c"},
		`let {a, ...rest} = {}; for (const k of [a]) log(k, rest); for (var i in {}) log(i)`:                         nil,
		`try { log() } catch (e) { log(e) } try { log() } catch ({message}) { log(message) }`:                        nil,
		`x = 1; log(x); [y] = [x]; log(y); for (z of [1]) log(z)`:                                                    nil,
		`out: for (;;) { break out }`:                nil,
		`(a => a * 2)(1); (async (b) => await b)(c)`: {"c"},
		`class A { #p = 1; static m() { return new.target } } new A(); ({key: 1, get x() { return this.key }}).key`: nil,
		`this.lib = {}; lib.use()`:          nil,
		`globalThis["lib"] = {}; lib.use()`: nil,
		`var {k = missing} = {}; ({short})`: {"missing", "short"},
		"log(`${inTemplate}`)":              {"inTemplate"},
		`require("x"); pm.test()`:           {"require", "pm"},
	} {
		got := compile(t, script).Unknown()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n-want +got\n%s", script, diff)
		}
	}
	if KnownElsewhere("require") == "" || KnownElsewhere("aws4") != "" {
		t.Error("what is known of other environments")
	}
}

func TestATimeOutIsPlacedAtTheLoop(t *testing.T) {
	t.Parallel()
	e := New(Options{Timeout: 100 * time.Millisecond})
	for script, want := range map[string]source.Position{
		"log('x');\nwhile (true) {}": {Line: 2, Col: 1},
		"for (;;);":                  {Line: 1, Col: 1},
		"function spin() {\n  while (true) {}\n}\nlog(1);\nspin();":                       {Line: 2, Col: 3},
		"var spin = function () { var f = () => { for (;;) {} };\n for (;;);\n}\nspin();": {Line: 2, Col: 2},
		"var a = 1;\nvar spin = () => {\n  do {} while (a);\n};\nspin();":                 {Line: 3, Col: 3},
		"var o = {spin() {\n  log(1);\n  for (;;) {}\n}};\no.spin();":                     {Line: 3, Col: 3},
		"[1].forEach(function () {\n  for (var a = 1;;) { a = a + 1; }\n});":              {Line: 2, Col: 3},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			r := e.Run(t.Context(), compile(t, script), World{})
			if r.Failure == nil || r.Failure.Kind != TimedOut {
				t.Fatalf("got %+v", r.Failure)
			}
			if r.Failure.Script != want {
				t.Errorf("at %v, want %v", r.Failure.Script, want)
			}
		})
	}
}
