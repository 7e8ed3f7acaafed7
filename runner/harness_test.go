package runner

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

var engine = jsengine.New(jsengine.Options{})

// fakeClock stands still but for pauses, which take no time.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	pauses []time.Duration
	// during, when set, is called in the middle of a pause.
	during func()
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.pauses = append(c.pauses, d)
	c.now = c.now.Add(d)
	c.mu.Unlock()
	if c.during != nil {
		c.during()
	}
	return ctx.Err()
}

// recording is a sink that keeps the events.
type recording struct{ events []event.Event }

func (r *recording) Write(e event.Event) error {
	r.events = append(r.events, e)
	return nil
}

// encoded is the whole stream in its text form.
func (r *recording) encoded(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	for _, e := range r.events {
		line, err := event.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	return out.String()
}

// all returns the bodies of one type, those of a step when it is not negative.
func all[B event.Body](r *recording, step int) []B {
	var out []B
	for _, e := range r.events {
		if body, ok := e.Body.(B); ok && (step < 0 || e.Step == step) {
			out = append(out, body)
		}
	}
	return out
}

func one[B event.Body](t *testing.T, r *recording, step int) B {
	t.Helper()
	found := all[B](r, step)
	if len(found) != 1 {
		t.Fatalf("step %d has %d events of type %T\n%s", step, len(found), *new(B), r.encoded(t))
	}
	return found[0]
}

// outcomes lists how the steps ended.
func (r *recording) outcomes() string {
	var out []string
	for _, f := range r.events {
		if body, ok := f.Body.(event.StepFinished); ok {
			out = append(out, string(body.Outcome))
		}
	}
	return strings.Join(out, " ")
}

// a run is what a test sets up. The zero value runs nothing against nothing.
type run struct {
	steps   string // the JSON of the steps; SERVER stands for the server's URL
	options Options
	vars    map[string]string
	script  string
	env     string // an environment file in YAML
	handler http.HandlerFunc
	sender  Sender
	clock   *fakeClock
	sink    event.Sink
	ctx     context.Context
}

// server counts the requests it gets and keeps them as text.
type server struct {
	mu       sync.Mutex
	requests []string
}

func (s *server) keep(r *http.Request, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI()+" "+body)
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// do runs and returns the events, the summary and what the server got. Every stream is checked for its form.
func (r run) do(t *testing.T) (*recording, event.RunFinished, *server) {
	t.Helper()
	seen := &server{}
	handler := r.handler
	if handler == nil {
		handler = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"a":1}`) }
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(q.Body)
		q.Body = http.NoBody
		seen.keep(q, body.String())
		q.Header.Set("X-Test-Body", strings.ReplaceAll(body.String(), "\n", " "))
		handler(w, q)
	}))
	defer s.Close()
	client, err := transport.New(transport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	m := Machinery{Sender: client, Engine: engine, Clock: newClock(), Version: "test"}
	if r.sender != nil {
		m.Sender = r.sender
	}
	if r.clock != nil {
		m.Clock = r.clock
	}
	out := &recording{}
	var sink event.Sink = out
	if r.sink != nil {
		sink = r.sink
	}
	ctx := r.ctx
	if ctx == nil {
		ctx = t.Context()
	}
	end, err := Run(ctx, []*Plan{r.plan(t, s.URL)}, m, sink)
	if err != nil && r.sink == nil {
		t.Fatal(err)
	}
	wellFormed(t, out)
	return out, end, seen
}

func (r run) plan(t *testing.T, url string) *Plan {
	t.Helper()
	text := strings.ReplaceAll(`{"version":"1.0","name":"the test","steps":[`+"\n"+r.steps+"\n]}", "SERVER", url)
	document, problems := bucket.Parse(source.NewFile("test.json", []byte(text)))
	if document == nil {
		t.Fatalf("%s\n%v", text, problems)
	}
	o := r.options
	for name, value := range r.vars {
		o.Values = append(o.Values, variables.Initial{
			Name: name, Text: source.Text{Value: strings.ReplaceAll(value, "SERVER", url)}, Origin: variables.Origin{Kind: variables.Flag, Detail: "--var"},
		})
	}
	if r.script != "" {
		script := source.NewFile("initial.txt", []byte(r.script))
		text := source.Verbatim(script.Whole())
		o.InitialScript = &text
	}
	if r.env != "" {
		environments, problems := bucket.ParseEnvironment(source.NewFile("env.yaml", []byte(strings.ReplaceAll(r.env, "SERVER", url))))
		if len(environments) != 1 {
			t.Fatal(problems)
		}
		o.Environment = environments[0]
	}
	return NewPlan(document.Tests[0], o)
}

// get is a request step with more keys.
func get(more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"step_type":"request","method":"GET","url":"SERVER/x"` + more + `}`
}

const pause = `{"step_type":"pause","duration":7}`

func steps(s ...string) string { return strings.Join(s, ",\n") }

// wellFormed checks what holds for every stream: each start has its end, numbers have no gap, figures add up, and a test is
// as bad as its worst step.
func wellFormed(t *testing.T, r *recording) {
	t.Helper()
	var counts, sum event.Counts
	open := map[string]bool{}
	worst := event.Passed
	for i, e := range r.events {
		if e.Seq != i+1 {
			t.Errorf("event %d has the number %d", i+1, e.Seq)
		}
		key := fmt.Sprintf("%d/%d", e.Test, e.Step)
		switch b := e.Body.(type) {
		case event.StepStarted:
			if open[key] {
				t.Errorf("step %s began twice", key)
			}
			open[key] = true
		case event.StepFinished:
			if !open[key] {
				t.Errorf("step %s ended without a beginning", key)
			}
			delete(open, key)
			sum.Add(b.Counts)
			sum.Steps++
			switch b.Outcome {
			case event.Passed:
				sum.StepsPassed++
			case event.Failed:
				sum.StepsFailed++
			case event.Errored:
				sum.StepsErrored++
			case event.Skipped:
				sum.StepsSkipped++
			case event.NotRun:
				sum.StepsNotRun++
			}
			worst = worse(worst, b.Outcome)
		case event.Scripted:
			if e.Step == 0 {
				sum.Scripts++
				if b.Outcome.Bad() {
					sum.ScriptsFailed++
				}
			}
		case event.TestFinished:
			counts = b.Counts
			if worst == event.Skipped || worst == event.NotRun {
				worst = event.Passed
			}
			if b.Outcome != worst && b.Reason == "" && sum.StepsNotRun == 0 {
				t.Errorf("the test %s, its worst step %s", b.Outcome, worst)
			}
			if b.Outcome == event.Passed && sum.StepsNotRun+sum.StepsFailed+sum.StepsErrored > 0 {
				t.Errorf("the test passed with %+v", sum)
			}
		default:
			if e.Step != 0 && !open[key] {
				t.Errorf("event %d is about a step that is not open", e.Seq)
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("steps without an end: %v", open)
	}
	if counts != sum {
		t.Errorf("the test counts\n%+v, its steps\n%+v", counts, sum)
	}
}

func header(name, value string) exchange.Header { return exchange.Header{{Name: name, Value: value}} }
