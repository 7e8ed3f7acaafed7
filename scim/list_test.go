package scim

import (
	"fmt"
	"strings"
	"testing"
)

// crew is a server with five users; the titles are in no order, one is missing.
func crew(t *testing.T) client {
	c := newClient(t, newTestServer(Options{Empty: true}), V2)
	for i, title := range []string{`"b"`, `"C"`, `null`, `"a"`, `"D"`} {
		c.send("POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"u%d","title":%s,"active":%v,
			"emails":[{"value":"x%d@x"},{"value":"p%d@x","primary":true}]}`, urnUser, i+1, title, i%2 == 0, i, 9-i)).want(201)
	}
	return c
}

// names joins the userNames of a list.
func (r reply) names() string {
	var names []string
	list, _ := r.at("Resources").([]any)
	for i := range list {
		names = append(names, r.at("Resources", i, "userName").(string))
	}
	return strings.Join(names, " ")
}

func TestPaging(t *testing.T) {
	t.Parallel()
	c := crew(t)
	tests := []struct {
		query        string
		names        string
		start, total float64
	}{
		{"", "u1 u2 u3 u4 u5", 1, 5},
		{"?count=2", "u1 u2", 1, 5},
		{"?startIndex=2&count=2", "u2 u3", 2, 5},
		{"?startIndex=5&count=2", "u5", 5, 5},
		{"?startIndex=6", "", 6, 5},
		{"?startIndex=0&count=1", "u1", 1, 5},
		{"?startIndex=-3&count=1", "u1", 1, 5},
		{"?count=0", "", 1, 5},
		{"?count=-1", "", 1, 5},
		{"?startIndex=9223372036854775807&count=9223372036854775807", "", 9223372036854775807, 5},
		{"?filter=active+eq+true&count=2&startIndex=2", "u3 u5", 2, 3},
	}
	for _, tt := range tests {
		got := c.get("/Users"+tt.query).want(200).is(tt.total, "totalResults").is(tt.start, "startIndex")
		if got.names() != tt.names {
			t.Errorf("%s shows %q, want %q", tt.query, got.names(), tt.names)
		}
		got.is(float64(len(strings.Fields(tt.names))), "itemsPerPage")
		if _, ok := got.at("Resources").([]any); !ok {
			t.Errorf("%s has no list of Resources: %s", tt.query, got.text)
		}
	}
	for _, query := range []string{"?count=two", "?startIndex=1.5"} {
		c.get("/Users"+query).want(400).is(invalidValue, "scimType")
	}
}

func TestListHasAtMostMaxResults(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{Empty: true}), V2)
	for i := range maxResults + 5 {
		c.send("POST", "/Users", userBody(V2, fmt.Sprint("u", i)))
	}
	c.get("/Users?count=1000").want(200).is(float64(maxResults), "itemsPerPage").is(float64(maxResults+5), "totalResults")
}

func TestSorting(t *testing.T) {
	t.Parallel()
	c := crew(t)
	tests := []struct{ query, names string }{
		{"sortBy=title", "u4 u1 u2 u5 u3"},
		{"sortBy=TITLE&sortOrder=descending", "u3 u5 u2 u1 u4"},
		{"sortBy=emails.value&sortOrder=ascending", "u5 u4 u3 u2 u1"},
		{"sortBy=emails", "u5 u4 u3 u2 u1"},
		{"sortBy=active", "u2 u4 u1 u3 u5"},
		{"sortBy=nothing", "u1 u2 u3 u4 u5"},
		{"sortBy=title&count=2&startIndex=2", "u1 u2"},
	}
	for _, tt := range tests {
		if got := c.get("/Users?" + tt.query).want(200).names(); got != tt.names {
			t.Errorf("%s shows %q, want %q", tt.query, got, tt.names)
		}
	}
	c.get("/Users?sortBy=a%20b").want(400).is(invalidPath, "scimType")
	c.get("/Users?sortBy=title&sortOrder=up").want(400).is(invalidValue, "scimType")
	if got := c.get("/Users").names(); got != "u1 u2 u3 u4 u5" {
		t.Errorf("sorting changed the order of creation: %q", got)
	}
}

func TestProjection(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{Empty: true}), V2)
	c.send("POST", "/Users", `{"schemas":["`+urnUser+`"],"userName":"u","name":{"givenName":"G","familyName":"F"},
		"emails":[{"value":"a@x","type":"work"}],"`+urnEnterprise+`":{"department":"Air","division":"D"}}`).want(201)
	both := `"schemas":["` + urnUser + `","` + urnEnterprise + `"],"id":"id-1"`
	tests := []struct{ query, want string }{
		{"attributes=userName", `{` + both + `,"userName":"u"}`},
		{"attributes=USERNAME,%20name.givenname", `{` + both + `,"userName":"u","name":{"givenName":"G"}}`},
		{"attributes=emails.type", `{` + both + `,"emails":[{"type":"work"}]}`},
		{"attributes=name.nickName", `{` + both + `}`},
		{"attributes=" + urnEnterprise + ":department", `{` + both + `,"` + urnEnterprise + `":{"department":"Air"}}`},
		{"attributes=" + urnUser + ":userName", `{` + both + `,"userName":"u"}`},
		{"excludedAttributes=id,schemas,meta,active,emails.value,name.givenName," + urnEnterprise,
			`{` + both + `,"userName":"u","name":{"familyName":"F"},"emails":[{"type":"work"}]}`},
	}
	for _, tt := range tests {
		if got := c.get("/Users/id-1?" + tt.query).want(200).text; got != tt.want {
			t.Errorf("%s shows\n%s, want\n%s", tt.query, got, tt.want)
		}
	}
	c.get("/Users?attributes=userName").want(200).is("u", "Resources", 0, "userName").is(nil, "Resources", 0, "name")
	c.get("/Users?attributes=a&excludedAttributes=b").want(400)
	c.get("/Users?attributes=a%5Bb").want(400)
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	c := newClient(t, newTestServer(Options{Bearer: testToken, Username: "u"}), V2)
	c.get("/ServiceProviderConfig").want(200).is(true, "patch", "supported").is(200.0, "filter", "maxResults").
		is("oauthbearertoken", "authenticationSchemes", 0, "type").is("httpbasic", "authenticationSchemes", 1, "type")
	types := c.get("/ResourceTypes").want(200).is(4.0, "totalResults").is([]any{urnList}, "schemas")
	for i, id := range []string{"User", "Group", "Role", "Entitlement"} {
		types.is(id, "Resources", i, "id")
		c.get("/ResourceTypes/"+id).want(200).is(id, "id").is("http://example.com/scim/v2/ResourceTypes/"+id, "meta", "location")
	}
	c.get("/ResourceTypes/Role").is(urnRole, "schema").is("/Roles", "endpoint")
	c.get("/Schemas").want(200).is(5.0, "totalResults").is(urnUser, "Resources", 0, "id").is("userName", "Resources", 0, "attributes", 0, "name").
		is("server", "Resources", 0, "attributes", 0, "uniqueness")
	c.get("/Schemas/"+urnEnterprise).want(200).is("department", "attributes", 4, "name")
	c.get("/Schemas?filter=id+pr").want(403)
}
