package advice

import (
	"strings"
	"testing"
	"time"

	"offscope/bucket"
	"offscope/exchange"
	"offscope/jsontree"
)

func sent(method, authorization string) *exchange.Request {
	r := &exchange.Request{Method: method, URL: "http://localhost:1/Users"}
	if authorization != "-" {
		r.Header.Add("Authorization", authorization)
	}
	return r
}

func answer(status int, kind, body string) *exchange.Response {
	return &exchange.Response{Status: status, Header: exchange.Header{{Name: "Content-Type", Value: kind}}, Body: []byte(body)}
}

var (
	status  = Row{Source: bucket.ResponseStatus, Comparison: bucket.EqualNumber, Target: "200"}
	inJSON  = Row{Source: bucket.ResponseJSON, Comparison: bucket.NotEmpty}
	inTime  = Row{Source: bucket.ResponseTime, Comparison: bucket.IsLessThan, Target: "600"}
	created = Row{Source: bucket.ResponseStatus, Comparison: bucket.EqualNumber, Target: "409"}
)

// missing is the row of a path that leads nowhere in a document.
func missing(t *testing.T, document, path string) Row {
	t.Helper()
	root, err := jsontree.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	p, err := jsontree.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	_, missing := p.Lookup(root)
	if missing == nil {
		t.Fatalf("%s is there", path)
	}
	return Row{Source: bucket.ResponseJSON, Comparison: bucket.NotEmpty, Missing: missing}
}

