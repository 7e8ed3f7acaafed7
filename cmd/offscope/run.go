package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/cmd/offscope/live"
	"offscope/event"
	"offscope/runner"
	"offscope/transport"
)

const runDescription = `Runs every step of the tests in order: variables, scripts, requests, pauses, assertions. FILE is an exported test, a
bucket export, or a folder of them; "-" reads stdin.

Examples:
   offscope run test.json -e local.yaml
   offscope run Okta-SCIM-20-SPEC-Test.json --initial-script Initial_Script_Spec.txt \
       --var SCIMBaseURL=http://localhost:8080/scim/v2 --secret auth="Bearer TOKEN" --pauses skip
   offscope run bucket.json --test 'Users*' --stop-on-failure
   offscope run test.json --step 3 -vv            only step 3, with headers and bodies
   offscope run test.json --connect-to api.example.com:443:localhost:8443 -k

Exit codes: 0 passed, 1 failed, 2 nothing was sent (usage, unreadable file), 3 a step could not be executed,
130 / 143 interrupted.`

func runCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "run tests", UsageText: "offscope run [flags] FILE|DIR|-...", Description: runDescription,
		Flags:        concat(valueFlags(), choiceFlags(), shardFlags(), behaviourFlags(), watchFlags(), httpFlags(), scriptFlags(), outputFlags(), reportFlags(), []cli.Flag{ciFlag()}, recordFlags()),
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usageHint("as in: offscope run test.json; see: offscope run --help", "no file given")
			}
			if c.Bool("watch") {
				return watchTests(c, s)
			}
			return runTests(c, s)
		},
	}
}

// runTests loads what was named, plans it, and runs the plans.
func runTests(c *cli.Context, s system) error {
	settings, err := readSettings(c, s)
	if err != nil {
		return err
	}
	defer settings.close()
	documents, err := load(s, c.Args().Slice(), settings.screen)
	if err != nil {
		return err
	}
	plans, err := settings.planner(s, documents).plans()
	if err != nil {
		return err
	}
	for _, p := range plans {
		settings.engine.Expect(p.Programs()...)
	}
	settings.shard.tell(s.stderr, plans)
	end, err := settings.run(c, s, documents, plans)
	if err != nil {
		return err
	}
	return exit(codeOf(end))
}

// run runs plans with everything the flags said: the text, the reports and the record are all made of the same events. Others
// are sinks beside them.
func (set *settings) run(c *cli.Context, s system, documents []*bucket.Document, plans []*runner.Plan, others ...event.Sink) (event.RunFinished, error) {
	inbox, err := set.openInbox(plans)
	if err != nil {
		return event.RunFinished{}, err
	}
	if inbox != nil {
		defer inbox.Close()
	}
	wanted, err := readReports(c)
	if err != nil {
		return event.RunFinished{}, err
	}
	region := set.openRegion(&s)
	defer region.Close()
	reports, err := openReports(s, wanted)
	if err != nil {
		return event.RunFinished{}, err
	}
	recorded, err := set.startRecord(c, s, documents, plans)
	if err != nil {
		discardAll(reports)
		return event.RunFinished{}, err
	}
	if toStdout(wanted) {
		s.stdout = s.stderr // the text makes room for the report
	}
	set.screen.curlFlags = set.curlFlags(c)
	build := set.openBuild(s, wanted, plans)
	text := &lasting{next: build.beside(set.section(set.screen.sink(s), s.stdout))}
	if set.jobs > 1 {
		text.next = newOrdered(text.next)
	}
	sinks := []event.Sink{region}
	if recorded != nil {
		sinks = []event.Sink{recorded, region} // the record first, so that whatever was told is in it, also when the process is killed
	}
	sinks = slices.Concat(sinks, []event.Sink{text}, others)
	for _, r := range reports {
		sinks = append(sinks, r)
	}
	machinery := runner.Machinery{Engine: set.engine, Version: version, Jobs: set.jobs, Leftovers: set.leftovers, Shard: set.shard.fact()}
	if set.jobs <= 1 {
		machinery.NewMasker = set.screen.newMasker
	}
	if inbox != nil {
		machinery.Inbox = inbox
	}
	end, err := set.drive(c, s, region, plans, machinery, all(sinks))
	if err = cmp.Or(err, text.failed); err != nil {
		err = &exitError{code: exitErrored, err: fmt.Errorf("writing the result: %w", err)}
	}
	if failed := finishReports(reports); err == nil {
		err = failed
	}
	build.close()
	set.endRecord(s, recorded, end)
	set.noticeLimit(s, end)
	return end, err
}

