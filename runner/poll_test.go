package runner

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/transport"
)

// becomes answers "new" from a moment on, and "old" before: a change that takes its time.
func becomes(clock *fakeClock, after time.Duration) http.HandlerFunc {
	began := clock.Now()
	return func(w http.ResponseWriter, r *http.Request) {
		state := "old"
		if clock.Now().Sub(began) >= after {
			state = "new"
		}
		http.SetCookie(w, &http.Cookie{Name: "n", Value: "x"})
		fmt.Fprintf(w, `{"state":%q}`, state)
	}
}

const (
	changing  = `{"step_type":"request","method":"POST","url":"SERVER/x"}`
	waiting   = `{"step_type":"pause","duration":20}`
	verifying = `{"step_type":"request","method":"GET","url":"SERVER/x","variables":[{"source":"response_json","property":"state","name":"s"}],
		"scripts":["variables.set('tries', (variables.get('tries') || 0) + 1)"],
		"assertions":[{"source":"response_json","property":"state","comparison":"equal","value":"new"}]}`
	reading = `{"step_type":"request","method":"GET","url":"SERVER/x"}`
)

func polled(t *testing.T, after time.Duration, list ...string) (*recording, event.RunFinished, *server, *fakeClock) {
	t.Helper()
	clock := newClock()
	r, end, seen := run{steps: steps(list...), clock: clock, handler: becomes(clock, after), options: Options{Pauses: Pauses{Mode: PollPauses}, Cookies: On}}.do(t)
	return r, end, seen, clock
}

func TestPollingTriesUntilTheStepPasses(t *testing.T) {
	t.Parallel()
	r, end, seen, clock := polled(t, 3*time.Second, changing, waiting, verifying)
	if end.Outcome != event.Passed {
		t.Fatal(r.encoded(t))
	}
	if got := fmt.Sprint(clock.pauses); got != "[250ms 500ms 1s 2s]" {
		t.Errorf("waited %s", got)
	}
	finished := one[event.StepFinished](t, r, 3)
	if finished.Tries != 5 || finished.Waited != 3750*time.Millisecond || seen.count() != 6 {
		t.Errorf("%+v, %d requests", finished, seen.count())
	}
	if n := len(all[event.Asserted](r, 3)); n != 1 {
		t.Errorf("%d assertions were told: only the last try counts", n)
	}
	last := one[event.Changed](t, r, 3)
	for _, v := range last.Variables {
		if v.Name == "tries" && v.Value != "1" {
			t.Errorf("a try has left tries = %s", v.Value)
		}
	}
	if len(last.Cookies) != 1 {
		t.Errorf("cookies of %d tries", len(last.Cookies))
	}
	if reason := one[event.StepFinished](t, r, 2).Reason; reason != "not waited: step 3 is tried for up to 20s" {
		t.Errorf("the pause says %q", reason)
	}
}

// A change that takes longer than the pause fails as a run that waits would, and takes no longer.
func TestPollingFailsWhenThePauseIsOver(t *testing.T) {
	t.Parallel()
	r, end, _, clock := polled(t, time.Hour, changing, waiting, waiting, verifying)
	var waited time.Duration
	for _, d := range clock.pauses {
		waited += d
	}
	if end.Outcome != event.Failed || waited != 40*time.Second {
		t.Errorf("%s after %s\n%s", end.Outcome, waited, r.encoded(t))
	}
}

func TestWhatBecomesOfPausesWhenPolling(t *testing.T) {
	t.Parallel()
	const wait, drop, poll = "", "not waited: what was changed last has been seen since", "is tried for up to"
	for _, row := range []struct {
		name  string
		steps []string
		pause int // the number of the pause
		want  string
	}{
		{"before a changing, at first", []string{waiting, changing}, 1, wait},
		{"between two changes", []string{changing, waiting, changing}, 2, wait},
		{"before a changing, after a reading step", []string{changing, reading, waiting, changing}, 3, drop},
		{"before a changing, after a polled step", []string{changing, waiting, reading, waiting, changing}, 4, drop},
		{"before a changing, after another change", []string{changing, reading, changing, waiting, changing}, 4, wait},
		{"after a reading step that failed", []string{changing, verifying, waiting, changing}, 3, wait},
		{"at the end", []string{changing, waiting}, 2, wait},
		{"before a condition", []string{changing, waiting, `{"step_type":"condition","comparison":"equal","left_value":"1","right_value":"1","steps":[` + reading + `]}`}, 2, wait},
		{"before a skipped step and a reading one", []string{changing, waiting, strings.Replace(changing, "{", `{"skipped":true,`, 1), reading}, 2, poll},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, _, _, clock := polled(t, time.Hour, row.steps...)
			got := one[event.StepFinished](t, r, row.pause).Reason
			if row.want == wait && (got != "" || !strings.Contains(fmt.Sprint(clock.pauses), "20s")) || row.want != wait && !strings.Contains(got, row.want) {
				t.Errorf("the pause says %q, want %q; waited %v", got, row.want, clock.pauses)
			}
		})
	}
}

// away fails so many times with an error of the network, and then sends.
type away struct {
	Sender
	times int
	err   error
	sends int
}

func (s *away) Send(ctx context.Context, r *exchange.Request) (*exchange.Response, error) {
	if s.sends++; s.sends <= s.times {
		return nil, s.err
	}
	return s.Sender.Send(ctx, r)
}

func TestPollingWaitsForAServerThatIsAway(t *testing.T) {
	t.Parallel()
	lost := func(kind transport.Kind, cause error) error {
		return &transport.Error{Kind: kind, Message: "lost", Err: cause}
	}
	for _, row := range []struct {
		name  string
		err   error
		times int
		want  event.Outcome
		tries int
	}{
		{"refused", lost(transport.KindConnect, syscall.ECONNREFUSED), 3, event.Passed, 4},
		{"reset", lost(transport.KindConnect, syscall.ECONNRESET), 1, event.Passed, 2},
		{"closed", lost(transport.KindClosed, io.EOF), 2, event.Passed, 3},
		{"refused for ever", lost(transport.KindConnect, syscall.ECONNREFUSED), 1000, event.Errored, 14},
		{"unreachable", lost(transport.KindConnect, syscall.EHOSTUNREACH), 1, event.Errored, 1},
		{"without a client certificate", lost(transport.KindClosed, transport.ErrClientCertificate), 1, event.Errored, 1},
		{"too slow", lost(transport.KindTimeout, context.DeadlineExceeded), 1, event.Errored, 1},
		{"of another kind", io.EOF, 1, event.Errored, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			client, err := transport.New(transport.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			r, end, _ := run{
				steps: steps(waiting, verifying), clock: newClock(), sender: &away{Sender: client, times: row.times, err: row.err},
				handler: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"state":"new"}`) }, options: Options{Pauses: Pauses{Mode: PollPauses}},
			}.do(t)
			if tries := one[event.StepFinished](t, r, 2).Tries; end.Outcome != row.want || tries != row.tries {
				t.Errorf("%s after %d tries\n%s", end.Outcome, tries, r.encoded(t))
			}
		})
	}
}

func TestPollingDoesNotRepeatWhatTimeCannotMend(t *testing.T) {
	t.Parallel()
	r, end, seen, _ := polled(t, 0, waiting, strings.Replace(verifying, "SERVER/x", "SERVER/{{nowhere}}", 1))
	if end.Outcome != event.Failed || seen.count() != 0 || one[event.StepFinished](t, r, 2).Tries != 1 {
		t.Errorf("%d requests\n%s", seen.count(), r.encoded(t))
	}
}
