package bucket

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

// parse reads an export that must be usable.
func parse(t *testing.T, text string) (*Document, source.Diagnostics) {
	t.Helper()
	f := source.NewFile("export.json", []byte(text))
	d, said := Parse(f)
	if d == nil {
		t.Fatalf("refused:\n%s", draw(said))
	}
	checkPlaces(t, f, d)
	checkInside(t, f, said)
	return d, said
}

func parseStep(t *testing.T, step string) (Step, source.Diagnostics) {
	t.Helper()
	d, said := parse(t, `{"name": "a test", "steps": [`+step+`]}`)
	return d.Tests[0].Steps[0], said
}

func request(t *testing.T, rest string) *Request {
	t.Helper()
	step, _ := parseStep(t, `{"step_type": "request", "method": "GET", "url": "http://a.example/", `+rest+`}`)
	return step.(*Request)
}

const pauseTest = `{"name": "pauses", "steps": [{"step_type": "pause", "duration": 1}]}`

func TestShapes(t *testing.T) {
	t.Parallel()
	step := `{"step_type": "pause", "duration": 1}`
	for _, test := range []struct {
		name, text string
		shape      Shape
		tests      string
	}{
		{"test", pauseTest, SingleTest, "pauses:1"},
		{"test with a byte order mark", "\ufeff" + pauseTest, SingleTest, "pauses:1"},
		{"test with line ends of Windows", strings.ReplaceAll(pauseTest, ", ", ",\r\n"), SingleTest, "pauses:1"},
		{"list of tests", "[" + pauseTest + "," + pauseTest + "]", TestList, "pauses:1 pauses:1"},
		{"list of steps", "[" + step + "," + step + "]", StepList, "export.json:2"},
		{"test in an answer", `{"data": ` + pauseTest + `, "meta": {}, "error": null}`, SingleTest, "pauses:1"},
		{"tests in an answer", `{"data": [` + pauseTest + `], "meta": {}, "error": null}`, TestList, "pauses:1"},
		{"steps in an answer", `{"data": [` + step + `], "error": null}`, StepList, "export.json:1"},
		{"backup", `[{"key": "k", "name": "B", "team": {}, "shared_environments": [], "tests": [` + pauseTest + `]}]`, Backup, "pauses:1"},
		{"backup in an answer", `{"data": [{"key": "k", "tests": [` + pauseTest + `]}], "meta": {}}`, Backup, "pauses:1"},
		{"one bucket of a backup", `{"key": "k", "shared_environments": [], "tests": [` + pauseTest + `]}`, Backup, "pauses:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, said := parse(t, test.text)
			var tests []string
			for _, each := range d.Tests {
				tests = append(tests, fmt.Sprintf("%s:%d", each.Name.Value, len(each.Steps)))
			}
			if d.Shape != test.shape || strings.Join(tests, " ") != test.tests || len(said) > 0 {
				t.Errorf("shape %d with %v, said %v", d.Shape, tests, said)
			}
		})
	}
}

func TestTestKeysAreRead(t *testing.T) {
	t.Parallel()
	d, said := parse(t, `{"name": "trailing ", "description": null, "trigger_url": "http://a.example/trigger", "version": "1.0",
		"exported_at": 1, "test_usage_90_days": 0, "step_count": 1, "last_run_created_at": null, "id": 7,
		"is_skipped_at_bucket_level": true, "default_environment_id": "e1", "schedules": [], "last_run": {"x": 1},
		"environments": [{"id": "e1", "name": "Settings", "test_id": "t", "parent_environment_id": "p", "emails": {}, "script": " ",
			"headers": {"A": ["b"]}, "initial_variables": {"n": 1.50, "b": true, "s": "x"}, "verify_ssl": true, "webhooks": null}],
		"steps": [{"step_type": "pause", "duration": 1}]}`)
	got := *d.Tests[0]
	e := got.Environments[0]
	if got.Name.Value != "trailing " || got.ID != "7" || !got.BucketSkipped || got.DefaultEnvironmentID != "e1" || len(said) != 1 || said[0].Code != "no-parent" {
		t.Errorf("read %+v, said %v", got, said)
	}
	if e.Name != "Settings" || e.TestID != "t" || e.ParentID != "p" || e.Script.Value != "" {
		t.Errorf("read the environment %+v", e)
	}
	if diff := cmp.Diff([]string{"n=1.50", "b=true", "s=x"}, pairs(e.Initial)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"A=b"}, pairs(e.Headers)); diff != "" || e.Unsupported != nil {
		t.Errorf("-want +got:\n%s, %v", diff, e.Unsupported)
	}
}

