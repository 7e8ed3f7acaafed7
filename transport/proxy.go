package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// proxies chooses the proxy of a request.
type proxies struct {
	fixed  map[string]*url.URL // named by option for a scheme; nil when the environment decides
	direct []string            // hosts not to send through a proxy
	choose func(*url.URL) (*url.URL, error)
	secure bool // one of them is reached over TLS
}

func newProxies(o Options) (proxies, error) {
	config, err := o.proxyConfig()
	if err != nil || o.UnixSocket != "" || (config.HTTPProxy == "" && config.HTTPSProxy == "") {
		return proxies{}, err
	}
	p := proxies{
		direct: strings.Split(config.NoProxy, ","),
		choose: config.ProxyFunc(),
		secure: overTLS(config.HTTPProxy) || overTLS(config.HTTPSProxy),
	}
	if o.namesProxy() {
		p.fixed = map[string]*url.URL{}
		for scheme, text := range map[string]string{"http": config.HTTPProxy, "https": config.HTTPSProxy} {
			if text != "" {
				p.fixed[scheme], _ = url.Parse(text)
			}
		}
	}
	return p, nil
}

// namesProxy reports whether a proxy is named by option, so that Getenv is not asked for one.
func (o Options) namesProxy() bool { return o.Proxy != "" || o.HTTPProxy != "" || o.HTTPSProxy != "" }

func overTLS(proxy string) bool {
	scheme, _, _ := strings.Cut(proxy, "://")
	return strings.EqualFold(scheme, "https")
}

func (o Options) proxyConfig() (*httpproxy.Config, error) {
	getenv := func(name string) string {
		if o.Getenv == nil {
			return ""
		}
		if value := o.Getenv(strings.ToLower(name)); value != "" {
			return value
		}
		return o.Getenv(name)
	}
	config := &httpproxy.Config{NoProxy: strings.Join(o.NoProxy, ",")}
	if config.NoProxy == "" {
		config.NoProxy = getenv("NO_PROXY")
	}
	var err error
	if o.Proxy != "" {
		config.HTTPProxy, err = proxyURL("the proxy", o.Proxy)
		config.HTTPSProxy = config.HTTPProxy
		return config, err
	}
	if o.namesProxy() {
		if config.HTTPProxy, err = proxyURL("the proxy for http", o.HTTPProxy); err != nil {
			return nil, err
		}
		config.HTTPSProxy, err = proxyURL("the proxy for https", o.HTTPSProxy)
		return config, err
	}
	all := getenv("ALL_PROXY")
	if config.HTTPProxy, err = proxyURL("HTTP_PROXY", firstOf(getenv("HTTP_PROXY"), all)); err != nil {
		return nil, err
	}
	config.HTTPSProxy, err = proxyURL("HTTPS_PROXY", firstOf(getenv("HTTPS_PROXY"), all))
	return config, err
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// proxyURL returns text as a whole URL. The error does not repeat it: it may hold a password.
func proxyURL(name, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return "", fmt.Errorf("%s is not a proxy's URL: want [scheme://][user:password@]host:port with http, https, socks5 or socks5h", name)
	}
	return text, nil
}

// proxyFor returns the proxy of a request, nil for none.
func (c *Client) proxyFor(request *http.Request) (*url.URL, error) {
	p := c.proxies
	if p.choose == nil {
		return nil, nil
	}
	u := request.URL
	if c.dialer.leads(u.Hostname(), portOf(u)) {
		return nil, nil
	}
	if p.fixed != nil && loopback(u.Hostname()) {
		return p.fixedFor(u), nil
	}
	return p.choose(u)
}

// fixedFor decides for a loopback host, which httpproxy never sends through a proxy. Somebody who names a proxy by option
// wants to watch the requests to a server at home too, and curl does the same.
func (p proxies) fixedFor(u *url.URL) *url.URL {
	for _, direct := range p.direct {
		direct = strings.TrimSpace(direct)
		if direct == "*" || strings.EqualFold(direct, u.Hostname()) || strings.EqualFold(direct, u.Host) {
			return nil
		}
	}
	return p.fixed[u.Scheme]
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// proxyHost returns host and port of a request's proxy, "" when it has none.
func (c *Client) proxyHost(request *http.Request) string {
	if proxy, err := c.proxyFor(request); err == nil && proxy != nil {
		return proxy.Host
	}
	return ""
}

// A refusal is a proxy's answer to CONNECT that is not a tunnel.
type refusal struct{ status string }

func (r *refusal) Error() string { return "the proxy answered " + r.status }

func checkTunnel(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &refusal{status: answer.Status}
}

// failedAtProxy reports whether an error arose between us and the proxy. net/http names the operation.
func failedAtProxy(err error) bool {
	var refused *refusal
	if errors.As(err, &refused) {
		return true
	}
	var operation *net.OpError
	return errors.As(err, &operation) && (operation.Op == "proxyconnect" || strings.HasPrefix(operation.Op, "socks"))
}
