package oktaorg

import (
	"maps"
	"time"
)

// stamp is a time as Okta writes it; nil for never.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// self is the link block of a resource. The host is the one the caller used: the org knows no other name of its own.
func self(host, path string) map[string]any {
	return map[string]any{"self": map[string]any{"href": "http://" + host + path}}
}

func (o *Org) userBody(u *user, host string) any {
	credentials := map[string]any{"provider": map[string]any{"type": "OKTA", "name": "OKTA"}}
	if u.hasPassword {
		credentials["password"] = map[string]any{}
	}
	if u.question != "" {
		credentials["recovery_question"] = map[string]any{"question": u.question}
	}
	return map[string]any{
		"id":              u.id,
		"status":          u.status,
		"created":         stamp(u.created),
		"activated":       stamp(u.activated),
		"statusChanged":   stamp(u.statusChanged),
		"lastLogin":       nil,
		"lastUpdated":     stamp(u.lastUpdated),
		"passwordChanged": stamp(u.passwordChanged),
		"profile":         maps.Clone(u.profile),
		"credentials":     credentials,
		"_links":          self(host, "/api/v1/users/"+u.id),
	}
}

func (o *Org) appBody(host string) any {
	return map[string]any{
		"id":         o.opts.AppID,
		"name":       "scim_app",
		"label":      "SCIM app (simulated)",
		"status":     "ACTIVE",
		"features":   []string{"PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION", "REACTIVATE_USERS"},
		"signOnMode": "AUTO_LOGIN",
		"_links":     self(host, "/api/v1/apps/"+o.opts.AppID),
	}
}

func (o *Org) appUserBody(u *user, host string) map[string]any {
	a := u.assignment
	return map[string]any{
		"id":          u.id,
		"created":     stamp(a.created),
		"lastUpdated": stamp(a.lastUpdated),
		"scope":       "USER",
		"credentials": map[string]any{"userName": a.userName},
		"profile":     maps.Clone(a.profile),
		"_links":      self(host, "/api/v1/apps/"+o.opts.AppID+"/users/"+u.id),
	}
}
