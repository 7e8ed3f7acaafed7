package runner

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"offscope/event"
	"offscope/source"
)

func TestPauses(t *testing.T) {
	t.Parallel()
	two := `{"step_type":"pause","duration":2}`
	skipped := `{"step_type":"pause","duration":9,"skipped":true}`
	for _, row := range []struct {
		name     string
		pauses   Pauses
		waits    []time.Duration
		outcomes string
		shown    string
	}{
		{"kept", Pauses{}, []time.Duration{7 * time.Second, 2 * time.Second}, "passed passed passed skipped", "7s/7s 2s/2s 9s/9s"},
		{"skipped", Pauses{Mode: SkipPauses}, nil, "passed skipped skipped skipped", "0s/7s 0s/2s 0s/9s"},
		{"shortened", Pauses{Mode: MaxPauses, Max: 3 * time.Second}, []time.Duration{3 * time.Second, 2 * time.Second}, "passed passed passed skipped", "3s/7s 2s/2s 3s/9s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			r, end, _ := run{steps: steps(get(""), pause, two, skipped), options: Options{Pauses: row.pauses}, clock: clock}.do(t)
			if !reflect.DeepEqual(clock.pauses, row.waits) || r.outcomes() != row.outcomes || end.Outcome != event.Passed {
				t.Errorf("waited %v, %s", clock.pauses, r.outcomes())
			}
			var shown []string
			for _, s := range all[event.StepStarted](r, -1) {
				if s.StepKind == "pause" {
					shown = append(shown, fmt.Sprintf("%v/%v", s.Pause, s.PauseInFile))
				}
			}
			if got := strings.Join(shown, " "); got != row.shown {
				t.Errorf("shown %s", got)
			}
			var total time.Duration
			for _, w := range row.waits {
				total += w
			}
			if end.Duration != total || all[event.TestFinished](r, -1)[0].Duration != total {
				t.Errorf("durations %v, the pauses %v", end.Duration, total)
			}
		})
	}
}

const (
	good = `"assertions":[{"source":"response_json","property":"a","comparison":"equal","value":"1"}]`
	bad  = `"assertions":[{"source":"response_json","property":"a","comparison":"equal","value":"1"},{"source":"response_status","comparison":"equal","value":"500"}]`
)

func skippedStep(step string) string { return strings.Replace(step, "{", `{"skipped":true,`, 1) }

func TestStopping(t *testing.T) {
	t.Parallel()
	file := steps(get(good), get(bad), pause, get(bad), skippedStep(get(good)), get(good))
	for _, row := range []struct {
		name     string
		options  Options
		outcomes string
		requests int
		counts   event.Counts
		reason   string
	}{
		{"not", Options{}, "passed failed passed failed skipped passed", 4,
			event.Counts{Steps: 6, StepsPassed: 3, StepsFailed: 2, StepsSkipped: 1, Requests: 4, Assertions: 6, AssertionsFailed: 2}, ""},
		{"at the first failure", Options{StopOnFailure: On}, "passed failed not-run not-run skipped not-run", 2,
			event.Counts{Steps: 6, StepsPassed: 1, StepsFailed: 1, StepsSkipped: 1, StepsNotRun: 3, Requests: 2, Assertions: 6, AssertionsFailed: 1},
			"an earlier step failed, and --stop-on-failure was given"},
		{"after one", Options{MaxFailures: 1}, "passed failed not-run not-run skipped not-run", 2,
			event.Counts{Steps: 6, StepsPassed: 1, StepsFailed: 1, StepsSkipped: 1, StepsNotRun: 3, Requests: 2, Assertions: 6, AssertionsFailed: 1},
			"a step failed, and --max-failures 1 was given"},
		{"after two", Options{MaxFailures: 2}, "passed failed passed failed skipped not-run", 3,
			event.Counts{Steps: 6, StepsPassed: 2, StepsFailed: 2, StepsSkipped: 1, StepsNotRun: 1, Requests: 3, Assertions: 6, AssertionsFailed: 2},
			"2 steps failed, and --max-failures was given"},
		{"never after nine", Options{MaxFailures: 9}, "passed failed passed failed skipped passed", 4,
			event.Counts{Steps: 6, StepsPassed: 3, StepsFailed: 2, StepsSkipped: 1, Requests: 4, Assertions: 6, AssertionsFailed: 2}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, end, seen := run{steps: file, options: row.options}.do(t)
			if r.outcomes() != row.outcomes || seen.count() != row.requests || end.Outcome != event.Failed {
				t.Errorf("%s, %d requests", r.outcomes(), seen.count())
			}
			finished := all[event.TestFinished](r, -1)[0]
			if finished.Counts != row.counts || finished.Reason != row.reason {
				t.Errorf("got %+v %q", finished.Counts, finished.Reason)
			}
		})
	}
}

