package transport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/exchange"
)

// newClient returns a client that gives up soon, so that a mistake does not hang the suite.
func newClient(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func get(url string) *exchange.Request { return &exchange.Request{Method: "GET", URL: url} }

// failing sends a request that must not succeed.
func failing(t *testing.T, c *Client, r *exchange.Request) *Error {
	t.Helper()
	response, err := c.Send(context.Background(), r)
	if err == nil {
		t.Fatalf("no error, but an answer: %d %q", response.Status, response.Body)
	}
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatalf("not an *Error but %T: %v", err, err)
	}
	return failed
}

func server(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// rawServer lets serve talk on every connection and closes it afterwards.
func rawServer(t testing.TB, serve func(net.Conn)) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// readHead reads up to the empty line and returns the lines before it.
func readHead(r *bufio.Reader) []string {
	var lines []string
	for {
		line, err := r.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if err != nil || line == "" {
			return lines
		}
		lines = append(lines, line)
	}
}

// recorder answers 204 and keeps what it was sent.
func recorder(t testing.TB) (url string, heads chan []string) {
	heads = make(chan []string, 10)
	url = rawServer(t, func(conn net.Conn) {
		heads <- readHead(bufio.NewReader(conn))
		io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	})
	return url, heads
}

func TestAnswerComesBackWhole(t *testing.T) {
	t.Parallel()
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("x-several", "2")
		w.Header().Add("X-Several", "1")
		w.Header().Set("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusNotFound)
		body, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Method+" "+string(body))
	})
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "m-search", "X~1"} {
		r := &exchange.Request{Method: method, URL: s.URL + "/a", Body: []byte("body")}
		got, err := newClient(t, Options{}).Send(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got.Timings.Total <= 0 || got.Timings.Remote == "" {
			t.Errorf("%s: timings %+v", method, got.Timings)
		}
		got.Timings = exchange.Timings{}
		want := &exchange.Response{
			Proto: "HTTP/1.1", Status: 404, Reason: "Not Found", Body: []byte(method + " body"),
			Header: exchange.Header{
				{Name: "Content-Length", Value: got.Header.Get("Content-Length")},
				{Name: "Content-Type", Value: "text/plain"},
				{Name: "Date", Value: "Thu, 01 Jan 1970 00:00:00 GMT"},
				{Name: "X-Several", Value: "2"}, {Name: "X-Several", Value: "1"},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	got, err := newClient(t, Options{}).Send(context.Background(), get(s.URL))
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != 302 || got.Header.Get("location") != "/elsewhere" || hits.Load() != 1 {
		t.Errorf("status %d, location %q, %d requests", got.Status, got.Header.Get("location"), hits.Load())
	}
}

func TestURLIsSentAsGiven(t *testing.T) {
	t.Parallel()
	url, heads := recorder(t)
	host := strings.TrimPrefix(url, "http://")
	tests := []struct{ given, wire string }{
		{"", "/"},
		{"/", "/"},
		{"?", "/?"},
		{"?a=b", "/?a=b"},
		{"/Users?filter=userName%20eq%20%22a@b.c%22&x=1+2", "/Users?filter=userName%20eq%20%22a@b.c%22&x=1+2"},
		{"/a%2Fb/%7euser", "/a%2Fb/%7euser"},
		{"/%zz/100%?q=%zz%", "/%zz/100%?q=%zz%"},
		{"/{id}/a|b/\"c\"/<d>^`", "/{id}/a|b/\"c\"/<d>^`"},
		{"/ünï?q=é", "/ünï?q=é"},
		{"/a/../b/./c//d", "/a/../b/./c//d"},
		{"//double", "//double"},
		{"//double/{x}", "http://" + host + "//double/{x}"},
		{"/x#fragment?no", "/x"},
		{"/a:b;c=d,e?x=[1]&y=a?b/c", "/a:b;c=d,e?x=[1]&y=a?b/c"},
	}
	c := newClient(t, Options{})
	for _, test := range tests {
		if _, err := c.Send(context.Background(), get(url+test.given)); err != nil {
			t.Errorf("%s: %v", test.given, err)
			continue
		}
		if head := <-heads; head[0] != "GET "+test.wire+" HTTP/1.1" || head[1] != "Host: "+host {
			t.Errorf("%s: sent %q", test.given, head[:2])
		}
	}
}

func TestHeaderIsSentAsGiven(t *testing.T) {
	t.Parallel()
	url, heads := recorder(t)
	host := strings.TrimPrefix(url, "http://")
	tests := []struct {
		name string
		r    exchange.Request
		want []string
	}{
		{"defaults", exchange.Request{}, []string{
			"GET / HTTP/1.1", "Host: " + host, "User-Agent: offscope", "Accept-Encoding: gzip"}},
		{"own values", exchange.Request{Header: exchange.Header{
			{Name: "user-agent", Value: "Okta SCIM Client 1.0.0"}, {Name: "ACCEPT-encoding", Value: "identity"},
			{Name: "x-B", Value: "1"}, {Name: "X-b", Value: `é "2"`}, {Name: "X-Empty", Value: ""}}}, []string{
			"GET / HTTP/1.1", "Host: " + host, "User-Agent: Okta SCIM Client 1.0.0", "Accept-Encoding: identity",
			"X-B: 1", `X-B: é "2"`, "X-Empty:"}},
		{"host", exchange.Request{Header: exchange.Header{{Name: "host", Value: "api.example.test:80"}}}, []string{
			"GET / HTTP/1.1", "Host: api.example.test:80", "User-Agent: offscope", "Accept-Encoding: gzip"}},
		{"length is ours", exchange.Request{Method: "POST", Body: []byte("12345"), Header: exchange.Header{
			{Name: "Content-Length", Value: "length"}, {Name: "transfer-encoding", Value: "chunked"}}}, []string{
			"POST / HTTP/1.1", "Host: " + host, "User-Agent: offscope", "Content-Length: 5", "Accept-Encoding: gzip"}},
		{"post without body", exchange.Request{Method: "POST"}, []string{
			"POST / HTTP/1.1", "Host: " + host, "User-Agent: offscope", "Content-Length: 0", "Accept-Encoding: gzip"}},
		{"get with body", exchange.Request{Method: "GET", Body: []byte("x")}, []string{
			"GET / HTTP/1.1", "Host: " + host, "User-Agent: offscope", "Content-Length: 1", "Accept-Encoding: gzip"}},
		{"no agent", exchange.Request{Header: exchange.Header{{Name: "User-Agent", Value: ""}}}, []string{
			"GET / HTTP/1.1", "Host: " + host, "Accept-Encoding: gzip"}},
	}
	c := newClient(t, Options{})
	for _, test := range tests {
		r := test.r
		r.URL = url + "/"
		if _, err := c.Send(context.Background(), &r); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		head := <-heads
		for i := range head {
			head[i] = strings.TrimRight(head[i], " ")
		}
		if diff := cmp.Diff(test.want, head); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestUserInURLBecomesAuthorization(t *testing.T) {
	t.Parallel()
	url, heads := recorder(t)
	c := newClient(t, Options{})
	withUser := strings.Replace(url, "http://", "http://u%40x:p%3Aw@", 1)
	for _, own := range []string{"", "Bearer t"} {
		r, want := get(withUser), "Authorization: Basic dUB4OnA6dw=="
		if own != "" {
			r.Header.Add("authorization", own)
			want = "Authorization: " + own
		}
		if _, err := c.Send(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		if head := strings.Join(<-heads, "\n"); !strings.Contains(head, want) || strings.Count(head, "Authorization") != 1 {
			t.Errorf("want %q in\n%s", want, head)
		}
	}
}

func TestInvalidRequestIsRefused(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	field := func(name, value string) exchange.Request {
		return exchange.Request{URL: "http://127.0.0.1:1/", Header: exchange.Header{{Name: name, Value: value}}}
	}
	tests := []struct {
		r       exchange.Request
		kind    Kind
		message string
	}{
		{*get("127.0.0.1:1/Users"), KindURL, "invalid URL: it has no scheme: begin it with http:// or https://"},
		{*get(""), KindURL, "invalid URL: it has no scheme: begin it with http:// or https://"},
		{*get("/x?next=http://127.0.0.1:1"), KindURL, "invalid URL: it has no scheme: begin it with http:// or https://"},
		{*get("ftp://127.0.0.1:1/"), KindURL, `invalid URL: scheme "ftp" is not supported: only http and https are`},
		{*get("http:///Users"), KindURL, "invalid URL: it has no host"},
		{*get("http://:80/Users"), KindURL, "invalid URL: it has no host"},
		{*get("http://127.0.0.1:99999/"), KindURL, `invalid URL: port "99999" is not a number up to 65535`},
		{*get("http://127.0.0.1:1/a b"), KindURL, "invalid URL: character ' ' at byte 20 has to be percent-encoded"},
		{*get("http://127.0.0.1:1/a\r\nX: y"), KindURL, `invalid URL: character '\r' at byte 20 has to be percent-encoded`},
		{*get("http://" + secret + "%:x@127.0.0.1:1/"), KindURL,
			"invalid URL: user and password before the @ are not percent-encoded correctly"},
		{field("", secret), KindRequest, "invalid request: a header without a name: name it or remove it"},
		{field("X Y", secret), KindRequest, `invalid request: header name "X Y" holds a character that no name may have`},
		{field("X:", secret), KindRequest, `invalid request: header name "X:" holds a character that no name may have`},
		{field("X", secret+"\n"), KindRequest, "invalid request: the value of header X holds a line break: remove it"},
		{field("X", secret+"\x00"), KindRequest, "invalid request: the value of header X holds a control character: remove it"},
		{field("Host", "a b"), KindRequest, "invalid request: the value of header Host is no host name"},
		{exchange.Request{Method: "GE T", URL: "http://127.0.0.1:1/"}, KindRequest,
			`invalid request: method "GE T" holds a character that no method may have`},
	}
	c := newClient(t, Options{})
	for _, test := range tests {
		got := failing(t, c, &test.r)
		if got.Kind != test.kind || got.Message != test.message || got.Phase != "" {
			t.Errorf("%q: %s %q in phase %q", test.r.URL, got.Kind, got.Message, got.Phase)
		}
	}
}

func TestRoundTripperReplacesDialling(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{RoundTripper: roundTripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		io.WriteString(w, r.URL.Path+"?"+r.URL.RawQuery)
		return w.Result(), nil
	})})
	got, err := c.Send(context.Background(), get("https://api.example.test/a%20b|c?q=1"))
	if err != nil || string(got.Body) != "/a b|c?q=1" || got.Timings.Total <= 0 {
		t.Errorf("got %v, %v", got, err)
	}
	broken := errors.New("out of order")
	c = newClient(t, Options{RoundTripper: roundTripper(func(*http.Request) (*http.Response, error) { return nil, broken })})
	failed := failing(t, c, get("https://api.example.test/"))
	if failed.Kind != KindProtocol || !errors.Is(failed, broken) ||
		failed.Message != "Error communicating with api.example.test: out of order" {
		t.Errorf("got %s %v", failed.Kind, failed)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
