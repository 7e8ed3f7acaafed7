package runner

import (
	"maps"
	"slices"

	"offscope/bucket"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// A Survey is what can be said about a plan's variables without running it.
type Survey struct {
	// Given are the names that have a value before the first step: from the environment, the flags and the initial script.
	Given []string
	Steps []StepSurvey
	// Missing are the names that a step needs and nothing before it sets, with their first use, in the order of use. They are
	// what a user has to supply.
	Missing []Need
	// Asked are the names that scripts ask for by variables.get and that nothing gives or sets. A script may do without them,
	// or not.
	Asked []Need
	// Unknown are the globals that scripts use and nothing defines.
	Unknown []UnknownGlobal
	// Guesswork says that a script sets variables under names it computes, so that Missing may name too many.
	Guesswork bool
}

// An UnknownGlobal is a name that a script uses as if it were defined everywhere.
type UnknownGlobal struct {
	Name string
	Step int // 0 for the initial script
	// Hint says what to do, where that is known.
	Hint string
}

// A StepSurvey is the part of one step.
type StepSurvey struct {
	Step *Step
	// Needs are the variables the step uses, in templates and by variables.get with a literal name, once each.
	Needs []Need
	// Produces are the variables it sets: rows, and variables.set with a literal name.
	Produces []string
	// Unsupported names what cannot be executed, "" when the step can be.
	Unsupported string
}

// A Need is a use of a variable.
type Need struct {
	Name  string
	Step  int
	Place source.Place
	// Script says that a script asks for the variable; undefined is then a value, and no failure by itself.
	Script bool
}

// NewSurvey looks through a plan.
func NewSurvey(p *Plan) Survey {
	var s Survey
	known := map[string]bool{}
	give := func(name string) {
		if !known[name] {
			known[name] = true
			s.Given = append(s.Given, name)
		}
	}
	if env := p.Options.Environment; env != nil {
		for _, v := range env.Initial {
			give(v.Name.Value)
		}
	}
	for _, v := range p.Options.Values {
		give(v.Name)
	}
	for _, name := range s.sets(p.initial) {
		give(name)
	}
	asked := s.script(p.initial, 0)
	missing := map[string]bool{}
	for _, step := range p.Steps {
		part := s.step(step)
		for _, script := range slices.Concat(step.before, step.after) {
			asked = append(asked, s.script(script, step.Number)...)
		}
		s.Steps = append(s.Steps, part)
		own := maps.Clone(known)
		for _, need := range part.Needs {
			if !own[need.Name] && !missing[need.Name] && !need.Script && !producedInTime(step, need) {
				missing[need.Name] = true
				s.Missing = append(s.Missing, need)
			}
		}
		for _, name := range part.Produces {
			known[name] = true
		}
	}
	for _, need := range asked {
		if !known[need.Name] && !missing[need.Name] {
			known[need.Name] = true
			s.Asked = append(s.Asked, need)
		}
	}
	return s
}

// script notes the globals that a script uses and nobody defines, and returns what it asks for.
func (s *Survey) script(script *script, step int) []Need {
	if script == nil || script.program == nil {
		return nil
	}
	for _, name := range script.program.Unknown() {
		if !slices.ContainsFunc(s.Unknown, func(u UnknownGlobal) bool { return u.Name == name }) {
			s.Unknown = append(s.Unknown, UnknownGlobal{Name: name, Step: step, Hint: jsengine.KnownElsewhere(name)})
		}
	}
	var asked []Need
	for _, name := range script.program.Gets() {
		asked = append(asked, Need{Name: name, Step: step, Place: script.text.Place, Script: true})
	}
	return asked
}

// producedInTime reports whether the step itself sets the variable before it uses it: assertions see what the step's own
// rows and scripts have set.
func producedInTime(s *Step, need Need) bool {
	if s.request == nil || !slices.Contains(produced(s), need.Name) {
		return false
	}
	for _, c := range s.assertions {
		for _, use := range slices.Concat(c.property.Uses(), c.target.Uses()) {
			if use.Place == need.Place {
				return true
			}
		}
	}
	return false
}

func (s *Survey) step(step *Step) StepSurvey {
	part := StepSurvey{Step: step, Unsupported: step.refused()}
	seen := map[string]bool{}
	add := func(need Need) {
		if !seen[need.Name] {
			seen[need.Name] = true
			need.Step = step.Number
			part.Needs = append(part.Needs, need)
		}
	}
	for _, t := range step.templates() {
		for _, use := range t.Uses() {
			if !use.Function {
				add(Need{Name: use.Name, Place: use.Place})
			}
		}
	}
	if step.request == nil {
		return part
	}
	for _, script := range slices.Concat(step.before, step.after) {
		if script.program == nil {
			continue
		}
		for _, name := range script.program.Gets() {
			add(Need{Name: name, Place: script.text.Place, Script: true})
		}
		s.sets(script)
	}
	part.Produces = produced(step)
	return part
}

// sets returns the names a script sets, and notes when it computes some.
func (s *Survey) sets(script *script) []string {
	if script == nil || script.program == nil {
		return nil
	}
	literal, computed := script.program.Sets()
	s.Guesswork = s.Guesswork || computed
	return literal
}

func produced(r *Step) []string {
	var names []string
	for _, s := range slices.Concat(r.before, r.after) {
		if s.program != nil {
			literal, _ := s.program.Sets()
			names = append(names, literal...)
		}
	}
	for _, x := range r.extractions {
		names = append(names, x.row.Name.Value)
	}
	return names
}

// templates returns everything in a step that is substituted, also of steps that cannot be executed yet, in the order in
// which it is used.
func (s *Step) templates() []variables.Template {
	var out []variables.Template
	add := func(texts ...source.Text) {
		for _, t := range texts {
			out = append(out, variables.Parse(t))
		}
	}
	switch step := s.Step.(type) {
	case *bucket.Request:
		return append(s.request.templates(), s.checks.templates()...)
	case *bucket.Condition:
		add(step.Left, step.Right)
	case *bucket.Loop:
		add(step.Left, step.Right)
	case *bucket.Subtest:
		for _, p := range step.Params {
			add(p.Value)
		}
	}
	return out
}

func (r *request) templates() []variables.Template {
	out := []variables.Template{r.method, r.url}
	for _, p := range slices.Concat(r.headers, r.form) {
		out = append(out, p.name, p.value)
	}
	for _, f := range r.auth {
		out = append(out, f.value)
	}
	return append(out, r.body)
}

func (r *checks) templates() []variables.Template {
	var out []variables.Template
	for _, x := range r.extractions {
		out = append(out, x.property)
	}
	for _, c := range r.assertions {
		out = append(out, c.property, c.target)
	}
	return out
}
