package advice

import (
	"slices"
	"strings"

	"offscope/bucket"
	"offscope/jsontree"
)

// largestDocument is the size up to which an answer is looked into again.
const largestDocument = 1 << 20

// document is the answer as JSON; nil when it is none.
func (c Case) document() *jsontree.Value {
	if c.Response == nil || len(c.Response.Body) == 0 || len(c.Response.Body) > largestDocument {
		return nil
	}
	tree, err := jsontree.Parse(c.Response.Body)
	if err != nil || tree.Kind != jsontree.Object {
		return nil
	}
	return tree
}

// otherCase explains a value that is the one expected but for the case of its letters, or for spaces around it.
func otherCase(c Case) []string {
	for _, row := range c.Rows {
		if row.Comparison != bucket.Equal || row.Missing != nil || row.Actual == "" || row.Actual == row.Target {
			continue
		}
		name := lastName(row.Property)
		switch {
		case strings.EqualFold(row.Actual, row.Target) && name == "userName":
			return hint("userName differs in case only: a server compares names without case (RFC 7643 section 4.1.1), but gives them back " +
				"as they were sent; does it store them in small letters?")
		case strings.EqualFold(row.Actual, row.Target):
			return hint("%s differs in case only, and equal compares exactly", orValue(name))
		case strings.TrimSpace(row.Actual) == strings.TrimSpace(row.Target):
			return hint("%s differs only in spaces around it", orValue(name))
		}
	}
	return nil
}

func orValue(name string) string {
	if name == "" {
		return "the value"
	}
	return name
}

// lastName is the last part of a path.
func lastName(path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	if at := strings.IndexByte(name, '['); at >= 0 {
		name = name[:at]
	}
	return name
}

// counts are what a list says of itself in numbers.
var counts = []string{"totalResults", "itemsPerPage", "startIndex"}

// stringCounts explains figures that a list gives as texts, which scripts and strict clients do not take for numbers.
func stringCounts(c Case) []string {
	tree := c.document()
	if tree == nil || c.statusFailed() {
		return nil
	}
	var wrong []string
	for _, name := range counts {
		if v := tree.Get(name); v != nil && v.Kind == jsontree.String {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return hint("the list gives %s as %s; SCIM has integers there, without quotes (RFC 7644 section 3.4.2)",
		strings.Join(wrong, ", "), map[bool]string{true: "a string", false: "strings"}[len(wrong) == 1])
}

// booleanText explains true and false that came as texts: where one was expected, and wherever it is active, which is none. When
// no row failed, a script did, which may have looked at it.
func booleanText(c Case) []string {
	rows := c.Rows
	if tree := c.document(); tree != nil && len(rows) == 0 {
		if v := tree.Get("active"); v != nil && v.Kind == jsontree.String {
			rows = []Row{{Property: "active", Actual: v.Text, ActualType: "string"}}
		}
	}
	for _, row := range rows {
		isWord := strings.EqualFold(row.Actual, "true") || strings.EqualFold(row.Actual, "false")
		wanted := strings.EqualFold(row.Actual, row.Target) || lastName(row.Property) == "active"
		if row.Missing == nil && isWord && row.ActualType == "string" && wanted {
			return hint("%s came as a string; SCIM has the boolean there, without quotes (RFC 7643 section 2.3.2)", orValue(lastName(row.Property)))
		}
	}
	return nil
}

// capitals explains a look-up of a name in other letters that finds nobody.
func capitals(c Case) []string {
	if c.statusFailed() || c.Request == nil || !isLookUp(c) {
		return nil
	}
	tree := c.document()
	if tree == nil || tree.Get("totalResults") == nil || strings.Trim(tree.Get("totalResults").Text, "0") != "" {
		return nil
	}
	wanted := filterOf(c)
	if !strings.Contains(strings.ToLower(wanted), "username eq") || !inCapitals(wanted[strings.IndexByte(wanted, '"')+1:]) {
		return nil
	}
	return hint("the filter has the name in capitals: userName is compared without case (RFC 7643 section 4.1.1)")
}

// inCapitals reports whether a text has letters, and only large ones.
func inCapitals(text string) bool {
	return strings.ToUpper(text) == text && strings.ToLower(text) != text
}

// noBody explains an answer of the right status that says nothing.
func noBody(c Case) []string {
	if c.Response == nil || c.Response.Status/100 != 2 || len(c.Response.Body) > 0 || c.statusFailed() || !c.failed(bucket.ResponseJSON) {
		return nil
	}
	if c.Request != nil && slices.Contains([]string{"POST", "PUT"}, c.Request.Method) {
		return hint("the answer has no body; SCIM asks for the whole resource in the answer to %s (RFC 7644 sections 3.3 and 3.5.1)", c.Request.Method)
	}
	return hint("the answer has no body, and the test reads one")
}
