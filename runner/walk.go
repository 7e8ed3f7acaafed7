package runner

import (
	"reflect"
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

// masked returns a copy of the body in which every text has gone through the cover. It walks the value instead of naming
// fields, so that a field added later cannot be forgotten.
func masked(c *cover, body event.Body) event.Body {
	in := reflect.ValueOf(body)
	out := reflect.New(in.Type()).Elem()
	out.Set(maskValue(c, in))
	return out.Interface().(event.Body)
}

// alreadyMasked are the types all of whose texts are masked where they are made, or that hold none.
var alreadyMasked = map[reflect.Type]bool{
	reflect.TypeFor[event.Request]():  true,
	reflect.TypeFor[event.Response](): true,
	reflect.TypeFor[event.Content]():  true,
	reflect.TypeFor[time.Time]():      true,
}

var excerptType = reflect.TypeFor[source.Excerpt]()

// vocabulary are the fields that hold words of ours for machines. A secret that happens to be such a word must not make them
// unreadable.
var vocabulary = map[string]bool{
	"Severity": true, "Code": true, "StepKind": true, "Failure": true, "Source": true, "Comparison": true, "Type": true, "Role": true,
}

func maskValue(c *cover, in reflect.Value) reflect.Value {
	if alreadyMasked[in.Type()] {
		return in
	}
	if in.Type() == excerptType {
		return reflect.ValueOf(c.checked(in.Interface().(source.Excerpt)))
	}
	switch in.Kind() {
	case reflect.String:
		if in.Type() != reflect.TypeFor[string]() {
			return in // an outcome or another name of ours
		}
		if c.kept[in.String()] {
			return in
		}
		return reflect.ValueOf(c.text(in.String()))
	case reflect.Pointer:
		if in.IsNil() {
			return in
		}
		out := reflect.New(in.Type().Elem())
		out.Elem().Set(maskValue(c, in.Elem()))
		return out
	case reflect.Slice:
		return maskSlice(c, in)
	case reflect.Struct:
		return maskStruct(c, in)
	}
	return in
}

func maskSlice(c *cover, in reflect.Value) reflect.Value {
	if in.IsNil() {
		return in
	}
	out := reflect.MakeSlice(in.Type(), in.Len(), in.Len())
	for i := range in.Len() {
		out.Index(i).Set(maskValue(c, in.Index(i)))
	}
	return out
}

func maskStruct(c *cover, in reflect.Value) reflect.Value {
	out := reflect.New(in.Type()).Elem()
	for i := range in.NumField() {
		if field := in.Field(i); field.Kind() == reflect.String && vocabulary[in.Type().Field(i).Name] {
			out.Field(i).Set(field)
			continue
		}
		out.Field(i).Set(maskValue(c, in.Field(i)))
	}
	return out
}

// checked is the last look at an excerpt, which was blackened when it was made. One that shows a secret all the same, because
// the secret became known since, is not drawn.
func (c *cover) checked(e source.Excerpt) source.Excerpt {
	if masked := c.masker.Mask(e.Text); masked != exchange.WithoutMarks(e.Text) {
		e.Text, e.Mark, e.Width = "", 0, 0
	}
	e.File = c.masker.Mask(e.File)
	return e
}
