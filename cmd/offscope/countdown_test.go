package main

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"offscope/event"
)

// countDown sends a pause through a countdown and returns what was on the terminal, a mark for the report included.
func countDown(t *testing.T, width int, pause, waited time.Duration) string {
	t.Helper()
	var terminal bytes.Buffer
	synctest.Test(t, func(t *testing.T) { countDownTo(t, &terminal, width, pause, waited) })
	return terminal.String()
}

func countDownTo(t *testing.T, terminal *bytes.Buffer, width int, pause, waited time.Duration) {
	report := event.SinkFunc(func(e event.Event) error {
		if _, ended := e.Body.(event.StepFinished); ended {
			terminal.WriteString("<report>")
		}
		return nil
	})
	c := newCountdown(report, terminal, width, nil)
	for _, body := range []event.Body{event.TestStarted{Steps: 12}, event.StepStarted{StepKind: "pause", Pause: pause}} {
		if err := c.Write(event.Event{Test: 1, Step: 3, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(waited)
	if err := c.Write(event.Event{Test: 1, Step: 3, Body: event.StepFinished{}}); err != nil {
		t.Fatal(err)
	}
}

func TestCountdownIsGoneBeforeTheReportWrites(t *testing.T) {
	t.Parallel()
	got := countDown(t, 80, 90*time.Second, 400*time.Millisecond)
	want := eraseLine + "[ 3/12] pause    90s left of 1m30s, Ctrl-C ends the run" + eraseLine + "<report>"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCountdownCounts(t *testing.T) {
	t.Parallel()
	got := countDown(t, 80, 2500*time.Millisecond, 2400*time.Millisecond)
	want := ""
	for _, left := range []string{"3s", "2s", "1s"} {
		want += eraseLine + "[ 3/12] pause    " + left + " left of 2.5s, Ctrl-C ends the run"
	}
	if want += eraseLine + "<report>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCountdownStaysInItsLine(t *testing.T) {
	t.Parallel()
	got := countDown(t, 20, time.Minute, 400*time.Millisecond)
	if want := eraseLine + "[ 3/12] pause    60" + eraseLine + "<report>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCountdownLeavesShortPausesAlone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ pause, waited time.Duration }{
		{100 * time.Millisecond, 0}, // short
		{time.Minute, 0},            // passed over: it ends at once
	} {
		if got := countDown(t, 80, row.pause, row.waited); got != "<report>" {
			t.Errorf("%v: got %q", row, got)
		}
	}
}

func TestCountdownReturnsTheErrorOfTheReport(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	c := newCountdown(event.SinkFunc(func(event.Event) error { return full }), &bytes.Buffer{}, 80, nil)
	if err := c.Write(event.Event{Body: event.StepStarted{Pause: time.Minute}}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if c.stop != nil {
		t.Error("counts down for a report that is gone")
	}
}
