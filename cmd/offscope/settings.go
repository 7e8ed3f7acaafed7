package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/jsengine"
	"offscope/jsontree"
	"offscope/runner"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

// settings are what the flags of a run say, read and checked before any file of tests is.
type settings struct {
	options     runner.Options
	environment environmentChoice
	tests       []string // patterns of test names
	choice      stepChoice
	transport   transport.Options
	engine      *jsengine.Engine
	maxTime     time.Duration
	screen      screen
}

func readSettings(c *cli.Context, s system) (*settings, error) {
	set := &settings{
		tests:  c.StringSlice("test"),
		choice: stepChoice{from: c.String("from"), to: c.String("to"), only: c.StringSlice("step")},
		// The engine comes before any script is compiled, because its time limit holds for the compiled scripts' patterns too.
		engine:  jsengine.New(jsengine.Options{Timeout: c.Duration("script-timeout")}),
		maxTime: c.Duration("max-time"),
	}
	set.options = runner.Options{StopOnFailure: c.Bool("stop-on-failure"), MaxFailures: c.Int("max-failures"), Seed: seedOf(c)}
	var err error
	if set.screen, err = readScreen(c, s); err != nil {
		return nil, err
	}
	for _, read := range []func(*cli.Context, system) error{set.readPauses, set.readValues, set.readEnvironment, set.readTransport} {
		if err := read(c, s); err != nil {
			return nil, err
		}
	}
	return set, nil
}

func seedOf(c *cli.Context) uint64 {
	if c.IsSet("seed") {
		return c.Uint64("seed")
	}
	return randomSeed()
}

func (set *settings) readPauses(c *cli.Context, _ system) error {
	const hint = "as in: --pauses skip, --pauses max=2s"
	mode, value, hasValue := strings.Cut(c.String("pauses"), "=")
	switch {
	case (mode == "" || mode == "keep") && !hasValue:
		return nil
	case mode == "skip" && !hasValue:
		set.options.Pauses.Mode = runner.SkipPauses
		return nil
	case mode == "max":
		longest, err := time.ParseDuration(value)
		if err != nil || longest < 0 {
			return usageHint(hint, "--pauses max= needs a duration such as 500ms, 2s or 1m, not %q", value)
		}
		set.options.Pauses = runner.Pauses{Mode: runner.MaxPauses, Max: longest}
		return nil
	}
	return usageHint(hint, "--pauses takes keep, skip or max=DURATION, not %q", c.String("pauses"))
}

// readValues reads the variables that were given. Their origins decide who wins: files, process environment, flags.
func (set *settings) readValues(c *cli.Context, s system) error {
	for _, path := range c.StringSlice("var-file") {
		values, err := readVariables(s, path, set.screen)
		if err != nil {
			return err
		}
		set.give(false, fromFile(path, values))
	}
	for _, path := range c.StringSlice("secrets-file") {
		values, err := readVariables(s, path, set.screen)
		if err != nil {
			return err
		}
		set.give(true, fromFile(path, values))
	}
	plain, secret := processVariables(s)
	set.give(false, plain)
	set.give(true, secret)
	vars, err := fromFlags(s, "--var", c.StringSlice("var"), false)
	if err != nil {
		return err
	}
	secrets, err := fromFlags(s, "--secret", c.StringSlice("secret"), true)
	if err != nil {
		return err
	}
	set.give(false, vars)
	set.give(true, secrets)
	return nil
}

func (set *settings) give(secret bool, values []variables.Initial) {
	for _, v := range values {
		if secret {
			// A secret is taken as it is: braces in a password are no template.
			v.Value = jsontree.FromString(v.Text.Value)
			set.options.Secrets = append(set.options.Secrets, v.Name)
		}
		set.options.Values = append(set.options.Values, v)
	}
}

const (
	varPrefix    = "OFFSCOPE_VAR_"
	secretPrefix = "OFFSCOPE_SECRET_"
)

func processVariables(s system) (plain, secret []variables.Initial) {
	for _, pair := range s.environ {
		key, value, _ := cutPair(pair)
		if name, ok := strings.CutPrefix(key, varPrefix); ok && name != "" {
			plain = append(plain, given(variables.ProcessEnvironment, key, name, value))
		}
		if name, ok := strings.CutPrefix(key, secretPrefix); ok && name != "" {
			secret = append(secret, given(variables.ProcessEnvironment, key, name, value))
		}
	}
	return plain, secret
}

func fromFile(path string, values []bucket.NamedText) []variables.Initial {
	var out []variables.Initial
	for _, v := range values {
		origin := variables.Origin{Kind: variables.VariableFile, Detail: path, Place: v.Value.Place}
		out = append(out, variables.Initial{Name: v.Name.Value, Text: v.Value, Origin: origin})
	}
	return out
}

