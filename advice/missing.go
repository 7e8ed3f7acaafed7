package advice

import (
	"fmt"
	"slices"
	"strings"
)

// The names that the initial scripts set which Okta publishes beside its tests, and what its guide calls for. A user who sees
// one of them undefined has most likely not given the script.
var (
	specScript = []string{
		"randomGivenName", "randomFamilyName", "randomEmail", "randomUsername", "randomUsernameCaps", "InvalidUserEmail",
		"UserIdThatDoesNotExist",
	}
	crudScript = []string{
		"okta_user_firstname", "okta_user_lastname", "okta_user_fullname", "okta_user_firstname_update",
		"okta_user_fullname_update", "okta_user_email", "okta_user_title", "okta_user_primaryphone",
	}
	guide = map[string]string{
		"SCIMBaseURL":         "the base URL of your SCIM server, such as http://localhost:8080/scim/v2",
		"SCIMUrl":             "the base URL of your SCIM server, such as http://localhost:8080/scim/v2",
		"auth":                "the whole Authorization value for your SCIM server, such as \"Bearer TOKEN\"",
		"SCIMAuth":            "the whole Authorization value for your SCIM server, such as \"Bearer TOKEN\"",
		"EntitlementEndpoint": "the path of an entitlement endpoint of your server, such as /Roles",
		"oktaOrgUrl":          "the URL of your Okta org, such as https://example.okta.com (\"offscope mock\" simulates one)",
		"oktaAppId":           "the id of the app instance in your Okta org",
		"oktaToken":           "an API token of your Okta org, without SSWS",
	}
	secret = []string{"auth", "SCIMAuth", "oktaToken"}
)

// undefined says what a variable that has no value is for, and who sets it.
func undefined(c Case) []string {
	var hints []string
	for _, name := range c.Undefined {
		if step, lost := c.Lost[name]; lost {
			hints = append(hints, fmt.Sprintf("%s is set by step %d, which did not get that far: look there first", name, step))
		} else if meaning, known := guide[name]; known {
			hints = append(hints, fmt.Sprintf("%s is %s; give it with %s %s=…", name, meaning, flag(name), name))
		}
	}
	if script := scriptHint(c); script != "" {
		hints = append(hints, script)
	} else if len(c.Undefined) > 0 && !c.InitialScript && len(hints) == 0 {
		hints = append(hints, "an export holds no initial script and no environment: if the test has them, give them with "+
			"--initial-script and -e")
	}
	return hints
}

// Variable says what a variable of Okta's guide is for, or that a published script sets it, and how to give that; "" for a name
// that is not known. The answer is the same for all variables of a script.
func Variable(name string, initialScript bool) string {
	if meaning, known := guide[name]; known {
		return fmt.Sprintf("%s is %s; give it with %s %s=…", name, meaning, flag(name), name)
	}
	switch file := scriptOf(name); {
	case file == "":
		return ""
	case initialScript:
		return fmt.Sprintf("it is set by %s, which Okta publishes beside this test; the initial script that was given does not set it", file)
	default:
		return fmt.Sprintf("it is set by the initial script that Okta publishes beside this test: download %s and give it with --initial-script %s", file, file)
	}
}

func flag(name string) string {
	if slices.Contains(secret, name) {
		return "--secret"
	}
	return "--var"
}

// scriptHint names the published script that sets the first undefined variable that is one of its own.
func scriptHint(c Case) string {
	for _, name := range c.Undefined {
		file := scriptOf(name)
		switch {
		case file == "":
			continue
		case c.InitialScript:
			return fmt.Sprintf("%s is set by %s, which Okta publishes beside this test; the initial script that was given does not set it", name, file)
		}
		return fmt.Sprintf("%s is set by the initial script that Okta publishes beside this test: download %s and give it with --initial-script %s",
			name, file, file)
	}
	return ""
}

func scriptOf(name string) string {
	switch {
	case slices.Contains(specScript, name):
		return "Initial_Script_Spec.txt"
	case slices.Contains(crudScript, name):
		return "Initial_Script_CRUD.txt"
	}
	return ""
}

// lacking names the attributes that an answer of the right status does not have. After a wrong status they are a consequence.
func lacking(c Case) []string {
	if c.Response == nil || c.statusFailed() || isHTML(c) {
		return nil
	}
	var names []string
	reads, has, spaced := map[string][]string{}, map[string]string{}, map[string]string{}
	for _, row := range c.Rows {
		m := row.Missing
		if m == nil || c.isEmptyList(m) || isBareArray(m) {
			continue
		}
		name := m.Segment
		if isIndex(name) {
			continue // an element and not an attribute
		}
		if m.Found != "" {
			name = m.Found + "." + name
		}
		if reads[name] == nil {
			names = append(names, name)
			has[name] = otherCaseKey(m)
			if slices.Contains(m.Keys, strings.TrimSpace(m.Segment)) {
				spaced[name] = m.Path
			}
		}
		if m.Path != name && !slices.Contains(reads[name], m.Path) {
			reads[name] = append(reads[name], m.Path)
		} else if reads[name] == nil {
			reads[name] = []string{}
		}
	}
	var hints []string
	for _, name := range names {
		text := fmt.Sprintf("the answer lacks %s, which the test reads", name)
		if paths := reads[name]; len(paths) > 0 {
			text += ": " + strings.Join(paths, ", ")
		}
		if path := spaced[name]; path != "" {
			text = fmt.Sprintf("the path %q has a space too much: a path is compared exactly", path)
		}
		if key := has[name]; key != "" {
			text += "; it has " + key + ", which differs in case only, and a path is compared exactly"
		}
		hints = append(hints, text)
	}
	return hints
}

func isIndex(segment string) bool {
	return segment != "" && strings.Trim(strings.TrimPrefix(segment, "-"), "0123456789") == ""
}
