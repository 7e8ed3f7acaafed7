package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/oktaorg"
	"offscope/scim"
)

// The credentials of the embedded servers. They guard nothing: the servers listen on this machine and hold made-up users.
const (
	mockSCIMToken = "offscope-mock-scim-token"
	mockOktaToken = "offscope-mock-okta-token"
	mockRole      = "/Roles"
)

// serverOptions are what mock and demo can be told about the embedded servers.
type serverOptions struct {
	listen    string
	version   string // "2.0", "1.1", or "" for the default
	scimURL   string // somebody's own SCIM server, "" for the embedded one
	scimAuth  string
	mode      oktaorg.Mode
	delay     time.Duration
	faults    []scim.Fault
	log       func(string)
	envOut    string
	faultText []string
}

const groupServers = "Servers"

func serverFlags(listen string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Category: groupServers, Name: "listen", Value: listen, Usage: "`HOST:PORT` address to listen on; port 0 takes a free one"},
		text(groupServers, "scim", "`VERSION` protocol that the variables lead to: 2.0 or 1.1; both are served"),
		text(groupServers, "scim-url", "`URL` provision into this SCIM server instead of the embedded one"),
		text(groupServers, "scim-auth", "`VALUE` the Authorization header for that server, such as \"Bearer TOKEN\""),
		toggle(groupServers, "wizard", "the org changes users as an App Integration Wizard app does: PUT"),
		toggle(groupServers, "catalogue", "the org changes users as a catalogue (OIN) app does: PATCH; the default"),
		durationOf(&cli.DurationFlag{Category: groupServers, Name: "provision-delay", Usage: "`DURATION` how long the org waits before it provisions", DefaultText: "before it answers"}),
		list(groupServers, "fault", "`NAME` let the SCIM server misbehave: "+strings.Replace(strings.Join(scim.FaultNames(), ", "), "slow", "slow=DURATION", 1)),
		text(groupServers, "env-out", "`FILE` write the variables to an environment file"),
	}
}

func readServerOptions(c *cli.Context) (serverOptions, error) {
	o := serverOptions{
		listen: c.String("listen"), version: c.String("scim"), scimURL: strings.TrimRight(c.String("scim-url"), "/"),
		scimAuth: c.String("scim-auth"), delay: c.Duration("provision-delay"), envOut: c.String("env-out"),
	}
	switch {
	case o.version != "" && o.version != "2.0" && o.version != "1.1":
		return o, usage("--scim takes 2.0 or 1.1, not %q", o.version)
	case c.Bool("wizard") && c.Bool("catalogue"):
		return o, usage("--wizard and --catalogue exclude each other")
	case o.scimAuth != "" && o.scimURL == "":
		return o, usageHint("the embedded server has a token of its own", "--scim-auth belongs to --scim-url, which is not given")
	case c.Bool("wizard"):
		o.mode = oktaorg.Wizard
	}
	if o.scimURL != "" {
		if u, err := url.Parse(o.scimURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return o, usageHint("as in: --scim-url http://localhost:8080/scim/v2", "--scim-url needs an absolute URL, not %q", o.scimURL)
		}
	}
	for _, name := range c.StringSlice("fault") {
		fault, err := scim.ParseFault(name)
		if err != nil {
			return o, faultError(name, err)
		}
		o.faults = append(o.faults, fault)
		o.faultText = append(o.faultText, name)
	}
	return o, nil
}

func faultError(text string, err error) error {
	name, _, _ := strings.Cut(text, "=")
	if near := suggestion(name, scim.FaultNames()); near != "" && near != name {
		return usageHint("did you mean "+near+"?", "--fault: %w", err)
	}
	return usage("--fault: %w", err)
}

// servers are the embedded servers, listening.
type servers struct {
	base     string // http://host:port
	version  string
	options  serverOptions
	org      *oktaorg.Org
	http     *http.Server
	listener net.Listener
	failed   chan error
}

// startServers begins to serve: the SCIM server below /scim/v2 and /scim/v1, the org everywhere else.
func startServers(o serverOptions, version string) (*servers, error) {
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, cannotListen(o.listen, err)
	}
	m := &servers{base: "http://" + listener.Addr().String(), version: version, options: o, listener: listener, failed: make(chan error, 1)}
	m.org = oktaorg.New(oktaorg.Options{
		Token: mockOktaToken, SCIMURL: m.scimURL(), SCIMAuth: m.scimAuth(), SCIMVersion: version, Mode: o.mode, Delay: o.delay, Log: o.log,
	})
	mux := http.NewServeMux()
	mux.Handle("/scim/", scim.NewServer(scim.Options{Bearer: mockSCIMToken, Faults: o.faults}))
	mux.Handle("/", m.org)
	m.http = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		if err := m.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			m.failed <- err
		}
	}()
	return m, nil
}

// cannotListen words why nothing can listen at an address.
func cannotListen(address string, err error) error {
	if malformed := (*net.AddrError)(nil); errors.As(err, &malformed) {
		return usageHint("as in: --listen 127.0.0.1:8484", "--listen needs a host and a port, not %q", address)
	}
	if failed := (*os.SyscallError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	return usageHint("when another program uses the port, --listen 127.0.0.1:0 takes a free one", "cannot listen at %s: %w", address, err)
}

func (m *servers) close() {
	m.http.Close()
	m.org.Close()
}

func (m *servers) scimURL() string {
	if m.options.scimURL != "" {
		return m.options.scimURL
	}
	if m.version == "1.1" {
		return m.base + scim.PathV1
	}
	return m.base + scim.PathV2
}

func (m *servers) scimAuth() string {
	if m.options.scimURL != "" {
		return m.options.scimAuth
	}
	return "Bearer " + mockSCIMToken
}

// variables are what Okta's tests ask for, pointing at these servers. The SPEC and the CRUD files name the same things
// differently.
func (m *servers) variables() []yamlValue {
	return []yamlValue{
		{name: "SCIMBaseURL", value: m.scimURL(), comment: "SPEC and Entitlements tests"},
		{name: "auth", value: m.scimAuth(), secret: true},
		{name: "EntitlementEndpoint", value: mockRole},
		{name: "oktaOrgUrl", value: m.base, comment: "CRUD tests"},
		{name: "oktaAppId", value: oktaorg.DefaultAppID},
		{name: "oktaToken", value: mockOktaToken, secret: true},
		{name: "SCIMUrl", value: m.scimURL()},
		{name: "SCIMAuth", value: m.scimAuth(), secret: true},
	}
}

func (m *servers) environmentName() string { return "embedded servers, SCIM " + m.version }

const environmentHead = "The embedded servers of \"offscope mock\""

// writeEnvironment writes the variables into an environment file. Only one that was written so before is replaced: somebody's own
// would be lost.
func (m *servers) writeEnvironment(path string) error {
	if before, err := os.ReadFile(path); err == nil && !strings.HasPrefix(string(before), "# "+environmentHead) {
		return usageHint("give another name, or remove it first", "%s exists, was not written by offscope mock, and is not overwritten", path)
	}
	head := fmt.Sprintf("%s at %s.\nUse it with: offscope run FILE -e %s", environmentHead, m.base, shellWord(path))
	return writePrivate(path, environmentFile{head: head, name: m.environmentName(), values: m.variables()}.String())
}
