package runner

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"offscope/bucket"
	"offscope/event"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// codes lists problems of a severity by their codes.
func codes(ds source.Diagnostics, of source.Severity) []string {
	var out []string
	for _, d := range ds {
		if d.Severity == of {
			out = append(out, d.Code)
		}
	}
	return out
}

// assertRow is an assertion.
func assertRow(of, property, comparison, value string) string {
	return fmt.Sprintf(`"assertions":[{"source":%q,"property":%q,"comparison":%q,"value":%q}]`, of, property, comparison, value)
}

func headerA(value string) string { return fmt.Sprintf(`"headers":{"A":[%q]}`, value) }

// postWith is a request with a body.
func postWith(more string) string {
	return `{"step_type":"request","method":"POST","url":"SERVER/x",` + more + `}`
}

func address(url string) string { return strings.Replace(get(""), "SERVER/x", url, 1) }

var something = map[string]string{"given": "1"}

// certain are tests with one error each that no run survives, by the error's code.
var certain = []struct {
	code string
	run  run
}{
	{"unknown-step", run{steps: `{"step_type":"odd"}`}},
	{"ghost-inspector", run{steps: `{"step_type":"ghost-inspector","integration_id":"i"}`}},
	{"unsupported", run{steps: get(`"scripts":[{"id":1}]`)}},
	{"subtest", run{steps: subtestStep("nobody", looks)}},
	{"subtest", run{steps: subtestStep("a", looks), subtests: map[string]run{"a": {steps: subtestStep("b", looks)}, "b": {steps: subtestStep("a", looks)}}}},
	{"subtest", run{steps: subtestStep("a", looks), subtests: map[string]run{"a": {steps: skippedStep(get(""))}}}},
	{"unknown-step", run{steps: subtestStep("a", looks), subtests: map[string]run{"a": {steps: `{"step_type":"odd"}`}}}},
	{"unknown-source", run{steps: get(assertRow("response_jsn", "a", "equal", "1"))}},
	{"unknown-source", run{steps: get(`"variables":[{"source":"response_jsn","property":"a","name":"n"}]`)}},
	{"unknown-comparison", run{steps: get(assertRow("response_json", "a", "eqal", "1"))}},
	{"unknown-comparison", run{steps: compares("condition", "1", "eqal", "1", get(""))}},
	{"unknown-comparison", run{steps: compares("conditional-loop", "1", "eqal", "1", get(""))}},
	{"comparison", run{steps: compares("condition", "{}", "has_key", "1", get(""))}},
	{"comparison", run{steps: compares("condition", "{{given}}", "is_less_than", "many", get("")), vars: something}},
	{"comparison", run{steps: compares("conditional-loop", "few", "is_less_than", "{{given}}", get("")), vars: something}},
	{"source", run{steps: subtestStep("a", assertRow("response_status", "", "not_equal", "1")), subtests: map[string]run{"a": {steps: get("")}}}},
	{"property", run{steps: get(assertRow("response_json", "a[", "is_null", ""))}},
	{"property", run{steps: get(assertRow("response_xml", "//a[", "not_empty", ""))}},
	{"property", run{steps: get(assertRow("response_headers", "a:b", "not_equal", "1"))}},
	{"property", run{steps: get(assertRow("response_headers", "X Y", "not_equal", "1"))}},
	{"property", run{steps: get(`"variables":[{"source":"response_json","property":"a[","name":"n"}]`)}},
	{"template", run{steps: get(headerA("{{md6(x)}}"))}},
	{"template", run{steps: get(headerA("{{md5}}"))}},
	{"template", run{steps: get(headerA("{{md5(x}}"))}},
	{"template", run{steps: get(headerA("{{random_int(z)}}"))}},
	{"template", run{steps: get(headerA("{{timestamp(1)}}"))}},
	{"template", run{steps: get(headerA("{{random_string({{timestamp}})}}"))}},
	{"template", run{steps: get(headerA("{{a{{given}}}}")), vars: something}},
	{"template", run{steps: get(headerA("{{incoming_url(nobody)}}")), inbox: nowhere{}}},
	{"template", run{steps: get(assertRow("response_json", "{{random_int(z)}}", "not_equal", "1"))}},
	{"template", run{steps: get(assertRow("response_json", "a", "not_equal", "{{random_int(z)}}"))}},
	{"template", run{steps: compares("condition", "{{random_int(z)}}", "equal", "1", get(""))}},
	{"template", run{steps: subtestStep("a", `"params":[{"name":"p","value":"{{random_int(z)}}"}],`+looks), subtests: map[string]run{"a": {steps: get("")}}}},
	{"template", run{steps: get(""), env: "headers: {A: \"{{random_int(z)}}\"}"}},
	{"undefined-variable", run{steps: get(headerA("{{none}}")), vars: something}},
	{"undefined-variable", run{steps: get(headerA("{{none}}")), env: "name: e"}},
	{"undefined-variable", run{steps: get(assertRow("response_json", "a", "not_equal", "{{none}}")), vars: something}},
	{"undefined-variable", run{steps: postWith(`"auth":{"auth_type":"basic","username":"{{none}}","password":"p"}`), vars: something}},
	{"undefined-variable", run{steps: postWith(`"multipart_form":[{"name":"a","value":"{{none}}"}]`), vars: something}},
	{"undefined-variable", run{steps: postWith(`"graphql_body":{"query":"{{none}}"}`), vars: something}},
	{"undefined-variable", run{steps: get(""), env: "headers: {A: \"{{none}}\"}"}},
	{"undefined-variable", run{steps: compares("condition", "{{none}}", "equal", "1", get("")), vars: something}},
	{"undefined-variable", run{steps: subtestStep("a", ""), vars: something, subtests: map[string]run{"a": {steps: get(headerA("{{none}}")), vars: something}}}},
	{"undefined-variable", run{steps: subtestStep("a", looks), vars: something, subtests: map[string]run{"a": {steps: get(headerA("{{none}}")), vars: something}}}},
	{"undefined-variable", run{steps: steps(skippedStep(get(`"variables":[{"source":"response_json","property":"a","name":"none"}]`)), get(headerA("{{none}}"))), vars: something}},
	{"undefined-variable", run{steps: steps(get(headerA("{{none}}")), get(`"variables":[{"source":"response_json","property":"a","name":"none"}]`)), vars: something}},
	{"undefined-variable", run{steps: get(headerA("{{none}}") + `,"before_scripts":["variables.set('none', 1)"]`), vars: something}},
	{"undefined-secret", run{steps: get(headerA("{{get_secret(given)}}")), vars: something}},
	{"script-syntax", run{steps: get(`"scripts":["("]`)}},
	{"script-syntax", run{steps: get(`"before_scripts":["("]`)}},
	{"script-syntax", run{steps: get(""), script: "("}},
	{"script-syntax", run{steps: get(""), env: "post_response_scripts: [\"(\"]"}},
	{"url", run{steps: address("localhost/x")}},
	{"url", run{steps: address("ftp://localhost/x")}},
	{"url", run{steps: address("/x/{{given}}"), vars: something}},
	{"url", run{steps: address("http:///x")}},
	{"file", run{steps: postWith(`"binary_body":{"filename":"a.bin"}`)}},
	{"file", run{steps: postWith(`"binary_body":{"filename":"a.bin"}`), options: Options{Files: fstest.MapFS{}}}},
	{"file", run{steps: postWith(`"binary_body":{"filename":"../a.bin"}`), options: Options{Files: fstest.MapFS{}}}},
	{"graphql", run{steps: postWith(`"graphql_body":{"query":"q","variables":"{a: 1}"}`)}},
	{"auth", run{steps: get(`"auth":{"auth_type":"kerberos"}`)}},
	{"auth", run{steps: get(`"auth":{"auth_type":"oauth2"}`)}},
	{"auth", run{steps: get(`"auth":{"auth_type":"oauth2","grant_type":"client_credentials"}`)}},
	{"variable-circle", run{steps: get(""), env: `initial_variables: {a: "{{b}}", b: "{{a}}"}`}},
	{"variable-function", run{steps: get(""), env: `initial_variables: {a: "{{random_int(z)}}"}`}},
}

