package assertion

import (
	"errors"
	"strings"
	"testing"

	"offscope/bucket"
)

// properties are properties with what is wrong with them and where; "" is nothing.
var properties = []struct {
	src      bucket.Source
	property string
	offset   int
	want     string
}{
	{bucket.ResponseJSON, "", 0, ""},
	{bucket.ResponseJSON, "a[0].b", 0, ""},
	{bucket.ResponseJSON, "a[0", 2, "the path 'a[0' is not valid: a closing bracket is missing"},
	{bucket.ResponseJSON, "a..b", 2, "the path 'a..b' is not valid: a name is missing before this dot"},
	{bucket.ResponseJSON, "a[*].b", 2, "the path 'a[*].b' is not valid: wildcards, slices and filters are not supported, only an index or a quoted name in brackets"},

	{bucket.ResponseXML, "//*[local-name()='City']/text()", 0, ""},
	{bucket.ResponseXML, "(//a)[last()] | //b", 0, ""},
	{bucket.ResponseXML, "count(//a) > 1 and not(//b = ')')", 0, ""},
	{bucket.ResponseXML, "-1 + 2", 0, ""},
	{bucket.ResponseXML, "'a'", 0, ""},
	{bucket.ResponseXML, ".", 0, ""},
	{bucket.ResponseXML, "/", 0, ""},
	{bucket.ResponseXML, "sum('a')", 0, ""},
	{bucket.ResponseXML, " ", -1, "no XPath is given"},
	{bucket.ResponseXML, "//a[", 3, "the XPath '//a[' is not valid: this [ is not closed"},
	{bucket.ResponseXML, "//a[1]]", 6, "the XPath '//a[1]]' is not valid: this ] closes nothing"},
	{bucket.ResponseXML, "//a) or (1", 3, "the XPath '//a) or (1' is not valid: this ) closes nothing"},
	{bucket.ResponseXML, "//a[(1])", 6, "the XPath '//a[(1])' is not valid: this ] closes nothing"},
	{bucket.ResponseXML, "//a['b]", 4, "the XPath '//a['b]' is not valid: this quote is not closed"},
	{bucket.ResponseXML, "'é:*' | //m:*", 13, "the XPath ''é:*' | //m:*' is not valid: a star cannot stand behind a prefix here: use namespace-uri() or local-name()"},
	{bucket.ResponseXML, "//a b", -1, "the XPath '//a b' is not valid: it goes on after its end"},
	{bucket.ResponseXML, "1 2", -1, "the XPath '1 2' is not valid: it goes on after its end"},
	{bucket.ResponseXML, "//a =", -1, "the XPath '//a =' is not valid: expression must evaluate to a node-set"},
	{bucket.ResponseXML, "foo(1)", -1, "the XPath 'foo(1)' is not valid: not yet support this function foo()"},
	{bucket.ResponseXML, "$x", -1, "the XPath '$x' is not valid: undeclared variable in XPath expression: $x"},

	{bucket.ResponseHeaders, "Content-Type", 0, ""},
	{bucket.ResponseHeaders, " x-a ", 0, ""},
	{bucket.ResponseHeaders, "", -1, "no header is named"},
	{bucket.ResponseHeaders, " Location: ", 9, "no header can have the name 'Location:': it holds \":\""},
	{bucket.ResponseHeaders, " X Y", 2, "no header can have the name 'X Y': it holds \" \""},
	{bucket.ResponseHeaders, "X-Größe", 4, "no header can have the name 'X-Größe': it holds \"ö\""},

	{bucket.ResponseText, "//[", 0, ""},
	{bucket.ResponseStatus, "a[", 0, ""},
	{bucket.ResponseTime, "a[", 0, ""},
	{bucket.ResponseSize, "a[", 0, ""},
	{bucket.UnknownSource, "a[", 0, ""},
}

func TestCheckProperty(t *testing.T) {
	t.Parallel()
	for _, row := range properties {
		err := CheckProperty(row.src, row.property)
		var bad *PropertyError
		if !errors.As(err, &bad) {
			if err != nil || row.want != "" {
				t.Errorf("%s %q: %v, want %s", row.src, row.property, err, row.want)
			}
			continue
		}
		if bad.Message != row.want || bad.Offset != row.offset || bad.Property != row.property {
			t.Errorf("%s %q: %+v, want %d %s", row.src, row.property, bad, row.offset, row.want)
		}
	}
}

