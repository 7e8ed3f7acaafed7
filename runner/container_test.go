package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"offscope/event"
	"offscope/exchange"
)

const (
	condition = "condition"
	loop      = "conditional-loop"
)

// counted counts in a variable how often it was run.
func counted(name string) string {
	return get(`"scripts":["variables.set('` + name + `', (variables.get('` + name + `') || 0) + 1)"]`)
}

func TestContainers(t *testing.T) {
	t.Parallel()
	in := get(good)
	for _, row := range []struct {
		name, steps string
		outcomes    string // in the order in which steps end: a container behind its steps
		end         event.Outcome
		requests    int
		told        string // in the stream
	}{
		{"6.3 holds", compares(condition, "{{one}}", "equal", "1", in, pause), "passed passed passed", event.Passed, 1, `"left_value":"1"`},
		{"6.3 does not hold", steps(compares(condition, "{{one}}", "equal", "2", in, pause), in), "skipped skipped passed passed", event.Passed, 1,
			"the condition of step 1 does not hold"},
		{"6.3 failures inside count", steps(compares(condition, "1", "equal", "1", get(bad)), in), "failed passed passed", event.Failed, 2, ""},
		{"6.3 nested", compares(condition, "1", "equal", "1", compares(condition, "1", "not_equal", "1", in), compares(condition, "a", "contains", "a", in)),
			"skipped passed passed passed passed", event.Passed, 1, `"depth":2`},
		{"6.3 a false one around a true one", compares(condition, "1", "equal", "2", compares(condition, "1", "equal", "1", in)), "skipped skipped passed", event.Passed, 0, "passed without a single request"},
		{"6.3 without steps", `{"step_type":"condition","comparison":"equal","left_value":"1","right_value":"1","steps":[]}`, "passed", event.Passed, 0, ""},
		{"Q2 undefined on the left", steps(compares(condition, "{{none}}", "not_equal", "1", in), in), "not-run failed passed", event.Failed, 1, "Variable 'none' was not defined"},
		{"Q2 undefined on the right", compares(condition, "1", "not_equal", "{{none}}", in), "not-run failed", event.Failed, 0, "Variable 'none' was not defined"},
		{"Q2 undefined on a right that is not used", compares(condition, "1", "not_empty", "{{none}}", in), "passed passed", event.Passed, 1, ""},
		{"Q35 by number", compares(condition, "10", "is_greater_than", "9", in), "passed passed", event.Passed, 1, ""},
		{"Q35 by text", compares(condition, "1.0", "equal", "1", in), "skipped passed", event.Passed, 0, ""},
		{"Q35 equal numbers", compares(condition, "1.0", "equal_number", "1", in), "passed passed", event.Passed, 1, ""},
		{"Q35 no number", compares(condition, "many", "is_greater_than", "9", in), "not-run failed", event.Failed, 0, `"code":"comparison"`},
		{"Q35 no number, in a loop", compares(loop, "many", "is_greater_than", "9", in), "passed failed", event.Failed, 1, `"code":"comparison"`},
		{"Q35 empty", compares(condition, "{{blank}}", "empty", "", in), "passed passed", event.Passed, 1, ""},
		{"Q35 looks into JSON", compares(condition, "{}", "has_key", "a", in), "not-run failed", event.Failed, 0, "has_key"},
		{"Q35 unknown", steps(compares(condition, "1", "sounds_like", "1", in, skippedStep(in)), in), "not-run skipped failed passed", event.Failed, 1, `\"sounds_like\" is not known`},
		{"Q35 unknown inside of a false one", compares(condition, "1", "equal", "2", compares(condition, "1", "sounds_like", "1", in)), "skipped skipped passed", event.Passed, 0, ""},
		{"Q35 none", `{"step_type":"condition","left_value":"1","right_value":"1","steps":[` + in + `]}`, "not-run failed", event.Failed, 0, "has no comparison"},
		{"Q36 until it holds", compares(loop, "{{n}}", "equal", "3", counted("n")), "passed passed passed passed", event.Passed, 3, `"iteration":3`},
		{"Q36 at least once", compares(loop, "1", "equal", "1", in), "passed passed", event.Passed, 1, ""},
		{"Q36 undefined", compares(loop, "{{none}}", "equal", "1", in), "passed failed", event.Failed, 1, "Variable 'none' was not defined"},
		{"6.4 a failure in a round counts though the loop holds later", compares(loop, "{{n}}", "equal", "2", counted("n"), get(bad)),
			"passed failed passed failed passed", event.Failed, 4, ""},
		{"6.4 a condition inside", compares(loop, "{{n}}", "equal", "2", counted("n"), compares(condition, "{{n}}", "equal", "2", in)),
			"passed skipped passed passed passed passed passed", event.Passed, 3, ""},
		{"6.4 unknown comparison", compares(loop, "1", "sounds_like", "1", in), "not-run failed", event.Failed, 0, `\"sounds_like\" is not known`},
		{"Q37 skipped condition", steps(skippedStep(compares(condition, "{{none}}", "equal", "1", in, compares(loop, "1", "equal", "2", in))), in),
			"skipped skipped skipped skipped passed", event.Passed, 1, "the step it stands in is skipped in the file"},
		{"Q37 skipped loop", skippedStep(compares(loop, "1", "equal", "2", in)), "skipped skipped", event.Passed, 0, ""},
		{"a skipped step inside", compares(loop, "{{n}}", "equal", "2", counted("n"), skippedStep(get(bad))), "passed skipped passed skipped passed", event.Passed, 2, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, end, seen := run{steps: row.steps, vars: map[string]string{"one": "1", "blank": ""}}.do(t)
			if r.outcomes() != row.outcomes || end.Outcome != row.end || seen.count() != row.requests {
				t.Errorf("%s, %s, %d requests\n%s", r.outcomes(), end.Outcome, seen.count(), r.encoded(t))
			}
			if !strings.Contains(r.encoded(t), row.told) {
				t.Errorf("not told: %s\n%s", row.told, r.encoded(t))
			}
		})
	}
}

