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

const shortHelp = `offscope runs exported Runscope (BlazeMeter API Monitoring) tests on your
own machine.

   offscope run FILE...       run tests
   offscope demo              run the shipped tests on embedded servers
   offscope mock              keep the embedded servers running
   offscope inspect FILE...   the steps of a file, and the variables they need
   offscope check FILE...     every problem that shows without sending a request
   offscope rerun             go on from the first step that failed last time
   offscope debug FILE        run step by step at a prompt

To see a run now: offscope demo

"offscope --help" says more, "offscope COMMAND --help" has flags and examples.
`

const (
	helpWidth   = 80
	helpColumns = 30 // of the flags' names
)

// showHelp writes the help of the whole program.
func showHelp(w io.Writer, app *cli.App) {
	showText(w, fmt.Sprintf("offscope: %s\n\nUsage: %s\n\n%s\n\nCommands", app.Usage, app.UsageText, app.Description))
	for _, c := range app.Commands {
		fmt.Fprintf(w, "  %-12s %s\n", c.Name, c.Usage)
	}
	showText(w, "\n\"offscope COMMAND --help\" has the flags of a command and examples; \"offscope --version\" prints the version.")
}

// showCommandHelp writes the help of one command: its flags stand in their groups, in the order in which they are defined.
func showCommandHelp(w io.Writer, c *cli.Command) {
	showText(w, fmt.Sprintf("offscope %s: %s\n\nUsage: %s\n\n%s", c.Name, c.Usage, c.UsageText, c.Description))
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
		showText(w, "\nA flag with one value can also be given by a variable of the process: OFFSCOPE_ and the flag's name in capitals, as in "+
			"OFFSCOPE_INITIAL_SCRIPT for --initial-script. Durations are written 500ms, 2s, 1m.")
	}
}

// showText writes a text in lines of the help's width. Sentences are filled; what is indented keeps its lines where they fit.
func showText(w io.Writer, text string) {
	var sentences []string
	flush := func() {
		if len(sentences) > 0 {
			fmt.Fprintln(w, strings.Join(wrapWords(strings.Join(sentences, " "), helpWidth), "\n"))
		}
		sentences = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case line == "":
			flush()
			fmt.Fprintln(w)
		case line[0] != ' ':
			sentences = append(sentences, line)
		default:
			flush()
			fmt.Fprintln(w, strings.Join(foldExample(line), "\n"))
		}
	}
	flush()
}

const (
	exampleGap  = "   "     // at least, before a remark
	exampleRest = "       " // before what belongs to the line above
)

// foldExample breaks an example that is too long: its remark comes nearer or stands below, a command goes on before a flag.
func foldExample(line string) []string {
	line = strings.TrimRight(line, " ")
	if len(line) <= helpWidth {
		return []string{line}
	}
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if command, remark, found := strings.Cut(line[indent:], exampleGap); found {
		command, remark = line[:indent]+command, strings.TrimLeft(remark, " ")
		if nearer := command + exampleGap + remark; len(nearer) <= helpWidth {
			return []string{nearer}
		}
		return append(foldExample(command), exampleRest+remark)
	}
	at := strings.LastIndex(line[:helpWidth-1], " -")
	if at <= indent {
		return []string{line}
	}
	return append([]string{line[:at] + ` \`}, foldExample(exampleRest+line[at+1:])...)
}

func showFlag(w io.Writer, f cli.DocGenerationFlag) {
	value, usage := cutValue(f.GetUsage())
	names := ""
	for i, name := range f.Names() {
		switch {
		case i == 0:
			names = dashed(name)
		case len(name) == 1:
			names = dashed(name) + ", " + names
		default:
			names += ", " + dashed(name)
		}
	}
	if value != "" {
		names += " " + value
	}
	if _, repeated := f.(listFlag); repeated {
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

// dashed is a flag as it is typed. One dash and two are the same; one is what users of other programs expect of -vv.
func dashed(name string) string {
	if len(name) == 1 || name == "vv" {
		return "-" + name
	}
	return "--" + name
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
