package scim

import (
	"net/http"
	"strings"
)

// discover answers the endpoints that describe the server (RFC 7644, section 4). They are read-only.
func (s *Server) discover(q *request) (answer, error) {
	documents, found := s.documents(q)
	if !found {
		return answer{}, notFound("there is no endpoint %s in SCIM %s", shorten("/"+q.path[0]), q.version)
	}
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		return answer{}, notAllowed(q.Method, "/"+q.path[0], "GET, HEAD")
	}
	if q.path[0] == q.version.configEndpoint() {
		if len(q.path) > 1 {
			return answer{}, notFound("there is nothing below /%s", q.path[0])
		}
		return q.json(http.StatusOK, documents[0]), nil
	}
	if len(q.path) > 1 {
		return byID(q, documents)
	}
	if q.values.Has("filter") {
		// RFC 7644, section 4: a filter on these endpoints is answered with 403.
		return answer{}, &problem{status: http.StatusForbidden, detail: "/" + q.path[0] + " cannot be filtered"}
	}
	return q.json(http.StatusOK, q.version.list(q.everything(documents), s.faults.stringCounts)), nil
}

// documents is what lies under a discovery endpoint.
func (s *Server) documents(q *request) ([]object, bool) {
	switch q.path[0] {
	case q.version.configEndpoint():
		return []object{s.config(q)}, true
	case "ResourceTypes":
		return s.resourceTypes(q), true
	case "Schemas":
		return s.schemas(q), true
	}
	return nil, false
}

// configEndpoint has an "s" in 1.1 only.
func (v Version) configEndpoint() string {
	if v == V1 {
		return "ServiceProviderConfigs"
	}
	return "ServiceProviderConfig"
}

// everything is a page of all documents. Okta's checks for 1.1 look for the ListResponse URN on /Schemas only.
func (q *request) everything(documents []object) page {
	p := page{total: len(documents), start: 1}
	for _, d := range documents {
		p.resources = append(p.resources, d)
	}
	if q.version == V1 && q.path[0] == "Schemas" {
		p.schemas = []any{urnCoreV1, urnListV1}
	}
	return p
}

func byID(q *request, documents []object) (answer, error) {
	for _, d := range documents {
		for _, m := range d {
			if id, _ := m.value.(string); m.name == "id" && strings.EqualFold(id, q.path[1]) {
				return q.json(http.StatusOK, d), nil
			}
		}
	}
	return answer{}, notFound("/%s has no %s", q.path[0], shorten(q.path[1]))
}

func (s *Server) config(q *request) object {
	schemas := []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}
	if q.version == V1 {
		schemas = []any{urnCoreV1}
	}
	o := object{
		{"schemas", schemas},
		{"patch", supported(true)},
		{"bulk", append(supported(false), member{"maxOperations", 0}, member{"maxPayloadSize", 0})},
		{"filter", append(supported(true), member{"maxResults", maxResults})},
		{"changePassword", supported(false)},
		{"sort", supported(true)},
		{"etag", supported(true)},
	}
	if q.version == V1 {
		o = append(o, member{"xmlDataFormat", supported(false)})
	}
	o = append(o, member{"authenticationSchemes", s.schemes()})
	return append(o, q.describe("ServiceProviderConfig", q.version.configEndpoint()))
}

func supported(yes bool) object { return object{{"supported", yes}} }

// schemes lists the configured schemes, and both when none is: then either is let through.
func (s *Server) schemes() []any {
	var list []any
	if s.options.Bearer != "" || s.open() {
		list = append(list, object{{"type", "oauthbearertoken"}, {"name", "Bearer token"},
			{"description", "A token in the Authorization header, after the word Bearer"},
			{"specUri", "https://www.rfc-editor.org/info/rfc6750"}, {"primary", true}})
	}
	if s.options.Username != "" || s.open() {
		list = append(list, object{{"type", "httpbasic"}, {"name", "Basic authentication"},
			{"description", "A user name and a password in the Authorization header"},
			{"specUri", "https://www.rfc-editor.org/info/rfc7617"}, {"primary", len(list) == 0}})
	}
	return list
}

