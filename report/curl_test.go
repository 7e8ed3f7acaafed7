package report

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/exchange"
)

// shellRun runs a command with a curl that prints its arguments and its standard input, each in brackets.
func shellRun(t *testing.T, command, stdin string) []string {
	t.Helper()
	const fake = `curl() { for a; do printf '[%s]\036' "$a"; if [ "$a" = @- ]; then printf '<'; cat; printf '>\036'; fi; done; }
auth="tok'\\n en\$x" API_key=a2V5 auth_2=second PATH_value=p _1st=first secret=s password=hunter2 password_base64=dTpodW50ZXIy
`
	shell := exec.Command("sh", "-eu", "-c", fake+command)
	shell.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	shell.Stderr = &stderr
	out, err := shell.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%v: %s\n%s", err, stderr.String(), command)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x1e"), "\x1e")
}

func mark(secret string, e exchange.Encoding) string {
	return exchange.Mark{Secret: secret, Encoding: e}.String()
}

func TestCurlRepeatsTheRequest(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no POSIX shell on this machine")
	}
	headers := func(pairs ...string) (h exchange.Header) {
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	json := headers("Content-Type", "application/json")
	const url = "http://localhost/Users"
	for _, row := range []struct {
		name    string
		request event.Request
		want    []string
	}{
		{"a GET", event.Request{Method: "GET", URL: url}, []string{"[" + url + "]"}},
		{"a HEAD", event.Request{Method: "HEAD", URL: url}, []string{"[--head]", "[" + url + "]"}},
		{"a POST without a body", event.Request{Method: "POST", URL: url}, []string{"[-X]", "[POST]", "[" + url + "]"}},
		{"a GET with a body", event.Request{Method: "GET", URL: url, Header: json, Body: content("x")},
			[]string{"[-X]", "[GET]", "[" + url + "]", "[-H]", "[Content-Type: application/json]", "[--data-raw]", "[x]"}},
		{"a body without a type", event.Request{Method: "POST", URL: url, Body: content("@file")},
			[]string{"[" + url + "]", "[-H]", "[Content-Type:]", "[--data-raw]", "[@file]"}},
		{"quotes, line ends and backslashes", event.Request{Method: "PUT", URL: url + `?q="a"&b=$c`, Header: json, Body: content("{\"a\": \"it's\\n\"}\n\n  `x` $HOME !")},
			[]string{"[-X]", "[PUT]", "[" + url + `?q="a"&b=$c]`, "[-H]", "[Content-Type: application/json]", "[--data-raw]", "[{\"a\": \"it's\\n\"}\n\n  `x` $HOME !]"}},
		{"patterns of curl's own", event.Request{Method: "GET", URL: url + "?f[0]={x}"}, []string{"[--globoff]", "[" + url + "?f[0]={x}]"}},
		{"headers that curl sends by itself", event.Request{Method: "GET", URL: url, Header: headers("Host", "localhost", "Content-Length", "3", "Accept-Encoding", "gzip", "X-Empty", "", "Cookie", "a=b")},
			[]string{"[" + url + "]", "[--compressed]", "[-H]", "[X-Empty;]", "[-H]", "[Cookie: a=b]"}},
		{"a host of its own", event.Request{Method: "GET", URL: url, Header: headers("Host", "other")}, []string{"[" + url + "]", "[-H]", "[Host: other]"}},
		{"a secret in a header", event.Request{Method: "GET", URL: url, Header: headers("Authorization", "Bearer "+auth)},
			[]string{"[" + url + "]", "[-H]", `[Authorization: Bearer tok'\n en$x]`}},
		{"secrets with names of all kinds", event.Request{Method: "GET", URL: url, Header: headers("A", mark("API key", exchange.Base64)+"!"+mark("PATH", ""), "B", mark("1st", "")+mark("", ""))},
			[]string{"[" + url + "]", "[-H]", "[A: a2V5!p]", "[-H]", "[B: firsts]"}},
		{"the same secret in two spellings", event.Request{Method: "POST", URL: url, Header: headers("Authorization", "Basic "+mark("password", exchange.Base64), "Content-Type", "text/plain"), Body: content("p=" + mark("password", ""))},
			[]string{"[" + url + "]", "[-H]", "[Authorization: Basic dTpodW50ZXIy]", "[-H]", "[Content-Type: text/plain]", "[--data-raw]", "[p=hunter2]"}},
		{"characters a terminal must not see", event.Request{Method: "POST", URL: url, Header: json, Body: content("a\x1b\t" + auth + "\r\n\\n'\u202e\x00\n")},
			[]string{"[" + url + "]", "[-H]", "[Content-Type: application/json]", "[--data-binary]", "[@-]", "<a\x1b\ttok'\\n en$x\r\n\\n'\u202e\x00\n>"}},
		{"a body that is not text", event.Request{Method: "POST", URL: url, Header: json, Body: event.Content{Size: 9, Binary: true}},
			[]string{"[" + url + "]", "[-H]", "[Content-Type: application/json]", "[--data-binary]", "[@-]", "<given>"}},
		{"a body that was cut", event.Request{Method: "POST", URL: url, Header: json, Body: event.Content{Text: mark("not used", ""), Size: 9, Cut: true}},
			[]string{"[" + url + "]", "[-H]", "[Content-Type: application/json]", "[--data-binary]", "[@-]", "<given>"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(row.want, shellRun(t, Curl(row.request), "given")); diff != "" {
				t.Errorf("%s\n-want +got\n%s", Curl(row.request), diff)
			}
		})
	}
}

