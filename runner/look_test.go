package runner

import (
	"slices"
	"testing"

	"offscope/source"
)

// A property of a source that takes none is not looked at, which somebody who wrote it does not expect.
func TestAPropertyWithoutMeaningIsAWarning(t *testing.T) {
	t.Parallel()
	for steps, want := range map[string][]string{
		get(assertRow("response_text", "a.b", "not_empty", "")):                                    {"property"},
		get(assertRow("response_status", "code", "equal", "200")):                                  {"property"},
		get(`"variables":[{"source":"response_size","property":"a","name":"n"}]`):                  {"property"},
		get(assertRow("response_text", "", "not_empty", "")):                                       nil,
		get(assertRow("response_text", " ", "not_empty", "")):                                      nil,
		get(assertRow("response_json", "a.b", "not_empty", "")):                                    nil,
		get(`"assertions":[{"source":"response_time","comparison":"is_less_than","value":"400"}]`): nil,
	} {
		said := Examine(run{steps: steps}.plan(t, "http://127.0.0.1:1"))
		if got := codes(said, source.Warning); !slices.Equal(got, want) {
			t.Errorf("%s: warned of %q, want %q", steps, got, want)
		}
	}
}
