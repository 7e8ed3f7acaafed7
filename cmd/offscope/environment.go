package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
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
		script, err := readInitialScript(s, set.screen, path)
		if err != nil {
			return err
		}
		set.environment.script = &script
	}
	chosen := c.String("env")
	if chosen == "" {
		return nil
	}
	path, _, _ := strings.Cut(chosen, "#")
	if _, err := os.Stat(path); err != nil && path != "-" {
		if looksLikeFile(path) {
			return noFile(path, err)
		}
		set.environment.name = chosen
		return nil
	}
	var err error
	set.environment.loaded, err = environmentLoader{s: s, screen: set.screen, ownScript: set.environment.script != nil}.load(chosen)
	return err
}

// readInitialScript reads a script, unless the file is known to be something else.
func readInitialScript(s system, screen screen, path string) (source.Text, error) {
	f, err := readFile(s, path)
	if err != nil {
		return source.Text{}, err
	}
	script, diagnostics := bucket.ParseScript(f)
	screen.diagnose(s, diagnostics)
	if diagnostics.Err() != nil {
		return source.Text{}, exit(exitUsage)
	}
	return script, nil
}

// readScript reads the text of a library.
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

// An environmentLoader reads an environment file with everything it refers to.
type environmentLoader struct {
	s      system
	screen screen
	// ownScript says that a flag gives an initial script in the place of the environment's own.
	ownScript bool
	within    []string // the files that are being read, the outermost first
}

// load reads FILE or FILE#NAME, and what it extends.
func (l environmentLoader) load(named string) (*bucket.Environment, error) {
	path, name, _ := strings.Cut(named, "#")
	if i := slices.Index(l.within, named); i >= 0 {
		way := append(slices.Clone(l.within[i:]), named)
		return nil, usageHint("take one \"extends\" out", "environments extend each other in a circle: %s", strings.Join(way, " → "))
	}
	l.within = append(slices.Clone(l.within), named)
	env, err := l.read(path, name)
	if err != nil {
		return nil, err
	}
	return l.complete(env)
}

func (l environmentLoader) read(path, name string) (*bucket.Environment, error) {
	f, err := readFile(l.s, path)
	if err != nil {
		return nil, err
	}
	environments, diagnostics := bucket.ParseEnvironment(f)
	l.screen.diagnose(l.s, diagnostics)
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

// complete reads the files that an environment names: the one it extends, and its initial script. The model stays as it is.
func (l environmentLoader) complete(env *bucket.Environment) (*bucket.Environment, error) {
	whole := *env
	inherited := l
	inherited.ownScript = false
	switch {
	case env.Extends.Value != "":
		parent, err := inherited.load(beside(env.Extends))
		if err != nil {
			return nil, blamed(env.Extends, "extends", err)
		}
		whole.Parent = parent
	case env.Parent != nil:
		parent, err := inherited.complete(env.Parent)
		if err != nil {
			return nil, err
		}
		whole.Parent = parent
	}
	if env.InitialScriptFile.Value != "" && !l.ownScript {
		script, err := readInitialScript(l.s, l.screen, beside(env.InitialScriptFile))
		if err != nil {
			return nil, blamed(env.InitialScriptFile, "initial_script_file", err)
		}
		whole.Script = script
	}
	l.screen.diagnose(l.s, whole.Overruled())
	if whole.Parent == env.Parent && (env.InitialScriptFile.Value == "" || l.ownScript) {
		return env, nil // one environment has one client, however many tests it is used for
	}
	return &whole, nil
}

// blamed says which line of an environment file names a file that cannot be read, and keeps the hint.
func blamed(named source.Text, key string, err error) error {
	if isExit(err) {
		return err
	}
	hint := ""
	if inner := (*exitError)(nil); errors.As(err, &inner) {
		hint = inner.hint
	}
	if hint == hintNoFile {
		hint = "check the name; a path is relative to the folder of the file it stands in"
	}
	return usageHint(hint, "%s: %s: %w", named.Place, key, err)
}

// beside is the path of a file that another file names.
func beside(named source.Text) string {
	path := named.Value
	if filepath.IsAbs(path) || named.Place.File == nil || named.Place.File.Name == "-" {
		return path
	}
	return filepath.Join(filepath.Dir(named.Place.File.Name), path)
}

// of returns the environment for a test: the one that was given, else the test's own default.
func (e environmentChoice) of(s system, screen screen, d *bucket.Document, test *bucket.Test) (*bucket.Environment, error) {
	if e.loaded != nil {
		return e.loaded, nil
	}
	env, err := e.embedded(d, test)
	if err != nil || env == nil {
		return nil, err
	}
	return usable(environmentLoader{s: s, screen: screen, ownScript: e.script != nil}, env)
}

// usable completes an environment that stands in a file of tests, unless it says what cannot be followed.
func usable(l environmentLoader, env *bucket.Environment) (*bucket.Environment, error) {
	if cannot := env.Merged().Unsupported; len(cannot) > 0 {
		return nil, usageHint("take what you need into an environment file of your own, and give it with -e",
			"%s: the environment %q cannot be used: %s is not supported", cannot[0].Place, env.Name, cannot[0].What)
	}
	return l.complete(env)
}

// embedded finds an environment that stands in the file of tests itself.
func (e environmentChoice) embedded(d *bucket.Document, test *bucket.Test) (*bucket.Environment, error) {
	var all []string
	for _, env := range environmentsOf(d, test) {
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

func environmentsOf(d *bucket.Document, test *bucket.Test) []*bucket.Environment {
	return slices.Concat(test.Environments, d.Environments)
}
