package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	testToken = "sesame"
	testTime  = "2026-03-01T12:00:00.000Z"
)

// newTestServer counts ids up from "id-1" and stops the clock, so that answers can be compared as they are. The
// seeded user, group, role and entitlement are id-1 to id-4.
func newTestServer(o Options) *Server {
	ids := 0
	o.NewID = func() string { ids++; return "id-" + strconv.Itoa(ids) }
	o.Clock = func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	return NewServer(o)
}

// client sends requests to a handler, below the base path of one dialect.
type client struct {
	t       testing.TB
	handler http.Handler
	version Version
	auth    string
}

func newClient(t testing.TB, s *Server, v Version) client {
	return client{t: t, handler: s, version: v, auth: "Bearer " + testToken}
}

type reply struct {
	t      testing.TB
	status int
	header http.Header
	text   string
	json   any
}

// send makes one request; header is name, value, name, value …
func (c client) send(method, path, body string, header ...string) reply {
	c.t.Helper()
	r := httptest.NewRequest(method, c.version.Path()+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	if c.auth != "" {
		r.Header.Set("Authorization", c.auth)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	got := reply{t: c.t, status: w.Code, header: w.Header(), text: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &got.json); err != nil {
			c.t.Fatalf("%s %s answered JSON that does not parse: %v\n%s", method, path, err, got.text)
		}
	}
	return got
}

func (c client) get(path string, header ...string) reply {
	c.t.Helper()
	return c.send("GET", path, "", header...)
}

func (c client) filter(endpoint, filter string) reply {
	c.t.Helper()
	return c.get(endpoint + "?filter=" + url.QueryEscape(filter))
}

// want fails unless the status is the expected one.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status is %d, want %d; body %s", r.status, status, r.text)
	}
	return r
}

// at walks into the body: "Resources", 0, "name", "givenName". A missing step gives nil.
func (r reply) at(steps ...any) any {
	v := r.json
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// is fails unless the value at steps prints as want does; numbers and texts therefore need the right type to differ.
func (r reply) is(want any, steps ...any) reply {
	r.t.Helper()
	if got := r.at(steps...); fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
		r.t.Errorf("%v is %#v, want %#v; body %s", steps, got, want, r.text)
	}
	return r
}

// filled fails when there is nothing at steps.
func (r reply) filled(steps ...any) reply {
	r.t.Helper()
	if v := r.at(steps...); v == nil || v == "" {
		r.t.Errorf("%v is missing; body %s", steps, r.text)
	}
	return r
}

func userBody(v Version, userName string) string {
	urn := urnUser
	if v == V1 {
		urn = urnCoreV1
	}
	return fmt.Sprintf(`{"schemas":[%q],"userName":%q,"name":{"givenName":"Rosa","familyName":"Lind"},`+
		`"emails":[{"primary":true,"value":%q,"type":"work"}],"displayName":"Rosa Lind","active":true}`, urn, userName, userName)
}
