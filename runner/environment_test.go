package runner

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"offscope/event"
)

// received runs and returns what the server saw of each request, as see makes it.
func (r run) received(t *testing.T, see func(*http.Request) string) (string, *recording, event.RunFinished) {
	t.Helper()
	var got []string
	r.handler = func(w http.ResponseWriter, q *http.Request) {
		got = append(got, see(q))
		fmt.Fprint(w, `{"a":1}`)
	}
	out, end, _ := r.do(t)
	return strings.Join(got, "; "), out, end
}

func headersOf(names ...string) func(*http.Request) string {
	return func(q *http.Request) string {
		var all []string
		for _, name := range names {
			all = append(all, strings.Join(q.Header.Values(name), "+"))
		}
		return strings.Join(all, "|")
	}
}

func TestEnvironments(t *testing.T) {
	t.Parallel()
	two := steps(get(""), get(""))
	for _, r := range []struct {
		name string
		run  run
		see  func(*http.Request) string
		want string
	}{
		{"2.3 a header of every request", run{env: "headers: {X-A: one, X-B: [two, three]}\n", steps: two}, headersOf("X-A", "X-B"), "one|two+three; one|two+three"},
		{"2.3 the step's header wins whatever its case", run{env: "headers: {x-a: environment, X-B: [e, f]}\n", steps: get(`"headers":{"X-A":["step"],"X-b":"s"}`)}, headersOf("X-A", "X-B"), "step|s"},
		{"2.3 evaluated once", run{env: "headers: {X-A: '{{uuid}}'}\n", steps: two}, func() func(*http.Request) string {
			first := ""
			return func(q *http.Request) string {
				if first == "" {
					first = q.Header.Get("X-A")
				}
				return fmt.Sprint(len(first) == 36 && first == q.Header.Get("X-A"))
			}
		}(), "true; true"},
		{"2.3 cannot see what is extracted later", run{env: "headers: {X-A: '{{v}}'}\ninitial_variables: {v: early}\n",
			steps: steps(get(extracts("a", "v")), get(`"headers":{"X-B":["{{v}}"]}`))}, headersOf("X-A", "X-B"), "early|; early|1"},
		{"Q20 after the initial scripts", run{env: "headers: {X-A: '{{v}}'}\ninitial_variables: {v: early}\nscript: variables.set('v', 'scripted')\n", steps: get("")}, headersOf("X-A"), "scripted"},
		{"2.3 authentication of every request", run{env: "auth: {auth_type: basic, username: u, password: '{{p}}'}\ninitial_variables: {p: pass}\n", steps: two}, headersOf("Authorization"), "Basic dTpwYXNz; Basic dTpwYXNz"},
		{"2.3 the step's auth replaces the environment's", run{env: "auth: {auth_type: basic, username: u, password: pass}\n", steps: get(`"auth":{"auth_type":"basic","username":"step","password":"x"}`)},
			headersOf("Authorization"), "Basic c3RlcDp4"},
		{"2.3 the step's header replaces the environment's auth", run{env: "auth: {auth_type: basic, username: u, password: pass}\n", steps: get(`"headers":{"authorization":["Bearer step"]}`)},
			headersOf("Authorization"), "Bearer step"},
		{"2.3 the step's auth replaces the environment's header", run{env: "headers: {Authorization: Bearer env}\n", steps: get(`"auth":{"auth_type":"basic","username":"step","password":"x"}`)},
			headersOf("Authorization"), "Basic c3RlcDp4"},
		{"2.3 auth goes before a header of the same environment", run{env: "headers: {Authorization: Bearer env}\nauth: {auth_type: basic, username: step, password: x}\n", steps: get("")},
			headersOf("Authorization"), "Basic c3RlcDp4"},
		{"2.3 header names are templates", run{env: "headers: {'{{h}}': x}\ninitial_variables: {h: X-A}\n", steps: get("")}, headersOf("X-A"), "x"},
		{"2.4 initial variables", run{shared: "name: shared\ninitial_variables: {a: shared, b: shared}\n", env: "initial_variables: {b: own, c: '{{a}}+{{b}}'}\n", steps: get(`"headers":{"X-A":["{{c}}"]}`)},
			headersOf("X-A"), "shared+own"},
		{"2.4 initial scripts, both run", run{shared: "name: shared\nscript: variables.set('a', 'shared'); variables.set('b', 'shared')\n",
			env: "script: variables.set('b', variables.get('b') + ' own')\n", steps: get(`"headers":{"X-A":["{{a}} {{b}}"]}`)}, headersOf("X-A"), "shared shared own"},
		{"2.4 pre-request / post-response scripts", run{
			shared: "name: shared\npre_request_scripts: [\"request.headers['X-A'] = '1'\"]\npost_response_scripts: [\"variables.set('o', '1')\"]\n",
			env:    "pre_request_scripts: [\"request.headers['X-A'] = request.headers['X-A'][0] + '2'\"]\npost_response_scripts: [\"variables.set('o', variables.get('o') + '2')\"]\n",
			steps: steps(get(`"before_scripts":["request.headers['X-A'] = request.headers['X-A'][0] + '3'"],"scripts":["variables.set('o', variables.get('o') + '3')"]`),
				get(`"headers":{"X-B":["{{o}}"]}`))}, headersOf("X-A", "X-B"), "123|; 12|123"},
		{"2.4 authentication", run{shared: "name: shared\nauth: {auth_type: basic, username: u, password: pass}\n", env: "auth: {auth_type: basic, username: step, password: x}\n", steps: get("")},
			headersOf("Authorization"), "Basic c3RlcDp4"},
		{"2.4 headers", run{shared: "name: shared\nheaders: {X-A: shared, X-B: shared}\n", env: "headers: {x-b: own}\n", steps: get("")}, headersOf("X-A", "X-B"), "shared|own"},
		{"2.4 behaviours", run{shared: "name: shared\nstop_on_failure: true\n", env: "stop_on_failure: false\n", steps: steps(get(bad), get(""))}, headersOf("X-A"), ""},
		{"3.3 each later one overrides", run{
			shared: "name: shared\ninitial_variables: {a: 1, b: 1, c: 1, d: 1, e: 1}\nscript: variables.set('d', 4); variables.set('e', 4)\n",
			env:    "initial_variables: {b: 2, c: 2, d: 2, e: 2}\nscript: variables.set('e', 5)\n", vars: map[string]string{"c": "3", "d": "3", "e": "3"},
			steps: get(`"headers":{"X-A":["{{a}}{{b}}{{c}}{{d}}{{e}}"]}`)}, headersOf("X-A"), "12345"},
		{"3.3 a built-in stays constant", run{env: "initial_variables: {id: '{{uuid}}'}\n", steps: steps(get(`"headers":{"X-A":["{{id}}"],"X-B":["{{id}}"]}`))},
			func(q *http.Request) string { return fmt.Sprint(q.Header.Get("X-A") == q.Header.Get("X-B")) }, "true"},
		{"3.4 what a pre-request script sets comes too late", run{env: "initial_variables: {v: old}\n", steps: steps(get(`"headers":{"X-A":["{{v}}"]},"before_scripts":["variables.set('v', 'new')"]`), get(`"headers":{"X-A":["{{v}}"]}`))},
			headersOf("X-A"), "old; new"},
		{"5.1 the initial script runs once", run{env: "script: variables.set('n', (variables.get('n') || 0) + 1)\n", steps: steps(get(""), get(`"headers":{"X-A":["{{n}}"]}`))}, headersOf("X-A"), "; 1"},
		{"Q7 initial variables that refer to each other", run{env: "initial_variables: {a: '{{b}}/v2', b: '{{c}}', c: base}\n", steps: get(`"headers":{"X-A":["{{a}}"]}`)}, headersOf("X-A"), "base/v2"},
		{"Q23 a fresh global scope for each script", run{env: "pre_request_scripts: [\"leak = 1\"]\n", steps: get(`"before_scripts":["request.headers['X-A'] = typeof leak"]`)}, headersOf("X-A"), "undefined"},
		{"Q42 get_secret", run{env: "secrets: [k]\ninitial_variables: {k: kept-secret}\n", steps: get(`"headers":{"X-A":["{{get_secret(k)}}"]},"before_scripts":["request.headers['X-B'] = get_secret('k')"]`)},
			headersOf("X-A", "X-B"), "kept-secret|kept-secret"},
		{"Q9 property paths and header names", run{env: "initial_variables: {p: a, h: X-A}\n", steps: steps(get(extracts("{{p}}", "v")), get(`"headers":{"{{h}}":["{{v}}"]},"note":"{{nobody}}"`))}, headersOf("X-A"), "; 1"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			got, out, _ := r.run.received(t, r.see)
			if got != r.want {
				t.Errorf("got %q, want %q\n%s", got, r.want, out.encoded(t))
			}
		})
	}
}

