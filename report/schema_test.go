package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas are the published schema, and the same where nothing may stand beside what it describes.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	published, err := os.ReadFile(filepath.Join("..", "docs", "report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	strict := strings.ReplaceAll(string(published), `"unevaluatedProperties": true`, `"unevaluatedProperties": false`)
	all := map[string]*jsonschema.Schema{}
	for name, text := range map[string]string{"published": string(published), "strict": strict} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(name+".json", doc); err != nil {
			t.Fatal(err)
		}
		if all[name], err = c.Compile(name + ".json"); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestJSONFitsThePublishedSchema(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	for name, events := range timedStreams() {
		document := document(t, "json", events)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, document)
		}
		for which, schema := range all {
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s, %s schema: %v", name, which, err)
			}
		}
	}
}

// A schema that takes everything proves nothing.
func TestTheSchemaRefusesWhatIsNoReport(t *testing.T) {
	t.Parallel()
	schema := schemas(t)["published"]
	good := document(t, "json", timed(assertions()))
	for _, change := range [][2]string{
		{`"result":"fail"`, `"result":"failed"`}, {`"source":"json"`, `"source":null`}, {`"line":14`, `"line":"14"`}, {`"requests":[`, `"steps_taken":[`},
		{`"outcome":"failed"`, `"outcome":"fail"`}, {`"timings":{`, `"timing":{`}, {`"schema_version":1`, `"schema_version":2`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Errorf("there is no %s in the document", change[0])
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("%s is accepted", change[1])
		}
	}
	if schema.Validate(map[string]any{}) == nil {
		t.Error("an empty object is accepted")
	}
}

// Names of sources and comparisons are those that the hosted service's results have (vendor's API, reference 4.2 and 4.6).
func TestJSONNamesSourcesAndComparisonsAsResultsDo(t *testing.T) {
	t.Parallel()
	for export, result := range map[string]string{
		"equal": "equals", "not_equal": "does_not_equal", "empty": "is_empty", "not_empty": "is_not_empty", "contains": "contains",
		"does_not_contain": "does_not_contain", "is_a_number": "is_a_number", "equal_number": "equals_number", "is_less_than": "less_than",
		"is_less_than_or_equal": "less_than_or_equal", "is_greater_than": "greater_than", "is_greater_than_or_equal": "greater_than_or_equal",
		"has_key": "has_key", "has_value": "has_value", "is_null": "is_null",
	} {
		if got := resultName(resultComparisons, export); got != result {
			t.Errorf("comparison %s is called %s, want %s", export, got, result)
		}
	}
	for export, result := range map[string]string{
		"response_json": "json", "response_xml": "xml", "response_headers": "response_header", "response_size": "response_size_bytes",
		"response_time": "response_time_ms", "response_status": "status_code", "response_text": "response_text",
	} {
		if got := resultName(resultSources, export); got != result {
			t.Errorf("source %s is called %s, want %s", export, got, result)
		}
	}
}

func TestJSONOfOneTestIsAResultAndOfSeveralAList(t *testing.T) {
	t.Parallel()
	for name, several := range map[string]bool{"all-passed": false, "cut-off": false, "several": true, "iterations": true, "cut-off-between-tests": true, "no-tests": true, "nothing": true} {
		got := []byte(document(t, "json", timedStreams()[name]))
		if bytes.HasPrefix(got, []byte(`{"runs":[`)) != several {
			t.Errorf("%s: a list is %v, want %v", name, !several, several)
		}
	}
}
