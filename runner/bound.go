package runner

import (
	"fmt"

	"offscope/jsontree"
	"offscope/variables"
)

// The bounds of the variables of a test, together with those of the tests that run it as a subtest. A script could fill the
// memory with them otherwise, and every record.
const (
	mostHeld      = 64 << 20 // bytes of names and values
	mostVariables = 100_000
)

// nodeSize is what a part of a value costs beside its text, roughly.
const nodeSize = 32

// Holdings are what the variables of a test take.
type holdings struct {
	sizes map[string]int // by name
	bytes int
	// outer and names are those of the tests that run this one.
	outer, names int
}

// hold makes room for a value. The error says that there is none.
func (h *holdings) hold(name string, value variables.Value) error {
	size := len(name) + sizeOf(value)
	was, known := h.sizes[name]
	switch {
	case h.outer+h.bytes-was+size > mostHeld:
		return fmt.Errorf("the variables of a test cannot hold more than %d MiB: no room for %q", mostHeld>>20, name)
	case !known && h.names+len(h.sizes) >= mostVariables:
		return fmt.Errorf("a test cannot have more than %d variables: no room for %q", mostVariables, name)
	}
	h.add(name, size)
	return nil
}

func (h *holdings) add(name string, size int) {
	if h.sizes == nil {
		h.sizes = map[string]int{}
	}
	h.bytes += size - h.sizes[name]
	h.sizes[name] = size
}

func (h *holdings) release(name string) {
	h.bytes -= h.sizes[name]
	delete(h.sizes, name)
}

// within returns what a subtest begins with.
func (h *holdings) within() holdings {
	return holdings{outer: h.outer + h.bytes, names: h.names + len(h.sizes)}
}

// sizeOf is what a value takes.
func sizeOf(v *jsontree.Value) int {
	size := nodeSize + len(v.Text)
	for _, item := range v.Items {
		size += sizeOf(item)
	}
	for _, m := range v.Members {
		size += len(m.Name) + sizeOf(m.Value)
	}
	return size
}

// A cutter cuts the values that an event tells. It bounds each of them and all together.
type cutter struct {
	test *Test
	left int // bytes
}

// mostTold is how many values of the largest size an event holds.
const mostTold = 16

func (t *Test) cutter() *cutter { return &cutter{t, mostTold * t.valueLimit()} }

// valueLimit is how many bytes of a value are told: as many as of a body, but not so few that a run could not go on with what
// is ordinary.
func (t *Test) valueLimit() int { return max(t.plan.Options.BodyLimit, defaultBodyLimit) }

// value is a variable's value as it may be seen, and whether something of it is missing.
func (c *cutter) value(name string, value variables.Value) (text string, cut bool) {
	text = c.test.shownValue(name, value)
	if limit := min(c.test.valueLimit(), c.left); len(text) > limit && !c.test.cover.kept[text] {
		text, cut = c.test.cover.masker.MaskPrefix([]byte(text), limit)
		c.test.cover.keep(text)
	}
	c.left -= min(c.left, len(text))
	return text, cut
}
