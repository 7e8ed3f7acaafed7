package report

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"offscope/event"
)

// htmlStep is a row of the table of steps, with what is told below it.
type htmlStep struct {
	OK, Short             bool
	Number, Word, Kind    string
	Name, Remark, Level   string
	Status, Took, Checked string
	Why                   *htmlWhy
	Notices               []passage
}

// htmlWhy is everything about a step that failed.
type htmlWhy struct {
	ID, Number, Summary string
	Told                []passage
	Exchanged           string
	Exchange            [][]span
	Repeat, Curl        string
}

// htmlSub is the row above or below the steps of a subtest.
type htmlSub struct {
	OK                      bool
	Word, Kind, Name, Level string
	From, Counts, Stopped   string
	Told                    []passage
}

// htmlColumns is how wide excerpts and the lines of bodies may be.
const htmlColumns = 120

// piecePage is a page of the text report that keeps its pieces apart.
func piecePage() *page {
	return &page{o: &TextOptions{Palette: kindPalette(), Width: htmlColumns}, pieces: &pieces{}}
}

// step draws a step, below the subtests it has run. later are the steps of the test behind it, state is what the text
// report keeps of the test.
func (h *htmlReport) step(t *testResult, state *testState, s *stepResult, later []*stepResult, prefix string, level int) {
	level += max(0, s.started.Depth)
	state.count(s.number, s.finished)
	for _, sub := range s.subtests {
		h.subtest(t, sub, t.numeral(prefix, s)+".", level+1)
	}
	h.write(&h.present, "step", h.row(t, state, s, later, prefix, level))
}

func (h *htmlReport) row(t *testResult, state *testState, s *stepResult, later []*stepResult, prefix string, level int) htmlStep {
	p, step, f := piecePage(), s.state(later), s.finished
	f.Outcome = s.outcome()
	drawn := htmlStep{OK: !f.Outcome.Bad(), Number: t.numeral(prefix, s), Word: wordOf(s.started.StepKind, f.Outcome), Name: p.label(step, f), Level: levelClass(level)}
	drawn.Kind = kindOfWord(drawn.Word)
	drawn.Remark, drawn.Short = h.words.remark(p, state, step, f)
	switch {
	case !drawn.Short:
		drawn.Remark = parens(roundOf(step), triesOf(f))
	case f.Outcome == event.Passed:
		drawn.Remark += p.comparisonRemark(step)
	}
	drawn.Remark = strings.TrimSpace(drawn.Remark)
	drawn.Status, drawn.Took, drawn.Checked = step.figures(f)
	if f.Outcome.Bad() {
		drawn.Why = h.why(p, t, s, step, drawn)
	}
	drawn.Notices = toldNotices(s.notices)
	return drawn
}

// comparisonRemark says how the comparison of a condition came out, or what a loop waited for.
func (p *page) comparisonRemark(s *stepState) string {
	switch kindOf(s.started.StepKind) {
	case condition:
		if s.nest.compared != nil {
			return parens(p.holds(*s.nest.compared))
		}
	case loop:
		if text := p.comparisonText(s); text != "" && s.nest.round > 0 {
			return parens("until " + text)
		}
	}
	return ""
}

// why tells everything about a step that failed, and puts it on the list of what did.
func (h *htmlReport) why(p *page, t *testResult, s *stepResult, step *stepState, drawn htmlStep) *htmlWhy {
	h.steps++
	f := s.finished
	why := &htmlWhy{ID: fmt.Sprintf("failure-%d", h.steps), Number: drawn.Number, Summary: failureInWords(f)}
	p.reasons(step)
	p.pieces.begin("", "")
	for _, text := range f.Hints {
		p.hint("", text)
	}
	why.Told = p.pieces.told
	if step.exchanged != nil {
		why.Exchanged, why.Exchange = exchanged(p, step)
	}
	if step.sent() {
		why.Curl = Curl(step.exchanged.Request)
		why.Repeat = "To repeat the request"
		if bracketed.MatchString(why.Curl) {
			why.Repeat += ", with secrets in the place of their names in brackets"
		}
	}
	h.failed(htmlFailure{ID: why.ID, Name: h.prefixed(t, drawn.Number+" "+drawn.Name), Message: cmp.Or(why.message(), escape(headline(s.findings())))})
	return why
}

