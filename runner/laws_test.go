package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"offscope/event"
	"offscope/exchange"
)

// A node is a step of a generated test: its text, how it ends, and what stands inside.
type node struct {
	text string
	// ends is how the step ends by itself: p passes, f fails, e cannot be executed, s is passed over, i ends the run.
	ends byte
	// inside are the steps of a condition, loop or subtest that are run; child says that it is a subtest.
	inside []node
	child  bool
	// idle says that it does nothing: it is passed over or is a pause, or has nothing else inside.
	idle bool
}

// leaves are steps without others inside.
var leaves = []node{
	{text: get(good), ends: 'p'}, {text: get(bad), ends: 'f'}, {text: pause, ends: 'p', idle: true}, {text: get(`"headers":{"A":["{{none}}"]},` + bad), ends: 'f'},
	{text: skippedStep(get(bad)), ends: 's', idle: true}, {text: skippedStep(pause), ends: 's', idle: true},
	{text: subtestStep("nobody", good), ends: 'f'}, {text: `{"step_type":"odd"}`, ends: 'f'},
	{text: get(`"scripts":["assert(false)","log(1)"],` + good), ends: 'f'}, {text: get(`"before_scripts":["assert(false)","log(1)"],` + good), ends: 'f'},
	{text: get(`"scripts":["(" ],` + good), ends: 'f'},
	{text: get(`"scripts":["variables.set('v', 1)"],"variables":[{"source":"response_json","property":"a","name":"x"}],` + good), ends: 'p'},
	{text: get(`"variables":[{"source":"response_json","property":"q","name":"x"}]`), ends: 'f'},
	{text: strings.Replace(get(bad), "/x", "/unreachable", 1), ends: 'e'}, {text: strings.Replace(get(good), "/x", "/interrupt", 1), ends: 'i'},
}

// A generator makes random tests.
type generator struct {
	*rand.Rand
	made     int
	subtests map[string]run
}

func (g *generator) steps(most, deep int) (string, []node) {
	var texts []string
	var nodes []node
	for range 1 + g.IntN(most) {
		n := g.step(deep)
		texts, nodes = append(texts, n.text), append(nodes, n)
	}
	return steps(texts...), nodes
}

func (g *generator) step(deep int) node {
	if deep == 0 || g.IntN(3) > 0 {
		return leaves[g.IntN(len(leaves))]
	}
	text, inside := g.steps(3, deep-1)
	idle := !slices.ContainsFunc(inside, func(n node) bool { return !n.idle })
	g.made++
	name := fmt.Sprintf("n%d", g.made)
	switch g.IntN(8) {
	case 0:
		return node{text: compares("condition", "1", "equal", "1", text), ends: 'p', inside: inside, idle: idle}
	case 1:
		return node{text: compares("condition", "1", "equal", "2", text), ends: 'p', idle: idle}
	case 2:
		return node{text: compares("condition", "{{none}}", "equal", "2", text), ends: 'f', idle: idle}
	case 3:
		return node{text: compares("conditional-loop", "1", "sounds_like", "1", text), ends: 'f'}
	case 4:
		return node{text: skippedStep(compares("conditional-loop", "1", "equal", "2", text)), ends: 's', idle: true}
	case 5:
		count := get(`"scripts":["variables.set('` + name + `', (variables.get('` + name + `') || 0) + 1)"]`)
		loop := compares("conditional-loop", "{{"+name+"}}", "is_greater_than", fmt.Sprint(g.IntN(3)), count, text)
		return node{text: loop, ends: 'p', inside: inside}
	}
	g.subtests[name] = run{steps: text}
	n := node{text: subtestStep(name, []string{looks, ""}[g.IntN(2)]), inside: inside, child: true}
	if idle {
		n.ends, n.inside = 'f', nil
	}
	return n
}

// A verdict is what is expected of a test.
type verdict struct {
	outcome       event.Outcome
	stop, stopped bool
}

func (v *verdict) run(nodes []node) {
	for _, n := range nodes {
		if v.stopped {
			return
		}
		inside := &verdict{outcome: event.Passed, stop: v.stop && !n.child}
		inside.run(n.inside)
		outcome := map[byte]event.Outcome{'f': event.Failed, 'e': event.Errored, 'i': event.Errored}[n.ends]
		v.outcome = worse(worse(v.outcome, inside.outcome), outcome)
		v.stopped = n.ends == 'i' || inside.stopped || v.stop && v.outcome.Bad()
	}
}

