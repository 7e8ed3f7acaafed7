package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

// longestWait is how long the hosted service waits for a request from outside (vendor documentation on test steps).
const longestWait = 10 * time.Minute

// mostRefused is how many refused requests a step tells of.
const mostRefused = 10

// An inbound is a step that waits for a request from outside.
type inbound struct{ token string }

func (p *Plan) planInbound(s *Step, step *bucket.Inbound) {
	token := step.Token.Value
	if token == "" {
		token = fmt.Sprintf("step-%d", s.Number)
		p.Problems = append(p.Problems, source.Diagnostic{
			Severity: source.Notice, Code: "inbound-token", Place: step.Place,
			Message: fmt.Sprintf("the incoming request step has no token: it waits at /%s", token),
			Hint:    fmt.Sprintf("give it a \"token\"; {{incoming_url(%s)}} is its address for now", token),
		})
	}
	s.inbound = &inbound{token}
}

// openInbox makes the addresses known at which steps will wait, so that a request that comes early is kept for them.
func (t *Test) openInbox() {
	for _, s := range t.plan.Steps {
		if s.inbound != nil && t.machinery.Inbox != nil {
			t.machinery.Inbox.URL(s.inbound.token)
		}
	}
}

// incomingURL answers incoming_url: the address at which a step of this run waits. A test may hand out the address of another,
// as a subtest does that is to call its caller back.
func (t *Test) incomingURL(token string) (string, bool) {
	if t.machinery.Inbox == nil || !slices.ContainsFunc(t.execution.plans, func(p *Plan) bool { return slices.Contains(p.tokens(), token) }) {
		return "", false
	}
	return t.machinery.Inbox.URL(token), true
}

// tokens are those of all steps of a plan and its subtests that wait for a request from outside.
func (p *Plan) tokens() []string {
	var tokens []string
	for _, s := range p.Steps {
		switch {
		case s.inbound != nil:
			tokens = append(tokens, s.inbound.token)
		case s.subtest != nil && s.subtest.plan != nil:
			tokens = append(tokens, s.subtest.plan.tokens()...)
		}
	}
	return tokens
}

// passOverUnread takes the requests out of the inbox that came before the test began: none of them can be an answer to what it
// is going to do.
func (t *Test) passOverUnread() {
	tokens := t.plan.tokens()
	if t.machinery.Inbox == nil || len(tokens) == 0 {
		return
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	unread := 0
	for _, token := range tokens {
		for _, err := t.machinery.Inbox.Wait(over, token); err == nil; _, err = t.machinery.Inbox.Wait(over, token) {
			unread++
		}
		for refused := t.machinery.Inbox.Refused(token); len(refused) > 0; {
			<-refused
		}
	}
	if unread > 0 {
		t.notice(0, source.Diagnostic{
			Severity: source.Warning, Code: "inbound-unread", Message: fmt.Sprintf("%d requests from outside came before this test began and were passed over", unread),
		})
	}
}

// prepareInbound runs the step's pre-request scripts.
func (a *Attempt) prepareInbound(ctx context.Context) {
	if a.test.machinery.Inbox == nil {
		a.notSent("there is nothing that could take a request from outside", "")
		return
	}
	if _, ok := a.runBeforeScripts(ctx); ok {
		a.Request = &exchange.Request{}
	}
}

// await waits for the request and makes it what the step's rows and scripts look at.
func (a *Attempt) await(ctx context.Context) {
	t, token := a.test, a.Step.inbound.token
	longest := t.plan.Options.InboundWait
	if longest == 0 {
		longest = longestWait
	}
	address := t.machinery.Inbox.URL(token)
	t.notice(a.Step.Number, source.Diagnostic{
		Severity: source.Notice, Code: "inbound", Message: fmt.Sprintf("waiting up to %s for a request to %s", briefly(longest), address),
	})
	limited, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	request, refused, err := a.receive(limited, token)
	a.started = t.clock.Now()
	if err == nil {
		a.Request = request
		a.Response = &exchange.Response{Header: request.Header, Body: request.Body}
		t.learnRequest(request.URL, request.Header)
		return
	}
	a.requests = 0 // there is none to be shown
	if t.checkContext(ctx); ctx.Err() != nil {
		a.problem(event.Problem{Code: "interrupted", Outcome: event.Errored, Message: stopReason(ctx)})
		return
	}
	p := event.Problem{
		Code: "inbound", Outcome: event.Errored, Message: "no request from outside could be taken: " + err.Error(),
		Where: t.cover.excerpt(a.Step.Step.Base().Place),
	}
	if errors.Is(err, context.DeadlineExceeded) {
		p.Outcome, p.Message = event.Failed, fmt.Sprintf("no request came to %s within %s", address, briefly(longest))
		p.Hint = "whoever is to send it must be able to reach that address: --inbound-listen and --inbound-url change it"
		if len(refused) > 0 {
			p.Message = fmt.Sprintf("no request that could be taken came to %s within %s; refused: %s", address, briefly(longest), strings.Join(refused, "; "))
			p.Hint = "--max-body says how large a body may be"
		}
	}
	a.problem(p)
}

// receive waits for a request, and tells at once of those that are refused.
func (a *Attempt) receive(ctx context.Context, token string) (request *exchange.Request, refused []string, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		request, err = a.test.machinery.Inbox.Wait(ctx, token)
	}()
	tell := func(why string) {
		if len(refused) == mostRefused {
			return
		}
		refused = append(refused, why)
		a.test.notice(a.Step.Number, source.Diagnostic{
			Severity: source.Warning, Code: "inbound-refused", Message: "a request from outside was refused: " + why,
		})
	}
	refusals := a.test.machinery.Inbox.Refused(token)
	for {
		select {
		case why := <-refusals:
			tell(why)
		case <-done:
			select {
			case why := <-refusals:
				tell(why)
				continue
			default:
				return request, refused, err
			}
		}
	}
}
