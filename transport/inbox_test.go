package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/exchange"
)

func newInbox(t testing.TB, o InboxOptions) *Inbox {
	t.Helper()
	i, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.Close() })
	return i
}

// post sends a request and returns the status of its answer, which must be empty.
func post(t testing.TB, url string, body string) int {
	t.Helper()
	got, err := newClient(t, Options{}).Send(context.Background(), &exchange.Request{Method: "POST", URL: url, Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Body) > 0 {
		t.Errorf("the answer has a body: %q", got.Body)
	}
	return got.Status
}

// waitFor waits for a request that must be there.
func waitFor(t testing.TB, i *Inbox, token string) *exchange.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	r, err := i.Wait(ctx, token)
	if err != nil {
		t.Fatalf("no request for %q: %v", token, err)
	}
	return r
}

// checkEmpty makes sure that nothing waits for a token.
func checkEmpty(t testing.TB, i *Inbox, token string) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("enough")
	cancel(stop)
	if r, err := i.Wait(ctx, token); err != stop {
		t.Errorf("%q got %+v, %v", token, r, err)
	}
}

func TestInboxKeepsRequestsAsTheyCame(t *testing.T) {
	t.Parallel()
	i := newInbox(t, InboxOptions{})
	url := i.URL("a/b c")
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	if url != "http://"+host+"/a%2Fb%20c" || !strings.HasPrefix(host, "127.0.0.1:") {
		t.Errorf("the URL is %s", url)
	}
	tests := []struct{ name, sent, method, path, body string }{
		{"post", "POST /a%2Fb%20c HTTP/1.1\r\nHost: h.test\r\nContent-Length: 4\r\nX-b: 2\r\nx-B: 1\r\nA: \xff\r\n\r\n\x00\xff\r\n",
			"POST", "/a%2Fb%20c", "\x00\xff\r\n"},
		{"more path and a query", "GET /a%2Fb%20c/v1/{x}/?q=%zz&q=a+b HTTP/1.1\r\nHost: h.test\r\n\r\n", "GET", "/a%2Fb%20c/v1/{x}/?q=%zz&q=a+b", ""},
		{"own method", "PURGE /a%2fb%20c? HTTP/1.1\r\nHost: h.test\r\n\r\n", "PURGE", "/a%2fb%20c?", ""},
		{"chunks", "PUT /a%2Fb%20c HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("te") + chunk("xt") + "0\r\n\r\n",
			"PUT", "/a%2Fb%20c", "text"},
		{"coded", "PUT /a%2Fb%20c HTTP/1.1\r\nHost: h.test\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nzip", "PUT", "/a%2Fb%20c", "zip"},
		{"as to a proxy", "GET http://h.test/a%2Fb%20c HTTP/1.1\r\nHost: other.test\r\n\r\n", "GET", "/a%2Fb%20c", ""},
	}
	for _, test := range tests {
		if got := talk(t, host, test.sent); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") {
			t.Errorf("%s: answered %q", test.name, got)
			continue
		}
		got := waitFor(t, i, "a/b c")
		if got.Method != test.method || got.URL != "http://h.test"+test.path || string(got.Body) != test.body || got.Header.Get("Host") != "h.test" {
			t.Errorf("%s: %s %s %v %q", test.name, got.Method, got.URL, got.Header, got.Body)
		}
		if test.name == "post" {
			want := exchange.Header{{Name: "A", Value: "\xff"}, {Name: "Content-Length", Value: "4"}, {Name: "Host", Value: "h.test"},
				{Name: "X-B", Value: "2"}, {Name: "X-B", Value: "1"}}
			if diff := cmp.Diff(want, got.Header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		}
	}
	checkEmpty(t, i, "a/b c")
}

// talk sends bytes and returns the head of the answer.
func talk(t testing.TB, host, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, text)
	return strings.Join(readHead(bufio.NewReader(conn)), "\r\n") + "\r\n"
}

func TestInboxRefusesWhatItDoesNotKeep(t *testing.T) {
	t.Parallel()
	const limit = 1000
	i := newInbox(t, InboxOptions{MaxBody: limit})
	url := i.URL("t")
	base := strings.TrimSuffix(url, "/t")
	host := strings.TrimPrefix(base, "http://")
	for _, path := range []string{"", "/", "/T", "/x/t", "//t", "/t%2F", "/%"} {
		if status := talk(t, host, "POST "+firstOf(path, "/")+" HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"); strings.Contains(status, " 200 ") {
			t.Errorf("%s: %s", path, status)
		}
	}
	large := strings.Repeat("x", limit+1)
	if status := post(t, url, large); status != 413 {
		t.Errorf("a body over the limit: %d", status)
	}
	chunked := "PUT /t HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(large) + "0\r\n\r\n"
	if got := talk(t, host, chunked); !strings.HasPrefix(got, "HTTP/1.1 413 ") {
		t.Errorf("chunks over the limit: %s", got)
	}
	if got := talk(t, host, strings.Replace(chunked, chunk(large), "zz\r\n", 1)); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("broken chunks: %s", got)
	}
	checkEmpty(t, i, "t")
	if status := post(t, url, large[:limit]); status != 200 || len(waitFor(t, i, "t").Body) != limit {
		t.Errorf("a body at the limit: %d", status)
	}
}

func TestInboxQueuesInOrderAndByToken(t *testing.T) {
	t.Parallel()
	i := newInbox(t, InboxOptions{})
	a, b := i.URL("a"), i.URL("b")
	for n := range mostUnread {
		if status := post(t, a, fmt.Sprint(n)); status != 200 {
			t.Fatalf("request %d: %d", n, status)
		}
	}
	if status := post(t, a, "one too many"); status != 429 {
		t.Errorf("the queue took one too many: %d", status)
	}
	if status := post(t, b, "b"); status != 200 || string(waitFor(t, i, "b").Body) != "b" {
		t.Errorf("the other token: %d", status)
	}
	for n := range mostUnread {
		if got := string(waitFor(t, i, "a").Body); got != fmt.Sprint(n) {
			t.Fatalf("request %d is %s", n, got)
		}
	}
	checkEmpty(t, i, "a")
}

