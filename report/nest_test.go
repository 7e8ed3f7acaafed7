package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"offscope/event"
	"offscope/exchange"
)

// nested are streams in which steps stand inside others.
var nested = map[string]func() []event.Event{
	"conditions":            conditions,
	"conditions-nested":     conditionsNested,
	"conditions-failed":     conditionsFailed,
	"loop":                  loopOfThree,
	"loop-cap":              loopAtItsCap,
	"loop-interrupted":      loopInterrupted,
	"subtests":              subtests,
	"subtest-failed":        subtestFailed,
	"subtest-nested":        subtestNested,
	"subtest-in-nests":      subtestInNests,
	"subtest-interrupted":   subtestInterrupted,
	"subtest-not-run":       subtestNotRun,
	"subtests-side-by-side": sideBySide,
	"iterations":            iterations,
	"inbound":               inbound,
	"deep":                  deep,
}

var nestedDrawings = []drawing{
	{"conditions", "", TextOptions{}},
	{"conditions", "-q", TextOptions{Verbosity: Quiet}},
	{"conditions", "-v", TextOptions{Verbosity: Headers}},
	{"conditions", "-colour", TextOptions{Palette: tags}},
	{"conditions", "-shown", TextOptions{Reveal: known}},
	{"conditions", "-narrow", TextOptions{Width: 60}},
	{"conditions-nested", "", TextOptions{}},
	{"conditions-failed", "", TextOptions{}},
	{"conditions-failed", "-q", TextOptions{Verbosity: Quiet}},
	{"loop", "", TextOptions{}},
	{"loop", "-v", TextOptions{Verbosity: Headers}},
	{"loop", "-colour", TextOptions{Palette: tags}},
	{"loop-cap", "", TextOptions{}},
	{"loop-cap", "-q", TextOptions{Verbosity: Quiet}},
	{"loop-interrupted", "", TextOptions{}},
	{"subtests", "", TextOptions{}},
	{"subtests", "-q", TextOptions{Verbosity: Quiet}},
	{"subtests", "-vv", TextOptions{Verbosity: Bodies}},
	{"subtests", "-curl", TextOptions{Curl: true}},
	{"subtests", "-colour", TextOptions{Palette: tags}},
	{"subtest-failed", "", TextOptions{}},
	{"subtest-failed", "-q", TextOptions{Verbosity: Quiet}},
	{"subtest-failed", "-narrow", TextOptions{Width: 60}},
	{"subtest-nested", "", TextOptions{}},
	{"subtest-nested", "-q", TextOptions{Verbosity: Quiet}},
	{"subtest-in-nests", "", TextOptions{}},
	{"subtest-in-nests", "-q", TextOptions{Verbosity: Quiet}},
	{"subtest-interrupted", "", TextOptions{}},
	{"subtest-not-run", "", TextOptions{}},
	{"subtests-side-by-side", "", TextOptions{}},
	{"subtests-side-by-side", "-q", TextOptions{Verbosity: Quiet}},
	{"iterations", "", TextOptions{}},
	{"iterations", "-q", TextOptions{Verbosity: Quiet}},
	{"inbound", "", TextOptions{}},
	{"inbound", "-v", TextOptions{Verbosity: Headers}},
	{"inbound", "-vv", TextOptions{Verbosity: Bodies, Curl: true}},
	{"deep", "-narrow", TextOptions{Width: 40}},
}

