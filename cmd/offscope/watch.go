package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/event"
	"offscope/runner"
)

// A watch runs tests again and again: when a file changes that the last run has read, and when somebody presses a key.
type watch struct {
	c       *cli.Context
	s       system
	files   *watchedFiles
	keys    *keyboard // nil without a terminal
	signals chan os.Signal
	ticks   <-chan time.Time
	now     func() time.Time

	code   int             // of the last run
	failed map[string]bool // the tests that failed in it
}

// pollEvery is how often files are looked at.
const pollEvery = 300 * time.Millisecond

func watchTests(c *cli.Context, s system) error {
	switch {
	case slices.Contains(c.Args().Slice(), "-"):
		return usage("stdin cannot be watched: give a file")
	case c.Bool("debug-on-failure"):
		return usageHint("press d when a test has failed", "--watch and --debug-on-failure exclude each other: both read the keyboard")
	}
	w := &watch{c: c, s: s, files: newWatchedFiles(c.Args().Slice()), signals: make(chan os.Signal, 2), now: time.Now}
	if s.keyboard != nil {
		if w.keys = s.keyboard(); w.keys != nil {
			defer w.keys.close()
		}
	}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	w.ticks = ticker.C
	return w.run()
}

// run runs the tests, waits, and runs them again, until somebody has enough.
func (w *watch) run() error {
	err := w.once(nil)
	if cannotBegin(err) {
		return err
	}
	for {
		complain(w.s, err)
		if interrupted(w.code) {
			return exit(w.code)
		}
		again := w.wait()
		switch again.what {
		case quit:
			return exit(w.code)
		case ended:
			return exit(again.code)
		case debugIt:
			w.debug()
			err = nil
			continue
		}
		only := map[string]bool(nil)
		if again.what == runFailed {
			only = w.failed
		}
		fmt.Fprintf(w.s.stderr, "\n--- %s %s\n\n", w.now().Format("15:04:05"), again.why)
		err = w.once(only)
	}
}

// cannotBegin reports whether an error is one of the command line and not of what stands in a file: nobody can mend that while
// it is watched.
func cannotBegin(err error) bool { return err != nil && !isExit(err) && exitCode(err) == exitUsage }

func interrupted(code int) bool { return code == exitInterrupted || code == exitTerminated }

// once runs all tests, or only some. A file that cannot be used is told about, and watched all the same.
func (w *watch) once(only map[string]bool) error {
	s := w.s
	s.opened = w.files.add
	w.files.begin()
	err := w.runTests(s, only)
	w.files.end()
	w.code = exitCode(err)
	return err
}

func (w *watch) runTests(s system, only map[string]bool) (err error) {
	set, err := readSettings(w.c, s)
	if err != nil {
		return err
	}
	defer func() { // a signal that has come too late for the run ends the watch
		if signal := set.close(); signal != "" && (err == nil || isExit(err)) {
			err = exit(codeOf(event.RunFinished{Interrupted: signal}))
		}
	}()
	documents, err := load(s, w.c.Args().Slice(), set.screen)
	if err != nil {
		return err
	}
	plans, err := set.planner(s, documents).plans()
	if err != nil {
		return err
	}
	if len(only) > 0 {
		plans = slices.DeleteFunc(plans, func(p *runner.Plan) bool { return !only[planName(p)] })
	}
	if len(plans) == 0 {
		return usage("the tests that failed are not there any more")
	}
	failed := map[string]bool{}
	end, err := set.run(w.c, s, documents, plans, event.SinkFunc(func(e event.Event) error {
		if f, ok := e.Body.(event.TestFinished); ok && e.Sub == 0 && f.Outcome != event.Passed {
			failed[planName(plans[e.Test-1])] = true
		}
		return nil
	}))
	w.failed = failed
	if err != nil {
		return err
	}
	return exit(codeOf(end))
}

// planName is the same for a test of a file, and of an iteration, in every run.
func planName(p *runner.Plan) string {
	file := ""
	if p.Test.Place.File != nil {
		file = p.Test.Place.File.Name
	}
	return fmt.Sprintf("%s\n%s\n%d", file, strings.TrimSpace(p.Test.Name.Value), p.Options.Iteration)
}

// debug opens the prompt of offscope debug. What it returns has nothing to do with the last run.
func (w *watch) debug() {
	fmt.Fprintln(w.s.stderr)
	err := debugTest(w.c, w.s)
	var said *exitError
	if errors.As(err, &said) && said.err != nil {
		complain(w.s, err)
	}
}

// What somebody who waits wants next.
type wish int

const (
	runAll wish = iota
	runFailed
	debugIt
	quit
	ended // by a signal
)

// A wanted is a wish with its reason.
type wanted struct {
	what wish
	why  string
	code int
}

// wait tells what is watched, and waits for a change, a key or a signal.
func (w *watch) wait() wanted {
	stop := w.s.notify(w.signals)
	defer stop()
	w.tell()
	var keys <-chan byte
	if w.keys != nil {
		keys = w.keys.listen()
		defer w.keys.rest()
	}
	for {
		select {
		case sig := <-w.signals:
			if sig == os.Interrupt {
				return wanted{what: ended, code: exitInterrupted}
			}
			return wanted{what: ended, code: exitTerminated}
		case <-w.ticks:
			if changed := w.files.changed(); len(changed) > 0 {
				return wanted{what: runAll, why: changedText(changed)}
			}
		case key, open := <-keys:
			if !open { // the terminal is gone
				return wanted{what: quit}
			}
			w.keys.took()
			if next, ok := w.pressed(key); ok {
				return next
			}
			keys = w.keys.listen()
		}
	}
}

func (w *watch) tell() {
	keys := ""
	if w.keys != nil {
		keys = "; enter: run all"
		if len(w.failed) > 0 {
			keys += ", f: failed ones, d: debug"
		} else {
			keys += ", d: debug"
		}
		keys += ", q: quit"
	}
	fmt.Fprintf(w.s.stderr, "\nwatching %s%s\n", count(len(w.files.stamps), "file"), keys)
}

// pressed says what a key means; most mean nothing.
func (w *watch) pressed(key byte) (wanted, bool) {
	switch key {
	case '\r', '\n', 'a':
		return wanted{what: runAll, why: "all tests"}, true
	case 'f':
		if len(w.failed) == 0 {
			fmt.Fprintln(w.s.stderr, "nothing failed in the last run")
			return wanted{}, false
		}
		return wanted{what: runFailed, why: "the tests that failed"}, true
	case 'd':
		return wanted{what: debugIt}, true
	case 'q', 4: // Ctrl-D
		return wanted{what: quit}, true
	case 3: // Ctrl-C, where the terminal makes no signal of it
		return wanted{what: ended, code: exitInterrupted}, true
	}
	return wanted{}, false
}

func changedText(paths []string) string {
	slices.SortFunc(paths, cmp.Compare[string])
	if more := len(paths) - 3; more > 0 {
		return fmt.Sprintf("%s and %d more have changed", strings.Join(paths[:3], ", "), more)
	}
	if len(paths) == 1 {
		return paths[0] + " has changed"
	}
	return strings.Join(paths, ", ") + " have changed"
}

func watchFlags() []cli.Flag {
	return []cli.Flag{toggle(groupBehaviour, "watch", "run again whenever a file changes that the run has read, and when a key is pressed")}
}
