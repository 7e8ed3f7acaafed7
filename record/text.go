package record

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"offscope/exchange"
)

// WriteText writes the comparison for a reader: the two runs, under each test that differs a line for each difference, and
// how many there are. Secrets are names in brackets, and nothing that a server sent can move the cursor.
func (c Comparison) WriteText(w io.Writer) error {
	p := printer{}
	p.line("A %s%s", shown(c.A), cutOff(c.CutA))
	p.line("B %s%s", shown(c.B), cutOff(c.CutB))
	for _, t := range c.Tests {
		p.test(t)
	}
	p.line("")
	p.line("%s", c.total(p.differences))
	_, err := io.WriteString(w, p.text.String())
	return err
}

func cutOff(cut bool) string {
	if cut {
		return "  (cut off before its end)"
	}
	return ""
}

func (c Comparison) total(differences int) string {
	compared := " in " + plural(c.Steps, "step")
	if differences == 0 {
		return "no difference" + compared
	}
	return plural(differences, "difference") + compared
}

// A printer collects lines and counts those that are differences.
type printer struct {
	text        strings.Builder
	differences int
}

func (p *printer) line(format string, values ...any) {
	fmt.Fprintf(&p.text, format+"\n", values...)
}

func (p *printer) test(t TestDifference) {
	title := shown(t.File) + "  " + shown(t.Name)
	if t.Iteration > 0 {
		title += fmt.Sprintf("  (iteration %d)", t.Iteration)
	}
	if t.Subtest {
		title += "  (subtest)"
	}
	p.line("\n%s", title)
	if t.OnlyIn != "" {
		p.difference("  test: ", "only in "+t.OnlyIn)
	}
	if t.Outcome != nil {
		p.difference("  test: ", arrow(*t.Outcome))
	}
	for _, s := range t.Steps {
		p.step(s)
	}
}

func (p *printer) difference(what, text string) {
	p.differences++
	p.line("%s%s", what, text)
}

// mostPaths is how many lines the body of one step may take.
const mostPaths = 12

func (p *printer) step(s StepDifference) {
	tell := func(format string, values ...any) { p.difference(title(s), fmt.Sprintf(format, values...)) }
	if only := s.OnlyIn(); only != "" {
		tell("only in %s", only)
	}
	if s.Outcome != nil {
		tell("%s", arrow(*s.Outcome))
	}
	if s.Answer != nil {
		tell("status %s", arrow(*s.Answer))
	}
	for _, c := range s.FailedB {
		tell("fails in B: %s", c.text())
	}
	for _, c := range s.FailedA {
		tell("failed in A only: %s", c.text())
	}
	for i, d := range s.Body {
		if i == mostPaths {
			p.differences += len(s.Body) - i
			p.line("%sbody: %d more", title(s), len(s.Body)-i)
			break
		}
		tell("%s", d.text())
	}
	if t := s.Time; t != nil {
		tell("time %s → %s (%s)", milliseconds(t.A), milliseconds(t.B), factor(t.Ratio))
	}
}

// title opens each line of a step: its number, that in both runs where they differ, and what it is.
func title(s StepDifference) string {
	number := strconv.Itoa(max(s.A, s.B))
	if s.OnlyIn() == "" && s.A != s.B {
		number = fmt.Sprintf("%d→%d", s.A, s.B)
	}
	what := s.Note
	if what == "" {
		what = strings.TrimSpace(s.Method + " " + s.URL)
	}
	if what != "" {
		what = " " + clip(shown(what))
	}
	return fmt.Sprintf("%4s%s: ", number, what)
}

func arrow(c Change) string {
	return either(shown(c.A), `""`) + " → " + either(shown(c.B), `""`)
}

func (c Check) text() string {
	text := c.Kind + " " + shown(c.Label)
	if c.Comparison != "" {
		text += " " + shown(c.Comparison)
	}
	if c.Message != "" {
		text += ": " + clip(shown(c.Message))
	}
	return text
}

func (d ShapeDifference) text() string {
	path := "body"
	switch {
	case d.Path == "":
	case d.Path[0] == '[':
		path += shown(d.Path)
	default:
		path += "." + shown(d.Path)
	}
	switch {
	case d.A == "":
		return fmt.Sprintf("%s (%s) only in B", path, d.B)
	case d.B == "":
		return fmt.Sprintf("%s (%s) only in A", path, d.A)
	}
	return path + " " + arrow(Change{d.A, d.B})
}

// factor writes how much longer or shorter something took.
func factor(ratio float64) string {
	if ratio < 1 {
		return fmt.Sprintf("%.1f times as fast", 1/ratio)
	}
	return fmt.Sprintf("%.1f times as long", ratio)
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + "ms"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// shown makes a text fit for a terminal: names for secrets, and escape sequences in letters.
func shown(text string) string {
	var out strings.Builder
	for _, r := range exchange.WithoutMarks(exchange.Show(text, exchange.Bracketed)) {
		if strconv.IsPrint(r) {
			out.WriteRune(r)
		} else {
			out.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return out.String()
}

// clip keeps a line a line.
func clip(text string) string {
	const most = 100
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-3]) + "..."
}
