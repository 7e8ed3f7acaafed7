package runner

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// Prepare substitutes variables and runs the pre-request scripts: everything up to the request that could be sent, or to the
// subtest that could be run. When a variable is not defined or a script fails, nothing is sent and the step fails. Pauses,
// conditions and loops are not prepared: [Test.Do] takes them.
func (t *Test) Prepare(ctx context.Context, s *Step) *Attempt {
	t.emit.write(s.Number, t.started(s))
	a := t.attempt(s)
	a.prepare(ctx)
	return a
}

func (t *Test) attempt(s *Step) *Attempt {
	return &Attempt{
		Step: s, test: t, outcome: event.Passed, stopwatch: startWatch(t.clock), builtins: t.builtins(t.random(t.use(s, "templates"))),
	}
}

func (a *Attempt) prepare(ctx context.Context) {
	switch s := a.Step; {
	case !a.executable():
	case s.request != nil:
		a.prepareRequest(ctx)
	case s.subtest != nil:
		a.prepareSubtest(ctx)
	case s.inbound != nil:
		a.prepareInbound(ctx)
	}
}

// prepareRequest makes the request that is to be sent.
func (a *Attempt) prepareRequest(ctx context.Context) {
	if !a.substitute(ctx) {
		return
	}
	a.test.learnRequest(a.expanded.url.String(), a.expanded.header()) // a script may print it and then fail
	request, ok := a.runBeforeScripts(ctx)
	if !ok {
		return
	}
	if strings.TrimSpace(request.Method) == "" {
		a.notSent("the request has no method", "a variable or a script left it empty")
		return
	}
	if !a.build(request) {
		a.Request = nil
		return
	}
	a.test.learnRequest(a.Request.URL, a.Request.Header)
	a.remarkBody(request)
}

// executable names everything because of which the step cannot be executed.
func (a *Attempt) executable() bool {
	for _, r := range a.Step.refusals {
		hint := r.hint
		if hint == "" {
			hint = "the step was not executed; everything else in the file still is"
		}
		a.problem(event.Problem{Code: "unsupported", Outcome: event.Failed, Message: r.what, Where: a.test.cover.excerpt(r.at), Hint: hint})
	}
	return len(a.Step.refusals) == 0
}

// substitute fills in the templates of every field, and puts the credentials in their place. All fields are tried, so that
// all missing variables are named at once.
func (a *Attempt) substitute(ctx context.Context) bool {
	r, e := a.Step.request, &a.expanded
	e.method = a.expand("method", r.method).String()
	e.url = wholeHash(a.expand("url", r.url))
	for _, p := range r.params {
		e.url = a.withQuery(e.url, a.expand("args", p.name), a.expand("args", p.value))
	}
	for _, h := range r.headers {
		e.headers = append(e.headers, made{a.expand("headers", h.name).String(), a.expand("headers", h.value)})
	}
	for _, f := range r.form {
		e.form = append(e.form, madeField{a.expand("form", f.name), a.expand("form", f.value)})
	}
	e.body, e.hasBody = a.expand("body", r.body), r.step.HasBody && r.step.Body.Value != ""
	for _, p := range r.multipart {
		e.multipart = append(e.multipart, a.expandPart("multipart_form", p))
	}
	if r.binary != nil {
		e.binary = a.expandPart("binary_body", *r.binary)
	}
	if r.graphQL != nil && !e.hasBody {
		var ok bool
		if e.graphQL, ok = a.expandGraphQL(r.graphQL); !ok && len(a.problems) == 0 {
			return false
		}
	}
	a.ownAuth = a.credentials(r.auth)
	if len(a.problems) > 0 {
		// The hosted service's wording, as users quote it from failed runs.
		a.notSent("Unable to execute empty request", "the request was not sent, because something in it could not be filled in")
		return false
	}
	return a.authenticate(ctx)
}

// authenticate adds what the environment sends with every request, and the credentials that scripts may see and change.
func (a *Attempt) authenticate(ctx context.Context) bool {
	e, standing := &a.expanded, &a.test.standing
	e.own = len(e.headers)
	for _, h := range standing.headers {
		if !hasHeader(e.headers[:e.own], h.name) {
			e.headers = append(e.headers, h)
		}
	}
	if a.auth = a.ownAuth; a.auth == nil {
		a.auth = standing.auth
	}
	if a.auth == nil {
		return true
	}
	if a.auth == a.ownAuth {
		a.remarkAuth(a.auth)
	}
	token, ok := a.accessToken(ctx, a.auth)
	if ok {
		a.proveBefore(a.auth, token)
	}
	return ok
}

func (a *Attempt) expand(field string, t variables.Template) variables.Expansion {
	expansion, err := t.Expand(a.test.lookup(a.builtins))
	if err != nil {
		a.unsubstituted(field, t, err)
	}
	return expansion
}

// unsubstituted names what could not be filled in, each variable once for a field.
func (a *Attempt) unsubstituted(field string, t variables.Template, err error) {
	prefix := "Request failed to set '" + field + "' — "
	problem := func(p event.Problem, at source.Place) {
		p.Outcome, p.Message, p.Where = event.Failed, prefix+p.Message, a.test.cover.excerpt(at)
		told := func(known event.Problem) bool { return known.Message == p.Message }
		if !slices.ContainsFunc(a.problems, told) {
			a.problem(p)
		}
	}
	var undefined *variables.UndefinedError
	if errors.As(err, &undefined) {
		for _, use := range undefined.Uses {
			if !slices.Contains(a.undefined, use.Name) {
				a.undefined = append(a.undefined, use.Name)
			}
			hint := howToDefine(use.Name)
			if _, lost := a.test.lost[use.Name]; lost {
				hint = "" // the step's own hint names the step that was to set it
			}
			problem(event.Problem{Code: "undefined-variable", Message: use.Undefined(), Hint: hint}, use.Place)
		}
	}
	var function *variables.FunctionError
	if errors.As(err, &function) {
		problem(event.Problem{Code: "template", Message: a.test.functionText(function, t)}, function.Place)
	}
	if undefined == nil && function == nil {
		problem(event.Problem{Code: "template", Message: err.Error()}, t.Text().Place)
	}
}

