package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"offscope/event"
)

// A drawer turns results into a document, piece by piece. Tests come in the order of their numbers and never mixed, the steps
// of a test in the order in which they began, each when it has ended; a subtest comes within the step that runs it.
type drawer interface {
	runBegins(p *bytes.Buffer, r *runResult)
	testBegins(p *bytes.Buffer, t *testResult)
	stepEnds(p *bytes.Buffer, t *testResult, s *stepResult)
	testEnds(p *bytes.Buffer, t *testResult)
	runEnds(p *bytes.Buffer, r *runResult)
}

// A collector makes results of events and hands them to a drawer as early as their order allows. It forgets a step that was
// drawn, so a run takes as much memory as the tests that are open and those that have to wait for one with a lower number. A test
// that may be tried again is drawn when it has ended; of an attempt that does not count only the reasons are kept.
type collector struct {
	out  io.Writer
	draw drawer
	page bytes.Buffer
	err  error

	run     runResult
	begun   bool // the drawer knows of the run
	tests   map[scope]*testResult
	open    map[place]*stepResult
	waiting map[int]*testResult // tests that have begun and whose turn has not come
	turn    int                 // the number of the test that is drawn next
	current *testResult         // the test of that number that is being drawn
	closed  bool
}

// A place is what the numbers of an event say it is about.
type place struct {
	scope
	step int
}

func collect(out io.Writer, d drawer) *collector {
	return &collector{out: out, draw: d, tests: map[scope]*testResult{}, open: map[place]*stepResult{}, waiting: map[int]*testResult{}, turn: 1}
}

// Write takes the next event.
func (c *collector) Write(e event.Event) error {
	if c.err != nil {
		return c.err
	}
	if e.Body == nil {
		return fmt.Errorf("event %d has no body", e.Seq)
	}
	e.Body = plain(e.Body)
	c.run.until = e.Time
	if c.run.at.IsZero() {
		c.run.at = e.Time
	}
	c.take(e)
	return c.flush()
}

// Close ends what has not ended, and the document.
func (c *collector) Close() error {
	if c.closed {
		return c.err
	}
	c.closed = true
	c.begin()
	for _, t := range c.waiting {
		if t.again {
			c.endTest(t, againCutOff)
		}
		c.endTest(t, testCutOff)
	}
	if c.current != nil {
		c.endTest(c.current, testCutOff)
	}
	c.advance()
	for _, number := range slices.Sorted(maps.Keys(c.waiting)) {
		c.turn = number
		c.advance()
	}
	c.judge()
	c.draw.runEnds(&c.page, &c.run)
	return c.flush()
}

func (c *collector) flush() error {
	if c.page.Len() == 0 || c.err != nil {
		return c.err
	}
	_, c.err = c.out.Write(c.page.Bytes())
	c.page.Reset()
	return c.err
}

func (c *collector) take(e event.Event) {
	if b, ok := e.Body.(event.RunStarted); ok && !c.begun {
		c.run.started = b
	}
	c.begin()
	at := scopeOf(e)
	switch b := e.Body.(type) {
	case event.RunStarted:
	case event.RunFinished:
		c.run.finished, c.run.ended = b, true
	case event.TestStarted:
		c.testBegins(at, e.Time, b)
	case event.TestFinished:
		t := c.test(at)
		t.finished, t.until = b, e.Time
		if t.again = b.Again && t.mayFailAgain(); !t.again {
			c.endTest(t, "")
		}
	case event.StepStarted:
		c.stepBegins(place{at, e.Step}, e.Time, b)
	case event.StepFinished:
		c.endStep(place{at, e.Step}, e.Time, b)
	default:
		c.found(e)
	}
	c.advance()
}

func (c *collector) begin() {
	if !c.begun {
		c.begun = true
		c.draw.runBegins(&c.page, &c.run)
	}
}

// found takes a fact about a step, a test or the run.
func (c *collector) found(e event.Event) {
	switch {
	case e.Step != 0:
		c.step(place{scopeOf(e), e.Step}).take(e)
	case e.Test != 0:
		c.test(scopeOf(e)).take(e.Body)
	default:
		switch b := e.Body.(type) {
		case event.Notice:
			c.run.notices = append(c.run.notices, b)
		case event.Problem:
			c.run.trouble = append(c.run.trouble, b.Message)
		case event.Resource:
			c.run.left.take(b)
		}
	}
}

func (t *testResult) take(b event.Body) {
	switch b := b.(type) {
	case event.Notice:
		t.notices = append(t.notices, b)
	case event.Problem:
		t.problems = append(t.problems, b)
	case event.Scripted:
		t.scripts = append(t.scripts, b)
	}
}

func (s *stepResult) take(e event.Event) {
	switch b := e.Body.(type) {
	case event.Notice:
		s.notices = append(s.notices, b)
	case event.Problem:
		s.problems = append(s.problems, b)
	case event.Compared:
		s.compared = append(s.compared, b)
	case event.Exchanged:
		s.exchanged, s.exchanges = &b, e.Time
	case event.Extracted:
		s.extracted = append(s.extracted, b)
	case event.Scripted:
		s.scripts = append(s.scripts, b)
	case event.Asserted:
		s.asserted = append(s.asserted, b)
	}
}

