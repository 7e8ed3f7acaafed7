package runner

import (
	"strings"

	"offscope/exchange"
	"offscope/source"
	"offscope/variables"
)

// A cover hides the secrets of a test in everything that is shown of it. It adds to a masker what only a runner needs: texts
// in which somebody else has cut a secret in half, lines of files with a caret under them, and headers whose whole value is a
// secret, however short.
type cover struct {
	masker *variables.Masker
	// fresh makes another masker, see forget.
	fresh func() *variables.Masker
	names map[string]bool
	// learned are the values in the order in which they became known; known are those that are looked for in texts.
	learned []literal
	known   map[literal]bool
	// schemes are the first words of the Authorization headers that were sent, in small letters.
	schemes map[string]bool
	// longest is about how long a secret can be in the text of a file, with every character escaped.
	longest int
	// kept are texts with marks that were made where more was known than the text; see keep.
	kept map[string]bool
}

func newCover(fresh func() *variables.Masker, names map[string]bool) *cover {
	c := &cover{fresh: fresh, names: names, known: map[literal]bool{}, schemes: map[string]bool{}, longest: 64, kept: map[string]bool{}}
	c.newMasker()
	return c
}

func (c *cover) newMasker() {
	c.masker = c.fresh()
	for name := range c.names {
		c.masker.Secret(name)
	}
}

// least is the length in characters from which a value is looked for in every text.
const least = 4

// learn registers a value of a secret.
func (c *cover) learn(name, value string) {
	c.masker.Add(name, value)
	c.note(name, value)
}

// note remembers a value that the masker has learned already.
func (c *cover) note(name, value string) {
	l := literal{name, value}
	if c.known[l] {
		return
	}
	c.known[l] = true
	c.learned = append(c.learned, l)
	c.longest = max(c.longest, escaped*min(len(value), 4096))
}

// A server may give a new cookie with every answer, and whatever is looked for takes memory, some 50 bytes for each of its own.
// So many values and bytes are known at most beside those from before the first step, and so many of the latest are kept when
// there are more. The hosted service has no more than 100 steps in a test. BenchmarkStepWithANewCookie of package variables
// tells what a step costs.
const (
	mostKnown = 1024
	keptKnown = 768
	mostBytes = 1 << 20
	keptBytes = mostBytes * 3 / 4
)

// forget begins a new masker with the latest values when too many are known, and reports whether it did. It is called
// between steps, so that no mark of an old masker is still to be shown. Values that were known before the first step stay.
func (c *cover) forget(lasting int) bool {
	since := c.learned[lasting:]
	if len(latest(since, mostKnown, mostBytes)) == len(since) {
		return false
	}
	c.learned = append(c.learned[:lasting:lasting], latest(since, keptKnown, keptBytes)...)
	c.newMasker()
	clear(c.known)
	for _, l := range c.learned {
		c.known[l] = true
		c.masker.Add(l.name, l.value)
	}
	return true
}

// latest returns the last values that are no more than so many and no longer together than so many bytes.
func latest(values []literal, most, bytes int) []literal {
	from := len(values)
	for from > 0 && len(values)-from < most && len(values[from-1].value) <= bytes {
		from--
		bytes -= len(values[from].value)
	}
	return values[from:]
}

// escaped is how many bytes an escape needs for a byte at most, as &#x7e; and \\u007e do.
const escaped = 8

const ellipsis = "…"

// cuts are how a text says that something was cut off: Chai and we ourselves write one character, chai-json-schema three.
var cuts = []string{ellipsis, "..."}

// text masks a text. Where something was cut off the beginning of a secret is masked too: Chai, for one, quotes no more than 40
// characters of a value.
func (c *cover) text(s string) string {
	var out strings.Builder
	done := 0
	for from := 0; ; {
		at, after := nextCut(s, from)
		if at < 0 {
			break
		}
		if name, n := c.beginning(s[done:at]); n > 0 {
			out.WriteString(c.masker.Mask(s[done:at-n]) + exchange.Mark{Secret: name}.String())
			done = at
		}
		from = after
	}
	if done == 0 {
		return c.masker.Mask(s)
	}
	out.WriteString(c.masker.Mask(s[done:]))
	return out.String()
}

