package scim

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnswersReadWell(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	got := c.get("/Groups/id-2").want(200)
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"id-2","displayName":"Everyone",` +
		`"members":[{"value":"id-1","type":"User","display":"Ada Seed","$ref":"http://example.com/scim/v2/Users/id-1"}],` +
		`"meta":{"resourceType":"Group","created":"` + testTime + `","lastModified":"` + testTime + `",` +
		`"location":"http://example.com/scim/v2/Groups/id-2","version":"W/\"1\""}}`
	if diff := cmp.Diff(want, got.text); diff != "" {
		t.Errorf("group (-want +got):\n%s", diff)
	}
	missing := c.get("/Users/x").want(404)
	want = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"User x not found","status":"404"}`
	if diff := cmp.Diff(want, missing.text); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestCreateSaysWhereItIs(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	made := c.send("POST", "/Users", userBody(V2, "rosa"), "Accept", "application/json").want(201)
	location := "http://example.com/scim/v2/Users/id-5"
	made.is(location, "meta", "location").is(`W/"1"`, "meta", "version")
	if got := made.header.Get("Location"); got != location {
		t.Errorf("Location is %q", got)
	}
	if got := made.header.Get("ETag"); got != `W/"1"` {
		t.Errorf("ETag is %q", got)
	}
	if got := made.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type for a client that only accepts application/json is %q", got)
	}
}

func TestCreateIsRefused(t *testing.T) {
	t.Parallel()
	user := func(rest string) string { return `{"schemas":["` + urnUser + `"],` + rest + `}` }
	tests := []struct {
		name, endpoint, body string
		status               int
		scimType, detail     string
	}{
		{"empty", "/Users", ``, 400, invalidSyntax, "empty"},
		{"not JSON", "/Users", `{"userName":`, 400, invalidSyntax, "not valid JSON"},
		{"two values", "/Users", user(`"userName":"a"`) + `{}`, 400, invalidSyntax, "goes on"},
		{"an array", "/Users", `[]`, 400, invalidSyntax, "an array"},
		{"no schemas", "/Users", `{"userName":"a"}`, 400, invalidValue, "schemas is missing"},
		{"the other dialect", "/Users", userBody(V1, "a"), 400, invalidValue, "does not contain"},
		{"no userName", "/Users", user(`"active":true`), 400, invalidValue, "userName is required"},
		{"blank userName", "/Users", user(`"userName":" "`), 400, invalidValue, "userName is required"},
		{"userName is a number", "/Users", user(`"userName":5`), 400, invalidValue, "userName must be a string, not a number"},
		{"active is text", "/Users", user(`"userName":"a","active":"true"`), 400, invalidValue, "active must be true or false"},
		{"name is text", "/Users", user(`"userName":"a","name":"x"`), 400, invalidValue, "name must be an object"},
		{"givenName is a list", "/Users", user(`"userName":"a","name":{"givenName":[]}`), 400, invalidValue, "name.givenName must be a string"},
		{"emails is an object", "/Users", user(`"userName":"a","emails":{}`), 400, invalidValue, "emails must be an array"},
		{"two primaries", "/Users", user(`"userName":"a","emails":[{"primary":true},{"primary":true}]`), 400, invalidValue, "more than one primary"},
		{"twice", "/Users", user(`"userName":"a","username":"b"`), 400, invalidSyntax, "given twice"},
		{"extension is text", "/Users", user(`"userName":"a","` + urnEnterprise + `":"x"`), 400, invalidValue, "must be an object"},
		{"core under its URN", "/Users", user(`"userName":"a","` + urnUser + `":{"title":"x"}`), 400, invalidSyntax, "at the top"},
		{"group without name", "/Groups", `{"schemas":["` + urnGroup + `"]}`, 400, invalidValue, "displayName is required"},
		{"member nobody knows", "/Groups", `{"schemas":["` + urnGroup + `"],"displayName":"g","members":[{"value":"x"}]}`, 400, invalidValue, `id "x"`},
		{"duplicate", "/Users", userBody(V2, "ADA.SEED@example.com"), 409, uniqueness, "exists already"},
		{"too large", "/Users", user(`"userName":"` + strings.Repeat("a", maxBody) + `"`), 413, "", "1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, newTestServer(Options{}), V2)
			got := c.send("POST", tt.endpoint, tt.body).want(tt.status).is(fmt.Sprint(tt.status), "status")
			if kind, _ := got.at("scimType").(string); kind != tt.scimType {
				t.Errorf("scimType is %q, want %q", kind, tt.scimType)
			}
			if detail, _ := got.at("detail").(string); !strings.Contains(detail, tt.detail) {
				t.Errorf("detail %q lacks %q", detail, tt.detail)
			}
			c.get("/Users").is(1.0, "totalResults")
		})
	}
}

