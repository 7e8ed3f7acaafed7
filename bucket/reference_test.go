package bucket

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

// The rows of this file are those of the reference's tables, by section and name, so that each can be found.

// A referenceRow says what is read from a text, and which codes are said about it.
type referenceRow[T any] struct {
	name, text string
	got        func(T) any
	want, said string
}

func runReference[T any](t *testing.T, rows []referenceRow[T], read func(*testing.T, string) (T, source.Diagnostics)) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			model, said := read(t, row.text)
			if got := fmt.Sprint(row.got(model)); got != row.want {
				t.Errorf("%s: read %s, want %s", row.text, got, row.want)
			}
			if got := codes(said); got != row.said {
				t.Errorf("%s: said %q, want %q:\n%s", row.text, got, row.said, draw(said))
			}
		})
	}
}

const pauseStep = `{"step_type": "pause", "duration": 1}`

func TestReferenceTests(t *testing.T) {
	t.Parallel()
	name := func(d *Document) any { return d.Tests[0].Name.Value }
	environments := func(d *Document) any { return len(d.Tests[0].Environments) }
	inTest := func(rest string) string { return `{"name": "n", "steps": [` + pauseStep + `], ` + rest + `}` }
	runReference(t, []referenceRow[*Document]{
		{"1.2 version", inTest(`"version": "1.0"`), name, "n", ""},
		{"1.2 version of another generation", inTest(`"version": "2.0"`), name, "n", "version"},
		{"1.2 version absent", pauseTest, name, "pauses", ""},
		{"1.2 exported_at", inTest(`"exported_at": 1400000000`), name, "n", ""},
		{"1.2 name", `{"name": "trailing ", "steps": [` + pauseStep + `]}`, name, "trailing ", ""},
		{"1.2 description", inTest(`"description": "d"`), func(d *Document) any { return d.Tests[0].Description.Value }, "d", ""},
		{"1.2 description null", inTest(`"description": null`), func(d *Document) any { return d.Tests[0].Description.Value }, "", ""},
		{"1.2 trigger_url", inTest(`"trigger_url": "http://a.example/t"`), func(d *Document) any { return d.Tests[0].TriggerURL }, "http://a.example/t", ""},
		{"1.2 steps", pauseTest, func(d *Document) any { return len(d.Tests[0].Steps) }, "1", ""},
		{"1.2 test_usage_90_days, test_usage_billing_period", inTest(`"test_usage_90_days": 1, "test_usage_billing_period": 2`), name, "n", ""},
		{"1.2 is_skipped_at_bucket_level", inTest(`"is_skipped_at_bucket_level": true`), func(d *Document) any { return d.Tests[0].BucketSkipped }, "true", ""},
		{"1.2 last_run_created_at", inTest(`"last_run_created_at": 1.5`), name, "n", ""},
		{"1.2 step_count", inTest(`"step_count": 20`), name, "n", ""},
		{"1.2 id", inTest(`"id": "i"`), func(d *Document) any { return d.Tests[0].ID }, "i", ""},
		{"1.2 created_at, created_by, last_run, collections", inTest(`"created_at": 1.5, "created_by": {"id": "x"}, "last_run": {"id": "x"}, "collections": []`), name, "n", ""},
		{"1.2 default_environment_id", inTest(`"default_environment_id": "e"`), func(d *Document) any { return d.Tests[0].DefaultEnvironmentID }, "e", ""},
		{"1.2 environments", inTest(`"environments": [{"id": "e"}]`), environments, "1", ""},
		{"1.2 schedules", inTest(`"schedules": [{"id": "x", "environment_id": "e", "interval": "1h", "note": "", "version": "1.0", "exported_at": 1}]`), name, "n", ""},
		{"1.2 container: bare test", pauseTest, func(d *Document) any { return d.Shape == SingleTest }, "true", ""},
		{"1.2 container: array of tests", "[" + pauseTest + "]", func(d *Document) any { return d.Shape == TestList }, "true", ""},
		{"1.2 container: envelope", `{"data": [` + pauseTest + `], "meta": {}, "error": null}`, func(d *Document) any { return d.Shape == TestList }, "true", ""},
		{"1.2 container: bucket backup", `[{"key": "k", "name": "b", "team": {}, "shared_environments": [{"id": "e"}], "tests": [` + pauseTest + `]}]`,
			func(d *Document) any { return fmt.Sprint(d.Key, len(d.Environments), len(d.Tests)) }, "k1 1", ""},
		{"1.2 container: byte order mark and CRLF", "\ufeff" + strings.ReplaceAll(pauseTest, ", ", ",\r\n"), name, "pauses", ""},
	}, func(t *testing.T, text string) (*Document, source.Diagnostics) { return parse(t, text) })
	t.Run("1.2 container: no steps", func(t *testing.T) {
		t.Parallel()
		if d, said := Parse(source.NewFile("a.json", []byte(`{"name": "n", "description": ""}`))); d != nil || codes(said) != "no-steps" {
			t.Errorf("said %v", said)
		}
	})
}

