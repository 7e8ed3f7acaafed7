package scim

import (
	"fmt"
	"net/http"
)

// The scimType keywords this server uses (RFC 7644, table 9).
const (
	invalidFilter = "invalidFilter"
	invalidPath   = "invalidPath"
	invalidSyntax = "invalidSyntax"
	invalidValue  = "invalidValue"
	mutability    = "mutability"
	noTarget      = "noTarget"
	uniqueness    = "uniqueness"
)

// problem is an answer that is an error. It is independent of the dialect; Version.problem gives it a body.
type problem struct {
	status   int
	scimType string // "" when the RFC has no keyword for it
	detail   string
	header   map[string]string
}

func (p *problem) Error() string { return p.detail }

func badRequest(scimType, format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, scimType: scimType, detail: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *problem {
	return &problem{status: http.StatusNotFound, detail: fmt.Sprintf(format, args...)}
}

func notAllowed(method, what, allow string) *problem {
	return &problem{
		status: http.StatusMethodNotAllowed,
		detail: fmt.Sprintf("%s is not possible on %s; allowed: %s", method, what, allow),
		header: map[string]string{"Allow": allow},
	}
}
