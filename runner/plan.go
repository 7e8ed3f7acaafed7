package runner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"offscope/bucket"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// A Plan is a test with everything done that can be done before the first request: templates parsed, scripts compiled,
// steps numbered and chosen, subtests found. It does not change while it is run.
type Plan struct {
	Test    *bucket.Test
	Options Options
	// Steps are all steps of the test in the order of the file, those inside conditions and loops behind their container.
	Steps []*Step
	// Problems are what is known to be wrong before anything is sent, such as scripts with syntax errors. They do not stop
	// the run: the steps they belong to fail.
	Problems source.Diagnostics

	merged   bucket.Merged
	initial  []initialScript // of the shared environment first
	headers  []pair          // the environment's
	auth     *auth           // the environment's
	before   []*script       // the environment's
	after    []*script
	callers  []*bucket.Test  // the tests that run this one as a subtest
	named    map[string]bool // the secrets that get_secret may return
	secrets  map[string]bool // the names whose values are masked
	literals []literal       // the secrets that stand in the file itself
}

// An initialScript is a script that runs before the first step.
type initialScript struct {
	*script
	kind variables.Kind
}

// A Step is one step of a plan.
type Step struct {
	// Number is the step's number as printed, from 1.
	Number int
	// Depth is how many conditions and loops the step stands in.
	Depth int
	Step  bucket.Step

	chosen bool
	inside *Step // the condition or loop it stands in
	end    int   // the number of the last step inside it; its own for a step that is no container
	checks
	request *request
	pause   *bucket.Pause
	compare *comparison
	subtest *subtest
	inbound *inbound
	// refusals say why the step cannot be executed at all; none when it can.
	refusals []refusal
}

// Inside returns the condition or loop the step stands in, nil when it stands in none.
func (s *Step) Inside() *Step { return s.inside }

// A refusal names something that cannot be executed.
type refusal struct {
	what string
	at   source.Place
	hint string
	// cloud says that it would need somebody's cloud, and may be passed over when the user allows it.
	cloud bool
}

// checks is what happens around a step's exchange. Steps that cannot be executed have it too, so that their rows are named
// and counted.
type checks struct {
	before      []*script
	after       []*script
	extractions []extraction
	assertions  []check
}

type pair struct{ name, value variables.Template }

type script struct {
	text    source.Text
	program *jsengine.Program
	broken  *source.Diagnostic // the syntax error, when there is one
}

type extraction struct {
	row      bucket.Extraction
	property variables.Template
}

type check struct {
	row              bucket.Assertion
	property, target variables.Template
}

// NewPlan prepares a test. It does not fail: what cannot be executed is found in the plan's Problems and makes its step fail.
func NewPlan(test *bucket.Test, o Options) *Plan {
	p := newPlan(test, o, nil)
	p.shareSecrets()
	return p
}

func newPlan(test *bucket.Test, o Options, callers []*bucket.Test) *Plan {
	p := &Plan{Test: test, Options: o, callers: callers, named: map[string]bool{}, secrets: map[string]bool{}}
	p.merged = o.Environment.Merged()
	p.planEnvironment()
	p.addSteps(test.Steps, nil)
	p.nameSecrets()
	p.tellStrays()
	if test.BucketSkipped && len(callers) == 0 {
		p.Problems = append(p.Problems, source.Diagnostic{Severity: source.Notice, Code: "bucket-skip", Message: BucketSkip})
	}
	return p
}

// BucketSkip says what becomes of a test that is switched off in its bucket.
const BucketSkip = "the bucket skips this test when it runs all of its tests; it is run here because it was chosen"

// Due returns the steps that will be tried: chosen, and not skipped in the file.
func (p *Plan) Due() []*Step {
	var due []*Step
	for _, s := range p.Steps {
		if reason, _ := s.passedOver(p.Options); reason == "" {
			due = append(due, s)
		}
	}
	return due
}

// HasRequest reports whether at least one step that is due does something, or fails because it cannot be executed. The hosted
// service refuses a test of pauses alone.
func (p *Plan) HasRequest() bool {
	return slices.ContainsFunc(p.Due(), func(s *Step) bool { return s.pause == nil && (s.compare == nil || len(s.refusals) > 0) })
}

// KeepsCookies reports whether the test sends the cookies that it was given before.
func (p *Plan) KeepsCookies() bool { return p.Options.Cookies.or(p.merged.PreserveCookies) }

// NeedsInbox reports whether a step of the test, or of one of its subtests, waits for a request from outside.
func (p *Plan) NeedsInbox() bool {
	return slices.ContainsFunc(p.Steps, func(s *Step) bool {
		return s.inbound != nil || s.subtest != nil && s.subtest.plan != nil && s.subtest.plan.NeedsInbox()
	})
}

// Programs returns all scripts that will be run, so that an engine can get ready for them.
func (p *Plan) Programs() []*jsengine.Program {
	var programs []*jsengine.Program
	add := func(scripts ...*script) {
		for _, s := range scripts {
			if s.program != nil {
				programs = append(programs, s.program)
			}
		}
	}
	for _, s := range p.initial {
		add(s.script)
	}
	for _, s := range p.Due() {
		if len(s.refusals) == 0 {
			add(s.before...)
			add(s.after...)
		}
	}
	return programs
}

func (p *Plan) addSteps(steps []bucket.Step, inside *Step) {
	for _, step := range steps {
		s := &Step{Number: len(p.Steps) + 1, Step: step, inside: inside}
		if inside != nil {
			s.Depth = inside.Depth + 1
		}
		p.Steps = append(p.Steps, s)
		p.planChecks(s)
		p.fill(s)
		s.end = len(p.Steps)
		s.chosen = p.Options.Choose == nil || p.Options.Choose(s)
	}
}

