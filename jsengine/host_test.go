package jsengine

import (
	"strings"
	"testing"

	"offscope/jsontree"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

func TestGlobals(t *testing.T) {
	t.Parallel()
	check(t, PostResponse, []row{
		{name: "get text", script: `log(variables.get("name"), typeof variables.get("name"))`, want: "Ada string"},
		{name: "get number", script: `log(variables.get("count") + 1)`, want: "4"},
		{name: "get object", script: `log(JSON.stringify(variables.get("object")))`,
			want: `{"b":2,"a":[true,null,1.5],"__proto__":"own"}`},
		{name: "get is native", script: `var a = variables.get("object").a; a.push(1); log(Array.isArray(a), a.length)`, want: "true 4"},
		{name: "get undefined", script: `log(variables.get("nobody") === undefined)`, want: "true"},
		{name: "set and get keeps the type", script: `variables.set("n", 5); log(variables.get("n") === 5)`, want: "true"},
		{name: "set without name", script: `variables.set()`, want: "exception: TypeError: variables.set needs a name"},
		{name: "set circular", script: `var a = {}; a.a = a; variables.set("a", a)`, want: "exception: TypeError: Converting circular structure to JSON"},
		{name: "log text", script: `log("a\nb")`, want: "a\nb"},
		{name: "log object", script: `log({a: [1, {b: "x"}], c: {}})`,
			want: "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x\"\n    }\n  ],\n  \"c\": {}\n}"},
		{name: "log scalars", script: `log(true, null, undefined, 1.5, NaN, 10n)`, want: "true null undefined 1.5 NaN 10"},
		{name: "log error", script: `log(new TypeError("x"))`, want: "TypeError: x"},
		{name: "log circular", script: `var a = {}; a.a = a; log(a)`, want: "[object Object]"},
		{name: "log without text form", script: `log(Object.create(null, {toJSON: {value() { throw 1 }}}))`, want: "[object]"},
		{name: "log nothing", script: `log()`, want: ""},
		{name: "console", script: `console.log("a", {b: 1}); console.error("c")`, want: "a {\n  \"b\": 1\n}\nc"},
		{name: "encode_base64", script: `log(encode_base64("häß?>"))`, want: "aMOkw58/Pg=="},
		{name: "decode_base64", script: `log(decode_base64("aMOkw58/Pg=="), decode_base64("aMOkw58_Pg"))`, want: "häß?> häß?>"},
		{name: "decode binary", script: `var s = decode_base64("/wBh"); log(s.length, s.charCodeAt(0))`, want: "3 56575"},
		{name: "decode garbage", script: `decode_base64("*")`, want: "exception: TypeError: not a Base64 text"},
		{name: "btoa is URL friendly", script: `log(btoa("häß?>"))`, want: "aMOkw58_Pg=="},
		{name: "atob takes both", script: `log(atob("aMOkw58_Pg=="), atob("aMOkw58/Pg=="))`, want: "häß?> häß?>"},
		{name: "get_secret", script: `log(get_secret("token"))`, want: "s3cret"},
		{name: "get_secret unknown", script: `get_secret("nope")`, want: "undefined-secret: secret 'nope' was not defined"},
		{name: "get_secret caught", script: `try { get_secret("nope") } catch (e) { log(e.message) }`, want: "secret 'nope' was not defined"},
		{name: "log headers", script: `log(request.headers, request.params[1])`,
			want: "{\n  \"Accept\": [\n    \"a/b\"\n  ],\n  \"X-Twice\": [\n    \"1\",\n    \"2\"\n  ]\n} {\n  \"name\": \"count\",\n  \"value\": \"2\"\n}"},
		{name: "log params", script: `request.params = {a: 1}; log(request.params)`,
			want: "[\n  {\n    \"name\": \"a\",\n    \"value\": \"1\"\n  }\n]"},
		{name: "set headers", script: `variables.set("h", request.headers); log(variables.get("h").Accept[0])`, want: "a/b"},
		{name: "runscope_bucket", script: `log(runscope_bucket)`, want: "bkt42"},
		{name: "built-ins", script: `log(Math.max(1, 2), parseInt("7x"), parseFloat("1.5"), encodeURIComponent("a b"), decodeURI("%20"), escape("ä"), unescape("%E4"))`,
			want: "2 7 1.5 a%20b   %E4 ä"},
		{name: "clock", script: `log(new Date().toISOString(), new Date(2020, 0, 1).getTimezoneOffset())`, want: "2024-05-06T07:08:09.000Z 0"},
		{name: "random", script: `log(Math.random())`, want: "0.25"},
		{name: "no module loader", script: `log(typeof require, typeof module, typeof process, typeof fetch, typeof setTimeout)`,
			want: "undefined undefined undefined undefined undefined"},
		{name: "globals are not enumerated", script: `log(Object.keys(this).join(), this.log === log)`, want: " true"},
		{name: "reached through eval", script: `eval("variables.set('a', 1)"); log(variables.get("a"))`, want: "1"},
		{name: "reached through Function", script: `[].constructor.constructor("log(runscope_bucket)")()`, want: "bkt42"},
		{name: "reached through this", script: `(function () { return this })()["l" + "og"]("x")`, want: "x"},
		{name: "empty", script: ``, want: ""},
	})
}

func TestVariablesAreStoredAsJSON(t *testing.T) {
	t.Parallel()
	for _, r := range []struct{ js, want, notice string }{
		{`"x"`, `"x"`, ""},
		{`5`, `5`, ""},
		{`1.50`, `1.5`, ""},
		{`-0`, `0`, ""},
		{`1e21`, `1e+21`, ""},
		{`123456789012345680000`, `123456789012345680000`, ""},
		{`12345678901234567890n`, `12345678901234567890`, ""},
		{`true`, `true`, ""},
		{`null`, `null`, ""},
		{`[1, "a", {b: null}]`, `[1,"a",{"b":null}]`, ""},
		{`new Date(0)`, `"1970-01-01T00:00:00.000Z"`, ""},
		{`new String("x")`, `"x"`, ""},
		{`{toJSON() { return "own" }}`, `"own"`, ""},
		{`[undefined]`, `[null]`, ""},
	} {
		variables := testVariables{}
		result := runScript(t, `variables.set("v", `+r.js+`)`, World{Variables: variables})
		if result.Failure != nil || variables.String() != "v="+r.want || len(result.Set) != 1 {
			t.Errorf("%s: got %s, want v=%s (%v)", r.js, variables, r.want, result.Failure)
		}
		if got := strings.Join(result.Notices, "; "); got != r.notice {
			t.Errorf("%s: notice %q, want %q", r.js, got, r.notice)
		}
	}
}

func TestXML(t *testing.T) {
	t.Parallel()
	const soap = `'<?xml version="1.0"?><s:Envelope xmlns:s="urn:s"><s:Body><r:Item xmlns:r="urn:r" id="1">a &amp; b</r:Item>` +
		`<Item/><n> 5 </n><c><![CDATA[<x>]]></c></s:Body></s:Envelope>'`
	const tree = `{"Envelope":{"Body":{"Item":[{"-id":"1","#content":"a & b"},""],"n":"5","c":"<x>"}}}`
	check(t, PostResponse, []row{
		{name: "xmltojson", script: `log(xmltojson(` + soap + `))`, want: tree},
		{name: "xmltojson is a text", script: `log(typeof xmltojson("<a/>"))`, want: "string"},
		{name: "runscope_xml2json", script: `log(JSON.stringify(runscope_xml2json(` + soap + `)))`, want: tree},
		{name: "not XML", script: `xmltojson("{}")`, want: "exception: TypeError: not an XML document: text outside the root element"},
		{name: "empty", script: `xmltojson("")`, want: "exception: TypeError: not an XML document: there is no element"},
		{name: "not closed", script: `xmltojson("<a><b></b>")`, want: "exception: TypeError: not an XML document: <a> is not closed"},
		{name: "crossed", script: `xmltojson("<a><b></a></b>")`, want: "exception: TypeError: not an XML document: </a> where </b> was expected"},
		{name: "two roots", script: `xmltojson("<a/><b/>")`, want: "exception: TypeError: not an XML document: a second root element, <b>"},
		{name: "too deep", script: `xmltojson("<a>".repeat(2000))`,
			want: "exception: TypeError: not an XML document: elements are nested more than 1000 deep"},
		{name: "marknote reads", script: `
			var root = new marknote.Parser().parse('<b:books n="2"><!--c--><book title="A">x</book><book title="B"/> <t>a<![CDATA[&]]></t></b:books>').getRootElement();
			log(root.getName(), root.getAttributeValue("n"), root.getAttributeValue("none") === "", root.getChildElements().length,
				root.getChildElements("book").length, root.getChildElement("book").getText(), root.getChildElementAt(1).getAttribute("title").getValue(),
				root.getChildElement("t").getText(), root.getChildElement("none"), root.getCommentText(), root.getText() === "")`,
			want: "b:books 2 true 3 2 x B a& false c true"},
		{name: "marknote writes", script: `
			var e = new marknote.Element("a"); e.setAttribute("q", 'x"<'); e.addChildElement(new marknote.Element("b"));
			e.getChildElement("b").setText("1 < 2"); log(new marknote.Document(e).toString())`,
			want: `<a q="x&quot;&lt;"><b>1 &lt; 2</b></a>`},
		{name: "marknote fetches nothing", script: `new marknote.Parser().parseURL("http://x")`,
			want: "exception: Error: marknote: fetching documents is disabled"},
	})
}

func TestAConsoleIsNoticedOnce(t *testing.T) {
	t.Parallel()
	got := runScript(t, `console.log(1); console.log(2)`, World{}).Notices
	want := []string{"console is not part of the documented script API: use log(…)"}
	if !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestRolesDecideWhatIsThere(t *testing.T) {
	t.Parallel()
	const script = `log(typeof request, typeof response, typeof variables)`
	for role, want := range map[Role]string{
		Initial: "undefined undefined object", PreRequest: "object undefined object", PostResponse: "object object object",
	} {
		if got := transcript(runScript(t, script, testWorld(role))); got != want {
			t.Errorf("%s: got %s, want %s", role, got, want)
		}
	}
	f := runScript(t, "\n  response.body", testWorld(PreRequest)).Failure
	if f.Message != "ReferenceError: response is not defined" || f.Script != (source.Position{Line: 2, Col: 3}) ||
		f.Hint != "response is there in post-response scripts only" {
		t.Errorf("got %+v", f)
	}
}

func TestDroppedOutputIsNoticed(t *testing.T) {
	t.Parallel()
	e := New(Options{MaxOutput: 1000})
	r := e.Run(t.Context(), compile(t, `for (var i = 0; i < 1000; i++) log("0123456789")`), World{})
	if r.Failure != nil || len(r.Output) > 30 || !cmp.Equal(r.Notices, []string{"output beyond 1000 bytes was dropped"}) {
		t.Errorf("%d lines, notices %v, failure %v", len(r.Output), r.Notices, r.Failure)
	}
}

// The text "null" or "undefined" in a URL could make a step pass that expects nothing there.
func TestSettingWhatJSONHasNoFormForTakesTheVariableAway(t *testing.T) {
	t.Parallel()
	for js, name := range map[string]string{
		"undefined": "undefined", "NaN": "NaN", "Infinity": "Infinity", "function () {}": "a function", `Symbol("s")`: "a symbol",
	} {
		variables := testVariables{"v": jsontree.FromString("before")}
		result := runScript(t, `variables.set("v", `+js+`); log(variables.get("v") === undefined)`, World{Variables: variables})
		if _, there := variables["v"]; there || result.Failure != nil || len(result.Set) != 0 {
			t.Errorf("%s: %s (%v)", js, variables, result.Failure)
		}
		want := `variables.set("v", …) with ` + name + ` takes the variable away; a template that uses it fails`
		if got := strings.Join(result.Notices, "; "); got != want {
			t.Errorf("%s: notice %q, want %q", js, got, want)
		}
	}
}

// A value that was not stored fails the script, however it takes the error.
func TestAVariableThatIsRefusedFailsTheScript(t *testing.T) {
	t.Parallel()
	check(t, PostResponse, []row{
		{name: "uncaught", script: `variables.set("full", 1); log("on")`, want: "exception: RangeError: there is no room for full"},
		{name: "caught", script: `try { variables.set("full", 1) } catch (e) { log(e instanceof RangeError, e.message) }`,
			want: "true there is no room for full\nlimit: there is no room for full"},
		{name: "in a promise", script: `Promise.resolve().then(function () { variables.set("full", 1) }).catch(function () {})`,
			want: "limit: there is no room for full"},
		{name: "while the request is read", script: `request.headers.x = {toString: function () { try { variables.set("full", 1) } catch (e) {} return "x" }}`,
			want: "limit: there is no room for full"},
		{name: "and something else fails", script: `try { variables.set("full", 1) } catch (e) {} throw new Error("no")`, want: "exception: Error: no"},
	})
	r := runScript(t, "log(1);\n\ttry { variables.set('full', 1) } catch (e) {}", testWorld(Initial))
	if f := r.Failure; f == nil || f.Script.Line != 2 || len(r.Set) != 0 {
		t.Errorf("got %+v, set %v", f, r.Set)
	}
}

func TestAVariableTooLargeForAScript(t *testing.T) {
	t.Parallel()
	items := make([]*jsontree.Value, DefaultMemory/256)
	for i := range items {
		items[i] = jsontree.FromBool(true)
	}
	large := func(w *World) {
		w.Variables = testVariables{"large": jsontree.NewObject(jsontree.Member{Name: "a", Value: jsontree.NewArray(items...)})}
	}
	const message = `the variable "large" is too large for a script: it consists of more than 1048576 values`
	check(t, PostResponse, []row{
		{name: "get", script: `variables.get("large")`, want: "exception: RangeError: " + message, world: large},
		{name: "get, caught", script: `try { variables.get("large") } catch (e) {}`, want: "limit: " + message, world: large},
	})
}

func TestStringifyWithAListOfNames(t *testing.T) {
	t.Parallel()
	check(t, PreRequest, []row{
		{name: "order of the list", script: `log(JSON.stringify({b: 1, a: 2, 1: 3}, ["b", "a", "a", new String("a"), 1, {}, null]))`, want: `{"b":1,"a":2,"1":3}`},
		{name: "nested", script: `log(JSON.stringify([{a: 1, b: [{a: 2, c: 3}], c: 4}], ["b", "a"]))`, want: `[{"b":[{"a":2}],"a":1}]`},
		{name: "empty list", script: `log(JSON.stringify({a: 1}, []), JSON.stringify([{a: 1}, 2], []))`, want: `{} [{},2]`},
		{name: "cycle left out", script: `var o = {a: 1}; o.o = o; log(JSON.stringify(o, ["a"]))`, want: `{"a":1}`},
		{name: "cycle", script: `var o = {a: 1}; o.o = {o: o}; JSON.stringify(o, ["o"])`, want: "exception: TypeError: Converting circular structure to JSON"},
		{name: "twice is no cycle", script: `var x = {a: 1}; log(JSON.stringify({x: x, y: [x, x]}, ["x", "y", "a"]))`, want: `{"x":{"a":1},"y":[{"a":1},{"a":1}]}`},
		{name: "other values", script: `log(JSON.stringify({d: new Date(0), n: new Number(3), f: function () {}, u: undefined}, ["u", "f", "n", "d"]))`,
			want: `{"n":3,"d":"1970-01-01T00:00:00.000Z"}`},
		{name: "inherited and indented", script: `log(JSON.stringify(Object.create({a: [1]}), ["a"], 1))`, want: "{\n \"a\": [\n  1\n ]\n}"},
		{name: "getter that throws", script: `JSON.stringify({get a() { throw new Error("no") }}, ["a"])`, want: "exception: Error: no"},
	})
}

func TestAnObjectTooLongToBeLogged(t *testing.T) {
	t.Parallel()
	p := compile(t, `var a = []; for (var i = 0; i < 30; i++) a = [a, a]; log(1, a); log(2)`)
	r := New(Options{MaxOutput: 10_000}).Run(t.Context(), p, World{})
	if got := transcript(r); got != "1 [an object of more than 10000 bytes as JSON]\n2" {
		t.Error(got)
	}
}
