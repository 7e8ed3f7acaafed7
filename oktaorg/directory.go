package oktaorg

import (
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"
)

// The statuses of a user that the simulated calls lead to.
const (
	statusStaged        = "STAGED"        // created with activate=false
	statusProvisioned   = "PROVISIONED"   // activated, has no password yet
	statusActive        = "ACTIVE"        //
	statusDeprovisioned = "DEPROVISIONED" // deactivated
)

// profile is a user's or an app user's attributes as they came.
type profile map[string]any

// text is the attribute as text; empty when it is missing or something else.
func (p profile) text(name string) string {
	s, _ := p[name].(string)
	return s
}

// user is a user of the org. Its password is checked and forgotten.
type user struct {
	id              string
	status          string
	profile         profile
	question        string // recovery question
	hasPassword     bool
	created         time.Time
	activated       time.Time // zero: never
	statusChanged   time.Time
	lastUpdated     time.Time
	passwordChanged time.Time
	assignment      *assignment // to the app; nil: none
}

// assignment is a user's place in the app.
type assignment struct {
	userName    string
	profile     profile // the app user's: givenName, familyName, email, emailType, displayName and whatever came
	created     time.Time
	lastUpdated time.Time
	account     *account
}

// directory holds the users of the org. Org.mu guards it and all it holds.
type directory struct {
	users  map[string]*user
	logins map[string]*user // by lower-case login: Okta compares logins without case
}

func newDirectory() *directory {
	return &directory{users: map[string]*user{}, logins: map[string]*user{}}
}

// find looks a user up by id or login, as Okta's user paths accept both.
func (d *directory) find(idOrLogin string) (*user, *apiError) {
	if u, ok := d.users[idOrLogin]; ok {
		return u, nil
	}
	if u, ok := d.logins[strings.ToLower(idOrLogin)]; ok {
		return u, nil
	}
	return nil, errNotFound(idOrLogin, "User")
}

func (d *directory) add(u *user) {
	d.users[u.id] = u
	d.logins[strings.ToLower(u.profile.text("login"))] = u
}

// setProfile replaces the profile of a user and keeps the index of logins.
func (d *directory) setProfile(u *user, p profile) {
	delete(d.logins, strings.ToLower(u.profile.text("login")))
	u.profile = p
	d.add(u)
}

// check finds what is wrong with a profile that u, or a new user when u is nil, shall get.
func (d *directory) check(p profile, u *user) []problem {
	var problems []problem
	for _, field := range []string{"login", "email"} {
		if text := addressProblem(p[field]); text != "" {
			problems = append(problems, problem{field, text})
		}
	}
	owner := d.logins[strings.ToLower(p.text("login"))]
	if owner != nil && owner != u {
		problems = append(problems, problem{"login", "An object with this field already exists in the current organization"})
	}
	return problems
}

// addressProblem says why a value is no login or e-mail address of Okta's default user type. It also catches a variable
// that was left in its braces.
func addressProblem(v any) string {
	s, isText := v.(string)
	switch {
	case v == nil || isText && strings.TrimSpace(s) == "":
		return "The field cannot be left blank"
	case !isText || strings.Count(s, "@") != 1 || strings.ContainsAny(s, "{} "):
		return "Must be in the form of an email address"
	default:
		return ""
	}
}

// passwordProblem says why a password breaks the policy.
func passwordProblem(password string, shortest int) []problem {
	if utf8.RuneCountInString(password) >= shortest {
		return nil
	}
	return []problem{{"password", fmt.Sprintf("Password requirements were not met. Password requirements: at least %d characters.", shortest)}}
}

// appProfile is what the org's default mappings make of a user's profile.
func appProfile(p profile) profile {
	out := profile{
		"givenName":  p.text("firstName"),
		"familyName": p.text("lastName"),
		"email":      p.text("email"),
	}
	if display := p.text("displayName"); display != "" {
		out["displayName"] = display
	}
	return out
}

// overlay is base with the attributes of top, which win.
func overlay(base, top profile) profile {
	out := maps.Clone(base)
	maps.Copy(out, top)
	return out
}

// person is what the jobs of an assigned user need to know, as it was when the job was queued.
func (u *user) person() person {
	a := u.assignment
	p := person{
		oktaID:      u.id,
		userName:    a.userName,
		givenName:   a.profile.text("givenName"),
		familyName:  a.profile.text("familyName"),
		displayName: a.profile.text("displayName"),
		email:       a.profile.text("email"),
		emailType:   a.profile.text("emailType"),
	}
	if p.displayName == "" {
		p.displayName = strings.TrimSpace(p.givenName + " " + p.familyName)
	}
	if p.emailType == "" {
		p.emailType = "work"
	}
	return p
}
