package bucket

import (
	"strings"
	"testing"

	"offscope/source"
)

const (
	someAssertion = `{"source": "response_status", "comparison": "equal", "value": 200}`
	someVariable  = `{"source": "response_json", "property": "id", "name": "id"}`
)

// Checks under a key that nobody reads would be lost, and the run would pass for the wrong reason.
func TestChecksUnderAnotherNameAreAnError(t *testing.T) {
	t.Parallel()
	for rest, hint := range map[string]string{
		// by the name, however it is written
		`"ASSERTIONS": [` + someAssertion + `]`:         "assertions",
		"\"assertions\u200b\": [" + someAssertion + `]`: "assertions",
		`"Asserts": [` + someAssertion + `]`:            "assertions",
		`"TESTS": [` + someAssertion + `]`:              "assertions",
		`"assert": ["response_status = 200"]`:           "assertions",
		`"postAssertions": {"status": 200}`:             "assertions",
		`"expectations": [{"status": 200}]`:             "assertions",
		`"postScripts": ["assert(false)"]`:              "scripts",
		`"post_script": "assert(false)"`:                "scripts",
		`"test-script": ["assert(false)"]`:              "scripts",
		`"post_request_scripts": ["assert(false)"]`:     "scripts",
		`"pre_scripts": ["assert(false)"]`:              "before_scripts",
		`"preRequestScript": "request.method = 'PUT';"`: "before_scripts",
		`"vars": {"id": "$.id"}`:                        "variables",
		`"extract": [{"name": "id", "path": "id"}]`:     "variables",
		// by what stands below it
		`"validations": [` + someAssertion + `]`:                           "assertions",
		`"then": {"all": [` + someAssertion + `]}`:                         "assertions",
		`"limits": [{"comparison": "equal", "property": "a", "value": 1}]`: "assertions",
		`"after": ["assert.equal(response.status, 200)"]`:                  "scripts",
		`"postresponse": {"exec": ["variables.set('a', 1)"]}`:              "scripts",
		`"keep": [` + someVariable + `]`:                                   "variables",
	} {
		said := saidOf("unknown-key", inRequest(rest))
		if len(said) != 1 || said[0].Severity != source.Error || said[0].Hint != `did you mean "`+hint+`"?` {
			t.Errorf("%s: want an error that names %s, said\n%s", rest, hint, draw(said))
		}
	}
}

func TestWordsThatOnlySoundLikeChecksAreNoErrors(t *testing.T) {
	t.Parallel()
	for _, rest := range []string{
		`"description": "what (this) does;"`, `"Description": "here we assert(id) and expect(it)"`, `"assertion_count": 3`, `"has_scripts": true`, `"script_engine": "v2"`,
		`"assertions_note": ""`, `"ASSERTIONS": []`, `"vars": {}`, `"transcript": ["a"]`, `"tested": [1]`,
		`"manual": ["we assert (and expect) that variables are set"]`,
		`"source": [{"name": "x", "comparison_of": 1}]`,
	} {
		said := saidOf("unknown-key", inRequest(rest))
		if len(said) != 1 || said[0].Severity == source.Error {
			t.Errorf("%s: want a warning or a notice, said\n%s", rest, draw(said))
		}
	}
}

// A test has neither checks nor the settings of an environment.
func TestKeysOfATestThatBelongElsewhere(t *testing.T) {
	t.Parallel()
	const inStep, inEnvironment = `stand in a step`, "an environment says that"
	for rest, want := range map[string]struct {
		severity source.Severity
		hint     string
	}{
		`"assertions": [` + someAssertion + `]`:          {source.Error, inStep},
		`"Assertions": [` + someAssertion + `]`:          {source.Error, inStep},
		`"expected": [` + someAssertion + `]`:            {source.Error, inStep},
		`"variables": [` + someVariable + `]`:            {source.Error, inStep},
		`"scripts": ["assert(false)"]`:                   {source.Error, inStep},
		`"before_scripts": ["assert(false)"]`:            {source.Error, inStep},
		`"post_response_scripts": ["assert(false)"]`:     {source.Error, inEnvironment},
		`"pre_request_scripts": ["assert(false)"]`:       {source.Error, inEnvironment},
		`"variables": {"a": "b"}`:                        {source.Warning, inEnvironment},
		`"initial_variables": {"a": "b"}`:                {source.Warning, inEnvironment},
		`"script": "variables.set('a', 1);"`:             {source.Warning, inEnvironment},
		`"initial_script": "variables.set('a', 1);"`:     {source.Warning, inEnvironment},
		`"environment": {"initial_variables": {}}`:       {source.Warning, ""},
		`"headers": {"X": "1"}`:                          {source.Warning, inEnvironment},
		`"auth": {"auth_type": "basic"}`:                 {source.Warning, inEnvironment},
		`"verify_ssl": false`:                            {source.Warning, inEnvironment},
		`"stop_on_failure": true`:                        {source.Warning, inEnvironment},
		`"stop_on_failure": false`:                       {source.Notice, ""},
		`"script": ""`:                                   {source.Notice, ""},
		`"assertions": []`:                               {source.Notice, ""},
		`"script_count": 3`:                              {source.Notice, ""},
		`"last_result": {"assertions": {"total": 3}}`:    {source.Notice, ""},
		`"last_result": {"scripts_defined": 1, "a": ""}`: {source.Notice, ""},
	} {
		text := `{"name": "n", ` + rest + `, "steps": [{"step_type": "pause", "duration": 1}]}`
		said := saidOf("unknown-key", text)
		if len(said) != 1 || said[0].Severity != want.severity || !strings.Contains(said[0].Hint, want.hint) {
			t.Errorf("%s: want one %s with %q, said\n%s", rest, want.severity, want.hint, draw(said))
		}
	}
}

