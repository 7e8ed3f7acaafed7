package bucket

import (
	"strings"
	"testing"

	"offscope/source"
)

func TestHalfASurrogatePairIsAWarning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ literal, want string }{
		{`a\ud800b`, `\ud800`},
		{`\uDFFF`, `\uDFFF`},
		{`\ude00\ud83d`, `\ude00`},
		{`\ud83d\ud83d\ude00`, `\ud83d`},
		{`\ud83d\n`, `\ud83d`},
		{`\\\ud800`, `\ud800`},
		{`\ud83d\ude00`, ""},
		{`\\ud800`, ""},
		{`\ufffd`, ""},
		{"\ufffd", ""},
		{`\u00e9😀`, ""},
	} {
		text := inRequest(`"body": "` + test.literal + `"`)
		said := saidOf("surrogate", text)
		switch {
		case test.want == "" && len(said) == 0:
		case len(said) != 1 || said[0].Severity != source.Warning:
			t.Errorf("%s: said\n%s", test.literal, draw(said))
		case text[said[0].Place.Start:said[0].Place.End] != test.want || said[0].Place.Start != strings.Index(text, test.want):
			t.Errorf("%s: said of %v", test.literal, said[0].Place)
		}
	}
	said := saidOf("surrogate", inRequest(`"body": "\ud800", "headers": {"\ud800": "\ud801"}`))
	if len(said) != 1 || !strings.Contains(said[0].Message, "(3 times)") {
		t.Errorf("said\n%s", draw(said))
	}
}

func TestHalfASurrogatePairInASecretIsNotShown(t *testing.T) {
	t.Parallel()
	_, said := ParseEnvironment(source.NewFile("env.json", []byte(`{"name": "n", "initial_variables": {"a": "hidden\ud800"}}`)))
	if len(said) != 1 || said[0].Code != "surrogate" || strings.Contains(draw(said), "hidden") || strings.Contains(draw(said), "d800") {
		t.Errorf("said\n%s", draw(said))
	}
}
