package runner

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// A Test is a plan being run. It is driven from outside, one step after the other: [Test.Prepare], [Attempt.Send],
// [Attempt.Check], [Attempt.Finish]; or [Test.Do] for all four. A Test belongs to one goroutine.
type Test struct {
	plan      *Plan
	machinery Machinery
	clock     Clock
	emit      *emitter
	scope     *variables.Scope
	masker    *variables.Masker
	counts    event.Counts
	stopped   string // why nothing more is to be run; "" while going on
	broken    event.Outcome
}

// newTest begins a test: it writes the opening event, sets the initial variables and runs the initial script. When that
// script fails, the test is stopped before its first step.
func newTest(ctx context.Context, p *Plan, m Machinery, emit *emitter) *Test {
	t := &Test{
		plan: p, machinery: m, clock: m.Clock, emit: emit,
		scope: &variables.Scope{}, masker: m.newMasker(), broken: event.Passed,
	}
	t.emit.mask = t.masker
	t.counts.Steps = len(p.Steps)
	t.emit.write(0, t.opening())
	for _, d := range p.Problems {
		t.notice(d)
	}
	t.setInitial()
	if t.stopped == "" {
		t.runInitialScript(ctx)
	}
	return t
}

func (t *Test) opening() event.TestStarted {
	test := t.plan.Test
	at := test.Place.Position()
	opening := event.TestStarted{Name: test.Name.Value, Line: at.Line, Col: at.Col, Steps: len(t.plan.Steps)}
	if test.Place.File != nil {
		opening.File = test.Place.File.Name
	}
	if env := t.plan.Options.Environment; env != nil {
		opening.Environment = env.Name
	}
	return opening
}

func (t *Test) notice(d source.Diagnostic) {
	t.emit.write(0, event.Notice{
		Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Hint: d.Hint, Where: d.Place.Excerpt(),
	})
}

// setInitial puts the given values over each other and resolves the templates in them, once: a built-in in an initial
// variable keeps its value for the whole run (vendor documentation on dynamic data).
func (t *Test) setInitial() {
	for name := range t.plan.secrets {
		t.masker.Secret(name)
	}
	var given []variables.Initial
	if env := t.plan.Options.Environment; env != nil {
		kind := variables.TestEnvironment
		if env.TestID == "" && env.ParentID == "" && env.ID != "" {
			kind = variables.SharedEnvironment
		}
		for _, v := range env.Initial {
			origin := variables.Origin{Kind: kind, Detail: env.Name, Place: v.Value.Place}
			given = append(given, variables.Initial{Name: v.Name.Value, Text: v.Value, Origin: origin})
		}
	}
	given = append(given, t.plan.Options.Values...)
	var problems source.Diagnostics
	t.scope, problems = variables.Resolve(given, t.builtins(t.random(0)), t.masker)
	for _, name := range t.scope.Names() {
		value, _ := t.scope.Get(name)
		t.registerToken(name, value)
	}
	for _, d := range problems {
		t.notice(d)
	}
	if err := problems.Err(); err != nil {
		t.stop(event.Failed, "initial variables refer to each other in a circle")
	}
}

// runInitialScript runs the script that prepares the test. Failing assertions in it are ignored by the engine (vendor
// documentation); an error in it stops the test, because its variables are then missing.
func (t *Test) runInitialScript(ctx context.Context) {
	s := t.plan.initial
	if s == nil {
		return
	}
	flags := t.fromFlags()
	run := t.runScript(ctx, s, jsengine.Initial, 0, 1, nil, nil)
	t.counts.Scripts++
	for _, set := range run.result.Set {
		if origin, ok := flags[set.Name]; ok {
			t.notice(source.Diagnostic{
				Severity: source.Notice, Code: "value-overwritten", Place: s.text.Place,
				Message: fmt.Sprintf("the initial script sets %q, which was given by %s", set.Name, origin),
				Hint:    "an initial script has the last word, as in the hosted service; change the script to keep your value",
			})
			delete(flags, set.Name)
		}
	}
	t.emit.write(0, run.event())
	if run.outcome().Bad() {
		t.counts.ScriptsFailed++
		t.stop(event.Failed, "the initial script failed")
	}
}

func (t *Test) stop(outcome event.Outcome, reason string) {
	t.stopped = reason
	t.worsen(outcome)
}

// worsen keeps the worst outcome seen: what could not be executed weighs more than what failed.
func (t *Test) worsen(o event.Outcome) {
	if o == event.Errored || o == event.Failed && t.broken != event.Errored {
		t.broken = o
	}
}

// fromFlags returns the variables whose values came from the command line.
func (t *Test) fromFlags() map[string]variables.Origin {
	flags := map[string]variables.Origin{}
	for _, name := range t.scope.Names() {
		if origin, _ := t.scope.Origin(name); origin.Kind == variables.Flag {
			flags[name] = origin
		}
	}
	return flags
}

// random returns the source of random values for a step. It depends on the seed, the test and the step, and on nothing else,
// so that a step draws the same values whatever ran beside it.
func (t *Test) random(step int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%d", t.emit.test, step)
	return rand.New(rand.NewPCG(t.plan.Options.Seed, h.Sum64()))
}

func (t *Test) builtins(random *rand.Rand) *variables.Builtins {
	b := &variables.Builtins{
		Now: t.clock.Now, Rand: random, TestUUID: t.plan.Test.ID, TestName: t.plan.Test.Name.Value, Region: "local",
		Secret: t.secret,
	}
	if env := t.plan.Options.Environment; env != nil {
		b.Environment, b.EnvironmentUUID = env.Name, env.ID
	}
	return b
}

// secret answers get_secret: a variable that was named as a secret. Names that are only masked, because a header uses them,
// are no secrets in the sense of the hosted service.
func (t *Test) secret(name string) (string, bool) {
	if !t.plan.named[name] {
		return "", false
	}
	value, ok := t.scope.Get(name)
	return variables.Text(value), ok
}

func (t *Test) lookup(b *variables.Builtins) variables.Lookup {
	return variables.Names{Scope: t.scope, Builtins: b}
}

// reveal fills the marks of a text in again.
func (t *Test) reveal(text string) string {
	return exchange.Show(text, func(m exchange.Mark) string {
		value, _ := t.masker.Reveal(m)
		return value
	})
}
