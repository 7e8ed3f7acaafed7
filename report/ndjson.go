package report

import (
	"errors"
	"io"

	"offscope/event"
)

// ndjson writes the events themselves, a line of JSON each. It can be read again with event.Read, and every other report made
// of it. Secrets are names in brackets here, so it is no record to rerun from. A stream that was cut off stays one.
type ndjson struct {
	out io.Writer
	err error
}

func (n *ndjson) Write(e event.Event) error {
	if n.err != nil {
		return n.err
	}
	if e.Body == nil {
		return errors.New("an event has no body")
	}
	e.Body, e.Time = plain(e.Body), e.Time.UTC()
	line, err := event.Encode(e)
	if err == nil {
		_, err = n.out.Write(append(line, '\n'))
	}
	n.err = err
	return err
}

func (n *ndjson) Close() error { return n.err }
