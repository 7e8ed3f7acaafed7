package jsengine

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// Bodies and variables are bytes, and the strings of a script are UTF-16. Text is the same in both. A byte that is no part of
// valid UTF-8 becomes half of a surrogate pair, U+DC00 plus the byte, and such a half becomes the byte again; Python does it
// the same way (surrogateescape). So binary content survives a way through scripts and variables, and its low eight bits are
// what a script sees with charCodeAt(i) & 0xff.
const escapedByte = 0xDC00

// text makes a string of the script out of bytes.
func (m *machine) text(s string) goja.Value {
	if utf8.ValidString(s) {
		return m.vm.ToValue(s)
	}
	units := make([]uint16, 0, len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			units = append(units, escapedByte|uint16(s[i]))
		} else {
			units = utf16.AppendRune(units, r)
		}
		i += size
	}
	return goja.StringFromUTF16(units)
}

// bytesOf makes bytes out of a value of the script, as text or in the way of the comment above. It runs code of the script when
// the value is an object.
func bytesOf(v goja.Value) string {
	if o, ok := v.(*goja.Object); ok {
		v = o.ToString()
	}
	s := v.String()
	u, ok := v.(goja.String)
	if !ok || !strings.ContainsRune(s, utf8.RuneError) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i, n := 0, u.Length(); i < n; i++ {
		r := rune(u.CharAt(i))
		if utf16.IsSurrogate(r) && i+1 < n {
			if pair := utf16.DecodeRune(r, rune(u.CharAt(i+1))); pair != utf8.RuneError {
				out = utf8.AppendRune(out, pair)
				i++
				continue
			}
		}
		out = appendUnit(out, r)
	}
	return string(out)
}

func appendUnit(out []byte, r rune) []byte {
	if r > escapedByte+0x7F && r <= escapedByte+0xFF {
		return append(out, byte(r))
	}
	return utf8.AppendRune(out, r) // other halves become U+FFFD
}
