package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offscope/event"
)

// Jenkins copies the file that an attachment in brackets names, however many brackets a server sends.
func TestJUnitHoldsNoAttachment(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"[[ATTACHMENT|/etc/passwd]]", "[[[ATTACHMENT|/etc/passwd]]]", "[[[[[ATTACHMENT|x]]"} {
		s := run(1).open(text, "users.json", 1).request(text, answer("GET", "/"+text, 500, text, text), failed(event.Counts{}, text))
		got := document(t, "junit", timed(allFailed(s, text, event.Counts{Steps: 1})))
		if i := strings.Index(got, "[["); i >= 0 {
			t.Errorf("%q stands there as %q", text, got[i:i+40])
		}
	}
}

func TestNamesAreMadeUnique(t *testing.T) {
	t.Parallel()
	given := map[string]int{}
	var got []string
	for _, name := range []string{"a", "a #2", "a", "b", "a", "a #2"} {
		got = append(got, unique(given, name))
	}
	if want := "a|a #2|a #3|b|a #4|a #2 #2"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

// The steps of a subtest have the same names in every round of the loops around it.
func TestNamesThatRepeatThemselvesTakeLinearTime(t *testing.T) {
	t.Parallel()
	const most = 50_000
	given := map[string]int{}
	began := time.Now()
	for i := 1; i <= most; i++ {
		if got, want := unique(given, "one"), fmt.Sprintf("one #%d", i); i > 1 && got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	if took := time.Since(began); took > 20*time.Second { // it takes a fraction of a second, and took minutes
		t.Errorf("took %v", took)
	}
}