func TestReferenceSteps(t *testing.T) {
	t.Parallel()
	step := func(kind, rest string) string {
		return `{"step_type": "` + kind + `"` + strings.TrimSuffix(", "+rest, ", ") + `}`
	}
	pause := func(rest string) string { return step("pause", strings.TrimSuffix(`"duration": 1, `+rest, ", ")) }
	get := func(rest string) string { return step("request", `"method": "GET", "url": "http://a.example/", `+rest) }
	base := func(read func(*StepBase) any) func(Step) any { return func(s Step) any { return read(s.Base()) } }
	checks := func(read func(*Checks) any) func(Step) any { return func(s Step) any { return read(ChecksOf(s)) } }
	of := func(read func(*Request) any) func(Step) any { return func(s Step) any { return read(s.(*Request)) } }
	nothing := func(s Step) any { return s.Base().Kind.Value }
	condition := `"comparison": "equal", "left_value": "{{a}}", "right_value": 3, "steps": [` + pauseStep + `]`
	subtest := func(read func(*Subtest) any) func(Step) any { return func(s Step) any { return read(s.(*Subtest)) } }
	fields := func(s Step) any { return strings.Join(pairs(s.(*GhostInspector).Fields), " ") }
	runReference(t, []referenceRow[Step]{
		{"1.3 step_type", pause(""), nothing, "pause", ""},
		{"1.3 skipped", pause(`"skipped": true`), base(func(b *StepBase) any { return b.Skipped }), "true", ""},
		{"1.3 skipped absent", pause(""), base(func(b *StepBase) any { return b.Skipped }), "false", ""},
		{"1.3 note", pause(`"note": "Get {{id}}"`), base(func(b *StepBase) any { return b.Note.Value }), "Get {{id}}", ""},
		{"1.3 id", pause(`"id": "i"`), base(func(b *StepBase) any { return b.ID }), "i", ""},
		{"1.3 assertions", get(`"assertions": [{"source": "response_text", "comparison": "empty"}]`), checks(func(c *Checks) any { return len(c.Assertions) }), "1", ""},
		{"1.3 variables", get(`"variables": [{"source": "response_text", "name": "a"}]`), checks(func(c *Checks) any { return len(c.Variables) }), "1", ""},
		{"1.3 scripts", get(`"scripts": ["a()", "", "b()"]`), checks(func(c *Checks) any { return values(c.Scripts) }), "[a() b()]", ""},
		{"1.3 before_scripts", get(`"before_scripts": ["a()"]`), checks(func(c *Checks) any { return values(c.BeforeScripts) }), "[a()]", ""},
		{"1.3 rank", pause(`"rank": 3`), nothing, "pause", ""},

		{"1.4 method", step("request", `"method": "{{m}}", "url": "/"`), of(func(r *Request) any { return r.Method.Value }), "{{m}}", ""},
		{"1.4 url", step("request", `"method": "GET", "url": "http://a?x=\"y z\""`), of(func(r *Request) any { return r.URL.Value }), `http://a?x="y z"`, ""},
		{"1.4 headers", get(`"headers": {"A": ["b", "c"], "D": "e"}`), of(func(r *Request) any { return pairs(r.Headers) }), "[A=b A=c D=e]", ""},
		{"1.4 auth none", get(`"auth": {}`), of(func(r *Request) any { return r.Auth == nil }), "true", ""},
		{"1.4 auth null", get(`"auth": null`), of(func(r *Request) any { return r.Auth == nil }), "true", ""},
		{"1.4 body", get(`"body": "a\r\nb"`), of(func(r *Request) any { return r.Body.Value }), "a\r\nb", ""},
		{"1.4 form", get(`"form": {"a": ["b", "c"], "d": "e"}`), of(func(r *Request) any { return pairs(r.Form) }), "[a=b a=c d=e]", ""},
		{"1.4 multipart_form", get(`"multipart_form": [{"name": "a", "value": "b"}]`), of(func(r *Request) any { return drawParts(r.Multipart) }), "[a=b]", ""},
		{"1.4 multipart_form empty", get(`"multipart_form": []`), of(func(r *Request) any { return len(r.Multipart) }), "0", ""},
		{"1.4 binary_body", get(`"binary_body": [{"file": "a.png"}]`), of(func(r *Request) any { return drawParts([]Part{*r.Binary}) }), "[@a.png]", ""},
		{"1.4 binary_body null", get(`"binary_body": null`), of(func(r *Request) any { return r.Binary == nil }), "true", ""},
		{"1.4 graphql_body", get(`"graphql_body": {"query": "{a}"}`), of(func(r *Request) any { return r.GraphQL.Query.Value }), "{a}", ""},
		{"1.4 graphql_body empty", get(`"graphql_body": {}`), of(func(r *Request) any { return r.GraphQL == nil }), "true", ""},
		{"1.4 args", get(`"args": {"a": ["b"]}`), of(func(r *Request) any { return pairs(r.Params) }), "[a=b]", ""},
		{"1.4 args empty", get(`"args": {}`), of(func(r *Request) any { return len(r.Params) }), "0", ""},
		{"1.4 data", get(`"data": "x"`), of(func(r *Request) any { return r.Body.Value }), "x", ""},
		{"1.4 data empty", get(`"data": ""`), of(func(r *Request) any { return r.HasBody }), "false", ""},
		{"1.4 fragment", get(`"fragment": "top"`), of(func(r *Request) any { return r.Fragment.Value }), "top", ""},
		{"1.4 request_id", get(`"request_id": "i"`), nothing, "request", ""},
		{"1.4 auth switched off", get(`"auth": {"auth_type": "none"}`), of(drawAuth), fmt.Sprint(NoAuth, " []"), ""},
		{"1.4 auth basic", get(`"auth": {"auth_type": "basic", "username": "", "password": "p"}`), of(drawAuth), "1 [username= password=p]", ""},
		{"1.4 auth oauth1", get(`"auth": {"auth_type": "oauth1", "consumer_key": "k"}`), of(drawAuth), "2 [consumer_key=k]", ""},
		{"1.4 auth oauth_1", get(`"auth": {"auth_type": "oauth_1", "consumer_key": "a", "consumer_secret": "b", "access_token": "c", "token_secret": "d", "signature_type": "query"}`),
			of(drawAuth), "2 [consumer_key=a consumer_secret=b access_token=c token_secret=d signature_type=query]", ""},
		{"1.4 auth oauth_2", get(`"auth": {"auth_type": "oauth_2", "access_token": "a", "token_location": "query"}`), of(drawAuth), "3 [access_token=a token_location=query]", ""},
		{"1.4 auth oauth2", get(`"auth": {"auth_type": "oauth2", "grant_type": "client_credentials", "token_url": "http://a", "client_id": "c", "auto_refresh": true}`),
			of(drawAuth), "3 [grant_type=client_credentials token_url=http://a client_id=c auto_refresh=true]", ""},
		{"1.4 auth client_certificate", get(`"auth": {"auth_type": "client_certificate"}`), of(drawAuth), "4 []", ""},

		{"1.5 duration", step("pause", `"duration": 40`), func(s Step) any { return s.(*Pause).Seconds }, "40", ""},
		{"1.5 skipped", step("pause", `"duration": 40, "skipped": true`), base(func(b *StepBase) any { return b.Skipped }), "true", ""},

		{"1.6 condition", step("condition", condition), drawCondition, "equal {{a}} 3 1", ""},
		{"1.6 conditional", step("conditional", condition), drawCondition, "equal {{a}} 3 1", ""},
		{"1.6 skipped", step("condition", condition+`, "skipped": true`), base(func(b *StepBase) any { return b.Skipped }), "true", ""},
		{"1.6 nested", step("condition", `"comparison": "equal", "left_value": "", "right_value": "", "steps": [`+step("condition", condition)+`]`),
			func(s Step) any { return drawCondition(Inner(s)[0]) }, "equal {{a}} 3 1", ""},

		{"1.7 conditional-loop", step("conditional-loop", condition+`, "max": 5`), func(s Step) any {
			l := s.(*Loop)
			return fmt.Sprint(l.Comparison, l.Left.Value, l.Right.Value, len(l.Steps), pairs(l.Other))
		}, "equal{{a}}31 [max=5]", ""},

		{"1.7 steps empty", step("conditional-loop", `"comparison": "equal", "left_value": "{{a}}", "right_value": "", "steps": []`),
			func(s Step) any { return len(s.(*Loop).Steps) }, "0", ""},
		{"1.7 steps absent", step("conditional-loop", `"comparison": "equal", "left_value": "{{a}}", "right_value": ""`),
			func(s Step) any { return len(s.(*Loop).Steps) }, "0", "no-steps"},

		{"1.8 test_uuid", step("subtest", `"test_uuid": "u"`), subtest(func(s *Subtest) any { return s.TestUUID.Value }), "u", ""},
		{"1.8 bucket_key", step("subtest", `"bucket_key": "k"`), subtest(func(s *Subtest) any { return s.BucketKey.Value }), "k", ""},
		{"1.8 environment_uuid", step("subtest", `"environment_uuid": ""`), subtest(func(s *Subtest) any { return s.EnvironmentUUID.Value }), "", ""},
		{"1.8 use_parent_environment", step("subtest", `"use_parent_environment": true`), subtest(func(s *Subtest) any { return s.UseParentEnvironment }), "true", ""},
		{"1.8 trigger_token", step("subtest", `"trigger_token": null`), nothing, "subtest", ""},
		{"1.8 params", step("subtest", `"params": []`), subtest(func(s *Subtest) any { return len(s.Params) }), "0", ""},
		{"1.8 params Q32 name and value", step("subtest", `"params": [{"name": "a", "value": "b"}]`), subtest(func(s *Subtest) any { return pairs(s.Params) }), "[a=b]", ""},
		{"1.8 params Q32 key and value", step("subtest", `"params": [{"key": "a", "value": 1}]`), subtest(func(s *Subtest) any { return pairs(s.Params) }), "[a=1]", ""},
		{"1.8 params Q32 map", step("subtest", `"params": [{"a": "b"}, {"c": "d"}]`), subtest(func(s *Subtest) any { return pairs(s.Params) }), "[a=b c=d]", ""},
		{"1.8 params Q32 one map", step("subtest", `"params": {"a": "b"}`), subtest(func(s *Subtest) any { return pairs(s.Params) }), "[a=b]", ""},
		{"1.8 params Q32 with something else", step("subtest", `"params": [{"name": "a", "value": "b", "when": "x"}]`), subtest(func(s *Subtest) any { return pairs(s.Params) }), "[a=b]", "unknown-key"},
		{"1.8 checks", step("subtest", `"assertions": [{"source": "response_json", "property": "result", "comparison": "equal", "value": "pass"}], "variables": [], "scripts": ["a"], "before_scripts": []`),
			checks(func(c *Checks) any { return c.Assertions[0].Property.Value + c.Scripts[0].Value }), "resulta", ""},

		{"1.9 ghost-inspector", step("ghost-inspector", `"integration_id": "i", "suite_id": "s", "test_id": "t", "test_name": "n", "is_custom_start_url": true, "start_url": "http://a"`),
			fields, "integration_id=i suite_id=s test_id=t test_name=n is_custom_start_url=true start_url=http://a", ""},
		{"1.9 integration_id", step("ghost-inspector", `"integration_id": "i"`), fields, "integration_id=i", ""},
		{"1.9 suite_id", step("ghost-inspector", `"suite_id": "s"`), fields, "suite_id=s", ""},
		{"1.9 test_id", step("ghost-inspector", `"test_id": "t"`), fields, "test_id=t", ""},
		{"1.9 test_name", step("ghost-inspector", `"test_name": "n"`), fields, "test_name=n", ""},
		{"1.9 is_custom_start_url", step("ghost-inspector", `"is_custom_start_url": true, "start_url": "http://a"`), fields, "is_custom_start_url=true start_url=http://a", ""},
		{"1.9 assertions", step("ghost-inspector", `"assertions": [{"source": "response_json", "property": "passing", "comparison": "equal", "value": true}]`),
			checks(func(c *Checks) any { return c.Assertions[0].Property.Value }), "passing", ""},
		{"1.9 variables", step("ghost-inspector", `"variables": [{"source": "response_json", "property": "a", "name": "b"}]`), checks(func(c *Checks) any { return c.Variables[0].Name.Value }), "b", ""},
		{"1.9 scripts", step("ghost-inspector", `"scripts": ["a()"]`), checks(func(c *Checks) any { return values(c.Scripts) }), "[a()]", ""},
		{"1.9 ghost", step("ghost", `"suite_id": "s"`), fields, "suite_id=s", ""},

		{"1.10 token", step("inbound", `"token": "t"`), func(s Step) any { return s.(*Inbound).Token.Value }, "t", ""},
		{"1.10 isDynamicUrl", step("inbound", `"isDynamicUrl": true`), func(s Step) any { return s.(*Inbound).Dynamic }, "true", ""},
		{"1.10 checks", step("inbound", `"variables": [{"source": "response_json", "property": "a", "name": "b"}]`), checks(func(c *Checks) any { return len(c.Variables) }), "1", ""},

		{"1.12 property", get(`"variables": [{"source": "response_json", "property": "a[0].b", "name": "n"}]`), checks(func(c *Checks) any { return c.Variables[0].Property.Value }), "a[0].b", ""},
		{"1.12 property absent", get(`"variables": [{"source": "response_status", "name": "n"}]`), checks(func(c *Checks) any { return c.Variables[0].Source }), "response_status", ""},
		{"1.12 name null", get(`"variables": [{"source": "response_json", "property": "", "name": null}]`), checks(func(c *Checks) any { return len(c.Variables) }), "0", "blank-row"},
	}, func(t *testing.T, text string) (Step, source.Diagnostics) { return parseStep(t, text) })
}

