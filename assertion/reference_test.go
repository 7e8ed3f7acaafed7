package assertion

import (
	"strings"
	"testing"

	"offscope/bucket"
	"offscope/exchange"
)

const (
	js      = bucket.ResponseJSON
	xmlBy   = bucket.ResponseXML
	header  = bucket.ResponseHeaders
	status  = bucket.ResponseStatus
	elapsed = bucket.ResponseTime
	size    = bucket.ResponseSize
	text    = bucket.ResponseText
)

// referenceRows are the rows of the reference, by section and row: what is held against what, and whether that passes. The
// bodies are those of the matrix.
var referenceRows = []struct {
	name       string
	src        bucket.Source
	property   string
	comparison bucket.Comparison
	target     string
	want       bool
}{
	{"4.2 equal", js, "text", bucket.Equal, "abc", true},
	{"4.2 equal fails", js, "text", bucket.Equal, "abd", false},
	{"4.2 not_equal", js, "text", bucket.NotEqual, "abd", true},
	{"4.2 not_equal fails", js, "text", bucket.NotEqual, "abc", false},
	{"4.2 empty", js, "blank", bucket.Empty, "", true},
	{"4.2 empty null", js, "nothing", bucket.Empty, "", true},
	{"4.2 empty fails", js, "text", bucket.Empty, "", false},
	{"4.2 empty missing", js, "absent", bucket.Empty, "", false},
	{"4.2 not_empty", js, "text", bucket.NotEmpty, "", true},
	{"4.2 not_empty fails", js, "blank", bucket.NotEmpty, "", false},
	{"4.2 not_empty null", js, "nothing", bucket.NotEmpty, "", false},
	{"4.2 not_empty missing", js, "absent", bucket.NotEmpty, "", false},
	{"4.2 contains", js, "text", bucket.Contains, "bc", true},
	{"4.2 contains fails", js, "text", bucket.Contains, "cb", false},
	{"4.2 does_not_contain", js, "text", bucket.DoesNotContain, "cb", true},
	{"4.2 does_not_contain fails", js, "text", bucket.DoesNotContain, "bc", false},
	{"4.2 is_a_number", js, "number", bucket.IsANumber, "", true},
	{"4.2 is_a_number cast", js, "digits", bucket.IsANumber, "", true},
	{"4.2 is_a_number fails", js, "text", bucket.IsANumber, "", false},
	{"4.2 equal_number", js, "one", bucket.EqualNumber, "1.000", true},
	{"4.2 equal_number fails", js, "one", bucket.EqualNumber, "1.001", false},
	{"4.2 is_less_than", js, "number", bucket.IsLessThan, "100", true},
	{"4.2 is_less_than fails", js, "number", bucket.IsLessThan, "12", false},
	{"4.2 is_less_than_or_equal", js, "number", bucket.IsLessThanOrEqual, "12", true},
	{"4.2 is_less_than_or_equal fails", js, "number", bucket.IsLessThanOrEqual, "9", false},
	{"4.2 is_greater_than", js, "number", bucket.IsGreaterThan, "9", true},
	{"4.2 is_greater_than fails", js, "number", bucket.IsGreaterThan, "12", false},
	{"4.2 is_greater_than_or_equal", js, "number", bucket.IsGreaterThanOrEqual, "12", true},
	{"4.2 is_greater_than_or_equal fails", js, "number", bucket.IsGreaterThanOrEqual, "100", false},
	{"4.2 has_key", js, "object", bucket.HasKey, "k", true},
	{"4.2 has_key fails", js, "object", bucket.HasKey, "v", false},
	{"4.2 has_value", js, "list", bucket.HasValue, "b", true},
	{"4.2 has_value fails", js, "list", bucket.HasValue, "z", false},
	{"4.2 is_null", js, "nothing", bucket.IsNull, "", true},
	{"4.2 is_null fails", js, "blank", bucket.IsNull, "", false},
	{"4.2 is_null missing", js, "absent", bucket.IsNull, "", false},

	{"4.3 equal true with a boolean", js, "true", bucket.Equal, "true", true},
	{"4.3 equal false with a boolean", js, "false", bucket.Equal, "false", true},
	{"4.3 equal true with a boolean fails", js, "false", bucket.Equal, "true", false},
	{"4.3 equal 0 with a number", js, "zero", bucket.Equal, "0", true},
	{"4.3 equal casts numbers from their text", js, "number", bucket.Equal, "12", true},
	{"4.3 equal 401 with a string", js, "digits", bucket.Equal, "401", true},
	{"4.3 equal 401 with a number", js, "status", bucket.Equal, "401", true},
	{"4.3 equal_number on status", status, "", bucket.EqualNumber, "200", true},
	{"4.3 equal_number 0 with a number", js, "zero", bucket.EqualNumber, "0", true},
	{"4.3 equal_number with a string", js, "digits", bucket.EqualNumber, "401", true},
	{"4.3 is_less_than on response_time", elapsed, "", bucket.IsLessThan, "400", true},
	{"4.3 is_less_than on response_time fails", elapsed, "", bucket.IsLessThan, "123", false},
	{"4.3 is_a_number true", js, "true", bucket.IsANumber, "", false},
	{"4.3 is_a_number null", js, "nothing", bucket.IsANumber, "", false},
	{"4.3 is_a_number list", js, "list", bucket.IsANumber, "", false},
	{"4.3 is_a_number object", js, "object", bucket.IsANumber, "", false},
	{"4.3 is_a_number empty text", js, "blank", bucket.IsANumber, "", false},
	{"4.3 numeric with a target that is no number", js, "number", bucket.IsLessThan, "step_1_remaining", false},
	{"4.3 numeric with a value that is no number", js, "text", bucket.IsGreaterThan, "0", false},
	{"4.3 not_empty []", js, "none", bucket.NotEmpty, "", true},
	{"4.3 not_empty {}", js, "hollow", bucket.NotEmpty, "", true},
	{"4.3 not_empty false", js, "false", bucket.NotEmpty, "", true},
	{"4.3 not_empty 0", js, "zero", bucket.NotEmpty, "", true},
	{"4.3 not_empty list", js, "list", bucket.NotEmpty, "", true},
	{"4.3 not_empty missing", js, "none[0].type", bucket.NotEmpty, "", false},
	{"4.3 equal missing", js, "absent", bucket.Equal, "", false},
	{"4.3 contains in a list", js, "list", bucket.Contains, "urn:x:y", true},
	{"4.3 contains in a part of an element", js, "list", bucket.Contains, "urn:x", true},
	{"4.3 contains in the compact text", js, "list", bucket.Contains, `"b",2,true`, true},
	{"4.3 contains in a list fails", js, "list", bucket.Contains, "urn:z", false},
	{"4.3 has_value string", js, "list", bucket.HasValue, "urn:x:y", true},
	{"4.3 has_value number", js, "list", bucket.HasValue, "2", true},
	{"4.3 has_value boolean", js, "list", bucket.HasValue, "true", true},
	{"4.3 has_value on object", js, "object", bucket.HasValue, "v", true},
	{"4.3 has_value on object fails", js, "object", bucket.HasValue, "k", false},
	{"4.3 has_value on a text", js, "text", bucket.HasValue, "abc", false},
	{"4.3 has_key exact", js, "object", bucket.HasKey, "K", false},
	{"4.3 has_key on a list", js, "list", bucket.HasKey, "0", false},
	{"4.3 has_key on a text", js, "text", bucket.HasKey, "length", false},
	{"4.3 null target is the empty text", js, "blank", bucket.Equal, "", true},
	{"4.3 null target is not null", js, "nothing", bucket.Equal, "", false},

	{"4.4 response_status", status, "", bucket.Equal, "200", true},
	{"4.4 response_status fails", status, "", bucket.Equal, "404", false},
	{"4.4 response_time", elapsed, "", bucket.Equal, "123", true},
	{"4.4 response_size", size, "", bucket.Equal, "73", true},
	{"4.4 response_size fails", size, "", bucket.Equal, "74", false},
	{"4.4 response_headers", header, "X-Text", bucket.Equal, "abc", true},
	{"4.4 response_headers in any case", header, "x-TEXT", bucket.Equal, "abc", true},
	{"4.4 response_headers missing", header, "X-None", bucket.NotEmpty, "", false},
	{"4.4 response_text", text, "", bucket.Contains, "<name>abc</name>", true},
	{"4.4 response_text ignores a property", text, "x", bucket.Contains, "<name>", true},
	{"4.4 response_json", js, "list[0]", bucket.Equal, "urn:x:y", true},
	{"4.4 response_json of a body that is none", bucket.ResponseJSON, "", bucket.NotEmpty, "", false},
	{"4.4 response_xml", xmlBy, "//name", bucket.Equal, "abc", true},
	{"4.4 response_xml missing", xmlBy, "//absent", bucket.NotEmpty, "", false},

	{"Q12 the text of a number", js, "decimal", bucket.Equal, "1.50", true},
	{"Q12 its plain form", js, "one", bucket.Equal, "1", true},
	{"Q12 no other form", js, "number", bucket.Equal, "12.0", false},
	{"Q12 an exponent", js, "thousand", bucket.Equal, "1000", true},
	{"Q13 empty is the document", js, "", bucket.HasKey, "text", true},
	{"Q13 a leading $.", js, "$.text", bucket.Equal, "abc", true},
	{"Q13 a leading $", js, "$", bucket.HasKey, "text", true},
	{"Q14 quoted brackets", js, `["a.b"]`, bucket.Equal, "dotted", true},
	{"Q14 the rest of a path as one name", js, "urn:scim:2.0:User.department", bucket.Equal, "sales", true},
	{"Q15 several headers are joined", header, "X-Twice", bucket.Equal, "a, bc", true},
	{"Q15 any single one is equal", header, "X-Twice", bucket.Equal, "bc", true},
	{"Q15 any single one contains", header, "X-Twice", bucket.Contains, "c", true},
	{"Q15 none fits", header, "X-Twice", bucket.Equal, "c", false},
	{"Q16 contains is case sensitive", js, "text", bucket.Contains, "BC", false},
	{"Q17 is_null on a missing path", js, "absent.x", bucket.IsNull, "", false},
	{"Q17 empty on a missing path", js, "absent.x", bucket.Empty, "", false},
	{"Q18 not_equal on a missing path", js, "absent", bucket.NotEqual, "x", false},
	{"Q18 does_not_contain on a missing path", js, "absent", bucket.DoesNotContain, "x", false},
	{"Q19 equal on a list", js, "pair", bucket.Equal, "[1,2]", true},
	{"Q19 equal on a list fails", js, "pair", bucket.Equal, "[1, 2]", false},
	{"Q19 equal on an object", js, "object", bucket.Equal, `{"k":"v"}`, true},
	{"Q40 the first of several nodes", xmlBy, "//n/@v", bucket.Equal, "7", true},
	{"Q40 all the text inside", xmlBy, "/r", bucket.Equal, "abchi", true},
	{"Q40 local-name", xmlBy, "//*[local-name()='name']/text()", bucket.Equal, "abc", true},
	{"Q40 an attribute", xmlBy, "//n[2]/@v", bucket.Equal, "9", true},
	{"Q40 a function", xmlBy, "count(//n)", bucket.EqualNumber, "2", true},
	{"Q47 has_value takes whole elements", js, "list", bucket.HasValue, "urn:x", false},
}

