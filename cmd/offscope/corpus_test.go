package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"offscope/event"
	"offscope/runner"
)

// notTests are the files of the corpus that are refused, with what a reader is told.
var notTests = map[string]string{
	"minimal-test.json":         "a test needs at least one step, and this one has none",
	"api-environment-list.json": "this is an environment, not a test",
	"api-result-detail.json":    "this is the result of a run, not a test",
}

// corpusFiles are all JSON files of the corpus, by their path in it.
func corpusFiles(t *testing.T) []string {
	t.Helper()
	root := needCorpus(t, "")
	var files []string
	for _, pattern := range []string{"*.json", "*/*.json"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			name, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, filepath.ToSlash(name))
		}
	}
	if len(files) < 18 {
		t.Fatalf("the corpus has only %v", files)
	}
	return files
}

// A looseStep is a step as encoding/json reads it.
type looseStep struct {
	Kind        string `json:"step_type"`
	Method, URL string
	Headers     map[string]any
	Body        string
	Form        map[string]any
	Assertions  []struct{ Value any }
	Variables   []struct {
		Name     *string
		Property string
	}
	Left    string `json:"left_value"`
	Right   string `json:"right_value"`
	Steps   []looseStep
	Skipped bool
}

// looseTests are the steps of each test in a file, nested ones behind their container.
func looseTests(t *testing.T, path string) [][]looseStep {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	type looseTest struct{ Steps []looseStep }
	var tests []looseTest
	var envelope struct {
		looseTest
		Data *looseTest
	}
	if json.Unmarshal(text, &tests) != nil {
		if err := json.Unmarshal(text, &envelope); err != nil {
			t.Fatal(err)
		}
		tests = []looseTest{envelope.looseTest}
		if envelope.Data != nil {
			tests = []looseTest{*envelope.Data}
		}
	}
	var all [][]looseStep
	for _, test := range tests {
		all = append(all, flattened(test.Steps))
	}
	return all
}

func flattened(steps []looseStep) []looseStep {
	var flat []looseStep
	for _, s := range steps {
		flat = append(append(flat, s), flattened(s.Steps)...)
	}
	return flat
}

// plainUse is a variable in a template, without functions.
var plainUse = regexp.MustCompile(`\{\{([^{}()]+)\}\}`)

var builtInNames = []string{"timestamp", "utc_datetime", "random_int", "uuid"}

// uses are the variables that a step's fields name.
func (s looseStep) uses() []string {
	fields := []string{s.Method, s.URL, s.Body, s.Left, s.Right}
	for _, v := range []map[string]any{s.Headers, s.Form} {
		text, _ := json.Marshal(v)
		fields = append(fields, string(text))
	}
	for _, a := range s.Assertions {
		fields = append(fields, fmt.Sprint(a.Value))
	}
	var names []string
	for _, found := range plainUse.FindAllStringSubmatch(strings.Join(fields, "\n"), -1) {
		if !slices.Contains(builtInNames, found[1]) {
			names = append(names, found[1])
		}
	}
	return names
}

func TestCorpusThatIsNoTestIsRefused(t *testing.T) {
	t.Parallel()
	for name, says := range notTests {
		for _, command := range []string{"run", "inspect"} {
			got := offscope(t.Context(), command, needCorpus(t, name))
			if got.code != exitUsage || got.stdout != "" || !strings.Contains(got.stderr, name+":") || !strings.Contains(got.stderr, says) || !strings.Contains(got.stderr, "hint: ") {
				t.Errorf("%s %s: exit code %d, %s%s", command, name, got.code, got.stdout, got.stderr)
			}
		}
	}
}

// inspectedStep is the first line about a step, and the lines that say more about it.
var inspectedStep = regexp.MustCompile(`(?m)^ *(\d+)  .*\n((?: {6,}.*\n)*)`)

