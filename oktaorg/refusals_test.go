package oktaorg

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	const (
		users    = "/api/v1/users"
		appUsers = testApp + "/users"
	)
	profile := func(s string) string { return `{"profile":{` + s + `}}` }
	tests := []struct {
		name, method, path, body string
		status                   int
		code, summary, cause     string
	}{
		{"error_app", "GET", "/api/v1/apps/0oa", "", 404, "E0000007", "Not found: Resource not found: 0oa (AppInstance)", ""},
		{"error_user", "GET", users + "/00u9", "", 404, "E0000007", "Not found: Resource not found: 00u9 (User)", ""},
		{"error_update_user", "PUT", users + "/00u9", "{}", 404, "E0000007", "Not found: Resource not found: 00u9 (User)", ""},
		{"error_activate_user", "POST", users + "/00u9/lifecycle/activate", "", 404, "E0000007", "Not found: Resource not found: 00u9 (User)", ""},
		{"error_deactivate_user", "POST", users + "/00u9/lifecycle/deactivate", "", 404, "E0000007", "Not found: Resource not found: 00u9 (User)", ""},
		{"error_assign_app", "POST", "/api/v1/apps/0oa/users", "{}", 404, "E0000007", "Not found: Resource not found: 0oa (AppInstance)", ""},
		{"error_assign_user", "POST", appUsers, `{"id":"00u9"}`, 404, "E0000007", "Not found: Resource not found: 00u9 (User)", ""},
		{"error_assign_nobody", "POST", appUsers, `{}`, 400, "E0000001", "Api validation failed: id", "id: The field cannot be left blank"},
		{"error_not_assigned", "DELETE", appUsers + "/00u1", "", 404, "E0000007", "Not found: Resource not found: 00u1 (AppUser)", ""},
		{"error_app_user", "GET", appUsers + "/00u9", "", 404, "E0000007", "Not found: Resource not found: 00u9 (AppUser)", ""},
		{"error_unassign_other_app", "DELETE", "/api/v1/apps/0oa/users/00u1", "", 404, "E0000007", "Not found: Resource not found: 0oa (AppInstance)", ""},
		{"error_active_already", "POST", users + "/00u1/lifecycle/activate", "", 403, "E0000016", "Activation failed because the user is already active", ""},
		{"error_path", "GET", "/api/v1/groups", "", 404, "E0000008", "The requested path was not found", "/api/v1/groups"},
		{"error_double_slash", "GET", "//api/v1/apps", "", 404, "E0000008", "The requested path was not found", "must not end with a slash"},
		{"error_method", "DELETE", users + "/00u1", "", 405, "E0000022", "The endpoint does not support the provided HTTP method", ""},
		{"error_method_of_app", "POST", testApp, "", 405, "E0000022", "The endpoint does not support the provided HTTP method", ""},
		{"error_no_json", "POST", users, "profile=x", 400, "E0000003", "The request body was not well-formed.", "invalid character"},
		{"error_empty_body", "POST", users, "", 400, "E0000003", "The request body was not well-formed.", "EOF"},
		{"error_two_values", "POST", users, "{} {}", 400, "E0000003", "The request body was not well-formed.", "something follows"},
		{"error_profile_is_text", "POST", users, `{"profile":"x"}`, 400, "E0000003", "The request body was not well-formed.", "profile"},
		{"error_body_too_large", "POST", users, strings.Repeat(" ", maxRequestBody+1), 400, "E0000003", "The request body was not well-formed.", "too large"},
		{"error_no_profile", "POST", users, "{}", 400, "E0000001", "Api validation failed: login, email", "email: The field cannot be left blank"},
		{"error_no_login", "POST", users, profile(`"email":"b@example.com"`), 400, "E0000001", "Api validation failed: login", "login: The field cannot be left blank"},
		{"error_no_email", "PUT", users + "/00u1", profile(`"login":"b@example.com","email":" "`), 400, "E0000001", "Api validation failed: email", "email: The field cannot be left blank"},
		{"error_login_number", "POST", users, profile(`"login":7,"email":"b@example.com"`), 400, "E0000001", "Api validation failed: login", "login: Must be"},
		{"error_left_variable", "POST", users, profile(`"login":"b@example.com","email":"{{mail}}@x"`), 400, "E0000001", "Api validation failed: email", "email: Must be"},
		{"error_duplicate_login", "POST", users, profile(`"login":"ADA1@example.com","email":"b@example.com"`), 400, "E0000001",
			"Api validation failed: login", "login: An object with this field already exists in the current organization"},
		{"error_login_of_another", "PUT", users + "/00u2", profile(`"login":"ada1@example.com","email":"b@example.com"`), 400, "E0000001",
			"Api validation failed: login", "already exists"},
		{"error_short_password", "POST", users, `{"profile":{"login":"b@example.com","email":"b@example.com"},"credentials":{"password":{"value":"1234567"}}}`,
			400, "E0000001", "Api validation failed: password", "at least 8 characters"},
		{"error_empty_password", "PUT", users + "/00u1", `{"profile":{"login":"b@example.com","email":"b@example.com"},"credentials":{"password":{}}}`,
			400, "E0000001", "Api validation failed: password", "at least 8 characters"},
		{"error_grant_not_assigned", "POST", grants, grantJSON("00u1", ""), 400, "E0000001", "Api validation failed: targetPrincipal", "not assigned"},
		{"error_grant_user", "POST", grants, grantJSON("00u9", ""), 404, "E0000007", "Not found: Resource not found: 00u9 (User)", ""},
		{"error_grant_app", "POST", grants, strings.Replace(grantJSON("00u1", ""), DefaultAppID, "0oa", 1), 404, "E0000007", "Not found: Resource not found: 0oa (AppInstance)", ""},
		{"error_grant_denied", "POST", grants, grantJSON("00u1", `,"action":"DENY"`), 400, "E0000001", "Api validation failed: action", "DENY"},
		{"error_grant_empty", "POST", grants, "{}", 400, "E0000001", "Api validation failed: grantType, target, targetPrincipal", "target: The type must be APPLICATION"},
		{"error_grant_bundle", "POST", grants, strings.Replace(grantJSON("00u1", ""), "CUSTOM", "ENTITLEMENT-BUNDLE", 1), 400, "E0000001", "Api validation failed: grantType", "BUNDLE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ot := newOrgTest(t, Options{})
			ot.createUser("Ada", login)
			ot.createUser("Bea", "bea@example.com")
			status, got := ot.call(tt.method, tt.path, tt.body)
			checkError(t, got, tt.code, tt.summary, tt.cause)
			if status != tt.status {
				t.Errorf("status %d, want %d", status, tt.status)
			}
			if lines := ot.stub.lines(); lines != nil || len(ot.org.Jobs()) > 0 {
				t.Errorf("a refused call was provisioned: %q", lines)
			}
		})
	}
}

