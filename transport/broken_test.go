package transport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"offscope/exchange"
)

// answering reads a request's head, writes an answer and closes the connection.
func answering(t testing.TB, answer string) (url string) {
	return rawServer(t, func(conn net.Conn) {
		readHead(bufio.NewReader(conn))
		io.WriteString(conn, answer)
	})
}

func TestBrokenAnswerIsNeverASuccess(t *testing.T) {
	t.Parallel()
	const (
		nothing = "the server closed the connection without an answer"
		cut     = "the server closed the connection before the end of its answer"
	)
	tests := []struct {
		name, answer string
		kind         Kind
		phase        string
		message      string
	}{
		{"nothing", "", KindClosed, PhaseWait, nothing},
		{"half a status line", "HTTP/1.1 20", KindProtocol, PhaseReceive, "malformed HTTP status code"},
		{"half a header", "HTTP/1.1 200 OK\r\nX: y\r\n", KindClosed, PhaseReceive, cut},
		{"short body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", KindClosed, PhaseReceive, cut},
		{"no body at all", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", KindClosed, PhaseReceive, cut},
		{"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123", KindClosed, PhaseReceive, cut},
		{"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", KindClosed, PhaseReceive, cut},
		{"zipped without last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n" +
			chunk(string(gzipped([]byte("text")))), KindClosed, PhaseReceive, cut},
		{"inflatable without last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: deflate\r\n\r\n" +
			chunk(string(zlibbed([]byte("text")))), KindClosed, PhaseReceive, cut},
		{"chunk of nonsense", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", KindProtocol, PhaseReceive, "invalid"},
		{"not HTTP", "220 mail.example.test ESMTP\r\n\r\n", KindProtocol, PhaseReceive, "malformed HTTP"},
		{"TLS", "\x15\x03\x01\x00\x02\x02\x46\r\n\r\n", KindProtocol, PhaseReceive, "malformed HTTP"},
		{"bad status", "HTTP/1.1 abc OK\r\n\r\n", KindProtocol, PhaseReceive, "malformed HTTP status code"},
		{"bad header", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", KindProtocol, PhaseReceive, "malformed MIME header"},
		{"bad length", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", KindProtocol, PhaseReceive, "bad Content-Length"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12", KindProtocol, PhaseReceive, "Content-Length"},
		{"endless header", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 2000), KindProtocol,
			PhaseReceive, "headers exceeded"},
		{"long line", strings.Repeat("z", 100_000) + "\r\n\r\n", KindProtocol, PhaseReceive, "malformed HTTP"},
	}
	for _, test := range tests {
		url := answering(t, test.answer)
		got := failing(t, newClient(t, Options{}), get(url))
		if got.Kind != test.kind || got.Phase != test.phase || !strings.Contains(got.Message, test.message) {
			t.Errorf("%s: %s in phase %q: %s", test.name, got.Kind, got.Phase, got.Message)
		}
		if host := strings.TrimPrefix(url, "http://"); got.Host != host ||
			!strings.HasPrefix(got.Message, "Error communicating with "+host+": ") || len(got.Message) > 400 {
			t.Errorf("%s: host %q, %d bytes: %.400s", test.name, got.Host, len(got.Message), got.Message)
		}
	}
}

func chunk(data string) string {
	return strconv.FormatInt(int64(len(data)), 16) + "\r\n" + data + "\r\n"
}

func TestOddAnswersAreUnderstood(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, answer, proto, reason, body string }{
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1", "", "ok"},
		{"until the end", "HTTP/1.0 200 OK\r\n\r\nok", "HTTP/1.0", "OK", "ok"},
		{"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "HTTP/1.1", "OK", "ok"},
		{"continue first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1", "OK", "ok"},
		{"chunks", "HTTP/1.1 200 Fine by me\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", "HTTP/1.1", "Fine by me", "ok"},
	}
	for _, test := range tests {
		got, err := newClient(t, Options{}).Send(context.Background(), get(answering(t, test.answer)))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got.Status != 200 || got.Proto != test.proto || got.Reason != test.reason || string(got.Body) != test.body {
			t.Errorf("%s: %+v", test.name, got)
		}
		if chunked := got.Header.Get("Transfer-Encoding") == "chunked"; chunked != (test.name == "chunks") {
			t.Errorf("%s: header %v", test.name, got.Header)
		}
	}
}

func TestSlowServersEndAtTheTimeout(t *testing.T) {
	t.Parallel()
	drip := func(head string) func(net.Conn) {
		return func(conn net.Conn) {
			readHead(bufio.NewReader(conn))
			io.WriteString(conn, head)
			for {
				if _, err := io.WriteString(conn, "x"); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	silent := func(conn net.Conn) { io.Copy(io.Discard, conn) }
	deaf := func(net.Conn) { time.Sleep(time.Second) }
	tests := []struct {
		name    string
		serve   func(net.Conn)
		body    int
		phase   string
		message string
	}{
		{"silent", silent, 0, PhaseWait, "no answer after 150ms"},
		{"deaf", deaf, 32 << 20, PhaseSend, "the request was not taken after 150ms"},
		{"drips its header", drip("HTTP/1.1 200 OK\r\nX: "), 0, PhaseReceive, "no end of the answer after 150ms"},
		{"drips its body", drip("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), 0, PhaseReceive, "no end of the answer after 150ms"},
		{"drips for ever", drip("HTTP/1.1 200 OK\r\n\r\n"), 0, PhaseReceive, "no end of the answer after 150ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, Options{Timeout: 150 * time.Millisecond})
			r := &exchange.Request{Method: "POST", URL: rawServer(t, test.serve), Body: make([]byte, test.body)}
			got := failing(t, c, r)
			if got.Kind != KindTimeout || got.Phase != test.phase || !strings.HasSuffix(got.Message, test.message) {
				t.Errorf("%s in phase %q: %s", got.Kind, got.Phase, got.Message)
			}
			if total := got.Timings.Total; total < 150*time.Millisecond || total > 2*time.Second {
				t.Errorf("it took %v", total)
			}
			if !errors.Is(got, context.DeadlineExceeded) {
				t.Errorf("the cause is %v", got.Err)
			}
		})
	}
}

func TestCancelledContextInterrupts(t *testing.T) {
	t.Parallel()
	url := rawServer(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	stop := errors.New("stopped by the user")
	for _, before := range []bool{true, false} {
		ctx, cancel := context.WithCancelCause(context.Background())
		if before {
			cancel(stop)
		} else {
			time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
		}
		_, err := newClient(t, Options{}).Send(ctx, get(url))
		cancel(nil)
		var got *Error
		if !errors.As(err, &got) || got.Kind != KindInterrupted || !errors.Is(err, stop) {
			t.Errorf("before %v: %v", before, err)
		}
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	got := failing(t, newClient(t, Options{}), get("http://"+address+"/Users"))
	if got.Kind != KindConnect || got.Phase != PhaseConnect || !strings.HasPrefix(got.Message, "Error communicating with "+address+": ") {
		t.Errorf("%s in phase %q: %s", got.Kind, got.Phase, got.Message)
	}
	var operation *net.OpError
	if !errors.As(got, &operation) {
		t.Errorf("the cause is %v", got.Err)
	}
}

// keeper answers the first request on each connection and treats further ones as told.
func keeper(t *testing.T, further func(net.Conn, *bufio.Reader, *atomic.Int32)) (url string, requests *atomic.Int32) {
	requests = new(atomic.Int32)
	url = rawServer(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		if len(readHead(r)) == 0 {
			return
		}
		requests.Add(1)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		further(conn, r, requests)
	})
	return url, requests
}

func TestConnectionClosedUnderARequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method string
		sent   int32 // requests the server saw, the first included
		ok     bool
	}{{"POST", 2, false}, {"PUT", 2, false}, {"PATCH", 2, false}, {"DELETE", 2, false}, {"GET", 3, true}, {"HEAD", 3, true}}
	for _, test := range tests {
		url, requests := keeper(t, func(_ net.Conn, r *bufio.Reader, requests *atomic.Int32) {
			if len(readHead(r)) > 0 {
				requests.Add(1) // read, and closed without an answer
			}
		})
		c := newClient(t, Options{})
		if _, err := c.Send(context.Background(), get(url)); err != nil {
			t.Fatal(err)
		}
		got, err := c.Send(context.Background(), &exchange.Request{Method: test.method, URL: url})
		if (err == nil) != test.ok || requests.Load() != test.sent {
			t.Errorf("%s: %v, %v, the server saw %d requests", test.method, got, err, requests.Load())
		}
		var failed *Error
		if errors.As(err, &failed) && (failed.Kind != KindClosed || !failed.Timings.Reused) {
			t.Errorf("%s: %s, timings %+v", test.method, failed.Kind, failed.Timings)
		}
	}
}

func TestConnectionClosedBetweenRequests(t *testing.T) {
	t.Parallel()
	url, requests := keeper(t, func(net.Conn, *bufio.Reader, *atomic.Int32) {})
	c := newClient(t, Options{})
	for i := range 3 {
		got, err := c.Send(context.Background(), &exchange.Request{Method: "POST", URL: url, Body: []byte("x")})
		if err != nil || got.Timings.Reused {
			t.Fatalf("request %d: %v, %v", i, got, err)
		}
		time.Sleep(100 * time.Millisecond) // lets the client see the end of the connection
	}
	if requests.Load() != 3 {
		t.Errorf("the server saw %d requests", requests.Load())
	}
}
