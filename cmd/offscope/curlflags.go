package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/transport"
)

// proxyPassword is the shell variable that stands for the password of a proxy in curl commands.
const proxyPassword = `"$proxy_password"`

// curlFlags are the options with which curl reaches the servers as this run does: what the flags say and the environment. When
// tests run in several environments they may differ in that, and only the flags count. A proxy that the process's variables
// name is known to curl as well; there is no option for one that is meant for one scheme only.
func (set *settings) curlFlags(c *cli.Context) []string {
	o, m := set.transport, bucket.Merged{}
	if len(set.surroundings) == 1 {
		for _, u := range set.surroundings {
			o, m = u.options, u.merged
		}
	}
	var flags []string
	add := func(name, word string) {
		if word != "" {
			flags = append(flags, name+" "+word)
		}
	}
	if o.Insecure {
		flags = append(flags, "-k")
	}
	add("--cacert", wordOf(c.String("cacert")))
	if len(o.Certificate) > 0 {
		cert, key := certificateFiles(c, m)
		add("--cert", wordOf(cert))
		add("--key", wordOf(key))
		if o.Passphrase != "" && cert != "" {
			add("--pass", `"$`+passphraseVariable+`"`)
		}
	}
	if proxy := proxyOf(o); proxy != "" {
		add("--proxy", proxyWord(proxy))
		add("--noproxy", wordOf(strings.Join(o.NoProxy, ",")))
	}
	add("--unix-socket", wordOf(o.UnixSocket))
	for _, flag := range []string{"connect-to", "resolve"} {
		for _, value := range c.StringSlice(flag) {
			add("--"+flag, wordOf(value))
		}
	}
	return append(flags, curlVersion(c, o)...)
}

func wordOf(text string) string {
	if text == "" {
		return ""
	}
	return shellWord(text)
}

// certificateFiles are the files of the client certificate; "" for what an environment holds as text.
func certificateFiles(c *cli.Context, m bucket.Merged) (cert, key string) {
	if cert = c.String("cert"); cert != "" || m.ClientCertificate == nil {
		return cert, c.String("key")
	}
	if isFile := func(text string) bool { return text != "" && !strings.Contains(text, "-----BEGIN") }; isFile(m.ClientCertificate.Certificate.Value) {
		cert = beside(m.ClientCertificate.Certificate)
		if isFile(m.ClientCertificate.Key.Value) {
			key = beside(m.ClientCertificate.Key)
		}
	}
	return cert, key
}

// proxyOf is the proxy for all requests, "" when there is none.
func proxyOf(o transport.Options) string {
	led := len(o.ConnectTo)+len(o.Resolve) > 0
	if o.Proxy == "" && o.HTTPProxy == o.HTTPSProxy && !led && o.UnixSocket == "" {
		return o.HTTPProxy
	}
	return o.Proxy
}

// proxyWord is a proxy as a word of a shell, with a variable in the place of its password.
func proxyWord(proxy string) string {
	begin := 0
	if i := strings.Index(proxy, "://"); i >= 0 {
		begin = i + len("://")
	}
	at := strings.LastIndexByte(proxy, '@')
	if at < begin {
		return shellWord(proxy)
	}
	user, _, found := strings.Cut(proxy[begin:at], ":")
	if !found {
		return shellWord(proxy)
	}
	return shellWord(proxy[:begin]+user+":") + proxyPassword + shellWord(proxy[at:])
}

func curlVersion(c *cli.Context, o transport.Options) []string {
	switch {
	case o.H2C:
		return []string{"--http2-prior-knowledge"}
	case o.HTTPVersion != transport.HTTP1:
		return []string{"--http2"}
	case c.Bool("http1.1"):
		return []string{"--http1.1"}
	}
	return nil
}
