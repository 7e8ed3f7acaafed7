package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/event"
	"offscope/record"
	"offscope/runner"
	"offscope/source"
)

func recordFlags() []cli.Flag {
	return []cli.Flag{
		text(groupReports, "record", "`DIR` keep the records of runs there (default: $XDG_STATE_HOME/offscope/runs, the newest 50)"),
		toggle(groupReports, "no-record", "keep no record of this run"),
	}
}

// stateDir is where this program keeps what outlives a run; "" when the user has no such place.
func (s system) stateDir() string {
	if dir, _ := s.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "offscope")
	}
	if home, _ := s.getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "offscope")
	}
	if dir, _ := s.getenv("LocalAppData"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "offscope")
	}
	return ""
}

// openRecord opens a run by its name, or a saved stream by its path; "" is the newest run.
func openRecord(c *cli.Context, s system, name string) (*record.Record, error) {
	dir := recordDir(c, s)
	if dir == "" && name == "" {
		return nil, noRecords()
	}
	r, err := record.Store{Dir: dir}.Open(name)
	if err != nil {
		return nil, usage("%w", err)
	}
	return r, nil
}

func noRecords() error {
	return usageHint("--record DIR names one", "there is no folder for records: neither XDG_STATE_HOME nor HOME is set")
}

// recordDir is the folder of the records, "" when there is no place for any.
func recordDir(c *cli.Context, s system) string {
	if dir := c.String("record"); dir != "" {
		return dir
	}
	if dir := s.stateDir(); dir != "" {
		return filepath.Join(dir, "runs")
	}
	return ""
}

// startRecord begins the record of a run; nil when none is kept. Secrets that are shown are not to be kept, so --show-secrets
// keeps none. A default place that cannot be written is no reason not to run.
func (set *settings) startRecord(c *cli.Context, s system, documents []*bucket.Document, plans []*runner.Plan) (*record.Writer, error) {
	if len(documents) == 0 || c.Bool("no-record") || set.screen.showSecrets {
		return nil, nil
	}
	dir := recordDir(c, s)
	if dir == "" {
		return nil, nil
	}
	w, err := record.Store{Dir: dir}.Create(metaOf(c, documents, plans))
	switch {
	case err == nil:
		return w, nil
	case c.String("record") != "":
		return nil, usage("%w", err)
	}
	return nil, nil
}

// endRecord closes the record. On a terminal it says how to go on from a failure.
func (set *settings) endRecord(s system, w *record.Writer, end event.RunFinished) {
	if w == nil {
		return
	}
	_ = w.Close()
	if err := w.Err(); err != nil {
		fmt.Fprintf(s.stderr, "warning: the record of this run is not complete: %v\n", err)
		return
	}
	if s.hasProgress() && end.Outcome != event.Passed && end.Counts.Requests > 0 {
		fmt.Fprintf(s.stderr, "recorded as %s; offscope rerun goes on at the first step that failed\n", w.ID())
	}
}

func metaOf(c *cli.Context, documents []*bucket.Document, plans []*runner.Plan) record.Meta {
	m := record.Meta{Version: version, Started: time.Now(), Arguments: recordedArguments(c)}
	m.WorkDir, _ = os.Getwd()
	for _, d := range documents {
		m.Files = append(m.Files, record.File{Path: d.File.Name, SHA256: sumOf(d.File)})
	}
	m.Beside = besideOf(plans, documents)
	m.Sums = map[string][]string{}
	for _, p := range plans {
		if key := sumsKeyOf(p); m.Sums[key] == nil {
			m.Sums[key] = sumsOf(p)
		}
		m.Tests = append(m.Tests, strings.TrimSpace(p.Test.Name.Value))
		m.Secrets = append(m.Secrets, p.SecretNames()...)
	}
	slices.Sort(m.Secrets)
	m.Secrets = slices.Compact(m.Secrets)
	return m
}

func sumOf(f *source.File) string {
	sum := sha256.Sum256(f.Bytes())
	return hex.EncodeToString(sum[:])
}

