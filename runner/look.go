package runner

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"offscope/assertion"
	"offscope/bucket"
	"offscope/jsontree"
	"offscope/source"
	"offscope/variables"
)

// A scene is a step that is examined.
type scene struct {
	*examiner
	constants
	plan  *Plan
	step  *Step
	idle  bool // it is skipped
	still still
}

func (sc scene) problem(code string, at source.Place, message, hint string) {
	sc.tell(source.Error, code, at, message, hint)
}

func (sc scene) warn(code string, at source.Place, message, hint string) {
	sc.tell(source.Warning, code, at, message, hint)
}

func (sc scene) tell(severity source.Severity, code string, at source.Place, message, hint string) {
	if severity == source.Error && sc.idle {
		severity, message = source.Warning, message+idleRemark
	}
	if !at.Known() && sc.step != nil {
		at = sc.step.Step.Base().Place
	}
	sc.add(source.Diagnostic{Severity: severity, Code: code, Place: at, Message: message, Hint: hint})
}

// look goes over everything in a step.
func (sc scene) look() {
	s := sc.step
	for _, r := range s.refusals {
		sc.problem(refusalCode(s, r), r.at, r.what, r.hint)
	}
	switch {
	case s.request != nil:
		sc.templates(s.request.used()...)
		sc.request(s.request)
	case s.subtest != nil:
		sc.templates(pairTemplates(s.subtest.params)...)
	case s.compare != nil:
		sc.templates(s.compare.left, s.compare.right)
		sc.comparison(s.compare)
		sc.constant(s)
	}
	for _, x := range s.extractions {
		sc.templates(x.property)
		sc.row(x.row.Source, x.row.SourceText, x.row.Place, x.property)
	}
	for _, c := range s.assertions {
		sc.assertion(c)
	}
}

// row looks at what rows of variables and assertions have in common.
func (sc scene) row(of bucket.Source, written source.Text, row source.Place, property variables.Template) {
	at := written.Place
	if !at.Known() {
		at = row
	}
	if of == bucket.UnknownSource {
		sc.problem("unknown-source", at, unknownName("source", written.Value, bucket.SourceNames()).Error(), "")
		return
	}
	if err := (&Attempt{Step: sc.step}).lacks(of); err != nil {
		sc.problem("source", at, err.Error()+", so this row always fails", "")
		return
	}
	if !property.Literal() {
		return
	}
	sc.meaningless(of, property.Text())
	var bad *assertion.PropertyError
	if errors.As(assertion.CheckProperty(of, property.Text().Value), &bad) {
		at := property.Text().Place
		if bad.Offset >= 0 && at.Known() {
			at = property.Text().At(bad.Offset, bad.Offset+1)
		}
		if !at.Known() {
			at = row
		}
		sc.problem("property", at, bad.Message, "")
	}
}

// meaningless warns of a property of a source that takes none.
func (sc scene) meaningless(of bucket.Source, property source.Text) {
	switch of {
	case bucket.ResponseStatus, bucket.ResponseText, bucket.ResponseTime, bucket.ResponseSize:
		if strings.TrimSpace(property.Value) != "" {
			sc.warn("property", property.Place, fmt.Sprintf("%s takes no property: this one is not looked at", of), "")
		}
	}
}

func (sc scene) assertion(c check) {
	sc.templates(c.property)
	sc.row(c.row.Source, c.row.SourceText, c.row.Place, c.property)
	if c.row.Comparison == bucket.UnknownComparison {
		at := c.row.ComparisonText.Place
		if !at.Known() {
			at = c.row.Place
		}
		sc.problem("unknown-comparison", at, unknownName("comparison", c.row.ComparisonText.Value, bucket.ComparisonNames()).Error(), "")
		return
	}
	if !c.row.Comparison.NeedsTarget() || sc.looksInside(c) {
		return
	}
	sc.templates(c.target)
	if warning := assertion.CheckTarget(c.row.Comparison, c.target.Text().Value); warning != "" && c.target.Literal() {
		at := c.row.Target.Place
		if !at.Known() {
			at = c.row.Place
		}
		sc.warn("target", at, warning, "")
	}
}

