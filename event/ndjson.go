package event

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// envelope is an event's text form: one JSON object a line, as enclose writes it.
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
	at, err := e.Time.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return e.enclose(at, body), nil
}

// enclose writes the envelope around a body. Made by encoding/json it would look at every character of the body again.
func (e Event) enclose(at, body []byte) []byte {
	line := make([]byte, 0, len(body)+128)
	number := func(key string, n int) {
		if n != 0 {
			line = strconv.AppendInt(append(line, key...), int64(n), 10)
		}
	}
	line = strconv.AppendInt(append(line, `{"seq":`...), int64(e.Seq), 10)
	line = append(append(line, `,"time":`...), at...)
	number(`,"test":`, e.Test)
	number(`,"sub":`, e.Sub)
	number(`,"step":`, e.Step)
	line = append(append(line, `,"event":"`...), e.Body.Kind()...)
	return append(append(append(line, `","body":`...), body...), '}')
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
