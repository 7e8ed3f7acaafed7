package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"offscope/exchange"
)

const (
	mostUnread        = 100 // requests for one token
	mostRefused       = 20  // texts for one token
	unreadBodies      = 4   // bodies of the largest size that may lie unread, for all tokens together
	readAtOnce        = 8   // bodies
	inboxHeaderTime   = 10 * time.Second
	inboxReadTime     = time.Minute
	inboxIdleTime     = 30 * time.Second
	inboxHeaderBytes  = 1 << 20
	defaultInboxPlace = "127.0.0.1:0"
)

// ErrInboxClosed is why [Inbox.Wait] ends when the inbox was closed.
var ErrInboxClosed = errors.New("the inbox is closed")

// InboxOptions say where an [Inbox] listens. The zero value works: a free port on the loopback address.
type InboxOptions struct {
	// Address is host:port; "" is 127.0.0.1 with a free port.
	Address string
	// PublicURL is under which the outside reaches the address, such as that of a tunnel; "" is the address itself.
	PublicURL string
	// MaxBody bounds the body of a request in bytes; 0 is [DefaultMaxBody].
	MaxBody int64
}

// An Inbox is an HTTP server that waits for requests instead of answering them with anything of interest. Each token is a
// path of its own, /token with anything behind it; a token is known from the first [Inbox.URL] or [Inbox.Wait] for it on.
//
// What is sent to a known token is answered with an empty 200 and kept, with any method; to another path with 404, with a
// body over the limit 413, and with too much unread 429. An inbox is safe for concurrent use.
type Inbox struct {
	server   http.Server
	listener net.Listener
	base     string
	prefix   string // path of the public URL, when a tunnel passes it on
	maxBody  int64
	reading  chan struct{}
	unread   atomic.Int64 // bytes
	closed   chan struct{}
	served   chan struct{}
	close    sync.Once

	mu    sync.Mutex
	boxes map[string]*box
}

// A box is what came for one token.
type box struct {
	requests chan *exchange.Request
	refused  chan string // why a request was not taken
}

// Listen opens an inbox. It fails when the address cannot be listened on or the public URL is none.
func Listen(o InboxOptions) (*Inbox, error) {
	prefix, err := publicPath(o.PublicURL)
	if err != nil {
		return nil, err
	}
	address := firstOf(o.Address, defaultInboxPlace)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w: choose another address, such as %s", address, innermost(err), defaultInboxPlace)
	}
	i := &Inbox{
		listener: listener,
		base:     firstOf(strings.TrimRight(o.PublicURL, "/"), "http://"+reachable(listener.Addr())),
		prefix:   prefix,
		maxBody:  positive(o.MaxBody, DefaultMaxBody),
		reading:  make(chan struct{}, readAtOnce),
		closed:   make(chan struct{}),
		served:   make(chan struct{}),
		boxes:    make(map[string]*box),
	}
	i.server = http.Server{
		Handler:           http.HandlerFunc(i.serve),
		ReadHeaderTimeout: inboxHeaderTime,
		ReadTimeout:       inboxReadTime,
		IdleTimeout:       inboxIdleTime,
		MaxHeaderBytes:    inboxHeaderBytes,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(i.served)
		i.server.Serve(listener)
	}()
	return i, nil
}

// ErrPublicURL is the error of [Listen] for a PublicURL that cannot be one.
var ErrPublicURL = errors.New("the public URL of the inbox: want http:// or https:// with a host, and neither query nor fragment")

func publicPath(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", ErrPublicURL
	}
	return strings.TrimRight(u.EscapedPath(), "/"), nil
}

// reachable names an address that listens everywhere by one place where it does.
func reachable(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return address.String()
	}
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}).String()
}

// URL returns where requests for a token are awaited. The token must not be empty.
func (i *Inbox) URL(token string) string {
	i.box(token)
	return i.base + "/" + url.PathEscape(token)
}