// syntactic reports whether a failure blames the property and not the response.
func syntactic(e *LocateError) bool {
	switch e.Kind {
	case BadPath:
		return true
	case BadXPath:
		return strings.Contains(e.Message, "is not valid") || e.Message == "no XPath is given"
	case NoHeader:
		return !strings.HasPrefix(e.Message, "the response has no header")
	default:
		return false
	}
}

// The law: a property is refused by CheckProperty if and only if Locate refuses it, in the same words, whatever the response.
func FuzzCheckProperty(f *testing.F) {
	for _, row := range properties {
		f.Add(row.property)
	}
	bodies := []string{jsonBody, soap, "", "<html>", "{}", "<r><a><b/></a></r>"}
	f.Fuzz(func(t *testing.T, property string) {
		if len(property) > 100 {
			t.Skip("nothing new, and slow expressions")
		}
		for _, src := range []bucket.Source{bucket.ResponseJSON, bucket.ResponseXML, bucket.ResponseHeaders} {
			wrong := CheckProperty(src, property)
			if bad, ok := wrong.(*PropertyError); ok && (bad.Offset < -1 || bad.Offset >= max(1, len(property)+1)) {
				t.Errorf("%s %q: offset %d", src, property, bad.Offset)
			}
			for _, body := range bodies {
				_, err := subjectOf(body).Locate(src, property)
				failure, _ := err.(*LocateError)
				if wrong != nil && (failure == nil || failure.Message != wrong.Error() || !syntactic(failure)) {
					t.Errorf("%s %q: %v, but Locate says %v", src, property, wrong, err)
				}
				if wrong == nil && failure != nil && syntactic(failure) {
					t.Errorf("%s %q: nothing, but Locate says %v", src, property, err)
				}
			}
		}
	})
}

func TestCheckTarget(t *testing.T) {
	t.Parallel()
	const never = ": this row can never pass"
	numeric := []bucket.Comparison{
		bucket.EqualNumber, bucket.IsLessThan, bucket.IsLessThanOrEqual, bucket.IsGreaterThan, bucket.IsGreaterThanOrEqual,
	}
	for target, want := range map[string]string{
		"200": "", " 1.5e3 ": "", "-0": "",
		"step_1_remaining": "the target 'step_1_remaining' is not a number" + never,
		"":                 "the target '' is empty, not a number" + never,
		"1e99999999999":    "the target '1e99999999999' is too large or too small to be compared" + never,
	} {
		for _, comparison := range numeric {
			if got := CheckTarget(comparison, target); got != want {
				t.Errorf("%s %q: %s, want %s", comparison, target, got, want)
			}
		}
	}
	if got := CheckTarget(bucket.DoesNotContain, ""); !strings.HasSuffix(got, never) {
		t.Errorf("does_not_contain nothing: %q", got)
	}
	if got := CheckTarget(bucket.Contains, ""); !strings.Contains(got, "every value contains that") {
		t.Errorf("contains nothing: %q", got)
	}
	for _, comparison := range append(matrixComparisons, bucket.UnknownComparison) {
		if got := CheckTarget(comparison, "7"); got != "" {
			t.Errorf("%s 7: %s", comparison, got)
		}
	}
}

// What CheckTarget says can never pass does not, and what it lets be can.
func TestCheckTargetTellsTheTruth(t *testing.T) {
	t.Parallel()
	s := subjectOf(`["", "x", "7", 7, -1e9, 1e9, true, null, [], {"": 0, "x": "x", "7": 7}, {"7": ""}, ["x", "7", ""]]`)
	for _, comparison := range matrixComparisons {
		for _, target := range []string{"", "x", "7", "1e99999999999"} {
			passes, fails := 0, 0
			for _, path := range []string{"[0]", "[1]", "[2]", "[3]", "[4]", "[5]", "[6]", "[7]", "[8]", "[9]", "[10]", "[11]"} {
				if Check(s, bucket.ResponseJSON, path, comparison, target).Passed {
					passes++
				} else {
					fails++
				}
			}
			warning := CheckTarget(comparison, target)
			if never := strings.Contains(warning, "never"); warning == "" && passes == 0 && target != "1e99999999999" || never && passes > 0 {
				t.Errorf("%s %q passes %d times: %q", comparison, target, passes, warning)
			}
			if always := strings.Contains(warning, "checks only"); always != (fails == 0 && target == "") {
				t.Errorf("%s %q fails %d times: %q", comparison, target, fails, warning)
			}
		}
	}
}