func drawAuth(r *Request) any { return fmt.Sprint(r.Auth.Kind, " ", pairs(r.Auth.Fields)) }

func drawCondition(s Step) any {
	c := s.(*Condition)
	return fmt.Sprint(c.Comparison, " ", c.Left.Value, " ", c.Right.Value, " ", len(c.Steps))
}

func TestReferenceAssertions(t *testing.T) {
	t.Parallel()
	target := func(a Assertion) any { return a.Target.Value }
	rows := []referenceRow[Assertion]{
		{"1.11 value integer", `"source": "response_status", "comparison": "equal_number", "value": 200`, target, "200", ""},
		{"1.11 value string", `"source": "response_status", "comparison": "equal_number", "value": "200"`, target, "200", ""},
		{"1.11 value boolean", `"source": "response_json", "comparison": "equal", "property": "a", "value": true`, target, "true", ""},
		{"1.11 value null", `"source": "response_json", "comparison": "is_null", "property": "a", "value": null`, target, "", ""},
		{"1.11 value not numeric", `"source": "response_time", "comparison": "is_less_than", "value": "soon"`, target, "soon", ""},
		{"1.11 property absent", `"source": "response_size", "comparison": "is_less_than", "value": 1`, func(a Assertion) any { return a.Property.Place.Known() }, "false", ""},
		{"1.11 property empty", `"source": "response_json", "comparison": "not_empty", "property": ""`, func(a Assertion) any { return a.Property.Place.Known() }, "true", ""},
	}
	for _, alias := range []struct{ name, want string }{
		{"response_json", "response_json"}, {"response_headers", "response_headers"}, {"response_xml", "response_xml"},
		{"response_text", "response_text"}, {"response_status", "response_status"}, {"response_time", "response_time"},
		{"response_size", "response_size"}, {"response_header", "response_headers"},
	} {
		rows = append(rows, referenceRow[Assertion]{"1.11 source " + alias.name,
			`"comparison": "empty", "source": "` + alias.name + `"`, func(a Assertion) any { return a.Source }, alias.want, ""})
	}
	for _, alias := range []struct{ name, want string }{
		{"equal", "equal"}, {"is_equal", "equal"}, {"equal_to", "equal"}, {"equals", "equal"}, {"not_equal", "not_equal"},
		{"does_not_equal", "not_equal"}, {"contains", "contains"}, {"does_not_contain", "does_not_contain"},
		{"not_contains", "does_not_contain"}, {"empty", "empty"}, {"is_empty", "empty"}, {"not_empty", "not_empty"},
		{"is_not_empty", "not_empty"}, {"is_a_number", "is_a_number"}, {"equal_number", "equal_number"}, {"equals_number", "equal_number"},
		{"is_less_than", "is_less_than"}, {"less_than", "is_less_than"}, {"is_less_than_or_equal", "is_less_than_or_equal"},
		{"less_than_or_equal", "is_less_than_or_equal"}, {"is_greater_than", "is_greater_than"}, {"greater_than", "is_greater_than"},
		{"is_greater_than_or_equal", "is_greater_than_or_equal"}, {"greater_than_or_equal", "is_greater_than_or_equal"},
		{"has_key", "has_key"}, {"has_value", "has_value"}, {"is_null", "is_null"},
	} {
		rows = append(rows, referenceRow[Assertion]{"1.11 comparison " + alias.name,
			`"source": "response_json", "value": "x", "comparison": "` + alias.name + `"`, func(a Assertion) any { return a.Comparison }, alias.want, ""})
	}
	runReference(t, rows, func(t *testing.T, text string) (Assertion, source.Diagnostics) {
		step, said := parseStep(t, `{"step_type": "request", "method": "GET", "url": "/", "assertions": [{`+text+`}]}`)
		return ChecksOf(step).Assertions[0], said
	})
}

