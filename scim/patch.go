package scim

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A PATCH of SCIM 2.0 (RFC 7644, section 3.5.2) is applied to a copy of the attributes; only when every operation
// succeeded does the store see it. Values inside are shared with the stored resource, so each edit replaces the
// containers on its way and changes none.

type operation struct {
	op    string // add, replace or remove
	path  string // "" when the operation has none
	value any
}

// target is what a path leads to: an attribute, elements of it chosen by a filter, and a sub-attribute of those.
type target struct {
	path   attrPath
	filter expr
	attr   *attribute // the attribute the path names (not its sub-attribute)
	sub    *attribute // nil when the path has no sub-attribute
}

type patch struct {
	kind  *kind
	id    string
	attrs map[string]any
}

// patchV2 applies the body of a 2.0 PATCH to r and gives the new attributes.
func patchV2(r *record, body map[string]any) (map[string]any, error) {
	if err := requireSchema(body, urnPatchOp); err != nil {
		return nil, err
	}
	list, ok := field(body, "Operations").([]any)
	if !ok || len(list) == 0 {
		return nil, badRequest(invalidSyntax, "Operations must be an array with at least one operation")
	}
	p := &patch{kind: r.kind, id: r.id, attrs: maps.Clone(r.attrs)}
	for _, each := range list {
		op, err := parseOperation(each)
		if err != nil {
			return nil, err
		}
		if err := p.apply(op); err != nil {
			return nil, err
		}
	}
	return p.attrs, nil
}

func parseOperation(v any) (operation, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return operation{}, badRequest(invalidSyntax, "an operation must be an object, not %s", jsonType(v))
	}
	op := operation{value: field(m, "value")}
	op.op, _ = field(m, "op").(string)
	op.op = strings.ToLower(op.op)
	if op.op != "add" && op.op != "replace" && op.op != "remove" {
		return op, badRequest(invalidSyntax, "op must be add, replace or remove")
	}
	switch path := field(m, "path").(type) {
	case nil:
	case string:
		op.path = strings.TrimSpace(path)
	default:
		return op, badRequest(invalidPath, "path must be a string, not %s", jsonType(path))
	}
	return op, nil
}

func (p *patch) apply(op operation) error {
	if op.path == "" {
		return p.applyAll(op)
	}
	t, err := p.locate(op.path)
	if err != nil {
		return err
	}
	if t.attr.mutability == readOnly || t.sub != nil && t.sub.mutability == readOnly {
		return badRequest(mutability, "%s cannot be changed by a client", op.path)
	}
	if t.attr.mutability == writeOnly {
		return nil // a password is accepted and not kept
	}
	return p.within(t, op)
}

// applyAll is an operation without path: every member of its value is a target of its own. Okta sends the id of the
// resource among them; naming the right one is not a change.
func (p *patch) applyAll(op operation) error {
	if op.op == "remove" {
		return badRequest(noTarget, "remove needs a path")
	}
	values, ok := op.value.(map[string]any)
	if !ok {
		return badRequest(invalidValue, "without a path, value must be an object, not %s", jsonType(op.value))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := p.applyMember(operation{op.op, name, values[name]}); err != nil {
			return err
		}
	}
	return nil
}

// applyMember is one member of a value without path. As in a POST, read-only and unknown attributes are ignored.
func (p *patch) applyMember(op operation) error {
	a := p.kind.attribute(op.path)
	_, isObject := op.value.(map[string]any)
	switch {
	case a != nil && a.name == "id" && op.value != p.id:
		return badRequest(mutability, "id cannot be changed")
	case a != nil && a.mutability == readOnly:
		return nil
	case p.kind.isCore(op.path):
		return p.applyAll(operation{op: op.op, value: op.value})
	case isURN(op.path) && isObject && !p.reaches(op.path):
		return target{attr: p.kind.extension(op.path)}.edit(p.attrs, op)
	case !isURN(op.path) && !p.reaches(op.path):
		return nil
	}
	return p.apply(op)
}

// reaches says whether the path leads to an attribute of a schema this server knows.
func (p *patch) reaches(text string) bool {
	t, err := p.attribute(text)
	return err == nil && t.attr.typ != typeAny
}

// locate resolves a path: attribute, sub-attribute, or "attribute[filter]" with an optional ".sub" behind.
func (p *patch) locate(text string) (target, error) {
	open := strings.IndexByte(text, '[')
	if open < 0 {
		return p.attribute(text)
	}
	closing := strings.LastIndexByte(text, ']')
	if closing < open {
		return target{}, badRequest(invalidPath, "path %q has no closing bracket", shorten(text))
	}
	rest := text[closing+1:]
	if rest != "" && rest[0] != '.' {
		return target{}, badRequest(invalidPath, "path %q: only a sub-attribute can follow the bracket", shorten(text))
	}
	t, err := p.attribute(text[:open] + rest)
	if err != nil {
		return t, err
	}
	if !t.attr.multi {
		return t, badRequest(invalidPath, "path %q: %s has a single value, there is nothing to choose", shorten(text), t.attr.name)
	}
	if t.filter, err = parseFilter(text[open+1 : closing]); err != nil {
		return t, err
	}
	return t, t.filter.bind(t.attr)
}

