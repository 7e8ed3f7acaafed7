package advice

import (
	"slices"
	"testing"

	"offscope/bucket"
)

// A value in another character set than UTF-8 looks like a server that has lost a letter.
func TestHintsAboutOtherCharacterSets(t *testing.T) {
	t.Parallel()
	shown := Row{Source: bucket.ResponseJSON, Comparison: bucket.Equal, Property: "name", Target: "é", Actual: "\ufffd", ActualType: "string"}
	inText := Row{Source: bucket.ResponseText, Comparison: bucket.Contains, Target: "é", Actual: "{\"name\":\"\ufffd\"}", ActualType: "string"}
	plain := Row{Source: bucket.ResponseJSON, Comparison: bucket.Equal, Property: "name", Target: "f", Actual: "e", ActualType: "string"}
	const latin1, utf8 = "{\"name\":\"\xe9\"}", "{\"name\":\"\ufffd\"}"
	for _, test := range []struct {
		name, kind, body string
		row              Row
		want             []string
	}{
		{"named", "application/json; charset=iso-8859-1", latin1, shown,
			[]string{"the body is in iso-8859-1, as its Content-Type says; only UTF-8 is read here, and other characters come out as \ufffd: let the server answer in UTF-8"}},
		{"named, in the text", `text/plain; charset="Windows-1252"`, latin1, inText,
			[]string{"the body is in Windows-1252, as its Content-Type says; only UTF-8 is read here, and other characters come out as \ufffd: let the server answer in UTF-8"}},
		{"not named", "application/json", latin1, shown, []string{"the body is not UTF-8: what cannot be read comes out as \ufffd"}},
		{"named wrongly", "application/json; charset=utf-8", latin1, shown, []string{"the body is not UTF-8: what cannot be read comes out as \ufffd"}},
		{"the server sent the mark itself", "application/json", utf8, shown, nil},
		{"another value", "application/json; charset=iso-8859-1", latin1, plain, nil},
	} {
		c := Case{Response: answer(200, test.kind, test.body), Rows: []Row{test.row}}
		if got := Hints(c); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// The eye does not see a space at the end of a path.
func TestHintsAboutSpacesInPaths(t *testing.T) {
	t.Parallel()
	const document = `{"id":"1","name":{"first":"a"}}`
	for path, want := range map[string]string{
		"id ":         `the path "id " has a space too much: a path is compared exactly`,
		" id":         `the path " id" has a space too much: a path is compared exactly`,
		"name. first": `the path "name. first" has a space too much: a path is compared exactly`,
		" name.first": `the path " name.first" has a space too much: a path is compared exactly`,
		"other ":      "the answer lacks other , which the test reads",
	} {
		got := Hints(Case{Response: answer(200, "application/json", document), Rows: []Row{missing(t, document, path)}})
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}
