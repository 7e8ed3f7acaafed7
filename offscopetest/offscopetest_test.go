package offscopetest_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offscope/offscopetest"
	"offscope/runner"
)

// child is the process variable that says what TestChild is to do: tests that have to fail do so in a process of their own.
const child = "OFFSCOPETEST_CHILD"

func greetings(base string) offscopetest.Options {
	return offscopetest.Options{
		Handler: newGreeter(), Variables: map[string]string{"base": base, "name": "Ada"}, Secrets: map[string]string{"token": "c4nary-Token"}, Seed: 7,
	}
}

// children are the tests that have to fail, or that are looked at from outside.
var children = map[string]func(*testing.T){
	"passes": func(t *testing.T) {
		offscopetest.Run(t, "testdata/greeting.json", greetings("http://greeter"))
	},
	"wrong secret": func(t *testing.T) {
		o := greetings("http://greeter")
		o.Secrets["token"] = "c4nary-Wrong"
		offscopetest.Run(t, "testdata/greeting.json", o)
	},
	"missing variable": func(t *testing.T) {
		o := greetings("http://greeter")
		delete(o.Variables, "name")
		offscopetest.Run(t, "testdata/greeting.json", o)
	},
	"panic": func(t *testing.T) {
		o := greetings("http://greeter")
		o.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("out of greetings") })
		offscopetest.Run(t, "testdata/greeting.json", o)
	},
	"time-out": func(t *testing.T) {
		o := greetings("http://greeter")
		o.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		o.Transport.Timeout = 100 * time.Millisecond
		offscopetest.Run(t, "testdata/greeting.json", o)
	},
	"stops": func(t *testing.T) {
		o := greetings("http://greeter")
		o.Handler = http.NotFoundHandler()
		o.Configure = func(r *runner.Options) { r.StopOnFailure = runner.On }
		offscopetest.Run(t, "testdata/greeting.json", o)
	},
	"no such test": func(t *testing.T) {
		o := greetings("http://greeter")
		o.Test = "Farewell"
		offscopetest.Run(t, "testdata/greeting.json", o)
	},
	"retries": func(t *testing.T) {
		o := greetings("http://greeter")
		o.Configure = func(r *runner.Options) { r.Retry = 2 }
		offscopetest.Run(t, "testdata/greeting.json", o)
	},
	"no such file":    func(t *testing.T) { offscopetest.Run(t, "testdata/none.json", offscopetest.Options{}) },
	"broken file":     func(t *testing.T) { offscopetest.Run(t, os.Getenv("BROKEN"), offscopetest.Options{}) },
	"closed loop end": func(t *testing.T) { offscopetest.Run(t, os.Getenv("BROKEN"), greetings("http://greeter")) },
}

func TestChild(t *testing.T) {
	if f := children[os.Getenv(child)]; f != nil {
		f(t)
		return
	}
	t.Skip("it is run by TestEachStepIsASubtest")
}

