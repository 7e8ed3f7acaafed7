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

// storeOf is where records are kept; an empty Dir is nowhere.
func storeOf(c *cli.Context, s system) record.Store {
	if dir := c.String("record"); dir != "" {
		return record.Store{Dir: dir}
	}
	if dir := s.stateDir(); dir != "" {
		return record.Store{Dir: filepath.Join(dir, "runs")}
	}
	return record.Store{}
}

// startRecord begins the record of a run; nil when none is kept. Secrets that are shown are not to be kept, so --show-secrets
// keeps none. A default place that cannot be written is no reason not to run.
func (set *settings) startRecord(c *cli.Context, s system, documents []*bucket.Document, plans []*runner.Plan) (*record.Writer, error) {
	if len(documents) == 0 || c.Bool("no-record") || set.screen.showSecrets {
		return nil, nil
	}
	store := storeOf(c, s)
	if store.Dir == "" {
		return nil, nil
	}
	w, err := store.Create(metaOf(c, documents, plans))
	if err != nil && c.String("record") != "" {
		return nil, usageHint("--no-record runs without", "no record can be written: %w", err)
	}
	if err != nil {
		return nil, nil
	}
	return w, nil
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
	if s.progress != nil && s.progress() > 0 && end.Outcome != event.Passed && end.Counts.Requests > 0 {
		fmt.Fprintf(s.stderr, "recorded as %s; offscope rerun goes on at the first step that failed\n", w.ID())
	}
}

func metaOf(c *cli.Context, documents []*bucket.Document, plans []*runner.Plan) record.Meta {
	m := record.Meta{Version: version, Started: time.Now(), Arguments: recordedArguments(c)}
	m.WorkDir, _ = os.Getwd()
	for _, d := range documents {
		m.Files = append(m.Files, record.File{Path: d.File.Name, SHA256: sumOf(d.File)})
	}
	for _, p := range plans {
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

// keptFlags are the flags of a run that a later run from its record takes over: those that say where values, servers and
// scripts are, and none that holds a value or only says how results are shown. The values of variables are in the record
// itself.
var keptFlags = []string{
	"var-file", "secrets-file", "env", "initial-script", "test", "pauses", "stop-on-failure", "max-failures", "data", "repeat",
	"allow-skip", "no-preflight", "timeout", "connect-timeout", "max-body", "insecure", "cacert", "connect-to", "resolve", "cert", "key", "no-proxy",
	"unix-socket", "http1.1", "http2", "cookies", "inbound-listen", "inbound-url", "script-timeout", "script-memory", "isolate",
}

// recordedArguments are the flags and files of a run as they could be given again.
func recordedArguments(c *cli.Context) []string {
	var all []string
	for _, name := range keptFlags {
		if !c.IsSet(name) {
			continue
		}
		switch value := c.Value(name).(type) {
		case cli.StringSlice:
			for _, v := range value.Value() {
				all = append(all, "--"+name+"="+v)
			}
		case []string:
			for _, v := range value {
				all = append(all, "--"+name+"="+v)
			}
		default:
			all = append(all, fmt.Sprintf("--%s=%v", name, value))
		}
	}
	if proxy := c.String("proxy"); proxy != "" && !strings.Contains(proxy, "@") {
		all = append(all, "--proxy="+proxy) // one with a password is to be given again
	}
	return append(append(all, "--"), c.Args().Slice()...)
}
