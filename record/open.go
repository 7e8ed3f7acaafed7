package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"offscope/event"
)

// A Record is a run that was recorded, or a saved stream of events.
type Record struct {
	// Meta is what run.json says; of a stream without one it is what the first event tells, with the file's name as ID.
	Meta Meta
	// Events is the path of the file with the events.
	Events string
	// Complete says that the run came to its end, be it by a signal that it had time to answer.
	Complete bool
	// Cut says that the file ends in half a line, as after a crash or on a full disk; that line is left out.
	Cut bool

	recorded bool // there is a run.json, so secrets are marks
	ends     ends
}

// Open finds a record by name: "" and "latest" are the newest of the store; else an ID, a beginning that only one ID has, or
// the three characters at an ID's end; else the path of a record's folder or of a file of events, which may also be one that
// --report ndjson wrote.
func (s Store) Open(name string) (*Record, error) {
	if strings.ContainsRune(name, filepath.Separator) || strings.Contains(name, "/") {
		return openPath(name)
	}
	ids, err := s.ids()
	if err != nil {
		return nil, fmt.Errorf("cannot read the records in %s: %w", s.Dir, err)
	}
	if name == "" || name == "latest" {
		return s.openLatest(ids)
	}
	found := named(ids, name)
	switch {
	case len(found) == 1:
		return openFolder(filepath.Join(s.Dir, found[0]))
	case len(found) > 1:
		return nil, fmt.Errorf("%q can be several runs: %s; type more of the name", name, some(found))
	}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		if s.Dir == "" {
			return nil, fmt.Errorf("there is no file %q, and no folder for records is known; name one with --record DIR", name)
		}
		return nil, fmt.Errorf("there is no run %q in %s and no file of that name; offscope runs lists the runs", name, s.Dir)
	}
	return openPath(name)
}

// openLatest opens the newest record, passing over folders that a process has just made and not filled.
func (s Store) openLatest(ids []string) (*Record, error) {
	for _, id := range ids {
		r, err := openFolder(filepath.Join(s.Dir, id))
		if !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
	}
	return nil, fmt.Errorf("there is no recorded run in %s; offscope run records one", s.Dir)
}

// named returns the IDs that a name can mean.
func named(ids []string, name string) []string {
	var begin, end []string
	for _, id := range ids {
		switch {
		case id == name:
			return []string{id}
		case strings.HasPrefix(id, name):
			begin = append(begin, id)
		case part(id) == name:
			end = append(end, id)
		}
	}
	if len(begin) > 0 {
		return begin
	}
	return end
}

// some lists a handful of names.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func openPath(path string) (*Record, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the record: %w", err)
	}
	if info.IsDir() {
		return openFolder(path)
	}
	if filepath.Base(path) == eventsName {
		if r, err := openFolder(filepath.Dir(path)); err == nil {
			return r, nil
		}
	}
	return openStream(path)
}

// openFolder opens the record in a folder. A folder that lacks run.json is fs.ErrNotExist.
func openFolder(dir string) (*Record, error) {
	dir, err := filepath.Abs(dir) // "." has no name
	if err != nil {
		return nil, err
	}
	meta, err := readMeta(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not the folder of a recorded run: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the record is damaged: %w; its events may be readable by the path of its %s", err, eventsName)
	}
	r := &Record{Meta: meta, Events: filepath.Join(dir, eventsName), recorded: true}
	r.ends, err = endsOf(r.Events)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // killed between the two files: a run without events
		return nil, fmt.Errorf("the record is damaged: %w", err)
	}
	r.look()
	return r, nil
}

// openStream opens a file of events that stands for itself.
func openStream(path string) (*Record, error) {
	e, err := endsOf(path)
	if err != nil {
		return nil, fmt.Errorf("not a record: %w", err)
	}
	if e.last == nil {
		return nil, fmt.Errorf("not a record: %s holds no event", path)
	}
	r := &Record{Events: path, ends: e, Meta: Meta{ID: filepath.Base(path), Started: e.first.Time}}
	if b, ok := e.first.Body.(event.RunStarted); ok {
		r.Meta.Version = b.Version
	}
	r.look()
	return r, nil
}

func (r *Record) look() {
	r.Cut = r.ends.cut
	_, r.Complete = r.ends.finished()
}

// Each hands every event to sink, in order; half a line at the end is left out. An error is either the sink's, or says which
// line is no event; what stands before that line has been handed over.
func (r *Record) Each(sink event.Sink) error {
	f, err := os.Open(r.Events)
	if errors.Is(err, fs.ErrNotExist) && r.recorded {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = read(f, r.Events, sink)
	return err
}
