package bucket

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

// corpusFolder holds real exports of other people, which are not part of this project.
func corpusFolder(t testing.TB) string {
	folder := filepath.Join("..", "..", "shared", "corpus")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("the folder of real exports is not here: %v", err)
	}
	return folder
}

func readFile(t testing.TB, path string) *source.File {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return source.NewFile(filepath.Base(path), data)
}

type counts struct {
	Files, Tests, Steps, Assertions, Variables, Scripts int
	Kinds                                               map[string]int
	UnknownSources, UnknownComparisons, Unsupported     int
}

func (c *counts) add(d *Document) {
	c.Files++
	c.Tests += len(d.Tests)
	for _, test := range d.Tests {
		Walk(test.Steps, func(s Step) {
			c.Steps++
			c.Kinds[s.Base().Kind.Value]++
			if checks := ChecksOf(s); checks != nil {
				c.checks(checks)
			}
		})
	}
}

func (c *counts) checks(checks *Checks) {
	c.Assertions += len(checks.Assertions)
	c.Variables += len(checks.Variables)
	c.Scripts += len(checks.Scripts) + len(checks.BeforeScripts)
	c.Unsupported += len(checks.Unsupported)
	for _, a := range checks.Assertions {
		if a.Source == UnknownSource {
			c.UnknownSources++
		}
		if a.Comparison == UnknownComparison {
			c.UnknownComparisons++
		}
	}
}

func TestEveryRealExportLoads(t *testing.T) {
	t.Parallel()
	got := counts{Kinds: map[string]int{}}
	var refused []string
	for _, pattern := range []string{"*.json", "okta/*.json"} {
		paths, _ := filepath.Glob(filepath.Join(corpusFolder(t), filepath.FromSlash(pattern)))
		for _, path := range paths {
			d, said := Parse(readFile(t, path))
			if d == nil {
				refused = append(refused, filepath.Base(path)+": "+said.Errors()[0].Message)
				continue
			}
			for _, s := range said {
				if s.Severity == source.Warning {
					t.Errorf("a real export is warned of: %v", s)
				}
			}
			got.add(d)
		}
	}
	// The 27 rows of variables hold four blank ones, and the 29 tests one without steps.
	want := counts{
		Files: 15, Tests: 28, Steps: 381, Assertions: 661, Variables: 23, Scripts: 35,
		Kinds: map[string]int{"request": 304, "pause": 75, "condition": 1, "subtest": 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	wantRefused := []string{
		"api-environment-list.json: this is an environment, not a test",
		"api-result-detail.json: this is the result of a run, not a test",
		"minimal-test.json: a test needs at least one step, and this one has none",
	}
	if diff := cmp.Diff(wantRefused, refused); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRealEnvironmentLoads(t *testing.T) {
	t.Parallel()
	found, said := ParseEnvironment(readFile(t, filepath.Join(corpusFolder(t), "api-environment-list.json")))
	if len(found) != 1 || len(said) != 0 {
		t.Fatalf("got %d environments and %v", len(found), said)
	}
	e := found[0]
	if e.Name != "Remote Settings" || len(e.Initial) != 2 || e.Initial[1].Name.Value != "one more" || !strings.HasPrefix(e.Script.Value, "var a") {
		t.Errorf("read %+v", e)
	}
}
