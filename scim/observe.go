package scim

import (
	"strings"
	"sync"
	"time"
)

// Users is a copy of every user in order of creation, in the form a 2.0 client would see, without faults. Changing
// it changes nothing in the server.
func (s *Server) Users() []map[string]any { return s.snapshot("User") }

// Groups is a copy of every group, as Users is of the users.
func (s *Server) Groups() []map[string]any { return s.snapshot("Group") }

// User is a copy of the user with that userName, compared without case; the first one when a fault let in several.
func (s *Server) User(userName string) (map[string]any, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, r := range s.records("User") {
		if name, _ := r.attrs["userName"].(string); strings.EqualFold(name, userName) {
			return s.copy(r), true
		}
	}
	return nil, false
}

// Active is the user's "active"; found is false when there is no user with that userName.
func (s *Server) Active(userName string) (active, found bool) {
	u, found := s.User(userName)
	active, _ = u["active"].(bool)
	return active, found
}

func (s *Server) snapshot(kind string) []map[string]any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := []map[string]any{}
	for _, r := range s.records(kind) {
		list = append(list, s.copy(r))
	}
	return list
}

func (s *Server) records(kind string) []*record {
	for _, k := range s.kinds {
		if k.name == kind {
			return s.store.search(k, nil)
		}
	}
	return nil
}

func (s *Server) copy(r *record) map[string]any {
	return plain(V2.dress(s.store, r, "")).(map[string]any)
}

// Request is one request the server has received.
type Request struct {
	Time       time.Time // when it was answered
	Method     string
	Path       string // with the query string, as it was sent
	UserAgent  string
	Authorized bool   // the credentials were accepted, or none are asked for
	Status     int    // what was answered; 0 when the connection was dropped
	Body       string // what was read of it, at most 16 KiB; it may hold a password
}

const (
	keptRequests = 256
	keptBody     = 16 << 10
)

// requestLog is a ring of the newest requests.
type requestLog struct {
	mu    sync.Mutex
	ring  [keptRequests]Request
	total int
}

func (l *requestLog) add(q *request, now time.Time, authorized bool, status int) {
	entry := Request{Time: now, Method: q.Method, Path: q.URL.RequestURI(), UserAgent: q.UserAgent(),
		Authorized: authorized, Status: status, Body: string(q.body[:min(len(q.body), keptBody)])}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring[l.total%keptRequests] = entry
	l.total++
}

// Requests is the newest requests, at most 256, in the order in which they were answered.
func (s *Server) Requests() []Request {
	l := &s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]Request, 0, min(l.total, keptRequests))
	for i := max(0, l.total-keptRequests); i < l.total; i++ {
		list = append(list, l.ring[i%keptRequests])
	}
	return list
}
