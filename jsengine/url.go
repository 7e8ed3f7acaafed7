package jsengine

import (
	"net/url"
	"strings"

	"offscope/exchange"
)

// urlParts are the pieces of a URL in its own spelling: scheme, host with port, path, and the rest from ? or # on. A URL
// in a test need not be valid, so it is cut, not parsed.
type urlParts [4]string

func splitURL(u string) urlParts {
	var p urlParts
	scheme, rest, ok := strings.Cut(u, "://")
	if ok {
		p[0] = scheme
	} else {
		rest = u
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest, p[3] = rest[:end], rest[end:]
	}
	if slash := strings.IndexByte(rest, '/'); slash >= 0 {
		rest, p[2] = rest[:slash], rest[slash:]
	}
	p[1] = rest
	return p
}

func (p urlParts) join() string {
	u := p[1]
	if p[0] != "" {
		u = p[0] + "://" + u
	}
	if p[2] != "" && !strings.HasPrefix(p[2], "/") {
		u += "/"
	}
	return u + p[2] + p[3]
}

// query returns the raw query, without its question mark.
func (p urlParts) query() string {
	query, _, _ := strings.Cut(p[3], "#")
	return strings.TrimPrefix(query, "?")
}

// queryFields returns the decoded parameters of a URL in order.
func queryFields(u string) []exchange.Field {
	var fields []exchange.Field
	for _, piece := range queryPieces(u) {
		fields = append(fields, queryField(piece))
	}
	return fields
}

func queryPieces(u string) []string {
	query := splitURL(u).query()
	if query == "" {
		return nil
	}
	return strings.Split(query, "&")
}

func queryField(piece string) exchange.Field {
	name, value, _ := strings.Cut(piece, "=")
	return exchange.Field{Name: unescape(name), Value: unescape(value)}
}

func unescape(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}

// withQuery puts parameters in the place of a URL's query. A parameter that was there before keeps its spelling.
func withQuery(u string, fields []exchange.Field) string {
	spelling := map[exchange.Field]string{}
	for _, piece := range queryPieces(u) {
		spelling[queryField(piece)] = piece
	}
	pieces := make([]string, len(fields))
	for i, f := range fields {
		piece, ok := spelling[f]
		if !ok {
			piece = escape(f.Name) + "=" + escape(f.Value)
		}
		pieces[i] = piece
	}
	parts := splitURL(u)
	_, fragment, hasFragment := strings.Cut(parts[3], "#")
	parts[3] = ""
	if len(pieces) > 0 {
		parts[3] = "?" + strings.Join(pieces, "&")
	}
	if hasFragment {
		parts[3] += "#" + fragment
	}
	return parts.join()
}

func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
