package offscope_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/runner"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

// A difference is a row of the table of known differences, held to what the program does. Most rows are a run against a small
// server, whose stream of events and received requests are searched; a few need more, or are pinned where the program is whole.
type difference struct {
	id string
	// steps are those of a test in JSON, or the whole text of a file; SERVER stands for the server's address.
	steps string
	env   string // an environment file
	vars  map[string]string
	// script is the initial script.
	script string
	// want are patterns, all of which must be found in what was told and received, in any order; not must not be.
	want []string
	not  string
	// check is for what takes more than a run.
	check func(*testing.T)
	// pinned names a test elsewhere: the file, and a text in it.
	pinned [2]string
}

const (
	get     = `{"step_type": "request", "method": "GET", "url": "SERVER/`
	scripts = `{"step_type": "request", "method": "GET", "url": "SERVER/", "scripts": [`
	called  = `{"step_type": "subtest", "test_uuid": "called"`
)

var differences = []difference{
	{id: "diff-body-shapes", steps: `{"step_type": "request", "method": "POST", "url": "SERVER/", "multipart_form": [{"name": "a", "blob": 1}]}`,
		want: []string{`"code":"unsupported".*blob`}, not: "GOT"},
	{id: "diff-bucket-skip", steps: `{"name": "T", "is_skipped_at_bucket_level": true, "steps": [` + get + `"}]}`,
		want: []string{"GOT GET", `"code":"bucket-skip"`}},
	{id: "diff-certificate", pinned: [2]string{"transport/certificate_test.go", "func TestClientCertificateIsShown("}},
	{id: "diff-cookies", env: "preserve_cookies: true", steps: get + `cookies"}, ` + get + `"}`, want: []string{"GOT GET / .*Cookie:plain=1;? "}, not: "Cookie:[^ ]*quoted"},
	{id: "diff-data-order", check: iterationsRunInOrder},
	{id: "diff-dns", pinned: [2]string{"transport/dial_test.go", "func TestUnknownHost("}},
	{id: "diff-engine", steps: scripts + `"class A { #x = 1; get x() { return this?.#x ?? 2 } }; log(new A().x + 40)", "async function* f() {}", "structuredClone(1)"]}`,
		want: []string{`"text":"41"`, `"failure":"syntax"`, "structuredClone is not defined"}},
	{id: "diff-extra-paths", steps: get + `", "variables": [{"source": "response_json", "property": "$.a[\"b.c\"].length", "name": "one"}, {"source": "response_json", "property": "a.b.c", "name": "two"}]}`,
		want: []string{`"name":"one".*"value":"2"`, `"name":"two".*"value":"\[1,2\]"`}},
	{id: "diff-failure-text", steps: get + `", "assertions": [{"source": "response_json", "property": "a", "comparison": "has_value", "value": "x"}, {"source": "response_json", "property": "none", "comparison": "not_empty"}]}`,
		want: []string{`Unable to locate none property in path 'none' in JSON\.`, `"message":"'.*' did not have the value 'x'`}},
	{id: "diff-files", steps: `{"step_type": "request", "method": "POST", "url": "SERVER/", "multipart_form": [{"name": "a", "file": "a.txt"}]}`,
		want: []string{"no folder of files was given"}, not: "GOT"},
	{id: "diff-fuzzy", pinned: [2]string{"jsengine/libraries/package.json", `"chai-fuzzy": "1.6.1"`}},
	{id: "diff-ghost-inspector", steps: `{"step_type": "ghost-inspector", "test_id": "x"}`, want: []string{"not executable here", `"step".*"outcome":"failed"`}},
	{id: "diff-http-version", check: speaksHTTP1},
	{id: "diff-imports", check: refusesOtherFormats},
	{id: "diff-inbound-address", steps: `{"step_type": "request", "method": "POST", "url": "SERVER/say", "body": "{{incoming_url(t)}}"}, {"step_type": "inbound", "token": "t", "skipped": true}`,
		want: []string{`GOT POST /say .*http://127\.0\.0\.1:\d+/t`}},
	{id: "diff-locale", steps: scripts + `"log(new Date(0).toLocaleDateString('de', {month: 'long'}))", "(12.5).toLocaleString('de')", "Intl.x"]}`,
		want: []string{`"code":"script-locale".*toLocaleDateString`, "RangeError", "Intl is not defined"}, not: "Januar"},
	{id: "diff-locations", env: "regions: [us1, eu1]", steps: get + `{{runscope_region}}-{{runscope_agent}}-"}`, want: []string{"GOT GET /local-- "}, not: "(?s)GOT.*GOT"},
	{id: "diff-loop-keys", steps: `{"step_type": "conditional-loop", "comparison": "equal", "left_value": "1", "right_value": "1", "delay": 5, "steps": [` + get + `"}]}`,
		want: []string{`"code":"loop-key".*delay`, `"outcome":"passed"`}},
	{id: "diff-marknote", steps: scripts + `"log(typeof marknote.Parser)"]}`, want: []string{`"text":"function"`}},
	{id: "diff-network-failure", steps: `{"step_type": "request", "method": "GET", "url": "http://` + nobody + `/"}`, want: []string{`"outcome":"errored"`, "Error communicating"}},
	{id: "diff-no-status", steps: called + `, "assertions": [{"source": "response_status", "comparison": "not_empty"}, {"source": "response_json", "property": "result", "comparison": "equal", "value": "pass"}]}`,
		want: []string{"the result of a subtest has no status"}},
	{id: "diff-notifications", env: "webhooks: [SERVER/hook]\nemails: {notify_all: true}\nintegrations: [{id: x}]", steps: get + `"}`, want: []string{"GOT GET / "}, not: "hook"},
	{id: "diff-oauth2-browser", steps: get + `", "auth": {"auth_type": "oauth_2", "grant_type": "authorization_code", "token_url": "SERVER/token"}}`,
		want: []string{"needs a browser"}, not: "GOT"},
	{id: "diff-preflight", pinned: [2]string{"cmd/offscope/testdata/script/usage_preflight.txtar", "As the hosted service does"}},
	{id: "diff-promises", steps: scripts + `"(async function () { throw new Error('nobody waits') })()"]}`, want: []string{`"failure":"exception".*nobody waits`}},
	{id: "diff-require", steps: scripts + `"require('underscore')"]}`, want: []string{"require is not defined", "there is no module loader"}},
	{id: "diff-response-time", steps: get + `", "variables": [{"source": "response_time", "name": "ms"}]}`, want: []string{`"name":"ms".*"value":"\d+","type":"number"`}},
	{id: "diff-retry", env: "retry_on_failure: true", steps: get + `", "assertions": [{"source": "response_status", "comparison": "equal", "value": "1"}]}`,
		want: []string{"retry_on_failure.* has no effect", `"outcome":"failed"`}, not: "(?s)GOT.*GOT"},
	{id: "diff-run-limit", steps: `{"step_type": "pause", "duration": 1200}, ` + get + `"}`, want: []string{"GOT GET", `"event":"run-finished".*"outcome":"passed"`}},
	{id: "diff-script-limits", steps: scripts + `"(function f() { f() })()", "log('next')"]}`, want: []string{"nested more than 1500 deep", `"text":"next"`}},
	{id: "diff-script-scope", steps: scripts + `"var shared = 1", "log(typeof shared)"]}`, want: []string{`"text":"undefined"`}},
	{id: "diff-secret-hiding", env: "initial_variables: {token: sesame-open}\nsecrets: [token]", steps: `{"step_type": "request", "method": "POST", "url": "SERVER/say", "body": "before {{token}} after"}`,
		want: []string{`"body":\{"text":"before [^"]* after"`, "GOT POST /say .*before sesame-open after"}, not: `"[^"\n]*sesame-open[^"\n]*"`},
	{id: "diff-secret-names", env: "initial_variables: {token: sesame-open}\nsecrets: [token]", steps: `{"step_type": "request", "method": "POST", "url": "SERVER/say", "body": "{{token}} {{get_secret(token)}}"}`,
		want: []string{"GOT POST /say .*sesame-open sesame-open"}},
	{id: "diff-seed", check: seedsRepeat},
	{id: "diff-size-limits", steps: strings.Repeat(get+`"}, `, 100) + `{"step_type": "pause", "duration": 86400}`, want: []string{`"event":"run-finished".*"outcome":"passed"`}},
	{id: "diff-snippets", steps: scripts + `{"snippet": 1}]}`, want: []string{"a script that is not text"}, not: "GOT"},
	{id: "diff-subtest-environment", pinned: [2]string{"cmd/offscope/testdata/script/ok_subtests.txtar", "that of its caller is used"}},
	{id: "diff-subtest-result", steps: called + `, "assertions": [{"source": "response_json", "property": "test_id", "comparison": "equal", "value": ""}, {"source": "response_json", "property": "test_run_url", "comparison": "not_empty"}, {"source": "response_json", "property": "result", "comparison": "equal", "value": "pass"}]}`,
		want: []string{`"property":"test_id".*"outcome":"passed"`, `"property":"test_run_url".*"outcome":"failed"`, `"property":"result".*"outcome":"passed"`}},
	{id: "diff-subtest-unseen", steps: `{"step_type": "subtest", "test_uuid": "fails"}`, want: []string{"no assertion of this step looks at its result", `"event":"run-finished".*"outcome":"failed"`}},
	{id: "diff-test-uuid", steps: get + `-{{runscope_test_uuid}}-"}`, want: []string{"GOT GET /-- "}},
	{id: "diff-timeout", check: timeoutSpansConnecting},
	{id: "diff-trigger-parameters", vars: map[string]string{"a": "flag", "b": "flag"}, env: "initial_variables: {b: environment}", script: "variables.set('a', 'script')",
		steps: get + `{{a}}-{{b}}"}`, want: []string{"GOT GET /script-flag ", `"code":"value-overwritten"`}},
	{id: "diff-unicode-property", steps: scripts + `"log(/\\p{Lu}/u.test('A'))"]}`, want: []string{`"text":"false"`, `"code":"script-unicode-property"`}},
	{id: "diff-url-parameters", vars: map[string]string{"v": "a&b=c+d%20#e"}, steps: get + `?q={{v}}"}`, want: []string{`GOT GET /\?q=a&b=c\+d%20%23e `}},
	{id: "diff-user-agent", steps: get + `"}`, want: []string{"GOT GET / .*User-Agent:offscope"}},
	{id: "diff-xpath-limits", steps: get + `xml", "assertions": [{"source": "response_xml", "property": "//m:*", "comparison": "not_empty"}, {"source": "response_xml", "property": "//m:a extra", "comparison": "not_empty"}, {"source": "response_xml", "property": "//m:a", "comparison": "equal", "value": "1"}]}`,
		want: []string{`"row":1.*"outcome":"failed"`, `"row":2.*"outcome":"failed"`, `"row":3.*"outcome":"passed"`}},
}

