package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"offscope/bucket"
	"offscope/runner"
	"offscope/source"
)

// subtest finds the test that a step names. An export does not carry the identifiers of tests (the one in trigger_url is
// another), so the environment's map of tests is asked first, then API output that has identifiers, then a test of the same
// file whose name is the step's note.
func (p *planner) subtest(caller *runner.Plan, step *bucket.Subtest) (*bucket.Test, runner.Options, error) {
	d, test, err := p.find(caller, step)
	if err != nil {
		return nil, runner.Options{}, err
	}
	env, err := p.environmentOfSubtest(caller, step, d, test)
	if err != nil {
		return nil, runner.Options{}, err
	}
	o := caller.Options
	o.Choose, o.Iteration, o.Iterations = nil, 0, 0
	if env != caller.Options.Environment {
		o.InitialScript = nil // it takes the place of the caller's
	}
	o, err = p.in(o, env)
	return test, o, err
}

func (p *planner) find(caller *runner.Plan, step *bucket.Subtest) (*bucket.Document, *bucket.Test, error) {
	uuid, note := strings.TrimSpace(step.TestUUID.Value), strings.TrimSpace(step.Note.Value)
	for _, named := range caller.Options.Environment.Merged().Tests {
		if key := named.Name.Value; key == uuid || key == note && note != "" {
			return p.open(caller, named)
		}
	}
	for _, d := range p.documents {
		for _, test := range d.Tests {
			if uuid != "" && test.ID == uuid {
				return d, test, nil
			}
		}
	}
	if d := p.documentOf(caller.Test); d != nil {
		switch tests := named(d, note); {
		case note == "" || len(tests) == 0:
		case len(tests) == 1:
			return d, tests[0], nil
		default:
			return nil, nil, severalSubtests(uuid, note, len(tests))
		}
	}
	return nil, nil, unknownSubtest(uuid, note)
}

func unknownSubtest(uuid, note string) error {
	if uuid == "" && note == "" {
		return &runner.UnknownSubtestError{Message: "the subtest step does not say which test it runs", Hint: `give it a "test_uuid", or the test's name as its note`}
	}
	message, key := fmt.Sprintf("the test %q of this subtest step is not known: exports do not carry the identifiers of tests", uuid), uuid
	if uuid == "" {
		message, key = fmt.Sprintf("no test of this file is called %q, and the subtest step does not name its test otherwise", note), fmt.Sprintf("%q", note)
	}
	return &runner.UnknownSubtestError{Message: message, Hint: fmt.Sprintf("say where it is in an environment file (-e): tests: {%s: other-test.json}", key)}
}

// severalSubtests says that a note does not name one test. One of them may be the wrong one, so none is run.
func severalSubtests(uuid, note string, n int) error {
	return &runner.UnknownSubtestError{
		Message: fmt.Sprintf("%d tests of this file are called %q, as the note of this subtest step says", n, note),
		Hint:    fmt.Sprintf("give one of them another name, or say where the test is in an environment file (-e): tests: {%s: other-test.json}", cmp.Or(uuid, fmt.Sprintf("%q", note))),
	}
}

// open reads the file that the environment names for a test: FILE, FILE#NAME, or #NAME for a test of the caller's own file.
func (p *planner) open(caller *runner.Plan, entry bucket.NamedText) (*bucket.Document, *bucket.Test, error) {
	path, name, _ := strings.Cut(entry.Value.Value, "#")
	d := p.documentOf(caller.Test)
	if path != "" {
		at := entry.Value
		at.Value = path
		var err error
		if d, err = p.read(beside(at)); err != nil {
			return nil, nil, &runner.UnknownSubtestError{
				Message: fmt.Sprintf("%s: the file of the subtest cannot be read: %v", entry.Value.Place, err), Hint: "correct it below tests in the environment",
			}
		}
	}
	tests := d.Tests
	if name != "" {
		tests = named(d, name)
	}
	if len(tests) == 1 {
		return d, tests[0], nil
	}
	var all []string
	for _, t := range d.Tests {
		all = append(all, strings.TrimSpace(t.Name.Value))
	}
	why := fmt.Sprintf("%s: %s holds several tests: %s", entry.Value.Place, d.File.Name, quoted(all))
	if name != "" {
		why = fmt.Sprintf("%s: %d tests of %s are called %q; it has %s", entry.Value.Place, len(tests), d.File.Name, name, quoted(all))
	}
	return nil, nil, &runner.UnknownSubtestError{Message: why, Hint: "name one of them: " + entry.Name.Value + ": " + path + "#NAME"}
}

