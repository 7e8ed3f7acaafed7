package runner

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/transport"
)

func TestAnUndefinedVariableKeepsTheRequestFromBeingSent(t *testing.T) {
	t.Parallel()
	const rows = `,"variables":[{"source":"response_json","property":"a","name":"n"}],"scripts":["log('no')"],"before_scripts":["log('no')"],
 "assertions":[{"source":"response_status","comparison":"equal","value":200},{"source":"response_json","property":"zz","comparison":"is_null","value":null}]`
	for _, row := range []struct{ field, step string }{
		{"method", `{"step_type":"request","method":"{{nope}}","url":"SERVER/x"` + rows + `}`},
		{"url", `{"step_type":"request","method":"GET","url":"SERVER/{{nope}}"` + rows + `}`},
		{"headers", get(`"headers":{"A":["{{nope}}"],"B":["{{nope}}"]}` + rows)},
		{"headers", get(`"headers":{"{{nope}}":["x"]}` + rows)},
		{"form", get(`"form":{"a":["{{nope}}"]}` + rows)},
		{"form", get(`"form":{"{{nope}}":["x"]}` + rows)},
		{"body", get(`"body":"{{nope}} {{nope}}"` + rows)},
		{"auth", get(`"auth":{"auth_type":"basic","username":"{{nope}}"}` + rows)},
	} {
		t.Run(row.field, func(t *testing.T) {
			t.Parallel()
			r, end, seen := run{steps: steps(row.step, get(""))}.do(t)
			if seen.count() != 1 || r.outcomes() != "failed passed" || end.Outcome != event.Failed {
				t.Fatalf("%d requests, %s\n%s", seen.count(), r.outcomes(), r.encoded(t))
			}
			var messages []string
			for _, p := range all[event.Problem](r, 1) {
				messages = append(messages, p.Message)
			}
			want := "Request failed to set '" + row.field + "' — Variable 'nope' was not defined|Unable to execute empty request"
			if got := strings.Join(messages, "|"); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			finished := one[event.StepFinished](t, finishedOf(r, 1), 1)
			if c := finished.Counts; c.Assertions != 2 || c.AssertionsFailed != 2 || c.Requests != 0 || c.Scripts != 0 || c.VariablesFailed != 1 {
				t.Errorf("counts %+v", c)
			}
			for _, a := range all[event.Asserted](r, 1) {
				if a.Outcome != event.NotRun {
					t.Errorf("assertion %+v", a)
				}
			}
			if s := all[event.Scripted](r, 1); len(s) != 2 || s[0].Outcome != event.NotRun || s[1].Outcome != event.NotRun {
				t.Errorf("scripts %+v", s)
			}
			if x := all[event.Exchanged](r, 1); len(x) != 0 {
				t.Errorf("something was sent: %+v", x)
			}
		})
	}
}

// finishedOf keeps only the events of a step.
func finishedOf(r *recording, step int) *recording {
	out := &recording{}
	for _, e := range r.events {
		if e.Step == step {
			out.events = append(out.events, e)
		}
	}
	return out
}

func TestSeveralUndefinedVariablesAreAllNamed(t *testing.T) {
	t.Parallel()
	r, _, _ := run{
		vars:  map[string]string{"half": "{{other}}"},
		steps: get(`"headers":{"A":["{{one}}"]},"body":"{{two}} {{half}} {{random_int(x)}} {{foo(1)}}"`)}.do(t)
	text := r.encoded(t)
	for _, want := range []string{
		"'headers' — Variable 'one' was not defined", "'body' — Variable 'two' was not defined", "'body' — Variable 'foo(1)' was not defined",
		"Variable 'half' was not defined (its initial value needs 'other', which was not defined)", "'body' — random_int: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not told: %s\n%s", want, text)
		}
	}
}