func (p *patch) attribute(text string) (target, error) {
	path, ok := parseAttrPath(text)
	if ok && p.attrs[text] != nil && isURN(text) {
		path = attrPath{urn: text} // an extension this server has no schema for, but the resource has
	}
	t := target{path: path}
	path.sub = ""
	resolved, a := p.kind.resolve(path)
	if !ok || a == nil {
		return t, badRequest(invalidPath, "%s has no attribute %q", p.kind.name, shorten(text))
	}
	resolved.sub, t.attr = t.path.sub, a
	t.path = resolved
	if t.path.sub == "" {
		return t, nil
	}
	if t.sub = a.find(t.path.sub); t.sub == nil {
		return t, badRequest(invalidPath, "%s has no sub-attribute %q", a.name, shorten(t.path.sub))
	}
	return t, nil
}

// within edits the top of the resource or the extension the target lies in.
func (p *patch) within(t target, op operation) error {
	if t.path.urn == "" || t.path.name == "" {
		return t.edit(p.attrs, op)
	}
	old, _ := p.attrs[t.path.urn].(map[string]any)
	ext := copied(old)
	if err := t.edit(ext, op); err != nil {
		return err
	}
	setOrDelete(p.attrs, t.path.urn, ext)
	return nil
}

func (t target) edit(box map[string]any, op operation) error {
	switch {
	case t.filter != nil:
		return t.editChosen(box, op)
	case t.sub != nil && t.attr.multi:
		return t.editEach(box, op)
	case t.sub != nil:
		return t.editSub(box, op)
	case op.op == "remove":
		return t.remove(box, op.value)
	case t.attr.multi:
		return t.editList(box, op)
	case t.attr.typ == typeComplex:
		return t.merge(box, op.value)
	}
	return t.attr.store(box, op.value)
}

// editSub sets or removes one sub-attribute of a complex attribute.
func (t target) editSub(box map[string]any, op operation) error {
	old, _ := box[t.attr.name].(map[string]any)
	changed := copied(old)
	if err := setSub(t.sub, changed, op); err != nil {
		return within(t.attr.name, err)
	}
	setOrDelete(box, t.attr.name, changed)
	return nil
}

func setSub(sub *attribute, m map[string]any, op operation) error {
	if op.op == "remove" {
		delete(m, sub.name)
		return nil
	}
	return sub.store(m, op.value)
}

// editEach sets or removes a sub-attribute in every element of a list.
func (t target) editEach(box map[string]any, op operation) error {
	old, _ := box[t.attr.name].([]any)
	if len(old) == 0 && op.op == "add" {
		old = []any{map[string]any{}}
	}
	if len(old) == 0 {
		return badRequest(noTarget, "%s has no value whose %s could be changed", t.attr.name, t.sub.name)
	}
	return t.change(box, old, op, func(map[string]any) bool { return true })
}

// editChosen is an operation on the elements that the filter of the path chooses.
func (t target) editChosen(box map[string]any, op operation) error {
	old, _ := box[t.attr.name].([]any)
	chosen := func(m map[string]any) bool { return t.filter.match(element(m)) }
	if !slices.ContainsFunc(old, func(v any) bool { m, ok := v.(map[string]any); return ok && chosen(m) }) {
		made, ok := sample(t.filter)
		if op.op != "add" || !ok {
			return badRequest(noTarget, "no value of %s matches [%s]", t.attr.name, shorten(t.filter.String()))
		}
		old = append(slices.Clone(old), made)
	}
	if op.op == "remove" && t.sub == nil {
		left := slices.DeleteFunc(slices.Clone(old), func(v any) bool { m, ok := v.(map[string]any); return ok && chosen(m) })
		setOrDelete(box, t.attr.name, left)
		return nil
	}
	return t.change(box, old, op, chosen)
}

// change makes a new list in which the chosen elements have been edited, and keeps one primary at most.
func (t target) change(box map[string]any, old []any, op operation, chosen func(map[string]any) bool) error {
	list := make([]any, 0, len(old))
	var preferred any
	for _, each := range old {
		m, ok := each.(map[string]any)
		if !ok || !chosen(m) {
			list = append(list, each)
			continue
		}
		changed, err := t.changeOne(m, op)
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			continue
		}
		if isPrimary(changed) && !isPrimary(m) {
			preferred = changed
		}
		list = append(list, changed)
	}
	setOrDelete(box, t.attr.name, onePrimary(list, preferred))
	return nil
}

