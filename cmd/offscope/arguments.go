package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/source"
)

// errHelp says that help was asked for, whatever else was given.
var errHelp = errors.New("help")

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
		typed, value, hasValue := strings.Cut(arg, "=")
		name := strings.TrimLeft(typed, "-")
		flag := findFlag(flags, name)
		if flag == nil {
			return nil, unknownFlag(command, flags, typed)
		}
		if flag == cli.HelpFlag {
			return nil, errHelp
		}
		front = append(front, arg)
		if hasValue {
			if err := checkValue(flag, typed, value); err != nil {
				return nil, err
			}
			continue
		}
		if isSwitch(flag) {
			continue
		}
		if i+1 == len(args) {
			return nil, usageHint("see: offscope "+command+" --help", "flag %s needs a value", arg)
		}
		i++
		front = append(front, args[i])
		if err := checkValue(flag, arg, args[i]); err != nil {
			return nil, err
		}
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
	switch f.(type) {
	case toggleFlag, *cli.BoolFlag: // the library's own is that of --help
		return true
	}
	return false
}

// checkProcess checks the values that the process environment gives to flags.
func checkProcess(s system, flags []cli.Flag) error {
	for _, f := range flags {
		documented, ok := f.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		for _, name := range documented.GetEnvVars() {
			if value, _ := s.getenv(name); value != "" {
				if err := checkValue(f, name, value); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkValue finds a value that its flag cannot take before the flag parser does, whose messages speak of parse errors. shown
// is where the value was given.
func checkValue(f cli.Flag, shown, value string) error {
	switch f := f.(type) {
	case durationFlag:
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 {
			return usageHint(durationHint(value), "%s needs a duration, not %q", shown, value)
		}
		if d == 0 && f.Value > 0 {
			return usage("%s needs a duration above zero", shown)
		}
	case numberFlag:
		if n, err := strconv.Atoi(value); err != nil || n < 0 {
			return usage("%s needs a whole number, not %q", shown, value)
		}
	case *cli.Uint64Flag:
		if _, err := strconv.ParseUint(value, 10, 64); err != nil {
			return usage("%s needs a whole number, not %q", shown, value)
		}
	case toggleFlag, *cli.BoolFlag:
		if _, err := strconv.ParseBool(value); err != nil {
			return usage("%s takes no value, and %q was given", shown, value)
		}
	}
	return nil
}

// durationHint says how durations are written; most who write a mere number think of seconds.
func durationHint(value string) string {
	if _, err := strconv.ParseUint(value, 10, 32); err == nil {
		return "with its unit, as in: " + value + "s"
	}
	return "as in: 500ms, 2s, 1m"
}

func unknownFlag(command string, flags []cli.Flag, typed string) error {
	return usageHint(flagHint(command, flags, typed), "unknown flag %s for offscope %s", typed, command)
}

// suggestion returns what a user most likely meant: a near name, one that begins with what was typed, or one whose words what
// was typed begins with.
func suggestion(word string, known []string) string {
	if near := source.Nearest(word, known); near != "" || len(word) < 3 {
		return near
	}
	longest := ""
	for _, name := range known {
		if strings.HasPrefix(name, word) {
			return name
		}
		if strings.HasPrefix(word, name+"-") && len(name) > len(longest) {
			longest = name
		}
	}
	return longest
}

// cutPair splits NAME=VALUE.
func cutPair(pair string) (name, value string, ok bool) {
	return strings.Cut(pair, "=")
}

// unquoted finds a credential that the shell has cut at its space, as in --secret auth=Bearer TOKEN. What stands behind it would
// be taken for a file, and shown.
func unquoted(c *cli.Context) error {
	loose := slices.ContainsFunc(c.Args().Slice(), func(arg string) bool {
		_, err := os.Stat(arg)
		return arg != "-" && err != nil
	})
	if !loose {
		return nil
	}
	const message = "the value of %s ends at its space: what follows is no file"
	for _, flag := range []string{"secret", "var"} {
		for _, pair := range c.StringSlice(flag) {
			if name, value, _ := cutPair(pair); isScheme(value) {
				return usageHint(fmt.Sprintf(`put it into quotes: --%s %s="%s TOKEN"`, flag, name, value), message, "--"+flag+" "+name)
			}
		}
	}
	if value := c.String("scim-auth"); isScheme(value) {
		return usageHint(fmt.Sprintf(`put it into quotes: --scim-auth "%s TOKEN"`, value), message, "--scim-auth")
	}
	return nil
}

func isScheme(value string) bool {
	return slices.Contains([]string{"basic", "bearer", "digest", "ssws", "token"}, strings.ToLower(value))
}
