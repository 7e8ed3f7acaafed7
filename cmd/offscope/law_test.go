package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"offscope/fixtures"
	"offscope/jsontree"
	"offscope/oktaorg"
	"offscope/scim"
)

// The wrong-pass law: for every assertion, with its expectation made false, or with what it reads broken, the run fails and
// names that assertion. It holds for our fixtures, and for Okta's files where they are there.
//
// Rows that do not get in each other's way are attacked in one run, which must name each of them, and with false expectations
// no other: a row is judged by itself. That a single failed row of a step fails the whole run is tried for every step.

// A lawTest is a test the law is checked on.
type lawTest struct {
	name, scim string
	export     []byte
	needsOrg   bool
	flags      []string // environment and initial script
}

func lawTests(t *testing.T) []lawTest {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, fixtures.FS()); err != nil {
		t.Fatal(err)
	}
	var tests []lawTest
	for _, f := range fixtures.Tests() {
		tests = append(tests, lawTest{f.Name, f.SCIM, f.Export, f.NeedsOrg, []string{"-e", filepath.Join(folder, f.EnvironmentName)}})
	}
	if _, err := os.Stat(corpusFolder); err != nil {
		t.Logf("without Okta's files, which are no part of the project: %v", err)
		return tests
	}
	for _, f := range oktaFiles {
		law := lawTest{name: f.file, scim: f.scim, export: f.text(t), needsOrg: f.crud}
		if f.script != "" {
			law.flags = []string{"--initial-script", needCorpus(t, "okta/"+f.script)}
		}
		tests = append(tests, law)
	}
	return tests
}

// An attack is one way to make an assertion fail.
type attack string

const (
	falseTarget attack = "expectation made false" // in the export
	gone        attack = "what it reads removed"  // from the response
	wrong       attack = "what it reads changed"
)

// blunt are the attacks that cannot make an assertion fail, as "file step.row attack", each with the reason. An entry that
// is not needed fails the test, so that the list stays as short as it can be.
var blunt = map[string]string{
	"scim-20-spec.json 2.13 what it reads changed": "the target is extracted from the same field of the same response",
	"scim-20-spec.json 24.3 what it reads changed": "the target is extracted from the same header of the same response",
	"scim-20-spec.json 14.1 what it reads changed": "no final response has a status below 200",
	"scim-20-spec.json 15.1 what it reads changed": "no final response has a status below 200",
	"scim-20-spec.json 19.1 what it reads changed": "no final response has a status below 200",
	"scim-11-spec.json 13.2 what it reads changed": "no final response has a status below 200",
}

// noAttack says why an attack has no meaning for a whole kind of row.
func noAttack(r plainRow, how attack) string {
	switch {
	case r.skipped:
		return "the step is skipped in the file"
	case how == gone && r.source == "response_status":
		return "a response always has a status"
	case how == gone && r.source == "response_time":
		return "a response always takes time"
	case how == gone && (r.source == "response_size" || r.source == "response_text"):
		return "a body that is removed is an empty one, which is a change"
	}
	return ""
}

// A raid is one run in which some rows of a test are attacked.
type raid struct {
	law  lawTest
	how  attack
	rows []int // indexes into the test's rows
	to   int   // the last step to be run, 0 for all
}

// TestNoWrongPass attacks every assertion. All runs go through pools, because most of the waiting is for the assertions about
// time.
func TestNoWrongPass(t *testing.T) {
	running, waiting := newPool(2*runtime.GOMAXPROCS(0)), newPool(64)
	known := map[string]bool{}
	attacks, runs := 0, 0
	for _, law := range lawTests(t) {
		if got := law.run(t, law.export, nil, 0); got.code != exitPassed {
			t.Errorf("%s does not pass when nothing is broken:\n%s%s", law.name, got.stdout, got.stderr)
			continue
		}
		rows := plainRows(t, law.export)
		attacked := map[string]bool{}
		for _, raid := range law.raids(t, rows) {
			pool := running
			for _, i := range raid.rows {
				attacked[raid.key(rows[i])] = true
				if raid.how == wrong && rows[i].source == "response_time" {
					pool = waiting
				}
			}
			pool.do(func() { raid.check(t, rows) })
			attacks, runs = attacks+len(raid.rows), runs+1
		}
		known[law.name] = true
		requireAll(t, rows, func(r plainRow, how attack) bool { return attacked[raid{law: law, how: how}.key(r)] })
		for key := range blunt {
			if strings.HasPrefix(key, law.name+" ") && !attacked[key] {
				t.Errorf("%s: is listed, and there is no such attack", key)
			}
		}
	}
	running.wait()
	waiting.wait()
	t.Logf("%d attacks in %d runs", attacks, runs)
	for key := range blunt {
		if name, _, _ := strings.Cut(key, " "); !known[name] {
			t.Errorf("%s: is listed, and there is no such test", key)
		}
	}
}

