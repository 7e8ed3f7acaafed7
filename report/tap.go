package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"offscope/event"
)

// tap writes version 14 of the Test Anything Protocol: a subtest for each test, a test point for each step, and again a
// subtest before the point of a step that runs one. Plans stand at the end, since loops make the number of points known only
// then. Steps that were skipped or not run are ok points with a SKIP directive, as the protocol wants it; what made them not
// run is a point that is not ok. A run that was stopped bails out.
type tap struct {
	tests  int
	points int // of the present test
}

func (w *tap) runBegins(p *bytes.Buffer, r *runResult) {
	p.WriteString("TAP version 14\n")
	if r.started.Version != "" {
		fmt.Fprintf(p, "# offscope %s, seed %d\n", escape(r.started.Version), r.started.Seed)
	}
}

const tapIndent = "    "

func (w *tap) testBegins(p *bytes.Buffer, t *testResult) {
	w.tests++
	w.points = 0
	tapOpen(p, "", t)
}

func tapOpen(p *bytes.Buffer, indent string, t *testResult) {
	fmt.Fprintf(p, "%s# Subtest: %s\n", indent, tapText(t.name()))
	if t.opening.File != "" {
		fmt.Fprintf(p, "%s# %s:%d%s\n", indent+tapIndent, escape(t.opening.File), t.opening.Line, environmentOf(t))
	}
}

func environmentOf(t *testResult) string {
	if t.opening.Environment == "" {
		return ""
	}
	return ", environment " + escape(t.opening.Environment)
}

func (w *tap) stepEnds(p *bytes.Buffer, t *testResult, s *stepResult) {
	w.points++
	tapStep(p, tapIndent, w.points, t, s)
}

func tapStep(p *bytes.Buffer, indent string, number int, t *testResult, s *stepResult) {
	for _, sub := range s.subtests {
		tapOpen(p, indent, sub)
		points := 0
		for _, inner := range sub.steps {
			points++
			tapStep(p, indent+tapIndent, points, sub, inner)
		}
		tapClose(p, indent+tapIndent, points, sub)
	}
	o := s.outcome()
	directive := ""
	if o == event.Skipped || o == event.NotRun {
		directive = s.reason()
	}
	tapPoint(p, indent, number, !o.Bad(), t.title("", s), directive)
	if !o.Bad() {
		return
	}
	found := s.findings()
	d := diagnostic{indent: indent + "  "}
	d.begin(p)
	d.add(p, "message", headline(found))
	d.add(p, "severity", severityOf(o))
	d.at(p, s.started.File, s.started.Line, s.started.Col)
	fmt.Fprintf(p, "%sduration_ms: %v\n", d.indent, millis(s.finished.Duration))
	d.findings(p, found)
	d.list(p, "hints", s.finished.Hints)
	d.list(p, "exchange", s.exchangeLines(false))
	d.end(p)
}

func severityOf(o event.Outcome) string {
	if o == event.Errored {
		return "error"
	}
	return "fail"
}

func (w *tap) testEnds(p *bytes.Buffer, t *testResult) {
	tapClose(p, tapIndent, w.points, t)
	o := t.outcome()
	tapPoint(p, "", w.tests, o == event.Passed || o == event.Skipped, t.name(), "")
	if t.finished.Reason == "" && t.attempts() < 2 {
		return
	}
	d := diagnostic{indent: "  "}
	d.begin(p)
	if t.finished.Reason != "" {
		d.add(p, "message", t.finished.Reason)
	}
	d.attempts(p, t)
	d.end(p)
}

// tapClose writes the point for what no step stands for, and the plan of a subtest.
func tapClose(p *bytes.Buffer, indent string, points int, t *testResult) {
	if reason := t.unexplained(); reason != "" {
		points++
		tapPoint(p, indent, points, false, "the test", "")
		d := diagnostic{indent: indent + "  "}
		d.begin(p)
		d.add(p, "message", reason)
		d.add(p, "severity", severityOf(t.outcome()))
		d.at(p, t.opening.File, t.opening.Line, t.opening.Col)
		d.findings(p, t.findings())
		d.end(p)
	}
	fmt.Fprintf(p, "%s%s\n", indent, tapPlan(points, "the test has no steps"))
}