func pairs(texts []NamedText) []string {
	var out []string
	for _, n := range texts {
		out = append(out, n.Name.Value+"="+n.Value.Value)
	}
	return out
}

func whats(list []Unsupported) []string {
	var out []string
	for _, u := range list {
		out = append(out, u.What)
	}
	return out
}

func values(texts []source.Text) []string {
	var out []string
	for _, t := range texts {
		out = append(out, t.Value)
	}
	return out
}

func TestBucketsKeepTheirNames(t *testing.T) {
	t.Parallel()
	one := `{"key": "k1", "name": "One", "auth_token": null, "shared_environments": [{"name": "shared"}], "tests": [` + pauseTest + `]}`
	two := `{"key": "k2", "name": "Two", "tests": [` + pauseTest + `]}`
	d, _ := parse(t, "["+one+"]")
	if d.Name != "One" || d.Key != "k1" || d.Environments[0].BucketKey != "k1" {
		t.Errorf("read %+v", d)
	}
	d, _ = parse(t, "["+one+","+two+"]")
	if d.Name != "" || d.Key != "" || d.Tests[0].Bucket != "One" || d.Tests[1].BucketKey != "k2" {
		t.Errorf("read %+v", d)
	}
}

func TestHeadersAndFormsInAllTheirForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want []string
	}{
		{`{"A": "b", "C": ["d"]}`, []string{"A=b", "C=d"}},
		{`{"A": ["b", "c"], "a": "d"}`, []string{"A=b", "A=c", "a=d"}},
		{`{"A": 12, "B": [1.50, true], "C": "", "D": null, "E": []}`, []string{"A=12", "B=1.50", "B=true", "C="}},
		{`{"A": "first", "B": "x", "A": "last"}`, []string{"B=x", "A=last"}},
		{`{}`, nil},
		{`[]`, nil},
		{`null`, nil},
		{`""`, nil},
	} {
		r := request(t, `"headers": `+test.text+`, "form": `+test.text)
		if diff := cmp.Diff(test.want, pairs(r.Headers)); diff != "" {
			t.Errorf("headers %s: -want +got:\n%s", test.text, diff)
		}
		if diff := cmp.Diff(test.want, pairs(r.Form)); diff != "" {
			t.Errorf("form %s: -want +got:\n%s", test.text, diff)
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	r := request(t, `"note": "Get {{id}}", "body": "a\r\n{{b}}", "fragment": "#top", "id": "s1"`)
	if !r.HasBody || r.Body.Value != "a\r\n{{b}}" || r.Fragment.Value != "#top" || r.Note.Value != "Get {{id}}" || r.ID != "s1" {
		t.Errorf("read %+v", r)
	}
	if r := request(t, `"body": ""`); !r.HasBody {
		t.Error("an empty body is none")
	}
	if r := request(t, `"body": null`); r.HasBody {
		t.Error("a null body is one")
	}
	empty := `"multipart_form": [], "binary_body": null, "graphql_body": {}, "args": {}, "data": "", "raw_body": null, "files": []`
	r = request(t, empty)
	if r.Multipart != nil || r.Binary != nil || r.GraphQL != nil || r.Unsupported != nil {
		t.Errorf("leftovers were read as something: %+v", r)
	}
	if r.Params != nil || r.Body.Value != "" || r.Form != nil {
		t.Errorf("leftovers were read as something: %+v", r)
	}
}

func TestAuthKinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		kind AuthKind
		want []string
	}{
		{`{"auth_type": "basic", "username": "", "password": "p"}`, BasicAuth, []string{"username=", "password=p"}},
		{`{"auth_type": "oauth1", "consumer_key": "k"}`, OAuth1, []string{"consumer_key=k"}},
		{`{"auth_type": "oauth_1", "consumer_key": "k"}`, OAuth1, []string{"consumer_key=k"}},
		{`{"auth_type": "oauth2", "access_token": "{{t}}"}`, OAuth2, []string{"access_token={{t}}"}},
		{`{"auth_type": "oauth_2", "access_token": "{{t}}"}`, OAuth2, []string{"access_token={{t}}"}},
		{`{"auth_type": "client_certificate"}`, CertificateAuth, nil},
		{`{"auth_type": "none"}`, NoAuth, nil},
		{`{"auth_type": "None", "username": "u"}`, NoAuth, []string{"username=u"}},
		{`{"auth_type": "ntlm", "username": "u"}`, UnknownAuth, []string{"username=u"}},
		{`{"username": "u"}`, UnknownAuth, []string{"username=u"}},
	} {
		auth := request(t, `"auth": `+test.text).Auth
		if auth == nil || auth.Kind != test.kind {
			t.Errorf("%s: read %+v", test.text, auth)
			continue
		}
		if diff := cmp.Diff(test.want, pairs(auth.Fields)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.text, diff)
		}
	}
	for _, none := range []string{`{}`, `null`, `[]`, `""`, `{"auth_type": null, "username": ""}`} {
		if auth := request(t, `"auth": `+none).Auth; auth != nil {
			t.Errorf("%s: read %+v", none, auth)
		}
	}
	nested := request(t, `"auth": {"auth_type": "oauth_2", "grant": {"scope": "a"}}`)
	if len(nested.Unsupported) != 1 || nested.Auth.Field("grant").Value != `{"scope": "a"}` {
		t.Errorf("read %+v with %v", nested.Auth, nested.Unsupported)
	}
	if basic := request(t, `"auth": {"auth_type": "basic", "username": "u"}`).Auth; basic.Field("username").Value != "u" || basic.Field("x").Value != "" {
		t.Error("fields are not found by their names")
	}
}

