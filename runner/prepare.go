package runner

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// Prepare substitutes variables and runs the pre-request scripts: everything up to the request that could be sent. When a
// variable is not defined or a script fails, there is no request, and the step fails without sending anything.
func (t *Test) Prepare(ctx context.Context, s *Step) *Attempt {
	a := &Attempt{Step: s, test: t, outcome: event.Passed, began: t.clock.Now(), builtins: t.builtins(t.random(s.Number))}
	t.emit.write(s.Number, t.started(s))
	if s.refusal != "" {
		a.problem(event.Problem{
			Code: "unsupported", Outcome: event.Failed, Message: s.refusal, Where: s.Step.Base().Kind.Place.Excerpt(),
			Hint: "the step was not executed; everything else in the file still is",
		})
		return a
	}
	if !a.substitute() {
		return a
	}
	request, ok := a.runBeforeScripts(ctx)
	if !ok {
		return a
	}
	a.Request = a.build(request)
	t.learn(a.Request.Header)
	return a
}

// substitute fills in the templates of every field. All fields are tried, so that all missing variables are named at once.
func (a *Attempt) substitute() bool {
	r, e := a.Step.request, &a.expanded
	e.method = a.text("method", r.method)
	e.url = a.expand("url", r.url)
	for _, h := range r.headers {
		name, value := a.text("headers", h.name), a.expand("headers", h.value)
		e.headers.Add(name, value.String())
		e.shown.Add(name, a.test.masker.Show(value))
	}
	for _, f := range r.form {
		e.form = append(e.form, exchange.Field{Name: a.text("form", f.name), Value: a.text("form", f.value)})
	}
	e.body, e.hasBody = a.expand("body", r.body), r.step.HasBody && r.step.Body.Value != ""
	e.auth = map[string]string{}
	for _, f := range r.auth {
		e.auth[f.name] = a.text("auth", f.value)
	}
	if len(a.problems) == 0 {
		return true
	}
	// The hosted service's wording, as users quote it from failed runs.
	a.problem(event.Problem{
		Code: "not-sent", Outcome: event.Failed, Message: "Unable to execute empty request",
		Hint: "the request was not sent, because a variable in it has no value",
	})
	return false
}

func (a *Attempt) text(field string, t variables.Template) string { return a.expand(field, t).String() }

func (a *Attempt) expand(field string, t variables.Template) variables.Expansion {
	expansion, err := t.Expand(a.test.lookup(a.builtins))
	if err != nil {
		a.unsubstituted(field, err)
	}
	return expansion
}

func (a *Attempt) unsubstituted(field string, err error) {
	prefix := "Request failed to set '" + field + "' — "
	var undefined *variables.UndefinedError
	if !errors.As(err, &undefined) {
		a.problem(event.Problem{
			Code: "template", Outcome: event.Failed, Message: prefix + err.Error(), Where: placeOf(err).Excerpt(),
		})
		return
	}
	for _, use := range undefined.Uses {
		a.undefined = append(a.undefined, use.Name)
		a.problem(event.Problem{
			Code: "undefined-variable", Outcome: event.Failed, Where: use.Place.Excerpt(),
			Message: prefix + fmt.Sprintf("Variable '%s' was not defined", use.Name),
			Hint:    howToDefine(use.Name),
		})
	}
}

func placeOf(err error) source.Place {
	var function *variables.FunctionError
	if errors.As(err, &function) {
		return function.Place
	}
	return source.Place{}
}

// runBeforeScripts lets the pre-request scripts see and change the request. A script that fails keeps it from being sent: a
// request whose signature was not made, say, would fail in a way that misleads.
func (a *Attempt) runBeforeScripts(ctx context.Context) (*jsengine.Request, bool) {
	e := a.expanded
	request := &jsengine.Request{
		Method: e.method, URL: variables.EncodeURL(e.url.String()), Header: e.headers.Clone(), Form: e.form,
		Body: e.body.String(), HasBody: e.hasBody,
	}
	for i, s := range a.Step.request.before {
		run := a.test.runScript(ctx, s, jsengine.PreRequest, a.Step.Number, i+1, request, nil)
		a.scripts = append(a.scripts, run)
		a.worsen(run.outcome())
		if run.outcome().Bad() {
			a.problem(event.Problem{
				Code: "not-sent", Outcome: event.Failed,
				Message: "the request was not sent, because a pre-request script failed",
			})
			return nil, false
		}
		if run.result.Request != nil {
			request = run.result.Request
		}
	}
	return request, true
}

// build makes the request that goes out of what the scripts left.
func (a *Attempt) build(r *jsengine.Request) *exchange.Request {
	out := &exchange.Request{Method: strings.ToUpper(strings.TrimSpace(r.Method)), URL: variables.EncodeURL(r.URL), Header: r.Header}
	switch {
	case r.HasBody || r.Body != "":
		// A body wins over a form, as it does for scripts.
		out.Body = []byte(r.Body)
	case len(r.Form) > 0:
		out.Body = []byte(encodeForm(r.Form))
		if !out.Header.Has("Content-Type") {
			out.Header.Add("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if auth := a.Step.request.step.Auth; auth != nil && auth.Kind == bucket.BasicAuth {
		pair := a.expanded.auth["username"] + ":" + a.expanded.auth["password"]
		out.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	return out
}

// encodeForm keeps the order of the fields, which url.Values would not.
func encodeForm(fields []exchange.Field) string {
	var out strings.Builder
	for i, f := range fields {
		if i > 0 {
			out.WriteByte('&')
		}
		out.WriteString(url.QueryEscape(f.Name) + "=" + url.QueryEscape(f.Value))
	}
	return out.String()
}