func TestInboxBoundsWhatLiesUnread(t *testing.T) {
	t.Parallel()
	i := newInbox(t, InboxOptions{MaxBody: 1000})
	body := strings.Repeat("x", 1000)
	for n := range unreadBodies {
		if status := post(t, i.URL(fmt.Sprint(n)), body); status != 200 {
			t.Errorf("body %d: %d", n, status)
		}
	}
	if status := post(t, i.URL("0"), "x"); status != 429 {
		t.Errorf("one byte too many: %d", status)
	}
	waitFor(t, i, "0")
	if status := post(t, i.URL("0"), body); status != 200 {
		t.Errorf("there is room again: %d", status)
	}
}

func TestInboxWaits(t *testing.T) {
	t.Parallel()
	i := newInbox(t, InboxOptions{})
	var all sync.WaitGroup
	for n := range 4 {
		token := fmt.Sprint(n)
		all.Go(func() {
			if got := waitFor(t, i, token); string(got.Body) != token {
				t.Errorf("token %s got %q", token, got.Body)
			}
		})
	}
	for n := range 4 {
		if status := post(t, i.URL(fmt.Sprint(n)), fmt.Sprint(n)); status != 200 {
			t.Errorf("token %d: %d", n, status)
		}
	}
	all.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if r, err := i.Wait(ctx, "0"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestClosedInboxEndsEverything(t *testing.T) {
	t.Parallel()
	i := newInbox(t, InboxOptions{})
	url, ended := i.URL("t"), make(chan error)
	go func() {
		_, err := i.Wait(context.Background(), "t")
		ended <- err
	}()
	for range 2 {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-ended; err != ErrInboxClosed {
		t.Errorf("Wait ended with %v", err)
	}
	if got := failing(t, newClient(t, Options{}), get(url)); got.Kind != KindConnect {
		t.Errorf("the address still answers: %v", got)
	}
}

func TestInboxBehindAnotherURL(t *testing.T) {
	t.Parallel()
	i := newInbox(t, InboxOptions{PublicURL: "https://tunnel.example.test/hooks/"})
	if got, want := i.URL("t"), "https://tunnel.example.test/hooks/t"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	address := i.listener.Addr().String()
	for _, path := range []string{"/t", "/hooks/t", "/hooks/t/more"} { // a tunnel may pass its own path on
		if status := post(t, "http://"+address+path, ""); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
		if got := waitFor(t, i, "t").URL; got != "http://"+address+path {
			t.Errorf("%s came as %s", path, got)
		}
	}
	if everywhere := newInbox(t, InboxOptions{Address: "0.0.0.0:0"}); !strings.HasPrefix(everywhere.URL("t"), "http://127.0.0.1:") {
		t.Errorf("the URL is %s", everywhere.URL("t"))
	}
}

func TestUnusableInboxOptionsAreRefused(t *testing.T) {
	t.Parallel()
	taken := newInbox(t, InboxOptions{}).listener.Addr().String()
	const public = "the public URL of the inbox: want http:// or https:// with a host, and neither query nor fragment"
	for o, want := range map[InboxOptions]string{
		{Address: taken}:                          "cannot listen on " + taken + ": address already in use: choose another address, such as 127.0.0.1:0",
		{PublicURL: "tunnel.example.test"}:        public,
		{PublicURL: "https:///t"}:                 public,
		{PublicURL: "https://tunnel.test/?q=1"}:   public,
		{PublicURL: "ftp://tunnel.example.test/"}: public,
	} {
		if i, err := Listen(o); i != nil || err == nil || err.Error() != want {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestInboxOutlivesHostileSenders(t *testing.T) {
	t.Parallel()
	i := newInbox(t, InboxOptions{MaxBody: 1000})
	host := strings.TrimPrefix(strings.TrimSuffix(i.URL("t"), "/t"), "http://")
	for _, head := range []string{
		"GET /t HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 3<<20) + "\r\n\r\n",
		"nonsense\r\n\r\n",
		"POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000000\r\n\r\n",
	} {
		got := talk(t, host, head)
		if status, _, _ := strings.Cut(strings.TrimPrefix(got, "HTTP/1.1 "), " "); status != "431" && status != "400" && status != "413" {
			t.Errorf("%.30q: %.100q", head, got)
		}
	}
	half, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	io.WriteString(half, "POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")
	if status := post(t, i.URL("t"), "whole"); status != 200 || !bytes.Equal(waitFor(t, i, "t").Body, []byte("whole")) {
		t.Errorf("status %d", status)
	}
}

func TestRefusedRequestsAreTold(t *testing.T) {
	t.Parallel()
	i := newInbox(t, InboxOptions{MaxBody: 1 << 20})
	url := i.URL("tok")
	for range mostRefused + 3 {
		if status := post(t, url, strings.Repeat("x", 1<<20+1)); status != 413 {
			t.Fatal(status)
		}
	}
	post(t, url, "taken")
	for n := range mostRefused {
		if why := <-i.Refused("tok"); why != "POST, answered with 413: its body exceeds the limit of 1 MiB" {
			t.Fatalf("%d: %s", n, why)
		}
	}
	select {
	case why := <-i.Refused("tok"):
		t.Error(why)
	default:
	}
	if r := waitFor(t, i, "tok"); string(r.Body) != "taken" {
		t.Errorf("%q", r.Body)
	}
}
