package transport

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A testProxy forwards requests and tunnels, leads every host to one address, and notes what it was asked for.
type testProxy struct {
	host  string
	asked chan string // request line and Proxy-Authorization
}

func newTestProxy(t testing.TB, backend string) testProxy {
	p := testProxy{asked: make(chan string, 10)}
	url := rawServer(t, func(conn net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		authorization, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Proxy-Authorization"), "Basic "))
		p.asked <- strings.TrimSpace(r.Method + " " + r.RequestURI + " " + string(authorization))
		to, err := net.Dial("tcp", backend)
		if err != nil {
			io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
			return
		}
		defer to.Close()
		if r.Method != http.MethodConnect {
			r.Header.Set("Connection", "close")
			r.Write(to)
		} else {
			io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
			go io.Copy(to, conn)
		}
		io.Copy(conn, to)
	})
	p.host = strings.TrimPrefix(url, "http://")
	return p
}

func TestProxyIsUsed(t *testing.T) {
	t.Parallel()
	s := server(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) })
	secure, authority := secureServer(t, nil)
	plainProxy, tunnel := newTestProxy(t, s.Listener.Addr().String()), newTestProxy(t, secure.Listener.Addr().String())
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	tests := []struct {
		name, url string
		o         Options
		asked     string // "" for directly
	}{
		{"plain", "http://api.example.test/a?b", Options{Proxy: "http://" + plainProxy.host}, "GET http://api.example.test/a?b"},
		{"as spelled", "http://api.example.test/%7b|?%zz", Options{Proxy: plainProxy.host}, "GET http://api.example.test/%7b|?%zz"},
		{"password", "http://api.example.test/", Options{Proxy: "u:p%40@" + plainProxy.host}, "GET http://api.example.test/ u:p@"},
		{"loopback too", s.URL + "/a", Options{Proxy: plainProxy.host}, "GET " + s.URL + "/a"},
		{"loopback excepted", s.URL + "/a", Options{Proxy: plainProxy.host, NoProxy: []string{"x.test", "127.0.0.1"}}, ""},
		{"all excepted", s.URL + "/a", Options{Proxy: plainProxy.host, NoProxy: []string{"*"}}, ""},
		{"another excepted", "http://api.example.test/", Options{Proxy: plainProxy.host, NoProxy: []string{"b.test"}},
			"GET http://api.example.test/"},
		{"tunnel", "https://example.com/", Options{Proxy: tunnel.host, CACert: authority}, "CONNECT example.com:443"},
		{"tunnel with password", "https://example.com/", Options{Proxy: "u:p@" + tunnel.host, CACert: authority},
			"CONNECT example.com:443 u:p"},
		{"environment", "http://api.example.test/", Options{Getenv: env("HTTP_PROXY", plainProxy.host)}, "GET http://api.example.test/"},
		{"lower case first", "http://api.example.test/", Options{Getenv: env("HTTP_PROXY", "127.0.0.1:1", "http_proxy", plainProxy.host)},
			"GET http://api.example.test/"},
		{"environment's tunnel", "https://example.com/", Options{CACert: authority, Getenv: env("HTTPS_PROXY", tunnel.host)},
			"CONNECT example.com:443"},
		{"one for all", "http://api.example.test/", Options{Getenv: env("ALL_PROXY", plainProxy.host)}, "GET http://api.example.test/"},
		{"environment leaves loopback", s.URL, Options{Getenv: env("http_proxy", plainProxy.host)}, ""},
		{"the other scheme's", s.URL, Options{Getenv: env("https_proxy", plainProxy.host)}, ""},
		{"option before environment", "http://api.example.test/", Options{Proxy: plainProxy.host, Getenv: env("http_proxy", "127.0.0.1:1")},
			"GET http://api.example.test/"},
		{"by scheme", "http://api.example.test/", Options{HTTPProxy: plainProxy.host, HTTPSProxy: "127.0.0.1:1"}, "GET http://api.example.test/"},
		{"by scheme, loopback too", s.URL + "/a", Options{HTTPProxy: plainProxy.host}, "GET " + s.URL + "/a"},
		{"by scheme, loopback excepted", s.URL + "/a", Options{HTTPProxy: plainProxy.host, NoProxy: []string{"127.0.0.1"}}, ""},
		{"by scheme, a tunnel", secure.URL, Options{HTTPSProxy: tunnel.host, CACert: authority}, "CONNECT " + secure.Listener.Addr().String()},
		{"the other scheme's option", s.URL, Options{HTTPSProxy: "127.0.0.1:1"}, ""},
		{"the other scheme's option, not the environment's", s.URL, Options{HTTPSProxy: "127.0.0.1:1", Getenv: env("all_proxy", "127.0.0.1:1")}, ""},
		{"one for all before those by scheme", "http://api.example.test/", Options{Proxy: plainProxy.host, HTTPProxy: "127.0.0.1:1"}, "GET http://api.example.test/"},
		{"by scheme, led elsewhere", "http://api.example.test/", Options{HTTPProxy: "127.0.0.1:1",
			ConnectTo: []ConnectTo{{ToHost: "127.0.0.1", ToPort: portOfServer(s.URL)}}}, ""},
		{"led elsewhere", "http://api.example.test/", Options{Getenv: env("http_proxy", plainProxy.host),
			ConnectTo: []ConnectTo{{ToHost: "127.0.0.1", ToPort: portOfServer(s.URL)}}}, ""},
		{"excepted by environment", "http://nope.invalid/", Options{Getenv: env("http_proxy", plainProxy.host, "no_proxy", "invalid")}, "-"},
		{"excepted by option", "http://nope.invalid/", Options{Getenv: env("http_proxy", plainProxy.host), NoProxy: []string{".invalid"}}, "-"},
	}
	for _, test := range tests {
		test.o.resolver = noSuchHost(t)
		_, err := newClient(t, test.o).Send(context.Background(), get(test.url))
		if (err != nil) != (test.asked == "-") {
			t.Errorf("%s: %v", test.name, err)
		}
		asked := ""
		select {
		case asked = <-plainProxy.asked:
		case asked = <-tunnel.asked:
		default:
		}
		if asked != strings.TrimPrefix(test.asked, "-") {
			t.Errorf("%s: the proxy was asked for %q, want %q", test.name, asked, test.asked)
		}
	}
}

