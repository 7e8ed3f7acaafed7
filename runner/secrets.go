package runner

import (
	"maps"
	"regexp"
	"slices"
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
	for _, name := range p.merged.Secrets {
		p.named[name.Value] = true
	}
	maps.Copy(p.secrets, p.named)
	if c := p.merged.ClientCertificate; c != nil {
		passphrase := variables.Parse(c.Passphrase)
		p.nameUses(passphrase)
		if passphrase.Literal() && c.Passphrase.Value != "" {
			p.literals = append(p.literals, literal{"passphrase", c.Passphrase.Value})
		}
	}
	p.nameSecretHeaders(p.headers)
	p.nameSecretFields(p.auth)
	for _, s := range p.Steps {
		if s.request != nil {
			p.nameSecretsOf(s.request)
		}
	}
}

// shareSecrets makes what is secret in a subtest secret in the test that runs it, and the other way round: a server may be the
// same in both. Then it finds the secrets that stand in scripts.
func (p *Plan) shareSecrets() {
	all := []*Plan{p}
	for i := 0; i < len(all); i++ {
		for _, s := range all[i].Steps {
			if s.subtest != nil && s.subtest.plan != nil {
				all = append(all, s.subtest.plan)
			}
		}
	}
	for _, other := range all[1:] {
		maps.Copy(p.secrets, other.secrets)
		p.literals = append(p.literals, other.literals...)
		other.secrets = p.secrets
	}
	for more := true; more; {
		more = false
		for _, plan := range all {
			more = plan.nameSecretParams(p) || more
		}
	}
	for _, plan := range all {
		p.addScriptLiterals(plan.scripts())
	}
}

// scripts are all scripts of a plan, once each.
func (p *Plan) scripts() []*script {
	all := slices.Concat(p.before, p.after)
	for _, s := range p.initial {
		all = append(all, s.script)
	}
	for _, s := range p.Steps {
		before, after := s.before, s.after
		if s.request != nil {
			before, after = before[len(p.before):], after[len(p.after):]
		}
		all = slices.Concat(all, before, after)
	}
	return all
}

// SecretNames are the names of the variables whose values are masked, in order.
func (p *Plan) SecretNames() []string { return slices.Sorted(maps.Keys(p.secrets)) }

// setLiteral finds values that a script gives to a variable as they are.
var setLiteral = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`variables\s*\.\s*set\s*\(\s*["'` + "`" + `]([^"'` + "`" + `\n]+)["'` + "`" + `]\s*,\s*(?:"([^"\n]+)"|'([^'\n]+)'|` + "`([^`]+)`" + `)`)
})

// addScriptLiterals adds the values that scripts give to secret variables. A script with a syntax error never runs, and yet a
// line of it is shown.
func (p *Plan) addScriptLiterals(scripts []*script) {
	for _, s := range scripts {
		for _, found := range setLiteral().FindAllStringSubmatch(s.text.Value, -1) {
			if value := found[2] + found[3] + found[4]; p.secrets[found[1]] {
				p.literals = append(p.literals, literal{found[1], value})
			}
		}
	}
}

func (p *Plan) nameSecretsOf(r *request) {
	p.nameSecretHeaders(r.headers)
	p.nameSecretFields(r.auth)
	if password, ok := passwordOf(r.url.Text().Value); ok {
		t := variables.Parse(source.Text{Value: password})
		p.nameUses(t)
		if t.Literal() {
			p.literals = append(p.literals, literal{"URL password", password})
		}
	}
}

func (p *Plan) nameSecretHeaders(headers []pair) {
	for _, h := range headers {
		if name := h.name.Text().Value; proves(name) {
			p.nameUses(h.value)
			p.literals = append(p.literals, literalParts(name, h.value)...)
		}
	}
}

// nameSecretParams makes the parameters of subtests secrets when they are made of one, and what they are made of when they are
// one. Values that stand there as they are go to the test at the top. It reports whether it found any that was not known.
func (p *Plan) nameSecretParams(top *Plan) (more bool) {
	for _, s := range p.Steps {
		if s.subtest == nil {
			continue
		}
		for _, param := range s.subtest.params {
			known := len(p.secrets)
			name := param.name.Text().Value
			for _, use := range param.value.Uses() {
				if p.secrets[use.Name] || use.Name == "get_secret" {
					p.secrets[name] = true
				}
			}
			if p.secrets[name] {
				p.nameUses(param.value)
			}
			if p.secrets[name] && param.value.Literal() && s.subtest.plan != nil {
				top.addLiteral(literal{name, param.value.Text().Value})
			}
			more = more || len(p.secrets) > known
		}
	}
	return more
}

func (p *Plan) addLiteral(l literal) {
	if !slices.Contains(p.literals, l) {
		p.literals = append(p.literals, l)
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
			if n+i == 0 || strings.HasSuffix(word, "=") || len(word) < least || isScheme(word) {
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
