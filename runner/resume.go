package runner

import (
	"offscope/event"
	"offscope/transport"
	"offscope/variables"
)

// A Resume is the state in which a test goes on where another run of it was.
type Resume struct {
	// InitialScripts runs the initial scripts again; otherwise what they have set comes from Variables.
	InitialScripts bool
	// Variables are given their values after the initial variables and scripts.
	Variables []variables.Initial
	// Cookies are put into the test's jar, when it has one.
	Cookies []transport.Received
}

// resume puts a test into the state in which it is to go on.
func (t *Test) resume(from *Resume) {
	for _, v := range from.Variables {
		if err := t.set(v.Name, v.Value, v.Origin); err != nil {
			t.stop(event.Failed, err.Error())
		}
	}
	if t.jar != nil {
		t.jar.Replay(from.Cookies)
	}
}
