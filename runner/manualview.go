package runner

import (
	"context"
	"errors"
	"fmt"

	"offscope/assertion"
	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// view returns a fact as an event would have it, without telling it.
func view[B event.Body](t *Test, body B) B {
	seen := masked(t.cover, body).(B)
	clear(t.cover.kept)
	return seen
}

// Mask returns a text with marks in the place of secrets.
func (t *Test) Mask(text string) string { return t.cover.text(text) }

// IsSecret reports whether nothing of a variable's value may be seen.
func (t *Test) IsSecret(name string) bool { return t.plan.secrets[name] }

// Describe is what a run tells of a step when it begins.
func (t *Test) Describe(s *Step) event.StepStarted { return view(t, t.started(s)) }

// Variables returns all variables with who set them, in the order in which they were first set.
func (t *Test) Variables() []event.Variable {
	var all event.Changed
	for _, name := range t.scope.Names() {
		value, _ := t.scope.Get(name)
		origin, _ := t.scope.Origin(name)
		all.Variables = append(all.Variables, t.changedVariable(variables.Change{Name: name, Value: value, Origin: origin}, t.cutter()))
	}
	return view(t, all).Variables
}

// Shown is the request, sent or not, and what came of it until now.
func (a *Attempt) Shown() event.Exchanged { return view(a.test, a.exchanged()) }

// Problems are the reasons for which the step fails, beside its rows and scripts.
func (a *Attempt) Problems() []event.Problem {
	var all []event.Problem
	for _, p := range a.problems {
		all = append(all, view(a.test, p))
	}
	return all
}

// Sent reports whether the request has been sent, or what stands in its place has been done.
func (a *Attempt) Sent() bool { return a.requests > 0 }

// Recheck looks at the response again with the rows that the step has now and the variables as they are now. It changes nothing.
func (a *Attempt) Recheck() []event.Asserted {
	t := a.test
	again := &Attempt{Step: t.plan.Steps[a.Step.Number-1], test: t, builtins: a.builtins, subject: assertion.NewSubject(a.Response), outcome: event.Passed}
	if a.Response == nil {
		again.checkNothing()
	} else {
		again.assert()
	}
	var rows []event.Asserted
	for i, c := range again.assertions {
		rows = append(rows, view(t, t.asserted(i+1, c)))
	}
	return rows
}

// Find returns the part of the response's body to which a JSON path or, in XML, an XPath leads: JSON, or the text of a string.
func (a *Attempt) Find(path string) (string, error) {
	if a.Response == nil {
		return "", errors.New("there is no response")
	}
	subject := assertion.NewSubject(a.Response)
	found, err := subject.Locate(bucket.ResponseJSON, path)
	var failure *assertion.LocateError
	if errors.As(err, &failure) && failure.Kind == assertion.NotJSON && failure.Looks == assertion.LooksXML {
		found, err = subject.Locate(bucket.ResponseXML, path)
	}
	if err != nil {
		return "", errors.New(a.test.Mask(err.Error() + nearText(err)))
	}
	if found.Value != nil {
		return a.test.Mask(found.Value.JSText()), nil
	}
	return a.test.Mask(found.Text), nil
}

// nearText says how far a path led.
func nearText(err error) string {
	near := nearestPart(err)
	switch {
	case near == nil:
		return ""
	case len(near.Keys) > 0:
		return fmt.Sprintf("; %s has %q", whole(near.Path), near.Keys)
	}
	return fmt.Sprintf("; %s is of type %s", whole(near.Path), near.Type)
}

func whole(path string) string {
	if path == "" {
		return "the document"
	}
	return path
}

// Editable returns the request that is held as a text for somebody to change: secrets are marks, which [Test.Reveal] fills in
// again. The error says why that cannot be.
func (a *Attempt) Editable() (event.Request, error) {
	if a.Request == nil || a.Step.request == nil || a.Sent() {
		return event.Request{}, a.Override(nil)
	}
	shown := a.shownRequest()
	clear(a.test.cover.kept)
	switch {
	case shown.Body.Binary:
		return shown, errors.New("the body is not text")
	case shown.Body.Cut:
		return shown, fmt.Errorf("the body is too large: %d bytes", shown.Body.Size)
	case !a.restores(shown):
		return shown, errors.New("it holds a secret in a spelling that cannot be filled in again")
	}
	return shown, nil
}

// restores reports whether nothing is lost when the marks of a request are filled in.
func (a *Attempt) restores(shown event.Request) bool {
	t, r := a.test, a.Request
	same := t.Reveal(shown.Method) == r.Method && t.Reveal(shown.URL) == r.URL && t.Reveal(shown.Body.Text) == string(r.Body)
	for i, f := range shown.Header {
		same = same && t.Reveal(f.Name) == r.Header[i].Name && t.Reveal(f.Value) == r.Header[i].Value
	}
	return same
}

// Reveal fills in the marks of a text. What it returns is not to be shown.
func (t *Test) Reveal(text string) string { return t.cover.reveal(text) }

// Evaluate runs an expression, or statements, where a script of the attempt would run: behind its response, before its request
// is sent, or before the first step when there is no attempt. What it sets is set, and what it changes in a request that is held
// will be sent; whether it fails does not count.
func (t *Test) Evaluate(ctx context.Context, a *Attempt, code string) event.Scripted {
	const name = "prompt"
	s := &script{text: source.Text{Value: code}}
	program, broken := jsengine.Compile(source.Text{Value: "log((" + code + "\n))"}, name)
	if broken != nil {
		program, broken = jsengine.Compile(s.text, name)
	}
	s.program, s.broken = program, broken
	role, step := jsengine.Initial, 0
	var request *jsengine.Request
	var response *jsengine.Response
	switch {
	case a == nil || a.Request == nil:
	case a.Response != nil:
		role, step, request, response = jsengine.PostResponse, a.Step.Number, a.scriptRequest(), a.scriptResponse()
	default:
		role, step, request = jsengine.PreRequest, a.Step.Number, a.scriptRequest()
	}
	t.evaluated++
	run := t.runScript(ctx, s, role, step, -t.evaluated, variables.Origin{Kind: variables.Prompt}, request, response)
	if role == jsengine.PreRequest && !a.Sent() && run.result.Request != nil && run.result.Failure == nil {
		a.adopt(request, run.result.Request)
	}
	return view(t, event.Scripted{
		Role: role.String(), Outcome: run.outcome(), Output: run.output(), Failure: t.scriptFailure(run), Set: t.assignments(run), Duration: run.result.Duration,
	})
}

// adopt takes over what was changed in a request that is held.
func (a *Attempt) adopt(was, is *jsengine.Request) {
	body, _ := bodyOf(is)
	if is.Method == was.Method && is.URL == was.URL && string(body) == was.Body && sameFields(is.Header, was.Header) {
		return
	}
	_ = a.Override(&exchange.Request{Method: method(is.Method), URL: variables.EncodeURL(is.URL), Header: is.Header.Clone(), Body: body})
}
