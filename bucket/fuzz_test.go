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
			values, said := ParseVariables(file)
			checkInside(t, file, said)
			checkPlaces(t, file, values)
		}
	})
}
