package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/fixtures"
	"offscope/runner"
	"offscope/source"
	"offscope/variables"
)

const demoDescription = `Starts the embedded SCIM server and Okta org, runs the shipped tests on them, and ends. Nothing leaves this machine.

Examples:
   offscope demo
   offscope demo --fault duplicate-accepted        see how a failure is explained
   offscope demo --scim 1.1 -v

The shipped tests on your own server:
   offscope demo --scim 2.0 --scim-url http://localhost:8080/scim/v2 \
       --scim-auth "Bearer TOKEN"`

func demoCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "run the shipped tests on embedded servers", UsageText: "offscope demo [flags]",
		Description: demoDescription, OnUsageError: onUsageError,
		Flags: concat(serverFlags("127.0.0.1:0"), choiceFlags(), behaviourFlags(), httpFlags(), scriptFlags(), outputFlags(), reportFlags()),
		Action: func(c *cli.Context) error {
			if err := unquoted(c); err != nil {
				return err
			}
			if c.NArg() > 0 {
				return usageHint("to run your own test: offscope run "+shellWord(c.Args().First()), "offscope demo takes no file")
			}
			return demo(c, s)
		},
	}
}

func demo(c *cli.Context, s system) error {
	o, err := readServerOptions(c)
	if err != nil {
		return err
	}
	set, err := readSettings(c, s)
	if err != nil {
		return err
	}
	defer set.close()
	if !c.IsSet("pauses") && o.delay == 0 {
		set.options.Pauses.Mode = runner.SkipPauses // the org has provisioned before it answers: there is nothing to wait for
	}
	if o.scimURL == "" && !c.IsSet("cleanup") {
		set.leftovers = runner.IgnoreLeftovers // the servers end with the run
	}
	var plans []*runner.Plan
	for _, version := range demoVersions(o) {
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
		more, err := demoPlans(s, set, m)
		if err != nil {
			return err
		}
		plans = append(plans, more...)
	}
	if len(plans) == 0 {
		return usage("no shipped test was chosen")
	}
	end, err := set.run(c, s, nil, plans)
	if err != nil {
		return err
	}
	return exit(codeOf(end))
}

// demoVersions are the protocol versions whose tests are run. Somebody's own server speaks one of them.
func demoVersions(o serverOptions) []string {
	switch {
	case o.version != "":
		return []string{o.version}
	case o.scimURL != "":
		return []string{"2.0"}
	}
	return []string{"2.0", "1.1"}
}

// demoPlans plans the shipped tests of one protocol version for its servers.
func demoPlans(s system, set *settings, m *servers) ([]*runner.Plan, error) {
	var plans []*runner.Plan
	for _, shipped := range fixtures.Tests() {
		if shipped.SCIM != m.version {
			continue
		}
		document, diagnostics := bucket.Parse(source.NewFile(shipped.Name, shipped.Export))
		if err := diagnostics.Err(); err != nil {
			return nil, fmt.Errorf("shipped test %s: %w", shipped.Name, err)
		}
		own := *set
		if err := own.useShipped(s, shipped, m); err != nil {
			return nil, err
		}
		for _, test := range document.Tests {
			if !matchesAny(set.tests, test.Name.Value) {
				continue
			}
			more, err := own.planner(s, []*bucket.Document{document}).planTest(document, test)
			if err != nil {
				return nil, err
			}
			plans = append(plans, more...)
		}
	}
	return plans, nil
}

// useShipped takes a shipped test's environment and script, and the variables of the servers.
func (set *settings) useShipped(_ system, shipped fixtures.Test, m *servers) error {
	if len(shipped.Environment) > 0 {
		environments, diagnostics := bucket.ParseEnvironment(source.NewFile(shipped.EnvironmentName, shipped.Environment))
		if err := diagnostics.Err(); err != nil {
			return fmt.Errorf("shipped environment %s: %w", shipped.EnvironmentName, err)
		}
		set.environment.loaded = environments[0]
	}
	if len(shipped.InitialScript) > 0 {
		script := source.Verbatim(source.NewFile(shipped.ScriptName, shipped.InitialScript).Whole())
		set.environment.script = &script
	}
	values := []variables.Initial{}
	for _, v := range m.variables() {
		values = append(values, given(variables.Flag, "embedded servers", v.name, v.value))
		if v.secret {
			set.options.Secrets = append(set.options.Secrets, v.name)
		}
	}
	set.options.Values = append(values, set.options.Values...)
	return nil
}
