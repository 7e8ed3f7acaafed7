//go:build unix

package main

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Ctrl-C reaches every process of a terminal's group, the workers of --isolate too. They leave the answer to the process that
// they work for, which says that the script was interrupted and not that it did something wrong.
func TestInterruptedWorkersAreNotBlamed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "test.json")
	text := `{"name": "Endless", "steps": [
  {"step_type": "request", "note": "starts the worker", "method": "GET", "url": "{{base}}/", "scripts": ["variables.set('a', 1)"]},
  {"step_type": "request", "note": "never ends", "method": "GET", "url": "{{base}}/", "scripts": ["while (true) {}"]}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, "run", file, "--var", "base="+server.URL, "--isolate")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "starts the worker") {
	}
	time.Sleep(100 * time.Millisecond) // until the endless script is under way
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	said := ""
	for lines.Scan() {
		said += lines.Text() + "\n"
	}
	io.Copy(io.Discard, out)
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("exit code %d, want %d", got, exitInterrupted)
	}
	if !strings.Contains(said, "interrupted by SIGINT") || strings.Contains(said, "memory") {
		t.Errorf("it does not say that the script was interrupted:\n%s", said)
	}
}

// A signal that comes when the run is over, and its reports are being written, does not end that: a build server that has lost
// patience would otherwise find some of them. Nothing is watched after it.
func TestSignalWhileReportsAreWritten(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	for _, row := range []struct {
		flag string
		want int
	}{{"--ci=github", exitPassed}, {"--watch", exitTerminated}} {
		t.Run(row.flag, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			file, full := filepath.Join(folder, "test.json"), filepath.Join(folder, "full")
			text := `{"name": "Passes", "steps": [{"step_type": "request", "method": "GET", "url": "{{base}}/"}]}`
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			pipe := fullPipe(t, full)
			cmd := program(t, "run", file, "--var", "base="+server.URL, "--no-record", "--ci", "github", row.flag)
			cmd.Env = append(cmd.Env, "GITHUB_STEP_SUMMARY="+full) // what is written last
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() }).Stop()
			for lines := bufio.NewScanner(out); lines.Scan() && !strings.HasPrefix(lines.Text(), "PASS  "); {
			}
			time.Sleep(50 * time.Millisecond) // until the summary waits for room in the pipe
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond) // until the signal is there
			go io.Copy(io.Discard, pipe)
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != row.want {
				t.Errorf("it ended with %s, want exit code %d", cmd.ProcessState, row.want)
			}
		})
	}
}

// fullPipe makes a named pipe into which nothing fits until it is read.
func fullPipe(t *testing.T, path string) *os.File {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	for some := make([]byte, 4096); err == nil; {
		_, err = syscall.Write(fd, some)
	}
	if !errors.Is(err, syscall.EAGAIN) {
		t.Fatal(err)
	}
	pipe := os.NewFile(uintptr(fd), path)
	t.Cleanup(func() { pipe.Close() })
	return pipe
}
