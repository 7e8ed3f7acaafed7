package runner

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"offscope/event"
	"offscope/exchange"
	"offscope/source"
)

// sendable reports whether a request can be put on the wire. The transport would refuse it as well, but it does not know where
// in the file the fault stands.
func (a *Attempt) sendable() bool {
	r, step := a.Request, a.Step.request.step
	refuse := func(code, what, hint string, at source.Place) bool {
		if !at.Known() {
			at = step.Place
		}
		a.problem(event.Problem{Code: code, Outcome: event.Errored, Message: "the request was not sent: " + what, Hint: hint, Where: a.test.cover.excerpt(at)})
		return false
	}
	if what := methodProblem(r.Method); what != "" {
		return refuse("transport-request", what, "", step.Method.Place)
	}
	if what := spaceInHost(r.URL); what != "" {
		return refuse("transport-url", what, "correct the URL, or the variable that it is made of", step.URL.Place)
	}
	for _, f := range r.Header {
		if what, inName := fieldProblem(f); what != "" {
			return refuse("transport-request", what, "", a.fieldPlace(f, inName))
		}
	}
	return true
}

func methodProblem(method string) string {
	switch {
	case method == "":
		return "the request has no method"
	case !httpguts.ValidHeaderFieldName(method): // both are tokens
		return fmt.Sprintf("method %q holds a character that no method may have", method)
	}
	return ""
}

// fieldProblem says why a header cannot be sent, and whether its name is to blame. It does not tell the value, which may be a
// secret.
func fieldProblem(f exchange.Field) (what string, inName bool) {
	switch {
	case f.Name == "":
		return "a header has no name", true
	case !httpguts.ValidHeaderFieldName(f.Name):
		return fmt.Sprintf("header name %q holds a character that no name may have", f.Name), true
	case strings.ContainsAny(f.Value, "\r\n"):
		return fmt.Sprintf("the value of header %s holds a line break", f.Name), false
	case !httpguts.ValidHeaderFieldValue(f.Value):
		return fmt.Sprintf("the value of header %s holds a control character", f.Name), false
	case strings.EqualFold(f.Name, "Host") && !httpguts.ValidHostHeader(f.Value):
		return "the value of header Host is no host name", false
	}
	return "", false
}

// fieldPlace is where a header stands: in the step, in the environment, or, when a script has set it, the whole step.
func (a *Attempt) fieldPlace(f exchange.Field, inName bool) source.Place {
	part := func(p pair) source.Place {
		if inName {
			return p.name.Text().Place
		}
		return p.value.Text().Place
	}
	own := a.Step.request.headers
	for i, made := range a.expanded.headers {
		if made.name == f.Name && made.value.String() == f.Value && i < len(own) && i < a.expanded.own {
			return part(own[i])
		}
	}
	for i, made := range a.test.standing.headers {
		if made.name == f.Name && made.value.String() == f.Value {
			return part(a.test.plan.headers[i])
		}
	}
	return source.Place{}
}

// authority is what stands between the scheme and the path of a URL, without the user.
func authority(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}

// spaceInHost says that there is a space in the host of a URL, which may be percent-encoded by now.
func spaceInHost(address string) string {
	if host := authority(address); strings.ContainsAny(host, " \t") || strings.Contains(host, "%20") || strings.Contains(host, "%09") {
		return "the host has a space in it"
	}
	return ""
}

// hostProblem says why nothing can be sent to the host of a URL, as the transport does; "" when it can.
func hostProblem(address string) string {
	if what := spaceInHost(address); what != "" {
		return what
	}
	u, err := url.Parse("http://" + authority(address))
	var inner *url.Error
	switch {
	case errors.As(err, &inner):
		return "the host is not valid: " + inner.Err.Error()
	case u.Hostname() == "":
		return "the URL has no host"
	case u.Port() == "":
		return ""
	}
	if _, err := strconv.ParseUint(u.Port(), 10, 16); err != nil {
		return fmt.Sprintf("port %q is not a number up to 65535", u.Port())
	}
	return ""
}
