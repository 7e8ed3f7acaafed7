package main

import (
	"fmt"
	"slices"
	"strings"

	"offscope/bucket"
	"offscope/runner"
)

// A planner makes plans of the chosen tests.
type planner struct {
	*settings
	s         system
	documents []*bucket.Document
	files     map[string]*bucket.Document // read for subtests, by path
	broken    map[string]error            // why such a file cannot be used
	told      map[*bucket.Test]bool       // the subtests of which it was told that their environment is not there
}

func (set *settings) planner(s system, documents []*bucket.Document) *planner {
	return &planner{
		settings: set, s: s, documents: documents,
		files: map[string]*bucket.Document{}, broken: map[string]error{}, told: map[*bucket.Test]bool{},
	}
}

// plans makes the plans of every chosen test: one for each iteration. A choice that no test fits is a usage error.
func (p *planner) plans() ([]*runner.Plan, error) {
	var plans []*runner.Plan
	var all []string
	for _, d := range p.documents {
		for _, test := range d.Tests {
			name := strings.TrimSpace(test.Name.Value)
			all = append(all, name)
			if !matchesAny(p.tests, name) {
				continue
			}
			more, err := p.planTest(d, test)
			if err != nil {
				return nil, err
			}
			plans = append(plans, more...)
		}
	}
	if missing := unmatched(p.tests, all); len(missing) > 0 || len(plans) == 0 {
		return nil, noTest(missing, all)
	}
	if err := p.somethingToSend(plans); err != nil {
		return nil, err
	}
	return p.shard.part(plans), nil
}

// somethingToSend refuses a run of which nothing could be learned, and one in which the flags leave a test nothing to send. A test
// whose file skips all its requests is no reason to leave the others alone: it is run as the hosted service does, and that it says
// nothing is told also where only failures are.
func (p *planner) somethingToSend(plans []*runner.Plan) error {
	silent := slices.DeleteFunc(slices.Clone(plans), (*runner.Plan).HasRequest)
	if len(silent) == 0 {
		return nil
	}
	for _, plan := range silent {
		if len(silent) == len(plans) || plan.Options.Choose != nil {
			return usageHint("a run needs at least one step that sends something", "%s is to be run", noRequest(plan))
		}
	}
	told := map[*bucket.Test]bool{}
	for _, plan := range silent {
		if !told[plan.Test] {
			fmt.Fprintf(p.s.stderr, "warning: %s is to be run: that it passes says nothing\n", noRequest(plan))
		}
		told[plan.Test] = true
	}
	return nil
}

func noRequest(plan *runner.Plan) string {
	return fmt.Sprintf("%s: no request step of %q", plan.Test.Place.File.Name, strings.TrimSpace(plan.Test.Name.Value))
}

func (p *planner) planTest(d *bucket.Document, test *bucket.Test) ([]*runner.Plan, error) {
	o, err := p.optionsFor(d, test)
	if err != nil {
		return nil, err
	}
	if o.Choose, err = p.choice.of(test); err != nil {
		return nil, err
	}
	var plans []*runner.Plan
	for _, i := range p.iterations {
		plans = append(plans, runner.NewPlan(test, i.options(o)))
	}
	return plans, nil
}

// optionsFor are the options of a test in its environment.
func (p *planner) optionsFor(d *bucket.Document, test *bucket.Test) (runner.Options, error) {
	env, err := p.environment.of(p.s, p.screen, d, test)
	if err != nil {
		return runner.Options{}, err
	}
	o := p.options
	o.InitialScript = p.environment.script
	o.Subtest = p.subtest
	return p.in(o, env)
}

// in puts a test into an environment.
func (p *planner) in(o runner.Options, env *bucket.Environment) (runner.Options, error) {
	around, err := p.surround(p.s, env)
	if err != nil {
		return o, err
	}
	o.Environment, o.Sender, o.Libraries, o.Files, o.Certificate = env, around.client, around.libraries, around.files, around.certificate
	return o, nil
}

func noTest(wanted, all []string) error {
	const most = 10
	names, more := unique(all), ""
	if n := len(names) - most; n > 0 {
		names, more = names[:most], fmt.Sprintf(" and %d more; offscope inspect lists them", n)
	}
	return usageHint("the tests are "+quoted(names)+more, "no test is called %s", strings.Join(wanted, " or "))
}

func quoted(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", n))
	}
	return strings.Join(out, ", ")
}
