package bucket

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"offscope/source"
)

// A csvReader reads rows of comma separated values and finds their places.
type csvReader struct {
	*reader
	*csv.Reader
	// base is the offset of the first byte behind the byte order mark, and lines are those of the lines' first bytes.
	base  int
	lines []int
}

func (r *reader) csvData() []Row {
	text := withoutMark(r.file.Bytes())
	c := &csvReader{reader: r, Reader: csv.NewReader(bytes.NewReader(text)), base: len(r.file.Bytes()) - len(text)}
	c.FieldsPerRecord = -1
	c.lines = []int{c.base}
	for i, b := range text {
		if b == '\n' {
			c.lines = append(c.lines, c.base+i+1)
		}
	}
	header, ok := c.next()
	if !ok || !c.header(header) {
		return nil
	}
	var rows []Row
	for {
		row, ok := c.next()
		if !ok {
			return rows
		}
		if isBlankLine(row, len(header.Values)) || !c.fits(header, row) {
			continue
		}
		for i := range row.Values {
			row.Values[i].Name = header.Values[i].Value
		}
		rows = append(rows, row)
	}
}

// next reads one record, whose values have no names yet; false at the end and after an error.
func (c *csvReader) next() (Row, bool) {
	record, err := c.Read()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			c.syntax(err)
		}
		return Row{}, false
	}
	row := Row{Values: make([]NamedText, len(record))}
	for i, value := range record {
		line, column := c.FieldPos(i)
		row.Values[i].Value = c.text(c.lines[line-1]+column-1, value)
	}
	first, last := row.Values[0].Value.Place, row.Values[len(record)-1].Value.Place
	row.Place = source.Place{File: c.file, Start: first.Start, End: last.End}
	return row, true
}

// text finds the literal that begins at an offset and that the value was read from.
func (c *csvReader) text(start int, value string) source.Text {
	data := c.file.Bytes()
	if start >= len(data) || data[start] != '"' {
		return source.Verbatim(source.Place{File: c.file, Start: start, End: start + len(value)})
	}
	in := start + 1
	segments := []source.Segment{{Value: 0, File: in}}
	for out := 1; out <= len(value); out++ {
		read := 1
		if two := string(data[in:min(in+2, len(data))]); two == `""` || two == "\r\n" {
			read = 2
		}
		if in += read; read == 2 {
			segments = append(segments, source.Segment{Value: out, File: in})
		}
	}
	return source.Mapped(value, source.Place{File: c.file, Start: start, End: in + 1}, segments)
}

// syntax words an error of the library without any text of the file.
func (c *csvReader) syntax(err error) {
	d := source.Diagnostic{Code: "csv-syntax", Place: c.spot(c.base), Message: "this CSV cannot be read"}
	var parse *csv.ParseError
	if errors.As(err, &parse) && parse.Line <= len(c.lines) {
		d.Place = c.spot(c.lines[parse.Line-1] + max(0, parse.Column-1))
	}
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		d.Message, d.Hint = "a quote stands inside a value that is not in quotes", `put the whole value into quotes, with "" for a quote in it`
	case errors.Is(err, csv.ErrQuote):
		d.Message, d.Hint = "a value in quotes is not closed, or something stands behind its closing quote", `write "" for a quote inside a value`
	}
	if parse != nil && parse.StartLine != parse.Line && parse.StartLine >= 1 && parse.StartLine <= len(c.lines) {
		d.Related = append(d.Related, source.Related{Place: c.spot(c.lines[parse.StartLine-1]), Message: "the row begins here"})
	}
	c.add(d)
}

// header checks the names, and takes the spaces around them away. It shows none of them, because the names are values when the
// file lacks its first line.
func (c *csvReader) header(row Row) bool {
	names := make([]string, len(row.Values))
	for i := range row.Values {
		name := &row.Values[i].Value
		*name = trimmed(*name)
		names[i] = name.Value
		switch first := slices.Index(names[:i], name.Value); {
		case name.Value == "":
			c.headerError(*name, fmt.Sprintf("column %d has no name", i+1), "the first line names a variable for each column")
		case first >= 0:
			c.headerError(*name, fmt.Sprintf("column %d has the name of column %d", i+1, first+1), "rename one of them")
		}
	}
	if only := row.Values[0].Value; len(names) == 1 && strings.ContainsAny(only.Value, ";\t|") {
		c.headerError(only, "the names in the first line are not separated by commas", "save the file with commas between the values")
	}
	return !c.failed()
}

func (c *csvReader) headerError(name source.Text, message, hint string) {
	c.add(source.Diagnostic{Code: "csv-header", Place: name.Place, Message: message, Hint: hint})
}

// trimmed returns a text without the white space at its ends.
func trimmed(text source.Text) source.Text {
	value := strings.TrimSpace(text.Value)
	if value == text.Value {
		return text
	}
	start := strings.Index(text.Value, value)
	return source.Opaque(value, text.At(start, start+len(value)))
}

// isBlankLine knows a line with nothing but spaces in it, where a row has several values.
func isBlankLine(row Row, columns int) bool {
	return columns > 1 && len(row.Values) == 1 && strings.TrimSpace(row.Values[0].Value.Value) == "" &&
		row.Values[0].Value.Place.End-row.Values[0].Value.Place.Start == len(row.Values[0].Value.Value)
}

// fits refuses a row with more or fewer values than there are names, and warns of one in which all values are empty.
func (c *csvReader) fits(header, row Row) bool {
	want, got := len(header.Values), len(row.Values)
	if want != got {
		c.add(source.Diagnostic{
			Code: "csv-columns", Place: row.Place,
			Message: fmt.Sprintf("this row has %s, and the first line has %s", numbered(got, "value"), numbered(want, "name")),
			Hint:    "separate values by commas, and put a value with a comma in it into quotes",
		})
		return false
	}
	if want > 1 && !slices.ContainsFunc(row.Values, func(v NamedText) bool { return v.Value.Value != "" }) {
		c.once(source.Diagnostic{
			Code: "empty-row", Severity: source.Warning, Place: row.Place,
			Message: "all values of this row are empty: it is a run like any other", Hint: "remove the line when it is not meant",
		})
	}
	return true
}

func numbered(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
