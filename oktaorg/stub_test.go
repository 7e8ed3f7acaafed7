package oktaorg

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// scimStub is a SCIM server with just enough sense to be provisioned into. It records every request.
type scimStub struct {
	*httptest.Server
	// before answers a request in the stub's place when it returns true. It is called without the lock.
	before func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests []recorded
	users    map[string]resource
}

type recorded struct {
	line   string // method and path with query, without the base path
	header http.Header
	body   string
}

func newStub(t *testing.T) *scimStub {
	t.Helper()
	s := &scimStub{users: map[string]resource{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Server.Close)
	return s
}

func (s *scimStub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	path := strings.TrimPrefix(r.RequestURI, "/scim")
	s.requests = append(s.requests, recorded{r.Method + " " + path, r.Header.Clone(), string(body)})
	s.mu.Unlock()
	if s.before != nil && s.before(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, answer := s.answer(r, body)
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	if answer != nil {
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func (s *scimStub) answer(r *http.Request, body []byte) (int, any) {
	var in resource
	if len(body) > 0 {
		if err := json.Unmarshal(body, &in); err != nil {
			return 400, resource{"detail": err.Error()}
		}
	}
	path := strings.TrimPrefix(r.URL.Path, "/scim")
	switch {
	case path == "/Users" && r.Method == "GET":
		return 200, s.filter(r.URL.Query().Get("filter"))
	case path == "/Users" && r.Method == "POST":
		in["id"] = fmt.Sprintf("scim-%d", len(s.users)+1)
		delete(in, "password")
		s.users[in["id"].(string)] = in
		return 201, in
	case path == "/ResourceTypes":
		return 200, list(
			resource{"id": "User", "name": "User", "endpoint": "/Users", "schema": "urn:ietf:params:scim:schemas:core:2.0:User"},
			resource{"id": "Role", "name": "Role", "endpoint": "/Roles", "schema": roleSchema},
			resource{"id": "License", "name": "License", "endpoint": "/Licenses", "schema": entitlementSchema})
	case path == "/Roles":
		return 200, list(resource{"id": "r1", "displayName": "Auditor"}, resource{"id": "r2", "displayName": "Editor"})
	case path == "/Licenses":
		return 200, list(resource{"id": "l1", "displayName": "Basic"}, resource{"id": "l2", "displayName": "Pro"})
	}
	return s.answerUser(r.Method, strings.TrimPrefix(path, "/Users/"), in)
}

func (s *scimStub) answerUser(method, id string, in resource) (int, any) {
	u, ok := s.users[id]
	switch {
	case !ok:
		return 404, resource{"detail": "no user " + id}
	case method == "PUT":
		s.users[id] = in
		return 200, in
	case method == "PATCH" && in["Operations"] != nil:
		op := in["Operations"].([]any)[0].(resource)
		u["active"] = op["value"].(resource)["active"]
		return 204, nil
	case method == "PATCH":
		u["active"] = in["active"]
		return 200, u
	default:
		return 200, u
	}
}

func (s *scimStub) filter(filter string) resource {
	var found []resource
	for _, u := range s.users {
		if strings.EqualFold(filter, `userName eq "`+u["userName"].(string)+`"`) {
			found = append(found, u)
		}
	}
	return list(found...)
}

func list(rs ...resource) resource {
	return resource{"totalResults": len(rs), "startIndex": 1, "itemsPerPage": len(rs), "Resources": append([]resource{}, rs...)}
}

// lines are the requests so far, and the stub forgets them.
func (s *scimStub) lines() []string {
	var out []string
	for _, r := range s.taken() {
		out = append(out, r.line)
	}
	return out
}

func (s *scimStub) taken() []recorded {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.requests
	s.requests = nil
	return out
}

func (s *scimStub) user(id string) resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users[id]
}

func (s *scimStub) put(u resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u["id"].(string)] = u
}

// orgTest is an org that provisions into a stub, with ids that count and a clock that stands still.
type orgTest struct {
	*testing.T
	org  *Org
	stub *scimStub
	ids  int
	naps []time.Duration // of the throttled requests; not really slept
}

const (
	testToken = "00token"
	testAuth  = "Bearer scim-secret"
	testApp   = "/api/v1/apps/" + DefaultAppID
)

func newOrgTest(t *testing.T, o Options) *orgTest {
	t.Helper()
	ot := &orgTest{T: t, stub: newStub(t)}
	if o.SCIMURL == "" {
		o.SCIMURL = ot.stub.URL + "/scim/"
	}
	o.Token, o.SCIMAuth = testToken, testAuth
	var mu sync.Mutex
	o.NewID = func() string {
		mu.Lock()
		defer mu.Unlock()
		ot.ids++
		return fmt.Sprint(ot.ids)
	}
	o.Clock = func() time.Time { return time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC) }
	ot.org = newOrg(o, func(_ context.Context, d time.Duration) error {
		ot.naps = append(ot.naps, d)
		return nil
	})
	t.Cleanup(ot.org.Close)
	return ot
}

// call sends a call with the token and returns the decoded answer.
func (t *orgTest) call(method, path, body string) (int, resource) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "SSWS "+testToken)
	return t.send(r)
}

func (t *orgTest) send(r *http.Request) (int, resource) {
	t.Helper()
	w := httptest.NewRecorder()
	t.org.ServeHTTP(w, r)
	if w.Body.Len() == 0 {
		return w.Code, nil
	}
	var out resource
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s %s: %v in %q", r.Method, r.URL, err, w.Body)
	}
	return w.Code, out
}

// must sends a call that has to answer with a status.
func (t *orgTest) must(status int, method, path, body string) resource {
	t.Helper()
	got, out := t.call(method, path, body)
	if got != status {
		t.Fatalf("%s %s = %d, want %d: %v", method, path, got, status, out)
	}
	return out
}

func userJSON(first, login string) string {
	return fmt.Sprintf(`{"profile":{"firstName":%q,"lastName":"Quist","email":%q,"login":%q},
		"credentials":{"password":{"value":"Zx81abcd"},"recovery_question":{"question":"Q?","answer":"answer"}}}`, first, login, login)
}

func (t *orgTest) createUser(first, login string) string {
	t.Helper()
	return t.must(200, "POST", "/api/v1/users?activate=true", userJSON(first, login))["id"].(string)
}

func (t *orgTest) assign(id string) resource {
	t.Helper()
	return t.must(200, "POST", testApp+"/users", `{"id":"`+id+`","scope":"USER"}`)
}

// lastJob is the newest outcome.
func (t *orgTest) lastJob() Job {
	t.Helper()
	jobs := t.org.Jobs()
	if len(jobs) == 0 {
		t.Fatal("no job has ended")
	}
	return jobs[len(jobs)-1]
}
