package bucket

import (
	"fmt"
	"slices"
	"strings"

	"offscope/source"
)

// Layers returns the environment and those it inherits from, the outermost shared one first and the environment itself last: the
// order in which initial variables and scripts take effect. Nil for a nil environment. A circle of parents, which the readers
// refuse, ends where it closes.
func (e *Environment) Layers() []*Environment {
	var layers []*Environment
	seen := map[*Environment]bool{}
	for ; e != nil && !seen[e]; e = e.Parent {
		seen[e] = true
		layers = append(layers, e)
	}
	slices.Reverse(layers)
	return layers
}

// A Merged is what an environment says together with what it inherits, except for initial variables and scripts, all of which
// take effect: see [Environment.Layers]. A path in it is relative to the folder of the file in its own place, which is the file
// of the layer that gave it.
type Merged struct {
	// Headers are sent with every request that has none of the same name.
	Headers []NamedText
	// Auth is nil when there is none, or the innermost that is said is "none".
	Auth                                                *Auth
	VerifySSL, PreserveCookies, StopOnFailure, ForceH2C bool
	HTTPVersion                                         HTTPVersion
	// Proxy and ClientCertificate are nil when there are none.
	Proxy             *Proxy
	ClientCertificate *ClientCertificate
	Libraries         []Library
	// ScriptLibrary and Secrets are those of all layers.
	ScriptLibrary, Secrets []source.Text
	Tests                  []NamedText
	Files                  source.Text
	// Unsupported is what cannot be followed in any of the layers.
	Unsupported []Unsupported
}

// Merged returns what the environment and its parents say together, by the rules of the vendor's documentation: headers are
// merged, and of equal names (whatever their case) all values of the inner environment count; the inner authentication wins; a
// behaviour that the shared environment has changed from its default stays changed. Where the documentation is silent the inner
// environment wins (proxy, client certificate, folder of files, equal keys of tests and libraries), and lists are joined. A nil
// environment has the defaults: certificates are verified, everything else is off.
func (e *Environment) Merged() Merged {
	m := Merged{VerifySSL: true}
	for _, layer := range e.Layers() {
		m.behave(layer)
		m.connect(layer)
		m.Headers = overridden(m.Headers, layer.Headers, strings.ToLower)
		m.Tests = overridden(m.Tests, layer.Tests, strings.Clone)
		m.addLibraries(layer.Libraries)
		m.ScriptLibrary = append(m.ScriptLibrary, layer.ScriptLibrary...)
		m.Secrets = append(m.Secrets, layer.Secrets...)
		m.Unsupported = append(m.Unsupported, layer.Unsupported...)
	}
	m.ScriptLibrary, m.Secrets = distinct(m.ScriptLibrary), distinct(m.Secrets)
	return m
}

// behave adds the behaviours of an inner layer: what an outer one has changed stays as it is.
func (m *Merged) behave(layer *Environment) {
	if layer.VerifySSL != nil {
		m.VerifySSL = m.VerifySSL && *layer.VerifySSL
	}
	m.PreserveCookies = m.PreserveCookies || isSet(layer.PreserveCookies)
	m.StopOnFailure = m.StopOnFailure || isSet(layer.StopOnFailure)
	m.ForceH2C = m.ForceH2C || isSet(layer.ForceH2C)
	if m.HTTPVersion == AnyHTTP {
		m.HTTPVersion = layer.HTTPVersion
	}
}

func isSet(b *bool) bool { return b != nil && *b }

// connect lets an inner layer override how a request proves who it is and which way it goes.
func (m *Merged) connect(layer *Environment) {
	switch {
	case layer.Auth == nil:
	case layer.Auth.Kind == NoAuth:
		m.Auth = nil
	default:
		m.Auth = layer.Auth
	}
	if layer.Proxy != nil {
		m.Proxy = layer.Proxy
	}
	if layer.ClientCertificate != nil {
		m.ClientCertificate = layer.ClientCertificate
	}
	if layer.Files.Value != "" {
		m.Files = layer.Files
	}
}

// overridden returns the outer texts whose names the inner ones do not have, and the inner ones behind them.
func overridden(outer, inner []NamedText, key func(string) string) []NamedText {
	names := map[string]bool{}
	for _, n := range inner {
		names[key(n.Name.Value)] = true
	}
	var kept []NamedText
	for _, n := range outer {
		if !names[key(n.Name.Value)] {
			kept = append(kept, n)
		}
	}
	return append(kept, inner...)
}

// addLibraries adds the libraries of an inner layer, which take the place of those with the same identifier.
func (m *Merged) addLibraries(inner []Library) {
	for _, l := range inner {
		i := slices.IndexFunc(m.Libraries, func(o Library) bool { return l.ID != "" && o.ID == l.ID })
		if i >= 0 {
			m.Libraries[i] = l
			continue
		}
		m.Libraries = append(m.Libraries, l)
	}
}

// distinct returns the texts without those whose value stood before.
func distinct(texts []source.Text) []source.Text {
	seen := map[string]bool{}
	return slices.DeleteFunc(texts, func(t source.Text) bool {
		twice := seen[t.Value]
		seen[t.Value] = true
		return twice
	})
}

// UnansweredLibraries returns the script libraries that are named by an identifier of the service and for which there is no
// file. Libraries that are a plain list of files answer for all of them, because nobody can tell which is which.
func (m Merged) UnansweredLibraries() []source.Text {
	files := map[string]bool{}
	for _, l := range m.Libraries {
		if l.ID == "" {
			return nil
		}
		files[l.ID] = true
	}
	var unanswered []source.Text
	for _, id := range m.ScriptLibrary {
		if !files[id.Value] {
			unanswered = append(unanswered, id)
		}
	}
	return unanswered
}

// Overruled returns a warning for each behaviour of this environment that has no effect, because a parent has changed it and
// vendor documentation says that the child cannot change it back.
func (e *Environment) Overruled() source.Diagnostics {
	if e == nil || e.Parent == nil {
		return nil
	}
	outer, merged := e.Parent.Merged(), e.Merged()
	var said source.Diagnostics
	say := func(key string, overruled bool) {
		if overruled {
			said = append(said, source.Diagnostic{
				Code: "overruled", Severity: source.Warning, Place: e.Place,
				Message: fmt.Sprintf("%s of the environment %s has no effect: the shared environment %s has changed it", key, quote(e.Name), quote(e.Parent.Name)),
				Hint:    "change it in the shared environment",
			})
		}
	}
	differs := func(own *bool, got bool) bool { return own != nil && *own != got }
	say("verify_ssl", differs(e.VerifySSL, merged.VerifySSL))
	say("preserve_cookies", differs(e.PreserveCookies, merged.PreserveCookies))
	say("stop_on_failure", differs(e.StopOnFailure, merged.StopOnFailure))
	say("force_h2c", differs(e.ForceH2C, merged.ForceH2C))
	say("http_version_support", e.HTTPVersion != AnyHTTP && outer.HTTPVersion != AnyHTTP && e.HTTPVersion != outer.HTTPVersion)
	return said
}
