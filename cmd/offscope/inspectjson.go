package main

import (
	"encoding/json"
	"io"
	"strings"

	"offscope/bucket"
	"offscope/runner"
	"offscope/source"
)

// What follows is the JSON of inspect, as docs/inspect.md describes it. Keys that do not apply to a step are left out; lists of a
// test and of a variable are always there.

type testFacts struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	placeJSON
	Environment string          `json:"environment,omitempty"`
	Assertions  int             `json:"assertions"`
	Steps       []stepFacts     `json:"steps"`
	Variables   []variableFacts `json:"variables"`
	// Guesswork says that a script sets variables under names it computes.
	Guesswork bool `json:"guesswork,omitempty"`
}

type placeJSON struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
}

func placeOf(p source.Place) placeJSON {
	at := p.Position()
	out := placeJSON{Line: at.Line, Col: at.Col}
	if p.File != nil {
		out.File = p.File.Name
	}
	return out
}

type stepFacts struct {
	Number int    `json:"number"`
	Kind   string `json:"kind"`
	Note   string `json:"note,omitempty"`
	Method string `json:"method,omitempty"`
	URL    string `json:"url,omitempty"`
	placeJSON
	Depth int `json:"depth,omitempty"`
	// Seconds is how long a pause takes.
	Seconds     int    `json:"seconds,omitempty"`
	Left        string `json:"left,omitempty"`
	Comparison  string `json:"comparison,omitempty"`
	Right       string `json:"right,omitempty"`
	Runs        string `json:"runs,omitempty"`
	Skipped     bool   `json:"skipped,omitempty"`
	Conditional bool   `json:"conditional,omitempty"`
	Unsupported string `json:"unsupported,omitempty"`

	Assertions int      `json:"assertions"`
	Needs      []string `json:"needs"`
	Produces   []string `json:"produces"`
}

type variableFacts struct {
	Name   string `json:"name"`
	Secret bool   `json:"secret"`
	Given  bool   `json:"given"`
	// Missing says that a run fails for want of it, Asked that only scripts ask for it and nothing sets it.
	Missing             bool          `json:"missing"`
	Asked               bool          `json:"asked,omitempty"`
	Why                 string        `json:"why,omitempty"`
	SetBy               []setterFacts `json:"set_by"`
	UsedIn              []int         `json:"used_in"`
	UsedInEnvironment   bool          `json:"used_in_environment,omitempty"`
	UsedInInitialScript bool          `json:"used_in_initial_script,omitempty"`
}

type setterFacts struct {
	Kind    string `json:"kind"`
	Detail  string `json:"detail,omitempty"`
	Step    int    `json:"step,omitempty"`
	Skipped bool   `json:"skipped,omitempty"`
}

// writeInspected writes the tests as one list.
func writeInspected(out io.Writer, seen []inspected) error {
	tests := []testFacts{}
	for _, i := range seen {
		tests = append(tests, i.json())
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(tests)
}

func (i inspected) json() testFacts {
	test := i.plan.Test
	out := testFacts{
		Name: strings.TrimSpace(test.Name.Value), Description: strings.TrimSpace(test.Description.Value), placeJSON: placeOf(test.Place),
		Steps: []stepFacts{}, Variables: []variableFacts{}, Guesswork: i.survey.Guesswork,
	}
	if env := i.plan.Options.Environment; env != nil {
		out.Environment = env.Name
	}
	for _, part := range i.survey.Steps {
		step := stepJSON(part)
		out.Assertions += step.Assertions
		out.Steps = append(out.Steps, step)
	}
	for _, life := range i.lives {
		out.Variables = append(out.Variables, i.variableJSON(life))
	}
	return out
}

func stepJSON(part runner.StepSurvey) stepFacts {
	base := part.Step.Step.Base()
	out := stepFacts{
		Number: part.Step.Number, Kind: base.Kind.Value, Note: strings.TrimSpace(base.Note.Value), placeJSON: placeOf(base.Place),
		Depth: part.Step.Depth, Skipped: base.Skipped, Conditional: part.Conditional, Unsupported: part.Unsupported,
		Assertions: assertionsOf(part.Step.Step), Needs: orNone(needNames(part.Needs)), Produces: orNone(unique(part.Produces)),
	}
	switch step := part.Step.Step.(type) {
	case *bucket.Request:
		out.Method, out.URL = step.Method.Value, withoutUser(step.URL.Value)
	case *bucket.Pause:
		out.Seconds = step.Seconds
	case *bucket.Condition:
		out.Left, out.Comparison, out.Right = step.Left.Value, step.ComparisonText.Value, step.Right.Value
	case *bucket.Loop:
		out.Left, out.Comparison, out.Right = step.Left.Value, step.ComparisonText.Value, step.Right.Value
	}
	if sub := part.Step.Subtest(); sub != nil {
		out.Runs = strings.TrimSpace(sub.Test.Name.Value)
	}
	return out
}

func (i inspected) variableJSON(life runner.Life) variableFacts {
	out := variableFacts{
		Name: life.Name, Secret: life.Secret, SetBy: []setterFacts{}, UsedIn: life.UsedIn,
		UsedInEnvironment: life.InEnvironment, UsedInInitialScript: life.InInitialScript,
	}
	if out.UsedIn == nil {
		out.UsedIn = []int{}
	}
	for _, by := range life.SetBy {
		out.Given = out.Given || by.Step == 0
		out.SetBy = append(out.SetBy, setterFacts{by.Kind.String(), by.Detail, by.Step, by.Idle})
	}
	for _, need := range i.survey.Missing {
		if need.Name == life.Name {
			out.Missing, out.Why = true, need.Why
		}
	}
	for _, need := range i.survey.Asked {
		out.Asked = out.Asked || need.Name == life.Name
	}
	return out
}

func orNone(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