// functionText says what is wrong with the argument of a function. An argument in which a secret is used is not quoted: the
// secret may be too short to be found in the text.
func (t *Test) functionText(err *variables.FunctionError, used variables.Template) string {
	for _, use := range used.Uses() {
		if t.plan.secrets[use.Name] || use.Name == "get_secret" {
			return err.Function + ": " + err.Expected
		}
	}
	return err.Error()
}

// wholeHash keeps a # that a value brings into the middle of a URL: left as it is, it would end the URL there, and what
// stands behind it would be lost. A value that begins the URL may be a whole one, with a fragment of its own.
func wholeHash(url variables.Expansion) variables.Expansion {
	pieces := slices.Clone(url.Pieces)
	for i := range pieces {
		if i > 0 && pieces[i].Variable != "" {
			pieces[i].Text = strings.ReplaceAll(pieces[i].Text, "#", "%23")
		}
	}
	return variables.Expansion{Pieces: pieces}
}

// runBeforeScripts lets the pre-request scripts see and change the request. A script that fails keeps it from being sent: a
// request whose signature was not made, say, would fail in a way that misleads.
func (a *Attempt) runBeforeScripts(ctx context.Context) (*jsengine.Request, bool) {
	e := &a.expanded
	request := &jsengine.Request{
		Method: e.method, URL: variables.EncodeURL(e.url.String()), Header: e.header(), Body: e.body.String(), HasBody: e.hasBody,
		Form: e.formFields(),
	}
	if e.graphQL != "" {
		request.Body, request.HasBody = e.graphQL, true
	}
	for i, s := range a.Step.before {
		run := a.test.runScript(ctx, s, jsengine.PreRequest, a.Step.Number, i+1, a.scriptOrigin(s), request, nil)
		a.before = append(a.before, run)
		a.count(ctx, run)
		if run.outcome().Bad() {
			a.notSent("the request was not sent, because a pre-request script failed", "")
			return nil, false
		}
		if run.result.Request != nil {
			request = run.result.Request
		}
	}
	return request, true
}

// build makes the request that goes out of what the scripts left. It reports false when that is not possible.
func (a *Attempt) build(r *jsengine.Request) bool {
	a.Request = &exchange.Request{Method: method(r.Method), URL: variables.EncodeURL(r.URL), Header: r.Header.Clone()}
	if !a.fillBody(a.Request, r) {
		return false
	}
	a.dropFraming()
	if !a.sendable() || !a.sign() {
		return false
	}
	if jar := a.test.jar; jar != nil {
		if cookies := jar.Cookies(a.Request.URL, strings.Join(a.Request.Header.Values("Cookie"), "; ")); cookies != "" {
			a.Request.Header.Set("Cookie", cookies)
		}
	}
	return true
}

// dropFraming takes out the headers that say where a body ends. They follow from the body, whatever a step says (vendor
// documentation shows steps with a made-up Content-Length), and what is told of a request is what goes out.
func (a *Attempt) dropFraming() {
	r := a.Request
	length := strconv.Itoa(len(r.Body))
	r.Header = slices.DeleteFunc(r.Header, func(f exchange.Field) bool {
		switch http.CanonicalHeaderKey(f.Name) {
		case "Content-Length":
			if f.Value == length && len(r.Body) > 0 {
				return false
			}
		case "Transfer-Encoding", "Trailer":
		default:
			return false
		}
		a.remark("header-not-sent", a.Step.headerPlace(f.Name), "the header "+f.Name+" was not sent as it was given: it follows from the body")
		return true
	})
}

// headerPlace is where a header stands in the step, or else the step.
func (s *Step) headerPlace(name string) source.Place {
	for _, h := range s.request.headers {
		if strings.EqualFold(h.name.Text().Value, name) {
			return h.value.Text().Place
		}
	}
	return s.request.step.Place
}

// method writes the common methods in capitals, which servers insist on, and leaves others as they are.
func method(name string) string {
	name = strings.TrimSpace(name)
	switch upper := strings.ToUpper(name); upper {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions:
		return upper
	}
	return name
}

// remarkBody says what a reader of the export would not expect of the request.
func (a *Attempt) remarkBody(r *jsengine.Request) {
	step := a.Step.request.step
	a.ignoredBodies(r)
	if m := a.Request.Method; len(a.Request.Body) > 0 && (m == http.MethodGet || m == http.MethodHead) {
		a.remark("body-on-get", step.Method.Place, "the "+m+" request was sent with a body, as the step has it; many servers ignore or refuse that")
	}
	if step.Fragment.Value != "" {
		a.remark("fragment", step.Fragment.Place, "the fragment is no part of an HTTP request and was not sent")
	}
	if strings.Contains(a.Request.URL, "#") {
		a.remark("fragment", step.URL.Place, "what stands behind # in the URL is no part of an HTTP request and was not sent; write %23 for the character")
	}
}
