package runner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
)

func row(source, property, comparison, value string) string {
	return fmt.Sprintf(`{"source":%q,"property":%q,"comparison":%q,"value":%q}`, source, property, comparison, value)
}

func asserts(rows ...string) string { return `"assertions":[` + strings.Join(rows, ",") + `]` }

func extracts(property, name string) string {
	return fmt.Sprintf(`"variables":[{"source":"response_json","property":%q,"name":%q}]`, property, name)
}

func TestHowASubtestEndsDecidesItsStep(t *testing.T) {
	t.Parallel()
	unreachable := strings.Replace(get(good), "SERVER/x", "http://127.0.0.1:1/x", 1)
	for _, r := range []struct {
		name, inside, step string
		outcome            event.Outcome
		told               string
	}{
		{"6.5 passed", get(good), looks, event.Passed, ""},
		{"6.5 passed and nobody looks", get(good), "", event.Passed, ""},
		{"6.5 failed", get(bad), looks, event.Failed, `"actual":"fail"`},
		{"6.5 failed as it should", get(bad), asserts(row("response_json", "result", "equal", "fail")), event.Passed, ""},
		{"6.5 failed and nobody looks", get(bad), "", event.Failed, "no assertion of this step looks at its result"},
		{"6.5 failed and a row looks at something else", get(bad), asserts(row("response_json", "test_name", "equal", "s")), event.Failed, "looks at its result"},
		{"6.5 failed and a script looks", get(bad), `"scripts":["assert.equal(JSON.parse(response.body).result, 'fail')"]`, event.Passed, ""},
		{"6.5 failed and a script only logs the result", get(bad), `"scripts":["log(JSON.parse(response.body).result)"]`, event.Failed, "looks at its result"},
		{"6.5 failed and a script keeps the result", get(bad), `"scripts":["variables.set('ended', JSON.parse(response.body).result)"]`, event.Passed, ""},
		{"6.5 failed and a script asserts something else", get(bad), `"scripts":["assert.ok(response.body)", "log(JSON.parse(response.body).result)"]`, event.Failed, "looks at its result"},
		{"6.5 failed and a script has only the word", get(bad), `"scripts":["log('result')"]`, event.Failed, "looks at its result"},
		{"6.5 failed and a row wants anything in the result", get(bad), asserts(row("response_json", "result", "not_empty", "")), event.Failed, "looks at its result"},
		{"6.5 failed and a row wants nothing of the result", get(bad), asserts(row("response_json", "result", "contains", "")), event.Failed, "looks at its result"},
		{"6.5 failed and a row wants any result", get(bad), asserts(row("response_json", "", "not_empty", "")), event.Failed, "looks at its result"},
		{"6.5 failed and a row finds the word elsewhere", get(bad), asserts(row("response_text", "", "contains", "fail")), event.Failed, "looks at its result"},
		{"6.5 failed and a row wants another result", get(bad), asserts(row("response_json", "result", "not_equal", "canceled")), event.Failed, "looks at its result"},
		{"6.5 failed and a row says so in brackets", get(bad), asserts(row("response_json", "['result']", "equal", "fail")), event.Passed, ""},
		{"6.5 failed and a row on the whole says so", get(bad), asserts(row("response_json", "", "contains", `"result":"fail","test_id"`)), event.Passed, ""},
		{"6.5 failed and a text says so", get(bad), asserts(row("response_text", "", "contains", `{"result":"fail"`)), event.Passed, ""},
		{"6.5 nothing in it is to be run", skippedStep(get(good)), looks, event.Failed, "nothing in the subtest"},
		{"6.5 nothing in it sends", pause, looks, event.Failed, "nothing in the subtest"},
		{"6.5 nothing in it but what cannot be run", compares("condition", "1", "odd", "1", get(good)), looks, event.Failed, `"actual":"fail"`},
		{"6.5 could not be executed", unreachable, looks, event.Errored, `"actual":"fail"`},
		{"6.5 could not be executed and nobody looks", unreachable, "", event.Errored, "looks at its result"},
		{"6.5 nothing of it was run", get("") + "," + `{"step_type":"odd"}`, looks, event.Failed, ""},
		{"Q48 a failing script assertion inside", get(`"scripts":["assert(false)"]`), looks, event.Failed, ""},
		{"6.5 no status", get(good), asserts(row("response_json", "result", "equal", "pass"), row("response_status", "", "not_equal", "7")), event.Failed, "the result of a subtest has no status"},
		{"6.5 no response time", get(good), asserts(row("response_time", "", "is_less_than", "7")), event.Failed, "the result of a subtest has no response time"},
		{"6.5 no headers", get(good), asserts(row("response_headers", "X", "not_equal", "7")), event.Failed, "the result of a subtest has no headers"},
		{"6.5 no status to extract", get(good), `"variables":[{"source":"response_status","name":"n"}]`, event.Failed, "the result of a subtest has no status"},
		{"6.5 a failing pre-request script keeps it from running", get(good), `"before_scripts":["throw new Error('no')"],` + looks, event.Failed, "a pre-request script failed"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			out, end, _ := run{steps: steps(subtestStep("s", r.step), get(good)), subtests: map[string]run{"s": {steps: r.inside}}}.do(t)
			finished := finishedOf(out, 1).events
			if last := finished[len(finished)-1].Body.(event.StepFinished); end.Outcome != r.outcome || last.Outcome != r.outcome {
				t.Errorf("the run %s, the step %s\n%s", end.Outcome, last.Outcome, out.encoded(t))
			}
			if !strings.Contains(out.encoded(t), r.told) {
				t.Errorf("not told: %s\n%s", r.told, out.encoded(t))
			}
			if !strings.HasSuffix(out.outcomes(), " passed") {
				t.Errorf("the next step: %s", out.outcomes())
			}
		})
	}
}

