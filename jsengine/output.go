package jsengine

import (
	"fmt"
	"slices"
)

// lineCost is what a line counts beside its text, so that empty lines have an end too.
const lineCost = 32

// maxNotices is how many remarks on a script are kept.
const maxNotices = 100

// output collects what a script prints and asserts, up to a limit.
type output struct {
	lines   []Line
	notices []string
	size    int
	limit   int
	full    bool
	border  *border
}

func (o *output) add(line Line) { o.border.cross(func() { o.append(line) }) }

func (o *output) append(line Line) {
	if o.full {
		return
	}
	o.size += len(line.Text) + lineCost
	if o.size > o.limit {
		o.full = true
		o.remark(fmt.Sprintf("output beyond %d bytes was dropped", o.limit))
		return
	}
	o.lines = append(o.lines, line)
}

// notice adds a remark once.
func (o *output) notice(text string) { o.border.cross(func() { o.remark(text) }) }

func (o *output) remark(text string) {
	switch {
	case len(o.notices) > maxNotices || slices.Contains(o.notices, text):
	case len(o.notices) == maxNotices:
		o.notices = append(o.notices, "further remarks were dropped")
	default:
		o.notices = append(o.notices, text)
	}
}
