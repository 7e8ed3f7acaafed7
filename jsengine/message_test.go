package jsengine

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/exchange"
)

func TestRequestIsRead(t *testing.T) {
	t.Parallel()
	form := func(w *World) {
		w.Request.HasBody, w.Request.Body = false, ""
		w.Request.Form = []exchange.Field{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}, {Name: "a", Value: "3"}}
	}
	check(t, PreRequest, []row{
		{name: "method", script: `log(request.method)`, want: "POST"},
		{name: "url", script: `log(request.url)`, want: `http://api.test:8080/v2/Users?filter=userName eq "a b"&count=2&count=3#top`},
		{name: "parts", script: `log(request.scheme, request.host, request.path)`, want: "http api.test:8080 /v2/Users"},
		{name: "body", script: `log(JSON.parse(request.body).a, request.size_bytes)`, want: "1 7"},
		{name: "header", script: `log(request.headers["Accept"][0], request.headers.ACCEPT == "a/b", request.headers["x-twice"].length)`, want: "a/b true 2"},
		{name: "header names", script: `log(Object.keys(request.headers).join())`, want: "Accept,X-Twice"},
		{name: "header presence", script: `log("accept" in request.headers, request.headers.hasOwnProperty("aCCept"), "nope" in request.headers, request.headers.nope)`,
			want: "true true false undefined"},
		{name: "headers as JSON", script: `log(JSON.stringify(request.headers))`, want: `{"Accept":["a/b"],"X-Twice":["1","2"]}`},
		{name: "params", script: `log(Array.isArray(request.params), JSON.stringify(request.params))`,
			want: `true [{"name":"filter","value":"userName eq \"a b\""},{"name":"count","value":"2"},{"name":"count","value":"3"}]`},
		{name: "params by name", script: `log(request.params.count[1], String(request.params["count"]), request.params.none, "count" in request.params)`,
			want: "3 2,3 undefined true"},
		{name: "params by name cannot be lost", script: `"use strict"; request.params.count.push("4")`,
			want: "exception: TypeError: Cannot add property 2, object is not extensible"},
		{name: "params array methods", script: `log(request.params.filter(function (p) { return p.name === "count" }).length)`, want: "2"},
		{name: "form", script: `log(JSON.stringify(request.form))`, want: `{"a":["1","3"],"b":["2"]}`, world: form},
		{name: "no form", script: `log(JSON.stringify(request.form))`, want: `{}`},
		{name: "content_type", script: `log(request.content_type)`, want: "text/x",
			world: func(w *World) { w.Request.Header.Add("Content-type", "text/x") }},
		{name: "size is read-only", script: `request.size_bytes = 1; log(request.size_bytes)`, want: "7"},
		{name: "size is read-only, strict", script: `"use strict"; request.size_bytes = 1`,
			want: "exception: TypeError: Cannot assign to read only property 'size_bytes'"},
		{name: "own name wins", script: `var request = JSON.parse(request.body); log(request.a)`, want: "1"},
		{name: "bad headers", script: `request.headers = "x"`,
			want: "exception: TypeError: request.headers must be an object or an array, not a string"},
		{name: "bad params", script: `request.params.push("x")`,
			want: "exception: TypeError: each item of request.params must be an object with name and value"},
	})
}

