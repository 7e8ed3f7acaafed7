package jsengine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"offscope/exchange"
)

// The rows of the vendor's script reference, by section and row.
func TestReference(t *testing.T) {
	t.Parallel()
	check(t, PostResponse, []row{
		{name: "5.2 variables.get", script: `log(variables.get("name"), variables.get("nobody"))`, want: "Ada undefined"},
		{name: "5.2 variables.set", script: `variables.set("a", {b: 1}); log(variables.get("a").b)`, want: "1"},
		{name: "5.2 log", script: `log("a"); log({a: 1})`, want: "a\n{\n  \"a\": 1\n}"},
		{name: "5.2 console.log", script: `console.log("a")`, want: "a"},
		{name: "5.2 encode_base64", script: `log(encode_base64("häß?>"))`, want: "aMOkw58/Pg=="},
		{name: "5.2 decode_base64", script: `log(decode_base64("aMOkw58/Pg=="))`, want: "häß?>"},
		{name: "5.2 get_secret", script: `log(get_secret("token"))`, want: "s3cret"},
		{name: "5.2 runscope_bucket", script: `log(runscope_bucket, typeof runscope_bucket)`, want: "bkt42 string"},
		{name: "5.2 request.body", script: `request.body += "!"; log(request.body)`, want: `{"a":1}!`},
		{name: "5.2 request.form", script: `request.form.a = "1"; request.form.b = ["2", "3"]; log(JSON.stringify(request.form))`,
			want: `{"a":"1","b":["2","3"]}`},
		{name: "5.2 request.form given", script: `log(JSON.stringify(request.form))`, want: `{"a":["1","2"]}`,
			world: func(w *World) { w.Request.Form = []exchange.Field{{Name: "a", Value: "1"}, {Name: "a", Value: "2"}} }},
		{name: "5.2 request.headers", script: `request.headers["X-A"] = "1"; log(request.headers["Accept"][0], request.headers["x-a"])`, want: "a/b 1"},
		{name: "5.2 request.params", script: `request.params.push({name: "q", value: "1"}); log(request.params.length, request.params[3].name, request.params["count"][0], request.url)`,
			want: `4 q 2 http://api.test:8080/v2/Users?filter=userName eq "a b"&count=2&count=3&q=1#top`},
		{name: "5.2 request.params from an object", script: `request.params = {q: "1", r: ["2", "3"]}; log(Array.isArray(request.params), request.url)`,
			want: "true http://api.test:8080/v2/Users?q=1&r=2&r=3#top"},
		{name: "5.2 request.host", script: `request.host = "h:1"; log(request.host, request.url.slice(0, 12))`, want: "h:1 http://h:1/v"},
		{name: "5.2 request.path", script: `request.path = "/p"; log(request.path, request.url.slice(0, 24))`, want: "/p http://api.test:8080/p?f"},
		{name: "5.2 request.scheme", script: `request.scheme = "https"; log(request.scheme, request.url.slice(0, 12))`, want: "https https://api."},
		{name: "5.2 request.method", script: `request.method = "PUT"; log(request.method)`, want: "PUT"},
		{name: "5.2 request.url", script: `request.url = "https://x/y?z=1"; log(request.host, request.path, request.params[0].value)`, want: "x /y 1"},
		{name: "5.2 request.url precedes request.params", script: `request.params = []; request.url = "http://x/?a=1"; log(request.url)`, want: "http://x/?a=1"},
		{name: "5.2 request.content_type", script: `request.content_type = "image/png"; log(request.content_type, request.headers["Content-Type"][0])`,
			want: "image/png image/png"},
		{name: "5.2 request.size_bytes", script: `request.size_bytes = 1; log(request.size_bytes)`, want: "7"},
		{name: "5.2 response.body", script: `log(JSON.parse(response.body).id); response.body = "x"; log(response.body)`, want: "42\nx"},
		{name: "5.2 response.headers", script: `log(response.headers["Set-Cookie"][1], response.headers["content-type"][0])`, want: "b=2 application/json"},
		{name: "5.2 response.status", script: `response.status = 1; log(response.status)`, want: "201"},
		{name: "5.2 response.reason", script: `response.reason = 1; log(response.reason)`, want: "Created"},
		{name: "5.2 response.response_time_ms", script: `response.response_time_ms = 1; log(response.response_time_ms)`, want: "12"},
		{name: "5.2 response.size_bytes", script: `response.size_bytes = 1; log(response.size_bytes)`, want: "21"},
		{name: "5.2 marknote", script: `log(new marknote.Parser().parse("<a>b</a>").getRootElement().getText())`, want: "b"},
		{name: "5.2 runscope_xml2json", script: `log(runscope_xml2json("<a><b>c</b></a>").a.b)`, want: "c"},
		{name: "5.2 xmltojson", script: `log(xmltojson('<x:a xmlns:x="u"><x:b>c</x:b></x:a>'))`, want: `{"a":{"b":"c"}}`},
		{name: "5.2 built-ins", script: `log(Math.max(1, 2), typeof Date, /a/.test("a"), JSON.stringify([1]), parseInt("7x"), parseFloat("1.5"), encodeURI("a b"), encodeURIComponent("&"), decodeURI("%20"), decodeURIComponent("%26"), escape("ä"), unescape("%E4"))`,
			want: "2 function true [1] 7 1.5 a%20b %26   & %E4 ä"},
		{name: "5.2 btoa", script: `log(btoa("häß?>"))`, want: "aMOkw58_Pg=="},
		{name: "5.2 atob", script: `log(atob("aMOkw58_Pg=="), atob("aMOkw58/Pg=="))`, want: "häß?> häß?>"},

		{name: "5.3 json2.js", script: `log(JSON.stringify({a: [1, null]}), JSON.parse("[1]")[0])`, want: `{"a":[1,null]} 1`},
		{name: "5.3 marknote fetches nothing", script: `new marknote.Parser().parseURL("http://x")`, want: "exception: Error: marknote: fetching documents is disabled"},
		{name: "5.3 no module loader", script: `log(typeof require)`, want: "undefined"},
		{name: "5.4 language", script: "const f = (a, ...b) => `${a}${b.length}`; let {x = 1} = {}; class A { #p = 2; get p() { return this.#p } }; log(f(x, 1, 2), new A().p)", want: "12 2"},

		{name: "5.6 an exception fails the script", script: `throw new Error("no")`, want: "exception: Error: no"},
		{name: "5.6 a body that is no JSON fails the script", script: `JSON.parse("<html>")`,
			want: "exception: SyntaxError: invalid character '<' looking for beginning of value"},
	})
}

