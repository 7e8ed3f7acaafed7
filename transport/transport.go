// Package transport sends one request and brings back its answer, or says why there is none.
//
// Begin with [New] and [Client.Send]. What the network does wrong comes back as an [*Error]: which kind of failure, in which
// phase, for whom. Redirects are not followed, the URL goes onto the wire as it was given, and an answer that was cut short
// is a failure, never a shorter answer.
//
// The protocol is HTTP/1.1, also over TLS, unless [Options] ask for HTTP/2.
//
// Beside the client are what goes around an exchange: a [Jar] for cookies, [OAuth1] signatures, and an [Inbox] for requests
// that come from outside.
package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"offscope/exchange"
)

// The limits that hold when [Options] names none. The two times are those of the vendor's agent (vendor documentation: 90
// seconds to connect, 270 for an exchange).
const (
	DefaultTimeout        = 270 * time.Second
	DefaultConnectTimeout = 90 * time.Second
	DefaultMaxBody        = 64 << 20
)

const (
	// Many servers drop an idle connection after five seconds. Leaving it before they do keeps a POST after a pause from
	// being written into a connection that closes at that moment, which could not be repeated safely.
	idleTimeout = 4 * time.Second

	maxResponseHeader = 1 << 20
	idlePerHost       = 16
)

// Options say how a [Client] reaches servers. The zero value works: direct, certificates verified, default limits.
type Options struct {
	// Timeout bounds a whole exchange, from looking up the name to the last byte of the body; 0 is [DefaultTimeout].
	Timeout time.Duration
	// ConnectTimeout bounds the look-up with the TCP connection, and then the TLS handshake; 0 is [DefaultConnectTimeout].
	ConnectTimeout time.Duration
	// MaxBody bounds a response body in bytes, after content codings are undone; 0 is [DefaultMaxBody].
	MaxBody int64

	// Insecure accepts any certificate.
	Insecure bool
	// CACert is one or more PEM certificates. They replace the system's authorities, as curl's --cacert does.
	CACert []byte

	// Certificate is the client certificate as PEM, followed by those of its authorities where the server wants them. Key is
	// its private key as PEM; without one it stands in Certificate. Passphrase decrypts the key when it is encrypted.
	Certificate, Key []byte
	Passphrase       string

	// HTTPVersion is what is spoken over TLS. Behind a proxy with https:// HTTP2 is refused and HTTP2Fallback is HTTP/1.1.
	HTTPVersion Version
	// H2C speaks HTTP/2 to http:// URLs at once, without asking ("prior knowledge"). They are HTTP/1.1 otherwise, whatever
	// HTTPVersion is.
	H2C bool

	// Proxy is the proxy for every request, loopback hosts included: [scheme://][user:password@]host:port with http, https,
	// socks5 or socks5h. It goes before Getenv.
	Proxy string
	// HTTPProxy and HTTPSProxy are the same for URLs of one scheme; a scheme without one is reached directly. Proxy goes before
	// them, and they go before Getenv. Unlike Proxy they are not used for hosts that ConnectTo or Resolve lead elsewhere.
	HTTPProxy, HTTPSProxy string
	// NoProxy lists hosts that are reached directly: names (with their subdomains), addresses, CIDR blocks, or "*". When
	// there is none, NO_PROXY is asked for.
	NoProxy []string
	// Getenv looks up HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (lower case goes first); nil asks for none of them.
	// A proxy named there is not used for loopback hosts, nor for hosts that ConnectTo or Resolve lead elsewhere.
	Getenv func(name string) string

	// ConnectTo and Resolve lead connections elsewhere; the request and the certificate check keep the name in the URL.
	// ConnectTo is applied first, the first rule that matches counts. Neither goes together with Proxy.
	ConnectTo []ConnectTo
	Resolve   []Resolve

	// UnixSocket is the path of a socket that all connections go to, as curl's --unix-socket; the request and the certificate
	// check keep the name in the URL. It does not go together with Proxy, ConnectTo and Resolve, and Getenv's proxies are not
	// used.
	UnixSocket string

	// UserAgent is sent when a request brings none of its own; "" is "offscope".
	UserAgent string

	// RoundTripper replaces all dialling. The options about certificates, proxies and names are then without effect.
	RoundTripper http.RoundTripper

	resolver *net.Resolver // nil is the system's
}

// A Client sends requests over connections that it keeps open. It is safe for concurrent use.
type Client struct {
	timeout        time.Duration
	connectTimeout time.Duration
	maxBody        int64
	userAgent      []string

	roundTripper http.RoundTripper
	own          idleCloser // nil when the round tripper was given
	version      Version
	plain        bool // http:// is HTTP/2
	proxies      proxies
	dialer       dialer
	gzips        sync.Pool // of *gzip.Reader, each of which holds 40 KB
}

// New returns a client. It fails when a proxy or certificate cannot be understood, and when options exclude each other.
func New(o Options) (*Client, error) {
	c := &Client{
		timeout:        positive(o.Timeout, DefaultTimeout),
		connectTimeout: positive(o.ConnectTimeout, DefaultConnectTimeout),
		maxBody:        positive(o.MaxBody, DefaultMaxBody),
		userAgent:      []string{"offscope"},
		roundTripper:   o.RoundTripper,
	}
	if o.UserAgent != "" {
		c.userAgent = []string{o.UserAgent}
	}
	if o.RoundTripper != nil {
		return c, nil
	}
	if err := o.checkWays(); err != nil {
		return nil, err
	}
	if err := c.connect(o); err != nil {
		return nil, err
	}
	return c, nil
}

