package debugger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/runner"
	"offscope/source"
)

// longValue is how much of a value a list shows.
const longValue = 100

func doPrint(s *session, _ context.Context, name string) error {
	var names []string
	for _, v := range s.test.Variables() {
		names = append(names, v.Name)
		if v.Name == name {
			s.say("%s = %s\n  %s", s.shown(v.Name), s.shown(pretty(v.Value)), who(v))
			return nil
		}
		if name == "" {
			s.say("%s = %s  (%s)", s.shown(v.Name), shorten(oneLine(s.shown(v.Value)), longValue), who(v))
		}
	}
	if name == "" {
		if len(names) == 0 {
			s.say("there are no variables")
		}
		return nil
	}
	if near := source.Nearest(name, names); near != "" {
		return fmt.Errorf("%q has no value; did you mean %q?", name, near)
	}
	return fmt.Errorf("%q has no value", name)
}

func who(v event.Variable) string {
	if v.Secret {
		return v.Origin + ", secret"
	}
	return v.Origin
}

func doSet(s *session, _ context.Context, argument string) error {
	at := strings.IndexAny(argument, " \t=")
	if at <= 0 {
		return errors.New("needs NAME VALUE, as in: set user anna")
	}
	name, value := argument[:at], strings.TrimLeft(argument[at+1:], " \t")
	if err := s.test.SetVariable(name, value); err != nil {
		return err
	}
	for _, v := range s.test.Variables() {
		if v.Name == name {
			s.say("%s = %s", s.shown(v.Name), shorten(oneLine(s.shown(v.Value)), longValue))
		}
	}
	if s.held != nil {
		s.say("step %d is prepared and keeps what was filled in; goto %d prepares it anew", s.step.Number, s.step.Number)
	}
	return nil
}

// attempt returns what there is to look at: the attempt at hand, else the last one.
func (s *session) attempt() *runner.Attempt {
	if s.held != nil {
		return s.held
	}
	return s.test.Last()
}

// answered returns the attempt whose response there is to look at.
func (s *session) answered() (*runner.Attempt, error) {
	a := s.test.Last()
	switch {
	case a == nil:
		return nil, errors.New("there is no response yet; send or next gets one")
	case a.Response == nil:
		return nil, fmt.Errorf("step %d got no response", a.Step.Number)
	}
	if s.step == nil || a.Step.Number != s.step.Number {
		s.say("of step %d:", a.Step.Number)
	}
	return a, nil
}

func doRequest(s *session, ctx context.Context, _ string) error {
	a, err := s.hold(ctx)
	if err != nil {
		return err
	}
	if a.Request == nil || a.Request.Method == "" && a.Request.URL == "" {
		if len(a.Problems()) == 0 {
			return fmt.Errorf("step %d (%s) sends no request of its own", s.step.Number, s.test.Describe(s.step).StepKind)
		}
		s.say("step %d cannot be sent:", s.step.Number)
		s.sayProblems(a.Problems())
		return nil
	}
	r := a.Shown().Request
	s.say("%s", strings.TrimRight(s.shown(requestText(r)), "\n"))
	s.sayKept(r.Body)
	return nil
}

// requestText writes a request as it is written in HTTP, with the whole URL in its first line.
func requestText(r event.Request) string {
	text := r.Method + " " + r.URL + "\n" + headerText(r.Header)
	if r.Body.Size > 0 || r.Body.Text != "" {
		text += "\n" + r.Body.Text
	}
	return text
}

func headerText(h exchange.Header) string {
	var out strings.Builder
	for _, f := range h {
		out.WriteString(f.Name + ": " + f.Value + "\n")
	}
	return out.String()
}

// sayKept says what is missing from a body.
func (s *session) sayKept(c event.Content) {
	switch {
	case c.Binary:
		s.say("(%d bytes that are no text)", c.Size)
	case c.Cut:
		s.say("… (%d bytes)", c.Size)
	}
}

