package transport

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"offscope/exchange"
)

// secureServer has a certificate for example.com and 127.0.0.1, signed by nobody's authority.
func secureServer(t testing.TB, config *tls.Config) (s *httptest.Server, authority []byte) {
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Host+" "+r.TLS.ServerName)
	}))
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	s, authority := secureServer(t, nil)
	old, oldAuthority := secureServer(t, &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
	picky, pickyAuthority := secureServer(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12})
	to := func(name string) []ConnectTo {
		return []ConnectTo{{Host: name, ToHost: "127.0.0.1", ToPort: s.URL[strings.LastIndex(s.URL, ":")+1:]}}
	}
	const prefix = "Error contacting host SSL: "
	plain := server(t, func(http.ResponseWriter, *http.Request) {})
	tests := []struct {
		name, url, want string
		o               Options
	}{
		{"unknown authority", s.URL, prefix + "certificate signed by unknown authority", Options{}},
		{"2.2 Validate SSL switched off", s.URL, "", Options{Insecure: true}},
		{"own authority", s.URL, "", Options{CACert: authority}},
		{"another authority", s.URL, prefix + "certificate signed by unknown authority", Options{CACert: []byte(otherAuthority)}},
		{"right name elsewhere", "https://example.com", "", Options{CACert: authority, ConnectTo: to("example.com")}},
		{"wrong name", "https://api.example.test", prefix + "certificate is valid for ",
			Options{CACert: authority, ConnectTo: to("api.example.test")}},
		{"2.2 Validate SSL switched off: wrong name", "https://api.example.test", "", Options{Insecure: true, ConnectTo: to("api.example.test")}},
		{"old version", old.URL, "", Options{CACert: oldAuthority}},
		{"wants our certificate", picky.URL, prefix, Options{CACert: pickyAuthority}},
		{"no TLS there", strings.Replace(plain.URL, "http:", "https:", 1),
			prefix + "the server does not speak TLS on this port, try http://", Options{}},
		{"closes", strings.Replace(rawServer(t, func(conn net.Conn) { conn.Read(make([]byte, 16<<10)) }), "http:", "https:", 1),
			prefix + "the server closed the connection during the handshake", Options{}},
	}
	for _, test := range tests {
		c := newClient(t, test.o)
		if test.want != "" {
			got := failing(t, c, get(test.url))
			if got.Kind != KindTLS || got.Phase != PhaseTLS || !strings.HasPrefix(got.Message, test.want) {
				t.Errorf("%s: %s in phase %q: %s", test.name, got.Kind, got.Phase, got.Message)
			}
			continue
		}
		got, err := c.Send(context.Background(), get(test.url))
		if err != nil || got.Timings.TLS <= 0 || got.Proto != "HTTP/1.1" {
			t.Errorf("%s: %+v, %v", test.name, got, err)
			continue
		}
		if host, _, _ := strings.Cut(strings.TrimPrefix(test.url, "https://"), ":"); host == "example.com" && string(got.Body) != host+" "+host {
			t.Errorf("%s: host and server name are %q", test.name, got.Body)
		}
	}
}

// In TLS 1.3 a client learns only after its own handshake that a certificate was wanted of it.
func TestServersThatWantAClientCertificate(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		version uint16
		http    Version
		method  string
		body    int
	}{
		{"TLS 1.2", tls.VersionTLS12, HTTP1, "GET", 0},
		{"TLS 1.3", tls.VersionTLS13, HTTP1, "GET", 0},
		{"TLS 1.3, a body", tls.VersionTLS13, HTTP1, "POST", 4 << 20},
		{"TLS 1.3, HTTP/2", tls.VersionTLS13, HTTP2Fallback, "GET", 0},
	} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: row.version, MaxVersion: row.version}
		s.EnableHTTP2 = true
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		for range 10 { // the alert and the request cross each other
			got := failing(t, newClient(t, Options{Insecure: true, HTTPVersion: row.http}), &exchange.Request{Method: row.method, URL: s.URL, Body: make([]byte, row.body)})
			alerted := got.Kind == KindTLS && got.Phase == PhaseTLS &&
				strings.HasPrefix(got.Message, "Error contacting host SSL: the server requires a client certificate")
			left := (row.body > 0 || row.http != HTTP1) && got.Kind == KindClosed && strings.HasSuffix(got.Message, "it had asked for a client certificate, and none was given")
			if !errors.Is(got, ErrClientCertificate) || !alerted && !left {
				t.Errorf("%s: %s in phase %q: %s (%v)", row.name, got.Kind, got.Phase, got.Message, got.Err)
				break
			}
		}
		s.Close()
	}
}

func TestHandshakeTimesOut(t *testing.T) {
	t.Parallel()
	url := rawServer(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	c := newClient(t, Options{ConnectTimeout: 100 * time.Millisecond})
	got := failing(t, c, get(strings.Replace(url, "http:", "https:", 1)))
	if got.Kind != KindTimeout || got.Phase != PhaseTLS || !strings.HasSuffix(got.Message, "no end of the TLS handshake after 100ms") {
		t.Errorf("%s in phase %q: %s", got.Kind, got.Phase, got.Message)
	}
	if got.Timings.TLS < 50*time.Millisecond {
		t.Errorf("timings %+v", got.Timings)
	}
}

func TestAuthoritiesWithoutCertificateAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{CACert: []byte("no certificate")}); err == nil || !strings.Contains(err.Error(), "PEM") {
		t.Errorf("got %v", err)
	}
}

// otherAuthority signed none of the certificates here.
const otherAuthority = `-----BEGIN CERTIFICATE-----
MIIBWzCCAQGgAwIBAgIBATAKBggqhkjOPQQDAjAcMRowGAYDVQQDExFhbm90aGVy
IGF1dGhvcml0eTAgFw0yNjExMjIwMjI1MzBaGA8yMDc2MTEyMjAyMjUzMFowHDEa
MBgGA1UEAxMRYW5vdGhlciBhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAARBGbi7gWLuwxMihxn7OOX023y9LCiLNpsXhQS3PHnSo6/0qqqEzxkN36zq
8EG4Lc+2Rjceau7fgdE01VYZACxGozIwMDAPBgNVHRMBAf8EBTADAQH/MB0GA1Ud
DgQWBBSAtBNgHtq619KGwBpy40FbWKSStzAKBggqhkjOPQQDAgNIADBFAiEAv4l8
1CdG8hPAw8dr4YKG1dhk5XGdnhjpgzzDgeeIQvcCIC7+bgHa9+Fr6dDMaDKN8ztr
/+TM+Z+igQRCs8lHnCHh
-----END CERTIFICATE-----
`
