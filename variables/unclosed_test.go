package variables

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

func TestUnclosed(t *testing.T) {
	t.Parallel()
	// A caret stands under the first byte of each place.
	for _, row := range []struct{ name, text, marks string }{
		{"Q4 unclosed", "a{{foo", " ^"},
		{"Q4 closed by one brace", "{{foo}/x", "^"},
		{"Q4 opened by one brace", "{foo}}/x", "    ^"},
		{"opened by none", "foo}}", "   ^"},
		{"closed twice", "/Users/{{a}}}}", "            ^"},
		{"open before another", "{{a {{b}} c", "^"},
		{"two", "{{a {{b {{c}}", "^   ^"},
		{"a call that is not closed", "{{md5({{foo)}}", "^"},
		{"three of them", "{{{foo", " ^"},
		{"one in JSON", `{"a": "{{b", "c": 1}`, `       ^`},
		{"over several lines", "{{a\nb}}", "^"},
		{"behind an empty pair", "{{}}{{a", "    ^"},

		{"a reference", "{{foo}}", ""},
		{"a function", "{{md5({{foo}})}}", ""},
		{"names that nest", "{{a{{b}}}}", ""},
		{"an empty pair", "{{}}{{ }}", ""},
		{"an empty pair in braces", "{{{}}}", ""},
		{"JSON in JSON", `{"a":{"b":{}}}`, ""},
		{"JSON around a reference", `{"n":{"m":{{a}}}}`, ""},
		{"JSON with references for names", `{"a":{{{a}}:{{{b}}:1}}}`, ""},
		{"GraphQL", "query { a { b }}", ""},
		{"single braces", "{a} } {", ""},
		{"nothing", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			file := source.NewFile("a.txt", []byte(row.text))
			text := source.Verbatim(source.Place{File: file, Start: 0, End: len(row.text)})
			marks := []byte(strings.Repeat(" ", len(row.text)))
			for _, at := range Parse(text).Unclosed() {
				if at.End != at.Start+2 {
					t.Errorf("%q: a place of %d bytes, want 2", row.text, at.End-at.Start)
				}
				marks[at.Start] = '^'
			}
			if diff := cmp.Diff(row.marks, strings.TrimRight(string(marks), " ")); diff != "" {
				t.Errorf("%q: -want +got:\n%s", row.text, diff)
			}
		})
	}
}

// To find a place in a JSON string takes time, and nobody reads a hundred.
func TestUnclosedEndsSomewhere(t *testing.T) {
	t.Parallel()
	if got := len(Parse(source.Text{Value: strings.Repeat("{{a ", 100_000)}).Unclosed()); got != maxStray {
		t.Errorf("%d places, want %d", got, maxStray)
	}
}
