package report

import (
	"bytes"
	"encoding/json"
	"time"

	"offscope/event"
)

// jsonReport writes the results in the hosted service's model: the keys and words of its API for test results (vendor
// documentation) and of its webhooks, and beside them what we know and it does not. docs/report.schema.json describes it.
//
// A run of one test is the result of that test. Several tests, or several iterations of one, are an object with a list of runs.
// The beginning of the stream says which it will be. A test that nobody announced goes to a list of further runs, and the
// result is then that of the run.
type jsonReport struct {
	run     *runResult
	several bool
	runs    int
	only    *testResult // the test that the document is the result of, when there are not several
	entries int         // of the test that is being written
	nests   []nestEnd
}

// schemaVersion counts changes that break readers.
const schemaVersion = 1

func (j *jsonReport) runBegins(_ *bytes.Buffer, r *runResult) {
	j.run, j.several = r, r.started.Tests > 1
}

func (j *jsonReport) testBegins(p *bytes.Buffer, t *testResult) {
	j.runs++
	j.several = j.several || j.runs == 1 && t.opening.Iterations > 1
	switch {
	case j.runs == 1 && j.several:
		j.openRuns(p)
	case j.runs == 1:
		j.only = t
	case j.runs == 2 && j.only != nil:
		j.closeRequests(p, j.only)
		p.WriteString(`,"further_runs":[` + "\n")
	default:
		p.WriteString(",\n")
	}
	j.openRun(p, t)
}

func (j *jsonReport) openRuns(p *bytes.Buffer) {
	p.WriteString(`{"runs":[` + "\n")
}

func (j *jsonReport) openRun(p *bytes.Buffer, t *testResult) {
	j.entries, j.nests = 0, nil
	writeOpen(p, jsonHead{
		SchemaVersion: schemaVersion, Version: j.run.started.Version, Seed: j.run.started.Seed, TestName: t.opening.Name, Environment: t.opening.Environment,
		File: t.opening.File, Line: t.opening.Line, Col: t.opening.Col, Iteration: t.opening.Iteration, Iterations: t.opening.Iterations, StartedAt: unixSeconds(t.at),
	})
	p.WriteString(`,"requests":[`)
}

func (j *jsonReport) stepEnds(p *bytes.Buffer, t *testResult, s *stepResult) {
	if j.entries == 0 {
		j.next(p)
		p.Write(marshal(initialEntry(t)))
	}
	j.step(p, s)
}

func (j *jsonReport) testEnds(p *bytes.Buffer, t *testResult) {
	if t == j.only {
		return // what the run adds to its result is not known yet
	}
	j.closeRun(p, t)
}

func (j *jsonReport) runEnds(p *bytes.Buffer, r *runResult) {
	switch {
	case j.only != nil:
		j.closeOnly(p, r)
	case j.runs == 0:
		j.openRuns(p)
		fallthrough
	default:
		p.WriteString("\n]")
		writeMore(p, jsonTotal{
			SchemaVersion: schemaVersion, Version: r.started.Version, Seed: r.started.Seed, Result: runWord(r), Outcome: r.outcome(), StartedAt: unixSeconds(r.at),
			FinishedAt: unixSeconds(r.until), Tests: r.tests, TestsFailed: r.bad,
		})
		writeMore(p, jsonFlaky{r.flaky})
	}
	writeMore(p, jsonRun{Interrupted: r.finished.Interrupted, Complete: r.ended, Trouble: r.trouble, Notices: places(r.notices)})
	p.WriteString("}\n")
}

// closeOnly writes the figures of the test that the document is about. The run may know better how it ended.
func (j *jsonReport) closeOnly(p *bytes.Buffer, r *runResult) {
	if j.runs == 1 {
		j.closeRequests(p, j.only)
	} else {
		p.WriteString("\n]")
	}
	word, outcome := testWord(j.only), j.only.outcome()
	if outcome == event.Passed {
		word, outcome = runWord(r), r.outcome()
	}
	writeMore(p, figuresOf(j.only, word, outcome))
	writeMore(p, jsonAttemptsOf(j.only))
}

// step writes the entry of a step, after the closing entries of the conditions and loops that it no longer stands in.
func (j *jsonReport) step(p *bytes.Buffer, s *stepResult) {
	j.closeNests(p, s.started.Depth)
	j.next(p)
	writeOpen(p, entryOf(s))
	if len(s.subtests) > 0 {
		j.subtests(p, s)
	}
	p.WriteString("}")
	if kindOf(s.started.StepKind) != other {
		j.nests = append(j.nests, nestEnd{s.started.Depth, jsonEntry{Step: s.number, Kind: s.started.StepKind, Iteration: s.started.Iteration, Closes: true, Result: stepWord(s.outcome())}})
	}
}

