package bucket

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"offscope/source"
)

// seeds adds the inputs of the golden file.
func seeds(f *testing.F) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "diagnostics.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		f.Add(file.Data)
	}
	f.Add([]byte(environmentYAML))
	f.Add([]byte(environmentJSON))
	f.Add([]byte("[" + pauseTest + "]"))
	f.Add([]byte(inheritedJSON))
}

// FuzzParse holds the law that nothing panics, that a document is there exactly when there is no error, and that all places
// lie inside the file.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file := source.NewFile("fuzz.json", data)
		d, said := Parse(file)
		if (d == nil) != (said.Err() != nil) {
			t.Errorf("document %v, said %v", d != nil, said)
		}
		checkInside(t, file, said)
		checkPlaces(t, file, d)
		if d != nil {
			checkInheritance(t, d.Environments)
		}
	})
}

// FuzzParseEnvironment holds the same law for environments and variables, in all of their languages.
func FuzzParseEnvironment(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"fuzz.yaml", "fuzz.json", "fuzz.env"} {
			file := source.NewFile(name, data)
			found, said := ParseEnvironment(file)
			if (found == nil) != (said.Err() != nil) {
				t.Errorf("%d environments, said %v", len(found), said)
			}
			checkInside(t, file, said)
			checkPlaces(t, file, found)
			checkInheritance(t, found)
			values, said := ParseVariables(file)
			checkInside(t, file, said)
			checkPlaces(t, file, values)
		}
	})
}

// checkInheritance holds the law that an environment is its own last layer, that nothing merged is without a layer that says it,
// and that no secret of a layer is lost.
func checkInheritance(t *testing.T, all []*Environment) {
	t.Helper()
	for _, e := range all {
		layers, merged := e.Layers(), e.Merged()
		if layers[len(layers)-1] != e {
			t.Error("the last layer is another environment")
		}
		headers, secrets := 0, map[string]bool{}
		for _, layer := range layers {
			headers += len(layer.Headers)
			for _, name := range layer.Secrets {
				secrets[name.Value] = true
			}
		}
		if len(merged.Headers) > headers || len(merged.Secrets) != len(secrets) || len(e.Headers) > len(merged.Headers) {
			t.Errorf("%d headers became %d, %d secrets %d", headers, len(merged.Headers), len(secrets), len(merged.Secrets))
		}
	}
}