func TestAComparisonIsToldAsItStandsAndAsItWasMade(t *testing.T) {
	t.Parallel()
	r, _, _ := run{vars: map[string]string{"v": "val"}, steps: compares(condition, "{{v}}", "equal", "x", get(""))}.do(t)
	started := all[event.StepStarted](r, 1)[0]
	if started.Left != "{{v}}" || started.Comparison != "equal" || started.Right != "x" {
		t.Errorf("%+v", started)
	}
	c := one[event.Compared](t, r, 1)
	if c.Left != "{{v}}" || c.LeftValue != "val" || c.Right != "x" || c.RightValue != "x" || c.Holds || c.Comparison != "equal" || c.Iteration != 0 || c.Where.Line != 2 {
		t.Errorf("%+v", c)
	}
}

func TestALoopInALoop(t *testing.T) {
	t.Parallel()
	text := compares(loop, "{{outer}}", "equal", "2", counted("outer"), get(`"scripts":["variables.set('inner', 0)"]`), compares(loop, "{{inner}}", "equal", "3", counted("inner")))
	r, end, seen := run{steps: text}.do(t)
	if end.Outcome != event.Passed || seen.count() != 2*(2+3) {
		t.Fatalf("%s, %d requests\n%s", end.Outcome, seen.count(), r.encoded(t))
	}
	var rounds []string
	for _, e := range r.events {
		if s, ok := e.Body.(event.StepStarted); ok {
			rounds = append(rounds, fmt.Sprintf("%d:%d", e.Step, s.Iteration))
		}
	}
	if got := strings.Join(rounds, " "); got != "1:0 2:1 3:1 4:1 5:1 5:2 5:3 2:2 3:2 4:2 5:1 5:2 5:3" {
		t.Errorf("rounds %s", got)
	}
	var compared []int
	for _, c := range all[event.Compared](r, 4) {
		compared = append(compared, c.Iteration)
	}
	if !reflect.DeepEqual(compared, []int{1, 2, 3, 1, 2, 3}) {
		t.Errorf("the inner loop compared in the rounds %v", compared)
	}
}

func TestRandomValuesInLoops(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) []string {
		var got []string
		run{options: Options{Seed: seed}, steps: compares(loop, "{{n}}", "equal", "2", counted("n"),
			compares(loop, "{{random_int(1,3)}}", "equal", "2", `{"step_type":"request","method":"GET","url":"SERVER/{{uuid}}"}`)),
			handler: func(_ http.ResponseWriter, q *http.Request) { got = append(got, q.URL.Path) }}.do(t)
		return got
	}
	first, again, other := draw(7), draw(7), draw(8)
	if !reflect.DeepEqual(first, again) {
		t.Errorf("one seed gave %q and %q", first, again)
	}
	seen := map[string]bool{}
	for _, path := range append(first, other...) {
		if path != "/x" && seen[path] {
			t.Errorf("%s was drawn twice", path)
		}
		seen[path] = true
	}
}