// TestWhatIsCertainlyWrongNeverPasses is the law of errors: each is found before the run, and the run does not pass.
func TestWhatIsCertainlyWrongNeverPasses(t *testing.T) {
	t.Parallel()
	for i, c := range certain {
		t.Run(fmt.Sprintf("%d %s", i, c.code), func(t *testing.T) {
			t.Parallel()
			found := Examine(c.run.plan(t, "http://127.0.0.1:1"))
			if diff := cmp.Diff([]string{c.code}, slices.Compact(codes(found, source.Error))); diff != "" {
				t.Errorf("errors (-want +got)\n%s%v", diff, found)
			}
			for _, d := range found {
				if !d.Place.Known() || d.Message == "" {
					t.Errorf("nowhere: %+v", d)
				}
			}
			if out, end, _ := c.run.do(t); end.Outcome == event.Passed {
				t.Errorf("the run passed: %s", out.encoded(t))
			}
		})
	}
}

// TestGeneratedTestsWithErrorsNeverPass holds what is found against what random tests do.
func TestGeneratedTestsWithErrorsNeverPass(t *testing.T) {
	t.Parallel()
	passed, wrong := 0, 0
	for seed := range uint64(150) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 2)), subtests: map[string]run{}}
		text, _ := g.steps(5, 3)
		r := run{steps: text, subtests: g.subtests, vars: something, sender: countingSender(new(int))}
		found := Examine(r.plan(t, "http://127.0.0.1:1"))
		errors := slices.DeleteFunc(found.Errors(), func(d source.Diagnostic) bool { return d.Code == "nothing-to-run" })
		_, end, _ := r.do(t)
		if end.Outcome == event.Passed {
			passed++
		}
		if errors.Err() != nil {
			wrong++
		}
		if errors.Err() != nil && end.Outcome == event.Passed {
			t.Fatalf("seed %d passed\n%s\n%v", seed, text, errors)
		}
	}
	if passed < 5 || wrong < 5 {
		t.Errorf("%d passed and %d had errors: that proves little", passed, wrong)
	}
}

