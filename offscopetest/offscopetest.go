// Package offscopetest runs exported tests from go test, against a server elsewhere or against an http.Handler in the same
// process, without a port. Begin with [Run].
//
// Each test of the export becomes a subtest, and each of its steps one below that, with everything the command line says about
// a failure: its place in the export, what was expected, what came back, what to do. What offscope fails, go test fails. A
// condition or loop is no subtest of its own: how it ended is known when the steps inside it have ended.
//
// The module's path is its name, offscope, under which nothing can be downloaded: use it from a checkout, with
//
//	require offscope v0.0.0
//	replace offscope => ../offscope
//
// in go.mod. The script libraries are part of the checkout after "make build" in it.
package offscopetest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"offscope/bucket"
	"offscope/event"
	"offscope/jsengine"
	"offscope/report"
	"offscope/runner"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

// Options say how an export is run. The zero value runs all its tests as the hosted service would, with nothing given.
type Options struct {
	// Handler answers every request, whatever its host. Nil sends requests over the network.
	Handler http.Handler
	// Transport is how requests are sent when there is no Handler.
	Transport transport.Options
	// Variables are values of variables. Secrets are values that no output shows.
	Variables map[string]string
	Secrets   map[string]string
	// Environment is the path of an environment file with one environment in it, which does not refer to other files.
	Environment string
	// InitialScript is the path of a script that runs before the first step, in the place of the environment's.
	InitialScript string
	// Test is the name of the test to run; "" runs all tests of the file.
	Test string
	// Pauses says what becomes of pause steps. They are kept unless something else is said, and can last minutes.
	Pauses runner.Pauses
	// Seed is what random values depend on; 0 draws one. Every failure tells it.
	Seed uint64
	// Configure, when it is set, changes what is not named here.
	Configure func(*runner.Options)
}

// Run runs the tests in a file. A file that cannot be used, and a variable that is certain to be missing, fail the test before
// anything is sent.
//
// With go test -run every step is run, also those whose names do not match, because later steps need what earlier ones have set. A
// failure of a step that does not match fails its test.
func Run(t *testing.T, file string, o Options) {
	t.Helper()
	engine := jsengine.New(jsengine.Options{})
	defer engine.Close()
	for _, plan := range plan(t, file, o) {
		t.Run(strings.TrimSpace(plan.Test.Name.Value), func(t *testing.T) {
			drive(t, plan, runner.Machinery{Engine: engine, Version: "offscopetest"})
		})
	}
}

// plan reads the file and plans what is to be run of it.
func plan(t *testing.T, file string, o Options) []*runner.Plan {
	t.Helper()
	document, diagnostics := bucket.Parse(read(t, file))
	tell(t, diagnostics)
	options := planned(t, o)
	options.Subtest = func(_ *runner.Plan, step *bucket.Subtest) (*bucket.Test, runner.Options, error) {
		for _, test := range document.Tests {
			if test.ID != "" && test.ID == step.TestUUID.Value {
				return test, options, nil
			}
		}
		return nil, runner.Options{}, &runner.UnknownSubtestError{Message: "the test of this subtest step is not in the file"}
	}
	var plans []*runner.Plan
	for _, test := range document.Tests {
		if o.Test != "" && o.Test != strings.TrimSpace(test.Name.Value) {
			continue
		}
		p := runner.NewPlan(test, options)
		if !p.HasRequest() {
			t.Fatalf("%s: no request step of %q is to be run", file, test.Name.Value)
		}
		if p.NeedsInbox() {
			t.Fatalf("%s: %q waits for requests from outside, which needs the command line", file, test.Name.Value)
		}
		plans = append(plans, p)
	}
	if len(plans) == 0 {
		t.Fatalf("%s: no test is called %q", file, o.Test)
	}
	return plans
}