// box returns the queue of a token, which is known from then on.
func (i *Inbox) box(token string) *box {
	i.mu.Lock()
	defer i.mu.Unlock()
	b, known := i.boxes[token]
	if !known {
		b = &box{make(chan *exchange.Request, mostUnread), make(chan string, mostRefused)}
		i.boxes[token] = b
	}
	return b
}

// Refused returns why requests for a token were not taken, one text for each, as they come; of many that nobody reads only the
// first are there.
func (i *Inbox) Refused(token string) <-chan string { return i.box(token).refused }

// Wait takes the oldest unread request for a token, or waits for one. It ends with the context's cause, and with
// [ErrInboxClosed].
//
// The request's URL is absolute and names the host as the sender did. Its header is sorted by name and includes Host; the
// body is as it came, content codings included.
func (i *Inbox) Wait(ctx context.Context, token string) (*exchange.Request, error) {
	requests := i.box(token).requests
	select {
	case r := <-requests:
		return i.take(r), nil
	default:
	}
	select {
	case r := <-requests:
		return i.take(r), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-i.closed:
		return nil, ErrInboxClosed
	}
}

func (i *Inbox) take(r *exchange.Request) *exchange.Request {
	i.unread.Add(-int64(len(r.Body)))
	return r
}

// Close ends the server, its connections, and every Wait.
func (i *Inbox) Close() error {
	var err error
	i.close.Do(func() {
		close(i.closed)
		err = i.server.Close()
		<-i.served
	})
	return err
}

func (i *Inbox) serve(w http.ResponseWriter, r *http.Request) {
	box := i.known(rawPath(r))
	if box == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	status := i.receive(box, w, r)
	if status != http.StatusOK {
		select {
		case box.refused <- r.Method + ", answered with " + strconv.Itoa(status) + ": " + i.why(status):
		default: // nobody reads them
		}
	}
	w.WriteHeader(status)
}

// why says in words why a request was not taken.
func (i *Inbox) why(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "its body exceeds the limit of " + bytesText(i.maxBody)
	case http.StatusTooManyRequests:
		return "too many requests lie unread"
	}
	return "it broke off"
}

// rawPath returns the path as it was sent: net/url spells some in another way, and then loses an escaped slash.
func rawPath(r *http.Request) string {
	if !strings.HasPrefix(r.RequestURI, "/") {
		return r.URL.EscapedPath()
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// known returns the queue that a path leads to, nil for none.
func (i *Inbox) known(path string) *box {
	if box := i.find(path); box != nil || i.prefix == "" {
		return box
	}
	below, found := strings.CutPrefix(path, i.prefix)
	if !found {
		return nil
	}
	return i.find(below)
}

func (i *Inbox) find(path string) *box {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	token, err := url.PathUnescape(first)
	if err != nil || token == "" {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.boxes[token]
}

func (i *Inbox) receive(box *box, w http.ResponseWriter, r *http.Request) (status int) {
	select {
	case i.reading <- struct{}{}:
		defer func() { <-i.reading }()
	case <-r.Context().Done():
		return http.StatusServiceUnavailable
	}
	if r.ContentLength > i.maxBody {
		return http.StatusRequestEntityTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, i.maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	}
	return i.keep(box, received(r, body))
}

func (i *Inbox) keep(box *box, r *exchange.Request) (status int) {
	size := int64(len(r.Body))
	if i.unread.Add(size) > unreadBodies*i.maxBody {
		i.unread.Add(-size)
		return http.StatusTooManyRequests
	}
	select {
	case box.requests <- r:
		return http.StatusOK
	default:
		i.unread.Add(-size)
		return http.StatusTooManyRequests
	}
}

func received(r *http.Request, body []byte) *exchange.Request {
	header := exchange.Header{{Name: "Host", Value: r.Host}}
	for name, values := range r.Header {
		for _, value := range values {
			header = append(header, exchange.Field{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(header, func(a, b exchange.Field) int { return strings.Compare(a.Name, b.Name) })
	target := r.RequestURI
	if strings.HasPrefix(target, "/") { // otherwise it was sent as if we were a proxy
		target = "http://" + r.Host + target
	}
	return &exchange.Request{Method: r.Method, URL: target, Header: header, Body: body}
}
