package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"offscope/exchange"
)

// A Kind is why a request got no answer.
type Kind string

// The kinds of failure.
const (
	KindURL         Kind = "url"         // the URL cannot be sent; nothing was
	KindRequest     Kind = "request"     // method or header cannot be sent; nothing was
	KindDNS         Kind = "dns"         // the host's name has no address
	KindConnect     Kind = "connect"     // no connection, such as refused or unreachable
	KindTLS         Kind = "tls"         // no agreement on TLS, or a certificate that is not trusted
	KindTimeout     Kind = "timeout"     // a time limit was reached; Phase says where
	KindBodyLimit   Kind = "body-limit"  // the body is larger than allowed
	KindClosed      Kind = "closed"      // the server closed the connection before the end of its answer
	KindProtocol    Kind = "protocol"    // what came back is not HTTP, or not what its header says
	KindProxy       Kind = "proxy"       // the proxy cannot be reached or refuses
	KindInterrupted Kind = "interrupted" // the caller's context ended
)

// An Error is why no response came.
type Error struct {
	Kind Kind
	// Host is the host of the URL, with its port when the URL has one. It is empty when the URL has no host.
	Host string
	// Phase is one of the Phase constants; empty when nothing was begun.
	Phase string
	// Message says it for people, where known in the words of the hosted service (vendor documentation, troubleshooting of
	// agents). It holds no header and no query, but it may quote an answer that is not HTTP: mask it like any other text.
	Message string
	// Timings tell how far it came and how long that took.
	Timings exchange.Timings
	// Err is the cause.
	Err error
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrClientCertificate is in the chain of an [Error] when the server asked for a client certificate, was given none, and left;
// ErrNoHTTP2 when it does not speak the HTTP/2 that was asked for.
var (
	ErrClientCertificate = errors.New("the server requires a client certificate, and none was given")
	ErrNoHTTP2           = errors.New("the server does not offer HTTP/2: choose HTTP/1.1, or HTTP/2 with fallback")
)

// longestDetail bounds what is quoted of a cause; it may hold a line that the server made up.
const longestDetail = 300

// A failure is an error being worked out.
type failure struct {
	Error
	client *Client
	clock  *clock
	proxy  string // host and port, "" for none
}

// classify fills in everything but host and cause. The order matters: our own limits end an exchange with errors that look
// like the network's, and a proxy's failure holds one of connecting.
func (f *failure) classify(caller, limited context.Context) {
	at := f.clock.state()
	f.Phase, f.Timings = at.phase, f.clock.stop()
	var dns *net.DNSError
	switch {
	case caller.Err() != nil:
		f.Err = context.Cause(caller)
		f.communicating(KindInterrupted, "interrupted")
	case errors.Is(f.Err, errBodyLimit):
		f.communicating(KindBodyLimit, "response body exceeds the limit of "+bytesText(f.client.maxBody))
	case limited.Err() != nil:
		f.timedOut(f.client.timeout)
	case f.proxy != "" && failedAtProxy(f.Err), f.proxy != "" && !at.connected && !at.tlsFailed:
		f.atProxy()
	case errors.As(f.Err, &dns):
		f.Kind, f.Phase, f.Message = KindDNS, PhaseDNS, "DNS error resolving host: "+dns.Name+": "+dns.Err
	case !at.connected && isTimeout(f.Err):
		f.timedOut(f.client.connectTimeout)
	case at.tlsFailed && f.client.version == HTTP2 && isNoHTTP2(f.Err):
		f.communicating(KindProtocol, ErrNoHTTP2.Error())
		f.because(ErrNoHTTP2)
	case at.wantsCertificate && !at.answered && isAlert(f.Err):
		f.Kind, f.Phase, f.Message = KindTLS, PhaseTLS, "Error contacting host SSL: "+ErrClientCertificate.Error()
		f.because(ErrClientCertificate)
	case at.tlsFailed:
		f.Kind, f.Message = KindTLS, "Error contacting host SSL: "+tlsDetail(f.Err)
	case isDial(f.Err):
		f.communicating(KindConnect, f.dialDetail())
	default:
		f.inExchange(at)
	}
}

// inExchange is for failures on a connection that stood.
func (f *failure) inExchange(at state) {
	var coding *codingError
	var operation *net.OpError
	var stream streamError
	switch {
	case errors.As(f.Err, &coding):
		f.communicating(KindProtocol, detail(coding))
	case errors.As(f.Err, &stream):
		f.communicating(KindProtocol, stream.Error())
	case at.connected && !at.answered && !at.http2:
		// net/http has several causes for this, one of them a plain text. What they share is that no byte came back.
		f.noAnswer(at)
	case errors.Is(f.Err, io.ErrUnexpectedEOF), errors.Is(f.Err, io.EOF), errors.As(f.Err, &operation):
		if !at.answered {
			f.noAnswer(at)
			return
		}
		f.communicating(KindClosed, "the server closed the connection before the end of its answer")
	case at.http2 && !at.answered && at.wantsCertificate:
		f.noAnswer(at)
	case at.http2 && !at.answered:
		f.communicating(KindProtocol, f.notHTTP2())
	default:
		f.communicating(KindProtocol, detail(innermost(f.Err)))
	}
}

// noAnswer is for a server that left. One that wants a client certificate says so in an alert, which is lost when it comes while
// the request is still being written.
func (f *failure) noAnswer(at state) {
	what := "the server closed the connection without an answer"
	if at.wantsCertificate {
		what += "; it had asked for a client certificate, and none was given"
		f.because(ErrClientCertificate)
	}
	f.communicating(KindClosed, what)
}

// notHTTP2 says what net/http keeps to itself: it has one error for an answer that breaks the rules and for a header over
// the limit, and others for a server that answers in HTTP/1.1 or leaves at once.
func (f *failure) notHTTP2() string {
	what := "no answer in HTTP/2 came, or its header is over the limit of " + bytesText(maxResponseHeader) + " (" + detail(innermost(f.Err)) + ")"
	if f.clock.plain {
		what += ": choose HTTP/1.1 unless the server speaks HTTP/2 without TLS"
		f.because(ErrNoHTTP2)
	}
	return what
}

// because puts a known reason before a cause that does not tell it.
func (f *failure) because(reason error) {
	if !errors.Is(f.Err, reason) {
		f.Err = fmt.Errorf("%w: %w", reason, f.Err)
	}
}

func (f *failure) communicating(kind Kind, what string) {
	f.Kind, f.Message = kind, "Error communicating with "+f.Host+": "+what
}

func (f *failure) timedOut(limit time.Duration) {
	what := map[string]string{
		PhaseDNS:     "the name was not resolved",
		PhaseConnect: "no connection",
		PhaseTLS:     "no end of the TLS handshake",
		PhaseSend:    "the request was not taken",
		PhaseWait:    "no answer",
		PhaseReceive: "no end of the answer",
	}[f.Phase]
	if what == "" {
		what = "no answer"
	}
	f.communicating(KindTimeout, fmt.Sprintf("%s after %v", what, limit))
}

func (f *failure) atProxy() {
	f.Kind = KindProxy
	f.Message = "Error communicating with proxy " + f.proxy + ": "
	var refused *refusal
	var dns *net.DNSError
	switch {
	case errors.As(f.Err, &refused):
		f.Message += "it answered " + refused.status
	case errors.As(f.Err, &dns):
		f.Message += dns.Err
	default:
		f.Message += detail(innermost(f.Err))
	}
}

// dialDetail names the address that was tried unless the URL names it already.
func (f *failure) dialDetail() string {
	what := detail(innermost(f.Err))
	var operation *net.OpError
	if errors.As(f.Err, &operation) && operation.Addr != nil && operation.Addr.String() != f.Host {
		what += " (" + operation.Addr.String() + ")"
	}
	return what
}

// isAlert reports whether the server ended the connection with an alert of TLS.
func isAlert(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && operation.Op == "remote error"
}

func isDial(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && operation.Op == "dial"
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// tlsDetail says what is wrong with a handshake, as the hosted service does, without the package's name.
func tlsDetail(err error) string {
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return "the server does not speak TLS on this port, try http://"
	}
	var authority x509.UnknownAuthorityError
	if errors.As(err, &authority) {
		return "certificate signed by unknown authority"
	}
	if errors.Is(err, io.EOF) {
		return "the server closed the connection during the handshake"
	}
	return strings.TrimPrefix(strings.TrimPrefix(detail(innermost(err)), "x509: "), "tls: ")
}

// innermost returns the cause of all causes, which is the one without other packages' words before it.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func detail(err error) string {
	text := err.Error()
	if len(text) > longestDetail {
		text = strings.ToValidUTF8(text[:longestDetail], "") + "…"
	}
	return text
}

func bytesText(n int64) string {
	const mebibyte = 1 << 20
	if n >= mebibyte && n%mebibyte == 0 {
		return fmt.Sprintf("%d MiB", n/mebibyte)
	}
	return fmt.Sprintf("%d bytes", n)
}
