package assertion

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/bucket"
	"offscope/exchange"
)

func TestMessagesSpeakAsTheHostedServiceDoes(t *testing.T) {
	t.Parallel()
	s := subjectOf(jsonBody)
	for _, row := range []struct {
		comparison   bucket.Comparison
		path, target string
		want         string
	}{
		{bucket.Equal, "text", "abc", "'abc' was equal to 'abc'"},
		{bucket.Equal, "text", "x", "'abc' was not equal to 'x'"},
		{bucket.NotEqual, "text", "abc", "'abc' was equal to 'abc'"},
		{bucket.NotEqual, "text", "x", "'abc' was not equal to 'x'"},
		{bucket.Empty, "blank", "", "was empty"},
		{bucket.Empty, "text", "", "was not empty"},
		{bucket.NotEmpty, "blank", "", "was empty"},
		{bucket.NotEmpty, "none", "", "was not empty"},
		{bucket.NotEmpty, "absent", "", "was empty"},
		{bucket.NotEqual, "absent", "x", "was not found"},
		{bucket.IsNull, "absent", "", "was not found"},
		{bucket.Contains, "text", "b", "'abc' contained 'b'"},
		{bucket.Contains, "pair", "3", "'[1,2]' did not contain '3'"},
		{bucket.DoesNotContain, "text", "b", "'abc' contained 'b'"},
		{bucket.DoesNotContain, "text", "x", "'abc' did not contain 'x'"},
		{bucket.IsANumber, "number", "", "'12' was a number"},
		{bucket.IsANumber, "text", "", "'abc' was not a number"},
		{bucket.EqualNumber, "number", "12.0", "'12' was equal to the number 12.0"},
		{bucket.EqualNumber, "number", "13", "'12' was not equal to the number 13"},
		{bucket.EqualNumber, "number", "x", "'12' was not equal to the number 'x'"},
		{bucket.IsLessThan, "number", "13", "'12' was lower than 13"},
		{bucket.IsLessThan, "number", "12", "'12' was not lower than 12"},
		{bucket.IsLessThanOrEqual, "number", "11", "'12' was not lower than or equal to 11"},
		{bucket.IsGreaterThan, "number", "11", "'12' was greater than 11"},
		{bucket.IsGreaterThanOrEqual, "number", "13", "'12' was not greater than or equal to 13"},
		{bucket.HasKey, "object", "k", `'{"k":"v"}' had the key 'k'`},
		{bucket.HasKey, "object", "x", `'{"k":"v"}' did not have the key 'x'`},
		{bucket.HasValue, "pair", "2", "'[1,2]' had the value '2'"},
		{bucket.HasValue, "pair", "3", "'[1,2]' did not have the value '3'"},
		{bucket.IsNull, "nothing", "", "was null"},
		{bucket.IsNull, "text", "", "was not null"},
	} {
		if got := Check(s, bucket.ResponseJSON, row.path, row.comparison, row.target).Message; got != row.want {
			t.Errorf("%s %s %q: %s, want %s", row.path, row.comparison, row.target, got, row.want)
		}
	}
}

func TestExplanationsSayWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	s := subjectOf(jsonBody)
	for _, row := range []struct {
		comparison   bucket.Comparison
		path, target string
		want         string
	}{
		{bucket.IsLessThan, "number", "step_1_remaining", "the target 'step_1_remaining' is not a number"},
		{bucket.EqualNumber, "number", "", "the target '' is empty, not a number"},
		{bucket.EqualNumber, "number", "1e99999999999", "the target '1e99999999999' is too large or too small to be compared"},
		{bucket.EqualNumber, "text", "1", "the actual value is not a number"},
		{bucket.EqualNumber, "blank", "0", "the actual value is empty, not a number"},
		{bucket.EqualNumber, "nothing", "0", "the actual value is not a number but null"},
		{bucket.EqualNumber, "true", "1", "the actual value is not a number but a boolean"},
		{bucket.IsGreaterThan, "none", "0", "the actual value is not a number but an array with 0 elements"},
		{bucket.IsGreaterThan, "object", "0", "the actual value is not a number but an object with 1 key"},
		{bucket.HasKey, "pair", "0", "only an object has keys; the actual value is an array with 2 elements"},
		{bucket.HasValue, "text", "abc", "only a list or an object has values; the actual value is a string"},
		{bucket.HasKey, "nothing", "k", "only an object has keys; the actual value is null"},
	} {
		o := Check(s, bucket.ResponseJSON, row.path, row.comparison, row.target)
		if o.Explanation != row.want || o.Passed {
			t.Errorf("%s %s %q: %v %s, want %s", row.path, row.comparison, row.target, o.Passed, o.Explanation, row.want)
		}
	}
}

