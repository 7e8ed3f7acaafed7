package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

var testUUID = regexp.MustCompile(`"test_uuid":\s*"([^"]+)"`)

// placeholders are the files of the corpus in which words stand where scripts should.
var placeholders = []string{"runscope-to-postman-1b.json", "runscope-to-postman-2c.json"}

// TestCorpusHasNoErrorsWhenEverythingIsGiven checks every test of the corpus: by itself, when only its subtests are not known,
// and with a value for every variable and a test for every subtest. Nothing in a sound export is an error.
func TestCorpusHasNoErrorsWhenEverythingIsGiven(t *testing.T) {
	t.Parallel()
	for _, name := range corpusFiles(t) {
		path := needCorpus(t, name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if notTests[name] != "" {
				got := offscope(t.Context(), "check", path)
				if !slices.Contains([]int{exitFailed, exitUsage}, got.code) || !strings.Contains(got.stdout, notTests[name]) {
					t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
				}
				return
			}
			tests := looseTests(t, path)
			known := func(code string) bool { return code == "script-syntax" && slices.Contains(placeholders, name) }
			bare := problemsIn(t, path)
			for _, p := range bare {
				if p.Severity == source.Error.String() && p.Code != "subtest" && !known(p.Code) {
					t.Errorf("by itself: %+v", p)
				}
			}
			given := problemsIn(t, append(valuesFor(tests), path, "-e", subtestsOf(t, path))...)
			for _, p := range given {
				if (p.Severity == source.Error.String() || p.Code == "undefined-variable") && !known(p.Code) {
					t.Errorf("with everything given: %+v", p)
				}
			}
			t.Logf("%d problems by itself, %d with everything given", len(bare), len(given))
		})
	}
}

// subtestsOf writes an environment in which each subtest of a file is a sound test.
func subtestsOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	lines := "tests:\n"
	for _, found := range testUUID.FindAllSubmatch(text, -1) {
		if line := "  " + string(found[1]) + ": sound.json\n"; !strings.Contains(lines, line) {
			lines += line
		}
	}
	if lines == "tests:\n" {
		lines = "tests: {}\n"
	}
	files := map[string]string{
		"env.yaml":   "name: local\n" + lines,
		"sound.json": `{"name": "sound", "steps": [{"step_type": "request", "method": "GET", "url": "http://localhost/"}]}`,
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "env.yaml")
}

// problemsIn runs check, whose exit code must tell whether there is an error.
func problemsIn(t *testing.T, args ...string) []problemObject {
	t.Helper()
	got := offscope(t.Context(), append([]string{"check", "--format", "json"}, args...)...)
	var problems []problemObject
	if err := json.Unmarshal([]byte(got.stdout), &problems); err != nil {
		t.Fatalf("%v\n%s%s", err, got.stdout, got.stderr)
	}
	want := exitPassed
	if slices.ContainsFunc(problems, func(p problemObject) bool { return p.Severity == source.Error.String() }) {
		want = exitFailed
	}
	if got.code != want || got.stderr != "" {
		t.Errorf("exit code %d, want %d\n%s%s", got.code, want, got.stdout, got.stderr)
	}
	return problems
}

func TestGitHubReadsNothingOfAProblemAsItsOwn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a,b:c%.json")
	text := `{"name": "t", "steps": [{"step_type": "100%\n::warning::x\r"}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := offscope(t.Context(), "check", path, "--format", "github")
	want := "::error file=" + filepath.Dir(path) + "/a%2Cb%3Ac%25.json,line=1,col=39,title=unknown-step::steps of the kind \"100%25\\n::warning::x\\r\" are not known\n"
	if diff := cmp.Diff(want, got.stdout); diff != "" || got.code != exitFailed {
		t.Errorf("exit code %d (-want +got)\n%s", got.code, diff)
	}
}
