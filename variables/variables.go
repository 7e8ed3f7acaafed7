// Package variables fills values into texts: templates such as {{name}} and {{md5({{name}})}}, the variables of a run with who
// set them, the built-in functions, and the masking of secrets.
//
// Begin with [Parse] and [Template.Expand], which looks names up in [Names]: a [Scope] of user variables, then [Builtins].
// [Resolve] makes the first scope of a run. A [Masker] puts marks in the place of secrets before a text leaves the runner.
package variables

import "offscope/jsontree"

// A Value is what a variable holds. It keeps its type for scripts; templates see its [Text].
type Value = *jsontree.Value

// Text returns what a template inserts for a value: strings as they are, numbers as they were written, true, false and null by
// name, arrays and objects as compact JSON.
func Text(v Value) string {
	if v == nil {
		return ""
	}
	return v.JSText()
}

// A Lookup is what [Template.Expand] asks for values.
type Lookup interface {
	// Get returns a user variable. User variables are asked first, so that they hide a built-in of the same name (vendor
	// documentation: dynamic data).
	Get(name string) (Value, bool)
	// Call evaluates a built-in. The argument is nil when the template has no parentheses. It returns [ErrUnknown] for what is
	// not a built-in or has no value, and a [*FunctionError] for a bad argument.
	Call(function string, argument *Expansion) (string, error)
	// Why explains a variable that has no value, "" when there is nothing to explain.
	Why(name string) string
}

// Names joins user variables and built-ins. Either may be nil.
type Names struct {
	Scope    *Scope
	Builtins *Builtins
}

var _ Lookup = Names{}

// Get returns a user variable.
func (n Names) Get(name string) (Value, bool) {
	if n.Scope == nil {
		return nil, false
	}
	return n.Scope.Get(name)
}

// Call evaluates a built-in.
func (n Names) Call(function string, argument *Expansion) (string, error) {
	if n.Builtins == nil {
		return "", ErrUnknown
	}
	return n.Builtins.Call(function, argument)
}

// Why says why an initial variable has no value.
func (n Names) Why(name string) string {
	if n.Scope == nil {
		return ""
	}
	return n.Scope.why[name]
}
