package report

import (
	"fmt"
	"strings"
	"time"

	"offscope/event"
)

// testFinished prints a test's last line.
func (t *Text) testFinished(p *page, at scope, f event.TestFinished) {
	test := t.test(at)
	defer delete(t.tests, at)
	t.flush(p, at.test)
	if at.sub != 0 {
		t.subtestFinished(p, at, f)
		return
	}
	if !f.Again {
		t.ended++
		t.unexplained += len(test.unexplained)
	}
	several := t.run.Tests > 1 || test.opening.Iterations > 1
	if several && t.o.Verbosity == Quiet && f.Outcome == event.Passed && !f.Flaky {
		return
	}
	if several {
		t.heading(p, at)
	}
	line := summary("", f.Counts, len(test.unexplained), f.Duration) + triedRemark(test.opening, f)
	end := func(p *page) {
		t.space(p)
		p.margin = 0
		t.reason = ""
		t.stopped(p, f.Reason)
		t.last(p, f.Outcome, line)
	}
	if several || f.Again {
		end(p)
		return
	}
	t.final = end // it is the run's last line, too, and nothing comes behind that
}

// triedRemark says that a test is tried again, or that it was.
func triedRemark(opening event.TestStarted, f event.TestFinished) string {
	switch {
	case f.Again:
		return ", tried again"
	case f.Flaky:
		return ", " + flakyWords(opening.Attempt)
	}
	return ""
}

// runFinished prints the total of several tests; the last line of a single test is the last line of its run.
func (t *Text) runFinished(p *page, f event.RunFinished) {
	t.flushAll(p)
	t.tellLeftovers(p)
	if t.final != nil {
		t.final(p)
		t.final = nil
		return
	}
	if f.Tests == 1 && t.ended <= 1 && t.begun {
		return
	}
	t.space(p)
	if f.Interrupted != "" {
		t.stopped(p, "interrupted by "+f.Interrupted)
	}
	outcome := f.Outcome
	if f.Tests == 0 && !isEmptyShard(t.run) {
		outcome = event.Failed // nothing was tried, and nothing tried is not passed
	}
	t.last(p, outcome, totalInWords(f, t.unexplained))
}

// totalInWords writes the figures of several tests.
func totalInWords(f event.RunFinished, unexplained int) string {
	tests := plural(f.Tests, "test") + ", "
	if f.TestsFailed > 0 {
		tests += plural(f.TestsFailed, "test") + " failed, "
	}
	if f.TestsFlaky > 0 {
		tests += fmt.Sprintf("%d flaky, ", f.TestsFlaky)
	}
	return summary(tests, f.Counts, unexplained, f.Duration)
}

// isEmptyShard reports whether a run is a part of a split one that has more parts than tests.
func isEmptyShard(b event.RunStarted) bool {
	return b.Shard.Of > 0 && b.Shard.Tests > 0 && b.Tests == 0
}

// stopped says why a test or a run ended early, unless the line above says it.
func (t *Text) stopped(p *page, reason string) {
	if reason == "" || reason == t.reason {
		return
	}
	t.reason = reason
	p.paragraph("", "stopped:", t.o.Palette.Fail, " "+p.shown(reason))
}

func (t *Text) last(p *page, o event.Outcome, figures string) {
	word, colour := wordPass, t.o.Palette.Pass
	if o != event.Passed {
		word, colour = wordFail, t.o.Palette.Fail
	}
	p.line("", paint(colour, word)+"  "+figures)
}

// summary writes the figures of the last line.
func summary(tests string, c event.Counts, unexplained int, took time.Duration) string {
	return tests + countsInWords(c, unexplained) + ", " + totalDuration(took)
}

// countsInWords writes figures in groups. Groups of nothing are left out, except steps and assertions. unexplained are the
// failed steps that no other group stands for.
func countsInWords(c event.Counts, unexplained int) string {
	groups := append([]string{plural(c.Steps, "step"), plural(c.Assertions, "assertion")}, failuresInWords(c, unexplained)...)
	if c.StepsSkipped > 0 {
		groups = append(groups, fmt.Sprintf("%d skipped", c.StepsSkipped))
	}
	if c.StepsNotRun > 0 {
		groups = append(groups, fmt.Sprintf("%d not run", c.StepsNotRun))
	}
	return strings.Join(groups, ", ")
}

func failuresInWords(c event.Counts, unexplained int) []string {
	var groups []string
	add := func(n int, noun, end string) {
		if n > 0 {
			groups = append(groups, plural(n, noun)+end)
		}
	}
	add(c.AssertionsFailed, "assertion", " failed")
	add(c.VariablesFailed, "variable", " failed")
	add(c.ScriptsFailed, "script", " failed")
	add(unexplained, "step", " failed")
	add(c.StepsErrored, "step", " not executed")
	return groups
}

// totalDuration writes how long a test took: 0.4s, 3.2s, 2m03s, 1h02m03s.
func totalDuration(d time.Duration) string {
	if tenths := d.Round(100 * time.Millisecond); tenths < time.Minute {
		return fmt.Sprintf("%.1fs", tenths.Seconds())
	}
	seconds := int(d.Round(time.Second).Seconds())
	if seconds < 3600 {
		return fmt.Sprintf("%dm%02ds", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%dh%02dm%02ds", seconds/3600, seconds/60%60, seconds%60)
}
