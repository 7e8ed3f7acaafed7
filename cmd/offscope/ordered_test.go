package main

import (
	"math/rand/v2"
	"testing"

	"offscope/event"
)

// However the events of tests are mixed, they come out one test after the other, none is lost, and each test's own order stays.
func TestOrderedGivesOneTestAfterTheOther(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		left := []int{0, 4, 6, 3, 5} // events of each test
		var got []event.Event
		sink := newOrdered(event.SinkFunc(func(e event.Event) error {
			got = append(got, e)
			return nil
		}))
		write := func(e event.Event) {
			if err := sink.Write(e); err != nil {
				t.Fatal(err)
			}
		}
		write(event.Event{Body: event.RunStarted{}})
		total := 0
		for total < 4+6+3+5 {
			test := 1 + random.IntN(4)
			if left[test] == 0 {
				continue
			}
			left[test]--
			total++
			e := event.Event{Test: test, Step: left[test], Body: event.StepStarted{}}
			if left[test] == 0 && seed%2 == 0 { // an odd stream was cut off: its tests have no end
				e.Body = event.TestFinished{}
			}
			write(e)
		}
		write(event.Event{Body: event.RunFinished{}})
		if len(got) != total+2 {
			t.Fatalf("seed %d: %d events came out", seed, len(got))
		}
		for i := 2; i < len(got)-1; i++ {
			before, e := got[i-1], got[i]
			if e.Test < before.Test || e.Test == before.Test && e.Step >= before.Step {
				t.Fatalf("seed %d: event %d of test %d, step %d comes behind test %d, step %d", seed, i, e.Test, e.Step, before.Test, before.Step)
			}
		}
	}
}
