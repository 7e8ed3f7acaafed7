package main

import (
	"offscope/jsengine"
)

// workerName is the command that --isolate starts; it is for this program only and shown nowhere.
const workerName = "script-worker"

// serveScripts runs scripts for another process of this program, until that closes the pipe.
func serveScripts(s system) error {
	if err := jsengine.ServeWorker(s.stdin, s.stdout); err != nil {
		return &exitError{code: exitErrored, err: err}
	}
	return nil
}
