package oktaorg

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// userRequest is the body of the calls that make or replace a user.
type userRequest struct {
	Profile     profile `json:"profile"`
	Credentials struct {
		Password *struct {
			Value string `json:"value"`
		} `json:"password"`
		RecoveryQuestion struct {
			Question string `json:"question"`
		} `json:"recovery_question"`
	} `json:"credentials"`
}

// createUser makes a user: active when it has a password, unless the query says activate=false.
func (o *Org) createUser(c call) (reply, *apiError) {
	var req userRequest
	if err := c.decode(&req); err != nil {
		return reply{}, err
	}
	if problems := o.checkUser(req, nil); problems != nil {
		return reply{}, errInvalid(problems...)
	}
	now := o.opts.Clock()
	u := &user{id: o.newID("00u"), status: statusStaged, profile: req.Profile, created: now, statusChanged: now}
	u.setCredentials(req, now)
	if c.URL.Query().Get("activate") != "false" {
		u.activate(now)
	}
	o.directory.add(u)
	return reply{status: http.StatusOK, body: o.userBody(u, c.Host)}, nil
}

func (o *Org) checkUser(req userRequest, u *user) []problem {
	problems := o.directory.check(req.Profile, u)
	if p := req.Credentials.Password; p != nil {
		problems = append(problems, passwordProblem(p.Value, o.opts.MinPassword)...)
	}
	return problems
}

func (u *user) setCredentials(req userRequest, now time.Time) {
	u.lastUpdated = now
	if q := req.Credentials.RecoveryQuestion.Question; q != "" {
		u.question = q
	}
	if req.Credentials.Password != nil {
		u.hasPassword = true
		u.passwordChanged = now
	}
}

func (u *user) activate(now time.Time) {
	u.status = statusProvisioned
	if u.hasPassword {
		u.status = statusActive
	}
	u.activated, u.statusChanged, u.lastUpdated = now, now, now
}

func (o *Org) getUser(c call) (reply, *apiError) {
	u, err := o.directory.find(c.PathValue("user"))
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: o.userBody(u, c.Host)}, nil
}

// updateUser replaces a user's whole profile, as Okta's PUT does, and pushes it to the app when the user is assigned.
func (o *Org) updateUser(c call) (reply, *apiError) {
	u, err := o.directory.find(c.PathValue("user"))
	if err != nil {
		return reply{}, err
	}
	var req userRequest
	if err := c.decode(&req); err != nil {
		return reply{}, err
	}
	if problems := o.checkUser(req, u); problems != nil {
		return reply{}, errInvalid(problems...)
	}
	login := u.profile.text("login")
	o.directory.setProfile(u, req.Profile)
	u.setCredentials(req, o.opts.Clock())
	return reply{status: http.StatusOK, body: o.userBody(u, c.Host), job: o.pushProfile(u, login)}, nil
}

// pushProfile maps a changed profile to the app user and queues the update. A userName that was the old login follows it.
func (o *Org) pushProfile(u *user, oldLogin string) *task {
	a := u.assignment
	if a == nil {
		return nil
	}
	if strings.EqualFold(a.userName, oldLogin) {
		a.userName = u.profile.text("login")
	}
	a.profile = overlay(a.profile, appProfile(u.profile))
	a.lastUpdated = o.opts.Clock()
	p := u.person()
	return o.enqueue("update", p, a.account, func(ctx context.Context) error {
		return o.provision.update(ctx, a.account, p)
	})
}

// activateUser makes a staged or deactivated user active again. It does not bring the assignment back.
func (o *Org) activateUser(c call) (reply, *apiError) {
	u, err := o.directory.find(c.PathValue("user"))
	if err != nil {
		return reply{}, err
	}
	if u.status == statusActive || u.status == statusProvisioned {
		return reply{}, errAlreadyActive()
	}
	u.activate(o.opts.Clock())
	return reply{status: http.StatusOK, body: struct{}{}}, nil
}

// deactivateUser deactivates a user, and with it the account in the app, and drops the assignment.
func (o *Org) deactivateUser(c call) (reply, *apiError) {
	u, err := o.directory.find(c.PathValue("user"))
	if err != nil {
		return reply{}, err
	}
	if u.status == statusDeprovisioned {
		return reply{}, errInvalid(problem{"status", "The user is deactivated already"})
	}
	now := o.opts.Clock()
	u.status, u.statusChanged, u.lastUpdated = statusDeprovisioned, now, now
	return reply{status: http.StatusOK, body: struct{}{}, job: o.dropAssignment(u)}, nil
}

// dropAssignment takes a user out of the app and queues the deactivation of its account.
func (o *Org) dropAssignment(u *user) *task {
	a := u.assignment
	if a == nil {
		return nil
	}
	p := u.person()
	u.assignment = nil
	return o.enqueue("deactivate", p, a.account, func(ctx context.Context) error {
		return o.provision.deactivate(ctx, a.account)
	})
}
