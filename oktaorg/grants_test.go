package oktaorg

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func grantJSON(user, more string) string {
	return `{"grantType":"CUSTOM","actor":"ADMIN","targetPrincipal":{"externalId":"` + user + `","type":"OKTA_USER"},
		"target":{"externalId":"` + DefaultAppID + `","type":"APPLICATION"}` + more + `}`
}

const grants = "/governance/api/v1/grants"

func TestGrantPushesEntitlements(t *testing.T) {
	t.Parallel()
	auditor := resource{"value": "r1", "display": "Auditor"}
	basic := resource{"value": "l1", "display": "Basic", "type": "License"}
	pro := resource{"value": "l2", "display": "Pro", "type": "License"}
	tests := []struct {
		name            string
		entitlements    string
		roles, entitled []any
	}{
		{name: "ok_first_when_none_is_named", roles: []any{auditor}},
		{name: "ok_named_by_type_id", entitlements: `,"entitlements":[{"id":"License","values":[{"id":"l2"},{"id":"l1"}]}]`, entitled: []any{pro, basic}},
		{name: "ok_two_types", entitlements: `,"entitlements":[{"id":"Role","values":[{"id":"r1"}]},{"id":"License","values":[{"id":"l1"}]}]`,
			roles: []any{auditor}, entitled: []any{basic}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{Mode: Catalogue})
			id := ot.createUser("Ada", login)
			ot.assign(id)
			ot.stub.lines()
			got := ot.must(200, "POST", grants, grantJSON(id, tt.entitlements))
			if got["id"] == "" || got["status"] != "ACTIVE" || got["grantType"] != "CUSTOM" {
				t.Errorf("grant = %v", got)
			}
			if j := ot.lastJob(); j.Error != "" || j.What != "grant" {
				t.Fatal(j)
			}
			lines := ot.stub.lines()
			if end := lines[len(lines)-2:]; lines[0] != "GET /ResourceTypes" || end[0] != "GET /Users/scim-1" || end[1] != "PUT /Users/scim-1" {
				t.Errorf("requests: %q", lines)
			}
			u := ot.stub.user("scim-1")
			want := resource{"roles": tt.roles, "entitlements": tt.entitled}
			if diff := cmp.Diff(want, resource{"roles": entries(u["roles"]), "entitlements": entries(u["entitlements"])}); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
		})
	}
}

func entries(v any) []any {
	list, _ := v.([]any)
	return list
}

// A server that does not show roles must not lose them with the next update, and none may stand there twice.
func TestGrantSurvivesUpdates(t *testing.T) {
	t.Parallel()
	ot := newOrgTest(t, Options{})
	id := ot.createUser("Ada", login)
	ot.assign(id)
	ot.must(200, "POST", grants, grantJSON(id, ""))
	ot.must(200, "POST", grants, grantJSON(id, ""))
	u := ot.stub.user("scim-1")
	delete(u, "roles")
	ot.must(200, "PUT", "/api/v1/users/"+id, userJSON("Eva", login))
	want := []any{resource{"value": "r1", "display": "Auditor"}}
	if diff := cmp.Diff(want, ot.stub.user("scim-1")["roles"]); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

func TestGrantFails(t *testing.T) {
	t.Parallel()
	empty := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/scim/Roles" && r.URL.Path != "/scim/Licenses" {
			return false
		}
		_, _ = w.Write([]byte(`{"totalResults":0}`))
		return true
	}
	endless := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/scim/Roles" {
			return false
		}
		_, _ = w.Write([]byte(`{"totalResults":1000000,"Resources":[{"id":"x"}]}`))
		return true
	}
	noTypes := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/scim/ResourceTypes" {
			return false
		}
		http.Error(w, "nothing here", 404)
		return true
	}
	foreign := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/scim/ResourceTypes" {
			return false
		}
		_, _ = fmt.Fprintf(w, `{"totalResults":1,"Resources":[{"id":"R","name":"R","schema":%q,"endpoint":"http://elsewhere/"}]}`, roleSchema)
		return true
	}
	tests := []struct {
		name    string
		options Options
		before  func(http.ResponseWriter, *http.Request) bool
		more    string
		want    string
	}{
		{name: "error_no_values", before: empty, want: "no role or entitlement to grant"},
		{name: "error_endless_list", before: endless, want: "/Roles does not end after 100 entries"},
		{name: "error_no_resource_types", before: noTypes, want: "/ResourceTypes answered 404, expected 200: nothing here"},
		{name: "error_foreign_endpoint", before: foreign, want: "must begin with a slash"},
		{name: "error_unknown_type", more: `,"entitlements":[{"id":"Seat"}]`, want: `names no role or entitlement "Seat"`},
		{name: "error_unknown_value", more: `,"entitlements":[{"id":"Role","values":[{"id":"r9"}]}]`, want: `/Roles has no "r9"`},
		{name: "error_1.1", options: Options{SCIMVersion: "1.1"}, want: "SCIM 2.0 only"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, tt.options)
			ot.stub.before = tt.before
			id := ot.createUser("Ada", login)
			ot.assign(id)
			ot.must(200, "POST", grants, grantJSON(id, tt.more))
			if j := ot.lastJob(); j.What != "grant" || !strings.Contains(j.Error, tt.want) {
				t.Errorf("%v, want %q", j, tt.want)
			}
			if u := ot.stub.user("scim-1"); u["roles"] != nil || u["entitlements"] != nil {
				t.Errorf("account got %v %v", u["roles"], u["entitlements"])
			}
		})
	}
}
