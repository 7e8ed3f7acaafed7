package main

import (
	"fmt"
	"slices"

	"offscope/bucket"
	"offscope/record"
	"offscope/runner"
)

// noticeChanged says which files are not what they were: that is why one runs again, or a mistake. With other rows the
// iterations are other ones, and nothing goes on from them.
func (a *again) noticeChanged(documents []*bucket.Document, plans []*runner.Plan) error {
	sums := map[string]string{}
	for _, d := range documents {
		sums[d.File.Name] = sumOf(d.File)
	}
	for _, f := range besideOf(plans, documents) {
		sums[f.Path] = f.SHA256
	}
	rows := dataFiles(plans)
	for _, f := range slices.Concat(a.run.Meta.Files, a.run.Meta.Beside) {
		name := pathFrom(a.run.Meta.WorkDir, f.Path)
		now, read := sums[name]
		switch {
		case !read || f.SHA256 == "" || f.SHA256 == now:
		case rows[name]:
			return usageHint("run the tests from their beginning", "%s has changed since run %s, so its rows are not those of the recorded iterations any more", name, a.run.Meta.ID)
		default:
			fmt.Fprintf(a.s.stderr, "notice: %s has changed since the run\n", name)
		}
	}
	return nil
}

// sums are those of a recorded test, nil when the record has none.
func (a *again) sums(was record.TestView) []string {
	return a.run.Meta.Sums[record.StepsKey(was.File, was.Line, was.Col)]
}

func (a *again) scriptsChanged(plan *runner.Plan, was record.TestView) bool {
	then := a.sums(was)
	return len(then) > 0 && then[0] != sumsOf(plan)[0]
}

// edited says which steps are other ones than in the run although what they led to is taken from there.
func (a *again) edited(plan *runner.Plan, was record.TestView, sends func(int) bool) string {
	then, now, told := a.sums(was), sumsOf(plan), ""
	last := 0
	for n := range now {
		if n > 0 && sends(n) {
			last = n
		}
	}
	for _, s := range was.Steps {
		n := s.Number
		if n < last && n < len(then) && n < len(now) && then[n] != now[n] && !sends(n) && s.Counts.Requests > 0 {
			told += fmt.Sprintf("notice: step %d%s was edited since the run and is not sent: what it led to is taken from the record; --from %d sends it\n",
				n, titleOf(plan.Steps[n-1]), n)
		}
	}
	return told
}