// Whatever cannot be evaluated fails its row, and never passes or vanishes.
func TestRowsThatCannotBeEvaluatedFail(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, step, want string }{
		{"unknown source", `"assertions":[{"source":"response_jsn","property":"a","comparison":"equal","value":"1"}]`, `did you mean`},
		{"no source", `"assertions":[{"property":"a","comparison":"equal","value":"1"}]`, `the row has no source`},
		{"unknown comparison", `"assertions":[{"source":"response_json","property":"a","comparison":"equalish","value":"1"}]`, `\"equalish\" is not known`},
		{"no comparison", `"assertions":[{"source":"response_json","property":"a","value":"1"}]`, `the row has no comparison`},
		{"undefined target", `"assertions":[{"source":"response_json","property":"a","comparison":"not_equal","value":"{{nope}}"}]`, `Variable 'nope' was not defined`},
		{"undefined property", `"assertions":[{"source":"response_json","property":"{{nope}}","comparison":"not_empty","value":null}]`, `Variable 'nope' was not defined`},
		{"function", `"assertions":[{"source":"response_json","property":"a","comparison":"not_equal","value":"{{random_int(z)}}"}]`, `random_int: bad argument`},
		{"not JSON", `"assertions":[{"source":"response_xml","property":"//a","comparison":"does_not_contain","value":"q"}]`, `not XML`},
		{"extraction leads nowhere", `"variables":[{"source":"response_json","property":"b.c","name":"n"}]`, `Unable to locate b property in path 'b.c' in JSON.`},
		{"extraction of an unknown source", `"variables":[{"source":"response_regex","property":"b","name":"n"}]`, `response_regex`},
		{"extraction of an undefined property", `"variables":[{"source":"response_json","property":"{{nope}}","name":"n"}]`, `Variable 'nope' was not defined`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, end, seen := run{steps: steps(get(row.step), get(""))}.do(t)
			if end.Outcome != event.Failed || r.outcomes() != "failed passed" || seen.count() != 2 {
				t.Fatalf("%s %s\n%s", end.Outcome, r.outcomes(), r.encoded(t))
			}
			if !strings.Contains(r.encoded(t), row.want) {
				t.Errorf("not told: %s\n%s", row.want, r.encoded(t))
			}
			c := end.Counts
			if c.AssertionsFailed+c.VariablesFailed != 1 || c.Assertions+c.Variables != 1 {
				t.Errorf("counts %+v", c)
			}
		})
	}
}

func TestAPropertyAndATargetAreTemplates(t *testing.T) {
	t.Parallel()
	_, end, _ := run{vars: map[string]string{"p": "a", "s": "200"}, steps: get(`"note":"about {{nobody}}",
 "variables":[{"source":"response_json","property":"{{p}}","name":"n"}],
 "assertions":[{"source":"response_json","property":"{{p}}","comparison":"equal","value":"{{n}}"},{"source":"response_status","comparison":"equal","value":"{{s}}"},
  {"source":"response_status","comparison":"not_empty","value":"{{nobody}}"}]`)}.do(t)
	if end.Outcome != event.Passed {
		t.Errorf("%+v", end)
	}
}

func TestStepsThatCannotBeExecutedFailByName(t *testing.T) {
	t.Parallel()
	rows := `"assertions":[{"source":"response_json","property":"result","comparison":"equal","value":"pass"}],"variables":[{"source":"response_json","property":"a","name":"n"}],"scripts":["log(1)"]`
	for _, row := range []struct {
		name, step, want string
		assertions       int
	}{
		{"subtest that nobody finds", `{"step_type":"subtest","test_uuid":"u",` + rows + `}`, "the test u is not known", 1},
		{"inbound without a listener", `{"step_type":"inbound","token":"u",` + rows + `}`, "there is nothing that could take a request from outside", 1},
		{"6.7 ghost-inspector", `{"step_type":"ghost-inspector",` + rows + `}`, "a Ghost Inspector step is not executable here", 1},
		{"unknown", `{"step_type":"dance"}`, `steps of the kind \"dance\" are not known`, 0},
		{"multipart", get(`"multipart_form":[{"name":"a","colour":"red"}],` + rows), `\"colour\" of a part`, 1},
		{"binary", get(`"binary_body":[{"value":"a"},{"value":"b"}],` + rows), "a binary body of 2 parts is not supported", 1},
		{"graphql", get(`"graphql_body":{"variables":"{\"a\":1}"},` + rows), "a GraphQL body without a query is not supported", 1},
		{"auth of an unknown kind", get(`"auth":{"auth_type":"kerberos","x":"y"},` + rows), `authentication of the kind \"kerberos\" is not known`, 1},
		{"snippet", get(`"assertions":[],"scripts":[{"snippet":"s"}]`), "a script that is not text", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, end, seen := run{steps: steps(row.step, get(""))}.do(t)
			if end.Outcome != event.Failed || r.outcomes() != "failed passed" || seen.count() != 1 {
				t.Fatalf("%s %s\n%s", end.Outcome, r.outcomes(), r.encoded(t))
			}
			if !strings.Contains(r.encoded(t), row.want) {
				t.Errorf("not told: %s\n%s", row.want, r.encoded(t))
			}
			if end.Counts.Assertions != row.assertions || end.Counts.AssertionsFailed != row.assertions || len(all[event.Asserted](r, 1)) != row.assertions {
				t.Errorf("counts %+v", end.Counts)
			}
		})
	}
}

