package runner

import (
	"offscope/event"
	"offscope/variables"
)

// A Resume is the state in which a test goes on where another run of it was.
type Resume struct {
	// InitialScripts runs the initial scripts again; otherwise what they have set comes from Variables.
	InitialScripts bool
	// Variables are given their values after the initial variables and scripts.
	Variables []variables.Initial
	// Carried is what an earlier run knew, and this one does without. It is told as it is, for those that go on from this one.
	Carried event.Changed
}

// resume puts a test into the state in which it is to go on.
func (t *Test) resume(from *Resume) {
	for _, v := range from.Variables {
		if err := t.set(v.Name, v.Value, v.Origin); err != nil {
			t.stop(event.Failed, err.Error())
		}
	}
}
