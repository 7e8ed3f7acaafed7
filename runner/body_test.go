package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"offscope/event"
	"offscope/exchange"
)

func post(more string) string {
	return `{"step_type":"request","method":"POST","url":"SERVER/x",` + more + `}`
}

// files are what bodies may read.
var files = fstest.MapFS{
	"a.txt": {Data: []byte("text of a")}, "deep/b.json": {Data: []byte(`{"b":1}`)}, "c.bin": {Data: []byte{0, 0xff, '\r', '\n', 0xfe}}, "noext": {Data: []byte("n")},
}

// partsOf reads a multipart form as net/http does.
func partsOf(t *testing.T, contentType string, body []byte) string {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("%q: %v", contentType, err)
	}
	out := []string{kind}
	for r := multipart.NewReader(bytes.NewReader(body), parameters["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return strings.Join(out, "; ")
		}
		if err != nil {
			t.Fatalf("%v in %q", err, body)
		}
		content, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s|%s|%s|%q", p.FormName(), p.FileName(), p.Header.Get("Content-Type"), content))
	}
}

// sentBody runs one step and returns what went out.
func (r run) sentBody(t *testing.T) (*exchange.Request, *recording, event.RunFinished) {
	t.Helper()
	var sent *exchange.Request
	r.sender = senderFunc(func(_ context.Context, q *exchange.Request) (*exchange.Response, error) {
		sent = q
		return &exchange.Response{Status: 200, Body: []byte(`{"a":1}`)}, nil
	})
	out, end, _ := r.do(t)
	if sent == nil {
		t.Fatalf("nothing was sent\n%s", out.encoded(t))
	}
	return sent, out, end
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, step, want, notice string }{
		{"1.4 multipart_form: texts, in order, names repeated", post(`"multipart_form":[{"name":"z","value":"{{v}}"},{"name":"a","value":""},{"name":"z","value":"2"}]`),
			`multipart/form-data; z|||"val"; a|||""; z|||"2"`, ""},
		{"a file, its type guessed", post(`"multipart_form":[{"name":"f","file":"a.txt"},{"name":"g","file":"deep/{{b}}"}]`),
			`multipart/form-data; f|a.txt|text/plain; charset=utf-8|"text of a"; g|b.json|application/json|"{\"b\":1}"`, ""},
		{"a file of bytes, its type given", post(`"multipart_form":[{"name":"f","file":"c.bin","content_type":"image/{{v}}"}]`), `multipart/form-data; f|c.bin|image/val|"\x00\xff\r\n\xfe"`, ""},
		{"a file without an extension", post(`"multipart_form":[{"name":"f","file":"noext"}]`), `multipart/form-data; f|noext|application/octet-stream|"n"`, ""},
		{"a text with a type", post(`"multipart_form":[{"name":"j","value":"{}","content_type":"application/json"}]`), `multipart/form-data; j||application/json|"{}"`, ""},
		{"quotes and lines in a name", post(`"multipart_form":[{"name":"a\"b\r\nX: y","value":"1"}]`), `multipart/form-data; a%22b%0D%0AX: y|||"1"`, ""},
		{"lines in a type", post(`"multipart_form":[{"name":"a","value":"1","content_type":"text/plain\r\nX-Bad: y"}]`), `multipart/form-data; a||text/plainX-Bad: y|"1"`, ""},
		{"a boundary of one's own", post(`"headers":{"Content-Type":["multipart/related; boundary=abc; type=x"]},"multipart_form":[{"name":"a","value":"1"}]`), `multipart/related; a|||"1"`, ""},
		{"a type without a boundary", post(`"headers":{"Content-Type":["multipart/mixed; type=x"]},"multipart_form":[{"name":"a","value":"1"}]`), `multipart/mixed; a|||"1"`, ""},
		{"beside a form", post(`"form":{"q":["1"]},"multipart_form":[{"name":"a","value":"1"}]`), `multipart/form-data; a|||"1"`, "two-bodies"},
		{"beside an empty body", post(`"body":"","multipart_form":[{"name":"a","value":"1"}]`), `multipart/form-data; a|||"1"`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			sent, out, end := run{options: Options{Files: files}, vars: map[string]string{"v": "val", "b": "b.json"}, steps: row.step}.sentBody(t)
			if got := partsOf(t, sent.Header.Get("Content-Type"), sent.Body); got != row.want || end.Outcome != event.Passed {
				t.Errorf("%s\ngot  %s\nwant %s\n%s", end.Outcome, got, row.want, out.encoded(t))
			}
			notices := ""
			for _, n := range all[event.Notice](out, 1) {
				notices += n.Code
			}
			if notices != row.notice {
				t.Errorf("notices %q, want %q", notices, row.notice)
			}
		})
	}
}

func TestMultipartIsReadByARealServer(t *testing.T) {
	t.Parallel()
	_, end, seen := run{options: Options{Files: files}, steps: post(`"multipart_form":[{"name":"f","file":"a.txt"},{"name":"q","value":"1"}],` + good)}.do(t)
	if end.Outcome != event.Passed || seen.count() != 1 || !strings.Contains(seen.requests[0], "text of a") {
		t.Errorf("%s %q", end.Outcome, seen.requests)
	}
}

