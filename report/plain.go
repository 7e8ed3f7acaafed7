package report

import (
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

// plain returns a copy of a body that is fit for a document: names in brackets in the place of secrets, nothing left that
// could be taken for a mark, and only valid text, as if the body had been saved and read again.
func plain(b event.Body) event.Body {
	value := reflect.New(reflect.TypeOf(b)).Elem()
	value.Set(reflect.ValueOf(b))
	makePlain(value)
	return value.Interface().(event.Body)
}

// makePlain works on every text within a value. What the value shares with others is copied before.
func makePlain(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(plainText(v.String()))
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		makePlain(own.Elem())
		v.Set(own)
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		for i := range own.Len() {
			makePlain(own.Index(i))
		}
		v.Set(own)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return // it holds no text, and its fields are its own
		}
		if e, ok := v.Interface().(source.Excerpt); ok {
			v.Set(reflect.ValueOf(plainExcerpt(e)))
			return
		}
		for i := range v.NumField() {
			makePlain(v.Field(i))
		}
	}
}

func plainText(s string) string {
	return exchange.WithoutMarks(exchange.Show(valid(s), exchange.Bracketed))
}

// valid puts a replacement character in the place of every byte that is no text, as the JSON of a saved stream does.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		out.WriteRune(r)
	}
	return out.String()
}

// plainExcerpt counts the columns of an excerpt anew, because names are not as long as the marks in whose place they stand.
func plainExcerpt(e source.Excerpt) source.Excerpt {
	text := []rune(valid(e.Text))
	from, to := markedPart(text, e)
	before, inside := plainText(string(text[:from])), plainText(string(text[from:to]))
	e.File, e.Text = plainText(e.File), before+inside+plainText(string(text[to:]))
	if e.Width != 0 || e.Mark != 0 {
		e.Mark, e.Width = utf8.RuneCountInString(before), max(1, utf8.RuneCountInString(inside))
	}
	return e
}