// generated runs a test made of random steps with random options; wellFormed and the verdict judge it.
func generated(t *testing.T, seed uint64) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), subtests: map[string]run{}}
	text, nodes := g.steps(8, 3)
	o := Options{Seed: seed, StopOnFailure: Choice(g.IntN(4) / 3), MaxFailures: g.IntN(4), Pauses: Pauses{Mode: PauseMode(g.IntN(3))}}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	sender := senderFunc(func(_ context.Context, q *exchange.Request) (*exchange.Response, error) {
		switch {
		case strings.HasSuffix(q.URL, "/unreachable"):
			return nil, errors.New("unreachable")
		case strings.HasSuffix(q.URL, "/interrupt"):
			cancel(ErrMaxTime)
			return nil, ctx.Err()
		}
		return countingSender(new(int))(ctx, q)
	})
	out, end, _ := run{steps: text, subtests: g.subtests, options: o, sender: sender, ctx: ctx}.do(t)
	want := &verdict{outcome: event.Passed, stop: o.StopOnFailure == On || o.MaxFailures == 1}
	want.run(nodes)
	stoppedEarly := o.MaxFailures > 1 && strings.Contains(out.encoded(t), "--max-failures was given")
	if end.Outcome != want.outcome && !stoppedEarly || (end.Outcome == event.Passed) != (want.outcome == event.Passed) {
		t.Errorf("seed %d: %s\nstop %v, at most %d failures: ended %s, want %s: %s", seed, text, o.StopOnFailure, o.MaxFailures, end.Outcome, want.outcome, out.outcomes())
	}
}

func TestGeneratedTestsKeepTheLaws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		generated(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzGeneratedTests(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(generated)
}

// Nothing is kept of a step that has ended: the heap after many steps is that after few.
func TestMemoryIsFlat(t *testing.T) {
	const many = 10000
	var file strings.Builder
	for i := range many {
		if i > 0 {
			file.WriteString(",\n")
		}
		file.WriteString(get(`"headers":{"Authorization":["Bearer {{tok}}"]},"variables":[{"source":"response_json","property":"a","name":"x"}],` + good))
	}
	p := run{steps: file.String(), vars: map[string]string{"tok": "token-value"}}.plan(t, "http://127.0.0.1:1")
	var first, last uint64
	steps := 0
	body := []byte(`{"a":1,"b":"` + strings.Repeat("x", 2000) + `"}`)
	sender := senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) {
		steps++
		if steps == many/10 {
			first = heap()
		}
		if steps == many {
			last = heap()
		}
		return &exchange.Response{Status: 200, Header: header("Content-Type", "application/json"), Body: body}, nil
	})
	discard := event.SinkFunc(func(event.Event) error { return nil })
	end, err := Run(t.Context(), []*Plan{p}, Machinery{Sender: sender, Engine: engine, Clock: newClock()}, discard)
	if err != nil || end.Outcome != event.Passed || end.Counts.Steps != many {
		t.Fatalf("%+v %v", end, err)
	}
	if last > first+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes", first, last)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A server that gives a new cookie with every answer costs no more for the last than for the first.
func BenchmarkNewCookies(b *testing.B) {
	benchmarkSteps(b, func(i int) string { return fmt.Sprintf("sid=cookie-value-%d-abcdefgh; Path=/", i) })
}

func BenchmarkSteps(b *testing.B) { benchmarkSteps(b, func(int) string { return "" }) }

func benchmarkSteps(b *testing.B, cookie func(int) string) {
	var t testing.T
	step := get(`"headers":{"Authorization":["Bearer {{tok}}"]},"variables":[{"source":"response_json","property":"a","name":"x"}],` + good)
	p := run{steps: strings.TrimSuffix(strings.Repeat(step+",", 2000), ","), vars: map[string]string{"tok": "token-value"}}.plan(&t, "http://127.0.0.1:1")
	sent := 0
	sender := senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) {
		sent++
		h := http.Header{}
		out := &exchange.Response{Status: 200, Body: []byte(`{"a":1}`)}
		if c := cookie(sent); c != "" {
			h.Set("Set-Cookie", c)
			out.Header = header("Set-Cookie", c)
		}
		return out, nil
	})
	discard := event.SinkFunc(func(event.Event) error { return nil })
	for b.Loop() {
		if end, err := Run(context.Background(), []*Plan{p}, Machinery{Sender: sender, Engine: engine, Clock: newClock()}, discard); err != nil || end.Outcome != event.Passed {
			b.Fatal(end, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*2000), "µs/step")
}
