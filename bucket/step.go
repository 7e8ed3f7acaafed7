package bucket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// longestPause is far more than the hosted editor's 180 seconds, and short enough to be no accident.
const longestPause = 24 * 60 * 60

// steps reads a list of steps.
func (r *reader) steps(f field) []Step {
	var steps []Step
	for _, v := range r.objects(f, "a step") {
		if step := r.step(v); step != nil {
			steps = append(steps, step)
		}
	}
	return steps
}

// step reads one step; nil after an error that leaves nothing to be read.
func (r *reader) step(v *jsontree.Value) Step {
	kind := v.Get("step_type")
	if kind == nil || kind.Kind == jsontree.Null {
		r.fail("step-type", v, "a step needs \"step_type\"", `add "step_type": "request" when the step sends a request`)
		return nil
	}
	if kind.Kind != jsontree.String {
		r.wrongType(kind, `"step_type" of a step`, "text")
		return nil
	}
	base := StepBase{Place: r.place(v), Kind: r.textOf(kind)}
	switch kind.Text {
	case "request":
		return r.request(base, v)
	case "pause":
		return r.pause(base, v)
	case "condition", "conditional":
		return r.condition(base, v)
	case "conditional-loop", "conditional_loop", "loop":
		return r.loop(base, v)
	case "subtest":
		return r.subtest(base, v)
	case "inbound", "incoming", "incoming-request", "incoming_request":
		return r.inbound(base, v)
	case "ghost-inspector", "ghost_inspector", "ghost":
		return r.ghostInspector(base, v)
	}
	return r.unknown(base, v)
}

// baseKey reads a key that all steps have, and reports whether it was one.
func (r *reader) baseKey(b *StepBase, f field) bool {
	switch f.Name {
	case "step_type":
	case "id":
		b.ID = r.id(f)
	case "note":
		b.Note = r.scalar(f)
	case "skipped":
		b.Skipped = r.flag(f)
	default:
		return slices.Contains(stepBookkeeping, f.Name)
	}
	return true
}

// checkKey reads a key of what happens around an exchange, and reports whether it was one.
func (r *reader) checkKey(c *Checks, f field) bool {
	switch f.Name {
	case "assertions":
		c.Assertions = r.assertions(f)
	case "variables":
		c.Variables = r.extractions(f)
	case "scripts":
		c.Scripts = r.scripts(f, &c.Unsupported)
	case "before_scripts":
		c.BeforeScripts = r.scripts(f, &c.Unsupported)
	default:
		return r.snippet(c, f)
	}
	return true
}

// snippet refuses what may refer to scripts that are kept elsewhere, and reports whether the key speaks of them.
func (r *reader) snippet(c *Checks, f field) bool {
	words := wordsOf(f.Name)
	speaks := slices.Contains(words, "snippet") || slices.Contains(words, "snippets")
	if !speaks || isBlank(f.Value) {
		return false
	}
	c.Unsupported = append(c.Unsupported, Unsupported{f.NamePlace(r.file), f.String()})
	return true
}

// noCheckKey refuses checks on a step that has no exchange: leaving them out would pass what was never looked at.
func (r *reader) noCheckKey(f field) bool {
	if !slices.Contains(checkKeys, f.Name) {
		return false
	}
	if !isBlank(f.Value) {
		r.fail("misplaced-key", f.Value, fmt.Sprintf("%s has no %s: they would never be looked at", f.owner, f.Name),
			"move them to the step that sends the request")
	}
	return true
}

func (r *reader) pause(base StepBase, v *jsontree.Value) *Pause {
	s := &Pause{StepBase: base}
	for f := range r.fields(v, "a pause step") {
		switch {
		case r.baseKey(&s.StepBase, f), r.noCheckKey(f):
		case f.Name == "duration":
			s.Seconds, s.Duration = r.seconds(f), r.place(f.Value)
		default:
			r.unknownKey(f, stepKeys, pauseKeys)
		}
	}
	if duration := v.Get("duration"); duration == nil || duration.Kind == jsontree.Null {
		r.warn("no-duration", v, "a pause step without \"duration\" takes no time", `add "duration" in seconds`)
	}
	return s
}

