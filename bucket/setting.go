package bucket

import (
	"fmt"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// settingKey reads what an environment says about every exchange, and reports whether the key was such a one.
func (r *reader) settingKey(e *Environment, f field) bool {
	switch f.Name {
	case "headers":
		e.Headers = r.namedTexts(f)
	case "auth":
		if isScalar(f.Value) && !isBlank(f.Value) {
			r.fail("wrong-type", f.Value, f.String()+" must be an object, found "+describe(f.Value), "a variable of this name goes below initial_variables")
			break
		}
		e.Auth = r.auth(f, &e.Unsupported)
	case "verify_ssl":
		e.VerifySSL = r.choice(f)
	case "preserve_cookies":
		e.PreserveCookies = r.choice(f)
	case "stop_on_failure":
		e.StopOnFailure = r.choice(f)
	case "force_h2c":
		e.ForceH2C = r.choice(f)
	case "http_version_support":
		e.HTTPVersion = r.httpVersion(f)
	case "proxy":
		e.Proxy = r.proxy(f, &e.Unsupported)
	case "client_certificate":
		r.certificate(e, f)
	case "client_key":
		r.certificateText(e, f, func(c *ClientCertificate) *source.Text { return &c.Key })
	case "client_key_passphrase":
		r.certificateText(e, f, func(c *ClientCertificate) *source.Text { return &c.Passphrase })
	default:
		return false
	}
	return true
}

// choice reads a behaviour; nil when nothing is said of it.
func (r *reader) choice(f field) *bool {
	if isBlank(f.Value) {
		return nil
	}
	b := r.flag(f)
	return &b
}

// httpVersion reads which versions of HTTP are spoken. The vendor's editor offers "HTTP/1 only", "HTTP/2 only" and "HTTP/2 with
// fallback"; how its files spell them is not public. Case, spaces and punctuation do not count, nor does the word HTTP, nor
// "only" at the end: HTTP/1, http_1_only, 1.1 are the first, HTTP/2.0, h2, 2 the second, http2_with_fallback, h2-fallback,
// "HTTP/2 with fallback to HTTP/1.1" the third. Nothing, "auto", "any" and "default" leave the choice open.
func (r *reader) httpVersion(f field) HTTPVersion {
	said := strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t/_-.()", c) {
			return -1
		}
		return c
	}, strings.ToLower(r.scalar(f).Value))
	said = strings.ReplaceAll(strings.ReplaceAll(said, "https", ""), "http", "")
	said = strings.TrimPrefix(said, "h")
	switch strings.TrimSuffix(said, "only") {
	case "", "auto", "any", "default":
		if said != "only" {
			return AnyHTTP
		}
	case "1", "11":
		return HTTP1
	case "2", "20":
		return HTTP2
	case "2fallback", "2withfallback", "20withfallback", "2fallbackto1", "2withfallbackto1", "2withfallbackto11", "2fallback1",
		"2fallback11", "2fallbackto11", "2or1", "2or11", "2with1fallback", "2with11fallback", "fallback", "withfallback":
		return HTTP2Fallback
	}
	if isScalar(f.Value) {
		r.fail("http-version", f.Value, f.String()+" is not a version that is known", "write HTTP/1 only, HTTP/2 only, or HTTP/2 with fallback")
	}
	return AnyHTTP
}

var proxyKeys = []string{"http", "https", "url", "bypass", "no_proxy"}

// proxy reads a proxy: one URL for both schemes, or an object with a URL for each. The vendor's editor has these fields; how its
// files spell them is not public.
func (r *reader) proxy(f field, refused *[]Unsupported) *Proxy {
	switch {
	case isBlank(f.Value):
		return nil
	case isScalar(f.Value):
		text := r.text(f)
		return &Proxy{Place: r.place(f.Value), HTTP: text, HTTPS: text}
	case !r.isObject(f.Value, f.String()):
		return nil
	}
	p, both := &Proxy{Place: r.place(f.Value)}, source.Text{}
	for m := range r.fields(f.Value, f.String()) {
		switch m.Name {
		case "url":
			both = r.text(m)
		case "http":
			p.HTTP = r.text(m)
		case "https":
			p.HTTPS = r.text(m)
		case "bypass", "no_proxy":
			p.Bypass = append(p.Bypass, r.hosts(m)...)
		default:
			r.strangeSetting(m, proxyKeys, refused)
		}
	}
	if p.HTTP.Value == "" {
		p.HTTP = both
	}
	if p.HTTPS.Value == "" {
		p.HTTPS = both
	}
	if p.HTTP.Value == "" && p.HTTPS.Value == "" {
		return nil
	}
	return p
}

// hosts reads a list of hosts, or a text with commas between them.
func (r *reader) hosts(f field) []source.Text {
	if f.Value.Kind == jsontree.String {
		return commaSeparated(r.textOf(f.Value))
	}
	var hosts []source.Text
	for _, v := range r.list(f) {
		if v.Kind != jsontree.String {
			r.wrongType(v, "a host in "+f.String(), "text")
			continue
		}
		hosts = append(hosts, commaSeparated(r.textOf(v))...)
	}
	return hosts
}

// commaSeparated cuts a text at its commas; blank pieces are left out.
func commaSeparated(text source.Text) []source.Text {
	var pieces []source.Text
	at := 0
	for piece := range strings.SplitSeq(text.Value, ",") {
		trimmed := strings.TrimSpace(piece)
		start := at + strings.Index(piece, trimmed)
		at += len(piece) + 1
		if trimmed != "" {
			pieces = append(pieces, source.Opaque(trimmed, text.At(start, start+len(trimmed))))
		}
	}
	return pieces
}

