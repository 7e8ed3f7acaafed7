package advice

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"offscope/bucket"
	"offscope/jsontree"
)

// unauthorized looks for the reason of a 401 that the test did not expect. The commonest is a token without its scheme.
func unauthorized(c Case) []string {
	if c.Response == nil || c.Response.Status != http.StatusUnauthorized || c.Request == nil || !c.statusFailed() {
		return nil
	}
	value := strings.TrimSpace(c.Request.Header.Get("Authorization"))
	scheme, rest, _ := strings.Cut(value, " ")
	switch {
	case !c.Request.Header.Has("Authorization"):
		return hint("the request carried no Authorization header")
	case value == "":
		return hint("the Authorization header was empty: check the variable it is made of")
	case isQuoted(value):
		return hint("the Authorization value begins with a quote: quotes are for the shell, and not a part of the value")
	case !isScheme(scheme):
		return hint("the Authorization value does not begin with a scheme; most servers ask for one, as in \"Bearer TOKEN\": " +
			"give the whole value, scheme included")
	case strings.TrimSpace(rest) == "":
		return hint("the Authorization value is only a scheme, without a token behind it: check the variable it is made of")
	case isScheme(strings.Fields(rest)[0]):
		return hint("the Authorization value has two schemes: the test or the variable has one already")
	}
	if c.oktaError() != nil {
		return nil // which says more
	}
	return hint("the server refused the %s credentials that were sent: compare them with those the server expects", scheme)
}

func isScheme(word string) bool {
	return slices.Contains([]string{"basic", "bearer", "digest", "ssws", "token", "oauth", "apikey", "negotiate", "hoba", "mutual"}, strings.ToLower(word))
}

// notJSON says so when a page came where data was expected.
func notJSON(c Case) []string {
	if c.Response == nil || !c.failed(bucket.ResponseJSON) || !isHTML(c) {
		return nil
	}
	title := ""
	if text := pageTitle(c.Response.Body); text != "" {
		title = fmt.Sprintf(" titled \"%s\"", text)
	}
	return hint("the answer is an HTML page%s and not JSON: the request may have reached a proxy or the wrong path, or the server "+
		"writes its errors as pages", title)
}

// notUTF8 explains characters that were lost because the answer is in another character set.
func notUTF8(c Case) []string {
	lost := slices.ContainsFunc(c.Rows, func(r Row) bool { return strings.ContainsRune(r.Actual, utf8.RuneError) })
	if !lost || c.Response == nil || utf8.Valid(c.Response.Body) {
		return nil
	}
	_, parameters, _ := mime.ParseMediaType(c.Response.Header.Get("Content-Type"))
	charset := parameters["charset"]
	if charset == "" || strings.EqualFold(charset, "utf-8") {
		return hint("the body is not UTF-8: what cannot be read comes out as \ufffd")
	}
	return hint("the body is in %s, as its Content-Type says; only UTF-8 is read here, and other characters come out as \ufffd: "+
		"let the server answer in UTF-8", charset)
}

func isHTML(c Case) bool {
	start := strings.ToLower(strings.TrimLeft(string(firstBytes(c.Response.Body, 200)), "\ufeff \t\r\n"))
	if strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[") {
		return false // JSON under a wrong name
	}
	kind, _, _ := strings.Cut(c.Response.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "text/html") && start != "" || strings.HasPrefix(start, "<!doctype html") ||
		strings.HasPrefix(start, "<html")
}

// pageTitle returns the title of a page. A long one is left out and not cut: masking would not find half a secret.
func pageTitle(body []byte) string {
	page := string(firstBytes(body, 4096))
	at := strings.Index(strings.ToLower(page), "<title>")
	if at < 0 {
		return ""
	}
	title, _, closed := strings.Cut(page[at+len("<title>"):], "</")
	title = strings.Join(strings.Fields(title), " ")
	if !closed || utf8.RuneCountInString(title) > 80 {
		return ""
	}
	return title
}

func firstBytes(b []byte, n int) []byte { return b[:min(n, len(b))] }