// Each step's bodies stand between its start and its end; what began last in a test ends first.
func TestTheRecordedStreamsAreNestedAsTheEventPackageSays(t *testing.T) {
	t.Parallel()
	type opened struct {
		sub, step int
		what      string
	}
	for name, events := range everyStream() {
		open := map[int][]opened{}
		for _, e := range events() {
			if e.Test == 0 {
				continue
			}
			o := opened{e.Sub, e.Step, "step"}
			switch e.Body.(type) {
			case event.TestStarted, event.TestFinished:
				o.what = "test"
			}
			stack := open[e.Test]
			switch e.Body.(type) {
			case event.TestStarted, event.StepStarted:
				open[e.Test] = append(stack, o)
			case event.TestFinished, event.StepFinished:
				if len(stack) == 0 || stack[len(stack)-1] != o {
					t.Fatalf("%s: event %d ends %v, open are %v", name, e.Seq, o, stack)
				}
				open[e.Test] = stack[:len(stack)-1]
			default:
				if e.Step != 0 && !slices.Contains(stack, o) {
					t.Fatalf("%s: event %d is about %v, open are %v", name, e.Seq, o, stack)
				}
			}
		}
		for test, stack := range open {
			if len(stack) > 0 {
				t.Errorf("%s: test %d: %v never end", name, test, stack)
			}
		}
	}
}

// A stream that was cut or came from somewhere else is drawn as well as it can be.
func TestTextDrawsStreamsWithAnEventMissing(t *testing.T) {
	t.Parallel()
	for name, events := range everyStream() {
		all := events()
		for i := range all {
			text := NewText(io.Discard, TextOptions{Verbosity: Verbosity(i%4) - 1})
			for _, e := range slices.Delete(slices.Clone(all), i, i+1) {
				if err := text.Write(e); err != nil {
					t.Fatalf("%s without event %d: %v", name, i+1, err)
				}
			}
		}
	}
}

func TestASubtestThatCallsItselfIsDrawnOnce(t *testing.T) {
	t.Parallel()
	s := run(1).open("t", "t.json", 1)
	s.sub = 1
	s.add(event.TestStarted{Name: "itself", File: "t.json", Steps: 1, Caller: 1, CallerStep: 1})
	if got := draw(t, s.users("List users").events, TextOptions{}); strings.Count(got, "itself") != 1 {
		t.Errorf("got\n%s", got)
	}
}

func TestALoopThatCannotCompareSaysWhy(t *testing.T) {
	t.Parallel()
	s := run(1).open("t", "t.json", 2)
	s.nest(event.StepStarted{StepKind: "loop"}, failed(event.Counts{}), func(number int) {
		s.round = 1
		s.users("List users")
		s.step = number
		s.add(event.Compared{Iteration: 1, Left: "{{n}}", Comparison: "equal", Error: "the variable 'n' was not defined", Where: at(5, `"{{n}}"`, `"{{n}}"`)})
	})
	want := "[1/2] FAIL     loop: stopped in round 1\n    users.json:5:1: the variable 'n' was not defined\n        \"{{n}}\"\n        ^^^^^^^\n"
	if got := draw(t, s.events, TextOptions{}); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant in it\n%s", got, want)
	}
}

func TestALoopThatNeverBeganHasNoRounds(t *testing.T) {
	t.Parallel()
	s := run(1).open("t", "t.json", 2)
	s.nest(event.StepStarted{StepKind: "conditional-loop", Left: "a", Comparison: "not_empty"}, passedOver(event.NotRun, "stopped"), func(int) {
		s.round = 1
		s.request("List users", nil, passedOver(event.NotRun, "stopped"))
	})
	want := "[1/2] not run  loop until \"a\" not empty  (stopped)\n  [2/2] not run  List users  (round 1)\n"
	if got := draw(t, s.events, TextOptions{}); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s", got)
	}
}

func TestIterationsOfOneTestHaveATotal(t *testing.T) {
	t.Parallel()
	events := iterations()
	last := &events[len(events)-1]
	total := last.Body.(event.RunFinished)
	total.Tests = 1
	last.Body = total
	if got, want := draw(t, events, TextOptions{}), "\nFAIL  1 test, 1 test failed, 3 steps"; !strings.Contains(got, want) {
		t.Errorf("got\n%s", got)
	}
}

func TestANoticeBeforeTheLastLineHasOneEmptyLineBelow(t *testing.T) {
	t.Parallel()
	s := run(2).open("t", "t.json", 1).users("List users")
	s.step = 0
	s.add(event.Notice{Severity: "warning", Message: "odd"}).close(event.Passed, "", event.Counts{}, 0)
	if got, want := draw(t, s.events, TextOptions{}), "warning: odd\n\nPASS  0 steps"; !strings.Contains(got, want) {
		t.Errorf("got\n%s", got)
	}
}

