package jsontree

import "github.com/go-json-experiment/json/jsontext"

// Compact returns the value as JSON without white space. Numbers keep their text, members their order; of equal names only the
// last value is written, where the name stood first, as JavaScript does.
func (v *Value) Compact() string {
	return string(v.AppendCompact(nil))
}

// Brief returns the compact form, or a beginning of it followed by an ellipsis when it is longer than about limit bytes; whole
// says which. The cut never falls into a string, a number or a name: a text that is masked afterwards is masked entirely.
// What comes after the cut costs nothing.
func (v *Value) Brief(limit int) (text string, whole bool) {
	b := brief{limit: limit}
	b.value(v)
	if b.cut {
		return string(b.out) + "…", false
	}
	return string(b.out), true
}

// A brief writes until its limit is reached.
type brief struct {
	out   []byte
	limit int
	cut   bool
}

func (b *brief) value(v *Value) {
	switch v.Kind {
	case Array:
		b.out = append(b.out, '[')
		for i, item := range v.Items {
			if b.separate(i, len(item.Text)); b.cut {
				return
			}
			b.value(item)
		}
		b.close(']')
	case Object:
		b.out = append(b.out, '{')
		for i, m := range v.effective() {
			if b.separate(i, len(m.Name)+len(m.Value.Text)); b.cut {
				return
			}
			b.out = append(appendString(b.out, m.Name), ':')
			b.value(m.Value)
		}
		b.close('}')
	default:
		b.out = v.AppendCompact(b.out)
	}
}

// separate writes a comma unless an entry is the first; it cuts where the entry, which takes size bytes or more, would go
// beyond the limit.
func (b *brief) separate(i, size int) {
	if b.cut {
		return
	}
	if i > 0 {
		b.out = append(b.out, ',')
	}
	b.cut = len(b.out)+size > b.limit
}

func (b *brief) close(bracket byte) {
	if !b.cut {
		b.out = append(b.out, bracket)
	}
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
