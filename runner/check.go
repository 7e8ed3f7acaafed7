package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"offscope/assertion"
	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

type extracted struct {
	row      extraction
	property variables.Expansion
	value    variables.Value
	err      error
}

type checked struct {
	row              check
	property, target variables.Expansion
	outcome          assertion.Outcome
	err              error // why the row could not be evaluated at all
}

func (c checked) passed() bool { return c.err == nil && c.outcome.Passed }

// Check looks at the response in the hosted service's order: variables are extracted, post-response scripts run, and the
// assertions are checked on the response as it came, whatever a script made of it. Without a response every row counts as
// failed and no script runs.
func (a *Attempt) Check(ctx context.Context) {
	a.looked = true
	if a.Response == nil {
		a.checkNothing()
		return
	}
	a.subject = assertion.NewSubject(a.Response)
	a.extract()
	a.runAfterScripts(ctx)
	a.assert()
	if a.sub != nil {
		a.judgeSubtest()
	}
}

var errNotChecked = errors.New("not checked: there is no response")

// checkNothing lists the rows as not checked.
func (a *Attempt) checkNothing() {
	a.extractions, a.assertions = nil, nil
	for _, row := range a.Step.extractions {
		a.extractions = append(a.extractions, extracted{row: row, property: variables.Plain(row.row.Property.Value), err: errNotChecked})
	}
	for _, row := range a.Step.assertions {
		a.assertions = append(a.assertions, checked{
			row: row, property: variables.Plain(row.row.Property.Value), target: variables.Plain(row.row.Target.Value), err: errNotChecked,
		})
	}
}

func (a *Attempt) extract() {
	for _, row := range a.Step.extractions {
		got := extracted{row: row}
		got.property, got.err = a.fill(row.property)
		if got.err == nil && row.row.Source == bucket.UnknownSource {
			got.err = unknownName("source", row.row.SourceText.Value, bucket.SourceNames())
		}
		if got.err == nil {
			got.err = a.lacks(row.row.Source)
		}
		if got.err == nil {
			got.value, got.err = a.subject.Extract(row.row.Source, got.property.String())
		}
		if got.err == nil {
			got.err = a.test.set(row.row.Name.Value, got.value, a.origin(variables.Extraction, row.row.Place))
		}
		if got.err != nil {
			a.outcome = worse(a.outcome, event.Failed)
		}
		a.extractions = append(a.extractions, got)
	}
}

func (a *Attempt) assert() {
	a.assertions = slices.Grow(a.assertions, len(a.Step.assertions))
	for _, row := range a.Step.assertions {
		c := a.checkRow(row)
		if !c.passed() {
			a.outcome = worse(a.outcome, event.Failed)
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
	default:
		c.err = a.lacks(row.row.Source)
	}
	var undefined error
	if c.property, undefined = a.fill(row.property); undefined != nil && c.err == nil {
		c.err = undefined
	}
	if c.target, undefined = a.fill(row.target); undefined != nil && c.err == nil && row.row.Comparison.NeedsTarget() {
		c.err = undefined
	}
	if c.err == nil {
		c.outcome = assertion.Check(a.subject, row.row.Source, c.property.String(), row.row.Comparison, c.target.String())
	}
	return c
}

// fill substitutes the templates of a property or target.
func (a *Attempt) fill(t variables.Template) (variables.Expansion, error) {
	expansion, err := t.Expand(a.test.lookup(a.builtins))
	var undefined *variables.UndefinedError
	var function *variables.FunctionError
	switch {
	case errors.As(err, &undefined):
		return variables.Plain(t.Text().Value), err
	case errors.As(err, &function):
		return variables.Plain(t.Text().Value), errors.New(a.test.functionText(function, t))
	}
	return expansion, err
}

func unknownName(what, name string, known []string) error {
	if name == "" {
		return fmt.Errorf("the row has no %s", what)
	}
	if near := source.Nearest(name, known); near != "" {
		return fmt.Errorf("the %s %q is not known; did you mean %q?", what, name, near)
	}
	return fmt.Errorf("the %s %q is not known", what, name)
}

func (a *Attempt) origin(kind variables.Kind, at source.Place) variables.Origin {
	return variables.Origin{Kind: kind, Detail: fmt.Sprintf("in step %d", a.Step.Number), Place: at}
}

// runAfterScripts runs all scripts, also after one that failed. Each sees what the one before left.
func (a *Attempt) runAfterScripts(ctx context.Context) {
	if len(a.Step.after) == 0 {
		return
	}
	sent, got := a.scriptRequest(), a.scriptResponse()
	request, response := sent, got
	for i, s := range a.Step.after {
		if ctx.Err() != nil {
			a.outcome = worse(a.outcome, event.Errored)
			a.test.checkContext(ctx)
			break // the others are told as not run
		}
		if a.test.broken != "" {
			a.outcome = worse(a.outcome, event.Errored)
			break
		}
		run := a.test.runScript(ctx, s, jsengine.PostResponse, a.Step.Number, i+1, a.scriptOrigin(s), request, response)
		a.after = append(a.after, run)
		a.count(ctx, run)
		if run.result.Request != nil {
			request = run.result.Request
		}
		if run.result.Response != nil {
			response = run.result.Response
		}
	}
	a.keepRewritten(sent, request, got, response)
}

// count lets a script's end weigh on the step's. One that was broken off from outside did not fail: it could not be executed.
func (a *Attempt) count(ctx context.Context, run scriptRun) {
	a.outcome = worse(a.outcome, run.outcome())
	if f := run.result.Failure; f != nil && f.Kind == jsengine.Canceled && ctx.Err() != nil {
		a.outcome = event.Errored
	}
}

// scriptRequest is the request as it was sent. A form is there as a form, too.
func (a *Attempt) scriptRequest() *jsengine.Request {
	r := a.Request
	request := &jsengine.Request{
		Method: r.Method, URL: r.URL, Header: r.Header.Clone(), Body: string(r.Body), HasBody: len(r.Body) > 0,
	}
	request.Form = a.form
	return request
}

func (a *Attempt) scriptResponse() *jsengine.Response {
	r := a.Response
	return &jsengine.Response{
		Status: r.Status, Reason: r.Reason, Header: r.Header.Clone(), Body: string(r.Body), TimeMS: r.Timings.Milliseconds(),
		Size: len(r.Body),
	}
}

// keepRewritten remembers what scripts have changed, to be shown in the place of what went over the wire.
func (a *Attempt) keepRewritten(sent, request *jsengine.Request, got, response *jsengine.Response) {
	if body, _ := bodyOf(request); request.Method != sent.Method || request.URL != sent.URL || string(body) != sent.Body ||
		!sameFields(request.Header, sent.Header) {
		a.rewrittenRequest = &exchange.Request{Method: request.Method, URL: request.URL, Header: request.Header, Body: body}
	}
	if response.Body != got.Body || !sameFields(response.Header, got.Header) {
		rewritten := *a.Response
		rewritten.Header, rewritten.Body = response.Header, []byte(response.Body)
		a.rewrittenResponse = &rewritten
	}
}

// sameFields compares headers without regard to the case and order of names, in which a script sees them.
func sameFields(a, b exchange.Header) bool {
	if len(a) != len(b) {
		return false
	}
	for _, f := range a {
		one, other := a.Values(f.Name), b.Values(f.Name)
		if fmt.Sprintf("%q", one) != fmt.Sprintf("%q", other) {
			return false
		}
	}
	return true
}