func checkError(t *testing.T, got resource, code, summary, cause string) {
	t.Helper()
	want := resource{"errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": got["errorId"], "errorCauses": got["errorCauses"]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if id, _ := got["errorId"].(string); !strings.HasPrefix(id, "oae") || len(id) < 4 {
		t.Errorf("errorId = %q", id)
	}
	var causes strings.Builder
	list, ok := got["errorCauses"].([]any)
	if !ok {
		t.Fatalf("errorCauses = %v, want a list", got["errorCauses"])
	}
	for _, c := range list {
		causes.WriteString(c.(resource)["errorSummary"].(string) + "\n")
	}
	if !strings.Contains(causes.String(), cause) || cause == "" && causes.Len() > 0 {
		t.Errorf("causes %q, want %q", causes.String(), cause)
	}
}

func TestDeactivatedTwice(t *testing.T) {
	t.Parallel()
	ot := newOrgTest(t, Options{})
	path := "/api/v1/users/" + ot.createUser("Ada", login)
	ot.must(200, "POST", path+"/lifecycle/deactivate", "")
	got := ot.must(400, "POST", path+"/lifecycle/deactivate", "")
	checkError(t, got, "E0000001", "Api validation failed: status", "deactivated already")
	if len(ot.org.Jobs()) != 0 {
		t.Error("a user without assignment was provisioned")
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		headers []string
		cause   string // empty: accepted
	}{
		{"ok", []string{"SSWS " + testToken}, ""},
		{"error_none", nil, "one Authorization header"},
		{"error_two", []string{"SSWS " + testToken, "SSWS " + testToken}, "one Authorization header"},
		{"error_wrong", []string{"SSWS other"}, "not the one"},
		{"error_longer", []string{"SSWS " + testToken + "x"}, "not the one"},
		{"error_case", []string{"SSWS " + strings.ToUpper(testToken)}, "not the one"},
		{"error_bearer", []string{"Bearer " + testToken}, "must be SSWS"},
		{"error_bare", []string{testToken}, "must be SSWS"},
		{"error_empty", []string{"SSWS "}, "must be SSWS"},
	}
	ot := newOrgTest(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{testApp, "/nowhere"} {
				r := httptest.NewRequest("GET", path, nil)
				r.Header["Authorization"] = tt.headers
				status, got := ot.send(r)
				if tt.cause != "" {
					checkError(t, got, "E0000011", "Invalid token provided", tt.cause)
				}
				if (status == 401) != (tt.cause != "") {
					t.Errorf("%s: status %d", path, status)
				}
			}
		})
	}
}