func TestLoopLimits(t *testing.T) {
	t.Parallel()
	t.Run("1.7 conditional-loop: 100 rounds", func(t *testing.T) {
		t.Parallel()
		sent := 0
		r, end, _ := run{steps: steps(compares(loop, "1", "equal", "2", get("")), get("")), sender: countingSender(&sent)}.do(t)
		p := one[event.Problem](t, r, 1)
		if end.Outcome != event.Failed || sent != 101 || p.Code != "loop-limit" || !strings.Contains(p.Message, "100 rounds") {
			t.Errorf("%s, %d requests, %+v", end.Outcome, sent, p)
		}
		if end.Counts.Steps != 3 || end.Counts.StepsPassed != 101 || end.Counts.StepsFailed != 1 {
			t.Errorf("%+v", end.Counts)
		}
	})
	t.Run("1.7 conditional-loop: 100 rounds, pauses inside skipped", func(t *testing.T) {
		t.Parallel()
		for mode, want := range map[PauseMode]bool{SkipPauses: true, KeepPauses: false} {
			r, _, _ := run{steps: compares(loop, "1", "equal", "2", `{"step_type":"pause","duration":1}`), options: Options{Pauses: Pauses{Mode: mode}}}.do(t)
			if p := one[event.Problem](t, r, 1); strings.Contains(p.Hint, "the pauses inside were skipped; --pauses keep waits") != want {
				t.Errorf("mode %d: %+v", mode, p)
			}
		}
	})
	t.Run("1.7 a loop without steps goes round and ends", func(t *testing.T) {
		t.Parallel()
		for _, row := range []struct{ name, steps, want string }{
			{"at the end", steps(get(""), compares(loop, "1", "equal", "2")), "passed failed"},
			{"before another step", steps(compares(loop, "1", "equal", "2"), get(""), get("")), "failed passed passed"},
			{"it holds", steps(compares(loop, "1", "equal", "1"), get("")), "passed passed"},
			{"in a condition", steps(compares(condition, "1", "equal", "1", compares(loop, "1", "equal", "2")), get("")), "failed passed passed"},
		} {
			sent := 0
			r, end, _ := run{steps: row.steps, sender: countingSender(&sent)}.do(t)
			if got := r.outcomes(); got != row.want || sent != strings.Count(row.steps, "SERVER") || (end.Outcome == event.Passed) == strings.Contains(row.want, "failed") {
				t.Errorf("%s: %s, %d requests, want %s", row.name, got, sent, row.want)
			}
		}
	})
	t.Run("1.7 conditional-loop: 11 minutes, pauses inside", func(t *testing.T) {
		t.Parallel()
		clock := newClock()
		r, end, seen := run{steps: compares(loop, "1", "equal", "2", get(""), `{"step_type":"pause","duration":120}`), clock: clock}.do(t)
		if p := one[event.Problem](t, r, 1); end.Outcome != event.Failed || seen.count() != 6 || !strings.Contains(p.Message, "after 11m, the longest") {
			t.Errorf("%s, %d requests, %+v", end.Outcome, seen.count(), p)
		}
		if finished := all[event.StepFinished](r, 1)[0]; finished.Duration != 12*time.Minute {
			t.Errorf("took %v", finished.Duration)
		}
	})
	t.Run("Q36 other keys have no effect and are named", func(t *testing.T) {
		t.Parallel()
		r, _, _ := run{steps: strings.Replace(compares(loop, "1", "equal", "1", get("")), "{", `{"max_iterations":5,`, 1)}.do(t)
		if n := one[event.Notice](t, r, 0); n.Code != "loop-key" || !strings.Contains(n.Message, "max_iterations") {
			t.Errorf("%+v", n)
		}
	})
}

