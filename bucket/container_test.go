package bucket

import (
	"strings"
	"testing"

	"offscope/source"
)

// What a container says in a key that is not read can be steps, and with them checks would be lost.
func TestStepsThatWouldBeLostAreAnError(t *testing.T) {
	t.Parallel()
	const bad = `[{"step_type": "request", "method": "GET", "url": "/", "assertions": []}]`
	const whole = `"comparison": "equal", "left_value": "", "right_value": ""`
	inTest := func(step string) string { return `{"name": "n", "steps": [` + step + `]}` }
	of := func(kind, rest string) string {
		return inTest(`{"step_type": "` + kind + `", ` + whole + `, "steps": [` + pauseStep + `], ` + rest + `}`)
	}
	for _, row := range []struct {
		name, text string
		want       source.Severity
		hint       string
	}{
		{"step", of("condition", `"step": `+bad), source.Error, `did you mean "steps"?`},
		{"Steps", of("condition", `"Steps": `+bad), source.Error, `did you mean "steps"?`},
		{"nested_steps", of("condition", `"nested_steps": `+bad), source.Error, `did you mean "steps"?`},
		{"children", of("condition", `"children": `+bad), source.Error, `did you mean "steps"?`},
		{"else_steps", of("condition", `"else_steps": `+bad), source.Error, "only \"steps\" are run: move them there, or into a condition of their own"},
		{"else", of("condition", `"else": {"steps": `+bad+`}`), source.Error, "only \"steps\" are run: move them there, or into a condition of their own"},
		{"any list of objects", of("condition", `"branches": [{"then": 1}]`), source.Error, "only \"steps\" are run: move them there, or into a condition of their own"},
		{"step of a loop", of("conditional-loop", `"step": `+bad), source.Error, `did you mean "steps"?`},
		{"do of a loop", of("conditional-loop", `"do": `+bad), source.Error, "only \"steps\" are run: move them there, or into a condition of their own"},
		{"steps of a request", inRequest(`"steps": ` + bad), source.Error, "steps stand in the list of a test, a condition or a loop"},
		{"steps of a pause", inTest(`{"step_type": "pause", "duration": 1, "then": ` + bad + `}`), source.Error, "steps stand in the list of a test, a condition or a loop"},
		{"steps of a test", `{"name": "n", "Steps": ` + bad + `, "steps": [` + pauseStep + `]}`, source.Error, `did you mean "steps"?`},
		{"teardown of a test", `{"name": "n", "teardown": ` + bad + `, "steps": [` + pauseStep + `]}`, source.Error, "steps stand in the list of a test, a condition or a loop"},

		{"empty", of("condition", `"step": []`), source.Warning, `did you mean "steps"?`},
		{"no list", of("condition", `"colour": "red"`), source.Warning, ""},
		{"a list of names", of("condition", `"tags": ["a"]`), source.Warning, ""},
		{"a list of objects of a request", inRequest(`"tags": [{"a": 1}]`), source.Warning, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			said := saidOf("unknown-key", row.text)
			if len(said) != 1 || said[0].Severity != row.want || said[0].Hint != row.hint {
				t.Errorf("want one %s with %q, said\n%s", row.want, row.hint, draw(said))
			}
		})
	}
	if said := saidOf("unknown-key", of("conditional-loop", `"max": 5, "delay": [1], "tags": []`)); len(said) > 0 {
		t.Errorf("keys of a loop that are remarked when it runs: said\n%s", draw(said))
	}
}

func TestContainerWithoutSteps(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ kind, steps, want string }{
		{"condition", ``, `a condition without "steps" runs nothing`},
		{"condition", `, "steps": null`, `a condition without "steps" runs nothing`},
		{"conditional-loop", ``, `a loop without "steps" repeats nothing`},
		{"condition", `, "steps": []`, ""},
		{"conditional-loop", `, "steps": []`, ""},
	} {
		said := saidOf("no-steps", `{"name": "n", "steps": [{"step_type": "`+row.kind+
			`", "comparison": "equal", "left_value": "", "right_value": ""`+row.steps+`}]}`)
		switch {
		case row.want == "" && len(said) == 0:
		case len(said) != 1 || said[0].Severity != source.Warning || said[0].Message != row.want:
			t.Errorf("%s%s: want %q, said\n%s", row.kind, row.steps, row.want, draw(said))
		}
	}
}

func TestComparisonNeedsItsValues(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, rest, want string }{
		{"1.6 no right_value", `"comparison": "equal", "left_value": "a"`, `a condition with the comparison "equal" needs "right_value"`},
		{"1.6 right_value null", `"comparison": "not_equal", "left_value": "a", "right_value": null`, `a condition with the comparison "not_equal" needs "right_value"`},
		{"1.6 no left_value", `"comparison": "is_equal", "right_value": "a"`, `a condition with the comparison "is_equal" needs "left_value"`},
		{"1.6 left_value null", `"comparison": "not_empty", "left_value": null`, `a condition with the comparison "not_empty" needs "left_value"`},
		{"1.6 neither", `"comparison": "equal"`, `a condition with the comparison "equal" needs "left_value" and "right_value"`},
		{"1.6 misspelt", `"comparison": "equal", "left_value": "a", "rigth_value": "b"`, `a condition with the comparison "equal" needs "right_value"`},
		{"1.6 empty", `"comparison": "equal", "left_value": "", "right_value": ""`, ""},
		{"1.6 numbers and booleans", `"comparison": "equal", "left_value": 0, "right_value": false`, ""},
		{"1.6 nothing to compare with", `"comparison": "not_empty", "left_value": "a", "right_value": null`, ""},
		{"1.6 unknown comparison", `"comparison": "resembles", "left_value": "a"`, ""}, // it fails when it is due
		{"1.6 no comparison", `"left_value": "a"`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for kind, what := range map[string]string{"condition": "a condition", "conditional-loop": "a loop"} {
				said := saidOf("comparison", `{"name": "n", "steps": [{"step_type": "`+kind+`", "steps": [`+pauseStep+`], `+row.rest+`}]}`).Errors()
				want := strings.Replace(row.want, "a condition", what, 1)
				switch {
				case want == "" && len(said) == 0:
				case len(said) != 1 || said[0].Message != want:
					t.Errorf("%s: want %q, said\n%s", row.rest, want, draw(said))
				}
			}
		})
	}
}
