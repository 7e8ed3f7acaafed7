package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/jsontree"
	"offscope/source"
)

// What the acceptance tests share: the program run inside this process, its servers, and exports read without the help of
// package bucket, so that a mistake there is not made on both sides.

// corpusFolder holds other people's exports. They are not part of the project.
const corpusFolder = "../../../shared/corpus"

// needCorpus skips a test where the corpus is not there, and returns the path of one of its files.
func needCorpus(t testing.TB, name string) string {
	t.Helper()
	if _, err := os.Stat(corpusFolder); err != nil {
		t.Skipf("the corpus of real exports is no part of the project: %v", err)
	}
	return filepath.Join(corpusFolder, filepath.FromSlash(name))
}

// screenBuffer is a stream that may be read while it is written to.
type screenBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *screenBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *screenBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// testSystem is a machine without process variables and signals, whose terminal is wide enough for every line.
func testSystem(stdout, stderr *screenBuffer) system {
	return system{
		stdin: strings.NewReader(""), stdout: stdout, stderr: stderr,
		width:  func() int { return 4000 },
		notify: func(chan<- os.Signal) func() { return func() {} },
	}
}

// parsing is held until a command's action begins: urfave/cli writes to its global help and version flags when it parses.
var parsing sync.Mutex

// execute is run for several goroutines at once.
func execute(ctx context.Context, s system, args ...string) int {
	parsing.Lock()
	unlock := sync.OnceFunc(parsing.Unlock)
	defer unlock()
	app := newApp(s)
	for _, command := range app.Commands {
		action := command.Action
		command.Action = func(c *cli.Context) error {
			unlock()
			return action(c)
		}
	}
	err := dispatch(ctx, s, app, append([]string{"offscope"}, args...))
	complain(s, err)
	return exitCode(err)
}

// printed is what a finished command left behind.
type printed struct {
	code           int
	stdout, stderr string
}

func offscope(ctx context.Context, args ...string) printed {
	var stdout, stderr screenBuffer
	code := execute(ctx, testSystem(&stdout, &stderr), append(args, "--no-color")...)
	return printed{code, stdout.String(), stderr.String()}
}

// startMock keeps `offscope mock` running until the test ends, and returns the environment file it wrote.
func startMock(t testing.TB, flags ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	env := filepath.Join(t.TempDir(), "env.yaml")
	var stdout, stderr screenBuffer
	ended := make(chan int, 1)
	go func() {
		args := append([]string{"mock", "--listen", "127.0.0.1:0", "--env-out", env}, flags...)
		ended <- execute(ctx, testSystem(&stdout, &stderr), args...)
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != exitPassed {
			t.Errorf("offscope mock %s ended with %d:\n%s", strings.Join(flags, " "), code, stderr.String())
		}
	})
	for range 2000 {
		if strings.Contains(stderr.String(), "ready") {
			return env
		}
		select {
		case code := <-ended:
			ended <- code
			t.Fatalf("offscope mock %s did not start:\n%s", strings.Join(flags, " "), stderr.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	t.Fatalf("offscope mock is not ready after 10 s:\n%s", stderr.String())
	return ""
}

// stepLine is the beginning of the line that a step gets when it has ended.
var stepLine = regexp.MustCompile(`(?m)^\[ *\d+/\d+\] `)

// figure returns one of the numbers in a run's last line, such as that of "52 assertions"; 0 when the line leaves it out.
func (p printed) figure(t testing.TB, what string) int {
	t.Helper()
	last := p.stdout[strings.LastIndexByte(strings.TrimRight(p.stdout, "\n"), '\n')+1:]
	found := regexp.MustCompile(`(?:^|\s)(\d+) ` + what + `s?(?:,|$)`).FindStringSubmatch(strings.TrimSpace(last))
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A plainRow is one assertion of an export as the JSON says it.
type plainRow struct {
	step, number                 int // from 1, as printed
	at                           *jsontree.Value
	source, comparison, property string
	skipped                      bool // with its step, in the file
}

// String is the row's name in the tables of these tests: step.row.
func (r plainRow) String() string { return fmt.Sprintf("%d.%d", r.step, r.number) }

// plainRows lists the assertions of a test object in the order of the file. None of the exports used here nests steps.
func plainRows(t testing.TB, export []byte) []plainRow {
	t.Helper()
	root, err := jsontree.Parse(export)
	if err != nil {
		t.Fatal(err)
	}
	var rows []plainRow
	for i, step := range root.Get("steps").Items {
		if step.Get("steps") != nil {
			t.Fatalf("step %d holds steps", i+1)
		}
		assertions := step.Get("assertions")
		if assertions == nil {
			continue
		}
		skipped := step.Get("skipped")
		for j, at := range assertions.Items {
			rows = append(rows, plainRow{
				step: i + 1, number: j + 1, at: at, source: at.Get("source").Text, comparison: at.Get("comparison").Text,
				property: textOf(at.Get("property")), skipped: skipped != nil && skipped.Kind == jsontree.True,
			})
		}
	}
	return rows
}

func textOf(v *jsontree.Value) string {
	if v == nil {
		return ""
	}
	return v.Text
}

// placeOfRow finds the places at which failed assertions are printed.
var placeOfRow = regexp.MustCompile(`(?m)^\s+(\S+\.json):(\d+):(\d+): assertion (\d+):`)

// failedRows are the assertions whose place in the export was printed, as step.row. A place outside every assertion, or in
// another one than the message counts, is an error.
func (p printed) failedRows(export []byte, rows []plainRow) ([]string, error) {
	file := source.NewFile("", export)
	var failed []string
	for _, found := range placeOfRow.FindAllStringSubmatch(p.stdout, -1) {
		at := func(r plainRow) bool {
			start, end := file.Position(r.at.Start), file.Position(r.at.End)
			line, _ := strconv.Atoi(found[2])
			col, _ := strconv.Atoi(found[3])
			after := line > start.Line || line == start.Line && col >= start.Col
			return after && (line < end.Line || line == end.Line && col < end.Col)
		}
		i := slices.IndexFunc(rows, at)
		if i < 0 {
			return nil, fmt.Errorf("%s is in no assertion", found[0])
		}
		if strconv.Itoa(rows[i].number) != found[4] {
			return nil, fmt.Errorf("%s is in assertion %s", found[0], rows[i])
		}
		failed = append(failed, rows[i].String())
	}
	return failed, nil
}
