package advice

import (
	"net/http"
	"net/url"
	"strings"

	"offscope/bucket"
	"offscope/jsontree"
)

// unexpected explains a status that the test did not expect and that has a usual reason.
func unexpected(c Case) []string {
	if c.Request == nil || c.Response == nil || !c.statusFailed() {
		return nil
	}
	switch status := c.Response.Status; {
	case c.oktaError() != nil:
		return okta(c)
	case status/100 == 3:
		return redirected(c)
	case status == http.StatusBadRequest:
		return plainHTTP(c)
	case status == http.StatusForbidden:
		return hint("the server knows who is asking and does not allow it: compare the rights of these credentials with what the request does")
	case status == http.StatusNotFound:
		return notFound(c)
	case status == http.StatusMethodNotAllowed:
		return notAllowed(c)
	case status == http.StatusNotAcceptable, status == http.StatusUnsupportedMediaType:
		return hint("the server does not take the media types of this request (Content-Type, Accept); SCIM's own is application/scim+json, " +
			"and servers should take application/json too (RFC 7644 section 3.1)")
	case status == http.StatusConflict:
		return conflict(c)
	case status == http.StatusTooManyRequests:
		return tooMany(c)
	case status == http.StatusNotImplemented:
		return hint("the server says that it does not implement this: leave the step out with \"skipped\", or add it to the server")
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return hint("a %d usually comes from a proxy or gateway in front of the server: is the server behind it running?", status)
	case status >= 500:
		return hint("the server failed with this request: look into its log")
	}
	return nil
}

// onlyOK explains a 200 where a status was expected that says more.
func onlyOK(c Case) []string {
	if c.Request == nil || c.Response == nil || c.Response.Status != http.StatusOK {
		return nil
	}
	for _, row := range c.Rows {
		if row.Source != bucket.ResponseStatus || row.Comparison != bucket.Equal && row.Comparison != bucket.EqualNumber {
			continue
		}
		switch c.Request.Method + " " + strings.TrimSpace(row.Target) {
		case "POST 201":
			return hint("the server answered 200; SCIM asks for 201 when a resource was created (RFC 7644 section 3.3)")
		case "DELETE 204":
			return hint("the server answered 200; SCIM asks for 204, without a body, when a resource was deleted (RFC 7644 section 3.6)")
		case "PATCH 204":
			return hint("the server answered 200; SCIM allows 200 with the resource and 204 without a body (RFC 7644 section 3.5.2), and the test takes 204 only")
		}
	}
	return nil
}

// redirected explains a redirect, which neither the hosted service nor this program follows.
func redirected(c Case) []string {
	to, err := url.Parse(c.Response.Header.Get("Location"))
	from, _ := url.Parse(c.Request.URL)
	if err != nil || from == nil || c.Response.Header.Get("Location") == "" {
		return nil
	}
	to = from.ResolveReference(to)
	switch {
	case strings.Contains(from.Path, "//") && !strings.Contains(to.Path, "//") && to.Host == from.Host:
		return hint(twoSlashes)
	case to.Scheme == "https" && from.Scheme == "http":
		return hint("the server leads to https://: begin the URL with it; redirects are not followed, as in the hosted service")
	case strings.TrimSuffix(to.Path, "/") == strings.TrimSuffix(from.Path, "/") && to.Path != from.Path && to.Host == from.Host:
		return hint("the server leads to the same path with another end (a slash more or less): change the URL; redirects are not followed, " +
			"as in the hosted service")
	case strings.Contains(strings.ToLower(to.Path), "login") || strings.Contains(strings.ToLower(to.Path), "signin"):
		return hint("the server leads to a page to sign in: the request did not prove who it is in the way the server asks for")
	}
	return hint("redirects are not followed, as in the hosted service: let the URL name the place it leads to, or expect the redirect")
}

const (
	twoSlashes = "the path has two slashes in a row: the base URL ends with one, and the test begins with one"
	completeAs = "is the base URL complete (such as …/scim/v2)?"
)

// notFound explains a 404 that was not expected. Whether the API said so or nothing is there is seen by the body, and by what was
// asked for.
func notFound(c Case) []string {
	from, err := url.Parse(c.Request.URL)
	if err != nil {
		return nil
	}
	tree := c.document()
	switch {
	case strings.TrimSpace(from.Path) != from.Path:
		return hint("the path ends with a space, which was sent as it stands: take it out of the URL, or of the variable at its end")
	case strings.Contains(from.Path, "//"):
		return hint(twoSlashes)
	case strings.Contains(from.Path, "/Users/Users"), strings.Contains(from.Path, "/Groups/Groups"):
		list := from.Path[strings.LastIndexByte(from.Path, '/'):]
		return hint("the base URL ends with %s, which the test adds", list)
	case isList(from) && c.Request.Method != http.MethodDelete:
		return hint("a list is there even when it is empty: " + completeAs)
	case tree != nil && tree.Get("schemas") != nil:
		return nil // the API itself says so
	case tree != nil && wantsSCIM(c):
		return hint("the answer is no SCIM error: nothing may be at this path; " + completeAs)
	case tree == nil && !isHTML(c) && (len(c.Response.Body) > 0 || !c.failed(bucket.ResponseJSON)):
		return hint("nothing is at this path: " + completeAs)
	}
	return nil
}

