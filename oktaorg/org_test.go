package oktaorg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const login = "Ada1@example.com"

// TestLifeOfAUser makes the calls of Okta's CRUD tests in their order and looks at what reaches the SCIM server.
func TestLifeOfAUser(t *testing.T) {
	t.Parallel()
	const (
		find = `GET /Users?filter=userName%20eq%20%22Ada1%40example.com%22&startIndex=1&count=100`
		get  = "GET /Users/scim-1"
		put  = "PUT /Users/scim-1"
	)
	patch := "PATCH /Users/scim-1"
	tests := []struct {
		name                                     string
		options                                  Options
		update, deactivate, reactivate, unassign []string
	}{
		{"ok_catalogue", Options{Mode: Catalogue}, []string{get, put}, []string{patch}, []string{find, get, put, patch}, []string{patch}},
		{"ok_wizard", Options{Mode: Wizard}, []string{get, put}, []string{get, put}, []string{find, get, put}, []string{get, put}},
		{"ok_catalogue_1.1", Options{SCIMVersion: "1.1"}, []string{get, put}, []string{patch}, []string{find, get, put, patch}, []string{patch}},
		{"ok_wizard_1.1", Options{Mode: Wizard, SCIMVersion: "1.1"}, []string{get, put}, []string{get, put}, []string{find, get, put}, []string{get, put}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, tt.options)
			sent := func(want []string) {
				t.Helper()
				if diff := cmp.Diff(want, ot.stub.lines()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			}
			account := func(active bool, given string) {
				t.Helper()
				u := ot.stub.user("scim-1")
				if u["active"] != active || u["name"].(resource)["givenName"] != given {
					t.Errorf("account = %v, want active %v and givenName %s", u, active, given)
				}
			}
			ot.must(200, "GET", testApp, "")
			id := ot.createUser("Ada", login)
			sent(nil)
			ot.assign(id)
			sent([]string{find, "POST /Users"})
			account(true, "Ada")
			ot.must(200, "PUT", "/api/v1/users/"+id, userJSON("Adaupdate", login))
			sent(tt.update)
			account(true, "Adaupdate")
			if got := ot.must(200, "POST", "/api/v1/users/"+id+"/lifecycle/deactivate", ""); len(got) != 0 {
				t.Errorf("deactivate answered %v, want {}", got)
			}
			sent(tt.deactivate)
			account(false, "Adaupdate")
			ot.must(404, "GET", testApp+"/users/"+id, "")
			ot.must(200, "POST", "/api/v1/users/"+id+"/lifecycle/activate", "")
			sent(nil)
			ot.assign(id)
			sent(tt.reactivate)
			account(true, "Adaupdate")
			ot.must(204, "DELETE", testApp+"/users/"+id, "")
			sent(tt.unassign)
			account(false, "Adaupdate")
			for _, j := range ot.org.Jobs() {
				if j.Error != "" {
					t.Errorf("%v", j)
				}
			}
		})
	}
}

func TestSentRequestsAreOktas(t *testing.T) {
	t.Parallel()
	const created = `{"active":true,"displayName":"Ada Quist","emails":[{"primary":true,"type":"work","value":"Ada1@example.com"}],` +
		`"externalId":"00u1","groups":[],"locale":"en-US","name":{"familyName":"Quist","givenName":"Ada"},"password":"*",` +
		`"schemas":["SCHEMA"],"userName":"Ada1@example.com"}`
	tests := []struct {
		version, schema, mediaType, patch string
	}{
		{"2.0", "urn:ietf:params:scim:schemas:core:2.0:User", "application/scim+json",
			`{"Operations":[{"op":"replace","value":{"active":false}}],"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`},
		{"1.1", "urn:scim:schemas:core:1.0", "application/json",
			`{"active":false,"id":"scim-1","schemas":["urn:scim:schemas:core:1.0"]}`},
	}
	for _, tt := range tests {
		t.Run("ok_"+tt.version, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{SCIMVersion: tt.version})
			id := ot.createUser("Ada", login)
			ot.assign(id)
			ot.must(204, "DELETE", testApp+"/users/"+id, "")
			got := ot.stub.taken()
			password := between(got[1].body, `"password":"`, `"`)
			if len(password) < 8 {
				t.Errorf("password %q is too short", password)
			}
			body := strings.Replace(got[1].body, password, "*", 1)
			if diff := cmp.Diff(strings.Replace(created, "SCHEMA", tt.schema, 1), body); diff != "" {
				t.Errorf("POST (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.patch, got[2].body); diff != "" {
				t.Errorf("PATCH (-want +got):\n%s", diff)
			}
			for _, r := range got {
				checkHeader(t, r, tt.mediaType)
			}
		})
	}
}

