package runner

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/transport"
)

func openInbox(t *testing.T) *transport.Inbox {
	t.Helper()
	inbox, err := transport.Listen(transport.InboxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inbox.Close() })
	return inbox
}

// hook is a step that waits, with more keys.
func hook(token, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"step_type":"inbound","token":"` + token + `"` + more + `}`
}

// call sends a request from outside.
func call(t *testing.T, address, body string) {
	r, err := http.NewRequest("POST", address, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	r.Header.Set("X-Kind", "order")
	r.Header.Set("Authorization", "Bearer inbound-canary")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	answer.Body.Close()
}

func TestInbound(t *testing.T) {
	t.Parallel()
	rows := `"variables":[{"source":"response_json","property":"id","name":"id"},{"source":"response_headers","property":"X-Kind","name":"kind"}],` +
		asserts(row("response_json", "id", "equal", "7"), row("response_headers", "x-kind", "equal", "order"), row("response_text", "", "contains", "id"), row("response_size", "", "equal_number", "8")) +
		`,"scripts":["assert.equal(JSON.parse(response.body).id, 7); assert.equal(request.method, 'POST')"]`
	register := `{"step_type":"request","method":"POST","url":"SERVER/register","body":"{\"callback\":\"{{incoming_url(tok)}}\"}"}`
	for _, when := range []string{"before the wait", "during the wait"} {
		t.Run("6.6 "+when, func(t *testing.T) {
			t.Parallel()
			var used string
			r, end, _ := run{inbox: openInbox(t), steps: steps(register, hook("tok", rows), `{"step_type":"request","method":"GET","url":"SERVER/{{kind}}/{{id}}"}`),
				handler: func(_ http.ResponseWriter, q *http.Request) {
					body := q.Header.Get("X-Test-Body")
					if q.URL.Path != "/register" {
						used = q.URL.Path
						return
					}
					address := strings.Split(body, `"`)[3]
					if when == "before the wait" {
						call(t, address+"/below?x=1", `{"id":7}`)
						return
					}
					time.AfterFunc(80*time.Millisecond, func() { call(t, address, `{"id":7}`) })
				}}.do(t)
			if end.Outcome != event.Passed || used != "/order/7" {
				t.Fatalf("%s, %s\n%s", end.Outcome, used, r.encoded(t))
			}
			x := one[event.Exchanged](t, r, 2)
			if x.Request.Method != "POST" || x.Request.Body.Text != `{"id":7}` || x.Response != nil || x.Failure != nil {
				t.Errorf("%+v", x)
			}
			if n := one[event.Notice](t, r, 2); n.Code != "inbound" || !strings.Contains(n.Message, "/tok") {
				t.Errorf("%+v", n)
			}
			if strings.Contains(r.encoded(t), "inbound-canary") {
				t.Errorf("the credentials of the caller show\n%s", r.encoded(t))
			}
		})
	}
}

func TestInboundThatFails(t *testing.T) {
	t.Parallel()
	soon := Options{InboundWait: 40 * time.Millisecond}
	for _, r := range []struct {
		name, step, told string
	}{
		{"6.6 nobody comes", hook("tok", asserts(row("response_json", "id", "equal", "7"))+`,"scripts":["log(1)"]`), "no request came to http://127.0.0.1:"},
		{"6.6 a pre-request script fails", hook("tok", `"before_scripts":["throw new Error('no')"],`+asserts(row("response_json", "id", "equal", "7"))), "a pre-request script failed"},
		{"6.6 an unknown token", strings.Replace(get(asserts(row("response_json", "a", "equal", "1"))), "/x", "/{{incoming_url(other)}}", 1), "incoming_url"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			out, end, _ := run{inbox: openInbox(t), options: soon, steps: steps(r.step, get(good), skippedStep(hook("tok", "")))}.do(t)
			if end.Outcome != event.Failed || out.outcomes() != "failed passed skipped" || !strings.Contains(out.encoded(t), r.told) || end.Counts.AssertionsFailed != 1 {
				t.Errorf("%s, not told: %s\n%s", out.outcomes(), r.told, out.encoded(t))
			}
			if len(all[event.Exchanged](out, 1)) != 0 || end.Counts.Requests != 1 {
				t.Errorf("something is shown that never came\n%s", out.encoded(t))
			}
		})
	}
}

func TestWhatARequestFromOutsideLacks(t *testing.T) {
	t.Parallel()
	inbox := openInbox(t)
	r, end, _ := run{inbox: inbox, steps: steps(
		`{"step_type":"request","method":"POST","url":"SERVER/","body":"{{incoming_url(tok)}}"}`,
		hook("tok", asserts(row("response_status", "", "not_equal", "7"), row("response_time", "", "is_less_than", "7000"), row("response_headers", "X-None", "equal", "")))),
		handler: func(_ http.ResponseWriter, q *http.Request) { call(t, q.Header.Get("X-Test-Body"), "no JSON") }}.do(t)
	text := r.encoded(t)
	if end.Outcome != event.Failed || end.Counts.AssertionsFailed != 3 || !strings.Contains(text, "a request from outside has no status") || !strings.Contains(text, "a request from outside has no response time") {
		t.Errorf("%s", text)
	}
}

func TestAnInterruptionWhileWaitingForARequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(Interrupted{Signal: "SIGINT"}) })
	r, end, _ := run{ctx: ctx, inbox: openInbox(t), steps: steps(hook("tok", looks), get(""))}.do(t)
	if r.outcomes() != "errored not-run" || end.Outcome != event.Errored || end.Interrupted != "SIGINT" {
		t.Errorf("%s\n%s", r.outcomes(), r.encoded(t))
	}
}

// What came before a test began is no answer to it.
func TestARequestFromBeforeTheTestIsNoAnswer(t *testing.T) {
	t.Parallel()
	inbox := openInbox(t)
	call(t, inbox.URL("tok"), `{"id":7}`)
	r, end, _ := run{inbox: inbox, options: Options{InboundWait: 30 * time.Millisecond}, steps: hook("tok", asserts(row("response_json", "id", "equal", "7")))}.do(t)
	if end.Outcome != event.Failed || !strings.Contains(r.encoded(t), "1 requests from outside came before this test began") {
		t.Errorf("%s\n%s", end.Outcome, r.encoded(t))
	}
}

// A subtest may hand out the address at which its caller waits.
func TestASubtestCallsItsCallerBack(t *testing.T) {
	t.Parallel()
	r, end, _ := run{inbox: openInbox(t), steps: steps(subtestStep("s", ""), hook("tok", asserts(row("response_json", "id", "equal", "7")))),
		subtests: map[string]run{"s": {steps: `{"step_type":"request","method":"POST","url":"SERVER/","body":"{{incoming_url(tok)}}"}`}},
		handler:  func(_ http.ResponseWriter, q *http.Request) { call(t, q.Header.Get("X-Test-Body"), `{"id":7}`) }}.do(t)
	if end.Outcome != event.Passed {
		t.Errorf("%s", r.encoded(t))
	}
}

func TestAnInboxThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	inbox := openInbox(t)
	inbox.Close()
	r, end, _ := run{inbox: inbox, steps: hook("tok", looks)}.do(t)
	if end.Outcome != event.Errored || !strings.Contains(r.encoded(t), "the inbox is closed") {
		t.Errorf("%s\n%s", end.Outcome, r.encoded(t))
	}
}

// emptyInbox says that a request came and gives none away.
type emptyInbox struct{}

func (emptyInbox) URL(token string) string { return "http://127.0.0.1:1/" + token }

func (emptyInbox) Wait(ctx context.Context, _ string) (*exchange.Request, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("waited: %w", context.DeadlineExceeded)
}

func (emptyInbox) Refused(string) <-chan string { return nil }

// A request that is too large is refused, and somebody is told at once and at the end.
func TestARefusedRequestIsTold(t *testing.T) {
	t.Parallel()
	inbox, err := transport.Listen(transport.InboxOptions{MaxBody: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inbox.Close() })
	register := `{"step_type":"request","method":"POST","url":"SERVER/","body":"{{incoming_url(tok)}}"}`
	for _, row := range []struct {
		name     string
		comes    bool
		outcomes string
	}{{"nothing else comes", false, "passed failed"}, {"another one comes", true, "passed passed"}} {
		r, _, _ := run{inbox: inbox, options: Options{InboundWait: 200 * time.Millisecond}, steps: steps(register, hook("tok", "")),
			handler: func(_ http.ResponseWriter, q *http.Request) {
				call(t, q.Header.Get("X-Test-Body"), strings.Repeat("x", 1<<20+1))
				if row.comes {
					call(t, q.Header.Get("X-Test-Body"), "y")
				}
			}}.do(t)
		told := all[event.Notice](r, 2)
		if len(told) != 2 || told[1].Code != "inbound-refused" || !strings.Contains(told[1].Message, "its body exceeds the limit of 1 MiB") || r.outcomes() != row.outcomes {
			t.Errorf("%s: %s\n%s", row.name, r.outcomes(), r.encoded(t))
		}
		for _, p := range all[event.Problem](r, 2) {
			if !strings.Contains(p.Message, "refused: POST, answered with 413: its body exceeds") {
				t.Errorf("%s", p.Message)
			}
		}
	}
}

func TestNeedsInbox(t *testing.T) {
	t.Parallel()
	for want, r := range map[bool]run{
		true:  {steps: subtestStep("s", ""), subtests: map[string]run{"s": {steps: compares(condition, "1", "equal", "1", hook("tok", ""))}}},
		false: {steps: get("")},
	} {
		if got := r.plan(t, "").NeedsInbox(); got != want {
			t.Errorf("got %v", got)
		}
	}
	if r, end, _ := (run{inbox: emptyInbox{}, steps: hook("", looks)}).do(t); end.Outcome != event.Failed || !strings.Contains(r.encoded(t), "/step-1") {
		t.Errorf("%s\n%s", end.Outcome, r.encoded(t))
	}
}
