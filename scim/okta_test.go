package scim

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The tests of this file make the kinds of requests that Okta's published test exports and its SCIM client make, and
// check at least what those check.

func TestOktaSpecV2(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{Bearer: testToken}), V2)
	list := c.get("/Users?count=1&startIndex=1", "Accept", "application/scim+json").want(200).
		is([]any{urnList}, "schemas").is(1.0, "itemsPerPage").is(1.0, "startIndex").is(1.0, "totalResults").
		filled("Resources", 0, "name", "familyName").filled("Resources", 0, "name", "givenName").
		filled("Resources", 0, "userName").is(true, "Resources", 0, "active").filled("Resources", 0, "emails", 0, "value")
	id := list.at("Resources", 0, "id").(string)
	c.get("/Users/"+id).want(200).is(id, "id").filled("emails", 0, "value")
	c.filter("/Users", `userName eq "nobody@example.com"`).want(200).is([]any{urnList}, "schemas").is(0.0, "totalResults")
	c.get("/Users/0101").want(404).filled("detail").is("404", "status").is([]any{urnError}, "schemas")

	body := userBody(V2, "Rosa.Lind@example.com")
	made := c.send("POST", "/Users", body, "Content-Type", "application/json").want(201).
		is(true, "active").is("Lind", "name", "familyName").is("Rosa", "name", "givenName").
		is([]any{urnUser}, "schemas").is("Rosa.Lind@example.com", "userName")
	c.get("/Users/"+made.at("id").(string)).want(200).is("Rosa.Lind@example.com", "userName")
	c.send("POST", "/Users", body).want(409).is("uniqueness", "scimType").is("409", "status")
	c.send("POST", "/Users", userBody(V2, "ROSA.LIND@EXAMPLE.COM")).want(409)
	c.filter("/Users", `userName eq "ROSA.LIND@EXAMPLE.COM"`).want(200).is(1.0, "totalResults").is(made.at("id"), "Resources", 0, "id")
	c.get("/Groups").want(200).is(1.0, "totalResults").filled("Resources", 0, "displayName")
	c.auth = "non-token"
	c.filter("/Users", `userName eq "x"`).want(401).filled("detail").is("401", "status").is([]any{urnError}, "schemas")
}

func TestOktaSpecV1(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{Bearer: testToken}), V1)
	config := c.get("/ServiceProviderConfigs").want(200).is([]any{urnCoreV1}, "schemas")
	for _, path := range [][]any{{"patch", "supported"}, {"bulk", "supported"}, {"bulk", "maxOperations"}, {"bulk", "maxPayloadSize"},
		{"filter", "supported"}, {"filter", "maxResults"}, {"changePassword", "supported"}, {"sort", "supported"}, {"etag", "supported"},
		{"authenticationSchemes", 0, "type"}, {"authenticationSchemes", 0, "description"}} {
		config.filled(path...)
	}
	for _, endpoint := range []string{"/ServiceProviderConfigs", "/ResourceTypes", "/Schemas"} {
		refused := c.send("POST", endpoint, "test", "Content-Type", "application/json").want(405).filled("detail")
		if got := refused.header.Get("Allow"); got != "GET, HEAD" {
			t.Errorf("Allow of %s is %q", endpoint, got)
		}
	}
	c.get("/ResourceTypes").want(200).is([]any{urnCoreV1}, "schemas").is("User", "Resources", 0, "name").
		is("/Users", "Resources", 0, "endpoint").is(urnCoreV1, "Resources", 0, "schema")
	c.get("/Schemas").want(200).is([]any{urnCoreV1, urnListV1}, "schemas").filled("Resources", 0, "id").filled("Resources", 0, "attributes")

	list := c.get("/Users?count=1&startIndex=1").want(200).is([]any{urnCoreV1}, "schemas").is(1.0, "itemsPerPage").
		is([]any{urnCoreV1}, "Resources", 0, "schemas").filled("Resources", 0, "emails", 0, "value")
	c.get("/Users/"+list.at("Resources", 0, "id").(string)).want(200).is([]any{urnCoreV1}, "schemas")
	c.get("/Users/0101").want(404).filled("detail").is("404", "Errors", 0, "code")
	made := c.send("POST", "/Users", userBody(V1, "rosa@example.com"), "Content-Type", "application/json").want(201).
		is([]any{urnCoreV1}, "schemas").is("rosa@example.com", "userName").is(nil, "meta", "resourceType")
	c.send("POST", "/Users", userBody(V1, "rosa@example.com")).want(409)
	c.get("/Users?filter=ROSA@EXAMPLE.COM").want(400).filled("detail")
	c.get("/Groups").want(200).is(1.0, "totalResults").is([]any{urnCoreV1}, "Resources", 0, "schemas")
	if got := made.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
}

func TestOktaEntitlements(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{Bearer: testToken}), V2)
	for endpoint, urn := range map[string]string{"/Roles": urnRole, "/Entitlements": urnEntitlement} {
		c.get(endpoint+"?count=1&startIndex=1").want(200).is([]any{urnList}, "schemas").is(1.0, "itemsPerPage").
			is(1.0, "startIndex").is(1.0, "totalResults").is([]any{urn}, "Resources", 0, "schemas").filled("Resources", 0, "displayName")
	}
	c.version = V1
	c.get("/Roles").want(404)
}

