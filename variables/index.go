package variables

import (
	"slices"
	"strings"

	"offscope/exchange"
)

// An index finds all words in one pass over a text. Few places of a text begin with four bytes with which any spelling of any
// word begins; a small table of bits, which stays in the processor's cache, rules out nearly all others.
type index struct {
	filter  [1 << 16 / 64]uint64
	words   map[uint32][]*word
	longest int // of all words in their longest spelling
}

// A span is a part of a text that is to be hidden.
type span struct {
	start, end int
	word       *word // nil when mark is known
	form       form
	mark       exchange.Mark
}

func newIndex(words []*word) *index {
	x := &index{words: map[uint32][]*word{}}
	for _, w := range words {
		length := 0
		for _, u := range w.units {
			length += u.longest
		}
		x.longest = max(x.longest, length)
		for _, key := range w.keys {
			x.addKey(w, key)
		}
	}
	return x
}

// addKeys collects the first four bytes of each spelling of a word.
func (w *word) addKeys(unit int, prefix string) {
	if len(prefix) >= 4 {
		if key := prefixKey(prefix, 0); !slices.Contains(w.keys, key) {
			w.keys = append(w.keys, key)
		}
		return
	}
	for _, s := range w.units[unit].spellings {
		for _, text := range s.beginnings() {
			w.addKeys(unit+1, prefix+text)
		}
	}
}

// beginnings returns the first four bytes of all texts that a spelling stands for.
func (s *spelling) beginnings() []string {
	var all []string
	for n := 1; n == 1 || n <= min(s.run, 4); n++ {
		text := s.text
		if s.run > 0 {
			text = strings.Repeat(`\`, n-1) + text
		}
		text = text[:min(len(text), 4)]
		if s.fold {
			all = append(all, caseVariants(text)...)
		} else {
			all = append(all, text)
		}
	}
	return all
}

// caseVariants returns a short text in small letters with each of its letters in both cases.
func caseVariants(text string) []string {
	variants := []string{text}
	for i := range len(text) {
		if c := text[i]; 'a' <= c && c <= 'z' {
			for _, v := range variants {
				variants = append(variants, v[:i]+string(c-'a'+'A')+v[i+1:])
			}
		}
	}
	return variants
}

func (x *index) addKey(w *word, key uint32) {
	x.words[key] = append(x.words[key], w)
	slot := prefixSlot(key)
	x.filter[slot>>6] |= 1 << (slot & 63)
}

func prefixKey(text string, i int) uint32 {
	_ = text[i+3]
	return uint32(text[i]) | uint32(text[i+1])<<8 | uint32(text[i+2])<<16 | uint32(text[i+3])<<24
}

// prefixSlot spreads keys over the filter.
func prefixSlot(key uint32) uint32 { return key * 0x9E3779B1 >> 16 }

// edges is what a match can take in beyond the inner characters of a base64 text.
const edges = 16

// reach returns how many bytes a match can take at most.
func (x *index) reach() int {
	if x == nil {
		return 0
	}
	return x.longest + edges
}

// find returns the spans of all words in a text, in order and without overlap. Where two secrets overlap, the second span is
// what the first one leaves of it.
func (x *index) find(text string) []span {
	if x == nil {
		return nil
	}
	var spans []span
	end := 0
	var last *word
	for i := 0; i+4 <= len(text); i++ {
		key := prefixKey(text, i)
		slot := prefixSlot(key)
		if x.filter[slot>>6]&(1<<(slot&63)) == 0 {
			continue
		}
		s, ok := longestMatch(x.words[key], text, i)
		if !ok || s.end <= end || i < end && s.word == last {
			continue
		}
		s.start = max(s.start, end)
		spans = append(spans, s)
		end, last = s.end, s.word
	}
	return spans
}

// longestMatch returns the longest of the words that begin at i, of equal ones the first.
func longestMatch(words []*word, text string, i int) (best span, found bool) {
	for _, w := range words {
		end, kind := w.match(text, i)
		if end == 0 {
			continue
		}
		s, ok := span{start: i, end: end, word: w, form: w.form}, true
		if w.base64 != nil {
			s, ok = w.base64.widen(text, s)
		} else if s.form.kind == exchange.Plain {
			s.form.kind = kind
		}
		if ok && (!found || s.end > best.end) {
			best, found = s, true
		}
	}
	return best, found
}

// merge puts the forced spans and what they leave of the found ones into order. A found one that holds forced ones and more
// is a value that is known as a whole, and hides them. Both are in order and without overlap.
func merge(forced, found []span) []span {
	var all []span
	hidden := 0 // where the last forced span ends
	for _, s := range found {
		s.start = max(s.start, hidden)
		for len(forced) > 0 && forced[0].start < s.end {
			f := forced[0]
			forced = forced[1:]
			if f.in(s) {
				continue
			}
			if s.start < f.start {
				before := s
				before.end = f.start
				all = append(all, before)
			}
			all = append(all, f)
			hidden = f.end
			s.start = max(s.start, hidden)
		}
		if s.start < s.end {
			all = append(all, s)
		}
	}
	return append(all, forced...)
}

// in reports whether a span is a part of another one, and not all of it.
func (s span) in(other span) bool {
	return other.start <= s.start && s.end <= other.end && s.end-s.start < other.end-other.start
}
