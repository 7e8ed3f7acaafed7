package bucket

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"offscope/source"
)

// surrogates warns of escapes in a JSON text that stand for half of a character. JavaScript keeps such a half in its strings;
// UTF-8, and so HTTP, has no way to write it.
func (r *reader) surrogates(text []byte) {
	for i := 0; ; {
		next := bytes.IndexByte(text[i:], '\\')
		if next < 0 {
			return
		}
		i += next
		read, half := escape(text[i:])
		if half {
			r.once(source.Diagnostic{
				Code: "surrogate", Severity: source.Warning,
				Place:   source.Place{File: r.file, Start: i, End: i + read},
				Message: "this is half of a surrogate pair, which cannot be sent: U+FFFD takes its place",
				Hint:    "write the whole character, or its other half beside it",
			})
		}
		i += read
	}
}

// escape returns the length of the escape at which a JSON text goes on, both halves of a pair included, and whether it is one
// half without the other.
func escape(text []byte) (length int, half bool) {
	first, ok := unit(text)
	if !ok {
		return min(2, len(text)), false
	}
	if !utf16.IsSurrogate(first) {
		return 6, false
	}
	if second, ok := unit(text[6:]); ok && utf16.DecodeRune(first, second) != utf8.RuneError {
		return 12, false
	}
	return 6, true
}

// unit reads an escape such as \u00e9.
func unit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}
