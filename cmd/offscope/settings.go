package main

import (
	"errors"
	"slices"
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
	iterations  []iteration
	transport   transport.Options
	// given are the flags that were given and that an environment can decide otherwise.
	given        map[string]bool
	surroundings map[*bucket.Environment]*surroundings
	engine       *jsengine.Engine
	inbox        transport.InboxOptions
	maxTime      time.Duration
	jobs         int
	debugging    *debugging // nil for a run without a prompt
	awaited      []awaited
	shard        sharding
	ci           string
	leftovers    runner.Leftovers
	release      func() (signal string) // gives signals back to the system, and tells of one that has come; nil before the run
	screen       screen
}

func readSettings(c *cli.Context, s system) (*settings, error) {
	set := &settings{
		tests:   c.StringSlice("test"),
		choice:  stepChoice{from: c.String("from"), to: c.String("to"), only: c.StringSlice("step")},
		maxTime: c.Duration("max-time"), given: map[string]bool{}, surroundings: map[*bucket.Environment]*surroundings{},
		inbox: transport.InboxOptions{Address: c.String("inbound-listen"), PublicURL: c.String("inbound-url")},
	}
	// The engine comes before any script is compiled, because its time limit holds for the compiled scripts' patterns too.
	var err error
	if set.engine, err = newEngine(c, s); err != nil {
		return nil, err
	}
	for _, name := range []string{"insecure", "http1.1", "http2"} {
		set.given[name] = c.IsSet(name)
	}
	set.options = runner.Options{
		StopOnFailure: choice(c, "stop-on-failure"), MaxFailures: c.Int("max-failures"), Seed: seedOf(c), AllowSkip: c.Bool("allow-skip"),
		Preflight: !c.Bool("no-preflight"), Retry: c.Int("retry"),
	}
	if set.options.Retry < 0 || set.options.Retry > mostRetries {
		return nil, usage("--retry needs a number from 0 to %d, not %d", mostRetries, set.options.Retry)
	}
	if set.options.Retry > 0 && c.Bool("debug-on-failure") {
		return nil, usage("--debug-on-failure asks at a failure: leave --retry out")
	}
	if set.ci, err = ciOf(c, s); err != nil {
		return nil, err
	}
	if c.Bool("debug-on-failure") {
		if slices.Contains(c.Args().Slice(), "-") {
			return nil, usage("stdin cannot be the file with --debug-on-failure: the commands are read from it")
		}
		set.debugging = &debugging{onFailure: true}
	}
	if c.Bool("cleanup") {
		set.leftovers = runner.DeleteLeftovers
	}
	if set.options.Cookies, err = onOff(c, "cookies"); err != nil {
		return nil, err
	}
	if set.screen, err = readScreen(c, s); err != nil {
		return nil, err
	}
	if set.jobs = c.Int("jobs"); set.jobs < 0 || set.jobs > mostJobs {
		return nil, usage("--jobs needs a number from 1 to %d, not %d", mostJobs, set.jobs)
	}
	if set.jobs > 1 && c.Bool("debug-on-failure") {
		return nil, usage("--debug-on-failure asks about one test at a time: leave --jobs out")
	}
	if set.jobs > 1 && set.screen.showSecrets {
		return nil, usage("--show-secrets shows one test at a time: leave --jobs out")
	}
	for _, read := range []func(*cli.Context, system) error{
		set.readPauses, set.readValues, set.readEnvironment, set.readTransport, set.readIterations, set.readAwaited, set.readShard,
	} {
		if err := read(c, s); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// mostRetries is more than a test that is worth something needs.
const mostRetries = 100

// mostJobs is far more tests at a time than anybody's server likes.
const mostJobs = 1024

func newEngine(c *cli.Context, s system) (*jsengine.Engine, error) {
	memory, err := sizeOf("script-memory", c.String("script-memory"))
	if err != nil {
		return nil, err
	}
	o := jsengine.Options{Timeout: c.Duration("script-timeout"), Memory: memory}
	if c.Bool("isolate") {
		o.Worker = s.worker
	}
	return jsengine.New(o), nil
}

// choice is a flag that may be left to the environment.
func choice(c *cli.Context, name string) runner.Choice {
	switch {
	case !c.IsSet(name):
		return runner.AsEnvironment
	case c.Bool(name):
		return runner.On
	}
	return runner.Off
}

func onOff(c *cli.Context, name string) (runner.Choice, error) {
	switch c.String(name) {
	case "":
		return runner.AsEnvironment, nil
	case "on":
		return runner.On, nil
	case "off":
		return runner.Off, nil
	}
	return 0, usageHint("as in: --"+name+" on", "--%s takes on or off, not %q", name, c.String(name))
}

func seedOf(c *cli.Context) uint64 {
	if c.IsSet("seed") {
		return c.Uint64("seed")
	}
	return randomSeed()
}

func (set *settings) readPauses(c *cli.Context, _ system) error {
	const hint = "as in: --pauses poll, --pauses skip, --pauses max=2s"
	mode, value, hasValue := strings.Cut(c.String("pauses"), "=")
	switch {
	case (mode == "" || mode == "keep") && !hasValue:
		return nil
	case mode == "skip" && !hasValue:
		set.options.Pauses.Mode = runner.SkipPauses
		return nil
	case mode == "poll" && !hasValue:
		set.options.Pauses.Mode = runner.PollPauses
		return nil
	case mode == "max":
		longest, err := time.ParseDuration(value)
		if err != nil || longest < 0 {
			return usageHint(hint, "--pauses max= needs a duration such as 500ms, 2s or 1m, not %q", value)
		}
		set.options.Pauses = runner.Pauses{Mode: runner.MaxPauses, Max: longest}
		return nil
	}
	return usageHint(hint, "--pauses takes keep, skip, poll or max=DURATION, not %q", c.String("pauses"))
}

// readValues reads the variables that were given. Their origins decide who wins: files, process environment, flags.
func (set *settings) readValues(c *cli.Context, s system) error {
	if c.Command.Name != "rerun" { // whose arguments are no files
		if err := unquoted(c); err != nil {
			return err
		}
	}
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
			var err error
			if value, err = readSecret(s, path); err != nil {
				return nil, err
			}
		}
		out = append(out, given(variables.Flag, flag, name, value))
	}
	return out, nil
}