func TestReferenceEnvironments(t *testing.T) {
	t.Parallel()
	flag := func(read func(*Environment) *bool) func(*Environment) any {
		return func(e *Environment) any { return *read(e) }
	}
	unset := func(e *Environment) any {
		return reflect.DeepEqual(*e, Environment{File: e.File, Place: e.Place, Name: "n"})
	}
	version := func(e *Environment) any { return e.HTTPVersion }
	rows := []referenceRow[*Environment]{
		{"2.1 id", `"id": "i"`, func(e *Environment) any { return e.ID }, "i", ""},
		{"2.1 name", `"id": null`, func(e *Environment) any { return e.Name }, "n", ""},
		{"2.1 test_id", `"test_id": "t"`, func(e *Environment) any { return e.TestID }, "t", ""},
		{"2.1 parent_environment_id", `"parent_environment_id": "p", "extends": "p.yaml"`, func(e *Environment) any { return e.ParentID + e.Extends.Value }, "pp.yaml", ""},
		{"2.1 initial_variables", `"initial_variables": {"a": "b", "c": "{{a}}"}`, func(e *Environment) any { return pairs(e.Initial) }, "[a=b c={{a}}]", ""},
		{"2.1 script", `"script": "log(1)"`, func(e *Environment) any { return e.Script.Value }, "log(1)", ""},
		{"2.1 script_library", `"script_library": ["l", 2]`, func(e *Environment) any { return values(e.ScriptLibrary) }, "[l 2]", ""},
		{"2.1 headers", `"headers": {"A": ["b", "c"], "D": "e"}`, func(e *Environment) any { return pairs(e.Headers) }, "[A=b A=c D=e]", ""},
		{"2.1 auth", `"auth": {"auth_type": "basic", "username": "u"}`, func(e *Environment) any { return fmt.Sprint(e.Auth.Kind, pairs(e.Auth.Fields)) }, "1 [username=u]", ""},
		{"2.1 client_certificate", `"client_certificate": "-----BEGIN"`, drawCertificate, "-----BEGIN||", ""},
		{"2.1 client_certificate with key", `"client_certificate": "c.pem", "client_key": "k.pem", "client_key_passphrase": "p"`, drawCertificate, "c.pem|k.pem|p", ""},
		{"2.1 client_certificate object", `"client_certificate": {"certificate": "c", "key": "k", "passphrase": "p"}`, drawCertificate, "c|k|p", ""},
		{"2.1 verify_ssl", `"verify_ssl": false`, flag(func(e *Environment) *bool { return e.VerifySSL }), "false", ""},
		{"2.1 preserve_cookies", `"preserve_cookies": true`, flag(func(e *Environment) *bool { return e.PreserveCookies }), "true", ""},
		{"2.1 retry_on_failure", `"retry_on_failure": true`, unset, "true", "no-effect"},
		{"2.1 stop_on_failure", `"stop_on_failure": true`, flag(func(e *Environment) *bool { return e.StopOnFailure }), "true", ""},
		{"2.1 http_version_support", `"http_version_support": "http2_with_fallback"`, func(e *Environment) any { return e.HTTPVersion == HTTP2Fallback }, "true", ""},
		{"2.1 force_h2c", `"force_h2c": true`, flag(func(e *Environment) *bool { return e.ForceH2C }), "true", ""},
		{"2.1 pre_request_scripts", `"pre_request_scripts": ["a", ""]`, func(e *Environment) any { return values(e.BeforeScripts) }, "[a]", ""},
		{"2.1 post_response_scripts", `"post_response_scripts": ["a"]`, func(e *Environment) any { return values(e.AfterScripts) }, "[a]", ""},
		{"2.1 regions", `"regions": ["us1"]`, unset, "true", ""},
		{"2.1 remote_agents", `"remote_agents": [{"name": "a", "uuid": "u"}]`, unset, "true", ""},
		{"2.1 webhooks", `"webhooks": ["http://a"]`, unset, "true", ""},
		{"2.1 emails", `"emails": {"notify_all": true, "recipients": []}`, unset, "true", ""},
		{"2.1 integrations", `"integrations": [{"id": "i"}]`, unset, "true", ""},
		{"2.1 initial_script_hash, exported_at, version", `"initial_script_hash": "h", "exported_at": 1, "version": "1.0"`, unset, "true", ""},
		{"2.1 nothing said", `"initial_variables": null, "script": "", "script_library": [], "headers": {}, "auth": {}, "client_certificate": "", "verify_ssl": null,
			"http_version_support": null, "force_h2c": null, "pre_request_scripts": [], "post_response_scripts": null, "proxy": {}`, unset, "true", ""},
		{"2.2 retry on failure", `"retry_on_failure": false`, unset, "true", ""},
		{"2.2 Advanced diagnostics", `"advanced_diagnostics": true`, unset, "true", "no-effect"},
		{"2.2 Advanced diagnostics in another shape", `"advanced_diagnostics": {"ping": true}`, unset, "true", "no-effect"},
		{"2.2 Advanced diagnostics off", `"advanced_diagnostics": false`, unset, "true", ""},
		{"2.2 Advanced diagnostics not said", `"advanced_diagnostics": null`, unset, "true", ""},
		{"2.2 Stop on failure", `"stop_on_failure": true`, flag(func(e *Environment) *bool { return e.StopOnFailure }), "true", ""},
		{"2.2 Use cookies", `"preserve_cookies": true`, flag(func(e *Environment) *bool { return e.PreserveCookies }), "true", ""},
		{"2.2 Validate SSL on", `"verify_ssl": true`, flag(func(e *Environment) *bool { return e.VerifySSL }), "true", ""},
		{"2.2 Validate SSL off", `"verify_ssl": false`, flag(func(e *Environment) *bool { return e.VerifySSL }), "false", ""},
		{"2.2 Validate SSL not said", `"verify_ssl": null`, func(e *Environment) any { return e.VerifySSL == nil && e.Merged().VerifySSL }, "true", ""},
		{"2.2 Force h2c", `"force_h2c": true`, flag(func(e *Environment) *bool { return e.ForceH2C }), "true", ""},
		{"2.2 Force h2c beside a version", `"force_h2c": true, "http_version_support": "HTTP/1 only"`, func(e *Environment) any { return fmt.Sprint(*e.ForceH2C, e.HTTPVersion == HTTP1) }, "true true", ""},
		{"2.3 client certificates: PEM with both sections", `"client_certificate": ` + strconv.Quote(pemText), drawCertificate, pemText + "||", ""},
		{"2.3 client certificates: a separate key", `"client_certificate": "c.pem", "client_key": "k.pem"`, drawCertificate, "c.pem|k.pem|", ""},
		{"2.3 client certificates: a passphrase", `"client_certificate": "c.pem", "client_key_passphrase": "{{pp}}"`, drawCertificate, "c.pem||{{pp}}", ""},
		{"2.3 client certificates: no limit of 128 characters", `"client_certificate": "c", "client_key_passphrase": "` + strings.Repeat("p", 200) + `"`,
			func(e *Environment) any { return len(e.ClientCertificate.Passphrase.Value) }, "200", ""},
		{"2.3 client certificates: no limit of 1 MB", `"client_certificate": "` + strings.Repeat("c", 1<<20+1) + `"`,
			func(e *Environment) any { return len(e.ClientCertificate.Certificate.Value) > 1<<20 }, "true", ""},
		{"2.3 authentication switched off", `"auth": {"auth_type": "none"}`, func(e *Environment) any { return e.Auth.Kind == NoAuth && e.Merged().Auth == nil }, "true", ""},
		{"2.2 HTTP version: HTTP/1 only", `"http_version_support": "HTTP/1 only"`, version, fmt.Sprint(HTTP1), ""},
		{"2.2 HTTP version: number", `"http_version_support": 1.1`, version, fmt.Sprint(HTTP1), ""},
		{"2.2 HTTP version: HTTP/2 only", `"http_version_support": "HTTP/2 only"`, version, fmt.Sprint(HTTP2), ""},
		{"2.2 HTTP version: h2", `"http_version_support": "h2"`, version, fmt.Sprint(HTTP2), ""},
		{"2.2 HTTP version: HTTP/2 with fallback", `"http_version_support": "HTTP/2 with fallback to HTTP/1.1"`, version, fmt.Sprint(HTTP2Fallback), ""},
		{"2.2 proxy", `"proxy": {"http": "http://a", "https": "http://b", "bypass": "c, d"}`, drawProxy, "http://a http://b [c d]", ""},
		{"2.2 proxy as text", `"proxy": "http://u:p@a:1"`, drawProxy, "http://u:p@a:1 http://u:p@a:1 []", ""},
		{"2.2 proxy with one address", `"proxy": {"url": "http://a", "no_proxy": ["c", "d"]}`, drawProxy, "http://a http://a [c d]", ""},
		{"2.2 script libraries", `"libraries": ["a.js"]`, func(e *Environment) any { return e.Libraries[0].Path.Value }, "a.js", ""},
		{"2.2 script libraries by id", `"libraries": {"l": "a.js"}`, func(e *Environment) any { return e.Libraries[0].ID + e.Libraries[0].Path.Value }, "la.js", ""},
		{"3.5 tests", `"tests": {"u": "t.json"}`, func(e *Environment) any { return pairs(e.Tests) }, "[u=t.json]", ""},
		{"3.5 files", `"files": "up/"`, func(e *Environment) any { return e.Files.Value }, "up/", ""},
	}
	for i := range rows {
		rows[i].text = `{"name": "n", ` + rows[i].text + `}`
	}
	containers := map[string]string{"object": "%s", "list": "[%s]", "envelope": `{"data": %s, "meta": {"status": "success"}, "error": null}`,
		"envelope with a list": `{"data": [%s], "meta": {}, "error": null}`}
	for container, pattern := range containers {
		t.Run(container, func(t *testing.T) {
			t.Parallel()
			runReference(t, rows, func(t *testing.T, text string) (*Environment, source.Diagnostics) {
				found, said := environments(t, "a.json", fmt.Sprintf(pattern, text))
				return found[0], said
			})
		})
	}
	t.Run("yaml", func(t *testing.T) {
		t.Parallel()
		runReference(t, rows, func(t *testing.T, text string) (*Environment, source.Diagnostics) {
			found, said := environments(t, "a.yaml", "# ours\n"+text)
			return found[0], said
		})
	})
}