func TestRequestIsChanged(t *testing.T) {
	t.Parallel()
	const url = `http://api.test:8080/v2/Users?filter=userName eq "a b"&count=2&count=3#top`
	// Once a script changed a header, a name has one spelling.
	twice := exchange.Header{{Name: "accept", Value: "a/b"}, {Name: "X-Twice", Value: "1"}, {Name: "X-Twice", Value: "2"}}
	twice = slices.Clip(twice)
	for _, r := range []struct {
		name, script string
		want         func(*Request)
	}{
		{"nothing", `log(request.url, request.headers.Accept, request.params.length, request.form)`, func(*Request) {}},
		{"method", `request.method = "PUT"`, func(r *Request) { r.Method = "PUT" }},
		{"url", `request.url = "https://x/y"`, func(r *Request) { r.URL = "https://x/y" }},
		{"host, scheme, path", `request.host = "h:1"; request.scheme = "https"; request.path = "p/q"`,
			func(r *Request) { r.URL = `https://h:1/p/q?filter=userName eq "a b"&count=2&count=3#top` }},
		{"params push", `request.params.push({name: "a b", value: "ä&+"})`,
			func(r *Request) {
				r.URL = `http://api.test:8080/v2/Users?filter=userName eq "a b"&count=2&count=3&a%20b=%C3%A4%26%2B#top`
			}},
		{"params by name", `request.params.count = 7; request.params.neu = ["x", "y"]; request.params.filter = "f"`,
			func(r *Request) { r.URL = `http://api.test:8080/v2/Users?filter=f&count=7&neu=x&neu=y#top` }},
		{"params deleted", `delete request.params.count; delete request.params.none`,
			func(r *Request) { r.URL = `http://api.test:8080/v2/Users?filter=userName eq "a b"#top` }},
		{"params item changed", `request.params[1].value = "9"; request.params.splice(0, 1)`,
			func(r *Request) { r.URL = `http://api.test:8080/v2/Users?count=9&count=3#top` }},
		{"params from object", `request.params = {q: "1", r: ["2", "3"]}`,
			func(r *Request) { r.URL = `http://api.test:8080/v2/Users?q=1&r=2&r=3#top` }},
		{"params from array", `request.params = [{name: "q", value: 1}]; request.params.push({name: "r"})`,
			func(r *Request) { r.URL = `http://api.test:8080/v2/Users?q=1&r=#top` }},
		{"params emptied", `request.params = []`, func(r *Request) { r.URL = `http://api.test:8080/v2/Users#top` }},
		{"url wins over params before", `request.params = {q: 1}; request.url = "http://x/?a=1"`, func(r *Request) { r.URL = "http://x/?a=1" }},
		{"url wins over params after", `request.url = "http://x/?a=1"; request.params.push({name: "b", value: "2"})`,
			func(r *Request) { r.URL = "http://x/?a=1" }},
		{"url then host", `request.url = "http://x/?a=1"; request.host = "y"`, func(r *Request) { r.URL = "http://y/?a=1" }},
		{"header text", `request.headers["X-New"] = "v"`, func(r *Request) { r.Header = append(twice, exchange.Field{Name: "X-New", Value: "v"}) }},
		{"header new names are canonical", `request.headers["x-new"] = 5`, func(r *Request) { r.Header = append(twice, exchange.Field{Name: "X-New", Value: "5"}) }},
		{"header any case replaces", `request.headers["ACCEPT"] = ["c", "d"]; request.headers["X-TWICE"] = "only"`,
			func(r *Request) {
				r.Header = exchange.Header{{Name: "accept", Value: "c"}, {Name: "accept", Value: "d"}, {Name: "X-Twice", Value: "only"}}
			}},
		{"header push", `request.headers.accept.push("e")`,
			func(r *Request) {
				r.Header = exchange.Header{{Name: "accept", Value: "a/b"}, {Name: "accept", Value: "e"},
					{Name: "X-Twice", Value: "1"}, {Name: "X-Twice", Value: "2"}}
			}},
		{"header deleted", `delete request.headers["x-TWICE"]`, func(r *Request) { r.Header.Del("X-Twice") }},
		{"header nulled", `request.headers["x-twice"] = null`, func(r *Request) { r.Header.Del("X-Twice") }},
		{"headers replaced", `request.headers = {"x-a": "1", "X-A": "2", b: ["3"]}`,
			func(r *Request) {
				r.Header = exchange.Header{{Name: "X-A", Value: "1"}, {Name: "X-A", Value: "2"}, {Name: "B", Value: "3"}}
			}},
		{"body", `request.body = JSON.stringify({b: 2})`, func(r *Request) { r.Body = `{"b":2}` }},
		{"body emptied", `request.body = ""`, func(r *Request) { r.Body = "" }},
		{"form wins over an old body", `request.form = {a: "1", b: ["2", "3"]}`,
			func(r *Request) {
				r.Body, r.HasBody = "", false
				r.Form = []exchange.Field{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}, {Name: "b", Value: "3"}}
			}},
		{"form by name", `request.form.a = "1"; request.form["b"] = ["2"]`,
			func(r *Request) {
				r.Body, r.HasBody = "", false
				r.Form = []exchange.Field{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}
			}},
		{"body wins over form", `request.form = {a: "1"}; request.body = "raw"`, func(r *Request) { r.Body = "raw" }},
		{"content_type", `request.content_type = "image/png"`,
			func(r *Request) {
				r.ContentType = "image/png"
				r.Header = append(twice, exchange.Field{Name: "Content-Type", Value: "image/png"})
			}},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := testWorld(PreRequest)
			want := w.Request.clone()
			r.want(want)
			result := runScript(t, r.script, w)
			if result.Failure != nil {
				t.Fatal(result.Failure.Message)
			}
			if diff := cmp.Diff(want, result.Request, cmpEmpty); diff != "" {
				t.Error(diff)
			}
			if w.Request.URL != url || len(w.Request.Header) != 3 {
				t.Error("the world's request changed")
			}
		})
	}
}

