package scim

import (
	"net/http"
	"strings"
)

// resources answers what lies under the endpoint of a resource type.
func (s *Server) resources(q *request, k *kind) (answer, error) {
	show, err := parseProjection(q.values, k)
	if err != nil {
		return answer{}, err
	}
	if len(q.path) == 1 {
		switch q.Method {
		case http.MethodGet, http.MethodHead:
			return s.list(q, k, show)
		case http.MethodPost:
			return s.create(q, k, show)
		}
		return answer{}, notAllowed(q.Method, "/"+k.endpoint, "GET, HEAD, POST")
	}
	switch q.Method {
	case http.MethodGet, http.MethodHead:
		return s.fetch(q, k, show)
	case http.MethodPut, http.MethodPatch:
		return s.change(q, k, show)
	case http.MethodDelete:
		return s.remove(q, k)
	}
	return answer{}, notAllowed(q.Method, "a "+k.name, "GET, HEAD, PUT, PATCH, DELETE")
}

func (s *Server) list(q *request, k *kind, show projection) (answer, error) {
	asked, err := parseQuery(q.values, k)
	if err != nil {
		return answer{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := s.store.search(k, asked.filter)
	if asked.sorted {
		found = asked.sort(s.store, k, found)
	}
	p := page{total: len(found), start: asked.start}
	for _, r := range asked.window(found) {
		p.resources = append(p.resources, s.show(q, r, show))
	}
	return q.json(http.StatusOK, q.version.list(p, s.faults.stringCounts)), nil
}

func (s *Server) create(q *request, k *kind, show projection) (answer, error) {
	attrs, err := s.accepted(q, k)
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.store.insert(k, attrs)
	if err != nil {
		return answer{}, err
	}
	a := s.resource(q, http.StatusCreated, r, show)
	a.header["Location"] = q.version.address(q.origin, r)
	return a, nil
}

func (s *Server) fetch(q *request, k *kind, show projection) (answer, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.store.find(k, q.path[1])
	if err != nil {
		return answer{}, err
	}
	if tags := q.Header.Get("If-None-Match"); tags != "" && matches(tags, r.etag()) {
		return answer{status: http.StatusNotModified, header: map[string]string{"ETag": r.etag()}}, nil
	}
	return s.resource(q, http.StatusOK, r, show), nil
}

// change is PUT and PATCH. The body is read before the lock is taken.
func (s *Server) change(q *request, k *kind, show projection) (answer, error) {
	body, err := q.object()
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.current(q, k)
	if err != nil {
		return answer{}, err
	}
	attrs, err := changed(q, r, body)
	if err != nil {
		return answer{}, err
	}
	if r, err = s.store.update(r, attrs); err != nil {
		return answer{}, err
	}
	return s.resource(q, http.StatusOK, r, show), nil
}

// changed gives the attributes that a PUT or PATCH body makes of a resource.
func changed(q *request, r *record, body map[string]any) (map[string]any, error) {
	switch {
	case q.Method == http.MethodPut:
		return replacement(q, r, body)
	case q.version == V1:
		return patchV1(r, body)
	}
	return patchV2(r, body)
}

func replacement(q *request, r *record, body map[string]any) (map[string]any, error) {
	if id := field(body, "id"); id != nil && id != r.id {
		return nil, badRequest(mutability, "id cannot be changed; the body's is not the one in the address")
	}
	return complete(q, r.kind, body)
}

func (s *Server) accepted(q *request, k *kind) (map[string]any, error) {
	body, err := q.object()
	if err != nil {
		return nil, err
	}
	return complete(q, k, body)
}

// complete accepts a whole resource. A user without "active" is active: that is this server's default, for PUT too
// (RFC 7644, section 3.5.1 leaves it to the server).
func complete(q *request, k *kind, body map[string]any) (map[string]any, error) {
	if err := requireSchema(body, q.version.core(k)); err != nil {
		return nil, err
	}
	attrs, err := k.accept(body)
	if err != nil {
		return nil, err
	}
	if _, given := attrs["active"]; !given && k.attribute("active") != nil {
		attrs["active"] = true
	}
	return attrs, nil
}

func (s *Server) remove(q *request, k *kind) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.current(q, k)
	if err != nil {
		return answer{}, err
	}
	s.store.remove(r)
	return answer{status: http.StatusNoContent}, nil
}

// current finds the resource to change, and refuses when If-Match names another version of it.
func (s *Server) current(q *request, k *kind) (*record, error) {
	r, err := s.store.find(k, q.path[1])
	if err != nil {
		return nil, err
	}
	if tags := q.Header.Get("If-Match"); tags != "" && !matches(tags, r.etag()) {
		return nil, &problem{status: http.StatusPreconditionFailed,
			detail: "the resource has changed: its version is " + r.etag() + ", If-Match asks for another",
			header: map[string]string{"ETag": r.etag()}}
	}
	return r, nil
}

// matches compares weakly (RFC 9110, section 8.8.3.2): with and without W/ is the same.
func matches(tags, etag string) bool {
	for tag := range strings.SplitSeq(tags, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

func (s *Server) resource(q *request, status int, r *record, show projection) answer {
	a := q.json(status, s.show(q, r, show))
	a.header = map[string]string{"ETag": r.etag()}
	return a
}

// show is the answer's form of a resource, with what the faults and the client leave out.
func (s *Server) show(q *request, r *record, show projection) object {
	o := q.version.dress(s.store, r, q.origin)
	if s.faults.missingName {
		o = projection{paths: []attrPath{{name: "name"}}, except: true}.apply(o)
	}
	return show.apply(o)
}
