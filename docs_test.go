package offscope_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const semantics = "docs/semantics.md"

var (
	differenceRow = regexp.MustCompile("(?m)^\\| `(diff-[a-z0-9-]+)` \\|")
	differenceID  = regexp.MustCompile("`(diff-[a-z0-9-]+)`|\"(diff-[a-z0-9-]+)\"")
)

// documentedDifferences are the identifiers of the table of known differences, in its order.
func documentedDifferences(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, row := range differenceRow.FindAllStringSubmatch(read(t, semantics), -1) {
		ids = append(ids, row[1])
	}
	if len(ids) == 0 {
		t.Fatalf("%s has no table of known differences", semantics)
	}
	return ids
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEachKnownDifferenceIsDocumentedAndTested(t *testing.T) {
	documented := documentedDifferences(t)
	if sorted := slices.Sorted(slices.Values(documented)); !slices.Equal(documented, sorted) {
		t.Errorf("%s: the table is not in alphabetical order, or names an identifier twice: want %v", semantics, slices.Compact(sorted))
	}
	tested := map[string]bool{}
	for _, d := range differences {
		if tested[d.id] {
			t.Errorf("%s is tested twice under the same name", d.id)
		}
		tested[d.id] = true
		if !slices.Contains(documented, d.id) {
			t.Errorf("%s is tested and not in the table of %s", d.id, semantics)
		}
	}
	for _, id := range documented {
		if !tested[id] {
			t.Errorf("%s stands in %s and has no row in differences_test.go", id, semantics)
		}
	}
}

// TestNobodyNamesAnUnknownDifference looks through the texts and tests of the whole repository.
func TestNobodyNamesAnUnknownDifference(t *testing.T) {
	documented := documentedDifferences(t)
	walk(t, func(path string) {
		if !slices.Contains([]string{".md", ".txtar"}, filepath.Ext(path)) && !strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, found := range differenceID.FindAllStringSubmatch(read(t, path), -1) {
			if id := found[1] + found[2]; !slices.Contains(documented, id) {
				t.Errorf("%s names %s, which the table of %s does not have", path, id, semantics)
			}
		}
	})
}

func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git"):
			return filepath.SkipDir
		case !entry.IsDir():
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading      = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// TestLinksLeadSomewhere follows the links between our own texts, headings included.
func TestLinksLeadSomewhere(t *testing.T) {
	texts, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(texts, "README.md", "ARCHITECTURE.md", "RATIONALE.md", "CHANGELOG.md") {
		for _, link := range markdownLink.FindAllStringSubmatch(read(t, path), -1) {
			target, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			to := path
			if target != "" {
				to = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", path, link[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, to)), anchor) {
				t.Errorf("%s: the link to %s names no heading", path, link[1])
			}
		}
	}
}

// anchors are the headings of a text as links name them.
func anchors(text string) []string {
	var all []string
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return all
}
