package runner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lifeText writes a life in one line: name: setters > uses.
func lifeText(l Life) string {
	var by []string
	for _, s := range l.SetBy {
		text := strings.TrimSpace(s.Kind.String() + " " + s.Detail)
		if s.Step > 0 {
			text += fmt.Sprintf(" %d", s.Step)
		}
		if s.Idle {
			text += " idle"
		}
		by = append(by, text)
	}
	text := l.Name + ": " + strings.Join(by, ", ") + " >"
	for _, n := range l.UsedIn {
		text += fmt.Sprintf(" %d", n)
	}
	for _, mark := range []struct {
		is   bool
		text string
	}{{l.InEnvironment, " environment"}, {l.InInitialScript, " initial"}, {l.Secret, " secret"}} {
		if mark.is {
			text += mark.text
		}
	}
	return text
}

func TestALifeHasEverySetterAndEveryUse(t *testing.T) {
	t.Parallel()
	sets := get(`"variables":[{"source":"response_json","property":"a","name":"v"}]`)
	uses := get(headerA("{{v}}"))
	for _, c := range []struct {
		name string
		run  run
		want []string
	}{
		{"extraction and use", run{steps: steps(sets, uses, uses)}, []string{"v: extraction 1 > 2 3"}},
		{"nobody sets it", run{steps: uses}, []string{"v:  > 1"}},
		{"set twice", run{steps: steps(sets, uses, sets)}, []string{"v: extraction 1, extraction 3 > 2"}},
		{"script", run{steps: get(`"scripts":["variables.set('v', 1); variables.get('v')"]`)}, []string{"v: script 1 > 1"}},
		{"skipped", run{steps: steps(skippedStep(sets), uses)}, []string{"v: extraction 1 idle > 2"}},
		{"environment", run{steps: uses, env: "name: e\ninitial_variables: {v: 1}"}, []string{"v: environment e > 1"}},
		{"environment header", run{steps: sets, env: "name: e\nheaders: {A: \"{{w}}\"}"}, []string{"w:  > environment", "v: extraction 1 >"}},
		{"initial value", run{steps: uses, env: "name: e\ninitial_variables: {v: \"{{w}}\", w: 1}"}, []string{"v: environment e > 1", "w: environment e > environment"}},
		{"initial value that cannot be filled in", run{steps: uses, env: "name: e\ninitial_variables: {v: \"{{w}}\"}"}, []string{"w:  > environment", "v:  > 1"}},
		{"initial script", run{steps: uses, script: "variables.set('v', variables.get('x'))"}, []string{"x:  > initial", "v: initial script > 1"}},
		{"secret", run{steps: get(`"headers":{"Authorization":["{{v}}"]}`)}, []string{"v:  > 1 secret"}},
		{"loop", run{steps: compares("conditional-loop", "{{v}}", "equal", "1", sets)}, []string{"v: extraction 2 > 1"}},
		{"unused last", run{steps: steps(sets, get(headerA("{{w}}")))}, []string{"w:  > 2", "v: extraction 1 >"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := c.run.plan(t, "http://127.0.0.1:1")
			var got []string
			for _, l := range NewSurvey(p).Lives(p) {
				got = append(got, lifeText(l))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