func TestWhatOfAnEnvironmentFails(t *testing.T) {
	t.Parallel()
	for _, r := range []struct{ name, env, script, told string }{
		{"2.3 undefined in a header", "headers: {X-A: '{{none}}'}\n", "", "Request failed to set 'environment headers' — Variable 'none' was not defined"},
		{"2.3 undefined in a header's name", "headers: {'{{none}}': x}\n", "", "Variable 'none' was not defined"},
		{"2.3 undefined in auth", "auth: {auth_type: basic, username: '{{none}}'}\n", "", "Request failed to set 'auth' — Variable 'none' was not defined"},
		{"2.3 an auth setting that is not known", "auth: {auth_type: oauth1, consumer_key: k, signature_type: '{{place}}'}\ninitial_variables: {place: moon}\n", "", `the signature_type \"moon\" is not known`},
		{"Q7 a circle", "initial_variables: {a: '{{b}}', b: '{{a}}'}\n", "", "in a circle"},
		{"Q24 failing initial script", "script: throw new Error('no')\n", "", "the initial script failed"},
		{"Q24 failing initial script of the shared environment", "script: variables.set('x', 1)\n", "", "the shared initial script failed"},
		{"Q42 an unknown secret", "headers: {X-A: '{{get_secret(none)}}'}\n", "", "get_secret(none)"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			run := run{env: r.env, steps: steps(get(good), pause)}
			if strings.Contains(r.name, "shared") {
				run.shared = "name: shared\nscript: throw new Error('no')\n"
			}
			out, end, seen := run.do(t)
			if end.Outcome != event.Failed || seen.count() != 0 || out.outcomes() != "not-run not-run" || !strings.Contains(out.encoded(t), r.told) {
				t.Errorf("%s, %d requests, not told: %s\n%s", end.Outcome, seen.count(), r.told, out.encoded(t))
			}
		})
	}
}

