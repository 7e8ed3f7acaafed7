package oktaorg

import (
	"fmt"
	"net/http"
	"strings"
)

// apiError is a refusal of the org, with Okta's code and wording of it, so that a test which looks at them sees what the
// real org would say.
type apiError struct {
	status  int
	code    string
	summary string
	causes  []string
}

// body is the error in the form all Okta APIs use.
func (e *apiError) body(id string) any {
	type cause struct {
		Summary string `json:"errorSummary"`
	}
	causes := make([]cause, len(e.causes))
	for i, c := range e.causes {
		causes[i] = cause{c}
	}
	return struct {
		Code    string  `json:"errorCode"`
		Summary string  `json:"errorSummary"`
		Link    string  `json:"errorLink"`
		ID      string  `json:"errorId"`
		Causes  []cause `json:"errorCauses"`
	}{e.code, e.summary, e.code, id, causes}
}

func errToken(cause string) *apiError {
	return &apiError{http.StatusUnauthorized, "E0000011", "Invalid token provided", []string{cause}}
}

// errNotFound is for a missing thing of a kind: "User", "AppInstance", "AppUser".
func errNotFound(id, kind string) *apiError {
	return &apiError{status: http.StatusNotFound, code: "E0000007", summary: fmt.Sprintf("Not found: Resource not found: %s (%s)", id, kind)}
}

// errNoPath is for a path that is no call of this org.
func errNoPath(cause string) *apiError {
	return &apiError{http.StatusNotFound, "E0000008", "The requested path was not found", []string{cause}}
}

func errMethod() *apiError {
	return &apiError{status: http.StatusMethodNotAllowed, code: "E0000022", summary: "The endpoint does not support the provided HTTP method"}
}

func errUnreadable(cause string) *apiError {
	return &apiError{http.StatusBadRequest, "E0000003", "The request body was not well-formed.", []string{cause}}
}

func errAlreadyActive() *apiError {
	return &apiError{status: http.StatusForbidden, code: "E0000016", summary: "Activation failed because the user is already active"}
}

// problem is one field that does not pass validation.
type problem struct{ field, text string }

// errInvalid is E0000001, whose summary names the fields and whose causes say what is wrong with each.
func errInvalid(problems ...problem) *apiError {
	e := &apiError{status: http.StatusBadRequest, code: "E0000001"}
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.field)
		e.causes = append(e.causes, p.field+": "+p.text)
	}
	e.summary = "Api validation failed: " + strings.Join(fields, ", ")
	return e
}
