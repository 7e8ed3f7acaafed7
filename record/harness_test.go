package record

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"offscope/event"
	"offscope/exchange"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// token stands where the secret "auth" stood.
var token = exchange.Mark{Secret: "auth"}

// A tape numbers events as the runner does.
type tape struct {
	events    []event.Event
	test, sub int
}

func (t *tape) add(step int, bodies ...event.Body) *tape {
	for _, b := range bodies {
		n := len(t.events) + 1
		t.events = append(t.events, event.Event{Seq: n, Time: noon.Add(time.Duration(n) * time.Millisecond), Test: t.test, Sub: t.sub, Step: step, Body: b})
	}
	return t
}

// at makes the events that follow be about a test or subtest.
func (t *tape) at(test, sub int) *tape {
	t.test, t.sub = test, sub
	return t
}

func set(name, value string) event.Variable {
	return event.Variable{Name: name, Value: value, Type: "string", Origin: "somebody"}
}

func changed(v ...event.Variable) event.Changed { return event.Changed{Variables: v} }

func answer(status int, body string) event.Exchanged {
	return event.Exchanged{
		Request:  event.Request{Method: "GET", URL: "http://h/"},
		Response: &event.Response{Status: status, Body: event.Content{Text: body, Size: len(body)}},
		Timings:  exchange.Timings{Total: 10 * time.Millisecond},
	}
}

func request(note string) event.StepStarted {
	return event.StepStarted{StepKind: "request", Note: note, Method: "GET", URL: "{{base}}/" + note, File: "a.json", Line: 7}
}

func passed() event.StepFinished {
	return event.StepFinished{Outcome: event.Passed, Counts: event.Counts{Requests: 1}}
}

func failed() event.StepFinished {
	return event.StepFinished{Outcome: event.Failed, Counts: event.Counts{Requests: 1}}
}

// sample is a run of one test: a request, a subtest, a loop of two rounds around a request that fails in its first, a request.
func sample() []event.Event {
	t := &tape{}
	t.add(0, event.RunStarted{Version: "1", Tests: 1})
	t.at(1, 0).add(0, event.TestStarted{Name: "T", File: "a.json", Steps: 5}, changed(
		event.Variable{Name: "base", Value: "http://h", Type: "string", Origin: "a flag", Given: true},
		event.Variable{Name: "auth", Value: token.String(), Type: "string", Given: true, Secret: true},
	))
	t.add(1, request("one"), answer(200, `{"id":1}`), event.Changed{
		Variables: []event.Variable{set("id", "1"), set("gone", "soon")},
		Cookies:   []event.Cookies{{URL: "http://h/", Lines: []string{"sid=" + exchange.Mark{Secret: "sid"}.String()}}},
	}, passed())
	t.add(2, event.StepStarted{StepKind: "subtest", Note: "two"})
	t.at(1, 1).add(0, event.TestStarted{Name: "inner", File: "b.json", Steps: 1, Caller: 0, CallerStep: 2}, changed(set("id", "other")))
	t.add(1, request("inside"), changed(set("id", "another")), passed()).add(0, event.TestFinished{Outcome: event.Passed})
	t.at(1, 0).add(2, changed(event.Variable{Name: "gone"}), passed())
	t.add(3, event.StepStarted{StepKind: "loop", Note: "three"})
	t.add(4, request("four"), answer(404, `{}`), changed(set("header", "Bearer "+token.String())), failed())
	t.add(4, request("four"), answer(200, `{}`), changed(set("id", "2")), passed())
	t.add(3, passed())
	t.add(5, request("five"), changed(set("gone", "back")), passed())
	t.add(0, event.TestFinished{Outcome: event.Failed, Counts: event.Counts{Steps: 5, StepsFailed: 1}})
	t.at(0, 0).add(0, event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1, Counts: event.Counts{Steps: 5, StepsFailed: 1}, Duration: time.Second})
	return t.events
}

// write records a run.
func write(t *testing.T, s Store, m Meta, events []event.Event) *Writer {
	t.Helper()
	w, err := s.Create(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

func record(t *testing.T, events []event.Event) *Record {
	t.Helper()
	w := write(t, Store{Dir: t.TempDir()}, Meta{Started: noon}, events)
	return open(t, Store{}, w.Dir())
}

func open(t *testing.T, s Store, name string) *Record {
	t.Helper()
	r, err := s.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *Record) all(t *testing.T) []event.Event {
	t.Helper()
	var events []event.Event
	if err := r.Each(event.SinkFunc(func(e event.Event) error { events = append(events, e); return nil })); err != nil {
		t.Fatal(err)
	}
	return events
}

func ids(t *testing.T, s Store) []string {
	t.Helper()
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, sum := range list {
		ids = append(ids, sum.ID)
	}
	return ids
}

func put(t *testing.T, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
