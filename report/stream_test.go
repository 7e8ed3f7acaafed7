package report

import (
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

// A stream is a run written down for a test. Its methods add events in the order in which a runner emits them.
type stream struct {
	events []event.Event
	test   int
	step   int
	sub    int // the subtest whose steps are added
	subs   int // that have begun in the test
	depth  int
	round  int
}

func (s *stream) add(bodies ...event.Body) *stream {
	for _, b := range bodies {
		e := event.Event{Seq: len(s.events) + 1, Test: s.test, Sub: s.sub, Step: s.step, Body: b}
		s.events = append(s.events, e)
	}
	return s
}

func run(tests int) *stream {
	return new(stream).add(event.RunStarted{Version: "1.0.0", Seed: 42, Tests: tests})
}

// open begins the next test.
func (s *stream) open(name, file string, steps int) *stream {
	s.test, s.step, s.subs = s.test+1, 0, 0
	return s.add(event.TestStarted{Name: name, File: file, Line: 1, Col: 1, Steps: steps, Environment: "local"})
}

func (s *stream) close(o event.Outcome, reason string, c event.Counts, took time.Duration) *stream {
	s.step = 0
	return s.add(event.TestFinished{Outcome: o, Reason: reason, Counts: c, Duration: took})
}

func (s *stream) end(f event.RunFinished) []event.Event {
	s.test, s.step = 0, 0
	return s.add(f).events
}

// request adds a whole step.
func (s *stream) request(note string, x *event.Exchanged, f event.StepFinished, found ...event.Body) *stream {
	s.step++
	s.add(event.StepStarted{StepKind: "request", Note: note, Method: "GET", URL: "{{base}}/Users", File: "users.json", Line: 10 * s.step, Col: 5, Depth: s.depth, Iteration: s.round})
	if x != nil {
		s.add(*x)
	}
	return s.add(found...).add(f)
}

func (s *stream) pause(d, inFile time.Duration, f event.StepFinished) *stream {
	s.step++
	return s.add(event.StepStarted{StepKind: "pause", Pause: d, PauseInFile: inFile, File: "users.json", Line: 10 * s.step, Col: 5, Depth: s.depth, Iteration: s.round}, f)
}

func passed(assertions int) event.StepFinished {
	return event.StepFinished{Outcome: event.Passed, Duration: 4 * ms, Counts: event.Counts{Assertions: assertions}}
}

func failed(c event.Counts, hints ...string) event.StepFinished {
	return event.StepFinished{Outcome: event.Failed, Duration: 4 * ms, Counts: c, Hints: hints}
}

func passedOver(o event.Outcome, reason string) event.StepFinished {
	return event.StepFinished{Outcome: o, Reason: reason}
}

const ms = time.Millisecond

var auth = exchange.Mark{Secret: "auth"}.String()

// answer is an exchange with a response.
func answer(method, path string, status int, reason, body string) *event.Exchanged {
	return &event.Exchanged{
		Request: event.Request{
			Method: method, URL: "http://localhost:8080/scim/v2" + path,
			Header: exchange.Header{
				{Name: "Host", Value: "localhost:8080"}, {Name: "Authorization", Value: "Bearer " + auth}, {Name: "Accept", Value: "application/scim+json"},
			},
		},
		Response: &event.Response{
			Proto: "HTTP/1.1", Status: status, Reason: reason,
			Header: exchange.Header{{Name: "Content-Type", Value: "application/scim+json"}, {Name: "Date", Value: "Fri, 02 Jan 2026 03:04:05 GMT"}},
			Body:   content(body),
		},
		Timings: exchange.Timings{DNS: ms, Connect: ms, Wait: 9 * ms, Receive: ms, Total: 12 * ms},
	}
}

func (x exchangedAs) with(body, kind string) *event.Exchanged {
	x.Request.Body = content(body)
	x.Request.Header.Add("Content-Type", kind)
	return x.Exchanged
}

type exchangedAs struct{ *event.Exchanged }

func content(text string) event.Content { return event.Content{Text: text, Size: len(text)} }

// at is the place of a property or a target in the file, with its line.
func at(line int, text, marked string) source.Excerpt {
	col := len(text) - len(marked) // the marked part ends the line
	return source.Excerpt{File: "users.json", Line: line, Col: col + 1, Text: text, Mark: len([]rune(text[:col])), Width: len([]rune(marked))}
}

func property(line int, path string) source.Excerpt {
	return at(line, `          "property": "`+path+`"`, `"`+path+`"`)
}

func target(line int, value string) source.Excerpt {
	return at(line, `          "value": "`+value+`"`, `"`+value+`"`)
}

func unequal(row, line int, path, expected, actual, kind string) event.Asserted {
	return event.Asserted{
		Row: row, Label: "body." + path, Source: "response_json", Property: path, Comparison: "equal", Target: expected, Expected: expected,
		Actual: actual, Type: kind, Outcome: event.Failed, Message: "'" + actual + "' was not equal to '" + expected + "'", Where: target(line, expected),
	}
}

func missing(row, line int, path, segment string, nearest event.Nearest) event.Asserted {
	return event.Asserted{
		Row: row, Label: "body." + path, Source: "response_json", Property: path, Comparison: "not_empty", Outcome: event.Failed,
		Message: "was empty", Error: "Unable to locate " + segment + " property in path '" + path + "' in JSON.",
		Nearest: &nearest, Where: property(line, path),
	}
}

func notRun(row int) event.Asserted {
	return event.Asserted{Row: row, Label: "Status", Outcome: event.NotRun, Error: "not checked: there is no response"}
}

const userList = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,` +
	`"Resources":[{"id":"2819c223","userName":"bjensen","active":true}]}`