func TestCreateIgnoresWhatClientsMayNotSet(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	c.send("POST", "/Users", `{"SCHEMAS":["`+urnUser+`"],"USERNAME":"rosa","id":"mine","shoe":9,"title":null,"roles":[],"Groups":[{"value":"id-2"}],
		"urn:example:1.0:Ship":{"crew":12}}`).want(201).
		is("id-5", "id").is("rosa", "userName").is(true, "active").is(nil, "shoe").is(nil, "title").is(nil, "roles").is(nil, "groups").
		is(12.0, "urn:example:1.0:Ship", "crew").is([]any{urnUser, "urn:example:1.0:Ship"}, "schemas")
}

func TestReplace(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	id := c.send("POST", "/Users", userBody(V2, "rosa")).at("id").(string)
	body := `{"schemas":["` + urnUser + `"],"userName":"ROSA","title":"Pilot"}`
	c.send("PUT", "/Users/"+id, body).want(200).is("Pilot", "title").is(nil, "emails").is("ROSA", "userName").is(`W/"2"`, "meta", "version")
	c.send("PUT", "/Users/"+id, strings.Replace(body, "ROSA", "ada.seed@example.com", 1)).want(409).is(uniqueness, "scimType")
	c.send("PUT", "/Users/"+id, strings.Replace(body, `"title"`, `"id":"id-1","title"`, 1)).want(400).is(mutability, "scimType")
	c.send("PUT", "/Users/nobody", body).want(404)
	c.send("PUT", "/Users/"+id, strings.Replace(body, "ROSA", "new", 1)).want(200)
	c.filter("/Users", `userName eq "rosa"`).is(0.0, "totalResults")
	c.filter("/Users", `userName eq "NEW"`).is(1.0, "totalResults")
	c.send("POST", "/Users", userBody(V2, "rosa")).want(201)
}

func TestDelete(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	c.send("DELETE", "/Users/id-1", "").want(204)
	c.get("/Users/id-1").want(404)
	c.send("DELETE", "/Users/id-1", "").want(404)
	c.filter("/Users", `userName eq "ada.seed@example.com"`).is(0.0, "totalResults")
	c.get("/Groups/id-2").is(nil, "members").is(`W/"2"`, "meta", "version")
	c.send("POST", "/Users", userBody(V2, "ada.seed@example.com")).want(201)
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	body := userBody(V2, "rosa")
	tag := c.get("/Users/id-1").header.Get("ETag")
	unchanged := c.get("/Users/id-1", "If-None-Match", tag).want(304)
	if unchanged.text != "" || unchanged.header.Get("ETag") != tag {
		t.Errorf("304 has the body %q and the header %v", unchanged.text, unchanged.header)
	}
	c.get("/Users/id-1", "If-None-Match", `W/"99", `+tag).want(304)
	c.get("/Users/id-1", "If-None-Match", `W/"99"`).want(200)
	c.send("PUT", "/Users/id-1", body, "If-Match", `W/"99"`).want(412).is("412", "status")
	c.send("DELETE", "/Users/id-1", "", "If-Match", `W/"99"`).want(412)
	c.send("PUT", "/Users/id-1", body, "If-Match", strings.TrimPrefix(tag, "W/")).want(200)
	c.send("PATCH", "/Users/id-1", patchBody(`{"op":"add","path":"title","value":"x"}`), "If-Match", tag).want(412)
	c.send("DELETE", "/Users/id-1", "", "If-Match", "*").want(204)
}

// TestMembershipChangesTheUsersVersion: a 304 must not hide that "groups" changed.
func TestMembershipChangesTheUsersVersion(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	tag := c.get("/Users/id-1").is("Everyone", "groups", 0, "display").header.Get("ETag")
	c.send("PUT", "/Groups/id-2", `{"schemas":["`+urnGroup+`"],"displayName":"Everyone"}`).want(200)
	c.get("/Users/id-1", "If-None-Match", tag).want(200).is(nil, "groups")
	c.send("POST", "/Groups", `{"schemas":["`+urnGroup+`"],"displayName":"New","members":[{"value":"id-1"},{"value":"id-1"},{"value":"id-2"}]}`).
		want(201).is("Group", "members", 1, "type").is(nil, "members", 2)
	joined := c.get("/Users/id-1").is("New", "groups", 0, "display").header.Get("ETag")
	if joined != `W/"4"` { // created, joined Everyone, left it, joined New
		t.Errorf("the version after joining is %s", joined)
	}
	c.filter("/Users", `groups.display eq "new"`).is(1.0, "totalResults")
	c.filter("/Groups", `members.display eq "ada seed" and members.type eq "User"`).is(1.0, "totalResults").is("New", "Resources", 0, "displayName")
	c.filter("/Groups", `members[value eq "id-2"]`).is(1.0, "totalResults")
	c.send("PUT", "/Groups/id-5", `{"schemas":["`+urnGroup+`"],"displayName":"New","members":[{"value":"id-5"}]}`).want(400)
}

