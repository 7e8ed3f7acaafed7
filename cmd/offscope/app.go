package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// run is the whole program: it parses arguments, does what they say, and returns the exit code.
func run(ctx context.Context, s system, args []string) int {
	app := newApp(s)
	err := dispatch(ctx, s, app, args)
	complain(s, err)
	return exitCode(err)
}

// dispatch finds the command and arranges its arguments before the flag parser sees them.
func dispatch(ctx context.Context, s system, app *cli.App, args []string) error {
	if len(args) < 2 || args[1] == "" {
		fmt.Fprint(s.stdout, shortHelp)
		return exit(exitUsage)
	}
	command := app.Command(args[1])
	switch {
	case args[1] == workerName:
		return serveScripts(s)
	case args[1] == "help" && len(args) > 2:
		return dispatch(ctx, s, app, []string{args[0], args[2], "--help"})
	case args[1] == "help" || args[1] == "-h" || args[1] == "--help":
		showHelp(s.stdout, app)
		return nil
	case slices.Contains([]string{"-v", "-V", "--version", "version"}, args[1]):
		fmt.Fprintf(s.stdout, "offscope %s\n", app.Version)
		return nil
	case command == nil && args[1][0] == '-':
		return usageHint("flags come after a command, as in: offscope run --var NAME=VALUE FILE", "unknown flag %s before a command", args[1])
	case command == nil:
		return unknownCommand(app, args[1])
	}
	rest, err := arrange(command.Name, append(command.Flags, cli.HelpFlag), args[2:])
	if errors.Is(err, errHelp) {
		showCommandHelp(s.stdout, command)
		return nil
	}
	if err != nil {
		return err
	}
	if err := checkProcess(s, command.Flags); err != nil {
		return err
	}
	if command.Name != "completion" { // which writes about all of them
		app.Commands = []*cli.Command{command} // setting up a command is a twentieth of a short run
	}
	return app.RunContext(ctx, append([]string{args[0], command.Name}, rest...))
}

func unknownCommand(app *cli.App, name string) error {
	var names []string
	for _, c := range app.Commands {
		names = append(names, c.Names()...)
	}
	hint := "see: offscope --help"
	if other := otherCommands[strings.ToLower(name)]; other != "" {
		hint = "did you mean: offscope " + other + "?"
	} else if near := suggestion(strings.ToLower(name), names); near != "" {
		hint = "did you mean: offscope " + near + "?"
	} else if looksLikeFile(name) {
		hint = "to run a test: offscope run " + shellWord(name)
	}
	return usageHint(hint, "unknown command %q", name)
}

func newApp(s system) *cli.App {
	return &cli.App{
		Name:                      "offscope",
		Usage:                     "run exported Runscope (BlazeMeter API Monitoring) tests on your own machine",
		UsageText:                 "offscope COMMAND [flags] [FILE...]",
		Description:               appDescription,
		Version:                   version,
		Writer:                    s.stdout,
		ErrWriter:                 io.Discard, // one place prints: complain
		HideHelp:                  true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true,
		Commands:                  []*cli.Command{runCommand(s), demoCommand(s), mockCommand(s), inspectCommand(s), checkCommand(s), debugCommand(s), rerunCommand(s), runsCommand(s), diffCommand(s), reportCommand(s), completionCommand(s)},
		OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return usage("%w", err) },
		ExitErrHandler:            func(*cli.Context, error) {},
	}
}

// complain prints what an error has to say.
func complain(s system, err error) {
	if err == nil || err.Error() == "" {
		return
	}
	fmt.Fprintf(s.stderr, "offscope: %v\n", err)
	var e *exitError
	if errors.As(err, &e) && e.hint != "" {
		fmt.Fprintf(s.stderr, "hint: %s\n", e.hint)
	}
}