// drive runs plans, with a prompt when one was asked for.
func (set *settings) drive(c *cli.Context, s system, region *live.Region, plans []*runner.Plan, m runner.Machinery, sink event.Sink) (event.RunFinished, error) {
	ctx, stop := interruptible(c.Context, s, set.maxTime)
	ctx = set.await(ctx, s, region, plans)
	if set.debugging == nil {
		set.release = func() string { // a signal does not end the process while it writes reports either
			stop()
			return signalOf(ctx)
		}
		return runner.Run(ctx, plans, m, sink)
	}
	if ctx.Err() != nil {
		c.Context = ctx // there is nothing to ask about
	}
	stop()
	return set.debugging.run(c, s, region, set, plans, m, sink)
}

// openInbox listens for requests from outside when a test waits for one.
func (set *settings) openInbox(plans []*runner.Plan) (*transport.Inbox, error) {
	if !slices.ContainsFunc(plans, (*runner.Plan).NeedsInbox) {
		return nil, nil
	}
	inbox, err := transport.Listen(set.inbox)
	if errors.Is(err, transport.ErrPublicURL) {
		return nil, usageHint("as in: --inbound-url https://hooks.example.com/runs", "--inbound-url: %w", err)
	}
	if err != nil {
		return nil, usageHint("as in: --inbound-listen 127.0.0.1:8099", "listening for requests from outside: %w", err)
	}
	return inbox, nil
}

// close lets go of signals, and of what the surroundings of the tests hold. It returns the name of the signal that has come since
// the run began, "" when none has.
func (set *settings) close() (signal string) {
	if set.release != nil {
		signal = set.release()
	}
	for _, u := range set.surroundings {
		u.close()
	}
	set.engine.Close()
	return signal
}

// hostedLimit is how long the hosted service lets a whole run take.
const hostedLimit = 10 * time.Minute

func (set *settings) noticeLimit(s system, end event.RunFinished) {
	if set.maxTime == 0 && end.Duration > hostedLimit {
		fmt.Fprintf(s.stderr, "notice: the run took %s; the hosted service ends a run after 10 minutes\n", end.Duration.Round(time.Second))
	}
}

// interruptible returns a context that ends by a signal, or when the run has taken too long. A second signal ends the
// process at once. The returned function gives signals back to the system.
func interruptible(ctx context.Context, s system, maxTime time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(forever(maxTime), func() { cancel(runner.ErrMaxTime) })
	signals := make(chan os.Signal, 2)
	stopSignals := s.notify(signals)
	done, ended := make(chan struct{}), make(chan struct{})
	take := func(sig os.Signal) { cancel(runner.Interrupted{Signal: signalName(sig)}) }
	go func() {
		defer close(ended)
		select {
		case sig := <-signals:
			stopSignals()
			take(sig)
		case <-done:
			select { // one may have come at the last moment
			case sig := <-signals:
				take(sig)
			default:
			}
		}
	}()
	return ctx, func() {
		timer.Stop()
		stopSignals()
		close(done)
		<-ended
		cancel(nil)
	}
}

// signalOf is the name of the signal that has ended a context, "" when none has.
func signalOf(ctx context.Context) string {
	var signal runner.Interrupted
	errors.As(context.Cause(ctx), &signal)
	return signal.Signal
}

func forever(d time.Duration) time.Duration {
	if d <= 0 {
		return time.Duration(1<<63 - 1)
	}
	return d
}

func signalName(sig os.Signal) string {
	if sig == os.Interrupt {
		return "SIGINT"
	}
	return "SIGTERM"
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	return usageHint("see: offscope "+c.Command.Name+" --help", "%w", err)
}

func concat(groups ...[]cli.Flag) []cli.Flag {
	var all []cli.Flag
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}