// seconds reads a number of whole seconds, which may be written as text.
func (r *reader) seconds(f field) int {
	if f.Value.Kind == jsontree.Null {
		return 0
	}
	n, err := strconv.ParseFloat(f.Value.Text, 64)
	whole := err == nil && n == float64(int(n))
	switch {
	case !whole:
		found := describe(f.Value)
		if f.Value.Kind == jsontree.Number {
			found = f.Value.Text
		}
		r.fail("wrong-type", f.Value, fmt.Sprintf("%s must be a whole number of seconds, found %s", f, found), "")
	case n < 0 || n > longestPause:
		r.fail("pause-length", f.Value, fmt.Sprintf("a pause lasts from 0 to %d seconds, found %s", longestPause, f.Value.Text), "")
	default:
		return int(n)
	}
	return 0
}

func (r *reader) condition(base StepBase, v *jsontree.Value) *Condition {
	s := &Condition{StepBase: base}
	for f := range r.fields(v, "a condition step") {
		switch {
		case r.baseKey(&s.StepBase, f), r.noCheckKey(f):
		case f.Name == "steps":
			s.Steps = r.steps(f)
		case r.comparisonKey(f, &s.Comparison, &s.ComparisonText, &s.Left, &s.Right):
		default:
			r.unknownKey(f, stepKeys, conditionKeys)
		}
	}
	r.comparable(v, s.ComparisonText, "a condition")
	r.hasSteps(v, `a condition without "steps" runs nothing`)
	return s
}

func (r *reader) loop(base StepBase, v *jsontree.Value) *Loop {
	s := &Loop{StepBase: base}
	for f := range r.fields(v, "a loop step") {
		switch {
		case r.baseKey(&s.StepBase, f), r.noCheckKey(f):
		case f.Name == "steps":
			s.Steps = r.steps(f)
		case r.comparisonKey(f, &s.Comparison, &s.ComparisonText, &s.Left, &s.Right):
		case mayHoldSteps(f):
			r.unknownKey(f, stepKeys, conditionKeys)
		default:
			s.Other = append(s.Other, NamedText{r.nameText(f.Member), r.raw(f.Value)})
		}
	}
	r.comparable(v, s.ComparisonText, "a loop")
	r.hasSteps(v, `a loop without "steps" repeats nothing`)
	return s
}

// comparisonKey reads a key of a step that compares two values.
func (r *reader) comparisonKey(f field, c *Comparison, name, left, right *source.Text) bool {
	switch f.Name {
	case "comparison":
		*name = r.text(f)
		*c = ParseComparison(name.Value)
	case "left_value":
		*left = r.scalar(f)
	case "right_value":
		*right = r.scalar(f)
	default:
		return false
	}
	return true
}

// comparable speaks of a step that has nothing to compare, or nothing to compare with. Without a comparison that is known it is
// read nevertheless, and fails when it is due. Without a value it would compare with empty text, and who can tell that from an
// answer.
func (r *reader) comparable(v *jsontree.Value, name source.Text, what string) {
	if name.Value == "" {
		r.warn("comparison", v, what+" needs \"comparison\": it fails when it is due", "")
		return
	}
	comparison := ParseComparison(name.Value)
	if comparison == UnknownComparison {
		return
	}
	var missing []string
	if saysNothing(v.Get("left_value")) {
		missing = append(missing, `"left_value"`)
	}
	if comparison.NeedsTarget() && saysNothing(v.Get("right_value")) {
		missing = append(missing, `"right_value"`)
	}
	if len(missing) > 0 {
		r.fail("comparison", v, fmt.Sprintf("%s with the comparison %q needs %s", what, name.Value, strings.Join(missing, " and ")),
			`add it; "" is the empty text`)
	}
}