// fromFlags reads NAME=VALUE pairs. A secret can also be read from a file, NAME=@FILE, so that it stands in no history.
func fromFlags(s system, flag string, pairs []string, files bool) ([]variables.Initial, error) {
	var out []variables.Initial
	for _, pair := range pairs {
		name, value, ok := cutPair(pair)
		if !ok || name == "" {
			return nil, usageHint("as in: "+flag+" NAME=VALUE", "%s needs a name and a value", flag)
		}
		if path, isFile := strings.CutPrefix(value, "@"); isFile && files {
			f, err := readFile(s, path)
			if err != nil {
				return nil, err
			}
			value = strings.TrimRight(string(f.Bytes()), "\r\n")
		}
		out = append(out, given(variables.Flag, flag, name, value))
	}
	return out, nil
}

// given makes a value that was typed into something a message can point at without showing it.
func given(kind variables.Kind, where, name, value string) variables.Initial {
	f := source.NewFile(where+" "+name, []byte(value))
	f.Private = true
	at := f.Whole()
	return variables.Initial{Name: name, Text: source.Verbatim(at), Origin: variables.Origin{Kind: kind, Detail: where, Place: at}}
}

func (set *settings) readTransport(c *cli.Context, s system) error {
	o := transport.Options{
		Timeout: c.Duration("timeout"), ConnectTimeout: c.Duration("connect-timeout"), Insecure: c.Bool("insecure"),
		Proxy: c.String("proxy"), UserAgent: "offscope/" + version,
		Getenv: func(name string) string { value, _ := s.getenv(name); return value },
	}
	var err error
	if o.MaxBody, err = sizeOf(c.String("max-body")); err != nil {
		return err
	}
	if path := c.String("cacert"); path != "" {
		authorities, err := readFile(s, path)
		if err != nil {
			return err
		}
		o.CACert = authorities.Bytes()
	}
	for _, text := range c.StringSlice("connect-to") {
		to, err := transport.ParseConnectTo(text)
		if err != nil {
			return usage("--%w", err)
		}
		o.ConnectTo = append(o.ConnectTo, to)
	}
	for _, text := range c.StringSlice("resolve") {
		to, err := transport.ParseResolve(text)
		if err != nil {
			return usage("--%w", err)
		}
		o.Resolve = append(o.Resolve, to)
	}
	set.transport = o
	return nil
}

func newClient(o transport.Options) (*transport.Client, error) {
	client, err := transport.New(o)
	if err != nil {
		return nil, usage("%w", err)
	}
	return client, nil
}

// sizeOf reads a size such as 64MiB, 10MB or 4096; 0 for none.
func sizeOf(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, known := units[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n <= 0 || n > (1<<62)/unit {
		return 0, usageHint("as in: --max-body 64MiB", "--max-body needs a size, not %q", text)
	}
	return n * unit, nil
}

var units = map[string]int64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20, "g": 1 << 30, "gib": 1 << 30,
}

// plan makes a plan of every chosen test. Nothing chosen is a usage error.
func (set *settings) plan(documents []*bucket.Document) ([]*runner.Plan, error) {
	var plans []*runner.Plan
	var all []string
	for _, d := range documents {
		for _, test := range d.Tests {
			name := strings.TrimSpace(test.Name.Value)
			all = append(all, name)
			if !matchesAny(set.tests, name) {
				continue
			}
			p, err := set.planTest(d, test)
			if err != nil {
				return nil, err
			}
			plans = append(plans, p)
		}
	}
	if len(plans) == 0 {
		return nil, noTest(set.tests, all)
	}
	return plans, nil
}

func (set *settings) planTest(d *bucket.Document, test *bucket.Test) (*runner.Plan, error) {
	o := set.options
	var err error
	if o.Environment, err = set.environment.of(d, test); err != nil {
		return nil, err
	}
	o.InitialScript = set.environment.script
	if o.Choose, err = set.choice.of(test); err != nil {
		return nil, err
	}
	p := runner.NewPlan(test, o)
	if !p.HasRequest() {
		return nil, usageHint("a run needs at least one step that sends something", "%s: no request step of %q is to be run", d.File.Name, test.Name.Value)
	}
	return p, nil
}

func noTest(wanted, all []string) error {
	return usageHint("the tests are "+quoted(unique(all)), "no test is called %s", strings.Join(wanted, " or "))
}

func quoted(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", n))
	}
	return strings.Join(out, ", ")
}