// cmpEmpty: nil and empty lists are the same.
var cmpEmpty = cmp.FilterValues(func(a, b []exchange.Field) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())

func TestIgnoredChangesAreNoticed(t *testing.T) {
	t.Parallel()
	r := runScript(t, `request.url = "http://x/"; request.params.a = 1; request.body = "x"; request.form.a = 1`, testWorld(PreRequest))
	want := []string{
		"changes of request.params were ignored, because request.url was set",
		"changes of request.form were ignored, because request.body was set",
	}
	if !cmp.Equal(r.Notices, want) {
		t.Error(cmp.Diff(want, r.Notices))
	}
}

func TestResponse(t *testing.T) {
	t.Parallel()
	check(t, PostResponse, []row{
		{name: "status", script: `log(response.status, response.reason, response.response_time_ms, response.size_bytes)`, want: "201 Created 12 21"},
		{name: "body", script: `log(JSON.parse(response.body).n[1])`, want: "2"},
		{name: "headers", script: `log(response.headers["Content-Type"] == "application/json", response.headers["set-cookie"][1], Array.isArray(response.headers["Set-Cookie"]))`,
			want: "true b=2 true"},
		{name: "header as text", script: `log("" + response.headers["Set-Cookie"])`, want: "a=1,b=2"},
		{name: "header enumeration", script: `var n = []; for (var k in response.headers) n.push(k); log(n.join())`, want: "Content-Type,Set-Cookie"},
		{name: "request is there", script: `log(request.method)`, want: "POST"},
		{name: "status is read-only", script: `response.status = 200; log(response.status)`, want: "201"},
		{name: "status is read-only, strict", script: `"use strict"; response.status = 200`,
			want: "exception: TypeError: Cannot assign to read only property 'status'"},
		{name: "time is read-only, strict", script: `"use strict"; response.response_time_ms = 0`,
			want: "exception: TypeError: Cannot assign to read only property 'response_time_ms'"},
		{name: "own name wins", script: `var response = JSON.parse(response.body); log(response.id)`, want: "42"},
		{name: "non-ASCII body", script: `log(response.body, response.body.length)`, want: "ä€😀 4",
			world: func(w *World) { w.Response.Body = "ä€😀" }},
	})
}

func TestResponseIsChangedForStorageOnly(t *testing.T) {
	t.Parallel()
	w := testWorld(PostResponse)
	r := runScript(t, `response.body = "gone"; response.headers["set-cookie"] = "x"; delete response.headers["content-type"]`, w)
	want := &Response{Status: 201, Reason: "Created", Body: "gone", TimeMS: 12, Size: 21,
		Header: exchange.Header{{Name: "Set-Cookie", Value: "x"}}}
	if diff := cmp.Diff(want, r.Response); diff != "" {
		t.Error(diff)
	}
	if w.Response.Body != `{"id":"42","n":[1,2]}` || len(w.Response.Header) != 3 {
		t.Error("the world's response changed")
	}
}