// A row that has lost what it looks for would look at the whole body, or fill nothing.
func TestRowsThatLoseWhatTheyLookForAreErrors(t *testing.T) {
	t.Parallel()
	for _, rest := range []string{
		`"assertions": [{"source": "response_json", "comparison": "not_empty", "Property": "id"}]`,
		`"assertions": [{"source": "response_json", "comparison": "not_empty", "path": "id"}]`,
		`"assertions": [{"source": "json", "comparison": "contains", "value": "a", "expression": "id"}]`,
		`"variables": [{"source": "response_json", "name": "id", "path": "id"}]`,
		`"variables": [{"source": "response_json", "Name": "id", "property": "id"}]`,
		`"variables": [{"source": "response_json", "variable": "id", "property": "id"}]`,
	} {
		said := saidOf("lost", inRequest(rest))
		if len(said) != 1 || said[0].Severity != source.Error {
			t.Errorf("%s: want an error, said\n%s", rest, draw(said))
		}
	}
	for _, rest := range []string{
		`"assertions": [{"source": "response_json", "comparison": "not_empty"}]`,
		`"assertions": [{"source": "response_json", "comparison": "not_empty", "property": "", "path": "id"}]`,
		`"assertions": [{"source": "response_json", "comparison": "not_empty", "skipped": true}]`,
		`"assertions": [{"source": "response_text", "comparison": "not_empty", "path": "id"}]`,
		`"variables": [{"source": "response_json", "name": null, "property": "", "note": "x"}]`,
		`"variables": [{"source": "response_json", "name": "a"}]`,
		`"variables": [{"source": "response_json", "name": "a", "uuid": "6f0c"}]`,
		`"variables": [{"source": "response_json", "property": "a", "note": "not in use"}]`,
		`"assertions": [{"source": "response_json", "comparison": "not_empty", "id": "6f0c"}]`,
		`"assertions": [{"source": "response_json", "comparison": "not_empty", "description": "there is a body"}]`,
	} {
		if said := saidOf("lost", inRequest(rest)); len(said) > 0 {
			t.Errorf("%s: said\n%s", rest, draw(said))
		}
	}
}

// How an export names a snippet is not public, and a script that is not there would not check anything.
func TestSnippetsOfAStepAreUnsupported(t *testing.T) {
	t.Parallel()
	for rest, want := range map[string]int{
		`"snippets": ["6f0c"]`: 1, `"post_snippets": [{"id": 1}]`: 1, `"snippet_id": "6f0c"`: 1, `"snippets": []`: 0, `"snippets": null`: 0,
	} {
		d, said := Parse(source.NewFile("export.json", []byte(inRequest(rest))))
		if d == nil {
			t.Errorf("%s: said\n%s", rest, draw(said))
			continue
		}
		if got := ChecksOf(d.Tests[0].Steps[0]).Unsupported; len(got) != want {
			t.Errorf("%s: unsupported are %v", rest, got)
		}
	}
}

func TestADuplicateThatDropsStepsIsAnError(t *testing.T) {
	t.Parallel()
	const condition = `{"name": "n", "steps": [{"step_type": "condition", "comparison": "equal", "left_value": "1", "right_value": "1", `
	step := `{"step_type": "request", "method": "GET", "url": "/"}`
	said := saidOf("duplicate-key", condition+`"steps": [`+step+`], "steps": []}]}`)
	if len(said) != 1 || said[0].Severity != source.Error || !strings.HasSuffix(said[0].Message, "and it drops 1 step") {
		t.Errorf("said\n%s", draw(said))
	}
	said = saidOf("duplicate-key", condition+`"steps": [`+step+`], "steps": [`+step+`]}]}`)
	if len(said) != 1 || said[0].Severity != source.Warning {
		t.Errorf("said\n%s", draw(said))
	}
}
