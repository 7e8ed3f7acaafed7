package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/event"
	"offscope/jsontree"
	"offscope/record"
	"offscope/runner"
	"offscope/source"
	"offscope/variables"
)

const rerunDescription = `Runs again from where a recorded run failed, in the state it had there: what earlier steps have extracted and set comes
from the record, and they are not sent again. RUN is the newest one unless it is named. Secrets are in no record: give them
again, or name the same files; one that a step had extracted is got again by that step. Flags of the recorded run hold unless
they are given anew.

Examples:
   offscope rerun                            from the first step that failed
   offscope rerun --from 5 --secret auth="Bearer TOKEN"
   offscope rerun --step 13 -vv 3fk          only step 13 of the run that ends in 3fk`

func rerunCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "rerun", Usage: "run again from a recorded run", UsageText: "offscope rerun [flags] [RUN]", Description: rerunDescription,
		OnUsageError: onUsageError,
		Flags: concat([]cli.Flag{
			toggle(groupChoice, "failed", "begin at the first step that failed (the default)"),
			text(groupChoice, "from", "`STEP` begin at a step: its number, file.json:LINE, or text in its note"),
			list(groupChoice, "step", "`STEP` only this step"),
			list(groupChoice, "test", "`NAME` only tests of this name, a pattern with * and ?"),
		}, valueFlags(), behaviourFlags(), httpFlags(), scriptFlags(), outputFlags(), reportFlags(), recordFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usage("offscope rerun takes one run")
			}
			return rerun(c, s)
		},
	}
}

// rerun gives the recorded flags to a run, in front of the present ones, with the state of the record beside them.
func rerun(c *cli.Context, s system) error {
	run, err := storeOf(c, s).Open(c.Args().First())
	if err != nil {
		return usage("%w", err)
	}
	if len(run.Meta.Arguments) == 0 {
		return usageHint("offscope runs lists the recorded runs", "%s says nothing of the files that were run", run.Events)
	}
	if run.Meta.WorkDir != "" {
		if err := os.Chdir(run.Meta.WorkDir); err != nil {
			return usageHint("the files of the run are relative to it", "the folder of run %s: %w", run.Meta.ID, pathless(err))
		}
	}
	tests, err := run.Tests()
	if err != nil {
		return usage("%w", err)
	}
	again := &again{run: run, tests: tests, s: s, outcomes: map[stepOfTest]event.Outcome{}}
	again.from, again.only, again.names = c.String("from"), c.StringSlice("step"), c.StringSlice("test")
	app := newApp(s)
	app.Command("run").Action = func(c *cli.Context) error { return again.do(c) }
	arguments := append([]string{"offscope", "run"}, presentFlags(c)...)
	return app.RunContext(c.Context, append(arguments, notGivenAnew(c, run.Meta.Arguments)...))
}

// notGivenAnew are the recorded flags and files without those that the rerun has a value of its own for. Values of a flag that
// can be repeated are joined.
func notGivenAnew(c *cli.Context, recorded []string) []string {
	var kept []string
	for i, argument := range recorded {
		if argument == "--" {
			return append(kept, recorded[i:]...)
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(argument, "--"), "=")
		_, repeated := c.Value(name).(cli.StringSlice)
		if !c.IsSet(name) || repeated && name != "test" {
			kept = append(kept, argument)
		}
	}
	return kept
}

// presentFlags are the flags of this rerun that a run knows too.
func presentFlags(c *cli.Context) []string {
	var all []string
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if !c.IsSet(name) || slices.Contains([]string{"failed", "from", "step", "test"}, name) {
			continue
		}
		switch value := c.Value(name).(type) {
		case cli.StringSlice:
			for _, v := range value.Value() {
				all = append(all, "--"+name+"="+v)
			}
		case []string:
			for _, v := range value {
				all = append(all, "--"+name+"="+v)
			}
		default:
			all = append(all, fmt.Sprintf("--%s=%v", name, value))
		}
	}
	return all
}