func TestScriptsDropBlanksAndKeepWhatIsNoText(t *testing.T) {
	t.Parallel()
	r := request(t, `"before_scripts": "one();", "scripts": ["", " \n", null, "two();", {"snippet": "s1"}, 3]`)
	if diff := cmp.Diff([]string{"one();"}, values(r.BeforeScripts)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"two();"}, values(r.Scripts)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := []string{"a script that is not text but an object", "a script that is not text but a number"}
	if diff := cmp.Diff(want, whats(r.Unsupported)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r := request(t, `"scripts": null, "before_scripts": {}, "assertions": null, "variables": null`); ChecksOf(r).Scripts != nil {
		t.Errorf("read %+v", r)
	}
}

func TestAssertions(t *testing.T) {
	t.Parallel()
	r := request(t, `"assertions": [
		{"source": "response_status", "comparison": "equal_number", "value": 200},
		{"source": "status_code", "comparison": "equals_number", "target_value": "200"},
		{"source": "response_json", "comparison": "not_empty", "property": "", "value": null},
		{"source": "response_json", "comparison": "equal", "property": "active", "value": true},
		{"source": "response_json", "comparison": "equal", "property": "n", "value": 1.50},
		{"source": "response_header", "comparison": "is_equal", "property": "content-type", "value": "{{x}}"},
		{"source": "response_moon", "comparison": "resembles", "value": "StatusCode="}]`)
	var got []string
	for _, a := range r.Assertions {
		got = append(got, fmt.Sprintf("%v[%s] %v %s", a.Source, a.Property.Value, a.Comparison, a.Target.Value))
	}
	want := []string{
		"response_status[] equal_number 200",
		"response_status[] equal_number 200",
		"response_json[] not_empty ",
		"response_json[active] equal true",
		"response_json[n] equal 1.50",
		"response_headers[content-type] equal {{x}}",
		"[]  StatusCode=",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if last := r.Assertions[6]; last.SourceText.Value != "response_moon" || last.ComparisonText.Value != "resembles" {
		t.Errorf("the names that are not known were lost: %+v", last)
	}
	if !r.Assertions[2].Property.Place.Known() || r.Assertions[0].Property.Place.Known() {
		t.Error("an empty property and none are the same")
	}
}

func TestStepKinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{`{"step_type": "pause", "duration": "5"}`, "*bucket.Pause"},
		{`{"step_type": "condition", "comparison": "equal", "left_value": "", "right_value": "", "steps": []}`, "*bucket.Condition"},
		{`{"step_type": "conditional", "comparison": "equal", "left_value": "", "right_value": "", "steps": []}`, "*bucket.Condition"},
		{`{"step_type": "conditional-loop", "comparison": "equal", "left_value": "", "right_value": "", "steps": []}`, "*bucket.Loop"},
		{`{"step_type": "loop", "comparison": "equal", "left_value": "", "right_value": "", "steps": []}`, "*bucket.Loop"},
		{`{"step_type": "subtest", "trigger_token": null}`, "*bucket.Subtest"},
		{`{"step_type": "inbound", "token": "t", "isDynamicUrl": true}`, "*bucket.Inbound"},
		{`{"step_type": "ghost-inspector", "suite_id": "s"}`, "*bucket.GhostInspector"},
		{`{"step_type": "ghost", "is_custom_start_url": false}`, "*bucket.GhostInspector"},
		{`{"step_type": "telepathy", "thought": {}}`, "*bucket.Unknown"},
	} {
		step, said := parseStep(t, test.text)
		if got := fmt.Sprintf("%T", step); got != test.want || len(said) > 0 {
			t.Errorf("%s: read %s, said %v", test.text, got, said)
		}
	}
	step, _ := parseStep(t, `{"step_type": "telepathy", "skipped": true, "note": "later"}`)
	if b := step.Base(); b.Kind.Value != "telepathy" || !b.Skipped || b.Note.Value != "later" {
		t.Errorf("read %+v", b)
	}
	step, _ = parseStep(t, `{"step_type": "pause", "duration": 5.0}`)
	if p := step.(*Pause); p.Seconds != 5 || !p.Duration.Known() {
		t.Errorf("read %+v", p)
	}
}

