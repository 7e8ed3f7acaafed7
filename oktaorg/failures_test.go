package oktaorg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// on answers the requests of one method whose path has a prefix.
func on(method, prefix string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || !strings.HasPrefix(r.URL.Path, "/scim"+prefix) {
			return false
		}
		w.Header().Set("Location", "/scim/elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

// TestFailedProvisioning: whatever the SCIM server does wrong, the org answers 200 and the job says what it was.
func TestFailedProvisioning(t *testing.T) {
	t.Parallel()
	match := func(users ...string) func(http.ResponseWriter, *http.Request) bool {
		return on("GET", "/Users", 200, fmt.Sprintf(`{"totalResults":%d,"Resources":[%s]}`, len(users), strings.Join(users, ",")))
	}
	tests := []struct {
		name   string
		before func(http.ResponseWriter, *http.Request) bool
		want   string // of the assignment; empty: none
	}{
		{"ok_not_found_is_no_match", on("GET", "/Users", 404, `{"detail":"none"}`), ""},
		{"ok_empty_list_without_resources", on("GET", "/Users", 200, `{"totalResults":0}`), ""},
		{"ok_empty_list_with_text_counts", on("GET", "/Users", 200, `{"totalResults":"0"}`), ""},
		{"error_match_401", on("GET", "/Users", 401, ""), "answered 401, expected 200 (check the Authorization value given for the SCIM server)"},
		{"error_match_html", on("GET", "/Users", 200, "<html>\n<b>Welcome</b>"), "must be a JSON object: <html> <b>Welcome</b>"},
		{"error_match_null", on("GET", "/Users", 200, "null"), "must be a JSON object"},
		{"error_match_redirect", on("GET", "/Users", 302, ""), "answered 302, expected 200"},
		{"error_match_no_list", on("GET", "/Users", 200, `{"totalResults":1}`), "must be a list with Resources"},
		{"error_match_odd_list", on("GET", "/Users", 200, `{"Resources":["x"]}`), "must have only objects"},
		{"error_match_ignores_filter", match(`{"id":"1","userName":"bob"}`, `{"id":"2","userName":"eve"}`), "answered 2 other users and not this one: the server seems to ignore the filter"},
		{"error_match_twice", match(`{"id":"1","userName":"ada1@example.com"}`, `{"id":"2","userName":"ADA1@example.com"}`), "has 2 users with this userName"},
		{"error_match_no_id", match(`{"userName":"Ada1@example.com"}`), "without an id"},
		{"error_match_number_id", match(`{"id":1,"userName":"Ada1@example.com"}`), "whose id is no text"},
		{"error_create_empty", on("POST", "/Users", 201, " "), `create user "Ada1@example.com": Create new user returned empty user`},
		{"error_create_200", on("POST", "/Users", 200, `{"id":"7"}`), "answered 200, expected 201"},
		{"error_create_no_id", on("POST", "/Users", 201, `{"userName":"x"}`), "without an id"},
		{"error_create_conflict", on("POST", "/Users", 409, `{"detail":"taken","status":"409"}`), "answered 409, expected 201: taken"},
		{"error_create_conflict_1.1", on("POST", "/Users", 409, `{"Errors":[{"description":"is there","code":409}]}`), "answered 409, expected 201: is there"},
		{"error_create_500", on("POST", "/Users", 500, strings.Repeat("long ", 100)), "expected 201: long long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{})
			ot.stub.before = tt.before
			id := ot.createUser("Ada", login)
			got := ot.assign(id)
			j := ot.lastJob()
			want := Job{What: "assign", UserID: id, UserName: login, Error: j.Error, At: j.At}
			if j != want || !strings.Contains(j.Error, tt.want) || tt.want == "" && j.Error != "" {
				t.Errorf("%v, want %q", j, tt.want)
			}
			if tt.want == "" {
				return
			}
			if len(j.Error) > 450 {
				t.Errorf("the error has %d bytes", len(j.Error))
			}
			embedded, _ := got["_embedded"].(resource)
			if got["syncState"] != "ERROR" || got["externalId"] != nil || embedded["provisioningError"] != j.Error {
				t.Errorf("app user = %v", got)
			}
			ot.must(204, "DELETE", testApp+"/users/"+id, "")
			if j := ot.lastJob(); j.What != "deactivate" || !strings.Contains(j.Error, errNotLinked.Error()) {
				t.Errorf("without an account: %v", j)
			}
		})
	}
}

func TestFailedChanges(t *testing.T) {
	t.Parallel()
	const user = "/Users/scim-1"
	tests := []struct {
		name   string
		mode   Mode
		before func(http.ResponseWriter, *http.Request) bool
		update string // empty: succeeds
		remove string
	}{
		{"error_gone_wizard", Wizard, on("GET", user, 404, `{"detail":"gone"}`), "answered 404, expected 200: gone", "answered 404, expected 200: gone"},
		{"error_gone_catalogue", Catalogue, on("GET", user, 404, `{"detail":"gone"}`), "answered 404, expected 200: gone", ""},
		{"error_put_204", Wizard, on("PUT", user, 204, ""), "answered 204, expected 200", "answered 204, expected 200"},
		{"error_put_empty", Wizard, on("PUT", user, 200, ""), "must have a body", "must have a body"},
		{"error_put_list", Wizard, on("PUT", user, 200, "[]"), "must be a JSON object", "must be a JSON object"},
		{"error_get_empty", Wizard, on("GET", user, 200, ""), "must have a body", "must have a body"},
		{"error_patch_501", Catalogue, on("PATCH", user, 501, ""), "", "PATCH"},
		{"error_patch_empty", Catalogue, on("PATCH", user, 200, ""), "", "must have a body"},
		{"ok_patch_200", Catalogue, on("PATCH", user, 200, "{}"), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{Mode: tt.mode})
			id := ot.createUser("Ada", login)
			ot.assign(id)
			ot.stub.before = tt.before
			check := func(want string) {
				t.Helper()
				if j := ot.lastJob(); !strings.Contains(j.Error, want) || want == "" && j.Error != "" {
					t.Errorf("%v, want %q", j, want)
				}
			}
			ot.must(200, "PUT", "/api/v1/users/"+id, userJSON("Eva", login))
			check(tt.update)
			ot.must(200, "POST", "/api/v1/users/"+id+"/lifecycle/deactivate", "")
			check(tt.remove)
		})
	}
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ url, want string }{
		"error_bad_url": {"http://[bad", "the URL of the SCIM server is unusable"},
		"error_refused": {"http://user:hidden@127.0.0.1:1/scim", "connect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{SCIMURL: tt.url})
			ot.assign(ot.createUser("Ada", login))
			j := ot.lastJob()
			if !strings.Contains(j.Error, tt.want) || strings.Contains(j.Error, "hidden") {
				t.Error(j)
			}
		})
	}
}

