package debugger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/runner"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

var engine = jsengine.New(jsengine.Options{})

// canary is the value of the secret "auth".
const canary = "canary-7Qx!&z"

// A play is a session with its lines. SERVER in steps and lines stands for the server's URL.
type play struct {
	steps   string
	lines   []string
	vars    map[string]string
	options Options
	runner  runner.Options
	handler http.HandlerFunc
	ctx     context.Context
	// during is called with each line before it is read.
	during func(line string)
	// complete is called with what completes each line.
	complete func(func(line string) []string)
}

// A screenplay is what came of a play.
type screenplay struct {
	out        string // without the server's address
	result     Result
	events     []event.Event
	requests   []string
	remembered []string
}

// A script is a prompt that reads lines of a slice.
type script struct {
	lines      []string
	during     func(string)
	remembered []string
	complete   func(func(string) []string)
}

func (s *script) ReadLine(_ string, complete func(string) []string) (string, error) {
	if s.complete != nil {
		s.complete(complete)
	}
	if len(s.lines) == 0 {
		return "", io.EOF
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	if s.during != nil {
		s.during(line)
	}
	if line == "^C" {
		return "", ErrInterrupted
	}
	return line, nil
}

func (s *script) Remember(line string) { s.remembered = append(s.remembered, line) }

// do plays. A step is told in one line: its number and how it ended.
func (p play) do(t *testing.T) screenplay {
	t.Helper()
	var mu sync.Mutex
	var got screenplay
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got.requests = append(got.requests, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
		mu.Unlock()
		if p.handler != nil {
			p.handler(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id":7,"user":{"name":"Anna"},"tags":["a","b"],"auth":%q}`, r.Header.Get("Authorization"))
	}))
	defer server.Close()
	client, err := transport.New(transport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	text := strings.ReplaceAll(`{"version":"1.0","name":"play","steps":[`+"\n"+p.steps+"\n]}", "SERVER", server.URL)
	document, problems := bucket.Parse(source.NewFile("test.json", []byte(text)))
	if document == nil || problems.Err() != nil {
		t.Fatalf("%s\n%v", text, problems)
	}
	o := p.runner
	for name, value := range p.vars {
		o.Values = append(o.Values, variables.Initial{Name: name, Text: source.Text{Value: value}, Origin: variables.Origin{Kind: variables.Flag, Detail: "--var"}})
	}
	var out bytes.Buffer
	prompt := &script{during: p.during, complete: p.complete}
	for _, line := range p.lines {
		prompt.lines = append(prompt.lines, strings.ReplaceAll(line, "SERVER", server.URL))
	}
	options := p.options
	options.Prompt, options.Out, options.Echo = prompt, &out, true
	if options.Find == nil {
		options.Find = findByNumber
	}
	sink := event.SinkFunc(func(e event.Event) error {
		got.events = append(got.events, e)
		if end, ok := e.Body.(event.StepFinished); ok && e.Sub == 0 {
			fmt.Fprintln(&out, strings.TrimSpace(fmt.Sprintf("#%d %s %s", e.Step, end.Outcome, end.Reason)))
		}
		return nil
	})
	ctx := p.ctx
	if ctx == nil {
		ctx = t.Context()
	}
	got.result, err = Run(ctx, []*runner.Plan{runner.NewPlan(document.Tests[0], o)}, runner.Machinery{Sender: client, Engine: engine}, sink, options)
	if err != nil {
		t.Fatal(err)
	}
	got.out, got.remembered = strings.ReplaceAll(out.String(), server.URL, "SERVER"), prompt.remembered
	everyStartEnds(t, got.events)
	return got
}

func findByNumber(steps []*runner.Step, name string) (int, error) {
	n, err := strconv.Atoi(name)
	if err != nil || n < 1 || n > len(steps) {
		return 0, fmt.Errorf("no step %s", name)
	}
	return n, nil
}

// everyStartEnds checks that what begins ends, in order.
func everyStartEnds(t *testing.T, events []event.Event) {
	t.Helper()
	var open []int
	ended := map[int]bool{}
	steps := 0
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.TestStarted:
			steps = max(steps, b.Steps)
		case event.StepStarted:
			open = append(open, e.Step)
		case event.StepFinished:
			if len(open) == 0 || open[len(open)-1] != e.Step {
				t.Fatalf("step %d ends, open are %v", e.Step, open)
			}
			open = open[:len(open)-1]
			if e.Sub == 0 {
				ended[e.Step] = true
			}
		}
	}
	if len(open) > 0 || len(ended) != steps {
		t.Errorf("open at the end: %v; %d of %d steps were told", open, len(ended), steps)
	}
}

// contains checks for texts in their order.
func (s screenplay) contains(t *testing.T, want ...string) {
	t.Helper()
	rest := s.out
	for _, w := range want {
		at := strings.Index(rest, w)
		if at < 0 {
			t.Fatalf("there is no %q (behind what was found before) in\n%s", w, s.out)
		}
		rest = rest[at+len(w):]
	}
}

func (s screenplay) lacks(t *testing.T, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(s.out, w) {
			t.Errorf("there is a %q in\n%s", w, s.out)
		}
	}
}

// get is a request step; more are its other keys.
func get(path, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"step_type":"request","method":"GET","url":"SERVER` + path + `"` + more + `}`
}

func steps(all ...string) string { return strings.Join(all, ",\n") }

func status(code string) string {
	return `"assertions":[{"source":"response_status","comparison":"equal_number","value":"` + code + `"}]`
}

const pause = `{"step_type":"pause","duration":1}`

var (
	good = get("/good", status("200"))
	bad  = get("/bad", status("201"))
)

// withAuth sends the secret.
func withAuth(path, more string) string {
	if more != "" {
		more = "," + more
	}
	return get(path, `"headers":{"Authorization":["Bearer {{auth}}"]}`+more)
}

func reveal(exchange.Mark) (string, bool) { return canary, true }

func saveFile(name string, data []byte, replace bool) error {
	flag := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if !replace {
		flag |= os.O_EXCL
	}
	f, err := os.OpenFile(name, flag, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(data)
	return err
}
