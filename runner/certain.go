package runner

import (
	"fmt"
	"mime"
	"strings"

	"offscope/bucket"
	"offscope/exchange"
	"offscope/source"
	"offscope/variables"
)

// What follows finds in a step what no run can do well, whatever the variables are.

// known returns a template's text when no variable goes into it.
func (sc scene) known(t variables.Template) (string, bool) {
	if t.Literal() {
		return t.Text().Value, true
	}
	expansion, err := t.Expand(sc.constants)
	if err != nil {
		return "", false
	}
	for _, p := range expansion.Pieces {
		if len(p.Inputs) > 0 || p.Secret || sc.set[p.Variable] {
			return "", false
		}
	}
	return expansion.String(), true
}

// line looks at the method and the headers of a request.
func (sc scene) line(r *request, severity source.Severity) {
	if r.method.Literal() {
		if what := methodProblem(method(r.method.Text().Value)); what != "" {
			sc.tell(severity, "method", r.method.Text().Place, what, "")
		}
	}
	sc.fields(r.headers, severity)
	for _, h := range sc.plan.headers {
		if !mayReplace(r.headers, h) {
			sc.fields([]pair{h}, severity)
		}
	}
}

func (sc scene) fields(headers []pair, severity source.Severity) {
	for _, h := range headers {
		if !h.name.Literal() {
			continue
		}
		f := exchange.Field{Name: h.name.Text().Value}
		if h.value.Literal() {
			f.Value = h.value.Text().Value
		}
		what, inName := fieldProblem(f)
		at := h.value.Text().Place
		if inName {
			at = h.name.Text().Place
		}
		if what != "" {
			sc.tell(severity, "header", at, what, "")
		}
	}
}

// mayReplace reports whether a step's own header may take the place of one of the environment.
func mayReplace(own []pair, standing pair) bool {
	for _, h := range own {
		if !h.name.Literal() || !standing.name.Literal() || strings.EqualFold(h.name.Text().Value, standing.name.Text().Value) {
			return true
		}
	}
	return false
}

// oauth1 looks at a signature. Credentials of the environment give way to a header of the step.
func (sc scene) oauth1(r *request, a *auth, severity source.Severity) {
	authorization := pair{name: variables.Parse(source.Text{Value: "Authorization"})}
	if a.of.Kind != bucket.OAuth1 || a != r.auth && (mayReplace(r.headers, authorization) || len(sc.step.before) > 0) {
		return
	}
	if a.text("consumer_key") == "" {
		sc.problem("auth", a.place("consumer_key"), noConsumerKey, "")
	}
	body, form := a.text("signature_type") == "body", false
	for _, h := range append(r.headers, sc.plan.headers...) {
		name, value := h.name.Text().Value, h.value.Text().Value
		kind, _, _ := mime.ParseMediaType(value)
		form = form || !h.name.Literal() || strings.EqualFold(name, "Content-Type") && (!h.value.Literal() || kind == formType)
	}
	if body && !form && sc.hasBody(r) && r.body.Literal() {
		sc.tell(severity, "auth", a.place("signature_type"), "OAuth 1 in the body needs a form, and the step has another body",
			"put the signature into the header or the query, or send the body as "+formType)
	}
}

// oauth2 looks at where a token is fetched from.
func (sc scene) oauth2(a *auth) {
	if a.of.Kind != bucket.OAuth2 || a.text("access_token") != "" {
		return
	}
	name := "token_url"
	if a.text(name) == "" {
		name = "access_token_url"
	}
	for _, f := range a.fields {
		if f.name != name || a.text(name) == "" {
			continue
		}
		if why := sc.addressProblem(f.value); why != "" {
			sc.problem("auth", f.value.Text().Place, name+": "+why, "begin it with http:// or https://")
		}
	}
}

// looksInside tells a comparison that looks into JSON where there is only a number.
func (sc scene) looksInside(c check) bool {
	row := c.row
	isNumber := row.Source == bucket.ResponseStatus || row.Source == bucket.ResponseTime
	if !isNumber || row.Comparison != bucket.HasKey && row.Comparison != bucket.HasValue {
		return false
	}
	sc.problem("comparison", row.ComparisonText.Place, fmt.Sprintf("%s is a number, and %s looks into JSON, so this row always fails", row.Source, row.Comparison), "")
	return true
}

// constant tells of a condition or loop whose sides no run changes.
func (sc scene) constant(s *Step) {
	q := s.compare
	at := q.left.Text().Place
	switch never := q.neverHolds(); {
	case never && q.loop:
		sc.problem("endless-loop", at, fmt.Sprintf("this loop never holds, because neither side has a variable: it fails after %d rounds or %s", mostRounds, briefly(longestLoop)),
			"compare something that its steps set, such as {{status}}")
	case never && s.end > s.Number:
		sc.warn("dead-condition", at, "this condition never holds, because neither side has a variable: the steps inside are never run", "")
	}
	if q.loop && s.end == s.Number {
		sc.warn("empty-loop", s.Step.Base().Place, "this loop has no steps, so nothing changes what it compares", "")
	}
}

// addressProblem says why a URL cannot be sent to, as the transport does; "" when it can, or when only a run can tell.
func (sc scene) addressProblem(t variables.Template) string {
	written := strings.TrimSpace(t.Text().Value)
	text, known := sc.known(t)
	text = strings.TrimSpace(text)
	scheme, rest, found := strings.Cut(text, "://")
	switch {
	case strings.HasPrefix(written, "/"):
		return "the URL has no scheme and no host"
	case !known || !t.Literal() && found:
		return ""
	case text == "":
		return "the URL is empty"
	case !found || strings.ContainsAny(scheme, "/?#"):
		return "the URL has no scheme"
	case !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		return fmt.Sprintf("the URL has the scheme %q, and only http and https can be sent to", scheme)
	case strings.Trim(rest, "/") == "" || strings.HasPrefix(rest, "/"):
		return "the URL has no host"
	}
	return hostProblem(text)
}
