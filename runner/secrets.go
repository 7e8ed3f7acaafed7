package runner

import (
	"maps"
	"regexp"
	"strings"
	"sync"

	"offscope/source"
	"offscope/variables"
)

// A literal is a secret that stands in the file itself and not in a variable.
type literal struct{ name, value string }

// nameSecrets finds the names of the variables whose values must not be seen: those that were named, and every variable that
// stands in a header or a field with which a request proves who it is. What stands there without a variable is a secret too.
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
	p.addScriptLiterals(p.initial)
	for _, s := range p.Steps {
		p.addScriptLiterals(s.before...)
		p.addScriptLiterals(s.after...)
	}
}

// setLiteral finds values that a script gives to a variable as they are.
var setLiteral = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`variables\s*\.\s*set\s*\(\s*["'` + "`" + `]([^"'` + "`" + `\n]+)["'` + "`" + `]\s*,\s*(?:"([^"\n]+)"|'([^'\n]+)'|` + "`([^`]+)`" + `)`)
})

// addScriptLiterals adds the values that scripts give to secret variables. A script with a syntax error never runs, and yet a
// line of it is shown.
func (p *Plan) addScriptLiterals(scripts ...*script) {
	for _, s := range scripts {
		if s == nil {
			continue
		}
		for _, found := range setLiteral().FindAllStringSubmatch(s.text.Value, -1) {
			if value := found[2] + found[3] + found[4]; p.secrets[found[1]] {
				p.literals = append(p.literals, literal{found[1], value})
			}
		}
	}
}

func (p *Plan) nameSecretsOf(r *request) {
	for _, h := range r.headers {
		if name := h.name.Text().Value; proves(name) {
			p.nameUses(h.value)
			p.literals = append(p.literals, literalParts(name, h.value)...)
		}
	}
	for _, f := range r.auth {
		p.nameUses(f.value)
		if f.value.Literal() && f.name != "username" {
			p.literals = append(p.literals, literal{"auth", f.value.Text().Value})
		}
	}
	if password, ok := passwordOf(r.url.Text().Value); ok {
		t := variables.Parse(source.Text{Value: password})
		p.nameUses(t)
		if t.Literal() {
			p.literals = append(p.literals, literal{"URL password", password})
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

// literalParts returns the secrets that a header's template holds beside its variables: whole values where there is no
// variable, else the words around them. The first word is the scheme.
func literalParts(header string, t variables.Template) []literal {
	text := t.Text().Value
	if t.Literal() {
		return credentialsIn(header, text)
	}
	expansion, _ := t.Expand(blanks{})
	var parts []literal
	for n, piece := range expansion.Pieces {
		if piece.Variable != "" || strings.EqualFold(strings.TrimSpace(header), "Cookie") {
			continue
		}
		for i, word := range strings.Fields(piece.Text) {
			if n+i == 0 || strings.HasSuffix(word, "=") || len(word) < least {
				continue
			}
			parts = append(parts, literal{header, word})
		}
	}
	return parts
}

// blanks gives every variable and function an empty value, so that what is left of a template are its literal parts.
type blanks struct{}

func (blanks) Get(string) (variables.Value, bool) { return blank, true }

func (blanks) Call(string, *variables.Expansion) (string, error) { return "", nil }

func (blanks) Why(string) string { return "" }

// proves reports whether a header's value proves who is asking.
func proves(name string) bool {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "authorization", "proxy-authorization", "cookie":
		return true
	}
	return false
}

func isScheme(word string) bool {
	switch strings.ToLower(word) {
	case "basic", "bearer", "digest", "ssws", "token", "oauth", "apikey", "negotiate":
		return true
	}
	return false
}

// passwordOf returns the password in a URL of the form scheme://user:password@host.
func passwordOf(url string) (string, bool) {
	_, rest, found := strings.Cut(url, "://")
	if !found {
		return "", false
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return "", false
	}
	_, password, found := strings.Cut(rest[:at], ":")
	return password, found && password != ""
}
