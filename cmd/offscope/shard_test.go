package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/bucket"
	"offscope/event"
	"offscope/report"
	"offscope/runner"
	"offscope/source"
)

// manyTests is a bucket of n tests with one step each.
func manyTests(n int) []byte {
	type object = map[string]any
	tests := []object{}
	for i := range n {
		tests = append(tests, object{"name": fmt.Sprintf("Test %d", i+1), "steps": []object{{
			"step_type": "request", "note": fmt.Sprintf("asks %d", i+1), "method": "GET", "url": fmt.Sprintf("{{base}}/%d", i+1),
			"assertions": []object{{"source": "response_status", "comparison": "equal_number", "value": 200}},
		}}})
	}
	text, err := json.MarshalIndent(tests, "", "  ")
	if err != nil {
		panic(err)
	}
	return text
}

func plansOf(t *testing.T, n int) []*runner.Plan {
	t.Helper()
	document, diagnostics := bucket.Parse(source.NewFile("many.json", manyTests(n)))
	if diagnostics.Err() != nil {
		t.Fatal(diagnostics.Err())
	}
	var plans []*runner.Plan
	for _, test := range document.Tests {
		plans = append(plans, runner.NewPlan(test, runner.Options{}))
	}
	return plans
}

// The law: however many shards there are, every test is in exactly one of them, and its position says which test it is.
func TestShardsAreDisjointAndComplete(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 7, 30} {
		plans := plansOf(t, n)
		durations := map[testKey][]time.Duration{}
		for _, p := range plans[:n*2/3] { // the others are new
			durations[keyOf(p)] = []time.Duration{time.Duration(random.IntN(5)) * time.Second}
		}
		for of := 1; of <= n+2; of++ {
			for _, known := range []map[testKey][]time.Duration{nil, durations} {
				var positions []int
				split := ""
				for number := 1; number <= of; number++ {
					h := sharding{number: number, of: of, durations: known}
					for _, p := range h.part(plans) {
						if plans[p.Options.Position-1] != p {
							t.Fatalf("shard %d/%d of %d: a test has position %d, which is another's", number, of, n, p.Options.Position)
						}
						positions = append(positions, p.Options.Position)
					}
					if split == "" {
						split = h.split
					}
					if h.split != split || h.tests != n {
						t.Errorf("shard %d/%d of %d tests: split %s of %d tests, the first has %s", number, of, n, h.split, h.tests, split)
					}
				}
				slices.Sort(positions)
				var want []int
				for i := range n {
					want = append(want, i+1)
				}
				if diff := cmp.Diff(want, positions); diff != "" {
					t.Fatalf("%d shards of %d tests: -want +got\n%s", of, n, diff)
				}
			}
		}
	}
}

// The law: no shard has more to do than another by more than one test, the longest.
func TestShardsByDurationTakeAboutEquallyLong(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		took := make([]time.Duration, 1+random.IntN(40))
		for i := range took {
			took[i] = time.Duration(random.IntN(60_000)) * time.Millisecond
		}
		load := make([]time.Duration, 1+random.IntN(9))
		for i, shard := range byDuration(took, len(load)) {
			load[shard-1] += took[i]
		}
		if slices.Max(load)-slices.Min(load) > slices.Max(took) {
			t.Fatalf("%v makes shards of %v", took, load)
		}
	}
}

func TestShardsByDurationOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	plans := plansOf(t, 4)
	h := sharding{number: 1, of: 2, durations: map[testKey][]time.Duration{
		keyOf(plans[0]): {9 * time.Second}, keyOf(plans[1]): {3 * time.Second}, keyOf(plans[2]): {3 * time.Second}, {"gone", 0}: {2 * time.Second},
	}}
	if got, want := len(h.part(plans)), 1; got != want {
		t.Errorf("the shard with the long test has %d tests, want %d", got, want)
	}
	if diff := cmp.Diff([]time.Duration{9 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second}, h.estimates(plans)); diff != "" {
		t.Errorf("the new test counts like the middle one: -want +got\n%s", diff)
	}
}

var measured = regexp.MustCompile(`"[a-z_]*(?:_at|_ms)": ?(?:[0-9.]+|\{[^}]*\})|"timings": ?\{[^}]*\}`)

// shardedRuns runs seven tests, of which one fails, whole and as three shards. It returns the events of the shards and of the whole.
func shardedRuns(t *testing.T, more ...string) (folder string, shards []string, whole string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // one that is reused is told of, and shards have others
		if r.URL.Path == "/5" {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(server.Close)
	folder = t.TempDir()
	tests := filepath.Join(folder, "many.json")
	if err := os.WriteFile(tests, manyTests(7), 0o600); err != nil {
		t.Fatal(err)
	}
	runs := func(name string, flags ...string) string {
		events := filepath.Join(folder, name)
		args := slices.Concat([]string{"run", tests, "--var", "base=" + server.URL, "--seed", "7", "--no-record", "--report", "ndjson:" + events}, flags, more)
		if got := offscope(t.Context(), args...); got.code > exitFailed {
			t.Fatalf("%v: %d\n%s%s", args, got.code, got.stdout, got.stderr)
		}
		return events
	}
	for i := range 3 {
		shards = append(shards, runs(fmt.Sprintf("%d.ndjson", i+1), "--shard", fmt.Sprintf("%d/3", i+1)))
	}
	return folder, shards, runs("whole.ndjson")
}

// The law: the shards of a run, joined, make the reports that the whole run makes, but for times.
func TestMergedShardsAreTheWholeRun(t *testing.T) {
	t.Parallel()
	for _, more := range [][]string{nil, {"-j", "3"}, {"--retry", "1"}, {"--repeat", "2", "--cleanup"}} {
		folder, shards, whole := shardedRuns(t, more...)
		for _, format := range []string{"json", "junit", "tap", "markdown", "github", "ctrf", "har", "html"} {
			path := filepath.Join(folder, format)
			got := offscope(t.Context(), append([]string{"report", "--merge", "--exit-code", "--report", format + ":" + path}, shards[2], shards[0], shards[1])...)
			if got.code != exitFailed || got.stderr != "" {
				t.Errorf("%v %s: exit code %d, %s", more, format, got.code, got.stderr)
			}
			offscope(t.Context(), "report", whole, "--report", format+":"+path+".whole")
			if diff := cmp.Diff(timeless(t, path+".whole"), timeless(t, path)); diff != "" {
				t.Errorf("%v %s: -whole +merged\n%s", more, format, diff)
			}
		}
	}
}

var varies = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ][\d:.]+Z?|(?:duration_ms:|time=|timestamp=) ?"?[\d.:T-]+|\d+(?:\.\d+)? ?m?s\b|"(?:start|stop|duration|time|wait|send|receive|connect|dns|ssl|blocked|startedDateTime)": ?-?[\d.]+`)

