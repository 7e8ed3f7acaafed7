package record

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatchSteps(t *testing.T) {
	t.Parallel()
	step := func(note, url string) StepView { return StepView{Kind: "request", Note: note, Method: "GET", URL: url} }
	one, two, three := step("one", "/1"), step("two", "/2"), step("three", "/3")
	for name, c := range map[string]struct {
		a, b []StepView
		want []int
	}{
		"the same":        {[]StepView{one, two}, []StepView{one, two}, []int{0, 1}},
		"inserted":        {[]StepView{one, two}, []StepView{one, three, two}, []int{0, -1, 1}},
		"taken out":       {[]StepView{one, two, three}, []StepView{one, three}, []int{0, 2}},
		"another URL":     {[]StepView{one, two, three}, []StepView{one, step("two", "/new"), three}, []int{0, 1, 2}},
		"another note":    {[]StepView{one, two}, []StepView{one, step("new", "/2")}, []int{0, 1}},
		"another step":    {[]StepView{one, two}, []StepView{one, three}, []int{0, -1}},
		"another kind":    {[]StepView{{Kind: "pause", Note: "two"}}, []StepView{two}, []int{-1}},
		"moved behind":    {[]StepView{one, two, three}, []StepView{two, one, three}, []int{1, -1, 2}},
		"nothing is left": {[]StepView{one}, nil, []int{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, MatchSteps(c.a, c.b)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
