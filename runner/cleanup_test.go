package runner

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/exchange"
	"offscope/transport"
)

// A creator answers POST and PUT with 201, and DELETE with 204. What a request's X-Location and X-Body say is in the answer.
type creator struct {
	mu      sync.Mutex
	deleted []string // address and headers of each DELETE
	refuse  int      // the status of DELETE when not 0
}

func (c *creator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.deleted = append(c.deleted, r.URL.RequestURI())
		if c.refuse != 0 {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.refuse)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if at := r.Header.Get("X-Location"); at != "" {
		w.Header().Set("Location", at)
	}
	status := http.StatusCreated
	if r.Method == http.MethodGet {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	fmt.Fprint(w, r.Header.Get("X-Body"))
}

// creates is a step that is answered 201 with a Location and a body.
func creates(method, target, location, body, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"step_type":"request","method":%q,"url":"SERVER%s","headers":{"X-Location":[%q],"X-Body":[%q]}%s}`, method, target, location, body, more)
}

// leftText writes the facts about what was left, with the server's address left out.
func leftText(out *recording) []string {
	var all []string
	for _, e := range out.events {
		b, ok := e.Body.(event.Resource)
		if !ok {
			continue
		}
		at, _ := url.Parse(b.URL)
		text := fmt.Sprintf("%d: %s", b.InStep, at.RequestURI())
		if at.Host == "" {
			text = fmt.Sprintf("%d: %s", b.InStep, b.URL)
		}
		switch {
		case b.Deleted:
			text += fmt.Sprintf(" deleted %d", b.Status)
		case b.CleanUp:
			text += " " + strings.ReplaceAll(b.Error, at.Scheme+"://"+at.Host, "SERVER")
		}
		all = append(all, text)
	}
	return all
}

func TestWhatWasCreatedIsListedAndDeleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		steps  string
		refuse int
		left   []string // without a clean-up
		want   []string // with one
		sent   []string // the DELETE requests of that
	}{
		{"location", creates("POST", "/Users?a=b", "/Users/1?v=2", "", ""), 0,
			[]string{"1: /Users/1?v=2"}, []string{"1: /Users/1?v=2 deleted 204"}, []string{"/Users/1?v=2"}},
		{"absolute location", creates("POST", "/Users", "SERVER/Users/1", "", ""), 0,
			[]string{"1: /Users/1"}, []string{"1: /Users/1 deleted 204"}, []string{"/Users/1"}},
		{"location in another collection", creates("POST", "/Users", "/Groups/7", "", ""), 0,
			[]string{"1: /Users"}, []string{"1: /Users it is not known where it is: its Location leads to another host, to another collection or to no resource of its own"}, nil},
		{"location in another collection, with another id", creates("POST", "/Users", "/Groups/7", `{"id":"8"}`, ""), 0,
			[]string{"1: /Users/8"}, []string{"1: /Users/8 deleted 204"}, []string{"/Users/8"}},
		{"location by dots in another collection", creates("POST", "/v2/Users", "/v2/Users/../Groups/7", "", ""), 0,
			[]string{"1: /v2/Users"}, []string{"1: /v2/Users it is not known where it is: its Location leads to another host, to another collection or to no resource of its own"}, nil},
		{"location by escaped dots", creates("POST", "/v2/Users", "/v2/Users/%2e%2e", "", ""), 0,
			[]string{"1: /v2/Users"}, []string{"1: /v2/Users it is not known where it is: its Location leads to another host, to another collection or to no resource of its own"}, nil},
		{"location by escaped dots and slashes", creates("POST", "/v2/Users", "/v2/Users/..%2f..%2fGroups", "", ""), 0,
			[]string{"1: /v2/Users"}, []string{"1: /v2/Users it is not known where it is: its Location leads to another host, to another collection or to no resource of its own"}, nil},
		{"location by dots in the same collection", creates("POST", "/v2/Users", "/v2/x/../Users/7", "", ""), 0,
			[]string{"1: /v2/Users/7"}, []string{"1: /v2/Users/7 deleted 204"}, []string{"/v2/Users/7"}},
		{"location below a resource", creates("POST", "/Users", "/Users/1/photo", "", ""), 0,
			[]string{"1: /Users"}, []string{"1: /Users it is not known where it is: its Location leads to another host, to another collection or to no resource of its own"}, nil},
		{"location elsewhere, of the same id", creates("POST", "/Users/.import", "/Users/7", `{"id":7}`, ""), 0,
			[]string{"1: /Users/7"}, []string{"1: /Users/7 deleted 204"}, []string{"/Users/7"}},
		{"location higher up, of the same id", creates("POST", "/v2/Users", "/7", `{"id":7}`, ""), 0,
			[]string{"1: /v2/Users/7"}, []string{"1: /v2/Users/7 deleted 204"}, []string{"/v2/Users/7"}},
		{"location and id of one resource, gone", creates("POST", "/Users", "/Users/a%2Fb", `{"id":"a/b"}`, ""), 404,
			[]string{"1: /Users/a%2Fb"}, []string{"1: /Users/a%2Fb deleted 404"}, []string{"/Users/a%2Fb"}},
		{"location and id disagree, and nothing is there", creates("POST", "/Users", "/Users/1", `{"id":"2"}`, ""), 404,
			[]string{"1: /Users/1"}, []string{"1: /Users/1 the server answered 404 Not Found at SERVER/Users/1; the server answered 404 Not Found at SERVER/Users/2"},
			[]string{"/Users/1", "/Users/2"}},
		{"location was not taken, and nothing is under the id", creates("POST", "/Users", "/Groups/1", `{"id":"2"}`, ""), 410,
			[]string{"1: /Users/2"}, []string{"1: /Users/2 the server answered 410 Gone at SERVER/Users/2; its Location leads to another host, to another collection or to no resource of its own"}, []string{"/Users/2"}},
		{"always the same wrong location", steps(creates("POST", "/Users", "/Users/0", `{"id":"1"}`, ""), creates("POST", "/Users", "/Users/0", `{"id":"2"}`, "")), 0,
			[]string{"1: /Users/0", "2: /Users/0"}, []string{"2: /Users/0 deleted 204", "1: /Users/0 deleted 204"}, []string{"/Users/0", "/Users/0"}},
		{"location and id disagree, and the test deletes by the id", steps(creates("POST", "/Users", "/Users/1", `{"id":"2"}`, ""), creates("DELETE", "/Users/2", "", "", "")), 0,
			nil, nil, []string{"/Users/2"}},
		{"put, with a location elsewhere", creates("PUT", "/Users/5", "/Groups/5", "", ""), 0,
			[]string{"1: /Users/5"}, []string{"1: /Users/5 deleted 204"}, []string{"/Users/5"}},
		{"put, with its location", creates("PUT", "/Users/5", "/Users/5", "", ""), 404,
			[]string{"1: /Users/5"}, []string{"1: /Users/5 deleted 404"}, []string{"/Users/5"}},
		{"id", creates("POST", "/Users?a=b", "", `{"id":"x1"}`, ""), 0,
			[]string{"1: /Users/x1"}, []string{"1: /Users/x1 deleted 204"}, []string{"/Users/x1"}},
		{"number as id", creates("POST", "/Users/", "", `{"id":17}`, ""), 0,
			[]string{"1: /Users/17"}, []string{"1: /Users/17 deleted 204"}, []string{"/Users/17"}},
		{"id with a slash", creates("POST", "/Users", "", `{"id":"a/b?c"}`, ""), 0,
			[]string{"1: /Users/a%2Fb%3Fc"}, []string{"1: /Users/a%2Fb%3Fc deleted 204"}, []string{"/Users/a%2Fb%3Fc"}},
		{"put", creates("PUT", "/Users/5?a=b", "", `{"id":"6"}`, ""), 0,
			[]string{"1: /Users/5"}, []string{"1: /Users/5 deleted 204"}, []string{"/Users/5"}},
		{"location elsewhere, with an id", creates("POST", "/Users", "http://other.invalid/Users/1", `{"id":"1"}`, ""), 0,
			[]string{"1: /Users/1"}, []string{"1: /Users/1 deleted 204"}, []string{"/Users/1"}},
		{"location elsewhere", creates("POST", "/Users", "http://other.invalid/Users/1", "", ""), 0,
			[]string{"1: /Users"}, []string{"1: /Users it is not known where it is: its Location leads to another host, to another collection or to no resource of its own"}, nil},
		{"location is the collection", creates("POST", "/v2/Users", "/v2/Users/", "", ""), 0,
			[]string{"1: /v2/Users"}, []string{"1: /v2/Users it is not known where it is: its Location leads to another host, to another collection or to no resource of its own"}, nil},
		{"location above the collection", creates("POST", "/v2/Users", "/", `{"id":"3"}`, ""), 0,
			[]string{"1: /v2/Users/3"}, []string{"1: /v2/Users/3 deleted 204"}, []string{"/v2/Users/3"}},
		{"nothing says where", creates("POST", "/Users", "", `{"id":""}`, ""), 0, nil, nil, nil},
		{"dots as id", creates("POST", "/Users", "", `{"id":".."}`, ""), 0, nil, nil, nil},
		{"object as id", creates("POST", "/Users", "", `{"id":{}}`, ""), 0, nil, nil, nil},
		{"list", creates("POST", "/Users", "", `[{"id":1}]`, ""), 0, nil, nil, nil},
		{"no 201", creates("GET", "/Users", "/Users/1", "", ""), 0, nil, nil, nil},
		{"deleted by the test", steps(creates("POST", "/Users", "/Users/1", "", ""), creates("DELETE", "/Users/1/?why=x", "", "", "")), 0,
			nil, nil, []string{"/Users/1/?why=x"}},
		{"deleted and created again", steps(creates("PUT", "/Users/1", "", "", ""), creates("DELETE", "/Users/1", "", "", ""), creates("PUT", "/Users/1", "", "", "")), 0,
			[]string{"3: /Users/1"}, []string{"3: /Users/1 deleted 204"}, []string{"/Users/1", "/Users/1"}},
		{"created twice at one place", steps(creates("PUT", "/Users/1", "", "", ""), creates("PUT", "/Users/1", "", "", "")), 0,
			[]string{"2: /Users/1"}, []string{"2: /Users/1 deleted 204"}, []string{"/Users/1"}},
		{"newest first", steps(creates("POST", "/a", "/a/1", "", ""), creates("POST", "/b", "/b/1", "", "")), 0,
			[]string{"1: /a/1", "2: /b/1"}, []string{"2: /b/1 deleted 204", "1: /a/1 deleted 204"}, []string{"/b/1", "/a/1"}},
		{"gone already", creates("POST", "/a", "/a/1", "", ""), 404, []string{"1: /a/1"}, []string{"1: /a/1 deleted 404"}, []string{"/a/1"}},
		{"refused", steps(creates("POST", "/a", "/a/1", "", ""), creates("POST", "/b", "/b/1", "", "")), 403,
			[]string{"1: /a/1", "2: /b/1"}, []string{"2: /b/1 the server answered 403 Forbidden", "1: /a/1 the server answered 403 Forbidden"}, []string{"/b/1", "/a/1"}},
		{"redirected", creates("POST", "/a", "/a/1", "", ""), 307, []string{"1: /a/1"}, []string{"1: /a/1 the server answered 307 Temporary Redirect"}, []string{"/a/1"}},
		{"the test's own DELETE is refused", steps(creates("POST", "/a", "/a/1", "", ""), creates("DELETE", "/a/1", "", "", "")), 409,
			[]string{"1: /a/1"}, []string{"1: /a/1 the server answered 409 Conflict"}, []string{"/a/1", "/a/1"}},
		{"a failed step has created it, too", creates("POST", "/a", "/a/1", "", assertRow("response_status", "", "equal_number", "200")), 0,
			[]string{"1: /a/1"}, []string{"1: /a/1 deleted 204"}, []string{"/a/1"}},
		{"in a loop", compares("conditional-loop", "{{n}}", "equal", "2",
			creates("POST", "/a", "/a/{{n}}", `{"n":2}`, `"variables":[{"source":"response_json","property":"n","name":"n"}]`), creates("POST", "/b", "/b/{{n}}", "", "")), 0,
			[]string{"2: /a/1", "3: /b/2"}, []string{"3: /b/2 deleted 204", "2: /a/1 deleted 204"}, []string{"/b/2", "/a/1"}},
	} {
		for _, mode := range []Leftovers{ListLeftovers, DeleteLeftovers, IgnoreLeftovers} {
			t.Run(fmt.Sprintf("%s %d", c.name, mode), func(t *testing.T) {
				t.Parallel()
				server := &creator{refuse: c.refuse}
				out, _, _ := run{steps: c.steps, handler: server.ServeHTTP, leftovers: mode, vars: map[string]string{"n": "1"}}.do(t)
				want := [][]string{c.left, c.want, nil}[mode]
				if diff := cmp.Diff(want, leftText(out)); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				if mode == DeleteLeftovers {
					if diff := cmp.Diff(c.sent, server.deleted); diff != "" {
						t.Errorf("what was sent: -want +got\n%s", diff)
					}
				}
			})
		}
	}
}

// A server whose Location is wrong answers 404 there; that says nothing about the resource, which is under its id.
func TestAResourceThatIsNotAtItsLocationIsDeletedByItsID(t *testing.T) {
	t.Parallel()
	var sent []string
	out, _, _ := run{
		leftovers: DeleteLeftovers,
		steps:     creates("POST", "/Users", "/Users/wrong", `{"id":"1"}`, ""),
		handler: func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				sent = append(sent, r.URL.Path)
			}
			if r.URL.Path == "/Users/wrong" {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			(&creator{}).ServeHTTP(w, r)
		},
	}.do(t)
	if diff := cmp.Diff([]string{"1: /Users/1 deleted 204"}, leftText(out)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/Users/wrong", "/Users/1"}, sent); diff != "" {
		t.Errorf("what was sent: -want +got\n%s", diff)
	}
}

func TestWhatASubtestHasCreatedIsDeletedWithItsOwnCredentials(t *testing.T) {
	t.Parallel()
	var proofs []string
	out, _, _ := run{
		leftovers: DeleteLeftovers,
		steps:     steps(creates("POST", "/a", "/a/1", "", ""), subtestStep("child", "")),
		env:       "name: e\nheaders: {Authorization: Bearer outer-token}",
		subtests: map[string]run{"child": {
			steps: creates("POST", "/b", "/b/1", "", ""), env: "name: e\nheaders: {Authorization: Bearer inner-token}\nsecrets: [key]\ninitial_variables: {key: k3y-value}",
		}},
		handler: func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				proofs = append(proofs, r.URL.Path+" "+r.Header.Get("Authorization"))
			}
			(&creator{}).ServeHTTP(w, r)
		},
	}.do(t)
	if diff := cmp.Diff([]string{"/b/1 Bearer inner-token", "/a/1 Bearer outer-token"}, proofs); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	facts := all[event.Resource](out, 0)
	if len(facts) != 2 || facts[0].InSub != 1 || facts[0].InStep != 1 || facts[1].InSub != 0 {
		t.Errorf("got %+v", facts)
	}
}

func TestAResourceIsDeletedWithHostCredentialsAndSecretHeadersOnly(t *testing.T) {
	t.Parallel()
	var got http.Header
	var host string
	out, _, _ := run{
		leftovers: DeleteLeftovers,
		options:   Options{Secrets: []string{"key", "path"}, Cookies: On},
		vars:      map[string]string{"key": "k3y-canary-1", "path": "p4th-canary-2"},
		steps: creates("POST", "/{{path}}/a", "/p4th-canary-2/a/1", "", `"body":"x"`) + "," +
			`{"step_type":"request","method":"POST","url":"SERVER/{{path}}/a","body":"{}","headers":{"X-Api-Key":["{{key}}"],"X-Plain":["plain"],"Authorization":["Bearer t0ken-canary-3"],` +
			`"Cookie":["a=c00kie-canary-4"],"Host":["virtual.example"],"Content-Type":["application/json"],"X-Location":["/p4th-canary-2/a/2"]}}`,
		handler: func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/2") {
				got, host = r.Header, r.Host
				w.WriteHeader(http.StatusForbidden)
				return
			}
			(&creator{}).ServeHTTP(w, r)
		},
	}.do(t)
	for name, want := range map[string]string{
		"X-Api-Key": "k3y-canary-1", "Authorization": "Bearer t0ken-canary-3", "Cookie": "a=c00kie-canary-4", "X-Plain": "", "Content-Type": "", "X-Test-Body": "",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Get(name), want)
		}
	}
	if host != "virtual.example" {
		t.Errorf("the host is %q", host)
	}
	text := out.encoded(t)
	for _, canary := range []string{"canary-1", "canary-2", "canary-3", "canary-4"} {
		if strings.Contains(text, canary) {
			t.Errorf("the events show %s", canary)
		}
	}
}

func TestSecretsOfAnAddressStayHidden(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]run{
		"an id that becomes a secret": {
			env:   "secrets: [id]",
			steps: creates("POST", "/a", "", `{"id":"id-canary"}`, `"variables":[{"source":"response_json","property":"id","name":"id"}]`),
		},
		"a short one": {
			options: Options{Secrets: []string{"pin"}}, vars: map[string]string{"pin": "zq7"},
			steps: creates("POST", "/{{pin}}/a", "", `{"id":"1"}`, ""),
		},
		"one that a script takes out": {
			steps: creates("POST", "/a", "", `{"id":"id-canary"}`, `"scripts":["response.body = '{}'"]`),
		},
		"a password in the address": {
			steps: strings.Replace(creates("POST", "/a", "", `{"id":"1"}`, ""), "http://", "http://user:pw-canary@", 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r.leftovers, r.handler = DeleteLeftovers, (&creator{refuse: 500}).ServeHTTP
			out, _, _ := r.do(t)
			facts := all[event.Resource](out, 0)
			if len(facts) != 1 || facts[0].Status != 500 {
				t.Fatalf("got %+v", facts)
			}
			if text := fmt.Sprintf("%+v", facts[0]); strings.Contains(text, "canary") || strings.Contains(text, "zq7") {
				t.Errorf("got %s", text)
			}
		})
	}
}

func TestAnInterruptedRunIsCleanedUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	server := &creator{}
	out, end, _ := run{
		ctx: ctx, leftovers: DeleteLeftovers, steps: steps(creates("POST", "/a", "/a/1", "", ""), creates("POST", "/b", "/b/1", "", "")),
		handler: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/b" {
				cancel(Interrupted{Signal: "SIGINT"})
				<-r.Context().Done()
				return
			}
			server.ServeHTTP(w, r)
		},
	}.do(t)
	if diff := cmp.Diff([]string{"1: /a/1 deleted 204"}, leftText(out)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if end.Interrupted != "SIGINT" {
		t.Errorf("got %+v", end)
	}
}

func TestWhatTheCleanUpAfterAnInterruptionHasNoTimeForIsTold(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	address, _ := url.Parse("http://127.0.0.1:1/a/1")
	r := &resource{test: &Test{}, step: &Step{}, whereabouts: whereabouts{addresses: []*url.URL{address}}}
	if fact := r.delete(ended); fact.Deleted || fact.Error != "there was no time left" {
		t.Errorf("got %+v", fact)
	}
}

func TestTheCleanUpOutlivesTheRunForAMomentOnly(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	longer, stop := afterwards(over)
	if longer.Err() != nil {
		t.Error("it has ended with the run")
	}
	stop()
	if longer.Err() == nil {
		t.Error("it does not end")
	}
	if cleanUpAfterwards > 10*time.Second {
		t.Error("nobody waits so long")
	}
}

func TestAServerThatCannotBeReachedIsTold(t *testing.T) {
	t.Parallel()
	down := &downAfter{sends: 1}
	out, end, _ := run{leftovers: DeleteLeftovers, sender: down, steps: creates("POST", "/a", "/a/1", "", "")}.do(t)
	if diff := cmp.Diff([]string{"1: /a/1 connection refused by the test"}, leftText(out)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if end.Outcome != event.Passed {
		t.Errorf("the clean-up has changed the outcome to %s", end.Outcome)
	}
}

// downAfter answers 201 so many times, and never again.
type downAfter struct{ sends int }

func (d *downAfter) Send(_ context.Context, r *exchange.Request) (*exchange.Response, error) {
	if d.sends--; d.sends < 0 {
		return nil, fmt.Errorf("connection refused by the test")
	}
	return &exchange.Response{Status: http.StatusCreated, Header: header("Location", "/a/1")}, nil
}

func TestTestsBesideEachOtherAreCleanedUpTogether(t *testing.T) {
	t.Parallel()
	server := &creator{}
	s := httptest.NewServer(server)
	defer s.Close()
	client, err := transport.New(transport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var plans []*Plan
	for i := range 8 {
		plans = append(plans, run{steps: creates("POST", "/a", fmt.Sprintf("/a/%d", i), "", "")}.plan(t, s.URL))
	}
	out := &recording{}
	m := Machinery{Sender: client, Engine: engine, Clock: newClock(), Jobs: 4, Leftovers: DeleteLeftovers}
	if _, err := Run(t.Context(), plans, m, out); err != nil {
		t.Fatal(err)
	}
	slices.Sort(server.deleted)
	if want := []string{"/a/0", "/a/1", "/a/2", "/a/3", "/a/4", "/a/5", "/a/6", "/a/7"}; !slices.Equal(server.deleted, want) {
		t.Errorf("got %q", server.deleted)
	}
	if len(all[event.Resource](out, 0)) != 8 {
		t.Error("facts are missing")
	}
}