// checkWays refuses several ways to a server at once.
func (o Options) checkWays() error {
	if o.Proxy != "" && len(o.ConnectTo)+len(o.Resolve) > 0 {
		return errors.New("a proxy cannot be combined with connect-to or resolve: give one or the other")
	}
	if o.UnixSocket != "" && (o.Proxy != "" || len(o.ConnectTo)+len(o.Resolve) > 0) {
		return errors.New("a Unix socket cannot be combined with a proxy, connect-to or resolve: give one or the other")
	}
	return nil
}

// connect gives the client transports of its own.
func (c *Client) connect(o Options) error {
	security, err := o.tls()
	if err != nil {
		return err
	}
	if c.proxies, err = newProxies(o); err != nil {
		return err
	}
	c.version, c.plain = o.HTTPVersion, o.H2C
	if c.proxies.secure && c.version != HTTP1 {
		if c.version, err = c.version.atProxy(); err != nil {
			return err
		}
	}
	if c.version == HTTP2 {
		security.VerifyConnection = requireHTTP2
	}
	c.dialer = newDialer(o, c.connectTimeout)
	own := c.newTransport(security)
	c.own, c.roundTripper = own, own
	if c.plain {
		both := &bySchemes{http: c.plainHTTP2(c.newTransport(security.Clone())), https: own}
		c.own, c.roundTripper = both, both
	}
	return nil
}

type idleCloser interface{ CloseIdleConnections() }

func positive[T ~int64](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}

func (o Options) tls() (*tls.Config, error) {
	config := &tls.Config{
		InsecureSkipVerify: o.Insecure,
		// Vendor documentation: the hosted agents talk TLS 1.0 to 1.3. A test must not fail here for what passes there.
		MinVersion: tls.VersionTLS10,
	}
	certificate, err := o.certificate()
	if err != nil {
		return nil, err
	}
	// Sent to whoever asks for one, as curl does: a server that wants another one can say so better than we can.
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	if certificate == nil {
		config.GetClientCertificate = noCertificate
	}
	if len(o.CACert) == 0 {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(o.CACert) {
		return nil, errors.New("the authorities' file holds no certificate: want PEM blocks that begin with -----BEGIN CERTIFICATE-----")
	}
	return config, nil
}

// noCertificate notes that a server asks for a certificate. Whether it goes on without one it says in TLS 1.3 only when the
// client believes the handshake to be over.
func noCertificate(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if c, ok := asked.Context().Value(clockKey{}).(*clock); ok {
		c.certificateWanted()
	}
	return &tls.Certificate{}, nil
}

func (c *Client) newTransport(security *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                  c.proxyFor,
		OnProxyConnectResponse: checkTunnel,
		DialContext:            c.dialer.dial,
		TLSClientConfig:        security,
		TLSHandshakeTimeout:    c.connectTimeout,
		DisableCompression:     true, // bodies are decoded here, also when a step asks for codings itself
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxResponseHeader,
		Protocols:              c.version.protocols(),
	}
}

// Close drops the connections that were kept open. A client that is used again opens new ones.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Send sends a request and reads the whole answer. Every error is an [*Error].
//
// An empty method is GET. Content-Length, Transfer-Encoding and Trailer headers are not taken from the request but follow
// from the body: vendor documentation shows steps with a made-up Content-Length. A GET, HEAD, OPTIONS or TRACE whose kept
// connection turns out to be closed is sent again on a new one, and so is any request with an Idempotency-Key header; others
// only when nothing was written yet.
func (c *Client) Send(ctx context.Context, r *exchange.Request) (*exchange.Response, error) {
	to, err := parseTarget(r.URL)
	if err != nil {
		return nil, &Error{Kind: KindURL, Host: to.host, Message: "invalid URL: " + err.Error(), Err: err}
	}
	err = checkRequest(r)
	if err == nil {
		err = c.checkConnectionFields(r.Header, to.scheme)
	}
	if err != nil {
		return nil, &Error{Kind: KindRequest, Host: to.host, Message: "invalid request: " + err.Error(), Err: err}
	}
	clock := newClock()
	clock.plain = c.plain && to.scheme == "http"
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request := c.newRequest(clock.attach(limited), r, to)
	response, err := c.exchange(request, clock)
	if err == nil {
		clock.end()
		return response, nil
	}
	f := failure{Error: Error{Host: to.host, Err: err}, client: c, clock: clock, proxy: c.proxyHost(request)}
	f.classify(ctx, limited)
	return nil, &f.Error
}

func (c *Client) exchange(request *http.Request, clock *clock) (*exchange.Response, error) {
	got, err := c.roundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if got.Body == nil { // net/http never does this, other round trippers do
		got.Body = http.NoBody
	}
	defer got.Body.Close()
	body, err := c.readBody(request.Method, got)
	if err != nil {
		return nil, err
	}
	return &exchange.Response{
		Proto:   got.Proto,
		Status:  got.StatusCode,
		Reason:  reason(got.Status),
		Header:  headerOf(got),
		Body:    body,
		Timings: clock.stop(),
	}, nil
}