func TestScriptsOfAnEnvironment(t *testing.T) {
	t.Parallel()
	t.Run("5.1 for request steps only", func(t *testing.T) {
		t.Parallel()
		r, end, seen := run{inbox: openInbox(t), env: "pre_request_scripts: ['log(1)']\npost_response_scripts: ['log(2)']\n",
			steps:    steps(`{"step_type":"request","method":"POST","url":"SERVER/","body":"{{incoming_url(t)}}"}`, hook("t", ""), pause, subtestStep("s", ""), compares(condition, "1", "equal", "1", get(""))),
			subtests: map[string]run{"s": {steps: get("")}},
			handler: func(_ http.ResponseWriter, q *http.Request) {
				if address := q.Header.Get("X-Test-Body"); address != "" {
					call(t, address, "")
				}
			}}.do(t)
		var with []int
		for _, e := range r.events {
			if _, ok := e.Body.(event.Scripted); ok && e.Sub == 0 {
				with = append(with, e.Step)
			}
		}
		if fmt.Sprint(with) != "[1 1 6 6]" || end.Outcome != event.Passed || seen.count() != 3 {
			t.Errorf("scripts in the steps %v\n%s", with, r.encoded(t))
		}
	})
	t.Run("Q21 a failing one keeps the request from being sent", func(t *testing.T) {
		t.Parallel()
		_, end, seen := run{env: "pre_request_scripts: [\"throw new Error('no')\"]\n", steps: get(good)}.do(t)
		if end.Outcome != event.Failed || seen.count() != 0 {
			t.Errorf("%s, %d requests", end.Outcome, seen.count())
		}
	})
	t.Run("Q22 after a failing one the others run", func(t *testing.T) {
		t.Parallel()
		r, end, _ := run{env: "post_response_scripts: ['assert(false)']\n", steps: get(`"scripts":["log(1)"],` + good)}.do(t)
		if s := all[event.Scripted](r, 1); end.Outcome != event.Failed || len(s) != 2 || s[1].Outcome != event.Passed || one[event.Asserted](t, r, 1).Outcome != event.Passed {
			t.Errorf("%s", r.encoded(t))
		}
	})
	t.Run("5.1 assertions of initial scripts are ignored", func(t *testing.T) {
		t.Parallel()
		_, end, _ := run{shared: "name: s\nscript: assert(false)\n", env: "script: assert.equal(1, 2)\n", steps: get(good)}.do(t)
		if end.Outcome != event.Passed {
			t.Errorf("%s", end.Outcome)
		}
	})
	t.Run("5.1 an initial script has neither request nor response", func(t *testing.T) {
		t.Parallel()
		r, end, _ := run{env: "script: \"variables.set('t', typeof request + typeof response)\"\n", steps: get(`"headers":{"X-A":["{{t}}"]}`)}.do(t)
		if end.Outcome != event.Passed || one[event.Exchanged](t, r, 1).Request.Header.Get("X-A") != "undefinedundefined" {
			t.Errorf("%s", r.encoded(t))
		}
	})
	t.Run("--initial-script takes the place of the own one, not of the shared one", func(t *testing.T) {
		t.Parallel()
		r, _, _ := run{shared: "name: s\nscript: variables.set('a', 1)\n", env: "script: variables.set('b', 2)\n", script: "variables.set('c', 3)",
			steps: get(`"before_scripts":["request.headers['X-A'] = [1, variables.get('a'), variables.get('b'), variables.get('c')].join('')"]`)}.do(t)
		if got := one[event.Exchanged](t, r, 1).Request.Header.Get("X-A"); got != "113" {
			t.Errorf("got %s\n%s", got, r.encoded(t))
		}
	})
}

func TestBehaviours(t *testing.T) {
	t.Parallel()
	file := steps(get(bad), get(good))
	for _, r := range []struct {
		name     string
		run      run
		requests int
		told     string
	}{
		{"2.2 stop_on_failure", run{env: "stop_on_failure: true\n", steps: file}, 1, "the environment says stop_on_failure"},
		{"2.2 stop_on_failure of the shared environment", run{shared: "name: s\nstop_on_failure: true\n", env: "name: e\n", steps: file}, 1, "the environment says stop_on_failure"},
		{"2.2 stop_on_failure switched off by a flag", run{env: "stop_on_failure: true\n", options: Options{StopOnFailure: Off}, steps: file}, 2, ""},
		{"2.2 stop_on_failure off", run{env: "stop_on_failure: false\n", steps: file}, 2, ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			out, end, seen := r.run.do(t)
			if end.Outcome != event.Failed || seen.count() != r.requests || !strings.Contains(out.encoded(t), r.told) {
				t.Errorf("%s, %d requests\n%s", end.Outcome, seen.count(), out.encoded(t))
			}
		})
	}
}