// TestOktaProvisioning is the life of an account as Okta's client writes it.
func TestOktaProvisioning(t *testing.T) {
	t.Parallel()
	s := newTestServer(Options{Bearer: testToken})
	c := newClient(t, s, V2)
	created := strings.Replace(userBody(V2, "rosa@example.com"), `"active"`,
		`"locale":"en-US","externalId":"00u1","groups":[],"password":"Th0ughtless","active"`, 1)
	made := c.send("POST", "/Users", created).want(201).is("00u1", "externalId").is(nil, "password")
	id := made.at("id").(string)
	if strings.Contains(made.text, "Th0ughtless") || strings.Contains(c.get("/Users/"+id).text, "Th0ughtless") {
		t.Error("the password is returned")
	}

	whole := c.get("/Users/" + id).want(200).text
	c.send("PUT", "/Users/"+id, strings.Replace(whole, `"givenName":"Rosa"`, `"givenName":"Rosalie"`, 1)).want(200).
		is("Rosalie", "name", "givenName").is(id, "id").is("00u1", "externalId")
	c.send("PUT", "/Users/"+id, strings.Replace(whole, `"active":true`, `"active":false`, 1)).want(200).is(false, "active")
	c.send("PATCH", "/Users/"+id, patchBody(`{"op":"replace","value":{"active":true}}`)).want(200).is(true, "active")
	c.send("PATCH", "/Users/"+id, patchBody(`{"op":"replace","value":{"active":false}}`)).want(200).is(false, "active")
	if active, found := s.Active("ROSA@example.com"); active || !found {
		t.Errorf("Active is %v, %v", active, found)
	}

	group := c.send("POST", "/Groups", `{"schemas":["`+urnGroup+`"],"displayName":"Pilots","members":[]}`).want(201)
	gid := group.at("id").(string)
	c.filter("/Groups", `displayName eq "pilots"`).want(200).is(gid, "Resources", 0, "id")
	c.send("PATCH", "/Groups/"+gid, patchBody(`{"op":"replace","value":{"id":"`+gid+`","displayName":"Captains"}}`)).want(200).is("Captains", "displayName")
	c.send("PATCH", "/Groups/"+gid, patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`","display":"rosa@example.com"}]}`)).
		want(200).is("Rosa Lind", "members", 0, "display")
	c.get("/Users/"+id).is("Captains", "groups", 0, "display").is(gid, "groups", 0, "value")
	c.send("PATCH", "/Groups/"+gid, patchBody(`{"op":"remove","path":"members[value eq \"`+id+`\"]"}`)).want(200).is(nil, "members")
	c.send("DELETE", "/Groups/"+gid, "").want(204)
	c.get("/Groups/" + gid).want(404)
}

// TestOktaProvisioningV1 ends in a look with the other dialect: both have one store.
func TestOktaProvisioningV1(t *testing.T) {
	t.Parallel()
	s := newTestServer(Options{Bearer: testToken})
	c := newClient(t, s, V1)
	body := strings.Replace(userBody(V1, "rosa@example.com"), `"active"`, `"urn:scim:schemas:extension:enterprise:1.0":{"department":"Air"},"active"`, 1)
	id := c.send("POST", "/Users", body).want(201).is([]any{urnCoreV1, urnEnterpriseV1}, "schemas").
		is("Air", urnEnterpriseV1, "department").at("id").(string)
	c.send("PATCH", "/Users/"+id, `{"schemas":["`+urnCoreV1+`"],"active":false,"name":{"givenName":"Rosalie"},"meta":{"attributes":["displayName"]}}`).
		want(200).is(false, "active").is("Rosalie", "name", "givenName").is("Lind", "name", "familyName").is(nil, "displayName")
	c.send("PATCH", "/Users/"+id, `{"schemas":["`+urnCoreV1+`"],"emails":[{"value":"rosa@example.com","operation":"delete"},{"value":"r@example.com"}]}`).
		want(200).is("r@example.com", "emails", 0, "value").is(nil, "emails", 1)
	gid := c.get("/Groups").at("Resources", 0, "id").(string)
	c.send("PATCH", "/Groups/"+gid, `{"schemas":["`+urnCoreV1+`"],"members":[{"value":"`+id+`"}]}`).want(200).is(id, "members", 1, "value")

	c.version = V2
	c.get("/Users/"+id).want(200).is([]any{urnUser, urnEnterprise}, "schemas").is("Air", urnEnterprise, "department").
		is("Everyone", "groups", 0, "display")
	c.send("POST", "/Users", userBody(V2, "ROSA@example.com")).want(409)
}

// TestOverTheWire is one exchange with real connections: the query as a client encodes it, and the addresses.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{Clock: func() time.Time { return time.Unix(0, 0) }})
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	res, err := ts.Client().Get(ts.URL + PathV2 + "/Users?filter=userName%20eq%20%22ada.seed@example.com%22&startIndex=1&count=100")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/scim+json" || res.ContentLength <= 0 {
		t.Errorf("answer is %d, %v, %d bytes", res.StatusCode, res.Header, res.ContentLength)
	}
	log := s.Requests()
	if len(log) != 1 || log[0].Status != 200 || !log[0].Authorized || !strings.HasPrefix(log[0].Path, PathV2+"/Users?filter=") {
		t.Errorf("log is %+v", log)
	}
}

func patchBody(operations string) string {
	return `{"schemas":["` + urnPatchOp + `"],"Operations":[` + operations + `]}`
}