func TestConditionsNest(t *testing.T) {
	t.Parallel()
	d, _ := parse(t, `{"name": "n", "steps": [{"step_type": "condition", "comparison": "is_less_than", "left_value": "{{a}}", "right_value": 3,
		"steps": [{"step_type": "loop", "comparison": "equal", "left_value": "", "right_value": "", "max": 5, "wait": {"s": 1}, "steps": [
			{"step_type": "pause", "note": "inner"}]}]}, {"step_type": "pause", "note": "outer"}]}`)
	var kinds []string
	Walk(d.Tests[0].Steps, func(s Step) { kinds = append(kinds, s.Base().Kind.Value+s.Base().Note.Value) })
	if !slices.Equal(kinds, []string{"condition", "loop", "pauseinner", "pauseouter"}) {
		t.Errorf("walked %v", kinds)
	}
	c := d.Tests[0].Steps[0].(*Condition)
	loop := c.Steps[0].(*Loop)
	if c.Comparison != IsLessThan || c.Left.Value != "{{a}}" || c.Right.Value != "3" {
		t.Errorf("read %+v", c)
	}
	if diff := cmp.Diff([]string{"max=5", `wait={"s": 1}`}, pairs(loop.Other)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if ChecksOf(c) != nil || ChecksOf(loop) != nil || Inner(loop.Steps[0]) != nil {
		t.Error("a condition has checks, or a pause has steps")
	}
}

func TestSubtestParamsInAllTheirForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want []string
	}{
		{`[{"name": "a", "value": "1"}, {"name": "b", "value": 2}]`, []string{"a=1", "b=2"}},
		{`[{"key": "a", "value": "1"}]`, []string{"a=1"}},
		{`[{"a": "1", "b": "2"}, {"c": "3"}]`, []string{"a=1", "b=2", "c=3"}},
		{`[{"name": "bob"}]`, []string{"name=bob"}},
		{`{"a": "1", "b": ["2"]}`, []string{"a=1", "b=2"}},
		{`[]`, nil},
		{`null`, nil},
	} {
		step, _ := parseStep(t, `{"step_type": "subtest", "test_uuid": "u", "bucket_key": "k", "environment_uuid": "",
			"use_parent_environment": true, "params": `+test.text+`}`)
		s := step.(*Subtest)
		if diff := cmp.Diff(test.want, pairs(s.Params)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.text, diff)
		}
		if s.TestUUID.Value != "u" || s.BucketKey.Value != "k" || !s.UseParentEnvironment {
			t.Errorf("read %+v", s)
		}
	}
}

