package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// ConnectTo leads connections for one host and port to another, as curl's --connect-to does. An empty Host or Port matches
// any, an empty ToHost or ToPort keeps the one asked for.
type ConnectTo struct {
	Host, Port     string
	ToHost, ToPort string
}

// Resolve gives a host and port the addresses to connect to, as curl's --resolve does. The host "*" stands for every host
// that no other entry names.
type Resolve struct {
	Host, Port string
	Addresses  []netip.Addr
}

// ParseConnectTo reads HOST1:PORT1:HOST2:PORT2. An IPv6 address stands in brackets.
func ParseConnectTo(text string) (ConnectTo, error) {
	fields, err := fieldsOf(text, 4)
	if err != nil || !isPort(fields[1]) || !isPort(fields[3]) {
		return ConnectTo{}, fmt.Errorf("connect-to %q: want HOST1:PORT1:HOST2:PORT2, where empty fields match anything and"+
			" IPv6 addresses stand in brackets, such as api.example.com:443:localhost:8443", text)
	}
	return ConnectTo{Host: fields[0], Port: fields[1], ToHost: fields[2], ToPort: fields[3]}, nil
}

// ParseResolve reads HOST:PORT:ADDRESS[,ADDRESS…]. An IPv6 address may stand in brackets.
func ParseResolve(text string) (Resolve, error) {
	r, err := parseResolve(text)
	if err != nil {
		return Resolve{}, fmt.Errorf("resolve %q: want HOST:PORT:ADDRESS with one or more IP addresses, such as"+
			" api.example.com:443:127.0.0.1", text)
	}
	return r, nil
}

func parseResolve(text string) (Resolve, error) {
	fields, err := fieldsOf(text, 3)
	if err != nil {
		return Resolve{}, err
	}
	r := Resolve{Host: fields[0], Port: fields[1]}
	if r.Host == "" || r.Port == "" || !isPort(r.Port) {
		return r, errors.New("host and port are needed")
	}
	for address := range strings.SplitSeq(fields[2], ",") {
		if strings.HasPrefix(address, "[") && strings.HasSuffix(address, "]") {
			address = address[1 : len(address)-1]
		}
		ip, err := netip.ParseAddr(address)
		if err != nil {
			return r, err
		}
		r.Addresses = append(r.Addresses, ip)
	}
	return r, nil
}

// fieldsOf splits at colons outside brackets, which are taken off. The last of the n fields is the rest, colons and all.
func fieldsOf(text string, n int) ([]string, error) {
	fields := make([]string, 0, n)
	for len(fields) < n-1 {
		field, rest, err := cutField(text)
		if err != nil {
			return nil, err
		}
		fields, text = append(fields, field), rest
	}
	return append(fields, text), nil
}

func cutField(text string) (field, rest string, err error) {
	if inside, found := strings.CutPrefix(text, "["); found {
		field, rest, found = strings.Cut(inside, "]")
		if _, err := netip.ParseAddr(field); !found || err != nil {
			return "", "", errors.New("brackets without an address")
		}
		rest, found = strings.CutPrefix(rest, ":")
		if !found {
			return "", "", errors.New("a field is missing")
		}
		return field, rest, nil
	}
	field, rest, found := strings.Cut(text, ":")
	if !found {
		return "", "", errors.New("a field is missing")
	}
	return field, rest, nil
}

func isPort(text string) bool {
	if text == "" {
		return true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// A dialer opens connections, and leads some of them elsewhere.
type dialer struct {
	net       net.Dialer
	connectTo []ConnectTo
	resolve   []Resolve
	socket    string // path of the Unix socket for all; "" for none
}

func newDialer(o Options, timeout time.Duration) dialer {
	return dialer{
		net:       net.Dialer{Timeout: timeout, Resolver: o.resolver},
		connectTo: o.ConnectTo,
		resolve:   o.Resolve,
		socket:    o.UnixSocket,
	}
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.connect(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &watchedConn{Conn: conn}, nil
}

func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if d.socket != "" {
		return d.net.DialContext(ctx, "unix", d.socket)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	host, port, _ = d.redirect(host, port)
	addresses := d.addresses(host, port)
	if addresses == nil {
		return d.net.DialContext(ctx, network, net.JoinHostPort(host, port))
	}
	var failed error
	for _, ip := range addresses {
		conn, err := d.net.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
		if err == nil {
			return conn, nil
		}
		if failed == nil {
			failed = err
		}
	}
	return nil, failed
}

// leads reports whether connections to a host and port go elsewhere.
func (d *dialer) leads(host, port string) bool {
	host, port, redirected := d.redirect(host, port)
	return d.socket != "" || redirected || d.addresses(host, port) != nil
}

func (d *dialer) redirect(host, port string) (toHost, toPort string, redirected bool) {
	for _, rule := range d.connectTo {
		if (rule.Host == "" || strings.EqualFold(rule.Host, host)) && (rule.Port == "" || rule.Port == port) {
			return firstOf(rule.ToHost, host), firstOf(rule.ToPort, port), true
		}
	}
	return host, port, false
}

func (d *dialer) addresses(host, port string) []netip.Addr {
	var other []netip.Addr
	for _, entry := range d.resolve {
		if entry.Port != port {
			continue
		}
		if strings.EqualFold(entry.Host, host) {
			return entry.Addresses
		}
		if entry.Host == "*" && other == nil {
			other = entry.Addresses
		}
	}
	return other
}
