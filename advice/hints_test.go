package advice

import (
	"strings"
	"testing"
	"time"

	"offscope/bucket"
	"offscope/exchange"
)

// asked is a request with its answer, of which the status is not the one expected.
func asked(method, url string, code int, header exchange.Header, body string) Case {
	return Case{
		Request:  &exchange.Request{Method: method, URL: url},
		Response: &exchange.Response{Status: code, Header: header, Body: []byte(body)},
		Rows:     []Row{status},
	}
}

func field(name, value string) exchange.Header { return exchange.Header{{Name: name, Value: value}} }

// compared is an equal that failed.
func compared(property, target, actual, kind string) Row {
	return Row{Source: bucket.ResponseJSON, Comparison: bucket.Equal, Property: property, Target: target, Actual: actual, ActualType: kind}
}

// received is an answer of the right status whose rows failed.
func received(method, url, body string, rows ...Row) Case {
	c := asked(method, url, 200, nil, body)
	c.Rows = rows
	return c
}

func with(c Case, rows ...Row) Case {
	c.Rows = append(c.Rows, rows...)
	return c
}

func withToken(c Case, value string) Case {
	c.Request.Header = field("Authorization", value)
	return c
}

func withAccept(c Case) Case {
	c.Request.Header = field("Accept", "application/scim+json")
	return c
}

