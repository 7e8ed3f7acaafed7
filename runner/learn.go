package runner

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"

	"offscope/exchange"
	"offscope/jsontree"
	"offscope/variables"
)

var blank = jsontree.FromString("")

// set gives a variable a value. The scope registers it when its name is a secret's.
func (t *Test) set(name string, value variables.Value, origin variables.Origin) {
	t.scope.Set(name, value, origin)
	delete(t.lost, name)
	t.note(name, value)
}

// note remembers what a secret variable was given. The token behind a scheme is masked by itself too: the scheme is no
// secret, and a server may send back the token alone.
func (t *Test) note(name string, value variables.Value) {
	if !t.plan.secrets[name] {
		return
	}
	text := variables.Text(value)
	t.cover.note(name, text)
	if scheme, token, found := strings.Cut(strings.TrimSpace(text), " "); found && isScheme(scheme) {
		t.learnToken(name, scheme, strings.TrimSpace(token))
	}
}

func (t *Test) learnToken(name, scheme, token string) {
	t.cover.learn(name, token)
	if _, password, ok := basicPair(scheme, token); ok {
		t.cover.learn(name, password)
	}
}

// basicPair decodes the credentials of basic authentication.
func basicPair(scheme, token string) (user, password string, ok bool) {
	if !strings.EqualFold(scheme, "basic") {
		return "", "", false
	}
	pair, err := base64.StdEncoding.DecodeString(token)
	if err != nil || !utf8.Valid(pair) {
		return "", "", false
	}
	return strings.Cut(string(pair), ":")
}

// learnRequest registers what proves who is asking in a request, as far as it is not a known secret.
func (t *Test) learnRequest(address string, h exchange.Header) {
	if password, ok := passwordOf(address); ok {
		t.learnUnlessKnown("URL password", password)
		if decoded, err := url.PathUnescape(password); err == nil {
			t.learnUnlessKnown("URL password", decoded)
		}
	}
	for _, f := range h {
		if !proves(f.Name) {
			continue
		}
		for _, l := range credentialsIn(f.Name, f.Value) {
			t.learnUnlessKnown(l.name, l.value)
		}
	}
}

// learnResponse registers the values of the cookies a response sets.
func (t *Test) learnResponse(h exchange.Header) {
	for _, value := range h.Values("Set-Cookie") {
		cookie, _, _ := strings.Cut(value, ";")
		for _, l := range cookieValues("Set-Cookie", cookie) {
			t.learnUnlessKnown(l.name, l.value)
		}
	}
}

// learnUnlessKnown leaves a value to its variable's name, which says more than the header's.
func (t *Test) learnUnlessKnown(name, value string) {
	if value == "" || covered(t.cover.masker.Mask(value)) {
		return
	}
	t.cover.learn(name, value)
}

// credentialsIn returns the secrets in the value of a header: that of an Authorization without its scheme, which stays
// readable, and the values of cookies.
func credentialsIn(header, value string) []literal {
	if strings.EqualFold(strings.TrimSpace(header), "Cookie") {
		var all []literal
		for _, cookie := range strings.Split(value, ";") {
			all = append(all, cookieValues(header, cookie)...)
		}
		return all
	}
	scheme, credentials := splitScheme(value)
	if credentials == "" {
		return nil
	}
	all := []literal{{header, credentials}}
	if _, password, ok := basicPair(scheme, credentials); ok {
		all = append(all, literal{header, password})
	}
	return all
}

// splitScheme divides the value of an Authorization header. A single word is a scheme only when it is known as one.
func splitScheme(value string) (scheme, credentials string) {
	value = strings.TrimSpace(value)
	scheme, credentials, found := strings.Cut(value, " ")
	switch {
	case found:
		return scheme, strings.TrimSpace(credentials)
	case isScheme(value):
		return value, ""
	}
	return "", value
}

// cookieValues returns the value of a cookie as it is written, and without quotes and percent signs.
func cookieValues(header, cookie string) []literal {
	_, value, found := strings.Cut(cookie, "=")
	if !found {
		value = cookie
	}
	value = strings.TrimSpace(value)
	all := []literal{{header, value}}
	plain := strings.Trim(value, `"`)
	if decoded, err := url.QueryUnescape(plain); err == nil {
		plain = decoded
	}
	if plain != value {
		all = append(all, literal{header, plain})
	}
	return all
}