func TestKnownDifferences(t *testing.T) {
	for _, d := range differences {
		t.Run(d.id, func(t *testing.T) {
			t.Parallel()
			switch {
			case d.check != nil:
				d.check(t)
			case d.pinned[0] != "":
				if !strings.Contains(read(t, d.pinned[0]), d.pinned[1]) {
					t.Errorf("%s has no %s any more: name another test of this difference", d.pinned[0], d.pinned[1])
				}
			default:
				d.hold(t)
			}
		})
	}
}

// hold runs the row and searches what came of it.
func (d difference) hold(t *testing.T) {
	said := d.run(t, 1)
	for _, pattern := range d.want {
		if !regexp.MustCompile(pattern).MatchString(said) {
			t.Errorf("nothing fits %s in\n%s", pattern, lastOf(said))
		}
	}
	if d.not != "" && regexp.MustCompile(d.not).MatchString(said) {
		t.Errorf("something fits %s in\n%s", d.not, lastOf(said))
	}
}

// lastOf is as much of a long stream as one reads.
func lastOf(said string) string { return said[max(0, len(said)-4000):] }

// run runs the row's test and returns the stream of events with the requests that the server got.
func (d difference) run(t *testing.T, seed uint64) string {
	t.Helper()
	s := newServer(t)
	var out strings.Builder
	test, env := d.test(t, s.URL, &out), d.environment(t, s.URL, &out)
	o := runner.Options{Environment: env, Seed: seed, Subtest: func(_ *runner.Plan, step *bucket.Subtest) (*bucket.Test, runner.Options, error) {
		status := map[string]string{"called": "200", "fails": "201"}[step.TestUUID.Value]
		text := fmt.Sprintf(`{"name": "Called", "steps": [%s", "assertions": [{"source": "response_status", "comparison": "equal_number", "value": %s}]}]}`, get, status)
		return difference{steps: text}.test(t, s.URL, io.Discard), runner.Options{}, nil
	}}
	for name, value := range d.vars {
		text := source.Verbatim(source.NewFile("flag", []byte(value)).Whole())
		o.Values = append(o.Values, variables.Initial{Name: name, Text: text, Origin: variables.Origin{Kind: variables.Flag}})
	}
	if d.script != "" {
		text := source.Verbatim(source.NewFile("initial.js", []byte(d.script)).Whole())
		o.InitialScript = &text
	}
	execute(t, []*runner.Plan{runner.NewPlan(test, o)}, &out)
	return out.String() + s.got()
}

