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
)

func undefined(c Case) string {
	var hints []string
	for _, name := range c.Undefined {
		if meaning, known := guide[name]; known {
			hints = append(hints, fmt.Sprintf("%s is %s; give it with --var %s=…", name, meaning, name))
		}
	}
	if script := publishedScript(c.Undefined); script != "" && !c.InitialScript {
		hints = append(hints, "Okta publishes an initial script beside this test, which sets "+
			script+": download it and give it with --initial-script "+scriptFile(script))
	} else if len(c.Undefined) > 0 && !c.InitialScript && len(hints) == 0 {
		hints = append(hints, "an export holds no initial script and no environment: if the test has them, give them with "+
			"--initial-script and -e")
	}
	return strings.Join(hints, "; ")
}

// publishedScript returns the first name that one of Okta's scripts sets.
func publishedScript(names []string) string {
	for _, name := range names {
		if slices.Contains(specScript, name) || slices.Contains(crudScript, name) {
			return name
		}
	}
	return ""
}

func scriptFile(name string) string {
	if slices.Contains(specScript, name) {
		return "Initial_Script_Spec.txt"
	}
	return "Initial_Script_CRUD.txt"
}