func TestAMultipartBodyUnderAnotherTypeIsRemarked(t *testing.T) {
	t.Parallel()
	sent, out, _ := run{env: "headers: {Content-Type: application/json}\n", steps: post(`"multipart_form":[{"name":"a","value":"1"}]`)}.sentBody(t)
	if sent.Header.Get("Content-Type") != "application/json" || one[event.Notice](t, out, 1).Code != "multipart-type" {
		t.Errorf("%s", out.encoded(t))
	}
}

func TestTheSeedDecidesTheBoundary(t *testing.T) {
	t.Parallel()
	r := run{options: Options{Seed: 5}, steps: post(`"multipart_form":[{"name":"a","value":"1"}]`)}
	one, _, _ := r.sentBody(t)
	two, _, _ := r.sentBody(t)
	if !bytes.Equal(one.Body, two.Body) {
		t.Errorf("%q and %q", one.Body, two.Body)
	}
}

func TestGraphQL(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, step, want, contentType string }{
		{"1.4 graphql_body", post(`"graphql_body":{"query":"query Q { a(b: \"{{v}}\") }","variables":"{\"n\": {{n}}, \"s\": \"{{v}}\"}"}`),
			`{"query":"query Q { a(b: \"val\") }","variables":{"n":7,"s":"val"}}`, "application/json"},
		{"variables as JSON", post(`"graphql_body":{"query":"{a}","variables":{"s":"{{v}}"}}`), `{"query":"{a}","variables":{"s":"val"}}`, "application/json"},
		{"without variables", post(`"graphql_body":{"query":"{a}","variables":" "}`), `{"query":"{a}"}`, "application/json"},
		{"an operation", post(`"graphql_body":{"query":"{a}","operationName":"{{v}}"}`), `{"query":"{a}","operationName":"val"}`, "application/json"},
		{"beside an empty body", post(`"body":"","graphql_body":{"query":"{a}"}`), `{"query":"{a}"}`, "application/json"},
		{"a type of one's own", post(`"headers":{"content-type":["application/graphql+json"]},"graphql_body":{"query":"{a}"}`), `{"query":"{a}"}`, "application/graphql+json"},
		{"a quote in a value of the query", post(`"graphql_body":{"query":"{{q}}\n"}`), `{"query":"a\"b\n"}`, "application/json"},
		{"a script changes it", post(`"graphql_body":{"query":"{a}"},"before_scripts":["var b = JSON.parse(request.body); b.query = '{b}'; request.body = JSON.stringify(b)"]`), `{"query":"{b}"}`, "application/json"},
		{"a large number stays as it is", post(`"graphql_body":{"query":"{a}","variables":"{\"n\":12345678901234567890}"}`), `{"query":"{a}","variables":{"n":12345678901234567890}}`, "application/json"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			sent, out, end := run{vars: map[string]string{"v": "val", "n": "7", "q": `a"b`}, steps: row.step}.sentBody(t)
			var body struct {
				Query     string
				Variables map[string]any
			}
			if err := json.Unmarshal(sent.Body, &body); err != nil || body.Query == "" {
				t.Errorf("a server reads %+v, %v", body, err)
			}
			if got := string(sent.Body); got != row.want || sent.Header.Get("Content-Type") != row.contentType || end.Outcome != event.Passed {
				t.Errorf("got %s as %s\n%s", got, sent.Header.Get("Content-Type"), out.encoded(t))
			}
		})
	}
}

func TestBinaryBodies(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, step, want, contentType string }{
		{"1.4 binary_body: a file", post(`"binary_body":[{"file":"c.bin"}]`), "\x00\xff\r\n\xfe", "application/octet-stream"},
		{"its name alone", post(`"binary_body":"{{v}}.txt"`), "text of a", "text/plain; charset=utf-8"},
		{"a text", post(`"binary_body":{"value":"{{v}}"}`), "a", ""},
		{"a type", post(`"binary_body":{"file":"a.txt","content_type":"x/{{v}}"}`), "text of a", "x/a"},
		{"a type of the step", post(`"headers":{"Content-Type":"y/z"},"binary_body":{"file":"a.txt"}`), "text of a", "y/z"},
		{"body and form both: the body wins", post(`"body":"raw","binary_body":{"file":"a.txt"},"graphql_body":{"query":"{a}"},"form":{"q":"1"}`), "raw", ""},
		{"a script's body wins", post(`"binary_body":{"file":"a.txt"},"before_scripts":["request.body = 'scripted'"]`), "scripted", ""},
		{"legacy args", strings.Replace(post(`"args":{"q":["{{v}} b","2"]}`), "POST", "GET", 1), "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			sent, out, end := run{options: Options{Files: files}, vars: map[string]string{"v": "a"}, steps: row.step}.sentBody(t)
			if string(sent.Body) != row.want || sent.Header.Get("Content-Type") != row.contentType || end.Outcome != event.Passed {
				t.Errorf("got %q as %q\n%s", sent.Body, sent.Header.Get("Content-Type"), out.encoded(t))
			}
			if strings.Contains(row.name, "args") && !strings.HasSuffix(sent.URL, "/x?q=a+b&q=2") {
				t.Errorf("URL %s", sent.URL)
			}
			if strings.Contains(row.name, "both") && len(all[event.Notice](out, 1)) != 3 {
				t.Errorf("Q29: not told of all bodies that were not sent\n%s", out.encoded(t))
			}
		})
	}
}

