package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/event"
	"offscope/record"
	"offscope/runner"
	"offscope/source"
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
				return usageHint("offscope runs lists them", "offscope rerun takes one run")
			}
			beginnings := 0
			for _, name := range []string{"failed", "from", "step"} {
				if c.IsSet(name) {
					beginnings++
				}
			}
			if beginnings > 1 {
				return usage("--failed, --from and --step exclude each other")
			}
			return rerun(c, s)
		},
	}
}

// rerun gives the recorded flags to a run, in front of the present ones, with the state of the record beside them.
func rerun(c *cli.Context, s system) error {
	recorded, err := openRecord(c, s, c.Args().First())
	if err != nil {
		return err
	}
	flags, files, err := recordedHere(recorded.Meta)
	if err != nil {
		return err
	}
	tests, err := recorded.Tests()
	if err != nil {
		return usage("%w", err)
	}
	again := &again{run: recorded, files: files, s: s, tests: tests, from: c.String("from"), only: c.StringSlice("step"), names: c.StringSlice("test"), now: map[string]bool{}}
	for _, pair := range slices.Concat(c.StringSlice("var"), c.StringSlice("secret")) {
		name, _, _ := cutPair(pair)
		again.now[name] = true
	}
	app := newApp(s)
	app.Command("run").Action = func(c *cli.Context) error { return again.do(c) }
	arguments := slices.Concat([]string{"offscope", "run"}, notGivenAnew(c, flags), presentFlags(c), []string{"--"}, files)
	return app.RunContext(c.Context, arguments)
}

// notGivenAnew are the recorded flags without those that the rerun has a value of its own for. Values of a flag that can be
// repeated are joined, the present ones last, so that they win.
func notGivenAnew(c *cli.Context, recorded []string) []string {
	var kept []string
	for _, argument := range recorded {
		name, _, _ := strings.Cut(strings.TrimPrefix(argument, "--"), "=")
		_, repeated := c.Value(name).(cli.StringSlice)
		switch {
		case name == "test":
			kept = append(kept, argument) // the tests that are chosen now are some of those
		case slices.Contains([]string{"from", "to", "step"}, name):
			if !c.IsSet("from") && !c.IsSet("step") {
				kept = append(kept, argument)
			}
		case strings.HasPrefix(name, "http") && (c.IsSet("http1.1") || c.IsSet("http2")):
		case repeated || !c.IsSet(name):
			kept = append(kept, argument)
		}
	}
	return kept
}

// presentFlags are the flags of this rerun that a run knows too.
func presentFlags(c *cli.Context) []string {
	var all []string
	for _, f := range c.Command.Flags {
		if name := f.Names()[0]; !slices.Contains([]string{"failed", "from", "step", "test"}, name) {
			all = append(all, asArguments(c, name)...)
		}
	}
	return all
}

// again is a rerun on its way.
type again struct {
	run   *record.Record
	files []string // of the record, as they are reached from here
	tests []record.TestView
	s     system
	from  string
	only  []string
	names []string
	now   map[string]bool // the names that this very command gives a value
	parts []*part         // those that are run, in order
}

// A part is a test that is run again, with what became of it.
type part struct {
	plan     *runner.Plan
	was      record.TestView
	outcomes map[int]event.Outcome // of steps, now
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
	plans, err := set.planner(a.s, documents).plans()
	if err != nil {
		return err
	}
	if err := a.noticeChanged(documents, plans); err != nil {
		return err
	}
	resumed, err := a.resumeAll(plans)
	if err != nil {
		return err
	}
	end, err := set.run(c, a.s, documents, resumed, event.SinkFunc(a.keep))
	if err != nil {
		return err
	}
	out := a.s.stdout
	if wanted, err := readReports(c); err == nil && toStdout(wanted) {
		out = a.s.stderr
	}
	a.tell(out)
	return exit(codeOf(end))
}

