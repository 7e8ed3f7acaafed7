package live

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/exchange"
)

// told is an event, and how long after the beginning it came.
type told struct {
	after time.Duration
	event event.Event
}

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func at(after time.Duration, test, sub, step int, body event.Body) told {
	return told{after, event.Event{Test: test, Sub: sub, Step: step, Body: body}}
}

func boardOf(events ...told) *board {
	b := &board{}
	for _, e := range events {
		b.take(e.event, start.Add(e.after))
	}
	return b
}

func request(method, url string) event.StepStarted {
	return event.StepStarted{StepKind: "request", Method: method, URL: url}
}

func TestOneTestShowsTheStepItIsAt(t *testing.T) {
	t.Parallel()
	one := at(0, 0, 0, 0, event.RunStarted{Tests: 1})
	users := at(0, 1, 0, 0, event.TestStarted{Name: "Users", Steps: 12})
	get := request("GET", "{{base}}/Users?startIndex=1")
	for _, row := range []struct {
		name   string
		events []told
		now    time.Duration
		want   string
	}{
		{"a request", []told{one, users, at(time.Second, 1, 0, 3, get)}, 2300 * time.Millisecond,
			"[ 3/12] running  GET {{base}}/Users?startIndex=1  1.3s, run 2.3s"},
		{"by its note", []told{one, users, at(0, 1, 0, 3, event.StepStarted{StepKind: "request", Note: " Get all \x1b[2J", Method: "GET"})}, time.Minute,
			`[ 3/12] running  Get all \x1b[2J  1m, run 1m`},
		{"a secret by its name", []told{one, users, at(0, 1, 0, 3, event.StepStarted{StepKind: "request", Note: "with " + exchange.Mark{Secret: "token"}.String()})}, time.Second,
			"[ 3/12] running  with [token]  1.0s, run 1.0s"},
		{"a pause", []told{one, users, at(0, 1, 0, 4, event.StepStarted{StepKind: "pause", Pause: 90 * time.Second})}, 400 * time.Millisecond,
			"[ 4/12] pause    90s left of 1m30s, Ctrl-C ends the run"},
		{"a pause that is over", []told{one, users, at(0, 1, 0, 4, event.StepStarted{StepKind: "pause", Pause: 2 * time.Second})}, 3 * time.Second,
			"[ 4/12] pause    0s left of 2s, Ctrl-C ends the run"},
		{"a step in a subtest", []told{one, users,
			at(0, 1, 0, 2, event.StepStarted{StepKind: "subtest"}), at(0, 1, 1, 0, event.TestStarted{Name: "Log in", Steps: 3}), at(0, 1, 1, 1, request("POST", "/token")),
		}, time.Second, "[ 2/12] > [1/3] running  POST /token  1.0s, run 1.0s"},
		{"a step in a loop", []told{one, users,
			at(0, 1, 0, 2, event.StepStarted{StepKind: "conditional-loop"}), at(0, 1, 0, 3, event.StepStarted{StepKind: "request", Note: "next page", Depth: 1, Iteration: 7}),
		}, time.Second, "[ 3/12] running  next page  (round 7)  1.0s, run 1.0s"},
		{"a loop between its rounds", []told{one, users,
			at(0, 1, 0, 2, event.StepStarted{StepKind: "conditional-loop", Left: "{{more}}", Comparison: "equal", Right: "yes"}),
			at(0, 1, 0, 3, event.StepStarted{StepKind: "request", Depth: 1, Iteration: 7}), at(0, 1, 0, 3, event.StepFinished{}),
		}, time.Second, `[ 2/12] running  until "{{more}}" equal "yes"  1.0s, run 1.0s`},
		{"nothing of a short step", []told{one, users, at(time.Second, 1, 0, 3, get)}, 1100 * time.Millisecond, ""},
		{"nothing of a short pause", []told{one, users, at(0, 1, 0, 3, event.StepStarted{StepKind: "pause", Pause: 100 * time.Millisecond})}, time.Second, ""},
		{"nothing between steps", []told{one, users, at(0, 1, 0, 3, get), at(time.Second, 1, 0, 3, event.StepFinished{})}, 2 * time.Second, ""},
		{"nothing behind the test", []told{one, users, at(0, 1, 0, 0, event.TestFinished{})}, 2 * time.Second, ""},
		{"nothing behind the run", []told{one, users, at(0, 1, 0, 3, get), at(0, 0, 0, 0, event.RunFinished{})}, 2 * time.Second, ""},
		{"nothing before the run", nil, time.Second, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(boardOf(row.events...).lines(start.Add(row.now), 80, 10), "\n")
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// threeOfFive is a run in which two tests have ended and three go on.
func threeOfFive() *board {
	return boardOf(
		at(0, 0, 0, 0, event.RunStarted{Tests: 5}),
		at(0, 1, 0, 0, event.TestStarted{Name: "Users", Steps: 12}),
		at(0, 3, 0, 0, event.TestStarted{Name: "Groups of all kinds", Steps: 3, Iteration: 2, Iterations: 4}),
		at(0, 2, 0, 0, event.TestStarted{Name: "Schemas", Steps: 1}),
		at(0, 3, 0, 0, event.TestFinished{Outcome: event.Passed}),
		at(0, 2, 0, 0, event.TestFinished{Outcome: event.Failed, Again: true}),
		at(0, 2, 0, 0, event.TestStarted{Name: "Schemas", Steps: 1, Attempt: 2, Attempts: 3}),
		at(0, 2, 0, 0, event.TestFinished{Outcome: event.Failed}),
		at(0, 5, 0, 0, event.TestStarted{Name: "最後のテスト", Steps: 100}),
		at(0, 4, 0, 0, event.TestStarted{File: "no-name.json", Steps: 100, Attempt: 2, Attempts: 3}),
		at(time.Second, 1, 0, 3, request("GET", "/Users?filter=userName%20eq%20%22somebody%22&startIndex=1&count=100")),
		at(2*time.Second, 5, 0, 12, event.StepStarted{StepKind: "pause", Pause: time.Minute}),
	)
}

func TestSeveralTestsAreShownByNumber(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name          string
		columns, rows int
		want          []string
	}{
		{"wide", 100, 10, []string{
			"Users                           [ 3/12] running  GET /Users?filter=userName%20eq%20%22somebo...  13s",
			"no-name.json  (attempt 2 of 3)  begins",
			"最後のテスト                    [ 12/100] pause    48s left of 1m",
			"2 of 5 tests done, 1 failed, 3 running, 14s",
		}},
		{"narrow", 40, 10, []string{
			"Users          [ 3/12] running  ...  13s",
			"no-name.js...  begins",
			"最後のテスト   [ 12/100] pause    48s...",
			"2 of 5 tests done, 1 failed, 3 runnin...",
		}},
		{"low", 100, 2, []string{
			"Users  [ 3/12] running  GET /Users?filter=userName%20eq%20%22somebody%22&startIndex=1&count=100  13s",
			"2 of 5 tests done, 1 failed, 3 running, 14s",
		}},
		{"one row", 100, 1, []string{"2 of 5 tests done, 1 failed, 3 running, 14s"}},
		{"no room", 0, 0, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := threeOfFive().lines(start.Add(14*time.Second), row.columns, row.rows)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNothingIsShownWhenAllTestsHaveEnded(t *testing.T) {
	t.Parallel()
	b := boardOf(at(0, 0, 0, 0, event.RunStarted{Tests: 2}))
	for number := range 2 {
		if b.lines(start.Add(time.Minute), 80, 10) == nil {
			t.Errorf("nothing is shown after %d of 2 tests", number)
		}
		b.take(event.Event{Test: number + 1, Body: event.TestStarted{}}, start)
		b.take(event.Event{Test: number + 1, Body: event.TestFinished{}}, start)
	}
	if got := b.lines(start.Add(time.Minute), 80, 10); got != nil {
		t.Errorf("shown: %q", got)
	}
}

func TestElapsedIsShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0.0s", 1290 * time.Millisecond: "1.2s", 9999 * time.Millisecond: "9.9s", 14900 * time.Millisecond: "14s",
		time.Minute: "1m", 185 * time.Second: "3m5s", 2 * time.Hour: "2h", 2*time.Hour + time.Second: "2h0m1s",
	} {
		if got := elapsed(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}
