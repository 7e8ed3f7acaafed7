package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"offscope/advice"
	"offscope/bucket"
	"offscope/jsengine"
	"offscope/runner"
	"offscope/source"
)

const inspectDescription = `Shows what is in a file without sending anything: its steps, the variables each step needs and sets, who sets each variable
and where it is used, what has to be supplied, and what cannot be executed. With the flags of a run for values it shows what
such a run still lacks.

Examples:
   offscope inspect Okta-SCIM-20-SPEC-Test.json
   offscope inspect test.json -e local.yaml           what is still missing then
   offscope inspect test.json --env-out local.yaml    an environment to fill in
   offscope inspect test.json --json |
       jq '.[].variables[] | select(.missing) | .name'`

func inspectCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "inspect", Usage: "show what is in a file: steps, variables, what is not supported",
		UsageText: "offscope inspect [flags] FILE...", Description: inspectDescription, OnUsageError: onUsageError,
		Flags: concat(valueFlags(), []cli.Flag{
			list(groupChoice, "test", "`NAME` only tests of this name, a pattern with * and ?"),
			toggle(groupOutput, "json", "print it as JSON, one object for each test (docs/inspect.md)"),
			text(groupOutput, "env-out", "`FILE` write an environment file with everything that has to be supplied"),
			toggle(groupOutput, "verbose", "also show what is unknown in the file and ignored", "v"),
		}, colorFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usageHint("as in: offscope inspect test.json", "no file given")
			}
			return inspect(c, s)
		},
	}
}

func inspect(c *cli.Context, s system) error {
	set := &settings{
		tests: c.StringSlice("test"), engine: jsengine.New(jsengine.Options{}), given: map[string]bool{},
		surroundings: map[*bucket.Environment]*surroundings{},
	}
	defer set.close()
	var err error
	if set.screen, err = readScreen(c, s); err != nil {
		return err
	}
	for _, read := range []func(*cli.Context, system) error{set.readValues, set.readEnvironment} {
		if err := read(c, s); err != nil {
			return err
		}
	}
	documents, err := load(s, c.Args().Slice(), set.screen)
	if err != nil {
		return err
	}
	seen, err := set.inspectAll(s, documents)
	if err != nil {
		return err
	}
	if err := set.showInspected(c, s, seen); err != nil {
		return err
	}
	if c.String("env-out") != "" {
		var missing []runner.Need
		for _, i := range seen {
			missing = append(missing, i.fillable()...)
		}
		return writeFillIn(c, s, documents[0], missing)
	}
	return nil
}

// An inspected test is what was found out about one.
type inspected struct {
	plan   *runner.Plan
	survey runner.Survey
	lives  []runner.Life
}

// fillable are the variables that somebody can supply.
func (i inspected) fillable() []runner.Need {
	return slices.DeleteFunc(slices.Concat(i.survey.Missing, i.survey.Asked), func(n runner.Need) bool { return n.Never })
}

// inspectAll looks through the chosen tests.
func (set *settings) inspectAll(s system, documents []*bucket.Document) ([]inspected, error) {
	planner := set.planner(s, documents)
	var seen []inspected
	var all []string
	for _, d := range documents {
		for _, test := range d.Tests {
			name := strings.TrimSpace(test.Name.Value)
			if all = append(all, name); !matchesAny(set.tests, name) {
				continue
			}
			o, err := planner.optionsFor(d, test)
			if err != nil {
				return nil, err
			}
			p := runner.NewPlan(test, o)
			set.screen.diagnose(s, p.Problems)
			survey := runner.NewSurvey(p)
			seen = append(seen, inspected{p, survey, survey.Lives(p)})
		}
	}
	if missing := unmatched(set.tests, all); len(missing) > 0 || len(seen) == 0 {
		return nil, noTest(missing, all)
	}
	return seen, nil
}

func (set *settings) showInspected(c *cli.Context, s system, seen []inspected) error {
	if c.Bool("json") {
		return writeInspected(s.stdout, seen)
	}
	out := bufio.NewWriter(s.stdout)
	for n, i := range seen {
		if n > 0 {
			fmt.Fprintln(out)
		}
		drawing{out, set.screen}.test(i)
	}
	return out.Flush()
}

// A drawing shows a test to a reader.
type drawing struct {
	out    io.Writer
	screen screen
}

