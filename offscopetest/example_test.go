package offscopetest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"offscope/offscopetest"
)

// newGreeter is the service of the examples: the handler that a program of yours would give to its server.
func newGreeter() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /greeting", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"text": "Hello, " + r.FormValue("name")})
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer c4nary-Token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.Copy(w, r.Body)
	})
	return mux
}

// The test of an export against a handler, as it stands in a test file of the handler's package.
func TestGreeting(t *testing.T) {
	offscopetest.Run(t, "testdata/greeting.json", offscopetest.Options{
		Handler:   newGreeter(),
		Variables: map[string]string{"base": "https://greeter.example.com", "name": "Ada"},
		Secrets:   map[string]string{"token": "c4nary-Token"},
	})
}

// A test of an export against a handler in the same process: no port is opened.
func ExampleRun() {
	test := func(t *testing.T) { // in a file of tests: func TestGreeting(t *testing.T) {
		offscopetest.Run(t, "testdata/greeting.json", offscopetest.Options{
			Handler:   newGreeter(),
			Variables: map[string]string{"base": "https://greeter.example.com", "name": "Ada"},
			Secrets:   map[string]string{"token": "c4nary-Token"},
		})
	}
	all := func(string, string) (bool, error) { return true, nil }
	fmt.Println(testing.RunTests(all, []testing.InternalTest{{Name: "TestGreeting", F: test}}))
	// Output: true
}