// message is the first reason in one line, with how many there are besides.
func (w *htmlWhy) message() string {
	text, more := "", -1
	for _, t := range w.Told {
		if len(t.Text) == 0 {
			continue
		}
		if more++; more == 0 {
			text = unpainted(t.Text)
		}
	}
	if more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// bracketed finds what may be the name of a secret.
var bracketed = regexp.MustCompile(`\[[\pL_][^\[\]{}",:]*\]`)

// failureInWords says how much of a step failed.
func failureInWords(f event.StepFinished) string {
	words := failuresInWords(f.Counts, 0)
	switch {
	case f.Outcome == event.Errored:
		return "not executed"
	case len(words) == 0:
		return "failed"
	}
	return strings.Join(words, ", ")
}

// exchanged draws what went over the wire.
func exchanged(p *page, s *stepState) (caption string, lines [][]span) {
	p.pieces = &pieces{}
	p.exchange(s, true)
	switch {
	case s.isInbound():
		caption = "What was received"
	case s.isResult():
		caption = "What the subtest gave back"
	default:
		caption = "Request and response"
	}
	return caption, p.pieces.lines()
}

// subtest draws the steps of a subtest.
func (h *htmlReport) subtest(caller, sub *testResult, prefix string, level int) {
	from := escape(sub.opening.File)
	if sub.opening.Environment != caller.opening.Environment {
		from += environmentOf(sub)
	}
	word := outcomeWord(sub.outcome())
	row := htmlSub{OK: !sub.outcome().Bad(), Word: word, Kind: kindOfWord(word), Name: escape(sub.name()), Level: levelClass(level), From: from}
	h.write(&h.present, "subtest", row)
	state := stateOf(sub)
	for i, s := range sub.steps {
		h.step(sub, state, s, sub.steps[i+1:], prefix, level)
	}
	row.Counts, row.Stopped, row.Told = countsInWords(sub.finished.Counts, len(state.unexplained)), stoppedInWords(sub), toldOutsideSteps(sub)
	h.write(&h.present, "subtest-end", row)
}

// state is a step as the text report knows it when it ends.
func (s *stepResult) state(later []*stepResult) *stepState {
	state := &stepState{
		number: s.number, started: s.started, exchanged: s.exchanged, problems: s.problems, extracted: s.extracted, scripts: s.scripts, asserted: s.asserted,
	}
	if n := len(s.subtests); n > 0 {
		state.subtest = s.subtests[n-1].opening.Name
	}
	if n := len(s.compared); n > 0 {
		state.nest.compared = &s.compared[n-1]
	}
	if kindOf(s.started.StepKind) == loop {
		state.nest.round = s.rounds(later)
	}
	return state
}

// rounds is the last round of a loop in which a step inside it was not passed over, or that was compared.
func (s *stepResult) rounds(later []*stepResult) int {
	last := 0
	for _, b := range s.compared {
		last = max(last, b.Iteration)
	}
	inner := 0 // the depth of a loop inside, whose steps count its rounds
	for _, x := range later {
		depth := x.started.Depth
		if depth <= s.started.Depth {
			break
		}
		if inner > 0 && depth > inner {
			continue
		}
		inner = 0
		if kindOf(x.started.StepKind) == loop {
			inner = depth
		}
		if !wasPassedOver(x.finished) {
			last = max(last, x.started.Iteration)
		}
	}
	return last
}

// toldNotices tells what the user should know.
func toldNotices(all []event.Notice) []passage {
	p := piecePage()
	p.notices(all)
	return p.pieces.told
}

func (p *page) notices(all []event.Notice) {
	colours := map[string]func(string) string{"error": p.o.Palette.Fail, "warning": p.o.Palette.Warn}
	for _, b := range all {
		p.headline("", b.Where, paint(colours[b.Severity], p.shown(b.Severity)+":")+" "+p.shown(b.Message))
		p.excerpt("", b.Where)
		p.hint("", b.Hint)
	}
}

const deepestLevel = 8 // the deepest that is set further to the right

// levelClass is the class of what stands inside something else.
func levelClass(level int) string {
	if level == 0 {
		return ""
	}
	return fmt.Sprintf("in-%d", min(level, deepestLevel))
}

// kindOfWord is the kind of text that an outcome's word is.
func kindOfWord(word string) string {
	switch word {
	case wordPass:
		return "pass"
	case wordFail, wordError:
		return "fail"
	}
	return "skip"
}
