package debugger

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/runner"
)

func TestFlow(t *testing.T) {
	t.Parallel()
	condition := `{"step_type":"condition","left_value":"1","comparison":"equal","right_value":"1","steps":[` + steps(good, good) + `]}`
	loop := `{"step_type":"conditional-loop","left_value":"{{n}}","comparison":"equal","right_value":"2","steps":[` +
		get("/in", `"scripts":["variables.set('n', String(Number(variables.get('n') || 0) + 1))"]`) + `]}`
	skipped := `{"step_type":"request","skipped":true,"method":"GET","url":"SERVER/skipped"}`
	for name, c := range map[string]struct {
		play
		want    string
		sent    []string
		outcome event.Outcome
	}{
		"next runs one step, an empty line too": {
			play: play{steps: steps(good, good, good), lines: []string{"next", "", "n"}},
			want: `-> [1/3] GET SERVER/good  (test.json:2)
(1/3) next
#1 passed
-> [2/3] GET SERVER/good  (test.json:3)
(2/3)
#2 passed
-> [3/3] GET SERVER/good  (test.json:4)
(3/3) n
#3 passed
all steps are behind: goto STEP goes back, quit ends
(end) quit  (end of the input)
`,
			sent: []string{"GET /good", "GET /good", "GET /good"},
		},
		"quit leaves steps that were not run": {
			play: play{steps: steps(good, pause, good), lines: []string{"next", "quit"}},
			want: `-> [1/3] GET SERVER/good  (test.json:2)
(1/3) next
#1 passed
-> [2/3] pause 1s  (test.json:3)
(2/3) quit
#2 not-run quit at the prompt
#3 not-run quit at the prompt
`,
			sent: []string{"GET /good"},
		},
		"a failed step stays at hand": {
			play: play{steps: steps(bad, good), lines: []string{"next", "request", "next"}},
			want: `-> [1/2] GET SERVER/bad  (test.json:2)
(1/2) next
#1 failed
(1/2 failed) request
GET SERVER/bad
(1/2 failed) next
#2 passed
all steps are behind: goto STEP goes back, quit ends
(end) quit  (end of the input)
`,
			sent: []string{"GET /bad", "GET /good"}, outcome: event.Failed,
		},
		"continue stops at breakpoints and failures": {
			play: play{steps: steps(good, good, bad, good), lines: []string{"break", "break 2", "break failure", "b", "c", "c", "b delete failure", "b delete 2", "b delete 2", "b", "c"}},
			want: `-> [1/4] GET SERVER/good  (test.json:2)
(1/4) break
there are no breakpoints
(1/4) break 2
continue stops before [2/4] GET SERVER/good  (test.json:3)
(1/4) break failure
continue stops at a step that failed
(1/4) b
failure
2  GET SERVER/good  (test.json:3)
(1/4) c
#1 passed
breakpoint: step 2
-> [2/4] GET SERVER/good  (test.json:3)
(2/4) c
#2 passed
#3 failed
(3/4 failed) b delete failure
(3/4 failed) b delete 2
(3/4 failed) b delete 2
break: there is no breakpoint at step 2
(3/4 failed) b
there are no breakpoints
(3/4 failed) c
#4 passed
all steps are behind: goto STEP goes back, quit ends
(end) quit  (end of the input)
`,
			sent: []string{"GET /good", "GET /good", "GET /bad", "GET /good"}, outcome: event.Failed,
		},
		"skip passes over a step, and over all inside a condition": {
			play: play{steps: steps(condition, good), lines: []string{"skip", "request", "skip"}},
			want: `-> [1/4] condition 1 equal 1  (test.json:2)
(1/4) skip
#1 skipped skipped at the prompt
#2 skipped skipped at the prompt
#3 skipped skipped at the prompt
-> [4/4] GET SERVER/good  (test.json:4)
(4/4) request
GET SERVER/good
(4/4 prepared) skip
#4 skipped skipped at the prompt
all steps are behind: goto STEP goes back, quit ends
(end) quit  (end of the input)
`,
		},
		"goto goes forward and back, and not into a condition": {
			play: play{steps: steps(good, condition, good), lines: []string{"goto 3", "goto", "goto 9", "goto 5", "n", "goto 2", "n", "n", "goto 3", "n", "n", "n"}},
			want: `-> [1/5] GET SERVER/good  (test.json:2)
(1/5) goto 3
goto: step 3 stands inside step 2, which is not being run; go to step 2 instead
(1/5) goto
goto: needs a STEP: a number, file.json:LINE, or text in a note
(1/5) goto 9
goto: no step 9
(1/5) goto 5
#1 skipped goto 5
#2 skipped goto 5
#3 skipped goto 5
#4 skipped goto 5
-> [5/5] GET SERVER/good  (test.json:5)
(5/5) n
#5 passed
all steps are behind: goto STEP goes back, quit ends
(end) goto 2
-> [2/5] condition 1 equal 1  (test.json:3)
(2/5) n
-> [3/5] GET SERVER/good  (test.json:3)
(3/5) n
#3 passed
-> [4/5] GET SERVER/good  (test.json:4)
(4/5) goto 3
-> [3/5] GET SERVER/good  (test.json:3)
(3/5) n
#3 passed
-> [4/5] GET SERVER/good  (test.json:4)
(4/5) n
#4 passed
#2 passed
-> [5/5] GET SERVER/good  (test.json:5)
(5/5) n
#5 passed
all steps are behind: goto STEP goes back, quit ends
(end) quit  (end of the input)
`,
			sent: []string{"GET /good", "GET /good", "GET /good", "GET /good", "GET /good"},
		},
		"loops come again, and goto leaves them": {
			play: play{steps: steps(loop, good), lines: []string{"n", "n", "goto 3", "n"}},
			want: `-> [1/3] conditional-loop {{n}} equal 2  (test.json:2)
(1/3) n
-> [2/3] GET SERVER/in  (test.json:2)
(2/3) n
#2 passed
-> [2/3] GET SERVER/in  (test.json:2)
(2/3) goto 3
#2 skipped goto 3
#1 passed goto 3
-> [3/3] GET SERVER/good  (test.json:3)
(3/3) n
#3 passed
all steps are behind: goto STEP goes back, quit ends
(end) quit  (end of the input)
`,
			sent: []string{"GET /in", "GET /good"},
		},
		"steps that are not due are passed over, unless somebody goes there": {
			play: play{steps: steps(skipped, good), lines: []string{"goto 1", "n"}},
			want: `#1 skipped skipped in the file
-> [2/2] GET SERVER/good  (test.json:3)
(2/2) goto 1
-> [1/2] GET SERVER/skipped  (test.json:2)
(1/2) n
#1 passed
-> [2/2] GET SERVER/good  (test.json:3)
(2/2) quit  (end of the input)
#2 not-run quit at the prompt
`,
			sent: []string{"GET /skipped"},
		},
		"a test that has stopped goes on with goto": {
			play: play{steps: steps(bad, good), lines: []string{"n", "goto 2", "n"}, runner: runner.Options{StopOnFailure: runner.On}},
			want: `-> [1/2] GET SERVER/bad  (test.json:2)
(1/2) n
#1 failed
(1/2 failed) goto 2
-> [2/2] GET SERVER/good  (test.json:3)
(2/2) n
#2 passed
all steps are behind: goto STEP goes back, quit ends
(end) quit  (end of the input)
`,
			sent: []string{"GET /bad", "GET /good"}, outcome: event.Failed,
		},
		"on failure nothing is asked before": {
			play: play{steps: steps(good, bad, good), lines: []string{"assert", "c"}, options: Options{OnFailure: true}},
			want: `#1 passed
#2 failed
(2/3 failed) assert
  FAIL  Status equal_number 201: '200' was not equal to the number 201  (test.json:3)
0 of 1 passed
(2/3 failed) c
#3 passed
`,
			sent: []string{"GET /good", "GET /bad", "GET /good"}, outcome: event.Failed,
		},
		"a line can be broken off": {
			play: play{steps: good, lines: []string{"^C", "n", "^C", "^C", "n"}},
			want: `-> [1/1] GET SERVER/good  (test.json:2)
Ctrl-C again, or quit, ends; next goes on
(1/1) n
#1 passed
all steps are behind: goto STEP goes back, quit ends
Ctrl-C again, or quit, ends; next goes on
`,
			sent: []string{"GET /good"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.do(t)
			if diff := cmp.Diff(c.want, got.out); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.sent, got.requests); diff != "" {
				t.Errorf("requests (-want +got)\n%s", diff)
			}
			if c.outcome == "" {
				c.outcome = event.Passed
			}
			if got.result.Outcome != c.outcome {
				t.Errorf("outcome %s, want %s", got.result.Outcome, c.outcome)
			}
		})
	}
}

