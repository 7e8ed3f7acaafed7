package assertion

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"offscope/bucket"
	"offscope/exchange"
)

// matrix is the specification: for each kind of value that a source can give, what each comparison says about it.
//
//   - passes
//   - fails
//     x  fails with an explanation: the value or the target is of a type that the comparison cannot take
//     ?  fails because there is no value
//
// The columns are the comparisons in the order of the vendor's page:
//
//	=     equal               !=    not_equal
//	e     empty               ne    not_empty
//	c     contains            nc    does_not_contain
//	n     is_a_number         =n    equal_number
//	<     is_less_than        <=    is_less_than_or_equal
//	>     is_greater_than     >=    is_greater_than_or_equal
//	key   has_key             val   has_value
//	null  is_null
const matrix = `
source   state    property   target       =  !=  e  ne  c  nc  n  =n  <  <=  >  >=  key  val  null

json     present  text       abc          +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
json     present  text       b            -  +   -  +   +  -   -  x   x  x   x  x   x    x    -
json     present  text       ABC          -  +   -  +   -  +   -  x   x  x   x  x   x    x    -
json     present  text       5            -  +   -  +   -  +   -  x   x  x   x  x   x    x    -
json     present  blank      ''           +  -   +  -   +  -   -  x   x  x   x  x   x    x    -
json     present  blank      0            -  +   +  -   -  +   -  x   x  x   x  x   x    x    -
json     present  digits     401          +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
json     present  digits     402.0        -  +   -  +   -  +   +  -   +  +   -  -   x    x    -
json     present  digits     4e2          -  +   -  +   -  +   +  -   -  -   +  +   x    x    -
json     present  digits     abc          -  +   -  +   -  +   +  x   x  x   x  x   x    x    -
json     present  digits     ''           -  +   -  +   +  -   +  x   x  x   x  x   x    x    -
json     present  number     12           +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
json     present  number     12.0         -  +   -  +   -  +   +  +   -  +   -  +   x    x    -
json     present  number     13           -  +   -  +   -  +   +  -   +  +   -  -   x    x    -
json     present  number     9            -  +   -  +   -  +   +  -   -  -   +  +   x    x    -
json     present  number     twelve       -  +   -  +   -  +   +  x   x  x   x  x   x    x    -
json     present  decimal    1.50         +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
json     present  decimal    1.5          +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
json     present  one        1            +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
json     present  thousand   1000         +  -   -  +   -  +   +  +   -  +   -  +   x    x    -
json     present  zero       0            +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
json     present  zero       ''           -  +   -  +   +  -   +  x   x  x   x  x   x    x    -
json     present  huge       1e400        +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
json     present  huge       1e399        -  +   -  +   -  +   +  -   -  -   +  +   x    x    -
json     type     true       true         +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
json     type     true       1            -  +   -  +   -  +   -  x   x  x   x  x   x    x    -
json     type     false      false        +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
json     type     false      ''           -  +   -  +   +  -   -  x   x  x   x  x   x    x    -
json     null     nothing    null         +  -   +  -   +  -   -  x   x  x   x  x   x    x    +
json     null     nothing    ''           -  +   +  -   +  -   -  x   x  x   x  x   x    x    +
json     null     nothing    0            -  +   +  -   -  +   -  x   x  x   x  x   x    x    +
json     type     none       []           +  -   -  +   +  -   -  x   x  x   x  x   x    -    -
json     type     none       ''           -  +   -  +   +  -   -  x   x  x   x  x   x    -    -
json     type     list       b            -  +   -  +   +  -   -  x   x  x   x  x   x    +    -
json     type     list       urn:x        -  +   -  +   +  -   -  x   x  x   x  x   x    -    -
json     type     list       2            -  +   -  +   +  -   -  x   x  x   x  x   x    +    -
json     type     list       true         -  +   -  +   +  -   -  x   x  x   x  x   x    +    -
json     type     list       q"q          -  +   -  +   +  -   -  x   x  x   x  x   x    -    -
json     type     list       z            -  +   -  +   -  +   -  x   x  x   x  x   x    -    -
json     type     pair       [1,2]        +  -   -  +   +  -   -  x   x  x   x  x   x    -    -
json     type     pair       [1,_2]       -  +   -  +   -  +   -  x   x  x   x  x   x    -    -
json     type     object     k            -  +   -  +   +  -   -  x   x  x   x  x   +    -    -
json     type     object     v            -  +   -  +   +  -   -  x   x  x   x  x   -    +    -
json     type     object     {"k":"v"}    +  -   -  +   +  -   -  x   x  x   x  x   -    -    -
json     type     object     K            -  +   -  +   -  +   -  x   x  x   x  x   -    -    -
json     type     hollow     ''           -  +   -  +   +  -   -  x   x  x   x  x   -    -    -
json     present  list[0]    urn:x:y      +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
json     present  list[-1]   q"q-         +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
json     missing  absent     ''           ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?
json     missing  absent     null         ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?
json     missing  none[0]    a            ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?
json     missing  text.x     a            ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?
json     missing  list[*]    a            ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?

header   present  X-Text     abc          +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
header   present  x-text     b            -  +   -  +   +  -   -  x   x  x   x  x   x    x    -
header   present  X-Number   10           +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
header   present  X-Number   9            -  +   -  +   -  +   +  -   -  -   +  +   x    x    -
header   type     X-Number   ten          -  +   -  +   -  +   +  x   x  x   x  x   x    x    -
header   present  X-Blank    ''           +  -   +  -   +  -   -  x   x  x   x  x   x    x    -
header   present  X-Twice    a            +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
header   present  X-Twice    bc           +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
header   present  X-Twice    a,_bc        +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
header   present  X-Twice    z            -  +   -  +   -  +   -  x   x  x   x  x   x    x    -
header   type     X-Numbers  1            +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
header   missing  X-None     ''           ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?

xml      present  //name     abc          +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
xml      present  //n/@v     7            +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
xml      present  //n/@v     8            -  +   -  +   -  +   +  -   +  +   -  -   x    x    -
xml      present  count(//n) 2            +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
xml      present  //blank    ''           +  -   +  -   +  -   -  x   x  x   x  x   x    x    -
xml      type     //name     5            -  +   -  +   -  +   -  x   x  x   x  x   x    x    -
xml      type     //n='x'    false        +  -   -  +   +  -   -  x   x  x   x  x   x    x    -
xml      missing  //absent   ''           ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?
xml      missing  //[        ''           ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?

text     present  ''         <r>          -  +   -  +   +  -   -  x   x  x   x  x   x    x    -
text     present  ''         nowhere      -  +   -  +   -  +   -  x   x  x   x  x   x    x    -
text     type     ''         5            -  +   -  +   -  +   -  x   x  x   x  x   x    x    -

status   present  ''         200          +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
status   present  ''         200.0        -  +   -  +   -  +   +  +   -  +   -  +   x    x    -
status   present  ''         299          -  +   -  +   -  +   +  -   +  +   -  -   x    x    -
status   present  ''         199          -  +   -  +   -  +   +  -   -  -   +  +   x    x    -
status   type     ''         OK           -  +   -  +   -  +   +  x   x  x   x  x   x    x    -
status   type     ''         ''           -  +   -  +   +  -   +  x   x  x   x  x   x    x    -

time     present  ''         123          +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
time     present  ''         400          -  +   -  +   -  +   +  -   +  +   -  -   x    x    -
time     type     ''         123ms        -  +   -  +   -  +   +  x   x  x   x  x   x    x    -

size     present  ''         73           +  -   -  +   +  -   +  +   -  +   -  +   x    x    -
size     present  ''         74           -  +   -  +   -  +   +  -   +  +   -  -   x    x    -
size     type     ''         1kB          -  +   -  +   -  +   +  x   x  x   x  x   x    x    -

unknown  missing  ''         ''           ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?  ?   ?    ?    ?
`

