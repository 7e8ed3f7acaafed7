package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"offscope/assertion"
	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/jsontree"
	"offscope/variables"
)

// A subtest is a step that runs another test.
type subtest struct {
	step   *bucket.Subtest
	params []pair
	plan   *Plan // nil when the test was not found
	// looks says that a row or script of the step may look at how the subtest ended.
	looks bool
}

// deepest is how deep subtests may be nested. No bucket comes near it; it ends what is not seen to be a circle.
const deepest = 30

// planSubtest finds the test and plans it. Tests that run each other in a circle are refused: the hosted service would run
// until its limits end it.
func (p *Plan) planSubtest(s *Step, step *bucket.Subtest) {
	s.subtest = &subtest{step: step, params: pairs(step.Params), looks: mayLookAtResult(s)}
	at := step.TestUUID.Place
	if !at.Known() {
		at = step.Place
	}
	if p.Options.Subtest == nil {
		s.refuse("the test of this subtest step is not known", at)
		return
	}
	test, o, err := p.Options.Subtest(p, step)
	if err != nil {
		r := refusal{what: err.Error(), at: at}
		var unknown *UnknownSubtestError
		if errors.As(err, &unknown) {
			r.hint = unknown.Hint
		}
		s.refusals = append(s.refusals, r)
		return
	}
	callers := append(slices.Clone(p.callers), p.Test)
	if i := slices.Index(callers, test); i >= 0 {
		s.refusals = append(s.refusals, refusal{
			what: "subtests run each other in a circle: " + circle(callers[i:]), at: at, hint: "take one of the subtest steps out, or skip it",
		})
		return
	}
	if len(callers) > deepest {
		s.refuse(fmt.Sprintf("subtests are nested more than %d deep", deepest), at)
		return
	}
	o.Resume = nil // whatever its caller goes on from, a subtest begins at its beginning
	s.subtest.plan = newPlan(test, o, callers)
	for _, d := range s.subtest.plan.Problems {
		if d.Code == strayBraces {
			p.add(d) // also when several steps run the test
			continue
		}
		p.Problems = append(p.Problems, d)
	}
	if !s.subtest.plan.HasRequest() {
		s.refusals = append(s.refusals, refusal{
			what: fmt.Sprintf("nothing in the subtest %q is to be run", strings.TrimSpace(test.Name.Value)), at: at,
			hint: "a run needs at least one request, subtest or incoming request step that is not skipped; or skip the step that runs the subtest",
		})
	}
}

// An UnknownSubtestError says that the test of a subtest step cannot be found, and what to do.
type UnknownSubtestError struct{ Message, Hint string }

func (e *UnknownSubtestError) Error() string { return e.Message }

func circle(tests []*bucket.Test) string {
	var names []string
	for _, t := range append(slices.Clone(tests), tests[0]) {
		names = append(names, strings.TrimSpace(t.Name.Value))
	}
	return strings.Join(names, " → ")
}

