package runner

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

// Tests run beside each other, and each tells its facts in order all the same.
func TestTestsRunBesideEachOther(t *testing.T) {
	t.Parallel()
	const tests, jobs = 12, 4
	document, diagnostics := bucket.Parse(source.NewFile("test.json", []byte(`{"name":"n","steps":[`+
		`{"step_type":"request","method":"GET","url":"http://h/1","variables":[{"source":"response_json","property":"a","name":"a"}]},`+
		`{"step_type":"request","method":"GET","url":"http://h/{{a}}","scripts":["variables.set('b', Math.random())"]}]}`)))
	if diagnostics.Err() != nil {
		t.Fatal(diagnostics.Err())
	}
	var plans []*Plan
	for range tests {
		plans = append(plans, NewPlan(document.Tests[0], Options{Seed: 1}))
	}
	var together sync.WaitGroup // the first requests of so many tests wait for each other
	together.Add(jobs)
	var mu sync.Mutex
	first := 0
	sender := senderFunc(func(context.Context, *exchange.Request) (*exchange.Response, error) {
		mu.Lock()
		first++
		wait := first <= jobs
		mu.Unlock()
		if wait {
			together.Done()
			together.Wait()
		}
		return &exchange.Response{Status: 200, Body: []byte(`{"a":1}`)}, nil
	})
	kept := map[int][]string{}
	sink := event.SinkFunc(func(e event.Event) error {
		kept[e.Test] = append(kept[e.Test], fmt.Sprintf("%d %s", e.Step, e.Body.Kind()))
		return nil
	})
	done := make(chan event.RunFinished, 1)
	go func() {
		end, err := Run(t.Context(), plans, Machinery{Sender: sender, Engine: engine, Jobs: jobs}, sink)
		if err != nil {
			t.Error(err)
		}
		done <- end
	}()
	select {
	case end := <-done:
		if end.Outcome != event.Passed || end.Counts.Requests != 2*tests {
			t.Errorf("%+v", end)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the tests did not run beside each other")
	}
	for n := 2; n <= tests; n++ {
		if fmt.Sprint(kept[n]) != fmt.Sprint(kept[1]) {
			t.Errorf("test %d told\n%s\ntest 1\n%s", n, kept[n], kept[1])
		}
	}
}
