package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/peterh/liner"
	"golang.org/x/term"

	"offscope/debugger"
)

// A linePrompt reads lines at a terminal, with editing, history and completion.
type linePrompt struct {
	state *liner.State
	// The terminal is in raw mode only while a line is typed: what runs in between is to see Ctrl-C as a signal, and an editor
	// a terminal as it was.
	raw, cooked liner.ModeApplier
	history     string
}

// terminalPrompt opens the terminal that both stdin and stdout are; nil when they are none.
func terminalPrompt(history string) (promptCloser, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
		return nil, nil
	}
	cooked, err := liner.TerminalMode()
	if err != nil {
		return nil, nil // it is not one that lines can be edited at
	}
	state := liner.NewLiner()
	raw, err := liner.TerminalMode()
	if err == nil {
		err = cooked.ApplyMode()
	}
	if err != nil {
		return nil, errors.Join(err, state.Close())
	}
	state.SetCtrlCAborts(true)
	state.SetTabCompletionStyle(liner.TabPrints)
	p := &linePrompt{state: state, raw: raw, cooked: cooked, history: history}
	p.readHistory()
	return p, nil
}

// readHistory reads what was typed in earlier sessions, and cuts it to what is offered again.
func (p *linePrompt) readHistory() {
	f, err := os.Open(p.history)
	if err != nil {
		return
	}
	n, _ := p.state.ReadHistory(f)
	_ = f.Close()
	if n <= liner.HistoryLimit {
		return
	}
	if f, err := os.OpenFile(p.history, os.O_WRONLY|os.O_TRUNC, 0o600); err == nil {
		_, _ = p.state.WriteHistory(f)
		_ = f.Close()
	}
}

// ReadLine reads a line.
func (p *linePrompt) ReadLine(prompt string, complete func(string) []string) (string, error) {
	p.state.SetCompleter(complete)
	if err := p.raw.ApplyMode(); err != nil {
		return "", err
	}
	line, err := p.state.Prompt(prompt)
	if back := p.cooked.ApplyMode(); err == nil {
		err = back
	}
	if errors.Is(err, liner.ErrPromptAborted) {
		return "", debugger.ErrInterrupted
	}
	return line, err
}

// Remember puts a line into the history, here and for later sessions. Where that cannot be written nothing is lost but
// convenience.
func (p *linePrompt) Remember(line string) {
	p.state.AppendHistory(line)
	if p.history == "" || os.MkdirAll(filepath.Dir(p.history), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(p.history, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	fmt.Fprintln(f, line)
	_ = f.Close()
}

// Close gives the terminal back as it was.
func (p *linePrompt) Close() error {
	return errors.Join(p.state.Close(), p.cooked.ApplyMode())
}

// editorCommand is the command line that a user wrote into EDITOR, with a file behind it.
func editorCommand(editor, path string) *exec.Cmd {
	if runtime.GOOS == "windows" {
		words := append(strings.Fields(editor), path)
		return exec.Command(words[0], words[1:]...)
	}
	return exec.Command("sh", "-c", editor+` "$1"`, "sh", path)
}