const jsonBody = `{
  "text": "abc", "blank": "", "digits": "401", "number": 12, "decimal": 1.50, "one": 1.0, "thousand": 1e3, "zero": 0, "huge": 1e400,
  "true": true, "false": false, "nothing": null, "none": [], "list": ["urn:x:y", "b", 2, true, "q\"q-"], "pair": [1, 2],
  "object": {"k": "v"}, "hollow": {}
}`

const xmlBody = `<r><name>abc</name><n v="7"/><n v="9"/><blank></blank><note>hi</note></r>`

var matrixSources = map[string]bucket.Source{
	"json": bucket.ResponseJSON, "header": bucket.ResponseHeaders, "xml": bucket.ResponseXML, "text": bucket.ResponseText,
	"status": bucket.ResponseStatus, "time": bucket.ResponseTime, "size": bucket.ResponseSize, "unknown": bucket.UnknownSource,
}

// matrixComparisons stand in the order of the matrix's columns.
var matrixComparisons = []bucket.Comparison{
	bucket.Equal, bucket.NotEqual, bucket.Empty, bucket.NotEmpty, bucket.Contains, bucket.DoesNotContain,
	bucket.IsANumber, bucket.EqualNumber, bucket.IsLessThan, bucket.IsLessThanOrEqual, bucket.IsGreaterThan,
	bucket.IsGreaterThanOrEqual, bucket.HasKey, bucket.HasValue, bucket.IsNull,
}

