package variables

import (
	"slices"
	"strings"
	"unicode/utf8"

	"offscope/exchange"
)

// misread is a value as a program writes it that takes its bytes for those of another character set, or that knows no
// characters outside of its own.
const misread exchange.Encoding = "misread"

// windows1252 are the characters of the bytes 80 to 9F; the five that have none stand for themselves, as browsers read them.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// misreadings returns what is left of a value with characters outside of ASCII in programs that read or write it in Latin-1 or
// Windows-1252, once or twice, or put a replacement in the place of each such character or byte.
func misreadings(value string) []string {
	if isASCII(value) {
		return nil
	}
	latin1, windows := asLatin1(value), asWindows1252(value)
	all := []string{latin1, windows, withoutC1(windows), asLatin1(latin1), asWindows1252(windows)}
	if bytes, ok := inSingleBytes(value); ok {
		all = append(all, bytes, strings.ToValidUTF8(bytes, "\ufffd"))
	}
	for _, replacement := range []string{"?", "\ufffd"} {
		perCharacter := replaceEach(value, func(string) string { return replacement })
		perByte := replaceEach(value, func(c string) string { return strings.Repeat(replacement, len(c)) })
		all = append(all, perCharacter, perByte)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(text string) bool { return text == value || !telling(text) })
}

// telling reports whether enough characters were not replaced to know a value by them.
func telling(text string) bool {
	kept := strings.NewReplacer("?", "", "\ufffd", "").Replace(text)
	return utf8.RuneCountInString(kept) >= minSecret
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// asLatin1 is the text whose characters have the numbers of the value's bytes.
func asLatin1(value string) string {
	var out strings.Builder
	for i := range len(value) {
		out.WriteRune(rune(value[i]))
	}
	return out.String()
}

func asWindows1252(value string) string {
	return strings.Map(func(r rune) rune {
		if 0x80 <= r && r < 0xA0 {
			return windows1252[r-0x80]
		}
		return r
	}, asLatin1(value))
}

// withoutC1 puts a replacement in the place of the bytes that Windows-1252 leaves undefined, as strict decoders do.
func withoutC1(text string) string {
	return strings.Map(func(r rune) rune {
		if 0x80 <= r && r < 0xA0 {
			return utf8.RuneError
		}
		return r
	}, text)
}

// inSingleBytes writes a value in Windows-1252, of which Latin-1 is a part; false when it lacks a character.
func inSingleBytes(value string) (string, bool) {
	var out []byte
	for _, r := range value {
		at := slices.Index(windows1252, r)
		switch {
		case r < 0x100 && r != utf8.RuneError:
			out = append(out, byte(r))
		case at >= 0:
			out = append(out, byte(0x80+at))
		default:
			return "", false
		}
	}
	return string(out), true
}

func replaceEach(value string, replacement func(character string) string) string {
	var out strings.Builder
	for i := 0; i < len(value); {
		_, size := utf8.DecodeRuneInString(value[i:])
		if c := value[i : i+size]; value[i] < utf8.RuneSelf {
			out.WriteString(c)
		} else {
			out.WriteString(replacement(c))
		}
		i += size
	}
	return out.String()
}
