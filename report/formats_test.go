package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"offscope/event"
)

// documented are the streams that each format has a golden document of.
var documented = []string{
	"all-passed", "assertions", "scripts", "no-response", "pauses", "not-run", "initial-script", "interrupted", "loop-interrupted", "cut-off", "cut-off-in-subtest",
	"cut-off-between-tests", "unicode", "control", "hostile", "secrets", "notices", "subtests", "subtest-failed", "subtest-nested", "loop", "loop-cap", "conditions-nested",
	"conditions-failed", "iterations", "mixed", "several", "no-steps", "no-tests", "nothing", "inbound", "test-problem",
	"flaky", "retried-failed", "retried-several", "cut-off-between-attempts", "cut-off-in-attempt",
}

// documentedAsEvents are those of them whose events are a golden document, too.
var documentedAsEvents = []string{
	"all-passed", "assertions", "no-response", "pauses", "not-run", "interrupted", "flaky", "unicode", "secrets", "hostile", "control", "cut-off", "nothing",
}

// timedStreams are all streams, with the time of each event.
func timedStreams() map[string][]event.Event {
	all := map[string][]event.Event{}
	for name, events := range everyStream() {
		all[name] = timed(events())
	}
	for name, events := range odd {
		all[name] = timed(events())
	}
	return all
}

func timed(events []event.Event) []event.Event {
	at := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
	events = slices.Clone(events)
	for i := range events {
		events[i].Seq, events[i].Time = i+1, at.Add(time.Duration(i)*25*ms)
	}
	return events
}

// odd are streams that only other programs have to read.
var odd = map[string]func() []event.Event{
	"cut-off":                  func() []event.Event { return allPassed()[:12] },
	"cut-off-in-subtest":       func() []event.Event { return subtestFailed()[:7] },
	"cut-off-between-tests":    func() []event.Event { return several()[:5] },
	"nothing":                  func() []event.Event { return nil },
	"no-tests":                 func() []event.Event { return run(0).end(event.RunFinished{Outcome: event.Passed}) },
	"no-steps":                 func() []event.Event { return allDone(run(1).open("Empty", "empty.json", 0), 0, 0, 0) },
	"hostile":                  hostile,
	"test-problem":             testProblem,
	"unannounced":              unannounced,
	"cut-off-between-attempts": cutBetweenAttempts,
	"cut-off-in-attempt":       cutInAttempt,
	"retried-hostile":          retriedHostile,
}

// hostile is what a server answers that knows how reports are written.
func hostile() []event.Event {
	evil := "]]><b>&amp;</b> [[ATTACHMENT|/etc/passwd]] ```` | a | @octocat #1\n::error::no\n##[error]no\nok 1 - no # SKIP\n...\n<!-- </details> -->\x00\u2028\U000E0001"
	s := run(1).open("Evil @octocat | <b> # SKIP {", "a,b:c%0A.json", 2)
	x := exchangedAs{answer("POST", "/Users?x=%ff&y", 400, evil, evil)}.with(evil, "text/plain")
	s.request("one\n::warning::two # TODO", x, failed(event.Counts{Assertions: 1, AssertionsFailed: 1, Scripts: 1, ScriptsFailed: 1}, evil),
		event.Asserted{Row: 1, Label: evil, Comparison: "equal", Expected: evil, Actual: strings.Repeat(evil, 500), Type: "string", Outcome: event.Failed, Message: evil, Where: at(3, `"`+evil, evil)},
		event.Scripted{Role: "post-response script", Row: 1, Outcome: event.Failed, Output: []event.Line{{Text: evil}}, Failure: &event.ScriptFailure{Failure: "exception", Message: evil}})
	s.request("", nil, passedOver(event.Skipped, "a # b\n"+evil))
	return allFailed(s, evil, event.Counts{Steps: 2, Assertions: 1, AssertionsFailed: 1, ScriptsFailed: 1})
}

func testProblem() []event.Event {
	s := run(1).open("SCIM users", "users.json", 1)
	s.add(event.Problem{Code: "internal", Outcome: event.Errored, Message: "internal error: index out of range", Hint: "this is a bug in offscope and not in the test"})
	s.request("List users", nil, passedOver(event.NotRun, "an internal error"))
	return s.close(event.Errored, "an internal error", event.Counts{Steps: 1, Assertions: 1, StepsNotRun: 1}, ms).
		end(event.RunFinished{Outcome: event.Errored, Tests: 1, TestsFailed: 1})
}

// unannounced has a test more than its beginning says.
func unannounced() []event.Event {
	events := several()
	events[0].Body = event.RunStarted{Version: "1.0.0", Seed: 42, Tests: 1}
	return events
}

