package live

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"offscope/event"
	"offscope/report"
	"offscope/source"
)

// A board is what is known of a run that goes on: it takes events, and draws what is being done at a moment.
type board struct {
	began               time.Time // zero before the run and after it
	tests, done, failed int
	running             []*test // by number
	said                string  // what is done before the run
}

// A test is one that runs.
type test struct {
	number int
	name   string
	begun  bool        // a step was
	steps  map[int]int // how many the test and each of its subtests has
	open   []step      // those that were begun and not ended, the innermost last
}

// A step is one that runs.
type step struct {
	sub, number int
	name        string
	round       int
	began       time.Time
	// pause is how long it waits, 0 for other steps.
	pause time.Duration
}

// patience is how long something takes before it is worth a line: what is shorter is over before anybody has read it.
const patience = 200 * time.Millisecond

func (b *board) take(e event.Event, now time.Time) {
	switch body := e.Body.(type) {
	case event.RunStarted:
		*b = board{began: now, tests: body.Tests}
	case event.TestStarted:
		b.testStarted(e, body)
	case event.StepStarted:
		if t := b.test(e.Test); t != nil {
			t.begun = true
			t.open = append(t.open, step{
				sub: e.Sub, number: e.Step, name: report.StepName(body), round: body.Iteration, began: now, pause: body.Pause,
			})
		}
	case event.StepFinished:
		if t := b.test(e.Test); t != nil {
			t.open = slices.DeleteFunc(t.open, func(s step) bool { return s.sub == e.Sub && s.number == e.Step })
		}
	case event.TestFinished:
		if e.Sub == 0 {
			b.testFinished(e, body)
		}
	case event.RunFinished:
		*b = board{}
	}
}

func (b *board) test(number int) *test {
	if at, found := b.find(number); found {
		return b.running[at]
	}
	return nil
}

func (b *board) find(number int) (int, bool) {
	return slices.BinarySearchFunc(b.running, number, func(t *test, n int) int { return cmp.Compare(t.number, n) })
}

func (b *board) testStarted(e event.Event, body event.TestStarted) {
	at, found := b.find(e.Test)
	if e.Sub == 0 && !found {
		b.running = slices.Insert(b.running, at, &test{number: e.Test, name: report.TestName(body), steps: map[int]int{}})
		found = true
	}
	if found {
		b.running[at].steps[e.Sub] = body.Steps
	}
}

// testFinished takes away a test that has ended. One that is tried again begins anew, and has not ended before that.
func (b *board) testFinished(e event.Event, body event.TestFinished) {
	if at, found := b.find(e.Test); found {
		b.running = slices.Delete(b.running, at, at+1)
	}
	if body.Again {
		return
	}
	b.done++
	if body.Outcome.Bad() {
		b.failed++
	}
}

// lines draws what is being done, in at most so many columns and rows; nothing when that is not worth it.
func (b *board) lines(now time.Time, columns, rows int) []string {
	if b.said != "" {
		return []string{report.Clip(source.Printable(b.said), columns)}
	}
	if b.began.IsZero() || now.Sub(b.began) < patience || columns < 1 || rows < 1 {
		return nil
	}
	if b.tests == 1 {
		return b.single(now, columns)
	}
	if b.done == b.tests {
		return nil
	}
	shown := b.running[:min(len(b.running), rows-1)]
	lines := make([]string, 0, len(shown)+1)
	names := 0
	for _, t := range shown {
		names = max(names, min(report.Columns(t.name), columns/3))
	}
	for _, t := range shown {
		name := report.Clip(t.name, names)
		lead := name + strings.Repeat(" ", names-report.Columns(name)) + "  "
		lines = append(lines, strings.TrimRight(report.Clip(lead+t.line(now, columns-report.Columns(lead)), columns), " "))
	}
	return append(lines, report.Clip(b.summary(now), columns))
}

// single draws the step of the only test, once it takes its time: which test it is stands above already.
func (b *board) single(now time.Time, columns int) []string {
	if len(b.running) == 0 {
		return nil
	}
	t := b.running[0]
	if len(t.open) == 0 {
		return nil
	}
	inner := t.open[len(t.open)-1]
	if now.Sub(inner.began) < patience || 0 < inner.pause && inner.pause < patience {
		return nil
	}
	run := ", Ctrl-C ends the run"
	if inner.pause == 0 {
		run = ", run " + elapsed(now.Sub(b.began))
	}
	return []string{report.Clip(t.line(now, columns-len(run))+run, columns)}
}

// line draws the step that a test is at, in so many columns.
func (t *test) line(now time.Time, columns int) string {
	if len(t.open) == 0 {
		if t.begun {
			return ""
		}
		return "begins"
	}
	inner := t.open[len(t.open)-1]
	if inner.pause > 0 {
		return t.numbers() + "pause    " + left(inner, now)
	}
	lead, took := t.numbers()+"running  ", "  "+elapsed(now.Sub(inner.began))
	name := inner.name
	if inner.round > 0 {
		name += fmt.Sprintf("  (round %d)", inner.round)
	}
	return lead + report.Clip(name, max(0, columns-len(lead)-len(took))) + took
}

// numbers are those of the step and, in a subtest, of the steps that have led there.
func (t *test) numbers() string {
	var all []string
	for i, s := range t.open {
		if i+1 < len(t.open) && t.open[i+1].sub == s.sub {
			continue // a condition or a loop around the step
		}
		total := fmt.Sprint(max(t.steps[s.sub], s.number))
		all = append(all, fmt.Sprintf("[%*d/%s] ", len(total), s.number, total))
	}
	return strings.Join(all, "> ")
}

// left says how much of a pause is left, in whole seconds.
func left(s step, now time.Time) string {
	rest := max(0, s.pause-now.Sub(s.began))
	return fmt.Sprintf("%ds left of %s", (rest+time.Second-1)/time.Second, report.Duration(s.pause))
}

func (b *board) summary(now time.Time) string {
	text := fmt.Sprintf("%d of %d tests done", b.done, b.tests)
	if b.failed > 0 {
		text += fmt.Sprintf(", %d failed", b.failed)
	}
	if len(b.running) > 0 {
		text += fmt.Sprintf(", %d running", len(b.running))
	}
	return text + ", " + elapsed(now.Sub(b.began))
}

// elapsed writes how long something has taken: 1.2s, 14s, 3m5s.
func elapsed(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	}
	return report.Duration(d.Truncate(time.Second))
}