func TestMissingValuesFailInTheHostedWords(t *testing.T) {
	t.Parallel()
	s := subjectOf(`{"authenticationSchemes": [], "meta": {"b": 1, "a": 2}}`)
	o := Check(s, bucket.ResponseJSON, "authenticationSchemes[0].type", bucket.NotEmpty, "")
	if want := "Unable to locate 0 property in path 'authenticationSchemes[0].type' in JSON."; o.Passed || o.Err.Error() != want {
		t.Errorf("got %v, want %s", o.Err, want)
	}
	o = Check(s, bucket.ResponseJSON, "meta.c", bucket.Equal, "1")
	if o.Err.Kind != MissingPath || !cmp.Equal(o.Err.Missing.Keys, []string{"b", "a"}) || o.Err.Missing.Found != "meta" {
		t.Errorf("got %+v", o.Err.Missing)
	}
}

func TestUnknownNeverPasses(t *testing.T) {
	t.Parallel()
	s := subjectOf(jsonBody)
	for _, comparison := range append(matrixComparisons, bucket.UnknownComparison, 99) {
		for _, src := range []bucket.Source{bucket.UnknownSource, 99} {
			if o := Check(s, src, "text", comparison, "abc"); o.Passed || o.Err == nil && o.Explanation == "" {
				t.Errorf("source %d, comparison %d: %+v", src, comparison, o)
			}
		}
		if o := Check(NewSubject(nil), bucket.ResponseStatus, "", comparison, "0"); o.Passed {
			t.Errorf("comparison %d passes without a response", comparison)
		}
	}
	for _, comparison := range []bucket.Comparison{bucket.UnknownComparison, 99} {
		if o := Check(s, bucket.ResponseJSON, "text", comparison, "abc"); o.Passed || o.Explanation == "" {
			t.Errorf("comparison %d: %+v", comparison, o)
		}
	}
}

func TestRemarksOnRulesThatSurprise(t *testing.T) {
	t.Parallel()
	s := subjectOf(jsonBody)
	for _, row := range []struct {
		src              bucket.Source
		property, target string
		comparison       bucket.Comparison
		want             string
	}{
		{bucket.ResponseHeaders, "X-Twice", "bc", bucket.Equal, "the header stands there 2 times; value 2 fits"},
		{bucket.ResponseHeaders, "X-Twice", "a, bc", bucket.Equal, ""},
		{bucket.ResponseHeaders, "X-Twice", "bc", bucket.NotEqual, ""},
		{bucket.ResponseHeaders, "X-Text", "abc", bucket.Equal, ""},
		{bucket.ResponseJSON, "one", "1", bucket.Equal, "the number 1.0 was compared as 1; equal_number compares numbers"},
		{bucket.ResponseJSON, "one", "1.0", bucket.Equal, ""},
		{bucket.ResponseJSON, "text", "", bucket.Contains, "the target is empty, and every value contains that"},
	} {
		if got := Check(s, row.src, row.property, row.comparison, row.target).Remark; got != row.want {
			t.Errorf("%s %s %q: %q, want %q", row.property, row.comparison, row.target, got, row.want)
		}
	}
}

func TestLargeValuesAreNeitherCutNorQuotedWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 400)
	s := subjectOf(`{"long": "` + long + `", "list": [` + strings.Repeat(`"0123456789",`, 1000) + `"end"]}`)
	o := Check(s, bucket.ResponseJSON, "long", bucket.Equal, long)
	if !o.Passed || o.Message != "(400 characters) was equal to (400 characters)" || o.Actual.Text != long || !o.Actual.Whole {
		t.Errorf("got %v %s", o.Passed, o.Message)
	}
	o = Check(s, bucket.ResponseJSON, "list", bucket.Contains, "end")
	if !o.Passed || o.Message != "(more than 4096 characters) contained 'end'" || o.Actual.Whole || len(o.Actual.Text) > actualLimit+10 {
		t.Errorf("got %v %s %d", o.Passed, o.Message, len(o.Actual.Text))
	}
	if o := Check(s, bucket.ResponseJSON, "list", bucket.Equal, o.Actual.Text); o.Passed {
		t.Error("the beginning of a list equals the list")
	}
}

