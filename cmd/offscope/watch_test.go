package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// watchedAt writes a file as if at a certain second.
func watchedAt(t *testing.T, path, text string, second int) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(int64(1_700_000_000+second), 0)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestAFileHasChangedOnceItHasSettledAndItsContentDiffers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, inFolder := filepath.Join(folder, "env.yaml"), filepath.Join(folder, "tests", "b.json")
	if err := os.Mkdir(filepath.Dir(inFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	watchedAt(t, filepath.Join(filepath.Dir(inFolder), "a.json"), "{}", 0)
	watchedAt(t, path, "one", 0)
	w := newWatchedFiles([]string{filepath.Dir(inFolder)})
	w.begin()
	w.add(path)
	w.end()
	for _, c := range []struct {
		name string
		do   func()
		want []string
	}{
		{"nothing", func() {}, nil},
		{"touched", func() { watchedAt(t, path, "one", 1) }, nil},
		{"written", func() { watchedAt(t, path, "two", 2) }, nil},
		{"written again", func() { watchedAt(t, path, "three", 3) }, nil},
		{"settled", func() {}, []string{path}},
		{"still changed", func() {}, []string{path}},
		{"as before", func() { watchedAt(t, path, "one", 4) }, nil},
		{"and so it stays", func() {}, nil},
		{"gone", func() { os.Remove(path) }, nil},
		{"gone for good", func() {}, []string{path}},
		{"another beside it", func() { watchedAt(t, inFolder, "{}", 5) }, nil},
		{"both", func() {}, []string{path, inFolder}},
	} {
		c.do()
		if diff := cmp.Diff(c.want, w.changed()); diff != "" {
			t.Fatalf("%s: -want +got\n%s", c.name, diff)
		}
	}
	w.begin()
	w.end()
	if first, second := w.changed(), w.changed(); len(first)+len(second) > 0 {
		t.Error("a new run has seen the changes")
	}
	if _, kept := w.stamps[path]; !kept {
		t.Error("a file that the run did not come to is not watched any more")
	}
}

// A watching is a program that watches, with somebody at its keyboard.
type watching struct {
	t       *testing.T
	keys    *io.PipeWriter
	signals chan<- os.Signal
	code    chan int

	mu  sync.Mutex
	out bytes.Buffer
	at  int // how much of the output was waited for
}

func (w *watching) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(b)
}

// until waits for a text behind those that were waited for before.
func (w *watching) until(text string) {
	w.t.Helper()
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		w.mu.Lock()
		i := strings.Index(w.out.String()[w.at:], text)
		if i >= 0 {
			w.at += i + len(text)
		}
		w.mu.Unlock()
		if i >= 0 {
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t.Fatalf("%q does not come:\n%s", text, w.out.String()[w.at:])
}

func (w *watching) press(keys string) {
	w.t.Helper()
	if _, err := io.WriteString(w.keys, keys); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watching) ends(code int) {
	w.t.Helper()
	select {
	case got := <-w.code:
		if got != code {
			w.t.Errorf("exit code %d, want %d", got, code)
		}
	case <-time.After(20 * time.Second):
		w.t.Fatal("it does not end")
	}
}

func startWatching(t *testing.T, args ...string) *watching {
	t.Helper()
	in, keys := io.Pipe()
	w := &watching{t: t, keys: keys, code: make(chan int, 1)}
	s := system{
		stdin: strings.NewReader("quit\n"), stdout: w, stderr: w, width: func() int { return 0 },
		notify:   func(c chan<- os.Signal) func() { w.mu.Lock(); defer w.mu.Unlock(); w.signals = c; return func() {} },
		keyboard: func() *keyboard { return &keyboard{in: in, raw: func() {}, cooked: func() {}, done: func() {}} },
	}
	go func() {
		parsing.Lock() // until the end: a watched run parses its flags anew
		defer parsing.Unlock()
		w.code <- run(t.Context(), s, append([]string{"offscope", "run", "--watch", "--no-record"}, args...))
	}()
	t.Cleanup(func() { keys.Close() })
	return w
}

// watchedTests writes a bucket of two tests, of which the second fails as long as the server says so.
func watchedTests(t *testing.T, status *int) (path, text string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/second" {
			w.WriteHeader(*status)
		}
	}))
	t.Cleanup(s.Close)
	one := func(name string) string {
		return fmt.Sprintf(`{"name": %q, "steps": [{"step_type": "request", "note": %q, "method": "GET", "url": %q,
  "assertions": [{"source": "response_status", "comparison": "equal_number", "value": 200}]}]}`, name, name+" step", s.URL+"/"+name)
	}
	text = "[" + one("first") + ",\n" + one("second") + "]"
	path = filepath.Join(t.TempDir(), "tests.json")
	watchedAt(t, path, text, 0)
	return path, text
}

func TestWatchingRunsAgainAtKeysAndChanges(t *testing.T) {
	t.Parallel()
	status := http.StatusTeapot
	path, text := watchedTests(t, &status)
	w := startWatching(t, path)
	w.until("2 tests, 1 test failed")
	w.until("watching 1 file; enter: run all, f: failed ones, d: debug, q: quit")
	w.press("x\r")
	w.until("all tests")
	w.until("2 tests, 1 test failed")
	w.until("watching")
	w.press("f")
	w.until("the tests that failed")
	w.until("second step")
	w.until("FAIL  1 step")
	w.until("watching")

	watchedAt(t, path, text[:len(text)-1], 1)
	w.until("tests.json has changed")
	w.until("tests.json:4:")
	w.until("watching 1 file")
	status = http.StatusOK
	watchedAt(t, path, text, 2)
	w.until("tests.json has changed")
	w.until("PASS  2 tests")
	w.until("watching 1 file; enter: run all, d: debug, q: quit")
	w.press("f")
	w.until("nothing failed in the last run")
	w.press("d")
	w.until("debug runs one test, and there are 2")
	w.until("watching")
	w.press("q")
	w.ends(exitPassed)
}

func TestWatchingEndsWithTheCodeOfTheLastRunOrTheSignal(t *testing.T) {
	t.Parallel()
	status := http.StatusTeapot
	for _, c := range []struct {
		name string
		end  func(*watching)
		want int
	}{
		{"q", func(w *watching) { w.press("q") }, exitFailed},
		{"Ctrl-D", func(w *watching) { w.press("\x04") }, exitFailed},
		{"the terminal is closed", func(w *watching) { w.keys.Close() }, exitFailed},
		{"Ctrl-C", func(w *watching) { w.signals <- os.Interrupt }, exitInterrupted},
		{"Ctrl-C as a key", func(w *watching) { w.press("\x03") }, exitInterrupted},
		{"SIGTERM", func(w *watching) { w.signals <- syscall.SIGTERM }, exitTerminated},
		{"debug and q", func(w *watching) { w.press("d"); w.until("watching"); w.press("q") }, exitFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path, _ := watchedTests(t, &status)
			w := startWatching(t, path, "--test", "second")
			w.until("watching")
			w.until("quit\n")
			c.end(w)
			w.ends(c.want)
		})
	}
}
