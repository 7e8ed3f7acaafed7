package runner

import (
	"cmp"
	"context"
	"fmt"

	"offscope/advice"
	"offscope/bucket"
	"offscope/exchange"
	"offscope/source"
	"offscope/variables"
)

// Examine returns every problem of a plan that can be known without sending a request, in the order of their places. An error
// makes the test fail when it comes to it; what is wrong with a step that is skipped, or that no run can reach, is a warning,
// because it does no harm as long as that is so. Use of a variable that nothing defines is an error only when it is certain and values or an environment
// were given: an export by itself always lacks its values.
//
// Each diagnostic has a place, a code, a message and mostly a hint. None shows the value of a secret. The plans beside it are
// those of the same run.
func Examine(p *Plan, beside ...*Plan) source.Diagnostics {
	x := &examiner{run: append([]*Plan{p}, beside...), shade: NewShade(p), index: map[string]int{}}
	x.visit(p, nil, false)
	for _, d := range p.Problems {
		if d.Severity == source.Error && x.isIdle(d.Place) {
			d.Severity, d.Message = source.Warning, d.Message+idleRemark
		}
		x.add(d)
	}
	x.variables(p)
	if !p.HasRequest() && x.found.Err() == nil {
		x.add(source.Diagnostic{
			Code: "nothing-to-run", Place: p.Test.Place, Message: "no step of this test sends anything, so it cannot be run",
			Hint: "a run needs at least one request, subtest or incoming request step that is not skipped",
		})
	}
	x.found.Sort()
	return x.found
}

// idleRemark ends the message of a problem that does no harm for now.
const idleRemark = " (the step is not run)"

type examiner struct {
	run    []*Plan
	shade  *Shade
	found  source.Diagnostics
	index  map[string]int // where a problem stands in found, by all that it says
	visits []visit
}

// A visit is a plan that was looked into; a test may be the subtest of several steps.
type visit struct {
	plan *Plan
	idle bool // the step that runs it as a subtest is skipped
}

// add keeps a problem. One that was found before is told once, as the worse of the two.
func (x *examiner) add(d source.Diagnostic) {
	d.Message, d.Hint = shortened(x.shade.Text(d.Message), longestSentence), x.shade.Text(d.Hint)
	key := fmt.Sprintf("%p %d %d %s %s", d.Place.File, d.Place.Start, d.Place.End, d.Code, d.Message)
	if i, told := x.index[key]; told {
		x.found[i].Severity = min(x.found[i].Severity, d.Severity)
		return
	}
	x.index[key] = len(x.found)
	x.found = append(x.found, d)
}

func (x *examiner) visit(p *Plan, params []variables.Initial, idle bool) {
	x.visits = append(x.visits, visit{p, idle})
	still := p.still(x.run, params)
	names := setAnywhere(p, still)
	for _, s := range p.Steps {
		look := scene{examiner: x, plan: p, step: s, idle: idle || s.isIdle(p.Options), still: still, constants: names}
		look.look()
		if s.subtest != nil && s.subtest.plan != nil {
			x.visit(s.subtest.plan, s.subtest.blankParams(), look.idle)
		}
	}
	look := scene{examiner: x, plan: p, idle: idle, still: still, constants: names}
	look.templates(pairTemplates(p.headers)...)
	look.templates(p.auth.templates()...)
	for _, d := range still.problems {
		if idle && d.Severity == source.Error {
			d.Severity, d.Message = source.Warning, d.Message+idleRemark
		}
		x.add(d)
	}
}

// isIdle reports whether a place stands in a step that is skipped wherever it might be run.
func (x *examiner) isIdle(at source.Place) bool {
	found := false
	for _, v := range x.visits {
		s := v.plan.stepAt(at)
		if s == nil {
			continue
		}
		if !v.idle && !s.isIdle(v.plan.Options) {
			return false
		}
		found = true
	}
	return found
}

// stepAt returns the innermost step in which a place stands; nil when it stands in none.
func (p *Plan) stepAt(at source.Place) *Step {
	var found *Step
	for _, s := range p.Steps {
		whole := s.Step.Base().Place
		if whole.File != nil && whole.File == at.File && whole.Start <= at.Start && at.End <= whole.End {
			found = s
		}
	}
	return found
}

// variables tells of variables that nothing defines, and of globals of scripts.
func (x *examiner) variables(p *Plan) {
	survey := survey(p, nil, x.run)
	given := len(p.Options.Values) > 0 || p.Options.Environment != nil
	for _, need := range survey.Missing {
		d := source.Diagnostic{
			Severity: source.Warning, Code: "undefined-variable", Place: need.Place,
			Hint:    cmp.Or(advice.Variable(need.Name, len(p.initial) > 0), howToDefine(need.Name)),
			Message: fmt.Sprintf("the variable %q is used here, and nothing defines it before", need.Name),
		}
		if given && !need.Uncertain {
			d.Severity = source.Error
		}
		switch {
		case need.Never:
			d.Severity, d.Code, d.Hint = source.Error, "template", need.Why
			d.Message = fmt.Sprintf("{{%s}} can never be filled in", need.Name)
		case need.Secret:
			d.Code, d.Hint = "undefined-secret", "give it with --secret "+need.Name+"=VALUE, or name it below secrets in an environment file"
			d.Message = fmt.Sprintf("the secret %q is used here, and nobody gives it", need.Name)
		case need.Why != "":
			d.Message += ": " + need.Why
		}
		if need.Subtest != "" {
			d.Message += fmt.Sprintf(" (in the subtest of step %d, which sees its parameters, its environment and the flags)", need.Step)
		}
		x.add(d)
	}
	for _, need := range survey.Asked {
		x.add(source.Diagnostic{
			Severity: source.Warning, Code: "undefined-in-script", Place: need.Place, Hint: howToDefine(need.Name),
			Message: fmt.Sprintf("a script asks for the variable %q, and nothing sets it: the script gets undefined", need.Name),
		})
	}
	for _, u := range survey.Unknown {
		x.add(source.Diagnostic{
			Severity: source.Warning, Code: "unknown-global", Place: u.Place,
			Message: fmt.Sprintf("a script uses %s, which is not defined", u.Name),
			Hint:    cmp.Or(u.Hint, LibraryHint),
		})
	}
}

