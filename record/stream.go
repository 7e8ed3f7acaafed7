package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"offscope/event"
)

// read hands the events of a stream to sink. cut says that the last line is half a line, which was left out. name is the
// stream's, for errors.
func read(r io.Reader, name string, sink event.Sink) (cut bool, err error) {
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, end := lines.ReadBytes('\n')
		if end != nil && !errors.Is(end, io.EOF) {
			return false, end
		}
		if len(line) > 0 {
			e, bad := event.Decode(line)
			if bad != nil && end != nil {
				return true, nil
			}
			if bad != nil {
				return false, fmt.Errorf("%s, line %d: %w; what stands before it can be read", name, number, bad)
			}
			if err := sink.Write(e); err != nil {
				return false, err
			}
		}
		if end != nil {
			return false, nil
		}
	}
}

// ends are the first and the last event of a stream, nil when it has none.
type ends struct {
	first, last *event.Event
	// cut says that there is half a line behind the last event.
	cut bool
}

// finished returns the event that ends a run, when the stream has come to it.
func (e ends) finished() (event.RunFinished, bool) {
	if e.last == nil {
		return event.RunFinished{}, false
	}
	f, ok := e.last.Body.(event.RunFinished)
	return f, ok
}

// endsOf looks at both ends of a stream without reading what is between. A line that is no event is an error, other than half
// a line at the end.
func endsOf(path string) (ends, error) {
	f, err := os.Open(path)
	if err != nil {
		return ends{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ends{}, err
	}
	if !info.Mode().IsRegular() {
		return ends{}, fmt.Errorf("%s is not a file", path)
	}
	e, err := lastEvent(f, info.Size())
	if err != nil {
		return ends{}, fmt.Errorf("%s, last line: %w", path, err)
	}
	if e.last == nil {
		return e, nil
	}
	if e.first, err = firstEvent(io.NewSectionReader(f, 0, info.Size())); err != nil {
		return ends{}, fmt.Errorf("%s, line 1: %w", path, err)
	}
	return e, nil
}

func firstEvent(r io.Reader) (*event.Event, error) {
	line, err := bufio.NewReader(r).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	e, err := event.Decode(line)
	return &e, err
}

func lastEvent(f io.ReaderAt, size int64) (ends, error) {
	line, err := lineBefore(f, size)
	if err != nil || len(line) == 0 {
		return ends{}, err
	}
	whole := line[len(line)-1] == '\n'
	e, err := event.Decode(line)
	switch {
	case err == nil:
		return ends{last: &e}, nil
	case whole:
		return ends{}, err
	}
	line, err = lineBefore(f, size-int64(len(line)))
	if err != nil || len(line) == 0 {
		return ends{cut: true}, err
	}
	e, err = event.Decode(line)
	return ends{last: &e, cut: true}, err
}

// lineBefore returns the line that ends at an offset, with its line end where it has one.
func lineBefore(f io.ReaderAt, end int64) ([]byte, error) {
	for size := int64(32 << 10); ; size *= 2 {
		from := max(0, end-size)
		text := make([]byte, end-from)
		if _, err := f.ReadAt(text, from); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		begin := bytes.LastIndexByte(bytes.TrimSuffix(text, []byte{'\n'}), '\n') + 1
		if begin > 0 || from == 0 {
			return text[begin:], nil
		}
	}
}
