package scim

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

// authorize is nil when the request carries an accepted Authorization header, else a 401 that says what is wrong
// without repeating the credentials.
func (s *Server) authorize(r *http.Request) *problem {
	if s.open() {
		return nil
	}
	header := r.Header.Get("Authorization")
	scheme, credentials, hasScheme := strings.Cut(header, " ")
	switch {
	case header == "":
		return s.unauthorized("the Authorization header is missing")
	case !hasScheme:
		return s.unauthorized("the Authorization header has no scheme; send " + s.expected())
	case strings.EqualFold(scheme, "Bearer") && s.options.Bearer != "":
		if !equal(strings.TrimSpace(credentials), s.options.Bearer) {
			return s.unauthorized("the bearer token is not the one this server knows")
		}
		return nil
	case strings.EqualFold(scheme, "Basic") && s.options.Username != "":
		username, password, ok := r.BasicAuth()
		if !ok || !equal(username, s.options.Username) || !equal(password, s.options.Password) {
			return s.unauthorized("the user name or the password is wrong")
		}
		return nil
	}
	return s.unauthorized("the Authorization scheme is not accepted here; send " + s.expected())
}

func (s *Server) open() bool { return s.options.Bearer == "" && s.options.Username == "" }

func (s *Server) expected() string {
	switch {
	case s.options.Username == "":
		return "\"Bearer <token>\""
	case s.options.Bearer == "":
		return "\"Basic <credentials>\""
	}
	return "\"Bearer <token>\" or \"Basic <credentials>\""
}

func (s *Server) unauthorized(detail string) *problem {
	challenge := `Bearer realm="scim"`
	if s.options.Bearer == "" {
		challenge = `Basic realm="scim"`
	}
	return &problem{status: http.StatusUnauthorized, detail: detail, header: map[string]string{"WWW-Authenticate": challenge}}
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
