package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"offscope/exchange"
)

// A piece of a text is literal text, or the shell variable that stands for a secret.
type piece struct {
	text     string
	variable string
}

// markBegins is what every mark begins with. Nothing else in a text may hold it, so it is safe to cut at.
var markBegins = string([]rune(exchange.Mark{}.String())[:1])

// pieces takes a text apart at its marks.
func (s *shellNames) pieces(text string) []piece {
	var out []piece
	literal := func(t string) {
		if t != "" {
			out = append(out, piece{text: t})
		}
	}
	var marks []exchange.Mark
	flat := exchange.Show(text, func(m exchange.Mark) string {
		marks = append(marks, m)
		return markBegins
	})
	for i, part := range strings.Split(flat, markBegins) {
		literal(part)
		if i < len(marks) {
			out = append(out, piece{variable: s.of(marks[i])})
		}
	}
	return out
}

// word quotes a text as one word of a POSIX shell, with variables in the place of secrets.
func (s *shellNames) word(text string) string {
	all := s.pieces(text)
	if len(all) == 0 {
		return "''"
	}
	if len(all) == 1 && all[0].variable == "" {
		return quoteLiteral(all[0].text)
	}
	var out strings.Builder
	if doubleSafe(all) {
		out.WriteByte('"')
		for i, p := range all {
			out.WriteString(p.text)
			if p.variable != "" {
				out.WriteString(inDoubleQuotes(p.variable, i+1 < len(all)))
			}
		}
		return out.String() + `"`
	}
	for _, p := range all {
		if p.variable != "" {
			out.WriteString(`"$` + p.variable + `"`)
			continue
		}
		out.WriteString(quoteLiteral(p.text))
	}
	return out.String()
}

// inDoubleQuotes writes a variable; braces keep its name apart from what follows.
func inDoubleQuotes(name string, followed bool) string {
	if followed {
		return "${" + name + "}"
	}
	return "$" + name
}

// doubleSafe reports whether the texts can stand in double quotes as they are, which is easier to read than single quotes
// around each.
func doubleSafe(all []piece) bool {
	for _, p := range all {
		if strings.ContainsAny(p.text, "\"\\$`!") || !printable(p.text) {
			return false
		}
	}
	return true
}

func quoteLiteral(s string) string {
	switch {
	case !printable(s):
		return `"$(printf '%b' ` + singleQuoted(octal(s)) + `)"`
	case bare(s):
		return s
	}
	return singleQuoted(s)
}

func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// bare reports whether a shell takes a word as it stands.
func bare(s string) bool {
	for _, r := range s {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("%+,-./:=@_", r) {
			continue
		}
		return false
	}
	return s != "" && s[0] != '='
}

// printable reports whether a text can be printed as it is; line ends count as printable here, tabs do not, because a shell
// may take them for a wish to complete a word.
func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) < 0
}

// printf writes a command that prints a text byte for byte, with everything that is not printable as an octal escape.
func (s *shellNames) printf(text string) string {
	format, arguments := "", ""
	for _, p := range s.pieces(text) {
		if p.variable != "" {
			format, arguments = format+"%s", arguments+` "$`+p.variable+`"`
			continue
		}
		format, arguments = format+"%b", arguments+" "+singleQuoted(octal(p.text))
	}
	return "printf '" + format + "'" + arguments
}

// octal writes a text as printf's %b reads it.
func octal(s string) string {
	var out strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '\\':
			out.WriteString(`\\`)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == utf8.RuneError && size == 1 || !unicode.IsPrint(r):
			for _, b := range []byte(s[:size]) {
				fmt.Fprintf(&out, `\0%03o`, b)
			}
		default:
			out.WriteString(s[:size])
		}
		s = s[size:]
	}
	return out.String()
}
