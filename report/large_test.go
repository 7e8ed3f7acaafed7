package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"offscope/event"
	"offscope/exchange"
)

// manySteps calls take for each event of a run of one test that is generated while it is written.
func manySteps(tb testing.TB, steps int, take func(event.Event) error) {
	tb.Helper()
	seq := 0
	at := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
	send := func(test, step int, body event.Body) {
		seq++
		if err := take(event.Event{Seq: seq, Time: at.Add(time.Duration(seq) * ms), Test: test, Step: step, Body: body}); err != nil {
			tb.Fatal(err)
		}
	}
	send(0, 0, event.RunStarted{Version: "1.0.0", Seed: 42, Tests: 1})
	send(1, 0, event.TestStarted{Name: "Many", File: "many.json", Line: 1, Col: 1, Steps: steps})
	body := strings.Repeat(`{"id":"2819c223"},`, 550)
	counts := event.Counts{Steps: steps}
	for i := range steps {
		f := passed(1)
		x := answer("GET", fmt.Sprintf("/Users/%d", i), 200, "OK", body)
		send(1, i+1, event.StepStarted{StepKind: "request", Note: fmt.Sprintf("Get user %d", i), Method: "GET", URL: "{{base}}", File: "many.json", Line: 10 * i, Col: 5})
		send(1, i+1, *x)
		row := event.Asserted{Row: 1, Label: "Status", Source: "response_status", Comparison: "equal_number", Expected: "200", Actual: "200", Type: "number", Outcome: event.Passed}
		if i%100 == 0 {
			row, f = unequal(1, 10*i, "id", "a", "b", "string"), failed(event.Counts{Assertions: 1, AssertionsFailed: 1})
		}
		send(1, i+1, row)
		counts.Add(f.Counts)
		send(1, i+1, f)
	}
	send(1, 0, event.TestFinished{Outcome: event.Failed, Counts: counts, Duration: time.Minute})
	send(0, 0, event.RunFinished{Outcome: event.Failed, Tests: 1, TestsFailed: 1, Counts: counts, Duration: time.Minute})
}

