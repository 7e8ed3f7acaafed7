package advice

import (
	"fmt"
	"net/http"
	"strings"

	"offscope/bucket"
	"offscope/jsontree"
)

// unauthorized looks for the commonest reason of a 401: a token without its scheme.
func unauthorized(c Case) string {
	if c.Response == nil || c.Response.Status != http.StatusUnauthorized || c.Request == nil || !c.statusFailed() {
		return ""
	}
	value := strings.TrimSpace(c.Request.Header.Get("Authorization"))
	switch {
	case value == "":
		return "the request carried no Authorization header"
	case !strings.Contains(value, " "):
		return "the Authorization value has no scheme; most servers ask for one, as in \"Bearer TOKEN\": give the whole value, scheme included"
	}
	return "the server refused the Authorization value that was sent; compare it with the one the server expects"
}

// notJSON says so when a page came where data was expected.
func notJSON(c Case) string {
	if c.Response == nil || !c.looksAt(bucket.ResponseJSON) || !isHTML(c) {
		return ""
	}
	title := ""
	if text := pageTitle(c.Response.Body); text != "" {
		title = fmt.Sprintf(" titled %q", text)
	}
	return "the answer is an HTML page" + title + " and not JSON: the request may have reached a proxy or the wrong path, " +
		"or the server writes its errors as pages"
}

func isHTML(c Case) bool {
	kind, _, _ := strings.Cut(c.Response.Header.Get("Content-Type"), ";")
	body := strings.ToLower(string(firstBytes(c.Response.Body, 200)))
	return strings.EqualFold(strings.TrimSpace(kind), "text/html") || strings.HasPrefix(strings.TrimSpace(body), "<!doctype html") ||
		strings.HasPrefix(strings.TrimSpace(body), "<html")
}

func pageTitle(body []byte) string {
	page := string(firstBytes(body, 4096))
	_, rest, found := strings.Cut(page, "<title>")
	title, _, closed := strings.Cut(rest, "</title>")
	if !found || !closed {
		return ""
	}
	return string(firstBytes([]byte(strings.Join(strings.Fields(title), " ")), 80))
}

func firstBytes(b []byte, n int) []byte { return b[:min(n, len(b))] }

// emptyServer explains a list without its first element.
func emptyServer(c Case) string {
	for _, row := range c.Rows {
		m := row.Missing
		if m != nil && m.Found == "Resources" && m.FoundKind == jsontree.Array && m.Length == 0 {
			return "the server's list is empty; the test reads Resources[0], so at least one must exist: create a user (or whatever " +
				"is listed) and run again"
		}
	}
	return ""
}

// noErrorBody explains an error that was answered without SCIM's error body.
func noErrorBody(c Case) string {
	if c.Response == nil || c.Response.Status < 400 || len(c.Response.Body) > 0 || !c.looksAt(bucket.ResponseJSON) {
		return ""
	}
	return fmt.Sprintf("the %d came without a body; SCIM asks for one with schemas, status and detail (RFC 7644 section 3.12)", c.Response.Status)
}

// duplicate explains a second user of the same name that was accepted.
func duplicate(c Case) string {
	if c.Response == nil || c.Request == nil || c.Request.Method != http.MethodPost || c.Response.Status/100 != 2 {
		return ""
	}
	for _, row := range c.Rows {
		if row.Source == bucket.ResponseStatus && row.Target == "409" {
			return "the server accepted a resource that exists already; SCIM asks for 409 with scimType \"uniqueness\" (RFC 7644 section 3.3)"
		}
	}
	return ""
}

func (c Case) statusFailed() bool { return c.looksAt(bucket.ResponseStatus) }

func (c Case) looksAt(source bucket.Source) bool {
	for _, row := range c.Rows {
		if row.Source == source {
			return true
		}
	}
	return false
}