// emptyList explains a list without its first element, which a server may leave out altogether when it is empty.
func emptyList(c Case) []string {
	if c.Response == nil || c.statusFailed() {
		return nil
	}
	for _, row := range c.Rows {
		if m := row.Missing; m != nil && c.isEmptyList(m) {
			if isLookUp(c) {
				return hint("no resource fits the filter of the request: nothing was created or provisioned under that name yet. A real org " +
					"takes its time: give it with --pauses keep")
			}
			return hint("the server's list is empty, and the test reads %s: at least one must exist. Create a user (or whatever is listed) "+
				"on the server and run again", m.Path)
		}
	}
	return nil
}

// isLookUp reports whether the request asked for certain resources and not for any.
func isLookUp(c Case) bool {
	if c.Request == nil {
		return false
	}
	return filterOf(c) != ""
}

// filterOf is the filter of the request, "" when it has none.
func filterOf(c Case) string {
	u, err := url.Parse(c.Request.URL)
	if err != nil {
		return ""
	}
	return u.Query().Get("filter")
}

func (c Case) isEmptyList(m *jsontree.Missing) bool {
	if m.FoundKind == jsontree.Array {
		return m.Found == "Resources" && m.Length == 0
	}
	ofList := m.Found == "" && m.Segment == "Resources" && strings.HasPrefix(m.Path, "Resources[") && slices.Contains(m.Keys, "totalResults")
	return ofList && otherCaseKey(m) == "" && c.saysEmpty()
}

// saysEmpty reports whether a list without resources says that it has none, or says nothing of it that can be read.
func (c Case) saysEmpty() bool {
	tree := c.document()
	if tree == nil || tree.Get("totalResults") == nil {
		return true
	}
	return strings.Trim(tree.Get("totalResults").Text, "0") == ""
}

// otherCaseKey is a name of the object where a path ends that differs from the missing one in case only; "" when there is none.
func otherCaseKey(m *jsontree.Missing) string {
	for _, key := range m.Keys {
		if strings.EqualFold(key, m.Segment) {
			return key
		}
	}
	return ""
}

// ofList are the attributes of a list that tests read.
var ofList = append([]string{"Resources", "schemas"}, counts...)

// bareArray explains a list that came without its envelope.
func bareArray(c Case) []string {
	if c.statusFailed() {
		return nil
	}
	for _, row := range c.Rows {
		if m := row.Missing; isBareArray(m) {
			return hint("the answer is a bare array; SCIM has a list as an object with schemas, totalResults and Resources (RFC 7644 section 3.4.2)")
		}
	}
	return nil
}

func isBareArray(m *jsontree.Missing) bool {
	return m != nil && m.Found == "" && m.FoundKind == jsontree.Array && slices.Contains(ofList, m.Segment)
}

// noErrorBody explains an error that was answered without SCIM's error body.
func noErrorBody(c Case) []string {
	if c.Response == nil || c.Response.Status < 400 || len(c.Response.Body) > 0 || !c.failed(bucket.ResponseJSON) {
		return nil
	}
	return hint("the %d came without a body; SCIM asks for one with schemas, status and detail (RFC 7644 section 3.12)", c.Response.Status)
}

// schema11 is how SCIM 1.1 names its core schema. What RFC 7644 asks for is no rule there.
const schema11 = "urn:scim:schemas:core:1.0"

// userName is the userName in a body, "" when there is none.
func userName(body []byte) string {
	tree, err := jsontree.Parse(body)
	if err != nil {
		return ""
	}
	if v := tree.Get("userName"); v != nil && v.Kind == jsontree.String {
		return v.Text
	}
	return ""
}

// duplicate explains a second user of the same name that was accepted.
func duplicate(c Case) []string {
	if c.Response == nil || c.Request == nil || c.Request.Method != http.MethodPost || c.Response.Status/100 != 2 {
		return nil
	}
	for _, row := range c.Rows {
		if row.Source != bucket.ResponseStatus || strings.TrimSpace(row.Target) != "409" {
			continue
		}
		if bytes.Contains(c.Request.Body, []byte(schema11)) {
			return hint("the server accepted what the test sends as a duplicate; it has to answer 409")
		}
		hints := hint("the server accepted what the test sends as a duplicate; SCIM asks for 409 with scimType \"uniqueness\" " +
			"(RFC 7644 section 3.3)")
		if sent := userName(c.Request.Body); inCapitals(sent) {
			hints = append(hints, "the name was sent in capitals: userName is compared without case (RFC 7643 section 4.1.1)")
		}
		return hints
	}
	return nil
}
