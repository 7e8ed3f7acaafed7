package jsengine

import (
	"fmt"
	"strings"
	"testing"

	"offscope/jsontree"
)

func TestVariablesThatAreThereCount(t *testing.T) {
	t.Parallel()
	a := newAssignments(limits{memory: 4 * 10_000})
	text := jsontree.FromString(strings.Repeat("x", 4000))
	set := func(name string, want bool) {
		t.Helper()
		if got := a.fits(name, text); got != want {
			t.Fatalf("%s fits: %v", name, got)
		}
		if want {
			a.add(name, text)
		}
	}
	set("a", true)
	set("b", true)
	set("c", false)
	set("b", true) // in the place of what was there
	a.remove("nobody")
	a.remove("a")
	set("c", true)
	set("d", false)
	nested := jsontree.NewObject(jsontree.Member{Name: "m", Value: jsontree.NewArray(text)})
	if n := bytesOfVariable("name", nested); n < 4005 || n > 4500 {
		t.Errorf("%d bytes", n)
	}
}

func TestTheListOfAssignmentsHasABound(t *testing.T) {
	t.Parallel()
	a := newAssignments(limits{memory: 1 << 30})
	a.add("gone", jsontree.NewNull())
	a.remove("gone")
	for i := range 100_000 {
		a.add(fmt.Sprint("v", i%10), jsontree.FromNumber(fmt.Sprint(i)))
	}
	if n := len(a.list); n > listedCalls || !a.shortened {
		t.Errorf("%d are listed", n)
	}
	if s := a.list[len(a.list)-1]; s.Name != "v9" || s.Value.Text != "99999" {
		t.Errorf("the last is %v", s)
	}
	if a.list[0].Name == "gone" {
		t.Error("what was taken away is listed")
	}
	b := newAssignments(limits{memory: 4 * 10_000})
	for range 100 {
		b.add("v", jsontree.FromString(strings.Repeat("x", 9000)))
	}
	if len(b.list) > 3 {
		t.Errorf("%d long values are listed", len(b.list))
	}
}

func TestAScriptHearsOfAShortenedList(t *testing.T) {
	t.Parallel()
	for calls, want := range map[int]int{listedCalls: 0, listedCalls + 1: 1} {
		w, far := testWorld(Initial), testWorld(Initial)
		script := fmt.Sprintf(`for (var i = 0; i < %d; i++) variables.set("v", i)`, calls)
		r := runScript(t, script, w)
		if len(r.Notices) != want || len(r.Set) == 0 {
			t.Errorf("%d calls: %q, %d listed", calls, r.Notices, len(r.Set))
		}
		if want > 0 {
			sameIsolated(t, script, r, w, far)
		}
	}
}