func TestSendAgainDrawsOtherValuesAndUsesThePresentVariables(t *testing.T) {
	t.Parallel()
	got := play{
		steps: steps(get("/x?u={{uuid}}&v={{v}}", status("201")), good), vars: map[string]string{"v": "1"},
		lines: []string{"send", "set v 2", "send", "request", "set v 3", "send", "n"},
	}.do(t)
	if len(got.requests) != 4 {
		t.Fatalf("%q", got.requests)
	}
	for i, want := range []string{"v=1", "v=2", "v=3"} {
		if r := got.requests[i]; r[len(r)-3:] != want {
			t.Errorf("request %d is %q, want %s", i+1, r, want)
		}
	}
	drawn := []string{got.requests[0][:45], got.requests[1][:45], got.requests[2][:45]}
	if slices.Sort(drawn); len(slices.Compact(drawn)) != 3 {
		t.Errorf("some values were drawn twice: %q", got.requests)
	}
	got.contains(t, "#1 failed", "#1 failed", "#1 failed", "#2 passed")
}

func TestAnInterruptEndsTheRequestAndNotTheSession(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	got := play{
		steps: steps(get("/hang", ""), good), lines: []string{"n", "n"},
		handler: func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hang" {
				close(begun)
				<-r.Context().Done()
			}
		},
		options: Options{Interruptible: func(ctx context.Context) (context.Context, func()) {
			inner, cancel := context.WithCancelCause(ctx)
			go func() {
				<-begun
				cancel(runner.Interrupted{Signal: "SIGINT"})
			}()
			if isClosed(begun) {
				return ctx, func() {}
			}
			return inner, func() { cancel(nil) }
		}},
	}.do(t)
	got.contains(t, "#1 errored", "interrupted: back at the prompt", "(1/2 failed) n", "#2 passed")
	if got.result.End.Interrupted != "" || got.result.Outcome != event.Errored {
		t.Errorf("%+v", got.result)
	}
}

