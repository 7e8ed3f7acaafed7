package record

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

// twice is a run whose test failed in its second step and passed when it was tried again.
func twice() []event.Event {
	t := &tape{}
	t.add(0, event.RunStarted{Version: "1", Tests: 1})
	for attempt, end := range []event.StepFinished{failed(), passed()} {
		t.at(1, 0).add(0, event.TestStarted{Name: "T", File: "a.json", Steps: 2, Attempt: attempt + 1, Attempts: 3})
		t.add(1, request("one"), changed(set("id", string(rune('a'+attempt)))), passed())
		t.add(2, request("two"), end).add(0, event.TestFinished{Outcome: end.Outcome, Counts: event.Counts{Steps: 2}})
	}
	t.at(0, 0).add(0, event.RunFinished{Outcome: event.Passed, Tests: 1})
	return t.events
}

func TestOfSeveralAttemptsTheLastOneCounts(t *testing.T) {
	t.Parallel()
	r := record(t, twice())
	views, err := r.Tests()
	if err != nil || len(views) != 1 || views[0].Outcome != event.Passed || len(views[0].Steps) != 2 || views[0].Counts.Steps != 2 {
		t.Errorf("%+v, %v", views, err)
	}
	if diff := cmp.Diff(map[string]string{"id": "b"}, stateOf(t, r, 1, 2)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	events := twice()
	if diff := cmp.Diff(map[string]string{}, stateOf(t, record(t, events[:len(events)-8]), 1, 1)); diff != "" {
		t.Errorf("cut off in the second attempt: -want +got\n%s", diff)
	}
}