func TestHints(t *testing.T) {
	t.Parallel()
	const list, user = `{"totalResults":0,"Resources":[]}`, `{"userName":"a","emails":[],"id":"1"}`
	slow := answer(200, "application/json", "{}")
	slow.Timings = exchange.Timings{Wait: 700 * time.Millisecond, Total: 800 * time.Millisecond}
	connecting := answer(200, "application/json", "{}")
	connecting.Timings = exchange.Timings{Connect: 600 * time.Millisecond, Wait: 10 * time.Millisecond, Total: 800 * time.Millisecond}
	for _, row := range []struct {
		name string
		c    Case
		want []string
	}{
		{"a value of Okta's guide", Case{Undefined: []string{"SCIMBaseURL"}}, []string{"give it with --var SCIMBaseURL=…"}},
		{"a secret of Okta's guide", Case{Undefined: []string{"auth"}}, []string{`such as "Bearer TOKEN"; give it with --secret auth=…`}},
		{"the missing Spec script", Case{Undefined: []string{"SCIMBaseURL", "randomEmail"}},
			[]string{"--var SCIMBaseURL", "randomEmail is set by the initial script that Okta publishes beside this test: download Initial_Script_Spec.txt"}},
		{"the missing CRUD script", Case{Undefined: []string{"okta_user_email"}}, []string{"--initial-script Initial_Script_CRUD.txt"}},
		{"the wrong script", Case{Undefined: []string{"okta_user_email"}, InitialScript: true}, []string{"the initial script that was given does not set it"}},
		{"an unknown variable", Case{Undefined: []string{"x"}}, []string{"an export holds no initial script and no environment"}},
		{"an unknown variable beside a script", Case{Undefined: []string{"x"}, InitialScript: true}, nil},
		{"a variable of a failed step", Case{Undefined: []string{"id"}, Lost: map[string]int{"id": 3}}, []string{"id is set by step 3, which did not get that far"}},

		{"refused", Case{Failure: "connect", Refused: true, Host: "localhost:9"}, []string{"nothing listens at localhost:9"}},
		{"a URL", Case{Failure: "url", Request: &exchange.Request{URL: "h/Users"}}, []string{"a URL begins with http:// or https:// and a host"}},
		{"a URL without its beginning", Case{Failure: "url", Request: &exchange.Request{URL: "/Users"}}, []string{"the URL has no host: is the variable empty that it begins with?"}},
		{"a URL in quotes", Case{Failure: "url", Request: &exchange.Request{URL: `%22http://h%22/Users`}}, []string{"the URL begins with a quote"}},
		{"a URL in other quotes", Case{Failure: "url", Request: &exchange.Request{URL: `'http://h'/Users`}}, []string{"the URL begins with a quote"}},
		{"closed", Case{Failure: "closed", Host: "h:9", Request: &exchange.Request{URL: "http://h:9/"}}, []string{"if it speaks TLS on this port, begin the URL with https://"}},
		{"unreachable", Case{Failure: "connect", Host: "h:9"}, []string{"h:9 cannot be reached"}},
		{"dns", Case{Failure: "dns", Host: "nix"}, []string{"the name in nix has no address"}},
		{"an authority nobody knows", Case{Failure: "tls", Host: "h", TLS: UnknownAuthority}, []string{"trust it with --cacert FILE, or do not verify it with -k"}},
		{"a certificate for another name", Case{Failure: "tls", Host: "h", TLS: WrongName}, []string{"the certificate is not for h: use a name that it holds"}},
		{"an expired certificate", Case{Failure: "tls", Host: "h", TLS: Expired}, []string{"the certificate of h has to be renewed; -k does not verify it"}},
		{"no TLS at all", Case{Failure: "tls", Host: "h", TLS: NoTLS}, []string{"write http:// instead of https://, or give the port"}},
		{"a client certificate is wanted", Case{Failure: "tls", Host: "h", TLS: ClientCertificate}, []string{"h asks for a client certificate: give it with --cert FILE and --key FILE, or as client_certificate in the environment"}},
		{"a client certificate was asked for", Case{Failure: "closed", Host: "h", TLS: ClientCertificate}, []string{"h asks for a client certificate"}},
		{"TLS of another kind", Case{Failure: "tls", Host: "h"}, nil},
		{"timeout", Case{Failure: "timeout", Host: "h"}, []string{"--timeout"}},
		{"dropped", Case{Failure: "closed", Host: "h"}, []string{"h closed the connection without a whole answer"}},
		{"protocol", Case{Failure: "protocol", Host: "h"}, []string{"not HTTP"}},
		{"no HTTP/2", Case{Failure: "protocol", Host: "h", NoHTTP2: true}, []string{"h does not speak the HTTP/2 that is asked for: give --http1.1"}},
		{"no socket", Case{Failure: "connect", Host: "h", Socket: "/run/s"}, []string{"nothing listens at the Unix socket /run/s: is the server running, and is --unix-socket right?"}},
		{"a refusing socket", Case{Failure: "connect", Refused: true, Host: "h", Socket: "/run/s"}, []string{"nothing listens at the Unix socket /run/s"}},
		{"proxy", Case{Failure: "proxy", Host: "h"}, []string{"the proxy refuses or cannot be reached: check --proxy and HTTP_PROXY; NO_PROXY"}},
		{"no proxy there", Case{Failure: "proxy", Host: "h", Refused: true}, []string{"nothing listens at the proxy's address"}},
		{"body limit", Case{Failure: "body-limit"}, []string{"--max-body"}},
		{"url", Case{Failure: "url"}, []string{"http://"}},
		{"interrupted", Case{Failure: "interrupted"}, nil},

		{"401 without scheme", Case{Request: sent("GET", "abc"), Response: answer(401, "", "{}"), Rows: []Row{status}}, []string{"does not begin with a scheme"}},
		{"401 with a value of two words", Case{Request: sent("GET", "my secret"), Response: answer(401, "", "{}"), Rows: []Row{status}}, []string{"does not begin with a scheme"}},
		{"401 with scheme", Case{Request: sent("GET", "Bearer abc"), Response: answer(401, "", "{}"), Rows: []Row{status}}, []string{"refused the Bearer credentials"}},
		{"401 with two schemes", Case{Request: sent("GET", "Bearer Bearer abc"), Response: answer(401, "", "{}"), Rows: []Row{status}}, []string{"two schemes"}},
		{"401 with only a scheme", Case{Request: sent("GET", "Bearer "), Response: answer(401, "", "{}"), Rows: []Row{status}}, []string{"only a scheme"}},
		{"401 without header", Case{Request: sent("GET", "-"), Response: answer(401, "", "{}"), Rows: []Row{status}}, []string{"no Authorization header"}},
		{"401 with an empty header", Case{Request: sent("GET", ""), Response: answer(401, "", "{}"), Rows: []Row{status}}, []string{"was empty"}},
		{"401 as expected", Case{Request: sent("GET", "abc"), Response: answer(401, "", "{}"), Rows: []Row{inJSON}}, nil},
		{"403", Case{Request: sent("GET", "abc"), Response: answer(403, "", "{}"), Rows: []Row{status}}, []string{"compare the rights of these credentials"}},

		{"duplicate accepted by SCIM 1.1", Case{
			Request: &exchange.Request{Method: "POST", URL: "http://h/", Body: []byte(`{"schemas":["urn:scim:schemas:core:1.0"]}`)}, Response: answer(201, "", ""),
			Rows: []Row{{Source: bucket.ResponseStatus, Comparison: bucket.EqualNumber, Target: "409"}},
		}, []string{"the server accepted what the test sends as a duplicate; it has to answer 409"}},
		{"401 without body", Case{Request: sent("GET", "Bearer x"), Response: answer(401, "", ""), Rows: []Row{inJSON}}, []string{"the 401 came without a body; SCIM asks for one with schemas, status and detail (RFC 7644 section 3.12)"}},
		{"404 without body and nothing reads it", Case{Request: sent("GET", "x"), Response: answer(404, "", ""), Rows: []Row{status}}, []string{"a list is there even when it is empty: is the base URL complete"}},
		{"204 without body", Case{Request: sent("GET", "x"), Response: answer(204, "", ""), Rows: []Row{inJSON}}, []string{"the answer has no body, and the test reads one"}},

		{"HTML by its type", Case{Response: answer(404, "text/html; charset=utf-8", "<p>no"), Rows: []Row{inJSON}}, []string{"the answer is an HTML page and not JSON"}},
		{"HTML by its looks, with a title", Case{Response: answer(200, "", "\n<!DOCTYPE html><html><head><TITLE> Sign\n in </TITLE>"), Rows: []Row{inJSON}}, []string{`an HTML page titled "Sign in" and not JSON`}},
		{"HTML with an endless title", Case{Response: answer(200, "", "<html><title>"+strings.Repeat("x", 81)+"</title>"), Rows: []Row{inJSON}}, []string{"an HTML page and not JSON"}},
		{"HTML where only the status counts", Case{Response: answer(418, "text/html", "<p>no"), Rows: []Row{status}}, nil},
		{"JSON under a wrong name", Case{Response: answer(200, "text/html", " {}"), Rows: []Row{inJSON}}, nil},

		{"an empty list", Case{Response: answer(200, "", list), Rows: []Row{missing(t, list, "Resources[0].id"), missing(t, list, "Resources[0].name")}},
			[]string{"the server's list is empty, and the test reads Resources[0].id: at least one must exist"}},
		{"nobody under that name", Case{Request: &exchange.Request{Method: "GET", URL: "http://h/Users?count=1&filter=userName%20eq%20%22a%22"}, Response: answer(200, "", list), Rows: []Row{missing(t, list, "Resources[0].id")}},
			[]string{"no resource fits the filter of the request: nothing was created or provisioned under that name yet. A real org takes its time: give it with --pauses keep"}},
		{"a list that is no look-up", Case{Request: &exchange.Request{Method: "GET", URL: "http://h/Users?count=1"}, Response: answer(200, "", list), Rows: []Row{missing(t, list, "Resources[0].id")}}, []string{"the server's list is empty"}},
		{"a list without Resources", Case{Response: answer(200, "", `{"totalResults":0}`), Rows: []Row{missing(t, `{"totalResults":0}`, "Resources[0].id")}}, []string{"the server's list is empty"}},
		{"no list at all", Case{Response: answer(200, "", `{"a":0}`), Rows: []Row{missing(t, `{"a":0}`, "Resources[0].id")}}, []string{"the answer lacks Resources, which the test reads: Resources[0].id"}},
		{"an empty list after a wrong status", Case{Response: answer(418, "", list), Rows: []Row{status, missing(t, list, "Resources[0].id")}}, nil},

		{"an attribute", Case{Response: answer(200, "", user), Rows: []Row{missing(t, user, "name.familyName"), missing(t, user, "name.givenName"), missing(t, user, "active")}},
			[]string{"the answer lacks name, which the test reads: name.familyName, name.givenName", "the answer lacks active, which the test reads"}},
		{"the same attribute twice", Case{Response: answer(200, "", user), Rows: []Row{missing(t, user, "active"), missing(t, user, "active")}}, []string{"the answer lacks active, which the test reads"}},
		{"an element", Case{Response: answer(200, "", user), Rows: []Row{missing(t, user, "emails[0].value")}}, nil},
		{"an attribute after a wrong status", Case{Response: answer(418, "", user), Rows: []Row{status, missing(t, user, "active")}}, nil},

		{"a duplicate", Case{Request: sent("POST", "Bearer x"), Response: answer(201, "", "{}"), Rows: []Row{created}}, []string{"SCIM asks for 409"}},
		{"a refused duplicate", Case{Request: sent("POST", "Bearer x"), Response: answer(400, "", "{}"), Rows: []Row{created}}, nil},
		{"409 for something else", Case{Request: sent("GET", "Bearer x"), Response: answer(200, "", "{}"), Rows: []Row{created}}, nil},

		{"late", Case{Response: slow, Rows: []Row{inTime}}, []string{"of 800 ms, 700 ms were spent waiting for the server's first byte"}},
		{"late by connecting", Case{Response: connecting, Rows: []Row{inTime}}, []string{"of 800 ms, 600 ms went into connecting"}},
		{"in time", Case{Response: slow, Rows: []Row{status}}, nil},
		{"nothing known", Case{Request: sent("GET", "Bearer x"), Response: answer(418, "", "{}"), Rows: []Row{status, inJSON}}, nil},
		{"nothing at all", Case{}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := Hints(row.c)
			if len(got) != len(row.want) {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			for i, want := range row.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("got %q, want %q", got[i], want)
				}
				if strings.HasSuffix(got[i], ".") {
					t.Errorf("a full stop: %q", got[i])
				}
			}
		})
	}
}

// No hint repeats what was sent to prove who is asking.
func TestNoHintHoldsACredential(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"canary", "canary word", "Bearer canary", "Bearer Bearer canary", "Basic canary x"} {
		for _, code := range []int{401, 403, 500, 200} {
			c := Case{Request: sent("POST", value), Response: answer(code, "", ""), Rows: []Row{status, inJSON, inTime, created}, Host: "h", Failure: "connect"}
			if got := strings.Join(Hints(c), " "); strings.Contains(got, "canary") {
				t.Errorf("%d after %q: %s", code, value, got)
			}
		}
	}
}