// isList reports whether a URL is that of all users or groups. A search in them may be answered with 404.
func isList(u *url.URL) bool {
	return (strings.HasSuffix(u.Path, "/Users") || strings.HasSuffix(u.Path, "/Groups")) && u.Query().Get("filter") == ""
}

func wantsSCIM(c Case) bool {
	return strings.Contains(c.Request.Header.Get("Accept")+c.Request.Header.Get("Content-Type"), "scim+json")
}

// plainHTTP knows the words of servers that were spoken to without TLS.
func plainHTTP(c Case) []string {
	body := strings.ToLower(string(firstBytes(c.Response.Body, 1024)))
	for _, words := range []string{"http request to an https server", "http request was sent to https port", "requires tls", "plain http to an ssl"} {
		if strings.Contains(body, words) {
			return hint("the server speaks TLS on this port: begin the URL with https://")
		}
	}
	return nil
}

func notAllowed(c Case) []string {
	if allowed := c.Response.Header.Get("Allow"); allowed != "" && len(allowed) < 80 {
		return hint("the server does not take %s here, but %s", c.Request.Method, allowed)
	}
	return hint("the server does not take %s here: is the URL that of one resource where it should be the list, or the other way round?", c.Request.Method)
}

// conflict explains what is there already.
func conflict(c Case) []string {
	if c.Request == nil || c.Request.Method != http.MethodPost {
		return nil
	}
	return hint("the server has it already, as when an earlier run left it there: run with --cleanup, or let the initial script make " +
		"new names for every run")
}

func tooMany(c Case) []string {
	if after := c.Response.Header.Get("Retry-After"); after != "" && len(after) < 40 {
		return hint("the server takes no more requests for now; it says: try again after %s", unit(after))
	}
	return hint("the server takes no more requests for now: wait a minute, or ask for a higher limit")
}

func unit(after string) string {
	if strings.Trim(after, "0123456789") == "" {
		return after + " s"
	}
	return after
}

// oktaError is an error of an Okta org; nil when the answer is none.
func (c Case) oktaError() *jsontree.Value {
	if c.Response == nil || c.Response.Status < 400 {
		return nil
	}
	tree := c.document()
	if tree == nil || tree.Get("errorCode") == nil || tree.Get("errorSummary") == nil {
		return nil
	}
	return tree
}

// oktaErrors are the errors of Okta's API that have a usual reason in these tests (Okta's list of error codes).
var oktaErrors = map[string]string{
	"E0000001": "compare the values that the test sends with what the org asks for",
	"E0000003": "the body is no JSON: look at the variables in it, whose quotes must be escaped",
	"E0000004": "the user name or password is wrong",
	"E0000006": "the token belongs to somebody without the right to do this: make one as an administrator",
	"E0000007": "check the ids in the URL: of the app instance (oktaAppId) and of the user",
	"E0000011": "check oktaToken: it is the bare token, without SSWS, of this org, and expires when it is not used for 30 days",
	"E0000014": "the password does not fit the policy of the org",
	"E0000022": "the org's URL or the kind of the app does not fit the request",
	"E0000038": "the user or app is not in a state in which this can be done: deactivate it first",
	"E0000047": "the org's rate limit is used up: wait a minute",
	"E0000112": "the user's state is being changed at this moment: wait and try again",
}

// okta says in words of ours what an error of an Okta org means, with its causes.
func okta(c Case) []string {
	tree := c.oktaError()
	code := tree.Get("errorCode").Text
	if len(code) > 20 {
		return nil
	}
	text := "Okta's " + code
	if summary := brief(tree.Get("errorSummary")); summary != "" {
		text += ": " + summary
	}
	var causes []string
	if list := tree.Get("errorCauses"); list != nil {
		for _, item := range list.Items {
			if cause := brief(item.Get("errorSummary")); cause != "" && len(causes) < 3 {
				causes = append(causes, cause)
			}
		}
	}
	if len(causes) > 0 {
		text += " (" + strings.Join(causes, "; ") + ")"
	}
	if known := oktaErrors[code]; known != "" {
		text += ": " + known
	}
	return []string{text}
}

// brief is a text that is short enough to be repeated as a whole; half of one could hide a secret from masking.
func brief(v *jsontree.Value) string {
	if v == nil || v.Kind != jsontree.String || len(v.Text) > 160 {
		return ""
	}
	return strings.TrimRight(strings.Join(strings.Fields(v.Text), " "), ".")
}
