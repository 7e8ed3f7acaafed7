package main

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"offscope/source"
)

// A system is what this command knows of the machine. Nothing else in this room touches args, environment or streams.
type system struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// environ are the process's variables as NAME=VALUE.
	environ []string
	// width returns the columns of the terminal that stdout is, 0 when it is none.
	width func() int
	// progress returns the size of the terminal that stderr is, 0 columns when it is none or can only go forward. A nil progress
	// stands for none.
	progress func() (columns, rows int)
	// notify sends signals that ask the process to end; the returned function stops that.
	notify func(chan<- os.Signal) (stop func())
	// collect takes what is to be said about files; nil prints it to stderr.
	collect func(source.Diagnostics)
	// prompt opens the terminal for somebody who types; it returns nil when there is none, and a nil prompt stands for none.
	prompt func(history string) (promptCloser, error)
	// keyboard reads single keys; it returns nil when there is no terminal, and a nil keyboard stands for none.
	keyboard func() *keyboard
	// opened hears of each file before it is read; nil when nobody wants to know.
	opened func(path string)
	// worker makes the process in which scripts run with --isolate.
	worker func() *exec.Cmd
}

func realSystem() system {
	return system{
		stdin: os.Stdin, stdout: &patientWriter{Writer: os.Stdout}, stderr: os.Stderr, environ: os.Environ(),
		width: func() int {
			columns, _ := terminalSize(os.Stdout)
			return columns
		},
		progress: func() (columns, rows int) {
			if os.Getenv("TERM") == "dumb" {
				return 0, 0
			}
			return terminalSize(os.Stderr)
		},
		notify: func(c chan<- os.Signal) func() {
			signal.Notify(c, os.Interrupt, syscall.SIGTERM)
			return func() { signal.Stop(c) }
		},
		prompt:   terminalPrompt,
		keyboard: terminalKeyboard,
		worker: func() *exec.Cmd {
			self, err := os.Executable()
			if err != nil {
				self = os.Args[0]
			}
			return exec.Command(self, workerName)
		},
	}
}

// terminalSize is 0 columns wide for what is no terminal. One that does not know its size gets the usual one.
func terminalSize(f *os.File) (columns, rows int) {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return 0, 0
	}
	columns, rows, err := term.GetSize(fd)
	if err != nil || columns <= 0 || rows <= 0 {
		return 80, 24
	}
	return columns, rows
}

// hasProgress reports whether progress can be shown.
func (s system) hasProgress() bool {
	if s.progress == nil {
		return false
	}
	columns, _ := s.progress()
	return columns > 0
}

// getenv returns the value of a process variable and whether it is set.
func (s system) getenv(name string) (string, bool) {
	for i := len(s.environ) - 1; i >= 0; i-- {
		if key, value, _ := cutPair(s.environ[i]); key == name {
			return value, true
		}
	}
	return "", false
}
