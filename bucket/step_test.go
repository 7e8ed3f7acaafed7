package bucket

import (
	"testing"

	"offscope/source"
)

func TestAPauseWithoutDurationIsAWarning(t *testing.T) {
	t.Parallel()
	read := func(pause string) source.Diagnostics {
		return saidOf("no-duration", "{\"name\": \"n\", \"steps\": [\n"+pause+"]}")
	}
	for _, pause := range []string{`{"step_type": "pause"}`, `{"step_type": "pause", "duration": null}`} {
		said := read(pause)
		if len(said) != 1 || said[0].Severity != source.Warning || said[0].Place.Position().Line != 2 {
			t.Errorf("%s: said\n%s", pause, draw(said))
		}
	}
	if said := read(`{"step_type": "pause", "duration": 0}`); len(said) > 0 {
		t.Errorf("no time is a duration, said\n%s", draw(said))
	}
}
