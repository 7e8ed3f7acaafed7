package runner

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"offscope/exchange"
	"offscope/jsontree"
	"offscope/variables"
)

var blank = jsontree.FromString("")

// set gives a variable a value. The scope registers it when its name is a secret's. The error says that there is no room for it.
func (t *Test) set(name string, value variables.Value, origin variables.Origin) error {
	if err := t.holdings.hold(name, value); err != nil {
		return err
	}
	t.scope.Set(name, value, origin)
	delete(t.lost, name)
	t.note(name, value)
	return nil
}

func (t *Test) unset(name string, origin variables.Origin) {
	t.scope.Unset(name, origin)
	t.holdings.release(name)
}

// note remembers what a secret variable was given. The token behind a scheme is masked by itself too: the scheme is no
// secret, and a server may send back the token alone. So are the texts inside of an object or a list.
func (t *Test) note(name string, value variables.Value) {
	if !t.plan.secrets[name] {
		return
	}
	for _, text := range variables.SecretTexts(value) {
		t.cover.note(name, text)
		if scheme, token, found := strings.Cut(strings.TrimSpace(text), " "); found && isScheme(scheme) {
			t.learnToken(name, scheme, strings.TrimSpace(token))
		}
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
		if scheme, _ := splitScheme(f.Value); !strings.EqualFold(f.Name, "Cookie") {
			t.cover.schemes[strings.ToLower(scheme)] = true
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
	if value == "" || t.cover.knows(value) {
		return
	}
	t.cover.learn(name, value)
}

// knows reports whether nothing of a value is unknown but the scheme before it: a server may keep what it was sent in an
// Authorization header in a cookie.
func (c *cover) knows(value string) bool {
	return c.isKnown(c.masker.Mask(value)) || c.shortCredentials(value) != ""
}

// isKnown reports whether nothing but a scheme stands between the marks of a masked text.
func (c *cover) isKnown(masked string) bool {
	rest := unquoted(exchange.Show(masked, func(exchange.Mark) string { return "" }))
	return rest == "" || rest != unquoted(masked) && c.isScheme(rest)
}

// shortCredentials returns what stands behind a scheme when it is known, though too short to be found in a text.
func (c *cover) shortCredentials(value string) string {
	scheme, credentials, _ := strings.Cut(unquoted(value), " ")
	if !c.isScheme(scheme) || utf8.RuneCountInString(credentials) >= least {
		return ""
	}
	if slices.ContainsFunc(c.learned, func(l literal) bool { return l.value == credentials }) {
		return credentials
	}
	return ""
}

// isScheme reports whether a word is a scheme that is known or that a request of this test used.
func (c *cover) isScheme(word string) bool { return isScheme(word) || c.schemes[strings.ToLower(word)] }

// unquoted takes quotes and percent signs from a cookie's value.
func unquoted(value string) string {
	plain := strings.Trim(value, `"`)
	if decoded, err := url.QueryUnescape(plain); err == nil {
		plain = decoded
	}
	return strings.TrimSpace(plain)
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
