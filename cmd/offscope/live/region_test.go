package live

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
)

func fixed(columns, rows int) func() (int, int) { return func() (int, int) { return columns, rows } }

func send(t *testing.T, r *Region, test, step int, body event.Body) {
	t.Helper()
	if err := r.Write(event.Event{Test: test, Step: step, Body: body}); err != nil {
		t.Fatal(err)
	}
}

// beginPause brings a region to a pause.
func beginPause(t *testing.T, r *Region, pause time.Duration) {
	t.Helper()
	send(t, r, 0, 0, event.RunStarted{Tests: 1})
	send(t, r, 1, 0, event.TestStarted{Steps: 12})
	send(t, r, 1, 3, event.StepStarted{StepKind: "pause", Pause: pause})
}

func TestRegionStandsBelowWhatIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		terminal := newScreen(80)
		r := NewRegion(terminal, fixed(80, 24), nil)
		text := r.Around(terminal)
		want := func(text string) {
			t.Helper()
			synctest.Wait()
			if diff := cmp.Diff(text, terminal.text()); diff != "" {
				t.Error(diff)
			}
		}
		fmt.Fprintln(text, "Users")
		beginPause(t, r, time.Minute)
		want("Users\n")
		time.Sleep(250 * time.Millisecond)
		want("Users\n[ 3/12] pause    60s left of 1m, Ctrl-C ends the run")
		time.Sleep(time.Second)
		want("Users\n[ 3/12] pause    59s left of 1m, Ctrl-C ends the run")
		fmt.Fprintln(text, "notice: still here")
		want("Users\nnotice: still here\n[ 3/12] pause    59s left of 1m, Ctrl-C ends the run")
		fmt.Fprint(text, "half")
		want("Users\nnotice: still here\nhalf")
		time.Sleep(time.Second)
		want("Users\nnotice: still here\nhalf")
		fmt.Fprintln(text, " and half")
		time.Sleep(150 * time.Millisecond)
		want("Users\nnotice: still here\nhalf and half\n[ 3/12] pause    58s left of 1m, Ctrl-C ends the run")
		show := r.Hide()
		want("Users\nnotice: still here\nhalf and half\n")
		time.Sleep(time.Second)
		want("Users\nnotice: still here\nhalf and half\n")
		show()
		time.Sleep(150 * time.Millisecond)
		want("Users\nnotice: still here\nhalf and half\n[ 3/12] pause    57s left of 1m, Ctrl-C ends the run")
		r.Close()
		want("Users\nnotice: still here\nhalf and half\n")
		fmt.Fprintln(text, "PASS")
		want("Users\nnotice: still here\nhalf and half\nPASS\n")
	})
}

func TestRegionSaysWhatIsAwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		terminal := newScreen(20)
		r := NewRegion(terminal, fixed(20, 24), strings.ToUpper)
		r.Say("waiting\n for the server to begin")
		if got, want := terminal.text(), "WAITING  FOR T..."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		r.Say("")
		if got := terminal.text(); got != "" {
			t.Errorf("left %q", got)
		}
		r.Close()
	})
}

func TestRegionTakesAwayWhatANarrowTerminalHasBroken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// The terminal was 80 columns wide when the lines were drawn, and breaks them at 30 as it is made narrower.
		terminal := newScreen(30)
		var columns atomic.Int64
		columns.Store(80)
		r := NewRegion(terminal, func() (int, int) { return int(columns.Load()), 24 }, nil)
		text := r.Around(terminal)
		fmt.Fprintln(text, "Users")
		beginPause(t, r, time.Minute)
		time.Sleep(250 * time.Millisecond)
		synctest.Wait()
		columns.Store(30)
		r.Close()
		fmt.Fprintln(text, "PASS")
		if diff := cmp.Diff("Users\nPASS\n", strings.TrimRight(terminal.text(), "\n")+"\n"); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRegionLeavesQuickRunsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var terminal bytes.Buffer
		r := NewRegion(&terminal, fixed(80, 24), nil)
		beginPause(t, r, 100*time.Millisecond)
		time.Sleep(190 * time.Millisecond)
		send(t, r, 0, 0, event.RunFinished{})
		time.Sleep(time.Second)
		r.Close()
		if terminal.Len() > 0 {
			t.Errorf("wrote %q", terminal.String())
		}
	})
}

func TestNoRegionShowsNothing(t *testing.T) {
	t.Parallel()
	var r *Region
	send(t, r, 0, 0, event.RunStarted{Tests: 2})
	r.Say("waiting")
	r.Hide()()
	r.Close()
}

// What is read on the terminal when the region is gone is what was written around it, whatever it has drawn in between.
func FuzzNothingIsLeft(f *testing.F) {
	f.Add("Users\n[1/2] PASS\nhalf", uint8(40), uint8(10), []byte{1, 2, 30, 4, 200, 6})
	f.Add("\n\n", uint8(3), uint8(1), []byte{250, 250, 250})
	f.Add("a\nb\nc\nd\ne", uint8(17), uint8(3), []byte("0123456789"))
	f.Fuzz(func(t *testing.T, text string, columns, rows uint8, steps []byte) {
		if len(steps) > 64 || len(text) > 512 {
			t.Skip("long enough to find nothing new")
		}
		for _, r := range text {
			if r != '\n' && (r < ' ' || r > '~') {
				t.Skip("the screen of this test knows ASCII only")
			}
		}
		width := int(columns%120) + 4
		synctest.Test(t, func(t *testing.T) {
			drawn, plain := newScreen(width), newScreen(width)
			r := NewRegion(drawn, fixed(width, int(rows)), nil)
			writeBetween(t, r, text, io.MultiWriter(r.Around(drawn), plain), steps)
			r.Close()
			if len(drawn.unknown) > 0 {
				t.Errorf("unknown control sequences: %q", drawn.unknown)
			}
			// an erased region leaves empty rows below at most
			got, want := strings.TrimRight(drawn.text(), "\n"), strings.TrimRight(plain.text(), "\n")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	})
}

// writeBetween writes a text in pieces while tests begin, go on and end.
func writeBetween(t *testing.T, r *Region, text string, out io.Writer, steps []byte) {
	send(t, r, 0, 0, event.RunStarted{Tests: 1 + len(steps)%9})
	for i, step := range steps {
		number := 1 + int(step)%8
		time.Sleep(time.Duration(step) * 4 * time.Millisecond)
		switch step % 5 {
		case 0:
			send(t, r, number, 0, event.TestStarted{Name: strings.Repeat("name ", int(step)), Steps: i})
		case 1:
			send(t, r, number, i, event.StepStarted{StepKind: "pause", Pause: time.Duration(step) * time.Second})
		case 2:
			send(t, r, number, i, event.StepStarted{Note: "界" + strings.Repeat("?", int(step))})
		case 3:
			send(t, r, number, 0, event.TestFinished{})
		}
		n := min(len(text), int(step)%16)
		io.WriteString(out, text[:n])
		text = text[n:]
	}
	io.WriteString(out, text)
}

func TestRegionIsSafeForTestsInParallel(t *testing.T) {
	t.Parallel()
	r := NewRegion(io.Discard, fixed(80, 24), nil)
	out := r.Around(io.Discard)
	var all sync.WaitGroup
	for test := range 8 {
		all.Go(func() {
			send(t, r, test, 0, event.TestStarted{Steps: 100})
			for step := range 100 {
				send(t, r, test, step, event.StepStarted{})
				fmt.Fprintln(out, step)
				send(t, r, test, step, event.StepFinished{})
			}
		})
	}
	all.Wait()
	r.Close()
}
