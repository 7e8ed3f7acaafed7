package variables

import (
	"slices"
	"strings"

	"offscope/exchange"
)

// An index finds all words in one pass over a text. Few places of a text begin with four bytes with which any spelling of any
// word begins; a table of bits, which stays in the processor's cache, rules out nearly all others. Words that begin alike
// share the nodes of a tree, so that many values of one kind cost little more than one. A word is added in place.
type index struct {
	filter  [1 << filterBits / 64]uint64
	starts  map[uint32][]*node // by the first four bytes
	roots   []*node
	words   int
	longest int // of all words in their longest spelling
}

const filterBits = 18

// A node is some units behind those of the nodes above it, as many as have no fork between them.
type node struct {
	units []*unit // at least one
	next  []*node
	words []*word // that end here
}

// A span is a part of a text that is to be hidden.
type span struct {
	start, end int
	word       *word // nil when mark is known
	form       form
	mark       exchange.Mark
}

func newIndex() *index { return &index{starts: map[uint32][]*node{}} }

// add makes a word known unless it is.
func (x *index) add(w *word) {
	end, isNew := x.path(w.units)
	if !isNew && slices.ContainsFunc(end.words, w.same) {
		return
	}
	w.number = x.words
	x.words++
	end.words = append(end.words, w)
	length := 0
	for _, u := range w.units {
		length += u.longest
	}
	x.longest = max(x.longest, length)
	if isNew {
		x.addKeys(at(x.roots, w.units[0]), w.units, "", true)
	}
}

// path returns the node that ends with the last of some units, and whether there was none.
func (x *index) path(units []*unit) (end *node, isNew bool) {
	nodes := &x.roots
	for {
		n := at(*nodes, units[0])
		if n == nil {
			n = &node{units: units}
			*nodes = append(*nodes, n)
			return n, true
		}
		same := 1
		for same < min(len(units), len(n.units)) && units[same] == n.units[same] {
			same++
		}
		if same < len(n.units) {
			n.fork(same)
			isNew = true
		}
		if same == len(units) {
			return n, isNew || len(n.words) == 0
		}
		units, nodes = units[same:], &n.next
	}
}

func at(nodes []*node, u *unit) *node {
	for _, n := range nodes {
		if n.units[0] == u {
			return n
		}
	}
	return nil
}

// fork divides a node behind so many of its units.
func (n *node) fork(units int) {
	rest := &node{units: n.units[units:], next: n.next, words: n.words}
	*n = node{units: n.units[:units:units], next: []*node{rest}}
}

// addKeys leads from the first four bytes of each spelling of some units to their first node. Behind letters and digits as
// they are no other one is escaped.
func (x *index) addKeys(first *node, units []*unit, prefix string, plain bool) {
	if len(prefix) >= 4 {
		x.addKey(first, prefixKey(prefix, 0))
		return
	}
	u := units[0]
	for i := range u.spellings {
		isPlain := plain && u.ordinary && i == 0
		if plain && prefix != "" && u.ordinary && !isPlain {
			continue
		}
		for _, text := range u.beginningsOf(i) {
			x.addKeys(first, units[1:], prefix+text, isPlain)
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

func (x *index) addKey(first *node, key uint32) {
	if slices.Contains(x.starts[key], first) {
		return
	}
	x.starts[key] = append(x.starts[key], first)
	slot := prefixSlot(key)
	x.filter[slot>>6] |= 1 << (slot & 63)
}

func prefixKey(text string, i int) uint32 {
	_ = text[i+3]
	return uint32(text[i]) | uint32(text[i+1])<<8 | uint32(text[i+2])<<16 | uint32(text[i+3])<<24
}

// prefixSlot spreads keys over the filter.
func prefixSlot(key uint32) uint32 { return key * 0x9E3779B1 >> (32 - filterBits) }

// edges is what a match can take in beyond the inner characters of a base64 text.
const edges = 16

// reach returns how many bytes a match can take at most.
func (x *index) reach() int { return x.longest + edges }

// unsearched is the rest of a text in which looking for a value takes too long.
const unsearched exchange.Encoding = "unsearched"

// What a search may take, in steps from one unit to the next: at first, and for each byte of the text.
const (
	workAtFirst = 1 << 20
	workPerByte = 16
)

// find returns the spans of all words in a text, in order and without overlap. Where two secrets overlap, the second span is
// what the first one leaves of it.
//
// A text and a value that both repeat themselves can be held against each other in very many ways, and a server can make up
// both. Where that takes too long, all that is left of the text is one span: it is better not seen than not searched.
func (x *index) find(text string) []span {
	f := finder{text: text}
	for i := 0; i+4 <= len(text); i++ {
		key := prefixKey(text, i)
		slot := prefixSlot(key)
		if x.filter[slot>>6]&(1<<(slot&63)) == 0 {
			continue
		}
		s, found := f.longestMatch(x.starts[key], i)
		switch {
		case f.tired(i):
			w := x.starts[key][0].anyWord()
			f.add(span{start: i, end: len(text), word: w, form: form{kind: unsearched}}, i)
			return f.spans
		case found:
			f.add(s, i)
		}
	}
	return f.spans
}

// A finder is one search of a text.
type finder struct {
	text  string
	spans []span
	end   int // of the last span
	work  int
}

// tired reports whether the search has taken too long for the place it has reached.
func (f *finder) tired(i int) bool { return f.work > workAtFirst+i*workPerByte }

// add takes up what was found at i, which is not before what was found last.
func (f *finder) add(s span, i int) {
	if s.end <= f.end || i < f.end && s.word == f.spans[len(f.spans)-1].word && s.form.kind != unsearched {
		return
	}
	s.start = max(s.start, f.end)
	f.spans = append(f.spans, s)
	f.end = s.end
}

// longestMatch returns the longest of the words that begin at i, of equal ones the first.
func (f *finder) longestMatch(starts []*node, i int) (best span, found bool) {
	for _, first := range starts {
		if !first.units[0].begins(f.text[i:]) {
			continue // nearly always
		}
		f.follow(first, i, func(w *word, end int, kind exchange.Encoding) {
			s, ok := span{start: i, end: end, word: w, form: w.form}, true
			if w.base64 != nil {
				s, ok = w.base64.widen(f.text, s)
			} else if s.form.kind == exchange.Plain {
				s.form.kind = kind
			}
			if ok && (!found || s.end > best.end || s.end == best.end && w.number < best.word.number) {
				best, found = s, true
			}
		})
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
