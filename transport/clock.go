package transport

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"

	"offscope/exchange"
)

// The phases of an exchange, in order. A failure names the one it fell into.
const (
	PhaseDNS     = "dns"
	PhaseConnect = "connect" // also the talk with a proxy
	PhaseTLS     = "tls"
	PhaseSend    = "send"
	PhaseWait    = "wait"
	PhaseReceive = "receive"
)

// A clock follows one exchange through its phases. All its times are counted from its start. net/http calls it from several
// goroutines, and goes on dialling for a request that was given another connection meanwhile.
type clock struct {
	start time.Time
	plain bool // what is spoken without TLS is HTTP/2

	mu        sync.Mutex
	phase     string
	connected bool // there is a connection for this request
	sent      bool
	answered  bool // the first byte of the answer is here
	tlsFailed bool
	http2     bool // it is an HTTP/2 connection
	// wantsCertificate says that the server asked for a client certificate and got none.
	wantsCertificate bool
	use              use

	dnsFrom, connectFrom, tlsFrom    time.Duration
	connectedAt, sentAt, firstByteAt time.Duration
	timings                          exchange.Timings
}

// clockKey finds the clock in a context.
type clockKey struct{}

func newClock() *clock { return &clock{start: time.Now()} }

func (c *clock) attach(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, clockKey{}, c), &httptrace.ClientTrace{
		GetConn:              c.begin,
		DNSStart:             func(httptrace.DNSStartInfo) { c.enter(PhaseDNS, &c.dnsFrom) },
		DNSDone:              func(httptrace.DNSDoneInfo) { c.leave(&c.timings.DNS, &c.dnsFrom) },
		ConnectStart:         func(string, string) { c.enter(PhaseConnect, &c.connectFrom) },
		ConnectDone:          func(string, string, error) { c.leave(&c.timings.Connect, &c.connectFrom) },
		TLSHandshakeStart:    func() { c.enter(PhaseTLS, &c.tlsFrom) },
		TLSHandshakeDone:     c.tlsDone,
		GotConn:              c.gotConn,
		WroteRequest:         c.wrote,
		GotFirstResponseByte: c.firstByte,
	})
}

// begin is called again when net/http repeats a request; what the attempt before took then only counts towards the total.
func (c *clock) begin(string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase, c.connected, c.sent, c.answered, c.tlsFailed = "", false, false, false, false
	c.dnsFrom, c.connectFrom, c.tlsFrom = 0, 0, 0
	c.timings = exchange.Timings{}
}

func (c *clock) enter(phase string, from *time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connected {
		return
	}
	c.phase = phase
	if *from == 0 { // of several addresses tried, the first one
		*from = time.Since(c.start)
	}
}

func (c *clock) leave(took, from *time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.connected {
		*took = time.Since(c.start) - *from
	}
}

func (c *clock) tlsDone(_ tls.ConnectionState, err error) {
	c.leave(&c.timings.TLS, &c.tlsFrom)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tlsFailed = err != nil
}

func (c *clock) certificateWanted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wantsCertificate = true
}

func (c *clock) gotConn(info httptrace.GotConnInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if info.Reused {
		c.timings = exchange.Timings{Reused: true}
	}
	if address := info.Conn.RemoteAddr(); address != nil {
		c.timings.Remote = address.String()
	}
	c.use = useOf(info)
	secure, isTLS := info.Conn.(*tls.Conn)
	c.http2 = c.plain || isTLS && secure.ConnectionState().NegotiatedProtocol == "h2"
	c.connected, c.phase, c.connectedAt = true, PhaseSend, time.Since(c.start)
}

func (c *clock) wrote(info httptrace.WroteRequestInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered || info.Err != nil { // a server may answer before it has read everything
		return
	}
	c.sent, c.phase, c.sentAt = true, PhaseWait, time.Since(c.start)
}

func (c *clock) firstByte() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered, c.phase, c.firstByteAt = true, PhaseReceive, time.Since(c.start)
	if !c.sent {
		c.sent, c.sentAt = true, c.firstByteAt
	}
}

// stop returns the times of the phases that were reached; the last of them ends now.
func (c *clock) stop() exchange.Timings {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Since(c.start)
	t := c.timings
	t.Total = now
	if !c.connected {
		return t
	}
	t.Send = now - c.connectedAt
	if !c.sent {
		return t
	}
	t.Send, t.Wait = c.sentAt-c.connectedAt, now-c.sentAt
	if c.answered {
		t.Wait, t.Receive = c.firstByteAt-c.sentAt, now-c.firstByteAt
	}
	return t
}

// end leaves the connection fit for the next request, after a complete answer.
func (c *clock) end() {
	c.mu.Lock()
	current, http2 := c.use, c.http2
	c.mu.Unlock()
	if !http2 {
		current.end()
	}
}

// A state is what a failure is judged by.
type state struct {
	phase                                 string
	connected, answered, tlsFailed, http2 bool
	wantsCertificate                      bool
}

func (c *clock) state() state {
	c.mu.Lock()
	defer c.mu.Unlock()
	return state{c.phase, c.connected, c.answered, c.tlsFailed, c.http2, c.wantsCertificate}
}
