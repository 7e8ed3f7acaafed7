package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"offscope/bucket"
	"offscope/runner"
)

// A yamlValue is one initial variable of an environment file that we write.
type yamlValue struct {
	name, value, comment string
	secret               bool
}

// environmentText writes an environment file.
func environmentText(head, name string, values []yamlValue) string {
	var out strings.Builder
	for _, line := range strings.Split(head, "\n") {
		out.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	fmt.Fprintf(&out, "name: %s\ninitial_variables:\n", yamlQuote(name))
	var secrets []string
	for _, v := range values {
		fmt.Fprintf(&out, "  %s: %s", yamlQuote(v.name), yamlQuote(v.value))
		if v.comment != "" {
			out.WriteString("  # " + v.comment)
		}
		out.WriteByte('\n')
		if v.secret {
			secrets = append(secrets, yamlQuote(v.name))
		}
	}
	if len(values) == 0 {
		out.WriteString("  {}\n")
	}
	if len(secrets) > 0 {
		fmt.Fprintf(&out, "secrets: [%s]\n", strings.Join(secrets, ", "))
	}
	return out.String()
}

// yamlQuote writes a string as a YAML double-quoted scalar, or bare when that cannot be mistaken.
func yamlQuote(s string) string {
	bare := s != ""
	for i, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			bare = false
		}
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n":
		bare = false
	}
	if bare {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// writePrivate writes a file that only its owner may read, and never half of it.
func writePrivate(path, content string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return usage("cannot write %s: %w", path, failed.Err) // the temporary name says nothing to anybody
	}
	if err != nil {
		return usage("%w", err)
	}
	defer os.Remove(temporary.Name())
	if _, err := temporary.WriteString(content); err != nil {
		return usage("%w", err)
	}
	if err := temporary.Close(); err != nil {
		return usage("%w", err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return usage("%w", err)
	}
	return nil
}

// writeFillIn writes an environment file with every variable that has to be supplied, to be filled in by a person.
func writeFillIn(s system, path string, d *bucket.Document, missing []runner.Need) error {
	if _, err := os.Stat(path); err == nil {
		return usageHint("give another name, or remove it first", "%s exists and is not overwritten", path)
	}
	var values []yamlValue
	seen := map[string]bool{}
	for _, need := range missing {
		if seen[need.Name] {
			continue
		}
		seen[need.Name] = true
		comment := strings.TrimSuffix(needPlace(need), ": as a secret")
		if need.Script {
			comment = "a script asks for it (" + scriptPlace(need.Step) + "); without this line it gets undefined"
		}
		values = append(values, yamlValue{name: need.Name, secret: need.Secret || isCredential(d, need.Name), comment: comment})
	}
	name := strings.TrimSuffix(filepath.Base(d.File.Name), filepath.Ext(d.File.Name))
	head := "Fill in the values, then: offscope run " + shellWord(d.File.Name) + " -e " + shellWord(path) +
		"\nNames under \"secrets\" are never shown. A script that sets variables first: initial_script_file."
	if err := writePrivate(path, environmentText(head, name, values)); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "wrote %s with %s to fill in\n", path, count(len(values), "variable"))
	return nil
}

// isCredential reports whether a test sends the variable to prove who it is. A run masks it anyway; the file says so.
func isCredential(d *bucket.Document, name string) bool {
	for _, test := range d.Tests {
		for _, step := range test.Steps {
			request, ok := step.(*bucket.Request)
			if !ok {
				continue
			}
			for _, h := range request.Headers {
				if strings.EqualFold(h.Name.Value, "Authorization") && strings.Contains(h.Value.Value, "{{"+name+"}}") {
					return true
				}
			}
		}
	}
	return false
}

// shellWord quotes a word for a shell when it needs it.
func shellWord(word string) string {
	safe := word != ""
	for _, r := range word {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:=@%+,#", r) {
			safe = false
		}
	}
	if safe && word[0] != '#' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
