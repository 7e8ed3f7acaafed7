// Package work is what the benchmarks of whole processes let offscope and a bare loop do: the same requests with the same
// checks. Begin with [Spec]; [Steps] and [Large] are the two long ones. Each can be written as an export.
package work

import (
	"fmt"
	"strings"
)

// A Request is one step: what is sent, and what must hold of the answer. Texts may hold {{variables}}.
type Request struct {
	Name, Method, Path string
	Token              string // the Authorization header
	Body               string
	Script             string
	Keep               map[string]string // variable name -> path in the answer
	Checks             []Check
}

// A Check is one line of a step's list of assertions, in the words of the export format.
type Check struct{ Source, Path, Comparison, Value string }

// The variables that [Spec] and [Steps] take from outside, beside those that [InitialScript] makes.
const (
	BaseVariable  = "SCIMBaseURL"
	TokenVariable = "auth"
	UserVariable  = "userId"
	// LargeVariable is the address of the body that [Large] reads.
	LargeVariable = "largeURL"
)

const (
	listSchema  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
)

// InitialScript makes a user's name that is new each time.
const InitialScript = `
function pick(letters, n) {
  var out = "";
  for (var i = 0; i < n; i++) { out += letters.charAt(Math.floor(Math.random() * letters.length)); }
  return out;
}
var first = "Bench" + pick("0123456789", 3);
var last = pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1) + pick("abcdefghijklmnopqrstuvwxyz", 8) + pick("0123456789", 3);
var mail = first + last + "@example.com";
variables.set("first", first);
variables.set("last", last);
variables.set("mail", mail);
variables.set("capitals", mail.toUpperCase());
variables.set("nobody", "nobody@example.com");
variables.set("noId", "0101010010101010110010101010110");
`

const groupsScript = `
var list = JSON.parse(response.body);
if (list.totalResults === 0) {
  assert("none", "there is no group");
} else {
  assert.ok(Array.isArray(list.Resources), "groups are a list");
  log(list.totalResults);
}
`

func status(code int) Check               { return Check{"response_status", "", "equal_number", fmt.Sprint(code)} }
func filled(path string) Check            { return Check{"response_json", path, "not_empty", ""} }
func equal(path, value string) Check      { return Check{"response_json", path, "equal", value} }
func number(path string) Check            { return Check{"response_json", path, "is_a_number", ""} }
func member(path, value string) Check     { return Check{"response_json", path, "has_value", value} }
func contains(path, value string) Check   { return Check{"response_json", path, "contains", value} }
func sameNumber(path, value string) Check { return Check{"response_json", path, "equal_number", value} }

