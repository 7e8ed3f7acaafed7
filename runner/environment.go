package runner

import (
	"fmt"
	"slices"

	"offscope/bucket"
	"offscope/event"
	"offscope/source"
	"offscope/variables"
)

// planEnvironment prepares what the environment brings to every request, and the initial scripts: both run, that of the
// shared environment first (vendor documentation on environments).
func (p *Plan) planEnvironment() {
	layers := p.Options.Environment.Layers()
	for i, layer := range layers {
		kind := variables.SharedInitialScript
		if i == len(layers)-1 {
			kind = variables.InitialScript
		}
		p.planInitial(layer.Script, kind)
	}
	if len(layers) == 0 {
		p.planInitial(source.Text{}, variables.InitialScript)
	}
	for _, layer := range layers {
		for i, text := range layer.BeforeScripts {
			p.before = append(p.before, p.compile(text, fmt.Sprintf("pre-request script %d of environment %q", i+1, layer.Name)))
		}
		for i, text := range layer.AfterScripts {
			p.after = append(p.after, p.compile(text, fmt.Sprintf("post-response script %d of environment %q", i+1, layer.Name)))
		}
	}
	p.headers = pairs(p.merged.Headers)
	p.auth = planAuth(p.merged.Auth)
}

func (p *Plan) planInitial(text source.Text, kind variables.Kind) {
	if kind == variables.InitialScript && p.Options.InitialScript != nil {
		text = *p.Options.InitialScript
	}
	if text.Value != "" {
		p.initial = append(p.initial, initialScript{p.compile(text, kind.String()), kind})
	}
}

// given are the values with which a run starts, without those of its scripts.
func (t *Test) given() []variables.Initial {
	var given []variables.Initial
	layers := t.plan.Options.Environment.Layers()
	for i, layer := range layers {
		kind := variables.SharedEnvironment
		if i == len(layers)-1 && !isShared(layer) {
			kind = variables.TestEnvironment
		}
		for _, v := range layer.Initial {
			origin := variables.Origin{Kind: kind, Detail: layer.Name, Place: v.Value.Place}
			given = append(given, variables.Initial{Name: v.Name.Value, Text: v.Value, Origin: origin})
		}
	}
	given = append(given, t.plan.Options.Values...)
	return append(given, t.params...)
}

// standing is what the environment sends with every request. It is filled in once, after the initial scripts: vendor
// documentation says before the first step, and scripts that make a token are the main use.
type standing struct {
	headers []made
	auth    *credentials
}

// fillEnvironment fills in the environment's headers and credentials. What is missing there would be missing from every
// request, so the test does not begin.
func (t *Test) fillEnvironment() {
	a := &Attempt{test: t, outcome: event.Passed, builtins: t.builtins(t.random("environment"))}
	for _, h := range t.plan.headers {
		t.standing.headers = append(t.standing.headers, made{a.expand("environment headers", h.name).String(), a.expand("environment headers", h.value)})
	}
	if t.standing.auth = a.credentials(t.plan.auth); t.standing.auth != nil {
		a.remarkAuth(t.standing.auth)
	}
	for _, d := range a.notices {
		t.notice(0, d)
	}
	if len(a.problems) == 0 {
		return
	}
	for _, p := range a.problems {
		t.emit.write(0, p)
	}
	t.stop(event.Failed, "the environment's headers or authentication could not be filled in")
}

// isShared reports whether an environment is that of a whole bucket.
func isShared(env *bucket.Environment) bool {
	return env.TestID == "" && env.ParentID == "" && env.ID != ""
}

// EnvironmentUses reports whether the headers or the authentication of the environment use a variable.
func (p *Plan) EnvironmentUses(name string) bool {
	var templates []variables.Template
	for _, h := range p.headers {
		templates = append(templates, h.name, h.value)
	}
	if p.auth != nil {
		for _, f := range p.auth.fields {
			templates = append(templates, f.value)
		}
	}
	return slices.ContainsFunc(templates, func(t variables.Template) bool {
		return slices.ContainsFunc(t.Uses(), func(u variables.Use) bool { return u.Name == name })
	})
}
