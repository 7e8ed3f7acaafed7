package report

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"

	"offscope/event"
)

// junit writes the XML that build servers read: a suite for each test and iteration, a case for each step, also for pauses,
// conditions and each round of a loop, so that the numbers fit those of the other reports.
//
// The readers of Jenkins, GitLab and GitHub agree on little more than failure, error and skipped below a case. GitLab takes
// class name and name as the identity of a case, so both are unique; Jenkins cuts a class name at its last dot, so there is
// none in it; both follow "[[ATTACHMENT|path]]" in output, so brackets are kept apart. A suite that did not pass has at least
// one failure or error, because nobody looks at anything else.
type junit struct {
	run    *runResult
	suites bytes.Buffer
	names  map[string]int
	total  suiteCounts

	cases bytes.Buffer // of the present suite
	suite string
	known map[string]int // names of its cases
	count suiteCounts
	flaky map[string][]attemptReason // why steps failed in earlier attempts, by the names of their cases
}

func newJUnit() *junit { return &junit{names: map[string]int{}} }

type suiteCounts struct {
	tests, failures, errors, skipped int
	took                             time.Duration
}

func (c *suiteCounts) add(o suiteCounts) {
	c.tests += o.tests
	c.failures += o.failures
	c.errors += o.errors
	c.skipped += o.skipped
	c.took += o.took
}

func (c suiteCounts) String() string {
	return fmt.Sprintf(`tests="%d" failures="%d" errors="%d" skipped="%d" time="%s"`, c.tests, c.failures, c.errors, c.skipped, seconds(c.took))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(0, d).Seconds()) }

// unique returns the name, with a count behind it when it was given before. given holds how often each name was.
func unique(given map[string]int, name string) string {
	free := name
	for n := max(2, given[name]+1); given[free] > 0; n++ {
		free = fmt.Sprintf("%s #%d", name, n)
		given[name] = n
	}
	given[free] = max(1, given[free])
	return free
}

func (j *junit) runBegins(_ *bytes.Buffer, r *runResult) { j.run = r }

func (j *junit) testBegins(_ *bytes.Buffer, t *testResult) {
	j.open(t.name())
	for _, a := range t.failed {
		for _, r := range a.reasons {
			j.flaky[r.name] = append(j.flaky[r.name], r)
		}
	}
}

func (j *junit) open(name string) {
	j.suite = unique(j.names, strings.ReplaceAll(name, ".", "_"))
	j.cases.Reset()
	j.known, j.count, j.flaky = map[string]int{}, suiteCounts{}, map[string][]attemptReason{}
}

func (j *junit) stepEnds(_ *bytes.Buffer, t *testResult, s *stepResult) { j.step(t, s, "") }

// step writes the case of a step, and before it those of the steps of a subtest.
func (j *junit) step(t *testResult, s *stepResult, prefix string) {
	for _, sub := range s.subtests {
		for _, inner := range sub.steps {
			j.step(sub, inner, t.numeral(prefix, s)+".")
		}
		j.explain(sub, t.numeral(prefix, s)+".")
	}
	c := junitCase{name: t.title(prefix, s), file: s.started.File, line: s.started.Line, took: s.finished.Duration, outcome: s.outcome()}
	switch {
	case c.outcome.Bad():
		found := s.findings()
		c.kind, c.message, c.text = found[0].kind, headline(found), explain(found, s.finished.Hints)
	case c.outcome != event.Passed:
		c.message = s.reason()
	}
	c.output = s.exchangeLines(c.outcome.Bad())
	j.write(c)
}

// explain writes a case for a test that did not pass when no step stands for that.
func (j *junit) explain(t *testResult, prefix string) {
	reason := t.unexplained()
	if reason == "" {
		return
	}
	found := t.findings()
	c := junitCase{name: fmt.Sprintf("%s%0*d the test", prefix, t.digits(), 0), file: t.opening.File, line: t.opening.Line, outcome: t.outcome(), kind: "test", message: reason}
	if len(found) > 0 {
		c.kind = found[0].kind
	}
	c.text = append([]string{escape(reason)}, explain(found, nil)...)
	j.write(c)
}

type junitCase struct {
	name, file   string
	line         int
	took         time.Duration
	outcome      event.Outcome
	kind         string
	message      string
	text, output []string
}

