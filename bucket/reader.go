package bucket

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// A reader turns values into the model. It goes on after a mistake, so that all of them are reported at once.
type reader struct {
	report
	// texts leads from scalars to their texts where the file is not JSON; nil for a JSON file.
	texts map[*jsontree.Value]source.Text
}

// A field is a member of an object together with the words that name the object in messages, such as "a request step".
type field struct {
	jsontree.Member
	owner string
}

func (f field) String() string { return fmt.Sprintf("%q of %s", f.Name, f.owner) }

// fields yields the members of an object that count, which of equal names is the last, and warns of the others.
func (r *reader) fields(v *jsontree.Value, owner string) iter.Seq[field] {
	shadowed := r.shadowed(v)
	return func(yield func(field) bool) {
		for i := range v.Members {
			if shadowed[v.Members[i].NameStart] {
				continue
			}
			if !yield(field{v.Members[i], owner}) {
				return
			}
		}
	}
}

func (r *reader) place(v *jsontree.Value) source.Place { return v.Place(r.file) }

// textOf returns the text of a scalar; other values give the zero Value at their place.
func (r *reader) textOf(v *jsontree.Value) source.Text {
	if text, ok := r.texts[v]; ok {
		return text
	}
	switch v.Kind {
	case jsontree.String:
		return v.StringText(r.file)
	case jsontree.Number:
		return source.Opaque(v.Text, r.place(v))
	case jsontree.True:
		return source.Opaque("true", r.place(v))
	case jsontree.False:
		return source.Opaque("false", r.place(v))
	}
	return source.Opaque("", r.place(v))
}

// nameText returns a member's name.
func (r *reader) nameText(m jsontree.Member) source.Text {
	at := m.NamePlace(r.file)
	if r.texts == nil {
		return source.JSONString(m.Name, at)
	}
	if at.Known() && string(r.file.Bytes()[at.Start:at.End]) == m.Name {
		return source.Verbatim(at)
	}
	return source.Opaque(m.Name, at)
}

// text reads a string; null is the empty one.
func (r *reader) text(f field) source.Text {
	if f.Value.Kind != jsontree.String && f.Value.Kind != jsontree.Null {
		r.wrongType(f.Value, f.String(), "text")
	}
	return r.textOf(f.Value)
}

// id reads an identifier: text, or a number as its text.
func (r *reader) id(f field) string { return r.scalar(f).Value }

// scalar reads text, or a number or a boolean as its text; null is the empty text.
func (r *reader) scalar(f field) source.Text {
	if !isScalar(f.Value) {
		r.wrongType(f.Value, f.String(), "text, a number, true, false or null")
	}
	return r.textOf(f.Value)
}

// flag reads a boolean; null is false. Its text is accepted with a warning, since a hand that writes "true" means true.
func (r *reader) flag(f field) bool {
	switch f.Value.Kind {
	case jsontree.True:
		return true
	case jsontree.False, jsontree.Null:
		return false
	}
	if b, err := strconv.ParseBool(strings.ToLower(f.Value.Text)); err == nil && f.Value.Kind == jsontree.String {
		r.warn("text-for-boolean", f.Value, fmt.Sprintf("%s is text: it is read as %t", f, b), "remove the quotes")
		return b
	}
	r.wrongType(f.Value, f.String(), "true or false")
	return false
}

// list yields the elements of an array. Null and an empty object are the empty list, as exports have them.
func (r *reader) list(f field) []*jsontree.Value {
	switch {
	case f.Value.Kind == jsontree.Array:
		return f.Value.Items
	case !isEmpty(f.Value):
		r.wrongType(f.Value, f.String(), "a list")
	}
	return nil
}

// objects returns the elements of an array that are objects; others are errors.
func (r *reader) objects(f field, element string) []*jsontree.Value {
	items := r.list(f)
	kept := items[:0:0]
	for _, v := range items {
		if r.isObject(v, element) {
			kept = append(kept, v)
		}
	}
	return kept
}

// isObject reports whether v is an object and says so when it is none.
func (r *reader) isObject(v *jsontree.Value, what string) bool {
	if v.Kind == jsontree.Object {
		return true
	}
	r.wrongType(v, what, "an object")
	return false
}

// object returns the field's value when it is an object with something in it; null, an empty list and "" are empty objects.
func (r *reader) object(f field) *jsontree.Value {
	if isEmpty(f.Value) || !r.isObject(f.Value, f.String()) {
		return nil
	}
	return f.Value
}

// raw returns any value as a text: scalars as such, others as they are written.
func (r *reader) raw(v *jsontree.Value) source.Text {
	if isScalar(v) {
		return r.textOf(v)
	}
	return source.Opaque(string(r.file.Bytes()[v.Start:v.End]), r.place(v))
}

func (r *reader) wrongType(v *jsontree.Value, what, want string) {
	r.fail("wrong-type", v, fmt.Sprintf("%s must be %s, found %s", what, want, describe(v)), "")
}

func isScalar(v *jsontree.Value) bool {
	return v.Kind != jsontree.Array && v.Kind != jsontree.Object
}

// isEmpty reports whether v is one of the ways in which exports write nothing: null, "", [] and {}.
func isEmpty(v *jsontree.Value) bool {
	switch v.Kind {
	case jsontree.Null:
		return true
	case jsontree.String:
		return v.Text == ""
	case jsontree.Array:
		return len(v.Items) == 0
	case jsontree.Object:
		return len(v.Members) == 0
	}
	return false
}

// isBlank reports whether nothing is lost when v is left out: it is empty, or holds only what is blank.
func isBlank(v *jsontree.Value) bool {
	for _, item := range v.Items {
		if !isBlank(item) {
			return false
		}
	}
	for _, m := range v.Members {
		if !isBlank(m.Value) {
			return false
		}
	}
	switch v.Kind {
	case jsontree.String:
		return strings.TrimSpace(v.Text) == ""
	case jsontree.Null, jsontree.Array, jsontree.Object:
		return true
	}
	return false
}

// describe names what was found where something else was expected.
func describe(v *jsontree.Value) string {
	switch v.Kind {
	case jsontree.Null:
		return "null"
	case jsontree.True:
		return "true"
	case jsontree.False:
		return "false"
	case jsontree.Number:
		return "a number"
	case jsontree.String:
		if strings.TrimSpace(v.Text) == "" {
			return "empty text"
		}
		return "text"
	case jsontree.Array:
		return "a list"
	}
	return "an object"
}

// quote quotes a name for a message, shortened.
func quote(name string) string {
	const most = 60
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most]) + "…"
	}
	return strconv.Quote(name)
}
