package live

import (
	"strings"
	"sync"
	"unicode/utf8"

	"offscope/report"
)

// A screen is as much of a terminal as a region uses. What is written behind its last column goes on in the next row.
type screen struct {
	mu       sync.Mutex
	columns  int
	rows     []string
	row, col int
	unknown  []string // what it cannot do
}

func newScreen(columns int) *screen { return &screen{columns: columns, rows: []string{""}} }

// text is what can be read on it, without the empty rest of rows.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := make([]string, len(s.rows))
	for i, r := range s.rows {
		rows[i] = strings.TrimRight(strings.ReplaceAll(r, filler, ""), " ")
	}
	return strings.Join(rows, "\n")
}

// filler is the second column of a wide character.
const filler = "\x00"

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for text := string(p); text != ""; {
		switch {
		case strings.HasPrefix(text, "\x1b["):
			end := strings.IndexFunc(text[2:], func(r rune) bool { return r >= '@' })
			if end < 0 {
				s.unknown = append(s.unknown, text)
				return len(p), nil
			}
			s.control(text[2 : 2+end+1])
			text = text[2+end+1:]
		case text[0] == '\r':
			s.col = 0
			text = text[1:]
		case text[0] == '\n':
			s.newline()
			text = text[1:]
		default:
			r, size := utf8.DecodeRuneInString(text)
			s.put(r)
			text = text[size:]
		}
	}
	return len(p), nil
}

func (s *screen) control(code string) {
	switch code {
	case "K":
		s.rows[s.row] = string([]rune(s.rows[s.row])[:s.col])
	case "2K":
		s.rows[s.row] = strings.Repeat(" ", s.col)
	case "A":
		s.row = max(0, s.row-1)
		s.reach()
	default:
		s.unknown = append(s.unknown, code)
	}
}

func (s *screen) newline() {
	s.col = 0
	if s.row++; s.row == len(s.rows) {
		s.rows = append(s.rows, "")
	}
}

func (s *screen) put(r rune) {
	wide := report.Columns(string(r))
	if s.col+wide > s.columns {
		s.newline()
	}
	s.reach()
	row := []rune(s.rows[s.row])
	row = append(row[:s.col], r)
	row = append(row, []rune(strings.Repeat(filler, max(0, wide-1)))...)
	if old := []rune(s.rows[s.row]); len(old) > len(row) {
		row = append(row, old[len(row):]...)
	}
	s.rows[s.row], s.col = string(row), s.col+wide
}

// reach fills the row up to the cursor.
func (s *screen) reach() {
	if short := s.col - utf8.RuneCountInString(s.rows[s.row]); short > 0 {
		s.rows[s.row] += strings.Repeat(" ", short)
	}
}