func timeless(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = measured.ReplaceAll(text, nil)
	text = regexp.MustCompile(`(?m)^Date: .*$|"name":"Date","value":"[^"]*"|Date[^A-Za-z]+\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT`).ReplaceAll(text, nil)
	return string(varies.ReplaceAll(text, nil))
}

// A shard that is missing or was cut off makes every report one that has not passed, and is named in it.
func TestMergeWithoutAShardHasNotPassed(t *testing.T) {
	t.Parallel()
	folder, shards, _ := shardedRuns(t, "--test", "Test 1", "--test", "Test 2", "--test", "Test 3", "--test", "Test 4") // those pass
	cut := filepath.Join(folder, "cut.ndjson")
	text, err := os.ReadFile(shards[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, text[:len(text)-len(text)/3], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		runs []string
		want string
	}{
		{[]string{shards[0], shards[2]}, "shard 2 of 3 is missing"},
		{[]string{shards[0], cut, shards[2]}, "shard 2 of 3 (" + cut + ") ends before its run did"},
		{shards, ""},
	} {
		for _, format := range append(report.Formats(), "text") {
			args := append([]string{"report", "--merge"}, row.runs...)
			if format != "text" {
				args = append(args, "--report", format+":-")
			}
			got := offscope(t.Context(), args...)
			if row.want == "" {
				if got.code != exitPassed {
					t.Errorf("%s of all shards: exit code %d\n%s", format, got.code, got.stdout)
				}
				continue
			}
			if got.code != exitUsage {
				t.Errorf("%s: %s: exit code %d", row.want, format, got.code)
			}
			if format != "har" && format != "text" && !bytes.Contains([]byte(got.stdout), []byte("shard 2 of 3")) {
				t.Errorf("%s: the %s report does not name the shard\n%s", row.want, format, got.stdout)
			}
		}
	}
}

func TestMergedOutcomeIsTheWorst(t *testing.T) {
	t.Parallel()
	outcomes := []event.Outcome{event.Passed, event.Failed, event.Errored}
	for i, a := range outcomes {
		for j, b := range outcomes {
			if got, want := worseOf(a, b), outcomes[max(i, j)]; got != want {
				t.Errorf("%s and %s make %s, want %s", a, b, got, want)
			}
		}
	}
	if got := worseOf(event.Passed, event.NotRun); got != event.NotRun {
		t.Errorf("what is no good end is taken as %s", got)
	}
}

// What is told about a test at the end of a shard leads to the same test in the whole run.
func TestMergedLeftoversNameTheirTest(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var paths []string
	for number := 1; number <= 2; number++ {
		var stream bytes.Buffer
		for i, e := range []event.Event{
			{Body: event.RunStarted{Tests: 1, Shard: event.Shard{Number: number, Of: 2, Tests: 2, Split: "s"}}},
			{Test: 1, Body: event.TestStarted{Name: fmt.Sprint("test ", number), Position: number}},
			{Test: 1, Body: event.TestFinished{Outcome: event.Passed}},
			{Body: event.Resource{URL: fmt.Sprint("http://h/", number), InTest: 1, InStep: 1}},
			{Body: event.RunFinished{Outcome: event.Passed, Tests: 1}},
		} {
			e.Seq = i + 1
			line, err := event.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			stream.Write(append(line, '\n'))
		}
		path := filepath.Join(folder, fmt.Sprint(number))
		if err := os.WriteFile(path, stream.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	got := offscope(t.Context(), "report", "--merge", "--report", "ndjson:-", paths[1], paths[0])
	if got.code != exitPassed {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	want := map[string]int{"http://h/1": 1, "http://h/2": 2}
	seq := 0
	err := event.Read(bytes.NewReader([]byte(got.stdout)), event.SinkFunc(func(e event.Event) error {
		if seq++; e.Seq != seq {
			t.Errorf("event %d has number %d", seq, e.Seq)
		}
		if b, ok := e.Body.(event.Resource); ok {
			if want[b.URL] != b.InTest {
				t.Errorf("%s was left by test %d, want %d", b.URL, b.InTest, want[b.URL])
			}
			delete(want, b.URL)
		}
		return nil
	}))
	if err != nil || len(want) > 0 {
		t.Errorf("%v; not told: %v", err, want)
	}
}
