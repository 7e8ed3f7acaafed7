package scim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// The benchmarks answer requests of the kinds that a long run makes, with ten thousand users in the store: the time
// must not depend on how many there are.

func crowd(b *testing.B) *Server {
	s := NewServer(Options{})
	for i := range 10_000 {
		if code := perform(s, "POST", "/Users", userBody(V2, "user-"+strconv.Itoa(i)+"@example.com")); code != 201 {
			b.Fatal(code)
		}
	}
	b.ResetTimer()
	return s
}

func perform(s *Server, method, path, body string) int {
	r := httptest.NewRequest(method, PathV2+path, strings.NewReader(body))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code
}

func BenchmarkCreate(b *testing.B) {
	s := crowd(b)
	for i := 0; b.Loop(); i++ {
		if code := perform(s, "POST", "/Users", userBody(V2, "new-"+strconv.Itoa(i))); code != http.StatusCreated {
			b.Fatal(code)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	s := crowd(b)
	path := "/Users?startIndex=1&count=100&filter=" + url.QueryEscape(`userName eq "USER-5000@example.com"`)
	for b.Loop() {
		if code := perform(s, "GET", path, ""); code != http.StatusOK {
			b.Fatal(code)
		}
	}
}

func BenchmarkListOne(b *testing.B) {
	s := crowd(b)
	for b.Loop() {
		if code := perform(s, "GET", "/Users?count=1&startIndex=9000", ""); code != http.StatusOK {
			b.Fatal(code)
		}
	}
}

func BenchmarkListHundred(b *testing.B) {
	s := crowd(b)
	for b.Loop() {
		if code := perform(s, "GET", "/Users?count=100", ""); code != http.StatusOK {
			b.Fatal(code)
		}
	}
}

func BenchmarkAddMembers(b *testing.B) {
	s := crowd(b)
	group := s.Groups()[0]["id"].(string)
	users := s.Users()
	for i := 0; b.Loop(); i++ {
		id := users[i%len(users)]["id"].(string)
		if code := perform(s, "PATCH", "/Groups/"+group+"?attributes=displayName", patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)); code != http.StatusOK {
			b.Fatal(code)
		}
	}
}