func (d drawing) test(i inspected) {
	palette, p, survey := d.screen.palette(), i.plan, i.survey
	fmt.Fprintf(d.out, "%s  %s\n", painted(palette.Bold, strings.TrimSpace(source.Printable(p.Test.Name.Value))), p.Test.Place)
	if description := strings.TrimSpace(p.Test.Description.Value); description != "" {
		fmt.Fprintf(d.out, "%s\n", source.Printable(description))
	}
	fmt.Fprintf(d.out, "%s\n", d.totals(p))
	if p.Test.BucketSkipped {
		fmt.Fprintf(d.out, "%s\n", painted(palette.Skip, runner.BucketSkip))
	}
	for _, part := range survey.Steps {
		d.step(part)
	}
	d.lives(i.lives)
	d.variables(survey)
	d.hints(p, survey)
}

func (d drawing) totals(p *runner.Plan) string {
	kinds := map[string]int{}
	var order []string
	assertions := 0
	for _, s := range p.Steps {
		kind := s.Step.Base().Kind.Value
		if kinds[kind]++; kinds[kind] == 1 {
			order = append(order, kind)
		}
		assertions += assertionsOf(s.Step)
	}
	var parts []string
	for _, kind := range order {
		parts = append(parts, fmt.Sprintf("%d %s", kinds[kind], source.Printable(kind)))
	}
	return fmt.Sprintf("%s (%s), %s", count(len(p.Steps), "step"), strings.Join(parts, ", "), count(assertions, "assertion"))
}

func (d drawing) step(part runner.StepSurvey) {
	palette := d.screen.palette()
	s := part.Step
	base := s.Step.Base()
	indent := strings.Repeat("  ", s.Depth)
	line := fmt.Sprintf("%4d  %s%s", s.Number, indent, source.Printable(describe(s.Step)))
	if base.Skipped {
		line += painted(palette.Skip, "  (skipped in the file)")
	}
	fmt.Fprintln(d.out, line)
	detail := func(label, text string) {
		if text != "" {
			fmt.Fprintf(d.out, "      %s%s %s\n", indent, painted(palette.Dim, label), source.Printable(text))
		}
	}
	if r, ok := s.Step.(*bucket.Request); ok && r.Note.Value != "" {
		detail("request ", r.Method.Value+" "+withoutUser(r.URL.Value))
	}
	if sub := s.Subtest(); sub != nil {
		detail("runs    ", strings.TrimSpace(sub.Test.Name.Value)+"  "+sub.Test.Place.String())
	}
	if token := s.InboundToken(); token != "" {
		detail("waits   ", "for a request to {{incoming_url("+token+")}}; --inbound-listen and --inbound-url of run say where that is")
	}
	detail("needs   ", strings.Join(needNames(part.Needs), ", "))
	detail("sets    ", strings.Join(unique(part.Produces), ", "))
	if part.Unsupported != "" {
		fmt.Fprintf(d.out, "      %s%s\n", indent, painted(palette.Fail, "not supported: "+source.Printable(part.Unsupported)))
	}
}

// describe is a step's title: its note, or what it does.
func describe(s bucket.Step) string {
	note := strings.TrimSpace(s.Base().Note.Value)
	switch step := s.(type) {
	case *bucket.Request:
		if note == "" {
			note = step.Method.Value + " " + withoutUser(step.URL.Value)
		}
		return note + assertionCount(step)
	case *bucket.Pause:
		return fmt.Sprintf("pause %ds", step.Seconds)
	case *bucket.Condition:
		return noted(note, "condition: ") + compared(step.Comparison, step.ComparisonText, step.Left, step.Right)
	case *bucket.Loop:
		return noted(note, "loop until ") + compared(step.Comparison, step.ComparisonText, step.Left, step.Right)
	}
	if note != "" {
		note = ": " + note
	}
	return s.Base().Kind.Value + note + assertionCount(s)
}

func noted(note, what string) string {
	if note == "" {
		return what
	}
	return note + ": " + what
}

// compared is what a condition or loop goes by. What a comparison does not look at is left out.
func compared(of bucket.Comparison, name, left, right source.Text) string {
	if of != bucket.UnknownComparison && !of.NeedsTarget() {
		return fmt.Sprintf("%q %s", left.Value, name.Value)
	}
	return fmt.Sprintf("%q %s %q", left.Value, name.Value, right.Value)
}

func assertionCount(s bucket.Step) string {
	if n := assertionsOf(s); n > 0 {
		return fmt.Sprintf("  [%s]", count(n, "assertion"))
	}
	return ""
}

