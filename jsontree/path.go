package jsontree

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Path leads from a document to a value in it. The zero Path is the whole document.
type Path struct {
	text     string
	segments []segment
}

// A segment is one step of a path: a name, or an index in brackets.
type segment struct {
	name       string // of an index: its number as written
	index      int
	isIndex    bool
	start, end int // span in the path's text, brackets included, the dot before it not
}

// A PathError says why a text is not a path.
type PathError struct {
	// Path is the text, Offset the byte in it at which it goes wrong.
	Path    string
	Offset  int
	Message string
}

// Error returns the message with the path.
func (e *PathError) Error() string {
	return fmt.Sprintf("the path '%s' is not valid: %s", e.Path, e.Message)
}

// ParsePath reads a path in JavaScript's notation, as the vendor's page on JSON expressions shows it: a.b, a[0].b, [2].x,
// [-1] for the last element. Beyond that page it takes quoted names, a["b.c"], and a leading $ for the document; the empty
// path is the whole document. Wildcards, slices and filters are errors. The error is a [*PathError].
func ParsePath(text string) (Path, error) {
	p := pathParser{text: text}
	p.skipRoot()
	for p.at < len(text) {
		if problem := p.segment(); problem != "" {
			return Path{}, &PathError{Path: text, Offset: min(p.at, len(text)), Message: problem}
		}
	}
	return Path{text: text, segments: p.segments}, nil
}

// String returns the path as it was written.
func (p Path) String() string { return p.text }

// Whole reports whether the path is the whole document.
func (p Path) Whole() bool { return len(p.segments) == 0 }

type pathParser struct {
	text     string
	at       int
	segments []segment
}

// skipRoot steps over a $ that stands for the document. In "$ref" it is a part of the name.
func (p *pathParser) skipRoot() {
	switch {
	case p.text == "$" || strings.HasPrefix(p.text, "$["):
		p.at = 1
	case strings.HasPrefix(p.text, "$."):
		p.at = 2
	}
}

// segment reads the next segment and the dot behind it; it returns what is wrong, and leaves p.at there.
func (p *pathParser) segment() (problem string) {
	s := segment{start: p.at}
	if p.text[p.at] == '[' {
		problem = p.bracket(&s)
	} else {
		problem = p.name(&s)
	}
	if problem != "" {
		return problem
	}
	s.end = p.at
	p.segments = append(p.segments, s)
	return p.separator()
}

func (p *pathParser) name(s *segment) string {
	length := strings.IndexAny(p.text[p.at:], ".[")
	if length < 0 {
		length = len(p.text) - p.at
	}
	if length == 0 {
		return "a name is missing before this dot"
	}
	s.name = p.text[p.at : p.at+length]
	p.at += length
	return ""
}

func (p *pathParser) separator() string {
	switch {
	case p.at == len(p.text) || p.text[p.at] == '[':
		return ""
	case p.text[p.at] != '.':
		return "a dot is missing after the bracket"
	case p.at+1 == len(p.text):
		return "a name is missing after the last dot"
	case p.text[p.at+1] == '[':
		return "a bracket follows the name directly, without a dot"
	}
	p.at++
	return ""
}

func (p *pathParser) bracket(s *segment) string {
	p.at++
	if p.at < len(p.text) && (p.text[p.at] == '"' || p.text[p.at] == '\'') {
		return p.quoted(s)
	}
	length := strings.IndexByte(p.text[p.at:], ']')
	if length < 0 {
		return "a closing bracket is missing"
	}
	s.isIndex = true
	s.name = strings.Trim(p.text[p.at:p.at+length], " ")
	if problem := s.setIndex(); problem != "" {
		return problem
	}
	p.at += length + 1
	return ""
}

func (s *segment) setIndex() string {
	switch digits := strings.TrimPrefix(s.name, "-"); {
	case s.name == "":
		return "an index is missing between the brackets"
	case strings.ContainsAny(s.name, "*?:,@("):
		return "wildcards, slices and filters are not supported, only an index or a quoted name in brackets"
	case digits == "" || strings.Trim(digits, "0123456789") != "":
		return "brackets hold an index or a name in quotes"
	}
	index, err := strconv.Atoi(s.name)
	if err != nil {
		index = math.MaxInt // larger than any array
	}
	s.index = index
	return ""
}

// quoted reads a name in quotes. A backslash stands before a quote or a backslash that belongs to the name.
func (p *pathParser) quoted(s *segment) string {
	quote := p.text[p.at]
	var name strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == quote:
			s.name = name.String()
			p.at = i + 1
			return p.closeBracket()
		case c == '\\' && i+1 < len(p.text):
			i++
			name.WriteByte(p.text[i])
		default:
			name.WriteByte(c)
		}
	}
	return "a closing quote is missing"
}

func (p *pathParser) closeBracket() string {
	if p.at == len(p.text) || p.text[p.at] != ']' {
		return "a closing bracket is missing after the quoted name"
	}
	p.at++
	return ""
}
