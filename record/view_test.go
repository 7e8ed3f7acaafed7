package record

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/exchange"
)

func TestTestsShowStepsWithTheirWorstRound(t *testing.T) {
	t.Parallel()
	got, err := record(t, sample()).Tests()
	if err != nil {
		t.Fatal(err)
	}
	one := func(n int, note string) StepView {
		return StepView{
			Number: n, Kind: "request", Note: note, Method: "GET", URL: "{{base}}/" + note, File: "a.json", Line: 7, Rounds: 1,
			Complete: true, Outcome: event.Passed, Counts: event.Counts{Requests: 1},
		}
	}
	four := one(4, "four")
	four.Rounds, four.Outcome, four.Counts.Requests = 2, event.Failed, 2
	want := []TestView{{
		Number: 1, Name: "T", File: "a.json", StepsInFile: 5, Complete: true, Outcome: event.Failed,
		Counts: event.Counts{Steps: 5, StepsFailed: 1},
		Steps: []StepView{
			one(1, "one"), {Number: 2, Kind: "subtest", Note: "two", Rounds: 1, Complete: true, Outcome: event.Passed, Counts: event.Counts{Requests: 1}},
			{Number: 3, Kind: "loop", Note: "three", Rounds: 1, Complete: true, Outcome: event.Passed, Counts: event.Counts{Requests: 1}},
			four, one(5, "five"),
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if step, ok := got[0].FirstFailed(); step != 4 || !ok {
		t.Errorf("first failed %d, %v", step, ok)
	}
}

func TestFirstFailedIsTheFirstThatHasNotPassed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		outcomes []event.Outcome
		want     int
	}{
		{[]event.Outcome{event.Passed, event.Skipped}, 0},
		{[]event.Outcome{event.Skipped, event.Errored, event.Failed}, 2},
		{[]event.Outcome{event.Passed, event.Passed, event.NotRun}, 3},
		{[]event.Outcome{event.Passed, ""}, 2}, // killed within step 2
	} {
		tape := (&tape{}).at(1, 0).add(0, event.TestStarted{Steps: 9})
		for i, o := range row.outcomes {
			tape.add(i+1, event.StepStarted{})
			if o != "" {
				tape.add(i+1, event.StepFinished{Outcome: o})
			}
		}
		views, err := record(t, tape.events).Tests()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := views[0].FirstFailed(); got != row.want || ok != (row.want > 0) {
			t.Errorf("%v: got %d, %v", row.outcomes, got, ok)
		}
	}
}

func stateOf(t *testing.T, r *Record, test, step int) map[string]string {
	t.Helper()
	s, err := r.StateBefore(test, step)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, v := range s.Variables {
		values[v.Name] = v.Value
	}
	return values
}

func TestStateBeforeIsWhatTheStepsBeforeHaveChanged(t *testing.T) {
	t.Parallel()
	r := record(t, sample())
	base, auth, header := "http://h", token.String(), "Bearer "+token.String()
	for step, want := range map[int]map[string]string{
		1: {"base": base, "auth": auth},
		2: {"base": base, "auth": auth, "id": "1", "gone": "soon"},
		3: {"base": base, "auth": auth, "id": "1"}, // neither "gone" nor what the subtest has set
		4: {"base": base, "auth": auth, "id": "1"}, // before its first round
		5: {"base": base, "auth": auth, "id": "2", "header": header},
	} {
		if diff := cmp.Diff(want, stateOf(t, r, 1, step)); diff != "" {
			t.Errorf("step %d: -want +got\n%s", step, diff)
		}
	}
}

func TestStateTellsWhoMadeAValueAndWhatIsSecretInIt(t *testing.T) {
	t.Parallel()
	events := sample()
	events = slices.Insert(events, len(events)-2, event.Event{Test: 1, Step: 6, Body: event.StepStarted{}})
	got, err := record(t, events).StateBefore(1, 6)
	if err != nil {
		t.Fatal(err)
	}
	want := State{
		Variables: []Variable{
			{Variable: event.Variable{Name: "base", Value: "http://h", Type: "string", Origin: "a flag", Given: true}},
			{Variable: event.Variable{Name: "auth", Value: token.String(), Type: "string", Given: true, Secret: true}, Marks: []exchange.Mark{token}},
			{Variable: set("id", "2"), Step: 4},
			{Variable: set("header", "Bearer "+token.String()), Step: 4, Marks: []exchange.Mark{token}},
			{Variable: set("gone", "back"), Step: 5}, // taken away and set anew: the last in order
		},
		Cookies: []event.Cookies{{URL: "http://h/", Lines: []string{"sid=" + exchange.Mark{Secret: "sid"}.String()}, Step: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestStateOfARunThatWentOnFromAnotherIsThatOfBoth(t *testing.T) {
	t.Parallel()
	given := event.Variable{Name: "key", Value: token.String(), Type: "string", Given: true}
	made := event.Variable{Name: "key", Value: token.String(), Type: "string", Step: 3}
	first := event.Cookies{URL: "http://h/", Lines: []string{"a="}, Step: 1}
	third := event.Cookies{URL: "http://h/", Lines: []string{"a="}, Step: 3}
	tape := (&tape{}).at(1, 0).add(0, event.TestStarted{Steps: 5}, event.Changed{
		Variables: []event.Variable{given, made}, Cookies: []event.Cookies{third},
	})
	tape.add(1, request("one"), event.Changed{Cookies: []event.Cookies{{URL: first.URL, Lines: first.Lines}}}, passed())
	for n := 2; n <= 4; n++ {
		tape.add(n, event.StepStarted{}, event.StepFinished{Outcome: event.Skipped})
	}
	r := record(t, tape.add(5, request("five"), passed()).events)
	for step, want := range map[int]State{
		1: {Variables: []Variable{{Variable: given, Marks: []exchange.Mark{token}}}},
		3: {Variables: []Variable{{Variable: given, Marks: []exchange.Mark{token}}}, Cookies: []event.Cookies{first}},
		5: {Variables: []Variable{{Variable: made, Step: 3, Marks: []exchange.Mark{token}}}, Cookies: []event.Cookies{first, third}},
	} {
		got, err := r.StateBefore(1, step)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("step %d: -want +got\n%s", step, diff)
		}
	}
}

func TestStateHasTheCookiesThatATestDidNotKeep(t *testing.T) {
	t.Parallel()
	with := func(lines ...string) event.Exchanged {
		x := answer(200, "")
		for _, line := range lines {
			x.Response.Header.Add("Set-Cookie", line)
		}
		return x
	}
	kept := event.Changed{Cookies: []event.Cookies{{URL: "http://h/", Lines: []string{"b="}}}}
	tape := (&tape{}).at(1, 0).add(0, event.TestStarted{Steps: 4})
	tape.add(1, request("one"), with("a=", "c="), passed()).add(2, request("two"), with("b="), kept, passed()).add(3, request("three"), answer(200, ""), passed())
	got, err := record(t, tape.events).StateBefore(1, 4)
	if err != nil {
		t.Fatal(err)
	}
	want := []event.Cookies{{URL: "http://h/", Lines: []string{"a=", "c="}, Step: 1}, {URL: "http://h/", Lines: []string{"b="}, Step: 2}}
	if diff := cmp.Diff(want, got.Cookies); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestStateOfTestsThatRanSideBySideIsTheirOwn(t *testing.T) {
	t.Parallel()
	tape := &tape{}
	for test := range 2 {
		tape.at(test+1, 0).add(0, event.TestStarted{Steps: 2})
	}
	for step := range 2 {
		for test := range 2 {
			tape.at(test+1, 0).add(step+1, request("x"), changed(set("v", string(rune('a'+2*step+test)))), passed())
		}
	}
	r := record(t, tape.events)
	for test, want := range map[int]string{1: "a", 2: "b"} {
		if got := stateOf(t, r, test, 2)["v"]; got != want {
			t.Errorf("test %d: %q, want %q", test, got, want)
		}
	}
}

func TestStateThatIsNotKnownIsAnError(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		events, test, step int
		want               string
	}{
		{28, 2, 1, "it has no test 2"},
		{28, 1, 0, "test 1 has no step 0: its steps are 1 to 5"},
		{28, 1, 6, "test 1 has no step 6"},
		{1, 1, 1, "it has no test 1"},
		{2, 1, 1, "ended before its first step"}, // the initial variables may be missing
		{6, 1, 2, "ends within step 1; go on from that step"},
		{7, 1, 3, "ends behind step 1; go on from step 2"},
	} {
		_, err := record(t, sample()[:row.events]).StateBefore(row.test, row.step)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%d events, test %d, step %d: %v, want %q", row.events, row.test, row.step, err, row.want)
		}
	}
	if got := stateOf(t, record(t, sample()[:7]), 1, 2); got["id"] != "1" {
		t.Errorf("step 1 has ended, and before step 2 there is %v", got)
	}
}

func TestRecordsOfAKilledProcessWithoutEventsAreReadable(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir()}
	w := write(t, s, Meta{Started: noon}, nil)
	if err := os.Remove(filepath.Join(w.Dir(), eventsName)); err != nil {
		t.Fatal(err)
	}
	r := open(t, s, "")
	if views, err := r.Tests(); len(views) != 0 || err != nil || r.Complete || r.Cut {
		t.Errorf("got %v, %v", views, err)
	}
	if list, _ := s.List(); len(list) != 1 || list[0].Problem != "" || list[0].Complete {
		t.Errorf("got %+v", list)
	}
}

func TestLongLinesAreReadFromBothEnds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 100_000)
	tape := (&tape{}).add(0, event.Notice{Message: long}, event.Notice{Message: long}, event.RunFinished{Interrupted: long})
	r := record(t, tape.events)
	if f, ok := r.ends.finished(); !ok || f.Interrupted != long || !r.Complete {
		t.Error("the last event was not found")
	}
	if got := r.ends.last.Time.Sub(r.ends.first.Time); got != 2*time.Millisecond {
		t.Errorf("the ends are %s apart", got)
	}
}
