package debugger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"offscope/event"
	"offscope/exchange"
	"offscope/runner"
	"offscope/source"
)

// A session is one test at the prompt.
type session struct {
	Options
	test  *runner.Test
	watch *watch

	step   *runner.Step // at hand; nil behind the last
	done   bool         // it was run, and stays at hand
	red    bool         // it failed
	sent   bool         // it was sent by hand
	chosen bool         // somebody went to it, so that it is not passed over
	held   *runner.Attempt
	told   bool // its line was printed

	breaks    map[int]bool
	onFailure bool
	quit      bool
	broken    int // how often the line was broken off in a row
}

// quitReason says why steps were not run.
const quitReason = "quit at the prompt"

// run goes through the test until its end.
func (s *session) run(ctx context.Context) {
	defer s.finish(ctx)
	if s.quit {
		return
	}
	s.advance(ctx)
	if s.OnFailure && !s.proceed(ctx, nil) {
		return
	}
	for !s.quit && s.watch.err == nil && ctx.Err() == nil {
		s.announce()
		s.readCommand(ctx)
		if s.step == nil && s.OnFailure {
			return
		}
	}
}

// finish ends what is open and passes over what is left.
func (s *session) finish(ctx context.Context) {
	if s.held != nil {
		s.held.Abandon(event.NotRun, s.leaving(ctx))
		s.held, s.done = nil, true
	}
	step := s.rest(ctx)
	if s.quit && step != nil {
		s.test.Quit(quitReason)
	}
	for ; step != nil; step = s.test.Next(ctx) {
		s.test.Do(ctx, step)
	}
	s.step = nil
}

// leaving says why a step that was prepared is not run.
func (s *session) leaving(ctx context.Context) string {
	if cause := context.Cause(ctx); cause != nil {
		return cause.Error()
	}
	return quitReason
}

// rest returns the first step that was not run.
func (s *session) rest(ctx context.Context) *runner.Step {
	if s.step != nil && !s.done {
		return s.step
	}
	return s.test.Next(ctx)
}

// readCommand reads one line and does what it says.
func (s *session) readCommand(ctx context.Context) {
	line, err := s.read(ctx)
	switch {
	case ctx.Err() != nil:
		return
	case errors.Is(err, ErrInterrupted):
		if s.broken++; s.broken > 1 {
			s.quit = true
			return
		}
		s.say("Ctrl-C again, or quit, ends; next goes on")
		return
	case err != nil:
		if !errors.Is(err, io.EOF) {
			s.say("%v", err)
		}
		s.echo("quit  (end of the input)")
		s.quit = true
		return
	}
	s.broken = 0
	line = strings.TrimSpace(line)
	s.echo(s.harmless(line))
	if strings.HasPrefix(line, "#") {
		return
	}
	s.execute(ctx, line)
	if line != "" && !s.mentionsSecret(line) {
		s.Prompt.Remember(line)
	}
}

// echo writes what was read where nobody has typed it.
func (s *session) echo(line string) {
	if s.Echo {
		s.say("%s", strings.TrimSpace(s.prompt()+line))
	}
}

// harmless is a line as it may be seen: of one that gives a value to a secret only the beginning.
func (s *session) harmless(line string) string {
	if !s.mentionsSecret(line) {
		return printable(line)
	}
	word, rest := cutWord(line)
	if at := strings.IndexAny(rest, " \t="); at > 0 && s.test.IsSecret(rest[:at]) {
		word += " " + rest[:at]
	}
	return s.typed(word) + " …"
}

// typed is a text as it may be seen in which something stands that was typed, which may be a secret.
func (s *session) typed(text string) string { return s.shown(s.test.Mask(text)) }

