package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// escape writes everything that is not printable as an escape sequence in letters: what a server sends must not be able to
// move the cursor, ring the bell or turn the direction of writing.
func escape(s string) string {
	clean := strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) })
	if clean < 0 {
		return s
	}
	var out strings.Builder
	out.WriteString(s[:clean])
	for s = s[clean:]; s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
		case unicode.IsPrint(r):
			out.WriteRune(r)
		default:
			out.WriteString(escaped(r))
		}
		s = s[size:]
	}
	return out.String()
}

func escaped(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

const tab = "    "

// textLines splits a text of several lines and makes each of them fit to be printed. Line ends of both kinds count, and a
// last one does not begin a further line.
func textLines(s string) []string {
	s = strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	if s == "" {
		return nil
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = escape(strings.ReplaceAll(l, "\t", tab))
	}
	return lines
}

// cells is how many columns of a terminal a printable text takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// dots stands where something was left out; it is plain ASCII, which every terminal and log viewer can show.
const dots = "..."

// clip cuts a printable text to a number of columns, dots included.
func clip(s string, room int) string {
	if len(s) <= room || cells(s) <= room {
		return s
	}
	if room < len(dots) {
		return dots[:max(0, room)]
	}
	head, _ := split(s, room-len(dots))
	return head + dots
}

// split divides a printable text after as many characters as fit into room columns.
func split(s string, room int) (head, tail string) {
	used := 0
	for i, r := range s {
		if used += cellsOf(r); used > room {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// pad fills a printable text up with spaces to a number of columns.
func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-cells(s)))
}

// wrap breaks a printable text at spaces into lines of at most room columns; a word that is longer stays whole, so that
// addresses and commands can be copied.
func wrap(s string, room int) []string {
	var lines []string
	line, used := "", 0
	for i, word := range strings.Split(s, " ") {
		n := cells(word)
		if i > 0 && used+1+n > room && used > 0 {
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = word, n
			continue
		}
		if i > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, strings.TrimRight(line, " "))
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
