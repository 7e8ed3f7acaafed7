package debugger

import (
	"bufio"
	"io"
	"strings"
)

// Lines is the prompt of an input that is no terminal. It shows nothing itself, see [Options].Echo.
func Lines(in io.Reader) Prompt { return lines{bufio.NewReader(in)} }

type lines struct{ in *bufio.Reader }

func (l lines) ReadLine(string, func(string) []string) (string, error) {
	line, err := l.in.ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line != "" {
		return line, nil
	}
	return "", err
}

// Remember does nothing: whoever wrote the input has it.
func (lines) Remember(string) {}