// assertionsOf is how many assertions a step has in the file.
func assertionsOf(s bucket.Step) int {
	switch step := s.(type) {
	case *bucket.Request:
		return len(step.Assertions)
	case *bucket.Subtest:
		return len(step.Assertions)
	case *bucket.Inbound:
		return len(step.Assertions)
	case *bucket.GhostInspector:
		return len(step.Assertions)
	}
	return 0
}

func (d drawing) variables(survey runner.Survey) {
	palette := d.screen.palette()
	d.missing(survey)
	if len(survey.Perhaps) > 0 {
		var names []string
		for _, need := range survey.Perhaps {
			names = append(names, fmt.Sprintf("%s (step %d)", need.Name, need.Step))
		}
		fmt.Fprintf(d.out, "%s %s\n", painted(palette.Bold, "set in a condition or loop only:"), source.Printable(strings.Join(names, ", ")))
	}
	if len(survey.Asked) > 0 {
		var names []string
		for _, need := range survey.Asked {
			names = append(names, need.Name+" ("+scriptPlace(need.Step)+")")
		}
		fmt.Fprintf(d.out, "%s %s\n", painted(palette.Bold, "scripts ask for:"), source.Printable(strings.Join(names, ", ")))
		fmt.Fprintln(d.out, "      nothing sets them; supply those without which a script cannot do its work")
	}
	for _, u := range survey.Unknown {
		why := cmp.Or(u.Hint, runner.LibraryHint)
		text := fmt.Sprintf("%s: a script uses %s, which is not defined: %s", scriptPlace(u.Step), u.Name, why)
		fmt.Fprintln(d.out, painted(palette.Fail, source.Printable(text)))
	}
}

func scriptPlace(step int) string {
	if step == 0 {
		return "initial script"
	}
	return fmt.Sprintf("step %d", step)
}

// needPlace says where a variable is needed, and what else is known of it.
func needPlace(need runner.Need) string {
	at := need.Place.Position()
	where := fmt.Sprintf("step %d, line %d", need.Step, at.Line)
	switch {
	case need.Subtest != "":
		where = fmt.Sprintf("step %d, in its subtest %q, %s", need.Step, need.Subtest, need.Place)
	case need.Step == 0:
		where = fmt.Sprintf("environment, line %d", at.Line)
	}
	switch {
	case need.Never:
		return where + ": this can never be filled in: " + need.Why
	case need.Secret:
		return where + ": as a secret"
	case need.Why != "":
		return where + ": " + need.Why
	}
	return where
}

// missing lists what a run fails without.
func (d drawing) missing(survey runner.Survey) {
	if len(survey.Missing) == 0 {
		if len(survey.Asked) == 0 {
			fmt.Fprintln(d.out, "nothing has to be supplied")
		}
		return
	}
	fmt.Fprintln(d.out, painted(d.screen.palette().Bold, "to be supplied:"))
	widest := 0
	for _, need := range survey.Missing {
		widest = max(widest, utf8.RuneCountInString(source.Printable(need.Name)))
	}
	for _, need := range survey.Missing {
		fmt.Fprintf(d.out, "      %-*s  %s\n", widest, source.Printable(need.Name), source.Printable(needPlace(need)))
	}
	if survey.Guesswork {
		fmt.Fprintln(d.out, "      a script sets variables under names it computes; some of these may be among them")
	}
}

// hints say what is known of the variables that have to be supplied, as a run would that fails for want of them.
func (d drawing) hints(p *runner.Plan, survey runner.Survey) {
	o := p.Options
	scripted := o.InitialScript != nil || o.Environment != nil && o.Environment.Script.Value != ""
	missing := advice.Case{Undefined: needNames(survey.Missing), InitialScript: scripted}
	for _, hint := range advice.Hints(missing) {
		for i, line := range wrapWords(hint, helpWidth-len("hint: ")) {
			lead := strings.Repeat(" ", len("hint: "))
			if i == 0 {
				lead = painted(d.screen.palette().Hint, "hint:") + " "
			}
			fmt.Fprintf(d.out, "%s%s\n", lead, source.Printable(line))
		}
	}
}

func needNames(needs []runner.Need) []string {
	var names []string
	for _, n := range needs {
		names = append(names, n.Name)
	}
	return unique(names)
}

func unique(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// withoutUser hides the user and password that a URL may hold.
func withoutUser(url string) string {
	scheme, rest, found := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(host, '@')
	if !found || at < 0 {
		return url
	}
	return scheme + "://[user]" + rest[at:]
}
