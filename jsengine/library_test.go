package jsengine

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/google/go-cmp/cmp"
)

func TestChai(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	check(t, PostResponse, []row{
		{name: "assert", script: `assert("text", "is there")`, want: "pass: is there"},
		{name: "assert.ok", script: `assert.ok(1 < 2, "fine"); assert.ok(1 > 2, "wrong"); log("not reached")`,
			want: "pass: fine\nfail: wrong: expected false to be truthy\nassertion: wrong: expected false to be truthy"},
		{name: "assert.notEqual", script: `assert.notEqual("", response.body, "body")`, want: "pass: body"},
		{name: "equal casts", script: `assert.equal(response.headers["Content-Type"], "application/json"); assert.equal("1", 1)`,
			want: "pass: expected [ 'application/json' ] to equal 'application/json'\npass: expected '1' to equal 1"},
		{name: "without message", script: `assert(false)`, want: "fail: Unspecified AssertionError\nassertion: Unspecified AssertionError"},
		{name: "assert.fail", script: `assert.fail("no")`, want: "fail: no\nassertion: no"},
		{name: "expect.fail", script: `expect.fail("no")`, want: "fail: no\nassertion: no"},
		{name: "should.fail", script: `should.fail("no")`, want: "fail: no\nassertion: no"},
		{name: "expect chain", script: `expect([1, 2], "list").to.be.an("array").that.includes(2).and.has.lengthOf(2)`,
			want: "pass: list\npass: list\npass: list"},
		{name: "negated", script: `expect(1).not.to.equal(2)`, want: "pass: expected 1 to not equal 2"},
		{name: "property assertion", script: `expect(null).to.be.null; expect("").to.be.empty; expect(0).to.be.ok`,
			want: "pass: expected null to be null\npass: expected '' to be empty\nfail: expected +0 to be truthy\nassertion: expected +0 to be truthy"},
		{name: "one line for nested assertions", script: `assert.lengthOf([1], 1); assert.include({a: 1, b: 2}, {a: 1}); expect({a: 1}).to.have.property("a", 1)`,
			want: "pass: expected [ 1 ] to have a length of 1 but got 1\npass: expected { a: 1, b: 2 } to have property 'a' of 1, but got 1\npass: expected { a: 1 } to have property 'a' of 1, but got 1"},
		{name: "meant to fail", script: `assert.throws(function () { assert.equal(1, 2) }); expect({a: 1, b: 2}).to.not.include({a: 2, b: 2})`,
			want: "pass: expected [Function] to throw an error\npass: expected { a: 1, b: 2 } to not have property 'a' of 1"},
		{name: "caught", script: `try { assert.equal(1, 2) } catch (e) { log(e.name) } assert.ok(true, "after")`,
			want: "fail: expected 1 to equal 2\nAssertionError\npass: after"},
		{name: "should", script: `var o = {a: 1}; o.should.have.property("a"); (5).should.equal(5); should.exist(o); "x".should.be.a("string")`,
			want: "pass: expected { a: 1 } to have property 'a'\npass: expected 5 to equal 5\npass: expected { a: 1 } to exist\npass: expected 'x' to be a string"},
		{name: "chai.should", script: `var should = chai.should(); [1].should.include(1)`, want: "pass: expected [ 1 ] to include 1"},
		{name: "own style", script: `var equal = chai.assert.equal; equal(1, 1, "m")`, want: "pass: m"},
		{name: "forgotten call", script: `expect(1).to.equal.foo`, want: "exception: Error: Invalid Chai property: equal.foo. See docs for proper usage of \"equal\"."},
		{name: "misspelled", script: `expect(1).to.eqaul(1)`, want: "exception: Error: Invalid Chai property: eqaul. Did you mean \"equal\"?"},
		{name: "config", script: `chai.config.truncateThreshold = 0; assert.equal("` + strings.Repeat("x", 60) + `", "")`,
			want: "fail: expected '" + strings.Repeat("x", 60) + "' to equal ''\nassertion: expected '" + strings.Repeat("x", 60) + "' to equal ''"},
		{name: "deep equal of native objects", script: `assert.deepEqual(JSON.parse(response.body), {id: "42", n: [1, 2]}, "same"); assert.deepEqual(variables.get("object").a, [true, null, 1.5], "same")`,
			want: "pass: same\npass: same"},
		{name: "headers", script: `expect(response.headers).to.have.property("content-type"); assert.isArray(response.headers["Set-Cookie"], "list")`,
			want: "pass: expected { …(2) } to have property 'content-type'\npass: list"},
		{name: "jsonSchema", script: `assert.jsonSchema({a: 1}, {type: "object", required: ["a"]}, "schema"); expect({a: 1}).to.be.jsonSchema({type: "object"}); assert.notJsonSchema(1, {type: "object"})`,
			want: "pass: schema\npass: expected value to match json-schema '{\"type\":\"object\"}'\npass: expected value not to match json-schema '{\"type\":\"object\"}' -> '1'\n" +
				"      invalid type: number (expected object)\n          schema: {\"type\":\"object\"}\n          rule:   /type -> \"object\""},
		{name: "jsonSchema fails", script: `try { assert.jsonSchema({}, {required: ["a"]}) } catch (e) { log(e.message.indexOf("Missing required property: a") > 0) } throw 1`,
			want: "fail: expected value to match json-schema '{\"required\":[\"a\"]}' -> '{}'\n      Missing required property: a\n" +
				"          schema: {\"required\":[\"a\"]}\n          rule:   /required/0 -> \"a\"\ntrue\nexception: thrown: 1"},
		{name: "like", script: `assert.like({a: 1}, {a: 1}, "alike"); expect([{a: 1}]).to.containOneLike({a: 1}); expect({a: 1}).to.be.like({a: 2})`,
			want: "pass: alike\npass: expected [ { a: 1 } ] to contain one thing like { a: 1 }\n" +
				"fail: expected { a: 1 } to be like { a: 2 }\nassertion: expected { a: 1 } to be like { a: 2 }"},
		{name: "tv4", script: `log(chai.tv4.validate(1, {type: "string"}))`, want: "false"},
	})
}

