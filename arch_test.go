// Package offscope_test holds the tests that look at the whole module.
package offscope_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which of our packages each package may import. A package that is not listed fails the test, so that a new room
// finds its place in the drawing first.
var arrows = map[string][]string{
	"source":             {},
	"exchange":           {},
	"jsontree":           {"source"},
	"bucket":             {"source", "exchange", "jsontree"},
	"variables":          {"source", "exchange", "jsontree"},
	"event":              {"source", "exchange", "jsontree"},
	"transport":          {"source", "exchange", "jsontree"},
	"jsengine":           {"source", "exchange", "jsontree", "jsengine/libraries"},
	"jsengine/libraries": {},
	"assertion":          {"source", "exchange", "jsontree", "bucket"},
	"advice":             {"source", "exchange", "jsontree", "bucket", "assertion"},
	"runner": {"source", "exchange", "jsontree", "bucket", "variables", "event", "jsengine", "transport", "assertion",
		"advice"},
	"debugger": {"source", "exchange", "jsontree", "bucket", "variables", "event", "jsengine", "transport", "assertion", "advice",
		"runner"},
	"offscopetest": {"source", "exchange", "jsontree", "bucket", "variables", "event", "jsengine", "transport", "assertion", "advice",
		"runner", "report"},
	"report":            {"source", "exchange", "event"},
	"record":            {"exchange", "event"},
	"scim":              {},
	"oktaorg":           {},
	"fixtures":          {},
	"cmd/offscope":      {"*"},
	"cmd/offscope/live": {"source", "event", "report"},

	"scripts/bench/work":    {},
	"scripts/bench/bare":    {"scripts/bench/work"},
	"scripts/bench/process": {"scripts/bench/work", "scim"},
}

// onlyHere names outside packages that only one of our rooms may import.
var onlyHere = map[string]string{
	"github.com/dop251/goja":   "jsengine",
	"gopkg.in/yaml.v3":         "bucket",
	"github.com/urfave/cli/v2": "cmd/offscope",
	"github.com/antchfx/xpath": "assertion",
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p goPackage
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, p := range packages(t) {
		room, ours := strings.CutPrefix(p.ImportPath, "offscope/")
		if !ours {
			continue
		}
		allowed, known := arrows[room]
		if !known {
			t.Errorf("package %s has no place in the drawing of arrows", room)
			continue
		}
		for _, path := range p.Imports {
			below, ours := strings.CutPrefix(path, "offscope/")
			if ours && !slices.Contains(allowed, below) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s: the arrow points the wrong way", room, below)
			}
		}
	}
}

func TestOnlyOneRoomKnowsEachEngine(t *testing.T) {
	for _, p := range packages(t) {
		room := strings.TrimPrefix(p.ImportPath, "offscope/")
		for _, path := range p.Imports {
			for outside, owner := range onlyHere {
				if (path == outside || strings.HasPrefix(path, outside+"/")) && room != owner && !strings.HasPrefix(room, owner+"/") {
					t.Errorf("%s imports %s, which only %s may", room, path, owner)
				}
			}
		}
	}
}