// hasSteps warns of a container that has no list of steps, not even an empty one.
func (r *reader) hasSteps(v *jsontree.Value, message string) {
	if saysNothing(v.Get("steps")) {
		r.warn("no-steps", v, message, `add "steps"`)
	}
}

// saysNothing reports whether a key is absent or null.
func saysNothing(v *jsontree.Value) bool { return v == nil || v.Kind == jsontree.Null }

func (r *reader) subtest(base StepBase, v *jsontree.Value) *Subtest {
	s := &Subtest{StepBase: base}
	for f := range r.fields(v, "a subtest step") {
		if r.baseKey(&s.StepBase, f) || r.checkKey(&s.Checks, f) {
			continue
		}
		switch f.Name {
		case "test_uuid":
			s.TestUUID = r.scalar(f)
		case "bucket_key":
			s.BucketKey = r.scalar(f)
		case "environment_uuid":
			s.EnvironmentUUID = r.scalar(f)
		case "use_parent_environment":
			s.UseParentEnvironment = r.flag(f)
		case "params":
			s.Params = r.params(f, "a parameter of a subtest step")
		default:
			r.unknownKey(f, stepKeys, checkKeys, subtestKeys)
		}
	}
	return s
}

// params reads named values whose shape is not public: lists of {name, value}, of {key, value} and of {NAME: VALUE} are read,
// and an object of names as well.
func (r *reader) params(f field, element string) []NamedText {
	if f.Value.Kind == jsontree.Object {
		return r.namedTexts(f)
	}
	var params []NamedText
	for _, v := range r.objects(f, element) {
		name, ok := pairName(v)
		if !ok {
			params = append(params, r.namedTexts(field{jsontree.Member{Name: f.Name, Value: v}, f.owner})...)
			continue
		}
		value := v.Get("value")
		if name.Kind != jsontree.String || !isScalar(value) {
			r.wrongType(v, element, "a name and a text")
			continue
		}
		params = append(params, NamedText{r.textOf(name), r.textOf(value)})
		r.restOfPair(v, element)
	}
	return params
}

// restOfPair speaks of what a pair says besides name and value.
func (r *reader) restOfPair(v *jsontree.Value, element string) {
	for f := range r.fields(v, element) {
		if !slices.Contains(pairKeys, f.Name) {
			r.unknownKey(f, pairKeys)
		}
	}
}

// pairName returns the name of a parameter that is written as a pair.
func pairName(v *jsontree.Value) (*jsontree.Value, bool) {
	name := v.Get("name")
	if name == nil {
		name = v.Get("key")
	}
	return name, name != nil && v.Get("value") != nil
}

func (r *reader) inbound(base StepBase, v *jsontree.Value) *Inbound {
	s := &Inbound{StepBase: base}
	for f := range r.fields(v, "an incoming request step") {
		if r.baseKey(&s.StepBase, f) || r.checkKey(&s.Checks, f) {
			continue
		}
		switch f.Name {
		case "token":
			s.Token = r.scalar(f)
		case "isDynamicUrl", "is_dynamic_url":
			s.Dynamic = r.flag(f)
		default:
			r.unknownKey(f, stepKeys, checkKeys, inboundKeys)
		}
	}
	return s
}

func (r *reader) ghostInspector(base StepBase, v *jsontree.Value) *GhostInspector {
	s := &GhostInspector{StepBase: base}
	for f := range r.fields(v, "a Ghost Inspector step") {
		if r.baseKey(&s.StepBase, f) || r.checkKey(&s.Checks, f) {
			continue
		}
		s.Fields = append(s.Fields, NamedText{r.nameText(f.Member), r.raw(f.Value)})
	}
	return s
}

// unknown reads no more than what names the step.
func (r *reader) unknown(base StepBase, v *jsontree.Value) *Unknown {
	s := &Unknown{StepBase: base}
	for f := range r.fields(v, "a step") {
		r.baseKey(&s.StepBase, f)
	}
	return s
}
