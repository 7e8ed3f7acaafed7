package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

const notChosen = "not chosen"

// over adds steps that were passed over for the same reason.
func (s *stream) over(n int, o event.Outcome, reason string) *stream {
	for range n {
		s.request(fmt.Sprintf("Step %d", s.step+1), nil, passedOver(o, reason))
	}
	return s
}

// stepLines are the lines of a text without its heading.
func stepLines(tb testing.TB, s *stream, o TextOptions) string {
	tb.Helper()
	_, lines, _ := strings.Cut(draw(tb, s.events, o), "\n\n")
	return squeezedFigures(lines)
}

// squeezedFigures leaves only one of the spaces between the columns of a line.
func squeezedFigures(lines string) string {
	return strings.TrimSpace(regexp.MustCompile(`(\S)  +`).ReplaceAllString(lines, "$1 "))
}

func TestStepsThatWerePassedOverTakeOneLine(t *testing.T) {
	t.Parallel()
	skip := passedOver(event.Skipped, notChosen)
	for _, row := range []struct {
		name, want string
		steps      int
		add        func(s *stream)
	}{
		{"two are told one by one", "[1/2] skip Step 1 (not chosen)\n[2/2] skip Step 2", 2, func(s *stream) { s.over(2, event.Skipped, notChosen) }},
		{"three are told together", "[1-3/3] skip 3 steps (not chosen)", 3, func(s *stream) { s.over(3, event.Skipped, notChosen) }},
		{"numbers stand below each other", "[ 1-11/12] skip 11 steps (not chosen)\n[12/12] PASS List 200 12ms 1/1", 12,
			func(s *stream) { s.over(11, event.Skipped, notChosen).users("List") }},
		{"another reason", "[1-3/7] skip 3 steps (not chosen)\n[4-6/7] skip 3 steps (skipped in the file)\n[7/7] skip Step 7 (not chosen)", 7,
			func(s *stream) {
				s.over(3, event.Skipped, notChosen).over(3, event.Skipped, "skipped in the file").over(1, event.Skipped, notChosen)
			}},
		{"another outcome", "[1-3/6] skip 3 steps (stopped)\n[4-6/6] not run 3 steps", 6, func(s *stream) { s.over(3, event.Skipped, "stopped").over(3, event.NotRun, "stopped") }},
		{"without a reason", "[1-3/3] not run 3 steps", 3, func(s *stream) { s.over(3, event.NotRun, "") }},
		{"what stands inside is of them", "[1-5/5] skip 5 steps (not chosen)", 5, func(s *stream) {
			s.over(1, event.Skipped, notChosen).condition("Ready?", skip, nil, func() { s.over(2, event.Skipped, notChosen) }).over(1, event.Skipped, notChosen)
		}},
		{"what goes on further to the left is not", "[1/5] if Ready? (holds)\n  [2/5] skip Step 2 (not chosen)\n  [3/5] skip Step 3\n[4/5] skip Step 4\n[5/5] skip Step 5", 5,
			func(s *stream) {
				s.condition("Ready?", passed(0), isActive("active"), func() { s.over(2, event.Skipped, notChosen) }).over(2, event.Skipped, notChosen)
			}},
		{"inside of a condition that does not hold", "[1/4] if Ready? (does not hold: 'gone')\n  [2-4/4] skip 3 steps (not chosen)", 4,
			func(s *stream) {
				s.condition("Ready?", passed(0), isActive("gone"), func() { s.over(3, event.Skipped, notChosen) })
			}},
		{"a condition stands above a step that ran",
			"[1-3/8] skip 3 steps (not chosen)\n[4/8] skip Outer\n  [5/8] skip Inner\n    [6/8] PASS List 200 12ms 1/1\n[7/8] skip Step 7\n[8/8] skip Step 8", 8,
			func(s *stream) {
				s.over(3, event.Skipped, notChosen)
				s.step++
				s.add(event.StepStarted{StepKind: "condition", Note: "Outer"}, skip)
				s.depth++
				s.step++
				s.add(event.StepStarted{StepKind: "condition", Note: "Inner", Depth: 1}, skip)
				s.depth++
				s.users("List")
				s.depth = 0
				s.over(2, event.Skipped, notChosen)
			}},
		{"a condition stands above a step with another reason",
			"[1/5] skip Outer (not chosen)\n  [2/5] skip Step 2\n  [3/5] skip Step 3 (skipped in the file)\n[4/5] skip Step 4 (not chosen)\n[5/5] skip Step 5", 5,
			func(s *stream) {
				s.condition("Outer", skip, nil, func() { s.over(1, event.Skipped, notChosen).over(1, event.Skipped, "skipped in the file") })
				s.over(2, event.Skipped, notChosen)
			}},
		{"pauses between steps that ran",
			"[1/3] skip pause 1s (--pauses skip)\n[2/3] PASS List 200 12ms 1/1\n[3/3] skip pause 1s", 3,
			func(s *stream) {
				pause := passedOver(event.Skipped, "--pauses skip")
				s.pause(0, time.Second, pause).users("List").pause(0, time.Second, pause)
			}},
		{"rounds of a loop", "[1/2] skip List (round 1, not chosen)\n[1/2] skip List (round 2)\n[1/2] skip List (round 3)", 2,
			func(s *stream) {
				for s.round = 1; s.round <= 3; s.round++ {
					s.step = 0
					s.request("List", nil, skip)
				}
			}},
		{"a notice between", "[1/4] skip Step 1 (not chosen)\n[2/4] skip Step 2\nwarning: odd\n\n[3/4] skip Step 3\n[4/4] skip Step 4", 4,
			func(s *stream) {
				s.over(2, event.Skipped, notChosen).add(event.Notice{Severity: "warning", Message: "odd"}).over(2, event.Skipped, notChosen)
			}},
		{"a notice of the run between", "[1-3/4] skip 3 steps (not chosen)\nwarning: odd\n\n[4/4] skip Step 4", 4,
			func(s *stream) {
				s.over(3, event.Skipped, notChosen)
				s.events = append(s.events, event.Event{Body: event.Notice{Severity: "warning", Message: "odd"}})
				s.over(1, event.Skipped, notChosen)
			}},
		{"a subtest between", "[1-3/4] not run 3 steps (stopped)\n[4/4] subtest Log in login.json\n  [1/2] PASS Ask 200 12ms 1/1\n  pass, 0 steps, 0 assertions\n[4/4] PASS Get a token - - -", 4,
			func(s *stream) {
				s.over(3, event.NotRun, "stopped").subtest("Get a token", logIn, func() { s.users("Ask") }, event.TestFinished{Outcome: event.Passed}, passed(0))
			}},
		{"in a subtest and behind it", "[1/4] subtest Log in login.json\n  [1-3/3] not run 3 steps (stopped)\n  pass, 0 steps, 0 assertions\n[1/4] PASS Get a token - - -\n[2-4/4] not run 3 steps (stopped)", 4,
			func(s *stream) {
				s.subtest("Get a token", logIn, func() { s.over(3, event.NotRun, "stopped") }, event.TestFinished{Outcome: event.Passed}, passed(0)).over(3, event.NotRun, "stopped")
			}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := run(1).open("t", "t.json", row.steps)
			row.add(s)
			if diff := cmp.Diff(row.want, stepLines(t, s, TextOptions{})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for _, o := range []TextOptions{{OneByOne: true}, {Verbosity: Headers}} {
				if got := stepLines(t, s, o); strings.Contains(got, " steps (") {
					t.Errorf("%+v: got\n%s", o, got)
				}
			}
			if got := draw(t, s.events, TextOptions{Verbosity: Quiet}); strings.Contains(got, "skip ") || strings.Contains(got, "not run ") {
				t.Errorf("quiet: got\n%s", got)
			}
		})
	}
}

