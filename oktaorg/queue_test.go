package oktaorg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDelayedJobsKeepTheOrderOfTheirUser(t *testing.T) {
	t.Parallel()
	var logged []string
	ot := newOrgTest(t, Options{Delay: 60 * time.Millisecond, Log: func(s string) { logged = append(logged, s) }})
	id := ot.createUser("Ada", login)
	if got := ot.assign(id); got["syncState"] != "SYNCING" || got["status"] != "PENDING" {
		t.Errorf("before the job: %v", got)
	}
	if lines := ot.stub.lines(); lines != nil {
		t.Errorf("provisioned before the answer: %q", lines)
	}
	ot.must(200, "PUT", "/api/v1/users/"+id, userJSON("Eva", login))
	ot.must(200, "POST", grants, grantJSON(id, ""))
	ot.must(204, "DELETE", testApp+"/users/"+id, "")
	ot.assign(id)
	if err := ot.org.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, what := range []string{"assign", "update", "grant", "deactivate", "assign"} {
		want = append(want, what+" "+login+": done")
	}
	for _, j := range ot.org.Jobs() {
		got = append(got, j.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, logged); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	// The account is made with the name of the time of the assignment, not the one of the time of the job.
	for _, r := range ot.stub.taken() {
		if strings.HasPrefix(r.line, "POST") && !strings.Contains(r.body, `"givenName":"Ada"`) {
			t.Errorf("created as %s", r.body)
		}
	}
	if u := ot.stub.user("scim-1"); u["active"] != true || u["displayName"] != "Eva Quist" {
		t.Errorf("account = %v", u)
	}
}

// While the job of one user hangs, those of another go on, and Wait gives up when it is told to.
func TestUsersDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	ot := newOrgTest(t, Options{Delay: time.Millisecond})
	release := make(chan struct{})
	ot.stub.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.RawQuery, "Ada1") {
			<-release
		}
		return false
	}
	ada, bea := ot.createUser("Ada", login), ot.createUser("Bea", "bea@example.com")
	ot.assign(ada)
	ot.must(204, "DELETE", testApp+"/users/"+ada, "")
	ot.assign(bea)
	for len(ot.org.Jobs()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if j := ot.org.Jobs()[0]; j.UserID != bea || j.Error != "" {
		t.Errorf("first to end: %+v", j)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := ot.org.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait = %v", err)
	}
	close(release)
	if err := ot.org.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(ot.org.Jobs()); got != 3 {
		t.Errorf("%d jobs", got)
	}
}

func TestCloseStopsJobs(t *testing.T) {
	t.Parallel()
	stub := newStub(t)
	entered := make(chan struct{}, 1)
	stub.before = func(_ http.ResponseWriter, r *http.Request) bool {
		entered <- struct{}{}
		<-r.Context().Done()
		return true
	}
	ot := &orgTest{T: t, stub: stub, org: New(Options{SCIMURL: stub.URL, Delay: time.Millisecond})}
	id := ot.createUser("Ada", login)
	ot.assign(id)
	ot.must(204, "DELETE", testApp+"/users/"+id, "")
	<-entered
	ot.org.Close()
	ot.assign(id)
	ot.org.Close()
	if err := ot.org.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	var got []string
	for _, j := range ot.org.Jobs() {
		got = append(got, j.What+" "+j.Error)
	}
	want := []string{"assign " + errClosed.Error(), "deactivate " + errClosed.Error(), "assign " + errClosed.Error()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

func TestCloseEndsAThrottledJob(t *testing.T) {
	t.Parallel()
	stub := newStub(t)
	served := make(chan struct{}, 1)
	stub.before = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(429)
		served <- struct{}{}
		return true
	}
	ot := &orgTest{T: t, stub: stub, org: New(Options{SCIMURL: stub.URL, Delay: time.Millisecond})}
	ot.assign(ot.createUser("Ada", login))
	<-served
	ot.org.Close()
	if j := ot.lastJob(); j.Error != errClosed.Error() {
		t.Error(j)
	}
}

// A caller who goes away does not take the job along.
func TestGoneCaller(t *testing.T) {
	t.Parallel()
	ot := newOrgTest(t, Options{})
	id := ot.createUser("Ada", login)
	ctx, cancel := context.WithCancel(t.Context())
	ot.stub.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == "GET" {
			cancel()
			time.Sleep(5 * time.Millisecond)
		}
		return false
	}
	r := httptest.NewRequestWithContext(ctx, "POST", testApp+"/users", strings.NewReader(`{"id":"`+id+`"}`))
	r.Header.Set("Authorization", "SSWS "+testToken)
	ot.send(r)
	if err := ot.org.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if j := ot.lastJob(); j.Error != "" || ot.stub.user("scim-1") == nil {
		t.Errorf("%v", j)
	}
}

// TestConcurrentCalls is for the race detector; its law: each user ends as its last call said, whatever the others do.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"ok_at_once": 0, "ok_delayed": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{Delay: delay, Mode: Wizard, Log: func(string) {}})
			var users sync.WaitGroup
			for i := range 8 {
				users.Go(func() { liveTogether(ot, fmt.Sprintf("u%d@example.com", i)) })
			}
			users.Wait()
			if err := ot.org.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, j := range ot.org.Jobs() {
				if j.Error != "" {
					t.Error(j)
				}
			}
			for id, u := range ot.stub.users {
				if u["active"] != false || u["displayName"] != "Last Quist" {
					t.Errorf("%s = %v", id, u)
				}
			}
			if len(ot.stub.users) != 8 {
				t.Errorf("%d accounts", len(ot.stub.users))
			}
		})
	}
}

func liveTogether(ot *orgTest, login string) {
	_, u := ot.call("POST", "/api/v1/users", userJSON("First", login))
	id := u["id"].(string)
	ot.call("POST", testApp+"/users", `{"id":"`+id+`"}`)
	var calls sync.WaitGroup
	for _, first := range []string{"A", "B", "C"} {
		calls.Go(func() { ot.call("PUT", "/api/v1/users/"+id, userJSON(first, login)) })
		calls.Go(func() { ot.call("GET", testApp+"/users/"+id, "") })
	}
	calls.Wait()
	ot.call("PUT", "/api/v1/users/"+id, userJSON("Last", login))
	ot.call("DELETE", testApp+"/users/"+id, "")
}