func TestEveryUnsupportedPartIsNamed(t *testing.T) {
	t.Parallel()
	r, _, _ := run{steps: get(`"multipart_form":[{"value":"a"}],"graphql_body":5,"scripts":[5]`)}.do(t)
	if p := all[event.Problem](r, 1); len(p) != 3 || p[0].Where == p[1].Where {
		t.Errorf("%+v", p)
	}
}

func TestANetworkErrorIsAResultAndTheRunGoesOn(t *testing.T) {
	t.Parallel()
	r, end, seen := run{steps: steps(
		`{"step_type":"request","method":"GET","url":"http://127.0.0.1:1/x","scripts":["log('no')"],"assertions":[{"source":"response_status","comparison":"not_equal","value":"200"}]}`,
		get(""), `{"step_type":"request","method":"GET","url":"no url"}`)}.do(t)
	if r.outcomes() != "errored passed errored" || end.Outcome != event.Errored || seen.count() != 1 {
		t.Errorf("%s\n%s", r.outcomes(), r.encoded(t))
	}
	x := one[event.Exchanged](t, r, 1)
	if x.Failure == nil || x.Failure.Failure != "connect" || x.Response != nil {
		t.Errorf("%+v", x)
	}
	if c := end.Counts; c.AssertionsFailed != 1 || c.Requests != 3 || c.Scripts != 0 {
		t.Errorf("%+v", c)
	}
	if h := all[event.StepFinished](r, 1)[0].Hints; len(h) == 0 || !strings.Contains(h[0], "nothing listens at 127.0.0.1:1") {
		t.Errorf("hints %q", h)
	}
}

func TestTheHintFitsTheFaultOfTLS(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		cause error
		want  string // "" for no hint
	}{
		{tls.RecordHeaderError{Msg: "no"}, "write http:// instead of https://"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "--cacert"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}, "is not for 127.0.0.1:1"},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, "has to be renewed"},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}}, ""},
		{tls.AlertError(40), ""},
	} {
		fail := senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) {
			return nil, &transport.Error{Kind: transport.KindTLS, Host: "127.0.0.1:1", Message: "TLS", Err: row.cause}
		})
		r, _, _ := run{steps: `{"step_type":"request","method":"GET","url":"https://127.0.0.1:1/x"}`, sender: fail}.do(t)
		h := all[event.StepFinished](r, 1)[0].Hints
		if row.want == "" && len(h) > 0 || row.want != "" && (len(h) != 1 || !strings.Contains(h[0], row.want)) {
			t.Errorf("%T: hints %q, want %q", row.cause, h, row.want)
		}
	}
}

type senderFunc func(context.Context, *exchange.Request) (*exchange.Response, error)

func (f senderFunc) Send(ctx context.Context, r *exchange.Request) (*exchange.Response, error) {
	return f(ctx, r)
}