// keptFlags are the flags of a run that a later run from its record takes over: those that say which tests and steps were
// wanted and where values, servers and scripts are, and none that holds a value or only says how results are shown. The values
// of variables are in the record itself.
var keptFlags = []string{
	"var-file", "secrets-file", "env", "initial-script", "test", "from", "to", "step", "pauses", "stop-on-failure", "max-failures", "data", "repeat",
	"allow-skip", "no-preflight", "timeout", "connect-timeout", "max-body", "insecure", "cacert", "connect-to", "resolve", "cert", "key", "no-proxy",
	"unix-socket", "http1.1", "http2", "cookies", "inbound-listen", "inbound-url", "script-timeout", "script-memory", "isolate",
}

// recordedArguments are the flags and files of a run as they could be given again. Of secrets only the names of the files are
// kept in which they stand.
func recordedArguments(c *cli.Context) []string {
	var all []string
	for _, name := range keptFlags {
		all = append(all, asArguments(c, name)...)
	}
	for _, pair := range c.StringSlice("secret") {
		if _, value, _ := cutPair(pair); strings.HasPrefix(value, "@") {
			all = append(all, "--secret="+pair)
		}
	}
	if proxy := c.String("proxy"); proxy != "" && !strings.Contains(proxy, "@") {
		all = append(all, "--proxy="+proxy) // one with a password is to be given again
	}
	return append(append(all, "--"), c.Args().Slice()...)
}

// asArguments writes the values that a flag was given, none when it was not.
func asArguments(c *cli.Context, name string) []string {
	if !c.IsSet(name) {
		return nil
	}
	list, isList := c.Value(name).(cli.StringSlice)
	if !isList {
		return []string{fmt.Sprintf("--%s=%v", name, c.Value(name))}
	}
	var all []string
	for _, value := range list.Value() {
		all = append(all, "--"+name+"="+value)
	}
	return all
}

// recordedHere are the flags and the files of a recorded run, with its paths as they are reached from where we are.
func recordedHere(m record.Meta) (flags, files []string, err error) {
	end := slices.Index(m.Arguments, "--")
	if end < 0 || end+1 == len(m.Arguments) {
		return nil, nil, usageHint("offscope runs lists the recorded runs", "%s says nothing of the files that were run", m.ID)
	}
	for _, path := range m.Arguments[end+1:] {
		if path == "-" {
			return nil, nil, usage("run %s read its test from stdin, which is in no record", m.ID)
		}
		files = append(files, pathFrom(m.WorkDir, path))
	}
	for _, argument := range m.Arguments[:end] {
		flags = append(flags, flagFrom(m.WorkDir, argument))
	}
	return flags, files, nil
}

// flagFrom is a recorded flag with the path in it, if it has one, as it is reached from where we are.
func flagFrom(dir, argument string) string {
	flag, value, _ := strings.Cut(argument, "=")
	switch flag {
	case "--var-file", "--secrets-file", "--initial-script", "--data", "--cacert", "--cert", "--key", "--unix-socket":
		return flag + "=" + pathFrom(dir, value)
	case "--secret":
		name, path, _ := strings.Cut(value, "=@")
		return flag + "=" + name + "=@" + pathFrom(dir, path)
	case "--env":
		path, name, named := strings.Cut(value, "#")
		if named {
			name = "#" + name
		}
		if _, err := os.Stat(pathFrom(dir, path)); err == nil || strings.ContainsRune(path, filepath.Separator) {
			return flag + "=" + pathFrom(dir, path) + name
		}
	}
	return argument
}

// pathFrom is a path that was relative to another folder, as it is reached from where we are.
func pathFrom(dir, path string) string {
	here, err := os.Getwd()
	if err != nil || dir == "" || dir == here || path == "-" || filepath.IsAbs(path) {
		return path
	}
	from, err := filepath.Rel(here, filepath.Join(dir, path))
	if err != nil {
		return filepath.Join(dir, path)
	}
	return from
}
