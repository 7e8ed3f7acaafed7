package scim

import (
	"maps"
	"slices"
	"strings"
)

// A PATCH of SCIM 1.1 (section 3.3.2 of its protocol) is a partial resource: attributes named in meta.attributes are
// removed, then single values replace, complex values merge, and elements of lists are added, or removed when they
// carry "operation": "delete".

func patchV1(r *record, body map[string]any) (map[string]any, error) {
	if err := requireSchema(body, urnCoreV1); err != nil {
		return nil, err
	}
	p := &patch{kind: r.kind, id: r.id, attrs: maps.Clone(r.attrs)}
	if err := p.removeListed(body); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if err := p.mergeV1(name, body[name]); err != nil {
			return nil, err
		}
	}
	return p.attrs, nil
}

// removeListed removes what meta.attributes names. A required attribute may be named when the body replaces it.
func (p *patch) removeListed(body map[string]any) error {
	meta, _ := field(body, "meta").(map[string]any)
	names, _ := field(meta, "attributes").([]any)
	for _, each := range names {
		name, ok := each.(string)
		if !ok {
			return badRequest(invalidValue, "meta.attributes must be an array of strings, not of %s", jsonType(each))
		}
		if a := p.kind.attribute(name); a != nil && a.required && field(body, name) != nil {
			continue
		}
		if err := p.apply(operation{op: "remove", path: name}); err != nil {
			return err
		}
	}
	return nil
}

func (p *patch) mergeV1(name string, value any) error {
	a := p.kind.attribute(name)
	list, isList := value.([]any)
	if a == nil || !a.multi || !isList {
		return p.applyMember(operation{op: "replace", path: name, value: value})
	}
	var added, deleted []any
	for _, each := range list {
		m, _ := each.(map[string]any)
		if op, _ := field(m, "operation").(string); strings.EqualFold(op, "delete") {
			deleted = append(deleted, each)
		} else {
			added = append(added, each)
		}
	}
	if len(deleted) > 0 {
		if err := p.applyMember(operation{op: "remove", path: name, value: deleted}); err != nil {
			return err
		}
	}
	return p.applyMember(operation{op: "add", path: name, value: added})
}
