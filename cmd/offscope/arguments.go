package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/source"
)

// arrange puts a command's flags before its files, because the flag parser underneath stops at the first file. Flags and
// files may come in any order for our users; "--" ends the flags. A flag that is not known is found here, where a near one
// can be offered.
func arrange(command string, flags []cli.Flag, args []string) ([]string, error) {
	var front, files []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			files = append(files, args[i+1:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			files = append(files, arg)
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		flag := findFlag(flags, name)
		if flag == nil {
			return nil, unknownFlag(command, flags, name)
		}
		front = append(front, arg)
		if hasValue || isSwitch(flag) {
			continue
		}
		if i+1 == len(args) {
			return nil, usageHint("see: offscope "+command+" --help", "flag %s needs a value", arg)
		}
		i++
		front = append(front, args[i])
	}
	return append(append(front, "--"), files...), nil
}

func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func isSwitch(f cli.Flag) bool {
	_, ok := f.(*cli.BoolFlag)
	return ok
}

func unknownFlag(command string, flags []cli.Flag, name string) error {
	var known []string
	for _, f := range flags {
		for _, n := range f.Names() {
			if len(n) > 1 {
				known = append(known, n)
			}
		}
	}
	hint := "see: offscope " + command + " --help"
	if near := suggestion(name, known); near != "" {
		hint = "did you mean --" + near + "?"
	}
	return usageHint(hint, "unknown flag --%s for offscope %s", name, command)
}

// suggestion returns what a user most likely meant: a near name, or one that begins with what was typed.
func suggestion(word string, known []string) string {
	if near := source.Nearest(word, known); near != "" || len(word) < 3 {
		return near
	}
	for _, name := range known {
		if strings.HasPrefix(name, word) {
			return name
		}
	}
	return ""
}

// cutPair splits NAME=VALUE.
func cutPair(pair string) (name, value string, ok bool) {
	return strings.Cut(pair, "=")
}
