package report

import (
	"slices"
	"strings"
	"testing"

	"offscope/event"
)

// retried are streams of tests that were tried again.
var retried = map[string]func() []event.Event{
	"flaky":           flaky,
	"retried-failed":  retriedInVain,
	"retried-several": retriedAmongOthers,
}

var retriedDrawings = []drawing{
	{"flaky", "", TextOptions{}},
	{"flaky", "-q", TextOptions{Verbosity: Quiet}},
	{"flaky", "-colour", TextOptions{Palette: tags}},
	{"retried-failed", "", TextOptions{}},
	{"retried-several", "", TextOptions{}},
	{"retried-several", "-q", TextOptions{Verbosity: Quiet}},
}

// attempt begins the next test, or the present one once more.
func (s *stream) attempt(number, most int, name string, steps int) *stream {
	if number > 1 {
		s.test--
	}
	s.open(name, "users.json", steps)
	last := len(s.events) - 1
	opening := s.events[last].Body.(event.TestStarted)
	opening.Attempt, opening.Attempts = number, most
	s.events[last].Body = opening
	return s
}

// tryAgain ends an attempt that does not count.
func (s *stream) tryAgain(c event.Counts) *stream {
	s.step = 0
	return s.add(event.TestFinished{Outcome: event.Failed, Again: true, Counts: c, Duration: 30 * ms})
}

// atLast ends an attempt that passed after others had failed.
func (s *stream) atLast(c event.Counts) *stream {
	s.step = 0
	return s.add(event.TestFinished{Outcome: event.Passed, Flaky: true, Counts: c, Duration: 20 * ms})
}

func (s *stream) wrongList(note string) *stream {
	return s.request(note, answer("GET", "/Users", 200, "OK", `{"totalResults":0}`), failed(event.Counts{Assertions: 1, AssertionsFailed: 1}), wrong)
}

var oneWrong = event.Counts{Steps: 3, Assertions: 3, AssertionsFailed: 1, StepsPassed: 2, StepsFailed: 1}

func flaky() []event.Event {
	s := run(1)
	s.attempt(1, 3, "SCIM users", 3).users("Create a user").wrongList("List <users>").users("Delete the user").tryAgain(oneWrong)
	s.attempt(2, 3, "SCIM users", 3).users("Create a user").users("List <users>").users("Delete the user")
	counts := event.Counts{Steps: 3, Assertions: 3, StepsPassed: 3}
	return s.atLast(counts).end(event.RunFinished{Outcome: event.Passed, Tests: 1, TestsFlaky: 1, Counts: counts, Duration: 60 * ms})
}

// retriedInVain fails in other ways each time.
func retriedInVain() []event.Event {
	s := run(1)
	s.attempt(1, 2, "SCIM users", 3).users("Create a user").wrongList("List users").users("Delete the user").tryAgain(oneWrong)
	s.attempt(2, 2, "SCIM users", 3).wrongList("Create a user").users("List users").users("Delete the user")
	return s.close(event.Failed, "", oneWrong, 20*ms).end(event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1, Counts: oneWrong, Duration: 60 * ms})
}

// retriedAmongOthers has a test that passes at once, one whose subtest and one whose initial script failed; the last two run side
// by side.
func retriedAmongOthers() []event.Event {
	s := run(3)
	s.attempt(1, 2, "Passes at once", 1).users("List users").close(event.Passed, "", event.Counts{Steps: 1, Assertions: 1}, 20*ms)
	failed := event.Counts{Steps: 2, Assertions: 2, AssertionsFailed: 1, StepsFailed: 1}
	s.attempt(1, 2, "A subtest fails", 2).users("List users").failedSubtest("Get a token").tryAgain(failed)
	s.attempt(2, 2, "A subtest fails", 2).users("List users")
	s.subtest("Get a token", logIn, func() { s.users("Ask for a token").users("Look at it") }, subPassed(2, 2), passed(1), resultOf(`{"result":"pass"}`))
	s.atLast(event.Counts{Steps: 2, Assertions: 2})

	other := new(stream)
	other.test = 2
	script := event.Scripted{
		Role: "initial script", Row: 1, Outcome: event.Failed,
		Failure: &event.ScriptFailure{Failure: "exception", Message: "ReferenceError: guid is not defined", Where: property(2, "x")},
	}
	other.attempt(1, 3, "A script fails", 1).add(script)
	other.request("List users", nil, passedOver(event.NotRun, "the initial script failed"))
	other.step = 0
	other.add(event.TestFinished{Outcome: event.Failed, Again: true, Reason: "the initial script failed", Counts: event.Counts{Steps: 1, ScriptsFailed: 1, StepsNotRun: 1}})
	other.attempt(2, 3, "A script fails", 1).wrongList("List users").tryAgain(event.Counts{Steps: 1, Assertions: 1, AssertionsFailed: 1, StepsFailed: 1})
	other.attempt(3, 3, "A script fails", 1).users("List users").atLast(event.Counts{Steps: 1, Assertions: 1})

	// The first attempt of the second test ends after the third test has begun.
	begins := slices.IndexFunc(s.events, func(e event.Event) bool { return e.Test == 2 }) + 3
	s.events = slices.Insert(s.events, begins, other.events[:4]...)
	s.events = append(s.events, other.events[4:]...)
	return s.end(event.RunFinished{Outcome: event.Passed, Tests: 3, TestsFlaky: 2, Counts: event.Counts{Steps: 4, Assertions: 4}, Duration: 90 * ms})
}

