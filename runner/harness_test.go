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
	shared  string // the environment that env inherits from
	// subtests are the tests that steps can run, by the test_uuid of the step. Of each only steps, options, vars, script, env and
	// shared count.
	subtests map[string]run
	inbox    Inbox
	handler  http.HandlerFunc
	sender   Sender
	clock    *fakeClock
	sink     event.Sink
	ctx      context.Context
	// leftovers says what becomes of what was created.
	leftovers Leftovers
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
	m := Machinery{Sender: client, Engine: engine, Clock: newClock(), Inbox: r.inbox, Version: "test"}
	m.Leftovers = r.leftovers
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
	return NewPlan(r.test(t, url, "the test"), r.optionsFor(t, url, r.finder(t, url)))
}

func (r run) test(t *testing.T, url, name string) *bucket.Test {
	t.Helper()
	text := strings.ReplaceAll(`{"version":"1.0","name":"`+name+`","steps":[`+"\n"+r.steps+"\n]}", "SERVER", url)
	document, problems := bucket.Parse(source.NewFile("test.json", []byte(text)))
	if document == nil {
		t.Fatalf("%s\n%v", text, problems)
	}
	return document.Tests[0]
}

func (r run) optionsFor(t *testing.T, url string, find finder) Options {
	t.Helper()
	o := r.options
	o.Subtest = find
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
		o.Environment = environment(t, r.env, url)
	}
	if r.shared != "" {
		o.Environment.Parent = environment(t, r.shared, url)
	}
	return o
}

func environment(t *testing.T, text, url string) *bucket.Environment {
	t.Helper()
	environments, problems := bucket.ParseEnvironment(source.NewFile("env.yaml", []byte(strings.ReplaceAll(text, "SERVER", url))))
	if len(environments) != 1 {
		t.Fatal(problems)
	}
	return environments[0]
}

type finder = func(*Plan, *bucket.Subtest) (*bucket.Test, Options, error)

// finder finds the subtests. A step says with use_parent_environment that the environment of its test is to be taken.
func (r run) finder(t *testing.T, url string) finder {
	tests := map[string]*bucket.Test{}
	var find finder
	find = func(caller *Plan, step *bucket.Subtest) (*bucket.Test, Options, error) {
		name := step.TestUUID.Value
		child, ok := r.subtests[name]
		if !ok {
			return nil, Options{}, &UnknownSubtestError{Message: "the test " + name + " is not known", Hint: "name it"}
		}
		if tests[name] == nil {
			tests[name] = child.test(t, url, name)
		}
		o := child.optionsFor(t, url, find)
		if step.UseParentEnvironment {
			o.Environment = caller.Options.Environment
		}
		return tests[name], o, nil
	}
	return find
}

