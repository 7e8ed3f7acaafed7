package runner

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"offscope/event"
	"offscope/source"
)

// What is never closed is sent as it stands (Q4), and somebody is told, once for each place.
func TestBracesThatAreSentAsTheyStandAreTold(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		run  run
		want int
	}{
		{"in a URL", run{steps: address("SERVER/{{foo")}, 1},
		{"in a header", run{steps: get(headerA("{{foo}"))}, 1},
		{"in a body", run{steps: postWith(`"body":"a {{b"`)}, 1},
		{"in authentication", run{steps: get(`"auth":{"auth_type":"basic","username":"{{u","password":"p"}`)}, 1},
		{"in a target", run{steps: get(assertRow("response_json", "a", "not_equal", "{{foo"))}, 1},
		{"in a property", run{steps: get(`"variables":[{"source":"response_json","property":"a{{b","name":"n"}]`)}, 1},
		{"in a comparison", run{steps: compares(condition, "{{foo", "equal", "1", get(""))}, 1},
		{"in a parameter", run{steps: subtestStep("s", `"params":[{"name":"p","value":"{{v"}],`+looks), subtests: map[string]run{"s": {steps: get("")}}}, 1},
		{"in a header of the environment", run{steps: steps(get(""), get("")), env: "headers: {A: '{{foo'}"}, 1},
		{"in an initial variable", run{steps: get(""), env: "initial_variables: {a: '{{foo'}"}, 1},
		{"in a subtest that is run twice", run{steps: steps(subtestStep("s", looks), subtestStep("s", looks)), subtests: map[string]run{"s": {steps: get(headerA("{{foo"))}}}, 1},
		{"two of them", run{steps: get(headerA("{{foo {{bar"))}, 2},
		{"in a skipped step", run{steps: steps(skippedStep(get(headerA("{{foo"))), get(""))}, 0},
		{"closing braces of a target", run{steps: get(assertRow("response_text", "", "does_not_contain", "}}"))}, 0},
		{"JSON", run{steps: postWith(`"body":"{\"a\":{\"b\":{}}}"`)}, 0},
	} {
		t.Run("Q4 "+row.name, func(t *testing.T) {
			t.Parallel()
			p := row.run.plan(t, "http://127.0.0.1:1")
			for what, problems := range map[string]source.Diagnostics{"plan": p.Problems, "examine": Examine(p)} {
				got := 0
				for _, d := range problems {
					if d.Code == "unclosed-template" && d.Severity == source.Warning && d.Place.Known() {
						got++
					}
				}
				if got != row.want {
					t.Errorf("%s: %v", what, problems)
				}
			}
		})
	}
}

// hanging is a folder whose files are none that can be read to an end.
type hanging struct{ t *testing.T }

func (h hanging) Open(string) (fs.File, error) {
	h.t.Error("what is no regular file was opened")
	return nil, fs.ErrInvalid
}

func (hanging) Stat(name string) (fs.FileInfo, error) {
	return fstest.MapFS{name: {Mode: fs.ModeNamedPipe}}.Stat(name)
}

func TestOnlyRegularFilesAreSent(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`"binary_body":{"filename":"p"}`, `"multipart_form":[{"name":"f","file":"p"}]`} {
		r := run{options: Options{Files: hanging{t}}, steps: postWith(body)}
		out, end, seen := r.do(t)
		if text := out.encoded(t); end.Outcome != event.Failed || seen.count() != 0 || !strings.Contains(text, "it is not a regular file") {
			t.Errorf("%s: %s\n%s", body, end.Outcome, text)
		}
		if found := codes(Examine(r.plan(t, "http://127.0.0.1:1")), source.Error); len(found) != 1 || found[0] != "file" {
			t.Errorf("%v", found)
		}
	}
}

// What stands inside of a secret object is secret wherever it turns up, from the step on that extracts it.
func TestMembersOfASecretAreHidden(t *testing.T) {
	t.Parallel()
	r := run{
		env: "secrets: [cred]\n", handler: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"cred":{"user":"user-canary","keys":["key-canary"],"auth":"Bearer token-canary"}}`))
		},
		steps: steps(
			get(`"variables":[{"source":"response_json","property":"cred","name":"cred"}],"scripts":["var c = JSON.parse(response.body).cred; log(c.user); log(c.keys[0]); log(c.auth.split(' ')[1])"]`),
			get(`"headers":{"X-Key":["key-canary"]}`),
		),
	}
	out, end, _ := r.do(t)
	for _, e := range out.events {
		_, isStart := e.Body.(event.StepStarted)
		line, _ := event.Encode(e)
		if text := string(line); !isStart && (strings.Contains(text, "user-canary") || strings.Contains(text, "token-canary") || strings.Contains(text, "key-canary")) {
			t.Errorf("shown: %s", text)
		}
	}
	if end.Outcome != event.Passed {
		t.Error(end.Outcome)
	}
}