// templates looks for functions that cannot take their argument, whatever the variables are.
func (sc scene) templates(all ...variables.Template) {
	for _, t := range all {
		if t.Literal() {
			continue
		}
		_, err := t.Expand(sc.constants)
		var function *variables.FunctionError
		if errors.As(err, &function) {
			sc.problem("template", function.Place, function.Error(), "")
		}
		var undefined *variables.UndefinedError
		if !errors.As(err, &undefined) {
			continue
		}
		for _, use := range undefined.Uses {
			if strings.HasPrefix(use.Name, "incoming_url(") && use.Why != "" {
				sc.problem("template", use.Place, fmt.Sprintf("{{%s}} can never be filled in: %s", use.Name, use.Why), "")
			}
		}
	}
}

// comparison looks at what a condition or loop compares. Each side is tried by itself, beside a number.
func (sc scene) comparison(q *comparison) {
	if q.of == bucket.UnknownComparison {
		return // refused
	}
	const number = "1"
	if _, err := assertion.CompareText(q.of, number, number); err != nil {
		sc.problem("comparison", q.name.Place, err.Error(), "compare with equal, contains, is_less_than and the like")
		return
	}
	if _, err := assertion.CompareText(q.of, q.left.Text().Value, number); err != nil && q.left.Literal() {
		sc.problem("comparison", q.left.Text().Place, err.Error(), "")
	}
	if _, err := assertion.CompareText(q.of, number, q.right.Text().Value); err != nil && q.right.Literal() {
		sc.problem("comparison", q.right.Text().Place, err.Error(), "")
	}
}

func (sc scene) request(r *request) {
	changeable := source.Error // a pre-request script may put it right
	if len(sc.step.before) > 0 {
		changeable = source.Warning
	}
	sc.line(r, changeable)
	if why := sc.addressProblem(r.url); why != "" {
		sc.tell(changeable, "url", r.url.Text().Place, why, "begin it with http:// or https://, or with a variable such as {{base_url}}")
	}
	if g := r.graphQL; g != nil && !sc.hasBody(r) {
		sc.graphQL(g)
	} else if !sc.hasBody(r) {
		sc.files(r, changeable)
	}
	sc.auth(sc.plan.authOf(r))
	if a := sc.plan.authOf(r); a != nil && len(sc.step.refusals) == 0 {
		sc.oauth1(r, a, changeable)
		sc.oauth2(a)
	}
}

func (sc scene) hasBody(r *request) bool { return r.step.HasBody && r.step.Body.Value != "" }

func (sc scene) graphQL(g *graphQL) {
	text := strings.TrimSpace(g.variables.Text().Value)
	if text == "" || !g.variables.Literal() {
		return
	}
	if _, err := jsontree.Parse([]byte(text)); err != nil {
		sc.problem("graphql", g.variables.Text().Place, "the variables of the GraphQL query are not JSON: "+err.Error(), "")
	}
}

// files looks for the files of a body. Of several bodies the binary one is sent.
func (sc scene) files(r *request, severity source.Severity) {
	parts := r.multipart
	if r.binary != nil {
		parts = []part{*r.binary}
	}
	for _, p := range parts {
		if !p.of.IsFile() || !p.fileName.Literal() {
			continue
		}
		a := &Attempt{Step: sc.step, test: sc.still.Test}
		if _, ok := a.contentOf(madePart{of: p, fileName: variables.Plain(p.fileName.Text().Value)}); !ok && len(a.problems) > 0 {
			sc.tell(severity, "file", p.of.FileName.Place, strings.Replace(a.problems[0].Message, "was not sent", "cannot be sent", 1), a.problems[0].Hint)
		}
	}
}

// auth looks at how a request proves who it is, as far as that is no refusal.
func (sc scene) auth(a *auth) {
	if a == nil || len(sc.step.refusals) > 0 {
		return
	}
	for _, f := range a.of.Fields {
		if f.Value.Value != "" && !slices.Contains(knownFields[a.of.Kind], f.Name.Value) {
			sc.warn("auth-field", f.Name.Place, fmt.Sprintf("%q has no meaning in %s authentication and is not used", f.Name.Value, a.of.KindText.Value), "")
		}
	}
	switch {
	case a.of.Kind == bucket.BasicAuth && a.text("username") == "" && a.text("password") == "":
		sc.warn("empty-credentials", a.of.Place, "basic authentication has an empty user name and password", "")
	case a.of.Kind == bucket.OAuth2 && a.text("access_token") == "" && a.text("token_url") == "" && a.text("access_token_url") == "":
		sc.problem("auth", a.of.Place, "OAuth 2 authentication has no access_token, and no token_url to get one from", `add "token_url"`)
	}
}
