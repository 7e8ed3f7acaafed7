package runner

import (
	"reflect"
	"strings"

	"offscope/event"
	"offscope/exchange"
	"offscope/source"
	"offscope/variables"
)

// An emitter numbers events, masks every text in them and hands them on. After the sink's first error it is silent.
type emitter struct {
	sink  event.Sink
	clock Clock
	mask  *variables.Masker
	test  int
	seq   int
	err   error
}

func (e *emitter) write(step int, body event.Body) {
	if e.err != nil {
		return
	}
	if e.mask != nil {
		body = masked(e.mask, body)
	}
	e.seq++
	e.err = e.sink.Write(event.Event{Seq: e.seq, Time: e.clock.Now(), Test: e.test, Step: step, Body: body})
}

// alreadyMasked are the types whose texts were masked where they were made, because more was known there: which pieces came
// from a secret variable, how much of a body is kept.
var alreadyMasked = []reflect.Type{
	reflect.TypeFor[event.Request](),
	reflect.TypeFor[event.Content](),
}

// masked returns a copy of the body in which every text has gone through the masker. It walks the value instead of naming
// fields, so that a field added later cannot be forgotten.
func masked(m *variables.Masker, body event.Body) event.Body {
	in := reflect.ValueOf(body)
	out := reflect.New(in.Type()).Elem()
	out.Set(maskValue(m, in))
	return out.Interface().(event.Body)
}

func maskValue(m *variables.Masker, in reflect.Value) reflect.Value {
	for _, done := range alreadyMasked {
		if in.Type() == done {
			return in
		}
	}
	if excerpt, ok := in.Interface().(source.Excerpt); ok {
		return reflect.ValueOf(maskExcerpt(m, excerpt))
	}
	switch in.Kind() {
	case reflect.String:
		if in.Type() != reflect.TypeFor[string]() {
			return in // an outcome or another name of ours
		}
		return reflect.ValueOf(m.Mask(in.String()))
	case reflect.Pointer:
		if in.IsNil() {
			return in
		}
		out := reflect.New(in.Type().Elem())
		out.Elem().Set(maskValue(m, in.Elem()))
		return out
	case reflect.Slice:
		if in.IsNil() {
			return in
		}
		out := reflect.MakeSlice(in.Type(), in.Len(), in.Len())
		for i := range in.Len() {
			out.Index(i).Set(maskValue(m, in.Index(i)))
		}
		return out
	case reflect.Struct:
		out := reflect.New(in.Type()).Elem()
		for i := range in.NumField() {
			out.Field(i).Set(maskValue(m, in.Field(i)))
		}
		return out
	}
	return in
}

// maskExcerpt masks a line and moves the caret along, because a mark is seldom as long as what it stands for.
func maskExcerpt(m *variables.Masker, e source.Excerpt) source.Excerpt {
	whole := m.Mask(e.Text)
	if whole == e.Text {
		return e
	}
	text := []rune(e.Text)
	from := min(e.Mark, len(text))
	to := min(from+e.Width, len(text))
	before, inside, after := m.Mask(string(text[:from])), m.Mask(string(text[from:to])), m.Mask(string(text[to:]))
	if joined := before + inside + after; sameShown(joined, whole) {
		e.Text, e.Mark, e.Width = joined, len([]rune(before)), len([]rune(inside))
		return e
	}
	// A secret reaches over the caret's edge: mark nothing rather than show a part of it.
	e.Text, e.Mark, e.Width = whole, 0, 1
	return e
}

func sameShown(a, b string) bool {
	return exchange.Show(a, exchange.Bracketed) == exchange.Show(b, exchange.Bracketed) && strings.Count(a, "") == strings.Count(b, "")
}