func TestStoppingInsideOfContainers(t *testing.T) {
	t.Parallel()
	stop := Options{StopOnFailure: On}
	for _, row := range []struct {
		name, steps, outcomes string
		requests              int
	}{
		{"Q38 in a condition", steps(compares(condition, "1", "equal", "1", get(bad), get(good)), get("")), "failed not-run passed not-run", 1},
		{"Q38 in a loop", steps(compares(loop, "{{n}}", "equal", "2", get(bad), counted("n")), get("")), "failed not-run not-run not-run", 1},
		{"Q38 in a subtest the subtest's own options decide", steps(subtestStep("s", looks), get("")), "failed passed failed not-run", 2},
		{"Q38 a condition that cannot be decided", steps(compares(condition, "{{none}}", "equal", "1", get("")), get("")), "not-run failed not-run", 0},
		{"Q49 the failing step is finished", steps(compares(condition, "1", "equal", "1", get(`"scripts":["assert(false)","log(1)"],`+bad)), get("")), "failed passed not-run", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, end, seen := run{steps: row.steps, options: stop, subtests: map[string]run{"s": {steps: steps(get(bad), get(""))}}}.do(t)
			if r.outcomes() != row.outcomes || end.Outcome != event.Failed || seen.count() != row.requests {
				t.Errorf("%s, %s, %d requests\n%s", r.outcomes(), end.Outcome, seen.count(), r.encoded(t))
			}
		})
	}
}

func TestAnInterruptionInsideOfContainers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ steps, outcomes string }{
		"condition": {compares(condition, "1", "equal", "1", get(good), get(good)), "errored not-run passed not-run"},
		"loop":      {compares(loop, "1", "equal", "1", get(good), get(good)), "errored not-run not-run not-run"},
		"subtest":   {subtestStep("s", looks), "errored not-run errored not-run"},
		"nested":    {compares(loop, "1", "equal", "1", compares(condition, "1", "equal", "1", subtestStep("s", "")), get(good)), "errored not-run errored passed not-run not-run not-run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			r, end, seen := run{ctx: ctx, steps: steps(row.steps, get(good)), subtests: map[string]run{"s": {steps: steps(get(good), get(good))}},
				handler: func(_ http.ResponseWriter, q *http.Request) {
					cancel(Interrupted{Signal: "SIGINT"})
					<-q.Context().Done()
				}}.do(t)
			if r.outcomes() != row.outcomes || end.Outcome != event.Errored || end.Interrupted != "SIGINT" || seen.count() != 1 {
				t.Errorf("%s, %s\n%s", r.outcomes(), end.Outcome, r.encoded(t))
			}
		})
	}
}

func TestAnInterruptionInAPauseOfALoop(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	clock := newClock()
	clock.during = func() {
		if len(clock.pauses) == 3 {
			cancel(ErrMaxTime)
		}
	}
	r, end, _ := run{ctx: ctx, clock: clock, steps: compares(loop, "1", "equal", "2", pause)}.do(t)
	if r.outcomes() != "passed passed not-run not-run" || end.Outcome != event.Errored {
		t.Errorf("%s, %s", r.outcomes(), end.Outcome)
	}
}

func TestChoosingStepsInsideOfContainers(t *testing.T) {
	t.Parallel()
	text := steps(compares(condition, "1", "equal", "2", get(good), get(good)), get(good))
	for _, row := range []struct {
		name     string
		choose   func(*Step) bool
		outcomes string
		requests int
	}{
		{"the container, and so what is inside", func(s *Step) bool { return s.Number == 1 || s.Inside() != nil }, "skipped skipped passed skipped", 0},
		{"a step inside alone is run without asking", func(s *Step) bool { return s.Number == 2 }, "skipped passed skipped skipped", 1},
		{"from a step inside", func(s *Step) bool { return s.Number >= 3 }, "skipped skipped passed passed", 2},
		{"the container alone", func(s *Step) bool { return s.Number == 1 }, "skipped skipped passed skipped", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, end, seen := run{steps: text, options: Options{Choose: row.choose}}.do(t)
			if r.outcomes() != row.outcomes || seen.count() != row.requests || end.Outcome != event.Passed {
				t.Errorf("%s, %d requests\n%s", r.outcomes(), seen.count(), r.encoded(t))
			}
		})
	}
}

func TestAllowSkipPassesOverWhatNeedsSomebodysCloud(t *testing.T) {
	t.Parallel()
	r, end, _ := run{options: Options{AllowSkip: true}, steps: steps(`{"step_type":"ghost-inspector","test_id":"x",`+good+`}`, get(good))}.do(t)
	if r.outcomes() != "skipped passed" || end.Outcome != event.Passed || !strings.Contains(all[event.StepFinished](r, 1)[0].Reason, "--allow-skip") {
		t.Errorf("6.7: %s", r.encoded(t))
	}
}

