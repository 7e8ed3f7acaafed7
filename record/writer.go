package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"offscope/event"
)

// A Writer writes the events of one run into its record. It is an event.Sink, and may be used from several goroutines.
type Writer struct {
	dir string

	mu     sync.Mutex
	file   *os.File
	err    error
	closed bool
}

// Create begins a record: it makes the folder (readable by this user alone), writes run.json, and removes the oldest records
// of the store that are more than it keeps. An old record that cannot be removed is no error; the next run tries again.
func (s Store) Create(meta Meta) (*Writer, error) {
	w, err := s.create(meta)
	if err != nil {
		return nil, fmt.Errorf("cannot record the run in %s: %w; choose another folder with --record or leave the record out with --no-record", s.Dir, err)
	}
	s.prune(w.ID(), meta.Started)
	return w, nil
}

func (s Store) create(meta Meta) (*Writer, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	dir, err := s.makeFolder(meta.Started)
	if err != nil {
		return nil, err
	}
	meta.ID = filepath.Base(dir)
	w := &Writer{dir: dir}
	if err = os.Chmod(dir, 0o700); err == nil {
		err = writeMeta(dir, meta)
	}
	if err == nil {
		w.file, err = create(filepath.Join(dir, eventsName))
	}
	if err != nil {
		removeRecord(dir)
		return nil, err
	}
	return w, nil
}

// makeFolder makes a folder that nobody else has. Runs that begin in the same instant get the next instants.
func (s Store) makeFolder(started time.Time) (string, error) {
	for at := started; ; at = at.Add(nextTick) {
		dir := filepath.Join(s.Dir, idAt(at))
		err := os.Mkdir(dir, 0o700)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}

// ID is the record's name in its store.
func (w *Writer) ID() string { return filepath.Base(w.dir) }

// Dir is the record's folder.
func (w *Writer) Dir() string { return w.dir }

// Write appends one event with one system call. It never returns an error, because a run is worth more than its record: after
// the first error nothing more is written, and [Writer.Err] tells it.
func (w *Writer) Write(e event.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.append(e)
	}
	return nil
}

func (w *Writer) append(e event.Event) error {
	if w.closed {
		return fmt.Errorf("event %d came after the record %s was closed", e.Seq, w.ID())
	}
	if e.Body == nil {
		return fmt.Errorf("event %d has no body, so the record %s ends before it", e.Seq, w.ID())
	}
	line, err := event.Encode(e)
	if err == nil {
		_, err = w.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("the record %s ends before event %d: %w", w.ID(), e.Seq, err)
	}
	return nil
}

// Err returns the first error of writing. The record is then shorter than the run, and its last line may be half a line.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close closes the file. It returns the first error of writing or closing; a second call changes nothing.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.err
	}
	w.closed = true
	if err := w.file.Close(); err != nil && w.err == nil {
		w.err = fmt.Errorf("the record %s may lack its end: %w", w.ID(), err)
	}
	return w.err
}
