package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"offscope/exchange"
)

// versionServer speaks what is set in protocols, over TLS or without, and answers with what it was spoken to in.
func versionServer(t testing.TB, secure bool, set func(*http.Protocols), handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	if handler == nil {
		handler = func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }
	}
	s := httptest.NewUnstartedServer(handler)
	s.Config.Protocols = new(http.Protocols)
	set(s.Config.Protocols)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if !secure {
		s.Start()
	} else {
		s.EnableHTTP2 = s.Config.Protocols.HTTP2()
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

func only1(p *http.Protocols) { p.SetHTTP1(true) }
func only2(p *http.Protocols) { p.SetHTTP2(true); p.SetUnencryptedHTTP2(true) }
func both(p *http.Protocols)  { p.SetHTTP1(true); p.SetHTTP2(true); p.SetUnencryptedHTTP2(true) }

// withoutALPN answers over TLS in HTTP/1.1 and counts what it was sent.
func withoutALPN(t testing.TB) (url string, requests chan string) {
	inner, _ := secureServer(t, nil)
	requests = make(chan string, 10)
	url = rawServer(t, func(conn net.Conn) {
		secure := tls.Server(conn, &tls.Config{Certificates: inner.TLS.Certificates})
		if head := readHead(bufio.NewReader(secure)); len(head) > 0 {
			requests <- head[0]
			io.WriteString(secure, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nHTTP/1.1")
		}
	})
	return strings.Replace(url, "http:", "https:", 1), requests
}

func TestVersionIsTheOneAskedFor(t *testing.T) {
	t.Parallel()
	const refused = "the server does not offer HTTP/2: choose HTTP/1.1, or HTTP/2 with fallback"
	const notHTTP2 = "choose HTTP/1.1 unless the server speaks HTTP/2 without TLS"
	s1, s2, sBoth := versionServer(t, true, only1, nil).URL, versionServer(t, true, only2, nil).URL, versionServer(t, true, both, nil).URL
	p1, p2, pBoth := versionServer(t, false, only1, nil).URL, versionServer(t, false, only2, nil).URL, versionServer(t, false, both, nil).URL
	old, requests := withoutALPN(t)
	deaf := rawServer(t, func(conn net.Conn) {
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		io.Copy(io.Discard, conn)
	})
	tests := []struct {
		name, url string
		version   Version
		h2c       bool
		want      string // the protocol, or the end of the message
	}{
		{"1 with 1", s1, HTTP1, false, "HTTP/1.1"},
		{"1 with both", sBoth, HTTP1, false, "HTTP/1.1"},
		{"2.2 Force h2c: HTTP/1 and h2c with both", sBoth, HTTP1, true, "HTTP/1.1"},
		{"2 with 2", s2, HTTP2, false, "HTTP/2.0"},
		{"2 with both", sBoth, HTTP2, false, "HTTP/2.0"},
		{"2 with 1", s1, HTTP2, false, refused},
		{"2 without ALPN", old, HTTP2, false, refused},
		{"fallback with 2", s2, HTTP2Fallback, false, "HTTP/2.0"},
		{"fallback with both", sBoth, HTTP2Fallback, false, "HTTP/2.0"},
		{"fallback with 1", s1, HTTP2Fallback, false, "HTTP/1.1"},
		{"fallback without ALPN", old, HTTP2Fallback, false, "HTTP/1.1"},
		{"plain 1", p1, HTTP1, false, "HTTP/1.1"},
		{"plain 2 is 1", pBoth, HTTP2, false, "HTTP/1.1"},
		{"plain fallback is 1", pBoth, HTTP2Fallback, false, "HTTP/1.1"},
		{"2.2 Force h2c with 2", p2, HTTP1, true, "HTTP/2.0"},
		{"2.2 Force h2c with both", pBoth, HTTP2, true, "HTTP/2.0"},
		{"2.2 Force h2c with 1", deaf, HTTP2Fallback, true, notHTTP2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newClient(t, Options{Insecure: true, HTTPVersion: test.version, H2C: test.h2c})
			for range 2 {
				got, err := c.Send(context.Background(), get(test.url))
				if !strings.HasPrefix(test.want, "HTTP/") {
					checkRefusedVersion(t, err, test.want)
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if got.Proto != test.want || string(got.Body) != test.want || got.Status != 200 || got.Reason != "OK" {
					t.Errorf("got %s %d %q %q, want %s", got.Proto, got.Status, got.Reason, got.Body, test.want)
				}
			}
		})
	}
	if n := len(requests); n != 2 {
		t.Errorf("the server without ALPN was sent %d requests, want the two with fallback", n)
	}
}

func checkRefusedVersion(t *testing.T, err error, want string) {
	t.Helper()
	failed, ok := err.(*Error)
	if !ok || failed.Kind != KindProtocol || !strings.HasSuffix(failed.Message, ": "+want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestHTTP2CarriesRequestsWhole(t *testing.T) {
	t.Parallel()
	s := versionServer(t, true, only2, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("X-Twice", "2")
		w.Header().Add("X-Twice", "1")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(299)
		body, _ := io.ReadAll(r.Body)
		w.Write(gzipped([]byte(strings.Join([]string{r.Method, r.Host, r.RequestURI, r.Header.Get("X-Own"), string(body)}, "|"))))
	})
	c := newClient(t, Options{Insecure: true, HTTPVersion: HTTP2})
	double := get(s.URL + "//double/{x}")
	double.Header.Add("Host", "api.example.test")
	if got, err := newClient(t, Options{Insecure: true, HTTPVersion: HTTP2}).Send(context.Background(), double); err != nil ||
		string(got.Body) != "GET|api.example.test|//double/{x}||" {
		t.Errorf("got %v, %v", got, err)
	}
	r := &exchange.Request{Method: "PATCH", URL: s.URL + "/a%2Fb//{x}?q=%zz", Body: []byte("body"), Header: exchange.Header{
		{Name: "Host", Value: "api.example.test"}, {Name: "x-own", Value: "v"}, {Name: "Connection", Value: "keep-alive"}}}
	for _, reused := range []bool{false, true} {
		got, err := c.Send(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		if want := "PATCH|api.example.test|/a%2Fb//{x}?q=%zz|v|body"; string(got.Body) != want {
			t.Errorf("got %q, want %q", got.Body, want)
		}
		if got.Status != 299 || got.Reason != "" || strings.Join(got.Header.Values("X-Twice"), ",") != "2,1" {
			t.Errorf("got %d %q %v", got.Status, got.Reason, got.Header)
		}
		if got.Timings.Reused != reused || got.Timings.Remote == "" || got.Timings.Total <= 0 || (got.Timings.TLS > 0) == reused {
			t.Errorf("timings %+v", got.Timings)
		}
	}
}

func TestFieldsOfTheConnectionAreRefusedInHTTP2(t *testing.T) {
	t.Parallel()
	secure := versionServer(t, true, both, nil).URL
	upgrade := exchange.Header{{Name: "Connection", Value: "Upgrade"}, {Name: "Upgrade", Value: "websocket"}}
	tests := []struct {
		name    string
		version Version
		header  exchange.Header
		want    string
	}{
		{"upgrade", HTTP2, upgrade, "invalid request: header Upgrade cannot be sent in HTTP/2: remove it, or choose HTTP/1.1"},
		{"upgrade with fallback", HTTP2Fallback, upgrade, ""},
		{"upgrade in HTTP/1.1", HTTP1, upgrade, ""},
		{"to something else", HTTP2Fallback, exchange.Header{{Name: "Upgrade", Value: "h2c"}},
			"invalid request: header Upgrade cannot be sent in HTTP/2: remove it, or choose HTTP/1.1"},
		{"other option", HTTP2, exchange.Header{{Name: "connection", Value: "x-own"}},
			"invalid request: header Connection cannot be sent in HTTP/2: remove it, or choose HTTP/1.1"},
		{"close", HTTP2, exchange.Header{{Name: "connection", Value: "Close"}}, ""},
	}
	for _, test := range tests {
		r := get(secure)
		r.Header = test.header
		_, err := newClient(t, Options{Insecure: true, HTTPVersion: test.version}).Send(context.Background(), r)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if failed, ok := err.(*Error); !ok || failed.Kind != KindRequest || failed.Message != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestUnixSocketTakesAllConnections(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host+r.RequestURI) })}
	go s.Serve(listener)
	t.Cleanup(func() { s.Close() })
	proxied := func(string) string { return "http://127.0.0.1:1" }
	c := newClient(t, Options{UnixSocket: path, Getenv: proxied})
	for _, url := range []string{"http://api.example.test:81/a?b", "http://127.0.0.1:1/"} {
		got, err := c.Send(context.Background(), get(url))
		if err != nil || "http://"+string(got.Body) != url {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	s.Close()
	os.Remove(path)
	got := failing(t, newClient(t, Options{UnixSocket: path}), get("http://api.example.test/"))
	if got.Kind != KindConnect || got.Message != "Error communicating with api.example.test: no such file or directory ("+path+")" {
		t.Errorf("%s: %s", got.Kind, got.Message)
	}
}

func TestOptionsThatExcludeEachOther(t *testing.T) {
	t.Parallel()
	const socket = "a Unix socket cannot be combined with a proxy, connect-to or resolve: give one or the other"
	const alone = "HTTP/2 alone cannot be combined with an https:// proxy: "
	getenv := func(name string) string { return map[string]string{"HTTPS_PROXY": "HTTPS://proxy.example.test"}[name] }
	tests := []struct {
		o    Options
		want string // "" for none
	}{
		{Options{UnixSocket: "s", Proxy: "http://p.test"}, socket},
		{Options{UnixSocket: "s", ConnectTo: []ConnectTo{{}}}, socket},
		{Options{UnixSocket: "s", Resolve: []Resolve{{}}}, socket},
		{Options{HTTPVersion: HTTP2, Proxy: "https://p.test"}, alone},
		{Options{HTTPVersion: HTTP2, Getenv: getenv}, alone},
		{Options{HTTPVersion: HTTP2, Getenv: getenv, UnixSocket: "s"}, ""},
		{Options{HTTPVersion: HTTP2Fallback, Getenv: getenv}, ""},
		{Options{HTTPVersion: HTTP2, Proxy: "http://p.test"}, ""},
	}
	for i, test := range tests {
		c, err := New(test.o)
		if test.want == "" {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
			continue
		}
		if c != nil || err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestHTTP2WithoutTLSRefusesProxies(t *testing.T) {
	t.Parallel()
	s := server(t, func(http.ResponseWriter, *http.Request) {})
	got := failing(t, newClient(t, Options{H2C: true, Proxy: s.URL}), get("http://api.example.test/"))
	if got.Kind != KindProxy || !strings.HasSuffix(got.Message, ": "+errPlainHTTP2AtProxy.Error()) {
		t.Errorf("%s: %s", got.Kind, got.Message)
	}
}