func doResponse(s *session, _ context.Context, path string) error {
	a, err := s.answered()
	if err != nil {
		return err
	}
	if path != "" && path != "headers" {
		found, err := a.Find(path)
		if err != nil {
			return errors.New(s.shown(err.Error()))
		}
		s.say("%s", s.shown(pretty(found)))
		return nil
	}
	r := a.Shown().Response
	if r == nil {
		s.say("a request from outside came:")
		s.say("%s", strings.TrimRight(s.shown(requestText(a.Shown().Request)), "\n"))
		return nil
	}
	if r.Status > 0 {
		s.say("%s", strings.TrimSpace(s.shown(fmt.Sprintf("%s %d %s", r.Proto, r.Status, r.Reason))))
	}
	s.say("%s", strings.TrimRight(s.shown(headerText(r.Header)), "\n"))
	if path == "headers" {
		return nil
	}
	if r.Body.Text != "" {
		s.say("\n%s", strings.TrimRight(s.shown(pretty(r.Body.Text)), "\n"))
	}
	s.sayKept(r.Body)
	return nil
}

// pretty indents JSON, and leaves everything else as it is.
func pretty(text string) string {
	trimmed := strings.TrimSpace(text)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return text
	}
	var out bytes.Buffer
	if json.Indent(&out, []byte(trimmed), "", "  ") != nil {
		return text
	}
	return out.String()
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "⏎") }

func shorten(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

func doAssert(s *session, _ context.Context, _ string) error {
	a, err := s.answered()
	if err != nil {
		return err
	}
	rows := a.Recheck()
	failed := 0
	for _, row := range rows {
		if row.Outcome != event.Passed {
			failed++
		}
		s.sayRow(row)
	}
	if len(rows) == 0 {
		s.say("step %d has no assertions", a.Step.Number)
		return nil
	}
	s.say("%d of %d passed", len(rows)-failed, len(rows))
	return nil
}

func (s *session) sayRow(row event.Asserted) {
	line := strings.TrimSpace(row.Label + " " + row.Comparison + " " + row.Expected)
	if row.Outcome == event.Passed {
		s.say("  pass  %s", s.shown(line))
		return
	}
	why := row.Error
	if why == "" {
		why = row.Message
	}
	s.say("  FAIL  %s: %s  (%s:%d)", s.shown(line), s.shown(why), row.Where.File, row.Where.Line)
}

func doJS(s *session, ctx context.Context, code string) error {
	if code == "" {
		return errors.New("needs an expression, as in: js response.status")
	}
	ran := s.test.Evaluate(ctx, s.attempt(), code)
	if last := len(ran.Output) - 1; last >= 0 && ran.Output[last].Text == "undefined" && len(ran.Set) > 0 {
		ran.Output = ran.Output[:last] // the value of variables.set
	}
	for _, line := range ran.Output {
		mark := ""
		if line.Assert {
			mark = map[bool]string{false: "assert passed: ", true: "assert failed: "}[line.Failed]
		}
		s.say("%s", s.shown(mark+line.Text))
	}
	for _, v := range ran.Set {
		s.say("%s = %s", s.shown(v.Name), shorten(oneLine(s.shown(v.Value)), longValue))
	}
	if ran.Failure != nil && ran.Failure.Failure != string(jsengine.FailedAssertion) {
		return errors.New(s.shown(ran.Failure.Message))
	}
	return nil
}

func doCurl(s *session, ctx context.Context, _ string) error {
	if s.Curl == nil {
		return errors.New("there is nobody who could write it")
	}
	a, err := s.hold(ctx)
	if err != nil {
		return err
	}
	if a.Request == nil || a.Request.URL == "" {
		return fmt.Errorf("step %d has no request", s.step.Number)
	}
	s.say("%s", s.Curl(a.Shown().Request))
	return nil
}

func doSave(s *session, _ context.Context, argument string) error {
	name, replace := strings.CutPrefix(argument, "-f ")
	name = strings.TrimSpace(name)
	if name == "" || name == "-f" {
		return errors.New("needs a FILE, as in: save body.json")
	}
	if s.Save == nil {
		return errors.New("files cannot be written here")
	}
	a, err := s.answered()
	if err != nil {
		return err
	}
	err = s.Save(name, a.Response.Body, replace)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; save -f %s replaces it", name, name)
	}
	if err == nil {
		s.say("%d bytes written to %s", len(a.Response.Body), s.typed(name))
	}
	return err
}