// requireAll checks that no attack on any row was left out.
func requireAll(t *testing.T, rows []plainRow, attacked func(plainRow, attack) bool) {
	t.Helper()
	for _, row := range rows {
		for _, how := range []attack{falseTarget, gone, wrong} {
			if !attacked(row, how) && noAttack(row, how) == "" {
				t.Errorf("row %s: no attack, %s", row, how)
			}
		}
	}
}

func (r raid) key(row plainRow) string { return fmt.Sprintf("%s %s %s", r.law.name, row, r.how) }

// raids are the runs it takes to attack every row in every way.
func (l lawTest) raids(t *testing.T, rows []plainRow) []raid {
	steps := l.steps(t)
	var raids []raid
	for i, row := range rows {
		if row.skipped {
			continue
		}
		if i+1 == len(rows) || rows[i+1].step != row.step {
			raids = append(raids, raid{l, falseTarget, []int{i}, row.step}) // a failed row alone
		}
		parity := func(r raid) bool { return r.how == falseTarget && r.to == 0 && r.rows[0]%2 == i%2 }
		raids = join(raids, raid{l, falseTarget, []int{i}, 0}, parity)
		for _, how := range []attack{gone, wrong} {
			if noAttack(row, how) != "" {
				continue
			}
			one := raid{law: l, how: how, rows: []int{i}}
			if steps[row.step-1].feeds(row) {
				one.to = row.step // later steps would miss what this one extracts
			}
			if one.isBlunt(row) || row.source == "response_time" {
				raids = append(raids, raid{l, how, one.rows, row.step})
				continue
			}
			raids = join(raids, one, func(r raid) bool { return r.how == how && r.to == one.to && r.leavesAlone(row, rows) })
		}
	}
	return raids
}

// join adds a raid's row to the first one that fits, or else the raid.
func join(raids []raid, one raid, fits func(raid) bool) []raid {
	for i, r := range raids {
		if fits(r) {
			raids[i].rows = append(r.rows, one.rows...)
			return raids
		}
	}
	return append(raids, one)
}

func (r raid) isBlunt(row plainRow) bool { return blunt[r.key(row)] != "" }

// leavesAlone reports whether a row can join a raid: nothing in its own step that is attacked already may overlap.
func (r raid) leavesAlone(row plainRow, rows []plainRow) bool {
	for _, i := range r.rows {
		other := rows[i]
		if other.source == "response_time" || r.isBlunt(other) || other.step == row.step && overlap(other, row) {
			return false
		}
	}
	return true
}

// overlap reports whether two rows of a step read things of which one cannot be broken without the other. A body that is
// damaged as a whole overlaps with everything, also with the status, which may have to change for there to be a body.
func overlap(a, b plainRow) bool {
	whole := func(r plainRow) bool { return r.source == "response_text" || r.source == "response_size" }
	switch {
	case whole(a) || whole(b):
		return true
	case a.source != b.source:
		return false
	}
	return within(a.property, b.property) || within(b.property, a.property)
}