func TestTimeOutIsNamed(t *testing.T) {
	t.Parallel()
	ot := newOrgTest(t, Options{Client: &http.Client{Timeout: 20 * time.Millisecond}})
	ot.stub.before = func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	}
	ot.assign(ot.createUser("Ada", login))
	if j := ot.lastJob(); !strings.Contains(j.Error, "no complete answer in time") {
		t.Error(j)
	}
}

func TestThrottledRequests(t *testing.T) {
	t.Parallel()
	const s = time.Second
	doubling := func(from time.Duration) []time.Duration {
		var out []time.Duration
		for range 9 {
			out = append(out, min(from, time.Hour))
			from *= 2
		}
		return out
	}
	tests := []struct {
		name       string
		retryAfter string
		refused    int // how many times, then served
		naps       []time.Duration
		want       string
	}{
		{"ok_once", "3", 1, []time.Duration{3 * s}, ""},
		{"ok_doubles", "2", 3, []time.Duration{2 * s, 4 * s, 8 * s}, ""},
		{"ok_at_the_tenth_try", "1", 9, doubling(s), ""},
		{"ok_five_minutes_without_value", "", 2, []time.Duration{300 * s, 600 * s}, ""},
		{"ok_five_minutes_for_a_date", "Mon, 06 May 2024 07:08:09 GMT", 1, []time.Duration{300 * s}, ""},
		{"ok_five_minutes_for_a_fraction", "1.5", 1, []time.Duration{300 * s}, ""},
		{"ok_five_minutes_for_the_past", "-1", 1, []time.Duration{300 * s}, ""},
		{"ok_zero", "0", 2, []time.Duration{0, 0}, ""},
		{"limit_one_hour", "9999999999999", 1, []time.Duration{time.Hour}, ""},
		{"error_gives_up", "60", 10, doubling(60 * s), "answered 429 10 times: given up"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{})
			left := tt.refused
			ot.stub.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != "POST" || left == 0 {
					return false
				}
				left--
				w.Header().Set("Retry-After", tt.retryAfter)
				w.WriteHeader(429)
				return true
			}
			ot.assign(ot.createUser("Ada", login))
			if diff := cmp.Diff(tt.naps, ot.naps); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			j := ot.lastJob()
			if !strings.Contains(j.Error, tt.want) || tt.want == "" && j.Error != "" {
				t.Errorf("%v, want %q", j, tt.want)
			}
			var bodies []string
			for _, r := range ot.stub.taken() {
				if strings.HasPrefix(r.line, "POST") {
					bodies = append(bodies, r.body)
				}
			}
			if len(bodies) != min(tt.refused+1, maxTries) || bodies[0] != bodies[len(bodies)-1] {
				t.Errorf("%d POSTs: %q", len(bodies), bodies)
			}
		})
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	if err := sleep(t.Context(), time.Microsecond); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errClosed)
	if err := sleep(ctx, time.Hour); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}
