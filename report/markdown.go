package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"

	"offscope/event"
)

// markdown writes a summary that people read in a pull request: the outcome, a line of a table for each test, and what made
// tests fail, folded. Texts that come from a server stand in code only, where they mean nothing; names are escaped, and do not
// mention anybody.
type markdown struct {
	run     *runResult
	rows    bytes.Buffer
	details bytes.Buffer
	heading string // of the details of the present test, until it is written
	left    int    // bytes that rows and details may still take, if they are limited
	limited bool
	dropped int
}

// summaryBytes is less than the mebibyte that GitHub takes for the summary of a step; rowBytes of it are kept for the rows of tests.
const (
	summaryBytes = 900_000
	rowBytes     = 200_000
)

// GitHubSummary returns the report that belongs into the file that $GITHUB_STEP_SUMMARY names: the same as "markdown", but
// without the details that would make it longer than GitHub accepts.
func GitHubSummary(out io.Writer) Report {
	return collect(out, &markdown{left: summaryBytes - 1000, limited: true}) // for what stands around them
}

func (m *markdown) runBegins(_ *bytes.Buffer, r *runResult) { m.run = r }

func (m *markdown) testBegins(_ *bytes.Buffer, t *testResult) {
	m.heading = fmt.Sprintf("\n### %s\n\n", markdownText(t.name()))
}

func (m *markdown) stepEnds(_ *bytes.Buffer, t *testResult, s *stepResult) { m.step(t, s, "") }

func (m *markdown) step(t *testResult, s *stepResult, prefix string) {
	for _, sub := range s.subtests {
		for _, inner := range sub.steps {
			m.step(sub, inner, t.numeral(prefix, s)+".")
		}
		m.explain(sub, t.numeral(prefix, s)+".")
	}
	if !s.outcome().Bad() {
		return
	}
	found := s.findings()
	lines := explain(found, s.finished.Hints)
	if x := s.exchangeLines(true); len(x) > 0 {
		lines = append(append(lines, ""), x...)
	}
	m.fold(outcomeWord(s.outcome())+" "+t.title(prefix, s), headline(found), lines)
}

// explain tells about a test that did not pass when no step stands for that.
func (m *markdown) explain(t *testResult, prefix string) {
	if reason := t.unexplained(); reason != "" {
		m.fold(outcomeWord(t.outcome())+" "+strings.TrimSpace(prefix+" the test"), reason, explain(t.findings(), nil))
	}
}

// fold writes a headline with details that can be opened.
func (m *markdown) fold(name, message string, lines []string) {
	block := ""
	if len(lines) > 0 {
		block = codeBlock(lines)
	}
	piece := fmt.Sprintf("%s<details><summary>%s: %s</summary>\n\n%s\n</details>\n", m.heading, htmlText(shorten(name, longHeadline)), htmlCode(message), block)
	if m.fits(len(piece), rowBytes) {
		m.heading = ""
		m.details.WriteString(piece)
	}
}

func (m *markdown) testEnds(_ *bytes.Buffer, t *testResult) {
	m.explain(t, "")
	for _, a := range t.failed {
		m.fold(fmt.Sprintf("attempt %d failed", a.number), a.first(), a.trace())
	}
	f, c := t.finished, t.finished.Counts
	row := fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %d | %s |\n", outcomeWord(t.outcome())+triedWords(t), tableText(t.name()), c.Steps, c.Assertions, c.AssertionsFailed,
		c.StepsSkipped, c.StepsNotRun, totalDuration(max(0, f.Duration)))
	if m.fits(len(row), 0) {
		m.rows.WriteString(row)
	}
}

// triedWords says behind the outcome that a test was tried again.
func triedWords(t *testResult) string {
	switch {
	case t.flaky():
		return ", " + flakyWords(t.attempts())
	case len(t.failed) > 0:
		return ", " + plural(t.attempts(), "attempt")
	}
	return ""
}

