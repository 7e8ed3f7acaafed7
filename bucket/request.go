package bucket

import (
	"fmt"

	"offscope/jsontree"
	"offscope/source"
)

func (r *reader) request(base StepBase, v *jsontree.Value) *Request {
	s := &Request{StepBase: base, File: r.file}
	for f := range r.fields(v, "a request step") {
		if r.baseKey(&s.StepBase, f) || r.checkKey(&s.Checks, f) || r.bodyKey(s, f) {
			continue
		}
		switch f.Name {
		case "method":
			s.Method = r.text(f)
		case "url":
			s.URL = r.text(f)
		case "headers":
			s.Headers = r.namedTexts(f)
		case "auth":
			s.Auth = r.auth(f, &s.Checks)
		case "fragment":
			s.Fragment = r.text(f)
		default:
			r.unknownKey(f, stepKeys, checkKeys, requestKeys)
		}
	}
	if method := v.Get("method"); method == nil || isBlank(method) {
		r.fail("no-method", v, "a request step needs \"method\"", `add "method": "GET"`)
	}
	if url := v.Get("url"); url == nil || isBlank(url) {
		r.warn("no-url", v, "a request step without \"url\" sends nothing: it fails when it is due", "")
	}
	return s
}

// bodyKey reads one of the keys that can say what is sent, and reports whether it was one.
func (r *reader) bodyKey(s *Request, f field) bool {
	switch f.Name {
	case "body":
		s.Body, s.HasBody = r.body(f), f.Value.Kind != jsontree.Null
	case "form":
		s.Form = r.namedTexts(f)
	case "multipart_form":
		s.Multipart = notBlank(f.Value)
	case "binary_body":
		s.Binary = notBlank(f.Value)
	case "graphql_body":
		s.GraphQL = notBlank(f.Value)
	case "args", "data", "raw_body", "files":
		// Leftovers of an old editor. A filled one was never seen, so what it would do is not known.
		if !isBlank(f.Value) {
			s.unsupported(f, r.file, fmt.Sprintf("%q with something in it", f.Name))
		}
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

func notBlank(v *jsontree.Value) *jsontree.Value {
	if isBlank(v) {
		return nil
	}
	return v
}

func (c *Checks) unsupported(f field, file *source.File, what string) {
	c.Unsupported = append(c.Unsupported, Unsupported{Place: f.Value.Place(file), What: what})
}

// namedTexts reads an object whose values are a text or a list of texts: older exports write lists, others plain strings. A
// name without a value is left out, with a notice.
func (r *reader) namedTexts(f field) []NamedText {
	v := r.object(f)
	if v == nil {
		return nil
	}
	var texts []NamedText
	for m := range r.fields(v, f.String()) {
		texts = append(texts, r.namedText(m)...)
	}
	return texts
}

func (r *reader) namedText(m field) []NamedText {
	name, values := r.nameText(m.Member), []*jsontree.Value{m.Value}
	if m.Value.Kind == jsontree.Array {
		values = m.Value.Items
	}
	var texts []NamedText
	wrong := false
	for _, v := range values {
		switch {
		case !isScalar(v):
			r.wrongType(v, "a value of "+m.String(), "text")
			wrong = true
		case v.Kind != jsontree.Null:
			texts = append(texts, NamedText{name, r.textOf(v)})
		}
	}
	if len(texts) == 0 && !wrong {
		r.add(source.Diagnostic{
			Code: "no-value", Severity: source.Notice, Place: m.NamePlace(r.file),
			Message: m.String() + " has no value and is left out",
		})
	}
	return texts
}

// auth reads how a request proves who it is; nil when it does not.
func (r *reader) auth(f field, c *Checks) *Auth {
	v := r.object(f)
	if v == nil {
		return nil
	}
	auth := &Auth{Place: r.place(v)}
	said := false
	for m := range r.fields(v, f.String()) {
		if m.Name == "auth_type" {
			auth.KindText = r.text(m)
			continue
		}
		said = said || !isBlank(m.Value)
		if !isScalar(m.Value) && !isBlank(m.Value) {
			c.unsupported(m, r.file, fmt.Sprintf("%q in \"auth\" that is not text", m.Name))
		}
		auth.Fields = append(auth.Fields, NamedText{r.nameText(m.Member), r.raw(m.Value)})
	}
	auth.Kind = parseAuthKind(auth.KindText.Value)
	if auth.KindText.Value == "none" || auth.KindText.Value == "" && !said {
		return nil
	}
	return auth
}

// parseAuthKind knows the names of both generations of the vendor's API documentation.
func parseAuthKind(name string) AuthKind {
	switch name {
	case "basic":
		return BasicAuth
	case "oauth1", "oauth_1":
		return OAuth1
	case "oauth2", "oauth_2":
		return OAuth2
	case "client_certificate":
		return ClientCertificate
	}
	return UnknownAuth
}
