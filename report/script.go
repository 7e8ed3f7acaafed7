package report

import (
	"fmt"
	"slices"
	"strings"

	"offscope/event"
	"offscope/source"
)

// script tells about a script: what failed always, what a script said and set for -v.
func (p *page) script(indent string, b event.Scripted) {
	if b.Outcome.Bad() {
		p.failedScript(indent, b)
	} else if p.o.Verbosity >= Headers {
		p.quietScript(indent, b)
	}
}

// isInitial reports whether a script is the initial script of a test or of the environment that it shares with others. Each
// is the only one of its kind.
func isInitial(b event.Scripted) bool {
	return b.Role == "initial script" || b.Role == "shared initial script"
}

func (p *page) scriptName(b event.Scripted) string {
	if isInitial(b) {
		return b.Role
	}
	return fmt.Sprintf("%s %d", p.shown(b.Role), b.Row)
}

// failedScript says where a script failed, in the export and in the script itself, and what it said until then. The line of
// the export is not drawn when the script's own line is: there the whole script is one endless line.
func (p *page) failedScript(indent string, b event.Scripted) {
	f, at := failureOf(b)
	p.headline(indent, at, p.scriptFailure(b, f))
	if f.Script.Text == "" {
		p.excerpt(indent+tab, at)
	} else {
		p.line(indent+tab, paint(p.o.Palette.Dim, lineOfScript(f)))
		p.excerpt(indent+tab, f.Script)
	}
	if f.Expected != "" || f.Actual != "" {
		p.values(f.Expected, f.Actual)
	}
	p.output(indent+"  ", b)
	p.hint(indent+"  ", f.Hint)
}

// failureOf is why a script failed, and where.
func failureOf(b event.Scripted) (*event.ScriptFailure, source.Excerpt) {
	f := b.Failure
	if f == nil {
		f = &event.ScriptFailure{Message: "the script failed", Where: b.Where}
	}
	if f.Where.File == "" {
		return f, b.Where
	}
	return f, f.Where
}

func (p *page) scriptFailure(b event.Scripted, f *event.ScriptFailure) string {
	return p.scriptName(b) + ": " + p.class(f) + p.shown(f.Message)
}

// hasNoticed reports whether a notice of the test has told everything about a script that failed.
func (p *page) hasNoticed(test *testState, b event.Scripted) bool {
	f, at := failureOf(b)
	if len(b.Output) > 0 || f.Script.Text != "" || f.Expected != "" || f.Actual != "" {
		return false
	}
	return slices.ContainsFunc(test.noticed, func(n event.Notice) bool {
		return n.Where == at && n.Hint == f.Hint && p.shown(n.Message) == p.scriptFailure(b, f)
	})
}

func lineOfScript(f *event.ScriptFailure) string {
	if f.Script.Line == 0 {
		return fmt.Sprintf("in the script, column %d:", f.Script.Col)
	}
	return fmt.Sprintf("in the script, line %d, column %d:", f.Script.Line, f.Script.Col)
}

// class names the class of a script's failure in words, before its message.
func (p *page) class(f *event.ScriptFailure) string {
	switch f.Failure {
	case "":
		return ""
	case "assertion":
		return "assertion failed: "
	case "syntax":
		return "" // the message says it, with the place
	}
	return p.shown(f.Failure) + ": "
}

// quietScript tells what a script that passed said and set.
func (p *page) quietScript(indent string, b event.Scripted) {
	took := milliseconds(b.Duration)
	if b.Outcome == event.NotRun {
		took = "not run"
	}
	p.line(indent, p.scriptName(b)+paint(p.o.Palette.Dim, " ("+took+")"))
	p.output(indent+"  ", b)
	for _, v := range b.Set {
		p.assigned(indent+"  ", v.Name, v.Value, v.Type)
	}
}

const (
	outputShown        = 20
	outputShownVerbose = 500
)

// output prints what a script logged and asserted. The end of it is kept, because that is where a script failed.
func (p *page) output(indent string, b event.Scripted) {
	lines, limit := untold(b), outputShown
	if p.o.Verbosity >= Headers {
		lines, limit = b.Output, outputShownVerbose
	}
	if more := len(lines) - limit; more > 0 {
		lines = lines[more:]
		p.line(indent, paint(p.o.Palette.Dim, fmt.Sprintf("%s %s before", dots, plural(more, "line"))))
	}
	for _, l := range lines {
		p.said(indent, l, isInitial(b))
	}
}

// untold is the output without its last line when the headline says the same.
func untold(b event.Scripted) []event.Line {
	last := len(b.Output) - 1
	if f := b.Failure; f != nil && last >= 0 && b.Output[last].Failed && b.Output[last].Text == f.Message {
		return b.Output[:last]
	}
	return b.Output
}

// said prints one thing a script said. The hosted service ignores assertions of an initial script; so that nobody takes one
// for the reason of a failure, that is said.
func (p *page) said(indent string, l event.Line, initial bool) {
	word, colour := "log", p.o.Palette.Dim
	switch {
	case l.Assert && l.Failed && initial:
		word, colour = "failed (ignored in an initial script)", p.o.Palette.Warn
	case l.Assert && l.Failed:
		word, colour = "failed", p.o.Palette.Fail
	case l.Assert:
		word, colour = "ok", p.o.Palette.Pass
	}
	text := textLines(p.reveal(l.Text))
	if len(text) == 0 {
		text = []string{""}
	}
	for i, s := range text {
		if i > 0 {
			p.line(indent+strings.Repeat(" ", rowName), p.narrow(s, indent))
			continue
		}
		p.line(indent, paint(colour, word)+strings.Repeat(" ", max(2, rowName-len(word)))+p.narrow(s, indent))
	}
}

// narrow cuts a line of output to the width, unless whole texts are wanted.
func (p *page) narrow(s, indent string) string {
	if p.o.Verbosity >= Bodies {
		return s
	}
	return clip(s, p.room(indent)-rowName)
}
