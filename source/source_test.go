package source

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPositionCountsLinesAndBytes(t *testing.T) {
	t.Parallel()
	f := NewFile("a.json", []byte("ab\r\nçd\n"))
	for _, row := range []struct{ offset, line, col int }{
		{-1, 1, 1}, {0, 1, 1}, {1, 1, 2}, {4, 2, 1}, {6, 2, 3}, {8, 3, 1}, {99, 3, 1},
	} {
		if got := f.Position(row.offset); got != (Position{row.line, row.col}) {
			t.Errorf("Position(%d) = %v, want %d:%d", row.offset, got, row.line, row.col)
		}
	}
	for n, want := range []string{"", "ab", "çd", "", ""} {
		if got := f.Line(n); got != want {
			t.Errorf("Line(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestPlaceString(t *testing.T) {
	t.Parallel()
	f := NewFile("a.json", []byte("{\n  \"x\": 1\n}"))
	if got := (Place{f, 4, 7}).String(); got != "a.json:2:3" {
		t.Errorf("got %q", got)
	}
	if got := (Place{}).String(); got != "" {
		t.Errorf("nowhere is %q, want nothing", got)
	}
}

func TestJSONTextLeadsBackIntoTheLiteral(t *testing.T) {
	t.Parallel()
	const literal = `"a\n\u00e9\ud83d\ude00\"z\ud800!"`
	f := NewFile("a.json", []byte("  "+literal))
	var value string
	if err := json.Unmarshal([]byte(literal), &value); err != nil {
		t.Fatal(err)
	}
	text := JSONString(value, Place{f, 2, 2 + len(literal)})
	for _, row := range []struct{ part, want string }{
		{"a", "a"}, {"\n", `\n`}, {"é", `\u00e9`}, {"😀", `\ud83d\ude00`}, {`"z`, `\"z`}, {"\ufffd", `\ud800`}, {"!", "!"},
	} {
		i := strings.Index(value, row.part)
		at := text.At(i, i+len(row.part))
		if got := string(f.Bytes()[at.Start:at.End]); got != row.want {
			t.Errorf("%q stands at %q, want %q", row.part, got, row.want)
		}
	}
}

func TestTextOffsetIsTheInverseOfPosition(t *testing.T) {
	t.Parallel()
	text := Text{Value: "one\ntwo\r\n\nfour"}
	for i := range len(text.Value) {
		if text.Value[i] == '\n' || text.Value[i] == '\r' {
			continue
		}
		if got := text.Offset(text.Position(i)); got != i {
			t.Errorf("offset %d came back as %d", i, got)
		}
	}
	if got := text.Offset(Position{9, 9}); got != len(text.Value) {
		t.Errorf("a line behind the end is %d", got)
	}
}

func TestMappedTextFollowsItsSegments(t *testing.T) {
	t.Parallel()
	f := NewFile("env.yaml", []byte("script: |\n  var a\n  var b\n"))
	text := Mapped("var a\nvar b\n", Place{f, 8, 26}, []Segment{{0, 12}, {6, 20}})
	at := text.At(10, 11)
	if got := at.String(); got != "env.yaml:3:7" {
		t.Errorf("got %s", got)
	}
}

func TestExcerptMarksCharactersNotBytes(t *testing.T) {
	t.Parallel()
	f := NewFile("a.json", []byte("é\t\"x\" é"))
	e := Place{f, 3, 6}.Excerpt()
	if got, want := e.String(), "é \"x\" é\n  ^^^"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestExcerptOfALongLineKeepsTheMarkInSight(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("a", 500) + "XY" + strings.Repeat("b", 500)
	e := Place{NewFile("a", []byte(line)), 500, 502}.Excerpt()
	marked := []rune(e.Text)[e.Mark : e.Mark+e.Width]
	if string(marked) != "XY" {
		t.Errorf("marked %q", string(marked))
	}
	if n := utf8.RuneCountInString(e.Text); n > excerptWidth+2 {
		t.Errorf("excerpt has %d characters", n)
	}
}

func TestExcerptOfAPrivateFileShowsNoValues(t *testing.T) {
	t.Parallel()
	f := NewFile("secrets.yaml", []byte("token: abcdef"))
	f.Private = true
	e := Place{f, 7, 13}.Excerpt()
	if e.Text != "" || e.String() != "" || e.Line != 1 || e.Col != 8 {
		t.Errorf("got %+v", e)
	}
}

func TestExcerptCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	e := Place{NewFile("a", []byte("x\x1b[2Jy")), 0, 1}.Excerpt()
	if strings.ContainsRune(e.Text, 0x1b) {
		t.Errorf("escape sequence kept: %q", e.Text)
	}
}

func TestDiagnosticsSortAndSelect(t *testing.T) {
	t.Parallel()
	f := NewFile("a", []byte("12345"))
	ds := Diagnostics{
		{Severity: Warning, Place: Place{f, 3, 4}, Message: "late"},
		{Severity: Error, Place: Place{f, 1, 2}, Message: "early"},
	}
	ds.Sort()
	if got, want := ds.Error(), "a:1:2: early\na:1:4: late"; got != want {
		t.Errorf("got %q", got)
	}
	if len(ds.Errors()) != 1 || ds.Err() == nil || ds[1:].Err() != nil {
		t.Errorf("errors %v", ds.Errors())
	}
}

// The law: every byte of a decoded string leads into its literal, and in order.
func FuzzJSONTextStaysInsideItsLiteral(f *testing.F) {
	f.Add(`plain`)
	f.Add(`\n\t\"\\\/`)
	f.Add(`\u00e9\ud83d\ude00 \ud800 x`)
	f.Fuzz(func(t *testing.T, inside string) {
		literal := `"` + inside + `"`
		var value string
		if json.Unmarshal([]byte(literal), &value) != nil {
			t.Skip("not a JSON string")
		}
		file := NewFile("f", []byte(literal))
		text := JSONString(value, file.Whole())
		last := 1
		for i := range len(value) {
			at := text.At(i, i+1)
			if at.Start < last || at.End > len(literal)-1 || at.End <= at.Start {
				t.Fatalf("byte %d of %q is at %d-%d in %q, after %d", i, value, at.Start, at.End, literal, last)
			}
			last = at.Start
		}
	})
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"pauses", "seed", "step", "stop-on-failure"}
	for word, want := range map[string]string{
		"pause": "pauses", "paused": "pauses", "sead": "seed", "stop": "step", "stop-on": "", "xyz": "", "": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

// An export can be one line of many megabytes, and a run draws an excerpt for each of its assertions.
func TestLineOfAnyLengthIsNotCopied(t *testing.T) {
	f := NewFile("one-line.json", bytes.Repeat([]byte("x"), 1<<20))
	var line string
	if n := testing.AllocsPerRun(10, func() { line = f.Line(1) }); n != 0 || len(line) != 1<<20 {
		t.Errorf("a line of %d bytes took %v allocations, want none", len(line), n)
	}
}

// The short way for plain text and the long way for any text draw the same.
func TestPlainExcerptsAreLikeOthers(t *testing.T) {
	t.Parallel()
	for _, length := range []int{0, 1, 30, 31, 60, 109, 110, 111, 150, 400} {
		line := strings.Repeat("abcdefghij", 40)[:length]
		for start := 0; start <= length; start += 7 {
			for _, marked := range []int{0, 1, 20, 200} {
				text, mark, width := cut(line, start, marked)
				wantText, wantMark, wantWidth := cut(strings.ReplaceAll(line, "b", "é"), len(strings.ReplaceAll(line[:start], "b", "é")),
					len(strings.ReplaceAll(line[start:min(start+marked, length)], "b", "é")))
				if wantText = strings.ReplaceAll(wantText, "é", "b"); text != wantText || mark != wantMark || width != wantWidth {
					t.Fatalf("%d bytes, mark at %d, %d wide: %q %d %d, want %q %d %d", length, start, marked, text, mark, width, wantText, wantMark, wantWidth)
				}
			}
		}
	}
}