// testBegins opens a test, or a subtest within the step that runs it.
func (c *collector) testBegins(at scope, now time.Time, b event.TestStarted) *testResult {
	t := &testResult{number: at.test, sub: at.sub, opening: b, at: now, until: now, seen: map[int]bool{}}
	if at.sub != 0 {
		caller := scope{at.test, b.Caller}
		if b.Caller == at.sub {
			caller.sub = 0
		}
		s := c.step(place{caller, b.CallerStep})
		s.subtests = append(s.subtests, t)
		c.tests[at] = t
		return t
	}
	switch before := c.tests[at]; {
	case before == nil:
		c.run.tests++
	case before.again:
		c.again(before, t)
	default:
		c.run.tests++
		c.endTest(before, testCutOff)
		c.advance()
	}
	c.tests[at] = t
	c.waiting[at.test] = t
	return t
}

// test returns a test that is open, also one whose beginning is missing from the stream.
func (c *collector) test(at scope) *testResult {
	if t := c.tests[at]; t != nil {
		return t
	}
	return c.testBegins(at, c.run.until, event.TestStarted{})
}

func (c *collector) stepBegins(at place, now time.Time, b event.StepStarted) *stepResult {
	t := c.test(at.scope)
	s := &stepResult{number: at.step, started: b, at: now, until: now}
	t.steps = append(t.steps, s)
	t.seen[at.step] = true
	c.open[at] = s
	return s
}

func (c *collector) step(at place) *stepResult {
	if s := c.open[at]; s != nil {
		return s
	}
	return c.stepBegins(at, c.run.until, event.StepStarted{})
}

// endTest closes a test with everything in it that is open. reason is why, when its end is not in the stream.
func (c *collector) endTest(t *testResult, reason string) {
	if t.ended {
		return
	}
	for _, s := range t.steps {
		c.cutStep(t, s)
	}
	t.ended = true
	t.cut = t.cut || reason != ""
	if t.cut {
		c.cutTest(t, reason)
	}
	if at := (scope{t.number, t.sub}); c.tests[at] == t {
		delete(c.tests, at)
	}
}

// cutTest fills in the end of a test that has none, or whose end does not fit what came before.
func (c *collector) cutTest(t *testResult, reason string) {
	f := &t.finished
	if reason != "" {
		counts := t.tally.counts
		counts.Steps = max(t.opening.Steps, len(t.seen))
		counts.StepsNotRun += counts.Steps - len(t.seen)
		*f = event.TestFinished{Reason: reason, Counts: counts, Duration: c.run.until.Sub(t.at)}
		t.until = c.run.until
	}
	if f.Reason == "" {
		f.Reason = "the events of a step are missing"
	}
	f.Outcome = event.Errored
}

// endStep counts a step whose end has come.
func (c *collector) endStep(at place, now time.Time, f event.StepFinished) {
	t, s := c.test(at.scope), c.step(at)
	s.finished, s.until = f, now
	c.close(t, s)
}

// cutStep ends a step that has no end in the stream: it counts as not run.
func (c *collector) cutStep(t *testResult, s *stepResult) {
	if s == nil || s.ended {
		return
	}
	s.cut, t.cut = true, true
	s.finished = event.StepFinished{Outcome: event.NotRun, Reason: stepCutOff, Duration: c.run.until.Sub(s.at)}
	s.until = c.run.until
	for _, a := range s.asserted {
		s.finished.Counts.Assertions++
		if a.Outcome != event.Passed {
			s.finished.Counts.AssertionsFailed++
		}
	}
	c.close(t, s)
}

func (c *collector) close(t *testResult, s *stepResult) {
	for _, sub := range s.subtests {
		if !sub.ended {
			t.cut = true
			c.endTest(sub, testCutOff)
		}
	}
	s.ended = true
	t.tally.add(s)
	if at := (place{scope{t.number, t.sub}, s.number}); c.open[at] == s {
		delete(c.open, at)
	}
}

// advance draws whatever has its turn.
func (c *collector) advance() {
	for {
		if c.current == nil {
			t := c.waiting[c.turn]
			if t == nil || t.mayFailAgain() && !t.ended {
				return
			}
			delete(c.waiting, c.turn)
			c.current = t
			c.draw.testBegins(&c.page, t)
		}
		t := c.current
		for t.drawn < len(t.steps) && t.steps[t.drawn].ended {
			c.draw.stepEnds(&c.page, t, t.steps[t.drawn])
			t.steps[t.drawn] = nil
			t.drawn++
		}
		if !t.ended {
			return
		}
		if t.outcome() != event.Passed && t.outcome() != event.Skipped {
			c.run.bad++
		}
		if t.flaky() {
			c.run.flaky++
		}
		c.draw.testEnds(&c.page, t)
		c.current = nil
		c.turn++
	}
}

// judge finds reasons for the run not to have passed that no test stands for.
func (c *collector) judge() {
	r := &c.run
	missing := max(0, max(r.finished.Tests, r.started.Tests)-r.tests)
	switch {
	case !r.ended && missing > 0:
		r.trouble = append(r.trouble, fmt.Sprintf("%s, and %d of %s did not begin", cutOff, missing, plural(r.started.Tests, "test")))
	case !r.ended:
		r.trouble = append(r.trouble, cutOff)
	case r.tests == 0 && !isEmptyShard(r.started):
		r.trouble = append(r.trouble, "no test was run")
	case r.tests < r.finished.Tests:
		r.trouble = append(r.trouble, fmt.Sprintf("%d of %s are missing from the events", missing, plural(r.finished.Tests, "test")))
	case r.bad == 0 && len(r.trouble) == 0 && r.outcome() != event.Passed:
		reason := r.stopped()
		if reason == "" {
			reason = "the run did not pass"
		}
		r.trouble = append(r.trouble, reason)
	}
}
