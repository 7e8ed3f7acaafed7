package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

// The readers are packages from npm that belong to the formats, or that others read them with. `make peers` installs them.
func readers(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join("testdata", "readers", "node_modules")); err != nil {
		t.Skip("the readers from npm are not installed: run make peers")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node to run the readers from npm")
	}
	return node
}

// readAll gives every document of a format to the readers and returns what they found, by stream.
func readAll(t *testing.T, format string) map[string]json.RawMessage {
	t.Helper()
	node := readers(t)
	folder := t.TempDir()
	var input bytes.Buffer
	for name, events := range timedStreams() {
		file := filepath.Join(folder, name+"."+format)
		if err := os.WriteFile(file, []byte(document(t, format, events)), 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&input, "%s\n", marshal(map[string]string{"name": name, "format": format, "file": file}))
	}
	command := exec.Command(node, "read.mjs")
	command.Dir = filepath.Join("testdata", "readers")
	var problems bytes.Buffer
	command.Stdin, command.Stderr = &input, &problems
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	found := map[string]json.RawMessage{}
	for line := range strings.Lines(string(output)) {
		var answer struct {
			Name, Error string
			Found       json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Error != "" {
			t.Errorf("%s: the reader says %s", answer.Name, answer.Error)
		}
		found[answer.Name] = answer.Found
	}
	if len(found) != len(timedStreams()) {
		t.Errorf("%d documents were read, want %d", len(found), len(timedStreams()))
	}
	return found
}

func decode[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return v
}

func TestHARIsReadByItsValidator(t *testing.T) {
	t.Parallel()
	for name, raw := range readAll(t, "har") {
		requests := 0
		for _, e := range lastAttempts(timedStreams()[name]) {
			if x, ok := e.Body.(event.Exchanged); ok && x.Request.Method != "" {
				requests++
			}
		}
		got := decode[struct {
			Entries int
			Told    []string
		}](t, raw)
		if got.Entries != requests {
			t.Errorf("%s: %d entries, want %d", name, got.Entries, requests)
		}
		compare(t, name, "entries", plainText, lines(told(timedStreams()[name]), func(s *toldStep) string {
			if s.request == "" {
				return ""
			}
			return fmt.Sprintf("%s | %d | %s | %s", s.test.name, s.number, s.request, s.outcome)
		}), got.Told)
	}
}

// lastAttempts leaves out the events of attempts that were followed by another.
func lastAttempts(events []event.Event) []event.Event {
	var left []event.Event
	for _, e := range events {
		if b, ok := e.Body.(event.TestStarted); ok && b.Attempt > 1 {
			left = slices.DeleteFunc(left, func(before event.Event) bool { return before.Test == e.Test })
		}
		left = append(left, e)
	}
	return left
}

func TestCTRFIsReadByItsReferenceImplementation(t *testing.T) {
	t.Parallel()
	for name, raw := range readAll(t, "ctrf") {
		got := decode[struct {
			Tests, Passed, Failed, Skipped, Flaky int
			Told, Steps                           []string
		}](t, raw)
		if got.Passed+got.Failed+got.Skipped != got.Tests || (got.Failed > 0) == passes(timedStreams()[name]) {
			t.Errorf("%s: %+v", name, got)
		}
		tests := told(timedStreams()[name])
		flaky := 0
		for _, told := range tests {
			if told.flaky {
				flaky++
			}
		}
		if got.Flaky != flaky {
			t.Errorf("%s: %d flaky tests, want %d", name, got.Flaky, flaky)
		}
		compare(t, name, "tests", plainText, testLines(tests, func(told *toldTest) string {
			return told.name + " | " + words(told.outcome, "passed", "failed", "failed", "skipped", "failed")
		}), got.Told)
		compare(t, name, "steps", plainText, lines(tests, func(s *toldStep) string {
			return s.test.above + " | " + s.title + " | " + words(s.outcome, "passed", "failed", "failed", "skipped", "pending")
		}), got.Steps)
	}
}

func TestTAPIsReadByItsParser(t *testing.T) {
	t.Parallel()
	for name, raw := range readAll(t, "tap") {
		events := timedStreams()[name]
		got := decode[struct {
			OK         bool
			Bailout    string
			Pass, Fail int
			Told       []string
		}](t, raw)
		if want := passes(events); got.OK != want || (got.Fail > 0) == want {
			t.Errorf("%s: %+v", name, got)
		}
		last, ended := event.RunFinished{}, false
		if len(events) > 0 {
			last, ended = events[len(events)-1].Body.(event.RunFinished)
		}
		if stopped := !ended || last.Interrupted != ""; (got.Bailout != "") != stopped {
			t.Errorf("%s: bails out with %q", name, got.Bailout)
		}
		tests := told(events)
		steps := lines(tests, func(s *toldStep) string {
			title := strings.TrimPrefix(s.title, s.test.prefix)
			return strings.Join(append(s.test.path(), title, words(s.outcome, "pass", "fail", "fail", "skip", "skip")), " | ")
		})
		whole := testLines(tests, func(told *toldTest) string {
			return told.name + " | " + words(told.outcome, "pass", "fail", "fail", "pass", "fail")
		})
		compare(t, name, "points", asInTAP, append(steps, whole...), got.Told)
	}
}

// passes reports whether a stream is that of a run that has passed.
func passes(events []event.Event) bool {
	if len(events) == 0 {
		return false
	}
	last, ok := events[len(events)-1].Body.(event.RunFinished)
	return ok && last.Outcome == event.Passed && last.Tests > 0
}

type junitFigures struct {
	Suites, Cases, Unique, Total, Failures, Errors, Skipped int

	Told   []string
	Second struct {
		Cases, Bad, Skipped, Attachments int
		Status                           string
		Told                             []string
	}
}

func TestJUnitIsReadByOtherPeople(t *testing.T) {
	t.Parallel()
	for name, raw := range readAll(t, "junit") {
		got := decode[junitFigures](t, raw)
		want := structural(t, document(t, "junit", timedStreams()[name]))
		if got.Unique != got.Cases || got.Total != got.Cases {
			t.Errorf("%s: %+v: names are not unique, or the total is wrong", name, got)
		}
		if got.Suites != want.Suites || got.Cases != want.Cases || got.Failures != want.Failures || got.Errors != want.Errors || got.Skipped != want.Skipped {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		second := got.Second
		if second.Cases != want.Cases || second.Bad != want.Failures+want.Errors || second.Skipped != want.Skipped || second.Attachments != 0 {
			t.Errorf("%s: the second reader found %+v, want %+v", name, second, want)
		}
		tests := told(timedStreams()[name])
		suite := func(s *toldStep) string { return strings.ReplaceAll(s.test.above, ".", "_") + " | " + s.title + " | " }
		compare(t, name, "cases", asPrinted, lines(tests, func(s *toldStep) string { return suite(s) + words(s.outcome, "pass", "fail", "error", "skip", "skip") }), got.Told)
		compare(t, name, "cases of the second reader", asPrinted, lines(tests, func(s *toldStep) string { return suite(s) + words(s.outcome, "PASS", "FAIL", "FAIL", "SKIP", "SKIP") }), second.Told)
	}
}

// structural counts what a JUnit document holds, and compares the figures in its attributes.
func structural(t *testing.T, document string) junitFigures {
	t.Helper()
	type element struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	type counts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	var suites struct {
		counts
		Suites []struct {
			counts
			Cases []struct {
				Failure *element `xml:"failure"`
				Error   *element `xml:"error"`
				Skipped *element `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(document), &suites); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	got := junitFigures{Suites: len(suites.Suites)}
	var total counts
	for _, s := range suites.Suites {
		var c counts
		for _, x := range s.Cases {
			c.Tests++
			switch {
			case x.Failure != nil:
				c.Failures++
			case x.Error != nil:
				c.Errors++
			case x.Skipped != nil:
				c.Skipped++
			}
		}
		if c != s.counts {
			t.Errorf("a suite says %+v and has %+v", s.counts, c)
		}
		total = counts{total.Tests + c.Tests, total.Failures + c.Failures, total.Errors + c.Errors, total.Skipped + c.Skipped}
	}
	if total != suites.counts {
		t.Errorf("the document says %+v and has %+v", suites.counts, total)
	}
	got.Cases, got.Failures, got.Errors, got.Skipped = total.Tests, total.Failures, total.Errors, total.Skipped
	return got
}

func TestNDJSONIsReadAgain(t *testing.T) {
	t.Parallel()
	for name, events := range timedStreams() {
		first := document(t, "ndjson", events)
		var second bytes.Buffer
		r, err := New("ndjson", &second, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := event.Read(strings.NewReader(first), r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(first, second.String()); diff != "" {
			t.Errorf("%s: -first +second\n%s", name, diff)
		}
		for _, format := range Formats() {
			var again bytes.Buffer
			r, _ := New(format, &again, Options{Masks: []string{"s3cret", "two\nlines 100%"}})
			if err := event.Read(strings.NewReader(first), r); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(document(t, format, events), again.String()); diff != "" {
				t.Errorf("%s: %s from NDJSON: -want +got\n%s", name, format, diff)
			}
		}
	}
}
