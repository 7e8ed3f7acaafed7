package report

import (
	"testing"
	"time"

	"offscope/event"
)

func TestSummaryCountsInSingularAndPlural(t *testing.T) {
	t.Parallel()
	one := event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1, VariablesFailed: 1, ScriptsFailed: 1, StepsErrored: 1, StepsSkipped: 1, StepsNotRun: 1}
	two := one
	two.Add(one)
	for _, row := range []struct {
		tests       string
		counts      event.Counts
		unexplained int
		took        time.Duration
		want        string
	}{
		{"", event.Counts{}, 0, 0, "0 steps, 0 assertions, 0.0s"},
		{"", event.Counts{Steps: 23, Assertions: 52, StepsSkipped: 11}, 0, 412 * ms, "23 steps, 52 assertions, 11 skipped, 0.4s"},
		{"", event.Counts{Steps: 23, Assertions: 52, AssertionsFailed: 2, ScriptsFailed: 1, StepsSkipped: 11}, 0, 3200 * ms,
			"23 steps, 52 assertions, 2 assertions failed, 1 script failed, 11 skipped, 3.2s"},
		{"", one, 1, time.Minute,
			"1 step, 1 assertion, 1 assertion failed, 1 variable failed, 1 script failed, 1 step failed, 1 step not executed, 1 skipped, 1 not run, 1m00s"},
		{"3 tests, ", two, 2, time.Hour,
			"3 tests, 2 steps, 2 assertions, 2 assertions failed, 2 variables failed, 2 scripts failed, 2 steps failed, 2 steps not executed, 2 skipped, 2 not run, 1h00m00s"},
	} {
		if got := summary(row.tests, row.counts, row.unexplained, row.took); got != row.want {
			t.Errorf("got  %s\nwant %s", got, row.want)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		took         time.Duration
		total, short string
	}{
		{0, "0.0s", "0s"},
		{49 * ms, "0.0s", "49ms"},
		{500 * ms, "0.5s", "500ms"},
		{5 * time.Second, "5.0s", "5s"},
		{59949 * ms, "59.9s", "59.949s"},
		{59950 * ms, "1m00s", "59.95s"},
		{time.Minute, "1m00s", "1m"},
		{90 * time.Second, "1m30s", "1m30s"},
		{123400 * ms, "2m03s", "2m3.4s"},
		{time.Hour, "1h00m00s", "1h"},
		{time.Hour + time.Second, "1h00m01s", "1h0m1s"},
	} {
		if got := totalDuration(row.took); got != row.total {
			t.Errorf("total of %v: got %s, want %s", row.took, got, row.total)
		}
		if got := shortDuration(row.took); got != row.short {
			t.Errorf("pause of %v: got %s, want %s", row.took, got, row.short)
		}
	}
}

func TestARunOfNoTestsDoesNotPass(t *testing.T) {
	t.Parallel()
	got := draw(t, run(0).end(event.RunFinished{Outcome: event.Passed}), TextOptions{})
	if want := "FAIL  0 tests, 0 steps, 0 assertions, 0.0s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