func planned(t *testing.T, o Options) runner.Options {
	t.Helper()
	options := runner.Options{Pauses: o.Pauses, Seed: o.Seed, Preflight: true}
	if options.Seed == 0 {
		options.Seed = uint64(rand.Uint32())
	}
	if o.Environment != "" {
		options.Environment = environment(t, o.Environment)
	}
	if o.InitialScript != "" {
		script := source.Verbatim(read(t, o.InitialScript).Whole())
		options.InitialScript = &script
	}
	for _, name := range slices.Sorted(maps.Keys(o.Variables)) {
		options.Values = append(options.Values, given(name, o.Variables[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Secrets)) {
		options.Values = append(options.Values, given(name, o.Secrets[name]))
		options.Secrets = append(options.Secrets, name)
	}
	options.Sender = sender(t, o)
	if o.Configure != nil {
		o.Configure(&options)
	}
	if options.Retry > 0 {
		t.Fatal("nothing is tried again in go test: leave Retry out")
	}
	return options
}

func sender(t *testing.T, o Options) runner.Sender {
	t.Helper()
	if o.Handler != nil {
		o.Transport.RoundTripper = inProcess{o.Handler}
	}
	client, err := transport.New(o.Transport)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func environment(t *testing.T, path string) *bucket.Environment {
	t.Helper()
	environments, diagnostics := bucket.ParseEnvironment(read(t, path))
	tell(t, diagnostics)
	if len(environments) != 1 {
		t.Fatalf("%s holds %d environments, and one is needed", path, len(environments))
	}
	env := environments[0]
	for _, other := range []source.Text{env.Extends, env.InitialScriptFile} {
		if other.Value != "" {
			t.Fatalf("%s: an environment that refers to %s needs the command line", other.Place, other.Value)
		}
	}
	m := env.Merged()
	switch {
	case len(m.Unsupported) > 0:
		t.Fatalf("%s: %s is not supported", m.Unsupported[0].Place, m.Unsupported[0].What)
	case len(m.Libraries) > 0, len(m.UnansweredLibraries()) > 0, m.Files.Value != "", m.Proxy != nil, m.ClientCertificate != nil:
		t.Fatalf("%s: an environment with libraries, files, a proxy or a certificate needs the command line", path)
	}
	return env
}

// given makes a value something that a message can point at without showing it.
func given(name, value string) variables.Initial {
	f := source.NewFile("option "+name, []byte(value))
	f.Private = true
	at := f.Whole()
	return variables.Initial{Name: name, Text: source.Verbatim(at), Origin: variables.Origin{Kind: variables.Flag, Detail: "an option", Place: at}}
}

func read(t *testing.T, path string) *source.File {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return source.NewFile(path, text)
}

// tell logs what is to be said about a file, and ends the test when it cannot be used.
func tell(t *testing.T, diagnostics source.Diagnostics) {
	t.Helper()
	for _, d := range diagnostics {
		if d.Severity != source.Notice {
			t.Logf("%s: %s: %s\n%s", d.Place, d.Severity, d.Message, d.Place.Excerpt())
		}
	}
	if err := diagnostics.Err(); err != nil {
		t.Fatal(err)
	}
}

// A witness takes the events of a test: what they say to a person, and how the steps ended.
type witness struct {
	text  *report.Text
	said  bytes.Buffer
	ended []step // since they were asked for last
}

// A step is how a step has ended.
type step struct {
	number  int
	inner   bool // it is a step of a subtest
	outcome event.Outcome
	reason  string
}

func newWitness() *witness {
	w := &witness{}
	w.text = report.NewText(&w.said, report.TextOptions{OneByOne: true})
	return w
}

// Write takes the next event.
func (w *witness) Write(e event.Event) error {
	if b, ok := e.Body.(event.StepFinished); ok {
		w.ended = append(w.ended, step{e.Step, e.Sub != 0, b.Outcome, b.Reason})
	}
	return w.text.Write(e)
}

// take returns what was said and which steps have ended since it was called last.
func (w *witness) take() (said string, ended []step) {
	said, ended = strings.Trim(w.said.String(), "\n"), w.ended
	w.said.Reset()
	w.ended = nil
	return said, ended
}

// drive runs a test, a subtest for each step.
func drive(t *testing.T, plan *runner.Plan, m runner.Machinery) {
	t.Helper()
	w := newWitness()
	ctx := t.Context()
	x := runner.Begin([]*runner.Plan{plan}, m, w)
	test := x.Test(ctx, 0)
	settle(t, w, 0)
	for s := test.Next(ctx); s != nil; s = test.Next(ctx) {
		settle(t, w, 0) // a condition or loop may have ended
		run := false
		if isContainer(s) {
			test.Do(ctx, s) // it ends after the steps inside it, and says so in the test
			continue
		}
		t.Run(name(plan, s), func(t *testing.T) {
			run = true
			test.Do(ctx, s)
			settle(t, w, s.Number)
		})
		if !run { // -run names others
			test.Do(ctx, s)
			settle(t, w, 0)
		}
	}
	finished := test.End()
	if _, err := x.End(context.WithoutCancel(ctx)); err != nil {
		t.Error(err)
	}
	said, _ := w.take()
	if finished.Outcome != event.Passed {
		t.Errorf("%s", said)
	} else {
		t.Log(said)
	}
}

// settle tells what has happened, and fails the test when a step or what it has run did not pass. number is the step that the
// test stands for: it is skipped when the step was.
func settle(t *testing.T, w *witness, number int) {
	t.Helper()
	said, ended := w.take()
	if said != "" {
		said = "\n" + said
	}
	for _, s := range ended {
		switch {
		case s.outcome.Bad():
			t.Error(said)
			return
		case s.number == number && !s.inner && (s.outcome == event.Skipped || s.outcome == event.NotRun):
			t.Skip(said)
		}
	}
	if said != "" {
		t.Log(said)
	}
}

func isContainer(s *runner.Step) bool {
	switch s.Step.(type) {
	case *bucket.Condition, *bucket.Loop:
		return true
	}
	return false
}

// name is the number and the note of a step.
func name(plan *runner.Plan, s *runner.Step) string {
	base := s.Step.Base()
	title := strings.TrimSpace(base.Note.Value)
	if request, ok := s.Step.(*bucket.Request); ok && title == "" {
		title = request.Method.Value + " " + request.URL.Value
	}
	if _, ok := s.Step.(*bucket.Pause); ok && title == "" {
		title = "pause"
	}
	digits := max(2, len(fmt.Sprint(len(plan.Steps))))
	return strings.TrimSpace(fmt.Sprintf("%0*d %s", digits, s.Number, title))
}