// Spec is the work of Okta's SPEC test for SCIM 2.0, written by us: the same requests and kinds of checks, and one script.
func Spec() []Request {
	const token = "{{auth}}"
	newUser := `{"schemas":["` + userSchema + `"],"userName":"{{mail}}","name":{"givenName":"{{first}}","familyName":"{{last}}"},` +
		`"emails":[{"primary":true,"value":"{{mail}}","type":"work"}],"displayName":"{{first}} {{last}}","active":true}`
	filter := func(name string) string { return `/Users?filter=userName eq "{{` + name + `}}"` }
	return []Request{
		{Name: "first user", Method: "GET", Path: "/Users?count=1&startIndex=1", Token: token,
			Keep: map[string]string{"known": "Resources[0].id"},
			Checks: []Check{status(200), filled("Resources"), member("schemas", listSchema), number("itemsPerPage"), number("startIndex"),
				number("totalResults"), filled("Resources[0].id"), filled("Resources[0].name.familyName"),
				filled("Resources[0].name.givenName"), filled("Resources[0].userName"), filled("Resources[0].active"),
				filled("Resources[0].emails[0].value")}},
		{Name: "by id", Method: "GET", Path: "/Users/{{known}}", Token: token,
			Checks: []Check{status(200), filled("id"), filled("name.familyName"), filled("name.givenName"), filled("userName"),
				filled("active"), filled("emails[0].value"), equal("id", "{{known}}")}},
		{Name: "unknown name", Method: "GET", Path: filter("nobody"), Token: token,
			Checks: []Check{status(200), member("schemas", listSchema), equal("totalResults", "0")}},
		{Name: "unknown id", Method: "GET", Path: "/Users/{{noId}}", Token: token,
			Checks: []Check{status(404), filled("detail"), member("schemas", errorSchema)}},
		{Name: "free name", Method: "GET", Path: filter("mail"), Token: token,
			Checks: []Check{status(200), sameNumber("totalResults", "0"), member("schemas", listSchema)}},
		{Name: "create", Method: "POST", Path: "/Users", Token: token, Body: newUser,
			Keep: map[string]string{"made": "id", "madeMail": "emails[0].value"},
			Checks: []Check{status(201), equal("active", "true"), filled("id"), equal("name.familyName", "{{last}}"),
				equal("name.givenName", "{{first}}"), contains("schemas", userSchema), equal("userName", "{{mail}}")}},
		{Name: "is there", Method: "GET", Path: "/Users/{{made}}", Token: token,
			Checks: []Check{status(200), equal("userName", "{{mail}}"), equal("name.familyName", "{{last}}"), equal("name.givenName", "{{first}}")}},
		{Name: "create again", Method: "POST", Path: "/Users", Token: token, Body: newUser, Checks: []Check{status(409)}},
		{Name: "capitals", Method: "GET", Path: filter("capitals"), Token: token, Checks: []Check{status(200)}},
		{Name: "groups", Method: "GET", Path: "/Groups", Token: token, Script: groupsScript,
			Checks: []Check{status(200), {"response_time", "", "is_less_than", "600"}}},
		{Name: "wrong token", Method: "GET", Path: filter("capitals"), Token: "no-token",
			Checks: []Check{status(401), filled("detail"), equal("status", "401"), member("schemas", errorSchema)}},
		{Name: "not found", Method: "GET", Path: "/Users/00000000000000000", Token: token,
			Checks: []Check{status(404), filled("detail"), equal("status", "404"), member("schemas", errorSchema)}},
	}
}

// Steps is one small request n times: the status and one value of a user are checked.
func Steps(n int) []Request {
	steps := make([]Request, n)
	for i := range steps {
		steps[i] = Request{Name: fmt.Sprint("user, time ", i+1), Method: "GET", Path: "/Users/{{userId}}", Token: "{{auth}}",
			Checks: []Check{status(200), equal("id", "{{userId}}")}}
	}
	return steps
}

// LargeUsers is how many users stand in the body that [Large] reads.
const LargeUsers = 6000

// LargeBody is the body: a list of users of about 850 bytes each, 5 MB in all.
func LargeBody() string {
	var body strings.Builder
	fmt.Fprintf(&body, `{"schemas":["%s"],"totalResults":%d,"Resources":[`, listSchema, LargeUsers)
	for i := range LargeUsers {
		if i > 0 {
			body.WriteByte(',')
		}
		body.WriteString(largeUser(i))
	}
	body.WriteString("]}")
	return body.String()
}

func largeUser(i int) string {
	return fmt.Sprintf(`{"schemas":["%s"],"id":"%08d","externalId":"00u%017d","userName":"user%d@example.com","name":{"formatted":"Given%d Family%d",`+
		`"givenName":"Given%d","familyName":"Family%d"},"displayName":"Given%d Family%d","nickName":"G%d","title":"Engineer",`+
		`"preferredLanguage":"en-US","timezone":"Europe/Berlin","active":true,"emails":[{"primary":true,"value":"user%d@example.com","type":"work"},`+
		`{"primary":false,"value":"family%d@example.org","type":"home"}],"phoneNumbers":[{"value":"+49 30 %07d","type":"work"}],`+
		`"addresses":[{"type":"work","streetAddress":"Street %d","locality":"Berlin","postalCode":"10115","country":"DE","primary":true}],`+
		`"meta":{"resourceType":"User","created":"2024-05-01T10:00:00Z","lastModified":"2024-05-02T11:30:00Z","version":"W/\"%d\""}}`,
		userSchema, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i)
}

// Large is one request with n checks all over a large body.
func Large(n int) []Request {
	large := Request{Name: "large body", Method: "GET"}
	for i := range n {
		user := i * (LargeUsers / n)
		large.Checks = append(large.Checks, equal(fmt.Sprintf("Resources[%d].userName", user), fmt.Sprintf("user%d@example.com", user)))
	}
	return []Request{large}
}
