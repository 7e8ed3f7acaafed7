package record

import (
	"fmt"
	"path/filepath"
	"time"

	"offscope/event"
)

// A Summary is a record in a list.
type Summary struct {
	ID      string
	Started time.Time
	// Tests are the names of the tests, Files the files that the run read.
	Tests []string
	Files []string
	// Outcome, Counts and Duration are those of the run. Of one that is not complete they are what its events tell until they
	// end, and the Outcome is NotRun when nothing had failed until then: what was not seen to its end has not passed.
	Outcome  event.Outcome
	Counts   event.Counts
	Duration time.Duration
	// Complete says that the record has the run's end. Without it the process was killed, or is still at work.
	Complete bool
	// Interrupted names the signal that ended the run, "" when none did.
	Interrupted string
	// Problem says what is wrong with a damaged record, "" when nothing is known to be.
	Problem string
}

// List returns the records of the store, the newest first. Of a complete record it reads no more than run.json and both ends
// of its events. One that is damaged is listed with its Problem; an error is only that the store cannot be read. A store that
// does not exist has no records.
func (s Store) List() ([]Summary, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, fmt.Errorf("cannot read the records in %s: %w", s.Dir, err)
	}
	var list []Summary
	for _, id := range ids {
		list = append(list, s.summary(id))
	}
	return list, nil
}

func (s Store) summary(id string) Summary {
	sum := Summary{ID: id, Outcome: event.NotRun}
	sum.Started, _ = began(id)
	r, err := openFolder(filepath.Join(s.Dir, id))
	if err != nil {
		sum.Problem = err.Error()
		return sum
	}
	sum.Tests = r.Meta.Tests
	if !r.Meta.Started.IsZero() {
		sum.Started = r.Meta.Started
	}
	for _, f := range r.Meta.Files {
		sum.Files = append(sum.Files, f.Path)
	}
	if !r.Complete || len(sum.Tests) == 0 {
		sum.addUp(r)
	}
	if f, ok := r.ends.finished(); ok {
		sum.Complete, sum.Outcome, sum.Counts, sum.Duration, sum.Interrupted = true, f.Outcome, f.Counts, f.Duration, f.Interrupted
	}
	return sum
}

// addUp reads all events for what run.json or the last event would say.
func (sum *Summary) addUp(r *Record) {
	tests, err := r.Tests()
	if err != nil {
		sum.Problem = err.Error()
	}
	for _, t := range tests {
		sum.Counts.Add(t.Counts)
		if t.Outcome.Bad() && sum.Outcome != event.Errored {
			sum.Outcome = t.Outcome
		}
		if len(r.Meta.Tests) == 0 {
			sum.Tests = append(sum.Tests, t.Name)
		}
	}
	if r.ends.last != nil {
		sum.Duration = r.ends.last.Time.Sub(r.ends.first.Time)
	}
}
