package runner

import (
	"context"
	"errors"
	"strings"
	"time"

	"offscope/event"
	"offscope/transport"
)

var errSaysNothing = errors.New("the sender returned neither a response nor an error")

// Send sends the request, if there is one, runs the subtest, or waits for the request from outside. An error of the network is
// a result like any other: the step could not be executed, and the run goes on.
func (a *Attempt) Send(ctx context.Context) {
	if a.Request == nil || a.requests > 0 {
		return
	}
	a.requests++
	a.started = a.test.clock.Now()
	switch {
	case a.Step.subtest != nil:
		a.runSubtest(ctx)
		return
	case a.Step.inbound != nil:
		a.await(ctx)
		return
	}
	response, err := a.test.sender().Send(ctx, a.Request)
	if err == nil && response == nil {
		err = errSaysNothing
	}
	if err != nil {
		a.fail(ctx, err)
		return
	}
	a.Response, a.timings = response, response.Timings
	a.test.learnResponse(response.Header)
	a.test.execution.ledger.enter(a)
	if jar := a.test.jar; jar != nil {
		if received, any := jar.Learn(a.Request.URL, response.Header); any {
			a.test.received = append(a.test.received, received)
		}
	}
}

// sender is what sends the requests of this test.
func (t *Test) sender() Sender {
	if own := t.plan.Options.Sender; own != nil {
		return own
	}
	return t.machinery.Sender
}

func (a *Attempt) fail(ctx context.Context, err error) {
	failure := &event.TransportFailure{Failure: "unknown", Message: err.Error()}
	var known *transport.Error
	if errors.As(err, &known) {
		failure.Failure, failure.Message = string(known.Kind), a.test.failureText(known)
		a.timings = known.Timings
	}
	if ctx.Err() != nil {
		failure.Failure, failure.Message = string(transport.KindInterrupted), stopReason(ctx)
		a.test.checkContext(ctx)
	}
	a.failure, a.cause = failure, err
	a.problem(event.Problem{
		Code: "transport-" + failure.Failure, Outcome: event.Errored, Message: failure.Message,
		Where: a.test.cover.excerpt(a.Step.request.step.URL.Place),
	})
}

// failureText leaves out what a server answered when the answer quotes a secret and was cut: half a secret would not be
// found.
func (t *Test) failureText(err *transport.Error) string {
	if !strings.HasSuffix(err.Message, ellipsis) {
		return err.Message
	}
	for cause := err.Err; cause != nil; cause = errors.Unwrap(cause) {
		if t.cover.blacken(cause.Error()) != cause.Error() {
			return "Error communicating with " + err.Host + ": " + string(err.Kind) + " error (the answer is not shown, because it quotes a secret)"
		}
	}
	return err.Message
}

// briefly writes a duration without the zeros behind it: 10m, 1m30s.
func briefly(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// A stopwatch tells how long something took by a clock.
type stopwatch struct {
	clock Clock
	start time.Time
}

func startWatch(c Clock) stopwatch { return stopwatch{c, c.Now()} }

func (w stopwatch) took() time.Duration { return w.clock.Now().Sub(w.start) }
