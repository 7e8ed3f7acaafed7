package oktaorg

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// provisioner turns changes in the org into SCIM requests. Its methods are the jobs: one job of a user at a time.
type provisioner struct {
	scim    *scimClient
	patches bool // active is changed by PATCH (Catalogue), else by PUT (Wizard)
}

// person is a user as the app shall see it.
type person struct {
	oktaID      string
	userName    string
	givenName   string
	familyName  string
	displayName string
	email       string
	emailType   string
}

// errNotLinked is the failure of a job that needs an account which an earlier job failed to make or find.
var errNotLinked = errors.New("the user has no account in the SCIM server: its assignment failed")

// assign finds the account of a person by its userName, and creates it or updates and activates it.
func (p *provisioner) assign(ctx context.Context, a *account, who person) error {
	found, err := p.match(ctx, who.userName)
	if err != nil {
		return fmt.Errorf("find user %q: %w", who.userName, err)
	}
	if found == nil {
		return p.create(ctx, a, who)
	}
	id, err := resourceID(found)
	if err != nil {
		return fmt.Errorf("find user %q: %w", who.userName, err)
	}
	a.link(id)
	return p.reactivate(ctx, a, who)
}

// match asks for the one user with a userName. Vendor documentation: an empty list with 200 and a 404 both mean none.
// What a server that ignores the filter answers is an error here: the org would change somebody else's account.
func (p *provisioner) match(ctx context.Context, userName string) (resource, error) {
	query := "/Users?filter=" + escapeQuery("userName eq "+quote(userName)) + "&startIndex=1&count=100"
	ans, err := p.scim.do(ctx, http.MethodGet, query, nil)
	if err != nil {
		return nil, err
	}
	if ans.status == http.StatusNotFound {
		return nil, nil
	}
	if err := ans.expect(http.StatusOK); err != nil {
		return nil, err
	}
	users, _, err := ans.list()
	if err != nil {
		return nil, err
	}
	return choose(users, userName)
}

// choose takes the user with the name in a list of matches: the one that differs in case only if none is equal.
func choose(users []resource, userName string) (resource, error) {
	var equal, alike []resource
	for _, u := range users {
		name, _ := u["userName"].(string)
		if name == userName {
			equal = append(equal, u)
		}
		if strings.EqualFold(name, userName) {
			alike = append(alike, u)
		}
	}
	switch {
	case len(users) == 0:
		return nil, nil
	case len(equal) == 1:
		return equal[0], nil
	case len(alike) == 1:
		return alike[0], nil
	case len(alike) == 0:
		return nil, fmt.Errorf("the filter answered %d other users and not this one: the server seems to ignore the filter", len(users))
	default:
		return nil, fmt.Errorf("the server has %d users with this userName: userName must be unique", len(alike))
	}
}

// create makes the account. Vendor documentation: 201 with the user; an empty body and a 409 both end the job.
func (p *provisioner) create(ctx context.Context, a *account, who person) error {
	ans, err := p.scim.do(ctx, http.MethodPost, "/Users", newUser(p.scim.dialect, who))
	if err == nil {
		err = ans.expect(http.StatusCreated)
	}
	if err == nil && ans.isEmpty() {
		err = errors.New("Create new user returned empty user") //lint:ignore ST1005 Okta's own words, which people search for
	}
	if err != nil {
		return fmt.Errorf("create user %q: %w", who.userName, err)
	}
	created, err := ans.resource()
	if err != nil {
		return fmt.Errorf("create user %q: %w", who.userName, err)
	}
	id, err := resourceID(created)
	if err != nil {
		return fmt.Errorf("create user %q: %w", who.userName, err)
	}
	a.link(id)
	return nil
}

// reactivate updates an account that existed and sets it active: with the update itself, or by a PATCH after it.
func (p *provisioner) reactivate(ctx context.Context, a *account, who person) error {
	wasActive := false
	err := p.change(ctx, a, func(u resource) {
		wasActive = u["active"] == true
		apply(u, p.scim.dialect, who)
		if !p.patches {
			u["active"] = true
		}
	})
	if err != nil {
		return fmt.Errorf("update user %q: %w", who.userName, err)
	}
	if !p.patches || wasActive {
		return nil
	}
	if err := p.patchActive(ctx, a.linked(), true); err != nil {
		return fmt.Errorf("activate user %q: %w", who.userName, err)
	}
	return nil
}

// update pushes a person's changed attributes.
func (p *provisioner) update(ctx context.Context, a *account, who person) error {
	if err := p.change(ctx, a, func(u resource) { apply(u, p.scim.dialect, who) }); err != nil {
		return fmt.Errorf("update user %q: %w", who.userName, err)
	}
	return nil
}

// deactivate sets the account inactive. Vendor documentation: Okta never deletes a user.
func (p *provisioner) deactivate(ctx context.Context, a *account) error {
	err := p.setInactive(ctx, a)
	if err != nil {
		return fmt.Errorf("deactivate user: %w", err)
	}
	return nil
}

func (p *provisioner) setInactive(ctx context.Context, a *account) error {
	if !p.patches {
		return p.change(ctx, a, func(u resource) { u["active"] = false })
	}
	id := a.linked()
	if id == "" {
		return errNotLinked
	}
	return p.patchActive(ctx, id, false)
}

// change reads the account and puts it back, whole and changed: what the org does not know stays as the server gave it.
func (p *provisioner) change(ctx context.Context, a *account, edit func(resource)) error {
	id := a.linked()
	if id == "" {
		return errNotLinked
	}
	path := "/Users/" + url.PathEscape(id)
	ans, err := p.scim.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if err := ans.expect(http.StatusOK); err != nil {
		return err
	}
	u, err := ans.resource()
	if err != nil {
		return err
	}
	edit(u)
	u["id"] = id
	addEntitlements(u, a.grants())
	return p.put(ctx, path, u)
}

// put replaces a user. Vendor documentation: the answer is 200 with the updated user.
func (p *provisioner) put(ctx context.Context, path string, u resource) error {
	ans, err := p.scim.do(ctx, http.MethodPut, path, u)
	if err != nil {
		return err
	}
	if err := ans.expect(http.StatusOK); err != nil {
		return err
	}
	_, err = ans.resource()
	return err
}

// patchActive changes active alone. Vendor documentation: 200 with the user, or 204.
func (p *provisioner) patchActive(ctx context.Context, id string, active bool) error {
	ans, err := p.scim.do(ctx, http.MethodPatch, "/Users/"+url.PathEscape(id), p.scim.dialect.patchActive(id, active))
	if err != nil {
		return err
	}
	if ans.status == http.StatusNoContent {
		return nil
	}
	if err := ans.expect(http.StatusOK); err != nil {
		return err
	}
	_, err = ans.resource()
	return err
}
