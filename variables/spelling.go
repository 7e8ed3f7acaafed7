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
	form   form // of a match in plain spelling
	base64 *base64Edge
	number int // in the order in which they were added
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
type unitTable struct {
	units map[string]*unit
	// base64 are the letters and digits of texts in base64, which are never escaped.
	base64 [utf8.RuneSelf]*unit
}

func newUnitTable() *unitTable { return &unitTable{units: map[string]*unit{}} }

// spellings returns the words to look for because of one value.
func (t *unitTable) spellings(secret, value string, f form) []*word {
	words := []*word{{secret: secret, text: value, units: t.of(value), form: f}}
	for _, kind := range []exchange.Encoding{exchange.Base64, exchange.Base64URL} {
		for before := range 3 {
			words = append(words, t.base64Word(secret, value, f, kind, before))
		}
	}
	return words
}

// ofBase64 returns the units of a text in base64, of which only the few signs are ever escaped.
func (t *unitTable) ofBase64(text string) []*unit {
	us := make([]*unit, 0, len(text))
	for i := range len(text) {
		c := text[i]
		if !isOrdinary(rune(c)) {
			us = append(us, t.of(text[i:i+1])...)
			continue
		}
		if t.base64[c] == nil {
			t.base64[c] = newPlainUnit(text[i : i+1])
		}
		us = append(us, t.base64[c])
	}
	return us
}

// of returns the units of a text.
func (t *unitTable) of(text string) []*unit {
	us := make([]*unit, 0, len(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		c := text[i : i+size]
		u, ok := t.units[c]
		if !ok {
			u = newUnit(c, r)
			t.units[c] = u
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
	at    *node
	unit  int // of the node, that comes next
	end   int
	kind  exchange.Encoding
	level int // of the backslashes so far, see spelling
}

// anyWord returns one of the words that begin with this node's units.
func (n *node) anyWord() *word {
	for len(n.words) == 0 {
		n = n.next[0]
	}
	return n.words[0]
}

func (u *unit) begins(text string) bool {
	for k := range u.spellings {
		if u.spellings[k].at(text) > 0 {
			return true
		}
	}
	return false
}

// follow calls found with every word that begins at i with a node's units, where it ends, and how it is spelled. All ways to
// read the text are followed side by side, because a backslash can be a character of the value or an escape. It breaks off when
// that takes too long.
func (f *finder) follow(n *node, i int, found func(*word, int, exchange.Encoding)) {
	var space, nextSpace [8]reached
	ways, next := append(space[:0], reached{at: n, end: i}), nextSpace[:0]
	for len(ways) > 0 && !f.tired(i) {
		f.work += len(ways) * len(ways)
		next = next[:0]
		for _, way := range ways {
			next = way.step(f.text, next, found)
		}
		ways, next = next, ways
	}
}

// step takes one unit further, and appends where that leads.
func (way reached) step(text string, next []reached, found func(*word, int, exchange.Encoding)) []reached {
	rest := text[way.end:]
	u := way.at.units[way.unit]
	for k := range u.spellings {
		s := &u.spellings[k]
		length := s.at(rest)
		if length == 0 || !fits(way.level, s.level) {
			continue
		}
		to := reached{
			at: way.at, unit: way.unit + 1, end: way.end + length,
			kind: higher(way.kind, s.kindOf(rest)), level: max(way.level, s.level),
		}
		if to.unit < len(to.at.units) {
			next = addWay(next, to)
			continue
		}
		for _, w := range way.at.words {
			found(w, to.end, to.kind)
		}
		for _, n := range way.at.next {
			if n.units[0].mayBegin(text, to.end) {
				to.at, to.unit = n, 0
				next = addWay(next, to)
			}
		}
	}
	return next
}

// fits reports whether backslashes of both levels, of which 0 is none, may stand in one match.
func fits(a, b int) bool { return a == b || a == 0 || b == 0 }

func addWay(ways []reached, way reached) []reached {
	for _, w := range ways {
		if w.at == way.at && w.unit == way.unit && w.end == way.end && w.level == way.level {
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
