package jsengine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

func TestSyntaxErrorsHaveAPlace(t *testing.T) {
	t.Parallel()
	for _, r := range []struct{ name, script, message, marked, hint string }{
		{"token", "var a = 1;\n  a = );", "syntax error at line 2, column 7 of the script: unexpected token )", ")", ""},
		{"behind other characters", "/* ä\t\"😀\" */ a b", "syntax error at line 1, column 19 of the script: unexpected identifier", "b", ""},
		{"end", "if (a) {", "syntax error at line 1, column 9 of the script: unexpected end of input", "", ""},
		{"CRLF", "a;\r\n\r\n+;", "syntax error at line 3, column 2 of the script: unexpected token ;", ";", ""},
		{"line separator", "'\u2028'; // \u2028 ;\n)", "syntax error at line 2, column 1 of the script: unexpected token )", ")", ""},
		{"declared twice", "let a;\nlet a;", "syntax error at line 2, column 5 of the script: identifier 'a' has already been declared", "a", ""},
		{"return", "\nreturn 1", "syntax error at line 2, column 1 of the script: illegal return statement", "return",
			"a script is no function: put it into one, (function () { … })()"},
		{"import", "import x from 'y'", "syntax error at line 1, column 1 of the script: unexpected reserved word", "import",
			"there are no modules; the libraries are there without being imported"},
		{"regexp flags", "var x =\n /a/v", "syntax error at line 2, column 2 of the script: invalid flags supplied to RegExp constructor 'v'", "",
			"the flags d and v are not supported"},
		{"strict", "'use strict'; with (a) {}", "syntax error at line 1, column 15 of the script: strict mode code may not include a with statement", "with", ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			p, problem := Compile(exported(t, r.script), "s")
			if problem == nil || p != nil {
				t.Fatal("compiled")
			}
			if problem.Message != r.message || problem.Hint != r.hint || problem.Code != "script-syntax" || problem.Severity != source.Error {
				t.Errorf("got %q, hint %q", problem.Message, problem.Hint)
			}
			at := problem.Place
			if marked := string(at.File.Bytes()[at.Start:at.End]); r.marked != "" && marked != r.marked {
				t.Errorf("marked %q, want %q", marked, r.marked)
			}
		})
	}
}

func TestSourceMapsAreNotOpened(t *testing.T) {
	t.Parallel()
	script := "log(1)\n//# sourceMappingURL=/etc/hostname"
	check(t, PostResponse, []row{
		{name: "script", script: script, want: "1"},
		{name: "eval", script: `eval("log(2)\n//# sourceMappingURL=/etc/hostname")`, want: "2"},
	})
}

func TestProgramsNameWhatTheyUse(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		script    string
		libraries []string
		sets      []string
		computed  bool
		gets      []string
	}{
		{script: `log(1) // assert`},
		{script: `assert.ok(1)`, libraries: []string{libChai}},
		{script: `expect(1)`, libraries: []string{libChai}},
		{script: `x.should.equal(1)`, libraries: []string{libChai}},
		{script: `x["should"]`, libraries: []string{libChai}},
		{script: "this[`moment`]", libraries: []string{libMoment}},
		{script: `class A { static { _.map([]) } }`, libraries: []string{libUnderscore}},
		{script: `let {CryptoJS: c} = globalThis`, libraries: []string{libCryptoJS}, computed: true},
		{script: "`${moment()}`", libraries: []string{libMoment}},
		{script: `chai?.assert`, libraries: []string{libChai}},
		{script: `async () => { for (const x of [assert]) await x }`, libraries: []string{libChai}},
		{script: `label: switch (1) { case assert: break label; default: throw moment }`, libraries: []string{libChai, libMoment}},
		{script: `assert.jsonSchema(1, {})`, libraries: []string{libChai, libJSONSchema}},
		{script: `assert.like(1, 1)`, libraries: []string{libChai, libFuzzy, libUnderscore}},
		{script: `variables.set("a", 1); variables.set('b', variables.get("c")); variables.set("a", 2)`,
			sets: []string{"a", "b"}, gets: []string{"c"}},
		{script: "if (0) { variables.set(`a`, 1) }", sets: []string{"a"}},
		{script: `variables.set("a" + b, 1)`, computed: true},
		{script: `variables.set(name, 1)`, computed: true},
		{script: `variables.set()`, computed: true},
		{script: `variables.get(name)`},
		{script: `var v = variables; v.set("a", 1)`, computed: true},
		{script: `variables["set"]("a", 1)`, computed: true},
		{script: `variables?.set("a", 1)`, computed: true},
		{script: `f({variables})`, computed: true},
		{script: `this.variables.set("a", 1)`, computed: true},
		{script: `this["varia" + "bles"].set("a", 1)`, computed: true},
		{script: `eval("variables.set('a', 1)")`, computed: true},
		{script: `new Function("x")`, computed: true},
		{script: `variables.set.call(null, "a", 1)`, computed: true},
	} {
		p := compile(t, r.script)
		sets, computed := p.Sets()
		if !cmp.Equal(p.Libraries(), r.libraries) || !cmp.Equal(sets, r.sets) || computed != r.computed || !cmp.Equal(p.Gets(), r.gets) {
			t.Errorf("%s: libraries %v, sets %v, computed %v, gets %v", r.script, p.Libraries(), sets, computed, p.Gets())
		}
	}
}

