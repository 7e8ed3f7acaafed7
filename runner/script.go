package runner

import (
	"context"
	"fmt"

	"offscope/event"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// A scriptRun is a script that was due, and what came of it.
type scriptRun struct {
	script *script
	role   jsengine.Role
	row    int
	result jsengine.Result
	broken *source.Diagnostic
	// shared says of an initial script that it belongs to an environment which others inherit from.
	shared bool
	// notRun says that the script had no chance to run.
	notRun bool
}

func (r scriptRun) outcome() event.Outcome {
	switch {
	case r.notRun:
		return event.NotRun
	case r.broken == nil && r.result.Failure != nil && r.result.Failure.Kind == jsengine.Unstoppable:
		return event.Errored
	case r.broken != nil, r.result.Failure != nil:
		return event.Failed
	}
	return event.Passed
}

// runScript runs a script of any role. A script with a syntax error fails without being run. One that is broken off because
// the run ends stops the test.
func (t *Test) runScript(
	ctx context.Context, s *script, role jsengine.Role, step, row int, origin variables.Origin, request *jsengine.Request, response *jsengine.Response,
) scriptRun {
	run := scriptRun{script: s, role: role, row: row}
	if s.broken != nil {
		run.broken = s.broken
		return run
	}
	random := t.random(t.scriptUse(role, step, row))
	run.result = t.machinery.Engine.Run(ctx, s.program, jsengine.World{
		Role: role, Request: request, Response: response, Secret: t.secret, Random: random.Float64, Now: t.clock.Now,
		Variables: scriptVariables{t, origin}, Bucket: t.plan.Test.BucketKey,
		Libraries: t.plan.Options.Libraries,
	})
	if f := run.result.Failure; f != nil && f.Kind == jsengine.Canceled {
		t.checkContext(ctx)
	}
	if f := run.result.Failure; f != nil && f.Kind == jsengine.Unstoppable {
		t.unstoppable()
	}
	return run
}

// unstoppable ends the test, and the run with it, because a script goes on for ever.
func (t *Test) unstoppable() {
	t.broken = "a script could not be stopped"
	t.stop(event.Errored, t.broken)
}

// scriptUse names the random values of a script.
func (t *Test) scriptUse(role jsengine.Role, step, row int) string {
	if step == 0 {
		return fmt.Sprintf("step 0, %s %d", role, row)
	}
	return t.use(t.plan.Steps[step-1], fmt.Sprintf("%s %d", role, row))
}

// scriptVariables is the view a script has of the variables.
type scriptVariables struct {
	test   *Test
	origin variables.Origin
}

func (v scriptVariables) Get(name string) (variables.Value, bool) { return v.test.scope.Get(name) }

func (v scriptVariables) Set(name string, value variables.Value) error {
	return v.test.set(name, value, v.origin)
}

func (v scriptVariables) Unset(name string) { v.test.unset(name, v.origin) }

// scriptOrigin is where a step's script says that a value comes from.
func (a *Attempt) scriptOrigin(s *script) variables.Origin {
	return a.origin(variables.Script, s.text.Place)
}

// scripted tells of a script, and what it remarked.
func (t *Test) scripted(step int, r scriptRun) {
	for _, text := range r.result.Notices {
		t.notice(step, source.Diagnostic{
			Severity: source.Notice, Code: "script", Place: r.script.text.Place, Message: scriptName(r) + ": " + text,
		})
	}
	t.emit.write(step, event.Scripted{
		Role: r.name(), Row: r.row, Outcome: r.outcome(), Duration: r.result.Duration,
		Output: r.output(), Failure: t.scriptFailure(r), Set: t.assignments(r), Where: t.cover.excerpt(r.script.text.Place),
	})
}

// name is the role of the script in words.
func (r scriptRun) name() string {
	if r.shared {
		return variables.SharedInitialScript.String()
	}
	return r.role.String()
}

func scriptName(r scriptRun) string {
	if r.role == jsengine.Initial {
		return r.name()
	}
	return fmt.Sprintf("%s %d", r.role, r.row)
}

func (r scriptRun) output() []event.Line {
	var lines []event.Line
	for _, l := range r.result.Output {
		isAssert := l.Kind == jsengine.Assert
		lines = append(lines, event.Line{Assert: isAssert, Failed: isAssert && !l.Passed, Ignored: l.Ignored, Text: l.Text})
	}
	return lines
}

func (t *Test) assignments(r scriptRun) []event.Assignment {
	var all []event.Assignment
	cutter := t.cutter()
	for _, s := range r.result.Set {
		value, cut := cutter.value(s.Name, s.Value)
		all = append(all, event.Assignment{Name: s.Name, Value: value, Type: s.Value.TypeName(), Cut: cut})
	}
	return all
}

// shownValue is a variable's value as it may be seen: nothing of a secret one, however short.
func (t *Test) shownValue(name string, value variables.Value) string {
	if t.plan.secrets[name] && variables.Text(value) != "" {
		return t.cover.hide(name, variables.Text(value))
	}
	return value.JSText()
}

func (t *Test) scriptFailure(r scriptRun) *event.ScriptFailure {
	if r.broken != nil {
		return &event.ScriptFailure{
			Failure: "syntax", Message: r.broken.Message, Hint: r.broken.Hint, Where: t.cover.excerpt(r.broken.Place),
		}
	}
	f := r.result.Failure
	if f == nil {
		return nil
	}
	out := &event.ScriptFailure{
		Failure: string(f.Kind), Message: f.Message, Expected: f.Expected, Actual: f.Actual, Hint: f.Hint,
		Where: t.cover.excerpt(f.At), Script: f.Excerpt,
	}
	if f.Excerpt.Text != "" {
		out.Script = t.cover.line(f.Excerpt, source.NewFile("", []byte(r.script.text.Value)).Line(f.Script.Line), f.Excerpt.Width)
	}
	return out
}
