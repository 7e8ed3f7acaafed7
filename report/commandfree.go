package report

import (
	"io"
	"regexp"
	"strings"
)

// WithoutCommands returns a writer for the log of a GitHub Actions job, in which every line that a program writes may be a workflow
// command: one that begins with two colons, behind spaces at most, or with "##[" anywhere. A text that shows what servers
// have said is written to it and holds none; a space is put into what looks like one. Only whole lines are to be written, as
// [Text] does.
func WithoutCommands(out io.Writer) io.Writer { return commandFree{out} }

type commandFree struct{ out io.Writer }

var beginsCommand = regexp.MustCompile(`(?m)^([ \t]*:):`)

// Write writes lines.
func (w commandFree) Write(lines []byte) (int, error) {
	text := beginsCommand.ReplaceAllString(string(lines), "$1 :")
	if _, err := io.WriteString(w.out, strings.ReplaceAll(text, "##[", "## [")); err != nil {
		return 0, err
	}
	return len(lines), nil
}
