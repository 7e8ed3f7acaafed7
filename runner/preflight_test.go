package runner

import (
	"testing"

	"offscope/event"
)

func TestAMissingVariableIsAskedForByANearName(t *testing.T) {
	t.Parallel()
	const ways = "give such variables with --var NAME=VALUE, in an environment file (-e), or by the initial script (--initial-script)"
	for _, row := range []struct{ name, wanted, given, want string }{
		{"two letters in another case", "k2", "K2", `did you mean "K2", which has a value?`},
		{"one letter in another case", "K", "k", `did you mean "k", which has a value?`},
		{"a long one in another case", "SCIMBASEURL", "SCIMBaseURL", `did you mean "SCIMBaseURL", which has a value?`},
		{"a slip", "team", "tean", `did you mean "tean", which has a value?`},
		{"two letters, one of them another", "k2", "k3", ways},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			out, end, seen := run{
				options: Options{Preflight: true}, vars: map[string]string{row.given: "x"},
				steps: get(`"headers":{"A":["{{` + row.wanted + `}}"]}`),
			}.do(t)
			if end.Outcome != event.Failed || seen.count() != 0 {
				t.Errorf("%s after %d requests", end.Outcome, seen.count())
			}
			if got := one[event.Problem](t, out, 0).Hint; got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