// As with Chai anywhere, an assertion that the script catches does not fail it. A reader should know.
func TestCaughtAssertionsAreNoticed(t *testing.T) {
	t.Parallel()
	const want = "a failed assertion does not count, because the script caught it and went on: expected 1 to equal 2"
	for script, noticed := range map[string]bool{
		`try { assert.equal(1, 2) } catch (e) { log("on") }`:                  true,
		`(function () { try { assert.equal(1, 2) } finally { return 1 } })()`: true,
		`log({get x() { assert.equal(1, 2) }})`:                               true,
		`assert.throws(function () { assert.equal(1, 2) })`:                   false,
		`expect(1).to.not.equal(2)`:                                           false,
	} {
		r := runScript(t, script, World{Role: PostResponse})
		if r.Failure != nil || noticed != cmp.Equal(r.Notices, []string{want}) || !noticed && len(r.Notices) > 0 {
			t.Errorf("%s: notices %q, failure %v", script, r.Notices, r.Failure)
		}
	}
	if r := runScript(t, `assert.equal(1, 2)`, World{Role: Initial}); r.Failure != nil || len(r.Notices) > 0 {
		t.Errorf("in an initial script: notices %q, failure %v", r.Notices, r.Failure)
	}
}

func TestFailingAssertionsOfInitialScriptsAreIgnored(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	check(t, Initial, []row{
		{name: "assert", script: `assert.equal(1, 2, "m"); assert(false, "n"); expect([1]).to.include(2).and.have.lengthOf(1); log("on")`,
			want: "ignored: m: expected 1 to equal 2\nignored: n\nignored: expected [ 1 ] to include 2\npass: expected [ 1 ] to have a length of 1 but got 1\non"},
		{name: "fail", script: `assert.fail("a"); expect.fail("b"); log("on")`, want: "ignored: a\nignored: b\non"},
		{name: "property", script: `expect(0).to.be.ok; log("on")`, want: "ignored: expected +0 to be truthy\non"},
		{name: "should", script: `"x".should.equal("y"); log("on")`, want: "ignored: expected 'x' to equal 'y'\non"},
		{name: "inside Chai they still fail", script: `assert.throws(function () { throw new Error("x") }); expect({a: 1, b: 2}).to.not.include({a: 2, b: 2}); log("on")`,
			want: "pass: expected [Function] to throw an error\npass: expected { a: 1, b: 2 } to not have property 'a' of 1\non"},
		{name: "thrown by hand", script: `throw new chai.AssertionError("m")`, want: "ignored: m"},
		{name: "exceptions do fail", script: `assert.ok(false, "m"); nope()`, want: "ignored: m: expected false to be truthy\nexception: ReferenceError: nope is not defined"},
	})
}