// tapPlan writes how many points there were. None is only said to be right when there is a reason.
func tapPlan(points int, none string) string {
	if points == 0 {
		return "1..0 # SKIP " + none
	}
	return fmt.Sprintf("1..%d", points)
}

func (w *tap) runEnds(p *bytes.Buffer, r *runResult) {
	for _, text := range r.trouble {
		w.tests++
		tapPoint(p, "", w.tests, false, "the run: "+text, "")
	}
	if stopped := r.stopped(); stopped != "" {
		fmt.Fprintf(p, "Bail out! %s\n", escape(stopped)) // instead of a plan, after which nothing may follow
		return
	}
	fmt.Fprintln(p, tapPlan(w.tests, "no tests"))
}

func tapPoint(p *bytes.Buffer, indent string, number int, ok bool, title, directive string) {
	verdict := "ok"
	if !ok {
		verdict = "not ok"
	}
	fmt.Fprintf(p, "%s%s %d - %s", indent, verdict, number, tapText(title))
	if directive != "" {
		fmt.Fprintf(p, " # SKIP %s", escape(directive))
	}
	p.WriteByte('\n')
}

// tapText writes a description. A number sign would begin a directive, and a brace at the end a subtest, for some readers.
func tapText(s string) string {
	s = strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(escape(shorten(s, longHeadline)))
	if strings.HasSuffix(s, "{") {
		s += dots
	}
	return s
}

// A diagnostic is a block of YAML below a point.
type diagnostic struct{ indent string }

func (d diagnostic) begin(p *bytes.Buffer) { fmt.Fprintf(p, "%s---\n", d.indent) }
func (d diagnostic) end(p *bytes.Buffer)   { fmt.Fprintf(p, "%s...\n", d.indent) }

func (d diagnostic) add(p *bytes.Buffer, key, value string) {
	fmt.Fprintf(p, "%s%s: %s\n", d.indent, key, yamlText(shorten(value, longDetail)))
}

func (d diagnostic) at(p *bytes.Buffer, file string, line, col int) {
	if file != "" {
		fmt.Fprintf(p, "%sat:\n%s  file: %s\n%s  line: %d\n%s  column: %d\n", d.indent, d.indent, yamlText(file), d.indent, line, d.indent, col)
	}
}

func (d diagnostic) list(p *bytes.Buffer, key string, values []string) {
	if len(values) == 0 {
		return
	}
	fmt.Fprintf(p, "%s%s:\n", d.indent, key)
	for _, value := range values {
		fmt.Fprintf(p, "%s  - %s\n", d.indent, yamlText(shorten(value, longDetail)))
	}
}

// attempts says that a test was tried again, and why.
func (d diagnostic) attempts(p *bytes.Buffer, t *testResult) {
	if t.attempts() < 2 {
		return
	}
	fmt.Fprintf(p, "%sattempts: %d\n%sflaky: %v\n", d.indent, t.attempts(), d.indent, t.flaky())
	var failed []string
	for _, a := range t.failed {
		failed = append(failed, a.sentence())
	}
	d.list(p, "failed_attempts", failed)
}

func (d diagnostic) findings(p *bytes.Buffer, found []finding) {
	if len(found) == 0 {
		return
	}
	fmt.Fprintf(p, "%sfindings:\n", d.indent)
	for _, f := range found {
		inner := diagnostic{d.indent + "    "}
		fmt.Fprintf(p, "%s  - kind: %s\n", d.indent, yamlText(f.kind))
		inner.add(p, "message", f.sentence())
		if at := f.place(); at != "" {
			inner.add(p, "at", at)
		}
		for _, detail := range f.details {
			if detail[0] == "expected" || detail[0] == "actual" {
				inner.add(p, detail[0], detail[1])
			}
		}
		if f.hint != "" {
			inner.add(p, "hint", f.hint)
		}
	}
}

// yamlText quotes a text for YAML. Its value is the text itself; what cannot be printed is escaped.
func yamlText(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteString(`\` + string(r))
		case r == '\n':
			out.WriteString(`\n`)
		case unicode.IsPrint(r):
			out.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteString(`\U` + strings.Repeat("0", 8-len(strconv.FormatInt(int64(r), 16))) + strconv.FormatInt(int64(r), 16))
		}
	}
	return out.String() + `"`
}
