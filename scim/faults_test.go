package scim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseFault(t *testing.T) {
	t.Parallel()
	for _, name := range FaultNames() {
		text, want := name, Fault{Name: name}
		if name == "slow" {
			text, want = "slow=300ms", Fault{"slow", 300 * time.Millisecond}
		}
		got, err := ParseFault(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
		if got.String() != text {
			t.Errorf("%s prints as %s", text, got)
		}
	}
	for text, want := range map[string]string{
		"":           `known are 401-no-body, duplicate-accepted`,
		"dorp":       `unknown fault "dorp"; known are 401-no-body`,
		"html-error": `unknown fault "html-error"`,
		"xyzzy":      `unknown fault "xyzzy"; known are`,
		"slow":       `such as slow=300ms`,
		"slow=":      `such as slow=300ms`,
		"slow=-1s":   `such as slow=300ms`,
		"slow=fast":  `such as slow=300ms`,
		"drop=1":     `takes no value; write "drop"`,
	} {
		if _, err := ParseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v lacks %q", text, err, want)
		}
	}
}

func TestUnknownFaultPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a server with an unknown fault was made")
		}
	}()
	NewServer(Options{Faults: []Fault{{Name: "dorp"}}})
}

// faulty is a client of a server with one fault.
func faulty(t *testing.T, fault string) client {
	t.Helper()
	f, err := ParseFault(fault)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, newTestServer(Options{Bearer: testToken, Faults: []Fault{f}}), V2)
}

func TestFault401NoBody(t *testing.T) {
	t.Parallel()
	c := faulty(t, "401-no-body")
	c.get("/Users/x").want(404).filled("detail")
	c.auth = "non-token"
	got := c.get("/Users").want(401)
	if got.text != "" || got.header.Get("Content-Type") != "" {
		t.Errorf("401 has the body %q of type %q", got.text, got.header.Get("Content-Type"))
	}
}

func TestFaultDuplicateAccepted(t *testing.T) {
	t.Parallel()
	c := faulty(t, "duplicate-accepted")
	c.send("POST", "/Users", userBody(V2, "rosa")).want(201)
	second := c.send("POST", "/Users", userBody(V2, "ROSA")).want(201).at("id").(string)
	c.filter("/Users", `userName eq "rosa"`).is(2.0, "totalResults")
	c.send("DELETE", "/Users/"+second, "").want(204)
	c.filter("/Users", `userName eq "rosa"`).is(1.0, "totalResults")
}

func TestFaultCaseSensitive(t *testing.T) {
	t.Parallel()
	c := faulty(t, "case-sensitive")
	c.send("POST", "/Users", userBody(V2, "Rosa")).want(201)
	c.send("POST", "/Users", userBody(V2, "Rosa")).want(409)
	c.filter("/Users", `userName eq "ROSA"`).want(200).is(0.0, "totalResults")
	c.filter("/Users", `userName sw "ro"`).want(200).is(0.0, "totalResults")
	c.filter("/Users", `USERNAME eq "Rosa"`).want(200).is(1.0, "totalResults")
	c.filter("/Users", `displayName eq "rosa lind"`).want(200).is(1.0, "totalResults")
	c.send("POST", "/Users", userBody(V2, "ROSA")).want(201)
}

func TestFaultMissingName(t *testing.T) {
	t.Parallel()
	c := faulty(t, "missing-name")
	made := c.send("POST", "/Users", userBody(V2, "rosa")).want(201).is(nil, "name").is("Rosa Lind", "displayName").filled("schemas")
	c.get("/Users/"+made.at("id").(string)).is(nil, "name")
	c.get("/Users").is(nil, "Resources", 0, "name").filled("Resources", 0, "emails")
	c.get("/Users?attributes=name,userName").is(nil, "Resources", 0, "name").filled("Resources", 0, "userName")
	if u, _ := c.handler.(*Server).User("rosa"); u["name"] == nil {
		t.Error("the name was not stored")
	}
}

func TestFaultStringCounts(t *testing.T) {
	t.Parallel()
	c := faulty(t, "string-counts")
	for _, endpoint := range []string{"/Users", "/Groups", "/Roles"} {
		c.get(endpoint).is("1", "totalResults").is("1", "startIndex").is("1", "itemsPerPage")
	}
}

func TestFaultHTMLErrors(t *testing.T) {
	t.Parallel()
	c := faulty(t, "html-errors")
	c.get("/Users").want(200).filled("schemas")
	got := c.get("/Users/<b>").want(404)
	if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || !strings.Contains(got.text, "<h1>404 Not Found</h1>") || strings.Contains(got.text, "<b>") {
		t.Errorf("%v\n%s", got.header, got.text)
	}
	c.auth = ""
	if got := c.get("/Users").want(401); !strings.Contains(got.text, "<html>") {
		t.Error(got.text)
	}
}

func TestFaultSlow(t *testing.T) {
	t.Parallel()
	c := faulty(t, "slow=30ms")
	start := time.Now()
	c.get("/Users").want(200)
	c.get("/Users/x").want(404)
	if took := time.Since(start); took < 60*time.Millisecond {
		t.Errorf("two answers took %v", took)
	}
}

// TestFaultSlowNeverAnswersTooEarly: when the wait is broken off there is no answer, not an empty 200.
func TestFaultSlowNeverAnswersTooEarly(t *testing.T) {
	t.Parallel()
	c := faulty(t, "slow=1h")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("recovered %v", got)
		}
	}()
	c.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", PathV2+"/Users", nil).WithContext(ctx))
}

func TestFaultDrop(t *testing.T) {
	t.Parallel()
	s := newTestServer(Options{Faults: []Fault{{Name: "drop"}}})
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	res, err := http.Get(ts.URL + PathV2 + "/Users")
	if !errors.Is(err, io.EOF) {
		t.Fatalf("got %v, %v; want the connection to close", res, err)
	}
	if log := s.Requests(); len(log) == 0 || log[0].Status != 0 {
		t.Errorf("log is %+v", log)
	}
}

func TestFaultsAdd(t *testing.T) {
	t.Parallel()
	s := newTestServer(Options{Bearer: testToken, Faults: []Fault{{Name: "html-errors"}, {Name: "401-no-body"}, {Name: "string-counts"}}})
	c := newClient(t, s, V1)
	c.get("/Users").want(200).is("1", "totalResults")
	c.auth = ""
	if got := c.get("/Users").want(401); got.text != "" {
		t.Error(got.text)
	}
}