// mayLookAtResult reports whether a row or script of a step can depend on how the subtest ended, as far as that can be seen
// without a result.
func mayLookAtResult(s *Step) bool {
	for _, c := range s.assertions {
		property := strings.TrimPrefix(strings.TrimSpace(c.property.Text().Value), "$")
		named := property == "" || strings.Contains(property, "result") || strings.ContainsAny(property, `[*\`)
		if c.row.Source == bucket.ResponseText || c.row.Source == bucket.ResponseJSON && (named || !c.property.Literal()) {
			return true
		}
	}
	return s.hasResultScript()
}

// hasResultScript reports whether a script speaks of the response and of a result; what it makes of them nobody knows.
func (s *Step) hasResultScript() bool { return slices.ContainsFunc(s.after, speaksOfResult) }

func speaksOfResult(x *script) bool {
	return strings.Contains(x.text.Value, "response") && strings.Contains(x.text.Value, "result")
}

// minds reports whether a script that speaks of the result did more than to show it: it asserted something, or set a variable
// for a later step to look at.
func (r scriptRun) minds() bool {
	asserted := slices.ContainsFunc(r.result.Output, func(l jsengine.Line) bool { return l.Kind == jsengine.Assert })
	return speaksOfResult(r.script) && (asserted || len(r.result.Set) > 0)
}

// prepareSubtest fills in the parameters and runs the step's pre-request scripts.
func (a *Attempt) prepareSubtest(ctx context.Context) {
	for _, p := range a.Step.subtest.params {
		name, value := a.expand("params", p.name).String(), a.expand("params", p.value)
		a.params = append(a.params, variables.Initial{
			Name: name, Value: jsontree.FromString(value.String()),
			Origin: variables.Origin{Kind: variables.SubtestParameter, Detail: fmt.Sprintf("of step %d", a.Step.Number), Place: p.value.Text().Place},
		})
	}
	if len(a.problems) > 0 {
		a.notSent("the subtest was not run, because a parameter could not be filled in", "")
		return
	}
	if _, ok := a.runBeforeScripts(ctx); ok {
		a.Request = &exchange.Request{}
	}
}

// runSubtest runs the test as one step. Its events stand between those of the step.
func (a *Attempt) runSubtest(ctx context.Context) {
	t := a.test
	child := t.child(ctx, a.Step, a.params)
	for s := child.Next(ctx); s != nil; s = child.Next(ctx) {
		child.Do(ctx, s)
	}
	a.finishSubtest(ctx, child)
}

// finishSubtest closes a subtest and makes its result what the step's rows and scripts look at.
func (a *Attempt) finishSubtest(ctx context.Context, child *Test) {
	t := a.test
	finished := child.End()
	t.back()
	a.sub = &subtestResult{test: child, finished: finished}
	body := a.sub.json()
	a.Response = &exchange.Response{Body: body}
	a.timings.Total = finished.Duration
	a.Response.Timings.Total = finished.Duration
	if child.broken != "" {
		t.stop(event.Errored, child.broken)
		t.broken = child.broken
	}
	t.checkContext(ctx)
}

// child opens a subtest. It shares the secrets of the test that runs it, and nothing else.
func (t *Test) child(ctx context.Context, s *Step, params []variables.Initial) *Test {
	t.emit.subs++
	child := t.execution.newTest(s.subtest.plan, t.number)
	child.emit, child.identity = t.emit, t.identity
	child.sub, child.caller, child.callerStep, child.params, child.cover = t.emit.subs, t.sub, s.Number, params, t.cover
	child.holdings = t.holdings.within()
	child.path = t.path + t.use(s, "subtest") + ": "
	t.emit.sub = child.sub
	child.begin(ctx)
	return child
}

// back returns to the test that runs the subtest.
func (t *Test) back() {
	t.emit.sub = t.sub
	t.scope.Secrets = t.cover.masker
}

// judgeSubtest fails the step when the subtest failed and nothing in the step would notice: a green step would hide it. That is
// more than the hosted service does, which leaves it to the step's rows.
func (a *Attempt) judgeSubtest() {
	outcome := a.sub.finished.Outcome
	if outcome == event.Passed {
		return
	}
	if a.outcome.Bad() {
		a.outcome = worse(a.outcome, outcome)
		return
	}
	if !a.looksAtResult() {
		a.problem(event.Problem{
			Code: "subtest", Outcome: outcome, Message: "the subtest failed, and no assertion of this step looks at its result",
			Where: a.test.cover.excerpt(a.Step.Step.Base().Place), Hint: `the usual row is: response_json, property result, equal, pass`,
		})
	}
}

// looksAtResult reports whether something in the step tells how the subtest ended: a script, or a row that passed and would
// not have if the subtest had. A row such as "result is not empty" cannot tell.
func (a *Attempt) looksAtResult() bool {
	if slices.ContainsFunc(a.after, scriptRun.minds) {
		return true
	}
	otherwise := assertion.NewSubject(&exchange.Response{Body: a.sub.otherwise(), Timings: a.Response.Timings})
	return slices.ContainsFunc(a.assertions, func(c checked) bool {
		row := c.row.row
		return c.passed() && !assertion.Check(otherwise, row.Source, c.property.String(), row.Comparison, c.target.String()).Passed
	})
}

// lacks says why a row of the step has nothing to look at: the result of a subtest is JSON, and a request from outside has no
// status. What the hosted service would compare there is not known, so nothing passes.
func (a *Attempt) lacks(of bucket.Source) error {
	what := ""
	switch {
	case a.Step.subtest != nil:
		what = "the result of a subtest"
	case a.Step.inbound != nil:
		what = "a request from outside"
	default:
		return nil
	}
	switch of {
	case bucket.ResponseStatus:
		return errors.New(what + " has no status")
	case bucket.ResponseTime:
		return errors.New(what + " has no response time")
	case bucket.ResponseHeaders:
		if a.Step.subtest != nil {
			return errors.New(what + " has no headers")
		}
	}
	return nil
}
