package oktaorg

import (
	"context"
	"net/http"
	"time"
)

// reference names something outside a grant.
type reference struct {
	ExternalID string `json:"externalId"`
	Type       string `json:"type"`
}

// grantRequest is the body of the call that makes a grant.
type grantRequest struct {
	GrantType       string         `json:"grantType"`
	Action          string         `json:"action"`
	Actor           string         `json:"actor"`
	TargetPrincipal reference      `json:"targetPrincipal"`
	Target          reference      `json:"target"`
	Entitlements    []grantedValue `json:"entitlements"`
}

// grantedValue names values of one entitlement. The simulated org has no ids of its own for them: ID is the id or name
// of a resource type of the SCIM server, the values are ids of its resources.
type grantedValue struct {
	ID     string `json:"id"`
	Values []struct {
		ID string `json:"id"`
	} `json:"values"`
}

// createGrant grants entitlements of the app to a user who is assigned to it, and pushes them.
func (o *Org) createGrant(c call) (reply, *apiError) {
	var req grantRequest
	if err := c.decode(&req); err != nil {
		return reply{}, err
	}
	if problems := req.check(); problems != nil {
		return reply{}, errInvalid(problems...)
	}
	if err := o.checkApp(req.Target.ExternalID); err != nil {
		return reply{}, err
	}
	u, err := o.directory.find(req.TargetPrincipal.ExternalID)
	if err != nil {
		return reply{}, err
	}
	if u.assignment == nil {
		return reply{}, errInvalid(problem{"targetPrincipal", "The user is not assigned to the application"})
	}
	a, p := u.assignment, u.person()
	job := o.enqueue("grant", p, a.account, func(ctx context.Context) error {
		return o.provision.grant(ctx, a.account, p, req.Entitlements)
	})
	return reply{status: http.StatusOK, body: grantBody(o.newID("gra"), req, o.opts.Clock(), c.Host), job: job}, nil
}

func (r grantRequest) check() []problem {
	var problems []problem
	switch r.GrantType {
	case "CUSTOM", "ENTITLEMENT", "POLICY":
	case "":
		problems = append(problems, problem{"grantType", "The field cannot be left blank"})
	default:
		problems = append(problems, problem{"grantType", r.GrantType + " is not known to the simulated org: use CUSTOM"})
	}
	if r.Action != "" && r.Action != "ALLOW" {
		problems = append(problems, problem{"action", r.Action + " is not known to the simulated org: use ALLOW"})
	}
	if r.Target.Type != "APPLICATION" {
		problems = append(problems, problem{"target", "The type must be APPLICATION"})
	}
	if r.TargetPrincipal.Type != "OKTA_USER" {
		problems = append(problems, problem{"targetPrincipal", "The type must be OKTA_USER"})
	}
	return problems
}

func grantBody(id string, r grantRequest, now time.Time, host string) any {
	body := map[string]any{
		"id":              id,
		"grantType":       r.GrantType,
		"actor":           r.Actor,
		"action":          "ALLOW",
		"status":          "ACTIVE",
		"target":          r.Target,
		"targetPrincipal": r.TargetPrincipal,
		"created":         stamp(now),
		"lastUpdated":     stamp(now),
		"_links":          self(host, "/governance/api/v1/grants/"+id),
	}
	if r.Entitlements != nil {
		body["entitlements"] = r.Entitlements
	}
	return body
}
