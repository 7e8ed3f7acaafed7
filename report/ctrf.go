package report

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"offscope/event"
)

// ctrf writes the Common Test Report Format (ctrf.io): a test for each test and iteration, with its steps in it, because that
// is what the format means by a step. A test that did not pass has failed, whatever the reason: nobody counts the others.
type ctrf struct {
	run   *runResult
	names map[string]int
	steps []ctrfStep
	found []string // why the present test did not pass, the trace
	first string   // the headline of that
	sum   ctrfSummary
}

type ctrfTest struct {
	Name     string         `json:"name"`
	Status   string         `json:"status"`
	Duration int64          `json:"duration"`
	Start    int64          `json:"start"`
	Stop     int64          `json:"stop"`
	Message  string         `json:"message,omitempty"`
	Trace    string         `json:"trace,omitempty"`
	Line     int            `json:"line,omitempty"`
	Raw      event.Outcome  `json:"rawStatus,omitempty"`
	Retries  int            `json:"retries,omitempty"`
	Attempts []ctrfAttempt  `json:"retryAttempts,omitempty"`
	Flaky    bool           `json:"flaky,omitempty"`
	Kind     string         `json:"type"`
	File     string         `json:"filePath,omitempty"`
	Params   map[string]any `json:"parameters,omitempty"`
	Steps    []ctrfStep     `json:"steps,omitempty"`
	Extra    map[string]any `json:"extra,omitempty"`
}

type ctrfStep struct {
	Name   string    `json:"name"`
	Status string    `json:"status"`
	Extra  ctrfExtra `json:"extra"`
}

type ctrfExtra struct {
	Step     string        `json:"step"`
	Kind     string        `json:"step_type"`
	Outcome  event.Outcome `json:"outcome"`
	File     string        `json:"filePath,omitempty"`
	Line     int           `json:"line,omitempty"`
	Duration float64       `json:"duration_ms"`
	Message  string        `json:"message,omitempty"`
}

type ctrfSummary struct {
	Tests    int   `json:"tests"`
	Passed   int   `json:"passed"`
	Failed   int   `json:"failed"`
	Skipped  int   `json:"skipped"`
	Pending  int   `json:"pending"`
	Other    int   `json:"other"`
	Flaky    int   `json:"flaky,omitempty"`
	Start    int64 `json:"start"`
	Stop     int64 `json:"stop"`
	Duration int64 `json:"duration"`
}

// ctrfVersion is the version of the format's specification that the document follows.
const ctrfVersion = "0.0.0"

func (c *ctrf) runBegins(p *bytes.Buffer, r *runResult) {
	c.run, c.names = r, map[string]int{}
	tool := map[string]any{"name": "offscope"}
	if r.started.Version != "" {
		tool["version"] = r.started.Version
	}
	fmt.Fprintf(p, `{"reportFormat":"CTRF","specVersion":%q,"generatedBy":"offscope","results":{"tool":%s,"tests":[`, ctrfVersion, marshal(tool))
}

func (c *ctrf) testBegins(*bytes.Buffer, *testResult) {
	c.steps, c.found, c.first = nil, nil, ""
}

func (c *ctrf) stepEnds(_ *bytes.Buffer, t *testResult, s *stepResult) { c.step(t, s, "") }

func (c *ctrf) step(t *testResult, s *stepResult, prefix string) {
	for _, sub := range s.subtests {
		for _, inner := range sub.steps {
			c.step(sub, inner, t.numeral(prefix, s)+".")
		}
	}
	step := ctrfStep{t.title(prefix, s), stepStatus(s.outcome()), ctrfExtra{
		Step: t.numeral(prefix, s), Kind: s.started.StepKind, Outcome: s.outcome(), File: s.started.File, Line: s.started.Line, Duration: millis(s.finished.Duration),
	}}
	switch {
	case s.outcome().Bad():
		found := s.findings()
		step.Extra.Message = headline(found)
		c.fail(step.Name, headline(found), explain(found, s.finished.Hints))
	case s.outcome() != event.Passed:
		step.Extra.Message = s.reason()
	}
	c.steps = append(c.steps, step)
}

// fail notes a reason for the present test not to have passed.
func (c *ctrf) fail(name, message string, lines []string) {
	if c.first == "" {
		c.first = name + ": " + message
	}
	c.found = append(c.found, escape(name))
	c.found = append(c.found, lines...)
}

func stepStatus(o event.Outcome) string {
	switch o {
	case event.Passed:
		return "passed"
	case event.Skipped:
		return "skipped"
	case event.NotRun:
		return "pending"
	}
	return "failed"
}

func (c *ctrf) testEnds(p *bytes.Buffer, t *testResult) {
	if reason := t.unexplained(); reason != "" {
		c.fail("the test", reason, explain(t.findings(), nil))
	}
	test := ctrfTest{
		Name: unique(c.names, t.name()), Status: "failed", Duration: t.duration().Round(time.Millisecond).Milliseconds(), Start: t.at.UnixMilli(), Stop: t.until.UnixMilli(),
		Message: c.first, Trace: strings.Join(c.found, "\n"), Line: t.opening.Line, Raw: t.outcome(), Kind: "api", File: t.opening.File, Steps: c.steps,
		Retries: max(0, t.attempts()-1), Attempts: ctrfAttemptsOf(t), Flaky: t.flaky(),
		Extra: map[string]any{"environment": t.opening.Environment, "seed": c.run.started.Seed},
	}
	switch t.outcome() {
	case event.Passed:
		test.Status = "passed"
	case event.Skipped:
		test.Status = "skipped"
	}
	if t.opening.Iterations > 0 {
		test.Params = map[string]any{"iteration": t.opening.Iteration, "iterations": t.opening.Iterations}
	}
	c.write(p, test)
}

func ctrfAttemptsOf(t *testResult) []ctrfAttempt {
	var all []ctrfAttempt
	for _, a := range t.failed {
		all = append(all, ctrfAttempt{
			Attempt: a.number, Status: "failed", Duration: a.took.Round(time.Millisecond).Milliseconds(), Message: a.first(), Trace: strings.Join(a.trace(), "\n"),
			Line: a.line, Start: a.at.UnixMilli(), Stop: a.until.UnixMilli(),
		})
	}
	return all
}

func (c *ctrf) write(p *bytes.Buffer, test ctrfTest) {
	if c.sum.Tests++; c.sum.Tests > 1 {
		p.WriteByte(',')
	}
	switch test.Status {
	case "passed":
		c.sum.Passed++
	case "skipped":
		c.sum.Skipped++
	default:
		c.sum.Failed++
	}
	if test.Flaky {
		c.sum.Flaky++
	}
	p.WriteByte('\n')
	p.Write(marshal(test))
}

func (c *ctrf) runEnds(p *bytes.Buffer, r *runResult) {
	for _, text := range r.trouble {
		at := r.until.UnixMilli()
		c.write(p, ctrfTest{Name: unique(c.names, "the run"), Status: "failed", Start: at, Stop: at, Message: text, Raw: event.Errored, Kind: "api"})
	}
	c.sum.Start, c.sum.Stop = r.at.UnixMilli(), r.until.UnixMilli()
	c.sum.Duration = max(0, c.sum.Stop-c.sum.Start)
	fmt.Fprintf(p, "\n],\"summary\":%s}}\n", marshal(c.sum))
}
