package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"offscope/event"
)

// A failedAttempt is what is kept of a test that failed and was tried again.
type failedAttempt struct {
	number    int // from 1
	at, until time.Time
	outcome   event.Outcome
	took      time.Duration
	line      int // of the first step that failed, or of the test
	reasons   []attemptReason
}

// An attemptReason is why an attempt failed: a step, by the name it has in reports, or the test.
type attemptReason struct {
	name    string
	kind    string
	outcome event.Outcome
	message string
	text    []string // printable lines
}

// attemptOf keeps why a test failed that is tried again.
func attemptOf(t *testResult) failedAttempt {
	a := failedAttempt{
		number: max(t.opening.Attempt, len(t.failed)+1), at: t.at, until: t.until, outcome: t.outcome(), took: t.duration(), line: t.opening.Line,
	}
	for _, s := range t.steps {
		a.step(t, s, "")
	}
	if len(a.reasons) == 0 {
		found := t.findings()
		message := cmp.Or(headline(found), t.unexplained(), "the test did not pass")
		a.reasons = []attemptReason{{name: "the test", kind: "test", outcome: a.outcome, message: message, text: explain(found, nil)}}
	}
	return a
}

// step notes a step that failed, and before it those of its subtests.
func (a *failedAttempt) step(t *testResult, s *stepResult, prefix string) {
	for _, sub := range s.subtests {
		for _, inner := range sub.steps {
			a.step(sub, inner, t.numeral(prefix, s)+".")
		}
	}
	if !s.ended || !s.outcome().Bad() {
		return
	}
	if len(a.reasons) == 0 && s.started.Line > 0 {
		a.line = s.started.Line
	}
	found := s.findings()
	a.reasons = append(a.reasons, attemptReason{t.title(prefix, s), found[0].kind, s.outcome(), headline(found), explain(found, s.finished.Hints)})
}

// first is the first reason in one line.
func (a *failedAttempt) first() string { return a.reasons[0].name + ": " + a.reasons[0].message }

// trace are all reasons, as printable lines.
func (a *failedAttempt) trace() []string {
	var lines []string
	for _, r := range a.reasons {
		lines = append(append(lines, escape(r.name)), r.text...)
	}
	return lines
}

// sentence says in one line that the attempt failed, and why.
func (a *failedAttempt) sentence() string {
	return fmt.Sprintf("attempt %d failed: %s", a.number, a.first())
}

// mayFailAgain reports whether another attempt at the test may follow: it is drawn when it has ended, if it counts.
func (t *testResult) mayFailAgain() bool { return t.opening.Attempt < t.opening.Attempts }

// attempts is how often the test was begun, 0 when it would not have been tried again.
func (t *testResult) attempts() int {
	if t.opening.Attempts == 0 && len(t.failed) == 0 {
		return 0
	}
	return max(t.opening.Attempt, len(t.failed)+1)
}

// flaky reports whether the test has passed, and had failed before.
func (t *testResult) flaky() bool {
	return t.outcome() == event.Passed && (t.finished.Flaky || len(t.failed) > 0)
}

// flakyWords is the remark about a test that passed after it had failed.
func flakyWords(attempt int) string { return fmt.Sprintf("flaky: passed at attempt %d", attempt) }

// again takes the place of an attempt that did not count.
func (c *collector) again(before, t *testResult) {
	t.failed = append(slices.Clip(before.failed), attemptOf(before))
	maps.DeleteFunc(c.tests, func(at scope, _ *testResult) bool { return at.test == t.number })
	maps.DeleteFunc(c.open, func(at place, _ *stepResult) bool { return at.test == t.number })
}

// jsonAttempts is what the JSON report says about a test that may be tried again.
type jsonAttempts struct {
	Attempts int           `json:"attempts,omitempty"`
	Flaky    bool          `json:"flaky,omitempty"`
	Failed   []jsonAttempt `json:"failed_attempts,omitempty"`
}

// jsonAttempt is an attempt that did not count.
type jsonAttempt struct {
	Attempt    int           `json:"attempt"`
	Outcome    event.Outcome `json:"outcome"`
	StartedAt  float64       `json:"started_at"`
	FinishedAt float64       `json:"finished_at"`
	Duration   float64       `json:"duration_ms"`
	Errors     []string      `json:"error_messages"`
}

// jsonFlaky is the total of flaky tests among several.
type jsonFlaky struct {
	Tests int `json:"tests_flaky,omitempty"`
}

func jsonAttemptsOf(t *testResult) jsonAttempts {
	j := jsonAttempts{Attempts: t.attempts(), Flaky: t.flaky()}
	for _, a := range t.failed {
		entry := jsonAttempt{Attempt: a.number, Outcome: a.outcome, StartedAt: unixSeconds(a.at), FinishedAt: unixSeconds(a.until), Duration: millis(a.took)}
		for _, r := range a.reasons {
			entry.Errors = append(entry.Errors, r.name+": "+r.message)
		}
		j.Failed = append(j.Failed, entry)
	}
	return j
}

// ctrfAttempt is an attempt before the one that a test of the format stands for.
type ctrfAttempt struct {
	Attempt  int    `json:"attempt"`
	Status   string `json:"status"`
	Duration int64  `json:"duration"`
	Message  string `json:"message"`
	Trace    string `json:"trace,omitempty"`
	Line     int    `json:"line,omitempty"`
	Start    int64  `json:"start"`
	Stop     int64  `json:"stop"`
}