func TestOfEqualNamesTheLastCounts(t *testing.T) {
	t.Parallel()
	d, said := parse(t, `{"name": "first", "name": "second", "steps": [], "steps": [{"step_type": "pause", "step_type": "pause", "duration": 1}]}`)
	if d.Tests[0].Name.Value != "second" || len(d.Tests[0].Steps) != 1 || len(said) != 3 {
		t.Errorf("read %+v, said:\n%s", d.Tests[0], draw(said))
	}
}

func TestTextsLeadIntoTheirLiterals(t *testing.T) {
	t.Parallel()
	text := `{"name": "n", "steps": [{"step_type": "request", "method": "GET", "url": "http://a.example/{{id}}",
		"scripts": ["var a = \"\u00e4\";\nfail(a);"]}]}`
	d, _ := parse(t, text)
	r := d.Tests[0].Steps[0].(*Request)
	url := r.URL.At(strings.Index(r.URL.Value, "{{"), len(r.URL.Value))
	if got := text[url.Start:url.End]; got != "{{id}}" {
		t.Errorf("the template leads to %q", got)
	}
	script := r.Scripts[0]
	at := script.At(strings.Index(script.Value, "fail"), strings.Index(script.Value, "(a)"))
	if got := text[at.Start:at.End]; got != "fail" || at.Position().Line != 2 {
		t.Errorf("the script's line leads to %q in %v", got, at)
	}
}

func TestManyMistakesAreCounted(t *testing.T) {
	t.Parallel()
	text := `{"name": "n", "steps": [` + strings.TrimSuffix(strings.Repeat("7,\n", 60), ",\n") + `]}`
	d, said := Parse(source.NewFile("export.json", []byte(text)))
	last := said[len(said)-1]
	if d != nil || len(said) != 51 || last.Message != "and 10 more errors, the first of them here" || last.Place.Position().Line != 51 {
		t.Errorf("said %d things, the last is %+v", len(said), last)
	}
}