// A failing step is finished before the test stops: all its scripts and assertions are reported.
func TestTheFailingStepIsFinishedBeforeTheStop(t *testing.T) {
	t.Parallel()
	r, _, _ := run{options: Options{StopOnFailure: On},
		steps: steps(get(`"variables":[{"source":"response_json","property":"zz","name":"n"}],"scripts":["assert(false)","log(1)"],`+bad), get(""))}.do(t)
	if len(all[event.Scripted](r, 1)) != 2 || len(all[event.Asserted](r, 1)) != 2 || r.outcomes() != "failed not-run" {
		t.Errorf("%s", r.encoded(t))
	}
}

func TestChoosing(t *testing.T) {
	t.Parallel()
	r, end, seen := run{steps: steps(get(good), skippedStep(get(good)), get(good), pause),
		options: Options{Choose: func(s *Step) bool { return s.Number >= 2 && s.Number <= 3 }}}.do(t)
	if r.outcomes() != "skipped skipped passed skipped" || seen.count() != 1 || end.Outcome != event.Passed || end.Counts.Assertions != 1 {
		t.Errorf("%s %+v", r.outcomes(), end)
	}
	if got := all[event.StepFinished](r, 1)[0].Reason + ", " + all[event.StepFinished](r, 2)[0].Reason; got != "not chosen, skipped in the file" {
		t.Errorf("reasons %s", got)
	}
}

func TestAnInterruptionInFlight(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		cause       error
		reason      string
		interrupted string
	}{
		{Interrupted{Signal: "SIGINT"}, "interrupted by SIGINT", "SIGINT"},
		{Interrupted{Signal: "SIGTERM"}, "interrupted by SIGTERM", "SIGTERM"},
		{ErrMaxTime, "the run took longer than --max-time", ""},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		r, end, _ := run{ctx: ctx, steps: steps(get(good), get(good), pause, skippedStep(get(""))),
			handler: func(_ http.ResponseWriter, q *http.Request) {
				cancel(row.cause)
				<-q.Context().Done()
			}}.do(t)
		finished := all[event.TestFinished](r, -1)[0]
		if r.outcomes() != "errored not-run not-run skipped" || end.Outcome != event.Errored || end.Interrupted != row.interrupted || finished.Reason != row.reason {
			t.Errorf("%s %+v\n%s", r.outcomes(), finished, r.encoded(t))
		}
		if x := one[event.Exchanged](t, r, 1); x.Failure == nil || x.Failure.Failure != "interrupted" || x.Failure.Message != row.reason {
			t.Errorf("%+v", x.Failure)
		}
		if c := end.Counts; c.Assertions != 2 || c.AssertionsFailed != 1 {
			t.Errorf("%+v", c)
		}
	}
}

func TestAnInterruptionOfTheLastStepIsToldAsTheReason(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	r, _, _ := run{ctx: ctx, steps: get(""), handler: func(_ http.ResponseWriter, q *http.Request) {
		cancel(ErrMaxTime)
		<-q.Context().Done()
	}}.do(t)
	if got := all[event.TestFinished](r, -1)[0].Reason; got != ErrMaxTime.Error() {
		t.Errorf("reason %q", got)
	}
}

func TestAnInterruptionInAPause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	clock := newClock()
	clock.during = func() { cancel(Interrupted{Signal: "SIGINT"}) }
	r, end, seen := run{ctx: ctx, clock: clock, steps: steps(get(""), pause, get(good))}.do(t)
	if r.outcomes() != "passed not-run not-run" || end.Outcome != event.Errored || seen.count() != 1 || end.Interrupted != "SIGINT" {
		t.Errorf("%s %+v", r.outcomes(), end)
	}
	if got := all[event.StepFinished](r, 2)[0].Reason; got != "interrupted by SIGINT" {
		t.Errorf("reason %q", got)
	}
}

func TestAnInterruptionInAScript(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, script, step, outcomes string }{
		{"initial", "while(true){}", get(good), "not-run not-run"},
		{"pre-request", "", get(`"before_scripts":["while(true){}","log(1)"],` + good), "errored not-run"},
		{"post-response", "", get(`"scripts":["while(true){}","log(1)"],` + good), "errored not-run"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(100*time.Millisecond, func() { cancel(ErrMaxTime) })
			r, end, _ := run{ctx: ctx, script: row.script, steps: steps(row.step, get(""))}.do(t)
			if r.outcomes() != row.outcomes || end.Outcome != event.Errored || all[event.TestFinished](r, -1)[0].Reason != ErrMaxTime.Error() {
				t.Errorf("%s\n%s", r.outcomes(), r.encoded(t))
			}
		})
	}
}

