package report

import (
	"cmp"
	"strings"

	"offscope/event"
)

// initialEntry says what the initial scripts did. The hosted service has an entry for them in any case.
func initialEntry(t *testResult) jsonBare {
	outcome := event.Passed
	var counts event.Counts
	for _, b := range t.scripts {
		if b.Outcome != event.Passed {
			outcome = b.Outcome
		}
		if b.Outcome != event.NotRun {
			counts.Scripts++
		}
		if b.Outcome.Bad() {
			counts.ScriptsFailed++
		}
	}
	entry := bareEntry(jsonEntry{Kind: "initial-script", Result: stepWord(outcome)})
	entry.jsonCounters, entry.Scripts = countersOf(counts, 0), scriptsOf(t.scripts)
	return entry
}

// bareEntry is an entry with nothing in it.
func bareEntry(e jsonEntry) jsonBare {
	return jsonBare{jsonEntry: e, Assertions: []jsonAssertion{}, Variables: []jsonVariable{}, Scripts: []jsonScript{}, Errors: []string{}}
}

// entryOf is the entry of a step.
func entryOf(s *stepResult) jsonStep {
	b, f := s.started, s.finished
	entry := jsonStep{
		jsonEntry: jsonEntry{Step: s.number, Kind: b.StepKind, Iteration: b.Iteration, Result: stepWord(s.outcome())},
		Note:      b.Note, Method: b.Method, URL: b.URL, Outcome: s.outcome(), Reason: f.Reason, Depth: b.Depth, File: b.File, Line: b.Line, Col: b.Col,
		StartedAt: unixSeconds(s.at), Duration: millis(f.Duration), Pause: millis(b.Pause), Tries: f.Tries, Waited: millis(f.Waited),
		jsonCounters: countersOf(f.Counts, s.assertionsPassed()),
		Assertions:   assertionsOf(s.asserted), Variables: variablesOf(s.extracted), Scripts: scriptsOf(s.scripts), Compared: comparisonsOf(s.compared),
		Errors: messages(s.problems), Problems: problemsOf(s.problems), Hints: f.Hints, Notices: places(s.notices),
	}
	if s.exchanged != nil {
		entry.exchange(*s.exchanged)
	}
	return entry
}

// exchange adds what was sent and what came of it.
func (entry *jsonStep) exchange(x event.Exchanged) {
	entry.Method, entry.URL = cmp.Or(x.Request.Method, entry.Method), cmp.Or(x.Request.URL, entry.URL)
	t := x.Timings
	entry.Timings = &jsonTimings{
		Dial: millis(t.Connect), DNS: millis(t.DNS), TLS: millis(t.TLS), Send: millis(t.Send), Wait: millis(t.Wait), Receive: millis(t.Receive),
		Total: millis(t.Total), Reused: t.Reused, Remote: t.Remote,
	}
	if q := x.Request; q.Method != "" || q.URL != "" {
		entry.Request = &jsonMessage{
			Method: q.Method, URL: q.URL, Headers: q.Header, Body: q.Body.Text, Size: q.Body.Size, Cut: q.Body.Cut, Binary: q.Body.Binary, Rewritten: q.Rewritten,
		}
	}
	if r := x.Response; r != nil {
		entry.Response = &jsonMessage{
			Proto: r.Proto, Status: r.Status, Reason: r.Reason, Headers: r.Header, Body: r.Body.Text, Size: r.Body.Size, Cut: r.Body.Cut,
			Binary: r.Body.Binary, Rewritten: r.Rewritten,
		}
		took := t.Milliseconds()
		entry.ResponseTime, entry.ResponseSize = &took, &r.Body.Size
		if r.Status != 0 {
			entry.ResponseStatus, entry.ResponseMessage = &r.Status, &r.Reason
		}
	}
	if x.Failure != nil {
		entry.Failure = &jsonFailure{x.Failure.Failure, x.Failure.Message}
	}
}

// orNull is null for a text that is not there.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func assertionsOf(rows []event.Asserted) []jsonAssertion {
	out := []jsonAssertion{}
	for _, b := range rows {
		a := jsonAssertion{
			Result: rowWord(b.Outcome), Source: resultName(resultSources, b.Source), Property: b.Property, Comparison: resultName(resultComparisons, b.Comparison),
			Target: b.Expected, Error: orNull(b.Error), Row: b.Row, Outcome: outcomeOf(b.Outcome), Label: b.Label, Type: b.Type, Message: b.Message,
			Remark: b.Remark, Nearest: b.Nearest, jsonPlace: placeOf(b.Where),
		}
		if b.Target != b.Expected {
			a.Written = b.Target
		}
		if b.Actual != "" || b.Type != "" {
			a.Actual = &b.Actual
		}
		out = append(out, a)
	}
	return out
}

func variablesOf(rows []event.Extracted) []jsonVariable {
	out := []jsonVariable{}
	for _, b := range rows {
		v := jsonVariable{
			Name: b.Name, Source: resultName(resultSources, b.Source), Property: b.Property, Result: rowWord(b.Outcome), Error: orNull(b.Error), Row: b.Row,
			Outcome: outcomeOf(b.Outcome), Type: b.Type, Nearest: b.Nearest, jsonPlace: placeOf(b.Where),
		}
		if b.Outcome == event.Passed {
			v.Value = &b.Value
		}
		out = append(out, v)
	}
	return out
}

func scriptsOf(runs []event.Scripted) []jsonScript {
	out := []jsonScript{}
	for _, b := range runs {
		s := jsonScript{Result: stepWord(b.Outcome), Role: b.Role, Row: b.Row, Outcome: outcomeOf(b.Outcome), Duration: millis(b.Duration), Set: b.Set, jsonPlace: placeOf(b.Where)}
		var output []string
		for _, l := range b.Output {
			if !l.Assert {
				output = append(output, l.Text)
				continue
			}
			assert := jsonScriptAssert{Result: "pass", Message: l.Text, Ignored: l.Ignored}
			if l.Failed {
				assert.Result = "fail"
			}
			s.Assertions = append(s.Assertions, assert)
		}
		s.Output = strings.Join(output, "\n")
		if x := b.Failure; x != nil {
			s.Error, s.Failure, s.Hint, s.ScriptLine, s.ScriptCol = &x.Message, x.Failure, x.Hint, x.Script.Line, x.Script.Col
			if x.Where.File != "" {
				s.jsonPlace = placeOf(x.Where)
			}
		}
		out = append(out, s)
	}
	return out
}

func comparisonsOf(rounds []event.Compared) []jsonComparison {
	var out []jsonComparison
	for _, b := range rounds {
		out = append(out, jsonComparison{
			b.Iteration, b.Left, resultName(resultComparisons, b.Comparison), b.Right, b.LeftValue, b.RightValue, b.Holds, orNull(b.Error), placeOf(b.Where),
		})
	}
	return out
}

func problemsOf(problems []event.Problem) []jsonProblem {
	var out []jsonProblem
	for _, b := range problems {
		out = append(out, jsonProblem{b.Code, outcomeOf(b.Outcome), b.Message, b.Hint, placeOf(b.Where)})
	}
	return out
}

// messages are the problems as the hosted service tells them.
func messages(problems []event.Problem) []string {
	out := []string{}
	for _, b := range problems {
		out = append(out, b.Message)
	}
	return out
}

func places(notices []event.Notice) []jsonNotice {
	var out []jsonNotice
	for _, b := range notices {
		out = append(out, jsonNotice{b.Severity, b.Code, b.Message, b.Hint, placeOf(b.Where)})
	}
	return out
}
