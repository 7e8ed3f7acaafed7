package debugger

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/runner"
)

func TestLooking(t *testing.T) {
	t.Parallel()
	users := get("/users", `"headers":{"X-Q":["{{q}}"]},"assertions":[{"source":"response_json","property":"user.name","comparison":"equal","value":"{{name}}"}]`)
	for name, c := range map[string]struct {
		play
		want []string // in this order
	}{
		"print shows all variables with who set them": {
			play{steps: users, vars: map[string]string{"q": "1"}, lines: []string{"print", "set name Anna  B", "print", "print name", "print nam", "print zzz"}},
			[]string{"q = 1  (flag --var)\n", "name = Anna  B\n", "name = Anna  B  (set at the prompt)\n", "name = Anna  B\n  set at the prompt\n",
				"print: \"nam\" has no value; did you mean \"name\"?\n", "print: \"zzz\" has no value\n"},
		},
		"set takes the value as it stands": {
			play{steps: users, lines: []string{"set", "set a", "set a={{b}}", "p a", `set a {"x":[1,2]}`, "p a", "set a=", "p a"}},
			[]string{"set: needs NAME VALUE", "set: needs NAME VALUE", "a = {{b}}\n", "a = {{b}}\n", "{\n  \"x\"", "a = \n"},
		},
		"request prepares once": {
			play{steps: get("/x", `"before_scripts":["variables.set('n', String(Number(variables.get('n')||0)+1)); request.headers['X-N'] = variables.get('n')"]`),
				lines: []string{"request", "request", "set n 7", "next"}},
			[]string{"GET SERVER/x\n", "X-N: 1\n", "(1/1 prepared) request\n", "X-N: 1\n", "step 1 is prepared and keeps what was filled in; goto 1 prepares it anew\n", "#1 passed"},
		},
		"request says why nothing can be sent": {
			play{steps: users, lines: []string{"request", "next"}},
			[]string{"step 1 cannot be sent:\n", "Variable 'q' was not defined", "#1 failed"},
		},
		"a pause has nothing to look at": {
			play{steps: pause, lines: []string{"request", "send", "curl", "edit", "response", "assert", "save x"}, options: Options{Edit: nil, Curl: func(event.Request) string { return "" }, Save: saveFile}},
			[]string{"request: step 1 (pause) sends nothing", "send: step 1 (pause) sends nothing", "curl: step 1 (pause) sends nothing", "edit: there is no editor",
				"response: there is no response yet", "assert: there is no response yet", "save: there is no response yet"},
		},
		"response is pretty, or a part of it": {
			play{steps: steps(get("/x", ""), good), lines: []string{"n", "response", "response headers", "r user.name", "r tags", "r tags[1]", "r user.nme", "r [["}},
			[]string{"of step 1:\n", "HTTP/1.1 200 OK\n", "Content-Type: application/json\n", "\n{\n  \"id\": 7,\n  \"user\": {\n    \"name\": \"Anna\"",
				"headers\nof step 1:\nHTTP/1.1 200 OK\n", "r user.name\nof step 1:\nAnna\n", "[\n  \"a\",\n  \"b\"\n]\n", "r tags[1]\nof step 1:\nb\n", `user has ["name"]`, "response: "},
		},
		"response knows XPath": {
			play{steps: get("/x", ""), lines: []string{"send", "r //b", "r /a/c"}, handler: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<a><b>text</b></a>") }},
			[]string{"r //b\ntext\n", "r /a/c\nresponse: "},
		},
		"assert looks again with the present variables": {
			play{steps: users, vars: map[string]string{"q": "1", "name": "Berta"}, lines: []string{"n", "assert", "set name Anna", "assert"}},
			[]string{"#1 failed", "FAIL  body.user.name equal Berta: ", "(test.json:2)", "0 of 1 passed", "pass  body.user.name equal Anna", "1 of 1 passed"},
		},
		"js sees what a script of the step would": {
			play{steps: steps(users, good), vars: map[string]string{"q": "1"}, lines: []string{
				"js variables.get('q')", "js 1 +", "js", "request", "js request.headers['x-q']", "js request.headers['x-added'] = 'yes'", "request", "send",
				"js JSON.parse(response.body).user.name", "js variables.set('made', response.status)", "print made", "js assert.equal(1, 2)", "js var a = 2; log(a * 21)", "js ({a: [1]})"}},
			[]string{"js variables.get('q')\n1\n", "js: ", "js: needs an expression", "js request.headers['x-q']\n[\n  \"1\"\n]\n", "yes\n", "Added: yes\n", "Anna\n", "made = 200\n", "made = 200\n  set at the prompt",
				"assert failed: expected 1 to equal 2", "\n42\n", "{\n  \"a\": [\n"},
		},
		"curl writes the request that will be sent, and that was": {
			play{steps: users, vars: map[string]string{"q": "1"}, lines: []string{"curl", "send", "curl"}, options: Options{Curl: func(r event.Request) string { return "curl " + r.URL }}},
			[]string{"(1/1) curl\ncurl SERVER/users\n", "(1/1 failed) curl\ncurl SERVER/users\n"},
		},
		"help lists and explains": {
			play{steps: good, lines: []string{"help", "help goto", "help b", "h xyz"}},
			[]string{"  next                 run the step at hand", "  quit ", "goto STEP\n  go to a step", "break [STEP|failure|delete [STEP|failure]]\n", `help: unknown command "xyz"`},
		},
		"unknown and unclear commands": {
			play{steps: good, lines: []string{"requst", "s", "# nothing", "frobnicate"}},
			[]string{`unknown command "requst"; did you mean request?`, `"s" may be skip, set, send, save`, `unknown command "frobnicate"; help lists the commands`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.do(t).contains(t, c.want...)
		})
	}
}

func TestSaveNeverOverwritesSilently(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "body.json")
	got := play{steps: good, lines: []string{"save", "n", "save " + path, "save " + path, "save -f " + path, "save -f"}, options: Options{Save: saveFile}}.do(t)
	got.contains(t, "save: needs a FILE", "bytes written to "+path, "exists; save -f "+path+" replaces it", "bytes written to "+path, "save: needs a FILE")
	body, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(body), `{"id":7`) {
		t.Errorf("%q, %v", body, err)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	post := `{"step_type":"request","method":"POST","url":"SERVER/x","headers":{"Authorization":["Bearer {{auth}}"],"Content-Type":["application/json"]},"body":"{\"a\":1,\"s\":\"{{auth}}\"}",` + status("201") + `}`
	for name, c := range map[string]struct {
		edit func(string) string
		err  error
		line []string
		want []string
		sent string
	}{
		"request": {
			edit: func(s string) string {
				s = strings.Replace(s, "Content-Type:", "X-More: 1\nContent-Type:", 1)
				return strings.Replace(s, `"a":1`, `"a":2`, 1) + "\n"
			},
			line: []string{"edit", "send"}, want: []string{"X-More: 1\n", `{"a":2,"s":"[auth]"}`, "#1 failed"}, sent: `POST /x {"a":2,"s":"` + canary + `"}`,
		},
		"nothing changed": {
			edit: func(s string) string { return s + "\n" },
			line: []string{"edit", "send"}, want: []string{"nothing was changed", "#1 failed"}, sent: `POST /x {"a":1,"s":"` + canary + `"}`,
		},
		"other ends of lines": {
			edit: func(s string) string {
				return strings.ReplaceAll(strings.Replace(s, "POST", "PUT", 1), "\n", "\r\n")
			},
			line: []string{"edit", "send"}, want: []string{"PUT SERVER/x", "#1 failed"}, sent: `PUT /x {"a":1,"s":"` + canary + `"}`,
		},
		"no request any more": {
			edit: func(string) string { return "hello" },
			line: []string{"edit", "send"}, want: []string{"edit: the first line must be METHOD URL; the request stays as it was", "#1 failed"}, sent: `POST /x {"a":1,"s":"` + canary + `"}`,
		},
		"no header": {
			edit: func(s string) string { return strings.Replace(s, "\n", "\nhello\n", 1) },
			line: []string{"edit", "send"}, want: []string{"edit: line 2 is no header", "#1 failed"}, sent: `POST /x {"a":1,"s":"` + canary + `"}`,
		},
		"editor fails": {
			err:  errors.New("no editor found"),
			line: []string{"edit", "edit other", "send"}, want: []string{"edit: no editor found", "edit: edits the request", "#1 failed"}, sent: `POST /x {"a":1,"s":"` + canary + `"}`,
		},
		"step": {
			edit: func(s string) string { return strings.Replace(s, `"201"`, `"200"`, 1) },
			line: []string{"edit step", "send"}, want: []string{"step 1 is changed until the end of this session", "#1 passed"}, sent: `POST /x {"a":1,"s":"` + canary + `"}`,
		},
		"step that was run": {
			edit: func(s string) string { return strings.Replace(s, `"201"`, `"200"`, 1) },
			line: []string{"n", "edit step", "assert"}, want: []string{"#1 failed", "1 of 1 passed"}, sent: `POST /x {"a":1,"s":"` + canary + `"}`,
		},
		"step that is no step": {
			edit: func(s string) string { return "{" },
			line: []string{"edit step", "send"}, want: []string{"error: ", "edit: the step stays as it was", "#1 failed"}, sent: `POST /x {"a":1,"s":"` + canary + `"}`,
		},
		"two steps": {
			edit: func(s string) string { return s + "," + s },
			line: []string{"edit step", "send"}, want: []string{"it must stay one step", "edit: the step stays as it was", "#1 failed"}, sent: `POST /x {"a":1,"s":"` + canary + `"}`,
		},
		"again after it was sent": {
			edit: func(s string) string { return strings.Replace(s, "/x", "/y", 1) },
			line: []string{"send", "edit", "send"}, want: []string{"#1 failed", "POST SERVER/y", "#1 failed"}, sent: `POST /y {"a":1,"s":"` + canary + `"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen string
			got := play{
				steps: post, lines: c.line, vars: map[string]string{"auth": canary}, runner: runner.Options{Secrets: []string{"auth"}},
				options: Options{Edit: func(_ string, text []byte) ([]byte, error) {
					seen += string(text)
					if c.err != nil {
						return nil, c.err
					}
					return []byte(c.edit(string(text))), nil
				}},
			}.do(t)
			got.contains(t, c.want...)
			got.lacks(t, canary)
			if strings.Contains(seen, canary) {
				t.Errorf("the editor got the secret: %s", seen)
			}
			if last := got.requests[len(got.requests)-1]; last != c.sent {
				t.Errorf("sent %q, want %q", last, c.sent)
			}
		})
	}
}

// Whatever is typed, no secret is shown or remembered; and with Reveal it is.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	p := play{
		steps: steps(withAuth("/one", `"variables":[{"source":"response_json","property":"auth","name":"leaked"}],`+status("201")), withAuth("/two", "")),
		vars:  map[string]string{"auth": "first-value"}, runner: runner.Options{Secrets: []string{"auth", "pin"}},
		lines: []string{
			"set auth " + canary, "set pin=1~", "st auth " + canary, "print", "print auth", "request", "curl", "edit", "js variables.get('auth')", "js request.headers", "send",
			"response", "r auth", "r headers", "assert", "js response.body", "js throw new Error(variables.get('auth'))", "print leaked", "print", "curl", "edit", "set copy x" + canary,
			"js variables.set('auth', '" + canary + "2')", "goto " + canary, "response " + canary, "print " + canary, canary, "help " + canary, "save " + canary, "edit " + canary, "b " + canary, "goto 2", "c",
		},
		options: Options{
			Curl: func(r event.Request) string { return fmt.Sprintf("curl %v", r) }, Save: func(string, []byte, bool) error { return nil },
			Edit: func(_ string, text []byte) ([]byte, error) { return append(text, "x: y\n"...), nil },
		},
	}
	got := p.do(t)
	got.lacks(t, canary, "7Qx!", "1~")
	got.contains(t, "set auth …", "auth = [auth]", "set pin …", "st auth …", "Authorization: Bearer [auth]", "leaked = Bearer [auth]", "copy = x[auth]")
	for _, line := range got.remembered {
		if strings.Contains(line, canary) || strings.HasPrefix(line, "set") {
			t.Errorf("%q is remembered", line)
		}
	}
	if !slices.Contains(got.remembered, "print auth") {
		t.Errorf("%q", got.remembered)
	}
	p.options.Reveal = reveal
	p.do(t).contains(t, "auth = "+canary, "Authorization: Bearer "+canary)
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	steps, names := []string{"1", "2", "create a user", "delete it"}, []string{"user", "userName", "id"}
	paths := []string{"id", "user", "user.name", "tags[0]"}
	for line, want := range map[string][]string{
		"":                {"next", "continue", "break", "skip", "goto", "print", "set", "request", "edit", "send", "response", "assert", "js", "curl", "save", "help", "quit"},
		"re":              {"request", "response"},
		"goto c":          {"goto create a user"},
		"g ":              {"g 1", "g 2", "g create a user", "g delete it"},
		"break f":         {"break failure"},
		"b d":             {"b delete", "b delete it"},
		"b delete f":      {"b delete failure"},
		"print u":         {"print user", "print userName"},
		"set i":           {"set id"},
		"r user":          {"r user", "r user.name"},
		"response h":      {"response headers"},
		"edit ":           {"edit request", "edit step"},
		"help q":          {"help quit"},
		"frob x":          nil,
		"js anything(at)": nil,
	} {
		if diff := cmp.Diff(want, complete(line, steps, names, paths)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", line, diff)
		}
	}
}

func TestCompletionKnowsTheTestAndItsResponse(t *testing.T) {
	t.Parallel()
	s := play{steps: get("/x", `"note":"one step","variables":[{"source":"response_json","property":"id","name":"made"}]`), lines: []string{"n", "p made"}}
	var offered []string
	s.complete = func(complete func(string) []string) {
		offered = append(offered, strings.Join(complete("goto o"), ","), strings.Join(complete("p m"), ","), strings.Join(complete("r u"), ","), strings.Join(complete("r tags"), ","))
	}
	s.do(t).contains(t, "made = 7")
	want := []string{"goto one step", "", "", "", "goto one step", "p made", "r user,r user.name", "r tags,r tags[0],r tags[1]"}
	if diff := cmp.Diff(want, offered[:8]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
