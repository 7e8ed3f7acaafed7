package runner

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"offscope/event"
	"offscope/jsengine"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

// A Test is a plan being run. It is driven from outside: [Test.Next] returns one step after the other, and each goes to
// [Test.Do], or through the stages [Test.Prepare], [Attempt.Send], [Attempt.Check], [Attempt.Finish]. A Test belongs to one
// goroutine.
type Test struct {
	execution *Execution
	plan      *Plan
	machinery Machinery
	clock     Clock
	emit      *emitter
	number    int    // of the test in the run
	identity  string // of its random values
	try       int    // counts the attempts at the test from 1; 0 for a subtest
	anew      bool   // the test is going to be tried once more
	scope     *variables.Scope
	holdings  holdings
	cover     *cover
	lasting   int // how many secrets were known before the first step
	began     time.Time
	counts    event.Counts
	lost      map[string]int // the variables that a step was to set and did not, with its number
	stopped   string         // why nothing more is to be run; "" while going on
	early     string         // the same, when it is because of failures
	missing   int            // how many variables the preflight found missing
	broken    string         // why nothing more is to be run in the other tests either
	outcome   event.Outcome

	at       int          // the number of the last step that Next returned
	open     []*container // the outermost first
	standing standing
	jar      *transport.Jar // nil when cookies are not kept
	tokens   map[string]token

	// What --pauses poll goes by: how long the next step may be tried, and whether what was changed last has been seen since.
	budget  time.Duration
	settled bool

	told     variables.Mark       // the last change of a variable that was told
	received []transport.Received // the cookies that were not told yet

	// What a subtest has beside: who runs it, what it was given, and what its caller will see.
	sub, caller, callerStep int
	path                    string // the steps that led here, as they name uses of random values
	params                  []variables.Initial
	initial                 *variables.Scope // as it was before the first step
	results                 []stepResult

	// What somebody has who drives the test by hand.
	last      *Attempt    // that ended last
	repeats   map[int]int // how often a step was gone back to
	evaluated int         // how many scripts were typed in
}

// Test opens the test of a plan: it sets the initial variables, writes the opening event and runs the initial script. When
// that script fails, the test is stopped before its first step.
func (x *Execution) Test(ctx context.Context, i int) *Test { return x.open(ctx, i, 1) }

// open opens a test for the first time, or to try it again after a failure.
func (x *Execution) open(ctx context.Context, i, attempt int) *Test {
	t := x.newTest(x.plans[i], i+1)
	t.try, t.identity = attempt, identityOf(t.plan, attempt)
	t.cover = newCover(x.machinery.newMasker, t.plan.secrets)
	t.emit = &emitter{stream: x.stream, test: i + 1, cover: t.cover}
	t.begin(ctx)
	return t
}

func (x *Execution) newTest(p *Plan, number int) *Test {
	t := &Test{
		execution: x, plan: p, machinery: x.machinery, clock: x.machinery.Clock, scope: &variables.Scope{},
		number: number, began: x.machinery.Clock.Now(), outcome: event.Passed, lost: map[string]int{}, tokens: map[string]token{},
	}
	if p.KeepsCookies() {
		t.jar = transport.NewJar()
	}
	return t
}

// begin is everything before the first step.
func (t *Test) begin(ctx context.Context) {
	p := t.plan
	t.machinery.Engine.Warm(p.Programs()...)
	t.counts.Steps = len(p.Steps)
	t.openInbox()
	problems := t.setInitial()
	t.emit.write(0, t.opening())
	if t.sub == 0 {
		for _, d := range p.Problems { // they hold those of subtests
			t.notice(0, d)
		}
		t.passOverUnread()
	}
	for _, d := range problems {
		t.notice(0, d)
	}
	if errors := problems.Errors(); len(errors) > 0 {
		t.stop(event.Failed, errors[0].Message)
	}
	t.checkOthers()
	t.makeReady(ctx)
	if t.sub > 0 {
		t.initial = t.scope.Clone()
	}
	t.lasting = len(t.cover.learned)
	t.tellChanges(0)
}

// makeReady runs the initial scripts and fills in what the environment sends.
func (t *Test) makeReady(ctx context.Context) {
	defer func() {
		if r := recover(); r != nil {
			t.breakDown(0, r)
		}
	}()
	from := t.plan.Options.Resume
	if t.checkContext(ctx); t.stopped == "" && t.emit.stream.failed() == nil && (from == nil || from.InitialScripts) {
		t.runInitialScripts(ctx)
	}
	if from != nil {
		t.resume(from)
	}
	if t.stopped == "" && t.emit.stream.failed() == nil && t.sub == 0 && t.plan.Options.Preflight {
		t.preflight()
	}
	if t.stopped == "" && t.emit.stream.failed() == nil {
		t.fillEnvironment()
	}
}

