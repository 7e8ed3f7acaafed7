package bucket

import (
	"fmt"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// bodyKey reads one of the keys that say what is sent, and reports whether it was one. The shape of the last three is not
// public: where it is none of those that are understood, the step cannot pass, and the file can be read nevertheless.
func (r *reader) bodyKey(s *Request, f field) bool {
	switch f.Name {
	case "body":
		s.Body, s.HasBody = r.body(f), f.Value.Kind != jsontree.Null
	case "form":
		s.Form = r.namedTexts(f)
	case "multipart_form":
		r.softly(&s.Unsupported, func() { s.Multipart = append(s.Multipart, r.parts(f, &s.Checks, false)...) })
	case "binary_body":
		r.softly(&s.Unsupported, func() { s.Binary = r.binary(f, &s.Checks) })
	case "graphql_body":
		r.softly(&s.Unsupported, func() { s.GraphQL = r.graphQL(f, &s.Checks) })
	default:
		return false
	}
	return true
}

func (r *reader) body(f field) source.Text {
	if f.Value.Kind == jsontree.Object || f.Value.Kind == jsontree.Array {
		r.fail("wrong-type", f.Value, fmt.Sprintf("%s must be text, found %s", f, describe(f.Value)),
			"write the JSON of the body as a string, with \\\" for its quotes")
		return source.Text{}
	}
	return r.text(f)
}

// unsupported takes note of something that the step says and nobody understands, so that the step cannot pass.
func (r *reader) unsupported(c *Checks, v *jsontree.Value, what string) {
	c.Unsupported = append(c.Unsupported, Unsupported{r.place(v), what})
}

// strangeKey refuses a key of a body's description that says something and is not known; one that says nothing is a notice.
func (r *reader) strangeKey(c *Checks, f field, known []string) {
	if isBlank(f.Value) || f.Value.Kind == jsontree.False {
		r.unknownKey(f, known)
		return
	}
	c.Unsupported = append(c.Unsupported, Unsupported{f.NamePlace(r.file), f.String()})
}

var graphQLKeys = []string{"query", "variables", "operationName"}

// graphQL reads a GraphQL body; nil when it says nothing. Its shape in a file is not public: the editor has a text of the query
// and a text of the variables, which may as well stand there as JSON.
func (r *reader) graphQL(f field, c *Checks) *GraphQL {
	if isBlank(f.Value) {
		return nil
	}
	if f.Value.Kind != jsontree.Object {
		r.unsupported(c, f.Value, f.String()+" that is "+describe(f.Value))
		return nil
	}
	g := &GraphQL{Place: r.place(f.Value)}
	for m := range r.fields(f.Value, `"graphql_body"`) {
		switch m.Name {
		case "query":
			g.Query = r.text(m)
		case "variables":
			g.Variables = r.graphQLVariables(m, c)
		case "operationName", "operation_name":
			g.OperationName = r.text(m)
		default:
			r.strangeKey(c, m, graphQLKeys)
		}
	}
	if says := g.Query.Value + g.OperationName.Value + strings.Trim(g.Variables.Value, "{} \t\r\n"); strings.TrimSpace(says) == "" {
		return nil // the editor's empty query with its empty variables
	}
	if strings.TrimSpace(g.Query.Value) == "" {
		r.unsupported(c, f.Value, "a GraphQL body without a query")
	}
	return g
}

// graphQLVariables reads the variables' text. Those that are JSON in the file keep its text as it stands, templates included.
func (r *reader) graphQLVariables(m field, c *Checks) source.Text {
	switch {
	case m.Value.Kind == jsontree.String:
		return r.textOf(m.Value)
	case m.Value.Kind == jsontree.Null:
	case isScalar(m.Value):
		r.unsupported(c, m.Value, m.String()+" that is "+describe(m.Value))
	case !isEmpty(m.Value):
		return source.Verbatim(r.place(m.Value))
	}
	return source.Text{}
}

// A legacy holds the leftovers of the oldest editor until it is known what the request says in today's keys.
type legacy struct {
	request       *Request
	data, rawBody *field
}

// legacyKey reads one of the oldest editor's keys, and reports whether it was one.
func (r *reader) legacyKey(l *legacy, f field) bool {
	s := l.request
	switch f.Name {
	case "args":
		r.softly(&s.Unsupported, func() { s.Params = r.params(f, `an element of "args"`) })
	case "data":
		l.data = &f
	case "raw_body":
		l.rawBody = &f
	case "files":
		r.softly(&s.Unsupported, func() { s.Multipart = append(s.Multipart, r.parts(f, &s.Checks, true)...) })
	default:
		return false
	}
	return true
}

// legacyBodies lets the oldest editor's bodies take the place of those that are missing: a text that of the body, names and
// values that of the form.
func (r *reader) legacyBodies(l *legacy) {
	for _, f := range []*field{l.rawBody, l.data} {
		switch s := l.request; {
		case f == nil || isBlank(f.Value):
		case isScalar(f.Value):
			r.legacyBody(s, *f)
		case f.Name == "data":
			r.softly(&s.Unsupported, func() { r.legacyForm(s, *f) })
		default:
			r.unsupported(&s.Checks, f.Value, f.String()+" that is "+describe(f.Value))
		}
	}
}

func (r *reader) legacyBody(s *Request, f field) {
	text := r.textOf(f.Value)
	if s.Body.Value == "" {
		s.Body, s.HasBody = text, true
		return
	}
	if s.Body.Value != text.Value {
		r.shadowedBody(f, s.Body.Place)
	}
}

func (r *reader) legacyForm(s *Request, f field) {
	fields := r.params(f, `an element of "data"`)
	if len(s.Form) == 0 {
		s.Form = fields
		return
	}
	if !sameTexts(s.Form, fields) {
		r.shadowedBody(f, s.Form[0].Name.Place)
	}
}

// shadowedBody warns of a leftover that says something else than what is sent.
func (r *reader) shadowedBody(f field, sent source.Place) {
	r.add(source.Diagnostic{
		Code: "two-bodies", Severity: source.Warning, Place: f.NamePlace(r.file),
		Message: f.String() + " is not sent: the request has another body", Hint: "remove the one that is not meant",
		Related: []source.Related{{Place: sent, Message: "this is sent"}},
	})
}

func sameTexts(a, b []NamedText) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name.Value != b[i].Name.Value || a[i].Value.Value != b[i].Value.Value {
			return false
		}
	}
	return true
}
