package offscopetest_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"offscope/offscopetest"
)

// A handler sees a request as it does behind a port: a path and no address, a length, and whether it came over TLS.
func TestHandlerSeesWhatAServerSees(t *testing.T) {
	t.Parallel()
	var seen []string
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		seen = append(seen, fmt.Sprintf("%s %q at %q, TLS %t, length %d %q, body %q %v", r.Method, r.URL, r.Host, r.TLS != nil, r.ContentLength, r.Header.Get("Content-Length"), body, err))
	})
	file := filepath.Join(t.TempDir(), "requests.json")
	text := `{"name": "Requests", "steps": [
  {"step_type": "request", "method": "GET", "url": "http://a.example.com", "assertions": [
    {"source": "response_status", "comparison": "equal_number", "value": 200}]},
  {"step_type": "request", "method": "POST", "url": "https://a.example.com:8443/x%2Fy?z=1#top", "body": "ä"},
  {"step_type": "request", "method": "DELETE", "url": "http://a.example.com/x"}
]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	offscopetest.Run(t, file, offscopetest.Options{Handler: mux})
	want := []string{
		`GET "/" at "a.example.com", TLS false, length 0 "", body "" <nil>`,
		`POST "/x%2Fy?z=1" at "a.example.com:8443", TLS true, length 2 "2", body "ä" <nil>`,
		`DELETE "/x" at "a.example.com", TLS false, length 0 "", body "" <nil>`,
	}
	if got := strings.Join(seen, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the handler has seen\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}
