package runner

import (
	"net/url"
	"strings"

	"offscope/exchange"
)

func formEscape(text string) string { return url.QueryEscape(text) }

// encodeForm keeps the order of the fields, which url.Values would not.
func encodeForm(fields []exchange.Field) string {
	var out strings.Builder
	for i, f := range fields {
		if i > 0 {
			out.WriteByte('&')
		}
		out.WriteString(formEscape(f.Name) + "=" + formEscape(f.Value))
	}
	return out.String()
}