// Twenty megabytes of bodies, written in all formats at once, take no more memory than the documents that have to be kept until
// their end, and those have no bodies. Not in parallel with others, because it measures memory.
func TestBodiesAreNotKept(t *testing.T) {
	const steps, most = 2000, 10 << 20
	var all []Report
	for _, format := range Formats() {
		r, err := New(format, io.Discard, Options{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	before := kept()
	n := 0
	var used uint64
	manySteps(t, steps, func(e event.Event) error {
		if n++; n == 4*steps-10 {
			now := kept()
			used = now - min(now, before)
		}
		for _, r := range all {
			if err := r.Write(e); err != nil {
				return err
			}
		}
		return nil
	})
	for _, r := range all {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if used > most {
		t.Errorf("%d bytes are kept, more than %d", used, most)
	}
	t.Logf("%d bytes are kept", used)
}

func kept() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// leftOfSteps is what ten thousand steps leave in each format; a hundred of them failed.
var leftOfSteps = map[string]struct {
	pattern string
	times   int
}{
	"json": {`"step_type":"request"`, 10_000}, "ndjson": {`"event":"step-finished"`, 10_000}, "junit": {`<testcase `, 10_000},
	"tap": {`(?m)^    (not )?ok \d+ - `, 10_000}, "har": {`"pageref"`, 10_000}, "ctrf": {`"step_type"`, 10_000}, "html": {`<th scope="row"`, 10_000},
	"markdown": {`<details>`, 100}, "github": {`(?m)^::error `, 100},
}

func TestTenThousandStepsAreAllInTheDocument(t *testing.T) {
	t.Parallel()
	for _, format := range Formats() {
		var out bytes.Buffer
		writeSteps(t, format, &out, 10_000)
		want := leftOfSteps[format]
		if got := len(regexp.MustCompile(want.pattern).FindAllIndex(out.Bytes(), -1)); got != want.times || want.times == 0 {
			t.Errorf("%s: %q is there %d times, want %d", format, want.pattern, got, want.times)
		}
	}
}

// writeSteps writes a document about so many steps, without bodies.
func writeSteps(t *testing.T, format string, out io.Writer, steps int) {
	t.Helper()
	r, err := New(format, out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	manySteps(t, steps, func(e event.Event) error {
		if x, ok := e.Body.(event.Exchanged); ok {
			x.Response = &event.Response{Status: 200}
			e.Body = x
		}
		return r.Write(e)
	})
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whoever goes through what there is for each new step takes four times as much for twice as many. Memory that was taken says that
// more surely than time. Not in parallel with others, because it measures memory.
func TestStepsTakeLinearWork(t *testing.T) {
	for _, format := range Formats() {
		few, many := taken(t, format, 1000), taken(t, format, 4000)
		if many > 5*few {
			t.Errorf("%s: a thousand steps take %d bytes, and four thousand %d", format, few, many)
		}
	}
}

func taken(t *testing.T, format string, steps int) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	writeSteps(t, format, io.Discard, steps)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestAGitHubSummaryStaysBelowTheLimit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := GitHubSummary(&out)
	s := run(300)
	for i := range 300 {
		s.open(fmt.Sprintf("Test %d", i), "t.json", 1)
		s.request("Fail", answer("GET", "/", 500, "", strings.Repeat("x", 1900)), failed(event.Counts{}), unequal(1, 1, "a", strings.Repeat("y", 1900), "z", "string"))
		s.close(event.Failed, "", event.Counts{Steps: 1}, 0)
	}
	for _, e := range timed(s.end(event.RunFinished{Outcome: event.Failed, Tests: 300, TestsFailed: 300})) {
		if err := r.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n := out.Len(); n < 500_000 || n > 1<<20 {
		t.Errorf("%d bytes", n)
	}
	if !strings.Contains(out.String(), "left out, because the summary would be too long.") {
		t.Error("it does not say that something is left out")
	}
}

// Tests that run side by side mix their events, and end in any order. Documents have them in the order of their numbers.
func TestTestsAreWrittenInTheOrderOfTheirNumbers(t *testing.T) {
	t.Parallel()
	one := func(number int) []event.Event {
		s := &stream{test: number - 1}
		s.open(fmt.Sprintf("Test %d", number), "t.json", 2).users("First").users("Second")
		return s.close(event.Passed, "", event.Counts{Steps: 2, Assertions: 2}, 0).events
	}
	begin, end := run(3).events, event.Event{Body: event.RunFinished{Outcome: event.Passed, Tests: 3, Duration: time.Second}}
	a, b, c := one(1), one(2), one(3)
	straight := slices.Concat(begin, a, b, c, []event.Event{end})
	turned := slices.Concat(begin, c, b[:4], a[:2], b[4:], a[2:], []event.Event{end})
	untimed := func(format string, events []event.Event) string {
		return document(t, format, events)
	}
	for _, format := range Formats() {
		if format == "ndjson" {
			continue // it is what happened
		}
		if got, want := untimed(format, turned), untimed(format, straight); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", format, got, want)
		}
	}
}

func TestStepsAreWrittenAsSoonAsTheyEnd(t *testing.T) {
	t.Parallel()
	for format, one := range map[string]string{"json": `"note":"List users"`, "tap": "ok 1 - 01 List users\n", "har": `"_note":"List users"`} {
		var out bytes.Buffer
		r, err := New(format, &out, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range timed(run(1).open("t", "t.json", 2).users("List users").events) {
			if strings.Contains(out.String(), one) {
				t.Errorf("%s: the step is there before it has ended", format)
			}
			if err := r.Write(e); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(out.String(), one) {
			t.Errorf("%s: the step is not there when it has ended\n%s", format, out.String())
		}
	}
}

func TestAHAREntryBeginsWhenTheRequestWasSent(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 1, 2, 3, 4, 5, 7e6, time.UTC)
	told := sent.Add(time.Hour)
	for _, row := range []struct {
		name, want string
		x          event.Exchanged
	}{
		{"told", "2026-01-02T03:04:05.007Z", event.Exchanged{Started: sent}},
		{"not told, as in older streams", "2026-01-02T04:04:05.005Z", event.Exchanged{Timings: exchange.Timings{Total: 2 * time.Millisecond}}},
	} {
		if e := harEntryOf(&testResult{}, &stepResult{exchanged: &row.x, exchanges: told}); e.Started != row.want {
			t.Errorf("%s: %s, want %s", row.name, e.Started, row.want)
		}
	}
}

// A time holds the name of its zone, in a field that cannot be written to.
func TestTimesInEventsAreLeftAlone(t *testing.T) {
	t.Parallel()
	x := event.Exchanged{Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("far", 3600))}
	if got := plain(x).(event.Exchanged); !got.Started.Equal(x.Started) {
		t.Errorf("got %v", got.Started)
	}
}

func TestHARTimingsAddUp(t *testing.T) {
	t.Parallel()
	x := answer("GET", "/", 200, "OK", "")
	x.Timings.DNS, x.Timings.Connect, x.Timings.TLS, x.Timings.Send, x.Timings.Total = 1500*time.Microsecond, 2*ms, 3*ms, 100*time.Microsecond, 40*ms
	got, total := harTimingsOf(x.Timings)
	want := harTimings{Blocked: 23.4, DNS: 1.5, Connect: 5, TLS: 3, Send: 0.1, Wait: 9, Receive: 1}
	if got != want || total != 40*ms {
		t.Errorf("got %+v, %v", got, total)
	}
	x.Timings = answer("GET", "/", 200, "OK", "").Timings
	x.Timings.DNS, x.Timings.Connect, x.Timings.Reused = 0, 0, true
	if got, _ := harTimingsOf(x.Timings); got.DNS != -1 || got.Connect != -1 || got.TLS != -1 {
		t.Errorf("got %+v", got)
	}
}
