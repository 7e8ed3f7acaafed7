package report

import (
	"cmp"
	"fmt"
	"strings"

	"offscope/event"
	"offscope/source"
)

// A finding is one reason for a step or a test not to have passed, in words. Its texts are not escaped.
type finding struct {
	// kind is assertion, variable, script, comparison or the code of a problem.
	kind    string
	subject string // what the message is about, "" when it says so itself
	message string
	outcome event.Outcome
	hint    string
	where   source.Excerpt
	// details are further lines, each with a name: expected, actual, found.
	details [][2]string
}

// sentence is the finding in one line.
func (f finding) sentence() string {
	if f.subject == "" {
		return f.message
	}
	return f.subject + ": " + f.message
}

// place is "file:line:col", as compilers write it.
func (f finding) place() string {
	if f.where.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", f.where.File, f.where.Line, f.where.Col)
}

// findings are the reasons for a step not to have passed, the most telling first.
func (s *stepResult) findings() []finding {
	found := problemFindings(s.problems)
	for _, b := range s.compared {
		if b.Error != "" && !contains(found, b.Error) {
			found = append(found, finding{kind: "comparison", message: b.Error, outcome: event.Failed, where: b.Where})
		}
	}
	for _, b := range s.extracted {
		if b.Outcome.Bad() {
			found = append(found, finding{kind: "variable", subject: "variable " + b.Name, message: b.Error, outcome: b.Outcome, where: b.Where, details: nearestDetails(b.Nearest)})
		}
	}
	found = append(found, scriptFindings(s.scripts)...)
	unchecked := finding{}
	count := 0
	for _, b := range s.asserted {
		switch {
		case b.Outcome.Bad():
			found = append(found, assertionFinding(b))
		case b.Outcome == event.NotRun && s.outcome().Bad():
			if count++; count == 1 {
				unchecked = finding{kind: "assertion", message: b.Error, outcome: event.Failed, where: b.Where}
			}
		}
	}
	if count > 0 {
		unchecked.subject = plural(count, "assertion")
		found = append(found, unchecked)
	}
	if len(found) == 0 && s.outcome().Bad() {
		found = append(found, s.bareFinding())
	}
	return found
}

// bareFinding is for a step that failed while the stream does not say why.
func (s *stepResult) bareFinding() finding {
	f := finding{kind: "step", message: "the step did not pass", outcome: s.outcome()}
	if x := s.exchanged; x != nil && x.Failure != nil {
		f.kind, f.message = x.Failure.Failure, x.Failure.Message
	}
	for _, sub := range s.subtests {
		if sub.outcome().Bad() {
			f.kind, f.message = "subtest", "the subtest did not pass: "+cmp.Or(sub.unexplained(), "a step of it failed")
		}
	}
	return f
}

// findings are the reasons for a test not to have passed that are not about a step.
func (t *testResult) findings() []finding {
	return append(problemFindings(t.problems), scriptFindings(t.scripts)...)
}

func contains(found []finding, message string) bool {
	for _, f := range found {
		if f.message == message {
			return true
		}
	}
	return false
}

func problemFindings(problems []event.Problem) []finding {
	var found []finding
	for _, b := range problems {
		found = append(found, finding{kind: cmp.Or(b.Code, "problem"), message: b.Message, outcome: outcomeOf(b.Outcome), hint: b.Hint, where: b.Where})
	}
	return found
}

func scriptFindings(scripts []event.Scripted) []finding {
	var found []finding
	for _, b := range scripts {
		if !b.Outcome.Bad() {
			continue
		}
		f := finding{kind: "script", subject: fmt.Sprintf("%s %d", b.Role, b.Row), message: "failed", outcome: b.Outcome, where: b.Where}
		if x := b.Failure; x != nil {
			f.message, f.hint = x.Message, x.Hint
			if x.Where.File != "" {
				f.where = x.Where
			}
			if x.Script.Text != "" {
				f.details = append(f.details, [2]string{fmt.Sprintf("line %d", x.Script.Line), strings.TrimSpace(x.Script.Text)})
			}
		}
		for _, l := range b.Output {
			f.details = append(f.details, [2]string{outputWord(l), l.Text})
		}
		found = append(found, f)
	}
	return found
}

func outputWord(l event.Line) string {
	switch {
	case l.Assert && l.Failed && !l.Ignored:
		return "failed"
	case l.Assert:
		return "assert"
	}
	return "log"
}

