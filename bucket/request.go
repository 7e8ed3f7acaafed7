package bucket

import (
	"fmt"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

func (r *reader) request(base StepBase, v *jsontree.Value) *Request {
	s := &Request{StepBase: base}
	old := legacy{request: s}
	for f := range r.fields(v, "a request step") {
		if r.baseKey(&s.StepBase, f) || r.checkKey(&s.Checks, f) || r.bodyKey(s, f) || r.legacyKey(&old, f) {
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
			s.Auth = r.auth(f, &s.Unsupported)
		case "fragment":
			s.Fragment = r.text(f)
		default:
			r.unknownKey(f, stepKeys, checkKeys, requestKeys)
		}
	}
	r.legacyBodies(&old)
	if method := v.Get("method"); method == nil || isBlank(method) {
		r.fail("no-method", v, "a request step needs \"method\"", `add "method": "GET"`)
	}
	if url := v.Get("url"); url == nil || isBlank(url) {
		r.warn("no-url", v, "a request step without \"url\" sends nothing: it fails when it is due", "")
	}
	return s
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
		r.noValue(m)
	}
	return texts
}

func (r *reader) noValue(m field) {
	r.add(source.Diagnostic{
		Code: "no-value", Severity: source.Notice, Place: m.NamePlace(r.file),
		Message: m.String() + " has no value and is left out",
	})
}

// auth reads how a request proves who it is; nil when nothing is said of it, which {} is as well, and "none" is not.
func (r *reader) auth(f field, refused *[]Unsupported) *Auth {
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
			*refused = append(*refused, Unsupported{r.place(m.Value), fmt.Sprintf("%q in \"auth\" that is not text", m.Name)})
		}
		auth.Fields = append(auth.Fields, NamedText{r.nameText(m.Member), r.raw(m.Value)})
	}
	auth.Kind = parseAuthKind(auth.KindText.Value)
	if auth.KindText.Value == "" && !said {
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
		return CertificateAuth
	}
	if strings.EqualFold(name, "none") {
		return NoAuth
	}
	return UnknownAuth
}
