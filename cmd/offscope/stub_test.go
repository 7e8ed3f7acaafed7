package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// A stub answers every request for every host, over HTTP and HTTPS on one port, so that other people's tests can be run
// without reaching anybody.
type stub struct {
	port     int
	mark     string // in a header of each answer
	requests atomic.Int64
}

const (
	stubMark     = "X-Stub"
	tlsHandshake = 22 // the first byte of a TLS connection: the type of its first record
)

func startStub(t *testing.T) *stub {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stub{port: listener.Addr().(*net.TCPAddr).Port, mark: fmt.Sprintf("stub of %s", t.Name())}
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	defer certified.Close()
	server := &http.Server{Handler: s}
	go func() {
		both := eitherListener{listener, &tls.Config{Certificates: certified.TLS.Certificates}}
		if err := server.Serve(both); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the stub ended: %v", err)
		}
	}()
	t.Cleanup(func() { server.Close() })
	return s
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set(stubMark, s.mark)
	fmt.Fprintf(w, `{"method": %q, "host": %q, "id": 1, "success": true, "deck_id": "d1", "remaining": 52}`, r.Method, r.Host)
}

// An eitherListener speaks TLS with those who begin with a TLS handshake, and plain HTTP with others.
type eitherListener struct {
	net.Listener
	tls *tls.Config
}

func (l eitherListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &eitherConn{Conn: conn, tls: l.tls}, nil
}

// An eitherConn decides at its first read, which belongs to the connection's own goroutine.
type eitherConn struct {
	net.Conn
	tls     *tls.Config
	decided net.Conn
}

func (c *eitherConn) Read(p []byte) (int, error) {
	if c.decided == nil {
		reader := bufio.NewReader(c.Conn)
		first, err := reader.Peek(1)
		if err != nil {
			return 0, err
		}
		c.decided = &readConn{c.Conn, reader}
		if first[0] == tlsHandshake {
			c.decided = tls.Server(c.decided, c.tls)
		}
	}
	return c.decided.Read(p)
}

func (c *eitherConn) Write(p []byte) (int, error) {
	if c.decided == nil {
		return c.Conn.Write(p)
	}
	return c.decided.Write(p)
}

type readConn struct {
	net.Conn
	reader *bufio.Reader
}

func (c *readConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

// forbidLookups makes every look-up of a name fail, and the test with it, until the test ends. Nothing else may run
// meanwhile.
func forbidLookups(t *testing.T) {
	t.Helper()
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, server string) (net.Conn, error) {
		t.Errorf("a name was to be looked up at %s", server)
		return nil, errors.New("no look-ups in this test")
	}}
}
