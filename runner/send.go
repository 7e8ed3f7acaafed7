package runner

import (
	"context"
	"errors"

	"offscope/event"
	"offscope/transport"
)

// Send sends the request, if there is one. An error of the network is a result like any other: the step could not be
// executed, and the run goes on.
func (a *Attempt) Send(ctx context.Context) {
	if !a.ready() {
		return
	}
	a.test.counts.Requests++
	response, err := a.test.machinery.Sender.Send(ctx, a.Request)
	if err != nil {
		a.fail(ctx, err)
		return
	}
	a.Response, a.timings = response, response.Timings
	a.test.learnSetCookie(response.Header)
}

func (a *Attempt) fail(ctx context.Context, err error) {
	failure := &event.TransportFailure{Failure: "unknown", Message: err.Error()}
	var known *transport.Error
	if errors.As(err, &known) {
		failure.Failure, failure.Message = string(known.Kind), known.Error()
		a.timings = known.Timings
	}
	if ctx.Err() != nil {
		failure.Failure, failure.Message = "interrupted", stopReason(ctx)
	}
	a.failure, a.cause = failure, err
	a.problem(event.Problem{
		Code: "transport-" + failure.Failure, Outcome: event.Errored, Message: failure.Message,
		Where: a.Step.request.step.URL.Place.Excerpt(),
	})
}