// fill works out what a step does, by its kind.
func (p *Plan) fill(s *Step) {
	switch step := s.Step.(type) {
	case *bucket.Request:
		p.planRequest(s, step)
	case *bucket.Pause:
		s.pause = step
	case *bucket.Condition:
		p.planComparison(s, step.Comparison, step.ComparisonText, step.Left, step.Right)
		p.addSteps(step.Steps, s)
	case *bucket.Loop:
		p.planComparison(s, step.Comparison, step.ComparisonText, step.Left, step.Right)
		p.planLoop(s, step)
		p.addSteps(step.Steps, s)
	case *bucket.Subtest:
		p.planSubtest(s, step)
	case *bucket.Inbound:
		p.planInbound(s, step)
	case *bucket.GhostInspector:
		s.refusals = append(s.refusals, refusal{
			what: "a Ghost Inspector step is not executable here: it runs a browser in somebody's cloud", at: step.Kind.Place, cloud: true,
			hint: "--allow-skip passes over such steps",
		})
	default:
		s.refuse(fmt.Sprintf("steps of the kind %q are not known", step.Base().Kind.Value), step.Base().Kind.Place)
	}
	if c := bucket.ChecksOf(s.Step); c != nil {
		for _, u := range c.Unsupported {
			s.refuse(u.What+" is not supported", u.Place)
		}
	}
}

// refuse says that a step cannot be executed.
func (s *Step) refuse(what string, at source.Place) {
	s.refusals = append(s.refusals, refusal{what: what, at: at})
}

// refused joins the refusals into one text, "" when there are none.
func (s *Step) refused() string {
	var all []string
	for _, r := range s.refusals {
		all = append(all, r.what)
	}
	return strings.Join(all, "; ")
}

// needsCloud reports whether a step cannot be executed for no other reason than that it needs somebody's cloud.
func (s *Step) needsCloud() bool {
	return len(s.refusals) > 0 && !slices.ContainsFunc(s.refusals, func(r refusal) bool { return !r.cloud })
}

// planChecks compiles the scripts of a step, and reads the templates of its rows. Those of an environment run around requests
// only (vendor documentation on pre-request and post-response scripts), before the step's own.
func (p *Plan) planChecks(s *Step) {
	c := bucket.ChecksOf(s.Step)
	if c == nil {
		return
	}
	if _, isRequest := s.Step.(*bucket.Request); isRequest {
		s.before, s.after = slices.Clone(p.before), slices.Clone(p.after)
	}
	for i, text := range c.BeforeScripts {
		s.before = append(s.before, p.compile(text, fmt.Sprintf("step %d, pre-request script %d", s.Number, i+1)))
	}
	for i, text := range c.Scripts {
		s.after = append(s.after, p.compile(text, fmt.Sprintf("step %d, post-response script %d", s.Number, i+1)))
	}
	s.extractions = slices.Grow(s.extractions, len(c.Variables))
	for _, row := range c.Variables {
		s.extractions = append(s.extractions, extraction{row, variables.Parse(row.Property)})
	}
	s.assertions = slices.Grow(s.assertions, len(c.Assertions))
	for _, row := range c.Assertions {
		s.assertions = append(s.assertions, check{row, variables.Parse(row.Property), variables.Parse(row.Target)})
	}
}

func pairs(named []bucket.NamedText) []pair {
	out := make([]pair, 0, len(named))
	for _, n := range named {
		out = append(out, pair{variables.Parse(n.Name), variables.Parse(n.Value)})
	}
	return out
}

// compile keeps a syntax error with the script and among the plan's problems: the run goes on, and the script's step fails.
func (p *Plan) compile(text source.Text, name string) *script {
	s := &script{text: text}
	s.program, s.broken = jsengine.Compile(text, name)
	if s.broken != nil {
		told := *s.broken
		told.Message = name + ": " + told.Message
		p.Problems = append(p.Problems, told)
		return s
	}
	p.Problems = append(p.Problems, s.program.Warnings()...)
	return s
}

// passedOver says why a step will not be tried, and how that is counted; "" when it will.
func (s *Step) passedOver(o Options) (reason string, byRequest bool) {
	for container := s.inside; container != nil; container = container.inside {
		if container.Step.Base().Skipped {
			return "the step it stands in is skipped in the file", true
		}
	}
	switch {
	case s.Step.Base().Skipped:
		return "skipped in the file", true
	case !s.chosen:
		return cmp.Or(o.NotChosen, "not chosen"), true
	case o.AllowSkip && s.needsCloud():
		return s.refused() + " (--allow-skip)", true
	case s.inside != nil && s.inside.chosen && len(s.inside.refusals) > 0:
		return fmt.Sprintf("inside step %d: %s", s.inside.Number, s.inside.refused()), false
	case s.pause != nil && o.Pauses.Mode == SkipPauses:
		return "--pauses skip", true
	}
	return "", false
}

// wait returns how long a pause step takes.
func (s *Step) wait(o Options) time.Duration {
	d := s.inFile()
	if o.Pauses.Mode == MaxPauses {
		return min(d, o.Pauses.Max)
	}
	return d
}

// inFile is the time a pause step asks for.
func (s *Step) inFile() time.Duration {
	return time.Duration(s.pause.Seconds) * time.Second
}

// assertionsDefined is how many assertions the step has in the file.
func (s *Step) assertionsDefined() int { return len(s.assertions) }
