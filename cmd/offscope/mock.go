package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

const mockDescription = `Keeps an in-memory SCIM server (2.0 and 1.1) and a simulated Okta org running, and prints the variables that Okta's
tests need to use them. Everything is gone when it ends. It ends with Ctrl-C.

Examples:
   offscope mock --env-out env.yaml
   offscope mock --scim 1.1 --listen 127.0.0.1:0 --env-out env.yaml
   offscope mock --fault duplicate-accepted           see how failures look

An Okta org for your own SCIM server:
   offscope mock --scim-url http://localhost:8080/scim/v2 \
       --scim-auth "Bearer TOKEN" --env-out env.yaml`

func mockCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "mock", Usage: "keep the embedded SCIM server and Okta org running", UsageText: "offscope mock [flags]",
		Description: mockDescription, OnUsageError: onUsageError,
		Flags: serverFlags("127.0.0.1:8484"),
		Action: func(c *cli.Context) error {
			if err := unquoted(c); err != nil {
				return err
			}
			if c.NArg() > 0 {
				return usageHint("to run a test against it: offscope run "+shellWord(c.Args().First())+" -e env.yaml", "offscope mock takes no file")
			}
			return mock(c, s)
		},
	}
}

func mock(c *cli.Context, s system) error {
	o, err := readServerOptions(c)
	if err != nil {
		return err
	}
	o.log = func(line string) { fmt.Fprintf(s.stderr, "okta org: %s\n", line) }
	version := o.version
	if version == "" {
		version = "2.0"
	}
	signals := make(chan os.Signal, 2)
	defer s.notify(signals)()
	m, err := startServers(o, version)
	if err != nil {
		return err
	}
	defer m.close()
	if o.envOut != "" {
		if err := m.writeEnvironment(o.envOut); err != nil {
			return err
		}
	}
	m.introduce(s)
	select {
	case <-signals:
		return nil
	case <-c.Context.Done():
		return nil
	case err := <-m.failed:
		return &exitError{code: exitErrored, err: fmt.Errorf("the server ended: %w", err)}
	}
}

// introduce says what is running and how to use it. The variables go to stdout, in a form that a shell and --var-file
// FILE.env can read.
func (m *servers) introduce(s system) {
	fmt.Fprintf(s.stderr, "SCIM 2.0 at %s/scim/v2, SCIM 1.1 at %s/scim/v1, Okta org at %s\n", m.base, m.base, m.base)
	if m.options.scimURL != "" {
		fmt.Fprintf(s.stderr, "the org provisions into %s\n", m.options.scimURL)
	}
	if len(m.options.faultText) > 0 {
		fmt.Fprintf(s.stderr, "the SCIM server misbehaves: %s\n", strings.Join(m.options.faultText, ", "))
	}
	for _, v := range m.variables() {
		fmt.Fprintf(s.stdout, "%s=%s\n", v.name, shellWord(v.value))
	}
	if m.options.envOut != "" {
		fmt.Fprintf(s.stderr, "wrote %s; in another terminal: offscope run FILE -e %s --pauses skip\n", m.options.envOut, shellWord(m.options.envOut))
	}
	fmt.Fprintln(s.stderr, "ready; Ctrl-C ends")
}