// resumeAll plans the tests that are wanted such that they go on where the recorded run of them failed.
func (a *again) resumeAll(plans []*runner.Plan) ([]*runner.Plan, error) {
	matched, err := a.match(plans)
	if err != nil {
		return nil, err
	}
	var resumed []*runner.Plan
	for _, m := range matched {
		if !matchesAny(a.names, testName(m.plan)) {
			continue
		}
		wanted, err := a.wanted(m.plan, m.was)
		if err != nil {
			return nil, err
		}
		if len(wanted) == 0 {
			continue
		}
		plan, told, err := a.resume(m.plan, m.was, wanted)
		if err != nil {
			return nil, err
		}
		if len(matched) > 1 && told != "" {
			told = titleOfPlan(plan) + "\n" + told
		}
		fmt.Fprint(a.s.stderr, told)
		resumed = append(resumed, plan)
		a.parts = append(a.parts, &part{plan: plan, was: m.was, outcomes: map[int]event.Outcome{}})
	}
	if len(resumed) == 0 && len(a.names) > 0 {
		return nil, usageHint("--from STEP runs again all the same", "nothing failed in %s of run %s", strings.Join(a.names, ", "), a.run.Meta.ID)
	}
	if len(resumed) == 0 {
		return nil, usageHint("--from STEP runs again all the same", "nothing failed in run %s", a.run.Meta.ID)
	}
	return resumed, nil
}

// resume plans a test anew, in the recorded state.
func (a *again) resume(plan *runner.Plan, was record.TestView, wanted []int) (*runner.Plan, string, error) {
	if len(was.Steps) == 0 {
		return a.fresh(plan)
	}
	if err := sameBefore(plan, was, wanted[0]); err != nil {
		return nil, "", err
	}
	if err := a.notDeleted(plan, was, wanted); err != nil {
		return nil, "", err
	}
	at := wanted[0]
	if len(a.only) > 0 {
		at = wanted[len(wanted)-1] // what the steps between had set is needed too
	}
	first, err := a.run.StateBefore(was.Number, 1)
	if err != nil {
		return nil, "", usage("%w", err)
	}
	state, err := a.run.StateBefore(was.Number, at)
	if err != nil {
		return nil, "", usage("%w", err)
	}
	b := newBridge(a.run.Meta.ID, plan, was, first, state, wanted)
	b.now, b.rescript, b.began = a.now, a.scriptsChanged(plan, was), a.run.Meta.Started
	resumed, err := b.build()
	if err != nil {
		return nil, "", err
	}
	return resumed, b.told() + a.edited(plan, was, b.sends), nil
}

// fresh plans a test of which nothing had begun. The values that were given on the command line come from a test that had.
func (a *again) fresh(plan *runner.Plan) (*runner.Plan, string, error) {
	var state record.State
	for _, t := range a.tests {
		if len(t.Steps) > 0 {
			var err error
			if state, err = a.run.StateBefore(t.Number, 1); err != nil {
				return nil, "", usage("%w", err)
			}
			break
		}
	}
	state.Cookies = nil
	state.Variables = slices.DeleteFunc(state.Variables, func(v record.Variable) bool {
		return !strings.HasPrefix(v.Origin, "flag ") && !strings.HasPrefix(v.Origin, "process environment ")
	})
	all := wantedFrom(plan, 1)
	b := newBridge(a.run.Meta.ID, plan, record.TestView{}, state, state, all)
	b.now = a.now
	resumed, err := b.build()
	if err != nil {
		return nil, "", err
	}
	return resumed, b.told(), nil
}

// wanted are the steps to be sent, in order: some, or all from one on.
func (a *again) wanted(plan *runner.Plan, was record.TestView) ([]int, error) {
	if len(a.only) > 0 {
		return wantedOnly(plan, a.only)
	}
	from, failed := firstFailed(was)
	switch {
	case a.from != "":
		var err error
		if from, err = findStep(plan.Steps, "--from", a.from); err != nil {
			return nil, err
		}
	case !failed:
		return nil, nil
	default:
		if err := a.notGone(plan, was); err != nil {
			return nil, err
		}
	}
	if from > len(plan.Steps) {
		return nil, usageHint("run the file from its beginning", "the test %q has no step %d any more", testName(plan), from)
	}
	return wantedFrom(plan, from), nil
}