// readSecret reads a secret from a file of its own: without the end of its line, and without what editors and shells on Windows
// put before it.
func readSecret(s system, path string) (string, error) {
	f, err := readFile(s, path)
	if err != nil {
		return "", err
	}
	text := string(f.Bytes())
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "", usageHint("save it as UTF-8", "%s: the file is UTF-16 text", path)
	}
	return strings.TrimRight(strings.TrimPrefix(text, "\ufeff"), "\r\n"), nil
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
	if o.MaxBody, err = sizeOf("max-body", c.String("max-body")); err != nil {
		return err
	}
	set.inbox.MaxBody = o.MaxBody
	if err := readProtocol(c, &o); err != nil {
		return err
	}
	if err := readCertificate(c, s, &o); err != nil {
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

func readProtocol(c *cli.Context, o *transport.Options) error {
	if c.Bool("http1.1") && c.Bool("http2") {
		return usage("--http1.1 and --http2 exclude each other")
	}
	if c.Bool("http2") {
		o.HTTPVersion = transport.HTTP2Fallback
	}
	o.UnixSocket = c.String("unix-socket")
	for host := range strings.SplitSeq(c.String("no-proxy"), ",") {
		if host = strings.TrimSpace(host); host != "" {
			o.NoProxy = append(o.NoProxy, host)
		}
	}
	return nil
}

// readCertificate reads the client certificate. A passphrase is a secret and so is no flag.
func readCertificate(c *cli.Context, s system, o *transport.Options) error {
	for flag, to := range map[string]*[]byte{"cert": &o.Certificate, "key": &o.Key} {
		if path := c.String(flag); path != "" {
			f, err := readFile(s, path)
			if err != nil {
				return err
			}
			*to = f.Bytes()
		}
	}
	if len(o.Key) > 0 && len(o.Certificate) == 0 {
		return usageHint("as in: --cert client.pem --key client.key", "--key needs --cert")
	}
	o.Passphrase, _ = s.getenv(passphraseVariable)
	return nil
}

// passphraseVariable is the process variable with the passphrase of a client certificate's key.
const passphraseVariable = "OFFSCOPE_CERT_PASSPHRASE"

func newClient(o transport.Options) (*transport.Client, error) {
	client, err := transport.New(o)
	if errors.Is(err, transport.ErrNoPassphrase) {
		return nil, usageHint("put it into the process variable "+passphraseVariable+"; an environment has passphrase below client_certificate for it", "%w", err)
	}
	if err != nil {
		return nil, usage("%w", err)
	}
	return client, nil
}

// sizeOf reads a flag's size such as 64MiB, 10MB or 4096; 0 for none.
func sizeOf(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, known := units[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n <= 0 || n > (1<<62)/unit {
		return 0, usageHint("as in: --"+flag+" 64MiB", "--%s needs a size, not %q", flag, text)
	}
	return n * unit, nil
}

var units = map[string]int64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20, "g": 1 << 30, "gib": 1 << 30,
}
