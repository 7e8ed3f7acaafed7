package record

import (
	"os"
	"path/filepath"
	"slices"
	"time"
)

// stillWritten is how long a record without an end may have been silent and still count as one that is being written.
const stillWritten = time.Hour

// prune removes the oldest records that are more than the store keeps, never the one that has just begun. Other processes may
// do the same at the same time: what is gone already is no trouble.
func (s Store) prune(begun string, now time.Time) {
	keep := s.Keep
	if keep == 0 {
		keep = usualKeep
	}
	ids, err := s.ids()
	if err != nil || keep < 0 {
		return
	}
	others := slices.DeleteFunc(ids, func(id string) bool { return id == begun })
	for _, id := range others[min(keep-1, len(others)):] {
		if dir := filepath.Join(s.Dir, id); !beingWritten(dir, now) {
			removeRecord(dir)
		}
	}
}

// ids returns the names of the records in the store, the newest first.
func (s Store) ids() ([]string, error) {
	entries, err := os.ReadDir(s.Dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && isID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	slices.Reverse(ids)
	return ids, nil
}

// beingWritten reports whether a process may still be at work on a record: it has no end, and was not silent for long.
func beingWritten(dir string, now time.Time) bool {
	path := filepath.Join(dir, eventsName)
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		info, err = os.Stat(dir) // its files are only about to be made
	}
	if err != nil || info.ModTime().Before(now.Add(-stillWritten)) {
		return false
	}
	e, err := endsOf(path)
	_, finished := e.finished()
	return (err == nil || os.IsNotExist(err)) && !finished
}

// removeRecord removes the files of a record and its folder. A folder with anything else in it is left alone: somebody keeps
// something there.
func removeRecord(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() != metaName && e.Name() != eventsName && e.Name() != unfinishedName {
			return
		}
	}
	for _, e := range entries {
		os.Remove(filepath.Join(dir, e.Name()))
	}
	os.Remove(dir)
}