// TestCorpusIsInspected compares what inspect says about each step with what encoding/json and a regular expression find.
func TestCorpusIsInspected(t *testing.T) {
	t.Parallel()
	for _, name := range corpusFiles(t) {
		if notTests[name] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := needCorpus(t, name)
			got := offscope(t.Context(), "inspect", path)
			if got.code != exitPassed {
				t.Fatalf("exit code %d\n%s", got.code, got.stderr)
			}
			found := inspectedStep.FindAllStringSubmatch(got.stdout, -1)
			for _, test := range looseTests(t, path) {
				for i, step := range test {
					if len(found) == 0 || found[0][1] != fmt.Sprint(i+1) {
						t.Fatalf("step %d is lost\n%s", i+1, got.stdout)
					}
					step.checkInspected(t, found[0][0])
					found = found[1:]
				}
			}
			if len(found) > 0 {
				t.Errorf("a step too many: %q", found[0][0])
			}
		})
	}
}

func (s looseStep) checkInspected(t *testing.T, shown string) {
	listed := func(label string) []string {
		found := regexp.MustCompile(`(?m)^ *` + label + ` +(.*)$`).FindStringSubmatch(shown)
		if found == nil {
			return nil
		}
		return strings.Split(found[1], ", ")
	}
	for _, name := range s.uses() {
		if !slices.Contains(listed("needs"), name) {
			t.Errorf("it is not said that the step needs %q:\n%s", name, shown)
		}
	}
	for _, v := range s.Variables {
		if v.Name != nil && *v.Name != "" && !slices.Contains(listed("sets"), *v.Name) {
			t.Errorf("it is not said that the step sets %q:\n%s", *v.Name, shown)
		}
	}
	supported := executable(s.Kind)
	if supported == strings.Contains(shown, "not supported: ") {
		t.Errorf("a %s step is supported: %v, and inspect says:\n%s", s.Kind, supported, shown)
	}
	if s.Skipped && !strings.Contains(shown, "skipped in the file") {
		t.Errorf("it is not said that the step is skipped:\n%s", shown)
	}
}

// eventsOf runs a command line of `offscope run` with the events as its only output.
func eventsOf(t *testing.T, args ...string) []event.Event {
	t.Helper()
	var stdout, stderr screenBuffer
	s := testSystem(&stdout, &stderr)
	app := newApp(s)
	var events []event.Event
	app.Command("run").Action = func(c *cli.Context) error {
		set, err := readSettings(c, s)
		if err != nil {
			return err
		}
		documents, err := load(s, c.Args().Slice(), set.screen)
		if err != nil {
			return err
		}
		defer set.close()
		plans, err := set.planner(s, documents).plans()
		if err != nil {
			return err
		}
		keep := event.SinkFunc(func(e event.Event) error {
			events = append(events, e)
			return nil
		})
		_, err = runner.Run(c.Context, plans, runner.Machinery{Engine: set.engine, Version: version}, keep)
		return err
	}
	parsing.Lock()
	defer parsing.Unlock()
	if err := dispatch(context.Background(), s, app, append([]string{"offscope", "run"}, args...)); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	return events
}

// TestCorpusRuns runs every test of the corpus against a stub that stands for every host, with nothing given and with every
// variable given: each step must end, and each end must be explained. No name is looked up and every answer is the stub's,
// so nobody else was asked.
func TestCorpusRuns(t *testing.T) {
	needCorpus(t, "")
	forbidLookups(t)
	for _, name := range corpusFiles(t) {
		if notTests[name] != "" {
			continue
		}
		tests := looseTests(t, needCorpus(t, name))
		t.Run(name+" with nothing given", func(t *testing.T) { runOnStub(t, name, tests, nil) })
		t.Run(name+" with everything given", func(t *testing.T) { runOnStub(t, name, tests, valuesFor(tests)) })
	}
}

// valuesFor gives every variable that a test uses a value: a URL to those that a URL begins with, else some of a path.
func valuesFor(tests [][]looseStep) []string {
	values := map[string]string{}
	for _, test := range tests {
		for _, step := range test {
			for _, name := range step.uses() {
				if strings.HasPrefix(step.URL, "{{"+name+"}}") {
					values[name] = "https://somewhere.example.com"
				} else if values[name] == "" {
					values[name] = "/value"
				}
			}
		}
	}
	var flags []string
	for name, value := range values {
		flags = append(flags, "--var", name+"="+value)
	}
	return flags
}

