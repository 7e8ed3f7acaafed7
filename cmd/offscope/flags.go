package main

import (
	"time"

	"github.com/urfave/cli/v2"
)

// Flags stand in groups, in the order in which help shows them. A flag with one value can also be given by a process
// variable OFFSCOPE_NAME.

const (
	groupValues    = "Values"
	groupChoice    = "Choosing"
	groupBehaviour = "Behaviour"
	groupHTTP      = "HTTP"
	groupScripts   = "Scripts"
	groupOutput    = "Output"
)

func list(group, name, usage string, aliases ...string) cli.Flag {
	return &cli.StringSliceFlag{Category: group, Name: name, Aliases: aliases, Usage: usage}
}

func text(group, name, usage string, aliases ...string) cli.Flag {
	return &cli.StringFlag{Category: group, Name: name, Aliases: aliases, Usage: usage, EnvVars: envName(name)}
}

func toggle(group, name, usage string, aliases ...string) cli.Flag {
	return &cli.BoolFlag{Category: group, Name: name, Aliases: aliases, Usage: usage, DisableDefaultText: true}
}

func duration(group, name, usage string, value time.Duration) cli.Flag {
	return &cli.DurationFlag{Category: group, Name: name, Usage: usage, Value: value, EnvVars: envName(name), DefaultText: durationText(value)}
}

func valueFlags() []cli.Flag {
	return []cli.Flag{
		list(groupValues, "var", "give a variable: `NAME=VALUE`"),
		list(groupValues, "var-file", "give variables from `FILE` (.json, .yaml, .env)"),
		list(groupValues, "secret", "give a variable whose value is never shown: `NAME=VALUE` or NAME=@FILE"),
		list(groupValues, "secrets-file", "give such variables from `FILE`"),
		text(groupValues, "env", "environment: `FILE`, FILE#NAME in a list, or NAME of one in the export", "e"),
		text(groupValues, "initial-script", "script `FILE` that runs first and sets variables; replaces the environment's"),
	}
}

func choiceFlags() []cli.Flag {
	return []cli.Flag{
		list(groupChoice, "test", "only tests of this `NAME` (a pattern with * and ?)"),
		text(groupChoice, "from", "begin at `STEP`: a number, file.json:LINE, or text in its note"),
		text(groupChoice, "to", "end with `STEP`"),
		list(groupChoice, "step", "only `STEP`"),
	}
}

func behaviourFlags() []cli.Flag {
	return []cli.Flag{
		text(groupBehaviour, "pauses", "`MODE` of pause steps: keep, skip, or max=DURATION (default: keep)"),
		toggle(groupBehaviour, "stop-on-failure", "end a test after its first failing step", "bail"),
		&cli.IntFlag{Category: groupBehaviour, Name: "max-failures", Usage: "end a test after `N` failing steps", EnvVars: envName("max-failures"), DefaultText: "no bound"},
		&cli.Uint64Flag{Category: groupBehaviour, Name: "seed", Usage: "draw the same random values as the run with this seed `N`", EnvVars: envName("seed"), DefaultText: "random"},
	}
}

func httpFlags() []cli.Flag {
	return []cli.Flag{
		duration(groupHTTP, "timeout", "how long a whole exchange may take", 270*time.Second),
		duration(groupHTTP, "connect-timeout", "how long connecting may take", 90*time.Second),
		duration(groupHTTP, "max-time", "how long the whole run may take", 0),
		text(groupHTTP, "max-body", "how large a response body may be, such as `SIZE` 64MiB (default: 64MiB)"),
		toggle(groupHTTP, "insecure", "do not verify TLS certificates", "k"),
		text(groupHTTP, "cacert", "trust the certificate authorities in PEM `FILE`, and no others"),
		list(groupHTTP, "connect-to", "connect elsewhere: `HOST1:PORT1:HOST2:PORT2`; an empty part matches anything"),
		list(groupHTTP, "resolve", "use an address for a host: `HOST:PORT:ADDR`"),
		text(groupHTTP, "proxy", "send through the proxy at `URL`", "x"),
	}
}

func scriptFlags() []cli.Flag {
	return []cli.Flag{duration(groupScripts, "script-timeout", "how long a script may take", 20*time.Second)}
}

func outputFlags() []cli.Flag {
	return concat([]cli.Flag{
		toggle(groupOutput, "verbose", "show the headers of each exchange, and what scripts say", "v"),
		toggle(groupOutput, "vv", "show bodies too"),
		toggle(groupOutput, "quiet", "show only failures and the last line", "q"),
		toggle(groupOutput, "curl", "print each step as a curl command"),
		toggle(groupOutput, "show-secrets", "show values that are otherwise masked"),
	}, colorFlags())
}

func colorFlags() []cli.Flag {
	return []cli.Flag{
		text(groupOutput, "color", "`WHEN` to colour: auto, always or never (default: auto)"),
		toggle(groupOutput, "no-color", "the same as --color never"),
	}
}

func envName(flag string) []string {
	name := []byte("OFFSCOPE_" + flag)
	for i, b := range name {
		switch {
		case b == '-':
			name[i] = '_'
		case 'a' <= b && b <= 'z':
			name[i] = b - 'a' + 'A'
		}
	}
	return []string{string(name)}
}

func durationText(d time.Duration) string {
	if d == 0 {
		return "no bound"
	}
	return d.String()
}
