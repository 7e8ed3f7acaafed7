package jsontree

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Missing says how far a path led, and what is there instead of the value. It is the error of [Path.Lookup].
type Missing struct {
	// Path is the whole path as written.
	Path string
	// Segment is the first piece of the path that leads nowhere: a name, or an index as a bare number.
	Segment string
	// Found is the deepest part of the path that exists; "" is the document itself.
	Found string
	// FoundKind is the kind of the value there.
	FoundKind Kind
	// Keys are the first 100 names of an object there.
	Keys []string
	// Length is the number of elements of an array there, or of names of an object.
	Length int
}

const keysLimit = 100

// Error writes the failure in the hosted service's words, as its results show them.
func (m *Missing) Error() string {
	return fmt.Sprintf("Unable to locate %s property in path '%s' in JSON.", m.Segment, m.Path)
}

// Lookup returns the value to which the path leads from root; otherwise what is missing.
//
// Names are looked up as written, an index only in arrays, a negative one from the end; length of an array or a string is its
// length as in JavaScript. Where a name leads nowhere, the rest of the path is tried as one name, then ever shorter parts of
// it, because names such as SCIM's URNs have dots in them.
func (p Path) Lookup(root *Value) (*Value, *Missing) {
	v := root
	for i := range p.segments {
		next := v.step(&p.segments[i])
		if next == nil {
			return p.search(root)
		}
		v = next
	}
	return v, nil
}

// search is the slow road of Lookup.
func (p Path) search(root *Value) (*Value, *Missing) {
	s := search{path: p, at: root}
	if v := s.from(root, 0); v != nil {
		return v, nil
	}
	return nil, s.missing()
}

// A search remembers the deepest value from which it could not go on.
type search struct {
	path Path
	at   *Value
	next int // the segment that leads nowhere from there
}

func (s *search) from(v *Value, i int) *Value {
	segments := s.path.segments
	if i == len(segments) {
		return v
	}
	if next := v.step(&segments[i]); next != nil {
		if found := s.from(next, i+1); found != nil {
			return found
		}
	} else if i > s.next {
		s.at, s.next = v, i
	}
	if v.Kind != Object {
		return nil
	}
	for last := len(segments) - 1; last >= i; last-- {
		next := v.Get(s.path.text[segments[i].start:segments[last].end])
		if next == nil || last == i && !segments[i].isIndex {
			continue
		}
		if found := s.from(next, last+1); found != nil {
			return found
		}
	}
	return nil
}

func (s *search) missing() *Missing {
	m := &Missing{Path: s.path.text, Segment: s.path.segments[s.next].name, FoundKind: s.at.Kind}
	if s.next > 0 {
		m.Found = s.path.text[:s.path.segments[s.next-1].end]
	}
	switch s.at.Kind {
	case Array:
		m.Length = len(s.at.Items)
	case Object:
		m.Keys = s.at.Names()
		m.Length = len(m.Keys)
		m.Keys = m.Keys[:min(keysLimit, len(m.Keys)):min(keysLimit, len(m.Keys))]
	}
	return m
}

// step goes one segment further; nil when it leads nowhere.
func (v *Value) step(s *segment) *Value {
	switch {
	case s.isIndex:
		return v.item(s.index)
	case v.Kind == Object:
		return v.Get(s.name)
	case s.name == "length" && v.Kind == Array:
		return FromNumber(strconv.Itoa(len(v.Items)))
	case s.name == "length" && v.Kind == String:
		return FromNumber(strconv.Itoa(units(v.Text)))
	default:
		return nil
	}
}

func (v *Value) item(index int) *Value {
	if index < 0 {
		index += len(v.Items)
	}
	if index < 0 || index >= len(v.Items) {
		return nil
	}
	return v.Items[index]
}

// units returns the length of s in JavaScript's counting, in UTF-16 units.
func units(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
