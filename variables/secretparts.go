package variables

import (
	"slices"
	"strings"
	"unicode/utf8"

	"offscope/jsontree"
)

const (
	// minDigits is how many digits make a number inside of a secret a secret by itself. Shorter ones turn up by chance.
	minDigits = 6
	// maxParts is how many texts inside of one secret are looked for by themselves.
	maxParts = 500
)

// SecretTexts returns what has to be masked when a secret has a value: its text, and of an object or a list the texts of four
// characters and more and the numbers of six digits and more in it, at any depth, once each, the first 500 of them. Names of
// members, booleans and words that say how a token is sent, such as Bearer, are no secrets.
func SecretTexts(v Value) []string {
	if v == nil {
		return nil
	}
	p := partCollector{found: []string{Text(v)}}
	if v.Kind == jsontree.Array || v.Kind == jsontree.Object {
		p.known = map[string]bool{}
		p.walk(v)
	}
	return p.found
}

// AddValue registers all of [SecretTexts] of a value, see [Masker.Add].
func (m *Masker) AddValue(name string, v Value) {
	for _, text := range SecretTexts(v) {
		m.Add(name, text)
	}
}

type partCollector struct {
	known map[string]bool
	found []string // the whole text first
}

func (p *partCollector) walk(v Value) {
	if len(p.found) > maxParts {
		return
	}
	if isSecretPart(v) && !p.known[v.Text] {
		p.known[v.Text] = true
		p.found = append(p.found, v.Text)
	}
	for _, item := range v.Items {
		p.walk(item)
	}
	for _, m := range v.Members {
		p.walk(m.Value)
	}
}

// isSecretPart reports whether a value inside of a secret says enough to be a secret by itself.
func isSecretPart(v Value) bool {
	switch v.Kind {
	case jsontree.String:
		return utf8.RuneCountInString(strings.TrimSpace(v.Text)) >= minSecret && !isCommonWord(v.Text)
	case jsontree.Number:
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, v.Text)
		return len(digits) >= minDigits
	}
	return false
}

// isCommonWord knows what stands beside a token in the answer of a token service, and says nothing about it.
func isCommonWord(text string) bool {
	words := []string{"basic", "bearer", "digest", "none", "null", "true", "false"}
	return slices.Contains(words, strings.ToLower(text))
}
