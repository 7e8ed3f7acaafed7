package source

import (
	"sort"
	"strconv"
	"unicode/utf8"
)

// A Text is a value together with the literal it was read from. The zero Text is the empty value that stands nowhere.
type Text struct {
	// Value is what the literal means.
	Value string
	// Place spans the literal, its quotes included.
	Place Place

	spelling spelling
	segments []Segment
}

type spelling uint8

const (
	opaque   spelling = iota // only the whole literal is known
	verbatim                 // the literal is the value, byte for byte
	jsonText                 // the literal is a JSON string
	mapped                   // the segments lead from value to file
)

// A Segment says that from byte Value of a decoded value on, and up to the next segment, bytes stand in the file one to one
// from offset File on.
type Segment struct {
	Value, File int
}

// Opaque returns a text of which no more is known than the place of the whole literal.
func Opaque(value string, at Place) Text { return Text{Value: value, Place: at} }

// Verbatim returns the text that stands at a place byte for byte, such as a script file.
func Verbatim(at Place) Text {
	return Text{Value: at.File.text[at.Start:at.End], Place: at, spelling: verbatim}
}

// JSONString returns the value of a JSON string literal. The place spans the literal with its quotes.
func JSONString(value string, at Place) Text {
	return Text{Value: value, Place: at, spelling: jsonText}
}

// Mapped returns a text whose bytes are led back to the file by segments, which are in ascending order.
func Mapped(value string, at Place, segments []Segment) Text {
	return Text{Value: value, Place: at, spelling: mapped, segments: segments}
}

// At returns the place in the file of the bytes from start to end of the value. For a text that stands nowhere the result is
// nowhere; for an opaque one it is the whole literal.
func (t Text) At(start, end int) Place {
	start = max(0, min(start, len(t.Value)))
	end = max(start, min(end, len(t.Value)))
	at := Place{File: t.Place.File}
	switch {
	case at.File == nil || t.spelling == opaque:
		return t.Place
	case t.spelling == verbatim:
		at.Start, at.End = t.Place.Start+start, t.Place.Start+end
	case t.spelling == jsonText:
		at.Start, at.End = t.inJSON(start, end)
	default:
		at.Start = t.inSegment(start)
		at.End = max(at.Start, t.inSegment(end))
	}
	return at
}

// Position returns line and column of a byte offset within the value itself, as if the value were a file of its own.
func (t Text) Position(offset int) Position {
	return NewFile("", []byte(t.Value)).Position(offset)
}

// Offset returns the byte offset in the value of a line and column, both from 1, the column counted in bytes. It is the
// inverse of [Text.Position]; a position outside the value is moved to the nearest end of its line or of the value.
func (t Text) Offset(at Position) int {
	f := NewFile("", []byte(t.Value))
	f.once.Do(f.index)
	if at.Line < 1 {
		return 0
	}
	if at.Line > len(f.lines) {
		return len(t.Value)
	}
	start := f.lines[at.Line-1]
	return start + max(0, min(at.Col-1, len(f.Line(at.Line))))
}

func (t Text) inSegment(offset int) int {
	i := sort.Search(len(t.segments), func(i int) bool { return t.segments[i].Value > offset }) - 1
	if i < 0 {
		return t.Place.Start
	}
	return min(t.segments[i].File+offset-t.segments[i].Value, t.Place.End)
}

// inJSON walks literal and value side by side. It does not decode the value again: it only needs to know how many bytes of
// the value each piece of the literal stands for.
func (t Text) inJSON(start, end int) (int, int) {
	literal := t.Place.File.data[t.Place.Start:t.Place.End]
	in, out := 1, 0 // behind the opening quote
	first := -1
	for in < len(literal)-1 && out < end {
		read, wrote := jsonPiece(literal[in:])
		if first < 0 && out+wrote > start {
			first = in
		}
		in, out = in+read, out+wrote
	}
	if first < 0 {
		first = in
	}
	return t.Place.Start + first, t.Place.Start + max(first, in)
}

// jsonPiece returns how many bytes the first character of a JSON string's inside takes there, and how many in the value.
func jsonPiece(literal []byte) (read, wrote int) {
	if literal[0] != '\\' || len(literal) < 2 {
		r, size := utf8.DecodeRune(literal)
		if r == utf8.RuneError && size == 1 {
			return 1, utf8.RuneLen(utf8.RuneError) // an invalid byte was decoded to U+FFFD
		}
		return size, size
	}
	if literal[1] != 'u' {
		return 2, 1
	}
	high, ok := jsonUnit(literal)
	if !ok {
		return len(literal), 0
	}
	if high < 0xD800 || high > 0xDFFF {
		return 6, utf8.RuneLen(high)
	}
	if low, ok := jsonUnit(literal[6:]); ok && high < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF {
		return 12, 4
	}
	return 6, utf8.RuneLen(utf8.RuneError) // half of a pair was decoded to U+FFFD
}

func jsonUnit(literal []byte) (rune, bool) {
	if len(literal) < 6 || literal[0] != '\\' || literal[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(literal[2:6]), 16, 16)
	return rune(unit), err == nil
}
