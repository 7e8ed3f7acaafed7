package oktaorg

import (
	"crypto/rand"
	"errors"
	"slices"
)

// resource is a SCIM resource as JSON gives it; numbers are json.Number, so that they go back as they came.
type resource = map[string]any

// dialect is what differs between the SCIM versions in what the org sends.
type dialect struct {
	userSchema      string
	mediaType       string
	hasEntitlements bool
	patchActive     func(id string, active bool) any
}

// dialectOf is the dialect of a version: 1.1, and 2.0 for everything else.
func dialectOf(version string) dialect {
	if version == "1.1" {
		return dialect{
			userSchema: coreSchema11,
			// Not application/scim+json, which SCIM 2.0 brought; Okta's own 1.1 test sends JSON too.
			mediaType:   "application/json",
			patchActive: patchActive11,
		}
	}
	return dialect{
		userSchema:      "urn:ietf:params:scim:schemas:core:2.0:User",
		mediaType:       "application/scim+json",
		hasEntitlements: true,
		patchActive:     patchActive20,
	}
}

const coreSchema11 = "urn:scim:schemas:core:1.0"

func patchActive20(_ string, active bool) any {
	return resource{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []resource{{"op": "replace", "value": resource{"active": active}}},
	}
}

// patchActive11 is a partial user: SCIM 1.1 has no operations.
func patchActive11(id string, active bool) any {
	return resource{"schemas": []string{coreSchema11}, "id": id, "active": active}
}

// newUser is the user that creates an account.
func newUser(d dialect, who person) resource {
	return resource{
		"schemas":     []string{d.userSchema},
		"userName":    who.userName,
		"name":        resource{"givenName": who.givenName, "familyName": who.familyName},
		"emails":      []resource{{"primary": true, "value": who.email, "type": who.emailType}},
		"displayName": who.displayName,
		"locale":      "en-US",
		"externalId":  who.oktaID,
		"groups":      []any{},
		"password":    throwAwayPassword(),
		"active":      true,
	}
}

// throwAwayPassword is a password nobody will ever use, strong enough for a server with rules of its own.
func throwAwayPassword() string { return "Aa1-" + rand.Text()[:12] }

// apply changes a user read from the server to what the org knows of the person, and leaves the rest alone.
func apply(u resource, d dialect, who person) {
	if u["schemas"] == nil {
		u["schemas"] = []string{d.userSchema}
	}
	u["userName"] = who.userName
	u["externalId"] = who.oktaID
	u["displayName"] = who.displayName
	name, ok := u["name"].(resource)
	if !ok {
		name = resource{}
		u["name"] = name
	}
	name["givenName"] = who.givenName
	name["familyName"] = who.familyName
	u["emails"] = withEmail(u["emails"], who)
}

// withEmail puts the person's address in the place of the primary one, else of the one of its type, else at the end.
func withEmail(emails any, who person) []any {
	list, _ := emails.([]any)
	i := slices.IndexFunc(list, func(e any) bool { return member(e, "primary") == true })
	if i < 0 {
		i = slices.IndexFunc(list, func(e any) bool { return member(e, "type") == who.emailType })
	}
	if i < 0 {
		return append(list, resource{"primary": true, "value": who.email, "type": who.emailType})
	}
	list[i].(resource)["value"] = who.email
	return list
}

// member is a member of a JSON object; nil when there is none or v is no object.
func member(v any, name string) any {
	m, _ := v.(resource)
	return m[name]
}

// text is a member as text; empty when it is missing or something else.
func text(r resource, name string) string {
	s, _ := r[name].(string)
	return s
}

func resourceID(r resource) (string, error) {
	id := text(r, "id")
	if id == "" {
		return "", errors.New("the server answered a resource without an id, or whose id is no text")
	}
	return id, nil
}
