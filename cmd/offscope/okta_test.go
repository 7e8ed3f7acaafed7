package main

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// An oktaFile is one of the tests that Okta publishes for makers of SCIM integrations.
type oktaFile struct {
	short, file, script, scim string
	crud                      bool // drives an org
}

var oktaFiles = []oktaFile{
	{"spec", "Okta-SCIM-20-SPEC-Test.json", "Initial_Script_Spec.txt", "2.0", false},
	{"old spec", "Okta-SCIM-20-SPEC-Test-old.json", "Initial_Script_Spec.txt", "2.0", false},
	{"spec 1.1", "Okta-SCIM-11-SPEC-Test.json", "Initial_Script_Spec.txt", "1.1", false},
	{"crud", "Okta-SCIM-20-CRUD-Test.json", "Initial_Script_CRUD.txt", "2.0", true},
	{"crud with entitlements", "Okta-SCIM-20-With-Entitlements-CRUD-Test.json", "Initial_Script_CRUD.txt", "2.0", true},
	{"crud 1.1", "Okta-SCIM-11-CRUD-Test.json", "Initial_Script_CRUD.txt", "1.1", true},
	{"entitlements", "Okta-SCIM-20-Entitlements-Test.json", "", "2.0", false},
}

func (f oktaFile) path(t testing.TB) string { return needCorpus(t, "okta/"+f.file) }

