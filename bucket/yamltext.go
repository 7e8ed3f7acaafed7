package bucket

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"offscope/source"
)

// A cursor turns lines and columns of the YAML library, which counts characters and knows more line ends than other people,
// into offsets. Asked in the order of the file it reads every line once.
type cursor struct {
	data  []byte
	lines []int // offsets of the lines' first bytes
	// line, column and at are the last answer.
	line, column, at int
}

func newCursor(data []byte) *cursor {
	c := &cursor{data: data, lines: []int{len(data) - len(withoutMark(data))}}
	for i := 0; i < len(data); {
		if size := lineEnd(data[i:]); size > 0 {
			i += size
			c.lines = append(c.lines, i)
			continue
		}
		i++
	}
	return c
}

// lineEnd returns the length of the line end at the beginning of data; 0 when there is none.
func lineEnd(data []byte) int {
	switch {
	case bytes.HasPrefix(data, []byte("\r\n")), bytes.HasPrefix(data, []byte("\u0085")):
		return 2
	case data[0] == '\n', data[0] == '\r':
		return 1
	case bytes.HasPrefix(data, []byte("\u2028")), bytes.HasPrefix(data, []byte("\u2029")):
		return 3
	}
	return 0
}

// offset returns the offset of a line and column, both from 1, moved into the file when it is outside.
func (c *cursor) offset(line, column int) int {
	if line < 1 || line > len(c.lines) {
		return len(c.data)
	}
	if line != c.line || column < c.column {
		c.line, c.column, c.at = line, 1, c.lines[line-1]
	}
	for c.column < column && c.at < len(c.data) {
		_, size := utf8.DecodeRune(c.data[c.at:])
		c.at += size
		c.column++
	}
	return c.at
}

// scalarText returns the text of a scalar with the way back into the file, as far as its style allows one: a literal block, a
// quoted or a plain scalar on one line lead back byte by byte, others as a whole.
func (y *yamlTree) scalarText(n *yaml.Node) source.Text {
	start := y.cursor.offset(n.Line, n.Column)
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		start = y.behindProperties(start)
	}
	text, ok := source.Text{}, false
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		text, ok = y.literal(n.Value, start)
	case n.Style&yaml.DoubleQuotedStyle != 0:
		text, ok = y.quoted(n.Value, start, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		text, ok = y.quoted(n.Value, start, '\'')
	case n.Style&yaml.FoldedStyle == 0 && n.Value != "" && bytes.HasPrefix(y.file.Bytes()[start:], []byte(n.Value)):
		text, ok = source.Verbatim(y.span(start, start+len(n.Value))), true
	}
	if ok {
		return text
	}
	end := start + len(y.lineFrom(start))
	if n.Value == "" || end == start { // nothing stands there: point at what comes before, a colon or a dash
		start = max(0, start-1)
		end = min(start+1, len(y.file.Bytes()))
	}
	return source.Opaque(n.Value, y.span(start, end))
}

func (y *yamlTree) span(start, end int) source.Place {
	return source.Place{File: y.file, Start: start, End: end}
}

// behindProperties returns the offset behind the tag and the anchor of a scalar.
func (y *yamlTree) behindProperties(at int) int {
	data := y.file.Bytes()
	for at < len(data) && (data[at] == '!' || data[at] == '&') {
		for at < len(data) && !isSpace(data[at]) {
			at++
		}
		for at < len(data) && isSpace(data[at]) {
			at++
		}
	}
	return at
}

// quoted walks a quoted scalar on one line side by side with its value.
func (y *yamlTree) quoted(value string, start int, quote byte) (source.Text, bool) {
	data := y.file.Bytes()
	if start >= len(data) || data[start] != quote {
		return source.Text{}, false
	}
	in, out := start+1, 0
	segments := []source.Segment{{Value: 0, File: in}}
	for in < len(data) {
		read, wrote := 1, 1
		switch {
		case data[in] == quote && (quote == '"' || in+1 == len(data) || data[in+1] != '\''):
			return source.Mapped(value, y.span(start, in+1), segments), out == len(value)
		case data[in] == quote:
			read = 2
		case data[in] == '\\' && quote == '"':
			read, wrote = yamlEscape(data[in:])
		case lineEnd(data[in:]) > 0 || out >= len(value) || data[in] != value[out]:
			return source.Text{}, false
		}
		if read != wrote || data[in] == '\\' {
			segments = append(segments, source.Segment{Value: out, File: in}, source.Segment{Value: out + wrote, File: in + read})
		}
		in, out = in+read, out+wrote
	}
	return source.Text{}, false
}

// yamlEscape returns how many bytes an escape takes in a double-quoted scalar, and how many in the value.
func yamlEscape(data []byte) (read, wrote int) {
	if len(data) < 2 {
		return 1, 0
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[data[1]]
	switch {
	case digits > 0 && len(data) >= 2+digits:
		r, err := strconv.ParseUint(string(data[2:2+digits]), 16, 32)
		if err != nil {
			return len(data), 0
		}
		return 2 + digits, utf8.RuneLen(rune(r))
	case data[1] == 'N', data[1] == '_':
		return 2, 2
	case data[1] == 'L', data[1] == 'P':
		return 2, 3
	case lineEnd(data[1:]) > 0:
		return len(data), 0 // a line is continued
	}
	return 2, 1
}

// literal leads each line of a literal block back to its line in the file, where it stands behind the indentation.
func (y *yamlTree) literal(value string, start int) (source.Text, bool) {
	data := y.file.Bytes()
	at := start + len(y.lineFrom(start))
	end := at
	var segments []source.Segment
	out := 0
	for _, line := range strings.SplitAfter(strings.TrimRight(value, "\n"), "\n") {
		next := bytes.IndexByte(data[at:], '\n')
		if next < 0 {
			return source.Text{}, false
		}
		at += next + 1
		physical := bytes.TrimSuffix(y.physical(at), []byte("\r"))
		content := strings.TrimSuffix(line, "\n")
		if !bytes.HasSuffix(physical, []byte(content)) || content == "" && len(bytes.TrimLeft(physical, " ")) > 0 {
			return source.Text{}, false
		}
		indent := len(physical) - len(content)
		segments = append(segments, source.Segment{Value: out, File: at + indent})
		out += len(line)
		end = at + len(physical)
	}
	return source.Mapped(value, y.span(start, end), segments), true
}

func (y *yamlTree) physical(at int) []byte {
	rest := y.file.Bytes()[at:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return rest
}
