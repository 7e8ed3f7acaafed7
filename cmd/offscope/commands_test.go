package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what the scripts can do beside testscript's own commands:
//
//	exits CODE PROGRAM ARG...   run a program that must end with this code; stdout and stderr are then in normal form
//	normal [file FILE]          bring stdout and stderr of the last program, or a file, into normal form
//	signals CODE SIGNAL TEXT PROGRAM ARG...   the same, for a program that gets INT, TERM or KILL (which ends it with -1) once TEXT
//	                            stands in its stdout; its stdin is empty
//	asks METHOD PATH            ask the shop; what it answers is then stdout
//	newest NAME                 set a variable to the ID of the newest record
//	await FILE                  wait until a program in the background has written a file
//	mode MODE FILE              the file must have this mode
//	make huge|deep|binary|bytes FILE  make a file that cannot stand in an archive; $BYTES is the digest of the last kind
//	fill FILE                   replace $NAMES in a file by their values
//	uncolor                     take the colours out of stdout
//	hides FILE VALUE...         the values must not stand in a file in any encoding
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":   exitsCommand,
	"normal":  normalCommand,
	"signals": signalsCommand,
	"await":   awaitCommand,
	"mode":    modeCommand,
	"make":    makeCommand,
	"fill":    fillCommand,
	"uncolor": uncolorCommand,
	"hides":   hidesCommand,
	"asks":    asksCommand,
	"newest":  newestCommand,
}

func exitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	normalize(ts)
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func normalCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		normalize(ts)
		return
	}
	fmt.Fprint(ts.Stdout(), normalForm(ts.Getenv, ts.ReadFile(args[1])))
}

func normalize(ts *testscript.TestScript) {
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	fmt.Fprint(ts.Stdout(), normalForm(ts.Getenv, stdout))
	fmt.Fprint(ts.Stderr(), normalForm(ts.Getenv, stderr))
}

// normalForm replaces what differs from run to run: addresses, durations, seeds, times, random identifiers. Columns keep
// their width.
func normalForm(getenv func(string) string, text string) string {
	for _, name := range []string{"SCIM", "STUB", "TLS", "TLS2", "MTLS", "SHOP", "CLOSED"} {
		scheme, address, _ := strings.Cut(getenv(name), "://")
		text = strings.ReplaceAll(text, scheme+"://"+address, scheme+"://"+name)
		text = strings.ReplaceAll(text, address, name)
	}
	text = strings.ReplaceAll(text, getenv("SOCKET"), "SOCKET")
	text = strings.ReplaceAll(text, getenv("FIXTURES"), "FIXTURES")
	text = strings.ReplaceAll(text, getenv("SHOPPING"), "SHOPPING")
	text = strings.ReplaceAll(text, getenv("WORK"), "WORK")
	for _, v := range varying {
		text = v.pattern.ReplaceAllStringFunc(text, func(found string) string {
			parts := v.pattern.FindStringSubmatch(found)
			return parts[1] + fmt.Sprintf("%*s", v.width(parts[2]), v.constant) + parts[3]
		})
	}
	return text
}

// varying are patterns of three parts, of which the middle one varies.
var varying = []variation{
	{pattern: regexp.MustCompile(`(?m)^( *\[ *\d+/\d+\] .*)( +\d+ms)( +\S+)$`), constant: "Nms", column: true},
	{pattern: regexp.MustCompile(`(?m)^( +< .*, )(\d+ms)()$`), constant: "Nms"},
	{pattern: regexp.MustCompile(`((?:no response after|connect|dns|tls|send|wait|receive) )(\d+ms)([ ,)])`), constant: "Nms"},
	{pattern: regexp.MustCompile(`( script (?:\d+ )?\()(\d+ms)(\))`), constant: "Nms"},
	{pattern: regexp.MustCompile(`(?m)^( +< [Dd]ate: )(.*)()$`), constant: "DATE"},
	{pattern: regexp.MustCompile(`(?m)^((?:PASS|FAIL)  .*, )(\d+\.\ds)()$`), constant: "N.Ns"},
	{pattern: regexp.MustCompile(`()(of \d+ ms, \d+ ms were)()`), constant: "of N ms, N ms were"},
	{pattern: regexp.MustCompile(`(, seed )(\d+)()`), constant: "N"},
	{pattern: regexp.MustCompile(`()(\d{4}-\d\d-\d\dT[\d:.]+Z)()`), constant: "TIME"},
	{pattern: regexp.MustCompile(`()([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})()`), constant: "UUID"},
	{pattern: regexp.MustCompile(`(boundary=offscope-)([0-9a-f]{16})()`), constant: "RANDOM"},
	{pattern: regexp.MustCompile(`(oauth_(?:timestamp|signature)=)([^&\s]+)()`), constant: "N"},
	{pattern: regexp.MustCompile(`("(?:started|finished)_at": )([\d.]+)()`), constant: "TIME"},
	{pattern: regexp.MustCompile(`(result of the subtest, )([\d.]+ \w+)()`), constant: "N bytes"},
	{pattern: regexp.MustCompile(`(, after )(\d+ms)()`), constant: "Nms"},
	{pattern: regexp.MustCompile(`(127\.0\.0\.1%3A)(\d{4,5})()`), constant: "PORT"},
	{pattern: regexp.MustCompile(`(milo\.)([0-9a-z]+)(@)`), constant: "RUN"},
	{pattern: regexp.MustCompile(`(127\.0\.0\.1:)(\d{4,5})()`), constant: "PORT"},
	{pattern: regexp.MustCompile(`(\d tries in )([\d.]+m?s\) +)()`), constant: "Nms)  ", column: true},
	{pattern: regexp.MustCompile(`(user-)(\d{6})(@)`), constant: "RANDOM"},
	{pattern: regexp.MustCompile(`()(\d{8}-\d{6}-[0-9a-z]{3})()`), constant: "RUNID"},
	{pattern: regexp.MustCompile(`(?m)^(RUNID  )(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)()`), constant: "TIME"},
	{pattern: regexp.MustCompile(`(?m)^(RUNID  .*, )([\d.]+m?s)$()`), constant: "N.Ns"},
}

