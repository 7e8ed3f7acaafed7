package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// otherFlags are names that other programs, or plain English, have for what a flag of ours does, with what to write here.
var otherFlags = map[string]string{
	"environment": "--env FILE", "env-file": "--env FILE", "environment-file": "--env FILE",
	"variable": "--var NAME=VALUE", "variables": "--var NAME=VALUE", "env-var": "--var NAME=VALUE", "global-var": "--var NAME=VALUE",
	"D": "--var NAME=VALUE", "url": "--var NAME=VALUE", "base-url": "--var NAME=VALUE", "host": "--var NAME=VALUE",
	"globals": "--var-file FILE", "variables-file": "--var-file FILE", "vars-file": "--var-file FILE",
	"token": "--secret NAME=VALUE", "auth": "--secret NAME=VALUE", "password": "--secret NAME=VALUE", "user": "--secret NAME=VALUE",
	"u":      "--secret NAME=VALUE",
	"script": "--initial-script FILE", "setup": "--initial-script FILE", "pre-script": "--initial-script FILE",
	"skip-pauses": "--pauses skip", "skip-pause": "--pauses skip", "no-pauses": "--pauses skip", "no-pause": "--pauses skip",
	"no-wait": "--pauses skip", "no-delay": "--pauses skip",
	"folder": "--test NAME", "filter": "--test NAME", "grep": "--test NAME", "name": "--test NAME", "run": "--test NAME",
	"n": "--repeat N", "iterations": "--repeat N", "iteration-count": "--repeat N", "count": "--repeat N",
	"d": "--data FILE", "iteration-data": "--data FILE", "csv": "--data FILE",
	"o": "--report FORMAT:PATH", "output": "--report FORMAT:PATH", "out": "--report FORMAT:PATH", "r": "--report FORMAT:PATH",
	"reporter": "--report FORMAT:PATH", "reporters": "--report FORMAT:PATH", "format": "--report FORMAT:PATH",
	"junit": "--report junit:PATH", "html": "--report html:PATH", "json": "--report json:PATH",
	"parallel": "--jobs N", "workers": "--jobs N", "p": "--jobs N", "concurrency": "--jobs N",
	"fail-fast": "--stop-on-failure", "failfast": "--stop-on-failure", "stop-on-error": "--stop-on-failure",
	"ca": "--cacert FILE", "ssl-extra-ca-certs": "--cacert FILE", "ssl-client-cert": "--cert FILE", "ssl-client-key": "--key FILE",
	"skip-verify": "--insecure", "no-verify": "--insecure", "no-check-certificate": "--insecure",
	"silent": "--quiet", "s": "--quiet", "trace": "-vv", "debug": "-vv", "no-colour": "--no-color", "colour": "--color WHEN",
	"delete": "--cleanup", "clean": "--cleanup", "m": "--max-time DURATION",
	"port": "--listen HOST:PORT", "address": "--listen HOST:PORT", "scim-token": "--scim-auth VALUE", "delay": "--provision-delay DURATION",
}

// otherWays are wishes for which there is no flag.
var otherWays = map[string]string{
	"H": headersWay, "header": headersWay, "headers": headersWay,
	"L": redirectsWay, "location": redirectsWay, "follow": redirectsWay, "follow-redirects": redirectsWay,
	"dry-run": "offscope check FILE finds all that can be known without sending anything",
	"version": "offscope --version prints the version",
}

const (
	headersWay   = "headers for all requests stand below headers: in an environment file (-e)"
	redirectsWay = "redirects are never followed, as in the hosted service"
)

// otherCommands are what other programs, or plain English, call a command of ours.
var otherCommands = map[string]string{
	"test": "run", "tests": "run", "exec": "run", "execute": "run", "start": "run", "play": "run",
	"validate": "check", "lint": "check", "verify": "check",
	"show": "inspect", "describe": "inspect", "info": "inspect", "init": "inspect", "variables": "inspect",
	"serve": "mock", "server": "mock", "simulate": "mock",
	"retry": "rerun", "resume": "rerun", "again": "rerun", "list": "runs", "ls": "runs", "history": "runs", "records": "runs",
	"compare": "diff", "export": "report", "convert": "report", "merge": "report", "example": "demo", "try": "demo",
}

// flagHint says what was most likely meant by a flag that is not known.
func flagHint(command string, flags []cli.Flag, typed string) string {
	name := strings.TrimLeft(typed, "-")
	if way := otherWays[name]; way != "" {
		return way
	}
	if other := otherFlags[name]; other != "" && findFlag(flags, strings.TrimLeft(strings.Fields(other)[0], "-")) != nil {
		return "did you mean " + other + "?"
	}
	var known []string
	for _, f := range flags {
		known = append(known, slices.DeleteFunc(slices.Clone(f.Names()), func(n string) bool { return len(n) == 1 })...)
	}
	if near := suggestion(name, known); near != "" {
		return "did you mean " + dashed(near) + "?"
	}
	if apart := takenApart(flags, typed); apart != "" {
		return "short flags stand apart: " + apart
	}
	return "see: offscope " + command + " --help"
}

// takenApart writes short flags that were typed as one, -kv or -j4, in the way in which they are read here; "" when they are not.
func takenApart(flags []cli.Flag, typed string) string {
	if strings.HasPrefix(typed, "--") {
		return ""
	}
	var apart []string
	for rest := typed[1:]; rest != ""; rest = rest[1:] {
		flag := findFlag(flags, rest[:1])
		if flag == nil {
			return ""
		}
		apart = append(apart, "-"+rest[:1])
		if !isSwitch(flag) {
			return strings.TrimSpace(strings.Join(append(apart, rest[1:]), " "))
		}
	}
	return strings.Join(apart, " ")
}