func TestCompareText(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		comparison  bucket.Comparison
		left, right string
		want        bool
		err         string
	}{
		{bucket.Equal, "a", "a", true, ""},
		{bucket.Equal, "1.0", "1", false, ""},
		{bucket.NotEqual, "a", "b", true, ""},
		{bucket.Empty, "", "x", true, ""},
		{bucket.NotEmpty, "a", "", true, ""},
		{bucket.Contains, "abc", "b", true, ""},
		{bucket.DoesNotContain, "abc", "b", false, ""},
		{bucket.IsANumber, " 1e3 ", "", true, ""},
		{bucket.EqualNumber, "1.0", "1", true, ""},
		{bucket.IsLessThan, "9", "10", true, ""},
		{bucket.IsGreaterThanOrEqual, "9", "10", false, ""},
		{bucket.EqualNumber, "a", "1", false, "the left value is not a number"},
		{bucket.EqualNumber, "1", "a", false, "the right value 'a' is not a number"},
		{bucket.IsLessThan, "", "1", false, "the left value is empty, not a number"},
		{bucket.HasKey, `{"a":1}`, "a", false, "has_key looks into JSON and cannot compare two texts"},
		{bucket.IsNull, "null", "", false, "is_null looks into JSON and cannot compare two texts"},
		{bucket.UnknownComparison, "a", "a", false, "this comparison is not known"},
	} {
		got, err := CompareText(row.comparison, row.left, row.right)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if got != row.want || message != row.err {
			t.Errorf("%q %s %q: %v %q, want %v %q", row.left, row.comparison, row.right, got, message, row.want, row.err)
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	for want, row := range map[string]struct {
		src      bucket.Source
		property string
	}{
		"body.a[0].b":        {bucket.ResponseJSON, "a[0].b"},
		"body.//x":           {bucket.ResponseXML, "//x"},
		"body":               {bucket.ResponseText, "ignored"},
		"header.Location":    {bucket.ResponseHeaders, "Location"},
		"Status":             {bucket.ResponseStatus, ""},
		"Response time (ms)": {bucket.ResponseTime, ""},
		"Response (bytes)":   {bucket.ResponseSize, ""},
		"unknown source":     {bucket.UnknownSource, "x"},
	} {
		if got := Label(row.src, row.property); got != want {
			t.Errorf("%s %s: %s, want %s", row.src, row.property, got, want)
		}
	}
}

// The laws: a comparison and its opposite never both pass; equal implies contains; is_null implies empty; whatever a number is
// compared with, at most one of less, equal, greater holds.
func FuzzCheck(f *testing.F) {
	for _, path := range []string{"text", "list", "one", "none", "nothing", "huge", "list[-1]", "", "absent", "object"} {
		f.Add(jsonBody, path, "1")
	}
	f.Add("<html>", "", "x")
	f.Fuzz(func(t *testing.T, body, path, target string) {
		s := NewSubject(&exchange.Response{Body: []byte(body)})
		passes := func(c bucket.Comparison) int {
			if Check(s, bucket.ResponseJSON, path, c, target).Passed {
				return 1
			}
			return 0
		}
		_, err := s.Locate(bucket.ResponseJSON, path)
		found := 1
		if err != nil {
			found = 0
		}
		for _, pair := range [][2]bucket.Comparison{
			{bucket.Equal, bucket.NotEqual}, {bucket.Empty, bucket.NotEmpty}, {bucket.Contains, bucket.DoesNotContain},
		} {
			if passes(pair[0])+passes(pair[1]) != found {
				t.Errorf("%s and %s agree on %q", pair[0], pair[1], path)
			}
		}
		if passes(bucket.IsNull) > passes(bucket.Empty) {
			t.Error("null is not empty")
		}
		signs := passes(bucket.IsLessThan) + passes(bucket.EqualNumber) + passes(bucket.IsGreaterThan)
		if signs > found || passes(bucket.IsLessThanOrEqual)+passes(bucket.IsGreaterThan) != signs {
			t.Errorf("%q and %q compare to %d signs", path, target, signs)
		}
	})
}
