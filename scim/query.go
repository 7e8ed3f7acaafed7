package scim

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxResults is how many resources one list answer holds at most, and how many without "count".
const maxResults = 200

// query is what the query string of a list asks for.
type query struct {
	filter     expr // nil: everything
	sortBy     attrPath
	sorted     bool
	descending bool
	start      int // from 1
	count      int
}

func parseQuery(values url.Values, k *kind) (query, error) {
	q := query{}
	var err error
	if q.start, err = number(values, "startIndex", 1); err != nil {
		return q, err
	}
	if q.count, err = number(values, "count", maxResults); err != nil {
		return q, err
	}
	q.start, q.count = max(q.start, 1), min(max(q.count, 0), maxResults)
	if values.Has("filter") {
		if q.filter, err = parseFilter(values.Get("filter")); err != nil {
			return q, err
		}
		if err := q.filter.bind(k); err != nil {
			return q, err
		}
	}
	return q, q.parseSort(values, k)
}

func number(values url.Values, name string, missing int) (int, error) {
	text := values.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badRequest(invalidValue, "%s must be an integer, not %q", name, shorten(text))
	}
	return n, nil
}

func (q *query) parseSort(values url.Values, k *kind) error {
	by := values.Get("sortBy")
	if by == "" {
		return nil
	}
	path, ok := parseAttrPath(by)
	if !ok {
		return badRequest(invalidPath, "sortBy %q is not an attribute", shorten(by))
	}
	switch order := values.Get("sortOrder"); strings.ToLower(order) {
	case "", "ascending":
	case "descending":
		q.descending = true
	default:
		return badRequest(invalidValue, "sortOrder must be ascending or descending, not %q", shorten(order))
	}
	q.sortBy, _ = k.resolve(path)
	q.sorted = true
	return nil
}

// window is the part of the found resources that the page shows.
func (q query) window(found []*record) []*record {
	from := min(q.start-1, len(found))
	return found[from : from+min(q.count, len(found)-from)]
}

// sort orders by the first (for preference primary) value. What has none comes last when ascending and first when
// descending (RFC 7644, section 3.4.2.3).
func (q query) sort(s *store, k *kind, found []*record) []*record {
	_, a := k.resolve(q.sortBy)
	keys := make(map[*record]string, len(found))
	for _, r := range found {
		keys[r] = sortKey(view{s, r}.get(q.sortBy.urn, q.sortBy.name), q.sortBy.sub, a)
	}
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b *record) int {
		if q.descending {
			a, b = b, a
		}
		return cmp.Compare(keys[a], keys[b])
	})
	return found
}

// sortKey is a text that orders as the value does; a missing value orders after all others.
func sortKey(value any, sub string, a *attribute) string {
	const last = "\U0010ffff"
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[max(0, slices.IndexFunc(list, isPrimary))]
		if sub == "" {
			sub = "value"
		}
	}
	if m, ok := value.(map[string]any); ok {
		value = field(m, sub)
	}
	switch value := value.(type) {
	case string:
		if a != nil && a.typ != typeComplex {
			return a.fold(value)
		}
		return strings.ToLower(value)
	case bool:
		return strconv.FormatBool(value)
	}
	return last
}
