package jsengine

import (
	"errors"

	"offscope/jsontree"
)

const (
	// listedCalls is how many calls of variables.set are listed before those whose value was replaced are left out.
	listedCalls = 4096

	// valueBytes is about what a value takes in memory beside its text.
	valueBytes = 100
)

var errVariables = errors.New("limit of variables")

// assignments are what a script has set. The values belong to whoever runs the script, for longer than the script does, so the
// watch over the heap alone does not bound them: in a worker they are in another process.
type assignments struct {
	limit int64 // bytes of the variables at any one time

	held  map[string]int64 // bytes of each variable that the script has set and that is there
	bytes int64            // of all of them

	list      []Assignment // in order
	listed    int64        // bytes of them
	shortenAt int          // the length of the list at which it is shortened
	shortened bool
}

func newAssignments(l limits) assignments {
	return assignments{limit: l.variables(), held: map[string]int64{}, shortenAt: listedCalls}
}

// variables is how many bytes the variables may have that one script sets: some copies of each are made on their way into
// the record of the run.
func (l limits) variables() int64 { return l.memory / 4 }

// fits reports whether a variable may have a value.
func (a *assignments) fits(name string, value *jsontree.Value) bool {
	return a.bytes-a.held[name]+bytesOfVariable(name, value) <= a.limit
}

func (a *assignments) add(name string, value *jsontree.Value) {
	size := bytesOfVariable(name, value)
	a.bytes += size - a.held[name]
	a.held[name] = size
	a.list = append(a.list, Assignment{Name: name, Value: value})
	a.listed += size
	if len(a.list) > a.shortenAt || a.listed > 2*a.limit {
		a.shorten()
	}
}

func (a *assignments) remove(name string) {
	a.bytes -= a.held[name]
	delete(a.held, name)
}

// shorten leaves out of the list what was replaced or taken away later.
func (a *assignments) shorten() {
	last := make(map[string]int, len(a.held))
	for i, s := range a.list {
		last[s.Name] = i
	}
	kept := make([]Assignment, 0, len(last))
	a.listed = 0
	for i, s := range a.list {
		if _, there := a.held[s.Name]; there && last[s.Name] == i {
			kept = append(kept, s)
			a.listed += bytesOfVariable(s.Name, s.Value)
		}
	}
	a.shortened = a.shortened || len(kept) < len(a.list)
	a.list, a.shortenAt = kept, max(listedCalls, 2*len(kept))
}

func bytesOfVariable(name string, value *jsontree.Value) int64 {
	return int64(len(name)) + bytesOfValue(value)
}

func bytesOfValue(v *jsontree.Value) int64 {
	total := int64(valueBytes + len(v.Text))
	for _, item := range v.Items {
		total += bytesOfValue(item)
	}
	for _, member := range v.Members {
		total += int64(len(member.Name)) + bytesOfValue(member.Value)
	}
	return total
}

// values is how many values a variable may consist of that a script gets or sets: the objects of the interpreter take some
// hundred bytes each.
func (l limits) values() int64 { return l.memory / 256 }

// moreValues reports whether a value consists of more than n.
func moreValues(v *jsontree.Value, n int64) bool { return countValues(v, n) > n }

// countValues counts until there are more than n.
func countValues(v *jsontree.Value, n int64) int64 {
	count := int64(1)
	for i := 0; i < len(v.Items) && count <= n; i++ {
		count += countValues(v.Items[i], n-count)
	}
	for i := 0; i < len(v.Members) && count <= n; i++ {
		count += countValues(v.Members[i].Value, n-count)
	}
	return count
}
