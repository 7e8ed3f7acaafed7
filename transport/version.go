package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"offscope/exchange"
)

// A Version says which version of HTTP is spoken over TLS. The hosted service lets an environment choose among the same three.
type Version uint8

// The versions.
const (
	HTTP1         Version = iota // HTTP/1.1
	HTTP2                        // HTTP/2; a server that does not offer it is an error
	HTTP2Fallback                // HTTP/2 where the server offers it, HTTP/1.1 otherwise
)

// String returns the version's name.
func (v Version) String() string {
	switch v {
	case HTTP2:
		return "HTTP/2"
	case HTTP2Fallback:
		return "HTTP/2 with fallback"
	}
	return "HTTP/1.1"
}

var errPlainHTTP2AtProxy = errors.New("HTTP/2 without TLS cannot go through a proxy for HTTP: use a socks5 proxy, or none")

// protocols are what the transport for this version negotiates. A connection without TLS is HTTP/1.1 in each of them.
func (v Version) protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(v != HTTP2)
	p.SetHTTP2(v != HTTP1)
	return p
}

// atProxy returns the version to speak where some requests go through a proxy that is itself reached over TLS. net/http
// offers such a proxy HTTP/2 as well, and then talks HTTP/1.1 to it.
func (v Version) atProxy() (Version, error) {
	if v == HTTP2 {
		return v, errors.New("HTTP/2 alone cannot be combined with an https:// proxy: name the proxy with http:// or socks5://, " +
			"or choose HTTP/2 with fallback, which is then HTTP/1.1")
	}
	return HTTP1, nil
}

// requireHTTP2 refuses a connection before anything is sent on it. A server that knows no ALPN at all would otherwise be
// spoken to in HTTP/1.1.
func requireHTTP2(state tls.ConnectionState) error {
	if state.NegotiatedProtocol != "h2" {
		return ErrNoHTTP2
	}
	return nil
}

// isNoHTTP2 reports whether a handshake failed for want of HTTP/2, be it by our refusal or by the server's. Of an alert that
// a server sends there is only the text.
func isNoHTTP2(err error) bool {
	noApplicationProtocol := tls.AlertError(120) // RFC 7301, section 3.2
	return errors.Is(err, ErrNoHTTP2) || innermost(err).Error() == noApplicationProtocol.Error()
}

// bySchemes sends requests without TLS over a transport of their own: net/http speaks HTTP/2 without TLS only where
// HTTP/1.1 is switched off altogether.
type bySchemes struct {
	http, https *http.Transport
}

func (b *bySchemes) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		return b.http.RoundTrip(r)
	}
	return b.https.RoundTrip(r)
}

func (b *bySchemes) CloseIdleConnections() {
	b.http.CloseIdleConnections()
	b.https.CloseIdleConnections()
}

// plainHTTP2 returns a transport like t for http:// URLs.
func (c *Client) plainHTTP2(t *http.Transport) *http.Transport {
	t.Protocols = new(http.Protocols)
	t.Protocols.SetUnencryptedHTTP2(true)
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		proxy, err := c.proxyFor(r)
		if err == nil && proxy != nil && !strings.HasPrefix(proxy.Scheme, "socks") {
			return nil, errPlainHTTP2AtProxy
		}
		return proxy, err
	}
	return t
}

// mayBeHTTP2 reports whether a request for a scheme can end up on an HTTP/2 connection.
func (c *Client) mayBeHTTP2(scheme string) bool {
	if scheme == "http" {
		return c.plain
	}
	return c.version != HTTP1
}

// checkConnectionFields finds what HTTP/2 cannot carry. It has no field for the connection itself; those that only say what
// HTTP/2 does anyway are left out without a word.
func (c *Client) checkConnectionFields(h exchange.Header, scheme string) error {
	if !c.mayBeHTTP2(scheme) {
		return nil
	}
	connection, upgrade := h.Values("Connection"), h.Get("Upgrade")
	if c.version == HTTP2Fallback && scheme == "https" && strings.EqualFold(upgrade, "websocket") &&
		httpguts.HeaderValuesContainsToken(connection, "upgrade") {
		return nil // net/http sends it over HTTP/1.1
	}
	if upgrade != "" {
		return errors.New("header Upgrade cannot be sent in HTTP/2: remove it, or choose HTTP/1.1")
	}
	for _, value := range connection {
		if value != "" && !strings.EqualFold(value, "close") && !strings.EqualFold(value, "keep-alive") || len(connection) > 1 {
			return errors.New("header Connection cannot be sent in HTTP/2: remove it, or choose HTTP/1.1")
		}
	}
	return nil
}

// A streamError is what net/http says when one HTTP/2 stream ended badly. net/http has no exported type for it, but fills in
// any that has these fields.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string {
	return "the HTTP/2 stream ended early: " + firstOf(streamCodes[e.Code], fmt.Sprintf("error code %d", e.Code))
}

// The codes of RFC 9113, section 7, that streams end with in practice.
var streamCodes = map[uint32]string{
	0: "no error", 1: "protocol error", 2: "internal error", 3: "flow control error", 7: "refused", 8: "cancelled",
	9: "compression error", 11: "too many requests at once", 12: "inadequate security", 13: "HTTP/1.1 required",
}
