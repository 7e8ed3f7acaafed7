package assertion

import (
	"errors"
	"fmt"
	"strings"

	"offscope/bucket"
	"offscope/jsontree"
)

// An Outcome is the answer to one row.
type Outcome struct {
	Passed bool
	// Found says that there was a value to compare; Actual is that value.
	Found  bool
	Actual Actual
	// Message says in the hosted service's manner how the comparison ended, such as "'A' was not equal to 'B'".
	Message string
	// Err says why there was no value; nil when there was one.
	Err *LocateError
	// Explanation says why a comparison could not come out well: a side that is no number, a value that can have no keys.
	Explanation string
	// Remark is something worth knowing about a row that passed by a rule a reader may not expect.
	Remark string
}

// Check finds a value and compares it with the target. A value that is not there fails every comparison, is_null and
// not_equal included: the vendor's page asks for a value that exists. A source or comparison that is not known never passes.
func Check(s *Subject, src bucket.Source, property string, comparison bucket.Comparison, target string) Outcome {
	if known(comparison) == nil {
		return Outcome{Message: "could not be compared", Explanation: "this comparison is not known"}
	}
	actual, failure := s.locate(src, property)
	if failure != nil {
		return Outcome{Err: failure, Message: missingPhrase(comparison)}
	}
	v := verdict{subject: s, actual: actual, target: target}
	passed := known(comparison)(&v)
	return Outcome{
		Passed:      passed,
		Found:       true,
		Actual:      actual,
		Message:     phrase(comparison, truth(comparison, passed), actual, target),
		Explanation: v.explanation,
		Remark:      v.remark,
	}
}

// CompareText compares two texts, as the condition of a step does. The error says why they cannot be compared: a side that is
// no number, a comparison that looks into JSON, or one that is not known. Then the comparison does not hold.
func CompareText(comparison bucket.Comparison, left, right string) (bool, error) {
	switch comparison {
	case bucket.HasKey, bucket.HasValue, bucket.IsNull:
		return false, fmt.Errorf("%s looks into JSON and cannot compare two texts", comparison)
	}
	compare := known(comparison)
	if compare == nil {
		return false, errors.New("this comparison is not known")
	}
	v := verdict{subject: &Subject{}, actual: actualOf(jsontree.FromString(left)), target: right}
	passed := compare(&v)
	if v.explanation != "" {
		return false, errors.New(ofSides(v.explanation))
	}
	return passed, nil
}

// ofSides speaks of left and right, as a condition has them, and not of what came back and what was expected.
func ofSides(explanation string) string {
	if rest, ok := strings.CutPrefix(explanation, "the actual value "); ok {
		return "the left value " + rest
	}
	if rest, ok := strings.CutPrefix(explanation, "the target "); ok {
		return "the right value " + rest
	}
	return explanation
}

// known returns how a comparison is made; nil when it is not known.
func known(comparison bucket.Comparison) func(*verdict) bool {
	switch comparison {
	case bucket.Equal:
		return (*verdict).equal
	case bucket.NotEqual:
		return func(v *verdict) bool { return !v.unremarked(v.equal()) }
	case bucket.Empty:
		return (*verdict).empty
	case bucket.NotEmpty:
		return func(v *verdict) bool { return !v.empty() }
	case bucket.Contains:
		return (*verdict).contains
	case bucket.DoesNotContain:
		return func(v *verdict) bool { return !v.unremarked(v.contains()) }
	case bucket.IsANumber:
		return (*verdict).isANumber
	case bucket.EqualNumber:
		return func(v *verdict) bool { return v.numeric(func(sign int) bool { return sign == 0 }) }
	case bucket.IsLessThan:
		return func(v *verdict) bool { return v.numeric(func(sign int) bool { return sign < 0 }) }
	case bucket.IsLessThanOrEqual:
		return func(v *verdict) bool { return v.numeric(func(sign int) bool { return sign <= 0 }) }
	case bucket.IsGreaterThan:
		return func(v *verdict) bool { return v.numeric(func(sign int) bool { return sign > 0 }) }
	case bucket.IsGreaterThanOrEqual:
		return func(v *verdict) bool { return v.numeric(func(sign int) bool { return sign >= 0 }) }
	case bucket.HasKey:
		return (*verdict).hasKey
	case bucket.HasValue:
		return (*verdict).hasValue
	case bucket.IsNull:
		return func(v *verdict) bool { return v.actual.Value.Kind == jsontree.Null }
	default:
		return nil
	}
}

// A verdict is a comparison in the making.
type verdict struct {
	subject     *Subject
	actual      Actual
	target      string
	explanation string
	remark      string
}

// unremarked takes back what was said about a comparison that is then turned round.
func (v *verdict) unremarked(result bool) bool {
	v.remark = ""
	return result
}

