package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/source"
)

// environmentChoice is the environment a run was given: from a file, or by name from the export itself.
type environmentChoice struct {
	loaded *bucket.Environment
	name   string
	script *source.Text // from --initial-script
}

func (set *settings) readEnvironment(c *cli.Context, s system) error {
	if path := c.String("initial-script"); path != "" {
		script, err := readScript(s, path)
		if err != nil {
			return err
		}
		set.environment.script = &script
	}
	chosen := c.String("env")
	if chosen == "" {
		return nil
	}
	path, name, _ := strings.Cut(chosen, "#")
	if _, err := os.Stat(path); err != nil {
		if looksLikeFile(path) {
			return noFile(path, err)
		}
		set.environment.name = chosen
		return nil
	}
	environment, err := loadEnvironment(s, path, name, set.screen)
	if err != nil {
		return err
	}
	set.environment.loaded = environment
	return set.environment.readOwnScript(s)
}

func readScript(s system, path string) (source.Text, error) {
	f, err := readFile(s, path)
	if err != nil {
		return source.Text{}, err
	}
	at := f.Whole()
	if strings.HasPrefix(string(f.Bytes()), "\uFEFF") {
		at.Start = len("\uFEFF")
	}
	return source.Verbatim(at), nil
}

func loadEnvironment(s system, path, name string, screen screen) (*bucket.Environment, error) {
	f, err := readFile(s, path)
	if err != nil {
		return nil, err
	}
	environments, diagnostics := bucket.ParseEnvironment(f)
	screen.diagnose(s, diagnostics)
	if diagnostics.Err() != nil || len(environments) == 0 {
		return nil, exit(exitUsage)
	}
	if name == "" && len(environments) == 1 {
		return environments[0], nil
	}
	var all []string
	for _, e := range environments {
		if e.Name == name {
			return e, nil
		}
		all = append(all, e.Name)
	}
	if name == "" {
		return nil, usageHint("choose one: -e "+shellWord(path+"#"+all[0]), "%s holds several environments: %s", path, quoted(all))
	}
	return nil, usage("%s holds no environment %q; it has %s", path, name, quoted(all))
}

// readOwnScript reads the script file that the environment file names, unless a flag gives another one.
func (e *environmentChoice) readOwnScript(s system) error {
	named := e.loaded.InitialScriptFile
	if named.Value == "" || e.script != nil {
		return nil
	}
	path := named.Value
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(e.loaded.File.Name), path)
	}
	script, err := readScript(s, path)
	if err != nil {
		return usage("%s: initial_script_file: %w", named.Place, err)
	}
	e.script = &script
	return nil
}

// of returns the environment for a test: the one that was given, else the test's own default.
func (e environmentChoice) of(d *bucket.Document, test *bucket.Test) (*bucket.Environment, error) {
	if e.loaded != nil {
		return e.loaded, nil
	}
	env, err := e.embedded(d, test)
	if err != nil || env == nil {
		return nil, err
	}
	if len(env.Unsupported) > 0 {
		u := env.Unsupported[0]
		return nil, usageHint("take what you need into an environment file of your own, and give it with -e",
			"%s: the environment %q cannot be used: %s is not supported yet", u.Place, env.Name, u.What)
	}
	return env, nil
}

// embedded finds an environment that stands in the file of tests itself.
func (e environmentChoice) embedded(d *bucket.Document, test *bucket.Test) (*bucket.Environment, error) {
	embedded := append(append([]*bucket.Environment{}, test.Environments...), d.Environments...)
	var all []string
	for _, env := range embedded {
		if e.name == "" && env.ID != "" && env.ID == test.DefaultEnvironmentID || e.name != "" && env.Name == e.name {
			return env, nil
		}
		all = append(all, env.Name)
	}
	switch {
	case e.name == "":
		return nil, nil
	case len(all) == 0:
		return nil, usageHint("exports hold no environments; give a file: -e environment.yaml", "no file and no environment is called %q", e.name)
	}
	return nil, usage("no file and no environment is called %q; %s has %s", e.name, d.File.Name, quoted(all))
}
