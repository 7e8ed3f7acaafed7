package event

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"offscope/exchange"
	"offscope/source"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)

var place = source.Excerpt{File: "a", Line: 1, Col: 1, Text: "x", Width: 1}

// bodies has one filled example of each kind.
var bodies = []Body{
	RunStarted{Version: "1", Seed: 1 << 63, Tests: 2, Shard: Shard{Number: 1, Of: 2, Tests: 3, Split: "s"}},
	TestStarted{Name: "t", File: "a.json", Line: 1, Col: 2, Steps: 3, Environment: "e", Iteration: 4, Iterations: 5, Position: 6, Attempt: 1, Attempts: 2, Caller: 6, CallerStep: 7},
	Notice{Severity: "warning", Code: "c", Message: "m", Hint: "h", Where: place},
	StepStarted{
		StepKind: "pause", Note: "n", Method: "GET", URL: "u", File: "a", Line: 4, Col: 5, Depth: 8, Iteration: 9,
		Left: "{{l}}", Comparison: "equal", Right: "r", Pause: 6, PauseInFile: 7,
	},
	Problem{Code: "c", Outcome: Errored, Message: "m", Hint: "h", Where: place},
	Compared{Iteration: 1, Left: "{{l}}", Comparison: "equal", Right: "{{r}}", LeftValue: "a", RightValue: "b", Holds: true, Error: "e", Where: place},
	Exchanged{
		Request:  Request{Method: "PUT", URL: "u", Header: exchange.Header{{Name: "A", Value: "b"}}, Body: Content{Text: "é\n", Size: 3}, Rewritten: true},
		Response: &Response{Proto: "HTTP/1.1", Status: 200, Reason: "OK", Body: Content{Size: 9, Binary: true}, Rewritten: true},
		Timings:  exchange.Timings{Total: 5, Reused: true},
		Failure:  &TransportFailure{Failure: "dns", Message: "m"},
		Started:  at,
	},
	Extracted{Row: 1, Name: "n", Source: "s", Property: "p", Outcome: Failed, Value: "v", Type: "string", Cut: true, Error: "e", Nearest: &Nearest{Path: "a", Type: "object", Keys: []string{"k"}, Length: 2}, Where: place},
	Asserted{Row: 2, Label: "l", Source: "s", Property: "p", Comparison: "c", Target: "{{t}}", Expected: "e", Actual: "a", Type: "number", Outcome: Passed, Message: "m", Error: "e", Remark: "r", Nearest: &Nearest{Type: "null"}, Where: place},
	Scripted{Role: "initial script", Row: 1, Outcome: Failed, Output: []Line{{Assert: true, Failed: true, Ignored: true, Text: "x"}}, Failure: &ScriptFailure{Failure: "f", Message: "m", Expected: "e", Actual: "a", Hint: "h"}, Set: []Assignment{{Name: "n", Value: "v", Type: "string", Cut: true}}, Duration: 3, Where: place},
	Changed{
		Variables: []Variable{{Name: "n", Value: "v", Type: "string", Cut: true, Origin: "flag", Given: true, Secret: true}},
		Cookies:   []Cookies{{URL: "http://h/", Lines: []string{"a=b"}}},
	},
	StepFinished{Outcome: Skipped, Reason: "r", Duration: 4, Counts: Counts{Assertions: 1}, Tries: 2, Waited: 5, Hints: []string{"h"}},
	TestFinished{Outcome: NotRun, Counts: Counts{Steps: 1}, Duration: 5, Reason: "r", Again: true, Flaky: true, Missing: 1},
	Resource{URL: "u", InTest: 1, InSub: 2, InStep: 3, CleanUp: true, Deleted: true, Status: 204, Error: "e"},
	RunFinished{Outcome: Passed, Tests: 1, TestsFailed: 1, Counts: Counts{Scripts: 1}, Duration: 6, TestsFlaky: 1, TestsMissing: 1, Interrupted: "SIGINT"},
}

func TestDecodeAfterEncodeIsTheIdentity(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	var want []Event
	for i, body := range bodies {
		e := Event{Seq: i + 1, Time: at, Test: 1, Sub: i % 3, Step: i, Body: body}
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

func TestEveryFieldOfABodyIsInItsExample(t *testing.T) {
	t.Parallel()
	for _, body := range bodies {
		v := reflect.ValueOf(body)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s.%s is not filled, so nothing shows that it survives", v.Type().Name(), v.Type().Field(i).Name)
			}
		}
	}
}

// The law: an event that was read is, written and read again, the same event.
func FuzzDecodeAfterEncodeIsTheIdentity(f *testing.F) {
	for i, body := range bodies {
		line, err := Encode(Event{Seq: i + 1, Time: at, Test: 2, Sub: 3, Step: 4, Body: body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		first, err := Decode(line)
		if err != nil {
			return
		}
		written, err := Encode(first)
		if err != nil {
			return // a time that JSON has no form for
		}
		again, err := Decode(written)
		if err != nil {
			t.Fatalf("%v in %s", err, written)
		}
		if diff := cmp.Diff(first, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("-first +again\n%s", diff)
		}
	})
}

// The envelope is written by hand, and is what encoding/json would make of it.
func TestEncodeWritesTheEnvelopeAsJSONDoes(t *testing.T) {
	t.Parallel()
	for _, e := range []Event{
		{Seq: 1, Body: RunStarted{Seed: 7}},
		{Seq: 12, Time: time.Date(2026, 2, 3, 4, 5, 6, 789, time.FixedZone("", 3600)), Test: 1, Sub: 2, Step: 3, Body: Notice{Message: "<&>\u2028 \"x\""}},
		{Seq: -1, Test: 4, Body: StepFinished{Outcome: Passed}},
	} {
		line, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := json.Marshal(e.Body)
		want, err := json.Marshal(envelope{Seq: e.Seq, Time: e.Time, Test: e.Test, Sub: e.Sub, Step: e.Step, Kind: e.Body.Kind(), Body: body})
		if diff := cmp.Diff(string(want), string(line)); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	}
	if _, err := Encode(Event{Time: time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC), Body: Notice{}}); err == nil {
		t.Error("a time that JSON cannot write was written")
	}
}