func TestEachStepIsASubtest(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, run, text string
		fails           bool
		want            []string
		not             []string
	}{
		{name: "passes", want: []string{
			"--- PASS: TestChild/Greeting/01_greets", "--- SKIP: TestChild/Greeting/02_off", "--- PASS: TestChild/Greeting/04_knows_her", "seed 7",
		}},
		{name: "wrong secret", fails: true, want: []string{
			"--- PASS: TestChild/Greeting/01_greets", "--- FAIL: TestChild/Greeting/04_knows_her", "testdata/greeting.json:9:", "expected", "401 Unauthorized",
		}},
		// Steps that are not asked for run all the same, and what fails in them fails the test.
		{name: "passes", run: "TestChild/Greeting/04", want: []string{"--- PASS: TestChild/Greeting/04_knows_her"}, not: []string{"01_greets ("}},
		{name: "wrong secret", run: "TestChild/Greeting/01", fails: true, want: []string{"--- PASS: TestChild/Greeting/01_greets", "--- FAIL: TestChild/Greeting (", "greeting.json:9:"}},
		{name: "missing variable", fails: true, want: []string{"variable 'name' has no value", "--- SKIP: TestChild/Greeting/01_greets"}},
		{name: "panic", fails: true, want: []string{"--- FAIL: TestChild/Greeting/01_greets", "the handler panicked: out of"}},
		{name: "time-out", fails: true, want: []string{"--- FAIL: TestChild/Greeting/01_greets", "no response"}},
		{name: "stops", fails: true, want: []string{"--- FAIL: TestChild/Greeting/01_greets", "--- SKIP: TestChild/Greeting/04_knows_her"}},
		{name: "no such test", fails: true, want: []string{`no test is called "Farewell"`}},
		{name: "retries", fails: true, want: []string{"nothing is tried again in go test"}},
		{name: "no such file", fails: true, want: []string{"none.json"}},
		{name: "broken file", text: `{"name": "x", "steps": [`, fails: true, want: []string{"broken.json:1:"}},
		{name: "closed loop end", text: `{"name": "x", "steps": [{"step_type": "loop", "until": {}, "max": "x", "left_value": "{{name}}", "comparison": "nonsense", "right_value": "Ada",
			"steps": [{"step_type": "request", "method": "GET", "url": "{{base}}/greeting"}]}]}`, fails: true, want: []string{"nonsense"}},
	} {
		t.Run(row.name+row.run, func(t *testing.T) {
			t.Parallel()
			broken := filepath.Join(t.TempDir(), "broken.json")
			if err := os.WriteFile(broken, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if row.run == "" {
				row.run = "^TestChild$"
			}
			cmd := exec.Command(os.Args[0], "-test.v", "-test.run="+row.run)
			cmd.Env = append(os.Environ(), child+"="+row.name, "BROKEN="+broken, "GORACE=atexit_sleep_ms=0")
			said, err := cmd.CombinedOutput()
			if (err != nil) != row.fails {
				t.Errorf("it ended with %v", err)
			}
			for _, want := range row.want {
				if !strings.Contains(string(said), want) {
					t.Errorf("it does not say %q", want)
				}
			}
			for _, not := range append(row.not, "c4nary") {
				if strings.Contains(string(said), not) {
					t.Errorf("it says %q", not)
				}
			}
			if t.Failed() {
				t.Log(string(said))
			}
		})
	}
}

// A handler in the process is as good as one behind a port: what a server adds to an answer is there too.
func TestHandlerAnswersAsAServerDoes(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/empty" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fmt.Fprintf(w, "%s %s %s", r.Method, r.Host, r.RequestURI)
	})
	file := filepath.Join(t.TempDir(), "server.json")
	text := `{"name": "Server", "steps": [
  {"step_type": "request", "method": "GET", "url": "http://a.example.com:8080/x?y=1", "assertions": [
    {"source": "response_text", "comparison": "equal", "value": "GET a.example.com:8080 /x?y=1"},
    {"source": "response_headers", "property": "Content-Length", "comparison": "equal", "value": "29"},
    {"source": "response_headers", "property": "Content-Type", "comparison": "equal", "value": "text/plain; charset=utf-8"},
    {"source": "response_headers", "property": "Date", "comparison": "not_empty"}]},
  {"step_type": "request", "method": "HEAD", "url": "http://a.example.com/", "assertions": [
    {"source": "response_text", "comparison": "empty"},
    {"source": "response_headers", "property": "Content-Length", "comparison": "equal", "value": "20"}]},
  {"step_type": "request", "method": "GET", "url": "http://a.example.com/empty", "assertions": [
    {"source": "response_status", "comparison": "equal_number", "value": 204},
    {"source": "response_text", "comparison": "empty"}]}
]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	offscopetest.Run(t, file, offscopetest.Options{Handler: handler})
}