func TestReferenceOfLibraries(t *testing.T) {
	t.Parallel()
	needLibraries(t)
	check(t, PostResponse, []row{
		{name: "5.2 assert", script: `assert("text", "m"); assert.ok(true, "n"); assert.equal(1, 1, "o")`, want: "pass: m\npass: n\npass: o"},
		{name: "5.2 expect", script: `expect(1).to.equal(1)`, want: "pass: expected 1 to equal 1"},
		{name: "5.2 should", script: `(1).should.equal(1)`, want: "pass: expected 1 to equal 1"},
		{name: "5.2 chai", script: `chai.config.truncateThreshold = 0; chai.assert.ok(1, "m")`, want: "pass: m"},
		{name: "5.2 _", script: `log(_.map([1, 2], function (x) { return x + 1 }).join())`, want: "2,3"},
		{name: "5.2 moment", script: `log(moment(0).utc().format("YYYY-MM-DD"))`, want: "1970-01-01"},
		{name: "5.2 CryptoJS", script: `log(CryptoJS.MD5("x").toString())`, want: "9dd4e461268c8034f5c8564e155c67a6"},
		{name: "5.3 Underscore 1.13.6", script: `log(_.VERSION, typeof _.matches)`, want: "1.13.6 function"},
		{name: "5.3 Chai 4.3.8", script: `log(chai.version, typeof assert.deepProperty)`, want: "4.3.8 undefined"},
		{name: "5.3 chai-json-schema", script: `assert.jsonSchema({a: 1}, {type: "object", required: ["a"]}, "m")`, want: "pass: m"},
		{name: "5.3 chai-fuzzy", script: `expect({a: 1}).to.be.like({a: 1})`, want: "pass: expected { a: 1 } to be like { a: 1 }"},
		{name: "5.3 Moment 2.29.4 with locales", script: `log(moment.version, moment(0).utc().locale("de").format("MMMM"))`, want: "2.29.4 Januar"},
		{name: "5.3 CryptoJS 3.1.2", script: `log([CryptoJS.SHA1("x"), CryptoJS.SHA256("x"), CryptoJS.HmacSHA1("x", "k"), CryptoJS.HmacSHA256("x", "k"), CryptoJS.MD5("x")]` +
			`.map(function (h) { return h.toString().length }).join(), CryptoJS.AES.decrypt(CryptoJS.AES.encrypt("m", "k").toString(), "k").toString(CryptoJS.enc.Utf8))`,
			want: "40,64,40,64,32 m"},
		{name: "5.6 a failed assertion ends the script", script: `assert.ok(false, "m"); log("never")`,
			want: "fail: m: expected false to be truthy\nassertion: m: expected false to be truthy"},
		{name: "5.6 messages are output", script: `assert.equal(1, 1, "one"); log("two")`, want: "pass: one\ntwo"},
		{name: "5.6 forms of the Okta tests", script: `assert("text", "m"); assert.ok(Array.isArray([]), "n"); assert.notEqual(1, 2, "o"); log(true)`,
			want: "pass: m\npass: n\npass: o\ntrue"},
	})
	check(t, Initial, []row{
		{name: "5.2 assert in an initial script", script: `assert.ok(false, "m"); log("on")`, want: "ignored: m: expected false to be truthy\non"},
		{name: "5.1 no request in an initial script", script: `log(typeof request, typeof response)`, want: "undefined undefined"},
	})
}

