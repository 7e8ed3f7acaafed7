package main

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// Whoever is told to write a flag or a command must find that it is one.
func TestOtherWordsLeadSomewhere(t *testing.T) {
	t.Parallel()
	app := newApp(system{})
	run, mock := app.Command("run").Flags, app.Command("mock").Flags
	for word, other := range otherFlags {
		name := strings.TrimLeft(strings.Fields(other)[0], "-")
		if findFlag(run, name) == nil && findFlag(mock, name) == nil {
			t.Errorf("--%s leads to %s, which neither run nor mock has", word, other)
		}
		if findFlag(run, word) != nil {
			t.Errorf("--%s is a flag of run, and so is never looked up", word)
		}
	}
	for word, other := range otherCommands {
		if app.Command(other) == nil {
			t.Errorf("%s leads to %s, which is no command", word, other)
		}
		if app.Command(word) != nil {
			t.Errorf("%s is a command, and so is never looked up", word)
		}
	}
}

func TestFlagHints(t *testing.T) {
	t.Parallel()
	app := newApp(system{})
	for _, test := range []struct{ command, typed, want string }{
		{"run", "--pause", "did you mean --pauses?"},
		{"run", "--env-file", "did you mean --env FILE?"},
		{"run", "--no-pauses", "did you mean --pauses skip?"},
		{"run", "--url", "did you mean --var NAME=VALUE?"},
		{"run", "--script", "did you mean --initial-script FILE?"},
		{"run", "--insecure-skip-verify", "did you mean --insecure?"},
		{"run", "--test-name", "did you mean --test?"},
		{"run", "-vvv", "did you mean -vv?"},
		{"run", "-H", headersWay},
		{"run", "-kv", "short flags stand apart: -k -v"},
		{"run", "-j4", "short flags stand apart: -j 4"},
		{"run", "-ke", "short flags stand apart: -k -e"},
		{"run", "-kz", "see: offscope run --help"},
		{"run", "--frobnicate", "see: offscope run --help"},
		{"mock", "--port", "did you mean --listen HOST:PORT?"},
		{"mock", "--url", "see: offscope mock --help"},
		{"run", "--port", "see: offscope run --help"},
	} {
		if got := flagHint(test.command, app.Command(test.command).Flags, test.typed); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.command, test.typed, got, test.want)
		}
	}
}

// A word that completion offers is one that the flag takes.
func TestOfferedWordsAreTaken(t *testing.T) {
	t.Parallel()
	app := newApp(system{})
	takes := map[string]string{"pauses": "run", "color": "run", "ci": "run", "cookies": "run", "format": "check", "scim": "mock", "fault": "mock"}
	for flag, words := range flagWords {
		command := app.Command(takes[flag])
		if command == nil || findFlag(command.Flags, flag) == nil {
			t.Errorf("--%s is no flag of offscope %s", flag, takes[flag])
			continue
		}
		for _, word := range words {
			if usage := findFlag(command.Flags, flag).(cli.DocGenerationFlag).GetUsage(); !strings.Contains(usage, word) {
				t.Errorf("the help of --%s does not know %s: %s", flag, word, usage)
			}
		}
	}
}
