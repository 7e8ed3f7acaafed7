// Package jsontree is JSON as an ordered tree that keeps what a decoder usually loses: the order of members, the text of
// numbers, duplicate names, and the place of every value.
//
// [Parse] reads a text, [ParsePath] and [Path.Lookup] find a value in it. Exports and response bodies go through the same
// tree.
package jsontree

import (
	"slices"
	"strings"

	"offscope/source"
)

// A Kind is the type of a value.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = iota
	False
	True
	Number
	String
	Array
	Object
)

// A Value is one JSON value. Its offsets are those of the text that was parsed; a value that was made by a program has none.
// A parsed value is not changed any more, and may be read by several goroutines.
type Value struct {
	// Text is a string's decoded value or a number's text as written ("1.50", "1e400"); "" for other kinds.
	Text string
	// Items are the elements of an array.
	Items []*Value
	// Members are an object's members in the order of the text, duplicates included; of equal names the last one counts.
	Members []Member
	// Start and End span the value in the text, quotes and brackets included.
	Start, End int
	Kind       Kind

	index map[string]int // of a large object that was parsed: where the last member of a name is
}

// A Member is one name and value of an object.
type Member struct {
	Name      string
	NameStart int // offset of the name's opening quote
	NameEnd   int
	Value     *Value
}

// FromString returns a string made by a program.
func FromString(s string) *Value { return &Value{Kind: String, Text: s} }

// FromNumber returns a number made by a program. The text must be a JSON number.
func FromNumber(text string) *Value { return &Value{Kind: Number, Text: text} }

// FromBool returns true or false made by a program.
func FromBool(b bool) *Value {
	if b {
		return &Value{Kind: True}
	}
	return &Value{Kind: False}
}

// NewNull returns a null made by a program.
func NewNull() *Value { return &Value{} }

// NewArray returns an array made by a program.
func NewArray(items ...*Value) *Value { return &Value{Kind: Array, Items: items} }

// NewObject returns an object made by a program.
func NewObject(members ...Member) *Value { return &Value{Kind: Object, Members: members} }

// TypeName returns the name of the value's type in JSON's words: string, number, boolean, null, array, object.
func (v *Value) TypeName() string { return v.Kind.TypeName() }

// TypeName returns the kind in JSON's words, so that true and false are both "boolean".
func (k Kind) TypeName() string {
	return [...]string{"null", "boolean", "boolean", "number", "string", "array", "object"}[k]
}

// Get returns the value of the last member of that name; nil when there is none or when v is not an object.
func (v *Value) Get(name string) *Value {
	if i := v.last(name); i >= 0 {
		return v.Members[i].Value
	}
	return nil
}

func (v *Value) last(name string) int {
	if v.index != nil {
		if i, ok := v.index[name]; ok {
			return i
		}
		return -1
	}
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Name == name {
			return i
		}
	}
	return -1
}

// A Duplicate is a name that stands in one object more than once.
type Duplicate struct {
	Name string
	// First is where the name stands first; Last is the member that counts.
	First, Last *Member
}

// Duplicates returns the names that stand more than once in this object itself, not in the values inside it, in the order of
// their first members.
func (v *Value) Duplicates() []Duplicate {
	if v.unique() {
		return nil
	}
	var found []Duplicate
	seen := make(map[string]bool, len(v.Members))
	for i := range v.Members {
		name := v.Members[i].Name
		if seen[name] {
			continue
		}
		seen[name] = true
		if last := v.last(name); last != i {
			found = append(found, Duplicate{Name: name, First: &v.Members[i], Last: &v.Members[last]})
		}
	}
	return found
}

// unique reports whether no name stands in the object twice.
func (v *Value) unique() bool {
	if v.index != nil {
		return len(v.index) == len(v.Members)
	}
	if len(v.Members) > indexFrom {
		seen := make(map[string]bool, len(v.Members))
		for _, m := range v.Members {
			seen[m.Name] = true
		}
		return len(seen) == len(v.Members)
	}
	for i, m := range v.Members {
		if v.last(m.Name) != i {
			return false
		}
	}
	return true
}

// Names returns an object's names, each once, in the order in which they first stand there.
func (v *Value) Names() []string {
	var names []string
	for _, m := range v.effective() {
		names = append(names, m.Name)
	}
	return names
}

// effective returns the members that count: of equal names the last value, in the first one's position, as in JavaScript.
func (v *Value) effective() []Member {
	if v.unique() {
		return v.Members
	}
	at := make(map[string]int, len(v.Members))
	var kept []Member
	for _, m := range v.Members {
		if i, seen := at[m.Name]; seen {
			kept[i] = m
			continue
		}
		at[m.Name] = len(kept)
		kept = append(kept, m)
	}
	return kept
}

// Equal reports whether two values are the same JSON: equal strings, equal number texts, equal elements in order, equal members
// in any order. Places do not count. Two nil values are equal.
func (v *Value) Equal(w *Value) bool {
	if v == nil || w == nil {
		return v == w
	}
	if v.Kind != w.Kind || v.Text != w.Text {
		return false
	}
	if v.Kind != Object {
		return slices.EqualFunc(v.Items, w.Items, (*Value).Equal)
	}
	mine, theirs := v.effective(), w.effective()
	if len(mine) != len(theirs) {
		return false
	}
	other := NewObject(theirs...)
	other.index = indexOf(theirs)
	for _, m := range mine {
		if i := other.last(m.Name); i < 0 || !m.Value.Equal(theirs[i].Value) {
			return false
		}
	}
	return true
}

// Clone returns a copy that shares no memory with v, so that a small part of a large document can be kept without the rest.
// Offsets are copied too.
func (v *Value) Clone() *Value {
	w := &Value{Kind: v.Kind, Text: strings.Clone(v.Text), Start: v.Start, End: v.End}
	for _, item := range v.Items {
		w.Items = append(w.Items, item.Clone())
	}
	for _, m := range v.Members {
		m.Name, m.Value = strings.Clone(m.Name), m.Value.Clone()
		w.Members = append(w.Members, m)
	}
	return w
}

// Place returns where the value stands in the file it was parsed from; nowhere for a value made by a program.
func (v *Value) Place(f *source.File) source.Place {
	return place(f, v.Start, v.End)
}

// StringText returns a string together with the literal it was decoded from, and leads from each of its bytes back into f.
func (v *Value) StringText(f *source.File) source.Text {
	return source.JSONString(v.Text, v.Place(f))
}

// NamePlace returns where the member's name stands in the file it was parsed from, its quotes included.
func (m Member) NamePlace(f *source.File) source.Place {
	return place(f, m.NameStart, m.NameEnd)
}

func place(f *source.File, start, end int) source.Place {
	if f == nil || start == end {
		return source.Place{}
	}
	return source.Place{File: f, Start: start, End: end}
}