func portOfServer(url string) string { return url[strings.LastIndex(url, ":")+1:] }

func TestProxyFailures(t *testing.T) {
	t.Parallel()
	refusing := answering(t, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
	closing := answering(t, "")
	noSocks := rawServer(t, func(conn net.Conn) {
		conn.Read(make([]byte, 100))
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	broken := answering(t, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
	tests := []struct{ name, proxy, url, want string }{
		{"not there", "http://127.0.0.1:1", "http://api.example.test/", "connection refused"},
		{"not there for a tunnel", "127.0.0.1:1", "https://api.example.test/", "connection refused"},
		{"unknown", "proxy.invalid:80", "http://api.example.test/", "no such host"},
		{"refuses the tunnel", refusing, "https://api.example.test/", "it answered 407 Proxy Authentication Required"},
		{"closes the tunnel", closing, "https://api.example.test/", "EOF"},
		{"no socks", strings.Replace(noSocks, "http:", "socks5:", 1), "http://api.example.test/", "unexpected protocol version"},
	}
	for _, test := range tests {
		got := failing(t, newClient(t, Options{Proxy: test.proxy, resolver: noSuchHost(t)}), get(test.url))
		if got.Kind != KindProxy || !strings.HasPrefix(got.Message, "Error communicating with proxy ") || !strings.Contains(got.Message, test.want) {
			t.Errorf("%s: %s %s", test.name, got.Kind, got.Message)
		}
	}
	got, err := newClient(t, Options{Proxy: broken}).Send(context.Background(), get("http://api.example.test/"))
	if err != nil || got.Status != 502 {
		t.Errorf("a proxy's own answer to a plain request: %v, %v", got, err)
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	for _, o := range []Options{
		{Proxy: "ftp://u:" + secret + "@127.0.0.1:1"},
		{Proxy: "http://u:" + secret + "@"},
		{Proxy: "http://u:" + secret + "@127.0.0.1:port"},
		{Getenv: func(string) string { return "://u:" + secret }},
		{Proxy: "127.0.0.1:1", ConnectTo: []ConnectTo{{}}},
		{Proxy: "127.0.0.1:1", Resolve: []Resolve{{}}},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", o.Proxy, err)
		}
	}
}
