package report

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"offscope/event"
)

// On a narrow screen nothing is broken by the terminal, which breaks in the middle of words, but what cannot be broken: a word
// that is wider than the screen, such as an address, an argument of a command in quotes, and the last line, which programs read.
func TestNothingIsWiderThanANarrowScreen(t *testing.T) {
	t.Parallel()
	unbroken := regexp.MustCompile(`^(PASS|FAIL)  |^ *(> \S+ \S+$|(curl )?(-\S+ )?['"$h].*( \\)?$|printf '%b' |(expected|actual) +\S+$)`)
	for name, events := range everyStream() {
		for _, v := range []Verbosity{Quiet, Normal} {
			for line := range strings.Lines(draw(t, events(), TextOptions{Width: leastWidth, Verbosity: v})) {
				line = strings.TrimSuffix(line, "\n")
				if cells(line) > leastWidth && strings.Contains(strings.TrimLeft(line, " "), " ") && !unbroken.MatchString(line) {
					t.Errorf("%s: %q", name, line)
				}
			}
		}
	}
}

func TestANameIsWorthMoreThanTheTime(t *testing.T) {
	t.Parallel()
	f := event.StepFinished{Outcome: event.Passed, Counts: event.Counts{Assertions: 12}}
	for _, row := range []struct {
		width, steps int
		want         string
	}{
		{100, 1, "[1/1] PASS     Create a user with all there is                         201     12ms   12/12"},
		{60, 1, "[1/1] PASS     Create a user with a...  201     12ms   12/12"},
		{49, 1, "[1/1] PASS     Create a ...  201     12ms   12/12"},
		{48, 1, "[1/1] PASS     Create a user with ...  201 12/12"},
		{40, 1, "[1/1] PASS     Create a us...  201 12/12"},
		{40, 99, "[ 1/99] PASS     Create a ...  201 12/12"},
	} {
		s := run(1).open("t", "t.json", row.steps).request("Create a user with all there is", answer("POST", "/Users", 201, "", ""), f)
		lines := strings.Split(strings.TrimSpace(draw(t, s.events, TextOptions{Width: row.width})), "\n")
		if got := lines[len(lines)-1]; got != row.want {
			t.Errorf("%d columns: got\n%s\nwant\n%s", row.width, got, row.want)
		}
	}
}

func TestARemarkThatDoesNotFitStandsBelow(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		label, remark string
		room          int
		text, below   string
	}{
		{"List users", "  (round 3)", 30, "List users  (round 3)", ""},
		{"List users of a group", "  (round 3)", 30, "List users of a ...  (round 3)", ""},
		{"List users", "  (round 3)", 12, "List users", "(round 3)"},
		{"List users", "  (a reason of many words)", 30, "List users", "(a reason of many words)"},
		{"", "  (round 3)", 30, "  (round 3)", ""},
	} {
		text, below := fitRemark(row.label, row.remark, row.room)
		if text != row.text || below != row.below {
			t.Errorf("%q %q in %d columns: got %q and %q", row.label, row.remark, row.room, text, below)
		}
	}
}

func TestACommandThatIsWiderThanTheScreenTakesALineForEachArgument(t *testing.T) {
	t.Parallel()
	x := answer("GET", "/Users", 500, "", "")
	x.Request.URL = "http://localhost:8080/users"
	s := run(1).open("t", "t.json", 1).request("List", x, failed(event.Counts{}))
	for _, row := range []struct {
		width int
		want  []string
	}{
		{160, []string{`curl http://localhost:8080/users -H "Authorization: Bearer $auth" -H 'Accept: application/scim+json'`}},
		{60, []string{`curl http://localhost:8080/users \`, `  -H "Authorization: Bearer $auth" \`, `  -H 'Accept: application/scim+json'`}},
	} {
		lines := strings.Split(draw(t, s.events, TextOptions{Width: row.width}), "\n")
		i := slices.Index(lines, "    to repeat the request:")
		for n, want := range row.want {
			if got := lines[i+1+n]; got != "    "+want {
				t.Errorf("%d columns: got %q, want %q", row.width, got, want)
			}
		}
	}
}