// nest adds a condition or a loop: its start, what inner adds, its end.
func (s *stream) nest(started event.StepStarted, f event.StepFinished, inner func(number int)) *stream {
	s.step++
	number, round := s.step, s.round
	started.File, started.Line, started.Col, started.Depth, started.Iteration = "users.json", 10*number, 5, s.depth, round
	s.add(started)
	s.depth++
	inner(number)
	s.depth--
	last := s.step
	s.step, s.round = number, round
	s.add(f)
	s.step = last
	return s
}

// condition adds a condition on the variable state; what, when there is something, comes before the steps inside.
func (s *stream) condition(note string, f event.StepFinished, what []event.Body, inner func()) *stream {
	started := event.StepStarted{StepKind: "condition", Note: note, Left: "{{state}}", Comparison: "equal", Right: "active"}
	return s.nest(started, f, func(int) {
		s.add(what...)
		inner()
	})
}

func isActive(value string) []event.Body {
	return []event.Body{event.Compared{Left: "{{state}}", Comparison: "equal", Right: "active", LeftValue: value, RightValue: "active", Holds: value == "active"}}
}

// loop adds a loop of as many rounds as there are values.
func (s *stream) loop(note string, f event.StepFinished, values []string, inner func(), what ...event.Body) *stream {
	started := event.StepStarted{StepKind: "conditional-loop", Note: note, Left: "{{state}}", Comparison: "equal", Right: "done"}
	return s.nest(started, f, func(number int) {
		for i, value := range values {
			s.round, s.step = i+1, number
			inner()
			last := s.step
			s.step = number
			s.add(event.Compared{Iteration: i + 1, Left: "{{state}}", Comparison: "equal", Right: "done", LeftValue: value, RightValue: "done", Holds: value == "done"})
			s.step = last
		}
		last := s.step
		s.step = number
		s.add(what...)
		s.step = last
	})
}

// subtest adds a step that runs a subtest; after comes between the end of the subtest and that of the step.
func (s *stream) subtest(note string, opening event.TestStarted, inner func(), end event.TestFinished, f event.StepFinished, after ...event.Body) *stream {
	s.step++
	s.add(event.StepStarted{StepKind: "subtest", Note: note, File: "users.json", Line: 10 * s.step, Col: 5, Depth: s.depth, Iteration: s.round})
	caller := *s
	opening.Caller, opening.CallerStep = s.sub, s.step
	s.subs++
	s.sub, s.step, s.depth, s.round = s.subs, 0, 0, 0
	s.add(opening)
	inner()
	s.step = 0
	s.add(end)
	s.sub, s.step, s.depth, s.round = caller.sub, caller.step, caller.depth, caller.round
	return s.add(after...).add(f)
}

var logIn = event.TestStarted{Name: "Log in", File: "login.json", Line: 1, Col: 1, Steps: 2, Environment: "local"}

// resultOf is the result of a subtest as its caller gets it.
func resultOf(json string) event.Exchanged {
	return event.Exchanged{Response: &event.Response{Body: content(json)}, Timings: exchange.Timings{}}
}

func (s *stream) users(note string) *stream {
	return s.request(note, answer("GET", "/Users", 200, "OK", userList), passed(1))
}

func allDone(s *stream, steps, assertions, skipped int) []event.Event {
	return s.close(event.Passed, "", event.Counts{Steps: steps, Assertions: assertions, StepsSkipped: skipped}, 20*ms).end(event.RunFinished{Outcome: event.Passed, Tests: 1})
}

func allFailed(s *stream, reason string, c event.Counts) []event.Event {
	return s.close(event.Failed, reason, c, 20*ms).end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1})
}

const notHeld = "the condition does not hold"