func TestTheResultOfASubtest(t *testing.T) {
	t.Parallel()
	child := run{
		vars: map[string]string{"given": "g<&>"}, script: "variables.set('early', 1)", env: "name: own\nid: env-1\ninitial_variables: {e: of the environment}\n",
		steps: steps(get(`"note":"first",`+extracts("a", "late")+`,"scripts":["variables.set('list', [1,2])"],`+good), pause,
			compares(condition, "1", "equal", "2", get("")), skippedStep(get("")), compares(loop, "{{n}}", "equal", "2", counted("n"))),
	}
	wants := map[string]string{
		"result": "pass", "test_name": "s", "environment_name": "own", "environment_id": "env-1", "region": "local",
		"requests_executed": "3", "assertions_defined": "1", "assertions_passed": "1", "assertions_failed": "0",
		"variables_defined": "1", "variables_passed": "1", "scripts_defined": "4", "scripts_failed": "0",
		"initial_variables.early": "1", "initial_variables.e": "of the environment",
		"variables.given": "g<&>", "variables.late": "1", "variables.list": "[1,2]", "variables.p": "param",
		"requests[0].step_type": "request", "requests[0].response_status_code": "200", "requests[0].method": "GET", "requests[0].note": "first",
		"requests[0].response_size_bytes": "7", "requests[0].assertions.total": "1", "requests[0].variables.pass": "1", "requests[0].result": "pass",
		"requests[1].step_type": "pause", "requests[1].result": "pass", "requests[2].step_type": "condition", "requests[2].result": "pass",
		"requests[3].result": "skipped", "requests[4].result": "skipped", "requests[5].step_type": loop, "requests[6].result": "pass", "requests[7].result": "pass",
	}
	var rows []string
	for property, value := range wants {
		rows = append(rows, row("response_json", property, "equal", value))
	}
	rows = append(rows, row("response_json", "requests[8]", "equal", "nothing"), row("response_json", "initial_variables.late", "equal", "nothing"))
	out, _, _ := run{steps: subtestStep("s", `"params":[{"name":"p","value":"param"}],`+asserts(rows...)), subtests: map[string]run{"s": child}}.do(t)
	for _, a := range all[event.Asserted](out, -1) {
		if (a.Outcome == event.Passed) != (a.Target != "nothing") && a.Label != "Status" {
			t.Errorf("Q34 %s: %q, want %q (%s)", a.Property, a.Actual, a.Expected, a.Error)
		}
	}
	if t.Failed() {
		t.Log(out.encoded(t))
	}
}

