package report

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"offscope/event"
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

// hosted are the keys of the hosted service's results (reference 7.2) as far as somebody else than the service can know them, by
// where they stand, and the places that we promise. All are there in every document.
var hosted = map[string]string{
	"":             "test_name environment_name started_at finished_at result requests_executed subtests_count subtests_passed subtests_failed subtests_others requests " + counterKeys,
	"requests/0":   "url method result assertions variables scripts timings error_messages response_message " + counterKeys,
	"requests/1":   "url method result assertions variables scripts timings error_messages response_message file line col " + counterKeys,
	"requests/2":   "url method result assertions variables scripts timings error_messages response_message file line col " + counterKeys,
	"requests/3":   "url method result assertions variables scripts timings error_messages response_message file line col " + counterKeys,
	"requests/4":   "url method result assertions variables scripts timings error_messages response_message " + counterKeys,
	"assertions/0": "result source property comparison target_value actual_value error",
	"variables/0":  "name source property value result error",
	"scripts/0":    "result output error",
	"timings":      "dial_ms dns_lookup_ms wait_for_response_ms receive_response_ms",
}

const counterKeys = "assertions_defined assertions_passed assertions_failed variables_defined variables_passed variables_failed scripts_defined scripts_passed scripts_failed"

// everyKind has an initial script, a step with rows of all kinds, a pause that is skipped, and a condition with nothing in it.
func everyKind() []event.Event {
	s := run(1).open("Kinds", "kinds.json", 3)
	s.add(event.Scripted{Role: "initial script", Row: 1, Outcome: event.Passed})
	s.request("One", answer("GET", "/", 200, "OK", "{}"), passed(1),
		event.Extracted{Row: 1, Name: "id", Outcome: event.Passed, Type: "string"},
		event.Scripted{Role: "post-response script", Row: 1, Outcome: event.Passed},
		event.Asserted{Row: 1, Label: "Status", Outcome: event.Passed})
	s.pause(0, time.Second, passedOver(event.Skipped, "--pauses skip"))
	s.step++
	s.add(event.StepStarted{StepKind: "condition", File: "kinds.json", Line: 30, Col: 5}, passed(0))
	return allDone(s, 3, 1, 1)
}

func TestTheSchemaMissesEveryKeyOfTheHostedService(t *testing.T) {
	t.Parallel()
	schema := schemas(t)["published"]
	good := document(t, "json", timed(everyKind()))
	for where, keys := range hosted {
		for _, key := range strings.Fields(keys) {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(good))
			if err != nil {
				t.Fatal(err)
			}
			requests := v.(map[string]any)["requests"].([]any)
			object := v.(map[string]any)
			switch list, number, listed := strings.Cut(where, "/"); {
			case list == "requests":
				object = requests[number[0]-'0'].(map[string]any)
			case listed:
				object = requests[1].(map[string]any)[list].([]any)[0].(map[string]any)
			case where != "":
				object = requests[1].(map[string]any)[where].(map[string]any)
			}
			if _, there := object[key]; !there {
				t.Errorf("%s has no %s", where, key)
			}
			delete(object, key)
			if schema.Validate(v) == nil {
				t.Errorf("%s is accepted without %s", where, key)
			}
		}
	}
}

// Each key that is in any document, under another name, is none that the schema describes.
func TestTheSchemaKnowsEveryKey(t *testing.T) {
	t.Parallel()
	strict := schemas(t)["strict"]
	seen := map[string]bool{}
	for name, events := range timedStreams() {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(document(t, "json", events)))
		if err != nil {
			t.Fatal(err)
		}
		eachKey("", v, func(path string, object map[string]any, key string) {
			if seen[path+key] {
				return
			}
			seen[path+key] = true
			object[key+"_x"] = object[key]
			delete(object, key)
			if strict.Validate(v) == nil {
				t.Errorf("%s: %s%s may have another name", name, path, key)
			}
			object[key] = object[key+"_x"]
			delete(object, key+"_x")
		})
	}
	if len(seen) < 150 {
		t.Errorf("only %d keys were tried", len(seen))
	}
}

// eachKey calls try for each key within a value. path is what the object stands under.
func eachKey(path string, v any, try func(path string, object map[string]any, key string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			try(path, v, key)
			eachKey(key+".", v[key], try)
		}
	case []any:
		for i, element := range v {
			if path == "requests." && i == 0 {
				eachKey("requests.0.", element, try)
				continue
			}
			eachKey(path, element, try)
		}
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