type stepOfTest struct{ test, step int }

// again is a rerun on its way.
type again struct {
	run      *record.Record
	tests    []record.TestView
	s        system
	from     string
	only     []string
	names    []string
	outcomes map[stepOfTest]event.Outcome // of the rerun
	numbers  []int                        // of the tests in the record, by their place in the rerun
}

func (a *again) do(c *cli.Context) error {
	set, err := readSettings(c, a.s)
	if err != nil {
		return err
	}
	defer set.close()
	documents, err := load(a.s, c.Args().Slice(), set.screen)
	if err != nil {
		return err
	}
	p := set.planner(a.s, documents)
	plans, err := p.plans()
	if err != nil {
		return err
	}
	a.noticeChanged(documents)
	if len(plans) != len(a.tests) {
		return usageHint("run the file from its beginning", "run %s had %s, the files now have %d", a.run.Meta.ID, count(len(a.tests), "test"), len(plans))
	}
	var resumed []*runner.Plan
	for i, plan := range plans {
		next, err := a.resume(set, plan, a.tests[i])
		if err != nil {
			return err
		}
		if next != nil {
			resumed = append(resumed, next)
			a.numbers = append(a.numbers, i)
		}
	}
	if len(resumed) == 0 {
		return usageHint("--from STEP runs again all the same", "nothing failed in run %s", a.run.Meta.ID)
	}
	end, err := set.run(c, a.s, documents, resumed, event.SinkFunc(a.keep))
	if err != nil {
		return err
	}
	a.tell()
	return exit(codeOf(end))
}

// noticeChanged says which files are not what they were: that is why one runs again, or a mistake.
func (a *again) noticeChanged(documents []*bucket.Document) {
	for _, d := range documents {
		for _, f := range a.run.Meta.Files {
			if f.Path == d.File.Name && f.SHA256 != "" && f.SHA256 != sumOf(d.File) {
				fmt.Fprintf(a.s.stderr, "notice: %s has changed since the run\n", d.File.Name)
			}
		}
	}
}

// resume plans a test such that it goes on where the recorded run of it failed; nil when nothing of it is wanted.
func (a *again) resume(set *settings, plan *runner.Plan, was record.TestView) (*runner.Plan, error) {
	if !matchesAny(a.names, strings.TrimSpace(was.Name)) {
		return nil, nil
	}
	wanted, err := a.wanted(plan, was)
	if err != nil || len(wanted) == 0 {
		return nil, err
	}
	first := slices.Min(wanted)
	if first > len(plan.Steps) {
		return nil, usage("the test %q has no step %d any more", was.Name, first)
	}
	state, err := a.run.StateBefore(was.Number, first)
	if err != nil {
		return nil, usage("%w", err)
	}
	b := &bridge{plan: plan, state: state, first: first, wanted: map[int]bool{}, was: was, run: a.run.Meta.ID}
	for _, n := range wanted {
		b.wanted[n] = true
	}
	resume, err := b.build()
	if err != nil {
		return nil, err
	}
	fmt.Fprint(a.s.stderr, b.told())
	o := plan.Options
	o.Resume = resume
	o.NotChosen = "as recorded"
	o.Choose = func(s *runner.Step) bool { return b.wanted[s.Number] }
	return runner.NewPlan(plan.Test, o), nil
}