func TestRowsOfStepsThatWereNotRunHaveNotPassed(t *testing.T) {
	t.Parallel()
	child := run{
		steps:   steps(get(asserts(row("response_status", "", "equal_number", "200"), row("response_status", "", "equal_number", "201"))), get(good)),
		options: Options{StopOnFailure: On},
	}
	out, _, _ := run{steps: subtestStep("s", asserts(
		row("response_json", "assertions_defined", "equal", "3"), row("response_json", "assertions_passed", "equal", "1"),
		row("response_json", "assertions_failed", "equal", "1"), row("response_json", "requests[1].assertions.pass", "equal", "0"),
	)), subtests: map[string]run{"s": child}}.do(t)
	for _, a := range all[event.Asserted](out, -1) {
		if a.Source == "response_json" && a.Outcome != event.Passed {
			t.Errorf("%s: %q, want %q (%s)", a.Property, a.Actual, a.Expected, a.Error)
		}
	}
}

func TestWhatASubtestIsGivenAndGivesBack(t *testing.T) {
	t.Parallel()
	reads := func(names ...string) string {
		var all []string
		for _, n := range names {
			all = append(all, "{{"+n+"}}")
		}
		return `{"step_type":"request","method":"GET","url":"SERVER/?` + strings.Join(all, "|") + `"}`
	}
	for _, r := range []struct {
		name string
		run  run
		want string // the queries that the server got
	}{
		{"6.5 parameters are templates", run{vars: map[string]string{"v": "val"}, steps: subtestStep("s", `"params":[{"name":"a","value":"{{v}}!"},{"name":"b{{v}}","value":"2"}]`),
			subtests: map[string]run{"s": {steps: reads("a", "bval")}}}, "val!|2"},
		{"6.5 parameters go before the environment and flags, scripts before them", run{steps: subtestStep("s", `"params":[{"name":"a","value":"p"},{"name":"b","value":"p"},{"name":"c","value":"p"}]`),
			subtests: map[string]run{"s": {env: "name: e\ninitial_variables: {a: e}\n", vars: map[string]string{"b": "f"}, script: "variables.set('c', 's')", steps: reads("a", "b", "c")}}}, "p|p|s"},
		{"6.5 a parameter's value is not read as a template again", run{vars: map[string]string{"v": "x"}, script: "variables.set('raw', '{' + '{v}' + '}')",
			steps: subtestStep("s", `"params":[{"name":"a","value":"{{raw}}"}]`), subtests: map[string]run{"s": {steps: reads("a")}}}, "{{v}}"},
		{"Q32 other shapes of params", run{steps: subtestStep("s", `"params":[{"key":"a","value":"1"},{"b":"2"}]`), subtests: map[string]run{"s": {steps: reads("a", "b")}}}, "1|2"},
		{"6.5 its own environment", run{env: "name: parent\ninitial_variables: {a: 1}\n", steps: subtestStep("s", ""),
			subtests: map[string]run{"s": {env: "name: own\ninitial_variables: {a: 2}\n", steps: reads("a", "runscope_environment")}}}, "2|own"},
		{"6.5 the parent's environment", run{env: "name: parent\ninitial_variables: {a: 1}\n", steps: subtestStep("s", `"use_parent_environment":true`),
			subtests: map[string]run{"s": {env: "name: own\ninitial_variables: {a: 2}\n", steps: reads("a", "runscope_environment")}}}, "1|parent"},
		{"6.5 its values stay its own", run{vars: map[string]string{"a": "outer"}, steps: steps(subtestStep("s", ""), reads("a")),
			subtests: map[string]run{"s": {steps: get(`"scripts":["variables.set('a', 'inner')"]`)}}}, "|outer"},
		{"6.5 what is extracted from its result", run{steps: steps(subtestStep("s", extracts("variables.id", "id")), reads("id")),
			subtests: map[string]run{"s": {steps: get(extracts("a", "id"))}}}, "|1"},
		{"6.5 a pre-request script sets no parameter", run{vars: map[string]string{"v": "old"}, steps: subtestStep("s", `"params":[{"name":"a","value":"{{v}}"}],"before_scripts":["variables.set('v', 'new')"]`),
			subtests: map[string]run{"s": {steps: reads("a")}}}, "old"},
		{"6.5 a subtest of a subtest", run{steps: subtestStep("s", `"params":[{"name":"a","value":"1"}]`), subtests: map[string]run{
			"s": {steps: subtestStep("t", `"params":[{"name":"b","value":"{{a}}2"}]`)}, "t": {steps: reads("b")}}}, "12"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			r.run.handler = func(w http.ResponseWriter, q *http.Request) {
				if q.URL.Path == "/" {
					query := strings.NewReplacer("%7B", "{", "%7D", "}", "%7C", "|").Replace(q.URL.RawQuery)
					got = append(got, query)
				} else {
					got = append(got, "")
				}
				fmt.Fprint(w, `{"a":1}`)
			}
			out, end, _ := r.run.do(t)
			if joined := strings.Join(got, "|"); joined != r.want || end.Outcome != event.Passed {
				t.Errorf("%s: got %q, want %q\n%s", end.Outcome, joined, r.want, out.encoded(t))
			}
		})
	}
}