// A body that is no UTF-8 cannot be had as a text, but a script that leaves it alone must not change it.
func TestUntouchedBytesStay(t *testing.T) {
	t.Parallel()
	w := testWorld(PostResponse)
	w.Response.Body, w.Request.Body = "\xff\x00", "\xfe"
	r := runScript(t, `log(response.body.length, request.body.length)`, w)
	if r.Response.Body != "\xff\x00" || r.Request.Body != "\xfe" {
		t.Errorf("got %q and %q", r.Response.Body, r.Request.Body)
	}
}

// So is anything else, and the word of nothing.
func TestWhatHasNoTextIsNoticed(t *testing.T) {
	t.Parallel()
	object := func(name string) string { return name + ` was set to an object, and "[object Object]" is sent` }
	for script, want := range map[string]string{
		`request.method = null`:                              "request.method was set to null, and that word is sent",
		`request.method = undefined`:                         "request.method was set to undefined, and that word is sent",
		`request.url = variables.get("nope")`:                "request.url was set to undefined, and that word is sent",
		`request.path = null`:                                "request.path was set to null, and that word is sent",
		`request.host = undefined`:                           "request.host was set to undefined, and that word is sent",
		`request.content_type = undefined`:                   "request.content_type was set to undefined, and that word is sent",
		`request.method = {}`:                                object("request.method"),
		`request.headers["x-a"] = {b: 1}`:                    object(`request.headers "X-A"`),
		`request.headers["X-A"] = ["1", {b: 1}]`:             object(`request.headers "X-A"`),
		`request.params.push({name: "a", value: {b: 1}})`:    object(`request.params "a"`),
		`request.form.a = {b: 1}`:                            object(`request.form "a"`),
		`request.form.a = [{b: 1}, {c: 1}]`:                  object(`request.form "a"`),
		`request.headers["X-A"] = null`:                      "",
		`request.headers["X-A"] = new String("b")`:           "",
		`request.headers["X-Given"] = "[object Object]"`:     "",
		`request.method = "PUT"; request.path = "/b"`:        "",
		`request.params.push({name: "a", value: [1, 2]})`:    "",
		`log(request.headers, request.params, request.form)`: "",
	} {
		world := World{Role: PreRequest, Request: &Request{Method: "POST", URL: "http://a.test/"}}
		world.Request.Header.Set("X-Given", "[object Object]")
		got := runScript(t, script, world).Notices
		if (want == "") != (len(got) == 0) || want != "" && (len(got) != 1 || got[0] != want) {
			t.Errorf("%s: notices %q, want %q", script, got, want)
		}
	}
}

// A body that is no text is sent in its text form, which is hardly ever meant.
func TestBodyThatIsNoTextIsNoticed(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`{a: 1}`:                 "request.body was set to an object, which is not sent as JSON: use JSON.stringify(…)",
		`[1, 2]`:                 "request.body was set to an array, which is not sent as JSON: use JSON.stringify(…)",
		`undefined`:              "request.body was set to undefined, and that word is sent",
		`null`:                   "request.body was set to null, and that word is sent",
		`"{}"`:                   "",
		`new String("x")`:        "",
		`5`:                      "",
		`CryptoJS.MD5("x")`:      "",
		`JSON.stringify({a: 1})`: "",
	} {
		world := World{Role: PreRequest, Request: &Request{Method: "POST", URL: "http://a.test/", Body: "b", HasBody: true}}
		got := runScript(t, "request.body = "+value, world).Notices
		if (want == "") != (len(got) == 0) || want != "" && got[0] != want {
			t.Errorf("%s: notices %q, want %q", value, got, want)
		}
	}
}
