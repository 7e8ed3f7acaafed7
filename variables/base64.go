package variables

import (
	"encoding/base64"
	"strings"

	"offscope/exchange"
)

// A base64Edge says what lies between the inner characters of a value's base64 text, which depend on the value alone, and its
// neighbours. A value that begins in the middle of a group shares its first character with the byte before it, and its last
// one with the byte behind it.
type base64Edge struct {
	leadBits  int  // bits of the character before that belong to the neighbour; 0 when the value begins a group
	firstBits byte // the value's bits in that character
	tailBits  int  // bits of the character behind that belong to the value; 0 when it ends with a character
	lastBits  byte // those bits, in the upper part of the six
}

// certain is the number of inner characters from which a match needs no look at its edges.
const certain = 8

// base64Word returns the word for a value with so many bytes of something else before it (modulo 3).
func (t *unitTable) base64Word(secret, value string, f form, kind exchange.Encoding, before int) *word {
	encoding := base64.RawStdEncoding
	if kind == exchange.Base64URL {
		encoding = base64.RawURLEncoding
	}
	f.kind, f.partial = kind, true
	text := encoding.EncodeToString([]byte("\x00\x00"[:before] + value))
	edge := &base64Edge{leadBits: before * 2, tailBits: (before + len(value)) * 8 % 6}
	alphabet := alphabetOf(kind)
	if edge.tailBits > 0 {
		edge.lastBits = byte(strings.IndexByte(alphabet, text[len(text)-1]))
		text = text[:len(text)-1]
	}
	text = text[before:]
	if before > 0 {
		edge.firstBits = byte(strings.IndexByte(alphabet, text[0]))
		text = text[1:]
	}
	return &word{secret: secret, text: text, units: t.ofBase64(text), form: f, base64: edge}
}

// widen takes the characters at both edges of the inner ones into a match, and says in which form the value stands there. A
// few inner characters turn up by chance; then the edges must fit as well.
func (e *base64Edge) widen(text string, s span) (span, bool) {
	short := len(s.word.text) < certain
	s.form.lead, s.form.tail = "", ""
	var neighbours string
	if e.leadBits > 0 {
		v, start, ok := base64Before(text, s.start)
		valueBits := 6 - e.leadBits
		switch {
		case ok && v&(1<<valueBits-1) == e.firstBits:
			s.form.lead = bits(v>>valueBits, e.leadBits)
			neighbours = text[start:s.start]
			s.start = start
		case short:
			return s, false
		}
	}
	if e.tailBits > 0 {
		v, end, ok := base64Behind(text, s.end)
		otherBits := 6 - e.tailBits
		switch {
		case ok && v>>otherBits<<otherBits == e.lastBits:
			s.form.tail = bits(v, otherBits)
			neighbours += text[s.end:end]
			s.end = end
		case short && s.end < len(text):
			return s, false
		}
	}
	if strings.ContainsAny(neighbours, "-_") {
		s.form.kind = exchange.Base64URL
	}
	if e.leadBits == 0 && !strings.Contains(s.form.tail, "1") {
		s = e.padding(text, s)
	}
	return s, true
}

// padding takes the padding behind a value that was encoded on its own.
func (e *base64Edge) padding(text string, s span) span {
	n := (6 - e.tailBits) / 2 % 3
	for _, sign := range []string{"=", "%3D", "%3d"} {
		if padding := strings.Repeat(sign, n); strings.HasPrefix(text[s.end:], padding) {
			s.end += len(padding)
			s.form.partial = false
			return s
		}
	}
	return s
}

// bits writes the lower n bits of v as digits.
func bits(v byte, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = '0' + v>>(n-1-i)&1
	}
	return string(out)
}

// base64Before reads the base64 character that ends at i; + and / may be percent-encoded.
func base64Before(text string, i int) (value byte, start int, ok bool) {
	if i >= 3 {
		if v, ok := escaped(text[i-3 : i]); ok {
			return v, i - 3, true
		}
	}
	if i < 1 {
		return 0, 0, false
	}
	v, ok := base64Value(text[i-1])
	return v, i - 1, ok
}

// base64Behind reads the base64 character that begins at i.
func base64Behind(text string, i int) (value byte, end int, ok bool) {
	if i+3 <= len(text) {
		if v, ok := escaped(text[i : i+3]); ok {
			return v, i + 3, true
		}
	}
	if strings.HasPrefix(text[i:], `\/`) {
		return 63, i + 2, true
	}
	if i >= len(text) {
		return 0, 0, false
	}
	v, ok := base64Value(text[i])
	return v, i + 1, ok
}

func escaped(text string) (byte, bool) {
	switch text {
	case "%2B", "%2b":
		return 62, true
	case "%2F", "%2f":
		return 63, true
	}
	return 0, false
}

func base64Value(c byte) (byte, bool) {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A', true
	case 'a' <= c && c <= 'z':
		return c - 'a' + 26, true
	case '0' <= c && c <= '9':
		return c - '0' + 52, true
	case c == '+' || c == '-':
		return 62, true
	case c == '/' || c == '_':
		return 63, true
	}
	return 0, false
}