func TestReference(t *testing.T) {
	t.Parallel()
	// The body of the matrix, and names with dots in them.
	jsonSubject := subjectOf(strings.TrimSuffix(jsonBody, "\n}") + `,
		"status": 401, "a.b": "dotted", "urn:scim:2.0:User": {"department": "sales"}}`)
	xmlSubject := subjectOf(xmlBody)
	for _, row := range referenceRows {
		t.Run(row.name, func(t *testing.T) {
			s := xmlSubject
			if row.src == js && row.name != "4.4 response_json of a body that is none" {
				s = jsonSubject
			}
			o := Check(s, row.src, row.property, row.comparison, row.target)
			if o.Passed != row.want {
				t.Errorf("%s %s: %v; %s; %s", row.property, row.comparison, o.Err, o.Message, o.Explanation)
			}
		})
	}
}

func TestReferenceHasEveryComparisonAndSource(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for _, row := range referenceRows {
		rows[row.name] = true
	}
	for _, c := range matrixComparisons {
		if !rows["4.2 "+c.String()] || !rows["4.2 "+c.String()+" fails"] {
			t.Errorf("no rows for %s", c)
		}
	}
	for _, name := range bucket.SourceNames() {
		if !rows["4.4 "+bucket.ParseSource(name).String()] {
			t.Errorf("no row for %s", name)
		}
	}
}

