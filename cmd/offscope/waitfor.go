package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/cmd/offscope/live"
	"offscope/exchange"
	"offscope/runner"
	"offscope/transport"
)

const (
	askEvery = 250 * time.Millisecond
	// askAtMost bounds one question: a server that takes the connection and says nothing is not there yet.
	askAtMost = 5 * time.Second
	// notThere is the least status that means that nobody is there yet: a gateway says 502 to 504, a server that begins 500 or 503.
	notThere = 500
)

func waitFlag() cli.Flag {
	return list(groupBehaviour, "wait-for", "`URL=DURATION` before the first request, wait until the URL answers with a status below 500")
}

// An awaited server has to answer before the first request of the tests is sent.
type awaited struct {
	url    string
	shown  string // without what may be secret
	atMost time.Duration
}

func (set *settings) readAwaited(c *cli.Context, _ system) error {
	for _, text := range c.StringSlice("wait-for") {
		a, err := parseAwaited(text)
		if err != nil {
			return usageHint("as in: --wait-for http://localhost:8080/health=30s", "--wait-for %w", err)
		}
		set.awaited = append(set.awaited, a)
	}
	return nil
}

// parseAwaited reads URL=DURATION. A URL can have equals signs of its own.
func parseAwaited(text string) (awaited, error) {
	at := strings.LastIndexByte(text, '=')
	if at < 0 {
		return awaited{}, errors.New("needs a URL and how long to wait for it")
	}
	address, err := url.Parse(text[:at])
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return awaited{}, errors.New("needs a URL that begins with http:// or https://")
	}
	if port := address.Port(); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return awaited{}, fmt.Errorf("needs a port up to 65535, not %s", port)
		}
	}
	atMost, err := time.ParseDuration(text[at+1:])
	if err != nil || atMost <= 0 {
		return awaited{}, fmt.Errorf("needs a duration such as 500ms, 30s or 2m behind the last =, not %q", text[at+1:])
	}
	shown := url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path}
	return awaited{url: text[:at], shown: shown.String(), atMost: atMost}, nil
}

// await waits for the servers that the tests need, with the connection options of the first test. All of them begin to be
// awaited now. When one does not come in its time the context that it returns has ended for that reason: the run is then
// written down as any other that was ended, with every step as not run, so that the reports say why.
func (set *settings) await(ctx context.Context, s system, region *live.Region, plans []*runner.Plan) context.Context {
	if len(set.awaited) == 0 || len(plans) == 0 {
		return ctx
	}
	shade := runner.NewShade(plans...)
	began := time.Now()
	for _, a := range set.awaited {
		a.shown = shade.Text(a.shown)
		if err := a.wait(ctx, newWaitLine(s, region, a, began), plans[0].Options.Sender); err != nil {
			ended, end := context.WithCancelCause(ctx)
			end(err)
			return ended
		}
	}
	return ctx
}

// wait asks until the server answers. The error says what came of the last question, or why the run was ended meanwhile.
func (a awaited) wait(ctx context.Context, told *waitLine, sender runner.Sender) error {
	defer told.end()
	deadline := told.began.Add(a.atMost)
	for {
		asked := time.Now()
		last, there := a.ask(ctx, sender, max(deadline.Sub(asked), askEvery))
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case there:
			return nil
		case time.Now().Add(askEvery).After(deadline):
			return fmt.Errorf("%s was not there within %s: %s", a.shown, a.atMost, last)
		}
		told.show()
		if err := (runner.SystemClock{}).Sleep(ctx, askEvery-time.Since(asked)); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// ask sends one question. It returns what came of it, and whether that means that the server is there.
func (a awaited) ask(ctx context.Context, sender runner.Sender, atMost time.Duration) (answer string, there bool) {
	ctx, cancel := context.WithTimeout(ctx, min(atMost, askAtMost))
	defer cancel()
	response, err := sender.Send(ctx, &exchange.Request{Method: "GET", URL: a.url})
	var failed *transport.Error
	switch {
	case errors.As(err, &failed) && failed.Kind == transport.KindInterrupted:
		return "it took the connection and did not answer", false
	case err != nil:
		return err.Error(), false
	}
	return fmt.Sprintf("it answered %d", response.Status), response.Status < notThere
}

// A waitLine says that and how long something is awaited: on a terminal in a line that goes away, elsewhere once.
type waitLine struct {
	out    io.Writer
	region *live.Region
	what   awaited
	began  time.Time
	told   bool
}

func newWaitLine(s system, region *live.Region, a awaited, began time.Time) *waitLine {
	return &waitLine{out: s.stderr, region: region, what: a, began: began}
}

func (w *waitLine) show() {
	switch {
	case w.region != nil:
		w.region.Say(fmt.Sprintf("waiting for %s, %s of %s", w.what.shown, time.Since(w.began).Round(time.Second), w.what.atMost))
	case !w.told:
		fmt.Fprintf(w.out, "waiting for %s, up to %s\n", w.what.shown, w.what.atMost)
	}
	w.told = true
}

func (w *waitLine) end() { w.region.Say("") }
