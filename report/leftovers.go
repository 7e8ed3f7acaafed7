package report

import (
	"fmt"

	"offscope/event"
)

// leftovers are what became of the resources that a run has created.
type leftovers struct {
	listed  []event.Resource // nobody was to delete them
	kept    []event.Resource // could not be deleted
	deleted int
}

func (l *leftovers) take(b event.Resource) {
	switch {
	case !b.CleanUp:
		l.listed = append(l.listed, b)
	case b.Deleted:
		l.deleted++
	default:
		l.kept = append(l.kept, b)
	}
}

// tried is how many resources were to be deleted.
func (l *leftovers) tried() int { return l.deleted + len(l.kept) }

func (l *leftovers) listedInWords() string {
	return fmt.Sprintf("created and still there: %d (--cleanup deletes what a run creates)", len(l.listed))
}

func (l *leftovers) triedInWords() string {
	return fmt.Sprintf("cleaned up: %d of %s deleted", l.deleted, plural(l.tried(), "created resource"))
}

// tellLeftovers tells what the run has created and what of it is still there. Who wants to hear of failures only hears of those that
// could not be deleted.
func (t *Text) tellLeftovers(p *page) {
	l, palette := t.left, t.o.Palette
	t.left = leftovers{}
	p.margin = 0
	quiet := t.o.Verbosity == Quiet
	if len(l.listed) > 0 && !quiet {
		t.space(p)
		p.paragraph("", "", nil, l.listedInWords())
		for _, b := range l.listed {
			p.paragraph("  ", "", nil, t.resource(p, b))
		}
	}
	if l.tried() > 0 && (!quiet || len(l.kept) > 0) {
		t.space(p)
		p.paragraph("", "", nil, l.triedInWords())
		for _, b := range l.kept {
			p.paragraph("  ", "not deleted:", palette.Warn, " "+t.resource(p, b)+": "+p.shown(b.Error))
		}
	}
}

// resource names a resource: where it is, and who created it.
func (t *Text) resource(p *page, b event.Resource) string {
	return p.shown(b.URL) + " (" + creator(b, t.run.Tests > 1) + ")"
}

// creator names the step that created a resource, with its test where there are several.
func creator(b event.Resource, several bool) string {
	at := fmt.Sprintf("step %d", b.InStep)
	if b.InSub > 0 {
		at += " of a subtest"
	}
	if several {
		at = fmt.Sprintf("test %d, ", b.InTest) + at
	}
	return at
}
