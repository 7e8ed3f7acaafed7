package record

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

// The laws: what a file that opens holds are the lines of it that are events, up to the first that is none; there is an error
// when that one is whole, and only then. Nothing that can be asked of such a file panics.
func FuzzOpen(f *testing.F) {
	var whole []byte
	for _, e := range sample() {
		line, err := event.Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
		whole = append(append(whole, line...), '\n')
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(append(whole, "hello\n"...))
	f.Add([]byte("hello\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "x.ndjson")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Store{}.Open(path)
		if err != nil {
			return
		}
		want, damaged := lines(text)
		var got []event.Event
		err = r.Each(event.SinkFunc(func(e event.Event) error { got = append(got, e); return nil }))
		if diff := cmp.Diff(want, got); diff != "" || (err != nil) != damaged {
			t.Errorf("%v, damaged %v, -want +got\n%s", err, damaged, diff)
		}
		askEverything(t, r)
	})
}

// lines reads a stream in the plainest way.
func lines(text []byte) (events []event.Event, damaged bool) {
	for len(text) > 0 {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		e, err := event.Decode(line)
		if err != nil {
			return events, whole
		}
		events, text = append(events, e), rest
	}
	return events, false
}

func askEverything(t *testing.T, r *Record) {
	views, _ := r.Tests()
	r.recorded = true
	for _, v := range views {
		for _, s := range v.Steps {
			if _, err := r.StateBefore(v.Number, s.Number); err == nil && s.Rounds == 0 && s.Number > v.StepsInFile {
				t.Errorf("step %d of %d has a state", s.Number, v.StepsInFile)
			}
		}
		v.FirstFailed()
	}
	if c, err := Compare(r, r); err == nil && !c.Same() {
		t.Errorf("a run differs from itself: %+v", c)
	}
}