func (j *junit) write(c junitCase) {
	j.count.tests++
	j.count.took += c.took
	fmt.Fprintf(&j.cases, "    <testcase name=%s classname=%s", attribute(unique(j.known, c.name)), attribute(j.suite))
	if c.file != "" {
		fmt.Fprintf(&j.cases, ` file=%s line="%d"`, attribute(c.file), c.line)
	}
	fmt.Fprintf(&j.cases, ` time="%s"`, seconds(c.took))
	if c.outcome == event.Passed && len(c.output) == 0 && len(j.flaky[c.name]) == 0 {
		j.cases.WriteString("/>\n")
		return
	}
	j.cases.WriteString(">\n")
	switch c.outcome {
	case event.Passed:
		j.flakes(c.name)
	case event.Failed:
		j.count.failures++
		j.verdict("failure", c)
	case event.Errored:
		j.count.errors++
		j.verdict("error", c)
	default:
		j.count.skipped++
		fmt.Fprintf(&j.cases, "      <skipped message=%s/>\n", attribute(c.message))
	}
	if len(c.output) > 0 {
		fmt.Fprintf(&j.cases, "      <system-out>%s</system-out>\n", xmlLines(c.output))
	}
	j.cases.WriteString("    </testcase>\n")
}

// flakes writes why a step that has passed failed in earlier attempts, in the elements of Maven's Surefire: a case with one of
// them has passed.
func (j *junit) flakes(name string) {
	for _, r := range j.flaky[name] {
		element := "flakyFailure"
		if r.outcome == event.Errored {
			element = "flakyError"
		}
		fmt.Fprintf(&j.cases, "      <%s message=%s type=%s><stackTrace>%s</stackTrace></%s>\n", element, attribute(r.message), attribute(r.kind), xmlLines(r.text), element)
	}
	delete(j.flaky, name)
}

func (j *junit) verdict(element string, c junitCase) {
	fmt.Fprintf(&j.cases, "      <%s message=%s type=%s>%s</%s>\n", element, attribute(c.message), attribute(cmp.Or(c.kind, "step")), xmlLines(c.text), element)
}

func (j *junit) testEnds(_ *bytes.Buffer, t *testResult) {
	j.explain(t, "")
	j.count.took = t.duration()
	properties := [][2]string{{"offscope_version", j.run.started.Version}, {"seed", fmt.Sprint(j.run.started.Seed)}, {"environment", t.opening.Environment}}
	if t.opening.Iterations > 0 {
		properties = append(properties, [2]string{"iteration", fmt.Sprintf("%d of %d", t.opening.Iteration, t.opening.Iterations)})
	}
	var output []string
	if t.attempts() > 1 {
		properties = append(properties, [2]string{"attempts", fmt.Sprint(t.attempts())}, [2]string{"flaky", fmt.Sprint(t.flaky())})
	}
	for _, a := range t.failed {
		output = append(output, escape(a.sentence()))
	}
	j.close(t.at, t.opening.File, properties, output)
}

func (j *junit) close(at time.Time, file string, properties [][2]string, output []string) {
	p := &j.suites
	fmt.Fprintf(p, "  <testsuite name=%s %v", attribute(j.suite), j.count)
	if !at.IsZero() {
		fmt.Fprintf(p, ` timestamp="%s"`, at.UTC().Format("2006-01-02T15:04:05"))
	}
	if file != "" {
		fmt.Fprintf(p, " file=%s", attribute(file))
	}
	p.WriteString(">\n    <properties>\n")
	for _, property := range properties {
		if property[1] != "" {
			fmt.Fprintf(p, "      <property name=%s value=%s/>\n", attribute(property[0]), attribute(property[1]))
		}
	}
	p.WriteString("    </properties>\n")
	p.Write(j.cases.Bytes())
	if len(output) > 0 {
		fmt.Fprintf(p, "    <system-out>%s</system-out>\n", xmlLines(output))
	}
	p.WriteString("  </testsuite>\n")
	j.total.add(j.count)
}

func (j *junit) runEnds(p *bytes.Buffer, r *runResult) {
	if len(r.trouble) > 0 {
		j.open("offscope")
		for _, text := range r.trouble {
			j.write(junitCase{name: "00 the run", outcome: event.Errored, kind: "run", message: text, text: []string{escape(text)}})
		}
		j.close(r.at, "", [][2]string{{"offscope_version", r.started.Version}, {"seed", fmt.Sprint(r.started.Seed)}}, nil)
	}
	if r.finished.Duration > 0 {
		j.total.took = r.finished.Duration
	}
	p.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	fmt.Fprintf(p, "<testsuites name=\"offscope\" %v>\n", j.total)
	p.Write(j.suites.Bytes())
	p.WriteString("</testsuites>\n")
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// xmlText escapes a printable text, and puts a space between brackets that stand side by side, also between three of them.
func xmlText(s string) string {
	for strings.Contains(s, "[[") {
		s = strings.ReplaceAll(s, "[[", "[ [")
	}
	return xmlEscaper.Replace(s)
}

// attribute quotes a text. What XML 1.0 has no way to write, and what would not be seen, is written as an escape in letters.
func attribute(s string) string {
	return `"` + xmlText(escape(s)) + `"`
}

// xmlLines writes printable lines as the text of an element.
func xmlLines(lines []string) string {
	return xmlText(strings.Join(lines, "\n"))
}
