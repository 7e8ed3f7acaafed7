package scim

import (
	"net/url"
	"strings"
)

// projection is which attributes an answer shows (RFC 7644, section 3.9). "schemas" and "id" always do.
type projection struct {
	paths  []attrPath
	except bool // paths are left out; else nothing but paths is shown
}

func parseProjection(values url.Values, k *kind) (projection, error) {
	only, except := values.Get("attributes"), values.Get("excludedAttributes")
	if only != "" && except != "" {
		return projection{}, badRequest(invalidValue, "attributes and excludedAttributes cannot be used together")
	}
	p := projection{except: except != ""}
	for _, name := range strings.FieldsFunc(only+except, func(r rune) bool { return r == ',' || r == ' ' }) {
		path, ok := parseAttrPath(name)
		if !ok {
			return projection{}, badRequest(invalidValue, "%q is not an attribute", shorten(name))
		}
		path, _ = k.resolve(path)
		p.paths = append(p.paths, path)
	}
	return p, nil
}

func (p projection) apply(o object) object {
	if len(p.paths) == 0 {
		return o
	}
	shown := make(object, 0, len(o))
	for _, m := range o {
		if m.name == "schemas" || m.name == "id" {
			shown = append(shown, m)
			continue
		}
		if value := p.part(m); value != nil {
			shown = append(shown, member{m.name, value})
		}
	}
	return shown
}

// part is what is left of one attribute; nil when nothing is.
func (p projection) part(m member) any {
	var subs []string
	for _, path := range p.paths {
		name, sub := path.name, path.sub
		if path.urn != "" {
			name, sub = path.urn, path.name
		}
		if !strings.EqualFold(name, canonicalURN(m.name)) {
			continue
		}
		if sub == "" {
			return pick(p.except, nil, m.value)
		}
		subs = append(subs, sub)
	}
	if len(subs) == 0 {
		return pick(p.except, m.value, nil)
	}
	return p.subs(m.value, subs)
}

func pick(first bool, a, b any) any {
	if first {
		return a
	}
	return b
}

// subs keeps or drops the named sub-attributes of a value, in each element of a list.
func (p projection) subs(value any, names []string) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, 0, len(value))
		for _, each := range value {
			if part := p.subs(each, names); part != nil {
				list = append(list, part)
			}
		}
		return list
	case map[string]any:
		return p.subs(sorted(value), names)
	case object:
		kept := object{}
		for _, m := range value {
			if named(m.name, names) != p.except {
				kept = append(kept, m)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	}
	return value
}

func named(name string, names []string) bool {
	for _, each := range names {
		if strings.EqualFold(each, name) {
			return true
		}
	}
	return false
}
