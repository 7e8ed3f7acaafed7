// Package record keeps runs on disk, so that they can be listed, reported again, compared and gone on from.
//
// A record is a folder of its own below a [Store]'s folder: run.json says what was run ([Meta]), events.ndjson holds the events
// in the order in which they happened, a line each. Every event is in the file before the next one happens, so a record is
// worth something also when the process was killed. Secrets are marks in the events (see exchange.Mark) and never values.
//
// Begin with [Store.Create] to write a record, and with [Store.Open] to read one.
package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The files of a record. The unfinished one is run.json while it is written.
const (
	metaName       = "run.json"
	unfinishedName = "run.json.new"
	eventsName     = "events.ndjson"
)

// A Store is a folder of records.
type Store struct {
	// Dir is the folder; it is made with the first record.
	Dir string
	// Keep is how many records are kept when a new one begins, that one included; 0 means 50, less than 0 all of them.
	Keep int
}

const usualKeep = 50

// Meta is what is known of a run before it begins.
type Meta struct {
	// ID is the record's name. It is made by [Store.Create].
	ID string `json:"id"`
	// Version is that of the offscope that ran.
	Version string `json:"offscope_version"`
	// Started is when the run began; the ID and with it the order of records come from it.
	Started time.Time `json:"started"`
	// WorkDir is the folder that relative names are relative to.
	WorkDir string `json:"work_dir,omitempty"`
	// Arguments are the flags and files of the run, without any value of a variable or secret: who calls Create takes them out.
	Arguments []string `json:"arguments,omitempty"`
	// Tests are the names of the tests in their order. Without them a list of records has to read all events.
	Tests []string `json:"tests,omitempty"`
	Files []File   `json:"files,omitempty"`
	// Beside are the files that hold what the tests were given: environments, scripts, values, rows. Those of secrets are not
	// among them, because a short secret can be guessed by the sum of its file.
	Beside []File `json:"beside,omitempty"`
	// Sums are of each test, by [StepsKey], sums of what it is made of: of its initial scripts, and then of each of its steps.
	Sums map[string][]string `json:"sums,omitempty"`
	// Secrets are the names of what is secret, for whoever wants to run again and has to give the values.
	Secrets []string `json:"secrets,omitempty"`
}

// A File is a file that the run read, with its content's SHA-256 in hexadecimal.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256,omitempty"`
}

// StepsKey names a test in [Meta].Sums by where it stands.
func StepsKey(file string, line, col int) string { return fmt.Sprintf("%s:%d:%d", file, line, col) }

// writeMeta writes run.json such that nobody sees half of it.
func writeMeta(dir string, m Meta) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	unfinished := filepath.Join(dir, unfinishedName)
	f, err := create(unfinished)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(unfinished, filepath.Join(dir, metaName))
}

// readMeta reads the run.json of a record's folder. The folder's name is the ID, whatever the file says.
func readMeta(dir string) (Meta, error) {
	text, err := os.ReadFile(filepath.Join(dir, metaName))
	if err != nil {
		return Meta{}, err
	}
	var m Meta
	if err := json.Unmarshal(text, &m); err != nil {
		return Meta{}, fmt.Errorf("%s: %w", filepath.Join(dir, metaName), err)
	}
	m.ID = filepath.Base(dir)
	return m, nil
}

// create makes a file for this user alone, whatever the umask.
func create(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o600); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
