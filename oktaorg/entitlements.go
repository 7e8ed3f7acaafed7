package oktaorg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The schemas by which a resource type says that its resources can be granted.
const (
	roleSchema        = "urn:okta:scim:schemas:core:1.0:Role"
	entitlementSchema = "urn:okta:scim:schemas:core:1.0:Entitlement"
)

// maxListPages bounds how far a list of entitlements is read, should a server page without end.
const maxListPages = 100

// entitlement is one value that a user can be granted.
type entitlement struct {
	attribute string // of the user: roles or entitlements
	value     string
	display   string
	kind      string // name of the resource type
}

// resourceType is what the org needs to know of an entry of /ResourceTypes.
type resourceType struct {
	id, name, endpoint, attribute string
}

// grant adds entitlements to the account of a person: the wanted ones or, when none are named, the first one the app has.
//
// Okta's own test grants "CUSTOM" access and names no entitlement; what then matters to the SCIM server is that a user
// with an entitlement arrives. It arrives by GET and PUT in both modes: vendor documentation says that entitlements
// travel in the user object of ordinary updates and that only active and password are ever patched, and a server that
// takes updates at all must take this one.
func (p *provisioner) grant(ctx context.Context, a *account, who person, wanted []grantedValue) error {
	if err := p.grantTo(ctx, a, who, wanted); err != nil {
		return fmt.Errorf("grant to user %q: %w", who.userName, err)
	}
	return nil
}

func (p *provisioner) grantTo(ctx context.Context, a *account, who person, wanted []grantedValue) error {
	if !p.scim.dialect.hasEntitlements {
		return errors.New("entitlements are provisioned over SCIM 2.0 only")
	}
	if a.linked() == "" {
		return errNotLinked
	}
	granted, err := p.resolve(ctx, wanted)
	if err != nil {
		return err
	}
	err = p.change(ctx, a, func(u resource) {
		apply(u, p.scim.dialect, who)
		addEntitlements(u, granted)
	})
	if err != nil {
		return err
	}
	a.grant(granted)
	return nil
}

// resolve looks the wanted entitlements up in the SCIM server, as Okta's discovery does: resource types first.
func (p *provisioner) resolve(ctx context.Context, wanted []grantedValue) ([]entitlement, error) {
	types, err := p.grantableTypes(ctx)
	if err != nil {
		return nil, err
	}
	if len(wanted) == 0 {
		return p.firstValue(ctx, types)
	}
	var out []entitlement
	for _, w := range wanted {
		i := slices.IndexFunc(types, func(t resourceType) bool { return w.ID == t.id || w.ID == t.name })
		if i < 0 {
			return nil, fmt.Errorf("/ResourceTypes names no role or entitlement %q", w.ID)
		}
		values, err := p.values(ctx, types[i])
		if err != nil {
			return nil, err
		}
		for _, v := range w.Values {
			j := slices.IndexFunc(values, func(e entitlement) bool { return e.value == v.ID })
			if j < 0 {
				return nil, fmt.Errorf("%s has no %q", types[i].endpoint, v.ID)
			}
			out = append(out, values[j])
		}
	}
	return out, nil
}

func (p *provisioner) firstValue(ctx context.Context, types []resourceType) ([]entitlement, error) {
	for _, t := range types {
		values, err := p.values(ctx, t)
		if err != nil {
			return nil, err
		}
		if len(values) > 0 {
			return values[:1], nil
		}
	}
	return nil, errors.New("the SCIM server has no role or entitlement to grant")
}

func (p *provisioner) grantableTypes(ctx context.Context) ([]resourceType, error) {
	all, _, err := p.readList(ctx, "/ResourceTypes")
	if err != nil {
		return nil, err
	}
	var out []resourceType
	for _, r := range all {
		t := resourceType{id: text(r, "id"), name: text(r, "name"), endpoint: text(r, "endpoint")}
		switch text(r, "schema") {
		case roleSchema:
			t.attribute = "roles"
		case entitlementSchema:
			t.attribute = "entitlements"
		default:
			continue
		}
		if !strings.HasPrefix(t.endpoint, "/") {
			return nil, fmt.Errorf("/ResourceTypes: the endpoint %q of %q must begin with a slash", t.endpoint, t.name)
		}
		out = append(out, t)
	}
	if out == nil {
		return nil, fmt.Errorf("/ResourceTypes names no type with the schema %s or %s", roleSchema, entitlementSchema)
	}
	return out, nil
}

// values reads all entitlements of a type, page by page.
func (p *provisioner) values(ctx context.Context, t resourceType) ([]entitlement, error) {
	var out []entitlement
	for range maxListPages {
		page, total, err := p.readList(ctx, fmt.Sprintf("%s?startIndex=%d&count=100", t.endpoint, len(out)+1))
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			id, err := resourceID(r)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.endpoint, err)
			}
			out = append(out, entitlement{attribute: t.attribute, value: id, display: text(r, "displayName"), kind: t.name})
		}
		if len(page) == 0 || len(out) >= total {
			return out, nil
		}
	}
	return nil, fmt.Errorf("%s does not end after %d entries", t.endpoint, len(out))
}

func (p *provisioner) readList(ctx context.Context, path string) (page []resource, total int, err error) {
	ans, err := p.scim.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, 0, err
	}
	if err := ans.expect(http.StatusOK); err != nil {
		return nil, 0, err
	}
	return ans.list()
}

// addEntitlements adds what is not there yet. Values that the org did not grant stay.
func addEntitlements(u resource, es []entitlement) {
	for _, e := range es {
		list, _ := u[e.attribute].([]any)
		if !slices.ContainsFunc(list, func(v any) bool { return hasValue(v, e.value) }) {
			u[e.attribute] = append(list, e.entry())
		}
	}
}

func hasValue(entry any, value string) bool {
	m, _ := entry.(resource)
	return m["value"] == value
}

// entry is the entitlement as a user carries it. Vendor documentation: an entitlement says its type, a role does not.
func (e entitlement) entry() resource {
	out := resource{"value": e.value}
	if e.display != "" {
		out["display"] = e.display
	}
	if e.attribute == "entitlements" {
		out["type"] = e.kind
	}
	return out
}
