// Command offscope runs exported Runscope (BlazeMeter API Monitoring) tests on this machine.
//
// Manners of this room, the only one that knows arguments, environment, standard streams, terminal and exit codes:
//
//   - results go to stdout, everything else to stderr;
//   - a message says where, what, and what to do, in lower case and without a full stop;
//   - one function prints diagnostics (screen.go), one ends the process (here);
//   - exit codes are a contract: see exit.go;
//   - it never sends anything to anyone but the hosts of the tests that are run.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"runtime/debug"
	"time"
)

// version is set by the build.
var version = "dev"

func main() {
	prepareProcess()
	os.Exit(run(context.Background(), realSystem(), os.Args))
}

// manySteps is about how many bytes thousands of steps have.
const manySteps = 1 << 20

// saveMemory is told how much text of tests was read. What is read stays, about fifteen bytes for one, and the garbage that
// may gather is a multiple of what stays: with many steps a small one, so that a long run needs no more memory than reading.
func saveMemory(size int) {
	if size > manySteps {
		debug.SetGCPercent(50)
	}
}

// prepareProcess sets what belongs to the whole process and to nobody in it.
func prepareProcess() {
	// Script libraries make much short-lived garbage; collecting less often takes a third off for a few megabytes.
	debug.SetGCPercent(400)
	ignoreBrokenPipes()
	// net/http writes bytes of a misbehaving server to the standard logger, unmasked.
	log.SetOutput(io.Discard)
	// Dates in scripts are in UTC, as in the hosted service; the engine's zone is the process's.
	time.Local = time.UTC
}
