package report

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/exchange"
)

// A drawing is a golden file: which stream, seen with which options.
type drawing struct {
	stream, suffix string
	options        TextOptions
}

// drawings are the golden files of streams without nesting.
var drawings = []drawing{
	{"all-passed", "", TextOptions{}},
	{"all-passed", "-q", TextOptions{Verbosity: Quiet}},
	{"all-passed", "-v", TextOptions{Verbosity: Headers}},
	{"all-passed", "-vv", TextOptions{Verbosity: Bodies}},
	{"all-passed", "-curl", TextOptions{Curl: true}},
	{"assertions", "", TextOptions{}},
	{"assertions", "-q", TextOptions{Verbosity: Quiet}},
	{"assertions", "-v", TextOptions{Verbosity: Headers}},
	{"assertions", "-colour", TextOptions{Palette: tags}},
	{"assertions", "-narrow", TextOptions{Width: 60}},
	{"missing-path", "", TextOptions{}},
	{"differences", "", TextOptions{}},
	{"differences", "-colour", TextOptions{Palette: tags}},
	{"scripts", "", TextOptions{}},
	{"initial-script", "", TextOptions{}},
	{"initial-script", "-q", TextOptions{Verbosity: Quiet}},
	{"not-sent", "", TextOptions{}},
	{"no-response", "", TextOptions{}},
	{"pauses", "", TextOptions{}},
	{"pauses", "-q", TextOptions{Verbosity: Quiet}},
	{"not-run", "", TextOptions{}},
	{"interrupted", "", TextOptions{}},
	{"several", "", TextOptions{}},
	{"several", "-q", TextOptions{Verbosity: Quiet}},
	{"mixed", "", TextOptions{}},
	{"notices", "", TextOptions{}},
	{"notices", "-q", TextOptions{Verbosity: Quiet}},
	{"secrets", "", TextOptions{}},
	{"secrets", "-v", TextOptions{Verbosity: Headers}},
	{"secrets", "-shown", TextOptions{Reveal: known}},
	{"unicode", "", TextOptions{}},
	{"control", "", TextOptions{}},
	{"long", "", TextOptions{}},
	{"posted", "", TextOptions{}},
	{"unsupported-step", "", TextOptions{}},
}

// tags is a palette that can be read in a golden file.
var tags = Palette{
	Pass: tag("pass"), Fail: tag("fail"), Skip: tag("skip"), Warn: tag("warn"), Dim: tag("dim"), Bold: tag("bold"),
	Caret: tag("caret"), Hint: tag("hint"), Added: tag("added"), Removed: tag("removed"),
}

func tag(name string) func(string) string {
	return func(s string) string { return "<" + name + ">" + s + "</" + name + ">" }
}

// known reveals one secret of the two.
func known(m exchange.Mark) (string, bool) {
	return "tok\ten-" + string(m.Encoding), m.Secret == "auth"
}

func draw(tb testing.TB, events []event.Event, o TextOptions) string {
	tb.Helper()
	var out bytes.Buffer
	text := NewText(&out, o)
	for _, e := range events {
		if err := text.Write(e); err != nil {
			tb.Fatal(err)
		}
	}
	if err := text.Flush(); err != nil { // of a stream that breaks off
		tb.Fatal(err)
	}
	return out.String()
}

// everyStream are all streams by name.
func everyStream() map[string]func() []event.Event {
	all := maps.Clone(recorded)
	maps.Copy(all, nested)
	maps.Copy(all, retried)
	maps.Copy(all, addressed)
	return all
}

func TestTextLooksLikeTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, row := range slices.Concat(drawings, nestedDrawings, retriedDrawings) {
		name := filepath.Join("testdata", row.stream+row.suffix+".txt")
		t.Run(row.stream+row.suffix, func(t *testing.T) {
			t.Parallel()
			got := draw(t, everyStream()[row.stream](), row.options)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestTextIsTheSameFromASavedStream(t *testing.T) {
	t.Parallel()
	for name, events := range everyStream() {
		if name == "control" {
			continue // a byte that is no text does not survive being written as JSON
		}
		var saved bytes.Buffer
		for _, e := range events() {
			line, err := event.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			saved.Write(append(line, '\n'))
		}
		var again bytes.Buffer
		if err := event.Read(&saved, NewText(&again, TextOptions{Verbosity: Bodies})); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(draw(t, events(), TextOptions{Verbosity: Bodies}), again.String()); diff != "" {
			t.Errorf("%s: -live +saved\n%s", name, diff)
		}
	}
}

func TestTextPassesOnTheErrorOfItsWriter(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	text := NewText(writerFunc(func([]byte) (int, error) { return 0, full }), TextOptions{})
	err := text.Write(event.Event{Test: 1, Body: event.TestStarted{Name: "t"}})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestTextForgetsWhatHasEnded(t *testing.T) {
	t.Parallel()
	for name, events := range everyStream() {
		text := NewText(&bytes.Buffer{}, TextOptions{})
		open := 0
		for _, e := range events() {
			if err := text.Write(e); err != nil {
				t.Fatal(err)
			}
			switch e.Body.(type) {
			case event.TestStarted, event.StepStarted:
				open++
			case event.TestFinished, event.StepFinished:
				open--
			}
			if kept := remembered(text); kept != open {
				t.Fatalf("%s: after event %d %d tests and steps are remembered, %d are open", name, e.Seq, kept, open)
			}
		}
	}
}

func remembered(t *Text) int {
	n := len(t.tests)
	for _, test := range t.tests {
		n += len(test.steps)
	}
	return n
}