func checkHeader(t *testing.T, r recorded, mediaType string) {
	t.Helper()
	want := map[string]string{"User-Agent": "Okta SCIM Client 1.0.0", "Accept": mediaType, "Authorization": testAuth, "Content-Type": mediaType}
	if strings.HasPrefix(r.line, "GET") {
		want["Content-Type"] = ""
	}
	for name, value := range want {
		if got := r.header.Get(name); got != value {
			t.Errorf("%s: %s is %q, want %q", r.line, name, got, value)
		}
	}
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

// TestAssignLinksAnExistingAccount also shows that an update keeps what the org does not know, down to the digits.
func TestAssignLinksAnExistingAccount(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]Mode{"ok_catalogue": Catalogue, "ok_wizard": Wizard} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{Mode: mode})
			ot.stub.put(resource{
				"id": "old/1", "userName": "ADA1@example.com", "active": false, "badge": 12345678901234567.0, "nickName": "<A>",
				"name":   resource{"formatted": "A. Q.", "givenName": "A"},
				"emails": []any{resource{"value": "home@example.com", "type": "home"}, resource{"value": "x", "type": "work", "note": "kept"}},
			})
			ot.assign(ot.createUser("Ada", login))
			if j := ot.lastJob(); j.Error != "" {
				t.Fatal(j)
			}
			want := resource{
				"id": "old/1", "userName": login, "active": true, "badge": 12345678901234567.0, "nickName": "<A>",
				"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:User"}, "externalId": "00u1", "displayName": "Ada Quist",
				"name":   resource{"formatted": "A. Q.", "givenName": "Ada", "familyName": "Quist"},
				"emails": []any{resource{"value": "home@example.com", "type": "home"}, resource{"value": login, "type": "work", "note": "kept"}},
			}
			if diff := cmp.Diff(want, ot.stub.user("old/1")); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpdateFollowsTheLoginAndTheAssignment(t *testing.T) {
	t.Parallel()
	ot := newOrgTest(t, Options{})
	id := ot.createUser("Ada", login)
	ot.must(200, "POST", testApp+"/users", `{"id":"`+id+`","credentials":{"userName":"`+login+`"},
		"profile":{"givenName":"Augusta","email":"other@example.com","emailType":"home"}}`)
	email := resource{"value": "other@example.com", "type": "home", "primary": true}
	u := ot.stub.user("scim-1")
	if diff := cmp.Diff([]any{email}, u["emails"]); diff != "" || u["displayName"] != "Augusta Quist" {
		t.Errorf("created %v (-want +got):\n%s", u["displayName"], diff)
	}
	ot.must(200, "PUT", "/api/v1/users/"+id, userJSON("Ada", "new@example.com"))
	u = ot.stub.user("scim-1")
	if u["userName"] != "new@example.com" || u["displayName"] != "Ada Quist" {
		t.Errorf("updated to %v", u)
	}
	if ot.must(200, "GET", "/api/v1/users/NEW@example.com", "")["id"] != id {
		t.Error("the user is not found by the new login")
	}
	ot.must(404, "GET", "/api/v1/users/"+login, "")
	ot.createUser("Eve", login)
}

func TestAnswersLookLikeOktas(t *testing.T) {
	t.Parallel()
	ot := newOrgTest(t, Options{})
	id := ot.createUser("Ada", login)
	const stamp = "2024-05-06T07:08:09.000Z"
	want := resource{
		"id": "00u1", "status": "ACTIVE", "created": stamp, "activated": stamp, "statusChanged": stamp, "lastUpdated": stamp,
		"passwordChanged": stamp, "lastLogin": nil,
		"profile": resource{"firstName": "Ada", "lastName": "Quist", "email": login, "login": login},
		"credentials": resource{"password": resource{}, "recovery_question": resource{"question": "Q?"},
			"provider": resource{"type": "OKTA", "name": "OKTA"}},
		"_links": resource{"self": resource{"href": "http://example.com/api/v1/users/00u1"}},
	}
	if diff := cmp.Diff(want, ot.must(200, "GET", "/api/v1/users/"+id, "")); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	want = resource{
		"id": "00u1", "created": stamp, "lastUpdated": stamp, "scope": "USER", "status": "PROVISIONED", "syncState": "SYNCHRONIZED",
		"externalId": "scim-1", "credentials": resource{"userName": login},
		"profile": resource{"givenName": "Ada", "familyName": "Quist", "email": login},
		"_links":  resource{"self": resource{"href": "http://example.com" + testApp + "/users/00u1"}},
	}
	if diff := cmp.Diff(want, ot.assign(id)); diff != "" {
		t.Errorf("app user (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, ot.must(200, "GET", testApp+"/users/"+id, "")); diff != "" {
		t.Errorf("app user, later (-want +got):\n%s", diff)
	}
	if app := ot.must(200, "GET", testApp, ""); app["id"] != DefaultAppID || app["status"] != "ACTIVE" {
		t.Errorf("app = %v", app)
	}
}

func TestStatusFollowsPasswordAndQuery(t *testing.T) {
	t.Parallel()
	ot := newOrgTest(t, Options{MinPassword: 3})
	const noPassword = `{"profile":{"login":"b@example.com","email":"b@example.com"}}`
	if u := ot.must(200, "POST", "/api/v1/users", noPassword); u["status"] != "PROVISIONED" {
		t.Errorf("without password: %v", u["status"])
	}
	u := ot.must(200, "POST", "/api/v1/users?activate=false", userJSON("C", "c@example.com"))
	if u["status"] != "STAGED" || u["activated"] != nil {
		t.Errorf("activate=false: %v, activated %v", u["status"], u["activated"])
	}
	path := "/api/v1/users/" + u["id"].(string)
	ot.must(400, "POST", testApp+"/users", `{"id":"`+u["id"].(string)+`"}`)
	ot.must(200, "POST", path+"/lifecycle/activate", "")
	if u := ot.must(200, "GET", path, ""); u["status"] != "ACTIVE" {
		t.Errorf("after activation: %v", u["status"])
	}
}
