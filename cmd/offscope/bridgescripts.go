package main

import (
	"regexp"
	"slices"

	"offscope/bucket"
)

// scriptTexts are the scripts that will run, the initial ones when they are wanted.
func (b *bridge) scriptTexts(initial bool) []string {
	var texts []string
	for _, s := range b.plan.Steps {
		checks := bucket.ChecksOf(s.Step)
		if checks == nil || !b.wanted[s.Number] {
			continue
		}
		for _, script := range slices.Concat(checks.BeforeScripts, checks.Scripts) {
			texts = append(texts, script.Value)
		}
	}
	return append(texts, b.scriptsAround(initial)...)
}

// scriptsAround are the environment's scripts, and the initial ones when they are wanted.
func (b *bridge) scriptsAround(initial bool) []string {
	var texts []string
	o := b.plan.Options
	for _, layer := range o.Environment.Layers() {
		for _, script := range slices.Concat(layer.BeforeScripts, layer.AfterScripts) {
			texts = append(texts, script.Value)
		}
		if initial {
			texts = append(texts, layer.Script.Value)
		}
	}
	if initial && o.InitialScript != nil {
		texts = append(texts, o.InitialScript.Value)
	}
	return texts
}

var (
	plainCall = regexp.MustCompile(`\b(?:variables\s*\.\s*(?:get|set)|get_secret)\s*\(\s*(?:"[^"\\]*"|'[^'\\]*')\s*[,)]`)
	// hiddenWays are those by which a script may come to a variable without naming it in a plain call. One word too many only
	// has a secret asked for that is not needed.
	hiddenWays = regexp.MustCompile(`\b(?:variables|get_secret|eval|Function|constructor|globalThis|this)\b|\\u`)
)

// readsAny reports whether a script may ask for a variable whose name cannot be seen in it.
func readsAny(scripts []string) bool {
	return slices.ContainsFunc(scripts, func(text string) bool {
		return hiddenWays.MatchString(plainCall.ReplaceAllString(text, "(x,"))
	})
}
