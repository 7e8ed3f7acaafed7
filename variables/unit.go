package variables

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"offscope/exchange"
)

// A unit is a character, or a byte that is part of no character, with all its spellings.
type unit struct {
	spellings  []spelling
	beginnings [][]string // of each spelling, once they were asked for
	first      [256 / 64]uint64
	longest    int
	ordinary   bool // a letter or digit
}

// mayBegin reports whether any spelling begins with the byte at i.
func (u *unit) mayBegin(text string, i int) bool {
	return i < len(text) && u.first[text[i]>>6]&(1<<(text[i]&63)) != 0
}

// beginningsOf returns the first four bytes of a spelling in all cases.
func (u *unit) beginningsOf(i int) []string {
	if u.beginnings == nil {
		for k := range u.spellings {
			u.beginnings = append(u.beginnings, u.spellings[k].beginnings())
		}
	}
	return u.beginnings[i]
}

// newPlainUnit is a character that is always written as it is.
func newPlainUnit(c string) *unit {
	u := &unit{ordinary: true}
	u.add(exchange.Plain, false, c)
	return u
}

// A spelling is one way to write a unit. Where run is not 0, each backslash of its text stands for one or more, as many as
// run, and for the same number everywhere: a text that is written as JSON again and again gets ever more of them.
type spelling struct {
	text string
	kind exchange.Encoding
	fold bool // hexadecimal digits in either case
	run  int
	// tails is what follows each backslash of a text with runs.
	tails []string
	// level tells a backslash that was doubled more than twice. A match holds backslashes of one level only, because there
	// would be too many ways to divide a long row of them.
	level int
}

// A character that is written as an escape anyway can be followed through six levels of JSON, where it has 63 or 64
// backslashes. Letters and digits are hardly ever escaped; a mere two levels keep what a match can take in short.
const (
	longestRun  = 64
	ordinaryRun = 2
)

// newUnit collects the spellings of one character, or of one byte when r is the error rune.
func newUnit(c string, r rune) *unit {
	u := &unit{ordinary: isOrdinary(r)}
	if r == '\\' {
		u.addBackslashes()
	} else {
		u.add(exchange.Plain, false, c)
	}
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
		u.first[text[0]>>6] |= 1 << (text[0] & 63)
	}
}

// addRuns adds a spelling that begins with a backslash, and what becomes of it when it is escaped again.
func (u *unit) addRuns(kind exchange.Encoding, fold bool, text string, run int) {
	u.add(kind, fold, text)
	s := &u.spellings[len(u.spellings)-1]
	s.run, s.tails = run, strings.Split(s.text, `\`)[1:]
	u.longest = max(u.longest, len(text)+len(s.tails)*(run-1))
}

// addBackslashes adds a backslash that was doubled up to six times.
func (u *unit) addBackslashes() {
	kinds := []exchange.Encoding{exchange.Plain, exchange.JSONEscaped}
	for doubled := 0; 1<<doubled <= longestRun; doubled++ {
		kind := exchange.JSONInJSON
		if doubled < len(kinds) {
			kind = kinds[doubled]
		}
		u.add(kind, false, strings.Repeat(`\`, 1<<doubled))
		u.spellings[doubled].level = max(1, doubled-1)
	}
}

// jsonShort has one escape that is JavaScript's and not JSON's: Chai writes texts between apostrophes.
var jsonShort = map[rune]string{
	'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\'': `\'`,
}

func (u *unit) addJSON(r rune) {
	kind := exchange.JSONEscaped
	switch r {
	case '<', '>', '&', '\u2028', '\u2029':
		kind = exchange.JSONHTML
	}
	run := longestRun
	if isOrdinary(r) {
		run = ordinaryRun
	}
	var long string
	for _, half := range utf16.Encode([]rune{r}) {
		long += `\u` + hexadecimal(rune(half), 4)
	}
	u.addRuns(kind, true, long, run)
	u.add(exchange.URLEncoded, true, urlEncode(long)) // an object that a URL was filled with
	short, ok := jsonShort[r]
	if !ok {
		return
	}
	if r != '\\' {
		u.addRuns(exchange.JSONEscaped, false, short, run)
	}
	u.add(exchange.URLEncoded, true, urlEncode(short), EncodeURL(short))
}

// isOrdinary reports whether no usual encoder escapes a character.
func isOrdinary(r rune) bool { return r < utf8.RuneSelf && isWord(byte(r)) && r != '_' }

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

// addXML adds the entities of a character. Their ampersand is an escape itself in JSON that is fit for HTML, and an entity
// where XML is written twice.
func (u *unit) addXML(r rune) {
	decimal := strconv.Itoa(int(r))
	entities := []string{"#" + decimal, "#x" + hexadecimal(r, 1)}
	if !isOrdinary(r) && r < 100 {
		entities = append(entities, "#"+strings.Repeat("0", 3-len(decimal))+decimal)
	}
	if name, ok := xmlNames[r]; ok {
		entities = append(entities, name)
	}
	for _, entity := range entities {
		u.add(exchange.XMLEscaped, true, "&"+entity+";")
		if !isOrdinary(r) {
			u.add(exchange.XMLEscaped, true, "&amp;"+entity+";")
			u.addRuns(exchange.XMLEscaped, true, `\u0026`+entity+";", longestRun)
		}
	}
}

// at returns the length of the spelling at the beginning of text, 0 when it does not stand there.
func (s *spelling) at(text string) int {
	n := len(s.text)
	if text == "" || text[0] != s.text[0] || len(text) < n {
		return 0
	}
	if s.run > 0 {
		return s.inRuns(text)
	}
	if s.equal(text[:n], s.text) {
		return n
	}
	return 0
}

func (s *spelling) inRuns(text string) int {
	n := 1
	for n < min(s.run, len(text)) && text[n] == '\\' {
		n++
	}
	end := 0
	for _, tail := range s.tails {
		for range n {
			if end >= len(text) || text[end] != '\\' {
				return 0
			}
			end++
		}
		if len(text)-end < len(tail) || !s.equal(text[end:end+len(tail)], tail) {
			return 0
		}
		end += len(tail)
	}
	return end
}

// equal compares texts of the same length. Escapes of different characters begin alike, so it starts at the end.
func (s *spelling) equal(text, want string) bool {
	if !s.fold {
		return text == want
	}
	for i := len(want) - 1; i >= 0; i-- {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

// kindOf names the encoding of a spelling that stands at the beginning of text.
func (s *spelling) kindOf(text string) exchange.Encoding {
	if s.run > 0 && s.kind != exchange.XMLEscaped && text[1] == '\\' {
		return exchange.JSONInJSON
	}
	return s.kind
}
