package bucket_test

import (
	"strings"
	"testing"

	"offscope/bucket"
	"offscope/source"
)

func TestScriptsAreTaken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " \n", "variables.set('a', 1);", "\ufeffvariables.set('a', 1);\r\n", "{ var a = 1 }", "{}", "[1].forEach(function () {})",
		"[]", "a = 1\nname: for (;;) break name", "var x = {\nname: 1,\nheaders: 2\n}", "/* <html> */", "\"use strict\"",
	} {
		script, diagnostics := bucket.ParseScript(source.NewFile("script.js", []byte(text)))
		if len(diagnostics) > 0 {
			t.Errorf("%q is refused: %v", text, diagnostics)
		}
		if want := strings.TrimPrefix(text, "\ufeff"); script.Value != want {
			t.Errorf("%q is read as %q", text, script.Value)
		}
	}
}

func TestOtherFilesAreNoScripts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"page", "<!DOCTYPE html>\n<html></html>", "this is an HTML page, not a script"},
		{"page that begins otherwise", "\n  <html>", "this is an HTML page, not a script"},
		{"xml", "<?xml version='1.0'?><a/>", "this is XML, not a script"},
		{"test", `{"name": "t", "steps": []}`, "this is a test, not a script"},
		{"tests", `[{"name": "t", "steps": []}]`, "this is a test, not a script"},
		{"environment", `{"initial_variables": {"a": "b"}}`, "this is an environment, not a script"},
		{"environment in YAML", "name: local\ninitial_variables:\n  a: b\n", "this is an environment, not a script"},
		{"data", `{"a": "b"}`, "this is JSON, not a script"},
		{"UTF-16", "\xff\xfev\x00a\x00r\x00 \x00", "the file is UTF-16 text"},
		{"archive", "PK\x03\x04\x00\x00", "the file is a compressed archive"},
		{"Latin 1", "// Gr\xfc\xdfe", "the file is not UTF-8 text"},
	} {
		script, diagnostics := bucket.ParseScript(source.NewFile("script.txt", []byte(test.text)))
		if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0].Message, test.want) || diagnostics[0].Hint == "" || diagnostics.Err() == nil {
			t.Errorf("%s: got %v, want %s", test.name, diagnostics, test.want)
		}
		if script.Value != "" {
			t.Errorf("%s: a refused file has the script %q", test.name, script.Value)
		}
	}
}
