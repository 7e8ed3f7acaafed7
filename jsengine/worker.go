package jsengine

import (
	"errors"
	"io"
)

// ServeWorker runs scripts for an engine in another process (see [Options.Worker]).
func ServeWorker(in io.Reader, out io.Writer) error {
	return errors.New("not there yet")
}