func TestASenderThatSaysNothingOrPanicsIsAnError(t *testing.T) {
	t.Parallel()
	step := steps(get(`"assertions":[{"source":"response_status","comparison":"not_equal","value":"1"}]`), get(""))
	r, end, _ := run{steps: step, sender: senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) { return nil, nil })}.do(t)
	if end.Outcome != event.Errored || r.outcomes() != "errored errored" {
		t.Errorf("nothing: %s", r.encoded(t))
	}
	r, end, _ = run{steps: step, sender: senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) { panic("oh") })}.do(t)
	if end.Outcome != event.Errored || r.outcomes() != "errored not-run" || !strings.Contains(r.encoded(t), "internal error: oh (in ") {
		t.Errorf("panic: %s", r.encoded(t))
	}
	if end.Counts.AssertionsFailed != 1 {
		t.Errorf("%+v", end.Counts)
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	r, end, seen := run{steps: steps(
		get(`"scripts":["var x = ;","assert.equal(1, 1, 'runs all the same')"]`),
		get(`"before_scripts":["throw new Error('no signature')"],"assertions":[{"source":"response_status","comparison":"equal","value":200}]`),
		get(`"before_scripts":["(", "log(1)"]`),
		get(`"scripts":["assert(false, 'wrong')", "log('still runs')"],"assertions":[{"source":"response_json","property":"a","comparison":"equal","value":"1"}]`),
		get(`"scripts":["console.log('x'); require('fs')"]`),
		get(`"scripts":["log(typeof before, this.before)"]`),
	)}.do(t)
	if r.outcomes() != "failed failed failed failed failed passed" || end.Outcome != event.Failed || seen.count() != 4 {
		t.Errorf("%s, %d requests\n%s", r.outcomes(), seen.count(), r.encoded(t))
	}
	if s := all[event.Scripted](r, 1); s[0].Outcome != event.Failed || s[0].Failure.Failure != "syntax" || s[1].Outcome != event.Passed {
		t.Errorf("%+v", s)
	}
	if s := all[event.Scripted](r, 3); len(s) != 2 || s[1].Outcome != event.NotRun {
		t.Errorf("%+v", s)
	}
	if a := one[event.Asserted](t, r, 4); a.Outcome != event.Passed {
		t.Errorf("%+v", a)
	}
	if s := one[event.Scripted](t, r, 5); !strings.Contains(s.Failure.Hint, "module loader") {
		t.Errorf("%+v", s)
	}
	if n := one[event.Notice](t, r, 5); !strings.Contains(n.Message, "console is not part") {
		t.Errorf("%+v", n)
	}
	if n := all[event.Notice](r, 0); len(n) != 2 {
		t.Errorf("syntax errors told before the first request: %+v", n)
	}
	if c := end.Counts; c.ScriptsFailed != 5 || c.Scripts != 8 {
		t.Errorf("%+v", c)
	}
}

func TestAnInitialScriptThatFailsStopsTheTest(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]event.Outcome{
		"throw new Error('x')": event.Failed, "var = 1": event.Failed, "get_secret('none')": event.Failed,
		"assert(false, 'does not count')": event.Passed, "variables.set('x', 1)": event.Passed,
	} {
		r, end, seen := run{steps: steps(get(`"assertions":[{"source":"response_status","comparison":"equal","value":200}]`), pause), script: script}.do(t)
		if end.Outcome != want || (seen.count() == 0) != (want == event.Failed) {
			t.Errorf("%s: %s, %d requests\n%s", script, end.Outcome, seen.count(), r.encoded(t))
		}
		if want == event.Failed && (r.outcomes() != "not-run not-run" || end.Counts.Assertions != 1) {
			t.Errorf("%s: %s %+v", script, r.outcomes(), end.Counts)
		}
		if s := one[event.Scripted](t, r, 0); s.Outcome != want {
			t.Errorf("%s: %+v", script, s)
		}
	}
}

func TestValuesThatReferToThemselvesStopTheTest(t *testing.T) {
	t.Parallel()
	r, end, seen := run{steps: get(""), vars: map[string]string{"a": "{{b}}", "b": "{{a}}"}}.do(t)
	if end.Outcome != event.Failed || seen.count() != 0 || !strings.Contains(all[event.TestFinished](r, 0)[0].Reason, "in a circle") {
		t.Errorf("%s", r.encoded(t))
	}
}

func TestAnInitialScriptHasTheLastWordOnAFlagAndSaysSo(t *testing.T) {
	t.Parallel()
	r, end, _ := run{steps: get(`"assertions":[{"source":"response_json","property":"a","comparison":"equal","value":"{{v}}"}]`),
		vars: map[string]string{"v": "2"}, script: "variables.set('v', 1)"}.do(t)
	if n := one[event.Notice](t, r, 0); n.Code != "value-overwritten" || end.Outcome != event.Passed {
		t.Errorf("%+v %s", n, end.Outcome)
	}
}