// subtestStep is a step that runs a test, with more keys.
func subtestStep(uuid, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"step_type":"subtest","test_uuid":"` + uuid + `"` + more + `}`
}

const looks = `"assertions":[{"source":"response_json","property":"result","comparison":"equal","value":"pass"}]`

// compares is a condition or conditional-loop around steps.
func compares(kind, left, comparison, right string, inside ...string) string {
	return fmt.Sprintf(`{"step_type":%q,"left_value":%q,"comparison":%q,"right_value":%q,"steps":[%s]}`, kind, left, comparison, right, steps(inside...))
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

// A frame is a test, subtest or step that has begun and not ended.
type frame struct {
	sub, step int // step 0 for a test
	opening   event.TestStarted
	sum       event.Counts
	told      int           // how many steps were told of, those of a loop once for each round
	worst     event.Outcome // of the steps of a test, and of the problems of a step
}

// wellFormed checks what holds for every stream: what began last ends first, a fact is about what was opened last, numbers
// have no gap, figures add up, a step is as bad as its worst problem, and a test as its worst step.
func wellFormed(t *testing.T, r *recording) {
	t.Helper()
	var open []*frame
	for i, e := range r.events {
		if e.Seq != i+1 {
			t.Errorf("event %d has the number %d", i+1, e.Seq)
		}
		if e.Test == 0 {
			continue
		}
		open = follow(t, open, e)
	}
	if len(open) > 0 {
		t.Errorf("%d things have no end: %+v", len(open), *open[len(open)-1])
	}
}

func follow(t *testing.T, open []*frame, e event.Event) []*frame {
	t.Helper()
	top := &frame{}
	if len(open) > 0 {
		top = open[len(open)-1]
	}
	isTop := len(open) > 0 && top.sub == e.Sub && top.step == e.Step
	switch b := e.Body.(type) {
	case event.TestStarted:
		if e.Sub == 0 && len(open) > 0 || e.Sub > 0 && (top.sub != b.Caller || top.step != b.CallerStep || top.step == 0) {
			t.Errorf("event %d: subtest %d begins in %d/%d", e.Seq, e.Sub, top.sub, top.step)
		}
		return append(open, &frame{sub: e.Sub, opening: b, worst: event.Passed})
	case event.StepStarted:
		depth := 0
		for i := len(open) - 1; i >= 0 && open[i].step > 0; i-- {
			depth++
		}
		if len(open) == 0 || top.sub != e.Sub || top.step >= e.Step || b.Depth < depth {
			t.Errorf("event %d: step %d/%d begins in %d/%d, depth %d", e.Seq, e.Sub, e.Step, top.sub, top.step, b.Depth)
		}
		return append(open, &frame{sub: e.Sub, step: e.Step})
	case event.StepFinished:
		if !isTop || e.Step == 0 {
			t.Errorf("event %d: step %d/%d ends in %d/%d", e.Seq, e.Sub, e.Step, top.sub, top.step)
			return open
		}
		if top.worst.Bad() && worse(top.worst, b.Outcome) != b.Outcome {
			t.Errorf("event %d: step %d/%d ends %s with a problem that is %s", e.Seq, e.Sub, e.Step, b.Outcome, top.worst)
		}
		open = open[:len(open)-1]
		testOf(open).add(b)
		return open
	case event.TestFinished:
		if !isTop || e.Step != 0 {
			t.Errorf("event %d: subtest %d ends in %d/%d", e.Seq, e.Sub, top.sub, top.step)
			return open
		}
		top.judge(t, b)
		return open[:len(open)-1]
	case event.Problem:
		if e.Step > 0 {
			top.worst = worse(top.worst, b.Outcome)
		}
	case event.Scripted:
		if e.Step == 0 {
			top.sum.Scripts++
			if b.Outcome.Bad() {
				top.sum.ScriptsFailed++
			}
		}
	}
	if !isTop {
		t.Errorf("event %d is about %d/%d, but %d/%d is open", e.Seq, e.Sub, e.Step, top.sub, top.step)
	}
	return open
}

// testOf is the innermost test or subtest.
func testOf(open []*frame) *frame {
	for i := len(open) - 1; i >= 0; i-- {
		if open[i].step == 0 {
			return open[i]
		}
	}
	return &frame{}
}

// add adds a step that has ended.
func (f *frame) add(b event.StepFinished) {
	f.sum.Add(b.Counts)
	f.told++
	switch b.Outcome {
	case event.Passed:
		f.sum.StepsPassed++
	case event.Failed:
		f.sum.StepsFailed++
	case event.Errored:
		f.sum.StepsErrored++
	case event.Skipped:
		f.sum.StepsSkipped++
	case event.NotRun:
		f.sum.StepsNotRun++
	}
	if b.Outcome.Bad() {
		f.worst = worse(f.worst, b.Outcome)
	}
}

// judge compares the end of a test with its steps.
func (f *frame) judge(t *testing.T, b event.TestFinished) {
	t.Helper()
	f.sum.Steps = f.opening.Steps // those in the file, also when a loop comes to them again
	if b.Counts != f.sum {
		t.Errorf("subtest %d counts\n%+v, its steps\n%+v", f.sub, b.Counts, f.sum)
	}
	if b.Outcome != f.worst && b.Reason == "" && f.sum.StepsNotRun == 0 {
		t.Errorf("subtest %d %s, its worst step %s", f.sub, b.Outcome, f.worst)
	}
	if b.Outcome == event.Passed && f.sum.StepsNotRun+f.sum.StepsFailed+f.sum.StepsErrored > 0 {
		t.Errorf("subtest %d passed with %+v", f.sub, f.sum)
	}
	if f.opening.Steps > f.told {
		t.Errorf("subtest %d has %d steps and told of %d", f.sub, f.opening.Steps, f.told)
	}
}

func header(name, value string) exchange.Header { return exchange.Header{{Name: name, Value: value}} }