func TestWarningsNameWhatDoesNotWork(t *testing.T) {
	t.Parallel()
	for script, want := range map[string][]string{
		`/\p{Lu}/u.test("A")`:                {"script-unicode-property 1:1"},
		`/\p{Lu}/.test("A")`:                 nil,
		`/x/; new RegExp("\\P{L}+", "u")`:    {"script-unicode-property 1:17"},
		`RegExp("\\p{L}", flags)`:            {"script-unicode-property 1:8"},
		`RegExp("\\p{L}")`:                   nil,
		`d.toLocaleDateString("de")`:         {"script-locale 1:3"},
		`d.toLocaleDateString()`:             nil,
		`(5).toLocaleString("de", {a: /x/})`: {"script-locale 1:5"},
		`a.localeCompare(b, "de")`:           {"script-locale 1:3"},
		`a.localeCompare(b)`:                 nil,
		`new Intl.NumberFormat("de")`:        {"script-locale 1:5"},

		`expect(a)`:              {"script-checks-nothing 1:1"},
		`chai.expect(a, "b")`:    {"script-checks-nothing 1:1"},
		`expect(a).to.equal`:     {"script-checks-nothing 1:14"},
		`expect(a).to.be.an`:     {"script-checks-nothing 1:17"},
		`expect(a).to.not`:       {"script-checks-nothing 1:14"},
		`a.should.have.property`: {"script-checks-nothing 1:15"},
		`b(); a.b.should`:        {"script-checks-nothing 1:10"},
		`assert.equal`:           {"script-checks-nothing 1:8"},
		`assert`:                 {"script-checks-nothing 1:1"},
		`var e = x => expect(x); e(1).to.equal(1)`:            nil,
		`if (a) { expect(b).to.be.above; }`:                   {"script-checks-nothing 1:26"},
		`expect(a).to.be.true; expect(a).to.exist`:            nil,
		`expect(a).to.be.empty.and`:                           nil,
		`expect(a).to.equal(1).and`:                           nil,
		`expect(a).to.equal(1); assert.equal(a, 1)`:           nil,
		`a.should.be.ok; a.should.equal(1); a.should`:         {"script-checks-nothing 1:38"},
		`var f = assert.equal; f(1, 1); var e = expect(a).to`: nil,
		`x.expect(a); expected(a); my.assert`:                 nil,

		`assert(response.status = 200)`:           {"script-checks-nothing 1:8"},
		`assert.ok(a.b = "x", "m")`:               {"script-checks-nothing 1:11"},
		`assert.isTrue(a = true)`:                 {"script-checks-nothing 1:15"},
		`assert(m = /a/.exec(b)); assert(a == 1)`: nil,
		`assert.equal(a, b = 1); f(a = 1)`:        nil,

		`request = {url: "/"}`:                          {"script-replaced-request 1:1"},
		`if (1) { log(1); request = null }`:             {"script-replaced-request 1:18"},
		`request.url = "/"; request["body"] = ""`:       nil,
		`var request = {}; request = {url: "/"}`:        nil,
		`function f(request) { request = request.url }`: nil,
	} {
		p, problem := Compile(source.Verbatim(source.NewFile("s.js", []byte(script)).Whole()), "s")
		if problem != nil {
			t.Fatal(problem)
		}
		var got []string
		for _, w := range p.Warnings() {
			if w.Severity != source.Warning || w.Hint == "" {
				t.Errorf("%s: %+v", script, w)
			}
			got = append(got, w.Code+" "+w.Place.String()[len("s.js:"):])
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", script, got, want)
		}
	}
}

// The gap of the engine that the warning is about: if it closes, the warning should go.
func TestUnicodePropertiesStillNeverMatch(t *testing.T) {
	t.Parallel()
	if got := transcript(runScript(t, `log(/\p{Lu}/u.test("A"))`, World{})); got != "false" {
		t.Errorf("got %s: drop the warning", got)
	}
}

// Any text either compiles or is refused with a place inside it.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"", "a", "a b", "'\u2028'\n)", "/\\p{L}/u", "`${a}`", "variables.set('a' + b)", "\r\n(", "class { #a }", "\xff)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		if len(script) > 1000 {
			t.Skip("nesting is the business of another limit")
		}
		text := source.Verbatim(source.NewFile("s.js", []byte(script)).Whole())
		p, problem := Compile(text, "s")
		if (p == nil) == (problem == nil) {
			t.Fatal("neither compiled nor refused")
		}
		if problem == nil {
			return
		}
		if at := problem.Place; at.Start < 0 || at.End < at.Start || at.End > len(script) {
			t.Errorf("place %d-%d of %d bytes", at.Start, at.End, len(script))
		}
	})
}
