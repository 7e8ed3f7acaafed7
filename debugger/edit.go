package debugger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"offscope/exchange"
)

func doEdit(s *session, ctx context.Context, what string) error {
	if s.Edit == nil {
		return errors.New("there is no editor")
	}
	switch what {
	case "", "request":
		return s.editRequest(ctx)
	case "step":
		return s.editStep()
	}
	return errors.New("edits the request, or with step the step")
}

// editRequest lets somebody change the request at hand. One that was sent is prepared again for that.
func (s *session) editRequest(ctx context.Context) error {
	a, err := s.hold(ctx)
	if err == nil && s.done {
		a, err = s.keep(s.test.Again(ctx, s.step))
	}
	if err != nil {
		return err
	}
	r, err := a.Editable()
	if err != nil {
		s.sayProblems(a.Problems())
		return fmt.Errorf("not possible: %w", err)
	}
	names := placeholders{in: requestText(r), marks: map[string]exchange.Mark{}}
	before := names.write(requestText(r))
	after, err := s.Edit("request.http", []byte(before))
	if err != nil {
		return err
	}
	text := string(after)
	if !strings.HasSuffix(r.Body.Text, "\n") && text != before {
		text = strings.TrimSuffix(text, "\n") // which editors put there
	}
	if text == before {
		s.say("nothing was changed")
		return nil
	}
	changed, err := parseRequest(names.read(text), s.test.Reveal)
	if err != nil {
		return fmt.Errorf("%w; the request stays as it was", err)
	}
	if err := a.Override(changed); err != nil {
		return err
	}
	s.say("%s", strings.TrimRight(s.shown(requestText(a.Shown().Request)), "\n"))
	return nil
}

// placeholders stand in a file in the place of marks, which an editor would not show.
type placeholders struct {
	in    string
	marks map[string]exchange.Mark
}

func (p placeholders) write(text string) string {
	return exchange.Show(text, func(m exchange.Mark) string {
		name := p.name(m)
		p.marks[name] = m
		return name
	})
}

// name makes a placeholder that stands nowhere in the text by itself.
func (p placeholders) name(m exchange.Mark) string {
	open, shut := "[", "]"
	for strings.Contains(p.in, open+"secret ") {
		open, shut = "["+open, shut+"]"
	}
	return open + strings.TrimSpace("secret "+m.Secret+" "+string(m.Encoding)) + shut
}

func (p placeholders) read(text string) string {
	text = exchange.WithoutMarks(text)
	for name, m := range p.marks {
		text = strings.ReplaceAll(text, name, m.String())
	}
	return text
}

// parseRequest reads what requestText wrote. Reveal fills in the marks, part by part.
func parseRequest(text string, reveal func(string) string) (*exchange.Request, error) {
	head, body, found := strings.Cut(text, "\n\n")
	if before, after, windows := strings.Cut(text, "\r\n\r\n"); windows && (!found || len(before) < len(head)) {
		head, body = before, after
	}
	lines := strings.Split(strings.TrimRight(head, "\n"), "\n")
	method, url, found := strings.Cut(strings.TrimSpace(lines[0]), " ")
	if !found || method == "" {
		return nil, errors.New("the first line must be METHOD URL")
	}
	r := &exchange.Request{Method: reveal(method), URL: reveal(strings.TrimSpace(url)), Body: []byte(reveal(body))}
	for i, line := range lines[1:] {
		name, value, found := strings.Cut(strings.TrimRight(line, "\r"), ":")
		if !found || strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("line %d is no header (Name: value)", i+2)
		}
		if !strings.EqualFold(strings.TrimSpace(name), "Content-Length") { // it follows from the body
			r.Header.Add(reveal(strings.TrimSpace(name)), reveal(strings.TrimSpace(value)))
		}
	}
	return r, nil
}

// editStep lets somebody change the step at hand as it stands in the file.
func (s *session) editStep() error {
	switch {
	case s.step == nil:
		return errAtEnd
	case s.held != nil:
		return fmt.Errorf("step %d is prepared; goto %d gives that up", s.step.Number, s.step.Number)
	}
	at := s.step.Step.Base().Place
	if at.File == nil || at.File.Private {
		return errors.New("not possible: the step stands in no file that may be shown")
	}
	before := at.File.Bytes()[at.Start:at.End]
	after, err := s.Edit("step.json", append(bytes.Clone(before), '\n'))
	if err != nil {
		return err
	}
	after = bytes.TrimSpace(after)
	if bytes.Equal(before, after) {
		s.say("nothing was changed")
		return nil
	}
	problems := s.test.Rewrite(s.step, string(after))
	s.diagnose(problems)
	if problems.Err() != nil {
		return errors.New("the step stays as it was")
	}
	s.step, s.told = s.test.Steps()[s.step.Number-1], false
	s.say("step %d is changed until the end of this session; the file stays as it is", s.step.Number)
	return nil
}