// pemText has the form of a certificate with its key.
const pemText = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"

// Nothing of these changes a run: the service counts what there is of them.
func TestReferenceBehavioursWithoutEffect(t *testing.T) {
	t.Parallel()
	t.Run("2.2 Limits", func(t *testing.T) {
		t.Parallel()
		list := func(element string) string { return "[" + strings.Repeat(element+",", 11) + element + "]" }
		d, said := parse(t, `{"name": "n", "environments": `+list(`{"name": "e"}`)+`, "schedules": `+list(`{"interval": "2m"}`)+`, "steps": [`+pauseStep+`]}`)
		if len(d.Tests[0].Environments) != 12 || len(said) > 0 {
			t.Errorf("read %d environments, said %v", len(d.Tests[0].Environments), said)
		}
	})
}

func drawCertificate(e *Environment) any {
	c := e.ClientCertificate
	return c.Certificate.Value + "|" + c.Key.Value + "|" + c.Passphrase.Value
}

func drawProxy(e *Environment) any {
	return fmt.Sprint(e.Proxy.HTTP.Value, " ", e.Proxy.HTTPS.Value, " ", values(e.Proxy.Bypass))
}

func TestReferenceInheritance(t *testing.T) {
	t.Parallel()
	layers := func(read func(*Environment) any) func(*Environment) any {
		return func(e *Environment) any {
			var all []any
			for _, layer := range e.Layers() {
				all = append(all, read(layer))
			}
			return all
		}
	}
	for _, row := range []struct {
		name, shared, child string
		got                 func(*Environment) any
		want                string
	}{
		{"2.4 initial variables", `"initial_variables": {"a": "1"}`, `"initial_variables": {"a": "2"}`, layers(func(e *Environment) any { return pairs(e.Initial) }), "[[a=1] [a=2]]"},
		{"2.4 initial script", `"script": "a"`, `"script": "b"`, layers(func(e *Environment) any { return e.Script.Value }), "[a b]"},
		{"2.4 pre-request scripts", `"pre_request_scripts": ["a"]`, `"pre_request_scripts": ["b"]`, layers(func(e *Environment) any { return values(e.BeforeScripts) }), "[[a] [b]]"},
		{"2.4 post-response scripts", `"post_response_scripts": ["a"]`, `"post_response_scripts": ["b"]`, layers(func(e *Environment) any { return values(e.AfterScripts) }), "[[a] [b]]"},
		{"2.4 authentication", `"auth": {"auth_type": "basic"}`, `"auth": {"auth_type": "oauth_2"}`, func(e *Environment) any { return e.Merged().Auth.KindText.Value }, "oauth_2"},
		{"2.4 authentication of the shared", `"auth": {"auth_type": "basic"}`, `"auth": {}`, func(e *Environment) any { return e.Merged().Auth.KindText.Value }, "basic"},
		{"2.4 authentication switched off by the child", `"auth": {"auth_type": "basic"}`, `"auth": {"auth_type": "none"}`, func(e *Environment) any { return e.Merged().Auth == nil }, "true"},
		{"2.4 authentication switched off by the shared", `"auth": {"auth_type": "none"}`, `"auth": {"auth_type": "basic"}`, func(e *Environment) any { return e.Merged().Auth.KindText.Value }, "basic"},
		{"2.4 headers", `"headers": {"A": "1", "B": ["2", "3"]}`, `"headers": {"b": ["4"]}`, func(e *Environment) any { return pairs(e.Merged().Headers) }, "[A=1 b=4]"},
		{"2.4 behaviours changed", `"stop_on_failure": true, "verify_ssl": false`, `"stop_on_failure": false, "verify_ssl": true`,
			func(e *Environment) any { return fmt.Sprint(e.Merged().StopOnFailure, e.Merged().VerifySSL) }, "true false"},
		{"2.4 behaviours not changed", `"stop_on_failure": false, "verify_ssl": true`, `"stop_on_failure": true, "verify_ssl": false`,
			func(e *Environment) any { return fmt.Sprint(e.Merged().StopOnFailure, e.Merged().VerifySSL) }, "true false"},
		{"2.4 behaviours: HTTP version", `"http_version_support": "HTTP/2 only"`, `"http_version_support": "HTTP/1 only"`,
			func(e *Environment) any { return e.Merged().HTTPVersion == HTTP2 }, "true"},
		{"2.4 locations, integrations", `"regions": ["us1"], "integrations": [{"id": "i"}]`, `"regions": ["eu1"]`, func(e *Environment) any { return len(e.Merged().Unsupported) }, "0"},
		{"2.4 e-mails", `"emails": {"notify_all": true}`, `"emails": {}`, func(e *Environment) any { return len(e.Merged().Unsupported) }, "0"},
		{"2.4 webhooks", `"webhooks": ["http://a"]`, `"webhooks": ["http://b"]`, func(e *Environment) any { return len(e.Merged().Unsupported) }, "0"},
		{"2.4 proxy", `"proxy": "http://a"`, `"proxy": "http://b"`, func(e *Environment) any { return e.Merged().Proxy.HTTP.Value }, "http://b"},
		{"2.4 client certificate", `"client_certificate": "a"`, `"test_id": "t"`, func(e *Environment) any { return e.Merged().ClientCertificate.Certificate.Value }, "a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			found, _ := environments(t, "a.json", `[{"name": "child", "parent_environment_id": "s", `+row.child+`}, {"name": "shared", "id": "s", `+row.shared+`}]`)
			if diff := cmp.Diff(row.want, fmt.Sprint(row.got(found[0]))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("2.4 test data", func(t *testing.T) {
		t.Parallel()
		_, said := ParseEnvironment(source.NewFile("a.yaml", []byte("name: n\ntest_data: a.csv\n")))
		if codes(said) != "unknown-key" {
			t.Errorf("test data belong to a run and not to an environment; said %v", said)
		}
	})
}

func TestReferenceData(t *testing.T) {
	t.Parallel()
	t.Run("2.2 test data", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"a.csv", "a.txt", "a.dat"} {
			got, said := rows(t, name, "user,pw\nann,x\nbob,y\n")
			if diff := cmp.Diff([]string{"user=ann|pw=x", "user=bob|pw=y"}, got); diff != "" || len(said) > 0 {
				t.Errorf("%s: -want +got:\n%s", name, diff)
			}
		}
	})
}
