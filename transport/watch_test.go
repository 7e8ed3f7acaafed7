package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"offscope/exchange"
)

// TestMain silences net/http, which writes to the standard logger what it finds on an idle connection.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

func okWith(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// surplus numbers its answers over all connections. Each is followed by a false one, at once or when after says so; gone
// hears of each connection that the client leaves.
func surplus(t testing.TB, after <-chan struct{}) (url string, gone chan struct{}) {
	var number atomic.Int32
	gone = make(chan struct{}, 1000)
	url = rawServer(t, func(conn net.Conn) {
		defer func() { gone <- struct{}{} }()
		for r := bufio.NewReader(conn); len(readHead(r)) > 0; {
			answer := okWith(fmt.Sprint(number.Add(1)))
			if after == nil {
				io.WriteString(conn, answer+okWith("false"))
				continue
			}
			io.WriteString(conn, answer)
			<-after
			io.WriteString(conn, okWith("false"))
		}
	})
	return url, gone
}

func TestSurplusAnswerIsNotTakenForTheNext(t *testing.T) {
	t.Parallel()
	url, _ := surplus(t, nil)
	c := newClient(t, Options{})
	for i := range 100 {
		got, err := c.Send(context.Background(), &exchange.Request{Method: "POST", URL: url})
		if err != nil || string(got.Body) != fmt.Sprint(i+1) {
			t.Fatalf("request %d: %v, %v", i+1, got, err)
		}
	}
}

func TestAnswerThatNobodyAskedForEndsTheConnection(t *testing.T) {
	t.Parallel()
	after := make(chan struct{})
	url, gone := surplus(t, after)
	c := newClient(t, Options{})
	for i := range 5 {
		got, err := c.Send(context.Background(), &exchange.Request{Method: "POST", URL: url})
		if err != nil || string(got.Body) != fmt.Sprint(i+1) {
			t.Fatalf("request %d: %v, %v", i+1, got, err)
		}
		after <- struct{}{}
		select {
		case <-gone:
		case <-time.After(3 * time.Second): // sooner than an idle connection is left
			t.Fatal("the connection stands")
		}
	}
}

func TestConnectionsAreKeptForAllThat(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	url := rawServer(t, func(conn net.Conn) {
		connections.Add(1)
		for r := bufio.NewReader(conn); len(readHead(r)) > 0; {
			io.WriteString(conn, okWith("ok"))
		}
	})
	c := newClient(t, Options{})
	for i := range 50 {
		got, err := c.Send(context.Background(), get(url))
		if err != nil || got.Timings.Reused != (i > 0) {
			t.Fatalf("request %d: %+v, %v", i, got, err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestConnectionsAreSharedInOrder(t *testing.T) {
	t.Parallel()
	url := rawServer(t, func(conn net.Conn) {
		for r := bufio.NewReader(conn); ; {
			head := readHead(r)
			if len(head) == 0 {
				return
			}
			io.WriteString(conn, okWith(head[0]))
		}
	})
	c := newClient(t, Options{})
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 50 {
				path := fmt.Sprintf("/%d/%d", worker, i)
				got, err := c.Send(context.Background(), &exchange.Request{Method: "POST", URL: url + path})
				if err != nil || string(got.Body) != "POST "+path+" HTTP/1.1" {
					t.Errorf("%s: %v, %v", path, got, err)
				}
			}
		})
	}
	all.Wait()
}

func TestConnectionThatNobodyReadsIsDropped(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	conn := &watchedConn{Conn: ours, uses: 1}
	use{conn, 1}.end()
	if !conn.closed {
		t.Error("the connection may be used again, whatever is left over on it")
	}
}
