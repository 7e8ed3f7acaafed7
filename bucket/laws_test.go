package bucket

import (
	"fmt"
	"reflect"
	"testing"

	"offscope/jsontree"
	"offscope/source"
)

// visitTexts calls text for every text and place for every place in v, however deep.
func visitTexts(v reflect.Value, text func(source.Text), place func(source.Place)) {
	switch v.Interface().(type) {
	case source.Text:
		t := v.Interface().(source.Text)
		text(t)
		place(t.Place)
		return
	case source.Place:
		place(v.Interface().(source.Place))
		return
	case *source.File, *jsontree.Value:
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			visitTexts(v.Elem(), text, place)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitTexts(v.Index(i), text, place)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Parent" { // it is visited where it stands itself
				visitTexts(v.Field(i), text, place)
			}
		}
	}
}

// checkPlaces checks that everything in a model stands inside its file, and that each byte of a text leads into the text's
// own literal, never backwards.
func checkPlaces(t *testing.T, f *source.File, model any) {
	t.Helper()
	inside := func(p source.Place) bool {
		return p.File == f && 0 <= p.Start && p.Start <= p.End && p.End <= len(f.Bytes())
	}
	visitTexts(reflect.ValueOf(model), func(text source.Text) {
		if err := leadsBack(text); err != nil {
			t.Errorf("%v: %v", text.Place, err)
		}
	}, func(p source.Place) {
		if p.Known() && !inside(p) {
			t.Errorf("the place %d to %d is outside the file of %d bytes", p.Start, p.End, len(f.Bytes()))
		}
	})
}

func leadsBack(text source.Text) error {
	last := 0
	step := 1 + len(text.Value)/50
	for i := 0; i < len(text.Value) && text.Place.Known(); i += step {
		at := text.At(i, i+1)
		if at.Start < text.Place.Start || at.End > text.Place.End || at.Start < last {
			return fmt.Errorf("byte %d of %q leads to %d to %d", i, text.Value, at.Start, at.End)
		}
		// A character that takes one byte in the literal is written as itself.
		exact := text.At(0, 0) != text.Place
		if exact && at.End-at.Start == 1 && text.Value[i] < 0x80 && at.File.Bytes()[at.Start] != text.Value[i] {
			return fmt.Errorf("byte %d of %q leads to %q", i, text.Value, at.File.Bytes()[at.Start])
		}
		last = at.Start
	}
	return nil
}

// checkInside checks that every diagnostic stands inside its file and has something to say.
func checkInside(t *testing.T, f *source.File, said source.Diagnostics) {
	t.Helper()
	for _, d := range said {
		p := d.Place
		if d.Message == "" || p.Known() && (p.File != f || p.Start < 0 || p.End < p.Start || p.End > len(f.Bytes())) {
			t.Errorf("%q stands at %d to %d of %d bytes", d.Message, p.Start, p.End, len(f.Bytes()))
		}
	}
}

// TestModelHasNoHiddenFields guards the reflection above, which cannot look into unexported fields.
func TestModelHasNoHiddenFields(t *testing.T) {
	t.Parallel()
	for _, model := range []any{Document{}, Test{}, Request{}, Environment{}, Assertion{}, Loop{}, Subtest{}} {
		typ := reflect.TypeOf(model)
		for i := range typ.NumField() {
			if !typ.Field(i).IsExported() {
				t.Errorf("%v.%s is not exported", typ, typ.Field(i).Name)
			}
		}
	}
}
