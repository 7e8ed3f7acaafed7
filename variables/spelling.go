package variables

import (
	"unicode/utf8"

	"offscope/exchange"
)

// A word is something to look for: a value, or the characters of its base64 text that depend on nothing but the value. Each
// of its units may be spelled in any way in the text, and differently from the next one, so that one word covers every escape.
type word struct {
	secret string
	text   string
	units  []*unit
	keys   []uint32 // see index
	form   form     // of a match in plain spelling
	base64 *base64Edge
}

// same reports whether both words are found in the same texts. The two alphabets of base64 differ in two characters only, and
// a word without them serves both.
func (w *word) same(other *word) bool {
	if w.text != other.text || w.base64 == nil || other.base64 == nil {
		return w.text == other.text && w.base64 == other.base64
	}
	return *w.base64 == *other.base64
}

// A unitTable keeps the units that were made: the words of all secrets are made of few characters.
type unitTable map[string]*unit

// spellings returns the words to look for because of one value.
func (t unitTable) spellings(secret, value string, f form) []*word {
	words := []*word{{secret: secret, text: value, units: t.of(value), form: f}}
	for _, kind := range []exchange.Encoding{exchange.Base64, exchange.Base64URL} {
		for before := range 3 {
			words = append(words, t.base64Word(secret, value, f, kind, before))
		}
	}
	return words
}

// of returns the units of a text.
func (t unitTable) of(text string) []*unit {
	us := make([]*unit, 0, len(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		c := text[i : i+size]
		u, ok := t[c]
		if !ok {
			u = newUnit(c, r)
			t[c] = u
		}
		us = append(us, u)
		i += size
	}
	return us
}

// rank orders the encodings by how much they say about a match that mixes several.
var rank = map[exchange.Encoding]int{
	exchange.Plain:       0,
	exchange.XMLEscaped:  1,
	exchange.URLEncoded:  2,
	exchange.FormEncoded: 3,
	doubleURL:            4,
	exchange.JSONEscaped: 5,
	exchange.JSONHTML:    6,
	exchange.JSONInJSON:  7,
}

// A reached is how far a match has come, and how it was spelled so far.
type reached struct {
	end   int
	kind  exchange.Encoding
	level int // of the backslashes so far, see spelling
}

// match returns where the longest match of the word that begins at i ends, and how it is spelled; 0 when there is none. All
// ways to read the text are followed side by side, because a backslash can be a character of the value or an escape.
func (w *word) match(text string, i int) (int, exchange.Encoding) {
	if !w.units[0].begins(text[i:]) {
		return 0, "" // nearly always
	}
	return w.follow(text, i)
}

func (u *unit) begins(text string) bool {
	for k := range u.spellings {
		if u.spellings[k].at(text) > 0 {
			return true
		}
	}
	return false
}

func (w *word) follow(text string, i int) (int, exchange.Encoding) {
	var space [8]reached
	ways := append(space[:0], reached{end: i})
	var nextSpace [8]reached
	next := nextSpace[:0]
	for _, u := range w.units {
		next = next[:0]
		for _, way := range ways {
			for k := range u.spellings {
				s := &u.spellings[k]
				if n := s.at(text[way.end:]); n > 0 && fits(way.level, s.level) {
					kind := higher(way.kind, s.kindOf(text[way.end:]))
					next = addWay(next, reached{end: way.end + n, kind: kind, level: max(way.level, s.level)})
				}
			}
		}
		if len(next) == 0 {
			return 0, ""
		}
		ways, next = next, ways
	}
	best := ways[0]
	for _, way := range ways[1:] {
		if way.end > best.end {
			best = way
		}
	}
	return best.end, best.kind
}

// fits reports whether backslashes of both levels, of which 0 is none, may stand in one match.
func fits(a, b int) bool { return a == b || a == 0 || b == 0 }

func addWay(ways []reached, way reached) []reached {
	for _, w := range ways {
		if w.end == way.end && w.level == way.level {
			return ways
		}
	}
	return append(ways, way)
}

func higher(a, b exchange.Encoding) exchange.Encoding {
	if a == b || rank[a] > rank[b] {
		return a
	}
	return b
}
