// Command offscope runs exported Runscope (BlazeMeter API Monitoring) tests on this machine.
//
// Manners of this room, the only one that knows arguments, environment, standard streams, terminal and exit codes:
//
//   - results go to stdout, everything else to stderr;
//   - a message says where, what, and what to do, in lower case and without a full stop;
//   - one function prints diagnostics (diagnose.go), one ends the process (here);
//   - exit codes are a contract: see exit.go;
//   - it never sends anything to anyone but the hosts of the tests that are run.
package main

import (
	"context"
	"os"
)

// version is set by the build.
var version = "dev"

func main() {
	os.Exit(run(context.Background(), realSystem(), os.Args))
}
