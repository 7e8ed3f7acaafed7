package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

const refusedHint = "nothing listens on localhost:8080: is the server running, and on this port?"

// refused adds a step whose server does not answer; found are further findings.
func (s *stream) refused(note, host, why string, found ...event.Body) *stream {
	x := answer("GET", "/Users", 0, "", "")
	x.Response = nil
	x.Request.URL = "http://" + host + "/Users"
	x.Failure = &event.TransportFailure{Failure: "connect", Message: "Error communicating with " + host + ": " + why}
	problem := event.Problem{Code: "transport-connect", Outcome: event.Errored, Message: x.Failure.Message, Where: at(11, `            "url": "{{base}}/Users"`, `"{{base}}/Users"`)}
	f := event.StepFinished{Outcome: event.Errored, Hints: []string{refusedHint}}
	return s.request(note, x, f, append([]event.Body{problem}, found...)...)
}

const here, refusedWords = "localhost:8080", "connection refused"

func TestAServerThatIsDownIsToldOnce(t *testing.T) {
	t.Parallel()
	line := "    users.json:11:20: the same as step 1: connection refused\n"
	for _, row := range []struct {
		name   string
		o      TextOptions
		second func(s *stream)
		whole  bool   // the second is told in full
		want   string // else
	}{
		{"the same", TextOptions{}, func(s *stream) { s.refused("Second", here, refusedWords) }, false, line},
		{"for who wants failures only", TextOptions{Verbosity: Quiet}, func(s *stream) { s.refused("Second", here, refusedWords) }, false, line},
		{"what was not checked", TextOptions{}, func(s *stream) { s.refused("Second", here, refusedWords, notRun(1)) }, false, line},
		{"another reason", TextOptions{}, func(s *stream) { s.refused("Second", here, "no route") }, true, ""},
		{"another port", TextOptions{}, func(s *stream) { s.refused("Second", "localhost:8081", refusedWords) }, true, ""},
		{"another problem", TextOptions{}, func(s *stream) {
			s.refused("Second", here, refusedWords, event.Problem{Code: "x", Message: "something else"})
		}, true, ""},
		{"a script that failed", TextOptions{}, func(s *stream) {
			s.refused("Second", here, refusedWords, event.Scripted{Role: "pre-request script", Row: 1, Outcome: event.Failed})
		}, true, ""},
		{"everything is wanted", TextOptions{Verbosity: Headers}, func(s *stream) { s.refused("Second", here, refusedWords) }, true, ""},
		{"each step by itself", TextOptions{OneByOne: true}, func(s *stream) { s.refused("Second", here, refusedWords) }, true, ""},
		{"everything and bodies", TextOptions{Verbosity: Bodies}, func(s *stream) { s.refused("Second", here, refusedWords) }, true, ""},
		{"in another test", TextOptions{}, func(s *stream) {
			s.close(event.Errored, "", event.Counts{}, 0).open("u", "u.json", 2).refused("Second", here, refusedWords)
		}, true, ""},
		{"in another attempt", TextOptions{}, func(s *stream) {
			s.close(event.Errored, "", event.Counts{}, 0)
			s.test--
			s.open("t", "t.json", 2).refused("Second", here, refusedWords)
		}, true, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := run(1).open("t", "t.json", 2).refused("First", here, refusedWords)
			row.second(s)
			_, second, found := strings.Cut(draw(t, s.events, row.o), "] ERROR    Second")
			if !found {
				t.Fatal("the second step has no line")
			}
			_, below, _ := strings.Cut(second, "\n")
			if row.whole {
				if strings.Contains(below, "the same as") || !strings.Contains(below, "to repeat the request:") || !strings.Contains(below, "hint: "+refusedHint) {
					t.Errorf("got\n%s", below)
				}
				return
			}
			if diff := cmp.Diff(row.want, below); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAServerThatIsDownIsToldOnceInALoop(t *testing.T) {
	t.Parallel()
	s := run(1).open("t", "t.json", 1)
	for s.round = 1; s.round <= 3; s.round++ {
		s.step = 0
		s.refused("First", here, refusedWords)
	}
	got := squeezedFigures(draw(t, s.events, TextOptions{}))
	want := "[1/1] ERROR First (round 2) - 12ms -\n    users.json:11:20: the same as in round 1: connection refused\n" +
		"[1/1] ERROR First (round 3) - 12ms -\n    users.json:11:20: the same as in round 1: connection refused"
	if !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s", got)
	}
}

func TestAHintOfItsOwnAndACurlCommandThatWasAskedForAreKept(t *testing.T) {
	t.Parallel()
	s := run(1).open("t", "t.json", 2).refused("First", here, refusedWords).refused("Second", here, refusedWords)
	last := &s.events[len(s.events)-1]
	last.Body = event.StepFinished{Outcome: event.Errored, Hints: []string{refusedHint, "look at the variable base"}}
	_, below, _ := strings.Cut(draw(t, s.events, TextOptions{Curl: true}), "the same as step 1: connection refused\n")
	if !strings.HasPrefix(below, "    hint: look at the variable base\n    to repeat the request:\n    curl http://localhost:8080/Users ") {
		t.Errorf("got\n%s", below)
	}
}