func TestFilesThatAreNoText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"UTF-16 with its mark", "\xff\xfe{\x00}\x00", "the file is UTF-16 text"},
		{"UTF-16, big end first", "\xfe\xff\x00{\x00}", "the file is UTF-16 text"},
		{"UTF-16 without its mark", "{\x00\"\x00a\x00", "the file is UTF-16 text"},
		{"zero bytes", "{\"a\": \x00\x01\x02}", "the file is binary: it has zero bytes in it"},
		{"zip", "PK\x03\x04\x00\x00", "the file is a compressed archive"},
		{"gzip", "\x1f\x8b\x08\x00", "the file is a compressed archive"},
		{"only a mark", "\ufeff \r\n", "the file is empty"},
		{"nothing", "", "the file is empty"},
	} {
		for name, read := range map[string]func(*source.File) source.Diagnostics{
			"Parse":            func(f *source.File) source.Diagnostics { _, said := Parse(f); return said },
			"ParseEnvironment": func(f *source.File) source.Diagnostics { _, said := ParseEnvironment(f); return said },
		} {
			f := source.NewFile("file", []byte(test.text))
			said := read(f)
			if len(said) != 1 || said[0].Message != test.want || said[0].Hint == "" {
				t.Errorf("%s, %s: said %+v", name, test.name, said)
			}
			checkInside(t, f, said)
		}
	}
}

func TestTextInAnotherEncodingIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"export.json":  `{"name": "n", "steps": [{"step_type": "request", "method": "POST", "url": "/", "body": "caf` + "\xe9" + `"}]}`,
		"env.json":     `{"initial_variables": {"a": "caf` + "\xe9" + `"}}`,
		"env.yaml":     "initial_variables: {a: caf\xe9}\n",
		"secrets.env":  "a=caf\xe9\n",
		"secrets.json": `{"a": "caf` + "\xe9" + `"}`,
	} {
		f := source.NewFile(name, []byte(text))
		var said source.Diagnostics
		switch {
		case name == "export.json":
			_, said = Parse(f)
		case strings.HasPrefix(name, "env"):
			_, said = ParseEnvironment(f)
		default:
			_, said = ParseVariables(f)
		}
		if said.Err() == nil || said[0].Code != "not-utf-8" || said[0].Place.Start != strings.IndexByte(text, 0xe9) {
			t.Errorf("%s: said %+v", name, said)
		}
	}
	parse(t, `{"name": "caf\ufffdé", "steps": [{"step_type": "request", "method": "GET", "url": "/"}]}`)
}

func TestChecksUnderAnotherNameAreRefused(t *testing.T) {
	t.Parallel()
	read := func(kind, member string) source.Diagnostics {
		step := `{"step_type": "` + kind + `", "method": "GET", "url": "/", ` + member + `}`
		_, said := Parse(source.NewFile("export.json", []byte(`{"name": "n", "steps": [`+step+`]}`)))
		return said
	}
	for _, member := range []string{
		`"pre_request_scripts": ["x"]`, `"post_response_scripts": ["x"]`, `"post_scripts": ["x"]`, `"tests": ["x"]`,
		`"asserts": [{"a": 1}]`, `"extractors": [{"a": 1}]`,
	} {
		if said := read("request", member); said.Err() == nil {
			t.Errorf("%s was left out: %+v", member, said)
		}
	}
	for _, member := range []string{`"pre_request_scripts": []`, `"tests": null`, `"colour": ["x"]`} {
		if said := read("request", member); said.Err() != nil {
			t.Errorf("%s: %v", member, said)
		}
	}
	if said := read("pause", `"post_response_scripts": ["x"]`); said.Err() == nil {
		t.Errorf("scripts of a pause were left out: %+v", said)
	}
}

func TestDeepNestingEndsInAnError(t *testing.T) {
	t.Parallel()
	open := `{"name": "n", "steps": [` + strings.Repeat(`{"step_type": "condition", "comparison": "equal", "left_value": "", "right_value": "", "steps": [`, 6000)
	d, said := Parse(source.NewFile("export.json", []byte(open)))
	if d != nil || len(said) != 1 {
		t.Errorf("said %v", said)
	}
	closed := strings.Repeat(`{"step_type": "condition", "comparison": "equal", "left_value": "", "right_value": "", "steps": [`, 4000) + strings.Repeat("]}", 4000)
	parse(t, `{"name": "n", "steps": [`+closed+`]}`)
}
