package main

import (
	"fmt"

	"offscope/bucket"
	"offscope/event"
	"offscope/record"
	"offscope/runner"
	"offscope/source"
)

// changes says of each step what has become of it, and counts those that failed and were not sent now. Steps may have moved
// since: each is compared with the one that it was.
func (p *part) changes() (lines []string, unsent int) {
	matched := record.MatchSteps(p.was.Steps, viewsOf(p.plan))
	whole := p.was.StepsInFile > 0 && len(p.was.Steps) >= p.was.StepsInFile // else a step may be missing in the record because it had not begun
	found := map[int]bool{}
	for i, s := range p.plan.Steps {
		now, ran := p.outcomes[s.Number]
		if at := matched[i]; at >= 0 {
			found[at] = true
		}
		if !ran || !p.plan.Options.Choose(s) {
			continue
		}
		word := ""
		switch at := matched[i]; {
		case at >= 0:
			word = changeOf(p.was.Steps[at].Outcome, now)
		case now == event.NotRun || now == event.Skipped:
		case whole:
			word = "new step"
		case now.Bad():
			word = "new failure"
		}
		if word == "" {
			continue
		}
		if word == unsentWord {
			unsent++
		}
		title := titleOf(s)
		if word == "new step" && now.Bad() {
			title += "  (failed)"
		}
		lines = append(lines, changeLine(word, s.Number, title))
	}
	for at, s := range p.was.Steps {
		if s.Outcome.Bad() && !found[at] {
			unsent++
			lines = append(lines, changeLine(unsentWord, s.Number, titleOfView(s)+"  (not in the file any more)"))
		}
	}
	return lines, unsent
}

const unsentWord = "not sent any more"

func changeLine(word string, step int, title string) string {
	return fmt.Sprintf("  %-13s  step %d%s", word, step, title)
}

func changeOf(was, now event.Outcome) string {
	switch {
	case now == event.Skipped && was.Bad():
		return unsentWord
	case now == event.Skipped:
		return ""
	case now == event.NotRun && (was == event.Passed || was.Bad()):
		return "not run"
	case now == event.NotRun:
		return ""
	case now.Bad() && was.Bad():
		return "still failing"
	case now.Bad():
		return "new failure"
	case was.Bad():
		return "fixed"
	}
	return ""
}

// viewsOf are the steps of a plan as a record has them.
func viewsOf(plan *runner.Plan) []record.StepView {
	var views []record.StepView
	for _, s := range plan.Steps {
		base := s.Step.Base()
		v := record.StepView{Number: s.Number, Kind: base.Kind.Value, Note: base.Note.Value}
		if request, ok := s.Step.(*bucket.Request); ok {
			v.Method, v.URL = request.Method.Value, request.URL.Value
		}
		views = append(views, v)
	}
	return views
}

func titleOfView(s record.StepView) string {
	title := s.Note
	if title == "" {
		title = s.Method + " " + s.URL
	}
	return "  " + source.Printable(title)
}
