package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

func TestWhatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	s := Store{Dir: filepath.Join(t.TempDir(), "new", "runs")}
	meta := Meta{
		Version: "1.2", Started: noon, WorkDir: "/w", Arguments: []string{"run", "--var", "a"}, Tests: []string{"T"},
		Files: []File{{Path: "a.json", SHA256: "ff"}}, Secrets: []string{"auth"},
	}
	w := write(t, s, meta, sample())
	r := open(t, s, w.ID())
	meta.ID = w.ID()
	if diff := cmp.Diff(meta, r.Meta); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(sample(), r.all(t)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !r.Complete || r.Cut {
		t.Errorf("complete %v, cut %v", r.Complete, r.Cut)
	}
}

func TestEachEventIsInTheFileBeforeTheNext(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir()}
	w, err := s.Create(Meta{Started: noon})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i, e := range sample() {
		w.Write(e)
		if got := len(open(t, s, w.ID()).all(t)); got != i+1 {
			t.Fatalf("%d events after %d were written", got, i+1)
		}
	}
}

func TestListIsNewestFirstAndSaysHowRunsEnded(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir()}
	meta := Meta{Started: noon.Add(time.Hour), Tests: []string{"T"}, Files: []File{{Path: "a.json"}}}
	whole := write(t, s, meta, sample())
	meta = Meta{Started: noon}
	killed := write(t, s, meta, sample()[:18])
	interrupted := write(t, s, Meta{Started: noon.Add(time.Minute)}, (&tape{}).add(0,
		event.RunStarted{}, event.RunFinished{Outcome: event.Errored, Interrupted: "SIGINT"}).events)
	put(t, "{}", s.Dir, "notes", metaName)
	put(t, "not a folder", s.Dir, "20260101-000000-000")
	got, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	want := []Summary{
		{
			ID: whole.ID(), Started: noon.Add(time.Hour), Tests: []string{"T"}, Files: []string{"a.json"}, Outcome: event.Failed,
			Counts: event.Counts{Steps: 5, StepsFailed: 1}, Duration: time.Second, Complete: true,
		},
		{ID: interrupted.ID(), Started: noon.Add(time.Minute), Outcome: event.Errored, Complete: true, Interrupted: "SIGINT"},
		{
			ID: killed.ID(), Started: noon, Tests: []string{"T"}, Outcome: event.NotRun,
			Counts: event.Counts{Steps: 5, StepsPassed: 2, Requests: 2}, Duration: 17 * time.Millisecond,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestListOfAStoreThatDoesNotExistIsEmpty(t *testing.T) {
	t.Parallel()
	list, err := Store{Dir: filepath.Join(t.TempDir(), "none")}.List()
	if len(list) != 0 || err != nil {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestDamagedRecordsAreListedWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	good, _ := event.Encode(sample()[0])
	for _, row := range []struct{ name, meta, events, want string }{
		{"no run.json", "", string(good) + "\n", "not the folder of a recorded run"},
		{"half a run.json", `{"id":`, "", "run.json: unexpected end"},
		{"another run.json", `[]`, "", "run.json: json: cannot unmarshal array"},
		{"last line", "{}", string(good) + "\nhello\n", "last line: not an event"},
		{"first line", "{}", "hello\n" + string(good) + "\n", "line 1: not an event"},
		{"a line between", "{}", string(good) + "\nhello\n" + string(good) + "\n", "line 2: not an event"},
		{"a newer kind", "{}", `{"seq":1,"event":"dance","body":{}}` + "\n", `unknown kind "dance"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := Store{Dir: t.TempDir()}
			whole := write(t, s, Meta{Started: noon}, sample())
			if row.meta != "" {
				put(t, row.meta, s.Dir, "20250101-000000-000", metaName)
			}
			put(t, row.events, s.Dir, "20250101-000000-000", eventsName)
			list, err := s.List()
			if err != nil || len(list) != 2 || list[0].ID != whole.ID() || list[0].Problem != "" {
				t.Fatalf("got %+v, %v", list, err)
			}
			if !strings.Contains(list[1].Problem, row.want) || list[1].Complete || list[1].Outcome != event.NotRun {
				t.Errorf("got %+v, want %q", list[1], row.want)
			}
		})
	}
}

func TestOpenFindsARecordByName(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir()}
	var all []string
	for _, at := range []time.Duration{0, time.Second + 500*time.Millisecond, 24 * time.Hour} {
		all = append(all, write(t, s, Meta{Started: noon.Add(at)}, sample()).ID())
	}
	if err := os.Mkdir(filepath.Join(s.Dir, "20261231-000000-000"), 0o700); err != nil { // just made by another process
		t.Fatal(err)
	}
	for _, row := range []struct{ name, want string }{
		{"", all[2]}, {"latest", all[2]}, {all[0], all[0]}, {"20260304-120001", all[1]}, {"20260305", all[2]}, {"i00", all[1]},
		{filepath.Join(s.Dir, all[0]), all[0]}, {filepath.Join(s.Dir, all[0], eventsName), all[0]},
	} {
		if got := open(t, s, row.name).Meta.ID; got != row.want {
			t.Errorf("%q is %s, want %s", row.name, got, row.want)
		}
	}
	for _, row := range []struct{ name, want string }{
		{"202603", all[2] + ", " + all[1] + ", " + all[0]},
		{"000", "several runs"},
		{"1999", "offscope runs lists the runs"},
		{filepath.Join(s.Dir, "none"), "cannot read the record"},
		{s.Dir, "not the folder of a recorded run"},
		{".", "not the folder of a recorded run"},
	} {
		if _, err := s.Open(row.name); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v, want %q", row.name, err, row.want)
		}
	}
	if _, err := (Store{Dir: t.TempDir()}).Open(""); err == nil || !strings.Contains(err.Error(), "no recorded run") {
		t.Errorf("got %v", err)
	}
}

func TestOpenReadsASavedStream(t *testing.T) {
	t.Parallel()
	dir := write(t, Store{Dir: t.TempDir()}, Meta{Started: noon}, sample()).Dir()
	text, err := os.ReadFile(filepath.Join(dir, eventsName))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "saved.json")
	put(t, string(text), path)
	r := open(t, Store{}, path)
	if want := (Meta{ID: "saved.json", Version: "1", Started: noon.Add(time.Millisecond)}); !cmp.Equal(want, r.Meta) {
		t.Errorf("got %+v", r.Meta)
	}
	if diff := cmp.Diff(sample(), r.all(t)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := r.StateBefore(1, 2); err == nil || !strings.Contains(err.Error(), "nothing can go on from it") {
		t.Errorf("the names of secrets in a report were taken for values: %v", err)
	}
	put(t, "{", dir, metaName) // the events of a damaged record can still be read by their path
	if got := len(open(t, Store{}, filepath.Join(dir, eventsName)).all(t)); got != len(sample()) {
		t.Errorf("%d events", got)
	}
}

func TestOldRecordsAreRemovedAndNothingElse(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir(), Keep: 2}
	var all []string
	make := func(minute int, events []event.Event) {
		all = append(all, write(t, s, Meta{Started: noon.Add(time.Duration(minute) * time.Minute)}, events).ID())
	}
	make(0, sample())
	put(t, "mine", s.Dir, all[0], "notes.txt")
	put(t, "mine", s.Dir, "20200101-000000-00", "notes.txt")
	put(t, "mine", s.Dir, "20200101-000000-000x", metaName)
	make(1, sample())
	make(2, sample()[:9]) // without an end, and written to a moment ago
	make(3, sample())
	old := noon.Add(-24 * time.Hour)
	make(4, sample())
	if want := []string{all[4], all[3], all[2], all[0]}; !slices.Equal(ids(t, s), want) {
		t.Errorf("got %v, want %v", ids(t, s), want)
	}
	if err := os.Chtimes(filepath.Join(s.Dir, all[2], eventsName), old, old); err != nil {
		t.Fatal(err)
	}
	make(-60, sample()) // the one that begins is never removed, whatever its clock says
	if want := []string{all[4], all[0], all[5]}; !slices.Equal(ids(t, s), want) {
		t.Errorf("got %v, want %v", ids(t, s), want)
	}
	for _, kept := range []string{all[0] + "/notes.txt", all[0] + "/run.json", "20200101-000000-00/notes.txt", "20200101-000000-000x/run.json"} {
		if _, err := os.Stat(filepath.Join(s.Dir, kept)); err != nil {
			t.Error(err)
		}
	}
}

func TestFiftyRecordsAreKeptUnlessSaidOtherwise(t *testing.T) {
	t.Parallel()
	end := sample()[len(sample())-1:]
	for _, row := range []struct{ keep, want int }{{0, 50}, {1, 1}, {-1, 53}} {
		s := Store{Dir: t.TempDir(), Keep: row.keep}
		for range 53 {
			write(t, s, Meta{Started: noon}, end)
		}
		if got := len(ids(t, s)); got != row.want {
			t.Errorf("Keep %d keeps %d", row.keep, got)
		}
	}
}

func TestRunsThatBeginInTheSameInstantHaveRecordsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir(), Keep: -1}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				if _, err := s.Create(Meta{Started: noon}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := len(ids(t, s)); got != 40 {
		t.Errorf("%d records", got)
	}
}

func countEvents(s Store, id string) (n int, err error) {
	text, err := os.ReadFile(filepath.Join(s.Dir, id, eventsName))
	if os.IsNotExist(err) {
		return 0, nil
	}
	return strings.Count(string(text), "\n"), err
}

func TestManyProcessesMayRecordAndRemoveAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir(), Keep: 3}
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			for j := range 6 {
				w, err := s.Create(Meta{Started: noon.Add(time.Duration(6*j+i) * time.Second)})
				if err != nil {
					t.Error(err)
					return
				}
				for k, e := range sample() {
					w.Write(e)
					if got, err := countEvents(s, w.ID()); err != nil || got != k+1 && k+1 < len(sample()) /* a finished one may be gone */ {
						t.Errorf("the record of a run at work: %d events, %v", got, err)
					}
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
				if _, err := s.List(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	write(t, s, Meta{Started: noon.Add(time.Hour)}, sample())
	if got := len(ids(t, s)); got != 3 {
		t.Errorf("%d records are left", got)
	}
}

func TestAWriterTakesEventsFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir()}
	w, err := s.Create(Meta{Started: noon})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, e := range sample() {
				w.Write(e)
			}
		})
	}
	group.Wait()
	if err := errors.Join(w.Err(), w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if got, want := len(open(t, s, "").all(t)), 4*len(sample()); got != want {
		t.Errorf("%d events, want %d", got, want)
	}
}

func TestAWriteErrorIsKeptAndTheRunGoesOn(t *testing.T) {
	t.Parallel()
	s := Store{Dir: t.TempDir()}
	for _, row := range []struct {
		name  string
		spoil func(*Writer)
		bad   event.Event
		want  string
	}{
		{"the file is gone", func(w *Writer) { w.file.Close() }, sample()[1], "ends before event 2"},
		{"no body", func(*Writer) {}, event.Event{Seq: 2}, "event 2 has no body"},
	} {
		w, err := s.Create(Meta{Started: noon})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(sample()[0])
		row.spoil(w)
		for _, e := range []event.Event{row.bad, sample()[2]} {
			if err := w.Write(e); err != nil {
				t.Errorf("%s: the run was stopped: %v", row.name, err)
			}
		}
		if err := w.Err(); err == nil || !strings.Contains(err.Error(), row.want) || w.Close() != err {
			t.Errorf("%s: got %v", row.name, err)
		}
		if got := len(open(t, s, w.ID()).all(t)); got != 1 {
			t.Errorf("%s: %d events", row.name, got)
		}
	}
}

func TestAFolderThatCannotBeMadeIsAnErrorWithAWayOut(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	put(t, "", file)
	_, err := Store{Dir: filepath.Join(file, "runs")}.Create(Meta{Started: noon})
	if err == nil || !strings.Contains(err.Error(), "--no-record") {
		t.Errorf("got %v", err)
	}
}

func TestIDsSortByTime(t *testing.T) {
	t.Parallel()
	last := ""
	for _, at := range []time.Duration{0, nextTick, 2 * nextTick, time.Millisecond, time.Second - 1, time.Second, time.Hour} {
		id := idAt(noon.Add(at))
		if id <= last || !isID(id) {
			t.Errorf("%s after %s", id, last)
		}
		last = id
	}
	if got, want := idAt(time.Date(2026, 11, 22, 6, 43, 1, 434e6, time.FixedZone("", 3600))), "20261122-054301-fmg"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, bad := range []string{"", "latest", "20261322-054301-k3f", "20261122-054301-K3f", "20261122-054301-k3f1", "20261122-054301_k3f"} {
		if isID(bad) {
			t.Errorf("%q is taken for an ID", bad)
		}
	}
}

func Example() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	store := Store{Dir: dir}
	writer, _ := store.Create(Meta{Started: noon})
	writer.Write(event.Event{Seq: 1, Time: noon, Body: event.RunStarted{}})
	writer.Close()
	list, _ := store.List()
	fmt.Println(list[0].ID, list[0].Complete)
	// Output: 20260304-120000-000 false
}

func TestWithoutAFolderThereIsNoRunByName(t *testing.T) {
	t.Parallel()
	_, err := Store{}.Open("abc")
	if err == nil || !strings.Contains(err.Error(), "no folder for records is known; name one with --record DIR") {
		t.Errorf("got %v", err)
	}
}
