package debugger

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"offscope/exchange"
	"offscope/jsontree"
)

// What completion offers at most of the paths of a response, and how deep they lead.
const (
	mostPaths   = 500
	deepestPath = 8
)

// completer returns what lines can become. What it knows of the test is taken down before anybody types, so that it may be asked
// from another goroutine.
func (s *session) completer() func(string) []string {
	var steps, names, paths []string
	for _, step := range s.test.Steps() {
		steps = append(steps, fmt.Sprint(step.Number))
	}
	for _, step := range s.test.Steps() {
		if note := step.Step.Base().Note.Value; note != "" && s.isPlain(note) {
			steps = append(steps, note)
		}
	}
	for _, v := range s.test.Variables() {
		names = append(names, v.Name)
	}
	if a := s.test.Last(); a != nil && a.Response != nil {
		paths = s.paths(a.Response.Body)
	}
	return func(line string) []string { return complete(line, steps, names, paths) }
}

func (s *session) isPlain(text string) bool {
	return !strings.ContainsAny(text, "\r\n") && s.test.Mask(text) == exchange.WithoutMarks(text)
}

// complete returns what a line can become.
func complete(line string, steps, names, paths []string) []string {
	word, argument, hasArgument := strings.Cut(line, " ")
	if !hasArgument {
		var all []string
		for _, c := range commands() {
			if strings.HasPrefix(c.name, word) {
				all = append(all, c.name)
			}
		}
		return all
	}
	c, err := findCommand(word)
	if err != nil {
		return nil
	}
	lead := word + " "
	switch c.name {
	case "goto":
		return begins(lead, argument, steps)
	case "break":
		if rest, ok := strings.CutPrefix(argument, "delete "); ok {
			return begins(lead+"delete ", rest, append([]string{breakAtFailure}, steps...))
		}
		return begins(lead, argument, append([]string{breakAtFailure, "delete"}, steps...))
	case "print", "set":
		return begins(lead, argument, names)
	case "response":
		return begins(lead, argument, append([]string{"headers"}, paths...))
	case "edit":
		return begins(lead, argument, []string{"request", "step"})
	case "help":
		var all []string
		for _, c := range commands() {
			all = append(all, c.name)
		}
		return begins(lead, argument, all)
	}
	return nil
}

func begins(lead, typed string, all []string) []string {
	var out []string
	for _, word := range all {
		if strings.HasPrefix(strings.ToLower(word), strings.ToLower(typed)) {
			out = append(out, lead+word)
		}
	}
	return out
}

// paths are the JSON paths into a body.
func (s *session) paths(body []byte) []string {
	value, err := jsontree.Parse(body)
	if err != nil {
		return nil
	}
	var all []string
	var walk func(v *jsontree.Value, path string, deep int)
	walk = func(v *jsontree.Value, path string, deep int) {
		if len(all) >= mostPaths || deep > deepestPath {
			return
		}
		if path != "" && !slices.Contains(all, path) {
			all = append(all, path)
		}
		for i, item := range v.Items {
			walk(item, fmt.Sprintf("%s[%d]", path, i), deep+1)
		}
		for _, m := range v.Members {
			if s.isPlain(m.Name) {
				walk(m.Value, join(path, m.Name), deep+1)
			}
		}
	}
	walk(value, "", 0)
	return all
}

var plainKey = regexp.MustCompile(`^[A-Za-z_$][\w$-]*$`)

func join(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return fmt.Sprintf("%s[%q]", path, key)
	case path == "":
		return key
	}
	return path + "." + key
}
