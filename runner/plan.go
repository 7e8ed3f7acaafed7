package runner

import (
	"fmt"
	"time"

	"offscope/bucket"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// A Plan is a test with everything done that can be done before the first request: templates parsed, scripts compiled,
// steps numbered and chosen. It does not change while it is run.
type Plan struct {
	Test    *bucket.Test
	Options Options
	// Steps are all steps of the test in the order of the file, those inside conditions and loops behind their container.
	Steps []*Step
	// Problems are what is known to be wrong before anything is sent, such as scripts with syntax errors. They do not stop
	// the run: the steps they belong to fail.
	Problems source.Diagnostics

	initial *script
	named   map[string]bool // the secrets that get_secret may return
	secrets map[string]bool // the names whose values are masked
}

// A Step is one step of a plan.
type Step struct {
	// Number is the step's number as printed, from 1.
	Number int
	// Depth is how many conditions and loops the step stands in.
	Depth int
	Step  bucket.Step

	chosen  bool
	inside  *Step // the condition or loop it stands in
	request *request
	pause   *bucket.Pause
	refusal string // why the step cannot be executed at all; "" when it can
}

// request is a request step with its templates parsed and scripts compiled.
type request struct {
	step        *bucket.Request
	method, url variables.Template
	headers     []pair
	form        []pair
	body        variables.Template
	auth        []field
	before      []*script
	after       []*script
	extractions []extraction
	assertions  []check
}

type pair struct{ name, value variables.Template }

type field struct {
	name  string
	value variables.Template
}

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
	p := &Plan{Test: test, Options: o, named: map[string]bool{}, secrets: map[string]bool{}}
	p.addSteps(test.Steps, nil)
	p.initial = p.compileInitial()
	p.nameSecrets()
	return p
}

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

// HasRequest reports whether at least one step that is due sends something. The hosted service refuses a test of pauses alone.
func (p *Plan) HasRequest() bool {
	for _, s := range p.Due() {
		if s.pause == nil {
			return true
		}
	}
	return false
}

// Programs returns all scripts that will be run, so that an engine can get ready for them.
func (p *Plan) Programs() []*jsengine.Program {
	var programs []*jsengine.Program
	add := func(scripts ...*script) {
		for _, s := range scripts {
			if s != nil && s.program != nil {
				programs = append(programs, s.program)
			}
		}
	}
	add(p.initial)
	for _, s := range p.Due() {
		if s.request != nil {
			add(s.request.before...)
			add(s.request.after...)
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
		p.fill(s)
		s.chosen = p.Options.Choose == nil || p.Options.Choose(s)
	}
}

// fill works out what a step does, by its kind.
func (p *Plan) fill(s *Step) {
	switch step := s.Step.(type) {
	case *bucket.Request:
		s.request = p.planRequest(s, step)
		s.refusal = refusedParts(step)
	case *bucket.Pause:
		s.pause = step
	case *bucket.Condition:
		s.refusal = notYet("condition")
		p.addSteps(step.Steps, s)
	case *bucket.Loop:
		s.refusal = notYet("conditional loop")
		p.addSteps(step.Steps, s)
	case *bucket.Subtest:
		s.refusal = notYet("subtest")
	case *bucket.Inbound:
		s.refusal = notYet("incoming request")
	case *bucket.GhostInspector:
		s.refusal = notYet("Ghost Inspector")
	default:
		s.refusal = fmt.Sprintf("steps of the kind %q are not known", step.Base().Kind.Value)
	}
}

func notYet(kind string) string { return kind + " steps are not supported yet" }

func (p *Plan) planRequest(s *Step, step *bucket.Request) *request {
	r := &request{step: step, method: variables.Parse(step.Method), url: variables.Parse(step.URL), body: variables.Parse(step.Body)}
	r.headers = pairs(step.Headers)
	r.form = pairs(step.Form)
	if step.Auth != nil {
		for _, f := range step.Auth.Fields {
			r.auth = append(r.auth, field{f.Name.Value, variables.Parse(f.Value)})
		}
	}
	for i, text := range step.BeforeScripts {
		r.before = append(r.before, p.compile(text, fmt.Sprintf("step %d, pre-request script %d", s.Number, i+1)))
	}
	for i, text := range step.Scripts {
		r.after = append(r.after, p.compile(text, fmt.Sprintf("step %d, post-response script %d", s.Number, i+1)))
	}
	for _, row := range step.Variables {
		r.extractions = append(r.extractions, extraction{row, variables.Parse(row.Property)})
	}
	for _, row := range step.Assertions {
		r.assertions = append(r.assertions, check{row, variables.Parse(row.Property), variables.Parse(row.Target)})
	}
	return r
}

func pairs(named []bucket.NamedText) []pair {
	var out []pair
	for _, n := range named {
		out = append(out, pair{variables.Parse(n.Name), variables.Parse(n.Value)})
	}
	return out
}

func (p *Plan) compileInitial() *script {
	var text source.Text
	if env := p.Options.Environment; env != nil {
		text = env.Script
	}
	if p.Options.InitialScript != nil {
		text = *p.Options.InitialScript
	}
	if text.Value == "" {
		return nil
	}
	return p.compile(text, "initial script")
}

// compile keeps a syntax error with the script and among the plan's problems: the run goes on, and the script's step fails.
func (p *Plan) compile(text source.Text, name string) *script {
	s := &script{text: text}
	s.program, s.broken = jsengine.Compile(text, name)
	if s.broken != nil {
		p.Problems = append(p.Problems, *s.broken)
		return s
	}
	p.Problems = append(p.Problems, s.program.Warnings()...)
	return s
}

// refusedParts names the parts of a request that cannot be executed; "" when there is none.
func refusedParts(r *bucket.Request) string {
	switch {
	case len(r.Unsupported) > 0:
		return r.Unsupported[0].What + " is not supported"
	case r.Multipart != nil:
		return "multipart forms are not supported yet"
	case r.Binary != nil:
		return "binary bodies are not supported yet"
	case r.GraphQL != nil:
		return "GraphQL bodies are not supported yet"
	case r.Auth != nil && r.Auth.Kind != bucket.BasicAuth:
		return fmt.Sprintf("authentication of the kind %q is not supported yet", r.Auth.KindText.Value)
	}
	return ""
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
		return "not chosen", true
	case s.inside != nil && s.inside.refusal != "":
		return "inside step " + fmt.Sprint(s.inside.Number) + ": " + s.inside.refusal, false
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

func (s *Step) inFile() time.Duration { return time.Duration(s.pause.Seconds) * time.Second }

// assertionsDefined is how many assertions the step has in the file.
func (s *Step) assertionsDefined() int {
	switch step := s.Step.(type) {
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
