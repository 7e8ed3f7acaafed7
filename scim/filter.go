package scim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A filter (RFC 7644, section 3.4.2.2; SCIM 1.1 has a subset of it) is parsed to a tree of expr, bound to the schema
// of a resource type, and then matched against resources. This file reads; match.go binds and matches.

// expr is a filter or a part of one. String gives a text that parses to an equal tree.
type expr interface {
	fmt.Stringer
	bind(scope) error
	match(holder) bool
}

type (
	junction struct {
		or          bool // else and
		left, right expr
	}
	negation  struct{ inner expr }
	valuePath struct {
		path  attrPath
		inner expr
	}
	comparison struct {
		path  attrPath
		op    string // lower case
		value any    // string, json.Number, bool or nil; unused by pr
		bound bound
	}
)

// attrPath names an attribute: [urn:]name[.sub]. A path that is a known extension's URN alone has no name.
type attrPath struct {
	urn, name, sub string
}

func (p attrPath) String() string {
	text := p.name
	if p.sub != "" {
		text += "." + p.sub
	}
	if p.urn != "" && text != "" {
		return p.urn + ":" + text
	}
	return p.urn + text
}

func (j *junction) String() string {
	if j.or {
		return j.left.String() + " or " + j.right.String()
	}
	return operand(j.left) + " and " + operand(j.right)
}

// operand puts an "or" below an "and" into parentheses.
func operand(e expr) string {
	if j, ok := e.(*junction); ok && j.or {
		return "(" + e.String() + ")"
	}
	return e.String()
}

func (n *negation) String() string  { return "not (" + n.inner.String() + ")" }
func (v *valuePath) String() string { return v.path.String() + "[" + v.inner.String() + "]" }

func (c *comparison) String() string {
	if c.op == "pr" {
		return c.path.String() + " pr"
	}
	return c.path.String() + " " + c.op + " " + string(appendValue(nil, c.value))
}

// maxFilterDepth bounds the nesting of parentheses, so that a hostile filter cannot exhaust the stack.
const maxFilterDepth = 64

type filterParser struct {
	text    string
	at      int    // where the next token begins
	token   string // the current token; "" at the end
	start   int    // where the current token begins
	depth   int
	inValue bool // between [ and ]
}

// parseFilter reads a whole filter. Its error is an invalidFilter problem that says at which character.
func parseFilter(text string) (expr, error) {
	p := &filterParser{text: text}
	if err := p.next(); err != nil {
		return nil, err
	}
	e, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if p.token != "" {
		return nil, p.errorf("expected \"and\", \"or\" or the end, found %s", p.found())
	}
	return e, nil
}

func (p *filterParser) disjunction() (expr, error) { return p.chain("or", p.conjunction) }
func (p *filterParser) conjunction() (expr, error) { return p.chain("and", p.term) }

