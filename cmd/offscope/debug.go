package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/cmd/offscope/live"
	"offscope/debugger"
	"offscope/event"
	"offscope/exchange"
	"offscope/report"
	"offscope/runner"
)

const debugDescription = `Runs one test step by step. At the prompt, next runs the step at hand, request shows what it is going to send, response
what came back; print and set look at variables and change them; help lists all commands.

Commands are also read from a pipe:
   printf 'continue\nresponse\n' | offscope debug test.json -e local.yaml --step 3

Examples:
   offscope debug test.json -e local.yaml
   offscope debug bucket.json --test 'Users*' --pauses skip
   offscope run test.json --debug-on-failure      asks only when a step fails

Nothing is recorded, and there is no preflight: what is missing can be set at the prompt. A file that is shown in an editor
($VISUAL or $EDITOR) holds no secret.

Exit codes: as run, for the steps that were run until quit.`

func debugCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "debug", Usage: "run a test step by step at a prompt", UsageText: "offscope debug [flags] FILE", Description: debugDescription,
		Flags:        concat(valueFlags(), choiceFlags(), behaviourFlags(), httpFlags(), scriptFlags(), outputFlags(), reportFlags()),
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usageHint("as in: offscope debug test.json; see: offscope debug --help", "no file given")
			}
			return debugTest(c, s)
		},
	}
}

func debugTest(c *cli.Context, s system) error {
	if slices.Contains(c.Args().Slice(), "-") {
		return usage("stdin cannot be the file of offscope debug: the commands are read from it")
	}
	settings, err := readSettings(c, s)
	if err != nil {
		return err
	}
	defer settings.close()
	settings.options.Preflight, settings.options.Retry = false, 0
	documents, err := load(s, c.Args().Slice(), settings.screen)
	if err != nil {
		return err
	}
	plans, err := settings.planner(s, documents).plans()
	if err != nil {
		return err
	}
	if names := testNames(plans); len(names) > 1 {
		return usageHint("choose one with --test; the tests are "+quoted(names), "debug runs one test, and there are %d", len(names))
	}
	settings.debugging, settings.jobs, settings.screen.oneByOne = &debugging{}, 1, true
	if _, err := settings.run(c, s, nil, plans); err != nil { // without documents nothing is recorded
		return err
	}
	return exit(settings.debugging.code())
}

// testNames are the names of the tests of plans, of which several may be iterations of one.
func testNames(plans []*runner.Plan) []string {
	var names []string
	for i, p := range plans {
		if i == 0 || p.Test != plans[i-1].Test {
			names = append(names, strings.TrimSpace(p.Test.Name.Value))
		}
	}
	return names
}

// debugging is a run with a prompt, and what came of it.
type debugging struct {
	onFailure bool
	result    debugger.Result
}

// code is the exit code for the steps that were run.
func (d *debugging) code() int {
	end := d.result.End
	if d.result.Quit {
		end.Outcome = d.result.Outcome
	}
	return codeOf(end)
}

// run runs plans with a prompt.
func (d *debugging) run(c *cli.Context, s system, region *live.Region, set *settings, plans []*runner.Plan, m runner.Machinery, sink event.Sink) (event.RunFinished, error) {
	history := ""
	if dir := s.stateDir(); dir != "" {
		history = filepath.Join(dir, "debug_history")
	}
	o := debugger.Options{
		OnFailure: d.onFailure, Out: s.stdout, Curl: report.Curl, Save: saveFile,
		Find: func(steps []*runner.Step, name string) (int, error) { return findStep(steps, "STEP", name) },
	}
	if set.screen.showSecrets {
		o.Reveal = func(m exchange.Mark) (string, bool) { return set.screen.masker.Reveal(m) }
	}
	var ctx context.Context
	var stop func()
	prompt, err := s.openPrompt(history)
	if err != nil {
		return event.RunFinished{}, err
	}
	if prompt != nil {
		defer prompt.Close()
		o.Prompt = besidePrompt{prompt, region}
		var signals *interrupts
		ctx, signals, stop = interruptibleCommands(c.Context, s, set.maxTime)
		o.Interruptible = signals.command
	} else {
		o.Prompt, o.Echo = debugger.Lines(s.stdin), true
		ctx, stop = interruptible(c.Context, s, set.maxTime)
	}
	defer stop()
	o.Edit = func(name string, text []byte) ([]byte, error) {
		defer region.Hide()()
		return editFile(s, prompt != nil, name, text)
	}
	d.result, err = debugger.Run(ctx, plans, m, sink, o)
	return d.result.End, err
}

