package jsengine

import (
	"strings"
	"testing"
)

// What an async function asserts behind an await is looked at, or the script fails.
func TestAnAwaitThatNeverEndsFails(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		`(async () => { await new Promise(() => {}); log("never") })()`,
		`async function wait() { await new Promise(() => {}) }; (async () => { await wait(); log("never") })()`,
		`const f = async () => log(await new Promise(() => {})); f(); f()`,
		`(async () => { try { await new Promise(() => {}) } finally { log("never") } })()`,
		`(async () => { for (const x of [1, new Promise(() => {})]) { await x } })()`,
		`Promise.prototype.then = Promise.resolve = () => {}; (async () => { await new Promise(() => {}) })()`,
	} {
		r := runScript(t, script, World{})
		f := r.Failure
		if f == nil || !strings.HasPrefix(f.Message, "an async function waits for a promise that nothing settles") || f.Script.Line != 1 || len(r.Output) > 0 {
			t.Errorf("%s: got %+v and %v", script, f, r.Output)
		}
	}
}

func TestAwaitsThatEndPass(t *testing.T) {
	t.Parallel()
	check(t, PostResponse, []row{
		{name: "value", script: `(async () => { log(await 1, await "a", await undefined) })()`, want: "1 a undefined"},
		{name: "promise", script: `(async () => { log(await Promise.resolve(2)) })()`, want: "2"},
		{name: "thenable", script: `(async () => { log(await {then(done) { done(3) }}) })()`, want: "3"},
		{name: "settled later", script: `let go; (async () => { log(await new Promise(r => { go = r })) })(); go(4)`, want: "4"},
		{name: "settled in a promise", script: `let go; (async () => { log(await new Promise(r => { go = r })) })(); Promise.resolve().then(() => go(5))`, want: "5"},
		{name: "rejected and caught", script: `(async () => { try { await Promise.reject(6) } catch (e) { log(e) } })()`, want: "6"},
		{name: "rejected", script: `(async () => { await Promise.reject(7) })()`, want: "exception: thrown: 7"},
		{name: "rejected with nothing", script: `(async () => { await Promise.reject() })()`, want: "exception: thrown: undefined"},
		{name: "one in the other", script: `(async () => { log(await (async () => (await 8) + 1)()) })()`, want: "9"},
		{name: "not called", script: `async function f() { await new Promise(() => {}) }; log(1)`, want: "1"},
		{name: "another failure goes first", script: `(async () => { await new Promise(() => {}) })(); nope()`, want: "exception: ReferenceError: nope is not defined"},
		{name: "many", script: `(async () => { let n = 0; for (let i = 0; i < 1000; i++) { n += await i }; log(n) })()`, want: "499500"},
	})
}
