package debugger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"offscope/event"
	"offscope/runner"
)

var errAtEnd = errors.New("all steps are behind; goto STEP goes back")

// advance goes to the next step, over those that are not due.
func (s *session) advance(ctx context.Context) {
	s.done, s.sent, s.chosen, s.told = false, false, false, false
	s.step = s.test.Next(ctx)
	for s.step != nil && s.test.Stopped() == "" && s.test.PassesOver(s.step) {
		s.test.Do(ctx, s.step)
		s.step = s.test.Next(ctx)
	}
}

// runStep runs the step at hand, or what is left of it, and reports whether it failed.
func (s *session) runStep(ctx context.Context) (red bool) {
	s.watch.red = 0
	switch held := s.held; {
	case held != nil:
		s.held = nil
		held.Complete(ctx)
	case s.chosen && s.test.PassesOver(s.step): // it would be passed over, but somebody went to it
		if a := s.test.Hold(ctx, s.step); a != nil {
			a.Complete(ctx)
		} else if s.watch.red == 0 {
			s.test.Do(ctx, s.step) // a pause
		}
	default:
		s.test.Do(ctx, s.step)
	}
	s.done, s.red = true, s.watch.red > 0
	return s.red
}

func doNext(s *session, ctx context.Context, _ string) error {
	if s.done {
		s.advance(ctx)
	}
	if s.step == nil {
		return errAtEnd
	}
	if !s.runStep(ctx) && ctx.Err() == nil {
		s.advance(ctx)
	}
	return nil
}

func doContinue(s *session, ctx context.Context, _ string) error {
	if s.done {
		s.advance(ctx)
	}
	if s.step == nil {
		return errAtEnd
	}
	s.proceed(ctx, s.step)
	return nil
}

// proceed runs steps until there is a reason to ask; it reports false when there was none. The first step is run even if it is a
// breakpoint.
func (s *session) proceed(ctx context.Context, first *runner.Step) bool {
	s.watch.red = 0
	for s.step != nil && ctx.Err() == nil && s.watch.err == nil {
		if s.breaks[s.step.Number] && s.step != first {
			s.say("breakpoint: step %d", s.step.Number)
			return true
		}
		first = nil
		if s.runStep(ctx) && s.onFailure {
			return true
		}
		if ctx.Err() != nil {
			return true // the step that was broken off stays at hand
		}
		s.advance(ctx)
		if s.watch.red > 0 && s.onFailure {
			s.say("step %d failed", s.watch.red) // a condition or loop, which ends behind its steps
			return true
		}
	}
	return false
}

func doSkip(s *session, ctx context.Context, _ string) error {
	switch {
	case s.step == nil:
		return errAtEnd
	case s.done:
		s.advance(ctx)
		return nil
	case s.held != nil:
		s.held.Abandon(event.Skipped, "skipped at the prompt")
		s.held = nil
	default:
		s.test.Skip(s.step, "skipped at the prompt")
	}
	s.advance(ctx)
	return nil
}

func doGoto(s *session, ctx context.Context, name string) error {
	to, err := s.find(name)
	if err != nil {
		return err
	}
	if err := s.test.Reachable(to); err != nil {
		return err
	}
	from := len(s.test.Steps()) + 1
	switch {
	case s.step == nil:
	case s.done || s.held != nil:
		from = s.step.Number + 1
	default:
		from = s.step.Number
	}
	reason := fmt.Sprintf("goto %d", to.Number)
	if s.held != nil {
		s.held.Abandon(event.Skipped, reason)
		s.held = nil
	}
	s.test.Goto(from, to, reason)
	s.done, s.sent, s.chosen, s.told = false, false, true, false
	s.step = s.test.Next(ctx)
	return nil
}

// find finds a step by its number, its place or its note.
func (s *session) find(name string) (*runner.Step, error) {
	if name == "" {
		return nil, errors.New("needs a STEP: a number, file.json:LINE, or text in a note")
	}
	if s.Find == nil {
		return nil, errors.New("steps cannot be found here")
	}
	number, err := s.Find(s.test.Steps(), name)
	if err != nil {
		return nil, err
	}
	return s.test.Steps()[number-1], nil
}

const breakAtFailure = "failure"

func doBreak(s *session, _ context.Context, argument string) error {
	word, rest := cutWord(argument)
	switch {
	case argument == "":
		return s.listBreaks()
	case word == "delete":
		return s.deleteBreak(rest)
	case argument == breakAtFailure:
		s.onFailure = true
		s.say("continue stops at a step that failed")
		return nil
	}
	step, err := s.find(argument)
	if err != nil {
		return err
	}
	s.breaks[step.Number] = true
	s.say("continue stops before [%d/%d] %s", step.Number, len(s.test.Steps()), s.title(step))
	return nil
}

func (s *session) listBreaks() error {
	if s.onFailure {
		s.say("%s", breakAtFailure)
	}
	for _, n := range slices.Sorted(maps.Keys(s.breaks)) {
		s.say("%d  %s", n, s.title(s.test.Steps()[n-1]))
	}
	if !s.onFailure && len(s.breaks) == 0 {
		s.say("there are no breakpoints")
	}
	return nil
}

func (s *session) deleteBreak(name string) error {
	switch name {
	case "":
		s.onFailure = false
		clear(s.breaks)
		s.say("all breakpoints deleted")
		return nil
	case breakAtFailure:
		s.onFailure = false
		return nil
	}
	step, err := s.find(name)
	if err != nil {
		return err
	}
	if !s.breaks[step.Number] {
		return fmt.Errorf("there is no breakpoint at step %d", step.Number)
	}
	delete(s.breaks, step.Number)
	return nil
}

// hold prepares the step at hand, once.
func (s *session) hold(ctx context.Context) (*runner.Attempt, error) {
	switch {
	case s.step == nil:
		return nil, errAtEnd
	case s.held != nil:
		return s.held, nil
	case s.done:
		return s.lastOf(s.step)
	}
	s.watch.red = 0
	return s.keep(s.test.Hold(ctx, s.step))
}

// keep holds an attempt.
func (s *session) keep(a *runner.Attempt) (*runner.Attempt, error) {
	if a == nil {
		s.done = s.done || s.watch.red > 0 // an internal error has ended the step
		return nil, fmt.Errorf("step %d (%s) sends nothing", s.step.Number, s.test.Describe(s.step).StepKind)
	}
	s.held = a
	s.done, s.sent = false, false
	return a, nil
}

// lastOf returns the attempt at a step that has ended.
func (s *session) lastOf(step *runner.Step) (*runner.Attempt, error) {
	if a := s.test.Last(); a != nil && a.Step.Number == step.Number {
		return a, nil
	}
	return nil, fmt.Errorf("step %d sends nothing", step.Number)
}

// doSend sends what is held, or the step at hand, be it once more.
func doSend(s *session, ctx context.Context, _ string) error {
	if s.step == nil {
		if s.test.Last() == nil {
			return errAtEnd
		}
		return errors.New("all steps are behind; goto STEP goes back to one")
	}
	var err error
	s.watch.red = 0
	switch {
	case s.held != nil:
	case s.done:
		if _, err = s.lastOf(s.step); err == nil {
			_, err = s.keep(s.test.Again(ctx, s.step))
		}
	default:
		_, err = s.keep(s.test.Hold(ctx, s.step))
	}
	if err != nil {
		return err
	}
	s.sent = !s.runStep(ctx)
	return nil
}

func doQuit(s *session, _ context.Context, _ string) error {
	s.quit = true
	return nil
}