// What a failure looks like: label, phrase and error.
func TestReferenceTexts(t *testing.T) {
	t.Parallel()
	s := subjectOf(`{"schemes": [], "meta": {"a": 1}, "text": "A", "number": 5, "nothing": null, "object": {}}`)
	for _, row := range []struct {
		name       string
		src        bucket.Source
		property   string
		comparison bucket.Comparison
		target     string
		want       string
	}{
		{"4.5 index on an empty list", js, "schemes[0].type", bucket.NotEmpty, "",
			"body.schemes[0].type — was empty — Unable to locate 0 property in path 'schemes[0].type' in JSON."},
		{"4.5 missing key", js, "meta.b", bucket.NotEmpty, "", "body.meta.b — was empty — Unable to locate b property in path 'meta.b' in JSON."},
		{"4.5 the first missing segment", js, "none[0].x", bucket.NotEmpty, "",
			"body.none[0].x — was empty — Unable to locate none property in path 'none[0].x' in JSON."},
		{"4.5 equal", js, "text", bucket.Equal, "B", "body.text — 'A' was not equal to 'B'"},
		{"4.5 not_equal", js, "text", bucket.NotEqual, "A", "body.text — 'A' was equal to 'A'"},
		{"4.5 empty", js, "text", bucket.Empty, "", "body.text — was not empty"},
		{"4.5 not_empty", js, "nothing", bucket.NotEmpty, "", "body.nothing — was empty"},
		{"4.5 equal_number", js, "number", bucket.EqualNumber, "6", "body.number — '5' was not equal to the number 6"},
		{"4.5 is_less_than", js, "number", bucket.IsLessThan, "5", "body.number — '5' was not lower than 5"},
		{"4.5 contains", js, "text", bucket.Contains, "B", "body.text — 'A' did not contain 'B'"},
		{"4.5 has_key", js, "object", bucket.HasKey, "B", "body.object — '{}' did not have the key 'B'"},
		{"4.5 is_null", js, "text", bucket.IsNull, "", "body.text — was not null"},
		{"4.5 header label", header, "X-Text", bucket.Empty, "", "header.X-Text — was not empty"},
		{"4.5 status label", status, "", bucket.EqualNumber, "404", "Status — '200' was not equal to the number 404"},
		{"4.5 time label", elapsed, "", bucket.IsLessThan, "1", "Response time (ms) — '123' was not lower than 1"},
		{"4.5 size label", size, "", bucket.IsLessThan, "1", "Response (bytes) — '90' was not lower than 1"},
		{"4.5 XML label", xmlBy, "//[", bucket.Empty, "", "body.//[ — was not found — the XPath '//[' is not valid: this [ is not closed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := Check(s, row.src, row.property, row.comparison, row.target)
			got := Label(row.src, row.property) + " — " + o.Message
			if o.Err != nil {
				got += " — " + o.Err.Error()
			}
			if got != row.want || o.Passed {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestReferenceRest(t *testing.T) {
	t.Parallel()
	t.Run("4.3 numeric with a non-numeric side is explained", func(t *testing.T) {
		o := Check(subjectOf(jsonBody), js, "number", bucket.IsLessThan, "step_1_remaining")
		if o.Passed || o.Explanation != "the target 'step_1_remaining' is not a number" {
			t.Errorf("got %+v", o)
		}
	})
	t.Run("4.4 response_size is that of the body", func(t *testing.T) {
		o := Check(NewSubject(&exchange.Response{Body: []byte("é")}), size, "", bucket.Equal, "2")
		if !o.Passed {
			t.Error(o.Message)
		}
	})
	t.Run("Q15 extraction takes the first", func(t *testing.T) {
		v, err := subjectOf(jsonBody).Extract(header, "X-Twice")
		if err != nil || v.Text != "a" {
			t.Errorf("got %v, %v", v, err)
		}
	})
	t.Run("Q15 a single header that fits is remarked", func(t *testing.T) {
		if o := Check(subjectOf(jsonBody), header, "X-Twice", bucket.Equal, "bc"); o.Remark == "" {
			t.Error("no remark")
		}
	})
	t.Run("Q16 contains in a list", func(t *testing.T) {
		if o := Check(subjectOf(jsonBody), js, "list", bucket.Contains, "URN"); o.Passed {
			t.Error("case does not count")
		}
	})
	t.Run("Q40 a name without prefix is in no namespace", func(t *testing.T) {
		if o := Check(subjectOf(soap), xmlBy, "//City", bucket.NotEmpty, ""); o.Passed {
			t.Error("found in a namespace")
		}
	})
}
