package main

import (
	"io"
	"os"

	"github.com/peterh/liner"
	"golang.org/x/term"
)

// A keyboard reads single keys. It reads no more than one at a time, and only when it is asked to, so that a prompt which is
// opened by a key has the keys behind it for itself.
type keyboard struct {
	in io.Reader
	// raw makes the terminal hand over keys as they are pressed, cooked makes it as it was.
	raw, cooked func()
	done        func()

	keys    chan byte
	waiting bool // for a key
}

// terminalKeyboard is that of the terminal that both stdin and stderr are; nil when they are none.
func terminalKeyboard() *keyboard {
	if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	cooked, err := liner.TerminalMode()
	if err != nil {
		return nil
	}
	state := liner.NewLiner() // knows how to take keys on every system
	raw, err := liner.TerminalMode()
	_ = cooked.ApplyMode()
	if err != nil {
		_ = state.Close()
		return nil
	}
	return &keyboard{
		in: os.Stdin, raw: func() { _ = raw.ApplyMode() }, cooked: func() { _ = cooked.ApplyMode() },
		done: func() { _ = state.Close() },
	}
}

// listen waits for the next key. The channel is closed when there will be no more.
func (k *keyboard) listen() <-chan byte {
	k.raw()
	if k.keys == nil {
		k.keys = make(chan byte)
	}
	if k.waiting {
		return k.keys
	}
	k.waiting = true
	go func() {
		var key [1]byte
		if n, err := k.in.Read(key[:]); n == 0 || err != nil {
			close(k.keys)
			return
		}
		k.keys <- key[0]
	}()
	return k.keys
}

// took says that a key has come.
func (k *keyboard) took() { k.waiting = false }

// rest gives the terminal back while something runs.
func (k *keyboard) rest() { k.cooked() }

func (k *keyboard) close() {
	k.cooked()
	k.done()
}
