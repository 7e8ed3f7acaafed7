package runner

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func names(needs []Need) string {
	var out []string
	for _, n := range needs {
		name := n.Name
		if n.Uncertain {
			name += "?"
		}
		if n.Subtest != "" {
			name += "@" + n.Subtest
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func TestASurveyFollowsVariablesInTheOrderOfARun(t *testing.T) {
	t.Parallel()
	sets := get(`"variables":[{"source":"response_json","property":"a","name":"v"}]`)
	uses := get(headerA("{{v}}"))
	for _, c := range []struct {
		name                           string
		run                            run
		given, missing, perhaps, asked string
	}{
		{name: "set and used", run: run{steps: steps(sets, uses)}},
		{name: "used and set", run: run{steps: steps(uses, sets)}, missing: "v"},
		{name: "first use", run: run{steps: steps(get(headerA("{{b}} {{a}}")), get(headerA("{{a}} {{b}}")))}, missing: "b a"},
		{name: "skipped", run: run{steps: steps(skippedStep(uses), skippedStep(sets))}},
		{name: "set in a condition", run: run{steps: steps(compares("condition", "{{c}}", "equal", "1", sets), uses)}, missing: "c", perhaps: "v"},
		{name: "set in a condition that cannot hold", run: run{steps: steps(compares("condition", "2", "equal", "1", sets), uses)}, missing: "v"},
		{name: "used in a condition", run: run{steps: compares("condition", "1", "equal", "1", uses)}, missing: "v?"},
		{name: "used in a condition and for sure", run: run{steps: steps(compares("condition", "1", "equal", "1", uses), uses)}, missing: "v"},
		{name: "inner and outer condition", run: run{steps: compares("condition", "1", "equal", "1", compares("condition", "1", "equal", "1", sets), uses)}, perhaps: "v"},
		{name: "loop", run: run{steps: steps(compares("conditional-loop", "{{v}}", "equal", "1", sets))}},
		{name: "after a loop", run: run{steps: steps(compares("conditional-loop", "1", "equal", "1", sets), uses)}, perhaps: "v"},
		{name: "set in the same condition", run: run{steps: compares("condition", "1", "equal", "1", sets, compares("condition", "1", "equal", "1", uses))}},
		{name: "set in another condition", run: run{steps: steps(compares("condition", "1", "equal", "1", sets), compares("condition", "1", "equal", "1", uses))}, perhaps: "v"},
		{name: "refused", run: run{steps: steps(`{"step_type":"ghost-inspector","variables":[{"source":"response_json","property":"a","name":"v"}]}`, uses)}, perhaps: "v"},
		{name: "environment", run: run{steps: uses, env: "initial_variables: {v: 1}"}, given: "v"},
		{name: "shared environment", run: run{steps: uses, env: "name: e", shared: "initial_variables: {v: 1}"}, given: "v"},
		{name: "environment without value", run: run{steps: uses, env: `initial_variables: {v: "{{w}}"}`}, missing: "v"},
		{name: "environment headers", run: run{steps: sets, env: `headers: {A: "{{v}}"}`}, missing: "v"},
		{name: "environment headers and script", run: run{steps: sets, env: "headers: {A: \"{{v}}\"}\nscript: variables.set('v', 1)"}, given: "v"},
		{name: "computed", run: run{steps: uses, script: "variables.set('a' + 'b', 1)"}, missing: "v?"},
		{name: "computed later", run: run{steps: steps(uses, get(`"scripts":["variables.set('a' + 'b', 1)"]`))}, missing: "v"},
		{name: "asked", run: run{steps: get(`"scripts":["variables.get('v')"]`)}, asked: "v"},
		{name: "asked and set later", run: run{steps: steps(get(`"scripts":["variables.get('v')"]`), sets)}},
		{name: "parts", run: run{steps: postWith(`"multipart_form":[{"name":"{{a}}","value":"{{b}}"}]`)}, missing: "a b"},
		{name: "query of a form without one", run: run{steps: postWith(`"body":"b","graphql_body":{"query":"{{a}}"}`)}},
		{name: "target that is not looked at", run: run{steps: get(assertRow("response_json", "a", "is_null", "{{a}}"))}},
		{name: "braces in braces", run: run{steps: get(headerA("{{a{{b}}}}"))}, missing: "a{{b}}"},
		{name: "argument", run: run{steps: get(headerA("{{md5({{b}})}}"))}, missing: "b"},
		{name: "secret", run: run{steps: get(headerA("{{get_secret(b)}}"))}, missing: "b"},
		{name: "subtest", run: run{steps: steps(sets, subtestStep("a", looks)), subtests: map[string]run{"a": {steps: uses}}}, missing: "v@a"},
		{name: "subtest in a condition", run: run{steps: compares("condition", "1", "equal", "1", subtestStep("a", looks)), subtests: map[string]run{"a": {steps: uses}}}, missing: "v?@a"},
		{name: "subtest with parameter", run: run{steps: subtestStep("a", `"params":[{"name":"v","value":"{{w}}"}]`), subtests: map[string]run{"a": {steps: uses}}}, missing: "w"},
		{name: "subtest with its environment", run: run{steps: subtestStep("a", ""), subtests: map[string]run{"a": {steps: uses, env: "initial_variables: {v: 1}"}}}},
		{name: "subtest gives nothing back", run: run{steps: steps(subtestStep("a", ""), uses), subtests: map[string]run{"a": {steps: sets}}}, missing: "v"},
		{name: "subtest of a subtest", run: run{steps: subtestStep("a", ""), subtests: map[string]run{"a": {steps: subtestStep("b", "")}, "b": {steps: uses}}}, missing: "v@b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := NewSurvey(c.run.plan(t, "http://127.0.0.1:1"))
			got := []string{strings.Join(s.Given, " "), names(s.Missing), names(s.Perhaps), names(s.Asked)}
			if diff := cmp.Diff([]string{c.given, c.missing, c.perhaps, c.asked}, got); diff != "" {
				t.Errorf("given, missing, perhaps, asked (-want +got)\n%s", diff)
			}
		})
	}
}

func TestASurveyListsWhatEachStepNeedsAndSets(t *testing.T) {
	t.Parallel()
	r := run{
		steps: steps(compares("condition", "{{c}}", "equal", "1",
			subtestStep("a", `"params":[{"name":"p","value":"{{w}}"}],"variables":[{"source":"response_json","property":"{{q}}","name":"r"}],"scripts":["variables.set('s', variables.get('g'))"]`)),
			compares("conditional-loop", "{{l}}", "equal", "1", skippedStep(get(headerA("{{k}}"))))),
		subtests: map[string]run{"a": {steps: get(headerA("{{v}} {{p}}"))}},
	}
	s := NewSurvey(r.plan(t, "http://127.0.0.1:1"))
	var got []string
	for _, part := range s.Steps {
		conditional := ""
		if part.Conditional {
			conditional = "conditional "
		}
		got = append(got, conditional+names(part.Needs)+" > "+strings.Join(part.Produces, " "))
	}
	want := []string{"c > ", "conditional w v?@a q g > r s", "l > ", "conditional k > "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