func conditions() []event.Event {
	s := run(1).open("SCIM users", "users.json", 12).users("List users")
	s.condition("", passed(0), isActive("active"), func() { s.users("Deactivate the user").pause(time.Second, time.Second, passed(0)) })
	s.condition("", passed(0), isActive("pending"), func() {
		s.request("Delete the user", nil, passedOver(event.Skipped, notHeld)).request("List users", nil, passedOver(event.Skipped, notHeld))
	})
	s.condition("Only with the token", passed(0), []event.Body{
		event.Compared{Left: "{{token}}", Comparison: "not_equal", Right: "{{other}}", LeftValue: auth, RightValue: auth},
	}, func() { s.request("Get the user", nil, passedOver(event.Skipped, notHeld)) })
	s.condition("", passedOver(event.Skipped, "skipped in the file"), nil, func() { s.request("Inside of what is skipped", nil, passedOver(event.Skipped, "skipped in the file")) })
	return allDone(s.users("A note of sixty-one letters, which pushes the figures outward"), 12, 4, 5)
}

func conditionsNested() []event.Event {
	s := run(1).open("SCIM users", "users.json", 10)
	s.condition("", passed(0), isActive("active"), func() {
		s.condition("The inner one", passed(0), isActive("active"), func() { s.users("Two levels deep") })
		s.condition("", passed(0), isActive("gone"), func() { s.request("Not due", nil, passedOver(event.Skipped, notHeld)) })
		s.users("One level deep")
	})
	s.condition("", passedOver(event.Skipped, "not chosen"), nil, func() {
		s.condition("", passedOver(event.Skipped, "not chosen"), nil, func() { s.request("Inside both", nil, passedOver(event.Skipped, "not chosen")) })
	})
	return allDone(s.users("At the margin"), 10, 3, 4)
}

func conditionsFailed() []event.Event {
	s := run(1).open("SCIM users", "users.json", 5)
	text := "Variable 'state' was not defined"
	where := at(12, `        "left_value": "{{state}}"`, `{{state}}"`)
	reason := "the condition could not be evaluated"
	problem := event.Problem{Code: "undefined-variable", Outcome: event.Failed, Message: text, Hint: "give it a value with --var state=VALUE", Where: where}
	compared := event.Compared{Left: "{{state}}", Comparison: "equal", Right: "active", RightValue: "active", Error: text, Where: where}
	inner := func() { s.request("Deactivate the user", nil, passedOver(event.NotRun, reason)) }
	s.condition("", failed(event.Counts{}), []event.Body{problem, compared}, inner)
	s.condition("Only a comparison says why", failed(event.Counts{}), []event.Body{compared}, inner)
	return allFailed(s.users("List users"), "", event.Counts{Steps: 5, Assertions: 1, StepsFailed: 2, StepsNotRun: 2})
}

func loopOfThree() []event.Event {
	s := run(1).open("SCIM users", "users.json", 9)
	s.loop("", passed(0), []string{"new", "new", "done"}, func() {
		s.request("Not wanted", nil, passedOver(event.Skipped, "skipped in the file"))
		s.users("Get the state").pause(time.Second, 2*time.Second, passed(0))
	})
	s.loop("Wait for the job", passed(0), []string{"done"}, func() {
		s.condition("", passed(0), isActive("active"), func() { s.users("Get the job") })
	})
	return allDone(s.loop("", passedOver(event.Skipped, "skipped in the file"), nil, func() {}), 9, 2, 2)
}

func loopAtItsCap() []event.Event {
	s := run(1).open("SCIM users", "users.json", 3)
	s.loop("", failed(event.Counts{}), []string{"new", "new", "old"}, func() {
		if s.round == 2 {
			s.request("Get the state", answer("GET", "/Users", 500, "Internal Server Error", ""), failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), unequal(1, 20, "a", "1", "2", "number"))
			return
		}
		s.users("Get the state")
	}, event.Problem{Code: "loop-limit", Outcome: event.Failed, Message: "the loop has run 3 rounds and its condition still does not hold", Hint: "the hosted service gives up after as many", Where: at(10, `      "step_type": "conditional-loop"`, `"conditional-loop"`)})
	return allFailed(s.users("List users"), "", event.Counts{Steps: 3, Assertions: 2, AssertionsFailed: 1, StepsFailed: 2})
}

