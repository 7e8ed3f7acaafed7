//go:build unix

package main

import (
	"bufio"
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