// read reads a file once, however many steps name it, so that its problems are told once.
func (p *planner) read(path string) (*bucket.Document, error) {
	if d, ok := p.files[path]; ok {
		return d, nil
	}
	if err, ok := p.broken[path]; ok {
		return nil, err
	}
	d, err := p.readOnce(path)
	if err != nil {
		p.broken[path] = err
		return nil, err
	}
	p.files[path] = d
	return d, nil
}

func (p *planner) readOnce(path string) (*bucket.Document, error) {
	f, err := readFile(p.s, path)
	if err != nil {
		return nil, err
	}
	d, diagnostics := bucket.Parse(f)
	p.screen.diagnose(p.s, diagnostics)
	if errors := diagnostics.Errors(); len(errors) > 0 {
		return nil, fmt.Errorf("%s: %s", errors[0].Place, errors[0].Message)
	}
	return d, nil
}

func (p *planner) documentOf(test *bucket.Test) *bucket.Document {
	for _, d := range p.documents {
		if slices.Contains(d.Tests, test) {
			return d
		}
	}
	for _, d := range p.files {
		if slices.Contains(d.Tests, test) {
			return d
		}
	}
	return nil
}

func named(d *bucket.Document, name string) []*bucket.Test {
	var tests []*bucket.Test
	for _, t := range d.Tests {
		if strings.TrimSpace(t.Name.Value) == strings.TrimSpace(name) {
			tests = append(tests, t)
		}
	}
	return tests
}

// environmentOfSubtest is that of the caller, the one the step names, or the test's own (vendor documentation on test steps).
// An export holds no environments: then the caller's is the one there is, and the user is told.
func (p *planner) environmentOfSubtest(caller *runner.Plan, step *bucket.Subtest, d *bucket.Document, test *bucket.Test) (*bucket.Environment, error) {
	callers := caller.Options.Environment
	loader := environmentLoader{s: p.s, screen: p.screen}
	if step.UseParentEnvironment {
		return callers, nil
	}
	wanted := step.EnvironmentUUID.Value
	if wanted == "" {
		wanted = test.DefaultEnvironmentID
	}
	known := environmentsOf(d, test)
	if own := p.documentOf(caller.Test); own != nil {
		known = append(known, environmentsOf(own, caller.Test)...)
	}
	for _, env := range known {
		if wanted != "" && env.ID == wanted {
			return usable(loader, env)
		}
	}
	if callers != nil && wanted != "" && callers.ID == wanted {
		return callers, nil
	}
	message := fmt.Sprintf("the subtest %q has an environment of its own, which is not in the file: that of its caller is used", strings.TrimSpace(test.Name.Value))
	if step.EnvironmentUUID.Value != "" {
		return nil, &runner.UnknownSubtestError{
			Message: fmt.Sprintf("the environment %q of the subtest is not in the file", wanted),
			Hint:    "use_parent_environment takes the caller's; API output and bucket backups hold environments",
		}
	}
	if p.told[test] {
		return callers, nil
	}
	p.told[test] = true
	p.screen.diagnose(p.s, source.Diagnostics{{
		Severity: source.Warning, Code: "subtest-environment", Place: step.Place, Message: message,
		Hint: "API output and bucket backups hold environments; use_parent_environment takes the caller's without a word",
	}})
	return callers, nil
}