func TestMethodsThatAreNotAllowed(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	for _, tt := range [][3]string{
		{"DELETE", "/Users", "GET, HEAD, POST"}, {"PUT", "/Groups", "GET, HEAD, POST"}, {"POST", "/Users/id-1", "GET, HEAD, PUT, PATCH, DELETE"},
		{"POST", "/ServiceProviderConfig", "GET, HEAD"}, {"DELETE", "/Schemas/x", "GET, HEAD"}, {"PATCH", "/ResourceTypes", "GET, HEAD"},
	} {
		got := c.send(tt[0], tt[1], "").want(405).filled("detail")
		if allow := got.header.Get("Allow"); allow != tt[2] {
			t.Errorf("%s %s: Allow is %q", tt[0], tt[1], allow)
		}
	}
}

func TestPathsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	s := newTestServer(Options{})
	for _, path := range []string{"/", "/scim/v2", "/scim/v3/Users", "/scim/v2/", "/scim/v2//Users", "/scim/v2/users", "/scim/v2/Users/a/b",
		"/scim/v2/ServiceProviderConfigs", "/scim/v1/ServiceProviderConfig", "/scim/v2/ServiceProviderConfig/x", "/scim/v2/Schemas/x"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 404 || !strings.Contains(w.Body.String(), `"detail":"`) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	both := Options{Bearer: testToken, Username: "u", Password: "p:w"}
	tests := []struct {
		options Options
		header  string
		status  int
	}{
		{both, "Bearer sesame", 200}, {both, "bearer sesame", 200}, {both, "Basic dTpwOnc=", 200},
		{both, "", 401}, {both, "sesame", 401}, {both, "Bearer", 401}, {both, "Bearer Sesame", 401}, {both, "Bearer ", 401},
		{both, "Token sesame", 401}, {both, "Basic dTp4", 401}, {both, "Basic sesame", 401},
		{Options{Bearer: testToken}, "Basic Og==", 401}, {Options{Username: "u"}, "Bearer ", 401}, {Options{Username: "u"}, "Basic dTo=", 200},
		{Options{}, "", 200}, {Options{}, "anything", 200},
	}
	for _, tt := range tests {
		c := newClient(t, newTestServer(tt.options), V2)
		c.auth = tt.header
		got := c.get("/Users").want(tt.status)
		if tt.status == 401 && (got.header.Get("WWW-Authenticate") == "" || got.at("status") != "401") {
			t.Errorf("%q: %v %s", tt.header, got.header, got.text)
		}
		if strings.Contains(strings.ToLower(got.text), testToken) {
			t.Errorf("%q: the answer repeats the token: %s", tt.header, got.text)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{}), V2)
	for media, status := range map[string]int{"application/json": 201, "application/scim+json; charset=utf-8": 201, "": 201,
		"application/x-www-form-urlencoded": 415, "text/plain": 415, ";": 415} {
		c.send("POST", "/Users", userBody(V2, "rosa-"+media), "Content-Type", media).want(status)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{})
	c := newClient(t, s, V2)
	group := c.get("/Groups").at("Resources", 0, "id").(string)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 20 {
				name := fmt.Sprintf("user-%d-%d", worker, i)
				id := c.send("POST", "/Users", userBody(V2, name)).at("id").(string)
				c.send("PATCH", "/Groups/"+group, patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`))
				c.get("/Users?sortBy=userName&count=5")
				c.filter("/Users", `displayName co "rosa"`)
				if i%2 == 0 {
					c.send("DELETE", "/Users/"+id, "")
				}
				s.User(name)
				s.Requests()
			}
		})
	}
	wg.Wait()
	c.get("/Users?count=0").is(81.0, "totalResults")
	if got := len(c.get("/Groups/" + group).at("members").([]any)); got != 81 {
		t.Errorf("the group has %d members, want 81", got)
	}
}
