package scim

import (
	"strings"
	"time"
)

// accept turns a POST or PUT body into the attributes of a resource: names in the schema's spelling, values of the
// schema's types, read-only and unknown core attributes left out (RFC 7644, section 3.3: they are ignored).
func (k *kind) accept(body map[string]any) (map[string]any, error) {
	attrs := make(map[string]any, len(body))
	for name, value := range body {
		if isURN(name) {
			if err := k.acceptExtension(attrs, name, value); err != nil {
				return nil, err
			}
			continue
		}
		a := k.attribute(name)
		if a == nil || a.mutability == readOnly || a.mutability == writeOnly {
			continue
		}
		if _, twice := attrs[a.name]; twice {
			return nil, badRequest(invalidSyntax, "%s is given twice, in different spellings", a.name)
		}
		if err := a.store(attrs, value); err != nil {
			return nil, err
		}
	}
	return attrs, nil
}

func isURN(name string) bool { return len(name) > 4 && strings.EqualFold(name[:4], "urn:") }

func (k *kind) acceptExtension(attrs map[string]any, urn string, value any) error {
	if strings.EqualFold(urn, k.urn) {
		return badRequest(invalidSyntax, "attributes of %s stand at the top of the resource, not under its URN", k.name)
	}
	ext := k.extension(canonicalURN(urn))
	if _, isObject := value.(map[string]any); !isObject && value != nil {
		return badRequest(invalidValue, "%s must be an object, not %s", urn, jsonType(value))
	}
	return ext.store(attrs, value)
}

// store puts value into m under the attribute's name, or removes it when value means "unassigned".
func (a *attribute) store(m map[string]any, value any) error {
	v, err := a.coerce(value)
	if err != nil {
		return err
	}
	if v == nil {
		delete(m, a.name)
		return nil
	}
	m[a.name] = v
	return nil
}

// coerce checks value against the attribute's type. A nil result means unassigned: null, an empty array or an
// object in which nothing is assigned are the same thing (RFC 7643, section 2.5).
func (a *attribute) coerce(value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	if !a.multi {
		return a.single(value)
	}
	values, ok := value.([]any)
	if !ok {
		return nil, badRequest(invalidValue, "%s must be an array, not %s", a.name, jsonType(value))
	}
	return a.elements(values)
}

func (a *attribute) elements(values []any) (any, error) {
	out := make([]any, 0, len(values))
	for _, each := range values {
		v, err := a.single(each)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (a *attribute) single(value any) (any, error) {
	switch a.typ {
	case typeAny:
		return value, nil
	case typeComplex:
		return a.members(value)
	case typeBoolean:
		if _, ok := value.(bool); !ok {
			return nil, badRequest(invalidValue, "%s must be true or false, not %s", a.name, jsonType(value))
		}
		return value, nil
	}
	text, ok := value.(string)
	if !ok {
		return nil, badRequest(invalidValue, "%s must be a string, not %s", a.name, jsonType(value))
	}
	if a.typ == typeDateTime {
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
			return nil, badRequest(invalidValue, "%s must be a date and time such as 2026-01-31T12:00:00Z", a.name)
		}
	}
	return text, nil
}

func (a *attribute) members(value any) (any, error) {
	m, ok := value.(map[string]any)
	if !ok {
		return nil, badRequest(invalidValue, "%s must be %s, not %s", a.name, a.shape(), jsonType(value))
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		s := a.find(name)
		if s == nil || s.mutability == readOnly {
			continue
		}
		if err := s.store(out, v); err != nil {
			return nil, within(a.name, err)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (a *attribute) shape() string {
	if a.multi {
		return "an array of objects"
	}
	return "an object"
}

// within puts the outer attribute's name before the inner one's.
func within(name string, err error) error {
	if p, ok := err.(*problem); ok {
		return &problem{status: p.status, scimType: p.scimType, detail: name + "." + p.detail}
	}
	return err
}

// complete checks what can only be said about the resource as a whole.
func (k *kind) complete(attrs map[string]any) error {
	for _, a := range k.root.sub {
		value := attrs[a.name]
		if text, _ := value.(string); a.required && strings.TrimSpace(text) == "" {
			return badRequest(invalidValue, "%s is required and must not be empty", a.name)
		}
		if values, ok := value.([]any); ok && primaries(values) > 1 {
			return badRequest(invalidValue, "%s has more than one primary value", a.name)
		}
	}
	return nil
}

func primaries(values []any) int {
	n := 0
	for _, v := range values {
		if isPrimary(v) {
			n++
		}
	}
	return n
}

func isPrimary(v any) bool {
	m, _ := v.(map[string]any)
	return m["primary"] == true
}
