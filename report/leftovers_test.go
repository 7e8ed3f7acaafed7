package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/exchange"
)

func TestTextTellsWhatARunLeavesBehind(t *testing.T) {
	t.Parallel()
	mark := exchange.Mark{Secret: "id"}.String()
	listed := []event.Resource{{URL: "http://h/Users/1", InTest: 1, InStep: 3}, {URL: "http://h/Users/" + mark, InTest: 1, InSub: 2, InStep: 1}}
	deleted := event.Resource{URL: "http://h/a/1", InTest: 1, InStep: 2, CleanUp: true, Deleted: true, Status: 204}
	kept := event.Resource{URL: "http://h/b/1", InTest: 2, InStep: 4, CleanUp: true, Status: 403, Error: "the server answered 403 Forbidden"}
	const tail = "PASS  1 step, 0 assertions, 0.0s\n"
	for _, c := range []struct {
		name      string
		tests     int
		resources []event.Resource
		o         TextOptions
		want      string
	}{
		{"nothing", 1, nil, TextOptions{}, tail},
		{"listed", 1, listed, TextOptions{}, "created and still there: 2 (--cleanup deletes what a run creates)\n  http://h/Users/1 (step 3)\n  http://h/Users/[id] (step 1 of a subtest)\n\n" + tail},
		{"listed, quiet", 1, listed, TextOptions{Verbosity: Quiet}, tail},
		{"deleted", 1, []event.Resource{deleted}, TextOptions{}, "cleaned up: 1 of 1 created resource deleted\n\n" + tail},
		{"deleted, quiet", 1, []event.Resource{deleted}, TextOptions{Verbosity: Quiet}, tail},
		{"kept", 1, []event.Resource{kept, deleted}, TextOptions{Palette: tags}, "cleaned up: 1 of 2 created resources deleted\n  <warn>not deleted:</warn> http://h/b/1 (step 4): the server answered 403 Forbidden\n\n<pass>PASS</pass>" + tail[4:]},
		{"kept, quiet", 1, []event.Resource{deleted, kept}, TextOptions{Verbosity: Quiet}, "cleaned up: 1 of 2 created resources deleted\n  not deleted: http://h/b/1 (step 4): the server answered 403 Forbidden\n\n" + tail},
		{"several tests", 2, []event.Resource{kept}, TextOptions{Verbosity: Quiet}, "cleaned up: 0 of 1 created resource deleted\n  not deleted: http://h/b/1 (test 2, step 4): the server answered 403 Forbidden\n\nPASS  2 tests, 0 steps, 0 assertions, 0.0s\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events := []event.Event{{Body: event.RunStarted{Tests: c.tests}}}
			for i := range c.tests {
				events = append(events, event.Event{Test: i + 1, Body: event.TestStarted{}},
					event.Event{Test: i + 1, Body: event.TestFinished{Outcome: event.Passed, Counts: event.Counts{Steps: 1}}})
			}
			for _, r := range c.resources {
				events = append(events, event.Event{Body: r})
			}
			events = append(events, event.Event{Body: event.RunFinished{Outcome: event.Passed, Tests: c.tests}})
			got := draw(t, events, c.o)
			if diff := cmp.Diff(c.want, got[max(0, len(got)-len(c.want)):]); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestFormatsForProgramsAreNotConfusedByWhatARunLeavesBehind(t *testing.T) {
	t.Parallel()
	events := recorded["all-passed"]()
	resource := event.Event{Body: event.Resource{URL: "http://h/1", InTest: 1, InStep: 1}}
	with := append(append([]event.Event{}, events[:len(events)-1]...), resource, events[len(events)-1])
	for _, format := range Formats() {
		if format == "ndjson" || format == "html" {
			continue // they tell of it
		}
		if diff := cmp.Diff(document(t, format, events), document(t, format, with)); diff != "" {
			t.Errorf("%s: -without +with\n%s", format, diff)
		}
	}
}
