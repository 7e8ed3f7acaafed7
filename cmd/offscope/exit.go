package main

import (
	"errors"
	"fmt"

	"offscope/event"
)

// The exit codes, which are a contract.
const (
	exitPassed      = 0   // every chosen test ran and passed
	exitFailed      = 1   // a test failed
	exitUsage       = 2   // nothing was sent: a usage error, or a file that cannot be used
	exitErrored     = 3   // a step could not be executed
	exitInterrupted = 130 // SIGINT
	exitTerminated  = 143 // SIGTERM
)

// An exitError carries the code the process ends with. Its message, if it has one, has not been printed yet.
type exitError struct {
	code int
	err  error
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit ends the process with a code and says nothing more.
func exit(code int) error {
	if code == exitPassed {
		return nil
	}
	return &exitError{code: code}
}

// usage is a mistake in the command line.
func usage(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// usageHint is a mistake in the command line with the way out of it.
func usageHint(hint, format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...), hint: hint}
}

// codeOf returns the exit code of a run's end. Interruption goes over everything, an error over a failure.
func codeOf(end event.RunFinished) int {
	switch {
	case end.Interrupted == "SIGINT":
		return exitInterrupted
	case end.Interrupted == "SIGTERM":
		return exitTerminated
	case end.Outcome == event.Errored:
		return exitErrored
	case end.TestsMissing > 0 && end.Counts.Requests == 0:
		return exitUsage
	case end.Outcome != event.Passed:
		return exitFailed
	}
	return exitPassed
}

// isExit reports whether everything about an error was told already.
func isExit(err error) bool {
	var e *exitError
	return errors.As(err, &e) && e.err == nil
}

func exitCode(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitPassed
	case errors.As(err, &e):
		return e.code
	}
	return exitUsage
}