// fits takes room for a piece of n bytes that leaves so many for others, and counts the pieces that have none.
func (m *markdown) fits(n, others int) bool {
	if !m.limited {
		return true
	}
	if n+others > m.left {
		m.dropped++
		return false
	}
	m.left -= n
	return true
}

func (m *markdown) runEnds(p *bytes.Buffer, r *runResult) {
	verdict := fmt.Sprintf("%s passed", plural(r.tests, "test"))
	switch {
	case r.tests == 0:
		verdict = "no tests"
	case r.bad > 0:
		verdict = fmt.Sprintf("%d of %s did not pass", r.bad, plural(r.tests, "test"))
	}
	if r.flaky > 0 {
		verdict += fmt.Sprintf(", %d flaky", r.flaky)
	}
	fmt.Fprintf(p, "## offscope: %s, %s\n", outcomeWord(r.outcome()), verdict)
	for _, text := range r.trouble {
		fmt.Fprintf(p, "\n**%s**\n", markdownText(text))
	}
	if r.stopped() != "" && len(r.trouble) == 0 {
		fmt.Fprintf(p, "\n**%s**\n", markdownText(r.stopped()))
	}
	if m.rows.Len() > 0 {
		p.WriteString("\n| | Test | Steps | Assertions | Failed | Skipped | Not run | Time |\n|---|---|--:|--:|--:|--:|--:|--:|\n")
		p.Write(m.rows.Bytes())
	}
	p.Write(m.details.Bytes())
	if m.dropped > 0 {
		fmt.Fprintf(p, "\n%s left out, because the summary would be too long.\n", plural(m.dropped, "part"))
	}
	if r.started.Version != "" {
		fmt.Fprintf(p, "\noffscope %s, seed %d\n", markdownText(r.started.Version), r.started.Seed)
	}
}

func outcomeWord(o event.Outcome) string {
	switch o {
	case event.Passed:
		return "PASS"
	case event.Errored:
		return "ERROR"
	case event.Skipped:
		return "skipped"
	}
	return "FAIL"
}

// markdownText escapes a text so that it means nothing in Markdown.
func markdownText(s string) string {
	var out strings.Builder
	for _, r := range escape(s) {
		switch {
		case r == '<' || r == '>' || r == '&':
			out.WriteString(html.EscapeString(string(r)))
		case strings.ContainsRune("\\`*_{}[]()#!|~$", r):
			out.WriteString(`\` + string(r))
		default:
			out.WriteRune(r)
		}
	}
	return unaddressed.ReplaceAllString(out.String(), apart)
}

// unaddressed finds what would mention somebody, or refer to something on GitHub or GitLab: @name, #1, GH-1, !1 and &1. An invisible
// space keeps it from that.
var unaddressed = regexp.MustCompile(`([@#])([\p{L}\p{N}])|(!|GH-|&(?:amp;)?)(\d)`)

const apart = "${1}${3}\u200b${2}${4}"

func tableText(s string) string { return markdownText(shorten(s, longHeadline)) }

// htmlText escapes a text within a line of HTML, which Markdown leaves alone.
func htmlText(s string) string {
	return html.EscapeString(unaddressed.ReplaceAllString(escape(s), apart))
}

// htmlCode writes a text as code within a line of HTML. Nobody is mentioned in code.
func htmlCode(s string) string { return "<code>" + html.EscapeString(escape(s)) + "</code>" }

// codeBlock writes printable lines as a block of code, with a fence that is longer than any in the text.
func codeBlock(lines []string) string {
	longest, run := 2, 0
	for _, l := range lines {
		run = 0
		for _, r := range l {
			if r != '`' {
				run = 0
				continue
			}
			run++
			longest = max(longest, run)
		}
	}
	fence := strings.Repeat("`", longest+1)
	return fence + "text\n" + strings.Join(lines, "\n") + "\n" + fence + "\n"
}
