package runner

import (
	"fmt"
	"strings"

	"offscope/advice"
	"offscope/event"
	"offscope/source"
	"offscope/variables"
)

// preflight looks, after the initial scripts and before the first request, for variables that the test is certain to miss: a
// step that is certain to run needs them, and nothing before it can set them. Then the test does not begin. What is less certain
// is a warning.
func (t *Test) preflight() {
	survey := NewSurvey(t.plan, t.execution.plans...)
	uses := usesByName(survey)
	var missing []Need
	for _, need := range survey.Missing {
		if t.isDefined(need) || need.Never || t.isBuiltin(need.Name) {
			continue
		}
		if need.Uncertain {
			t.notice(0, perhapsMissing(need))
			continue
		}
		missing = append(missing, need)
	}
	if len(missing) == 0 {
		return
	}
	told := map[string]bool{}
	for _, need := range missing {
		hint := t.howToGive(need)
		if told[hint] {
			hint = ""
		}
		told[hint] = true
		t.emit.write(0, event.Problem{
			Code: "preflight", Outcome: event.Failed, Where: t.cover.excerpt(need.Place), Hint: hint,
			Message: isMissing(need) + alsoIn(uses[need.Name], need.Step),
		})
	}
	t.missing = len(missing)
	t.stop(event.Failed, fmt.Sprintf("%s missing; nothing was sent (--no-preflight sends all the same)", areMissing(len(missing))))
}

// isDefined reports whether a variable has a value by now. A subtest does not see those of its caller, and get_secret returns
// none that were not given as secrets.
func (t *Test) isDefined(need Need) bool {
	switch {
	case need.Subtest != "":
		return false
	case need.Secret:
		_, defined := t.secret(need.Name)
		return defined
	}
	_, defined := t.scope.Get(need.Name)
	return defined
}

func isMissing(need Need) string {
	switch {
	case need.Step == 0:
		return fmt.Sprintf("variable '%s', which the environment uses, has no value, and no initial script sets it", need.Name)
	case need.Secret:
		return fmt.Sprintf("the secret '%s' was not given, and %s needs it", need.Name, whose(need))
	}
	return fmt.Sprintf("variable '%s' has no value, and nothing before %s sets it", need.Name, whose(need))
}

func areMissing(n int) string {
	if n == 1 {
		return "a variable is"
	}
	return fmt.Sprintf("%d variables are", n)
}

func perhapsMissing(need Need) source.Diagnostic {
	return source.Diagnostic{
		Severity: source.Warning, Code: "perhaps-undefined", Place: need.Place, Hint: howToDefine(need.Name),
		Message: fmt.Sprintf("variable '%s' may have no value in %s", need.Name, whose(need)),
	}
}

// whose names what needs a variable.
func whose(need Need) string {
	switch {
	case need.Step == 0:
		return "the environment"
	case need.Subtest != "":
		return fmt.Sprintf("step %d (subtest %q)", need.Step, need.Subtest)
	}
	return fmt.Sprintf("step %d", need.Step)
}

// usesByName lists the steps that use each name.
func usesByName(s Survey) map[string][]int {
	uses := map[string][]int{}
	for _, part := range s.Steps {
		for _, need := range part.Needs {
			if !need.Script {
				uses[need.Name] = append(uses[need.Name], part.Step.Number)
			}
		}
	}
	return uses
}

func alsoIn(steps []int, first int) string {
	var others []string
	for _, n := range steps {
		if n != first {
			others = append(others, fmt.Sprint(n))
		}
	}
	switch len(others) {
	case 0:
		return ""
	case 1:
		return "; step " + others[0] + " needs it too"
	}
	return "; steps " + strings.Join(others, ", ") + " need it too"
}

// howToGive says how to give a variable: a name that is nearly the same, what is known of a name of Okta's guide and scripts, or
// the ways there are.
func (t *Test) howToGive(need Need) string {
	if need.Secret {
		return "give it with --secret " + need.Name + "=VALUE or in a --secrets-file; get_secret returns nothing else"
	}
	if near := nearName(need.Name, t.scope.Names()); near != "" {
		return fmt.Sprintf("did you mean %q, which has a value?", near)
	}
	if known := advice.Variable(need.Name, len(t.plan.initial) > 0); known != "" {
		return known
	}
	return "give such variables with --var NAME=VALUE, in an environment file (-e), or by the initial script (--initial-script)"
}

// nearName returns a name that is meant most likely: one that differs in case only, however short, else one that a slip of a hand
// makes of it; "" when there is none.
func nearName(name string, names []string) string {
	for _, other := range names {
		if other != name && strings.EqualFold(other, name) {
			return other
		}
	}
	if near := source.Nearest(name, names); near != name {
		return near
	}
	return ""
}

// isBuiltin reports whether a name needs no value because it is a built-in one.
func (t *Test) isBuiltin(name string) bool {
	_, err := variables.Parse(source.Text{Value: "{{" + name + "}}"}).Expand(variables.Names{Scope: &variables.Scope{}, Builtins: t.builtins(t.random("preflight"))})
	return err == nil
}
