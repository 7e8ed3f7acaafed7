package variables

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"offscope/exchange"
)

// minSecret is the length in characters from which a value is looked for in every text. Shorter ones would turn up by chance;
// they are masked only where their variable is inserted, see [Masker.Show].
const minSecret = 4

// A Masker replaces the values of secrets in texts by marks. It finds a value however it is spelled: as it is,
// percent-encoded (once or twice, with %20 or + for a space), decoded from a query that it stood in unencoded, in base64 also
// when it is only a part of what was encoded (such as the password in user:password), inside JSON with any of its escapes, in
// JSON inside of JSON up to six levels, in XML, and in XML inside of these; hexadecimal digits in either case, and spellings
// mixed. A value with characters outside of ASCII is also found when a program takes its bytes for another character set. Where looking for a value takes too long, because it and
// the text repeat themselves, the rest of the text is hidden.
//
// Of a value with several lines each line is a secret as well, since a text is often shown line by line.
//
// A Masker is safe for use by several goroutines. The numbers that tell several values of one name apart depend on the order
// in which they were added; a masker for each test keeps recordings equal from run to run.
type Masker struct {
	mu       sync.RWMutex
	names    map[string]bool
	values   map[string][]string // by name, in the order in which they came
	units    *unitTable
	index    *index
	spelled  map[exchange.Mark]string
	variants map[variant]exchange.Encoding
}

// NewMasker returns a masker that knows no secrets.
func NewMasker() *Masker {
	return &Masker{
		names:    map[string]bool{},
		values:   map[string][]string{},
		units:    newUnitTable(),
		index:    newIndex(),
		spelled:  map[exchange.Mark]string{},
		variants: map[variant]exchange.Encoding{},
	}
}

// Secret makes a name a secret one. Whoever gives it a value adds the value; a [Scope] does so by itself.
func (m *Masker) Secret(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names[name] = true
}

// IsSecret reports whether a name was given to [Masker.Secret] or [Masker.Add].
func (m *Masker) IsSecret(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names[name]
}

// Add registers a value of a secret. A name may have several values, as a token that is renewed does; all of them are masked
// from then on. Of values that several secrets share, the first to be added names the mark. A value of fewer than four
// characters is remembered for [Masker.Reveal] only.
func (m *Masker) Add(name, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names[name] = true
	m.number(name, value)
}

// number returns which value of a name this is, from 1, and registers it when it is new.
func (m *Masker) number(name, value string) int {
	if i := slices.Index(m.values[name], value); i >= 0 {
		return i + 1
	}
	m.values[name] = append(m.values[name], value)
	n := len(m.values[name])
	m.register(name, value, form{number: n})
	lines := strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) < 2 {
		return n
	}
	for i, line := range lines {
		m.register(name, strings.TrimSpace(line), form{number: n, line: i + 1})
	}
	return n
}

// register adds what is to be looked for: the value, and what a server takes it for that decodes a query.
func (m *Masker) register(name, value string, f form) {
	for _, v := range inTexts(value) {
		m.watch(m.units.spellings(name, v, f)...)
	}
	m.registerMisread(name, value, f)
	decoded, ok := decodedQuery(value)
	if !ok || strings.TrimSpace(decoded) == "" {
		return
	}
	f.kind = formDecoded
	for _, v := range inTexts(decoded) {
		m.watch(&word{secret: name, text: v, units: m.units.of(v), form: f})
	}
}

// registerMisread adds what a program makes of a value that takes it for a text in another character set.
func (m *Masker) registerMisread(name, value string, f form) {
	if utf8.RuneCountInString(value) < minSecret {
		return
	}
	f.kind = misread
	for _, text := range misreadings(value) {
		for _, v := range inTexts(text) {
			m.watch(m.units.spellings(name, v, f)...)
		}
	}
}

// inTexts returns a value, and what is left of it in a text that cannot hold the bytes of a mark or those that are no UTF-8,
// as far as that is long enough.
func inTexts(value string) []string {
	whole := string([]rune(value))
	all := slices.Compact([]string{value, exchange.WithoutMarks(value), whole, exchange.WithoutMarks(whole)})
	return slices.DeleteFunc(all, func(v string) bool { return utf8.RuneCountInString(v) < minSecret })
}

func (m *Masker) watch(words ...*word) {
	for _, w := range words {
		m.index.add(w)
	}
}

func (m *Masker) find(text string) []span {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.index.find(text)
}

func (m *Masker) reach() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.index.reach()
}

// Mask returns text with a mark in the place of every secret. Of several that begin at one place the longest is taken. Text
// that was masked before loses its marks: mask a text once.
func (m *Masker) Mask(text string) string {
	text = exchange.WithoutMarks(text)
	spans := m.find(text)
	if len(spans) == 0 {
		return text
	}
	return m.write(text, spans)
}

