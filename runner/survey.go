package runner

import (
	"slices"
	"strings"

	"offscope/assertion"
	"offscope/bucket"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// A Survey is what can be said about a plan's variables without running it.
type Survey struct {
	// Given are the names that have a value before the first step: from the environment, the flags and the initial scripts. An
	// initial variable whose value needs one that nobody gives is not among them.
	Given []string
	Steps []StepSurvey
	// Missing are the names that a step, a subtest or the environment's headers need and nothing before it sets, with their
	// first use, in the order of use. They are what a user has to supply.
	Missing []Need
	// Perhaps are the names that a step needs and that only a step before it may set which is not certain to do so: one inside a
	// condition or loop, or one that cannot be executed as it stands.
	Perhaps []Need
	// Asked are the names that scripts ask for by variables.get and that nothing gives or sets. A script may do without them,
	// or not.
	Asked []Need
	// Unknown are the globals that scripts use and nothing defines.
	Unknown []UnknownGlobal
	// Guesswork says that a script sets variables under names it computes, so that Missing may name too many.
	Guesswork bool
}

// An UnknownGlobal is a name that a script uses as if it were defined everywhere.
type UnknownGlobal struct {
	Name  string
	Step  int // 0 for an initial script
	Place source.Place
	// Hint says what to do, where that is known.
	Hint string
}

// A StepSurvey is the part of one step.
type StepSurvey struct {
	Step *Step
	// Needs are the variables the step uses, in templates and by variables.get with a literal name, once each, and those that
	// its subtest lacks.
	Needs []Need
	// Produces are the variables it sets: rows, and variables.set with a literal name.
	Produces []string
	// Conditional says that the step stands in a condition or loop that is run with it.
	Conditional bool
	// Unsupported names what cannot be executed, "" when the step can be.
	Unsupported string
}

// A Need is a use of a variable.
type Need struct {
	Name string
	// Step is the step's number, that of the calling step for a use inside a subtest; 0 for the environment and the initial
	// scripts.
	Step  int
	Place source.Place
	// Script says that a script asks for the variable; undefined is then a value, and no failure by itself.
	Script bool
	// Secret says that get_secret asks for it, so that it has to be given as a secret.
	Secret bool
	// Subtest is the name of the subtest it is used in, "" when it is the test's own.
	Subtest string
	// Uncertain says that the use may never come, or that a script may set the variable under a name it computes.
	Uncertain bool
	// Why explains a name that lacks a value although it looks as if it had one; "" otherwise.
	Why string
	// Never says that no value helps: what stands in the braces is no name, such as a function that does not exist.
	Never bool
}

// NewSurvey looks through a plan. Those beside it are run with it: of them only the addresses count at which they wait for
// requests.
func NewSurvey(p *Plan, beside ...*Plan) Survey {
	return survey(p, nil, append([]*Plan{p}, beside...))
}

// survey looks through a plan that is run with parameters when it is that of a subtest.
func survey(p *Plan, sub *subtest, run []*Plan) Survey {
	f := &flow{plan: p, sub: sub, run: run, known: map[string]bool{}, perhaps: map[string]bool{}, within: map[string][]*Step{}, missing: map[string]int{}}
	f.begin()
	var loops []*stage
	for _, s := range p.Steps {
		g := f.step(s)
		if s.compare != nil && s.compare.loop {
			loops = append(loops, g)
		}
		f.Steps = append(f.Steps, StepSurvey{})
		for len(loops) > 0 && loops[len(loops)-1].part.Step.end == s.Number {
			last := loops[len(loops)-1]
			f.uses(last, last.part.Step.compare.left, last.part.Step.compare.right) // compared after each round
			f.Steps[last.part.Step.Number-1] = last.part
			loops = loops[:len(loops)-1]
		}
		if s.compare == nil || !s.compare.loop {
			f.Steps[s.Number-1] = g.part
		}
	}
	f.end()
	return f.Survey
}

// A flow follows variables through a plan in the order of a run.
type flow struct {
	Survey
	plan  *Plan
	sub   *subtest // whose plan it is; nil for a test of its own
	run   []*Plan  // of all tests
	scope *variables.Scope
	// known are the names that are set so far if all goes well, perhaps those that may be.
	known, perhaps map[string]bool
	within         map[string][]*Step // the conditions and loops in which a name is set if they are entered
	computed       bool               // a script so far sets names it computes
	missing        map[string]int     // where a name stands in Missing
	asked, inner   []Need             // inner are those of subtests, which see nothing of this test
}

// A stage is a step on the way, or what is before the first.
type stage struct {
	part   StepSurvey
	runs   bool // the step is not passed over
	able   bool // it comes whenever its surroundings do, and can be executed
	sure   bool // it comes in every run, too
	listed map[string]bool
}

func (f *flow) begin() {
	var params []variables.Initial
	if f.sub != nil {
		params = f.sub.blankParams()
		if slices.ContainsFunc(f.sub.params, func(p pair) bool { return !p.name.Literal() }) {
			f.guess()
		}
	}
	still := f.plan.still(f.run, params)
	f.scope = still.scope
	for _, v := range still.given() {
		if _, ok := f.scope.Get(v.Name); ok {
			f.give(v.Name)
		}
	}
	g := &stage{runs: true, sure: true}
	for _, initial := range f.plan.initial {
		f.script(g, initial.script)
	}
	f.Given = unrepeated(append(f.Given, g.part.Produces...))
	f.uses(g, pairTemplates(f.plan.headers)...)
	f.uses(g, f.plan.auth.templates()...)
}

func (f *flow) give(name string) {
	f.known[name] = true
	f.Given = append(f.Given, name)
}

func (f *flow) guess() { f.computed, f.Guesswork = true, true }

// end settles what scripts ask for, which a later step may set: scripts stand in loops, and often ask before they set.
func (f *flow) end() {
	told := map[string]bool{}
	for _, need := range f.asked {
		_, isMissing := f.missing[need.Name]
		if !f.known[need.Name] && !f.perhaps[need.Name] && !isMissing && !told[need.Name] {
			told[need.Name] = true
			f.Asked = append(f.Asked, need)
		}
	}
	for _, need := range f.inner {
		if !told[need.Name] {
			told[need.Name] = true
			f.Asked = append(f.Asked, need)
		}
	}
}

// step goes through a step in the order in which a run does.
func (f *flow) step(s *Step) *stage {
	g := f.stage(s)
	switch {
	case s.request != nil:
		f.uses(g, s.request.used()...)
	case s.subtest != nil:
		f.uses(g, pairTemplates(s.subtest.params)...)
	case s.compare != nil && !s.compare.loop:
		f.uses(g, s.compare.left, s.compare.right)
	}
	for _, script := range s.before {
		f.script(g, script)
	}
	if s.subtest != nil && s.subtest.plan != nil {
		f.subtest(g, s.subtest)
	}
	for _, x := range s.extractions {
		f.uses(g, x.property)
		f.sets(g, x.row.Name.Value)
	}
	for _, script := range s.after {
		f.script(g, script)
	}
	for _, row := range s.assertions {
		f.uses(g, row.property)
		if row.row.Comparison.NeedsTarget() {
			f.uses(g, row.target)
		}
	}
	return g
}

func (f *flow) stage(s *Step) *stage {
	g := &stage{part: StepSurvey{Step: s, Unsupported: s.refused()}, listed: map[string]bool{}}
	for around := s.inside; around != nil; around = around.inside {
		g.part.Conditional = g.part.Conditional || around.chosen
	}
	reason, _ := s.passedOver(f.plan.Options)
	g.runs = !s.isIdle(f.plan.Options)
	g.able = reason == "" && len(s.refusals) == 0
	g.sure = g.able && !g.part.Conditional
	return g
}

// isIdle reports whether a step is passed over in every run: skipped, not chosen, or inside a condition that cannot hold.
func (s *Step) isIdle(o Options) bool {
	if _, byRequest := s.passedOver(o); byRequest {
		return true
	}
	for around := s.inside; around != nil; around = around.inside {
		if q := around.compare; around.chosen && q != nil && !q.loop && q.neverHolds() {
			return true
		}
	}
	return false
}

// neverHolds reports whether a comparison of two texts without variables comes out false.
func (q *comparison) neverHolds() bool {
	if !q.left.Literal() || !q.right.Literal() {
		return false
	}
	holds, err := assertion.CompareText(q.of, q.left.Text().Value, q.right.Text().Value)
	return err == nil && !holds
}

// uses notes what templates need, and what of it nothing has set.
func (f *flow) uses(g *stage, templates ...variables.Template) {
	for _, t := range templates {
		for _, need := range needsOf(t) {
			f.need(g, need)
		}
	}
}

func (f *flow) need(g *stage, need Need) {
	need = g.list(need)
	if !g.runs {
		return
	}
	usable := !need.Secret || f.plan.named[need.Name]
	switch {
	case usable && (f.known[need.Name] || f.setWithin(g.part.Step, need.Name)):
	case usable && f.perhaps[need.Name]:
		if !slices.ContainsFunc(f.Perhaps, func(n Need) bool { return n.Name == need.Name }) {
			f.Perhaps = append(f.Perhaps, need)
		}
	default:
		need.Uncertain = !g.sure || f.computed && usable
		need.explain(f.scope, usable)
		f.lack(need)
	}
}

// setWithin reports whether a name is set by a step that has run whenever this one is reached: one before it in a condition or
// loop around it. A loop compares behind its steps.
func (f *flow) setWithin(s *Step, name string) bool {
	for ; s != nil; s = s.inside {
		if slices.Contains(f.within[name], s) {
			return true
		}
	}
	return false
}

// lack adds a name to what is missing. A use that is certain is worth more than an earlier one that is not.
func (f *flow) lack(need Need) {
	i, told := f.missing[need.Name]
	switch {
	case !told:
		f.missing[need.Name] = len(f.Missing)
		f.Missing = append(f.Missing, need)
	case f.Missing[i].Uncertain && !need.Uncertain:
		f.Missing[i] = need
	}
}

// explain says why a name has no value, where more is known than that nobody gave one.
func (n *Need) explain(scope *variables.Scope, usable bool) {
	function, _, isCall := strings.Cut(n.Name, "(")
	switch {
	case !usable:
		n.Why = "get_secret returns values that were given as secrets only"
	case n.Secret:
		n.Why = variables.Names{Scope: scope}.Why(n.Name)
	case n.Why != "": // braces in braces
		n.Never = true
	case isCall && !variables.Supported(strings.TrimSpace(function)):
		n.Never, n.Why = true, howToDefine(n.Name)
	case isCall:
		n.Never, n.Why = true, "the call of a function is not complete"
	case variables.Supported(n.Name):
		n.Never, n.Why = true, howToDefine(n.Name)
	default:
		n.Why = variables.Names{Scope: scope}.Why(n.Name)
	}
}

func (f *flow) sets(g *stage, names ...string) {
	for _, name := range names {
		g.part.Produces = append(g.part.Produces, name)
		switch {
		case !g.runs:
		case g.sure:
			f.known[name] = true
		default:
			f.perhaps[name] = true
			if g.able {
				f.within[name] = append(f.within[name], g.part.Step.inside)
			}
		}
	}
}

// script notes what a script asks for and sets, and the globals that it uses and nobody defines.
func (f *flow) script(g *stage, s *script) {
	if s.program == nil {
		return
	}
	for _, name := range s.program.Gets() {
		need := g.list(Need{Name: name, Place: mention(s.text, name), Script: true})
		if g.runs {
			f.asked = append(f.asked, need)
		}
	}
	literal, computed := s.program.Sets()
	f.sets(g, literal...)
	if !g.runs {
		return
	}
	if computed || len(f.plan.Options.Libraries) > 0 { // a library's functions may set variables, too
		f.guess()
	}
	for _, name := range s.program.Unknown(f.plan.Options.Libraries...) {
		f.unknown(UnknownGlobal{Name: name, Step: g.number(), Place: mention(s.text, name), Hint: jsengine.KnownElsewhere(name)})
	}
}

func (f *flow) unknown(u UnknownGlobal) {
	if !slices.ContainsFunc(f.Unknown, func(known UnknownGlobal) bool { return known.Name == u.Name }) {
		f.Unknown = append(f.Unknown, u)
	}
}

// subtest notes what a subtest lacks: it sees its parameters, its environment and the flags, and nothing of this test.
func (f *flow) subtest(g *stage, sub *subtest) {
	inner := survey(sub.plan, sub, f.run)
	name := strings.TrimSpace(sub.plan.Test.Name.Value)
	own := func(need Need) Need {
		need.Step = g.number()
		if need.Subtest == "" {
			need.Subtest = name
		}
		return need
	}
	for _, need := range inner.Missing {
		need = own(need)
		need.Uncertain = need.Uncertain || !g.sure || !g.part.Step.mustPass()
		if g.list(need); g.runs {
			f.lack(need)
		}
	}
	if !g.runs {
		return
	}
	for _, need := range inner.Asked {
		f.inner = append(f.inner, own(need))
	}
	for _, u := range inner.Unknown {
		u.Step = g.number()
		f.unknown(u)
	}
	f.Guesswork = f.Guesswork || inner.Guesswork
}

// mustPass reports whether a subtest step fails when its subtest does. One whose rows look at the result may expect a failure.
func (s *Step) mustPass() bool {
	if !s.subtest.looks {
		return true
	}
	return slices.ContainsFunc(s.assertions, func(c check) bool {
		property := strings.TrimPrefix(c.property.Text().Value, "$.")
		return c.row.Source == bucket.ResponseJSON && property == "result" && c.row.Comparison == bucket.Equal && c.target.Text().Value == "pass"
	})
}

func (g *stage) number() int {
	if g.part.Step == nil {
		return 0
	}
	return g.part.Step.Number
}

// list adds a need to those of the step, each name once, and returns it with the step's number.
func (g *stage) list(need Need) Need {
	need.Step = g.number()
	if g.listed != nil && !g.listed[need.Name] {
		g.listed[need.Name] = true
		g.part.Needs = append(g.part.Needs, need)
	}
	return need
}

// needsOf are the variables that a template needs. What stands inside braces that are no reference is not looked up.
func needsOf(t variables.Template) []Need {
	uses := t.Uses()
	var needs []Need
	for i, use := range uses {
		inside := slices.ContainsFunc(uses[i+1:], func(outer variables.Use) bool {
			return !outer.Function && strings.Contains(outer.Name, "{{") && strings.Contains(outer.Name, use.Name) &&
				outer.Place.Start <= use.Place.Start && use.Place.End <= outer.Place.End
		})
		argument := strings.TrimSpace(use.Argument)
		switch {
		case inside:
		case !use.Function:
			needs = append(needs, Need{Name: use.Name, Place: use.Place, Why: use.Why})
		case use.Name == "get_secret" && !strings.Contains(argument, "{{"):
			needs = append(needs, Need{Name: argument, Place: use.Place, Secret: true})
		}
	}
	return needs
}

// mention is where a script names something first.
func mention(text source.Text, name string) source.Place {
	for from := 0; ; {
		i := strings.Index(text.Value[from:], name)
		if i < 0 {
			return text.Place
		}
		start, end := from+i, from+i+len(name)
		if !isWordAt(text.Value, start-1) && !isWordAt(text.Value, end) && (start == 0 || text.Value[start-1] != '.') {
			return text.At(start, end)
		}
		from = end
	}
}

func isWordAt(text string, i int) bool {
	return i >= 0 && i < len(text) && strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$", rune(text[i]))
}

// used are the templates of a request that are filled in. A GraphQL query beside a body is not.
func (r *request) used() []variables.Template {
	if r.graphQL == nil || !r.step.HasBody || r.step.Body.Value == "" {
		return r.templates()
	}
	plain := *r
	plain.graphQL = nil
	return plain.templates()
}

func (a *auth) templates() []variables.Template {
	if a == nil {
		return nil
	}
	var out []variables.Template
	for _, f := range a.fields {
		out = append(out, f.value)
	}
	return out
}

func pairTemplates(pairs []pair) []variables.Template {
	var out []variables.Template
	for _, p := range pairs {
		out = append(out, p.name, p.value)
	}
	return out
}

func unrepeated(names []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(names, func(name string) bool {
		twice := seen[name]
		seen[name] = true
		return twice
	})
}

// Subtest returns the plan of the test that a subtest step runs; nil for other steps, and when the test was not found.
func (s *Step) Subtest() *Plan {
	if s.subtest == nil {
		return nil
	}
	return s.subtest.plan
}

// InboundToken returns the token of the address at which an incoming request step waits; "" for other steps.
func (s *Step) InboundToken() string {
	if s.inbound == nil {
		return ""
	}
	return s.inbound.token
}
