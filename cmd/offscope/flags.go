package main

import (
	"time"

	"github.com/urfave/cli/v2"
)

// Flags stand in groups, in the order in which help shows them. A usage that begins with a word in backquotes names the flag's
// value by it. A flag with one value can also be given by a process variable OFFSCOPE_NAME.

const (
	groupValues    = "Values"
	groupChoice    = "Choosing"
	groupBehaviour = "Behaviour"
	groupHTTP      = "HTTP"
	groupScripts   = "Scripts"
	groupOutput    = "Output"
)

func list(group, name, usage string, aliases ...string) cli.Flag {
	return listOf(&cli.StringSliceFlag{Category: group, Name: name, Aliases: aliases, Usage: usage, KeepSpace: true})
}

func text(group, name, usage string, aliases ...string) cli.Flag {
	f := &cli.StringFlag{Category: group, Name: name, Aliases: aliases, Usage: usage, EnvVars: envName(name)}
	return textFlag{f, f.Names()}
}

func toggle(group, name, usage string, aliases ...string) cli.Flag {
	f := &cli.BoolFlag{Category: group, Name: name, Aliases: aliases, Usage: usage, DisableDefaultText: true}
	return toggleFlag{f, f.Names()}
}

func duration(group, name, usage string, value time.Duration) cli.Flag {
	return durationOf(&cli.DurationFlag{Category: group, Name: name, Usage: "`DURATION` " + usage, Value: value, EnvVars: envName(name), DefaultText: durationText(value)})
}

func number(group, name, usage, byDefault string, aliases ...string) cli.Flag {
	f := &cli.IntFlag{Category: group, Name: name, Aliases: aliases, Usage: "`N` " + usage, EnvVars: envName(name), DefaultText: byDefault}
	return numberFlag{f, f.Names()}
}

func valueFlags() []cli.Flag {
	return []cli.Flag{
		list(groupValues, "var", "`NAME=VALUE` set a variable"),
		list(groupValues, "var-file", "`FILE` set the variables in a file (.json, .yaml, .env)"),
		list(groupValues, "secret", "`NAME=VALUE` set a variable whose value is never shown; NAME=@FILE reads it from a file"),
		list(groupValues, "secrets-file", "`FILE` set such variables from a file"),
		text(groupValues, "env", "`FILE` environment: a file, FILE#NAME in a list, or the NAME of one in the export", "e"),
		text(groupValues, "initial-script", "`FILE` script that runs first and sets variables; replaces the environment's"),
	}
}

func choiceFlags() []cli.Flag {
	return []cli.Flag{
		list(groupChoice, "test", "`NAME` only tests of this name, a pattern with * and ?"),
		text(groupChoice, "from", "`STEP` begin at a step: its number, file.json:LINE, or text in its note"),
		text(groupChoice, "to", "`STEP` end with a step"),
		list(groupChoice, "step", "`STEP` only this step"),
	}
}

func behaviourFlags() []cli.Flag {
	return []cli.Flag{
		text(groupBehaviour, "pauses", "`MODE` what becomes of pause steps: keep (the default), poll (try the step behind until it passes), skip, or max=DURATION"),
		toggle(groupBehaviour, "stop-on-failure", "end a test after its first failing step", "bail"),
		toggle(groupBehaviour, "debug-on-failure", "open the prompt of offscope debug at a step that failed"),
		number(groupBehaviour, "jobs", "run so many tests at the same time", "1", "j"),
		text(groupBehaviour, "data", "`FILE` run each test once for every row of a .csv or .json file"),
		number(groupBehaviour, "repeat", "run each test so many times", "1"),
		number(groupBehaviour, "retry", "run a test that fails again, up to so many times; one that passes then is flaky", "0"),
		waitFlag(),
		toggle(groupBehaviour, "cleanup", "delete what the run has created when it ends, the newest first"),
		toggle(groupBehaviour, "no-preflight", "begin also when variables are certain to be missing, as the hosted service does"),
		toggle(groupBehaviour, "allow-skip", "pass over steps that need somebody's cloud, such as Ghost Inspector; otherwise they fail"),
		number(groupBehaviour, "max-failures", "end a test after so many failing steps", "no bound"),
		&cli.Uint64Flag{Category: groupBehaviour, Name: "seed", Usage: "`N` draw the same random values as the run that had this seed", EnvVars: envName("seed"), DefaultText: "random"},
	}
}

func httpFlags() []cli.Flag {
	return []cli.Flag{
		duration(groupHTTP, "timeout", "how long a whole exchange may take", 270*time.Second),
		duration(groupHTTP, "connect-timeout", "how long connecting may take", 90*time.Second),
		duration(groupHTTP, "max-time", "how long the whole run may take", 0),
		text(groupHTTP, "max-body", "`SIZE` how large a response body may be, such as 4MB (default: 64MiB)"),
		toggle(groupHTTP, "insecure", "do not verify TLS certificates", "k"),
		text(groupHTTP, "cacert", "`FILE` trust the certificate authorities in a PEM file, and no others"),
		list(groupHTTP, "connect-to", "`HOST1:PORT1:HOST2:PORT2` connect to 2 instead of 1; an empty part matches anything"),
		list(groupHTTP, "resolve", "`HOST:PORT:ADDR` use an address for a host"),
		text(groupHTTP, "cert", "`FILE` present a client certificate (PEM); the key's passphrase is in "+passphraseVariable),
		text(groupHTTP, "key", "`FILE` the key of --cert, when it is in a file of its own"),
		text(groupHTTP, "proxy", "`URL` send through a proxy", "x"),
		text(groupHTTP, "no-proxy", "`HOSTS` reach these hosts directly: names, addresses, CIDR blocks, with commas between them"),
		text(groupHTTP, "unix-socket", "`PATH` connect to a Unix socket instead of any host"),
		toggle(groupHTTP, "http1.1", "speak HTTP/1.1 only (the default, unless the environment says otherwise)"),
		toggle(groupHTTP, "http2", "speak HTTP/2 where an https server offers it"),
		text(groupHTTP, "cookies", "`on|off` keep cookies during a test (default: as the environment says)"),
		text(groupHTTP, "inbound-listen", "`HOST:PORT` where incoming request steps wait (default: a free port of 127.0.0.1)"),
		text(groupHTTP, "inbound-url", "`URL` the address under which the outside reaches that, such as a tunnel's"),
	}
}

func scriptFlags() []cli.Flag {
	return []cli.Flag{
		duration(groupScripts, "script-timeout", "how long a script may take", 20*time.Second),
		text(groupScripts, "script-memory", "`SIZE` how much memory a script may take (default: 256MiB)"),
		toggle(groupScripts, "isolate", "run scripts in a process of their own, which can be ended whatever they do"),
	}
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
		text(groupOutput, "color", "`WHEN` when to colour: auto (the default), always or never"),
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