// What is sent and stored is the result of a script.
func TestReferenceOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	const given = `{"a":1}`
	for name, r := range map[string]struct{ script, body, form, reply, warning string }{
		"5.2 request.body precedes request.form":      {`request.form.a = "1"; request.body = "raw"`, "raw", "[]", "201", ""},
		"5.2 request.body precedes a later form":      {`request.body = "raw"; request.form = {a: "1"}`, "raw", "[]", "201", ""},
		"5.2 a form alone replaces the body":          {`request.form.a = "1"`, "", "[{a 1}]", "201", ""},
		"5.2 attributes only, not the whole request":  {`request = {body: "raw", url: "/"}`, given, "[]", "201", "script-replaced-request"},
		"5.2 attributes only, not the whole response": {`response = {status: 500, body: "raw"}`, given, "[]", "201", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, w := compile(t, r.script), testWorld(PostResponse)
			left := New(Options{}).Run(t.Context(), p, w)
			if left.Failure != nil {
				t.Fatal(left.Failure)
			}
			got := []string{left.Request.Body, fmt.Sprint(left.Request.Form), fmt.Sprint(left.Response.Status), ""}
			if warnings := p.Warnings(); len(warnings) > 0 {
				got[3] = warnings[0].Code
			}
			if want := []string{r.body, r.form, r.reply, r.warning}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if left.Request.URL != w.Request.URL || left.Response.Body != w.Response.Body {
				t.Errorf("left %+v and %+v", left.Request, left.Response)
			}
		})
	}
}

func TestReferenceOfLimits(t *testing.T) {
	t.Parallel()
	t.Run("5.5 20 seconds", func(t *testing.T) {
		if DefaultTimeout != 20*time.Second {
			t.Error(DefaultTimeout)
		}
	})
	t.Run("5.5 libraries of 1 MB", func(t *testing.T) {
		customLibrary(t, "lib.js", "//"+strings.Repeat("x", maxLibrary-2))
	})
	t.Run("5.5 libraries overwrite built-ins", func(t *testing.T) {
		w := testWorld(PostResponse)
		w.Libraries = []*Library{customLibrary(t, "lib.js", `encode_base64 = function () { return "mine" }`)}
		if got := transcript(runScript(t, `log(encode_base64("x"))`, w)); got != "mine" {
			t.Error(got)
		}
	})
}

func TestWhatTheTextDoesNotTellIsRemarkedAtRunTime(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`var n = "toLocaleDateString"; new Date()[n]("de")`: "toLocaleDateString ignores languages",
		`var p = "\\p{Lu}"; var f = "u"; new RegExp(p, f)`:  `\p{…} in a regular expression never matches`,
		`new Date().toLocaleDateString()`:                   "",
	} {
		notices := runScript(t, script, World{}).Notices
		found := slices.ContainsFunc(notices, func(n string) bool { return want != "" && strings.HasPrefix(n, want) })
		if found != (want != "") || want == "" && len(notices) > 0 {
			t.Errorf("%s: %q", script, notices)
		}
	}
}