// Nothing stays behind: what waits is there when its test ends, and before what is told of the run.
func TestStepsThatWaitForTheirLineAreToldInTime(t *testing.T) {
	t.Parallel()
	a, b := run(2), &stream{test: 1}
	a.open("A", "a.json", 4).over(2, event.NotRun, "stopped")
	b.open("B", "b.json", 1).users("List")
	begin := len(a.events)
	a.over(2, event.NotRun, "stopped").close(event.Errored, "stopped", event.Counts{Steps: 4, StepsNotRun: 4}, 0)
	events := append(append(append([]event.Event(nil), a.events[:begin]...), b.events...), a.events[begin:]...)
	want := "A  a.json, environment local, seed 42\n\nB  b.json, environment local\n\n" +
		"[1/1] PASS List 200 12ms 1/1\n\n" +
		"A a.json, environment local\n\n[1-4/4] not run 4 steps (stopped)\n\nstopped: stopped\nFAIL 4 steps, 0 assertions, 4 not run, 0.0s\n"
	if diff := cmp.Diff(squeezedFigures(want), squeezedFigures(draw(t, events, TextOptions{}))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	whole := draw(t, run(1).open("A", "a.json", 3).over(3, event.NotRun, "stopped").end(event.RunFinished{Tests: 1, Interrupted: "SIGINT"}), TextOptions{})
	if !strings.Contains(whole, "[1-3/3] not run  3 steps  (stopped)\n") {
		t.Errorf("got\n%s", whole)
	}
}

func TestALongReasonDoesNotCutTheName(t *testing.T) {
	t.Parallel()
	reason := "4 variables are missing; nothing was sent (--no-preflight sends all the same)"
	s := run(1).open("t", "t.json", 2).request("Create a user with all that there is", nil, passedOver(event.NotRun, reason)).request("Get it", nil, passedOver(event.NotRun, reason))
	want := "[1/2] not run Create a user with all that there is\n    (4 variables are missing; nothing was sent (--no-preflight sends all the same))\n[2/2] not run Get it"
	if diff := cmp.Diff(want, stepLines(t, s, TextOptions{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	s = run(1).open("t", "t.json", 3).over(3, event.NotRun, reason)
	want = "[1-3/3] not run 3 steps\n    (4 variables are missing; nothing\n      was sent (--no-preflight sends all\n      the same))"
	if diff := cmp.Diff(want, stepLines(t, s, TextOptions{Width: 40})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Not in parallel with others, because it measures memory.
func TestManyStepsThatWerePassedOverTakeLinearWork(t *testing.T) {
	deep := func(steps int) uint64 {
		s := run(1).open("t", "t.json", steps)
		skip := passedOver(event.Skipped, notChosen)
		for s.step < steps/2 {
			s.condition("Ready?", skip, nil, func() { s.over(3, event.Skipped, notChosen) })
		}
		s.condition("Ready?", skip, nil, func() { s.over(steps/2, event.Skipped, notChosen).users("Last") })
		return textTaken(t, s.events)
	}
	few, many := deep(2500), deep(10_000)
	if many > 5*few {
		t.Errorf("2500 steps take %d bytes, and 10000 %d", few, many)
	}
}

func textTaken(t *testing.T, events []event.Event) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	text := NewText(io.Discard, TextOptions{})
	for _, e := range events {
		if err := text.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestAStreamThatBreaksOffIsToldToItsEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	text := NewText(&out, TextOptions{})
	for _, e := range run(1).open("t", "t.json", 3).over(3, event.NotRun, "stopped").events {
		if err := text.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(out.String(), "3 steps") {
		t.Error("the steps are told before it is known that there are no more")
	}
	for range 2 {
		if err := text.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(out.String(), "[1-3/3] not run  3 steps  (stopped)\n"); got != 1 {
		t.Errorf("told %d times", got)
	}
}