// A nestEnd is the entry that stands behind those of the steps inside a condition or loop, as in the hosted service's results.
type nestEnd struct {
	depth int
	entry jsonEntry
}

func (j *jsonReport) closeNests(p *bytes.Buffer, depth int) {
	for len(j.nests) > 0 && j.nests[len(j.nests)-1].depth >= depth {
		j.next(p)
		p.Write(marshal(bareEntry(j.nests[len(j.nests)-1].entry)))
		j.nests = j.nests[:len(j.nests)-1]
	}
}

// next begins a line for the next entry.
func (j *jsonReport) next(p *bytes.Buffer) {
	if j.entries++; j.entries > 1 {
		p.WriteString(",")
	}
	p.WriteString("\n")
}

// subtests writes the results of the subtests that a step has run: one, unless the stream is odd.
func (j *jsonReport) subtests(p *bytes.Buffer, s *stepResult) {
	p.WriteString(`,"subtest_detail":[`)
	for i, t := range s.subtests {
		if i > 0 {
			p.WriteString(",")
		}
		inner := jsonReport{run: j.run}
		inner.openRun(p, t)
		for _, step := range t.steps {
			inner.stepEnds(p, t, step)
		}
		inner.closeRun(p, t)
	}
	p.WriteString("]")
}

// closeRun completes the result of a test.
func (j *jsonReport) closeRun(p *bytes.Buffer, t *testResult) {
	j.closeRequests(p, t)
	writeMore(p, figuresOf(t, testWord(t), t.outcome()))
	writeMore(p, jsonAttemptsOf(t))
	p.WriteString("}")
}

// closeRequests completes the list of entries.
func (j *jsonReport) closeRequests(p *bytes.Buffer, t *testResult) {
	if j.entries == 0 {
		j.next(p)
		p.Write(marshal(initialEntry(t)))
	}
	j.closeNests(p, 0)
	p.WriteString("\n]")
}

func figuresOf(t *testResult, word string, outcome event.Outcome) jsonFigures {
	f, c := t.finished, t.finished.Counts
	return jsonFigures{
		Result: word, Outcome: outcome, Reason: f.Reason, Complete: !t.cut, FinishedAt: unixSeconds(t.until), Duration: millis(t.duration()),
		RequestsExecuted: c.Requests, jsonCounters: countersOf(c, t.tally.assertions),
		Steps:         jsonSteps{c.Steps, t.tally.counts.StepsPassed, t.tally.counts.StepsFailed, t.tally.counts.StepsErrored, t.tally.counts.StepsSkipped, max(c.StepsNotRun, t.tally.counts.StepsNotRun)},
		SubtestsCount: t.tally.subtestsOf(), SubtestsPassed: t.tally.subtests[event.Passed], SubtestsFailed: t.tally.subtests[event.Failed],
		SubtestsOthers: t.tally.subtestsOf() - t.tally.subtests[event.Passed] - t.tally.subtests[event.Failed],
		Errors:         messages(t.problems), Problems: problemsOf(t.problems), Notices: places(t.notices),
	}
}

func (t *tally) subtestsOf() int {
	n := 0
	for _, count := range t.subtests {
		n += count
	}
	return n
}

// stepWord is the hosted service's word for how a step ended.
func stepWord(o event.Outcome) string {
	switch o {
	case event.Passed:
		return "pass"
	case event.Skipped:
		return "skipped"
	case event.NotRun:
		return "canceled"
	}
	return "fail"
}

// rowWord is the word for a row of assertions or variables; what could not be looked at has failed.
func rowWord(o event.Outcome) string {
	if o == event.Passed {
		return "pass"
	}
	return "fail"
}

func testWord(t *testResult) string {
	if t.canceled() {
		return "canceled"
	}
	return rowWord(t.outcome())
}

func runWord(r *runResult) string {
	if r.stopped() != "" {
		return "canceled"
	}
	return rowWord(r.outcome())
}

// unixSeconds is a time as the hosted service writes it.
func unixSeconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// millis is a duration in milliseconds, exact to the microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// marshal writes a value as JSON in one line. Letters stay letters: nobody puts the document into a web page unescaped.
func marshal(v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // texts, numbers and times only
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// writeOpen writes an object without its closing brace.
func writeOpen(p *bytes.Buffer, v any) {
	p.Write(bytes.TrimSuffix(marshal(v), []byte("}")))
}

// writeMore adds the members of an object to one that is open and has members.
func writeMore(p *bytes.Buffer, v any) {
	members := bytes.TrimSuffix(bytes.TrimPrefix(marshal(v), []byte("{")), []byte("}"))
	if len(members) > 0 {
		p.WriteString(",\n")
		p.Write(members)
	}
}
