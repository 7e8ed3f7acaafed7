package oktaorg

import (
	"context"
	"maps"
	"net/http"
)

func (o *Org) checkApp(id string) *apiError {
	if id != o.opts.AppID {
		return errNotFound(id, "AppInstance")
	}
	return nil
}

func (o *Org) getApp(c call) (reply, *apiError) {
	if err := o.checkApp(c.PathValue("app")); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: o.appBody(c.Host)}, nil
}

// assignRequest is the body of the call that assigns a user to the app.
type assignRequest struct {
	ID          string `json:"id"`
	Credentials struct {
		UserName string `json:"userName"`
	} `json:"credentials"`
	Profile profile `json:"profile"`
}

// assignUser assigns a user to the app, or changes its assignment, and provisions its account.
func (o *Org) assignUser(c call) (reply, *apiError) {
	if err := o.checkApp(c.PathValue("app")); err != nil {
		return reply{}, err
	}
	var req assignRequest
	if err := c.decode(&req); err != nil {
		return reply{}, err
	}
	u, err := o.assignable(req.ID)
	if err != nil {
		return reply{}, err
	}
	o.assign(u, req)
	a, p := u.assignment, u.person()
	job := o.enqueue("assign", p, a.account, func(ctx context.Context) error {
		return o.provision.assign(ctx, a.account, p)
	})
	body := o.appUserBody(u, c.Host)
	return reply{status: http.StatusOK, job: job, after: func() any { return withState(body, a.account) }}, nil
}

// assignable finds a user who may be assigned. The real org also takes staged users and provisions them later; refusing
// them here is plainer than an assignment of which nothing is ever seen.
func (o *Org) assignable(id string) (*user, *apiError) {
	if id == "" {
		return nil, errInvalid(problem{"id", "The field cannot be left blank"})
	}
	u, err := o.directory.find(id)
	if err != nil {
		return nil, err
	}
	if u.status != statusActive && u.status != statusProvisioned {
		return nil, errInvalid(problem{"id", "The user must be active to be assigned, but is " + u.status})
	}
	return u, nil
}

func (o *Org) assign(u *user, req assignRequest) {
	now := o.opts.Clock()
	if u.assignment == nil {
		u.assignment = &assignment{created: now, account: &account{}}
	}
	a := u.assignment
	a.lastUpdated = now
	a.profile = overlay(appProfile(u.profile), req.Profile)
	a.userName = req.Credentials.UserName
	if a.userName == "" {
		a.userName = u.profile.text("login")
	}
}

// assigned finds the user of a path below the app, who must be assigned to it.
func (o *Org) assigned(c call) (*user, *apiError) {
	if err := o.checkApp(c.PathValue("app")); err != nil {
		return nil, err
	}
	id := c.PathValue("user")
	u, err := o.directory.find(id)
	if err != nil || u.assignment == nil {
		return nil, errNotFound(id, "AppUser")
	}
	return u, nil
}

func (o *Org) getAppUser(c call) (reply, *apiError) {
	u, err := o.assigned(c)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: withState(o.appUserBody(u, c.Host), u.assignment.account)}, nil
}

func (o *Org) unassignUser(c call) (reply, *apiError) {
	u, err := o.assigned(c)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent, job: o.dropAssignment(u)}, nil
}

// withState adds to an app user what the jobs have found out so far: the id in the SCIM server and, under a name of our
// own below `_embedded`, why the last job failed.
func withState(body map[string]any, a *account) map[string]any {
	out := maps.Clone(body)
	out["externalId"] = nil
	out["status"] = "PENDING"
	if id := a.linked(); id != "" {
		out["externalId"] = id
		out["status"] = "PROVISIONED"
	}
	state, err := a.syncState()
	out["syncState"] = state
	if err != nil {
		out["_embedded"] = map[string]any{"provisioningError": err.Error()}
	}
	return out
}