// document is the whole report of a stream.
func document(tb testing.TB, format string, events []event.Event) string {
	tb.Helper()
	var out bytes.Buffer
	r, err := New(format, &out, Options{Masks: []string{"s3cret", "two\nlines 100%", " "}})
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range events {
		if err := r.Write(e); err != nil {
			tb.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.String()
}

// unstyled leaves the style sheet out of a page, so that golden files change with what a page says.
func unstyled(page string) string {
	return aStyle.ReplaceAllString(strings.Replace(page, htmlStyle, "", 1), "style-src ''")
}

var aStyle = regexp.MustCompile(`style-src &#39;sha256-.*?=&#39;`)

func TestFormatsWriteTheGoldenDocuments(t *testing.T) {
	t.Parallel()
	streams := timedStreams()
	for _, format := range Formats() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var got txtar.Archive
			for _, name := range documented {
				if format == "ndjson" && !slices.Contains(documentedAsEvents, name) {
					continue
				}
				events, ok := streams[name]
				if !ok {
					t.Fatalf("there is no stream %q", name)
				}
				got.Files = append(got.Files, txtar.File{Name: name, Data: []byte(unstyled(document(t, format, events)))})
			}
			name := filepath.Join("testdata", "formats", format+".txtar")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(name, txtar.Format(&got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(txtar.Format(&got))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestFormatsAreTheSameFromASavedStream(t *testing.T) {
	t.Parallel()
	for name, events := range timedStreams() {
		var saved bytes.Buffer
		for _, e := range events {
			e.Time = e.Time.In(time.FixedZone("", 3600))
			line, err := event.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			saved.Write(append(line, '\n'))
		}
		for _, format := range Formats() {
			var again bytes.Buffer
			r, err := New(format, &again, Options{Masks: []string{"s3cret", "two\nlines 100%"}})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(event.Read(bytes.NewReader(saved.Bytes()), r), r.Close()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(document(t, format, events), again.String()); diff != "" {
				t.Errorf("%s, %s: -live +saved\n%s", name, format, diff)
			}
		}
	}
}

// Whoever has only the document must see that the run did not reach its end.
func TestNoFormatPassesAStreamThatWasCutOff(t *testing.T) {
	t.Parallel()
	for name, events := range timedStreams() {
		for n := range len(events) {
			if name == "nothing" {
				continue
			}
			for format, green := range greens {
				if got := document(t, format, events[:n]); green(got) {
					t.Fatalf("%s: the first %d of %d events are green as %s\n%s", name, n, len(events), format, got)
				}
			}
		}
	}
}

func TestFormatsAgreeWhetherARunHasPassed(t *testing.T) {
	t.Parallel()
	for name, events := range timedStreams() {
		want := false
		if len(events) > 0 {
			last, ok := events[len(events)-1].Body.(event.RunFinished)
			want = ok && last.Outcome == event.Passed && last.Tests > 0
		}
		for format, green := range greens {
			if name == "notices" && format == "github" {
				continue // a notice may be an error where nothing failed
			}
			if got := document(t, format, events); green(got) != want {
				t.Errorf("%s: green as %s is %v, want %v\n%s", name, format, !want, want, got)
			}
		}
	}
}

// greens tell how somebody who has only the document sees that a run has passed.
var greens = map[string]func(string) bool{
	"json":     func(s string) bool { return strings.HasPrefix(lastResult(s), `"result":"pass"`) },
	"junit":    func(s string) bool { return !strings.Contains(s, "<failure ") && !strings.Contains(s, "<error ") },
	"tap":      func(s string) bool { return !strings.Contains(s, "\nnot ok ") && !strings.Contains(s, "\nBail out!") },
	"ctrf":     func(s string) bool { return strings.Contains(s, `"failed":0,`) },
	"markdown": func(s string) bool { return strings.HasPrefix(s, "## offscope: PASS") },
	"github":   func(s string) bool { return !strings.Contains(s, "::error ") },
	"html":     func(s string) bool { return strings.Contains(s, `<h1><span class="verdict">PASS</span>`) },
}

// lastResult is where the result of the run, or of its only test, stands.
func lastResult(s string) string {
	s = s[strings.LastIndex(s, "\n]")+1:] // what follows the list of requests or runs
	return s[max(0, strings.Index(s, `"result":`)):]
}

// However wrong a stream is, it is written somehow.
func TestFormatsTakeStreamsWithAnEventMissing(t *testing.T) {
	t.Parallel()
	for _, events := range timedStreams() {
		for i := range events[:min(len(events), 60)] {
			document(t, Formats()[i%len(Formats())], slices.Delete(slices.Clone(events), i, i+1))
		}
		for _, format := range Formats() {
			document(t, format, slices.Concat(events, events))
		}
	}
}

// Marks are three characters for private use. Whoever sees one sees that masking was left to somebody else.
func TestNoDocumentHoldsAMark(t *testing.T) {
	t.Parallel()
	streams := timedStreams()
	cut := run(1).open("cut "+auth[:len(auth)-4], "users.json", 1).users(auth[:4] + " and " + auth)
	streams["marks cut apart"] = timed(cut.events)
	for name, events := range streams {
		for _, format := range Formats() {
			got := document(t, format, events)
			if i := strings.IndexAny(got, "\uE0F0\uE0F1\uE0F2"); i >= 0 {
				t.Errorf("%s, %s: %q", name, format, got[max(0, i-40):])
			}
		}
	}
}

func TestWritingLeavesTheEventsAsTheyAre(t *testing.T) {
	t.Parallel()
	events := timed(secrets())
	for _, format := range Formats() {
		document(t, format, events)
	}
	if diff := cmp.Diff(timed(secrets()), events); diff != "" {
		t.Errorf("-before +after\n%s", diff)
	}
}

func TestAnUnknownFormatIsNamedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := New("yaml", nil, Options{})
	want := `there is no report format "yaml"; choose one of json, ndjson, junit, tap, har, ctrf, markdown, github, html`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestFormatsPassOnTheErrorOfTheirWriter(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	for _, format := range Formats() {
		r, err := New(format, writerFunc(func([]byte) (int, error) { return 0, full }), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range timed(assertions()) {
			if err = r.Write(e); err != nil {
				break
			}
		}
		if err := errors.Join(err, r.Close()); !errors.Is(err, full) {
			t.Errorf("%s: got %v", format, err)
		}
	}
}
