package scim

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"
)

// scope is where a filter's attribute names are looked up: a resource type, or the elements of an attribute. It
// gives the path in the schema's spelling and the attribute at its end; nil means there is none of that name.
type scope interface {
	resolve(attrPath) (attrPath, *attribute)
}

// holder is what a filter is matched against: a resource, or one element of a multi-valued attribute. It is asked
// with names in the schema's spelling.
type holder interface {
	get(urn, name string) any
}

func (k *kind) resolve(p attrPath) (attrPath, *attribute) {
	if p.urn == "" || p.name != "" && k.isCore(p.urn) {
		p.urn = ""
		return p.spelled(k.attribute(p.name))
	}
	ext := k.extension(canonicalURN(p.urn))
	p.urn = ext.name
	if p.name == "" {
		return p, ext
	}
	return p.spelled(ext.find(p.name))
}

func (k *kind) isCore(urn string) bool {
	return strings.EqualFold(urn, k.urn) || strings.EqualFold(urn, urnCoreV1)
}

func (a *attribute) resolve(p attrPath) (attrPath, *attribute) {
	if p.urn != "" {
		return p, nil
	}
	return p.spelled(a.find(p.name))
}

// spelled puts the schema's names into p, whose name is the attribute a, and gives the attribute at its end.
func (p attrPath) spelled(a *attribute) (attrPath, *attribute) {
	if a == nil {
		return p, nil
	}
	p.name = a.name
	if p.sub == "" {
		return p, a
	}
	sub := a.find(p.sub)
	if sub != nil {
		p.sub = sub.name
	}
	return p, sub
}

type element map[string]any

func (e element) get(_, name string) any { return field(e, name) }

// field is m's member called name; the exact spelling first, then without regard to case.
func field(m map[string]any, name string) any {
	if v, ok := m[name]; ok {
		return v
	}
	for key, v := range m {
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}

// bound is what a comparison learns from the schema once, so that matching thousands of resources stays cheap.
type bound struct {
	exact  bool
	folded string    // a string value as it is compared
	when   time.Time // the value of a dateTime
	isTime bool
}

func (j *junction) bind(s scope) error {
	if err := j.left.bind(s); err != nil {
		return err
	}
	return j.right.bind(s)
}

func (n *negation) bind(s scope) error { return n.inner.bind(s) }

func (v *valuePath) bind(s scope) error {
	path, a := s.resolve(v.path)
	if a == nil {
		a = &attribute{} // unknown, hence unassigned everywhere: nothing matches
	}
	if a.typ != typeComplex && a.typ != typeAny {
		return badRequest(invalidFilter, "filter: %s has no sub-attributes to choose by", v.path)
	}
	v.path = path
	return v.inner.bind(a)
}

func (c *comparison) bind(s scope) error {
	path, a := s.resolve(c.path)
	if a == nil {
		a = &attribute{} // unknown, hence unassigned everywhere
	}
	c.path = path
	if a.typ == typeComplex && a.multi && a.find("value") != nil {
		a = a.find("value") // the RFC's default: emails co "x" means emails.value
	}
	if c.op == "pr" {
		return nil
	}
	if err := c.suits(a); err != nil {
		return err
	}
	return c.prepare(a)
}

// suits refuses comparisons that could never be meant, instead of answering them with an empty list.
func (c *comparison) suits(a *attribute) error {
	_, isText := c.value.(string)
	_, isBool := c.value.(bool)
	ordering := c.op != "eq" && c.op != "ne"
	switch {
	case c.value == nil && ordering:
		return badRequest(invalidFilter, "filter: null can only be compared with eq and ne")
	case c.value == nil || a.typ == typeAny:
		return nil
	case a.typ == typeComplex:
		return badRequest(invalidFilter, "filter: %s is complex; compare one of its sub-attributes", c.path)
	case a.typ == typeBoolean && (ordering || !isBool):
		return badRequest(invalidFilter, "filter: %s is boolean; compare it with eq or ne to true or false, without quotes", c.path)
	case a.typ != typeBoolean && !isText:
		return badRequest(invalidFilter, "filter: %s is text; put the value into double quotes", c.path)
	case a.typ == typeBinary && (c.op == "gt" || c.op == "ge" || c.op == "lt" || c.op == "le"):
		return badRequest(invalidFilter, "filter: %s is binary and has no order", c.path)
	}
	return nil
}

func (c *comparison) prepare(a *attribute) error {
	c.bound.exact = a.exact
	text, isText := c.value.(string)
	c.bound.folded = c.fold(text)
	if a.typ != typeDateTime || !isText || c.op == "co" || c.op == "sw" || c.op == "ew" {
		return nil
	}
	when, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return badRequest(invalidFilter, "filter: %q is not a date and time such as 2026-01-31T12:00:00Z", shorten(text))
	}
	c.bound.when, c.bound.isTime = when, true
	return nil
}