// openPrompt opens the terminal's prompt; nil when there is none.
func (s system) openPrompt(history string) (promptCloser, error) {
	if s.prompt == nil {
		return nil, nil
	}
	return s.prompt(history)
}

// A besidePrompt is a prompt for which the region makes room.
type besidePrompt struct {
	debugger.Prompt
	region *live.Region
}

// ReadLine reads a line.
func (p besidePrompt) ReadLine(prompt string, complete func(string) []string) (string, error) {
	defer p.region.Hide()()
	return p.Prompt.ReadLine(prompt, complete)
}

type promptCloser interface {
	debugger.Prompt
	io.Closer
}

// interrupts leads signals to the command that is being run at a prompt.
type interrupts struct {
	mu      sync.Mutex
	running context.CancelCauseFunc // nil at the prompt
	session context.CancelCauseFunc
}

// interruptibleCommands returns a context that ends as that of [interruptible] does, but for an interrupt during a command: that
// ends the command only, and a second one the session.
func interruptibleCommands(ctx context.Context, s system, maxTime time.Duration) (context.Context, *interrupts, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(forever(maxTime), func() { cancel(runner.ErrMaxTime) })
	in := &interrupts{session: cancel}
	signals := make(chan os.Signal, 2)
	stopSignals := s.notify(signals)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case sig := <-signals:
				in.take(sig)
			case <-ctx.Done():
				stopSignals() // the next one ends the process
				return
			case <-done:
				return
			}
		}
	}()
	return ctx, in, func() {
		timer.Stop()
		stopSignals()
		close(done)
		cancel(nil)
	}
}

func (in *interrupts) take(sig os.Signal) {
	in.mu.Lock()
	defer in.mu.Unlock()
	cause := runner.Interrupted{Signal: signalName(sig)}
	if sig == os.Interrupt && in.running != nil {
		in.running(cause)
		in.running = nil
		return
	}
	in.session(cause)
}

// command returns a context for one command.
func (in *interrupts) command(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.running = cancel
	return ctx, func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.running = nil
		cancel(nil)
	}
}

// saveFile writes a file, over one that exists only when that is wanted.
func saveFile(name string, data []byte, replace bool) error {
	flag := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if !replace {
		flag |= os.O_EXCL
	}
	f, err := os.OpenFile(name, flag, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// editFile lets the user change a text in the editor of his choice. The file is in a folder that nobody else can read, and gone
// afterwards with whatever the editor left beside it.
func editFile(s system, terminal bool, name string, text []byte) ([]byte, error) {
	editor, _ := s.getenv("VISUAL")
	if editor == "" {
		editor, _ = s.getenv("EDITOR")
	}
	if strings.TrimSpace(editor) == "" {
		return nil, fmt.Errorf("not possible: no editor is named; set EDITOR, as in: export EDITOR=vi")
	}
	folder, err := os.MkdirTemp("", "offscope-edit")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, err
	}
	cmd := editorCommand(editor, path)
	cmd.Stdout, cmd.Stderr = s.stdout, s.stderr
	if terminal {
		cmd.Stdin = s.stdin // elsewhere it holds the commands
	}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", editor, err)
	}
	return os.ReadFile(path)
}
