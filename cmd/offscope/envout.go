package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/runner"
)

// An environmentFile is an environment file that we write. Paths in it are relative to its own place.
type environmentFile struct {
	head, name      string
	extends, script string
	values          []yamlValue
}

// A yamlValue is one initial variable of an environment file that we write.
type yamlValue struct {
	name, value, comment string
	secret               bool
	// blank leaves the place of the value empty, so that it counts as not given until somebody fills it in.
	blank bool
}

func (f environmentFile) String() string {
	var out strings.Builder
	for _, line := range strings.Split(f.head, "\n") {
		out.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	fmt.Fprintf(&out, "name: %s\n", yamlQuote(f.name))
	if f.extends != "" {
		fmt.Fprintf(&out, "extends: %q\n", f.extends)
	}
	out.WriteString("initial_variables:\n")
	var secrets []string
	for _, v := range f.values {
		fmt.Fprintf(&out, "  %s:", yamlQuote(v.name))
		if !v.blank {
			out.WriteString(" " + yamlQuote(v.value))
		}
		if v.comment != "" {
			out.WriteString("  # " + v.comment)
		}
		out.WriteByte('\n')
		if v.secret {
			secrets = append(secrets, yamlQuote(v.name))
		}
	}
	if len(f.values) == 0 {
		out.WriteString("  {}\n")
	}
	if len(secrets) > 0 {
		fmt.Fprintf(&out, "secrets: [%s]\n", strings.Join(secrets, ", "))
	}
	if f.script != "" {
		fmt.Fprintf(&out, "initial_script_file: %q\n", f.script)
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

// writeFillIn writes an environment file with every variable that has to be supplied, to be filled in by a person. What was
// found out with an environment and a script needs them in a run, too: the file names them.
func writeFillIn(c *cli.Context, s system, d *bucket.Document, missing []runner.Need) error {
	path := c.String("env-out")
	if _, err := os.Stat(path); err == nil {
		return usageHint("give another name, or remove it first", "%s exists and is not overwritten", path)
	}
	out := environmentFile{
		head: "Fill in the values, then: offscope run " + shellWord(d.File.Name) + " -e " + shellWord(path) +
			"\nNames under \"secrets\" are never shown.",
		name:    strings.TrimSuffix(filepath.Base(d.File.Name), filepath.Ext(d.File.Name)),
		extends: seenFrom(path, c.String("env")), script: seenFrom(path, c.String("initial-script")),
	}
	if out.script == "" {
		out.head += " A script that sets variables first: initial_script_file."
	}
	seen := map[string]bool{}
	for _, need := range missing {
		if seen[need.Name] {
			continue
		}
		seen[need.Name] = true
		v := yamlValue{name: need.Name, secret: need.Secret || isCredential(d, need.Name), comment: strings.TrimSuffix(needPlace(need), ": as a secret"), blank: true}
		if need.Script {
			v.comment, v.blank = "a script asks for it ("+scriptPlace(need.Step)+"); without this line it gets undefined", false
		}
		out.values = append(out.values, v)
	}
	if err := writePrivate(path, out.String()); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "wrote %s with %s to fill in\n", path, count(len(out.values), "variable"))
	return nil
}

// seenFrom is the path of a file, with the name of an environment perhaps, as a file at another place names it; "" for what is no
// file, such as stdin or the name of an environment in an export.
func seenFrom(place, named string) string {
	path, name, hasName := strings.Cut(named, "#")
	if _, err := os.Stat(path); err != nil || path == "-" {
		return ""
	}
	if relative, err := filepath.Rel(filepath.Dir(place), path); err == nil && !filepath.IsAbs(path) {
		path = relative
	}
	if hasName {
		return path + "#" + name
	}
	return path
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