// describe is the meta of a discovery document.
func (q *request) describe(resourceType, path string) member {
	location := member{"location", q.origin + q.version.Path() + "/" + path}
	if q.version == V1 {
		return member{"meta", object{location}}
	}
	return member{"meta", object{{"resourceType", resourceType}, location}}
}

func (s *Server) resourceTypes(q *request) []object {
	schema := "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	if q.version == V1 {
		schema = urnCoreV1
	}
	var list []object
	for _, k := range s.kinds {
		if !q.version.serves(k) {
			continue
		}
		o := object{{"schemas", []any{schema}}, {"id", k.name}, {"name", k.name}, {"description", k.description},
			{"endpoint", "/" + k.endpoint}, {"schema", q.version.core(k)}}
		extensions := []any{}
		for _, e := range k.extensions {
			extensions = append(extensions, object{{"schema", q.version.urn(e.name)}, {"required", false}})
		}
		if len(extensions) > 0 {
			o = append(o, member{"schemaExtensions", extensions})
		}
		list = append(list, append(o, q.describe("ResourceType", "ResourceTypes/"+k.name)))
	}
	return list
}

func (s *Server) schemas(q *request) []object {
	var list []object
	for _, k := range s.kinds {
		if !q.version.serves(k) {
			continue
		}
		id := k.urn
		if q.version == V1 {
			id = urnCoreV1 + ":" + k.name
		}
		list = append(list, q.schema(id, k.name, k.description, k.endpoint, k.root))
		for _, e := range k.extensions {
			list = append(list, q.schema(q.version.urn(e.name), "Enterprise"+k.name, e.description, k.endpoint, e))
		}
	}
	return list
}

func (q *request) schema(id, name, description, endpoint string, a *attribute) object {
	describe := describeV2
	o := object{{"schemas", []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}}, {"id", id}, {"name", name}, {"description", description}}
	if q.version == V1 {
		describe = func(a *attribute) object { return describeV1(a, id) }
		o = object{{"schemas", []any{urnCoreV1}}, {"id", id}, {"name", name}, {"description", description},
			{"schema", urnCoreV1}, {"endpoint", "/" + endpoint}}
	}
	attributes := []any{}
	for _, each := range a.sub {
		if q.version == V1 || !isCommon(each.name) {
			attributes = append(attributes, describe(each))
		}
	}
	return append(o, member{"attributes", attributes}, q.describe("Schema", "Schemas/"+id))
}

// isCommon names what every resource has; schemas of 2.0 do not list it (RFC 7643, section 3.1), those of 1.1 do.
func isCommon(name string) bool {
	return name == "schemas" || name == "id" || name == "externalId" || name == "meta"
}

// describeV2 is an attribute as RFC 7643, section 7 describes it.
func describeV2(a *attribute) object {
	o := object{{"name", a.name}, {"type", string(a.typ)}, {"multiValued", a.multi}, {"description", a.description},
		{"required", a.required}, {"caseExact", a.exact}, {"mutability", orElse(a.mutability, "readWrite")},
		{"returned", orElse(a.returned, "default")}, {"uniqueness", a.uniqueness()}}
	return append(o, subAttributes(a, describeV2)...)
}

// describeV1 is an attribute as section 11 of the 1.1 schema describes it.
func describeV1(a *attribute, schema string) object {
	o := object{{"name", a.name}, {"type", string(a.typ)}, {"multiValued", a.multi}, {"description", a.description},
		{"schema", schema}, {"readOnly", a.mutability == readOnly}, {"required", a.required}, {"caseExact", a.exact}}
	return append(o, subAttributes(a, func(a *attribute) object { return describeV1(a, schema) })...)
}

func subAttributes(a *attribute, describe func(*attribute) object) object {
	if len(a.sub) == 0 {
		return nil
	}
	list := make([]any, len(a.sub))
	for i, each := range a.sub {
		list[i] = describe(each)
	}
	return object{{"subAttributes", list}}
}

func (a *attribute) uniqueness() string {
	if a.unique {
		return "server"
	}
	return "none"
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