// chain reads operands joined by a word, to the left.
func (p *filterParser) chain(word string, operand func() (expr, error)) (expr, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for strings.EqualFold(p.token, word) {
		if err := p.next(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = &junction{or: word == "or", left: left, right: right}
	}
	return left, nil
}

func (p *filterParser) term() (expr, error) {
	switch {
	case p.token == "(":
		return p.enclosed(")")
	case strings.EqualFold(p.token, "not") && strings.HasPrefix(strings.TrimLeft(p.text[p.at:], " \t"), "("):
		if err := p.next(); err != nil {
			return nil, err
		}
		inner, err := p.enclosed(")")
		return &negation{inner}, err
	}
	return p.attribute()
}

// enclosed reads a filter up to its closing bracket; the current token is the opening one.
func (p *filterParser) enclosed(closing string) (expr, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, p.errorf("nested more than %d deep", maxFilterDepth)
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	e, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if p.token != closing {
		return nil, p.errorf("expected %q, found %s", closing, p.found())
	}
	p.depth--
	return e, p.next()
}

// attribute reads what begins with an attribute: a comparison, a presence test or a value path.
func (p *filterParser) attribute() (expr, error) {
	path, ok := parseAttrPath(p.token)
	if !ok {
		return nil, p.errorf("expected an attribute, found %s", p.found())
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	if p.token == "[" {
		return p.elements(path)
	}
	op := strings.ToLower(p.token)
	switch op {
	case "pr":
		return &comparison{path: path, op: op}, p.next()
	case "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le":
		return p.comparison(path, op)
	}
	return nil, p.errorf("expected an operator (eq ne co sw ew pr gt ge lt le) after %s, found %s", path, p.found())
}

func (p *filterParser) elements(path attrPath) (expr, error) {
	if p.inValue {
		return nil, p.errorf("a value path cannot stand inside another")
	}
	p.inValue = true
	inner, err := p.enclosed("]")
	p.inValue = false
	return &valuePath{path: path, inner: inner}, err
}

func (p *filterParser) comparison(path attrPath, op string) (expr, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	value, ok := literal(p.token)
	if !ok {
		return nil, p.errorf("expected a value (\"text\" in double quotes, a number, true, false or null) after %s, found %s", op, p.found())
	}
	return &comparison{path: path, op: op, value: value}, p.next()
}

// literal decodes a comparison value: a JSON string, number, true, false or null.
func literal(token string) (any, bool) {
	if token == "" || strings.ContainsAny(token[:1], "[]()") {
		return nil, false
	}
	dec := json.NewDecoder(strings.NewReader(token))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err == nil && dec.InputOffset() == int64(len(token))
}

// next moves on to the next token: a bracket, a string in double quotes, or a word.
func (p *filterParser) next() error {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
	p.start = p.at
	switch rest := p.text[p.at:]; {
	case rest == "":
	case isBracket(rest[0]):
		p.at++
	case rest[0] == '"':
		n := stringLength(rest)
		if n == 0 {
			p.token = rest
			return p.errorf("the text that begins here has no closing double quote")
		}
		p.at += n
	default:
		for p.at < len(p.text) && !isSpace(p.text[p.at]) && !isBracket(p.text[p.at]) && p.text[p.at] != '"' {
			p.at++
		}
	}
	p.token = p.text[p.start:p.at]
	return nil
}

func isSpace(c byte) bool   { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isBracket(c byte) bool { return c == '(' || c == ')' || c == '[' || c == ']' }

// stringLength is the length of the quoted string s begins with, quotes included; 0 when it does not end.
func stringLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

func (p *filterParser) found() string {
	if p.token == "" {
		return "the end"
	}
	return fmt.Sprintf("%q", shorten(p.token))
}

func (p *filterParser) errorf(format string, args ...any) error {
	return badRequest(invalidFilter, "filter, character %d: %s", p.start+1, fmt.Sprintf(format, args...))
}

// shorten keeps what a client sent from filling a message.
func shorten(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// parseAttrPath reads [urn:]name[.sub]. Everything up to the last colon is the URN; URNs contain dots themselves.
func parseAttrPath(text string) (attrPath, bool) {
	if isSchema(text) {
		return attrPath{urn: text}, true
	}
	var p attrPath
	if colon := strings.LastIndexByte(text, ':'); colon >= 0 {
		p.urn, text = text[:colon], text[colon+1:]
		if !validURN(p.urn) {
			return attrPath{}, false
		}
	}
	name, sub, dotted := strings.Cut(text, ".")
	p.name, p.sub = name, sub
	return p, validName(name) && (!dotted || validName(sub))
}

func isSchema(text string) bool {
	return strings.EqualFold(text, urnEnterprise) || strings.EqualFold(text, urnEnterpriseV1)
}

func validURN(s string) bool {
	return len(s) > 4 && strings.EqualFold(s[:4], "urn:") && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"()[]`, r)
	})
}

// validName follows the RFC's ATTRNAME, and lets "$ref" through.
func validName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z' || i == 0 && s[0] == '$'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789-_", rune(s[i]))) {
			return false
		}
	}
	return s != "" && s != "$"
}
