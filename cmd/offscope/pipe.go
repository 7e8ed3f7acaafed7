package main

import (
	"errors"
	"io"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// ignoreBrokenPipes makes a write to somebody who has left, as head does, an error instead of the end of this process, which
// would leave the record cut off and the reports unwritten.
func ignoreBrokenPipes() { signal.Ignore(syscall.SIGPIPE) }

// A patientWriter writes until nobody reads any more, and then goes on as if somebody did.
type patientWriter struct {
	io.Writer
	left atomic.Bool
}

func (w *patientWriter) Write(p []byte) (int, error) {
	if w.left.Load() {
		return len(p), nil
	}
	n, err := w.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		w.left.Store(true)
		return len(p), nil
	}
	return n, err
}