func subjectOf(body string) *Subject {
	return NewSubject(&exchange.Response{
		Status: 200,
		Header: exchange.Header{
			{Name: "X-Text", Value: "abc"}, {Name: "X-Number", Value: "10"}, {Name: "X-Blank", Value: ""},
			{Name: "X-Twice", Value: "a"}, {Name: "x-twice", Value: "bc"},
			{Name: "X-Numbers", Value: "1"}, {Name: "X-Numbers", Value: "2"},
		},
		Body:    []byte(body),
		Timings: exchange.Timings{Total: 122_600 * time.Microsecond},
	})
}

// unescape reads a cell of the matrix: two quotes are the empty text, an underscore is a space.
func unescape(cell string) string {
	if cell == "''" {
		return ""
	}
	return strings.ReplaceAll(cell, "_", " ")
}

func TestEverySourceWithEveryComparison(t *testing.T) {
	t.Parallel()
	jsonSubject, xmlSubject := subjectOf(jsonBody), subjectOf(xmlBody)
	lines := strings.Split(strings.TrimSpace(matrix), "\n")
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		if len(cells) == 0 {
			continue
		}
		if len(cells) != 4+len(matrixComparisons) {
			t.Fatalf("%d cells in %s", len(cells), line)
		}
		src, ok := matrixSources[cells[0]]
		if !ok {
			t.Fatalf("no such source: %s", line)
		}
		subject := xmlSubject
		if src == bucket.ResponseJSON {
			subject = jsonSubject
		}
		property, target := unescape(cells[2]), unescape(cells[3])
		for i, comparison := range matrixComparisons {
			outcome := Check(subject, src, property, comparison, target)
			if got := sign(t, outcome); got != cells[4+i] {
				t.Errorf("%s %q %s %q: %s, want %s (%s; %v; %s)", src, property, comparison, target, got, cells[4+i],
					outcome.Message, outcome.Err, outcome.Explanation)
			}
		}
	}
}

// sign returns the matrix's sign for an outcome, and checks that the outcome is consistent in itself.
func sign(t *testing.T, o Outcome) string {
	t.Helper()
	if o.Message == "" || o.Found != (o.Err == nil) || o.Passed && (!o.Found || o.Explanation != "") {
		t.Errorf("inconsistent outcome %+v", o)
	}
	switch {
	case o.Passed:
		return "+"
	case !o.Found:
		return "?"
	case o.Explanation != "":
		return "x"
	default:
		return "-"
	}
}

// The states that a source cannot be in: what is not JSON has no null, and a response always has a text, a status, a time and
// a size.
func TestMatrixIsComplete(t *testing.T) {
	t.Parallel()
	states := map[string][]string{}
	for _, line := range strings.Split(matrix, "\n") {
		if cells := strings.Fields(line); len(cells) > 2 {
			states[cells[0]] = append(states[cells[0]], cells[1])
		}
	}
	for name, src := range matrixSources {
		want := []string{"present", "type"}
		switch src {
		case bucket.ResponseJSON:
			want = append(want, "missing", "null")
		case bucket.ResponseHeaders, bucket.ResponseXML:
			want = append(want, "missing")
		case bucket.UnknownSource:
			want = []string{"missing"}
		}
		for _, state := range want {
			if !slices.Contains(states[name], state) {
				t.Errorf("%s: no row for %s", name, state)
			}
		}
	}
	for _, name := range bucket.ComparisonNames() {
		if !slices.Contains(matrixComparisons, bucket.ParseComparison(name)) {
			t.Errorf("no column for %s", name)
		}
	}
	for _, name := range bucket.SourceNames() {
		if !slices.Contains(slices.Collect(maps.Values(matrixSources)), bucket.ParseSource(name)) {
			t.Errorf("no rows for %s", name)
		}
	}
}
