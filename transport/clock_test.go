package transport

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"offscope/exchange"
)

func TestTimingsByPhase(t *testing.T) {
	t.Parallel()
	const pause = 30 * time.Millisecond
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(pause)
		io.WriteString(w, "one")
		w.(http.Flusher).Flush()
		time.Sleep(pause)
		io.WriteString(w, "two")
	})
	c := newClient(t, Options{})
	for i, reused := range []bool{false, true} {
		got, err := c.Send(context.Background(), get(s.URL))
		if err != nil {
			t.Fatal(err)
		}
		at := got.Timings
		if at.Reused != reused || (at.Connect == 0) != reused || at.DNS != 0 || at.TLS != 0 {
			t.Errorf("request %d: %+v", i, at)
		}
		if at.Wait < pause/2 || at.Receive < pause/2 || at.Send <= 0 || at.Remote != s.Listener.Addr().String() {
			t.Errorf("request %d: %+v", i, at)
		}
		if sum := at.DNS + at.Connect + at.TLS + at.Send + at.Wait + at.Receive; sum > at.Total || at.Total > 10*pause+sum {
			t.Errorf("request %d: phases add up to %v of %v", i, sum, at.Total)
		}
	}
}

func TestAnswerBeforeTheEndOfTheRequest(t *testing.T) {
	t.Parallel()
	s := server(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) })
	r := &exchange.Request{Method: "PUT", URL: s.URL, Body: make([]byte, 200<<10)}
	got, err := newClient(t, Options{}).Send(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if at := got.Timings; got.Status != 413 || at.Send < 0 || at.Wait < 0 || at.Receive < 0 || at.Send+at.Wait+at.Receive > at.Total {
		t.Errorf("%d, %+v", got.Status, at)
	}
}
