package debugger

import (
	"context"
	"fmt"
	"strings"

	"offscope/source"
)

// A command is something that can be typed.
type command struct {
	name  string
	short string // an abbreviation that wins over other commands that begin with it
	args  string
	about string
	more  string
	do    func(s *session, ctx context.Context, argument string) error
}

func commands() []command {
	return []command{
		{name: "next", short: "n", about: "run the step at hand; an empty line does the same", do: doNext,
			more: "When the step at hand has failed or was sent already, the one behind it is run."},
		{name: "continue", short: "c", about: "run until a breakpoint or the end", do: doContinue},
		{name: "break", short: "b", args: "[STEP|failure|delete [STEP|failure]]", about: "stop continue before a step or at a failure; list; delete", do: doBreak,
			more: "Without an argument it lists the breakpoints; delete without an argument deletes all of them."},
		{name: "skip", about: "pass over the step at hand, with all steps inside it", do: doSkip},
		{name: "goto", short: "g", args: "STEP", about: "go to a step; those between are passed over", do: doGoto,
			more: "STEP is a number, file.json:LINE, or text in a note. Going back runs steps again; what they have set stays set.\nA step that is prepared is given up, and goto to the same step prepares it anew."},
		{name: "print", short: "p", args: "[NAME]", about: "show all variables or one, with who set it", do: doPrint},
		{name: "set", args: "NAME VALUE", about: "give a variable a value, which is taken as it stands", do: doSet},
		{name: "request", args: "", about: "show the request as it will be sent, or as it was sent", do: doRequest,
			more: "This prepares the step: variables are filled in and pre-request scripts run, once."},
		{name: "edit", short: "e", args: "[step]", about: "change the request that is prepared, or the step, in $EDITOR", do: doEdit,
			more: "Secrets stand in the file as [secret NAME] and are filled in again. A step is changed for this session only."},
		{name: "send", args: "", about: "send what is prepared, or the step at hand again with the present variables", do: doSend},
		{name: "response", short: "r", args: "[PATH|headers]", about: "show the response, its headers, or what a JSON path or XPath finds", do: doResponse},
		{name: "assert", short: "a", about: "check the step's assertions on the present response again", do: doAssert},
		{name: "js", short: "j", args: "EXPR", about: "run JavaScript where a script of the step would", do: doJS,
			more: "It sees request, response and variables, and the script libraries."},
		{name: "curl", about: "show the request as a curl command", do: doCurl},
		{name: "save", args: "[-f] FILE", about: "write the response's body into a file; -f replaces one", do: doSave},
		{name: "help", short: "h", args: "[COMMAND]", about: "list the commands, or say more about one", do: doHelp},
		{name: "quit", short: "q", about: "end; steps that are left are not run", do: doQuit},
	}
}

// findCommand finds a command by its name or a beginning of it that fits no other.
func findCommand(word string) (command, error) {
	var fits []command
	var names []string
	for _, c := range commands() {
		if c.name == word || c.short == word {
			return c, nil
		}
		names = append(names, c.name)
		if strings.HasPrefix(c.name, word) {
			fits = append(fits, c)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		if near := source.Nearest(word, names); near != "" {
			return command{}, fmt.Errorf("unknown command %q; did you mean %s?", printable(word), near)
		}
		return command{}, fmt.Errorf("unknown command %q; help lists the commands", printable(word))
	}
	var all []string
	for _, c := range fits {
		all = append(all, c.name)
	}
	return command{}, fmt.Errorf("%q may be %s", word, strings.Join(all, ", "))
}

func doHelp(s *session, _ context.Context, name string) error {
	if name != "" {
		c, err := findCommand(name)
		if err != nil {
			return err
		}
		s.say("%s\n%s", strings.TrimSpace(c.name+" "+c.args), indent(strings.TrimSpace(c.about+"\n"+c.more)))
		return nil
	}
	for _, c := range commands() {
		usage := strings.TrimSpace(c.name + " " + c.args)
		if len(usage) > 20 {
			usage = c.name + " …"
		}
		s.say("  %-20s %s", usage, c.about)
	}
	s.say("  A beginning that fits no other command is enough. STEP is a number, file.json:LINE, or text in a note.")
	return nil
}

// cutWord splits a text behind its first word.
func cutWord(text string) (word, rest string) {
	word, rest, _ = strings.Cut(text, " ")
	return word, strings.TrimSpace(rest)
}

// indent puts two spaces before every line.
func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
