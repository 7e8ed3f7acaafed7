package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseConnectTo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want ConnectTo
		ok   bool
	}{
		{"api.example.test:443:localhost:8443", ConnectTo{"api.example.test", "443", "localhost", "8443"}, true},
		{"::localhost:8080", ConnectTo{"", "", "localhost", "8080"}, true},
		{"a:80::", ConnectTo{"a", "80", "", ""}, true},
		{":::", ConnectTo{}, true},
		{"[2001:db8::1]:443:[::1]:8443", ConnectTo{"2001:db8::1", "443", "::1", "8443"}, true},
		{"a:80:b", ConnectTo{}, false},
		{"", ConnectTo{}, false},
		{"a:80:b:c", ConnectTo{}, false},
		{"a:80:b:1:2", ConnectTo{}, false},
		{"a:x:b:1", ConnectTo{}, false},
		{"a:0:b:1", ConnectTo{}, false},
		{"a:80:b:65536", ConnectTo{}, false},
		{"[::1:80:b:1", ConnectTo{}, false},
		{"[::1]80:b:1:2", ConnectTo{}, false},
		{"[name]:80:b:1", ConnectTo{}, false},
	}
	for _, test := range tests {
		got, err := ParseConnectTo(test.text)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("%q: %+v, %v", test.text, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), "want HOST1:PORT1:HOST2:PORT2") {
			t.Errorf("%q: the error does not help: %v", test.text, err)
		}
	}
}

func TestParseResolve(t *testing.T) {
	t.Parallel()
	one, six := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")
	tests := []struct {
		text string
		want Resolve
	}{
		{"api.example.test:443:127.0.0.1", Resolve{"api.example.test", "443", []netip.Addr{one}}},
		{"*:80:::1", Resolve{"*", "80", []netip.Addr{six}}},
		{"a:80:[::1],127.0.0.1", Resolve{"a", "80", []netip.Addr{six, one}}},
		{"[::1]:80:127.0.0.1", Resolve{"::1", "80", []netip.Addr{one}}},
		{text: ""}, {text: "a:80"}, {text: "a:80:"}, {text: ":80:127.0.0.1"}, {text: "a::127.0.0.1"},
		{text: "a:b:127.0.0.1"}, {text: "a:80:localhost"}, {text: "a:80:127.0.0.1,"}, {text: "a:80:[127.0.0.1"},
	}
	for _, test := range tests {
		got, err := ParseResolve(test.text)
		if diff := cmp.Diff(test.want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" || (err == nil) != (test.want.Host != "") {
			t.Errorf("%q: %v %s", test.text, err, diff)
		}
		if err != nil && !strings.Contains(err.Error(), "want HOST:PORT:ADDRESS") {
			t.Errorf("%q: the error does not help: %v", test.text, err)
		}
	}
}

func TestNamesAreLedElsewhere(t *testing.T) {
	t.Parallel()
	s := server(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	connectTo := func(texts ...string) (rules []ConnectTo) {
		for _, text := range texts {
			rule, err := ParseConnectTo(strings.ReplaceAll(text, "PORT", port))
			if err != nil {
				t.Fatal(err)
			}
			rules = append(rules, rule)
		}
		return rules
	}
	resolve := func(texts ...string) (entries []Resolve) {
		for _, text := range texts {
			entry, err := ParseResolve(strings.ReplaceAll(text, "PORT", port))
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, entry)
		}
		return entries
	}
	tests := []struct {
		name, host string
		o          Options
		dns        bool // the name is looked up after all, and not found
	}{
		{"connect to", "api.example.test", Options{ConnectTo: connectTo("API.example.test:80:127.0.0.1:PORT")}, false},
		{"any", "api.example.test:81", Options{ConnectTo: connectTo("::127.0.0.1:PORT")}, false},
		{"the port alone", "127.0.0.1:81", Options{ConnectTo: connectTo("127.0.0.1:::PORT")}, false},
		{"the first rule that matches", "b.test", Options{ConnectTo: connectTo("a.test:::1", "b.test::127.0.0.1:PORT", "b.test:::1")}, false},
		{"another port", "api.invalid:81", Options{ConnectTo: connectTo("api.invalid:80:127.0.0.1:PORT")}, true},
		{"another host", "api.invalid", Options{ConnectTo: connectTo("b.invalid::127.0.0.1:PORT")}, true},
		{"resolve", "api.example.test:" + port, Options{Resolve: resolve("api.example.test:PORT:127.0.0.1")}, false},
		{"resolve to the second", "a.test:" + port, Options{Resolve: resolve("a.test:PORT:127.0.0.2,127.0.0.1")}, false},
		{"resolve any", "a.test:" + port, Options{Resolve: resolve("*:PORT:127.0.0.1")}, false},
		{"a name before any", "a.test:" + port, Options{Resolve: resolve("*:PORT:127.0.0.2", "a.test:PORT:127.0.0.1")}, false},
		{"resolve another port", "api.invalid:1", Options{Resolve: resolve("api.invalid:PORT:127.0.0.1")}, true},
		{"both", "a.test", Options{ConnectTo: connectTo("a.test:80:b.test:PORT"), Resolve: resolve("b.test:PORT:127.0.0.1")}, false},
	}
	for _, test := range tests {
		test.o.resolver = noSuchHost(t)
		c := newClient(t, test.o)
		if test.dns {
			if got := failing(t, c, get("http://"+test.host)); got.Kind != KindDNS {
				t.Errorf("%s: %s %v", test.name, got.Kind, got)
			}
			continue
		}
		got, err := c.Send(context.Background(), get("http://"+test.host))
		if err != nil || string(got.Body) != test.host {
			t.Errorf("%s: %v, %v", test.name, got, err)
		}
	}
}

// noSuchHost returns a resolver whose name server, in this process, knows no name.
func noSuchHost(t testing.TB) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			query[2], query[3] = 0x81, 0x83 // an answer: no such name
			query[10], query[11] = 0, 0     // without the additional records of the question
			end := 12
			for end < n && query[end] != 0 {
				end += int(query[end]) + 1
			}
			server.WriteTo(query[:end+5], from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func TestUnknownHost(t *testing.T) {
	t.Parallel()
	got := failing(t, newClient(t, Options{resolver: noSuchHost(t)}), get("http://nope.invalid:8080/Users"))
	if got.Kind != KindDNS || got.Phase != PhaseDNS || got.Host != "nope.invalid:8080" ||
		got.Message != "DNS error resolving host: nope.invalid: no such host" {
		t.Errorf("%s in phase %q for %q: %s", got.Kind, got.Phase, got.Host, got.Message)
	}
	var dns *net.DNSError
	if !errors.As(got, &dns) || !dns.IsNotFound {
		t.Errorf("the cause is %v", got.Err)
	}
	if got.Timings.DNS <= 0 || got.Timings.Connect != 0 || got.Timings.Total < got.Timings.DNS {
		t.Errorf("timings %+v", got.Timings)
	}
}