func TestSubtestsThatCannotBeRun(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		name string
		run  run
		told string
	}{
		{"Q33 unknown", run{steps: subtestStep("nobody", looks)}, "the test nobody is not known"},
		{"6.5 a parameter is undefined", run{steps: subtestStep("s", `"params":[{"name":"a","value":"{{none}}"}],`+looks)}, "Request failed to set 'params' — Variable 'none' was not defined"},
		{"6.5 a circle of one", run{steps: subtestStep("me", "")}, "circle: me → me"},
		{"6.5 a circle of two", run{steps: subtestStep("one", "")}, "circle: one → two → one"},
		{"6.5 its initial script fails", run{steps: subtestStep("broken", looks)}, "the initial script failed"},
		{"6.5 its initial script has a syntax error", run{steps: subtestStep("mistyped", looks)}, "initial script: "},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.run.steps = steps(r.run.steps, get(good))
			r.run.subtests = map[string]run{
				"s": {steps: get(good)}, "me": {steps: subtestStep("me", "")}, "one": {steps: subtestStep("two", "")}, "two": {steps: subtestStep("one", "")},
				"broken": {script: "throw new Error('no')", steps: get(good)}, "mistyped": {script: "var = 1", steps: get(good)},
			}
			out, end, seen := r.run.do(t)
			if end.Outcome != event.Failed || seen.count() != 1 || !strings.HasSuffix(out.outcomes(), "failed passed") || !strings.Contains(out.encoded(t), r.told) {
				t.Errorf("%s, %s, %d requests, not told: %s\n%s", end.Outcome, out.outcomes(), seen.count(), r.told, out.encoded(t))
			}
		})
	}
}

func TestSubtestsThatAreNoCircle(t *testing.T) {
	t.Parallel()
	_, end, seen := run{steps: steps(subtestStep("a", looks), subtestStep("b", looks), subtestStep("a", looks), skippedStep(subtestStep("nobody", looks))),
		subtests: map[string]run{"a": {steps: subtestStep("b", looks)}, "b": {steps: get(good)}}}.do(t)
	if end.Outcome != event.Passed || seen.count() != 3 {
		t.Errorf("%s, %d requests", end.Outcome, seen.count())
	}
}

// A finder that makes a new test each time hides the circle; the depth ends it.
func TestACircleThatIsNotSeenEnds(t *testing.T) {
	t.Parallel()
	r := run{steps: subtestStep("me", "")}
	var find finder
	find = func(*Plan, *bucket.Subtest) (*bucket.Test, Options, error) {
		return r.test(t, "", "me"), Options{Subtest: find}, nil
	}
	p := NewPlan(r.test(t, "", "me"), Options{Subtest: find})
	out := &recording{}
	end, err := Run(t.Context(), []*Plan{p}, Machinery{Sender: countingSender(new(int)), Engine: engine, Clock: newClock()}, out)
	if err != nil || end.Outcome != event.Failed || !strings.Contains(out.encoded(t), fmt.Sprintf("nested more than %d deep", deepest)) {
		t.Errorf("%+v %v", end, err)
	}
	wellFormed(t, out)
}

func TestEventsOfSubtestsAreTheirOwn(t *testing.T) {
	t.Parallel()
	out, _, _ := run{steps: steps(subtestStep("s", looks), subtestStep("t", looks)), subtests: map[string]run{"s": {steps: subtestStep("t", looks)}, "t": {steps: get(good)}}}.do(t)
	var got []string
	for _, e := range out.events {
		switch b := e.Body.(type) {
		case event.TestStarted:
			got = append(got, fmt.Sprintf("%s is %d, run by %d/%d", b.Name, e.Sub, b.Caller, b.CallerStep))
		case event.TestFinished:
			got = append(got, fmt.Sprintf("%d ends", e.Sub))
		}
	}
	want := "the test is 0, run by 0/0; s is 1, run by 0/1; t is 2, run by 1/1; 2 ends; 1 ends; t is 3, run by 0/2; 3 ends; 0 ends"
	if joined := strings.Join(got, "; "); joined != want {
		t.Errorf("got  %s\nwant %s", joined, want)
	}
	var last event.Exchanged
	for _, e := range out.events {
		if x, ok := e.Body.(event.Exchanged); ok && e.Sub == 0 {
			last = x
		}
	}
	if last.Request.URL != "" || last.Request.Method != "" || len(last.Response.Header) != 0 || !strings.Contains(last.Response.Body.Text, `"result":"pass"`) {
		t.Errorf("%+v", last)
	}
}