// A script that looks at the request does not change its bytes.
func TestABinaryBodyIsNotCalledRewritten(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"scripts", "before_scripts"} {
		sent, out, _ := run{options: Options{Files: files}, steps: post(`"binary_body":[{"file":"c.bin"}],"` + role + `":["log(request.body, request.headers)"]`)}.sentBody(t)
		if x := one[event.Exchanged](t, out, 1); x.Request.Rewritten || !x.Request.Body.Binary || string(sent.Body) != "\x00\xff\r\n\xfe" {
			t.Errorf("%s: %+v", role, x.Request)
		}
	}
}

func TestBodiesThatCannotBeMade(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside.txt")
	for path, text := range map[string]string{outside: "outside-canary", filepath.Join(folder, "in.txt"): "in"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link.txt")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	here := Options{Files: root.FS()}
	for _, row := range []struct {
		name, more string
		options    Options
		told       string
	}{
		{"no folder", `"binary_body":{"file":"in.txt"}`, Options{}, "no folder of files was given"},
		{"missing", `"binary_body":{"file":"none.txt"}`, here, "there is no such file in the folder of files"},
		{"missing in a part", `"multipart_form":[{"name":"a","value":"1"},{"name":"f","file":"none.txt"}]`, here, "there is no such file in the folder of files"},
		{"above", `"binary_body":{"file":"../outside.txt"}`, here, "it does not lie in the folder of files"},
		{"above by a detour", `"binary_body":{"file":"a/../../outside.txt"}`, here, "it does not lie in the folder of files"},
		{"above as Windows writes it", `"binary_body":{"file":"..\\outside.txt"}`, here, "it does not lie in the folder of files"},
		{"absolute", `"binary_body":{"file":"` + outside + `"}`, here, "it does not lie in the folder of files"},
		{"a link that leads out", `"binary_body":{"file":"link.txt"}`, here, "the file \\\"link.txt\\\" was not sent: "},
		{"by a variable", `"multipart_form":[{"name":"f","file":"{{up}}/outside.txt"}]`, here, "it does not lie in the folder of files"},
		{"a folder", `"binary_body":{"file":"."}`, here, "was not sent: "},
		{"an empty name", `"binary_body":{"file":"{{blank}}"}`, here, "was not sent: "},
		{"undefined name", `"binary_body":{"file":"{{none}}"}`, here, "Request failed to set 'binary_body' — Variable 'none' was not defined"},
		{"undefined in a part", `"multipart_form":[{"name":"a","value":"{{none}}"}]`, here, "Request failed to set 'multipart_form' — Variable 'none' was not defined"},
		{"a bad boundary", `"headers":{"Content-Type":["multipart/form-data; boundary=\"a b \""]},"multipart_form":[{"name":"a","value":"1"}]`, here, "the boundary in Content-Type is not valid"},
		{"GraphQL variables that are no JSON any more", `"graphql_body":{"query":"{a}","variables":"{\"n\": {{word}}}"}`, here, "not JSON after substitution"},
		{"GraphQL variables that are undefined", `"graphql_body":{"query":"{a}","variables":"{\"n\": {{none}}}"}`, here, "Request failed to set 'graphql_body' — Variable 'none' was not defined"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			out, end, seen := run{options: row.options, vars: map[string]string{"up": "..", "blank": "", "word": "nothing"}, steps: steps(post(row.more+","+good), get(good))}.do(t)
			text := out.encoded(t)
			if end.Outcome != event.Failed || out.outcomes() != "failed passed" || seen.count() != 1 || !strings.Contains(text, row.told) {
				t.Errorf("%s, %d requests, not told: %s\n%s", out.outcomes(), seen.count(), row.told, text)
			}
			if strings.Contains(text, "outside-canary") || strings.Contains(row.name, "undefined") && strings.Contains(text, "not JSON after") {
				t.Errorf("%s", text)
			}
		})
	}
	out, end, _ := run{options: here, steps: post(`"binary_body":{"file":"./in.txt"},` + good)}.do(t)
	if end.Outcome != event.Passed || one[event.Exchanged](t, out, 1).Request.Body.Text != "in" {
		t.Errorf("a file that may be read: %s", out.encoded(t))
	}
}

func TestABodyOnGetIsRemarked(t *testing.T) {
	t.Parallel()
	_, out, end := run{steps: get(`"graphql_body":{"query":"{a}"}`)}.sentBody(t)
	if n := one[event.Notice](t, out, 1); n.Code != "body-on-get" || end.Outcome != event.Passed {
		t.Errorf("Q29: %+v", n)
	}
	if _, end, seen := (run{steps: get(`"body":"b",` + good), handler: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"a":1}`) }}).do(t); end.Outcome != event.Passed || seen.count() != 1 {
		t.Error("Q29: it was not sent")
	}
}