func TestTheSinksErrorEndsTheRun(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	for _, after := range []int{0, 1, 3, 6} {
		n := 0
		sink := event.SinkFunc(func(event.Event) error {
			if n++; n > after {
				return full
			}
			return nil
		})
		m := Machinery{Sender: countingSender(new(int)), Engine: engine, Clock: newClock()}
		p := run{steps: steps(get(""), get(""), pause)}.plan(t, "http://127.0.0.1:1")
		_, err := Run(t.Context(), []*Plan{p, p}, m, sink)
		if !errors.Is(err, full) {
			t.Errorf("after %d events: %v", after, err)
		}
		if n > after+1 {
			t.Errorf("after %d events %d were tried", after, n)
		}
	}
}

func TestNothingIsSentAfterTheSinkHasFailed(t *testing.T) {
	t.Parallel()
	for name, sink := range map[string]event.SinkFunc{
		"error": func(event.Event) error { return errors.New("full") },
		"panic": func(event.Event) error { panic("oh") },
	} {
		sent := 0
		p := run{steps: steps(get(""), get("")), script: "variables.set('x', 1)"}.plan(t, "http://127.0.0.1:1")
		_, err := Run(t.Context(), []*Plan{p, p}, Machinery{Sender: countingSender(&sent), Engine: engine, Clock: newClock()}, sink)
		if err == nil || sent != 0 {
			t.Errorf("%s: %v, %d requests", name, err, sent)
		}
	}
}

func countingSender(n *int) senderFunc {
	return func(context.Context, *exchange.Request) (*exchange.Response, error) {
		*n++
		return &exchange.Response{Proto: "HTTP/1.1", Status: 200, Reason: "OK", Body: []byte(`{"a":1}`)}, nil
	}
}

func TestAStepThatIsNotTakenToItsEndHasNotPassed(t *testing.T) {
	t.Parallel()
	out := &recording{}
	p := run{steps: steps(get(`"assertions":[{"source":"response_status","comparison":"equal","value":200}]`), get(""), get(""))}.plan(t, "http://127.0.0.1:1")
	x := Begin([]*Plan{p}, Machinery{Sender: countingSender(new(int)), Engine: engine, Clock: newClock()}, out)
	test := x.Test(t.Context(), 0)
	a := test.Prepare(t.Context(), test.Steps()[0])
	a.Send(t.Context())
	if got := a.Finish(); got != event.NotRun {
		t.Errorf("not checked: %s", got)
	}
	a = test.Prepare(t.Context(), test.Steps()[1])
	a.Check(t.Context())
	if got := a.Finish(); got != event.NotRun {
		t.Errorf("not sent: %s", got)
	}
	a = test.Prepare(t.Context(), test.Steps()[2])
	a.Send(t.Context())
	a.Check(t.Context())
	if got := a.Finish(); got != event.Passed {
		t.Errorf("all stages: %s", got)
	}
	if got := test.End(); got.Outcome != event.Failed {
		t.Errorf("%+v", got)
	}
	if _, err := x.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, out)
}

func TestAnAnswerThatNeverComesIsATimeout(t *testing.T) {
	t.Parallel()
	client, err := transport.New(transport.Options{Timeout: 30 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	r, end, _ := run{steps: steps(get(""), get("")), sender: client, handler: func(w http.ResponseWriter, q *http.Request) {
		fmt.Fprint(w, "begins")
		w.(http.Flusher).Flush()
		<-q.Context().Done()
	}}.do(t)
	if r.outcomes() != "errored errored" || end.Outcome != event.Errored || !strings.Contains(r.encoded(t), `"transport-timeout"`) {
		t.Errorf("%s", r.encoded(t))
	}
}

func TestHowToDefine(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"host":     "give it with --var host=VALUE, in an environment file (-e), or by the initial script (--initial-script)",
		"my host":  "give it with --var 'my host=VALUE', in an environment file (-e), or by the initial script (--initial-script)",
		"md5":      "md5 is a function and needs an argument, as in {{md5(…)}}",
		"sha(1)":   "there is no function of that name; did you mean sha1?",
		"dance(1)": "there is no function of that name here",
	} {
		if got := howToDefine(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
