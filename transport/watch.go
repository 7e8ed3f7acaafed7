package transport

import (
	"io"
	"net"
	"net/http/httptrace"
	"sync"
	"time"
)

// restTime bounds how long net/http may take to turn to a connection again after an answer. It does so at once, unless the
// server answered before it had read the whole request, for which net/http waits 50 milliseconds itself.
const restTime = 200 * time.Millisecond

// A watchedConn keeps what a server sends beyond an HTTP/1 answer from being taken for the next answer. net/http drops a
// connection when it finds something there before the next request, but it may look too late. What arrives only after the
// next request was written nobody can tell from its answer.
type watchedConn struct {
	net.Conn

	mu      sync.Mutex
	uses    int
	reading bool // somebody waits for bytes, so none are left over in a buffer
	closed  bool
	idle    bool          // between an answer and the next request: what comes now nobody asked for
	settled chan struct{} // closed once reading or closed; nil when nobody asks
}

func (c *watchedConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	c.reading = true
	c.settle()
	c.mu.Unlock()
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.reading = false
	surplus := n > 0 && c.idle
	c.mu.Unlock()
	if surplus {
		c.Close()
		return 0, io.EOF // as if the server had left, which net/http copes with
	}
	return n, err
}

func (c *watchedConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.idle = false
	c.mu.Unlock()
	return c.Conn.Write(p)
}

func (c *watchedConn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.settle()
	c.mu.Unlock()
	return c.Conn.Close()
}

func (c *watchedConn) settle() {
	if c.settled != nil {
		close(c.settled)
		c.settled = nil
	}
}

// A use is one exchange on a connection.
type use struct {
	conn   *watchedConn // nil when the connection is not ours to watch
	number int
}

// useOf begins a use of the connection that net/http chose.
func useOf(info httptrace.GotConnInfo) use {
	conn := info.Conn
	for {
		switch c := conn.(type) {
		case *watchedConn:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.uses++
			return use{c, c.uses}
		case interface{ NetConn() net.Conn }: // TLS
			conn = c.NetConn()
		default:
			return use{}
		}
	}
}

// end says that an answer is complete. When it returns the next exchange has the connection already, or nothing is left over
// on it, or it is closed.
func (u use) end() {
	if u.conn == nil {
		return
	}
	if settled := u.rest(); settled != nil {
		timer := time.NewTimer(restTime)
		defer timer.Stop()
		select {
		case <-settled:
			u.rest()
		case <-timer.C:
			u.conn.Close()
		}
	}
}

// rest marks the connection idle when nothing is left over on it. Otherwise it returns what to wait for.
func (u use) rest() <-chan struct{} {
	c := u.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed, c.uses != u.number:
		return nil
	case c.reading:
		c.idle = true
		return nil
	}
	if c.settled == nil {
		c.settled = make(chan struct{})
	}
	return c.settled
}