// read waits for a line, or for the end of the run.
func (s *session) read(ctx context.Context) (string, error) {
	type answer struct {
		line string
		err  error
	}
	prompt, names := s.prompt(), s.completer()
	answers := make(chan answer, 1)
	go func() {
		line, err := s.Prompt.ReadLine(prompt, names)
		answers <- answer{line, err}
	}()
	select {
	case a := <-answers:
		return a.line, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// execute finds the command of a line and calls it. An empty line is next.
func (s *session) execute(ctx context.Context, line string) {
	word, argument, _ := strings.Cut(line, " ")
	if word == "" {
		word = "next"
	}
	c, err := findCommand(word)
	if err != nil {
		s.say("%s", s.typed(err.Error()))
		return
	}
	inner, stop := ctx, func() {}
	if s.Interruptible != nil {
		inner, stop = s.Interruptible(ctx)
	}
	defer stop()
	if err := c.do(s, inner, strings.TrimSpace(argument)); err != nil {
		s.say("%s: %s", c.name, s.typed(err.Error()))
	}
	if inner.Err() != nil && ctx.Err() == nil {
		s.test.Resume()
		s.say("interrupted: back at the prompt")
	}
}

// mentionsSecret reports whether a line holds the value of a secret, or might: one in which a secret is named.
func (s *session) mentionsSecret(line string) bool {
	if s.test.Mask(line) != exchange.WithoutMarks(line) {
		return true
	}
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t=\"'`(),;", r) })
	for i, word := range words {
		if i > 0 && i < len(words)-1 && s.test.IsSecret(word) {
			return true
		}
	}
	return false
}

// prompt says where the session stands.
func (s *session) prompt() string {
	if s.step == nil {
		return "(end) "
	}
	state := ""
	switch {
	case s.held != nil:
		state = " prepared"
	case s.done && s.sent:
		state = " sent"
	case s.done && s.red:
		state = " failed"
	case s.done:
		state = " broken off"
	}
	return fmt.Sprintf("(%d/%d%s) ", s.step.Number, len(s.test.Steps()), state)
}

// announce prints the step at hand when it is another one than before.
func (s *session) announce() {
	if s.told || s.done {
		return
	}
	s.told = true
	if s.step == nil {
		s.say("all steps are behind: goto STEP goes back, quit ends")
		return
	}
	s.say("-> [%d/%d] %s", s.step.Number, len(s.test.Steps()), s.title(s.step))
	if reason := s.test.Stopped(); reason != "" {
		s.say("   stopped: %s; next passes over the rest, goto STEP goes on", s.shown(s.test.Mask(reason)))
	}
}

// title is what a step is in one line.
func (s *session) title(step *runner.Step) string {
	d := s.test.Describe(step)
	what := d.StepKind
	switch {
	case d.Method != "" || d.URL != "":
		what = d.Method + " " + d.URL
	case d.StepKind == "pause":
		what = "pause " + d.PauseInFile.String()
	case d.Comparison != "":
		what = strings.TrimSpace(fmt.Sprintf("%s %s %s %s", d.StepKind, d.Left, d.Comparison, d.Right))
	}
	at := fmt.Sprintf("%s:%d", d.File, d.Line)
	if d.Note != "" {
		return s.shown(fmt.Sprintf("%s  (%s, %s)", d.Note, what, at))
	}
	return s.shown(fmt.Sprintf("%s  (%s)", what, at))
}

// say writes a line.
func (s *session) say(format string, args ...any) {
	fmt.Fprintf(s.Out, format+"\n", args...)
}

// shown puts into the place of marks what may be seen.
func (s *session) shown(text string) string {
	return printable(exchange.Show(text, func(m exchange.Mark) string {
		if s.Reveal != nil {
			if value, ok := s.Reveal(m); ok {
				return value
			}
		}
		return exchange.Bracketed(m)
	}))
}

// printable replaces control characters, because a terminal would obey them.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return '�'
		}
		return r
	}, text)
}

// diagnose writes what is to be said about a text.
func (s *session) diagnose(diagnostics source.Diagnostics) {
	for _, d := range diagnostics {
		at := ""
		if d.Place.Known() {
			at = d.Place.String() + ": "
		}
		s.say("%s%s: %s", at, d.Severity, s.shown(s.test.Mask(d.Message)))
	}
}

// sayProblems tells why a step cannot be sent.
func (s *session) sayProblems(problems []event.Problem) {
	for _, p := range problems {
		s.say("  %s", s.shown(p.Message))
		if p.Hint != "" {
			s.say("  hint: %s", s.shown(p.Hint))
		}
	}
}
