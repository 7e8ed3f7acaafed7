package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/scim"
)

const completionDescription = `Prints a script that lets the shell complete offscope's commands, flags and files.

Examples:
   source <(offscope completion bash)        now; or put it into ~/.bashrc
   source <(offscope completion zsh)
   offscope completion fish > ~/.config/fish/completions/offscope.fish`

func completionCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a completion script for bash, zsh or fish", UsageText: "offscope completion bash|zsh|fish",
		Description: completionDescription, OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			shells := map[string]func(io.Writer, []*cli.Command){"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
			write, known := shells[c.Args().First()]
			if !known || c.NArg() != 1 {
				return usageHint("as in: source <(offscope completion bash)", "completion needs one of bash, zsh and fish")
			}
			write(s.stdout, c.App.Commands)
			return nil
		},
	}
}

// flagWords are the values of flags that take one of a few words.
var flagWords = map[string][]string{
	"pauses":  {"keep", "poll", "skip", "max="},
	"color":   {"auto", "always", "never"},
	"ci":      {"auto", githubCI, gitlabCI, "none"},
	"cookies": {"on", "off"},
	"format":  {"text", "json", "github"},
	"scim":    {"2.0", "1.1"},
	"fault":   scim.FaultNames(),
}

// wordsOf writes for each flag of flagWords, in the order of their names.
func wordsOf(write func(flag, words string)) {
	for _, flag := range slices.Sorted(maps.Keys(flagWords)) {
		write(flag, strings.Join(flagWords[flag], " "))
	}
}

// bashCompletion writes a function that needs nothing but bash itself.
func bashCompletion(w io.Writer, commands []*cli.Command) {
	names := strings.Join(commandNames(commands), " ")
	fmt.Fprint(w, "# bash completion for offscope\n_offscope() {\n  local word=${COMP_WORDS[COMP_CWORD]} flags=\n")
	fmt.Fprintf(w, "  if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W '%s help --help --version' -- \"$word\")); return; fi\n", names)
	fmt.Fprint(w, "  local before=${COMP_WORDS[COMP_CWORD-1]}\n")
	fmt.Fprint(w, "  if [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n  case $before in\n")
	wordsOf(func(flag, words string) {
		fmt.Fprintf(w, "    %s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", dashed(flag), words)
	})
	fmt.Fprint(w, "  esac\n  case ${COMP_WORDS[1]} in\n")
	fmt.Fprintf(w, "    help) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", names)
	for _, c := range commands {
		if c.Name == "completion" {
			fmt.Fprint(w, "    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\")); return ;;\n")
			continue
		}
		fmt.Fprintf(w, "    %s) flags='%s' ;;\n", c.Name, strings.Join(flagNames(c), " "))
	}
	fmt.Fprint(w, "  esac\n  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")); return; fi\n")
	fmt.Fprint(w, "  local IFS=$'\\n' # names of files may have spaces\n  COMPREPLY=($(compgen -f -- \"$word\"))\n}\ncomplete -o filenames -F _offscope offscope\n")
}

func zshCompletion(w io.Writer, commands []*cli.Command) {
	fmt.Fprint(w, "#compdef offscope\n_offscope() {\n  local -a commands\n  commands=(\n")
	for _, c := range commands {
		fmt.Fprintf(w, "    %s\n", shellQuoted(c.Name+":"+c.Usage))
	}
	fmt.Fprint(w, "  )\n  if ((CURRENT == 2)); then _describe command commands; return; fi\n  case $words[CURRENT-1] in\n")
	wordsOf(func(flag, words string) { fmt.Fprintf(w, "    %s) compadd -- %s; return ;;\n", dashed(flag), words) })
	fmt.Fprint(w, "  esac\n  case $words[2] in\n    help) _describe command commands; return ;;\n")
	for _, c := range commands {
		if c.Name == "completion" {
			fmt.Fprint(w, "    completion) compadd bash zsh fish; return ;;\n")
			continue
		}
		fmt.Fprintf(w, "    %s) [[ $PREFIX == -* ]] && compadd -- %s && return ;;\n", c.Name, strings.Join(flagNames(c), " "))
	}
	fmt.Fprint(w, "  esac\n  _files\n}\ncompdef _offscope offscope\n")
}

func fishCompletion(w io.Writer, commands []*cli.Command) {
	fmt.Fprint(w, "# fish completion for offscope\n")
	for _, c := range commands {
		fmt.Fprintf(w, "complete -c offscope -n __fish_use_subcommand -f -a %s -d %s\n", c.Name, shellQuoted(c.Usage))
		in := "'__fish_seen_subcommand_from " + c.Name + "'"
		if c.Name == "completion" {
			fmt.Fprintf(w, "complete -c offscope -n %s -f -a 'bash zsh fish'\n", in)
		}
		for _, f := range c.Flags {
			value := ""
			switch words := flagWords[f.Names()[0]]; {
			case len(words) > 0:
				value = " -x -a '" + strings.Join(words, " ") + "'"
			case !isSwitch(f):
				value = " -r"
			}
			usage := ""
			if d, ok := f.(cli.DocGenerationFlag); ok {
				_, usage = cutValue(d.GetUsage())
			}
			for _, name := range f.Names() {
				option := "-l"
				if len(name) == 1 {
					option = "-s"
				}
				fmt.Fprintf(w, "complete -c offscope -n %s %s %s%s -d %s\n", in, option, name, value, shellQuoted(usage))
			}
		}
	}
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	return names
}

func flagNames(c *cli.Command) []string {
	var names []string
	for _, f := range c.Flags {
		for _, name := range f.Names() {
			names = append(names, dashed(name))
		}
	}
	return names
}

// shellQuoted always quotes, so that a description reads the same for all commands.
func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
