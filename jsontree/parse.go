package jsontree

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	byteOrderMark = "\ufeff"

	depthLimit = 10_000    // of the decoder
	countLimit = 1_500_000 // a value, or a name with its place in an index, takes some 150 bytes
	indexFrom  = 64        // objects with more members get an index when they are parsed
	firstChunk = 16        // values allocated together at first …
	chunkLimit = 1024      // … and at most
)

// Parse reads one JSON value. White space around it is allowed, and a leading byte order mark is skipped; anything else behind
// the value is an error. As in JavaScript, a name may stand in an object twice, and what is not valid UTF-8 reads as U+FFFD.
// Arrays and objects may be nested 10,000 deep, and a text may hold 1,500,000 values and names, so that one of 64 MiB takes some
// 350 MiB of memory at most. The value keeps no reference to data. The error is a [*SyntaxError].
func Parse(data []byte) (*Value, error) {
	return newParser(data).parse()
}

func (p *parser) parse() (*Value, error) {
	root, err := p.value()
	if err != nil {
		return nil, p.explain(err)
	}
	if rest := p.skipSpace(p.at()); rest < len(p.text) {
		return nil, p.trailing(rest)
	}
	return root, nil
}

type parser struct {
	text    string // the whole input; values are parts of it wherever possible
	base    int    // offset of the decoder's first byte
	decoder *jsontext.Decoder

	open    []int // offsets of the brackets that are open
	nameEnd int   // offset behind the last name
	naming  bool  // the decoder stands before a name, or before a closing brace
	room    int   // for so many values and names more
	chunk   []Value
	items   []*Value // elements of the arrays that are open
	members []Member // members of the objects that are open
}

func newParser(data []byte) *parser {
	base := 0
	if bytes.HasPrefix(data, []byte(byteOrderMark)) {
		base = len(byteOrderMark)
	}
	return &parser{
		text: string(data),
		base: base,
		room: countLimit,
		// The decoder reads a bytes.Buffer in place.
		decoder: jsontext.NewDecoder(bytes.NewBuffer(data[base:]),
			jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
	}
}

// at returns the offset behind the last token.
func (p *parser) at() int { return p.base + int(p.decoder.InputOffset()) }

var errTooMany = errors.New("too many values")

func (p *parser) value() (*Value, error) {
	if err := p.count(); err != nil {
		return nil, err
	}
	switch kind := p.decoder.PeekKind(); kind {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"', '0':
		return p.scalar(kind)
	default:
		return p.literal()
	}
}

// count takes room for a value or a name.
func (p *parser) count() error {
	if p.room--; p.room < 0 {
		return errTooMany
	}
	return nil
}

// literal reads null, true or false. It is also where everything fails that cannot begin a value.
func (p *parser) literal() (*Value, error) {
	token, err := p.decoder.ReadToken()
	if err != nil {
		return nil, err
	}
	v := p.newValue(Null, len(token.String()))
	switch token.Kind() {
	case 't':
		v.Kind = True
	case 'f':
		v.Kind = False
	}
	return v, nil
}

func (p *parser) scalar(kind jsontext.Kind) (*Value, error) {
	raw, err := p.decoder.ReadValue()
	if err != nil {
		return nil, err
	}
	if kind == '0' {
		v := p.newValue(Number, len(raw))
		v.Text = p.text[v.Start:v.End]
		return v, nil
	}
	v := p.newValue(String, len(raw))
	v.Text = p.unquote(raw, v.Start, v.End)
	return v, nil
}

func (p *parser) array() (*Value, error) {
	if _, err := p.decoder.ReadToken(); err != nil {
		return nil, err
	}
	v := p.newValue(Array, 1)
	p.open = append(p.open, v.Start)
	first := len(p.items)
	for p.decoder.PeekKind() != ']' {
		item, err := p.value()
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, item)
	}
	if err := p.close(v); err != nil {
		return nil, err
	}
	v.Items = append(v.Items, p.items[first:]...)
	p.items = p.items[:first]
	return v, nil
}

func (p *parser) object() (*Value, error) {
	if _, err := p.decoder.ReadToken(); err != nil {
		return nil, err
	}
	v := p.newValue(Object, 1)
	p.open = append(p.open, v.Start)
	first := len(p.members)
	for p.naming = true; p.decoder.PeekKind() != '}'; p.naming = true {
		member, err := p.member()
		if err != nil {
			return nil, err
		}
		p.members = append(p.members, member)
	}
	if err := p.close(v); err != nil {
		return nil, err
	}
	v.Members = append(v.Members, p.members[first:]...)
	p.members = p.members[:first]
	v.index = indexOf(v.Members)
	return v, nil
}

func (p *parser) member() (m Member, err error) {
	if err := p.count(); err != nil {
		return m, err
	}
	raw, err := p.decoder.ReadValue()
	if err != nil {
		return m, err
	}
	m.NameEnd = p.at()
	m.NameStart = m.NameEnd - len(raw)
	m.Name = p.unquote(raw, m.NameStart, m.NameEnd)
	p.nameEnd, p.naming = m.NameEnd, false
	m.Value, err = p.value()
	return m, err
}

// close reads the closing bracket of v.
func (p *parser) close(v *Value) error {
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	v.End = p.at()
	p.open = p.open[:len(p.open)-1]
	p.naming = false
	return nil
}

// newValue returns a value whose literal is length bytes long and has just been read.
func (p *parser) newValue(kind Kind, length int) *Value {
	if len(p.chunk) == cap(p.chunk) {
		p.chunk = make([]Value, 0, min(max(firstChunk, 2*cap(p.chunk)), chunkLimit))
	}
	end := p.at()
	p.chunk = append(p.chunk, Value{Kind: kind, Start: end - length, End: end})
	return &p.chunk[len(p.chunk)-1]
}

// unquote returns what a string literal means: a part of the input itself unless something in it has to be decoded.
func (p *parser) unquote(raw []byte, start, end int) string {
	inside := p.text[start+1 : end-1]
	switch escaped, valid := strings.IndexByte(inside, '\\') >= 0, utf8.ValidString(inside); {
	case !escaped && valid:
		return inside
	case !escaped:
		return replaceInvalid(inside)
	}
	// The decoder has accepted the literal: the only error left is invalid UTF-8, which comes out as U+FFFD.
	decoded, _ := jsontext.AppendUnquote(nil, raw)
	return string(decoded)
}

// replaceInvalid puts U+FFFD in the place of each byte that is not UTF-8. The text may grow to three times its length, so that
// it is allocated once.
func replaceInvalid(text string) string {
	length := 0
	for _, r := range text {
		length += utf8.RuneLen(r)
	}
	var out strings.Builder
	out.Grow(length)
	for _, r := range text {
		out.WriteRune(r)
	}
	return out.String()
}

func (p *parser) skipSpace(offset int) int {
	for offset < len(p.text) && strings.IndexByte(" \t\r\n", p.text[offset]) >= 0 {
		offset++
	}
	return offset
}

func indexOf(members []Member) map[string]int {
	if len(members) <= indexFrom {
		return nil
	}
	index := make(map[string]int, len(members))
	for i, m := range members {
		index[m.Name] = i
	}
	return index
}

// errorOffset returns where the decoder found fault.
func (p *parser) errorOffset(err error) int {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return min(p.base+int(syntax.ByteOffset), len(p.text))
	}
	return len(p.text)
}

// cutOff reports whether the input ended too early.
func cutOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