// nextCut returns where the next sign of a cut begins and ends; -1 when there is none.
func nextCut(s string, from int) (at, after int) {
	at = -1
	for _, cut := range cuts {
		if i := strings.Index(s[from:], cut); i >= 0 && (at < 0 || from+i < at) {
			at, after = from+i, from+i+len(cut)
		}
	}
	return at, after
}

// beginning returns the secret with whose first characters a text ends, and how many bytes of the text these are. Both are
// compared without the backslashes that a quoted text has before some characters.
func (c *cover) beginning(text string) (name string, length int) {
	flat := strings.ReplaceAll(text, `\`, "")
	most := 0
	for _, l := range c.learned {
		value := withoutQuoting.Replace(l.value)
		for n := min(len(value)-1, len(flat)); n >= least && n > most; n-- {
			if strings.HasSuffix(flat, value[:n]) {
				name, most = l.name, n
			}
		}
	}
	if most == 0 {
		return "", 0
	}
	return name, quotedLength(text, most)
}

// withoutQuoting is a value as it reads in quotes when the backslashes are left out.
var withoutQuoting = strings.NewReplacer(`\`, "", "\n", "n", "\r", "r", "\t", "t")

// quotedLength returns how many bytes at the end of a text hold so many that are no backslashes.
func quotedLength(text string, count int) int {
	at := len(text)
	for at > 0 && (count > 0 || text[at-1] == '\\') {
		at--
		if text[at] != '\\' {
			count--
		}
	}
	return len(text) - at
}

// show masks an expansion: what a secret variable put there is masked however short it is.
func (c *cover) show(e variables.Expansion) string { return c.keep(c.masker.Show(e)) }

// hide returns a mark for a text that is a secret as a whole, however short it is.
func (c *cover) hide(name, text string) string {
	return c.show(variables.Expansion{Pieces: []variables.Piece{{Text: text, Variable: name, Secret: true}}})
}

// keep says that a text is masked: masking it again would take the marks away. A text that is equal to it by chance shows
// nothing either.
func (c *cover) keep(masked string) string {
	if exchange.Show(masked, func(exchange.Mark) string { return "" }) != masked {
		c.kept[masked] = true
	}
	return masked
}

// reveal fills the marks of a text in again.
func (c *cover) reveal(masked string) string {
	return exchange.Show(masked, func(m exchange.Mark) string {
		spelled, _ := c.masker.Reveal(m)
		return spelled
	})
}

// covered reports whether a masked text consists of marks only.
func covered(masked string) bool {
	return strings.TrimSpace(exchange.Show(masked, func(exchange.Mark) string { return "" })) == ""
}

// excerpt draws a place with every secret in its line blackened. That has to be done before the line is cut to a width,
// because half a secret would not be found.
func (c *cover) excerpt(p source.Place) source.Excerpt {
	e := p.Excerpt()
	if e.Text == "" {
		return e
	}
	return c.line(e, p.File.Line(e.Line), p.End-p.Start)
}

// seen is how many bytes of a line an excerpt can show before or after its mark.
const seen = 640

// line returns an excerpt of a line anew if there is a secret in what it shows.
func (c *cover) line(e source.Excerpt, line string, width int) source.Excerpt {
	at := min(max(e.Col-1, 0), len(line))
	from, to := max(0, at-seen-c.longest), min(len(line), at+seen+c.longest)
	window := line[from:to]
	black := c.blacken(window)
	if black == window {
		return e
	}
	again := source.LineExcerpt(black, at-from+1, width)
	e.Text, e.Mark, e.Width = again.Text, again.Mark, again.Width
	return e
}

// blacken puts asterisks in the place of secrets, as many as there were bytes, so that carets stay where they belong.
func (c *cover) blacken(text string) string {
	masked := c.masker.Mask(text)
	return exchange.Show(masked, func(m exchange.Mark) string {
		spelled, _ := c.masker.Reveal(m)
		return strings.Repeat("*", max(1, len(spelled)))
	})
}