func TestCurlSaysWhatTheCommandDoesNotHold(t *testing.T) {
	t.Parallel()
	got := Curl(event.Request{
		Method: "POST", URL: "http://localhost/" + mark("id", exchange.URLEncoded),
		Header: exchange.Header{{Name: "Authorization", Value: "Basic " + mark("Authorization", exchange.Base64)}, {Name: "Content-Type", Value: "image/png"}},
		Body:   event.Content{Size: 1500, Binary: true},
	})
	want := "# $id stands for the value percent-encoded\n" +
		"# $Authorization stands for the value in base64, as the request had it (user:password in basic authentication)\n" +
		"# the body is not text: give its 1.5 kB on standard input\n" +
		"curl \"http://localhost/$id\" \\\n  -H \"Authorization: Basic $Authorization\" \\\n  -H 'Content-Type: image/png' \\\n  --data-binary @-"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTheCurlCommandReachesTheServerAsTheRunDid(t *testing.T) {
	t.Parallel()
	got := drawn(t, TextOptions{CurlFlags: []string{"-k", "--proxy \"http://u:${proxy_password}@127.0.0.1:3128\""}}, event.Exchanged{Request: event.Request{Method: "GET", URL: "https://h/"}})
	if want := `    curl -k --proxy "http://u:${proxy_password}@127.0.0.1:3128" https://h/` + "\n"; !strings.Contains(got, want) {
		t.Errorf("want %s in\n%s", want, got)
	}
}

// Whatever masking notes about a spelling, neither a comment nor the name of a variable shows how it is noted.
func TestNoInternalFormIsPrinted(t *testing.T) {
	t.Parallel()
	got := Curl(event.Request{Method: "GET", URL: "http://localhost/" + mark("a", "") + "/" + mark("a", "#2") + "/" + mark("a", "#2~2") + "/" +
		mark("a", "url~1") + "/" + mark("a", "base64:01:10@2#3") + "/" + mark("a", "@1") + "/" + mark("a", "derived~5")})
	command := got[strings.LastIndex(got, "\n")+1:]
	want := `curl "http://localhost/${a}/${a_2}/${a_2_2}/${a_url}/${a_base64_line2_3}/${a_line1}/$a_derived"`
	if diff := cmp.Diff(want, command); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if comments := strings.TrimSuffix(got, command); strings.ContainsAny(strings.ReplaceAll(comments, "# $", ""), "~#@") {
		t.Errorf("an internal form in\n%s", comments)
	}
}