// wanted are the steps to be sent: one, or all from one on.
func (a *again) wanted(plan *runner.Plan, was record.TestView) ([]int, error) {
	if len(a.only) > 0 {
		var numbers []int
		for _, name := range a.only {
			n, err := findStep(plan.Steps, "--step", name)
			if err != nil {
				return nil, err
			}
			numbers = append(numbers, n)
		}
		return numbers, nil
	}
	from, failed := was.FirstFailed()
	switch {
	case a.from != "":
		var err error
		if from, err = findStep(plan.Steps, "--from", a.from); err != nil {
			return nil, err
		}
	case !failed:
		return nil, nil
	}
	var numbers []int
	for n := outermost(plan, from); n <= len(plan.Steps); n++ {
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// outermost is the condition or loop that a step stands in, or the step: a loop is run again as a whole.
func outermost(plan *runner.Plan, number int) int {
	if number > len(plan.Steps) {
		return number
	}
	s := plan.Steps[number-1]
	for s.Inside() != nil {
		s = s.Inside()
	}
	return s.Number
}

// keep notes how the steps of the rerun end.
func (a *again) keep(e event.Event) error {
	f, ended := e.Body.(event.StepFinished)
	if !ended || e.Sub != 0 || f.Outcome == event.Skipped || e.Test == 0 {
		return nil
	}
	at := stepOfTest{a.numbers[e.Test-1], e.Step}
	if known, ok := a.outcomes[at]; !ok || !known.Bad() {
		a.outcomes[at] = f.Outcome
	}
	return nil
}

// tell says of each step what has become of it since the recorded run.
func (a *again) tell() {
	fmt.Fprintf(a.s.stdout, "\nsince run %s\n", a.run.Meta.ID)
	for i, test := range a.tests {
		for _, step := range test.Steps {
			now, ran := a.outcomes[stepOfTest{i, step.Number}]
			if !ran {
				continue
			}
			if word := changeOf(step.Outcome, now); word != "" {
				fmt.Fprintf(a.s.stdout, "  %-13s  step %d%s\n", word, step.Number, titleOf(step))
			}
		}
	}
}

func changeOf(was, now event.Outcome) string {
	wasGood := was == event.Passed || was == event.Skipped
	switch {
	case now == event.NotRun:
		return "not run"
	case now.Bad() && was.Bad():
		return "still failing"
	case now.Bad():
		return "new failure"
	case !wasGood && was != event.NotRun:
		return "fixed"
	}
	return ""
}

func titleOf(step record.StepView) string {
	title := strings.TrimSpace(step.Note)
	if title == "" {
		title = strings.TrimSpace(step.Method + " " + step.URL)
	}
	if title == "" {
		return ""
	}
	return "  " + source.Printable(title)
}

// A bridge leads from the state of a recorded run to the one in which a test goes on.
type bridge struct {
	plan   *runner.Plan
	state  record.State
	was    record.TestView
	run    string
	first  int
	wanted map[int]bool // the steps to be sent; grows by those that produce a secret

	taken, given, drawn []string
	produced            map[int][]string
	again               bool // the initial scripts run again
}

// build decides for every variable that is needed where its value comes from.
func (b *bridge) build() (*runner.Resume, error) {
	b.produced = map[int][]string{}
	survey := runner.NewSurvey(b.plan)
	b.addProducers(survey)
	b.again = b.drawAnew(survey)
	resume := &runner.Resume{}
	var missing []string
	for _, v := range b.state.Variables {
		switch hidden := v.Secret || len(v.Marks) > 0; {
		case v.Given && (hidden || b.isGiven(v.Name)):
			if !b.isGiven(v.Name) && b.needed(survey, v.Name) {
				missing = append(missing, v.Name)
			} else if hidden {
				b.given = append(b.given, v.Name)
			}
		case !v.Given && v.Step == 0 && (hidden || b.again):
			b.again = true // made by an initial script
			b.drawn = append(b.drawn, v.Name)
		case hidden && !b.needed(survey, v.Name):
		case hidden:
			b.produced[v.Step] = append(b.produced[v.Step], v.Name)
		default:
			resume.Variables = append(resume.Variables, b.recorded(v))
			b.taken = append(b.taken, v.Name)
		}
	}
	if len(missing) > 0 {
		return nil, usageHint("as in: offscope rerun --secret "+missing[0]+"=VALUE, or --secrets-file FILE",
			"secrets are in no record; give again: %s", strings.Join(missing, ", "))
	}
	resume.InitialScripts = b.again
	return resume, nil
}

// addProducers has the steps run again that gave a secret which is needed: its value is in no record.
func (b *bridge) addProducers(survey runner.Survey) {
	for grown := true; grown; {
		grown = false
		for _, v := range b.state.Variables {
			if hidden := v.Secret || len(v.Marks) > 0; hidden && !v.Given && v.Step > 0 && !b.wanted[v.Step] && b.needed(survey, v.Name) {
				b.wanted[v.Step], grown = true, true
			}
		}
	}
}

// recorded is a value as it was.
func (b *bridge) recorded(v record.Variable) variables.Initial {
	value := jsontree.FromString(v.Value)
	if v.Type != "string" {
		if tree, err := jsontree.Parse([]byte(v.Value)); err == nil {
			value = tree
		}
	}
	detail := b.run + " (" + v.Origin + ")"
	return variables.Initial{Name: v.Name, Value: value, Origin: variables.Origin{Kind: variables.Recorded, Detail: detail}}
}

// isGiven reports whether the present flags and files give a value.
func (b *bridge) isGiven(name string) bool {
	for _, v := range b.plan.Options.Values {
		if v.Name == name {
			return true
		}
	}
	for _, layer := range b.plan.Options.Environment.Layers() {
		for _, v := range layer.Initial {
			if v.Name.Value == name {
				return true
			}
		}
	}
	return false
}

// needed reports whether a step that is to be sent, or a script, uses a variable.
func (b *bridge) needed(survey runner.Survey, name string) bool {
	for _, part := range survey.Steps {
		if !b.wanted[part.Step.Number] {
			continue
		}
		if slices.ContainsFunc(part.Needs, func(n runner.Need) bool { return n.Name == name }) {
			return true
		}
	}
	return b.plan.EnvironmentUses(name)
}

// drawAnew reports whether the random values of initial scripts are to be drawn again: a step that is to be sent creates
// something of them, and nothing that was sent before has created anything of them.
func (b *bridge) drawAnew(survey runner.Survey) bool {
	made := map[string]bool{}
	for _, v := range b.state.Variables {
		made[v.Name] = !v.Given && v.Step == 0
	}
	creates := false
	for _, part := range survey.Steps {
		request, ok := part.Step.Step.(*bucket.Request)
		if !ok || strings.EqualFold(request.Method.Value, "GET") || strings.EqualFold(request.Method.Value, "HEAD") {
			continue
		}
		uses := slices.ContainsFunc(part.Needs, func(n runner.Need) bool { return made[n.Name] })
		switch {
		case !uses:
		case part.Step.Number < b.first && b.ran(part.Step.Number):
			return false
		case b.wanted[part.Step.Number]:
			creates = true
		}
	}
	return creates
}

// ran reports whether a step was sent in the recorded run.
func (b *bridge) ran(number int) bool {
	for _, s := range b.was.Steps {
		if s.Number == number {
			return s.Outcome != event.Skipped && s.Outcome != event.NotRun
		}
	}
	return false
}

// told says where the values come from.
func (b *bridge) told() string {
	var out strings.Builder
	line := func(what string, names []string) {
		if len(names) > 0 {
			fmt.Fprintf(&out, "%s: %s\n", what, strings.Join(names, ", "))
		}
	}
	line("from the record of run "+b.run, b.taken)
	line("given again", b.given)
	line("drawn anew by the initial script", b.drawn)
	for n := 1; n <= len(b.plan.Steps); n++ {
		if len(b.produced[n]) > 0 && n < b.first {
			line(fmt.Sprintf("got again by step %d", n), b.produced[n])
		}
	}
	if len(b.state.Cookies) > 0 {
		out.WriteString("notice: cookies are secrets and in no record; if they are needed, begin at the step that gets them: --from STEP\n")
	}
	return out.String()
}