func TestOtherLibraries(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	check(t, PostResponse, []row{
		{name: "underscore", script: `log(_.VERSION, _.map([1, 2], function (x) { return x * 2 }).join())`, want: "1.13.6 2,4"},
		{name: "moment", script: `log(moment.version, moment("2020-02-03T04:05:06Z").utc().format("YYYY/MM/DD HH:mm"), moment().year())`,
			want: "2.29.4 2020/02/03 04:05 2024"},
		{name: "moment locale", script: `log(moment("2020-03-01").locale("de").format("MMMM"), moment.locale(), moment.locale("fr"), moment("2020-03-01").format("MMMM"))`,
			want: "März en fr mars"},
		{name: "moment unknown locale", script: `log(moment.locale("xx-none"), moment("2020-03-01").format("MMMM"))`, want: "en March"},
		{name: "crypto", script: `log("" + CryptoJS.MD5("a"), "" + CryptoJS.SHA1("a"), CryptoJS.HmacSHA256("a", "k").toString(CryptoJS.enc.Base64))`,
			want: "0cc175b9c0f1b6a831c399e269772661 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8 eNqRUR5nVYf1ud94vt669VYNoqu4gWLuh13N90SVHZ4="},
		{name: "AES", script: `log(CryptoJS.AES.decrypt(CryptoJS.AES.encrypt("text", "key").toString(), "key").toString(CryptoJS.enc.Utf8))`, want: "text"},
	})
}

// A library's name is a global like any other: a script may use it for itself.
func TestDeclarationsGoBeforeLibraries(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	scripts := map[string]string{
		"var":           `var assert = 5; log(assert, typeof this.assert)`,
		"var hoisted":   `log(typeof assert); var assert = 5; log(assert)`,
		"var or":        `var _ = _ || "own"; log(typeof _)`,
		"let":           `let assert = 5; log(assert, typeof this.assert)`,
		"const":         `const assert = 5; log(assert)`,
		"function":      `log(assert()); function assert() { return 5 }`,
		"class":         `class moment {}; log(typeof moment, new moment() instanceof moment)`,
		"assignment":    `chai = 9; log(chai, Object.keys(this).join())`,
		"property":      `this.expect = 9; log(expect)`,
		"define":        `Object.defineProperty(this, "_", {value: 7}); log(_)`,
		"delete":        `log(delete this.assert, typeof assert)`,
		"typeof":        `log(typeof assert, typeof _, typeof moment, typeof CryptoJS, typeof chai, typeof expect, typeof marknote)`,
		"parameter":     `(function (assert) { log(assert) })(5)`,
		"destructuring": `var {assert, expect} = chai; assert.ok(true, "m")`,
		"function log":  `function log2() {} var log3 = log; log3("x")`,
		"own request":   `let request = 1; log(request)`,
	}
	want := map[string]string{
		"var":           "5 number",
		"var hoisted":   "function\n5",
		"var or":        "function",
		"let":           "5 function",
		"const":         "5",
		"function":      "5",
		"class":         "function true",
		"assignment":    "9 chai",
		"property":      "9",
		"define":        "7",
		"delete":        "true undefined",
		"typeof":        "function function function object object function object",
		"parameter":     "5",
		"destructuring": "pass: m",
		"function log":  "x",
		"own request":   "1",
	}
	var rows []row
	for name, script := range scripts {
		rows = append(rows,
			row{name: name, script: script, want: want[name]},
			row{name: name + ", strict", script: `"use strict"; ` + script, want: want[name]})
	}
	check(t, PostResponse, rows)
}

