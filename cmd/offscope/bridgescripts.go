package main

import (
	"regexp"
	"slices"

	"offscope/bucket"
	"offscope/jsengine"
	"offscope/runner"
)

// A reading is what scripts may ask for: the names in their calls, and any name when a way to variables is hidden in them.
type reading struct {
	names map[string]bool
	any   bool
}

func (r reading) of(name string) bool { return r.any || r.names[name] }

// reads is what the test's own scripts may ask for, those before the first step included when they are wanted.
func (b *bridge) reads(initial bool) reading { return readingOf(b.plan, b.sends, initial) }

// subtestsRead is what the scripts of the subtests may ask for. They see what is given to the run, and nothing of this test.
func (b *bridge) subtestsRead() reading { return readInside(b.plan, b.sends) }

func readInside(caller *runner.Plan, sent func(int) bool) reading {
	all := reading{names: map[string]bool{}}
	for _, s := range caller.Steps {
		if p := s.Subtest(); p != nil && sent(s.Number) {
			all.add(readingOf(p, everyStep, true))
			all.add(readInside(p, everyStep))
		}
	}
	return all
}

func everyStep(int) bool { return true }

// readingOf looks through the scripts of a plan. Libraries are loaded where a script runs, and not otherwise.
func readingOf(p *runner.Plan, sent func(int) bool, initial bool) reading {
	r := reading{names: map[string]bool{}}
	texts := scriptsOf(p, sent, initial)
	for _, text := range texts {
		r.look(text, hiddenWays)
	}
	for _, library := range p.Options.Libraries {
		if len(texts) > 0 && mayRead(library) {
			r.look(library.Text(), libraryWays)
		}
	}
	return r
}

func mayRead(l *jsengine.Library) bool {
	return slices.ContainsFunc([]string{"variables", "get_secret", "eval"}, l.Mentions)
}

// scriptsOf are the scripts around the steps that are sent, and the initial ones when they are wanted.
func scriptsOf(p *runner.Plan, sent func(int) bool, initial bool) []string {
	var texts []string
	add := func(text string) {
		if text != "" {
			texts = append(texts, text)
		}
	}
	for _, s := range p.Steps {
		checks := bucket.ChecksOf(s.Step)
		if checks == nil || !sent(s.Number) {
			continue
		}
		for _, script := range slices.Concat(checks.BeforeScripts, checks.Scripts) {
			add(script.Value)
		}
	}
	for _, layer := range p.Options.Environment.Layers() {
		for _, script := range slices.Concat(layer.BeforeScripts, layer.AfterScripts) {
			add(script.Value)
		}
		if initial {
			add(layer.Script.Value)
		}
	}
	if own := p.Options.InitialScript; initial && own != nil {
		add(own.Value)
	}
	return texts
}

var (
	plainCall = regexp.MustCompile(`\b(?:variables\s*\.\s*(get|set)|(get_secret))\s*\(\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*[,)]`)
	// hiddenWays are those by which a script may come to a variable without naming it in a plain call. One word too many only
	// has a secret asked for that is not needed.
	hiddenWays = regexp.MustCompile(`\b(?:variables|get_secret|eval|Function|constructor|globalThis|this)\b|\\u`)
	// libraryWays leaves out what nearly every library has to find out where it was loaded.
	libraryWays = regexp.MustCompile(`\b(?:variables|get_secret|eval)\b`)
)

// look adds what a script may ask for.
func (r *reading) look(script string, hidden *regexp.Regexp) {
	for _, call := range plainCall.FindAllStringSubmatch(script, -1) {
		if method, name := call[1]+call[2], call[3]+call[4]; method != "set" {
			r.names[name] = true
		}
	}
	r.any = r.any || hidden.MatchString(plainCall.ReplaceAllString(script, "(x,"))
}

func (r *reading) add(more reading) {
	for name := range more.names {
		r.names[name] = true
	}
	r.any = r.any || more.any
}
