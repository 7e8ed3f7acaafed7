package jsengine

import (
	"strings"
	"testing"
)

// A script may change what the language gives to all objects. Our own parts must work on, and above all: no assertion that
// fails may pass.
func TestPollutedPrototypesChangeNothing(t *testing.T) {
	t.Parallel()
	needLibraries(t)
	const work = `
		request.headers["x-a"] = "1"; request.params[3] = {name: "q", value: "1"}; request.form = {f: ["1", "2"]};
		variables.set("v", {a: [1]});
		log({b: [1]}, variables.get("v").a[0], request.headers.Accept, request.url.slice(-8));
		assert.equal(1, 2, "differs");
		log("never")`
	const want = `{
  "b": [
    1
  ]
} 1 [
  "a/b"
] &q=1#top`
	for name, pollution := range map[string]string{
		"nothing":                 ``,
		"Object.prototype":        `Object.prototype.x = 1; Object.prototype.name = "n"; Object.prototype.value = "v";`,
		"map, filter and flatMap": `Array.prototype.map = Array.prototype.filter = Array.prototype.flatMap = function () { return [] };`,
		"find and findIndex":      `Array.prototype.find = Array.prototype.findIndex = function () {};`,
		"splice":                  `Array.prototype.splice = function () {};`,
		"JSON":                    `JSON.parse = JSON.stringify = function () { return "1" };`,
		"JSON gone":               `JSON = undefined;`,
		"Object.keys":             `Object.keys = function () { return [] };`,
		"defineProperty":          `Object.defineProperty = function (o) { return o };`,
		"isArray":                 `Array.isArray = function () { return true };`,
		"Reflect":                 `Reflect.apply = Reflect.set = Reflect.get = function () {};`,
		"Reflect gone":            `Reflect = undefined;`,
		"String":                  `String = function () { return "s" };`,
		"toLowerCase":             `String.prototype.toLowerCase = function () { return "l" };`,
		"RegExp test":             `RegExp.prototype.test = function () { return true };`,
		"hasOwnProperty":          `Object.prototype.hasOwnProperty = function () { return true };`,
		"Set and Map":             `Set.prototype.has = Map.prototype.get = function () { return true };`,
		"toJSON":                  `Object.prototype.toJSON = undefined;`,
		"Error":                   `Error.captureStackTrace = null; Error.prototype.name = "E";`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testWorld(PostResponse)
			r := runScript(t, pollution+work, w)
			if got := transcript(r); !strings.HasPrefix(got, want) || r.Failure == nil || strings.Contains(got, "never") {
				t.Errorf("%s\ngot:\n%s", pollution, got)
			}
		})
	}
}