func TestHintsAboutAnswers(t *testing.T) {
	t.Parallel()
	const api = "http://h/scim/v2/Users"
	scimError := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}`
	large := received("GET", api, "0123456789", inTime)
	large.Response.Timings = exchange.Timings{Wait: 10 * time.Millisecond, Receive: 600 * time.Millisecond, Total: 700 * time.Millisecond}
	capitals := asked("POST", api, 201, nil, "{}")
	capitals.Rows, capitals.Request.Body = []Row{created}, []byte(`{"userName":"ADA@EXAMPLE.COM"}`)
	const none, filtered = `{"totalResults":0,"Resources":[]}`, api + "?filter=userName%20eq%20%22ADA@EXAMPLE.COM%22"
	const small, hidden, bare = `{"totalResults":1,"resources":[{"id":"1"}]}`, `{"totalResults":3}`, `[{"id":"1"}]`
	expected := func(status string) Row {
		return Row{Source: bucket.ResponseStatus, Comparison: bucket.EqualNumber, Target: status}
	}
	okta := func(code, causes string) string {
		return `{"errorCode":"` + code + `","errorSummary":"Api validation failed: login.","errorCauses":[` + causes + `]}`
	}
	for _, row := range []struct {
		name string
		c    Case
		want []string
	}{
		{"404 with a space at the end", asked("GET", api+"%20", 404, nil, "no"), []string{"the path ends with a space"}},
		{"404 with a space before the query", asked("GET", api+"%20?a=b", 404, nil, "no"), []string{"the path ends with a space"}},
		{"302 to https", asked("GET", "http://h/a", 302, field("Location", "https://h/a"), ""), []string{"the server leads to https://: begin the URL with it"}},
		{"301 with a slash more", asked("GET", "http://h/a", 301, field("Location", "/a/"), ""), []string{"the same path with another end"}},
		{"302 to a login", asked("GET", "http://h/a", 302, field("Location", "/login?next=a"), ""), []string{"a page to sign in"}},
		{"307 elsewhere", asked("GET", "http://h/a", 307, field("Location", "/b"), ""), []string{"redirects are not followed, as in the hosted service: let the URL"}},
		{"304 without Location", asked("GET", "http://h/a", 304, nil, ""), nil},
		{"404 with two slashes", asked("GET", "http://h/v2//Users", 404, nil, ""), []string{"two slashes in a row"}},
		{"307 to one slash", asked("GET", "http://h/v2//Users?count=1", 307, field("Location", "/v2/Users?count=1"), ""), []string{"two slashes in a row"}},
		{"404 with the list twice", asked("GET", "http://h/v2/Users/Users", 404, nil, scimError), []string{"the base URL ends with /Users, which the test adds"}},
		{"404 of a list", asked("GET", api+"?count=1", 404, nil, scimError), []string{"a list is there even when it is empty: is the base URL complete"}},
		{"404 where a list takes new ones", asked("POST", api, 404, nil, `{"error":"no"}`), []string{"a list is there even when it is empty"}},
		{"404 of a search", asked("GET", filtered, 404, nil, scimError), nil},
		{"404 in words", with(asked("GET", "http://h/Users/1", 404, nil, "Cannot GET /Users/1"), inJSON), []string{"nothing is at this path"}},
		{"404 without a word", with(asked("GET", "http://h/Users/1", 404, nil, ""), inJSON), []string{"the 404 came without a body"}},
		{"404 as a page", with(asked("GET", "http://h/Users/1", 404, nil, "<html>"), inJSON), []string{"the answer is an HTML page"}},
		{"404 of a framework", withAccept(asked("GET", "http://h/Users/1", 404, nil, `{"error":"no"}`)), []string{"is no SCIM error: nothing may be at this path"}},
		{"401 in quotes", withToken(asked("GET", api, 401, nil, ""), `"Bearer x"`), []string{"the Authorization value begins with a quote"}},
		{"400 to plain HTTP", asked("GET", api, 400, nil, "Client sent an HTTP request to an HTTPS server.\n"), []string{"speaks TLS on this port: begin the URL with https://"}},
		{"400", asked("GET", api, 400, nil, "bad"), nil},
		{"404 of nobody", asked("GET", "http://h/Users", 404, nil, "404 page not found"), []string{"is the base URL complete"}},
		{"404 of the API", asked("GET", "http://h/Users/1", 404, nil, scimError), nil},
		{"404 of another API", asked("GET", "http://h/Users/1", 404, nil, `{"error":"no"}`), nil},
		{"405 with Allow", asked("PATCH", api, 405, field("Allow", "GET, PUT"), ""), []string{"the server does not take PATCH here, but GET, PUT"}},
		{"405", asked("PATCH", api, 405, nil, ""), []string{"does not take PATCH here: is the URL that of one resource"}},
		{"406", asked("GET", api, 406, nil, ""), []string{"application/scim+json, and servers should take application/json too (RFC 7644 section 3.1)"}},
		{"415", asked("POST", api, 415, nil, ""), []string{"the media types of this request"}},
		{"409 at a POST", asked("POST", api, 409, nil, scimError), []string{"the server has it already, as when an earlier run left it there: run with --cleanup"}},
		{"409 at a PUT", asked("PUT", api, 409, nil, scimError), nil},
		{"429 with a time", asked("GET", api, 429, field("Retry-After", "30"), ""), []string{"try again after 30 s"}},
		{"429 with a date", asked("GET", api, 429, field("Retry-After", "Fri, 02 Jan 2026 03:04:05 GMT"), ""), []string{"try again after Fri, 02 Jan"}},
		{"429", asked("GET", api, 429, nil, ""), []string{"takes no more requests for now: wait a minute"}},
		{"500", asked("GET", api, 500, nil, ""), []string{"look into its log"}},
		{"501", asked("GET", api, 501, nil, ""), []string{"does not implement this"}},
		{"502", asked("GET", api, 502, nil, ""), []string{"a 502 usually comes from a proxy"}},
		{"200 where 500 was expected", received("GET", api, "{}", status), nil},

		{"Okta, with causes", asked("POST", api, 400, nil, okta("E0000001", `{"errorSummary":"login: An object with this field exists."},{"errorSummary":"email: bad"}`)),
			[]string{"Okta's E0000001: Api validation failed: login (login: An object with this field exists; email: bad): compare the values"}},
		{"Okta's token", Case{Request: sent("GET", "SSWS abc"), Response: answer(401, "", okta("E0000011", "")), Rows: []Row{status}}, []string{"Okta's E0000011: Api validation failed: login: check oktaToken"}},
		{"Okta's unknown code", asked("GET", api, 400, nil, okta("E9", "")), []string{"Okta's E9: Api validation failed: login"}},
		{"Okta, at great length", asked("GET", api, 400, nil, okta("E9", `{"errorSummary":"`+strings.Repeat("x", 161)+`"}`)), []string{"Okta's E9: Api validation failed: login"}},
		{"Okta's error that was expected", received("GET", api, okta("E9", ""), inJSON), nil},

		{"userName in small letters", received("GET", api, "{}", compared("Resources[0].userName", "Ada@x.org", "ada@x.org", "string")), []string{"userName differs in case only"}},
		{"another text in other letters", received("GET", api, "{}", compared("emails[0].type", "Work", "work", "string")), []string{"type differs in case only, and equal compares exactly"}},
		{"spaces", received("GET", api, "{}", compared("a.b", "x", " x", "string")), []string{"b differs only in spaces around it"}},
		{"another value", received("GET", api, "{}", compared("userName", "x", "y", "string")), nil},
		{"totalResults as text", received("GET", api, `{"totalResults":"1","itemsPerPage":1}`), []string{"the list gives totalResults as a string; SCIM has integers there"}},
		{"all counts as text", received("GET", api, `{"totalResults":"1","itemsPerPage":"1","startIndex":"1"}`), []string{"totalResults, itemsPerPage, startIndex as strings"}},
		{"counts as they should be", received("GET", api, `{"totalResults":1}`), nil},
		{"active as text", received("GET", api, `{"active":"True"}`, compared("active", "true", "True", "string")), []string{"active came as a string; SCIM has the boolean there", "active differs in case only"}},
		{"nobody in capitals", received("GET", filtered, none, inJSON), []string{"the filter has the name in capitals: userName is compared without case (RFC 7643 section 4.1.1)"}},
		{"nobody in small letters", received("GET", strings.ToLower(filtered), none, inJSON), nil},
		{"a duplicate in capitals", capitals, []string{"SCIM asks for 409", "the name was sent in capitals"}},
		{"created without a body", received("POST", api, "", inJSON), []string{"SCIM asks for the whole resource in the answer to POST"}},
		{"no body", received("DELETE", api, "", inJSON), []string{"the answer has no body, and the test reads one"}},
		{"active as text, where the other was expected", received("GET", api, "{}", compared("active", "false", "true", "string")), []string{"active came as a string"}},
		{"active as text, and a script failed", received("GET", api, `{"active":"true"}`), []string{"active came as a string; SCIM has the boolean there"}},
		{"active as it should be, and a script failed", received("GET", api, `{"active":true}`), nil},
		{"another text, and a script failed", received("GET", api, `{"active":"yes"}`), nil},
		{"resources in small letters", received("GET", api, small, missing(t, small, "Resources[0].id")),
			[]string{"the answer lacks Resources, which the test reads: Resources[0].id; it has resources, which differs in case only"}},
		{"an attribute in small letters", received("GET", api, `{"username":"a"}`, missing(t, `{"username":"a"}`, "userName")),
			[]string{"the answer lacks userName, which the test reads; it has username, which differs in case only"}},
		{"a list that has some and shows none", received("GET", api, hidden, missing(t, hidden, "Resources[0].id")),
			[]string{"the answer lacks Resources, which the test reads: Resources[0].id"}},
		{"a bare array", received("GET", api, bare, missing(t, bare, "Resources[0].id"), missing(t, bare, "totalResults")),
			[]string{"the answer is a bare array; SCIM has a list as an object"}},
		{"a bare array, empty", received("GET", api, "[]", missing(t, "[]", "Resources[0].id")), []string{"the answer is a bare array"}},
		{"an array of another kind", received("GET", api, bare, missing(t, bare, "name")), []string{"the answer lacks name"}},
		{"200 instead of 201", received("POST", api, "{}", expected("201")), []string{"the server answered 200; SCIM asks for 201"}},
		{"200 instead of 204", received("DELETE", api, "", expected("204")), []string{"the server answered 200; SCIM asks for 204, without a body"}},
		{"200 instead of 204 after a PATCH", received("PATCH", api, "{}", expected("204")), []string{"SCIM allows 200 with the resource and 204 without a body"}},
		{"200 instead of 201 at a GET", received("GET", api, "{}", expected("201")), nil},
		{"200 instead of another", received("POST", api, "{}", expected("202")), nil},
		{"a large body", large, []string{"of 700 ms, 600 ms went into receiving the body of 10 bytes"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := Hints(row.c)
			if len(got) != len(row.want) {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			for i, want := range row.want {
				if !strings.Contains(got[i], want) || strings.HasSuffix(got[i], ".") {
					t.Errorf("got %q, want %q", got[i], want)
				}
			}
		})
	}
}
