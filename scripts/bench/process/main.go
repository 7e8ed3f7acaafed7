// Command process compares whole processes: offscope against a bare loop that sends the same requests and makes the same
// checks, with the embedded SCIM server in a third process. scripts/bench-process builds and runs it.
//
// Begin with [bench.all]; how a process is measured is in measure.go.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"offscope/scripts/bench/work"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "serve" {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, "serve:", err)
			os.Exit(1)
		}
		return
	}
	b := bench{}
	flag.StringVar(&b.offscope, "offscope", "bin/offscope", "the `PROGRAM` to measure")
	flag.StringVar(&b.bare, "bare", "", "the bare `PROGRAM`")
	flag.StringVar(&b.okta, "okta", "", "`FOLDER` with Okta's exports; without them the same work in our words is run")
	flag.StringVar(&b.dir, "dir", "", "`FOLDER` to write files to")
	flag.IntVar(&b.n, "pairs", 21, "pairs of short processes")
	flag.IntVar(&b.long, "long", 7, "pairs of long processes")
	only := flag.String("only", "start,spec,steps,large", "the `PARTS` to measure")
	flag.BoolVar(&b.keepOutput, "keep", false, "show what a process said when it fails")
	flag.Parse()
	if err := b.all(strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	offscope, bare, okta, dir string
	n, long                   int
	keepOutput                bool

	server *server
	user   string // the id of a user
}

func (b *bench) all(parts []string) (err error) {
	if b.server, err = startServer(); err != nil {
		return err
	}
	defer b.server.stop()
	if b.user, err = b.firstUser(); err != nil {
		return err
	}
	head()
	known := map[string]func() error{"start": b.start, "spec": b.spec, "steps": b.steps, "large": b.large}
	for _, part := range parts {
		if known[part] == nil {
			return fmt.Errorf("there is no part %q", part)
		}
		if err := known[part](); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) firstUser() (string, error) {
	text, err := b.server.get("/scim/v2/Users?count=1")
	if err != nil {
		return "", err
	}
	var list struct{ Resources []struct{ ID string } }
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return "", err
	}
	if len(list.Resources) == 0 {
		return "", errors.New("the server has no user")
	}
	_, err = b.server.requests()
	return list.Resources[0].ID, err
}

// start is what it takes to do nothing.
func (b *bench) start() error {
	c, err := b.pairs(b.n, command{0, []string{b.offscope, "--version"}}, command{0, []string{b.bare, "nothing"}})
	if err != nil {
		return err
	}
	row{name: "start and end, nothing else", c: c}.print()
	return nil
}

// spec is Okta's SPEC test for SCIM 2.0, pauses skipped, with and without its script.
func (b *bench) spec() error {
	name, file, script, err := b.specFiles()
	if err != nil {
		return err
	}
	requests := len(work.Spec())
	plain, err := withoutScripts(file, filepath.Join(b.dir, "plain.json"))
	if err != nil {
		return err
	}
	bare := command{requests, []string{b.bare, "spec", b.server.base(), "Bearer " + token}}
	ours := func(file string) command {
		return command{requests, b.offscopeRun(file, "--initial-script", script, "--pauses", "skip")}
	}
	c, err := b.pairs(b.n, ours(file), bare)
	if err != nil {
		return err
	}
	row{name: name, c: c, ratioBar: 3, peakBar: 32}.print()
	if c, err = b.pairs(b.n, ours(plain), bare); err != nil {
		return err
	}
	row{name: "the same without its script", c: c, ratioBar: 1.5}.print()
	return nil
}

func (b *bench) offscopeRun(file string, more ...string) []string {
	return append([]string{b.offscope, "run", file, "--var", "SCIMBaseURL=" + b.server.base(), "--secret", "auth=Bearer " + token,
		"--var", work.UserVariable + "=" + b.user}, more...)
}

// specFiles returns Okta's export with its initial script when they are there, and ours otherwise.
func (b *bench) specFiles() (name, file, script string, err error) {
	file, script = filepath.Join(b.okta, "Okta-SCIM-20-SPEC-Test.json"), filepath.Join(b.okta, "Initial_Script_Spec.txt")
	if b.okta != "" && exists(file) && exists(script) {
		return "SPEC 2.0 (Okta's file)", file, script, nil
	}
	file, script = filepath.Join(b.dir, "spec.json"), filepath.Join(b.dir, "initial.js")
	if err := os.WriteFile(script, []byte(work.InitialScript), 0o600); err != nil {
		return "", "", "", err
	}
	return "SPEC 2.0 (same work, our words)", file, script, work.WriteExport(file, "spec", "{{SCIMBaseURL}}", work.Spec(), true)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// withoutScripts copies an export and empties its lists of scripts.
func withoutScripts(from, to string) (string, error) {
	data, err := os.ReadFile(from)
	if err != nil {
		return "", err
	}
	var export map[string]any
	if err := json.Unmarshal(data, &export); err != nil {
		return "", err
	}
	steps, _ := export["steps"].([]any)
	for _, s := range steps {
		if step, ok := s.(map[string]any); ok {
			delete(step, "scripts")
			delete(step, "before_scripts")
		}
	}
	if data, err = json.Marshal(export); err != nil {
		return "", err
	}
	return to, os.WriteFile(to, data, 0o600)
}

// steps is a long test: its time, and what memory it takes beyond the parsed file. The measure of the parsed file is the
// same command with all steps but the first left out.
func (b *bench) steps() error {
	growth := map[int]float64{}
	for _, n := range []int{1000, 10000} {
		file := filepath.Join(b.dir, fmt.Sprint("steps-", n, ".json"))
		if err := work.WriteExport(file, file, "{{SCIMBaseURL}}", work.Steps(n), false); err != nil {
			return err
		}
		c, err := b.pairs(b.long, command{n, b.offscopeRun(file)},
			command{n, []string{b.bare, "steps", b.server.base(), "Bearer " + token, b.user, fmt.Sprint(n)}})
		if err != nil {
			return err
		}
		loaded, err := b.repeat(b.long, command{1, b.offscopeRun(file, "--step", "1")})
		if err != nil {
			return err
		}
		growth[n] = peak(c.ours) - peak(loaded)
		r := row{name: fmt.Sprint(n, " steps"), c: c}
		if n == 10000 {
			r.wallBar = 3
		}
		r.print()
		row{name: fmt.Sprint(n, " steps read, one run"), c: comparison{ours: loaded}}.print()
	}
	growthRow(growth[1000], growth[10000])
	return nil
}

// large is a body of 5 MB with a thousand checks.
func (b *bench) large() error {
	const checks = 1000
	file, url := filepath.Join(b.dir, "large.json"), b.server.url+largePath
	if err := work.WriteExport(file, "large", "{{largeURL}}", work.Large(checks), false); err != nil {
		return err
	}
	c, err := b.pairs(b.long, command{1, b.offscopeRun(file, "--var", work.LargeVariable+"="+url)},
		command{1, []string{b.bare, "large", url, fmt.Sprint(checks)}})
	if err != nil {
		return err
	}
	row{name: "5 MB body, 1000 checks", c: c, wallBar: 0.25}.print()
	return nil
}
