package runner

import (
	"maps"
	"strings"

	"offscope/exchange"
	"offscope/variables"
)

// nameSecrets finds the names of the variables whose values must not be seen: those that were named, and every variable that
// stands in a header or a field with which a request proves who it is.
func (p *Plan) nameSecrets() {
	for _, name := range p.Options.Secrets {
		p.named[name] = true
	}
	if env := p.Options.Environment; env != nil {
		for _, name := range env.Secrets {
			p.named[name.Value] = true
		}
	}
	maps.Copy(p.secrets, p.named)
	for _, s := range p.Steps {
		if s.request != nil {
			p.nameSecretsOf(s.request)
		}
	}
}

func (p *Plan) nameSecretsOf(r *request) {
	for _, h := range r.headers {
		if proves(h.name.Text().Value) {
			p.nameUses(h.value)
		}
	}
	for _, f := range r.auth {
		if f.name != "auth_type" {
			p.nameUses(f.value)
		}
	}
}

func (p *Plan) nameUses(t variables.Template) {
	for _, use := range t.Uses() {
		if !use.Function {
			p.secrets[use.Name] = true
		}
	}
}

// proves reports whether a header's value proves who is asking.
func proves(name string) bool {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "authorization", "proxy-authorization", "cookie":
		return true
	}
	return false
}

// learn registers what stands in the headers of a request that prove who is asking, as far as it is not a known secret.
func (t *Test) learn(h exchange.Header) {
	for _, f := range h {
		switch {
		case strings.EqualFold(f.Name, "Cookie"):
			for _, cookie := range strings.Split(f.Value, ";") {
				t.learnCookie(f.Name, cookie)
			}
		case proves(f.Name):
			t.learnCredentials(f.Name, f.Value)
		}
	}
}

// learnSetCookie registers the values of the cookies a response sets.
func (t *Test) learnSetCookie(h exchange.Header) {
	for _, value := range h.Values("Set-Cookie") {
		cookie, _, _ := strings.Cut(value, ";")
		t.learnCookie("Set-Cookie", cookie)
	}
}

func (t *Test) learnCookie(header, cookie string) {
	_, value, found := strings.Cut(cookie, "=")
	if !found {
		value = cookie
	}
	t.learnValue(header, strings.TrimSpace(value))
}

// learnCredentials registers an Authorization value without its scheme, so that the scheme stays readable.
func (t *Test) learnCredentials(header, value string) {
	credentials := strings.TrimSpace(value)
	if _, after, found := strings.Cut(credentials, " "); found {
		credentials = strings.TrimSpace(after)
	}
	t.learnValue(header, credentials)
}

func (t *Test) learnValue(header, value string) {
	rest := exchange.Show(t.masker.Mask(value), func(exchange.Mark) string { return "" })
	if strings.TrimSpace(rest) == "" {
		return // known by its variable's name already, which says more than the header's
	}
	t.masker.Add(header, value)
}

// set gives a variable a value. The scope registers it when its name is a secret's.
func (t *Test) set(name string, value variables.Value, origin variables.Origin) {
	t.scope.Set(name, value, origin)
	t.registerToken(name, value)
}

// registerToken also masks the token behind a scheme: the scheme is no secret, and a server may send back the token alone.
func (t *Test) registerToken(name string, value variables.Value) {
	if !t.plan.secrets[name] {
		return
	}
	scheme, token, found := strings.Cut(strings.TrimSpace(variables.Text(value)), " ")
	if found && isScheme(scheme) {
		t.masker.Add(name, strings.TrimSpace(token))
	}
}

func isScheme(word string) bool {
	switch strings.ToLower(word) {
	case "basic", "bearer", "digest", "ssws", "token", "oauth", "apikey", "negotiate":
		return true
	}
	return false
}