const sigint = "interrupted by SIGINT"

func loopInterrupted() []event.Event {
	s := run(1).open("SCIM users", "users.json", 4)
	started := event.StepStarted{StepKind: "conditional-loop", Left: "{{state}}", Comparison: "is_less_than", Right: "3"}
	s.nest(started, passedOver(event.NotRun, sigint), func(number int) {
		s.round = 1
		s.users("Get the state").pause(time.Second, time.Second, passed(0))
		s.step = number
		s.add(event.Compared{Iteration: 1, Left: "{{state}}", Comparison: "is_less_than", Right: "3", LeftValue: "4", RightValue: "3"})
		s.round = 2
		s.users("Get the state").pause(time.Second, time.Second, passedOver(event.NotRun, sigint))
	})
	s.request("List users", nil, passedOver(event.NotRun, sigint))
	s.close(event.Errored, sigint, event.Counts{Steps: 4, Assertions: 2, StepsNotRun: 3}, 900*ms)
	return s.end(event.RunFinished{Outcome: event.Errored, Tests: 1, TestsFailed: 1, Interrupted: "SIGINT"})
}

func iterations() []event.Event {
	s := run(3)
	for i := range 3 {
		s.test, s.step = s.test+1, 0
		s.add(event.TestStarted{Name: "SCIM users", File: "users.json", Line: 1, Col: 1, Steps: 1, Environment: "local", Iteration: i + 1, Iterations: 3})
		if i == 1 {
			s.request("List users", answer("GET", "/Users", 200, "OK", "{}"), failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), unequal(1, 20, "totalResults", "1", "0", "number"))
			s.close(event.Failed, "", event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1}, 20*ms)
			continue
		}
		s.users("List users").close(event.Passed, "", event.Counts{Steps: 1, Assertions: 1}, 20*ms)
	}
	return s.end(event.RunFinished{Outcome: event.Failed, Tests: 3, TestsFailed: 1, Counts: event.Counts{Steps: 3, Assertions: 3, AssertionsFailed: 1}, Duration: 60 * ms})
}

func inbound() []event.Event {
	s := run(1).open("SCIM users", "users.json", 3)
	started := func(note string) event.StepStarted {
		s.step++
		return event.StepStarted{StepKind: "inbound", Note: note, File: "users.json", Line: 10 * s.step, Col: 5}
	}
	x := event.Exchanged{
		Request: event.Request{Method: "POST", URL: "http://127.0.0.1:4000/radar/inbound/7f", Header: exchange.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "X-Token", Value: auth}}, Body: content(`{"state":"new"}`)},
		Timings: exchange.Timings{Total: 2010 * ms},
	}
	s.add(started("Wait for the call"), x, passed(1))
	row := unequal(1, 20, "state", "done", "new", "string")
	s.add(started(""), x, row, failed(event.Counts{Assertions: 1, AssertionsFailed: 1}))
	message := "no request came within 10m"
	s.add(started("Wait in vain"), event.Problem{Code: "inbound-timeout", Outcome: event.Errored, Message: message, Where: at(30, `      "step_type": "inbound"`, `"inbound"`)},
		event.Exchanged{Timings: exchange.Timings{Total: 10 * time.Minute}, Failure: &event.TransportFailure{Failure: "timeout", Message: message}},
		notRun(1), event.StepFinished{Outcome: event.Errored, Counts: event.Counts{Assertions: 1, AssertionsFailed: 1}})
	return allFailed(s, "", event.Counts{Steps: 3, Assertions: 3, AssertionsFailed: 2, StepsErrored: 1})
}

// deep is nested deeper than a narrow page can show.
func deep() []event.Event {
	s := run(1).open("Deep", "users.json", 6)
	inner := func() { s.users("The innermost step of all of them") }
	for i := range 5 {
		within := inner
		inner = func() {
			s.condition(fmt.Sprintf("Level %d, with a note that is long", 5-i), passed(0), isActive("active"), within)
		}
	}
	inner()
	return allDone(s, 6, 1, 0)
}
