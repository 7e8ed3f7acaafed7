package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	app := newApp(system{})
	var out strings.Builder
	showHelp(&out, app)
	out.WriteString(shortHelp)
	for _, c := range app.Commands {
		showCommandHelp(&out, c)
	}
	for line := range strings.Lines(out.String()) {
		if line = strings.TrimRight(line, "\n"); utf8.RuneCountInString(line) > 80 {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
}

func TestDescriptionsAreFilled(t *testing.T) {
	t.Parallel()
	const word = "abcdefgh "
	for _, test := range []struct{ name, text, want string }{
		{"sentences go on in the same line", "one\ntwo\n\nthree", "one two\n\nthree\n"},
		{"long sentences are broken", strings.Repeat(word, 10), strings.Repeat(word, 8) + "abcdefgh\nabcdefgh\n"},
		{"what is indented stays", "Examples:\n   a   b\n   c", "Examples:\n   a   b\n   c\n"},
		{"a long command goes on before a flag", "   run " + strings.Repeat("--flag "+word, 5),
			"   run " + strings.TrimSpace(strings.Repeat("--flag "+word, 4)) + " \\\n       --flag abcdefgh\n"},
		{"also where it goes on already", "   run " + strings.Repeat("--flag "+word, 5) + "\\\n       -k",
			"   run " + strings.TrimSpace(strings.Repeat("--flag "+word, 4)) + " \\\n       --flag abcdefgh \\\n       -k\n"},
		{"a remark comes nearer", "   run" + strings.Repeat(" ", 40) + strings.Repeat("r", 60), "   run   " + strings.Repeat("r", 60) + "\n"},
		{"or stands below", "   run abcdefgh" + strings.Repeat(" ", 40) + strings.Repeat("r", 70), "   run abcdefgh\n       " + strings.Repeat("r", 70) + "\n"},
	} {
		var out strings.Builder
		showText(&out, test.text)
		if diff := cmp.Diff(test.want, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
