package event

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/exchange"
	"offscope/source"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)

// bodies has one filled example of each kind.
var bodies = []Body{
	RunStarted{Version: "1", Seed: 1 << 63, Tests: 2},
	TestStarted{Name: "t", File: "a.json", Line: 1, Col: 2, Steps: 3, Environment: "e"},
	Notice{Severity: "warning", Code: "c", Message: "m", Hint: "h", Where: source.Excerpt{File: "a", Line: 1, Col: 1, Text: "x", Width: 1}},
	StepStarted{StepKind: "pause", Note: "n", Method: "GET", URL: "u", File: "a", Line: 4, Col: 5, Pause: 6, PauseInFile: 7},
	Problem{Code: "c", Outcome: Errored, Message: "m", Hint: "h"},
	Exchanged{
		Request:  Request{Method: "PUT", URL: "u", Header: exchange.Header{{Name: "A", Value: "b"}}, Body: Content{Text: "é\n", Size: 3}, Rewritten: true},
		Response: &Response{Proto: "HTTP/1.1", Status: 200, Reason: "OK", Body: Content{Size: 9, Binary: true}, Rewritten: true},
		Timings:  exchange.Timings{Total: 5, Reused: true},
		Failure:  &TransportFailure{Failure: "dns", Message: "m"},
	},
	Extracted{Row: 1, Name: "n", Source: "s", Property: "p", Outcome: Failed, Value: "v", Type: "string", Error: "e", Nearest: &Nearest{Path: "a", Type: "object", Keys: []string{"k"}, Length: 2}},
	Asserted{Row: 2, Label: "l", Source: "s", Property: "p", Comparison: "c", Target: "{{t}}", Expected: "e", Actual: "a", Type: "number", Outcome: Passed, Message: "m", Error: "e", Remark: "r"},
	Scripted{Role: "initial script", Row: 1, Outcome: Failed, Output: []Line{{Assert: true, Failed: true, Ignored: true, Text: "x"}}, Failure: &ScriptFailure{Failure: "f", Message: "m", Expected: "e", Actual: "a", Hint: "h"}, Set: []Assignment{{"n", "v", "string"}}, Duration: 3},
	StepFinished{Outcome: Skipped, Reason: "r", Duration: 4, Counts: Counts{Assertions: 1}, Hints: []string{"h"}},
	TestFinished{Outcome: NotRun, Counts: Counts{Steps: 1}, Duration: 5, Reason: "r"},
	RunFinished{Outcome: Passed, Tests: 1, TestsFailed: 1, Duration: 6, Interrupted: "SIGINT"},
}

func TestDecodeAfterEncodeIsTheIdentity(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	var want []Event
	for i, body := range bodies {
		e := Event{Seq: i + 1, Time: at, Test: 1, Step: i, Body: body}
		line, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsRune(line, '\n') {
			t.Errorf("%s takes more than a line", body.Kind())
		}
		stream.Write(append(line, '\n'))
		want = append(want, e)
	}
	var got []Event
	err := Read(&stream, SinkFunc(func(e Event) error { got = append(got, e); return nil }))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestReadSaysWhichLineIsNoEvent(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, want string }{
		{"{\"seq\":1,\"event\":\"step-finished\",\"body\":{}}\n{", "line 2: not an event"},
		{"{\"seq\":7,\"event\":\"dance\",\"body\":{}}", "line 1: event 7: unknown kind \"dance\""},
	} {
		err := Read(strings.NewReader(row.text), SinkFunc(func(Event) error { return nil }))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, want %q", err, row.want)
		}
	}
}

func TestCountsAdd(t *testing.T) {
	t.Parallel()
	c := Counts{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	c.Add(c)
	if want := (Counts{2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26}); c != want {
		t.Errorf("got %+v", c)
	}
}