func TestAPauseThatIsBrokenOffStaysAtHand(t *testing.T) {
	t.Parallel()
	got := play{
		steps: steps(`{"step_type":"pause","duration":60}`, good), lines: []string{"n", "n"},
		options: Options{Interruptible: func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithTimeoutCause(ctx, 50*time.Millisecond, runner.Interrupted{Signal: "SIGINT"})
			return ctx, cancel
		}},
	}.do(t)
	got.contains(t, "#1 not-run interrupted by SIGINT", "interrupted: back at the prompt", "(1/2 broken off) n", "#2 passed")
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestTheEndOfTheRunEndsTheSession(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	got := play{
		steps: steps(good, good), lines: []string{"n", "n"}, ctx: ctx,
		during: func(string) { cancel(runner.Interrupted{Signal: "SIGTERM"}) },
	}.do(t)
	if got.result.End.Interrupted != "SIGTERM" || len(got.requests) > 0 {
		t.Errorf("%+v %q", got.result, got.requests)
	}
	got.contains(t, "#1 not-run interrupted by SIGTERM", "#2 not-run")
}

func TestQuitIsNoPass(t *testing.T) {
	t.Parallel()
	got := play{steps: steps(good, good), lines: []string{"n", "q"}}.do(t)
	if got.result.End.Outcome != event.Failed || got.result.Outcome != event.Passed || !got.result.Quit {
		t.Errorf("%+v", got.result)
	}
	for _, e := range got.events {
		if end, ok := e.Body.(event.TestFinished); ok && end.Reason != quitReason {
			t.Errorf("the test ended because of %q", end.Reason)
		}
	}
}