func assertionFinding(b event.Asserted) finding {
	f := finding{kind: "assertion", subject: cmp.Or(b.Label, b.Source, fmt.Sprintf("assertion %d", b.Row)), message: b.Message, outcome: b.Outcome, where: b.Where}
	if b.Error != "" {
		f.message = strings.TrimPrefix(f.message+" - "+b.Error, " - ")
	}
	f.message = cmp.Or(f.message, "did not hold")
	if b.Error == "" {
		f.details = append(f.details, [2]string{"comparison", b.Comparison}, [2]string{"expected", b.Expected}, [2]string{"actual", strings.TrimSpace(b.Actual + typeRemark(b.Type))})
	}
	f.details = append(f.details, nearestDetails(b.Nearest)...)
	if b.Remark != "" {
		f.details = append(f.details, [2]string{"remark", b.Remark})
	}
	return f
}

func typeRemark(kind string) string {
	if kind == "" {
		return ""
	}
	return " (" + kind + ")"
}

func nearestDetails(n *event.Nearest) [][2]string {
	if n == nil {
		return nil
	}
	text := cmp.Or(n.Path, "the document") + " is " + n.Type
	if len(n.Keys) > 0 {
		text += " with " + strings.Join(n.Keys, ", ")
	} else if n.Type == "array" {
		text += " of " + plural(n.Length, "element")
	}
	return [][2]string{{"found", text}}
}

// headline is the first finding in one line, with how many there are besides.
func headline(found []finding) string {
	if len(found) == 0 {
		return ""
	}
	text := shorten(found[0].sentence(), longHeadline)
	if more := len(found) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

const (
	longHeadline = 300  // characters
	longDetail   = 2000 // characters
)

// shorten cuts a text that is too long for its place, and says so.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + fmt.Sprintf("... (%s more)", byteSize(len(s)-i))
		}
	}
	return s
}

// explain writes findings as lines of printable text, the place of each first.
func explain(found []finding, hints []string) []string {
	var lines []string
	given := map[string]bool{"": true}
	hint := func(text string) {
		if !given[text] {
			given[text] = true
			lines = append(lines, "hint: "+escape(shorten(text, longDetail)))
		}
	}
	for _, f := range found {
		head := escape(shorten(f.sentence(), longDetail))
		if at := f.place(); at != "" {
			head = escape(at) + ": " + head
		}
		lines = append(lines, head)
		lines = append(lines, excerptLines(f.where)...)
		for _, d := range f.details {
			lines = append(lines, "    "+pad(escape(d[0])+":", len("comparison: "))+escape(shorten(d[1], longDetail)))
		}
		hint(f.hint)
	}
	for _, text := range hints {
		hint(text)
	}
	return lines
}

// excerptLines are an excerpt: its line, and carets below.
func excerptLines(e source.Excerpt) []string {
	if e.Text == "" {
		return nil
	}
	p := page{o: &TextOptions{Width: 200}}
	p.excerpt("    ", e)
	return strings.Split(strings.TrimSuffix(p.String(), "\n"), "\n")
}

// exchangeLines sum up what was sent and what came back.
func (s *stepResult) exchangeLines(bodies bool) []string {
	x := s.exchanged
	if x == nil {
		return nil
	}
	var lines []string
	if x.Request.Method != "" || x.Request.URL != "" {
		lines = append(lines, "> "+escape(shorten(x.Request.Method+" "+x.Request.URL, longDetail))+sizeRemark(x.Request.Body))
		lines = append(lines, bodyExcerpt("> ", x.Request.Body, bodies)...)
	}
	if r := x.Response; r != nil && r.Status != 0 {
		status := strings.TrimSpace(fmt.Sprintf("%s %d %s", r.Proto, r.Status, r.Reason))
		lines = append(lines, "< "+escape(shorten(status, longDetail))+"  "+milliseconds(x.Timings.Total)+sizeRemark(r.Body))
	}
	if r := x.Response; r != nil {
		lines = append(lines, bodyExcerpt("< ", r.Body, bodies)...)
	}
	if x.Failure != nil {
		lines = append(lines, "! "+escape(shorten(x.Failure.Failure+": "+x.Failure.Message, longDetail)))
	}
	return lines
}

func sizeRemark(c event.Content) string {
	if c.Size == 0 {
		return ""
	}
	return ", " + byteSize(c.Size)
}

// bodyExcerpt is the beginning of a body.
func bodyExcerpt(prefix string, c event.Content, wanted bool) []string {
	if !wanted || c.Text == "" {
		return nil
	}
	lines := textLines(shorten(c.Text, longDetail))
	for i, l := range lines {
		lines[i] = prefix + l
	}
	return lines
}
