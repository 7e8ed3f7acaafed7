package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

const appDescription = `Download a test, give its variables, and see which of its checks your server passes:

   offscope run Okta-SCIM-20-SPEC-Test.json --initial-script Initial_Script_Spec.txt \
       --var SCIMBaseURL=http://localhost:8080/scim/v2 --secret auth="Bearer TOKEN" --pauses skip

No server at hand? "offscope demo" runs the shipped tests on embedded servers, and "offscope mock" keeps those
servers running for your own files.

offscope talks to the hosts of your tests and to nobody else.`

const shortHelp = `offscope runs exported Runscope (BlazeMeter API Monitoring) tests on your own machine.

   offscope run FILE...       run tests
   offscope demo              run the shipped tests on embedded servers
   offscope mock              keep the embedded servers running
   offscope inspect FILE...   what is in a file: steps, variables, what is not supported
   offscope check FILE...     every problem that can be known without sending a request
   offscope rerun             go on from the first step that failed in the last run
   offscope debug FILE        run step by step at a prompt

"offscope --help" says more, "offscope COMMAND --help" has flags and examples.
`

const (
	helpWidth   = 100
	helpColumns = 32 // of the flags' names
)

// showHelp writes the help of the whole program.
func showHelp(w io.Writer, app *cli.App) {
	fmt.Fprintf(w, "offscope: %s\n\nUsage: %s\n\n%s\n\nCommands\n", app.Usage, app.UsageText, app.Description)
	for _, c := range app.Commands {
		fmt.Fprintf(w, "  %-12s %s\n", c.Name, c.Usage)
	}
	fmt.Fprint(w, "\n\"offscope COMMAND --help\" has the flags of a command and examples; \"offscope --version\" prints the version.\n")
}

// showCommandHelp writes the help of one command: its flags stand in their groups, in the order in which they are defined.
func showCommandHelp(w io.Writer, c *cli.Command) {
	fmt.Fprintf(w, "offscope %s: %s\n\nUsage: %s\n\n%s\n", c.Name, c.Usage, c.UsageText, c.Description)
	group, process := "", false
	for _, f := range c.Flags {
		documented := f.(cli.DocGenerationFlag)
		if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
			continue
		}
		if categorized, ok := f.(cli.CategorizableFlag); ok && categorized.GetCategory() != group {
			group = categorized.GetCategory()
			fmt.Fprintf(w, "\n%s\n", group)
		}
		showFlag(w, documented)
		process = process || len(documented.GetEnvVars()) > 0
	}
	if process {
		fmt.Fprint(w, "\nA flag with one value can also be given by a variable of the process: OFFSCOPE_ and the flag's name in capitals, as in\n"+
			"OFFSCOPE_INITIAL_SCRIPT for --initial-script. Durations are written 500ms, 2s, 1m.\n")
	}
}

func showFlag(w io.Writer, f cli.DocGenerationFlag) {
	value, usage := cutValue(f.GetUsage())
	names := ""
	for i, name := range f.Names() {
		switch {
		case i == 0:
			names = "--" + name
		case len(name) == 1:
			names = "-" + name + ", " + names
		default:
			names += ", --" + name
		}
	}
	if value != "" {
		names += " " + value
	}
	if _, repeated := f.(*cli.StringSliceFlag); repeated {
		usage += "; may be repeated"
	}
	if text := f.GetDefaultText(); f.TakesValue() && text != "" {
		usage += " (default: " + strings.Trim(text, `"`) + ")"
	}
	lead := "  " + names
	if len(lead) >= helpColumns {
		fmt.Fprintln(w, lead)
		lead = ""
	}
	for _, line := range wrapWords(usage, helpWidth-helpColumns) {
		fmt.Fprintf(w, "%-*s%s\n", helpColumns, lead, line)
		lead = ""
	}
}

// cutValue takes the name of a flag's value, in backquotes, from the beginning of the flag's usage.
func cutValue(usage string) (value, rest string) {
	quoted, isQuoted := strings.CutPrefix(usage, "`")
	value, rest, closed := strings.Cut(quoted, "` ")
	if !isQuoted || !closed {
		return "", usage
	}
	return value, rest
}

// wrapWords breaks a text into lines of a width.
func wrapWords(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
