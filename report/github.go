package report

import (
	"bytes"
	"fmt"
	"strings"

	"offscope/event"
)

// github writes workflow commands, which GitHub Actions turns into annotations at the lines of the export: an error for each
// reason why something did not pass, a warning for each notice that is one and for a flaky test. It belongs on the standard output of a job.
//
// A command ends with its line and begins with two colons at the beginning of one; an old form begins with "##[" anywhere. So
// texts are one line each, with every other character than the printable ones escaped, and without the old form.
type github struct{ masks []string }

func (g *github) runBegins(p *bytes.Buffer, _ *runResult) {
	for _, value := range g.masks {
		if strings.TrimSpace(value) != "" {
			fmt.Fprintf(p, "::add-mask::%s\n", dataEscaper.Replace(value))
		}
	}
}

func (g *github) testBegins(*bytes.Buffer, *testResult) {}

func (g *github) stepEnds(p *bytes.Buffer, t *testResult, s *stepResult) {
	g.step(p, t, s, t.name(), "")
}

func (g *github) step(p *bytes.Buffer, t *testResult, s *stepResult, title, prefix string) {
	for _, sub := range s.subtests {
		for _, inner := range sub.steps {
			g.step(p, sub, inner, title, t.numeral(prefix, s)+".")
		}
		g.notices(p, title, sub.notices)
		g.explain(p, sub, title)
	}
	title += ": " + t.title(prefix, s)
	g.notices(p, title, s.notices)
	if !s.outcome().Bad() {
		return
	}
	for i, f := range s.findings() {
		if i == 0 && f.hint == "" && len(s.finished.Hints) > 0 {
			f.hint = s.finished.Hints[0]
		}
		g.annotate(p, "error", title, f, jsonPlace{s.started.File, s.started.Line, s.started.Col})
	}
}

func (g *github) testEnds(p *bytes.Buffer, t *testResult) {
	g.notices(p, t.name(), t.notices)
	g.explain(p, t, t.name())
	if t.flaky() {
		g.annotate(p, "warning", t.name(), flakyFinding(t), jsonPlace{t.opening.File, t.opening.Line, t.opening.Col})
	}
}

// flakyFinding says that a test passed at last, and why it failed before.
func flakyFinding(t *testResult) finding {
	f := finding{message: flakyWords(t.attempts())}
	for _, a := range t.failed {
		f.details = append(f.details, [2]string{fmt.Sprintf("attempt %d failed", a.number), a.first()})
	}
	return f
}

// explain annotates a test that did not pass when no step stands for that.
func (g *github) explain(p *bytes.Buffer, t *testResult, title string) {
	reason := t.unexplained()
	if reason == "" {
		return
	}
	at := jsonPlace{t.opening.File, t.opening.Line, t.opening.Col}
	found := t.findings()
	if len(found) == 0 {
		found = []finding{{message: reason}}
	}
	for _, f := range found {
		g.annotate(p, "error", title, f, at)
	}
}

func (g *github) notices(p *bytes.Buffer, title string, notices []event.Notice) {
	for _, b := range notices {
		if b.Severity == "error" || b.Severity == "warning" {
			g.annotate(p, b.Severity, title, finding{message: b.Message, hint: b.Hint, where: b.Where}, jsonPlace{})
		}
	}
}

func (g *github) runEnds(p *bytes.Buffer, r *runResult) {
	g.notices(p, "offscope", r.notices)
	for _, text := range r.trouble {
		g.annotate(p, "error", "offscope", finding{message: text}, jsonPlace{})
	}
}

// annotate writes a command. at is the place of an annotation that has none of its own.
func (g *github) annotate(p *bytes.Buffer, command, title string, f finding, at jsonPlace) {
	if f.where.File != "" {
		at = placeOf(f.where)
	}
	var properties []string
	if at.File != "" {
		properties = append(properties, "file="+commandProperty(at.File), fmt.Sprintf("line=%d", max(1, at.Line)), fmt.Sprintf("col=%d", max(1, at.Col)))
	}
	properties = append(properties, "title="+commandProperty(shorten(title, longHeadline)))
	lines := []string{commandText(shorten(f.sentence(), longDetail))}
	for _, d := range f.details {
		if d[0] != "comparison" {
			lines = append(lines, commandText(d[0]+": "+shorten(d[1], longHeadline)))
		}
	}
	if f.hint != "" {
		lines = append(lines, commandText("hint: "+shorten(f.hint, longDetail)))
	}
	fmt.Fprintf(p, "::%s %s::%s\n", command, strings.Join(properties, ","), strings.Join(lines, "%0A"))
}

var (
	dataEscaper     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandEscaper  = strings.NewReplacer("%", "%25", "##[", "## [", "::", ": :")
	propertyEscaper = strings.NewReplacer("%", "%25", "##[", "## [", ":", "%3A", ",", "%2C")
)

// commandText makes a text fit to be a line of a message.
func commandText(s string) string { return commandEscaper.Replace(escape(s)) }

// commandProperty makes a text fit to be a property's value.
func commandProperty(s string) string { return propertyEscaper.Replace(escape(s)) }
