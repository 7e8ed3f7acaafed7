package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"offscope/event"
)

// What a stream tells, put together in the plainest way, to be compared with what others read in the documents made of it.

// toldTest is a test or a subtest.
type toldTest struct {
	name    string
	above   string // the name of the test, of a subtest too
	caller  *toldTest
	prefix  string // of the numbers of its steps
	digits  int
	sub     bool
	outcome event.Outcome
	flaky   bool
	steps   []*toldStep
}

type toldStep struct {
	test    *toldTest
	number  int
	title   string
	outcome event.Outcome
	request string // method, URL and status, "" when nothing was sent
}

// told are the tests of a stream, without attempts that do not count. What has no end counts as not run.
func told(events []event.Event) []*toldTest {
	var all []*toldTest
	tests := map[scope]*toldTest{}
	open := map[place]*toldStep{}
	for _, e := range lastAttempts(events) {
		at := scopeOf(e)
		switch b := e.Body.(type) {
		case event.TestStarted:
			t := &toldTest{name: nameOf(b), digits: max(2, len(fmt.Sprint(b.Steps))), outcome: event.Failed, sub: e.Sub > 0}
			t.above = t.name
			if t.sub {
				caller := tests[scope{e.Test, b.Caller}]
				t.caller, t.above, t.prefix = caller, caller.above, fmt.Sprintf("%s%0*d.", caller.prefix, caller.digits, b.CallerStep)
			}
			tests[at] = t
			all = append(all, t)
		case event.StepStarted:
			t := tests[at]
			s := &toldStep{test: t, number: e.Step, outcome: event.NotRun}
			s.title = fmt.Sprintf("%s%0*d %s", t.prefix, t.digits, e.Step, cmp.Or(strings.TrimSpace(b.Note), (&stepResult{started: b}).name()))
			if b.Iteration > 0 {
				s.title += fmt.Sprintf(" (round %d)", b.Iteration)
			}
			t.steps = append(t.steps, s)
			open[place{at, e.Step}] = s
		case event.Exchanged:
			s := open[place{at, e.Step}]
			if b.Request.Method != "" {
				address, _, _ := strings.Cut(b.Request.URL, "#")
				s.request = fmt.Sprintf("%s | %s | %d", b.Request.Method, address, statusOf(b.Response))
			}
		case event.StepFinished:
			open[place{at, e.Step}].outcome = b.Outcome
		case event.TestFinished:
			tests[at].outcome, tests[at].flaky = b.Outcome, b.Flaky
		}
	}
	return all
}

func nameOf(b event.TestStarted) string {
	if b.Iterations > 1 {
		return fmt.Sprintf("%s (%d/%d)", strings.TrimSpace(b.Name), b.Iteration, b.Iterations)
	}
	return strings.TrimSpace(b.Name)
}

func statusOf(r *event.Response) int {
	if r == nil {
		return 0
	}
	return r.Status
}

// lines are what draw makes of each step.
func lines(tests []*toldTest, draw func(s *toldStep) string) []string {
	all := []string{}
	for _, t := range tests {
		for _, s := range t.steps {
			if line := draw(s); line != "" {
				all = append(all, line)
			}
		}
	}
	return all
}

// testLines does the same for each test that is no subtest.
func testLines(tests []*toldTest, draw func(t *toldTest) string) []string {
	all := []string{}
	for _, t := range tests {
		if !t.sub {
			all = append(all, draw(t))
		}
	}
	return all
}

// path are the names of the tests that a test is a subtest of, the outermost first, and its own.
func (t *toldTest) path() []string {
	if t.caller == nil {
		return []string{t.name}
	}
	return append(t.caller.path(), t.name)
}

// The forms that texts have in documents: in those for programs nothing is changed but secrets, in those for people what cannot be
// seen is written in letters, and in TAP a name does not end with the sign of a subtest.

func asPrinted(s string) string { return escape(plainText(s)) }

func asInTAP(s string) string { return strings.ReplaceAll(asPrinted(s), "{ |", "{... |") }

// words are how a format names outcomes: passed, failed, errored, skipped, not run.
func words(o event.Outcome, passed, failed, errored, skipped, notRun string) string {
	return map[event.Outcome]string{event.Passed: passed, event.Failed: failed, event.Errored: errored, event.Skipped: skipped, event.NotRun: notRun}[o]
}

// compare tells whether a reader found what the stream tells, in some order. Entries that stand for no step are left out, and so
// are the numbers behind names that are made unique.
func compare(t *testing.T, name, what string, form func(string) string, want, got []string) {
	t.Helper()
	want = slices.Clone(want)
	for i := range want {
		want[i] = form(want[i])
	}
	found := []string{}
	for _, line := range got {
		if !standsForNoStep.MatchString(line) {
			found = append(found, madeUnique.ReplaceAllString(line, " |"))
		}
	}
	slices.Sort(want)
	slices.Sort(found)
	if d := diff.Diff(want, found); d != "" {
		t.Errorf("%s, %s: -told +read\n%s", name, what, d)
	}
}

var (
	standsForNoStep = regexp.MustCompile(`(^|\| |\.)(00 the test|00 the run|the test|the run)(:| \|)`)
	madeUnique      = regexp.MustCompile(` #\d+ \|`)
)
