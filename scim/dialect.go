package scim

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Version is a version of the protocol, and with it a dialect.
type Version int

// The versions of the protocol.
const (
	V1 Version = iota // SCIM 1.1
	V2                // SCIM 2.0, RFC 7643 and 7644
)

// The base path of each dialect. Both are always served.
const (
	PathV2 = "/scim/v2"
	PathV1 = "/scim/v1"
)

// String is the version's number: "1.1" or "2.0".
func (v Version) String() string {
	if v == V1 {
		return "1.1"
	}
	return "2.0"
}

// Path is the base path under which the version is served.
func (v Version) Path() string {
	if v == V1 {
		return PathV1
	}
	return PathV2
}

const (
	urnList    = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	urnError   = "urn:ietf:params:scim:api:messages:2.0:Error"
	urnPatchOp = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	urnListV1  = "urn:scim:schemas:core:1.0:ListResponse"
)

// canonicalURN is the URN under which the store keeps an extension.
func canonicalURN(urn string) string {
	if strings.EqualFold(urn, urnEnterpriseV1) || strings.EqualFold(urn, urnEnterprise) {
		return urnEnterprise
	}
	return urn
}

// urn is a canonical extension URN as the dialect spells it.
func (v Version) urn(canonical string) string {
	if v == V1 && canonical == urnEnterprise {
		return urnEnterpriseV1
	}
	return canonical
}

// core is the URN of a resource type's own schema.
func (v Version) core(k *kind) string {
	if v == V1 {
		return urnCoreV1
	}
	return k.urn
}

// serves says whether the dialect knows the resource type. Roles and entitlements are Okta's additions to 2.0.
func (v Version) serves(k *kind) bool { return v == V2 || k.name == "User" || k.name == "Group" }

// schemas is the "schemas" of a resource: its own and those of the extensions it uses.
func (v Version) schemas(r *record) []any {
	list := []any{v.core(r.kind)}
	for _, urn := range extensionsOf(r) {
		list = append(list, v.urn(urn))
	}
	return list
}

func extensionsOf(r *record) []string {
	var urns []string
	for name := range maps.Keys(r.attrs) {
		if isURN(name) {
			urns = append(urns, name)
		}
	}
	slices.Sort(urns)
	return urns
}

// requireSchema refuses a body whose "schemas" lacks urn: it is meant for another endpoint or the other dialect.
func requireSchema(body map[string]any, urn string) error {
	list, ok := field(body, "schemas").([]any)
	if !ok {
		return badRequest(invalidValue, "schemas is missing; it must be an array that contains %q", urn)
	}
	for _, each := range list {
		if text, _ := each.(string); strings.EqualFold(text, urn) {
			return nil
		}
	}
	return badRequest(invalidValue, "schemas does not contain %q", urn)
}

// contentType is the dialect's media type. A client of 2.0 that accepts only application/json gets that
// (RFC 7644, section 3.8).
func (v Version) contentType(accept string) string {
	accept = strings.ToLower(accept)
	if v == V1 || strings.Contains(accept, "application/json") && !strings.Contains(accept, "application/scim+json") {
		return "application/json"
	}
	return "application/scim+json"
}

// problem is the body of an error. SCIM 1.1 knows only the list "Errors"; Okta's checks for 1.1 read "detail" at the
// top, so both are there.
func (v Version) problem(p *problem) object {
	status := strconv.Itoa(p.status)
	if v == V1 {
		return object{{"schemas", []any{urnCoreV1}}, {"detail", p.detail}, {"status", status},
			{"Errors", []any{object{{"description", p.detail}, {"code", status}}}}}
	}
	o := object{{"schemas", []any{urnError}}}
	if p.scimType != "" {
		o = append(o, member{"scimType", p.scimType})
	}
	return append(o, member{"detail", p.detail}, member{"status", status})
}

func (p *problem) page() []byte {
	title := fmt.Sprintf("%d %s", p.status, http.StatusText(p.status))
	return fmt.Appendf(nil, "<!DOCTYPE html>\n<html>\n<head><title>%s</title></head>\n<body><h1>%s</h1><p>%s</p></body>\n</html>\n",
		title, title, html.EscapeString(p.detail))
}

// page is one page of a list.
type page struct {
	total, start int
	resources    []any
	schemas      []any
}

// list is the body of a list answer. The schemas of 1.1 are what Okta's checks for 1.1 look for.
func (v Version) list(p page, countsAsText bool) object {
	count := func(n int) any {
		if countsAsText {
			return strconv.Itoa(n)
		}
		return n
	}
	schemas := p.schemas
	if schemas == nil {
		schemas = []any{urnList}
		if v == V1 {
			schemas = []any{urnCoreV1}
		}
	}
	if p.resources == nil {
		p.resources = []any{}
	}
	return object{{"schemas", schemas}, {"totalResults", count(p.total)}, {"startIndex", count(p.start)},
		{"itemsPerPage", count(len(p.resources))}, {"Resources", p.resources}}
}

// dress makes the answer's form of a record: names and URNs of the dialect, addresses below origin, and what is
// worked out and not stored.
func (v Version) dress(s *store, r *record, origin string) object {
	address := func(r *record) string { return v.address(origin, r) }
	o := object{{"schemas", v.schemas(r)}, {"id", r.id}}
	for _, a := range r.kind.root.sub {
		value := r.attrs[a.name]
		switch a.name {
		case "groups":
			value = s.groupsOf(r, address)
		case "members":
			value = s.membersOf(r, address)
		}
		if value != nil {
			o = append(o, member{a.name, value})
		}
	}
	for _, urn := range extensionsOf(r) {
		o = append(o, member{v.urn(urn), r.attrs[urn]})
	}
	return append(o, member{"meta", v.meta(r, address(r))})
}

func (v Version) address(origin string, r *record) string {
	return origin + v.Path() + "/" + r.kind.endpoint + "/" + r.id
}

func (v Version) meta(r *record, location string) object {
	meta := object{{"created", timestamp(r.created)}, {"lastModified", timestamp(r.modified)},
		{"location", location}, {"version", r.etag()}}
	if v == V1 {
		return meta
	}
	return append(object{{"resourceType", r.kind.name}}, meta...)
}
