package main

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"offscope/bucket"
	"offscope/runner"
)

// stepChoice is which steps of a test are wanted.
type stepChoice struct {
	from, to string
	only     []string
}

// of returns a function that says whether a step is wanted; nil when all are. A STEP that names nothing is a usage error.
func (c stepChoice) of(test *bucket.Test) (func(*runner.Step) bool, error) {
	if c.from == "" && c.to == "" && len(c.only) == 0 {
		return nil, nil
	}
	steps := runner.NewPlan(test, runner.Options{}).Steps
	first, last := 1, len(steps)
	var err error
	if c.from != "" {
		if first, err = findStep(steps, "--from", c.from); err != nil {
			return nil, err
		}
	}
	if c.to != "" {
		if last, err = findStep(steps, "--to", c.to); err != nil {
			return nil, err
		}
	}
	if first > last {
		return nil, usage("--from names step %d and --to step %d: nothing lies between them", first, last)
	}
	only := map[int]bool{}
	for _, name := range c.only {
		number, err := findStep(steps, "--step", name)
		if err != nil {
			return nil, err
		}
		only[number] = true
	}
	return func(s *runner.Step) bool {
		return s.Number >= first && s.Number <= last && (len(only) == 0 || namesOrHolds(only, s))
	}, nil
}

// namesOrHolds reports whether a step or a condition or loop around it is among the named ones.
func namesOrHolds(named map[int]bool, s *runner.Step) bool {
	for ; s != nil; s = s.Inside() {
		if named[s.Number] {
			return true
		}
	}
	return false
}

// findStep finds a step by its number, by a line in its file, or by text in its note.
func findStep(steps []*runner.Step, flag, name string) (int, error) {
	if number, err := strconv.Atoi(name); err == nil {
		if number < 1 || number > len(steps) {
			return 0, usage("%s %d: the test has steps 1 to %d", flag, number, len(steps))
		}
		return number, nil
	}
	if number, ok := stepAtLine(steps, name); ok {
		return number, nil
	}
	var found []int
	for _, s := range steps {
		if strings.Contains(strings.ToLower(s.Step.Base().Note.Value), strings.ToLower(name)) {
			found = append(found, s.Number)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, usageHint(stepHint(flag, name), "%s %q: no step has this number, line or note", flag, name)
	}
	return 0, usageHint("give the number instead", "%s %q fits several steps: %s", flag, name, strings.Trim(fmt.Sprint(found), "[]"))
}

// stepHint says how several steps are named, when that was meant.
func stepHint(flag, name string) string {
	if numbers := strings.Split(name, ","); len(numbers) > 1 && areNumbers(numbers) && flag == "--step" {
		return "as in: --step " + strings.Join(numbers, " --step ")
	}
	if first, last, isRange := strings.Cut(name, "-"); isRange && areNumbers([]string{first, last}) {
		return "as in: --from " + first + " --to " + last
	}
	return "offscope inspect lists the steps"
}

func areNumbers(texts []string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool {
		_, err := strconv.ParseUint(text, 10, 32)
		return err != nil
	})
}

// stepAtLine finds the innermost step that spans file.json:LINE.
func stepAtLine(steps []*runner.Step, name string) (int, bool) {
	colon := strings.LastIndexByte(name, ':')
	if colon < 0 {
		return 0, false
	}
	line, err := strconv.Atoi(name[colon+1:])
	if err != nil {
		return 0, false
	}
	found := 0
	for _, s := range steps {
		at := s.Step.Base().Place
		if at.File == nil || path.Base(at.File.Name) != path.Base(name[:colon]) {
			continue
		}
		if at.File.Position(at.Start).Line <= line && line <= at.File.Position(at.End).Line {
			found = s.Number
		}
	}
	return found, found > 0
}

// matchesAny reports whether a test's name fits one of the patterns; no pattern fits everything.
func matchesAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if pattern == name || matches(pattern, name) {
			return true
		}
	}
	return len(patterns) == 0
}

// unmatched are the patterns that no name fits. Each was given for the sake of a test, and without it a run would be green for
// want of one.
func unmatched(patterns, names []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), func(pattern string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return matchesAny([]string{pattern}, name) })
	})
}

// matches knows * and ?; unlike a file pattern's, a star also spans slashes.
func matches(pattern, name string) bool {
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '*':
			for skip := 0; skip <= len(name); skip++ {
				if matches(pattern[i+1:], name[skip:]) {
					return true
				}
			}
			return false
		case name == "" || pattern[i] != '?' && pattern[i] != name[0]:
			return false
		}
		name = name[1:]
	}
	return name == ""
}
