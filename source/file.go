// Package source holds files, the places in them, and what there is to say about a place.
//
// Everything that can be blamed keeps a [Place]: a span of bytes in a [File]. Lines and columns are worked out only when a
// message is made. A string that was decoded from a literal (a script inside an export, say) is a [Text], which leads from
// an offset in the decoded value back to the bytes of the literal. A [Diagnostic] joins a place, a message and a hint.
package source

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"unsafe"
)

// A File is a text with the name its user knows it by. It does not change after NewFile.
type File struct {
	// Name is the path as the user gave it.
	Name string
	// Private says that the file holds values nobody should see on a screen, as environment and secrets files do. No
	// excerpt is ever drawn from a private file.
	Private bool

	data  []byte
	text  string // the same bytes: nobody changes them, and an export can be one line of a hundred megabytes
	once  sync.Once
	lines []int // offset of the first byte of each line
}

// NewFile returns a file that holds data, which the caller must not change any more. A leading byte order mark stays in
// the data, so that offsets are those of the file on disk.
func NewFile(name string, data []byte) *File {
	return &File{Name: name, data: data, text: unsafe.String(unsafe.SliceData(data), len(data))}
}

// Bytes returns the whole text. It must not be changed.
func (f *File) Bytes() []byte { return f.data }

// Position returns line and column of a byte offset, both from 1, the column counted in bytes. An offset outside the file
// is moved to its nearest end.
func (f *File) Position(offset int) Position {
	f.once.Do(f.index)
	offset = max(0, min(offset, len(f.data)))
	line := sort.SearchInts(f.lines, offset+1)
	return Position{Line: line, Col: offset - f.lines[line-1] + 1}
}

// Line returns the text of a line, counted from 1, without its line end; "" for a line the file does not have. It copies
// nothing.
func (f *File) Line(n int) string {
	f.once.Do(f.index)
	if n < 1 || n > len(f.lines) {
		return ""
	}
	start, end := f.lines[n-1], len(f.data)
	if n < len(f.lines) {
		end = f.lines[n]
	}
	return strings.TrimRight(f.text[start:end], "\r\n")
}

// Whole returns the place that spans the file.
func (f *File) Whole() Place { return Place{File: f, End: len(f.data)} }

func (f *File) index() {
	f.lines = append(f.lines, 0)
	for i, b := range f.data {
		if b == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
}

// A Position is a line and a column, both from 1; columns count bytes.
type Position struct {
	Line, Col int
}

// A Place is a span of bytes in a file: Start is the first byte, End the one after the last. The zero Place is nowhere.
type Place struct {
	File       *File
	Start, End int
}

// Known reports whether the place is somewhere.
func (p Place) Known() bool { return p.File != nil }

// Position returns where the place begins; the zero Position when the place is nowhere.
func (p Place) Position() Position {
	if p.File == nil {
		return Position{}
	}
	return p.File.Position(p.Start)
}

// String writes the place as file:line:col, "" when it is nowhere.
func (p Place) String() string {
	if p.File == nil {
		return ""
	}
	at := p.Position()
	return fmt.Sprintf("%s:%d:%d", p.File.Name, at.Line, at.Col)
}
