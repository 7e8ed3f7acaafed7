// Package debugger runs a test step by step at a prompt.
//
// Begin with [Run], which runs plans as the runner does and asks at each step what comes next, or only when a step has failed. What a
// step did is told by the events of the run, as in any run; the debugger itself writes what its commands are asked for. It knows
// neither a terminal nor a file: lines come from a [Prompt], and whatever else touches the machine is in the [Options].
//
// A session stands at one step. Before the step was run, request, edit and send are about what it is going to send. A step that has
// failed, or that was sent by hand, stays at hand until next, continue, skip or goto: it can be looked at, and sent again.
//
// The commands are in commands.go; flow.go goes from step to step; look.go shows; edit.go changes; complete.go completes.
package debugger

import (
	"context"
	"errors"
	"io"

	"offscope/event"
	"offscope/exchange"
	"offscope/runner"
)

// ErrInterrupted is what a [Prompt] returns when somebody breaks off the line (Ctrl-C).
var ErrInterrupted = errors.New("interrupted")

// A Prompt reads what somebody types.
type Prompt interface {
	// ReadLine shows a prompt and returns the next line. Complete returns what the line up to the cursor can become. The error is
	// io.EOF at the end of the input, and [ErrInterrupted] for a line that was broken off.
	ReadLine(prompt string, complete func(line string) []string) (string, error)
	// Remember puts a line into the history. Lines with secrets are not remembered.
	Remember(line string)
}

// Options are what a session works with. Prompt and Out are needed; a command whose function is missing says that it cannot be used.
type Options struct {
	Prompt Prompt
	// Out takes what commands say.
	Out io.Writer
	// Echo writes what is read behind the prompt, for an input that is no terminal: the output then reads as if somebody had typed
	// it. Secrets that are typed are left out.
	Echo bool
	// OnFailure runs without asking until a step fails, and ends without asking. Otherwise the session begins before the first
	// step and stays at the end.
	OnFailure bool
	// Reveal returns the value to be seen in the place of a mark, and false when it is not known; nil shows [name].
	Reveal func(exchange.Mark) (string, bool)
	// Find finds a step by what somebody calls it.
	Find func(steps []*runner.Step, name string) (int, error)
	// Curl writes a request as a command.
	Curl func(event.Request) string
	// Edit lets somebody change a text, and returns it. The name says what kind of file it is.
	Edit func(name string, text []byte) ([]byte, error)
	// Save writes a file. One that exists is an error that is fs.ErrExist, unless it is to be replaced.
	Save func(name string, data []byte, replace bool) error
	// Interruptible returns a context for one command, which an interrupt ends without ending the session. Nil leaves interrupts
	// to the context of the run.
	Interruptible func(context.Context) (context.Context, func())
}

// A Result is how a run ended.
type Result struct {
	// End is the summary of the run. In it a step that was due and not run makes its test fail.
	End event.RunFinished
	// Outcome is the worst of the steps that did run.
	Outcome event.Outcome
	// Quit says that somebody ended the run before its end.
	Quit bool
}

// Run runs plans one after the other and writes their events to sink. The error is only ever the sink's.
func Run(ctx context.Context, plans []*runner.Plan, m runner.Machinery, sink event.Sink, o Options) (Result, error) {
	watched := &watch{next: sink}
	x := runner.Begin(plans, m, watched)
	result := Result{Outcome: event.Passed}
	for i := range plans {
		t := x.Test(ctx, i)
		s := &session{Options: o, test: t, watch: watched, breaks: map[int]bool{}, onFailure: o.OnFailure, quit: result.Quit}
		s.run(ctx)
		result.Quit = s.quit
		result.Outcome = worst(result.Outcome, t.Outcome())
		t.End()
	}
	var err error
	result.End, err = x.End(ctx)
	return result, err
}

func worst(a, b event.Outcome) event.Outcome {
	for _, o := range []event.Outcome{event.Errored, event.Failed} {
		if a == o || b == o {
			return o
		}
	}
	return a
}

// A watch sees how the steps of the test end.
type watch struct {
	next event.Sink
	red  int // the number of the step that failed since it was set to 0 last
	err  error
}

// Write hands an event on.
func (w *watch) Write(e event.Event) error {
	if end, ok := e.Body.(event.StepFinished); ok && e.Sub == 0 && end.Outcome.Bad() {
		w.red = e.Step
	}
	w.err = w.next.Write(e)
	return w.err
}
