package jsontree

import "github.com/go-json-experiment/json/jsontext"

// Compact returns the value as JSON without white space. Numbers keep their text, members their order; of equal names only the
// last value is written, where the name stood first, as JavaScript does.
func (v *Value) Compact() string {
	return string(v.AppendCompact(nil))
}

// AppendCompact appends to dst what [Value.Compact] returns.
func (v *Value) AppendCompact(dst []byte) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case False:
		return append(dst, "false"...)
	case True:
		return append(dst, "true"...)
	case Number:
		return append(dst, v.Text...)
	case String:
		return appendString(dst, v.Text)
	case Array:
		return v.appendItems(dst)
	default:
		return v.appendMembers(dst)
	}
}

func (v *Value) appendItems(dst []byte) []byte {
	dst = append(dst, '[')
	for i, item := range v.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item.AppendCompact(dst)
	}
	return append(dst, ']')
}

func (v *Value) appendMembers(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range v.effective() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, m.Name), ':')
		dst = m.Value.AppendCompact(dst)
	}
	return append(dst, '}')
}

func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // invalid UTF-8 is written as U+FFFD
	return dst
}

// JSText returns the text to which the hosted service casts a value before it compares it as a string: a string itself, a
// number's text as written, true, false, null, and compact JSON for arrays and objects.
func (v *Value) JSText() string {
	switch v.Kind {
	case String, Number:
		return v.Text
	default:
		return v.Compact()
	}
}