type variation struct {
	pattern  *regexp.Regexp
	constant string
	column   bool // stands at the right of a column
}

func (v variation) width(text string) int {
	if v.column {
		return len(text)
	}
	return 0
}

func signalsCommand(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	signal := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}[args[1]]
	program, _, _ := strings.Cut(ts.Getenv("PATH"), string(os.PathListSeparator))
	cmd := exec.Command(filepath.Join(program, args[3]), args[4:]...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = append(os.Environ(), "GORACE="+ts.Getenv("GORACE"), "HOME="+ts.Getenv("HOME"), "XDG_STATE_HOME="+ts.Getenv("XDG_STATE_HOME"))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { cmd.Process.Kill() })
	var stdout strings.Builder
	sent := false
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		fmt.Fprintln(&stdout, lines.Text())
		if !sent && strings.Contains(lines.Text(), args[2]) {
			sent = true
			time.Sleep(100 * time.Millisecond) // until the next step is under way
			ts.Check(cmd.Process.Signal(signal))
		}
	}
	cmd.Wait()
	fmt.Fprint(ts.Stdout(), normalForm(ts.Getenv, stdout.String()))
	fmt.Fprint(ts.Stderr(), normalForm(ts.Getenv, stderr.String()))
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d\n%s%s", got, want, stdout.String(), stderr.String())
	}
}

func awaitCommand(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
	}
	ts.Fatalf("%s was not written", args[0])
}

func modeCommand(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

func makeCommand(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[1])
	switch args[0] {
	case "huge":
		ts.Check(os.WriteFile(path, nil, 0o600))
		ts.Check(os.Truncate(path, 100<<20+1)) // has no blocks on the disk
	case "deep":
		ts.Check(os.WriteFile(path, bytes.Repeat([]byte(`{"steps":[`), 200_000), 0o600))
	case "binary":
		ts.Check(os.WriteFile(path, []byte("\x7fELF\x02\x01\x01\x00\x00\xff\xfe\x00"), 0o600))
	case "bytes":
		var all []byte
		for i := range 512 {
			all = append(all, byte(i))
		}
		ts.Check(os.WriteFile(path, all, 0o600))
		ts.Setenv("BYTES", digest(all))
	default:
		ts.Fatalf("make what?")
	}
}

func fillCommand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(os.Expand(text, ts.Getenv)), 0o600))
	}
}

func uncolorCommand(ts *testscript.TestScript, _ bool, _ []string) {
	escapes := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	fmt.Fprint(ts.Stdout(), normalForm(ts.Getenv, escapes.ReplaceAllString(ts.ReadFile("stdout"), "")))
}

// hidesCommand looks for values in the encodings in which they might have come into an output.
func hidesCommand(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	for _, value := range args[1:] {
		quoted, err := json.Marshal(value)
		ts.Check(err)
		twice, err := json.Marshal(string(quoted))
		ts.Check(err)
		bare := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(quoted))
		for _, form := range []string{
			value, bare[1 : len(bare)-1], string(quoted[1 : len(quoted)-1]), string(twice[3 : len(twice)-3]), url.QueryEscape(value), url.PathEscape(value), html.EscapeString(value),
			base64.StdEncoding.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte("user:" + value)),
			base64.StdEncoding.EncodeToString([]byte("Bearer " + value)), strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("u:"+value)), "="),
			url.PathEscape(url.QueryEscape(value)), base64.URLEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)),
		} {
			if strings.Contains(text, form) {
				ts.Fatalf("%s shows %q as %s", args[0], value, form)
			}
		}
	}
}

func asksCommand(ts *testscript.TestScript, _ bool, args []string) {
	request, err := http.NewRequest(args[0], ts.Getenv("SHOP")+args[1], nil)
	ts.Check(err)
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	_, err = io.Copy(ts.Stdout(), response.Body)
	ts.Check(err)
}

func newestCommand(ts *testscript.TestScript, _ bool, args []string) {
	records, err := os.ReadDir(filepath.Join(ts.Getenv("XDG_STATE_HOME"), "offscope", "runs"))
	ts.Check(err)
	if len(records) == 0 {
		ts.Fatalf("there is no record")
	}
	ts.Setenv(args[0], records[len(records)-1].Name())
}