func TestWhatMayDoNoHarmIsNoError(t *testing.T) {
	t.Parallel()
	extract := `"variables":[{"source":"response_json","property":"a","name":"none"}]`
	for _, c := range []struct {
		name     string
		run      run
		warnings []string
	}{
		{"sound", run{steps: get(headerA("{{given}} {{timestamp}} {{random_int(1,6)}}") + "," + good), vars: something}, nil},
		{"nothing given", run{steps: get(headerA("{{none}}"))}, []string{"undefined-variable"}},
		{"skipped", run{steps: steps(skippedStep(`{"step_type":"odd"}`), get(""))}, []string{"unknown-step"}},
		{"skipped script", run{steps: steps(skippedStep(get(`"scripts":["("]`)), get(""))}, []string{"script-syntax"}},
		{"skipped subtest", run{
			steps: steps(skippedStep(subtestStep("a", "")), get("")), vars: something,
			subtests: map[string]run{"a": {steps: steps(get(`"scripts":["("]`), get(headerA("{{none}}"))), vars: something}},
		}, []string{"script-syntax"}},
		{"not chosen", run{steps: steps(`{"step_type":"odd"}`, get("")), options: Options{Choose: func(s *Step) bool { return s.Number == 2 }}}, []string{"unknown-step"}},
		{"unreachable", run{steps: compares("condition", "1", "equal", "2", `{"step_type":"odd"}`, get(headerA("{{none}}"))), vars: something}, []string{"dead-condition", "unknown-step"}},
		{"allowed to be passed over", run{steps: steps(`{"step_type":"ghost-inspector"}`, get("")), options: Options{AllowSkip: true}}, []string{"ghost-inspector"}},
		{"conditional use", run{steps: compares("condition", "{{given}}", "equal", "1", get(headerA("{{none}}"))), vars: something}, []string{"undefined-variable"}},
		{"conditional definition", run{steps: steps(compares("condition", "{{given}}", "equal", "1", get(extract)), get(headerA("{{none}}"))), vars: something}, nil},
		{"computed names", run{steps: get(headerA("{{none}}")), vars: something, script: "variables.set('n' + 'one', 1)"}, []string{"undefined-variable"}},
		{"library", run{
			steps: get(headerA("{{none}}")), vars: something, script: "login()",
			options: Options{Libraries: []*jsengine.Library{library(t, "function login() { variables.set('none', 1) }")}},
		}, []string{"undefined-variable"}},
		{"initial script", run{steps: get(headerA("{{none}}")), vars: something, script: "variables.set('none', 1)"}, nil},
		{"shared initial script", run{
			steps: get(headerA("{{none}}")), env: "name: e", shared: "name: s\nscript: variables.set('none', 1)",
		}, nil},
		{"environment script", run{steps: get(assertRow("response_json", "a", "not_equal", "{{none}}")), env: "pre_request_scripts: [\"variables.set('none', 1)\"]"}, nil},
		{"own row", run{steps: get(extract + "," + assertRow("response_json", "a", "equal", "{{none}}")), vars: something}, nil},
		{"earlier row", run{steps: get(`"variables":[{"source":"response_json","property":"a","name":"n"},{"source":"response_json","property":"{{n}}","name":"m"}]`), vars: something}, nil},
		{"pre-request script", run{steps: get(assertRow("response_json", "a", "equal", "{{none}}") + `,"before_scripts":["variables.set('none', 1)"]`), vars: something}, nil},
		{"loop compares after its steps", run{steps: compares("conditional-loop", "{{none}}", "equal", "1", get(extract)), vars: something}, nil},
		{"subtest parameter", run{
			steps:    subtestStep("a", `"params":[{"name":"none","value":"{{given}}"}],`+looks),
			vars:     something,
			subtests: map[string]run{"a": {steps: get(headerA("{{none}}")), vars: something}},
		}, nil},
		{"subtest that may fail", run{
			steps:    subtestStep("a", assertRow("response_json", "result", "equal", "fail")),
			subtests: map[string]run{"a": {steps: get(headerA("{{none}}")), vars: something}}, vars: something,
		}, []string{"undefined-variable"}},
		{"subtest that cannot be found may set", run{steps: steps(subtestStep("nobody", extract), get(headerA("{{none}}"))), vars: something}, nil},
		{"secret", run{steps: get(headerA("{{get_secret(given)}}")), vars: something, options: Options{Secrets: []string{"given"}}}, nil},
		{"variable that hides a function", run{steps: get(headerA("{{random_string({{timestamp}})}}")), vars: map[string]string{"timestamp": "5"}}, nil},
		{"variable with a function's name", run{steps: get(headerA("{{md5}}")), vars: map[string]string{"md5": "5"}}, nil},
		{"function of a variable", run{steps: get(headerA("{{random_string({{given}})}}")), vars: something}, nil},
		{"property with a template", run{steps: get(assertRow("response_json", "a[{{given}}", "is_null", "")), vars: something}, nil},
		{"URL that a script may change", run{steps: strings.Replace(address("localhost"), `"url"`, `"before_scripts":["request.url = 'http://localhost/'"],"url"`, 1)}, []string{"url"}},
		{"file in the folder", run{steps: postWith(`"binary_body":{"filename":"a.bin"}`), options: Options{Files: fstest.MapFS{"a.bin": {}}}}, nil},
		{"file whose name is made", run{steps: postWith(`"binary_body":{"filename":"{{given}}"}`), vars: something}, nil},
		{"body before file", run{steps: postWith(`"body":"b","binary_body":{"filename":"a.bin"}`)}, nil},
		{"incoming URL", run{steps: steps(`{"step_type":"inbound","token":"t"}`, get(headerA("{{incoming_url(t)}}")))}, nil},
		{"incoming URL of a subtest", run{
			steps: steps(get(headerA("{{incoming_url(t)}}")), subtestStep("a", "")), subtests: map[string]run{"a": {steps: `{"step_type":"inbound","token":"t"}`}},
		}, nil},
		{"target that never fits", run{steps: get(assertRow("response_json", "a", "is_less_than", "many"))}, []string{"target"}},
		{"script asks", run{steps: get(`"scripts":["log(variables.get('none'))"]`)}, []string{"undefined-in-script"}},
		{"script asks and sets", run{steps: get(`"scripts":["variables.set('none', (variables.get('none') || 0) + 1)"]`)}, nil},
		{"unknown global", run{steps: get(`"scripts":["aws4.sign()"]`)}, []string{"unknown-global"}},
		{"field without a meaning", run{steps: get(`"auth":{"auth_type":"basic","username":"u","password":"p","colour":"red"}`)}, []string{"auth-field"}},
		{"empty credentials", run{steps: get(`"auth":{"auth_type":"basic"}`)}, []string{"empty-credentials"}},
		{"initial variable without a value", run{steps: get(""), env: `initial_variables: {a: "{{none}}"}`}, []string{"variable-undefined"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := Examine(c.run.plan(t, "http://127.0.0.1:1"))
			errors := slices.DeleteFunc(found.Errors(), func(d source.Diagnostic) bool {
				return d.Code == "subtest" && strings.Contains(c.name, "cannot be found")
			})
			if err := errors.Err(); err != nil {
				t.Errorf("errors: %v", err)
			}
			if diff := cmp.Diff(c.warnings, codes(found, source.Warning)); diff != "" {
				t.Errorf("warnings (-want +got)\n%s%v", diff, found)
			}
		})
	}
}

