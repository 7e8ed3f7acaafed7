package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// A shop is a server with a state, for runs that go on from each other:
//
//	GET    /items             something to read
//	POST   /users             makes a user of {"email": …}; an email that is taken is a conflict
//	GET    /users/ID/ready    "ready" from the second time on that it is asked
//	POST   /login             a fresh token for {"password": "open sesame"}
//	GET, PUT, DELETE /users/ID   of whoever shows the last token in Authorization
//	ANY    /session           sets a cookie; so does another path that is asked for ?cookie=NAME, with &path=PATH, &age=SECONDS and &also=NAME
//	GET    /shown             the cookies that it was shown
//
// The test's script controls it by the command asks: POST /control?break=WHAT and ?repair=WHAT, where WHAT is "profile",
// "change", "items" or "users"; GET /log, which says what it was asked since it was read last.
type shop struct {
	mu     sync.Mutex
	log    []string
	broken map[string]bool
	users  map[string]string // email by ID
	asked  map[string]int
	tokens int
	made   int
}

func newShop() *shop {
	return &shop{broken: map[string]bool{}, users: map[string]string{}, asked: map[string]int{}}
}

const shopPassword = "open sesame"

func (s *shop) token() string { return fmt.Sprintf("t0ken<%d>&secret", s.tokens) }

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.URL.Path {
	case "/control":
		query := r.URL.Query()
		s.broken[query.Get("break")] = true
		delete(s.broken, query.Get("repair"))
		return
	case "/log":
		for _, line := range s.log {
			fmt.Fprintln(w, line)
		}
		s.log = nil
		return
	}
	s.log = append(s.log, r.Method+" "+r.URL.RequestURI())
	body, _ := io.ReadAll(r.Body)
	var sent map[string]string
	json.Unmarshal(body, &sent)
	status, answer := s.answer(r, sent)
	setCookie(w.Header(), r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		json.NewEncoder(w).Encode(answer)
	}
}

// setCookie sets the cookie that a request asks for.
func setCookie(h http.Header, r *http.Request) {
	query := r.URL.Query()
	if r.URL.Path != "/session" && !query.Has("cookie") {
		return
	}
	line := cmp.Or(query.Get("cookie"), "shop") + "=c00kie-secret; Path=" + cmp.Or(query.Get("path"), "/")
	if query.Has("age") {
		line += "; Max-Age=" + query.Get("age")
	}
	h.Set("Set-Cookie", line)
	if query.Has("also") {
		h.Add("Set-Cookie", query.Get("also")+"=c00kie-secret; Path=/")
	}
}

func (s *shop) answer(r *http.Request, sent map[string]string) (int, any) {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/items":
		return s.unless("items", 200), map[string]any{"items": []string{"pen", "paper"}}
	case r.URL.Path == "/session", r.URL.Path == "/shown":
		return 200, map[string]any{"cookie": r.Header.Get("Cookie")}
	case r.URL.Path == "/login" && sent["password"] != shopPassword:
		return 403, map[string]any{"error": "wrong password"}
	case r.URL.Path == "/login":
		s.tokens++
		return 200, map[string]any{"token": s.token()}
	case r.URL.Path == "/users":
		return s.join(sent["email"])
	case len(path) == 3 && path[2] == "ready":
		s.asked[path[1]]++
		return 200, map[string]any{"ready": s.asked[path[1]] > 1}
	case len(path) == 2 && path[0] == "users":
		return s.user(r, path[1])
	}
	return 404, map[string]any{"error": "no such thing"}
}

// unless returns a status, or 500 when something is broken.
func (s *shop) unless(what string, status int) int {
	if s.broken[what] {
		return 500
	}
	return status
}

func (s *shop) join(email string) (int, any) {
	for _, taken := range s.users {
		if taken == email {
			return 409, map[string]any{"error": "taken"}
		}
	}
	s.made++
	id := fmt.Sprintf("u%d", s.made)
	s.users[id] = email
	return s.unless("users", 201), map[string]any{"id": id}
}

func (s *shop) user(r *http.Request, id string) (int, any) {
	switch email, ok := s.users[id]; {
	case r.Header.Get("Authorization") != "Bearer "+s.token():
		return 401, map[string]any{"error": "show the token"}
	case !ok:
		return 404, map[string]any{"error": "nobody"}
	case r.Method == http.MethodDelete:
		delete(s.users, id)
		return 204, nil
	case r.Method == http.MethodPut:
		return s.unless("change", 200), map[string]any{"id": id}
	case s.broken["profile"]:
		return 200, map[string]any{"id": id, "state": "lost", "email": email}
	default:
		return 200, map[string]any{"id": id, "state": "active", "email": email}
	}
}
