package main

import (
	"io/fs"
	"os"
	"strings"

	"offscope/bucket"
	"offscope/jsengine"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

// surroundings is what an environment asks for beyond the values of variables: how requests are sent, which libraries scripts
// have, which files bodies may read.
type surroundings struct {
	client      *transport.Client
	merged      bucket.Merged
	options     transport.Options
	certificate bool
	libraries   []*jsengine.Library
	files       fs.FS
	root        *os.Root
}

func (u *surroundings) close() {
	u.client.Close()
	if u.root != nil {
		_ = u.root.Close()
	}
}

// surround makes the surroundings of an environment, once for each.
func (set *settings) surround(s system, env *bucket.Environment) (*surroundings, error) {
	if known, ok := set.surroundings[env]; ok {
		return known, nil
	}
	u := &surroundings{}
	merged := env.Merged()
	o, err := set.transportOf(s, merged)
	if err != nil {
		return nil, err
	}
	u.merged, u.options = merged, o
	u.certificate = len(o.Certificate) > 0
	if u.libraries, err = set.readLibraries(s, merged); err != nil {
		return nil, err
	}
	if merged.Files.Value != "" {
		if u.root, err = os.OpenRoot(beside(merged.Files)); err != nil {
			return nil, usageHint("it is relative to the environment file", "%s: files: the folder cannot be opened: %w", merged.Files.Place, err)
		}
		u.files = u.root.FS()
	}
	if u.client, err = newClient(o); err != nil {
		return nil, err
	}
	set.surroundings[env] = u
	return u, nil
}

// transportOf puts what the environment says below what the flags say.
func (set *settings) transportOf(s system, m bucket.Merged) (transport.Options, error) {
	o := set.transport
	if !set.given["insecure"] {
		o.Insecure = !m.VerifySSL
	}
	if !set.given["http1.1"] && !set.given["http2"] {
		o.HTTPVersion = versions[m.HTTPVersion]
		o.H2C = m.ForceH2C
	}
	if o.Proxy == "" && m.Proxy != nil && o.UnixSocket == "" {
		throughProxy(&o, m.Proxy)
	}
	if c := m.ClientCertificate; c != nil && len(o.Certificate) == 0 {
		var err error
		if o.Certificate, err = pemOf(s, c.Certificate); err != nil {
			return o, err
		}
		if o.Key, err = pemOf(s, c.Key); err != nil {
			return o, err
		}
		if o.Passphrase != "" {
			return o, nil // the process environment goes before an environment file
		}
		if o.Passphrase, err = set.fillIn(c.Passphrase); err != nil {
			return o, err
		}
	}
	return o, nil
}

var versions = map[bucket.HTTPVersion]transport.Version{
	bucket.AnyHTTP: transport.HTTP1, bucket.HTTP1: transport.HTTP1, bucket.HTTP2: transport.HTTP2, bucket.HTTP2Fallback: transport.HTTP2Fallback,
}

// throughProxy uses the environment's proxy, unless the variables of the process name one. Hosts that flags lead elsewhere are
// reached without it, because flags go before environments.
func throughProxy(o *transport.Options, p *bucket.Proxy) {
	for _, name := range []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"} {
		if o.Getenv(name) != "" {
			return
		}
	}
	var bypass []string
	for _, host := range p.Bypass {
		bypass = append(bypass, host.Value)
	}
	o.HTTPProxy, o.HTTPSProxy = p.HTTP.Value, p.HTTPS.Value
	if len(o.NoProxy) == 0 {
		o.NoProxy = bypass
	}
}

// pemOf returns PEM text as it stands in an environment, or the file that it names.
func pemOf(s system, text source.Text) ([]byte, error) {
	if text.Value == "" || strings.Contains(text.Value, "-----BEGIN") {
		return []byte(text.Value), nil
	}
	f, err := readFile(s, beside(text))
	if err != nil {
		return nil, blamed(text, "client_certificate", err)
	}
	return f.Bytes(), nil
}

// fillIn substitutes the variables that were given by flags and files: a passphrase may come from a secret.
func (set *settings) fillIn(text source.Text) (string, error) {
	builtins := &variables.Builtins{}
	scope, _ := variables.Resolve(set.options.Values, builtins, nil)
	builtins.Secret = func(name string) (string, bool) {
		value, ok := scope.Get(name)
		if !ok {
			return "", false
		}
		return variables.Text(value), true
	}
	filled, err := variables.Parse(text).Expand(variables.Names{Scope: scope, Builtins: builtins})
	if err != nil {
		return "", usage("%s: the passphrase of the client certificate: %w", text.Place, err)
	}
	return filled.String(), nil
}

func (set *settings) readLibraries(s system, m bucket.Merged) ([]*jsengine.Library, error) {
	for _, id := range m.UnansweredLibraries() {
		return nil, usageHint("get the library's file, and name it in an environment file: libraries: {"+id.Value+": FILE}",
			"%s: the script library %q is not part of the file", id.Place, id.Value)
	}
	var libraries []*jsengine.Library
	for _, named := range m.Libraries {
		text, err := readScript(s, beside(named.Path))
		if err != nil {
			return nil, blamed(named.Path, "libraries", err)
		}
		library, problem := jsengine.CompileLibrary(text, named.Path.Value)
		if problem != nil {
			set.screen.diagnose(s, source.Diagnostics{*problem})
			return nil, exit(exitUsage)
		}
		set.screen.diagnose(s, library.Warnings())
		libraries = append(libraries, library)
	}
	return libraries, nil
}