// A panic anywhere leaves a whole stream, and nothing green.
func TestAPanicInsideOfContainersIsAnError(t *testing.T) {
	t.Parallel()
	fails := senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) { panic("oh") })
	for _, text := range []string{
		compares(condition, "1", "equal", "1", get(good), get(good)), compares(loop, "1", "equal", "1", get(good)), subtestStep("s", ""),
		compares(loop, "1", "equal", "1", subtestStep("s", looks)),
	} {
		r, end, _ := run{steps: steps(text, get(good)), sender: fails, subtests: map[string]run{"s": {steps: steps(get(good), get(good))}}}.do(t)
		if end.Outcome != event.Errored || !strings.Contains(r.encoded(t), "internal error: oh") || !strings.HasSuffix(r.outcomes(), "not-run") {
			t.Errorf("%s, %s\n%s", r.outcomes(), end.Outcome, r.encoded(t))
		}
	}
}

// faultyClock panics once, when a step or what is before the first has asked for the time often enough.
type faultyClock struct {
	*fakeClock
	left int
}

func (c *faultyClock) Now() time.Time {
	asking := ""
	for i := range 2 {
		pc, _, _, _ := runtime.Caller(1 + i)
		asking += runtime.FuncForPC(pc).Name() + " "
	}
	for _, frame := range []string{"emitter", ".Begin ", ").End ", ".newTest ", ").close "} { // nobody could be told there
		if strings.Contains(asking, frame) {
			return c.fakeClock.Now()
		}
	}
	if c.left--; c.left == 0 {
		panic("no time")
	}
	return c.fakeClock.Now()
}

func TestAPanicAtAnyMomentOfARun(t *testing.T) {
	t.Parallel()
	r := run{script: "variables.set('x', 1)", steps: steps(compares(loop, "{{timestamp}}", "is_greater_than", "1", compares(condition, "{{timestamp}}", "not_equal", "1", subtestStep("s", looks))), get(good)),
		subtests: map[string]run{"s": {steps: steps(get(good), compares(condition, "1", "equal", "1", get(good)))}}}
	p := r.plan(t, "http://127.0.0.1:1")
	for after := 1; after < 400; after++ {
		clock := &faultyClock{newClock(), after}
		out := &recording{}
		end, err := Run(t.Context(), []*Plan{p}, Machinery{Sender: countingSender(new(int)), Engine: engine, Clock: clock}, out)
		if clock.left > 0 {
			return // it was not asked as often
		}
		if end.Outcome != event.Errored || err != nil || !strings.Contains(out.encoded(t), "internal error: no time") {
			t.Errorf("after %d looks at the clock: %s %v", after, end.Outcome, err)
		}
		wellFormed(t, out)
	}
	t.Error("the run never got through")
}

func TestCountsOfALoopAddUp(t *testing.T) {
	t.Parallel()
	_, end, _ := run{steps: steps(compares(loop, "{{n}}", "equal", "3", counted("n"), get(good), skippedStep(get(""))), get(good))}.do(t)
	want := event.Counts{Steps: 5, StepsPassed: 8, StepsSkipped: 3, Requests: 7, Assertions: 4, Scripts: 3}
	if end.Counts != want {
		t.Errorf("%+v", end.Counts)
	}
}

// The stream of a loop is the same whatever else it holds, so that it can be read again.
func TestEventsOfContainersSurviveTheirTextForm(t *testing.T) {
	t.Parallel()
	r, _, _ := run{steps: compares(loop, "{{n}}", "equal", "2", counted("n"), subtestStep("s", looks)), subtests: map[string]run{"s": {steps: get(good)}}}.do(t)
	for _, line := range strings.Split(strings.TrimSpace(r.encoded(t)), "\n") {
		again, err := event.Decode([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		written, err := event.Encode(again)
		if err != nil || string(written) != line {
			t.Errorf("%v\n%s\n%s", err, line, written)
		}
		var fields map[string]any
		if err := json.Unmarshal(written, &fields); err != nil || strconv.Itoa(int(fields["seq"].(float64))) == "0" {
			t.Error(err)
		}
	}
}
