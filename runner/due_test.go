package runner

import (
	"strings"
	"testing"

	"offscope/event"
)

func TestWhatATestHasToDo(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, steps string
		want        bool
	}{
		{"a request", get(""), true},
		{"a skipped request", skippedStep(get("")), false},
		{"a pause", pause, false},
		{"an empty condition", compares(condition, "1", "equal", "1"), false},
		{"a condition that cannot be compared", compares(condition, "1", "odd", "1", get("")), true},
		{"a loop that cannot be compared", compares(loop, "1", "odd", "1"), true},
		{"a skipped condition that cannot be compared", skippedStep(compares(condition, "1", "odd", "1", get(""))), false},
		{"a step of an unknown kind", `{"step_type":"odd"}`, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := (run{steps: row.steps}).plan(t, "http://127.0.0.1:1").HasRequest(); got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// A test whose last step fails was not stopped before its end.
func TestAFailureStopsOnlyWhatIsLeft(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{StopOnFailure: On}, {MaxFailures: 1}} {
		for _, row := range []struct{ name, steps, reason string }{
			{"nothing is left", steps(get(good), get(bad)), ""},
			{"a skipped step is left", steps(get(bad), skippedStep(get(good))), ""},
			{"a step is left", steps(get(bad), get(good)), "was given"},
			{"a round of a loop is left", compares(loop, "1", "equal", "2", get(bad)), "was given"},
		} {
			out, end, _ := run{steps: row.steps, options: o}.do(t)
			reason := one[event.TestFinished](t, out, 0).Reason
			if end.Outcome != event.Failed || !strings.Contains(reason, row.reason) || (reason == "") != (row.reason == "") {
				t.Errorf("%s: %s, %q", row.name, end.Outcome, reason)
			}
		}
	}
}

func TestAnIncomingRequestWithoutATokenIsTold(t *testing.T) {
	t.Parallel()
	for step, want := range map[string]bool{`{"step_type":"inbound"}`: true, `{"step_type":"inbound","token":"t"}`: false} {
		p := run{steps: steps(get(""), step)}.plan(t, "http://127.0.0.1:1")
		told := len(p.Problems) == 1 && p.Problems[0].Code == "inbound-token" && strings.Contains(p.Problems[0].Message, "/step-2")
		if told != want {
			t.Errorf("%s: %v", step, p.Problems)
		}
	}
}