// cutAfter is a stream up to the event that holds for the nth time.
func cutAfter(events []event.Event, n int, holds func(event.Body) bool) []event.Event {
	for i, e := range events {
		if holds(e.Body) {
			if n--; n == 0 {
				return events[:i+1]
			}
		}
	}
	panic("there is no such event")
}

// cutBetweenAttempts ends where an attempt has failed and the next has not begun.
func cutBetweenAttempts() []event.Event {
	return cutAfter(flaky(), 1, func(b event.Body) bool { f, ok := b.(event.TestFinished); return ok && f.Again })
}

func cutInAttempt() []event.Event {
	return cutAfter(flaky(), 4, func(b event.Body) bool { _, ok := b.(event.StepFinished); return ok })
}

// notTriedAgain promises an attempt that never comes, and calls the run passed.
func notTriedAgain() []event.Event {
	return append(cutBetweenAttempts(), event.Event{Body: event.RunFinished{Outcome: event.Passed, Tests: 1}})
}

// retriedHostile passes after a server has answered with what would break the formats.
func retriedHostile() []event.Event {
	events := hostile()
	events = events[:len(events)-1]
	opening := events[1].Body.(event.TestStarted)
	opening.Attempt, opening.Attempts = 1, 2
	events[1].Body = opening
	last := len(events) - 1
	end := events[last].Body.(event.TestFinished)
	end.Again = true
	events[last].Body = end
	s := &stream{events: events, test: 1}
	s.attempt(2, 2, opening.Name, 1).request("one\n::warning::two # TODO", answer("GET", "/Users", 200, "OK", userList), passed(1))
	return s.atLast(event.Counts{Steps: 1, Assertions: 1}).end(event.RunFinished{Outcome: event.Passed, Tests: 1, TestsFlaky: 1})
}

func TestOnlyTheLastAttemptCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stream, format string
		once           []string // stand in the document exactly once
		never          []string
	}{
		{"flaky", "json", []string{`"result":"pass","outcome":"passed","complete":true`, `"attempts":2,"flaky":true`, `"attempt":1`, `"note":"Create a user"`}, []string{`"result":"fail"`}},
		{"retried-several", "json", []string{`"tests":3,`, `"tests_flaky":2`, `"attempts":3`, `"attempts":1}`}, []string{`"result":"fail"`}},
		{"flaky", "ctrf", []string{`"retries":1`, `"flaky":true`, `"flaky":1`, `"tests":1,`}, []string{`"status":"pending"`}},
		{"retried-failed", "ctrf", []string{`"retries":1`, `"tests":1,`}, []string{`"flaky"`}},
		{"flaky", "junit", []string{`name="attempts" value="2"`, `name="flaky" value="true"`, "<flakyFailure ", "<stackTrace>", "attempt 1 failed: 02 List &lt;users&gt;"}, []string{"<failure"}},
		{"retried-failed", "junit", []string{`name="flaky" value="false"`, "<failure ", "<flakyFailure "}, nil},
		{"flaky", "tap", []string{"flaky: true", "ok 1 - SCIM users", "attempts: 2"}, []string{"not ok"}},
		{"retried-failed", "tap", []string{"flaky: false", "\nnot ok 1 - SCIM users"}, nil},
		{"flaky", "github", []string{"::warning file=users.json,line=1,col=1,title=SCIM users::flaky: passed at attempt 2%0A"}, []string{"::error"}},
		{"retried-failed", "github", []string{"::error"}, []string{"flaky"}},
		{"flaky", "markdown", []string{"| PASS, flaky: passed at attempt 2 | SCIM users |", "1 test passed, 1 flaky"}, nil},
		{"retried-failed", "markdown", []string{"| FAIL, 2 attempts | SCIM users |"}, []string{"flaky"}},
		{"flaky", "har", []string{`"_note":"Create a user"`, `"_attempts":2,"_flaky":true,"comment":"flaky: passed at attempt 2; attempt 1 failed: 02 List <users>: `}, []string{`"_outcome":"failed"`}},
		{"retried-failed", "har", []string{`"_attempts":2,"comment":"attempt 1 failed: 02 List users: `}, []string{`"_flaky"`}},
	} {
		got := document(t, c.format, timed(retried[c.stream]()))
		for _, text := range c.once {
			if n := strings.Count(got, text); n != 1 {
				t.Errorf("%s, %s: %q stands there %d times, want 1\n%s", c.stream, c.format, text, n, got)
			}
		}
		for _, text := range c.never {
			if strings.Contains(got, text) {
				t.Errorf("%s, %s: %q stands there\n%s", c.stream, c.format, text, got)
			}
		}
	}
}

// A file that was put together from pieces may lack the attempts that failed.
func TestATestIsFlakyWhenOnlyItsEndSaysSo(t *testing.T) {
	t.Parallel()
	events := flaky()
	again := len(cutBetweenAttempts())
	got := document(t, "json", timed(append(events[:1:1], events[again:]...)))
	if !strings.Contains(got, `"attempts":2,"flaky":true`) || strings.Contains(got, "failed_attempts") {
		t.Error(got)
	}
}

func TestAnAttemptThatNeverCameIsSaidToBeMissing(t *testing.T) {
	t.Parallel()
	for _, events := range [][]event.Event{cutBetweenAttempts(), notTriedAgain()} {
		got := document(t, "junit", timed(events))
		for _, text := range []string{"<failure ", againCutOff} {
			if !strings.Contains(got, text) {
				t.Errorf("there is no %q in\n%s", text, got)
			}
		}
		for format, green := range greens {
			if got := document(t, format, timed(events)); green(got) {
				t.Errorf("green as %s\n%s", format, got)
			}
		}
	}
}
