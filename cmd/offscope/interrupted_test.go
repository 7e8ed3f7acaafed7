package main

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"offscope/event"
	"offscope/record"
	"offscope/report"
)

// The law: whenever a signal ends a run, every report is complete, and the same as the one that the record gives.
func TestInterruptedRunsAreReported(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	const tests = 40
	file := filepath.Join(t.TempDir(), "many.json")
	if err := os.WriteFile(file, manyTests(tests), 0o600); err != nil {
		t.Fatal(err)
	}
	ended := 0
	for range times(3, 50) {
		at := interruption{request: int64(1 + random.IntN(tests)), after: time.Duration(random.IntN(4000)) * time.Microsecond, signal: syscall.SIGINT, code: exitInterrupted}
		if random.IntN(2) == 0 {
			at.signal, at.code = syscall.SIGTERM, exitTerminated
		}
		if interruptedRun(t, file, at) {
			ended++
		}
	}
	t.Logf("%d ended by a signal", ended)
	if soaking() && ended < 25 {
		t.Errorf("only %d of the runs were ended by a signal: that says little", ended)
	}
}

// interruption is when a process gets a signal: so long after a request has come.
type interruption struct {
	request int64
	after   time.Duration
	signal  syscall.Signal
	code    int
}

// interruptedRun runs tests beside each other, and interrupts them. It returns whether that was before their end.
func interruptedRun(t *testing.T, file string, at interruption) bool {
	t.Helper()
	var requests atomic.Int64
	reached := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if requests.Add(1) == at.request {
			close(reached)
		}
		time.Sleep(2 * time.Millisecond)
	}))
	defer server.Close()
	folder := t.TempDir()
	records := filepath.Join(folder, "records")
	args := []string{"run", file, "--var", "base=" + server.URL, "-j", "4", "--record", records}
	for _, format := range report.Formats() {
		args = append(args, "--report", format+":"+filepath.Join(folder, format))
	}
	cmd := program(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		<-reached
		time.Sleep(at.after)
		_ = cmd.Process.Signal(at.signal)
	}()
	_ = cmd.Wait()
	end := recordedEnd(t, records)
	if got := cmd.ProcessState.ExitCode(); got != at.code && (got != exitPassed || end.Outcome != event.Passed) {
		t.Errorf("%+v: exit code %d of a run that has %s", at, got, end.Outcome)
	}
	for _, format := range report.Formats() {
		again := filepath.Join(folder, "again")
		offscope(t.Context(), "report", "--record", records, "--report", format+":"+again)
		want, err := os.ReadFile(again)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(folder, format)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%+v: the %s report is not that of the record: %v", at, format, err)
		}
	}
	return end.Interrupted != ""
}

// recordedEnd is the end of a recorded run, in which everything that has begun has ended.
func recordedEnd(t *testing.T, records string) event.RunFinished {
	t.Helper()
	run, err := record.Store{Dir: records}.Open("latest")
	if err != nil {
		t.Fatal(err)
	}
	var end event.RunFinished
	open := 0
	if err := run.Each(event.SinkFunc(func(e event.Event) error {
		switch b := e.Body.(type) {
		case event.TestStarted, event.StepStarted:
			open++
		case event.TestFinished, event.StepFinished:
			open--
		case event.RunFinished:
			end = b
		}
		return nil
	})); err != nil {
		t.Error(err)
	}
	if !run.Complete || open != 0 {
		t.Errorf("complete: %t; %d things have no end", run.Complete, open)
	}
	return end
}
