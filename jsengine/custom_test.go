package jsengine

import (
	"slices"
	"strings"
	"testing"

	"offscope/source"
)

func customLibrary(t testing.TB, name, text string) *Library {
	t.Helper()
	l, problem := CompileLibrary(source.Verbatim(source.NewFile(name, []byte(text)).Whole()), name)
	if problem != nil {
		t.Fatal(problem)
	}
	return l
}

func TestCustomLibraries(t *testing.T) {
	t.Parallel()
	with := func(texts ...string) func(*World) {
		return func(w *World) {
			for _, text := range texts {
				w.Libraries = append(w.Libraries, customLibrary(t, "lib.js", text))
			}
		}
	}
	check(t, PostResponse, []row{
		{name: "a function", script: `log(twice(4))`, want: "8", world: with(`function twice(n) { return 2 * n }`)},
		{name: "const and let", script: `log(a + b)`, want: "3", world: with(`const a = 1; let b = 2`)},
		{name: "in order", script: `log(x)`, want: "ab", world: with(`var x = "a"`, `x += "b"`)},
		{name: "through the global object", script: `log(mine.ok)`, want: "true",
			world: with(`(function (root) { root.mine = {ok: true} })(this)`)},
		{name: "sees the script API", script: `f()`, want: "bkt42 Ada",
			world: with(`function f() { log(runscope_bucket, variables.get("name")) }`)},
		{name: "sees request and response", script: `f()`, want: "POST 201", world: with(`function f() { log(request.method, response.status) }`)},
		{name: "overwrites the script API", script: `log("x"); out("y")`, want: "[y]",
			world: with(`var out = log; log = function () {}; var was = out; out = function (s) { was("[" + s + "]") }`)},
		{name: "each script has its own", script: `log(n++)`, want: "0", world: with(`var n = 0`)},
		{name: "throws", script: `log("never")`, want: "exception: the script library lib.js failed: TypeError: no",
			world: with(`throw new TypeError("no")`)},
		{name: "throws when called", script: `f()`, want: "exception: TypeError: no", world: with(`function f() { throw new TypeError("no") }`)},
	})
}

func TestCustomLibrariesOverwriteBuiltInOnes(t *testing.T) {
	t.Parallel()
	needLibraries(t)
	w := testWorld(PostResponse)
	w.Libraries = []*Library{customLibrary(t, "lib.js", `var old = _; _ = {map: function (a) { return old.map(a, function (x) { return -x }) }}`)}
	if got := transcript(runScript(t, `log(_.map([1, 2]).join())`, w)); got != "-1,-2" {
		t.Error(got)
	}
	w.Libraries = []*Library{customLibrary(t, "lib.js", `function check(a) { assert.equal(a, 1, "is one") }`)}
	if got := transcript(runScript(t, `check(1); check(2)`, w)); got != "pass: is one\nfail: is one: expected 2 to equal 1\nassertion: is one: expected 2 to equal 1" {
		t.Error(got)
	}
	w.Role = Initial // whose assertions count for nothing, but whose libraries have to load
	w.Libraries = []*Library{customLibrary(t, "lib.js", `throw new chai.AssertionError("no")`)}
	if got := transcript(runScript(t, `log(1)`, w)); !strings.HasPrefix(got, "fail: no\nassertion: the script library lib.js failed: no") {
		t.Error(got)
	}
}

func TestALibraryThatFailsIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	w := testWorld(PostResponse)
	w.Libraries = []*Library{customLibrary(t, "ok.js", `var a`), customLibrary(t, "bad.js", "var b;\n  nobody()")}
	f := runScript(t, `log(1)`, w).Failure
	if f.Library != "bad.js" || f.At.String() != "bad.js:2:3" || f.Script != (source.Position{Line: 2, Col: 3}) ||
		f.Excerpt.File != "bad.js" || f.Message != "the script library bad.js failed: ReferenceError: nobody is not defined" {
		t.Errorf("%+v at %s", f, f.At)
	}
	w.Libraries = []*Library{customLibrary(t, "lib.js", "function f() { nobody() }")}
	if f := runScript(t, "\nf()", w).Failure; f.Library != "" || f.Script != (source.Position{Line: 2, Col: 1}) {
		t.Errorf("%+v", f)
	}
}

func TestBadLibrariesAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"var = 1":                                "lib.js:1:5: script library lib.js: syntax error at line 1, column 5 of the script: unexpected token =",
		"/*" + strings.Repeat(" ", 1<<20) + "*/": "lib.js:1:1: the script library lib.js has 1048580 bytes, and 1048576 are allowed",
	} {
		_, problem := CompileLibrary(source.Verbatim(source.NewFile("lib.js", []byte(text)).Whole()), "lib.js")
		if problem == nil || problem.Error() != want {
			t.Errorf("got %v, want %s", problem, want)
		}
	}
}

func TestNamesOfLibrariesAreKnown(t *testing.T) {
	t.Parallel()
	p := compile(t, `a(); b(); c(); d()`)
	for text, want := range map[string][]string{
		``: {"a", "b", "c", "d"},
		`function a() {} (function () { b = 1 })()`:          {"c", "d"},
		`(function (root) { root.c = root["d"] = 1 })(this)`: {"a", "b"},
		`eval("var a")`: nil,
	} {
		if got := p.Unknown(customLibrary(t, "lib.js", text)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestALibraryMentionsWhatItsCodeNames(t *testing.T) {
	t.Parallel()
	const text = "// variables\nvar a = get_secret('key'), b = c.eval;"
	l, problem := CompileLibrary(source.Text{Value: text}, "l")
	if problem != nil {
		t.Fatal(problem)
	}
	for name, want := range map[string]bool{"variables": false, "get_secret": true, "key": true, "eval": true, "a": true, "d": false} {
		if got := l.Mentions(name); got != want {
			t.Errorf("mentions %s: %v, want %v", name, got, want)
		}
	}
	if l.Text() != text {
		t.Errorf("text %q", l.Text())
	}
}