// equal compares as strings; what is no string is cast to one. Several values of a header are also compared one by one.
func (v *verdict) equal() bool {
	if len(v.actual.Many) > 0 {
		return v.actual.Text == v.target || v.one(func(value string) bool { return value == v.target })
	}
	equal, normalised := castEqual(v.actual.Value, v.target)
	if normalised {
		v.remark = fmt.Sprintf("the number %s was compared as %s; equal_number compares numbers", v.actual.Text, v.target)
	}
	return equal
}

// castEqual compares a value, cast to a string, with a target. A number also equals its plain form, so that 1.0 equals "1"; then
// normalised is true.
func castEqual(value *jsontree.Value, target string) (equal, normalised bool) {
	switch value.Kind {
	case jsontree.Array, jsontree.Object:
		if target == "" || target[0] != '[' && target[0] != '{' {
			return false, false
		}
		text, whole := value.Brief(len(target))
		return whole && text == target, false
	case jsontree.Number:
		if value.Text == target {
			return true, false
		}
		d, ok := parseDecimal(value.Text)
		if !ok {
			return false, false
		}
		plain, ok := d.plain()
		return ok && plain == target, ok && plain == target
	default:
		return value.JSText() == target, false
	}
}

// one reports whether one of several header values fits, and says which.
func (v *verdict) one(fits func(string) bool) bool {
	for i, value := range v.actual.Many {
		if fits(value) {
			v.remark = fmt.Sprintf("the header stands there %d times; value %d fits", len(v.actual.Many), i+1)
			return true
		}
	}
	return false
}

// empty is true for "" and null only: a list without elements is a value, and so are false and 0.
func (v *verdict) empty() bool {
	switch v.actual.Value.Kind {
	case jsontree.Null:
		return true
	case jsontree.String:
		return v.actual.Text == ""
	default:
		return false
	}
}

// contains looks for a part of the text. In an array or object it looks into the elements and into the compact JSON text.
func (v *verdict) contains() bool {
	value := v.actual.Value
	if v.target == "" {
		v.remark = "the target is empty, and every value contains that"
		return true
	}
	if value.Kind != jsontree.Array && value.Kind != jsontree.Object {
		return strings.Contains(v.actual.Text, v.target) ||
			v.one(func(value string) bool { return strings.Contains(value, v.target) })
	}
	for _, element := range elements(value) {
		if element.Kind == jsontree.String && strings.Contains(element.Text, v.target) {
			return true
		}
	}
	return strings.Contains(v.subject.compactText(value), v.target)
}

// elements returns the elements of an array, or the values of an object that count.
func elements(v *jsontree.Value) []*jsontree.Value {
	if v.Kind != jsontree.Object {
		return v.Items
	}
	values := make([]*jsontree.Value, 0, len(v.Members))
	for _, name := range v.Names() {
		values = append(values, v.Get(name))
	}
	return values
}

func (v *verdict) isANumber() bool {
	switch v.actual.Value.Kind {
	case jsontree.Number:
		return true
	case jsontree.String:
		return isNumber(v.actual.Text)
	default:
		return false
	}
}

// numeric compares exactly, however many digits there are.
func (v *verdict) numeric(holds func(sign int) bool) bool {
	actual, ok := parseDecimal(v.actual.Text)
	if kind := v.actual.Value.Kind; !ok || kind != jsontree.Number && kind != jsontree.String {
		v.explanation = "the actual value is " + v.notANumber()
		return false
	}
	target, ok := parseDecimal(v.target)
	if !ok {
		v.explanation = targetProblem(v.target)
		return false
	}
	return holds(actual.compare(target))
}

func (v *verdict) notANumber() string {
	if v.actual.Value.Kind == jsontree.String || v.actual.Value.Kind == jsontree.Number {
		return refusal(v.actual.Text)
	}
	return "not a number but " + described(v.actual.Value)
}

// refusal says why a text does not count as a number.
func refusal(text string) string {
	switch {
	case isNumber(text):
		return "too large or too small to be compared"
	case text == "":
		return "empty, not a number"
	default:
		return "not a number"
	}
}

func (v *verdict) hasKey() bool {
	if v.actual.Value.Kind != jsontree.Object {
		v.explanation = "only an object has keys; the actual value is " + described(v.actual.Value)
		return false
	}
	return v.actual.Value.Get(v.target) != nil
}

// hasValue compares whole elements, cast as for equal; a part of an element is not enough.
func (v *verdict) hasValue() bool {
	value := v.actual.Value
	if value.Kind != jsontree.Array && value.Kind != jsontree.Object {
		v.explanation = "only a list or an object has values; the actual value is " + described(value)
		return false
	}
	for _, element := range elements(value) {
		if equal, _ := castEqual(element, v.target); equal {
			return true
		}
	}
	return false
}

// described names a value's type with what tells it from others of the type.
func described(v *jsontree.Value) string {
	switch v.Kind {
	case jsontree.Null:
		return "null"
	case jsontree.Array:
		return fmt.Sprintf("an array with %s", counted(len(v.Items), "element"))
	case jsontree.Object:
		return fmt.Sprintf("an object with %s", counted(len(v.Names()), "key"))
	default:
		return "a " + v.TypeName()
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
