package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"offscope/event"
	"offscope/exchange"
)

// pieces are steps that a generated test is made of, with how each ends by itself: p passes, f fails, e cannot be executed.
var pieces = []struct {
	step string
	ends byte
}{
	{get(good), 'p'}, {get(bad), 'f'}, {pause, 'p'}, {get(`"headers":{"A":["{{none}}"]},` + bad), 'f'},
	{skippedStep(get(bad)), 's'}, {skippedStep(pause), 's'},
	{`{"step_type":"subtest","test_uuid":"u",` + good + `}`, 'f'}, {`{"step_type":"odd"}`, 'f'},
	{`{"step_type":"condition","comparison":"equal","left_value":"1","right_value":"1","steps":[` + get(good) + `,` + pause + `]}`, 'f'},
	{get(`"scripts":["assert(false)","log(1)"],` + good), 'f'}, {get(`"before_scripts":["assert(false)","log(1)"],` + good), 'f'},
	{get(`"scripts":["(" ],` + good), 'f'}, {get(`"scripts":["variables.set('v', 1)"],"variables":[{"source":"response_json","property":"a","name":"x"}],` + good), 'p'},
	{get(`"variables":[{"source":"response_json","property":"q","name":"x"}]`), 'f'},
	{strings.Replace(get(bad), "/x", "/unreachable", 1), 'e'}, {strings.Replace(get(good), "/x", "/interrupt", 1), 'e'},
}

// generated runs a test made of random steps with random options; wellFormed and the outcomes of the pieces judge it.
func generated(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	var list []string
	var ends []byte
	for range 1 + r.IntN(8) {
		p := pieces[r.IntN(len(pieces))]
		list, ends = append(list, p.step), append(ends, p.ends)
	}
	o := Options{Seed: seed, StopOnFailure: r.IntN(4) == 0, MaxFailures: r.IntN(4), Pauses: Pauses{Mode: PauseMode(r.IntN(3))}}
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
	out, end, _ := run{steps: steps(list...), options: o, sender: sender, ctx: ctx}.do(t)
	want := event.Passed
	for _, how := range string(ends) {
		if how == 'f' {
			want = worse(want, event.Failed)
		}
		if how == 'e' {
			want = event.Errored
		}
		if how != 'p' && how != 's' && (o.StopOnFailure || o.MaxFailures == 1) {
			break
		}
	}
	stoppedEarly := o.MaxFailures > 1 && strings.Contains(out.encoded(t), "--max-failures was given")
	if end.Outcome != want && !stoppedEarly || (end.Outcome == event.Passed) != (want == event.Passed) {
		t.Errorf("seed %d: steps %s with %+v ended %s, want %s: %s", seed, ends, o, end.Outcome, want, out.outcomes())
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
