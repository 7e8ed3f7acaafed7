package main

import (
	"crypto/sha256"
	"io"
	"os"
	"slices"
	"time"
)

// watchedFiles are the files that a run has read, as they were then, and those that have come into its folders since.
type watchedFiles struct {
	named  []string // on the command line
	stamps map[string]stamp
	before map[string]stamp // of the run before, while one goes on
	seen   map[string]stamp // changes that were seen once
}

// A stamp is what a file is recognised by. One that cannot be read has the zero stamp.
type stamp struct {
	there bool
	size  int64
	time  time.Time
	sum   [sha256.Size]byte
}

func newWatchedFiles(named []string) *watchedFiles {
	return &watchedFiles{named: named, stamps: map[string]stamp{}}
}

// begin forgets the files of the last run: the next may read others.
func (w *watchedFiles) begin() {
	w.before, w.stamps, w.seen = w.stamps, map[string]stamp{}, nil
	for path := range w.present() {
		w.add(path)
	}
}

// end keeps the files of the run before when this one has come to grief before it had read them all: one of them may have to be
// mended. They count as they are now.
func (w *watchedFiles) end() {
	for path, known := range w.before {
		if _, read := w.stamps[path]; !read {
			w.stamps[path] = stampOf(path, known)
		}
	}
	w.before = nil
}

// add notes a file that is about to be read. What changes from now on is a change.
func (w *watchedFiles) add(path string) {
	if _, known := w.stamps[path]; path != "-" && !known {
		w.stamps[path] = stampOf(path, stamp{})
	}
}

// present are the files that the command line names now: a file may have come into a folder.
func (w *watchedFiles) present() map[string]bool {
	all := map[string]bool{}
	for _, name := range w.named {
		files, err := expand(name)
		if err != nil {
			files = []string{name}
		}
		for _, path := range files {
			all[path] = true
		}
	}
	return all
}

// changed returns the files that are not what they were and have not changed since the last look: editors write in several steps.
func (w *watchedFiles) changed() []string {
	now := map[string]stamp{}
	for path, was := range w.stamps {
		if is := stampOf(path, was); is.differs(was) {
			now[path] = is
		}
	}
	for path := range w.present() {
		if _, known := w.stamps[path]; !known {
			now[path] = stampOf(path, stamp{})
		}
	}
	var settled []string
	for path, is := range now {
		if was, seen := w.seen[path]; seen && !is.differs(was) {
			settled = append(settled, path)
		}
	}
	unsettled := len(settled) < len(now)
	w.seen = now
	if unsettled {
		return nil
	}
	slices.Sort(settled)
	return settled
}

func (s stamp) differs(other stamp) bool { return s.there != other.there || s.sum != other.sum }

// stampOf looks at a file. One whose size and time are as they were is not read again.
func stampOf(path string, was stamp) stamp {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return stamp{}
	}
	is := stamp{there: true, size: info.Size(), time: info.ModTime()}
	if was.there && is.size == was.size && is.time.Equal(was.time) {
		return was
	}
	f, err := os.Open(path)
	if err != nil {
		return stamp{}
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, io.LimitReader(f, largestFile+1)); err != nil {
		return stamp{}
	}
	sum.Sum(is.sum[:0])
	return is
}
