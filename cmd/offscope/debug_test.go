package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A typist is a process at a terminal, and somebody who types.
type typist struct {
	t    *testing.T
	cmd  *exec.Cmd
	file *os.File

	mu   sync.Mutex
	out  bytes.Buffer
	read int // how much of out was expected already
	gone chan struct{}
}

// atTerminal starts the program at a terminal of its own.
func atTerminal(t *testing.T, dir string, environ []string, args ...string) *typist {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs a pseudo-terminal of Linux")
	}
	cmd := exec.Command("offscope", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "TERM=xterm", "GORACE=atexit_sleep_ms=0", "NO_COLOR=1"), environ...)
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		t.Fatal(err)
	}
	p := &typist{t: t, cmd: cmd, file: file, gone: make(chan struct{})}
	t.Cleanup(func() {
		cmd.Process.Kill()
		file.Close()
	})
	go func() {
		defer close(p.gone)
		buffer := make([]byte, 4096)
		for {
			n, err := file.Read(buffer)
			p.mu.Lock()
			p.out.Write(buffer[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return p
}

// types sends keys and waits for what must come of them.
func (p *typist) types(keys string, want ...string) {
	p.t.Helper()
	if _, err := p.file.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
	p.sees(want...)
}

func (p *typist) sees(want ...string) {
	p.t.Helper()
	for _, w := range want {
		for began := time.Now(); !p.find(w); time.Sleep(5 * time.Millisecond) {
			if time.Since(began) > 20*time.Second {
				p.t.Fatalf("there is no %q behind\n%q\nin\n%q", w, p.out.String()[:p.read], p.out.String()[p.read:])
			}
		}
	}
}

func (p *typist) find(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := strings.Index(p.out.String()[p.read:], text)
	if at >= 0 {
		p.read += at + len(text)
	}
	return at >= 0
}

// ends waits for the end and returns the exit code.
func (p *typist) ends() int {
	p.t.Helper()
	err := p.cmd.Wait()
	<-p.gone
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

const (
	arrowUp = "\x1b[A"
	ctrlC   = "\x03"
	ctrlD   = "\x04"
)

// debugged is a test whose second step hangs, in a folder of its own.
func debugged(t *testing.T) (dir string, environ []string, hangs chan struct{}) {
	t.Helper()
	hangs = make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			hangs <- struct{}{}
			<-r.Context().Done()
			return
		}
		fmt.Fprint(w, `{"user": {"name": "Anna"}}`)
	}))
	t.Cleanup(server.Close)
	dir = t.TempDir()
	export := strings.ReplaceAll(`{"name": "At a terminal", "steps": [
  {"step_type": "request", "note": "get a user", "method": "GET", "url": "SERVER/user", "headers": {"Authorization": ["Bearer {{auth}}"]},
   "variables": [{"source": "response_json", "property": "user.name", "name": "userName"}]},
  {"step_type": "request", "note": "hangs", "method": "GET", "url": "SERVER/hang"},
  {"step_type": "request", "note": "last", "method": "GET", "url": "SERVER/user"}]}`, "SERVER", server.URL)
	if err := os.WriteFile(filepath.Join(dir, "test.json"), []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, []string{"HOME=" + dir, "XDG_STATE_HOME=" + filepath.Join(dir, "state"), "EDITOR=", "VISUAL="}, hangs
}

func TestDebugAtATerminal(t *testing.T) {
	t.Parallel()
	const canary = "canary-Ty7ped"
	dir, environ, hangs := debugged(t)
	p := atTerminal(t, dir, environ, "debug", "test.json", "--secret", "auth=canary-G1ven")
	p.sees("-> [1/3] get a user", "(1/3) ")
	p.types("ne\t", "next")
	p.types("\r", "[1/3] PASS", "(2/3) ")
	p.types("print us\t", "print userName")
	p.types("\r", "userName = Anna", "(2/3) ")
	p.types("response us\t", "response user")
	p.types(".\t", "response user.name")
	p.types("\r", "Anna", "(2/3) ")
	p.types("set auth "+canary+"\r", "auth = [auth]", "(2/3) ")
	p.types(arrowUp, "response user.name") // the line with the secret is not there
	p.types(arrowUp, "print userName")
	p.types("\r", "userName = Anna", "(2/3) ")

	// Ctrl-C: the line, a request, and the line again
	p.types("half a line"+ctrlC, "Ctrl-C again, or quit, ends", "(2/3) ")
	p.types("next\r")
	<-hangs
	p.types(ctrlC, "interrupted by SIGINT", "interrupted: back at the prompt", "(2/3 failed) ")
	p.types("goto las\t", "goto last")
	p.types("\r", "-> [3/3] last", "(3/3) ")
	p.types("n\r", "[3/3] PASS", "(end) ")
	p.types("quit\r")
	if code := p.ends(); code != exitErrored {
		t.Errorf("exit code %d, want %d", code, exitErrored)
	}
	p.checkHistory(dir, canary, "next", "print userName", "response user.name", "goto last", "quit")

	// another session knows the lines, and ends with Ctrl-D
	again := atTerminal(t, dir, environ, "debug", "test.json", "--secret", "auth=canary-G1ven")
	again.sees("(1/3) ")
	again.types(arrowUp, "quit")
	again.types(arrowUp, "n")
	again.types("\r", "[1/3] PASS", "(2/3) ")
	again.types(ctrlD, "not run", "stopped: quit at the prompt")
	if code := again.ends(); code != exitPassed {
		t.Errorf("exit code %d, want %d", code, exitPassed)
	}
}

// checkHistory looks for lines in the file of the history, and for the secret everywhere but where it was typed.
func (p *typist) checkHistory(dir, secret string, lines ...string) {
	p.t.Helper()
	path := filepath.Join(dir, "state", "offscope", "debug_history")
	history, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, line := range lines {
		if !strings.Contains("\n"+string(history), "\n"+line+"\n") {
			p.t.Errorf("%q is not in the history %q", line, history)
		}
	}
	if strings.Contains(string(history), secret) {
		p.t.Errorf("a secret is in the history: %q", history)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		p.t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestSignalsAtAPromptEndTheSession(t *testing.T) {
	t.Parallel()
	dir, environ, hangs := debugged(t)
	p := atTerminal(t, dir, environ, "debug", "test.json", "--secret", "auth=canary-G1ven")
	p.sees("(1/3) ")
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.sees("[1/3] not run", "stopped: interrupted by SIGTERM")
	if code := p.ends(); code != exitTerminated {
		t.Errorf("exit code %d, want %d", code, exitTerminated)
	}

	p = atTerminal(t, dir, environ, "debug", "test.json", "--from", "2")
	p.sees("(2/3) ")
	p.types("c\r")
	<-hangs
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.sees("interrupted by SIGTERM")
	if code := p.ends(); code != exitTerminated {
		t.Errorf("exit code %d, want %d", code, exitTerminated)
	}
}

func TestDebugOnFailureAtATerminal(t *testing.T) {
	t.Parallel()
	dir, environ, _ := debugged(t)
	p := atTerminal(t, dir, environ, "run", "test.json", "--debug-on-failure", "--step", "1", "--no-preflight", "--no-record")
	p.sees("[1/3] FAIL", "(1/3 failed) ")
	p.types("set auth Ab\r", "auth = [auth]", "(1/3 failed) ")
	p.types("send\r", "[1/3] PASS", "(1/3 sent) ")
	p.types(ctrlC, "Ctrl-C again")
	p.types(ctrlC, "FAIL  3 steps")
	if code := p.ends(); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
}