// Steps returns the steps in the order in which they are to be run.
func (t *Test) Steps() []*Step { return t.plan.Steps }

// End closes the test.
func (t *Test) End() event.TestFinished {
	finished := event.TestFinished{Outcome: t.outcome, Counts: t.counts, Duration: t.clock.Now().Sub(t.began), Reason: t.stopped, Missing: t.missing, Again: t.anew}
	if finished.Outcome == event.Passed && t.counts.StepsNotRun > 0 {
		finished.Outcome = event.Failed // nothing that was due may be left out of a green run
	}
	if t.stopped == t.early && t.counts.StepsNotRun == 0 {
		finished.Reason = "" // it ran through
	}
	if finished.Outcome == event.Passed && t.last == nil {
		t.tellNothingWasDue()
	}
	finished.Flaky = finished.Outcome == event.Passed && t.try > 1
	t.emit.write(0, finished)
	if t.broken != "" {
		t.execution.breakDown(t.broken)
	}
	if t.sub == 0 && !t.anew {
		t.execution.add(finished)
	}
	return finished
}

func (t *Test) opening() event.TestStarted {
	test := t.plan.Test
	at := test.Place.Position()
	opening := event.TestStarted{Name: test.Name.Value, Line: at.Line, Col: at.Col, Steps: len(t.plan.Steps)}
	opening.Iteration, opening.Iterations = t.plan.Options.Iteration, t.plan.Options.Iterations
	if t.sub == 0 {
		opening.Position = t.plan.Options.Position
	}
	if attempts := t.plan.Options.Retry + 1; attempts > 1 && t.sub == 0 {
		opening.Attempt, opening.Attempts = t.try, attempts
	}
	opening.Caller, opening.CallerStep = t.caller, t.callerStep
	if test.Place.File != nil {
		opening.File = test.Place.File.Name
	}
	if env := t.plan.Options.Environment; env != nil {
		opening.Environment = t.cover.brief(env.Name, longestName)
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
		t.holdings.add(name, len(name)+sizeOf(value))
		t.note(name, value)
	}
	for _, l := range t.execution.literals {
		t.learnUnlessKnown(l.name, l.value)
	}
	return problems
}

// runInitialScripts runs the scripts that prepare the test, that of a shared environment first. Failing assertions in them are
// ignored by the engine (vendor documentation); an error in one stops the test, because its variables are then missing.
func (t *Test) runInitialScripts(ctx context.Context) {
	flags := t.fromFlags()
	for i, s := range t.plan.initial {
		if t.stopped != "" {
			break
		}
		origin := variables.Origin{Kind: s.kind, Place: s.text.Place}
		run := t.runScript(ctx, s.script, jsengine.Initial, 0, i+1, origin, nil, nil)
		run.shared = s.kind == variables.SharedInitialScript
		t.counts.Scripts++
		t.noticeOverwritten(s.script, run, flags)
		t.scripted(0, run)
		if run.outcome().Bad() {
			t.counts.ScriptsFailed++
			t.stop(run.outcome(), "the "+run.name()+" failed")
		}
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
			Message: fmt.Sprintf("the %s sets %q, which was given by %s", run.name(), set.Name, origin),
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
// with its iteration and attempt, and the use, and on nothing else, so that a step draws the same values whatever ran beside it.
func (t *Test) random(use string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(t.identity))
	h.Write([]byte(t.path + use))
	return rand.New(rand.NewPCG(t.plan.Options.Seed, h.Sum64()))
}

// identityOf tells the runs of tests apart whose random values differ: other tests that are run beside it make no difference.
func identityOf(p *Plan, attempt int) string {
	identity := fmt.Sprintf("test %q at %d, ", p.Test.Name.Value, p.Test.Place.Start)
	if p.Options.Iteration > 1 {
		identity += fmt.Sprintf("iteration %d, ", p.Options.Iteration)
	}
	if attempt > 1 {
		identity += fmt.Sprintf("attempt %d, ", attempt)
	}
	return identity
}

// builtins are the facts of the run. The location is called local: there is no region, and no agent.
func (t *Test) builtins(random *rand.Rand) *variables.Builtins {
	test := t.plan.Test
	b := &variables.Builtins{
		Now: t.clock.Now, Rand: random, TestUUID: test.ID, TestName: test.Name.Value, Region: "local",
		Bucket: test.BucketKey, BucketName: test.Bucket, Secret: t.secret, IncomingURL: t.incomingURL,
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
