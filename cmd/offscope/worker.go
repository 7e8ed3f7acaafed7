package main

import (
	"os"
	"os/signal"
	"syscall"

	"offscope/jsengine"
)

// workerName is the command that --isolate starts; it is for this program only and shown nowhere.
const workerName = "script-worker"

// serveScripts runs scripts for another process of this program, until that closes the pipe. Signals are that one's to answer: a
// Ctrl-C reaches all processes of a terminal, and a worker that ended by it would look like one that its script has brought down.
func serveScripts(s system) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	if err := jsengine.ServeWorker(s.stdin, s.stdout); err != nil {
		return &exitError{code: exitErrored, err: err}
	}
	return nil
}
