package bucket

import (
	"fmt"
	"slices"
	"strings"

	"offscope/source"
)

// linkDocument links the environments of a document to their parents: first among those of the same test, then among those that
// stand beside the tests. A parent that is not there is a warning, because the environment can be used without it, though
// without what it inherits.
func (r *reader) linkDocument(d *Document) {
	shared := byID(d.Environments)
	all := slices.Clone(d.Environments)
	for _, t := range d.Tests {
		own := byID(t.Environments)
		for _, e := range t.Environments {
			if e.Parent = own[e.ParentID]; e.Parent == nil {
				e.Parent = shared[e.ParentID]
			}
		}
		all = append(all, t.Environments...)
	}
	for _, e := range d.Environments {
		e.Parent = shared[e.ParentID]
	}
	for _, e := range all {
		if e.ParentID != "" && e.Parent == nil {
			r.orphan(e, source.Warning, "nothing is inherited; give the shared environment beside the tests, or one of your own with -e")
		}
	}
	r.circles(all)
}

// linkOwn links the environments of a file of environments. A parent that is not in the file is an error, because what it says
// would be lost, unless the environment names another file that takes its part.
func (r *reader) linkOwn(all []*Environment) {
	known := byID(all)
	for _, e := range all {
		e.Parent = known[e.ParentID]
		switch extends := e.Extends.Value != ""; {
		case extends && e.Parent != nil:
			r.add(source.Diagnostic{
				Code: "two-parents", Place: e.Extends.Place,
				Message: fmt.Sprintf("the environment %s extends a file, and has a parent in its own file", quote(e.Name)),
				Hint:    "remove extends or parent_environment_id",
			})
		case e.ParentID != "" && e.Parent == nil && !extends:
			r.orphan(e, source.Error, "add it to a list in this file, name its file with extends, or remove parent_environment_id")
		}
	}
	r.circles(all)
}

func byID(all []*Environment) map[string]*Environment {
	known := map[string]*Environment{}
	for _, e := range all {
		if e.ID != "" && known[e.ID] == nil {
			known[e.ID] = e
		}
	}
	return known
}

func (r *reader) orphan(e *Environment, severity source.Severity, hint string) {
	r.add(source.Diagnostic{
		Code: "no-parent", Severity: severity, Place: e.Place,
		Message: fmt.Sprintf("the environment %s inherits from a shared environment that is not in this file", quote(e.Name)),
		Hint:    hint,
	})
}

// circles refuses environments that inherit from themselves, each circle once.
func (r *reader) circles(all []*Environment) {
	done := map[*Environment]bool{}
	for _, e := range all {
		var way []*Environment
		at := map[*Environment]int{}
		for p := e; p != nil && !done[p]; p = p.Parent {
			if i, seen := at[p]; seen {
				r.circle(way[i:])
				break
			}
			at[p] = len(way)
			way = append(way, p)
		}
		for _, p := range way {
			done[p] = true
		}
	}
}

func (r *reader) circle(way []*Environment) {
	const most = 10
	names := make([]string, 0, most+1)
	for _, e := range append(way[:len(way):len(way)], way[0]) {
		if len(names) == most {
			names = append(names, "…")
			break
		}
		names = append(names, quote(e.Name))
	}
	r.add(source.Diagnostic{
		Code: "parent-circle", Place: way[0].Place,
		Message: "environments inherit from each other in a circle: " + strings.Join(names, " → "),
		Hint:    "remove one of the parents",
	})
}