// within reports whether a path leads into what another one leads to. A negative index may be any element.
func within(path, other string) bool {
	path, other = strings.ReplaceAll(path, "[-1]", "[0]"), strings.ReplaceAll(other, "[-1]", "[0]")
	rest, found := strings.CutPrefix(path, other)
	return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// A lawStep is what the law has to know of a step.
type lawStep struct {
	request   int // which request of the run it sends, from 1
	extracted []plainRow
	sets      bool // a script of the step sets variables
}

// feeds reports whether breaking what a row reads can keep a variable from later steps.
func (s lawStep) feeds(row plainRow) bool {
	return s.sets || slices.ContainsFunc(s.extracted, func(x plainRow) bool { return overlap(x, row) })
}

func (l lawTest) steps(t *testing.T) []lawStep {
	t.Helper()
	root, err := jsontree.Parse(l.export)
	if err != nil {
		t.Fatal(err)
	}
	var steps []lawStep
	request := 0
	for _, s := range root.Get("steps").Items {
		step := lawStep{}
		if skipped := s.Get("skipped"); s.Get("step_type").Text == "request" && (skipped == nil || skipped.Kind != jsontree.True) {
			request++
			step.request = request
		}
		for _, v := range items(s.Get("variables")) {
			step.extracted = append(step.extracted, plainRow{source: v.Get("source").Text, property: textOf(v.Get("property"))})
		}
		for _, script := range items(s.Get("scripts")) {
			step.sets = step.sets || strings.Contains(script.Text, "variables.set")
		}
		steps = append(steps, step)
	}
	return steps
}

func items(v *jsontree.Value) []*jsontree.Value {
	if v == nil {
		return nil
	}
	return v.Items
}

// check runs a raid: the run must fail and name every row that was attacked, unless the row is listed as one that cannot be
// made to fail.
func (r raid) check(t *testing.T, rows []plainRow) {
	err := r.run(t, rows)
	if reason := blunt[r.key(rows[r.rows[0]])]; reason != "" {
		if err == nil {
			t.Errorf("%s: is listed as impossible (%s), and works", r.key(rows[r.rows[0]]), reason)
		}
		return
	}
	if err != nil {
		var names []string
		for _, i := range r.rows {
			names = append(names, rows[i].String())
		}
		t.Errorf("%s, %s of %v: %v", r.law.name, r.how, names, err)
	}
}

func (r raid) run(t *testing.T, rows []plainRow) error {
	export := r.law.export
	broken := map[int]*breakage{}
	if r.how == falseTarget {
		for _, i := range slices.Backward(r.rows) {
			edit := falsify(rows[i])
			export = slices.Concat(export[:edit.start], []byte(edit.text), export[edit.end:])
		}
		rows = plainRows(t, export)
	} else {
		steps := r.law.steps(t)
		for _, i := range r.rows {
			request := steps[rows[i].step-1].request
			if broken[request] == nil {
				broken[request] = &breakage{how: r.how}
			}
			broken[request].rows = append(broken[request].rows, rows[i])
		}
	}
	got := r.law.run(t, export, broken, r.to)
	failed, err := got.failedRows(export, rows)
	if err != nil {
		return err
	}
	for _, b := range broken {
		if b.err != nil || !b.done {
			return fmt.Errorf("nothing was broken: %w", b.err)
		}
	}
	if got.code != exitFailed {
		return fmt.Errorf("wrong pass: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	return r.compare(failed, rows, got)
}

// compare holds the rows that were named against those that were attacked. A broken response may well fail more rows, a
// false expectation fails no other.
func (r raid) compare(failed []string, rows []plainRow, got printed) error {
	attacked := map[string]bool{}
	for _, i := range r.rows {
		attacked[rows[i].String()] = true
		if !slices.Contains(failed, rows[i].String()) {
			return fmt.Errorf("row %s is not named; named are %v\n%s", rows[i], failed, got.stdout)
		}
	}
	for _, row := range rows {
		if r.how == falseTarget && !attacked[row.String()] && slices.Contains(failed, row.String()) && row.source != "response_time" {
			return fmt.Errorf("row %s failed too", row)
		}
	}
	return nil
}

// run runs an export on fresh servers, behind a proxy that may break some responses. A step of 0 is the whole test.
func (l lawTest) run(t *testing.T, export []byte, broken map[int]*breakage, step int) printed {
	t.Helper()
	server := scim.NewServer(scim.Options{Bearer: mockSCIMToken})
	path := scim.PathV2
	if l.scim == "1.1" {
		path = scim.PathV1
	}
	m := &servers{version: l.scim}
	handler := &breaker{broken: broken}
	handler.scim = server
	if l.needsOrg {
		// The org does not go through the proxy, which counts the steps' requests.
		direct := httptest.NewServer(server)
		defer direct.Close()
		org := oktaorg.New(oktaorg.Options{Token: mockOktaToken, SCIMURL: direct.URL + path, SCIMAuth: m.scimAuth(), SCIMVersion: l.scim})
		defer org.Close()
		handler.org = org
	}
	front := httptest.NewServer(handler)
	defer front.Close()
	m.base = front.URL

	folder, err := os.MkdirTemp("", "law")
	if err != nil {
		t.Error(err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, l.name)
	if err := os.WriteFile(file, export, 0o600); err != nil {
		t.Error(err)
	}
	args := append([]string{"run", file, "--pauses", "skip"}, l.flags...)
	for _, v := range m.variables() {
		args = append(args, "--var", v.name+"="+v.value)
	}
	if step > 0 {
		args = append(args, "--to", fmt.Sprint(step))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return offscope(ctx, args...)
}

// An edit puts a text in the place of a span of an export.
type edit struct {
	start, end int
	text       string
}

// falsify makes what a row expects false, without adding or removing a line.
func falsify(r plainRow) edit {
	comparison, value := r.at.Get("comparison"), r.at.Get("value")
	replace := func(v *jsontree.Value, text string) edit { return edit{v.Start, v.End, text} }
	opposites := map[string]string{
		"not_empty": "empty", "empty": "not_empty", "is_null": "not_empty", "is_a_number": "empty",
		"does_not_contain": "contains", "not_equal": "equal",
	}
	if opposite, ok := opposites[r.comparison]; ok {
		return replace(comparison, fmt.Sprintf("%q", opposite))
	}
	switch r.comparison {
	case "is_less_than", "is_less_than_or_equal":
		return replace(value, "-1")
	case "is_greater_than", "is_greater_than_or_equal":
		return replace(value, "1000000000")
	case "equal_number":
		return replace(value, `"599"`)
	}
	// equal, contains, has_key, has_value: the same text and a little more, inside the quotes.
	return edit{value.End - 1, value.End - 1, "-"}
}

// A pool runs functions, a few at once.
type pool struct {
	slots chan struct{}
	all   sync.WaitGroup
}

func newPool(n int) *pool { return &pool{slots: make(chan struct{}, n)} }

func (p *pool) do(f func()) {
	p.all.Go(func() {
		p.slots <- struct{}{}
		defer func() { <-p.slots }()
		f()
	})
}

func (p *pool) wait() { p.all.Wait() }
