package runner

import (
	"context"
	"errors"
	"fmt"

	"offscope/assertion"
	"offscope/bucket"
	"offscope/event"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// Check looks at the response in the hosted service's order: variables are extracted, post-response scripts run, and the
// assertions are checked on the response as it came, whatever a script made of it. Without a response every row counts as
// failed and no script runs.
func (a *Attempt) Check(ctx context.Context) {
	if a.Step.request == nil || a.Response == nil {
		a.checkNothing()
		return
	}
	a.subject = assertion.NewSubject(a.Response)
	a.extract()
	a.runAfterScripts(ctx)
	a.assert()
}

var errNotChecked = errors.New("not checked: there is no response")

func (a *Attempt) checkNothing() {
	if a.Step.request == nil {
		return
	}
	for _, row := range a.Step.request.extractions {
		a.extractions = append(a.extractions, extracted{row: row, property: row.row.Property.Value, err: errNotChecked})
	}
	for _, row := range a.Step.request.assertions {
		a.assertions = append(a.assertions, checked{
			row: row, property: row.row.Property.Value, target: row.row.Target.Value, err: errNotChecked,
		})
	}
}

func (a *Attempt) extract() {
	for _, row := range a.Step.request.extractions {
		got := extracted{row: row}
		got.property, got.err = a.fill(row.property)
		if got.err == nil && row.row.Source == bucket.UnknownSource {
			got.err = unknownName("source", row.row.SourceText.Value, bucket.SourceNames())
		}
		if got.err == nil {
			got.value, got.err = a.subject.Extract(row.row.Source, got.property)
		}
		if got.err == nil {
			a.test.set(row.row.Name.Value, got.value, a.origin(variables.Extraction, row.row.Place))
		} else {
			a.worsen(event.Failed)
		}
		a.extractions = append(a.extractions, got)
	}
}

func (a *Attempt) assert() {
	for _, row := range a.Step.request.assertions {
		c := a.checkRow(row)
		if c.err != nil || !c.outcome.Passed {
			a.worsen(event.Failed)
		}
		a.assertions = append(a.assertions, c)
	}
}

func (a *Attempt) checkRow(row check) checked {
	c := checked{row: row}
	switch {
	case row.row.Source == bucket.UnknownSource:
		c.err = unknownName("source", row.row.SourceText.Value, bucket.SourceNames())
	case row.row.Comparison == bucket.UnknownComparison:
		c.err = unknownName("comparison", row.row.ComparisonText.Value, bucket.ComparisonNames())
	}
	var undefined error
	if c.property, undefined = a.fill(row.property); undefined != nil && c.err == nil {
		c.err = undefined
	}
	if c.target, undefined = a.fill(row.target); undefined != nil && c.err == nil && row.row.Comparison.NeedsTarget() {
		c.err = undefined
	}
	if c.err == nil {
		c.outcome = assertion.Check(a.subject, row.row.Source, c.property, row.row.Comparison, c.target)
	}
	return c
}

// fill substitutes the templates of a property or target.
func (a *Attempt) fill(t variables.Template) (string, error) {
	expansion, err := t.Expand(a.test.lookup(a.builtins))
	return expansion.String(), err
}

func unknownName(what, name string, known []string) error {
	if near := source.Nearest(name, known); near != "" {
		return fmt.Errorf("the %s %q is not known; did you mean %q?", what, name, near)
	}
	return fmt.Errorf("the %s %q is not known", what, name)
}

func (a *Attempt) runAfterScripts(ctx context.Context) {
	request := &jsengine.Request{
		Method: a.Request.Method, URL: a.Request.URL, Header: a.Request.Header.Clone(), Form: a.expanded.form,
		Body: string(a.Request.Body), HasBody: len(a.Request.Body) > 0,
	}
	response := &jsengine.Response{
		Status: a.Response.Status, Reason: a.Response.Reason, Header: a.Response.Header.Clone(),
		Body: string(a.Response.Body), TimeMS: a.Response.Timings.Milliseconds(), Size: len(a.Response.Body),
	}
	for i, s := range a.Step.request.after {
		run := a.test.runScript(ctx, s, jsengine.PostResponse, a.Step.Number, i+1, request, response)
		a.scripts = append(a.scripts, run)
		a.worsen(run.outcome())
		if run.result.Request != nil {
			request = run.result.Request
		}
		if run.result.Response != nil {
			response = run.result.Response
		}
	}
}

// runScript runs a script of any role. A script with a syntax error fails without being run.
func (t *Test) runScript(ctx context.Context, s *script, role jsengine.Role, step, row int, request *jsengine.Request, response *jsengine.Response) scriptRun {
	run := scriptRun{script: s, role: role, row: row}
	if s.broken != nil {
		run.broken = s.broken
		return run
	}
	random := t.random(step*1000 + int(role)*100 + row)
	run.result = t.machinery.Engine.Run(ctx, s.program, jsengine.World{
		Role: role, Request: request, Response: response, Secret: t.secret, Random: random.Float64, Now: t.clock.Now,
		Variables: scriptVariables{t, scriptOrigin(role, step, s.text.Place)},
	})
	return run
}

// scriptVariables is the view a script has of the variables.
type scriptVariables struct {
	test   *Test
	origin variables.Origin
}

func (v scriptVariables) Get(name string) (variables.Value, bool) { return v.test.scope.Get(name) }

func (v scriptVariables) Set(name string, value variables.Value) { v.test.set(name, value, v.origin) }

func (a *Attempt) origin(kind variables.Kind, at source.Place) variables.Origin {
	return variables.Origin{Kind: kind, Detail: fmt.Sprintf("in step %d", a.Step.Number), Place: at}
}

func scriptOrigin(role jsengine.Role, step int, at source.Place) variables.Origin {
	if role == jsengine.Initial {
		return variables.Origin{Kind: variables.InitialScript, Place: at}
	}
	return variables.Origin{Kind: variables.Script, Detail: fmt.Sprintf("in step %d", step), Place: at}
}