func runOnStub(t *testing.T, name string, tests [][]looseStep, flags []string) {
	stub := startStub(t)
	flags = append(flags, needCorpus(t, name), "-k", "--connect-to", fmt.Sprintf("::127.0.0.1:%d", stub.port), "--pauses", "skip")
	stories := storiesOf(eventsOf(t, flags...))
	want := 0
	for i, test := range tests {
		for j, step := range test {
			want++
			if err := stories[storyKey{i + 1, j + 1}].explained(step); err != nil {
				t.Errorf("test %d, step %d: %v", i+1, j+1, err)
			}
		}
	}
	sent := 0
	for key, story := range stories {
		for _, x := range story.exchanges {
			sent++
			if x.Response == nil || x.Response.Header.Get(stubMark) != stub.mark {
				t.Errorf("test %d, step %d was not answered by the stub: %+v", key.test, key.step, x.Failure)
			}
		}
	}
	if len(stories) != want || int(stub.requests.Load()) != sent {
		t.Errorf("%d steps, %d ended; %d requests sent, %d arrived at the stub", want, len(stories), sent, stub.requests.Load())
	}
	t.Logf("%d steps, %d requests", want, sent)
}

type storyKey struct{ test, step int }

// A story is what the events tell about one step.
type story struct {
	started, ended int
	end            event.StepFinished
	kind           string
	exchanges      []event.Exchanged
	reasons        []string // for a bad end
}

func storiesOf(events []event.Event) map[storyKey]*story {
	stories := map[storyKey]*story{}
	for _, e := range events {
		if e.Step == 0 {
			continue
		}
		key := storyKey{e.Test, e.Step}
		if stories[key] == nil {
			stories[key] = &story{}
		}
		stories[key].hear(e.Body)
	}
	return stories
}

func (s *story) hear(body event.Body) {
	reason := ""
	switch b := body.(type) {
	case event.StepStarted:
		s.started++
		s.kind = b.StepKind
	case event.StepFinished:
		s.ended++
		s.end = b
	case event.Exchanged:
		s.exchanges = append(s.exchanges, b)
	case event.Problem:
		reason = b.Message
	case event.Asserted:
		if b.Outcome == event.Failed {
			reason = b.Message + b.Error
		}
	case event.Extracted:
		if b.Outcome == event.Failed {
			reason = b.Error
		}
	case event.Scripted:
		if b.Failure != nil {
			reason = b.Failure.Message
		}
	}
	if reason != "" {
		s.reasons = append(s.reasons, reason)
	}
}

// explained says what is missing for a reader to understand how a step ended.
func (s *story) explained(step looseStep) error {
	switch {
	case s == nil:
		return fmt.Errorf("the %s step is lost", step.Kind)
	case s.started != 1 || s.ended != 1:
		return fmt.Errorf("started %d times, ended %d times", s.started, s.ended)
	case s.kind != step.Kind:
		return fmt.Errorf("a %s step is told as %s", step.Kind, s.kind)
	}
	switch s.end.Outcome {
	case event.Passed:
		if step.Skipped || !executable(step.Kind) {
			return fmt.Errorf("a %s step cannot have passed", step.Kind)
		}
		if step.Kind == "request" && len(s.exchanges) != 1 {
			return fmt.Errorf("passed after %d requests", len(s.exchanges))
		}
	case event.Skipped, event.NotRun:
		if s.end.Reason == "" {
			return fmt.Errorf("%s without a reason", s.end.Outcome)
		}
	case event.Failed, event.Errored:
		if len(s.reasons) == 0 {
			return fmt.Errorf("%s without a reason", s.end.Outcome)
		}
	default:
		return fmt.Errorf("the outcome is %q", s.end.Outcome)
	}
	if !executable(step.Kind) && !slices.ContainsFunc(s.reasons, func(reason string) bool { return strings.Contains(reason, "not known") }) {
		return fmt.Errorf("a %s step is not named as not executable: %v", step.Kind, s.reasons)
	}
	return nil
}

// executable reports whether steps of a kind can be run: the tests that the subtests of the corpus name are not public.
func executable(kind string) bool { return kind != "subtest" }