// firstFailed is the step at which a recorded test goes on. One that was cut off goes on behind the last step that had ended.
func firstFailed(was record.TestView) (step int, failed bool) {
	if step, failed = was.FirstFailed(); failed || was.Complete {
		return step, failed
	}
	for _, s := range was.Steps {
		step = max(step, s.Number)
	}
	return step + 1, step < was.StepsInFile || was.StepsInFile == 0
}

func wantedOnly(plan *runner.Plan, names []string) ([]int, error) {
	named := map[int]bool{}
	for _, name := range names {
		n, err := findStep(plan.Steps, "--step", name)
		if err != nil {
			return nil, err
		}
		named[n] = true
	}
	var numbers []int
	for _, s := range plan.Steps {
		if namesOrHolds(named, s) {
			numbers = append(numbers, s.Number)
		}
	}
	return numbers, nil
}

// wantedFrom are the steps from one on that the recorded run had chosen. A condition or loop is run again as a whole.
func wantedFrom(plan *runner.Plan, from int) []int {
	var numbers []int
	for _, s := range plan.Steps[outermost(plan.Steps[from-1]).Number-1:] {
		if plan.Options.Choose == nil || plan.Options.Choose(s) {
			numbers = append(numbers, s.Number)
		}
	}
	return numbers
}

// outermost is the condition or loop that a step stands in, or the step.
func outermost(s *runner.Step) *runner.Step {
	for s.Inside() != nil {
		s = s.Inside()
	}
	return s
}

// sameBefore makes sure that the recorded state is the one before a step: the steps before it are still the same ones.
func sameBefore(plan *runner.Plan, was record.TestView, first int) error {
	for _, old := range was.Steps {
		if old.Number >= first {
			continue
		}
		if old.Number > len(plan.Steps) || plan.Steps[old.Number-1].Step.Base().Kind.Value != old.Kind ||
			plan.Steps[old.Number-1].Step.Base().Note.Value != old.Note {
			return usageHint("run the file from its beginning",
				"step %d of %q is another one than in the run, so what the run knew before step %d is of no use", old.Number, testName(plan), first)
		}
	}
	return nil
}

// keep notes how the steps of the rerun end.
func (a *again) keep(e event.Event) error {
	if _, began := e.Body.(event.TestStarted); began && e.Sub == 0 {
		clear(a.parts[e.Test-1].outcomes) // an attempt before this one does not count
	}
	f, ended := e.Body.(event.StepFinished)
	if !ended || e.Sub != 0 || e.Test == 0 {
		return nil
	}
	outcomes := a.parts[e.Test-1].outcomes
	if was, known := outcomes[e.Step]; !known || !was.Bad() && f.Outcome != event.Skipped {
		outcomes[e.Step] = f.Outcome
	}
	return nil
}

// tell says of each step what has become of it since the recorded run.
func (a *again) tell(out io.Writer) {
	var lines []string
	unsent := 0
	for _, p := range a.parts {
		told, gone := p.changes()
		unsent += gone
		if len(a.parts) > 1 && len(told) > 0 {
			told = append([]string{titleOfPlan(p.plan)}, told...)
		}
		lines = append(lines, told...)
	}
	if unsent > 0 {
		lines = append(lines, fmt.Sprintf("%d of the steps that failed then cannot be told fixed: not sent any more", unsent))
	}
	if len(lines) > 0 {
		fmt.Fprintf(out, "\nsince run %s\n%s\n", a.run.Meta.ID, strings.Join(lines, "\n"))
	}
}

func titleOf(s *runner.Step) string {
	title := strings.TrimSpace(s.Step.Base().Note.Value)
	if request, ok := s.Step.(*bucket.Request); ok && title == "" {
		title = strings.TrimSpace(request.Method.Value + " " + request.URL.Value)
	}
	if title == "" {
		return ""
	}
	return "  " + source.Printable(title)
}

func titleOfPlan(p *runner.Plan) string {
	title := source.Printable(testName(p))
	if o := p.Options; o.Iterations > 0 {
		title += fmt.Sprintf(" (iteration %d of %d)", o.Iteration, o.Iterations)
	}
	return title
}

func testName(p *runner.Plan) string { return strings.TrimSpace(p.Test.Name.Value) }
