package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offscope/event"
	"offscope/fixtures"
)

// The SPEC fixture on a SCIM server that nobody here wrote: the npm packages scimmy and scimmy-routers, with a store in
// memory (testdata/scimmy/server.mjs). A verdict can so be checked against a server that does not share our reading of the
// RFCs, and peerVerdicts says for each line why it is right.

const (
	peerFolder = "testdata/scimmy"
	peerToken  = "peer-token"
)

// startPeer runs the server until the test ends, and returns its base URL.
func startPeer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"express", "scimmy", "scimmy-routers"} {
		if _, err := os.Stat(filepath.Join(peerFolder, "node_modules", name, "package.json")); err != nil {
			t.Fatalf("the npm package %s is not installed; run: make peers", name)
		}
	}
	command := exec.Command("node", "server.mjs")
	command.Dir = peerFolder
	command.Env = append(os.Environ(), "PEER_TOKEN="+peerToken)
	var stderr screenBuffer
	command.Stderr = &stderr
	command.WaitDelay = 5 * time.Second
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("node is needed for the peer: %v", err)
	}
	t.Cleanup(func() {
		stdin.Close() // the server ends with its stdin, also when this process is killed
		if err := command.Wait(); err != nil {
			t.Errorf("the peer ended badly: %v\n%s", err, stderr.String())
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the peer did not start: %v\n%s", err, stderr.String())
	}
	return strings.TrimSpace(line)
}

// A peerVerdict is what some rows of one step must say about the peer.
type peerVerdict struct {
	rows string // step.row, separated by spaces
	pass bool
	why  string
}

const (
	right   = true
	finding = false // a true finding about the peer: the row fails, and is right to
)

// peerVerdicts covers every row of scim-20-spec.json that is due, once. "routers.js" and "messages.js" are the packages' own
// files at the versions of the lock file; "server.mjs" is ours.
var peerVerdicts = []peerVerdict{
	// Discovery.
	{"1.1 1.3", right, "RFC 7644 section 4: GET /ServiceProviderConfig is answered by a resource of that schema; routers.js serves it"},
	{"1.2", right, "routers.js sets Content-Type to application/scim+json before anything else"},
	{"1.4 1.6", right, "routers.js switches filter and patch on, and RFC 7643 section 5 makes \"supported\" a required part of both"},
	{"1.5", right, "scimmy's default filter.maxResults is 200"},
	{"1.7", right, "routers.js declares the scheme it was given: type bearer becomes oauthbearertoken"},

	// The first page. server.mjs seeds one user with all that Okta looks at.
	{"2.1 2.2", right, "routers.js: a list is 200 and application/scim+json"},
	{"2.3", right, "one user in memory is listed within two seconds"},
	{"2.4", right, "messages.js: ListResponse sets its schema alone"},
	{"2.5 2.6 2.7", right, "messages.js refuses to build a list with counts that are no integers"},
	{"2.8", right, "the seeded user is there"},
	{"2.9", right, "messages.js answers itemsPerPage with the count that was asked for: 1"},
	{"2.10", right, "routers.js makes the query's startIndex a number, messages.js repeats it: 1"},
	{"2.11 2.12 2.14 2.15 2.16 2.17 2.18", right, "the seeded user has id, userName, both names, an e-mail and active"},
	{"2.13", right, "a page of one user: its first is its last"},
	{"2.19", right, "scimmy adds meta to every resource it answers"},
	{"2.20 2.21", right, "the body has the key Resources and is longer than a user's name"},

	// The same user alone.
	{"3.1 3.2 3.3", right, "routers.js: GET /Users/:id is 200 with the resource of that id"},
	{"3.4", right, "scimmy writes the schema of the resource type into every user"},
	{"3.5 3.6 3.7 3.8 3.9", right, "the seeded user has them all"},
	{"3.10 3.11", right, "scimmy sets meta.resourceType, and meta.location below the base URI of server.mjs"},

	// Behind the last page.
	{"4.1 4.2 4.4", right, "it is 200 and a list, and totalResults counts all users: 1"},
	{"4.3", finding, "RFC 7644 section 3.4.2.4: itemsPerPage is the number of resources in the page, which is 0; messages.js answers the count that was asked for"},
	{"4.5", finding, "RFC 7644 section 3.4.2.4: startIndex is the first result of the page; messages.js offsets only when it lies within the results, and else answers from the first one"},

	// Searches without a match, and an unknown id.
	{"5.1 5.2 5.3 5.4", right, "Filter.match of scimmy finds nobody: an empty list, 200"},
	{"6.1 6.2 6.3 6.4", right, "server.mjs throws scimmy's 404, which messages.js writes with schemas, status as text, and detail"},
	{"6.5 6.6", right, "routers.js has set the content type before the error, and the body is that error"},
	{"7.1 7.2 7.3", right, "nobody has the login of this run yet"},

	// Create.
	{"8.1", right, "routers.js: POST is 201"},
	{"8.2", finding, "RFC 7644 section 3.3: the Location header of a 201 is the new resource's URI; routers.js sets that header in its answer to /Me only"},
	{"8.3", right, "routers.js: application/scim+json, with a charset that express adds"},
	{"8.4 8.5", right, "server.mjs makes a UUID"},
	{"8.6 8.7 8.8 8.9 8.10 8.11", right, "what was sent is stored and answered; scimmy adds the schema"},
	{"8.12", right, "server.mjs keeps the time of creation, scimmy shows it"},
	{"8.13", right, "RFC 7643 section 4.1.1: a password is never returned; in scimmy's schema its direction is in"},
	{"9.1 9.2 9.3 9.4 9.5 9.6 9.7", right, "the same user read again, with the same meta.location"},

	// Duplicates.
	{"10.1 10.2 10.3 10.4 10.5", right, "server.mjs throws scimmy's 409 uniqueness, RFC 7644 section 3.3"},
	{"11.1 11.2 11.3 11.4", right, "server.mjs compares without case, as RFC 7643 section 4.1.1 asks for userName"},

	// Capitals in a search.
	{"12.1", right, "a list without a match is 200"},
	{"12.2 12.3 12.4", finding, "RFC 7643 section 4.1.1: userName is not case-exact, and RFC 7644 section 3.4.2.2 has eq follow that; scimmy's Filter.match compares the characters"},

	// Changes.
	{"13.1 13.2 13.3 13.4 13.5 13.6", right, "PUT is 200 with what was sent, under the same id"},
	{"14.1 14.2 15.1 15.2", right, "routers.js: PATCH is 200 with the user"},
	{"16.1 16.2 16.3 16.4 16.5", right, "messages.js applies both PATCHes, with a path and without, to what PUT had left"},

	// Groups.
	{"17.1 17.2 17.3", right, "no group is an empty list"},
	{"18.1 18.2 18.3 18.4", right, "POST /Groups is 201 with the member"},
	{"19.1 19.2 19.3", right, "messages.js removes by value path; the answer is the group, and the user's id is in it no more"},
	{"20.1", right, "routers.js: DELETE is 204"},

	// Errors.
	{"21.1 21.2 21.3 21.4", right, "server.mjs throws, routers.js makes it 401 with a SCIM error"},
	{"21.5", finding, "RFC 9110 section 11.6.1: a 401 must carry WWW-Authenticate; routers.js sends none"},
	{"22.1 22.2 22.3 22.4 22.5", right, "no token is answered as a wrong one; the error names no user"},
	{"23.1 23.2 23.3 23.4 23.5", finding, "RFC 7644 section 3.4.2.2: a filter that is not valid is 400 invalidFilter; scimmy takes half a filter for one that nobody fits, and answers an empty list"},

	// ETags. The peer says that it does not support them, which RFC 7644 section 3.14 allows: the steps are optional.
	{"24.1 24.3", right, "express adds an ETag of its own to every answer; the variable is extracted from that header"},
	{"24.2", finding, "RFC 7643 section 3.1: meta.version has the value of the ETag header; scimmy has no version, because its ServiceProviderConfig says etag.supported false"},
	{"25.1 25.2", right, "express compares If-None-Match with its own ETag: 304 without a body"},

	// Clean up.
	{"27.1 27.2 27.3", right, "routers.js: DELETE is 204 without a body"},
	{"28.1 28.2 28.3 28.4", right, "server.mjs has forgotten the user: 404 with a SCIM error"},
}

func TestSpecFixtureOnAPeer(t *testing.T) {
	base := startPeer(t)
	const name = "scim-20-spec.json"
	folder := t.TempDir()
	if err := os.CopyFS(folder, fixtures.FS()); err != nil {
		t.Fatal(err)
	}
	flags := []string{filepath.Join(folder, name), "-e", filepath.Join(folder, "scim-spec.yaml"), "--pauses", "skip",
		"--var", "SCIMBaseURL=" + base, "--secret", "auth=Bearer " + peerToken}

	verdicts := map[string]bool{}
	var reasons []string // scripts and extractions that failed
	for _, e := range eventsOf(t, flags...) {
		switch b := e.Body.(type) {
		case event.Asserted:
			verdicts[fmt.Sprintf("%d.%d", e.Step, b.Row)] = b.Outcome == event.Passed
		case event.Scripted:
			if b.Failure != nil {
				reasons = append(reasons, fmt.Sprintf("step %d: %s", e.Step, b.Failure.Message))
			}
		case event.Extracted:
			if b.Outcome != event.Passed {
				reasons = append(reasons, fmt.Sprintf("step %d: %s", e.Step, b.Error))
			}
		}
	}
	// The scripts check types, a secret password and times: the peer gets all of that right.
	if len(reasons) > 0 {
		t.Errorf("scripts or extractions failed: %v", reasons)
	}
	for _, v := range peerVerdicts {
		for _, row := range strings.Fields(v.rows) {
			got, checked := verdicts[row]
			delete(verdicts, row)
			if !checked || got != v.pass {
				t.Errorf("row %s: checked %v, passed %v instead of %v: %s", row, checked, got, v.pass, v.why)
			}
		}
	}
	if len(verdicts) > 0 {
		t.Errorf("rows without a reason: %v", verdicts)
	}

	run := offscope(t.Context(), append([]string{"run"}, flags...)...)
	findings := 0
	for _, v := range peerVerdicts {
		if !v.pass {
			findings += len(strings.Fields(v.rows))
		}
	}
	if run.code != exitFailed || run.figure(t, "assertions? failed") != findings {
		t.Errorf("exit code %d, %d findings expected\n%s", run.code, findings, run.stdout)
	}
}

// TestPeerFindings shows every finding of peerVerdicts with a plain HTTP client and encoding/json: what the runner says
// about the peer is not of the runner's making.
func TestPeerFindings(t *testing.T) {
	base := startPeer(t)
	ask := func(method, path, token, body string) (*http.Response, map[string]any) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", "application/scim+json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]any
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
		return response, answer
	}

	_, page := ask("GET", "/Users?startIndex=1000000&count=5", peerToken, "")
	if users := page["Resources"].([]any); len(users) != 1 || page["itemsPerPage"] != 5.0 {
		t.Errorf("4.3, 4.5: behind the last page are %d users, itemsPerPage is %v", len(users), page["itemsPerPage"])
	}
	made, user := ask("POST", "/Users", peerToken, `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "small@example.com"}`)
	if made.StatusCode != 201 || made.Header.Get("Location") != "" {
		t.Errorf("8.2: %d, Location is %q", made.StatusCode, made.Header.Get("Location"))
	}
	if version := user["meta"].(map[string]any)["version"]; version != nil || made.Header.Get("ETag") == "" {
		t.Errorf("24.2: meta.version is %v, ETag is %q", version, made.Header.Get("ETag"))
	}
	for name, found := range map[string]float64{"small@example.com": 1, "SMALL@EXAMPLE.COM": 0} {
		_, list := ask("GET", "/Users?filter="+url.QueryEscape(`userName eq "`+name+`"`), peerToken, "")
		if list["totalResults"] != found {
			t.Errorf("12.2: %v users are called %s", list["totalResults"], name)
		}
	}
	if refused, _ := ask("GET", "/Users", "wrong", ""); refused.StatusCode != 401 || refused.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("21.5: %d, WWW-Authenticate is %q", refused.StatusCode, refused.Header.Get("WWW-Authenticate"))
	}
	half, list := ask("GET", "/Users?filter=userName%20eq", peerToken, "")
	if half.StatusCode != 200 || list["totalResults"] != 0.0 {
		t.Errorf("23.1: half a filter is %d with %v users", half.StatusCode, list["totalResults"])
	}
}

// TestOktaFilesOnAPeer: none of the peer's shortcomings is looked at by Okta's own 2.0 SPEC file, and a simulated org
// provisions into the peer in both of its modes.
func TestOktaFilesOnAPeer(t *testing.T) {
	needCorpus(t, "okta")
	base := startPeer(t)
	for _, f := range oktaFiles {
		if f.scim != "2.0" || strings.Contains(f.short, "entitlements") { // the peer has no entitlements
			continue
		}
		for _, mode := range []string{"--wizard", "--catalogue"} {
			env := startMock(t, mode, "--scim-url", base, "--scim-auth", "Bearer "+peerToken)
			if got := offscope(t.Context(), f.command(t, env, "--pauses", "skip")...); got.code != exitPassed {
				t.Errorf("%s %s: exit code %d\n%s", f.short, mode, got.code, got.stdout)
			}
			if !f.crud {
				break // the mode is the org's
			}
		}
	}
}