// LibraryHint says what may define a global that a script uses.
const LibraryHint = "if it comes from a custom script library, name the file in an environment file: libraries: [FILE]"

// blankParams stand for the parameters of a subtest, whose values only a run knows.
func (s *subtest) blankParams() []variables.Initial {
	var given []variables.Initial
	for _, param := range s.params {
		given = append(given, variables.Initial{
			Name: param.name.Text().Value, Value: blank, Origin: variables.Origin{Kind: variables.SubtestParameter, Place: param.name.Text().Place},
		})
	}
	return given
}

// still is a test that is not run: its initial variables have their values, as far as they can have any.
type still struct {
	*Test
	problems source.Diagnostics // of the initial variables
}

func (p *Plan) still(run []*Plan, params []variables.Initial) still {
	return p.stillUnder(newCover(variables.NewMasker, p.secrets), run, params)
}

func (p *Plan) stillUnder(c *cover, run []*Plan, params []variables.Initial) still {
	t := &Test{
		plan: p, cover: c, params: params, clock: SystemClock{}, machinery: Machinery{Inbox: nowhere{}}, scope: &variables.Scope{},
		execution: &Execution{plans: run, literals: p.literals}, lost: map[string]int{},
	}
	return still{t, t.setInitial()}
}

// nowhere is an inbox that nobody can reach.
type nowhere struct{}

func (nowhere) URL(token string) string { return "http://nowhere.invalid/" + token }

func (nowhere) Wait(ctx context.Context, _ string) (*exchange.Request, error) {
	return nil, context.Canceled
}

func (nowhere) Refused(string) <-chan string { return nil }

// setAnywhere are the names that may be set in a run, and so may hide a built-in function.
func setAnywhere(p *Plan, s still) constants {
	c := constants{builtins: s.builtins(s.random("examination")), set: map[string]bool{}, anything: len(p.Options.Libraries) > 0}
	for _, v := range s.given() {
		c.set[v.Name] = true
	}
	for _, script := range p.scripts() {
		if script.program == nil {
			continue
		}
		literal, computed := script.program.Sets()
		for _, name := range literal {
			c.set[name] = true
		}
		c.anything = c.anything || computed
	}
	for _, step := range p.Steps {
		for _, x := range step.extractions {
			c.set[x.row.Name.Value] = true
		}
	}
	return c
}

// constants are what templates can be filled in with before a run: built-ins, as far as no variable goes into them.
type constants struct {
	builtins *variables.Builtins
	set      map[string]bool
	anything bool // a script sets names it computes
}

// Get returns an empty value for names that may be set, whose real one nobody knows yet; see Call.
func (c constants) Get(name string) (variables.Value, bool) {
	if c.set[name] {
		return blank, true
	}
	return nil, false
}

// Call evaluates a function whose argument is known.
func (c constants) Call(function string, argument *variables.Expansion) (string, error) {
	if function == "get_secret" || argument == nil && c.anything {
		return "", variables.ErrUnknown
	}
	if argument != nil {
		for _, piece := range argument.Pieces {
			if len(piece.Inputs) > 0 {
				return "", variables.ErrUnknown
			}
		}
	}
	return c.builtins.Call(function, argument)
}

// Why has nothing to explain.
func (constants) Why(string) string { return "" }

// A Shade hides the secrets that plans know of in what is said without running them.
type Shade struct{ cover *cover }

// NewShade returns a shade for the secrets of plans and of their subtests: the values that were given, and what stands in the
// files as it is.
func NewShade(plans ...*Plan) *Shade {
	names := map[string]bool{}
	for _, p := range plans {
		for name := range p.secrets {
			names[name] = true
		}
	}
	c := newCover(variables.NewMasker, names)
	for _, p := range plans {
		p.stillUnder(c, plans, nil)
	}
	return &Shade{c}
}

// Text returns a text with names in brackets in the place of secrets.
func (s *Shade) Text(text string) string {
	return exchange.Show(s.cover.text(text), exchange.Bracketed)
}

// Excerpt draws a place with the secrets in its line blackened.
func (s *Shade) Excerpt(at source.Place) source.Excerpt { return s.cover.excerpt(at) }

// refusalCode names the kind of a refusal.
func refusalCode(s *Step, r refusal) string {
	if c := bucket.ChecksOf(s.Step); c != nil {
		for _, u := range c.Unsupported {
			if u.Place == r.at {
				return "unsupported"
			}
		}
	}
	switch s.Step.(type) {
	case *bucket.GhostInspector:
		return "ghost-inspector"
	case *bucket.Request:
		return "auth"
	case *bucket.Subtest:
		return "subtest"
	case *bucket.Condition, *bucket.Loop:
		return "unknown-comparison"
	}
	return "unknown-step"
}