// test parses the row's steps, and writes what is said about them.
func (d difference) test(t *testing.T, server string, out io.Writer) *bucket.Test {
	t.Helper()
	text := d.steps
	if !strings.HasPrefix(text, `{"name"`) {
		text = `{"name": "T", "steps": [` + text + `]}`
	}
	document, said := bucket.Parse(source.NewFile("test.json", []byte(strings.ReplaceAll(text, "SERVER", server))))
	for _, s := range said {
		fmt.Fprintln(out, s.Message)
	}
	if said.Err() != nil {
		t.Fatal(said.Err())
	}
	return document.Tests[0]
}

func (d difference) environment(t *testing.T, server string, out io.Writer) *bucket.Environment {
	t.Helper()
	if d.env == "" {
		return nil
	}
	environments, said := bucket.ParseEnvironment(source.NewFile("env.yaml", []byte(strings.ReplaceAll("name: e\n"+d.env, "SERVER", server))))
	for _, s := range said {
		fmt.Fprintln(out, s.Message)
	}
	if said.Err() != nil {
		t.Fatal(said.Err())
	}
	return environments[0]
}

// execute runs plans and writes their events. Pauses take no time.
func execute(t *testing.T, plans []*runner.Plan, out io.Writer) {
	t.Helper()
	client, err := transport.New(transport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	inbox, err := transport.Listen(transport.InboxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	engine := jsengine.New(jsengine.Options{})
	defer engine.Close()
	machinery := runner.Machinery{Sender: client, Engine: engine, Inbox: inbox, Clock: hurried{}}
	_, err = runner.Run(context.Background(), plans, machinery, event.SinkFunc(func(e event.Event) error {
		line, err := event.Encode(e)
		fmt.Fprintf(out, "%s\n", line)
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// hurried is a clock that waits for nothing.
type hurried struct{ runner.SystemClock }

func (hurried) Sleep(context.Context, time.Duration) error { return nil }

// A server answers by path, and keeps what it got.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests strings.Builder
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	fmt.Fprintf(&s.requests, "GOT %s %s Cookie:%s User-Agent:%s %s\n", r.Method, r.RequestURI, r.Header.Get("Cookie"), r.UserAgent(), body)
	s.mu.Unlock()
	switch r.URL.Path {
	case "/cookies":
		w.Header()["Set-Cookie"] = []string{`quoted=a"b`, "plain=1"}
	case "/xml":
		io.WriteString(w, `<r xmlns:m="urn:m"><m:a>1</m:a></r>`)
	default:
		io.WriteString(w, `{"a": {"b.c": [1, 2]}}`)
	}
}

func (s *server) got() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests.String()
}

// nobody is an address where nothing listens: the port is reserved.
const nobody = "127.0.0.1:1"

func iterationsRunInOrder(t *testing.T) {
	s := newServer(t)
	test := difference{steps: get + `{{n}}"}`}.test(t, s.URL, io.Discard)
	var plans []*runner.Plan
	for i := range 3 {
		text := source.Verbatim(source.NewFile("data.csv", []byte(fmt.Sprint(i))).Whole())
		plans = append(plans, runner.NewPlan(test, runner.Options{
			Iteration: i + 1, Iterations: 3, Values: []variables.Initial{{Name: "n", Text: text, Origin: variables.Origin{Kind: variables.DataRow}}},
		}))
	}
	execute(t, plans, io.Discard)
	if got := s.got(); !regexp.MustCompile(`(?s)^GOT GET /0 [^\n]*\nGOT GET /1 [^\n]*\nGOT GET /2 [^\n]*\n$`).MatchString(got) {
		t.Errorf("iterations came as\n%s", got)
	}
}

func speaksHTTP1(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	for version, want := range map[transport.Version]string{transport.Options{}.HTTPVersion: "HTTP/1.1", transport.HTTP2Fallback: "HTTP/2.0"} {
		client, err := transport.New(transport.Options{Insecure: true, HTTPVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		response, err := client.Send(context.Background(), &exchange.Request{URL: s.URL})
		if err != nil || response.Proto != want {
			t.Errorf("%v: got %+v, %v, want %s", version, response, err, want)
		}
	}
}

func refusesOtherFormats(t *testing.T) {
	for name, text := range map[string]string{
		"Postman collection": `{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}`,
		"HTTP archive":       `{"log": {"version": "1.2", "entries": []}}`,
		"OpenAPI":            `{"openapi": "3.0.0", "paths": {}}`,
	} {
		document, said := bucket.Parse(source.NewFile("file.json", []byte(text)))
		if document != nil || said.Err() == nil || !strings.Contains(said.Err().Error(), name) {
			t.Errorf("%s: got %v", name, said)
		}
	}
}

func seedsRepeat(t *testing.T) {
	d := difference{steps: `{"step_type": "request", "method": "POST", "url": "SERVER/say", "body": "{{uuid}} {{random_int}} {{x}}"}`, script: "variables.set('x', Math.random())"}
	body := func(seed uint64) string {
		said := d.run(t, seed)
		_, sent, found := strings.Cut(said, "GOT POST")
		if !found {
			t.Fatalf("nothing was sent\n%s", said)
		}
		return sent
	}
	if one, again, two := body(1), body(1), body(2); one != again || one == two {
		t.Errorf("seed 1 gave%sand%sseed 2 gave%s", one, again, two)
	}
}

// timeoutSpansConnecting connects to a server that never answers the handshake.
func timeoutSpansConnecting(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := transport.New(transport.Options{Timeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Send(context.Background(), &exchange.Request{URL: "https://" + listener.Addr().String()})
	var failed *transport.Error
	if !errors.As(err, &failed) || failed.Kind != transport.KindTimeout || failed.Timings.Total > transport.DefaultConnectTimeout/2 {
		t.Errorf("got %v", err)
	}
	if transport.DefaultTimeout != 270*time.Second {
		t.Errorf("the default is %s", transport.DefaultTimeout)
	}
}
