package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/record"
)

// soaking says that there is time to do something often; `make soak` sets it.
func soaking() bool { return os.Getenv("OFFSCOPE_SOAK") != "" }

// times is how often something is done: a few times in every test run, and often when soaking.
func times(few, often int) int {
	if soaking() {
		return often
	}
	return few
}

// program is the real program, in a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("offscope", args...) // TestMain puts it into PATH
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir, "XDG_STATE_HOME=", "GORACE=atexit_sleep_ms=0", "GITHUB_ACTIONS=", "GITLAB_CI=")
	return cmd
}

// A first signal ends the run in order, which takes as long as deleting what it has created. A second one ends it at once.
func TestSecondSignalStopsAtOnce(t *testing.T) {
	t.Parallel()
	deleting := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			w.Header().Set("Location", "/things/1")
			w.WriteHeader(http.StatusCreated)
		case http.MethodDelete:
			deleting <- struct{}{}
			<-r.Context().Done()
		default:
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "test.json")
	text := `{"name": "Cleans up", "steps": [
  {"step_type": "request", "note": "creates", "method": "POST", "url": "{{base}}/things"},
  {"step_type": "request", "note": "hangs", "method": "GET", "url": "{{base}}/hang"}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, "run", file, "--var", "base="+server.URL, "--cleanup")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "creates"); {
	}
	time.Sleep(50 * time.Millisecond) // until the next step is under way
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-deleting:
	case <-time.After(10 * time.Second):
		t.Fatal("the first signal did not end the run in order")
	}
	second := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, out)
	err = cmd.Wait()
	if took := time.Since(second); took > 3*time.Second {
		t.Errorf("the second signal was answered after %s", took)
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("the run ended with %v, want to be ended by SIGINT", err)
	}
}

// A server is awaited before there is a prompt, and a signal ends that in order too.
func TestInterruptedBeforeThePrompt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, report := filepath.Join(folder, "test.json"), filepath.Join(folder, "report.json")
	if err := os.WriteFile(file, stepsInARow(2), 0o600); err != nil {
		t.Fatal(err)
	}
	closed, err := closedAddress()
	if err != nil {
		t.Fatal(err)
	}
	cmd := program(t, "run", file, "--var", "base=http://"+closed, "--debug-on-failure", "--wait-for", "http://"+closed+"/=1m", "--report", "json:"+report)
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.Contains(lines.Text(), "waiting for") {
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, said)
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitTerminated {
		t.Errorf("exit code %d, want %d", got, exitTerminated)
	}
	text, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(text), "interrupted by SIGTERM") {
		t.Errorf("the report does not say what ended the run: %v\n%s", err, text)
	}
}

// Whenever a process is killed, its record holds every step that had ended, and can be reported.
func TestKilledRunsAreRecorded(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	const steps = 60
	file := filepath.Join(t.TempDir(), "test.json")
	if err := os.WriteFile(file, stepsInARow(steps), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, empty := 0, 0
	for range times(4, 50) {
		at := killing{step: 1 + random.IntN(steps), after: time.Duration(random.IntN(4000)) * time.Microsecond}
		if random.IntN(5) == 0 {
			at = killing{after: time.Duration(random.IntN(400)) * time.Millisecond}
		}
		switch ended := killedRun(t, file, at); {
		case ended < 0:
			empty++
		case ended < steps:
			kept++
		}
	}
	t.Logf("%d killed in the middle, %d before the record began", kept, empty)
	if soaking() && kept < 25 {
		t.Errorf("only %d of the runs were killed in their middle: that says little", kept)
	}
}

func stepsInARow(n int) []byte {
	type object = map[string]any
	var all []object
	for i := range n {
		all = append(all, object{"step_type": "request", "note": fmt.Sprintf("step %d", i+1), "method": "GET", "url": fmt.Sprintf("{{base}}/%d", i+1)})
	}
	text, err := json.Marshal(object{"name": "In a row", "steps": all})
	if err != nil {
		panic(err)
	}
	return text
}

// killing is when a process is killed: so long after a step was sent, or, without a step, after the beginning.
type killing struct {
	step  int
	after time.Duration
}

// killedRun runs a test and kills it. It returns how many steps its record has ended, -1 when there is no record.
func killedRun(t *testing.T, file string, at killing) int {
	t.Helper()
	var asked atomic.Int64
	reached := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		step, _ := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/"), 10, 64)
		if asked.Store(step); step == int64(at.step) {
			reached <- struct{}{}
		}
		time.Sleep(2 * time.Millisecond)
		fmt.Fprint(w, strings.Repeat("x", 2000))
	}))
	defer server.Close()
	records := t.TempDir()
	cmd := program(t, "run", file, "--var", "base="+server.URL, "--record", records)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		if at.step > 0 {
			<-reached
		}
		time.Sleep(at.after)
		cmd.Process.Kill()
	}()
	said, _ := io.ReadAll(out)
	_ = cmd.Wait()
	run, err := record.Store{Dir: records}.Open("latest")
	if err != nil {
		if asked.Load() > 0 {
			t.Fatalf("killed at %+v: step %d was sent, and there is no record: %v", at, asked.Load(), err)
		}
		return -1
	}
	ended := map[int]bool{}
	if err := run.Each(event.SinkFunc(func(e event.Event) error {
		if _, ok := e.Body.(event.StepFinished); ok {
			ended[e.Step] = true
		}
		return nil
	})); err != nil {
		t.Fatalf("killed at %+v: %v", at, err)
	}
	told := len(stepLine.FindAllIndex(said, -1))
	for step := 1; step < int(asked.Load()) || step <= told; step++ {
		if !ended[step] {
			t.Errorf("killed at %+v: step %d had ended (%d were told, step %d was sent), and is not in the record", at, step, told, asked.Load())
		}
	}
	got := offscope(t.Context(), "report", "--record", records)
	if got.code != exitPassed || len(stepLine.FindAllString(got.stdout, -1)) != len(ended) {
		t.Errorf("killed at %+v: the report ends with %d and has not the %d steps of the record\n%s%s", at, got.code, len(ended), got.stdout, got.stderr)
	}
	return len(ended)
}

// The law: however many tests run beside each other, what is printed is in the order of the files.
func TestOutputOrderIsStable(t *testing.T) {
	t.Parallel()
	env := startMock(t)
	type object = map[string]any
	var tests []object
	for i := range 200 {
		want := 200
		if i%23 == 22 {
			want = 201 // fails
		}
		tests = append(tests, object{"name": fmt.Sprintf("Test %03d", i+1), "steps": []object{
			{"step_type": "request", "note": "lists", "method": "GET", "url": "{{SCIMBaseURL}}/Users?count=1", "headers": object{"Authorization": []string{"{{auth}}"}},
				"variables": []object{{"source": "response_json", "property": "Resources[0].id", "name": "id"}}},
			{"step_type": "request", "note": fmt.Sprintf("reads %d", i), "method": "GET", "url": "{{SCIMBaseURL}}/Users/{{id}}", "headers": object{"Authorization": []string{"{{auth}}"}},
				"assertions": []object{{"source": "response_status", "comparison": "equal_number", "value": want}}},
		}})
	}
	text, err := json.Marshal(tests)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bucket.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	prints := func(jobs string) string {
		got := offscope(t.Context(), "run", file, "-e", env, "-j", jobs, "--seed", "1", "--no-record")
		if got.code != exitFailed {
			t.Fatalf("-j %s: exit code %d\n%s", jobs, got.code, got.stderr)
		}
		return took.ReplaceAllString(got.stdout, "TIME")
	}
	want := prints("1")
	if n := strings.Count(want, "\nPASS  2 steps"); n != 192 {
		t.Fatalf("%d tests passed, want 192", n)
	}
	for range times(3, 20) {
		if diff := cmp.Diff(want, prints("8")); diff != "" {
			t.Fatalf("-one at a time +eight\n%s", diff)
		}
	}
}

var took = regexp.MustCompile(` +\d+ms|\d+\.\ds`)
