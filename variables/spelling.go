package variables

import (
	"strconv"
	"strings"
	"unicode/utf16"
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

// A unit is a character, or a byte that is part of no character, with all its spellings.
type unit struct {
	spellings []spelling
	longest   int
}

type spelling struct {
	text string
	kind exchange.Encoding
	fold bool // hexadecimal digits in either case
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

// newUnit collects the spellings of one character, or of one byte when r is the error rune.
func newUnit(c string, r rune) *unit {
	u := &unit{}
	u.add(exchange.Plain, false, c)
	var once, twice strings.Builder
	for i := range len(c) {
		digits := hexadecimal(rune(c[i]), 2)
		once.WriteString("%" + digits)
		twice.WriteString("%25" + digits)
	}
	u.add(exchange.URLEncoded, true, once.String())
	u.add(doubleURL, true, twice.String())
	if r == ' ' {
		u.add(exchange.FormEncoded, false, "+")
	}
	if r != utf8.RuneError || len(c) > 1 {
		u.addJSON(r)
		u.addXML(r)
		u.addOldEscape(r)
	}
	return u
}

// hexadecimal writes a number in at least so many digits.
func hexadecimal(n rune, digits int) string {
	text := strconv.FormatInt(int64(n), 16)
	return strings.Repeat("0", max(0, digits-len(text))) + text
}

func (u *unit) add(kind exchange.Encoding, fold bool, texts ...string) {
	for _, text := range texts {
		if fold {
			text = strings.ToLower(text)
		}
		u.spellings = append(u.spellings, spelling{text: text, kind: kind, fold: fold})
		u.longest = max(u.longest, len(text))
	}
}

// jsonShort has one escape that is JavaScript's and not JSON's: Chai writes texts between apostrophes.
var jsonShort = map[rune]string{
	'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\'': `\'`,
}

var inJSON = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func (u *unit) addJSON(r rune) {
	kind := exchange.JSONEscaped
	switch r {
	case '<', '>', '&', '\u2028', '\u2029':
		kind = exchange.JSONHTML
	}
	var long string
	for _, half := range utf16.Encode([]rune{r}) {
		long += `\u` + hexadecimal(rune(half), 4)
	}
	u.add(kind, true, long)
	u.add(exchange.JSONInJSON, true, inJSON.Replace(long))
	u.add(exchange.URLEncoded, true, urlEncode(long)) // an object that a URL was filled with
	if short, ok := jsonShort[r]; ok {
		u.add(exchange.JSONEscaped, false, short)
		u.add(exchange.JSONInJSON, false, inJSON.Replace(short), inJSON.Replace(inJSON.Replace(string(r))))
		u.add(exchange.URLEncoded, true, urlEncode(short), EncodeURL(short))
	}
}

// addOldEscape adds what JavaScript's function escape makes of a character: it knows characters and no bytes.
func (u *unit) addOldEscape(r rune) {
	if r < utf8.RuneSelf {
		return // as in a URL
	}
	text := "%" + hexadecimal(r, 2)
	if r > 0xFF {
		text = ""
		for _, half := range utf16.Encode([]rune{r}) {
			text += "%u" + hexadecimal(rune(half), 4)
		}
	}
	u.add(exchange.URLEncoded, true, text)
}

var xmlNames = map[rune]string{'&': "amp", '<': "lt", '>': "gt", '"': "quot", '\'': "apos"}

func (u *unit) addXML(r rune) {
	u.add(exchange.XMLEscaped, true, "&#"+strconv.Itoa(int(r))+";", "&#x"+hexadecimal(r, 1)+";")
	if name, ok := xmlNames[r]; ok {
		u.add(exchange.XMLEscaped, false, "&"+name+";")
		u.add(exchange.XMLEscaped, true, `\u0026`+name+";") // XML in JSON that is fit for HTML
	}
}

// at returns the length of the spelling at the beginning of text, 0 when it does not stand there. Escapes of different
// characters begin alike, so the comparison starts at the end.
func (s *spelling) at(text string) int {
	n := len(s.text)
	if len(text) < n || text[0] != s.text[0] {
		return 0
	}
	if !s.fold {
		if text[:n] == s.text {
			return n
		}
		return 0
	}
	for i := n - 1; i > 0; i-- {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s.text[i] {
			return 0
		}
	}
	return n
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
	end  int
	kind exchange.Encoding
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
				if n := s.at(text[way.end:]); n > 0 {
					next = addWay(next, reached{end: way.end + n, kind: higher(way.kind, s.kind)})
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

func addWay(ways []reached, way reached) []reached {
	for _, w := range ways {
		if w.end == way.end {
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
