package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"offscope/event"
)

// A test with more failures than there is room for shows the first of them, and takes no row from the tests behind it.
func TestAGitHubSummaryLosesTheLastDetailsFirst(t *testing.T) {
	t.Parallel()
	s := run(1001).open("Fails", "t.json", 600)
	for i := range 600 {
		s.request(fmt.Sprintf("Fail %d", i+1), answer("GET", "/", 500, "", strings.Repeat("x", 1900)), failed(event.Counts{}), unequal(1, 1, "a", strings.Repeat("y", 1900), "z", "string"))
	}
	s.close(event.Failed, "", event.Counts{Steps: 600}, 0)
	for i := range 1000 {
		s.open(fmt.Sprintf("Test %d", i+1), "t.json", 1).users("List users").close(event.Passed, "", event.Counts{Steps: 1}, 0)
	}
	var out bytes.Buffer
	r := GitHubSummary(&out)
	for _, e := range timed(s.end(event.RunFinished{Outcome: event.Failed, Tests: 1001, TestsFailed: 1})) {
		if err := r.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	if n := len(got); n < 500_000 || n > summaryBytes {
		t.Errorf("%d bytes", n)
	}
	if rows := strings.Count(got, "\n| PASS | Test "); rows != 1000 {
		t.Errorf("%d rows of tests that passed, want 1000", rows)
	}
	for _, text := range []string{"\n### Fails\n", "FAIL 001 Fail 1:", " parts left out, because the summary would be too long."} {
		if strings.Count(got, text) != 1 {
			t.Errorf("%q is not there once", text)
		}
	}
	if strings.Contains(got, "FAIL 600 Fail 600:") {
		t.Error("the last failure is there")
	}
}

// Names mention nobody and refer to nothing, on GitHub as on GitLab.
func TestMarkdownNamesReferToNothing(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"@octocat":                    "@\u200boctocat",
		"#1":                          `\#` + "\u200b1",
		"group!12":                    `group\!` + "\u200b12",
		"GH-12":                       "GH-\u200b12",
		"&3 a=1&b=2":                  "&amp;\u200b3 a=1&amp;b=2",
		"![x](https://h/x.png)":       `\!\[x\]\(https://h/x.png\)`,
		"[x](javascript:alert(1))":    `\[x\]\(javascript:alert\(1\)\)`,
		"<img src=x onerror=x> `a` |": "&lt;img src=x onerror=x&gt; \\`a\\` \\|",
	} {
		if got := markdownText(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
