// Package scim is an in-memory SCIM 2.0 and 1.1 server: an http.Handler for demonstrations and tests, and one that can
// be told to misbehave. Begin with NewServer; ServeHTTP in server.go shows the way of a request, resources.go what each
// method does.
//
// Both dialects speak to one store: a user created under PathV1 is seen under PathV2, and a userName is unique across
// both. Real servers that offer both versions do it over one directory, and it lets a test provision in one dialect
// and look with the other. The store is neutral; dialect.go gives answers their names, URNs and addresses.
package scim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options configures a Server. The zero value is a seeded, well-behaved server that asks for no credentials.
type Options struct {
	Bearer   string           // accepted as "Authorization: Bearer <it>"; "" with an empty Username asks for nothing
	Username string           // with Password: accepted as basic authentication, also beside Bearer
	Password string           // belongs to Username
	Faults   []Fault          // how to misbehave; names as in FaultNames, anything else panics
	Empty    bool             // start without the seeded user, group, role and entitlement
	Clock    func() time.Time // nil is time.Now
	NewID    func() string    // makes resource ids, unique ones; nil is random UUIDs
}

// Server is the server. It implements http.Handler and is safe for concurrent use.
type Server struct {
	options Options
	faults  faults
	kinds   []*kind

	mu    sync.RWMutex // guards store
	store *store
	log   requestLog
}

// NewServer makes a server. It panics when Options.Faults holds a name that is not one of FaultNames.
func NewServer(o Options) *Server {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.NewID == nil {
		o.NewID = randomUUID
	}
	on := newFaults(o.Faults)
	kinds := newKinds(on.caseSensitive)
	s := &Server{options: o, faults: on, kinds: kinds, store: newStore(kinds, on.duplicate, o.Clock, o.NewID)}
	if !o.Empty {
		seed(s.store)
	}
	return s
}

// randomUUID is a version 4 UUID.
func randomUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// maxBody is the size of the largest request body that is read, in bytes.
const maxBody = 1 << 20

// request is one request on its way through the server.
type request struct {
	*http.Request
	version Version
	path    []string // below the base path: endpoint, and id if there is one
	origin  string   // scheme://host
	values  url.Values
	body    []byte
}

// answer is a response before it is written. Only the fields that are set become headers.
type answer struct {
	status      int
	contentType string
	header      map[string]string
	body        []byte
}

// ServeHTTP answers one request: hold it back or drop it when told so, check the credentials, do what it asks, and
// only then write, so that a slow client never holds a lock.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !wait(r.Context(), s.faults.delay) {
		panic(http.ErrAbortHandler) // nobody waits any more, and returning would answer 200
	}
	q := newRequest(r)
	if s.faults.drop {
		s.log.add(q, s.options.Clock(), false, 0)
		panic(http.ErrAbortHandler)
	}
	refusal := s.authorize(r)
	a, err := answer{}, error(nil)
	if refusal != nil {
		err = refusal
	} else {
		a, err = s.respond(w, q)
	}
	if err != nil {
		a = s.failure(q, err)
	}
	s.log.add(q, s.options.Clock(), refusal == nil, a.status)
	a.write(w)
}

// wait is false when the client gave up before d was over.
func wait(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func newRequest(r *http.Request) *request {
	q := &request{Request: r, version: V2, origin: "http://" + r.Host}
	if r.TLS != nil {
		q.origin = "https://" + r.Host
	}
	rest, ok := strings.CutPrefix(r.URL.Path, PathV2+"/")
	if !ok {
		if rest, ok = strings.CutPrefix(r.URL.Path, PathV1+"/"); ok {
			q.version = V1
		}
	}
	if ok {
		q.path = strings.Split(strings.TrimSuffix(rest, "/"), "/")
	}
	return q
}

// respond finds what the path names.
func (s *Server) respond(w http.ResponseWriter, q *request) (answer, error) {
	var err error
	// Go drops parameters with a bare semicolon, which RFC 3986 allows in a query.
	if q.values, err = url.ParseQuery(strings.ReplaceAll(q.URL.RawQuery, ";", "%3B")); err != nil {
		return answer{}, badRequest(invalidSyntax, "the query string is not valid: %v", err)
	}
	if len(q.path) == 0 {
		return answer{}, notFound("there is nothing at %s; the base paths are %s and %s", shorten(q.URL.Path), PathV2, PathV1)
	}
	if len(q.path) > 2 {
		return answer{}, notFound("there is nothing at %s", shorten(q.URL.Path))
	}
	q.Request.Body = http.MaxBytesReader(w, q.Request.Body, maxBody)
	for _, k := range s.kinds {
		if k.endpoint == q.path[0] && q.version.serves(k) {
			return s.resources(q, k)
		}
	}
	return s.discover(q)
}

// object reads the body as one JSON object.
func (q *request) object() (map[string]any, error) {
	if err := q.checkMediaType(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(q.Body)
	q.body = body
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &problem{status: http.StatusRequestEntityTooLarge, detail: "the body is larger than 1 MiB"}
	}
	if err != nil {
		return nil, badRequest(invalidSyntax, "the body could not be read: %v", err)
	}
	return decodeObject(body)
}

// checkMediaType refuses bodies that are declared to be something else. A missing Content-Type is taken for JSON.
func (q *request) checkMediaType() error {
	header := q.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(header)
	if header == "" || err == nil && (media == "application/json" || media == "application/scim+json") {
		return nil
	}
	return &problem{status: http.StatusUnsupportedMediaType,
		detail: "Content-Type " + strconv.Quote(shorten(header)) + " is not accepted; send application/scim+json or application/json"}
}

// failure makes the answer of an error, in whatever form the faults want it.
func (s *Server) failure(q *request, err error) answer {
	var p *problem
	if !errors.As(err, &p) {
		panic(err)
	}
	a := answer{status: p.status, header: p.header}
	switch {
	case p.status == http.StatusUnauthorized && s.faults.noBody401:
	case s.faults.htmlErrors:
		a.contentType, a.body = "text/html; charset=utf-8", p.page()
	default:
		a.contentType, a.body = q.version.contentType(q.Header.Get("Accept")), appendObject(nil, q.version.problem(p))
	}
	return a
}

// json makes the answer of a body.
func (q *request) json(status int, body object) answer {
	return answer{status: status, contentType: q.version.contentType(q.Header.Get("Accept")), body: appendObject(nil, body)}
}

func (a answer) write(w http.ResponseWriter) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	w.Write(a.body) // a client that went away is its own affair
}
