package report

import (
	"strings"
	"testing"

	"offscope/event"
	"offscope/source"
)

func TestAWrongStatusExplainsWhatIsMissing(t *testing.T) {
	t.Parallel()
	status := event.Asserted{Row: 1, Label: "Status", Source: "response_status", Outcome: event.Failed, Message: "'401' was not equal to the number 200"}
	missing := func(row, line int) event.Asserted {
		return event.Asserted{
			Row: row, Label: "body.id", Source: "response_json", Outcome: event.Failed, Message: "was empty", Error: "Unable to locate id",
			Nearest: &event.Nearest{Type: "object"}, Where: source.Excerpt{File: "a.json", Line: line, Col: 1},
		}
	}
	other := event.Asserted{Row: 4, Label: "body.a", Source: "response_json", Outcome: event.Failed, Message: "'1' was not equal to '2'", Actual: "1", Type: "number"}
	lost := event.Extracted{Row: 1, Name: "id", Source: "response_json", Outcome: event.Failed, Error: "Unable to locate id", Nearest: &event.Nearest{Type: "object"}, Where: source.Excerpt{File: "a.json", Line: 9, Col: 1}}
	passed := status
	passed.Outcome = event.Passed
	for _, c := range []struct {
		name   string
		o      TextOptions
		bodies []event.Body
		want   string // "" when every row is told by itself
	}{
		{"two rows", TextOptions{}, []event.Body{status, missing(2, 5), missing(3, 6), other}, "2 assertions found nothing in this answer, as its status explains: body.id, body.id (a.json, lines 5-6; -v shows each)"},
		{"with a variable", TextOptions{}, []event.Body{lost, status, missing(2, 5)}, "1 assertion and 1 variable found nothing in this answer, as its status explains: id, body.id (a.json, lines 5, 9; -v"},
		{"one row", TextOptions{}, []event.Body{status, missing(2, 5)}, ""},
		{"the status is right", TextOptions{}, []event.Body{passed, missing(2, 5), missing(3, 6)}, ""},
		{"everything is wanted", TextOptions{Verbosity: Headers}, []event.Body{status, missing(2, 5), missing(3, 6)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events := []event.Event{{Test: 1, Body: event.TestStarted{}}, {Test: 1, Step: 1, Body: event.StepStarted{StepKind: "request"}}}
			for _, b := range c.bodies {
				events = append(events, event.Event{Test: 1, Step: 1, Body: b})
			}
			events = append(events, event.Event{Test: 1, Step: 1, Body: event.StepFinished{Outcome: event.Failed}})
			got := strings.Join(strings.Fields(draw(t, events, c.o)), " ")
			if c.want == "" {
				if strings.Contains(got, "as its status explains") || !strings.Contains(got, "assertion 2: body.id") {
					t.Errorf("got %s", got)
				}
				return
			}
			if !strings.Contains(got, c.want) || strings.Contains(got, "assertion 2:") || !strings.Contains(got, "assertion 1: Status") {
				t.Errorf("got %s", got)
			}
			if c.name == "two rows" && !strings.Contains(got, "assertion 4: body.a") {
				t.Errorf("a value that is there and wrong is not told: %s", got)
			}
		})
	}
}
