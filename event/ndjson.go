package event

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// envelope is an event's text form: one JSON object a line.
type envelope struct {
	Seq  int             `json:"seq"`
	Time time.Time       `json:"time"`
	Test int             `json:"test,omitempty"`
	Sub  int             `json:"sub,omitempty"`
	Step int             `json:"step,omitempty"`
	Kind string          `json:"event"`
	Body json.RawMessage `json:"body"`
}

// Encode returns the event as one line of JSON, without the line end.
func Encode(e Event) ([]byte, error) {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return json.Marshal(envelope{Seq: e.Seq, Time: e.Time, Test: e.Test, Sub: e.Sub, Step: e.Step, Kind: e.Body.Kind(), Body: body})
}

// Decode is the inverse of [Encode]. An event of a kind that is not known is an error.
func Decode(line []byte) (Event, error) {
	var v envelope
	if err := json.Unmarshal(line, &v); err != nil {
		return Event{}, fmt.Errorf("not an event: %w", err)
	}
	body, err := decodeBody(v.Kind, v.Body)
	if err != nil {
		return Event{}, fmt.Errorf("event %d: %w", v.Seq, err)
	}
	return Event{Seq: v.Seq, Time: v.Time, Test: v.Test, Sub: v.Sub, Step: v.Step, Body: body}, nil
}

// Read calls sink for each event of a stream of lines, as [Encode] writes them.
func Read(r io.Reader, sink Sink) error {
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			e, bad := Decode(line)
			if bad != nil {
				return fmt.Errorf("line %d: %w", number, bad)
			}
			if bad := sink.Write(e); bad != nil {
				return bad
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func decodeBody(kind string, raw []byte) (Body, error) {
	switch kind {
	case RunStarted{}.Kind():
		return decodeAs[RunStarted](raw)
	case TestStarted{}.Kind():
		return decodeAs[TestStarted](raw)
	case Notice{}.Kind():
		return decodeAs[Notice](raw)
	case StepStarted{}.Kind():
		return decodeAs[StepStarted](raw)
	case Problem{}.Kind():
		return decodeAs[Problem](raw)
	case Compared{}.Kind():
		return decodeAs[Compared](raw)
	case Exchanged{}.Kind():
		return decodeAs[Exchanged](raw)
	case Extracted{}.Kind():
		return decodeAs[Extracted](raw)
	case Asserted{}.Kind():
		return decodeAs[Asserted](raw)
	case Scripted{}.Kind():
		return decodeAs[Scripted](raw)
	case Changed{}.Kind():
		return decodeAs[Changed](raw)
	case StepFinished{}.Kind():
		return decodeAs[StepFinished](raw)
	case TestFinished{}.Kind():
		return decodeAs[TestFinished](raw)
	case Resource{}.Kind():
		return decodeAs[Resource](raw)
	case RunFinished{}.Kind():
		return decodeAs[RunFinished](raw)
	}
	return nil, fmt.Errorf("unknown kind %q", kind)
}

func decodeAs[B Body](raw []byte) (Body, error) {
	var body B
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	return body, nil
}