// A subtest draws the same random values whatever ran before it.
func TestRandomValuesOfSubtests(t *testing.T) {
	t.Parallel()
	draw := func(choose func(*Step) bool) []string {
		var got []string
		run{options: Options{Seed: 3, Choose: choose}, steps: steps(subtestStep("s", ""), subtestStep("s", "")),
			subtests: map[string]run{"s": {options: Options{Seed: 3}, steps: `{"step_type":"request","method":"GET","url":"SERVER/{{uuid}}"}`}},
			handler:  func(_ http.ResponseWriter, q *http.Request) { got = append(got, q.URL.Path) }}.do(t)
		return got
	}
	both, second := draw(nil), draw(func(s *Step) bool { return s.Number == 2 })
	if both[0] == both[1] || len(second) != 1 || second[0] != both[1] {
		t.Errorf("both drew %q, the second alone %q", both, second)
	}
}

func TestCookiesOfSubtestsAreTheirOwn(t *testing.T) {
	t.Parallel()
	var got []string
	on := Options{Cookies: On}
	out, _, _ := run{options: on, steps: steps(get(""), subtestStep("s", ""), get("")), subtests: map[string]run{"s": {options: on, steps: steps(get(""), get(""))}},
		handler: func(w http.ResponseWriter, q *http.Request) {
			got = append(got, q.Header.Get("Cookie"))
			w.Header().Set("Set-Cookie", fmt.Sprintf("sid=session-%d", len(got)))
		}}.do(t)
	if joined := strings.Join(got, "|"); joined != "||sid=session-2|sid=session-1" {
		t.Errorf("2.2 cookies: %s\n%s", joined, out.encoded(t))
	}
}

func TestSecretsGoInAndOutOfSubtestsMasked(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, q *http.Request) {
		fmt.Fprintf(w, `{"token":"inner-canary-1","sent":%q,"body":%q}`, q.Header.Get("X-Echo"), q.Header.Get("X-Test-Body"))
	}
	secret := `"headers":{"X-Echo":["{{outer}} {{p}}"],"Authorization":["Bearer {{own}}"]},` + extracts("token", "own")
	out, end, _ := run{
		handler: echo, options: Options{Secrets: []string{"outer"}}, vars: map[string]string{"outer": "outer-canary-2"},
		steps: steps(subtestStep("s", `"params":[{"name":"p","value":"{{outer}}!"},{"name":"own","value":"literal-canary-3"},{"name":"outer","value":"{{outer}}"}],`+
			extracts("variables.own", "plain")+`,"scripts":["log(response.body)"]`), get(`"headers":{"X-Echo":["{{plain}} {{outer}} literal-canary-3"]}`)),
		subtests: map[string]run{"s": {steps: get(secret + `,"scripts":["log(variables.get('p'), response.body)"]`)}},
	}.do(t)
	if end.Outcome != event.Passed {
		t.Errorf("%s\n%s", end.Outcome, out.encoded(t))
	}
	for _, canary := range []string{"outer-canary", "inner-canary", "literal-canary"} {
		if strings.Contains(out.encoded(t), canary) {
			t.Errorf("%s shows\n%s", canary, out.encoded(t))
		}
	}
}

func TestShortSecretsDoNotShowInTheResultOfASubtest(t *testing.T) {
	t.Parallel()
	out, end, _ := run{
		options: Options{Secrets: []string{"pin"}}, vars: map[string]string{"pin": "Q7~"},
		steps: subtestStep("s", `"params":[{"name":"code","value":"{{pin}}"}],`+looks),
		subtests: map[string]run{"s": {steps: steps(subtestStep("t", `"params":[{"name":"deep","value":"{{code}}"}],`+looks))},
			"t": {steps: `{"step_type":"request","method":"POST","url":"SERVER/{{deep}}?q={{deep}}","body":"{{deep}}"}`}},
	}.do(t)
	if end.Outcome != event.Passed || strings.Contains(out.encoded(t), "Q7~") || !strings.Contains(out.encoded(t), "[deep]") {
		t.Errorf("%s\n%s", end.Outcome, out.encoded(t))
	}
}