// strangeSetting refuses a key inside a setting that is not known and says something.
func (r *reader) strangeSetting(f field, known []string, refused *[]Unsupported) {
	if isBlank(f.Value) {
		r.unknownKey(f, known)
		return
	}
	what := f.String()
	if near := source.Nearest(f.Name, known); near != "" {
		what += fmt.Sprintf(", which is perhaps %q,", near)
	}
	*refused = append(*refused, Unsupported{f.NamePlace(r.file), what})
}

var certificateKeys = []string{"certificate", "key", "passphrase"}

// certificate reads a client certificate: PEM text, a path, or an object with certificate, key and passphrase.
func (r *reader) certificate(e *Environment, f field) {
	if isBlank(f.Value) {
		return
	}
	if f.Value.Kind != jsontree.Object {
		r.certificateText(e, f, func(c *ClientCertificate) *source.Text { return &c.Certificate })
		return
	}
	for m := range r.fields(f.Value, f.String()) {
		switch m.Name {
		case "certificate", "cert":
			r.certificateText(e, m, func(c *ClientCertificate) *source.Text { return &c.Certificate })
		case "key", "private_key":
			r.certificateText(e, m, func(c *ClientCertificate) *source.Text { return &c.Key })
		case "passphrase":
			r.certificateText(e, m, func(c *ClientCertificate) *source.Text { return &c.Passphrase })
		default:
			r.strangeSetting(m, certificateKeys, &e.Unsupported)
		}
	}
}

// certificateText fills one of the three texts of a certificate. Nothing is said twice of it.
func (r *reader) certificateText(e *Environment, f field, part func(*ClientCertificate) *source.Text) {
	text := r.text(f)
	if strings.TrimSpace(text.Value) == "" {
		return
	}
	if e.ClientCertificate == nil {
		e.ClientCertificate = &ClientCertificate{Place: text.Place}
	}
	to := part(e.ClientCertificate)
	if to.Value != "" && to.Value != text.Value {
		r.fail("client-certificate", f.Value, f.String()+" says the same thing as another key, and differently", "keep one of them")
	}
	*to = text
}

// finishCertificate refuses a key or a passphrase without a certificate.
func (r *reader) finishCertificate(e *Environment) {
	if c := e.ClientCertificate; c != nil && c.Certificate.Value == "" {
		r.add(source.Diagnostic{
			Code: "client-certificate", Place: c.Place, Message: "there is a key or a passphrase without a client certificate",
			Hint: "add client_certificate, or remove it",
		})
	}
}

// fileKey reads a key that names files beside the environment file, and reports whether it was one. Beside tests two of them
// have nobody who would read the file.
func (r *reader) fileKey(e *Environment, f field, own bool) bool {
	switch f.Name {
	case "extends":
		e.Extends = r.path(f)
		r.needsOwnFile(e, f, own)
	case "initial_script_file":
		e.InitialScriptFile = r.path(f)
		r.needsOwnFile(e, f, own)
	case "libraries":
		e.Libraries = r.libraries(f)
	case "script_library":
		e.ScriptLibrary = r.ids(f)
	case "tests":
		e.Tests = r.paths(f)
	case "files":
		e.Files = r.path(f)
	default:
		return false
	}
	return true
}

func (r *reader) needsOwnFile(e *Environment, f field, own bool) {
	if !own && !isBlank(f.Value) {
		e.Unsupported = append(e.Unsupported, Unsupported{f.NamePlace(r.file), fmt.Sprintf("%q of an environment that stands beside tests", f.Name)})
	}
}

// path reads the path of a file; a blank one is none.
func (r *reader) path(f field) source.Text { return r.script(f) }

// paths reads names with a path each.
func (r *reader) paths(f field) []NamedText {
	v := r.object(f)
	if v == nil {
		return nil
	}
	var paths []NamedText
	for m := range r.fields(v, f.String()) {
		if r.isPath(m.Value, m.String()) {
			paths = append(paths, NamedText{r.nameText(m.Member), r.textOf(m.Value)})
		}
	}
	return paths
}

func (r *reader) isPath(v *jsontree.Value, what string) bool {
	if v.Kind == jsontree.String && strings.TrimSpace(v.Text) != "" {
		return true
	}
	r.wrongType(v, what, "the path of a file")
	return false
}

// libraries reads script libraries: a list of paths, or paths by the identifiers that the service gives them.
func (r *reader) libraries(f field) []Library {
	var libraries []Library
	if f.Value.Kind == jsontree.Object {
		for _, p := range r.paths(f) {
			libraries = append(libraries, Library{ID: p.Name.Value, Path: p.Value})
		}
		return libraries
	}
	for _, v := range r.list(f) {
		if r.isPath(v, "an element of "+f.String()) {
			libraries = append(libraries, Library{Path: r.textOf(v)})
		}
	}
	return libraries
}

// ids reads a list of identifiers, each a text or a number, or an object that has it as its id.
func (r *reader) ids(f field) []source.Text {
	var ids []source.Text
	for _, v := range r.list(f) {
		if id := v.Get("id"); id != nil {
			v = id
		}
		if v.Kind != jsontree.Number && (v.Kind != jsontree.String || strings.TrimSpace(v.Text) == "") {
			r.wrongType(v, "an element of "+f.String(), "an identifier")
			continue
		}
		ids = append(ids, r.textOf(v))
	}
	return ids
}
