package bucket

import (
	"bytes"
	"fmt"
	"strings"

	"offscope/source"
)

// dotenv reads NAME=VALUE lines. A line may begin with "export"; # begins a comment at the start of a line or behind a space;
// a value in single quotes is taken as it stands, one in double quotes knows \n, \r, \t, \", \\ and \$; both may go over
// several lines. Nothing is expanded: ${NAME} stays as it is.
func (r *reader) dotenv() []NamedText {
	data := r.file.Bytes()
	d := &dotenvReader{reader: r, data: data, at: len(data) - len(withoutMark(data)), seen: map[string]int{}}
	for d.at < len(data) {
		d.line()
	}
	return d.found
}

type dotenvReader struct {
	*reader
	data  []byte
	at    int
	found []NamedText
	seen  map[string]int // index in found by name
}

// line reads one line, or several when a quoted value goes over them.
func (d *dotenvReader) line() {
	end := d.lineEnd()
	line := d.data[d.at:end]
	d.skip(" \t\r", end)
	switch trimmed := bytes.TrimSpace(line); {
	case len(trimmed) == 0, trimmed[0] == '#':
		d.next(end)
		return
	case bytes.HasPrefix(trimmed, []byte("export ")), bytes.HasPrefix(trimmed, []byte("export\t")):
		d.at += len("export")
		d.skip(" \t", end)
	}
	equals := bytes.IndexByte(d.data[d.at:end], '=')
	name := source.Place{File: d.file, Start: d.at, End: d.at + max(0, equals)}
	for name.End > name.Start && isSpace(d.data[name.End-1]) {
		name.End--
	}
	if equals < 0 || name.Start == name.End {
		d.refuse(d.at, end, "a line must be NAME=VALUE", "a comment begins with #; a file of YAML or JSON must have a name that says so")
		d.next(end)
		return
	}
	d.at += equals + 1
	d.skip(" \t", end)
	if value, ok := d.value(end); ok {
		d.keep(NamedText{source.Verbatim(name), value})
	}
	d.next(d.lineEnd())
}

func (d *dotenvReader) lineEnd() int {
	if i := bytes.IndexByte(d.data[d.at:], '\n'); i >= 0 {
		return d.at + i
	}
	return len(d.data)
}

func (d *dotenvReader) next(end int) { d.at = min(end+1, len(d.data)) }

func (d *dotenvReader) skip(set string, end int) {
	for d.at < end && strings.IndexByte(set, d.data[d.at]) >= 0 {
		d.at++
	}
}

func (d *dotenvReader) refuse(start, end int, message, hint string) {
	d.add(source.Diagnostic{
		Code: "env-syntax", Place: source.Place{File: d.file, Start: start, End: end}, Message: message, Hint: hint,
	})
}

// keep adds a variable; of equal names the last one counts.
func (d *dotenvReader) keep(v NamedText) {
	i, twice := d.seen[v.Name.Value]
	if !twice {
		d.seen[v.Name.Value] = len(d.found)
		d.found = append(d.found, v)
		return
	}
	d.add(source.Diagnostic{
		Code: "duplicate-key", Severity: source.Warning, Place: v.Name.Place,
		Message: fmt.Sprintf("the name %s stands twice in this file: the last one counts", quote(v.Name.Value)),
		Hint:    "remove the one that is not meant",
		Related: []source.Related{{Place: d.found[i].Name.Place, Message: "it stands here first"}},
	})
	d.found[i] = v
}

// value reads what stands behind the equals sign. It leaves d.at on the value's last line.
func (d *dotenvReader) value(end int) (source.Text, bool) {
	if d.at < end && (d.data[d.at] == '"' || d.data[d.at] == '\'') {
		return d.quoted(d.data[d.at])
	}
	at := source.Place{File: d.file, Start: d.at, End: end}
	for i := d.at; i < end; i++ {
		if d.data[i] == '#' && isSpace(d.data[i-1]) {
			at.End = i
			break
		}
	}
	for at.End > at.Start && isSpace(d.data[at.End-1]) {
		at.End--
	}
	return source.Verbatim(at), true
}

// quoted reads a value in quotes, and refuses what stands behind them unless it is a comment.
func (d *dotenvReader) quoted(quote byte) (source.Text, bool) {
	start := d.at
	in := start + 1
	var value strings.Builder
	segments := []source.Segment{{Value: 0, File: in}}
	for in < len(d.data) && d.data[in] != quote {
		piece, read := string(d.data[in]), 1
		if quote == '"' && d.data[in] == '\\' && in+1 < len(d.data) {
			piece, read = escaped(d.data[in+1])
		}
		value.WriteString(piece)
		if in += read; read != len(piece) {
			segments = append(segments, source.Segment{Value: value.Len(), File: in})
		}
	}
	if in >= len(d.data) {
		d.refuse(start, start+1, "this quote is never closed", "")
		d.at = len(d.data)
		return source.Text{}, false
	}
	d.at = in + 1
	end := d.lineEnd()
	if rest := bytes.TrimSpace(d.data[d.at:end]); len(rest) > 0 && rest[0] != '#' {
		d.refuse(d.at, end, "there is something behind the closing quote", "put all of the value into the quotes, with \\\" for a quote in it")
		return source.Text{}, false
	}
	return source.Mapped(value.String(), source.Place{File: d.file, Start: start, End: in + 1}, segments), true
}

// escaped returns what a backslash and c mean in double quotes, and how many bytes that takes in the file.
func escaped(c byte) (string, int) {
	switch c {
	case 'n':
		return "\n", 2
	case 'r':
		return "\r", 2
	case 't':
		return "\t", 2
	case '"', '\\', '$':
		return string(c), 2
	}
	return `\`, 1
}
