package runner

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// A Test is a plan being run. It is driven from outside, one step after the other: [Test.Prepare], [Attempt.Send],
// [Attempt.Check], [Attempt.Finish]; or [Test.Do] for all four, for pauses, and for steps that are passed over. A Test belongs
// to one goroutine.
type Test struct {
	execution *Execution
	plan      *Plan
	machinery Machinery
	clock     Clock
	emit      *emitter
	scope     *variables.Scope
	cover     *cover
	lasting   int // how many secrets were known before the first step
	began     time.Time
	counts    event.Counts
	lost      map[string]int // the variables that a step was to set and did not, with its number
	stopped   string         // why nothing more is to be run; "" while going on
	outcome   event.Outcome
}

// Test opens the test of a plan: it sets the initial variables, writes the opening event and runs the initial script. When
// that script fails, the test is stopped before its first step.
func (x *Execution) Test(ctx context.Context, i int) *Test {
	p := x.plans[i]
	t := &Test{
		execution: x, plan: p, machinery: x.machinery, clock: x.machinery.Clock, emit: x.emit, scope: &variables.Scope{},
		cover: newCover(x.machinery.newMasker, p.secrets), began: x.machinery.Clock.Now(), outcome: event.Passed,
		lost: map[string]int{},
	}
	t.emit.test, t.emit.begun, t.emit.open, t.emit.cover = i+1, 0, 0, t.cover
	t.machinery.Engine.Warm(p.Programs()...)
	t.counts.Steps = len(p.Steps)
	problems := t.setInitial()
	t.emit.write(0, t.opening())
	for _, d := range append(p.Problems[:len(p.Problems):len(p.Problems)], problems...) {
		t.notice(0, d)
	}
	if errors := problems.Errors(); len(errors) > 0 {
		t.stop(event.Failed, errors[0].Message)
	}
	if t.checkContext(ctx); t.stopped == "" && t.emit.err == nil {
		t.runInitialScript(ctx)
	}
	t.lasting = len(t.cover.learned)
	return t
}

// Steps returns the steps in the order in which they are to be run.
func (t *Test) Steps() []*Step { return t.plan.Steps }

// End closes the test.
func (t *Test) End() event.TestFinished {
	finished := event.TestFinished{Outcome: t.outcome, Counts: t.counts, Duration: t.clock.Now().Sub(t.began), Reason: t.stopped}
	if finished.Outcome == event.Passed && t.counts.StepsNotRun > 0 {
		finished.Outcome = event.Failed // nothing that was due may be left out of a green run
	}
	t.emit.write(0, finished)
	t.execution.add(finished)
	return finished
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

func (t *Test) notice(step int, d source.Diagnostic) {
	t.emit.write(step, event.Notice{
		Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Hint: d.Hint, Where: t.cover.excerpt(d.Place),
	})
}

// setInitial puts the given values over each other and resolves the templates in them, once: a built-in in an initial
// variable keeps its value for the whole run (vendor documentation on dynamic data). The secrets are registered before
// anything of the test is told.
func (t *Test) setInitial() source.Diagnostics {
	var problems source.Diagnostics
	t.scope, problems = variables.Resolve(t.given(), t.builtins(t.random("initial variables")), t.cover.masker)
	for _, name := range t.scope.Names() {
		value, _ := t.scope.Get(name)
		t.note(name, value)
	}
	for _, l := range t.execution.literals {
		t.learnUnlessKnown(l.name, l.value)
	}
	return problems
}

func (t *Test) given() []variables.Initial {
	env := t.plan.Options.Environment
	if env == nil {
		return t.plan.Options.Values
	}
	var given []variables.Initial
	for _, v := range env.Initial {
		origin := variables.Origin{Kind: kindOf(env), Detail: env.Name, Place: v.Value.Place}
		given = append(given, variables.Initial{Name: v.Name.Value, Text: v.Value, Origin: origin})
	}
	return append(given, t.plan.Options.Values...)
}

func kindOf(env *bucket.Environment) variables.Kind {
	if env.TestID == "" && env.ParentID == "" && env.ID != "" {
		return variables.SharedEnvironment
	}
	return variables.TestEnvironment
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
	t.noticeOverwritten(s, run, flags)
	t.scripted(0, run)
	if run.outcome().Bad() {
		t.counts.ScriptsFailed++
		t.stop(event.Failed, "the initial script failed")
	}
}

// noticeOverwritten says which values given on the command line a script has replaced.
func (t *Test) noticeOverwritten(s *script, run scriptRun, flags map[string]variables.Origin) {
	for _, set := range run.result.Set {
		origin, ok := flags[set.Name]
		if !ok {
			continue
		}
		delete(flags, set.Name)
		t.notice(0, source.Diagnostic{
			Severity: source.Notice, Code: "value-overwritten", Place: s.text.Place,
			Message: fmt.Sprintf("the initial script sets %q, which was given by %s", set.Name, origin),
			Hint:    "an initial script has the last word, as in the hosted service; change the script to keep your value",
		})
	}
}

// stop ends the test before its next step. The first reason is kept.
func (t *Test) stop(outcome event.Outcome, reason string) {
	if t.stopped == "" {
		t.stopped = reason
	}
	t.outcome = worse(t.outcome, outcome)
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

// random returns a source of random values for one use, such as the templates of a step. It depends on the seed, the test
// and the use, and on nothing else, so that a step draws the same values whatever ran beside it.
func (t *Test) random(use string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "test %d, %s", t.emit.test, use)
	return rand.New(rand.NewPCG(t.plan.Options.Seed, h.Sum64()))
}

// builtins are the facts of the run. The location is called local: there is no region, and no agent.
func (t *Test) builtins(random *rand.Rand) *variables.Builtins {
	test := t.plan.Test
	b := &variables.Builtins{
		Now: t.clock.Now, Rand: random, TestUUID: test.ID, TestName: test.Name.Value, Region: "local",
		Bucket: test.BucketKey, BucketName: test.Bucket, Secret: t.secret,
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
	if !ok {
		return "", false
	}
	return variables.Text(value), true
}

func (t *Test) lookup(b *variables.Builtins) variables.Lookup {
	return variables.Names{Scope: t.scope, Builtins: b}
}
