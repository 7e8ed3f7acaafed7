package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"sync"
	"time"

	"offscope/event"
)

// htmlReport writes one page that people read in a browser, beside nothing: no script, no picture, and a style sheet of its own.
// The verdict stands first, so the page is written at the end. Words and figures are those of the text report, whose pieces it
// lays out in another way; what was passed or passed over takes a row of a table, and what failed is unfolded below its row.
type htmlReport struct {
	run      *runResult
	words    Text // how the text report names steps
	several  bool
	sections bytes.Buffer // of the tests that have ended
	present  bytes.Buffer // rows of the present test
	state    *testState   // of the present test, as the text report keeps it
	id       string       // of the present test
	steps    int          // that were unfolded
	tests    []htmlTest
	failures []htmlFailure
	more     int // failures that are not in the list
	total    event.Counts
	without  int // failed steps that no figure stands for
}

var (
	//go:embed html/report.gohtml
	htmlPieces string
	//go:embed html/style.css
	htmlStyle string

	// htmlTemplates are parsed when a page is wanted, because every start of the program would wait for them.
	htmlTemplates = sync.OnceValue(func() *template.Template { return template.Must(template.New("report").Parse(htmlPieces)) })
)

// htmlPolicy lets a page do nothing but use its own style sheet.
func htmlPolicy() string {
	sum := sha256.Sum256([]byte(htmlStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

func newHTML() *htmlReport { return &htmlReport{words: Text{pausesTold: true}} }

// htmlHead is what stands above the tests.
type htmlHead struct {
	Policy, Title       string
	Style               template.CSS
	Word, Kind, Figures string
	Trouble             []string
	Facts               []row
	Notices             []passage
	Tests               []htmlTest // when there are several
	Failures            []htmlFailure
	More                string
}

// htmlTest is a test in the table of tests and above its steps.
type htmlTest struct {
	ID, Number, Name, From  string
	Word, Kind              string
	OK, Flaky, Folds, Steps bool
	Counts, Took, Tried     string
	Stopped                 string
	Told                    []passage
	Attempts                []htmlAttempt
}

// htmlFailure is an entry in the list of what failed.
type htmlFailure struct{ ID, Name, Message string }

const failuresListed = 100

// htmlAttempt is an attempt that did not count.
type htmlAttempt struct {
	Name  string
	Lines [][]span
}

// htmlGroup is a part of what the run has left behind.
type htmlGroup struct {
	Name  string
	Items []string
}

func (h *htmlReport) runBegins(_ *bytes.Buffer, r *runResult) {
	h.run = r
	h.several = r.started.Tests > 1
}

func (h *htmlReport) testBegins(_ *bytes.Buffer, t *testResult) {
	h.present.Reset()
	h.state = stateOf(t)
	h.id = fmt.Sprintf("test-%d", len(h.tests)+1)
	h.several = h.several || len(h.tests) > 0 || t.opening.Iterations > 1
}

// stateOf is a test as the text report knows it.
func stateOf(t *testResult) *testState {
	return &testState{opening: t.opening, unexplained: map[int]bool{}}
}

func (h *htmlReport) stepEnds(_ *bytes.Buffer, t *testResult, s *stepResult) {
	h.step(t, h.state, s, t.steps[t.drawn+1:], "", 0)
}

func (h *htmlReport) testEnds(_ *bytes.Buffer, t *testResult) {
	test := h.test(t)
	h.tests = append(h.tests, test)
	h.total.Add(t.finished.Counts)
	h.without += len(h.state.unexplained)
	if reason := t.unexplained(); reason != "" {
		h.failed(htmlFailure{ID: test.ID, Name: h.prefixed(t, "the test"), Message: escape(shorten(reason, longHeadline))})
	}
	h.write(&h.sections, "test", test)
	h.sections.Write(h.present.Bytes())
	h.write(&h.sections, "test-end", test)
}

// test sums a test up.
func (h *htmlReport) test(t *testResult) htmlTest {
	f := t.finished
	test := htmlTest{
		ID: h.id, Number: fmt.Sprint(cmp.Or(t.opening.Position, t.number)), Name: escape(t.name()), From: from(t),
		Word: outcomeWord(t.outcome()), OK: !t.outcome().Bad(), Folds: h.several, Steps: h.present.Len() > 0,
		Counts: countsInWords(f.Counts, len(h.state.unexplained)), Took: totalDuration(t.duration()),
		Stopped: stoppedInWords(t), Told: toldOutsideSteps(t),
	}
	test.Kind = kindOfWord(test.Word)
	switch {
	case t.flaky():
		test.Tried, test.Flaky = flakyWords(t.attempts()), true
	case len(t.failed) > 0:
		test.Tried = plural(t.attempts(), "attempt")
	}
	for _, a := range t.failed {
		attempt := htmlAttempt{Name: escape(shorten(a.sentence(), longHeadline))}
		for _, l := range a.trace() {
			attempt.Lines = append(attempt.Lines, []span{{Text: l}})
		}
		test.Attempts = append(test.Attempts, attempt)
	}
	return test
}

// from says where a test comes from.
func from(t *testResult) string {
	return escape(t.opening.File) + environmentOf(t)
}

// stoppedInWords says why a test ended early, or did not pass when nothing else says it.
func stoppedInWords(t *testResult) string {
	if reason := t.finished.Reason; reason != "" {
		return "stopped: " + escape(reason)
	}
	if len(t.findings()) > 0 {
		return ""
	}
	return escape(t.unexplained())
}

// toldOutsideSteps tells what is wrong with a test as a whole, and its notices.
func toldOutsideSteps(t *testResult) []passage {
	p := piecePage()
	for _, b := range t.problems {
		p.problem("", b)
	}
	for _, b := range t.scripts {
		if b.Outcome.Bad() {
			p.failedScript("", b)
		}
	}
	p.notices(t.notices)
	return p.pieces.told
}

func (h *htmlReport) failed(f htmlFailure) {
	if len(h.failures) == failuresListed {
		h.more++
		return
	}
	h.failures = append(h.failures, f)
}

// prefixed is a name behind that of its test, where there are several.
func (h *htmlReport) prefixed(t *testResult, name string) string {
	if h.several {
		return escape(t.name()) + ", " + name
	}
	return name
}

func (h *htmlReport) runEnds(p *bytes.Buffer, r *runResult) {
	h.write(p, "head", h.head(r))
	p.Write(h.sections.Bytes())
	h.write(p, "tail", leftInWords(&r.left, h.several))
}

func (h *htmlReport) head(r *runResult) htmlHead {
	head := htmlHead{
		Policy: htmlPolicy(), Style: template.CSS(htmlStyle), Word: wordPass, Kind: "pass", Figures: h.figures(r), Facts: facts(r),
		Notices: toldNotices(r.notices), Failures: h.failures,
	}
	if r.outcome() != event.Passed {
		head.Word, head.Kind = wordFail, "fail"
	}
	for _, text := range r.trouble {
		head.Trouble = append(head.Trouble, escape(text))
	}
	if stopped := r.stopped(); stopped != "" && len(r.trouble) == 0 {
		head.Trouble = []string{escape(stopped)}
	}
	if h.more > 0 {
		head.More = fmt.Sprintf("and %d more", h.more)
	}
	head.Title = head.Word + ": offscope, " + plural(r.tests, "test")
	if r.tests == 1 {
		head.Title = head.Word + ": " + h.tests[0].Name
	}
	if h.several {
		head.Tests = h.tests
	}
	return head
}

// figures is the last line of the text report, without its first word.
func (h *htmlReport) figures(r *runResult) string {
	if len(h.tests) == 1 && !h.several {
		test := h.tests[0]
		figures := test.Counts + ", " + test.Took
		if test.Flaky {
			figures += ", " + test.Tried
		}
		return figures
	}
	f := r.finished
	if !r.ended {
		f = event.RunFinished{Tests: r.tests, TestsFailed: r.bad, TestsFlaky: r.flaky, Counts: h.total, Duration: r.until.Sub(r.at)}
	}
	return totalInWords(f, h.without)
}

// facts are what else is worth knowing about a run.
func facts(r *runResult) []row {
	var all []row
	if !r.at.IsZero() {
		all = append(all, row{"Begun", r.at.UTC().Format(time.DateTime) + " UTC"})
	}
	if r.started.Version != "" {
		all = append(all, row{"Seed", fmt.Sprint(r.started.Seed)}, row{"offscope", escape(r.started.Version)})
	}
	if s := r.started.Shard; s.Of > 0 {
		all = append(all, row{"Shard", fmt.Sprintf("%d of %d, with %d of %s", s.Number, s.Of, r.started.Tests, plural(s.Tests, "test"))})
	}
	return all
}

// leftInWords tells what the run has created and what of it is still there.
func leftInWords(l *leftovers, several bool) []htmlGroup {
	var groups []htmlGroup
	if len(l.listed) > 0 {
		listed := htmlGroup{Name: l.listedInWords()}
		for _, b := range l.listed {
			listed.Items = append(listed.Items, escape(b.URL)+" ("+creator(b, several)+")")
		}
		groups = append(groups, listed)
	}
	if l.tried() > 0 {
		kept := htmlGroup{Name: l.triedInWords()}
		for _, b := range l.kept {
			kept.Items = append(kept.Items, "not deleted: "+escape(b.URL)+" ("+creator(b, several)+"): "+escape(b.Error))
		}
		groups = append(groups, kept)
	}
	return groups
}

// write adds a piece of the page.
func (h *htmlReport) write(p *bytes.Buffer, name string, data any) {
	if err := htmlTemplates().ExecuteTemplate(p, name, data); err != nil {
		panic(err) // the data is ours, and a buffer takes everything
	}
}
