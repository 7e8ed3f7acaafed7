package runner

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"offscope/event"
)

// The order of a step is proven by what each stage can see of the ones before.
func TestAStepGoesThroughItsStagesInTheHostedOrder(t *testing.T) {
	t.Parallel()
	r, end, seen := run{
		vars: map[string]string{"v": "given"},
		handler: func(w http.ResponseWriter, q *http.Request) {
			fmt.Fprintf(w, `{"extracted":"from the body","sent":%q}`, q.Header.Get("X-Seen"))
		},
		steps: get(`"headers":{"X-Seen":["{{v}}"]},
 "before_scripts":["variables.set('v', 'too late for this request'); request.headers['X-Script'] = 'yes'"],
 "variables":[{"source":"response_json","property":"extracted","name":"x"}],
 "scripts":["assert.equal(variables.get('x'), 'from the body'); variables.set('w', variables.get('x') + ', then the script'); response.body = 'gone'"],
 "assertions":[
  {"source":"response_json","property":"sent","comparison":"equal","value":"given"},
  {"source":"response_json","property":"extracted","comparison":"equal","value":"{{x}}"},
  {"source":"response_text","comparison":"does_not_contain","value":"{{w}}"},
  {"source":"response_text","comparison":"contains","value":"{{x}}"}]`),
	}.do(t)
	if end.Outcome != event.Passed || seen.count() != 1 {
		t.Errorf("%s\n%s", end.Outcome, r.encoded(t))
	}
	var kinds []string
	for _, e := range r.events {
		kinds = append(kinds, e.Body.Kind())
	}
	want := "run-started test-started changes step-started script exchange variable script assertion assertion assertion assertion changes step-finished test-finished run-finished"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("got %s", got)
	}
}

func TestPreRequestScripts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, more, script, want string }{
		{"delete a header", `"headers":{"X-A":["1"],"X-B":["2"]}`, `delete request.headers['X-A']`, "GET /x B=2"},
		{"change a header without regard to case", `"headers":{"X-A":["1"]}`, `request.headers['x-a'] = 'new'`, "GET /x A=new"},
		{"several values", `"headers":{"X-A":["1"]}`, `request.headers['X-A'] = ['7','8']`, "GET /x A=7+8"},
		{"change the URL, which is encoded again", ``, `request.url = request.url + '?q=a b"'`, "GET /x?q=a%20b%22"},
		{"change the parameters", ``, `request.params.push({name: 'n', value: 'v w'})`, "GET /x?n=v%20w"},
		{"change the method", ``, `request.method = 'DELETE'`, "DELETE /x"},
		{"a method of one's own stays as it is", ``, `request.method = 'Purge'`, "Purge /x"},
		{"common methods are sent in capitals", ``, `request.method = 'patch'`, "PATCH /x"},
		{"set a body", ``, `request.method = 'POST'; request.body = 'hello'`, "POST /x body=hello"},
		{"empty a body", `"body":"old"`, `request.method = 'POST'; request.body = ''`, "POST /x"},
		{"a form instead of a body", `"body":"old"`, `request.method = 'POST'; request.form = {a: ['1']}`, "POST /x form=application/x-www-form-urlencoded body=a=1"},
		{"a body instead of a form", `"form":{"a":["1"]}`, `request.method = 'POST'; request.body = 'raw'`, "POST /x body=raw"},
		{"add to a form, in order", `"form":{"z":["1"],"a":["2 3","&"]}`, `request.method = 'POST'; request.form['b'] = ['4']`,
			"POST /x form=application/x-www-form-urlencoded body=z=1&a=2+3&a=%26&b=4"},
		{"remove the credentials of auth", `"auth":{"auth_type":"basic","username":"u","password":"pass"}`, `delete request.headers['Authorization']`, "GET /x"},
		{"change the credentials of auth", `"auth":{"auth_type":"basic","username":"u","password":"pass"}`, `request.headers['Authorization'] = 'X y'`, "GET /x auth=X y"},
		{"the next script sees what the one before left", ``, `request.headers['X-A'] = 'one'", "request.headers['X-B'] = request.headers['X-A'][0] + '!'`, "GET /x A=one B=one!"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			more := row.more
			if more != "" {
				more += ","
			}
			script := strings.ReplaceAll(row.script, `a b"'`, `a b\"'`)
			var got string
			r, end, seen := run{steps: get(more + `"before_scripts":["` + script + `"],"assertions":[{"source":"response_status","comparison":"equal","value":200}]`),
				handler: func(_ http.ResponseWriter, q *http.Request) { got = describe(q) }}.do(t)
			if end.Outcome != event.Passed || seen.count() != 1 {
				t.Fatalf("%s\n%s", end.Outcome, r.encoded(t))
			}
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func describe(q *http.Request) string {
	out := q.Method + " " + q.URL.RequestURI()
	if a := q.Header.Get("Authorization"); a != "" {
		out += " auth=" + a
	}
	for _, name := range []string{"A", "B"} {
		if v := q.Header.Values("X-" + name); len(v) > 0 {
			out += " " + name + "=" + strings.Join(v, "+")
		}
	}
	if c := q.Header.Get("Content-Type"); c != "" {
		out += " form=" + c
	}
	if b := q.Header.Get("X-Test-Body"); b != "" {
		out += " body=" + b
	}
	return out
}

func TestRequestsAsTheFileHasThem(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, step, want, notice string }{
		{"several values of a header, each a template", get(`"headers":{"X-A":["{{v}}","2"],"{{h}}":"3"}`), "GET /x A=val+2 B=3", ""},
		{"raw characters of a URL", `{"step_type":"request","method":"GET","url":"SERVER/U?filter=a eq \"{{v}}\"&b=1+%20@x"}`,
			"GET /U?filter=a%20eq%20%22val%22&b=1+%20@x", ""},
		{"a hash that a value brings", `{"step_type":"request","method":"GET","url":"SERVER/e?q={{hash}}&z=1"}`, "GET /e?q=a%23b&z=1", ""},
		{"a hash that is typed", `{"step_type":"request","method":"GET","url":"SERVER/e?q=1#top"}`, "GET /e?q=1", "fragment"},
		{"a hash in a value that begins the URL", `{"step_type":"request","method":"GET","url":"{{link}}"}`, "GET /e?q=2", "fragment"},
		{"stray braces", `{"step_type":"request","method":"GET","url":"SERVER/U/{{v}}}}"}`, "GET /U/val%7D%7D", ""},
		{"a body on GET", get(`"body":"b"`), "GET /x body=b", "body-on-get"},
		{"body and form", get(`"method":"POST","body":"b","form":{"a":["1"]}`), "POST /x body=b", "two-bodies"},
		{"an empty body and a form", get(`"method":"POST","body":"","form":{"a":["1"]}`), "POST /x form=application/x-www-form-urlencoded body=a=1", ""},
		{"the form's own type", get(`"method":"POST","headers":{"Content-Type":["text/x"]},"form":{"a":["1"]}`), "POST /x form=text/x body=a=1", ""},
		{"a fragment", get(`"fragment":"f"`), "GET /x", "fragment"},
		{"no type for a raw body", get(`"method":"POST","body":"{}"`), "POST /x body={}", ""},
		{"a method from a variable", get(`"method":"{{m}}"`), "REPORT /x", ""},
		{"basic authentication", get(`"auth":{"auth_type":"basic","username":"{{v}}","password":"p"}`), "GET /x auth=Basic dmFsOnA=", ""},
		{"auth goes before a header", get(`"headers":{"Authorization":["Bearer other"]},"auth":{"auth_type":"basic","username":"","password":"p"}`),
			"GET /x auth=Basic OnA=", "two-credentials"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var got string
			step := row.step
			if strings.Count(step, `"method"`) > 1 {
				step = strings.Replace(step, `"method":"GET",`, "", 1)
			}
			r, end, _ := run{steps: step, vars: map[string]string{"v": "val", "h": "X-B", "m": "REPORT", "hash": "a#b", "link": "SERVER/e?q=2#there"},
				handler: func(_ http.ResponseWriter, q *http.Request) { got = describe(q) }}.do(t)
			if end.Outcome != event.Passed || got != row.want {
				t.Errorf("%s\ngot  %q\nwant %q\n%s", end.Outcome, got, row.want, r.encoded(t))
			}
			notices := ""
			for _, n := range all[event.Notice](r, 1) {
				notices += n.Code
			}
			if notices != row.notice {
				t.Errorf("got the notices %q, want %q", notices, row.notice)
			}
		})
	}
}

