package record

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

// small is a run of two steps, the first of which runs twice.
func small() []event.Event {
	t := &tape{}
	t.add(0, event.RunStarted{})
	t.at(1, 0).add(0, event.TestStarted{Steps: 2}, changed(set("a", "ä")))
	t.add(1, event.StepStarted{}, changed(set("b", token.String())), event.StepFinished{Outcome: event.Passed})
	t.add(1, event.StepStarted{}, changed(set("a", "2")), event.StepFinished{Outcome: event.Passed})
	t.add(2, event.StepStarted{}, changed(event.Variable{Name: "a"}), event.StepFinished{Outcome: event.Passed})
	t.add(0, event.TestFinished{Outcome: event.Passed})
	return t.at(0, 0).add(0, event.RunFinished{Outcome: event.Passed}).events
}

// A process may be killed at every byte it writes. Whatever had ended by then is reported, and nothing is taken for passed
// that was not seen to its end.
func TestARecordThatIsCutAnywhereTellsWhatHadEnded(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir()}
	w := write(t, s, Meta{Started: noon, Tests: []string{"T"}}, small())
	file := filepath.Join(w.Dir(), eventsName)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for size := len(text) - 1; size >= 0 && !t.Failed(); size-- {
		if err := os.Truncate(file, int64(size)); err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(string(text[:size]), "\n")
		half := size > 0 && text[size-1] != '\n'
		if half && text[size] == '\n' { // only the line end is missing
			lines, half = lines+1, false
		}
		checkCut(t, s, small()[:lines], half)
		if t.Failed() {
			t.Errorf("cut at byte %d", size)
		}
	}
}

func checkCut(t *testing.T, s Store, want []event.Event, half bool) {
	t.Helper()
	complete := len(want) == len(small())
	r := open(t, s, "latest")
	if got := r.all(t); len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) { // cmp takes seconds for all bytes
		t.Errorf("got %v, want %v", got, want)
	}
	if r.Cut != half || r.Complete != complete {
		t.Errorf("cut %v, complete %v", r.Cut, r.Complete)
	}
	list, err := s.List()
	if err != nil || len(list) != 1 || list[0].Problem != "" || list[0].Complete != complete || !complete && list[0].Outcome == event.Passed {
		t.Errorf("got %+v, %v", list, err)
	}
	checkSteps(t, r, want)
	checkStates(t, r, want)
}

func checkSteps(t *testing.T, r *Record, events []event.Event) {
	t.Helper()
	begun, ended := map[int]int{}, map[int]int{}
	for _, e := range events {
		switch e.Body.(type) {
		case event.StepStarted:
			begun[e.Step]++
		case event.StepFinished:
			ended[e.Step]++
		}
	}
	views, err := r.Tests()
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, view := range views {
		for _, v := range view.Steps {
			told++
			n := v.Number
			if complete := begun[n] == ended[n]; v.Complete != complete || (v.Outcome == event.Passed) != complete || v.Rounds != begun[n] {
				t.Errorf("step %+v has begun %d times, ended %d times", v, begun[n], ended[n])
			}
		}
	}
	if told != len(begun) {
		t.Errorf("%d steps are told, %d have begun", told, len(begun))
	}
}

// checkStates compares the state before each step that has begun with that of the whole record.
func checkStates(t *testing.T, r *Record, events []event.Event) {
	t.Helper()
	whole := map[int]map[string]string{
		1: {"a": "ä"},
		2: {"a": "2", "b": token.String()},
	}
	for _, e := range events {
		if _, ok := e.Body.(event.StepStarted); !ok {
			continue
		}
		if diff := cmp.Diff(whole[e.Step], stateOf(t, r, 1, e.Step)); diff != "" {
			t.Errorf("before step %d: -want +got\n%s", e.Step, diff)
		}
	}
}