// MaskPrefix masks the beginning of a text, about limit bytes of it, and reports whether the rest was cut off. A secret that
// crosses the limit is masked whole, and no character is cut in half.
func (m *Masker) MaskPrefix(text []byte, limit int) (masked string, cut bool) {
	limit = min(max(limit, 0), len(text))
	window := exchange.WithoutMarks(string(text[:min(len(text), limit+m.reach())]))
	if len(text) <= limit {
		return m.Mask(window), false
	}
	end := limit
	for end > 0 && limit-end < utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	var spans []span
	for _, s := range m.find(window) {
		if s.start < end {
			spans = append(spans, s)
			end = max(end, s.end)
		}
	}
	return m.write(window[:end], spans), end < len(text)
}

// Show masks an expansion. A piece that came from a variable with a secret name is one mark, however short its value; so is
// the result of a function that a short secret went into. Everything else is masked as by [Masker.Mask].
func (m *Masker) Show(e Expansion) string {
	var text strings.Builder
	var forced []span
	for _, p := range e.Pieces {
		start := text.Len()
		text.WriteString(exchange.WithoutMarks(p.Text))
		if mark, ok := m.piece(p); ok && p.Text != "" {
			forced = append(forced, span{start: start, end: text.Len(), mark: mark})
		}
	}
	found := m.find(text.String())
	return m.write(text.String(), merge(forced, found))
}

// piece returns the mark for a piece that is hidden as a whole.
func (m *Masker) piece(p Piece) (exchange.Mark, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.Secret || p.Variable != "" && m.names[p.Variable] {
		f := form{number: m.number(p.Variable, p.Text)}
		return exchange.Mark{Secret: p.Variable, Encoding: f.encoding()}, true
	}
	for _, name := range p.Inputs {
		if m.names[name] && m.isShort(name) {
			return m.remember(exchange.Mark{Secret: name, Encoding: "derived"}, p.Text), true
		}
	}
	return exchange.Mark{}, false
}

func (m *Masker) isShort(name string) bool {
	return slices.ContainsFunc(m.values[name], func(v string) bool { return utf8.RuneCountInString(v) < minSecret })
}

// write puts marks in the place of spans, which are in order and may overlap.
func (m *Masker) write(text string, spans []span) string {
	var out strings.Builder
	at := 0
	for _, s := range spans {
		if s.start > at {
			out.WriteString(text[at:s.start])
		}
		out.WriteString(m.mark(s, text[s.start:s.end]).String())
		at = max(at, s.end)
	}
	out.WriteString(text[at:])
	return out.String()
}

// mark returns the mark of a span. When its spelling is not the one that the mark stands for, it gets a number.
func (m *Masker) mark(s span, spelled string) exchange.Mark {
	if s.word == nil {
		return s.mark
	}
	mark := exchange.Mark{Secret: s.word.secret, Encoding: s.form.encoding()}
	if s.form.kind == unsearched {
		return mark
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.spell(mark.Secret, s.form); ok && text == spelled {
		return mark
	}
	return m.remember(mark, spelled)
}

// A variant is a spelling that its mark alone does not tell.
type variant struct {
	mark exchange.Mark
	text string
}

// maxVariants bounds what a server can make us remember by spelling a secret in ever new ways.
const maxVariants = 1000

// remember returns a mark that reveals to text, numbered from the second one on.
func (m *Masker) remember(mark exchange.Mark, text string) exchange.Mark {
	v := variant{mark, text}
	encoding, known := m.variants[v]
	if known {
		return exchange.Mark{Secret: mark.Secret, Encoding: encoding}
	}
	if len(m.variants) >= maxVariants {
		return mark
	}
	numbered := exchange.Mark{Secret: mark.Secret, Encoding: variantEncoding(mark.Encoding, len(m.variants)+1)}
	m.variants[v] = numbered.Encoding
	m.spelled[numbered] = text
	return numbered
}

// Reveal returns what stood in the place of a mark, for a terminal on which secrets may be seen. A mark that this masker did
// not write gives the value in the usual spelling of that encoding, and false when there is no such value.
func (m *Masker) Reveal(mark exchange.Mark) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.spelled[mark]; ok {
		return text, true
	}
	f, ok := parseForm(mark.Encoding)
	if !ok {
		return "", false
	}
	return m.spell(mark.Secret, f)
}

// spell writes a value in the usual spelling of a form.
func (m *Masker) spell(name string, f form) (string, bool) {
	values := m.values[name]
	if f.number > len(values) {
		return "", false
	}
	value := values[f.number-1]
	if f.line > 0 {
		lines := strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' })
		if f.line > len(lines) {
			return "", false
		}
		value = strings.TrimSpace(lines[f.line-1])
	}
	return f.spell(value)
}