func TestARunThatWasEndedBeforeItBegan(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(Interrupted{Signal: "SIGTERM"})
	r, end, seen := run{ctx: ctx, script: "variables.set('a',1)", steps: steps(get(good), pause)}.do(t)
	if r.outcomes() != "not-run not-run" || end.Outcome != event.Errored || seen.count() != 0 || len(all[event.Scripted](r, -1)) != 0 {
		t.Errorf("%s", r.encoded(t))
	}
}

// randoms runs a test of two steps and returns what each sent.
func randoms(t *testing.T, seed uint64, only int) []string {
	t.Helper()
	step := get(`"method":"POST","headers":{"X-R":["{{v}}"]},"body":"{{uuid}} {{random_int}} {{random_string(8)}}","before_scripts":["request.body += ' ' + Math.random()"]`)
	step = strings.Replace(step, `"method":"GET",`, "", 1)
	var got []string
	run{steps: steps(step, step), vars: map[string]string{"v": "{{uuid}}"}, options: Options{Seed: seed, Choose: func(s *Step) bool { return only == 0 || s.Number == only }},
		handler: func(_ http.ResponseWriter, q *http.Request) {
			got = append(got, q.Header.Get("X-R")+" "+q.Header.Get("X-Test-Body"))
		}}.do(t)
	return got
}

func TestTheSeedDecidesRandomValues(t *testing.T) {
	t.Parallel()
	one, two, other := randoms(t, 1, 0), randoms(t, 1, 0), randoms(t, 2, 0)
	if !reflect.DeepEqual(one, two) {
		t.Errorf("the same seed gave %q and %q", one, two)
	}
	if one[0] == other[0] || one[1] == other[1] {
		t.Errorf("another seed gave %q again", other)
	}
	if one[0][37:] == one[1][37:] || one[0][:36] != one[1][:36] {
		t.Errorf("two steps drew %q; an initial variable is constant", one)
	}
	if alone := randoms(t, 1, 2); alone[0] != one[1] {
		t.Errorf("alone the second step drew %q, beside the first %q", alone, one[1])
	}
}

func TestFactsOfTheRun(t *testing.T) {
	t.Parallel()
	var got string
	run{env: "name: local env\ninitial_variables: {v: x}\n", handler: func(_ http.ResponseWriter, q *http.Request) { got = q.URL.RawQuery },
		steps: `{"step_type":"request","method":"GET","url":"SERVER/?{{runscope_environment}}|{{runscope_test_name}}|{{runscope_region}}|{{runscope_agent}}|{{runscope_bucket}}|{{timestamp}}"}`}.do(t)
	if want := "local%20env%7Cthe%20test%7Clocal%7C%7C%7C1767323045"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestEveryTestHasItsOwnVariables(t *testing.T) {
	t.Parallel()
	out := &recording{}
	set := run{steps: get(`"scripts":["variables.set('x', 1)"]`)}.plan(t, "http://127.0.0.1:1")
	use := run{steps: get(`"headers":{"A":["{{x}}"]}`)}.plan(t, "http://127.0.0.1:1")
	end, err := Run(t.Context(), []*Plan{set, use, set}, Machinery{Sender: countingSender(new(int)), Engine: engine, Clock: newClock()}, out)
	if err != nil || end.Outcome != event.Failed || end.TestsFailed != 1 || end.Tests != 3 || end.Counts.Steps != 3 {
		t.Errorf("%+v %v", end, err)
	}
	if out.outcomes() != "passed failed passed" {
		t.Errorf("%s", out.outcomes())
	}
	for i, e := range out.events {
		if e.Seq != i+1 {
			t.Errorf("event %d has the number %d", i+1, e.Seq)
		}
	}
}

func TestAPlanListsWhatIsDue(t *testing.T) {
	t.Parallel()
	p := run{steps: steps(get(""), skippedStep(get("")), pause)}.plan(t, "")
	if got := len(p.Due()); got != 2 || !p.HasRequest() {
		t.Errorf("%d due", got)
	}
	if p := (run{steps: pause}).plan(t, ""); p.HasRequest() {
		t.Error("a pause is no request")
	}
	if p := (run{steps: steps(skippedStep(get("")), pause)}).plan(t, ""); p.HasRequest() {
		t.Error("a skipped request is not due")
	}
	var problems source.Diagnostics = run{steps: get(`"scripts":["("]`)}.plan(t, "").Problems
	if len(problems.Errors()) != 1 {
		t.Errorf("%v", problems)
	}
}
