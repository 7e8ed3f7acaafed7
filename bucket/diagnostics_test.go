package bucket

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"offscope/source"
)

// TestDiagnosticsSay pins what is said about files. UPDATE_GOLDEN=1 writes the file anew; read the difference.
func TestDiagnosticsSay(t *testing.T) {
	t.Parallel()
	name := filepath.Join("testdata", "diagnostics.txtar")
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var inputs []txtar.File
	wants := map[string]string{}
	for _, f := range archive.Files {
		if input, ok := strings.CutSuffix(f.Name, ".said"); ok {
			wants[input] = string(f.Data)
			continue
		}
		inputs = append(inputs, f)
	}
	archive.Files = nil
	for _, input := range inputs {
		got := said(input.Name, input.Data)
		archive.Files = append(archive.Files, input, txtar.File{Name: input.Name + ".said", Data: []byte(got)})
		if os.Getenv("UPDATE_GOLDEN") == "" && got != wants[input.Name] {
			t.Errorf("%s: -want +got:\n%s", input.Name, cmp.Diff(wants[input.Name], got))
		}
		if strings.HasPrefix(input.Name, "test/") == false && strings.Contains(withoutKnownHiddenKeys(got), "hidden") {
			t.Errorf("%s: a value was shown:\n%s", input.Name, got)
		}
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// withoutKnownHiddenKeys takes out the tag that stands for a value in the inputs but is none.
func withoutKnownHiddenKeys(text string) string { return strings.ReplaceAll(text, "!hidden", "") }

// said reads an input and draws what was said about it.
func said(name string, data []byte) string {
	folder, base := path.Split(name)
	f := source.NewFile(base, data)
	var diagnostics source.Diagnostics
	usable := false
	switch folder {
	case "test/":
		d, said := Parse(f)
		usable, diagnostics = d != nil, said
	case "environment/":
		found, said := ParseEnvironment(f)
		usable, diagnostics = found != nil, said
	case "data/":
		found, said := ParseData(f)
		usable, diagnostics = found != nil, said
	case "variables/":
		found, said := ParseVariables(f)
		usable, diagnostics = found != nil || said.Err() == nil, said
	}
	out := draw(diagnostics)
	if usable {
		out += "(usable)\n"
	}
	return out
}

// draw writes diagnostics as a terminal shows them.
func draw(diagnostics source.Diagnostics) string {
	var out strings.Builder
	for _, d := range diagnostics {
		fmt.Fprintf(&out, "%s [%s] %s\n", d.Severity, d.Code, d.Error())
		if excerpt := d.Place.Excerpt().String(); excerpt != "" {
			fmt.Fprintf(&out, "  %s\n", strings.ReplaceAll(excerpt, "\n", "\n  "))
		}
		for _, related := range d.Related {
			fmt.Fprintf(&out, "  %s: %s\n", related.Place, related.Message)
		}
		if d.Hint != "" {
			fmt.Fprintf(&out, "  hint: %s\n", d.Hint)
		}
	}
	return out.String()
}
