package report

import (
	"fmt"
	"slices"
	"strings"

	"offscope/event"
	"offscope/source"
)

// A silence is why no response came, and from where. A server that is down is told once, not at each of its steps.
type silence struct{ class, host, message string }

// silenceOf returns why a request has no response, and false when there is one, or when something else is wrong with the step.
func silenceOf(s *stepState) (silence, bool) {
	if !s.sent() || s.exchanged.Failure == nil || s.exchanged.Response != nil || s.nest.compared != nil || s.foundWrong() {
		return silence{}, false
	}
	why := s.exchanged.Failure
	return silence{class: why.Failure, host: hostOf(s.exchanged.Request.URL), message: why.Message}, true
}

// foundWrong reports whether there is another reason to fail than that no response came.
func (s *stepState) foundWrong() bool {
	return slices.ContainsFunc(s.problems, func(b event.Problem) bool { return b.Message != s.exchanged.Failure.Message }) ||
		slices.ContainsFunc(s.extracted, func(b event.Extracted) bool { return b.Outcome.Bad() }) ||
		slices.ContainsFunc(s.scripts, func(b event.Scripted) bool { return b.Outcome.Bad() }) ||
		slices.ContainsFunc(s.asserted, func(b event.Asserted) bool { return b.Outcome.Bad() })
}

// hostOf is the host of an address, with its port when it has one.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest[strings.LastIndex(rest, "@")+1:]
}

// asBefore tells about a step that has no response for the reason of an earlier one, in one line, and reports whether there is
// such an earlier step. Who wants to see everything, or each step by itself, sees everything.
func (t *Text) asBefore(p *page, test *testState, s *stepState, f event.StepFinished) bool {
	why, silent := silenceOf(s)
	if !silent || t.o.OneByOne || t.o.Verbosity >= Headers {
		return false
	}
	first := test.unanswered[why]
	if first == nil {
		test.unanswered[why] = &ended{&stepState{number: s.number, started: s.started}, event.StepFinished{Hints: f.Hints}}
		return false
	}
	p.headline(inStep, s.placeOfFailure(), "the same as "+inWords(first.step, s)+": "+p.shown(why.short()))
	for _, text := range f.Hints {
		if !slices.Contains(first.finished.Hints, text) {
			p.hint(inStep, text)
		}
	}
	if t.o.Curl {
		p.curl(s.exchanged.Request)
		p.gap()
	}
	return true
}

// short is the reason without the host, which the first step has named.
func (w silence) short() string {
	if _, after, found := strings.Cut(w.message, w.host+": "); found && after != "" {
		return after
	}
	return w.message
}

// placeOfFailure is where the file is to blame, or where the step stands.
func (s *stepState) placeOfFailure() source.Excerpt {
	if len(s.problems) > 0 {
		return s.problems[0].Where
	}
	return source.Excerpt{File: s.started.File, Line: s.started.Line, Col: s.started.Col}
}

// inWords names an earlier step as a later one sees it, which is the same one in a later round of a loop.
func inWords(first, later *stepState) string {
	if first.number == later.number && first.started.Iteration > 0 {
		return "in " + roundOf(first)
	}
	return fmt.Sprintf("step %d", first.number)
}