func library(t *testing.T, text string) *jsengine.Library {
	t.Helper()
	l, problem := jsengine.CompileLibrary(source.Text{Value: text}, "lib.js")
	if problem != nil {
		t.Fatal(problem)
	}
	return l
}

func TestATestOfPausesAloneIsAnError(t *testing.T) {
	t.Parallel()
	if got := codes(Examine(run{steps: pause}.plan(t, "")), source.Error); !slices.Equal(got, []string{"nothing-to-run"}) {
		t.Errorf("got %v", got)
	}
}

func TestAProblemOfSeveralCallersIsToldOnceAndAsTheWorst(t *testing.T) {
	t.Parallel()
	r := run{
		steps:    steps(skippedStep(subtestStep("a", "")), subtestStep("a", ""), subtestStep("a", "")),
		subtests: map[string]run{"a": {steps: get(`"scripts":["("],` + assertRow("response_jsn", "a", "equal", "1"))}},
	}
	found := Examine(r.plan(t, "http://127.0.0.1:1"))
	if got := codes(found.Errors(), source.Error); !slices.Equal(got, []string{"script-syntax", "unknown-source"}) && !slices.Equal(got, []string{"unknown-source", "script-syntax"}) {
		t.Errorf("got %v", found)
	}
}

func TestExamineShowsNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	o := Options{Secrets: []string{"pw"}, Values: []variables.Initial{
		{Name: "pw", Value: blank, Origin: variables.Origin{Kind: variables.VariableFile}},
		{Name: "pw", Text: source.Text{Value: secret}, Origin: variables.Origin{Kind: variables.Flag}},
	}}
	r := run{options: o, env: `initial_variables: {a: "{{random_int({{pw}})}}"}`, steps: get(headerA(secret) + "," + assertRow("response_"+secret, "a", "equal", "1"))}
	p := r.plan(t, "http://127.0.0.1:1")
	found := Examine(p)
	if len(found) != 2 {
		t.Fatalf("got %v", found)
	}
	shade := NewShade(p)
	for _, d := range found {
		if text := d.Message + d.Hint + shade.Excerpt(d.Place).String(); strings.Contains(text, secret) {
			t.Errorf("%s", text)
		}
		if !strings.Contains(d.Message, "[pw]") {
			t.Errorf("the secret is not named: %s", d.Message)
		}
	}
}

func TestExamineDoesNotChangeThePlan(t *testing.T) {
	t.Parallel()
	r := run{steps: get(headerA("{{given}}") + "," + good), vars: something, env: "headers: {B: \"{{given}}\"}"}
	p := r.plan(t, "http://127.0.0.1:1")
	first := Examine(p)
	if diff := cmp.Diff(first.Error(), Examine(p).Error()); diff != "" {
		t.Error(diff)
	}
	if document := (&bucket.Test{}); len(Examine(NewPlan(document, Options{}))) != 1 {
		t.Error("an empty test has one problem: there is nothing to run")
	}
}

func TestNamesOfOktasGuideAreExplained(t *testing.T) {
	t.Parallel()
	found := Examine(run{steps: get(headerA("{{oktaAppId}} {{none}}"))}.plan(t, "http://127.0.0.1:1"))
	if len(found) != 2 || !strings.Contains(found[0].Hint, "--var oktaAppId=") || !strings.HasPrefix(found[1].Hint, "give it with --var none=VALUE") {
		t.Errorf("%+v", found)
	}
}