// A script that nothing stops ends the run in order, from inside a subtest too.
func TestAnUnstoppableScriptEndsTheRun(t *testing.T) {
	t.Parallel()
	out := &recording{}
	r := run{steps: steps(subtestStep("s", looks), get(good)), subtests: map[string]run{"s": {steps: steps(get(good), get(good))}}}
	p := r.plan(t, "http://127.0.0.1:1")
	x := Begin([]*Plan{p, p}, Machinery{Sender: countingSender(new(int)), Engine: engine, Clock: newClock()}, out)
	test := x.Test(t.Context(), 0)
	a := test.Prepare(t.Context(), test.Next(t.Context()))
	child := test.child(t.Context(), a.Step, nil)
	inside := child.Prepare(t.Context(), child.Next(t.Context()))
	inside.Send(t.Context())
	inside.looked = true
	script := &script{}
	stuck := scriptRun{script: script, role: jsengine.PostResponse, row: 1, result: jsengine.Result{Failure: &jsengine.Failure{Kind: jsengine.Unstoppable, Message: "stuck"}}}
	inside.after = []scriptRun{stuck}
	inside.count(t.Context(), stuck)
	child.unstoppable()
	if got := inside.Finish(); got != event.Errored {
		t.Errorf("the step with the script: %s", got)
	}
	for s := child.Next(t.Context()); s != nil; s = child.Next(t.Context()) {
		child.Do(t.Context(), s)
	}
	a.finishSubtest(t.Context(), child)
	a.requests++
	a.Check(t.Context())
	a.Finish()
	for s := test.Next(t.Context()); s != nil; s = test.Next(t.Context()) {
		test.Do(t.Context(), s)
	}
	test.End()
	second := x.Test(t.Context(), 1)
	for s := second.Next(t.Context()); s != nil; s = second.Next(t.Context()) {
		second.Do(t.Context(), s)
	}
	second.End()
	end, err := x.End(t.Context())
	if err != nil || end.Outcome != event.Errored || out.outcomes() != "errored not-run errored not-run not-run not-run" {
		t.Errorf("%s, %s %v\n%s", out.outcomes(), end.Outcome, err, out.encoded(t))
	}
	wellFormed(t, out)
}

// Beside a script that goes on for ever no other is run, and what it would have said is not taken for granted.
func TestNoScriptRunsBesideAnUnstoppableOne(t *testing.T) {
	t.Parallel()
	out := &recording{}
	p := run{steps: get(`"scripts":["log(1)","log(2)"],` + good)}.plan(t, "http://127.0.0.1:1")
	x := Begin([]*Plan{p}, Machinery{Sender: countingSender(new(int)), Engine: engine, Clock: newClock()}, out)
	test := x.Test(t.Context(), 0)
	a := test.Prepare(t.Context(), test.Next(t.Context()))
	a.Send(t.Context())
	test.unstoppable()
	a.Check(t.Context())
	if got := a.Finish(); got != event.Errored {
		t.Errorf("the step: %s", got)
	}
	for _, s := range all[event.Scripted](out, 1) {
		if s.Outcome != event.NotRun {
			t.Errorf("%+v", s)
		}
	}
}

func TestAnErrorOfTheFinderIsTold(t *testing.T) {
	t.Parallel()
	r := run{steps: subtestStep("me", "")}
	find := func(*Plan, *bucket.Subtest) (*bucket.Test, Options, error) {
		return nil, Options{}, errors.New("no map")
	}
	out := &recording{}
	p := NewPlan(r.test(t, "", "me"), Options{Subtest: find})
	sender := senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) {
		return nil, errors.New("not reached")
	})
	end, err := Run(t.Context(), []*Plan{p}, Machinery{Sender: sender, Engine: engine, Clock: newClock()}, out)
	if err != nil || end.Outcome != event.Failed || !strings.Contains(out.encoded(t), "no map") || end.Duration != time.Duration(0) {
		t.Errorf("%+v\n%s", end, out.encoded(t))
	}
}
