package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestPatternsOfTestNames(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		pattern, name string
		want          bool
	}{
		{"Users", "Users", true},
		{"Users", "Users: list", false},
		{"Users*", "Users: list", true},
		{"*list", "Users/list", true},
		{"*", "", true},
		{"", "", true},
		{"?", "", false},
		{"U?ers", "Users", true},
		{"*a*b*c*", "xxaxxbxxcxx", true},
		{"*a*b*c*", "xxcxxbxxaxx", false},
		{"[ab]", "[ab]", true}, // brackets are no classes: names have them
		{"[ab]", "a", false},
	} {
		if got := matchesAny([]string{row.pattern}, row.name); got != row.want {
			t.Errorf("%q fits %q: %v", row.pattern, row.name, got)
		}
	}
	if !matchesAny(nil, "anything") {
		t.Error("no pattern leaves something out")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"": 0, "1": 1, "4096": 4096, "10b": 10, "1kB": 1000, "1K": 1024, "64MiB": 64 << 20, "64 MiB": 64 << 20, "2gb": 2e9,
	} {
		if got, err := sizeOf("max-body", text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"0", "-1", "MiB", "1.5MB", "1tb", "99999999999999999999", "9223372036854775807KiB", "1 2", "1MiB2"} {
		if got, err := sizeOf("max-body", text); err == nil {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
}

func TestWordsForAShell(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"a.json": "a.json", "": "''", "my test.json": "'my test.json'", "it's": `'it'\''s'`, "#a": "'#a'", "f#a": "f#a", "$HOME": "'$HOME'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

func TestScalarsOfEnvironmentFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"auth": "auth", "a1": "a1", "1a": `"1a"`, "yes": `"yes"`, "Null": `"Null"`, "": `""`, "a: b": `"a: b"`, "q\"\n": `"q\"\n"`, "a-b": `"a-b"`,
	} {
		if got := yamlQuote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestHelpBreaksLinesBetweenWords(t *testing.T) {
	t.Parallel()
	got := wrapWords("one two three  four", 9)
	if len(got) != 3 || got[0] != "one two" || got[1] != "three" || got[2] != "four" {
		t.Errorf("got %q", got)
	}
}

func TestWithoutUser(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"http://ann:pw@h/x?m=a@b": "http://[user]@h/x?m=a@b", "http://h/x@y": "http://h/x@y", "{{base}}/x": "{{base}}/x", "https://t@h": "https://[user]@h",
	} {
		if got := withoutUser(url); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

// Files that were written on Windows begin with a mark or are in another encoding; neither is a part of the secret.
func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token.txt")
	for text, want := range map[string]string{
		"Bearer abc": "Bearer abc", "Bearer abc\r\n": "Bearer abc", "\ufeffBearer abc\n": "Bearer abc", " a ": " a ", "": "", "\ufeff": "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := fromFlags(system{}, "--secret", []string{"auth=@" + path}, true)
		if err != nil || len(got) != 1 || got[0].Text.Value != want {
			t.Errorf("%q: got %v, %v, want %q", text, got, err, want)
		}
	}
	if err := os.WriteFile(path, []byte("\xff\xfea\x00b\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := fromFlags(system{}, "--secret", []string{"auth=@" + path}, true); err == nil || exitCode(err) != exitUsage {
		t.Errorf("UTF-16: got %v, %v", got, err)
	}
}

func TestWhyAFileCannotBeRead(t *testing.T) {
	t.Parallel()
	err := noFile("a/test.json", &fs.PathError{Op: "open", Path: "a/test.json", Err: fs.ErrPermission})
	if want := "a/test.json: cannot be read: permission denied"; err.Error() != want || exitCode(err) != exitUsage {
		t.Errorf("got %q, %d; want %q", err, exitCode(err), want)
	}
}
