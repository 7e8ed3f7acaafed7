package bucket

import (
	"fmt"
	"slices"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// shadowed speaks of names that stand in an object twice and returns where the members stand that do not count.
func (r *reader) shadowed(v *jsontree.Value) map[int]bool {
	duplicates := v.Duplicates()
	if duplicates == nil {
		return nil
	}
	last := map[string]int{}
	for _, d := range duplicates {
		last[d.Name] = d.Last.NameStart
		if n := dropped(v, d); n > 0 {
			r.droppedChecks(d, n)
			continue
		}
		r.duplicate(*d.First, *d.Last)
	}
	shadowed := map[int]bool{}
	for _, m := range v.Members {
		if at, twice := last[m.Name]; twice && at != m.NameStart {
			shadowed[m.NameStart] = true
		}
	}
	return shadowed
}

// duplicate warns of a name that stands twice.
func (r *reader) duplicate(first, last jsontree.Member) {
	r.twice(first, last, source.Warning, "the last one counts")
}

// droppedChecks refuses a list of checks or steps that gives way to an empty one: a run without them would pass for the wrong
// reason.
func (r *reader) droppedChecks(d jsontree.Duplicate, n int) {
	r.twice(*d.First, *d.Last, source.Error, "the last one wins, and it drops "+counted(n, d.Name))
}

func (r *reader) twice(first, last jsontree.Member, severity source.Severity, consequence string) {
	r.add(source.Diagnostic{
		Code:     "duplicate-key",
		Severity: severity,
		Place:    last.NamePlace(r.file),
		Message:  fmt.Sprintf("the name %s stands twice in this object: %s", quote(last.Name), consequence),
		Hint:     "remove the one that is not meant",
		Related:  []source.Related{{Place: first.NamePlace(r.file), Message: "it stands here first"}},
	})
}

// dropped returns how many checks of a step, or steps inside of it, are lost because a later list that holds none has their name.
func dropped(owner *jsontree.Value, d jsontree.Duplicate) int {
	isList := slices.Contains(checkKeys, d.Name) || d.Name == "steps"
	if owner.Get("step_type") == nil || !isList || checksIn(d.Last.Value, d.Name) > 0 {
		return 0
	}
	n := 0
	for _, m := range owner.Members {
		if m.Name == d.Name {
			n += checksIn(m.Value, d.Name)
		}
	}
	return n
}

// checksIn counts what is not blank in a list of checks or steps. What is no list counts as its only element, as it does for scripts.
func checksIn(v *jsontree.Value, name string) int {
	items := v.Items
	if v.Kind != jsontree.Array {
		items = []*jsontree.Value{v}
	}
	n := 0
	for _, item := range items {
		if isBlank(item) || name == "variables" && isBlankRow(item) {
			continue
		}
		n++
	}
	return n
}

// isBlankRow knows a row of variables that says where to look and not what to fill: a leftover of the editor.
func isBlankRow(v *jsontree.Value) bool {
	name := v.Get("name")
	return v.Kind == jsontree.Object && (name == nil || isBlank(name))
}

// counted writes a number with the name of a list, such as "1 assertion".
func counted(n int, name string) string {
	name = strings.TrimPrefix(name, "before_")
	if n == 1 {
		name = strings.TrimSuffix(name, "s")
	}
	return fmt.Sprintf("%d %s", n, name)
}