func (c *comparison) fold(s string) string {
	if c.bound.exact {
		return s
	}
	return strings.ToLower(s)
}

func (j *junction) match(h holder) bool {
	if j.or {
		return j.left.match(h) || j.right.match(h)
	}
	return j.left.match(h) && j.right.match(h)
}

func (n *negation) match(h holder) bool { return !n.inner.match(h) }

func (v *valuePath) match(h holder) bool {
	value := h.get(v.path.urn, v.path.name)
	if m, ok := value.(map[string]any); ok && v.path.sub != "" {
		value = field(m, v.path.sub)
	}
	switch value := value.(type) {
	case map[string]any:
		return v.inner.match(element(value))
	case []any:
		for _, each := range value {
			if m, ok := each.(map[string]any); ok && v.inner.match(element(m)) {
				return true
			}
		}
	}
	return false
}

// match holds "a ne v" to be exactly "not (a eq v)", also for an attribute without value or with many.
func (c *comparison) match(h holder) bool {
	value := h.get(c.path.urn, c.path.name)
	switch {
	case c.op == "pr":
		return c.present(value)
	case c.op == "ne":
		return !c.equal(value)
	case c.op == "eq":
		return c.equal(value)
	}
	return c.each(value, c.ordered)
}

func (c *comparison) present(value any) bool {
	if c.path.sub == "" {
		return assigned(value)
	}
	return c.each(value, assigned)
}

func (c *comparison) equal(value any) bool {
	if c.value == nil {
		return !c.present(value)
	}
	return c.each(value, c.same)
}

// each says whether test holds for any of the values the path leads to. An element without named sub-attribute
// stands for its "value".
func (c *comparison) each(value any, test func(any) bool) bool {
	switch value := value.(type) {
	case nil:
		return false
	case []any:
		for _, v := range value {
			if c.each(v, test) {
				return true
			}
		}
		return false
	case map[string]any:
		sub := c.path.sub
		if sub == "" {
			sub = "value"
		}
		v := field(value, sub)
		return v != nil && test(v)
	}
	return c.path.sub == "" && test(value)
}

func (c *comparison) same(v any) bool {
	switch v := v.(type) {
	case string:
		if c.bound.isTime {
			return c.order(v) == 0
		}
		_, isText := c.value.(string)
		return isText && c.fold(v) == c.bound.folded
	case json.Number:
		other, ok := c.value.(json.Number)
		return ok && compareNumbers(v, other) == 0
	}
	return v == c.value
}

func (c *comparison) ordered(v any) bool {
	switch v := v.(type) {
	case string:
		if _, ok := c.value.(string); !ok {
			return false
		}
		return c.textual(v)
	case json.Number:
		other, ok := c.value.(json.Number)
		return ok && holds(c.op, compareNumbers(v, other))
	}
	return false
}

func (c *comparison) textual(v string) bool {
	switch c.op {
	case "co":
		return strings.Contains(c.fold(v), c.bound.folded)
	case "sw":
		return strings.HasPrefix(c.fold(v), c.bound.folded)
	case "ew":
		return strings.HasSuffix(c.fold(v), c.bound.folded)
	}
	return holds(c.op, c.order(v))
}

func (c *comparison) order(v string) int {
	if c.bound.isTime {
		if when, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return when.Compare(c.bound.when)
		}
	}
	return strings.Compare(c.fold(v), c.bound.folded)
}

func holds(op string, order int) bool {
	switch op {
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	}
	return false
}

func compareNumbers(a, b json.Number) int {
	x, _ := a.Float64()
	y, _ := b.Float64()
	return cmp.Compare(x, y)
}

// assigned is the RFC's "pr": there is a value, and it is not empty.
func assigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		for _, each := range v {
			if assigned(each) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, each := range v {
			if assigned(each) {
				return true
			}
		}
		return false
	}
	return true
}
