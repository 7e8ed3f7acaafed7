// Package runner plans a test and runs it.
//
// [NewPlan] does everything that can be done before the first request; [Run] runs plans and writes what happens as events.
// Who wants to drive a run by hand begins it with [Begin] and opens one [Test] after the other. A step goes through four
// stages, each of which can be called by itself: [Test.Prepare] substitutes variables and runs the pre-request scripts,
// [Attempt.Send] sends, [Attempt.Check] extracts, runs the post-response scripts and checks the assertions, [Attempt.Finish]
// writes the events.
package runner

import (
	"context"
	"errors"
	"sync"
	"time"

	"offscope/event"
)

// ErrMaxTime is the cause of a context that ended because the run took longer than it may.
var ErrMaxTime = errors.New("the run took longer than --max-time")

// Interrupted is the cause of a context that ended by a signal.
type Interrupted struct {
	// Signal is the signal's name, such as SIGINT.
	Signal string
}

func (i Interrupted) Error() string { return "interrupted by " + i.Signal }

// Run runs plans and writes their events to sink, so many tests at a time as the machinery says; steps never run beside each other. The
// summary tells how it went; the error is only ever the sink's, and nothing more is sent after it. The events of a test are in
// order; those of tests that run at the same time are mixed.
func Run(ctx context.Context, plans []*Plan, m Machinery, sink event.Sink) (event.RunFinished, error) {
	x := Begin(plans, m, sink)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(max(m.Jobs, 1), len(plans)) {
		workers.Go(func() {
			for i := range next {
				x.run(ctx, i)
			}
		})
	}
	for i := range plans {
		next <- i
	}
	close(next)
	workers.Wait()
	return x.End(ctx)
}

// run runs a test, and again while it fails and may be tried again.
func (x *Execution) run(ctx context.Context, i int) {
	attempts := x.plans[i].Options.Retry + 1
	for attempt := 1; attempt <= attempts; attempt++ {
		t := x.open(ctx, i, attempt)
		for s := t.Next(ctx); s != nil; s = t.Next(ctx) {
			t.Do(ctx, s)
		}
		t.anew = attempt < attempts && t.outcome != event.Passed && t.missing == 0 && ctx.Err() == nil && x.brokenDown() == "" && t.broken == ""
		t.End()
		if !t.anew {
			return
		}
	}
}

// An Execution is a run in progress. Its tests may be driven by several goroutines.
type Execution struct {
	plans     []*Plan
	machinery Machinery
	stream    *stream
	began     time.Time
	literals  []literal
	ledger    ledger

	mu      sync.Mutex
	summary event.RunFinished
	broken  string // why nothing more is to be run in any test; "" while all is well
}

// Begin opens a run. Its tests are opened by [Execution.Test] and closed by [Test.End]; [Execution.End] closes the run.
func Begin(plans []*Plan, m Machinery, sink event.Sink) *Execution {
	if m.Clock == nil {
		m.Clock = SystemClock{}
	}
	x := &Execution{plans: plans, machinery: m, stream: &stream{sink: sink, clock: m.Clock}, began: m.Clock.Now()}
	x.summary = event.RunFinished{Outcome: event.Passed, Tests: len(plans)}
	started := event.RunStarted{Version: m.Version, Tests: len(plans), Shard: m.Shard}
	if len(plans) > 0 {
		started.Seed = plans[0].Options.Seed
	}
	for _, p := range plans {
		x.literals = append(x.literals, p.literals...) // tests of one file can stand in one line of it
	}
	x.stream.write(event.Event{Body: started})
	return x
}

// End settles what the run has created, closes the run and returns how it went. The error is the sink's.
func (x *Execution) End(ctx context.Context) (event.RunFinished, error) {
	x.settle(ctx)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.summary.Duration = x.machinery.Clock.Now().Sub(x.began)
	var signal Interrupted
	if errors.As(context.Cause(ctx), &signal) {
		x.summary.Interrupted = signal.Signal
	}
	x.stream.write(event.Event{Body: x.summary})
	return x.summary, x.stream.failed()
}

func (x *Execution) add(finished event.TestFinished) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.summary.Counts.Add(finished.Counts)
	if finished.Missing > 0 {
		x.summary.TestsMissing++
	}
	if finished.Flaky {
		x.summary.TestsFlaky++
	}
	if finished.Outcome != event.Passed {
		x.summary.TestsFailed++
	}
	x.summary.Outcome = worse(x.summary.Outcome, finished.Outcome)
}

// breakDown ends all tests before their next step.
func (x *Execution) breakDown(reason string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.broken = reason
}

func (x *Execution) brokenDown() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.broken
}

// worse returns the worse of two outcomes: what could not be executed weighs more than what failed.
func worse(a, b event.Outcome) event.Outcome {
	if a == event.Errored || b == event.Errored {
		return event.Errored
	}
	if a == event.Failed || b == event.Failed {
		return event.Failed
	}
	return a
}

func stopReason(ctx context.Context) string {
	if cause := context.Cause(ctx); cause != nil {
		return cause.Error()
	}
	return "the run was ended"
}