func TestScriptsShareNothing(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	e := New(Options{})
	first := compile(t, `x = 1; const k = 2; Array.prototype.mine = 3; chai.mine = 4; _.mixin({mine: function () {}}); Math.max = null`)
	second := compile(t, `const k = 5; log(typeof x, k, [].mine, chai.mine, _.mine, Math.max(1, 2))`)
	e.Warm(first, second)
	for range 2 {
		if f := e.Run(t.Context(), first, World{}).Failure; f != nil {
			t.Fatal(f.Message)
		}
		if got := transcript(e.Run(t.Context(), second, World{})); got != "undefined 5 undefined undefined undefined 2" {
			t.Error(got)
		}
	}
}

func TestWarmMachinesBehaveLikeOthers(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	p := compile(t, `assert.equal(variables.get("name"), "Ada", "m"); variables.set("r", Math.random()); log(_.size([1]), variables.get("r"))`)
	cold := New(Options{}).Run(t.Context(), p, testWorld(PostResponse))
	e := New(Options{})
	defer e.Close()
	e.Warm(p, p, p)
	waitForSpare(t, e)
	for range 3 {
		warm := e.Run(t.Context(), p, testWorld(PostResponse))
		if diff := cmp.Diff(transcript(cold), transcript(warm)); diff != "" || warm.Failure != nil {
			t.Error(diff, warm.Failure)
		}
	}
	initial := e.Run(t.Context(), compile(t, `assert.ok(false, "m")`), World{Role: Initial})
	if initial.Failure != nil {
		t.Error("a failing assertion of an initial script counted")
	}
}

func waitForSpare(t *testing.T, e *Engine) {
	t.Helper()
	for range 500 {
		e.mu.Lock()
		ready := e.spare != nil
		e.mu.Unlock()
		if ready {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no spare machine was made")
}

func TestAnEngineServesManyAtOnce(t *testing.T) {
	needLibraries(t)
	t.Parallel()
	e := New(Options{})
	p := compile(t, `assert.ok(true, "m"); log(moment("2020-03-01").locale("de").format("MMM"), /(?=a)a/.test("a"))`)
	e.Warm(p, p, p, p)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if got := transcript(e.Run(t.Context(), p, World{})); got != "pass: m\nMärz true" {
				t.Error(got)
			}
		})
	}
	wait.Wait()
	e.Close()
}

func TestALibraryThatIsMissingFailsTheScript(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		`missing.ok(true)`,
		`try { missing.ok(true) } catch (e) {} log("on")`,
		`Promise.resolve().then(function () { missing })`,
	} {
		m := newMachine(newLimits(Options{}))
		m.lazily("missing", func() goja.Value { m.refuse("chai", errNotBuiltIn); return nil })
		f := m.run(t.Context(), &watchdog{limits: m.limits}, compile(t, script), World{}).Failure
		if f == nil || f.Kind != Unavailable || f.Message != "chai is not available: built without script libraries: run make build" {
			t.Errorf("%s: got %+v", script, f)
		}
	}
}

func ExampleRole() {
	fmt.Println(Initial, PreRequest, PostResponse)
	// Output: initial script pre-request script post-response script
}