func (t target) changeOne(m map[string]any, op operation) (map[string]any, error) {
	changed := maps.Clone(m)
	if t.sub != nil {
		return changed, within(t.attr.name, setSub(t.sub, changed, op))
	}
	value, err := t.attr.single(op.value)
	if err != nil {
		return nil, err
	}
	given, _ := value.(map[string]any)
	if op.op == "replace" {
		return given, nil
	}
	maps.Copy(changed, given)
	return changed, nil
}

// editList adds to a list what is not in it yet, or replaces the list. A single object is taken for a list of one.
func (t target) editList(box map[string]any, op operation) error {
	value := op.value
	if _, isObject := value.(map[string]any); isObject {
		value = []any{value}
	}
	if op.op == "replace" {
		return t.attr.store(box, value)
	}
	coerced, err := t.attr.coerce(value)
	if err != nil {
		return err
	}
	given, _ := coerced.([]any)
	old, _ := box[t.attr.name].([]any)
	list := slices.Clone(old)
	var preferred any
	for _, v := range given {
		if isPrimary(v) {
			preferred = v
		}
		if !slices.ContainsFunc(list, func(each any) bool { return t.attr.sameElement(each, v) }) {
			list = append(list, v)
		}
	}
	setOrDelete(box, t.attr.name, onePrimary(list, preferred))
	return nil
}

// sameElement compares group members by their id, whatever else is given, and other elements whole.
func (a *attribute) sameElement(x, y any) bool {
	if a.name == "members" {
		return memberID(x) == memberID(y)
	}
	return reflect.DeepEqual(x, y)
}

// onePrimary takes "primary" from all elements but the preferred one (RFC 7644, section 3.5.2).
func onePrimary(list []any, preferred any) []any {
	if preferred == nil {
		return list
	}
	for i, v := range list {
		if isPrimary(v) && !reflect.DeepEqual(v, preferred) {
			demoted := maps.Clone(v.(map[string]any))
			demoted["primary"] = false
			list[i] = demoted
		}
	}
	return list
}

// merge changes the sub-attributes that are given and leaves the others; null takes one away.
func (t target) merge(box map[string]any, value any) error {
	if value == nil {
		delete(box, t.attr.name)
		return nil
	}
	given, ok := value.(map[string]any)
	if !ok {
		return badRequest(invalidValue, "%s must be an object, not %s", t.attr.name, jsonType(value))
	}
	old, _ := box[t.attr.name].(map[string]any)
	changed := copied(old)
	for name, v := range given {
		sub := t.attr.find(name)
		if sub == nil || sub.mutability == readOnly {
			continue
		}
		if err := sub.store(changed, v); err != nil {
			return within(t.attr.name, err)
		}
	}
	setOrDelete(box, t.attr.name, changed)
	return nil
}

// remove takes an attribute away. Some clients (Microsoft Entra among them) name the elements to remove in "value";
// without that reading they would empty the whole list.
func (t target) remove(box map[string]any, value any) error {
	if t.attr.required {
		return badRequest(mutability, "%s is required and cannot be removed", t.attr.name)
	}
	if one, isObject := value.(map[string]any); isObject {
		value = []any{one}
	}
	unwanted, ok := value.([]any)
	if !ok || !t.attr.multi {
		delete(box, t.attr.name)
		return nil
	}
	old, _ := box[t.attr.name].([]any)
	left := slices.DeleteFunc(slices.Clone(old), func(v any) bool {
		return slices.ContainsFunc(unwanted, func(u any) bool { return elementValue(u) != nil && elementValue(u) == elementValue(v) })
	})
	setOrDelete(box, t.attr.name, left)
	return nil
}

// elementValue is the "value" of an element when it is text; nil otherwise.
func elementValue(v any) any {
	m, _ := v.(map[string]any)
	if text, ok := field(m, "value").(string); ok {
		return text
	}
	return nil
}

// sample is an element that the filter chooses, made from its equalities: add with emails[type eq "work"].value
// creates the work address when there is none.
func sample(filter expr) (map[string]any, bool) {
	switch e := filter.(type) {
	case *comparison:
		return map[string]any{e.path.name: e.value}, e.op == "eq" && e.value != nil && e.path.sub == ""
	case *junction:
		left, ok := sample(e.left)
		right, also := sample(e.right)
		if e.or || !ok || !also {
			return nil, false
		}
		maps.Copy(left, right)
		return left, e.match(element(left))
	}
	return nil, false
}

func copied(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return maps.Clone(m)
}

// setOrDelete stores a container, or unassigns the attribute when nothing is left in it.
func setOrDelete[C map[string]any | []any](box map[string]any, name string, value C) {
	if len(value) == 0 {
		delete(box, name)
		return
	}
	box[name] = value
}
