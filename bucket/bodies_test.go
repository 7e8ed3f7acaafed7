package bucket

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

func drawParts(parts []Part) []string {
	var out []string
	for _, p := range parts {
		text := p.Name.Value + "=" + p.Value.Value
		if p.IsFile() {
			text = p.Name.Value + "@" + p.FileName.Value
		}
		if p.ContentType.Value != "" {
			text += ";" + p.ContentType.Value
		}
		out = append(out, text)
	}
	return out
}

func TestMultipartFormsInAllTheirForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key, text string
		want      []string
	}{
		{"multipart_form", `[{"name": "a", "value": "{{x}}"}, {"key": "b", "text": 2}, {"parameter": "c", "data": true}]`, []string{"a={{x}}", "b=2", "c=true"}},
		{"multipart_form", `[{"parameter_name": "a", "file": "x.png", "content_type": "image/png"}]`, []string{"a@x.png;image/png"}},
		{"multipart_form", `[{"name": "a", "filename": "x.png", "contentType": "image/png", "value": ""}]`, []string{"a@x.png;image/png"}},
		{"multipart_form", `[{"name": "a", "file_name": "x"}, {"name": "b", "path": "p/y"}, {"name": "c", "file_path": "z"}]`, []string{"a@x", "b@p/y", "c@z"}},
		{"multipart_form", `[{"name": "a", "type": "file", "value": "x.png"}, {"name": "b", "type": "text", "value": "v", "file": null}]`, []string{"a@x.png", "b=v"}},
		{"multipart_form", `[{"name": "a", "value": "v", "type": "text/csv"}, {"name": "b", "value": "w", "mime_type": "m/n"}]`, []string{"a=v;text/csv", "b=w;m/n"}},
		{"multipart_form", `[{"name": "a", "file": {"id": "17", "name": "x.png", "content_type": "image/png", "size": 3}}]`, []string{"a@x.png;image/png"}},
		{"multipart_form", `[{"name": "a", "file": {"id": "17"}}, {"name": "b", "file": {"name": "n", "path": "p/n"}}]`, []string{"a@17", "b@p/n"}},
		{"multipart_form", `[{"name": "a"}, {"name": "", "value": null}, {}]`, []string{"a="}},
		{"multipart_form", `{"a": "1", "b": ["2", 3], "c": {"file": "x"}}`, []string{"a=1", "b=2", "b=3", "c@x"}},
		{"files", `{"a": "x.png", "b": {"name": "y.png"}, "c": {"file": "z"}, "d": ["1", "2"]}`, []string{"a@x.png", "b@y.png", "c@z", "d@1", "d@2"}},
		{"files", `[{"name": "a", "file": "x.png"}, {"name": "b", "value": "y.png"}]`, []string{"a@x.png", "b@y.png"}},
	} {
		r := request(t, fmt.Sprintf("%q: %s", test.key, test.text))
		if diff := cmp.Diff(test.want, drawParts(r.Multipart)); diff != "" || r.Unsupported != nil {
			t.Errorf("%s: %v, -want +got:\n%s", test.text, whats(r.Unsupported), diff)
		}
	}
}

func TestBinaryBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{`[{"file": "x.png", "content_type": "image/png"}]`, "@x.png;image/png"},
		{`{"name": "n", "path": "x.png"}`, "n@x.png"},
		{`"x.png"`, "@x.png"},
		{`["x.png", null, {}]`, "@x.png"},
		{`[{"value": "{{text}}"}]`, "={{text}}"},
	} {
		r := request(t, `"binary_body": `+test.text)
		if r.Binary == nil || drawParts([]Part{*r.Binary})[0] != test.want || r.Unsupported != nil {
			t.Errorf("%s: read %+v, %v", test.text, r.Binary, r.Unsupported)
		}
	}
}

func TestGraphQLBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{`{"query": "{a}", "variables": "{\"x\": {{n}}}", "operationName": "o"}`, `{a} {"x": {{n}}} o`},
		{`{"query": "{a}", "variables": {"x": "{{n}}",  "y": ["ä"]}, "operation_name": "o"}`, `{a} {"x": "{{n}}",  "y": ["ä"]} o`},
		{`{"query": "{a}", "variables": {"x": ""}}`, `{a} {"x": ""} `},
		{`{"query": "{a}", "variables": {}, "operationName": null}`, `{a}  `},
	} {
		r := request(t, `"graphql_body": `+test.text)
		if r.GraphQL == nil || r.Unsupported != nil {
			t.Errorf("%s: read %+v, %v", test.text, r.GraphQL, r.Unsupported)
			continue
		}
		got := r.GraphQL.Query.Value + " " + r.GraphQL.Variables.Value + " " + r.GraphQL.OperationName.Value
		if got != test.want {
			t.Errorf("%s: read %s", test.text, got)
		}
		if i := strings.Index(r.GraphQL.Variables.Value, "{{n}}"); i >= 0 {
			if at := r.GraphQL.Variables.At(i, i+5); string(at.File.Bytes()[at.Start:at.End]) != "{{n}}" {
				t.Errorf("%s: the template leads to %v", test.text, at)
			}
		}
	}
	for _, none := range []string{`{"query": "", "variables": "{}"}`, `{"query": null, "variables": {}}`, `{"variables": "{ }"}`} {
		if r := request(t, `"graphql_body": `+none); r.GraphQL != nil || r.Unsupported != nil {
			t.Errorf("%s: read %+v", none, r.GraphQL)
		}
	}
}

func TestLegacyBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, body, form, params, said string }{
		{`"args": {"a": ["b", "c"], "d": 1}`, "", "", "a=b a=c d=1", ""},
		{`"args": [{"name": "a", "value": "b"}, {"c": "d"}]`, "", "", "a=b c=d", ""},
		{`"data": "x"`, "x", "", "", ""},
		{`"data": "x", "body": ""`, "x", "", "", ""},
		{`"data": "x", "body": "x"`, "x", "", "", ""},
		{`"data": "x", "body": "y"`, "y", "", "", "two-bodies"},
		{`"raw_body": "x"`, "x", "", "", ""},
		{`"data": "y", "raw_body": "x"`, "x", "", "", "two-bodies"},
		{`"data": {"a": ["b"]}`, "", "a=b", "", ""},
		{`"data": {"a": "b"}, "form": {"a": ["b"]}`, "", "a=b", "", ""},
		{`"data": {"a": "c"}, "form": {"a": ["b"]}`, "", "a=b", "", "two-bodies"},
		{`"data": {}, "raw_body": " ", "args": null, "files": {}`, "", "", "", ""},
	} {
		step, said := parseStep(t, `{"step_type": "request", "method": "GET", "url": "/", `+test.text+`}`)
		r := step.(*Request)
		got := []string{r.Body.Value, strings.Join(pairs(r.Form), " "), strings.Join(pairs(r.Params), " "), codes(said)}
		want := []string{test.body, test.form, test.params, test.said}
		if diff := cmp.Diff(want, got); diff != "" || r.Unsupported != nil || r.HasBody != (test.body != "") {
			t.Errorf("%s: %v, -want +got:\n%s", test.text, r.Unsupported, diff)
		}
	}
}

func codes(said source.Diagnostics) string {
	var out []string
	for _, d := range said {
		out = append(out, d.Code)
	}
	return strings.Join(out, " ")
}

func TestABodyThatIsNotUnderstoodIsRefusedByName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{`"multipart_form": [{"name": "a", "colour": "red"}]`, `"colour" of a part of the body`},
		{`"multipart_form": [{"value": "x"}]`, `a part of "multipart_form" without a name`},
		{`"multipart_form": [{"name": "a", "type": "moon", "value": "x"}]`, `"type" of a part of the body that is neither a content type nor text nor file`},
		{`"multipart_form": [{"name": "a", "type": "file"}]`, "a part that is a file and names none"},
		{`"multipart_form": [{"name": "a", "value": "x", "file": "y"}]`, "a part with a text and a file"},
		{`"multipart_form": [{"name": "a", "type": "text", "value": "x", "file": "y"}]`, "a part with a text and a file"},
		{`"multipart_form": [{"name": "a", "key": "b"}]`, `"key" of a part of the body beside another key that says the same thing differently`},
		{`"multipart_form": [{"name": "a", "file": {"url": "http://a.example"}}]`, `"url" of a file of the body`},
		{`"multipart_form": [{"name": "a", "file": ["x"]}]`, `"file" of a part of the body that is a list`},
		{`"multipart_form": {"a": {"name": "b", "value": "c"}}`, `"a" of "multipart_form" of a request step with another name in it`},
		{`"multipart_form": {"a": [["b"]]}`, `"a" of "multipart_form" of a request step with a list in a list`},
		{`"multipart_form": "a=b"`, "something that cannot be read"},
		{`"multipart_form": ["a"]`, "something that cannot be read"},
		{`"multipart_form": [{"name": "a", "value": {"b": "c"}}]`, "something that cannot be read"},
		{`"binary_body": ["a", "b"]`, "a binary body of 2 parts"},
		{`"binary_body": [7]`, "a binary body that is a number"},
		{`"graphql_body": "{a}"`, `"graphql_body" of a request step that is text`},
		{`"graphql_body": {"query": "{a}", "extensions": {"a": 1}}`, `"extensions" of "graphql_body"`},
		{`"graphql_body": {"variables": {"a": 1}}`, "a GraphQL body without a query"},
		{`"graphql_body": {"query": "{a}", "variables": 7}`, `"variables" of "graphql_body" that is a number`},
		{`"graphql_body": {"query": ["{a}"]}`, "something that cannot be read"},
		{`"args": "a=b"`, "something that cannot be read"},
		{`"raw_body": {"a": "b"}`, `"raw_body" of a request step that is an object`},
		{`"data": ["a"]`, "something that cannot be read"},
		{`"files": ["a.png"]`, "something that cannot be read"},
		{`"files": [{"file": "a.png"}]`, `a part of "files" without a name`},
	} {
		r := request(t, test.text)
		if len(r.Unsupported) == 0 || !strings.HasPrefix(r.Unsupported[0].What, test.want) || !r.Unsupported[0].Place.Known() {
			t.Errorf("%s: refused %q", test.text, whats(r.Unsupported))
		}
	}
}
