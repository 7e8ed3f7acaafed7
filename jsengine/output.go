package jsengine

import (
	"fmt"
	"slices"
)

// lineCost is what a line counts beside its text, so that empty lines have an end too.
const lineCost = 32

// output collects what a script prints and asserts, up to a limit.
type output struct {
	lines   []Line
	notices []string
	size    int
	limit   int
	full    bool
}

func (o *output) add(line Line) {
	if o.full {
		return
	}
	o.size += len(line.Text) + lineCost
	if o.size > o.limit {
		o.full = true
		o.notice(fmt.Sprintf("output beyond %d bytes was dropped", o.limit))
		return
	}
	o.lines = append(o.lines, line)
}

// notice adds a remark once.
func (o *output) notice(text string) {
	if !slices.Contains(o.notices, text) {
		o.notices = append(o.notices, text)
	}
}