// What a post-response script makes of request and response is what is shown, and never what assertions see.
func TestARewrittenResponseIsShownAndNotAsserted(t *testing.T) {
	t.Parallel()
	r, end, _ := run{
		handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Card", "4111")
			fmt.Fprint(w, `{"card":"4111-1111"}`)
		},
		steps: get(`"method":"POST","body":"pin=1234",
 "scripts":["response.body = 'removed'; delete response.headers['X-Card']; request.body = 'pin=****'", "assert.equal(response.body, 'removed')"],
 "assertions":[{"source":"response_json","property":"card","comparison":"not_empty"},{"source":"response_headers","property":"X-Card","comparison":"equal","value":"4111"}]`),
	}.do(t)
	x := one[event.Exchanged](t, r, 1)
	if end.Outcome != event.Passed {
		t.Errorf("%s", r.encoded(t))
	}
	if x.Response.Body.Text != "removed" || !x.Response.Rewritten || x.Response.Header.Has("X-Card") {
		t.Errorf("response %+v", x.Response)
	}
	if x.Request.Body.Text != "pin=****" || !x.Request.Rewritten {
		t.Errorf("request %+v", x.Request)
	}
}

func TestAnUntouchedExchangeIsNotCalledRewritten(t *testing.T) {
	t.Parallel()
	r, _, _ := run{steps: get(`"form":{"a":["1"]},"scripts":["log(request.headers, request.form, response.headers, request.url, response.body)"]`)}.do(t)
	x := one[event.Exchanged](t, r, 1)
	if x.Request.Rewritten || x.Response.Rewritten {
		t.Errorf("%+v", x)
	}
}

func TestResponseTimeIsTheExchanges(t *testing.T) {
	t.Parallel()
	r, _, _ := run{steps: get(`"scripts":["variables.set('ms', response.response_time_ms)"],
 "assertions":[{"source":"response_time","comparison":"equal_number","value":"{{ms}}"}]`)}.do(t)
	x, a := one[event.Exchanged](t, r, 1), one[event.Asserted](t, r, 1)
	if a.Outcome != event.Passed || a.Actual != fmt.Sprint(x.Timings.Milliseconds()) {
		t.Errorf("%+v, but the exchange took %v", a, x.Timings.Total)
	}
}