func (f oktaFile) text(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(f.path(t))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// command is what Okta's users type to run the file in an environment.
func (f oktaFile) command(t testing.TB, env string, more ...string) []string {
	args := append([]string{"run", f.path(t), "-e", env}, more...)
	if f.script != "" {
		args = append(args, "--initial-script", needCorpus(t, "okta/"+f.script))
	}
	return args
}

// size is what encoding/json counts in the file.
func (f oktaFile) size(t testing.TB) (steps, pauses, assertions int) {
	t.Helper()
	var test struct {
		Steps []struct {
			Kind       string            `json:"step_type"`
			Assertions []json.RawMessage `json:"assertions"`
		} `json:"steps"`
	}
	if err := json.Unmarshal(f.text(t), &test); err != nil {
		t.Fatal(err)
	}
	for _, s := range test.Steps {
		if s.Kind == "pause" {
			pauses++
		}
		assertions += len(s.Assertions)
	}
	return len(test.Steps), pauses, assertions
}

// TestOktaFilesPass runs every file as its readers would: a mock in one terminal, the file in the other. The files bound
// response times, so nothing else runs meanwhile.
func TestOktaFilesPass(t *testing.T) {
	for _, f := range oktaFiles {
		modes := []string{""}
		if f.crud {
			modes = []string{"--wizard", "--catalogue"}
		}
		for _, mode := range modes {
			t.Run(f.short+mode, func(t *testing.T) {
				f.path(t)
				flags := strings.Fields("--scim " + f.scim + " " + mode)
				got := offscope(t.Context(), f.command(t, startMock(t, flags...), "--pauses", "skip")...)
				steps, pauses, assertions := f.size(t)
				if got.code != exitPassed || got.stderr != "" {
					t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
				}
				if !strings.Contains(got.stdout, "\nPASS  ") || got.figure(t, "assertion") != assertions ||
					got.figure(t, "step") != steps || got.figure(t, "skipped") != pauses {
					t.Errorf("the file has %d steps, %d assertions, %d pauses; printed is\n%s", steps, assertions, pauses, got.stdout)
				}
				if passed := strings.Count(got.stdout, "] PASS "); passed != steps-pauses {
					t.Errorf("%d of %d request steps are shown as passed\n%s", passed, steps-pauses, got.stdout)
				}
			})
		}
	}
}

// TestOktaPausesAreForTheOrg: when the org provisions later than it answers, the CRUD files need their pauses.
func TestOktaPausesAreForTheOrg(t *testing.T) {
	t.Parallel()
	for _, f := range oktaFiles {
		if !f.crud {
			continue
		}
		t.Run(f.short, func(t *testing.T) {
			t.Parallel()
			f.path(t)
			env := startMock(t, "--scim", f.scim, "--provision-delay", "1h")
			never := offscope(t.Context(), f.command(t, env, "--pauses", "skip")...)
			if never.code != exitFailed || !strings.Contains(never.stdout, "Unable to locate 0 property in path 'Resources[0].userName'") {
				t.Errorf("without pauses: exit code %d\n%s", never.code, never.stdout)
			}
			env = startMock(t, "--scim", f.scim, "--provision-delay", "30ms")
			later := offscope(t.Context(), f.command(t, env, "--pauses", "max=300ms")...)
			if later.code != exitPassed {
				t.Errorf("with pauses: exit code %d\n%s", later.code, later.stdout)
			}
		})
	}
}

// A fault that the files may or may not find.
type oktaFault struct {
	fault string
	// fails are the rows that must fail, as step.row, by the file's short name. A file without an entry has no check for the
	// fault and must pass: saying otherwise would be a wrong failure.
	fails map[string]string
	// tells are texts that everyone who fixes a server must get to see.
	tells []string
}

// oktaFaults says what each fault must give, and why. The rows were found by reading the files, not by running them.
var oktaFaults = []oktaFault{
	{
		// Response times are bounded by 600 ms in the 2.0 SPEC files' look at the groups, and by 400 or 600 ms in every step
		// of the 1.1 file but the three that POST to a read-only endpoint.
		fault: "slow=700ms",
		fails: map[string]string{
			"spec": "19.2", "old spec": "19.2",
			"spec 1.1": "1.4 5.4 9.4 13.7 15.2 17.4 19.3 21.4 23.2 25.5 27.2 29.2 31.2",
		},
		tells: []string{"Response time (ms): ", "was not lower than 600", "first byte; the limit stands in the test"},
	},
	{
		// Only the newer SPEC file sends a wrong token. Its first row wants the status 401, which is right; the other
		// three read detail, status and schemas of a body that is not there.
		fault: "401-no-body",
		fails: map[string]string{"spec": "21.2 21.3 21.4"},
		tells: []string{"the response body is not JSON: it is empty", "hint: the 401 came without a body"},
	},
	{
		// The SPEC files create the same user twice and want 409. The CRUD files leave creating to the org, which looks
		// for the user first and so never asks for a duplicate.
		fault: "duplicate-accepted",
		fails: map[string]string{"spec": "15.1", "old spec": "15.1", "spec 1.1": "27.1"},
		tells: []string{"Status: '201' was not equal to the number 409", "hint: the server accepted what the test sends as a duplicate", "what the test sends as a duplicate"},
	},
	{
		// The 2.0 files search for the name in capitals, and check the status alone: an empty list is 200 too. The duplicate
		// has the same spelling. In the 1.1 file, the filter is no filter, which is 400 either way.
		fault: "case-sensitive",
	},
	{
		// givenName and familyName are read in the first list, from that user alone, in the answer to POST, and from the
		// created user; the CRUD files read them in the search, and the first name after its change.
		fault: "missing-name",
		fails: map[string]string{
			"spec": "1.8 1.9 3.3 3.4 11.4 11.5 13.3 13.4", "old spec": "1.8 1.9 3.3 3.4 11.4 11.5 13.3 13.4",
			"spec 1.1": "13.9 13.10 15.4 15.5 23.5 23.6 25.3 25.4",
			"crud":     "5.4 5.5 8.2", "crud 1.1": "5.4 5.5 8.2", "crud with entitlements": "6.4 6.5 9.2",
		},
		tells: []string{"Unable to locate name property in path", "has the keys"},
	},
	{
		// The counts are checked by "is a number", "equal" and "equal number", which cast "1" to a number and 0 to text as
		// the hosted service does. The scripts look for groups with >=, which casts as well. The CRUD files read no count.
		fault: "string-counts",
	},
	{
		// The statuses stay right. What reads detail, status or schemas of an error fails: a missing user, in the newer file
		// also the wrong token and a second missing user. Of the other errors, only the status is checked.
		fault: "html-errors",
		fails: map[string]string{"spec": "7.2 7.3 21.2 21.3 21.4 23.2 23.3 23.4", "old spec": "7.2 7.3", "spec 1.1": "19.2"},
		tells: []string{"the response body is not JSON: it looks like HTML", `hint: the answer is an HTML page titled "404 Not Found"`},
	},
}

// TestOktaFilesFindFaults runs every file against every fault, one after the other because the files bound response times.
// Only the slow server, which is mostly waited for, has its runs beside all others.
func TestOktaFilesFindFaults(t *testing.T) {
	needCorpus(t, "okta")
	type pair struct{ fault, file string }
	results := map[pair]*printed{}
	var slow sync.WaitGroup
	for _, fault := range oktaFaults {
		envs := map[string]string{"2.0": startMock(t, "--fault", fault.fault), "1.1": startMock(t, "--scim", "1.1", "--fault", fault.fault)}
		for _, f := range oktaFiles {
			result := &printed{}
			results[pair{fault.fault, f.file}] = result
			command := f.command(t, envs[f.scim], "--pauses", "skip")
			if strings.HasPrefix(fault.fault, "slow") {
				slow.Go(func() { *result = offscope(context.Background(), command...) })
				continue
			}
			*result = offscope(t.Context(), command...)
		}
	}
	slow.Wait()
	for _, fault := range oktaFaults {
		for _, f := range oktaFiles {
			t.Run(fault.fault+"/"+f.short, func(t *testing.T) { fault.check(t, f, *results[pair{fault.fault, f.file}]) })
		}
	}
}

func (f oktaFault) check(t *testing.T, file oktaFile, got printed) {
	export := file.text(t)
	failed, err := got.failedRows(export, plainRows(t, export))
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(strings.Fields(f.fails[file.short]), failed, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("rows that must fail (-), rows that did (+):\n%s\n%s", diff, got.stdout)
	}
	want := exitPassed
	if f.fails[file.short] != "" {
		want = exitFailed
	}
	if got.code != want || got.figure(t, "assertions? failed") != len(failed) || strings.Contains(got.stdout, "script failed") {
		t.Errorf("exit code %d instead of %d\n%s", got.code, want, got.stdout)
	}
	for _, text := range f.tells {
		if want == exitFailed && !strings.Contains(got.stdout, text) {
			t.Errorf("nobody is told: %s\n%s", text, got.stdout)
		}
	}
}

// TestOktaFilesWithoutAnswers: a server that drops every connection is no failed check but a run that could not be done.
// All rows of the steps that ask the SCIM server count as failed, because none of them was checked; the org's steps pass.
func TestOktaFilesWithoutAnswers(t *testing.T) {
	t.Parallel()
	for _, f := range oktaFiles {
		t.Run(f.short, func(t *testing.T) {
			t.Parallel()
			f.path(t)
			env := startMock(t, "--scim", f.scim, "--fault", "drop")
			got := offscope(t.Context(), f.command(t, env, "--pauses", "skip")...)
			steps, _, unchecked := f.size(t)
			if f.crud {
				unchecked = 5 + 2 + 2 + 2 + 2 // the five looks at the account
			}
			failed := got.figure(t, "assertions? failed")
			if got.code != exitErrored || failed != unchecked {
				t.Errorf("exit code %d, %d assertions failed instead of %d\n%s", got.code, failed, unchecked, got.stdout)
			}
			for _, text := range []string{"the server closed the connection without an answer", "look into the server's log"} {
				if !strings.Contains(got.stdout, text) {
					t.Errorf("nobody is told: %s\n%s", text, got.stdout)
				}
			}
			if shown := len(stepLine.FindAllString(got.stdout, -1)); shown != steps {
				t.Errorf("%d of %d steps are shown\n%s", shown, steps, got.stdout)
			}
		})
	}
}

// TestOktaPausesArePolled: with an org that takes a second, a CRUD file is done in less than a tenth of the time that its pauses
// take, and each wait is told.
func TestOktaPausesArePolled(t *testing.T) {
	t.Parallel()
	for _, f := range oktaFiles {
		if f.short != "crud" {
			continue
		}
		f.path(t)
		began := time.Now()
		env := startMock(t, "--scim", f.scim, "--provision-delay", "1s")
		got := offscope(t.Context(), f.command(t, env, "--pauses", "poll", "--max-time", "1m")...)
		_, pauses, _ := f.size(t)
		if took := time.Since(began); got.code != exitPassed || took > 16*time.Second {
			t.Errorf("exit code %d after %s\n%s%s", got.code, took, got.stdout, got.stderr)
		}
		if told := strings.Count(got.stdout, "(not waited: "); pauses == 0 || told != pauses {
			t.Errorf("%d of %d pauses are told\n%s", told, pauses, got.stdout)
		}
		polled := regexp.MustCompile(`not waited: step \d+ is tried`).FindAllString(got.stdout, -1)
		tries := regexp.MustCompile(`\(\d+ tries in [\d.]+m?s\)`).FindAllString(got.stdout, -1)
		if len(tries) == 0 || len(tries) > len(polled) {
			t.Errorf("%d steps are polled, and of %d it is told how long\n%s", len(polled), len(tries), got.stdout)
		}
	}
}

// TestOktaFilesWithoutVariables: who runs a file as it was downloaded is told what to give, by the names of Okta's guide, and
// which script to download beside it. Nothing is sent.
func TestOktaFilesWithoutVariables(t *testing.T) {
	t.Parallel()
	for _, f := range oktaFiles {
		t.Run(f.short, func(t *testing.T) {
			t.Parallel()
			script := "Initial_Script_Spec.txt"
			if f.crud {
				script = "Initial_Script_CRUD.txt"
			}
			remedy := "download " + script + " and give it with --initial-script " + script
			got := offscope(t.Context(), "run", f.path(t))
			if got.code != exitUsage || !strings.Contains(got.stdout, "nothing was sent") {
				t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			if f.script != "" && !strings.Contains(strings.Join(strings.Fields(got.stdout), " "), remedy) {
				t.Errorf("nobody is told: %s\n%s", remedy, got.stdout)
			}
			if f.script == "" {
				return
			}
			given := offscope(t.Context(), "run", f.path(t), "--initial-script", needCorpus(t, "okta/"+f.script))
			if given.code != exitUsage || strings.Contains(given.stdout, "download") || !strings.Contains(given.stdout, "give it with --secret") {
				t.Errorf("with the script: exit code %d\n%s", given.code, given.stdout)
			}
		})
	}
}
