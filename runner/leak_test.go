package runner

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"offscope/event"
)

// mirror sends back everything it got.
func mirror(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Set-Cookie", "sid=cookie-canary; Path=/")
	fmt.Fprintf(w, `{"a":1,"url":%q,"headers":%q,"body":%q}`, q.URL, q.Header, q.Header.Get("X-Test-Body"))
}

// No secret is in any event, wherever it came from and whoever sends it back.
func TestNoCanaryIsInAnyEvent(t *testing.T) {
	t.Parallel()
	log := `,"before_scripts":["log(request.headers, request.url, request.body)"],"scripts":["log(response.body, request.headers, request.url); console.log(response.headers)"]`
	for _, row := range []struct {
		name string
		run  run
	}{
		{"OAuth 1 in the header", run{steps: get(`"auth":{` + oauth1Keys + `}` + log)}},
		{"the passphrase of a key", run{vars: map[string]string{"pp": "phrase-canary"}, env: "client_certificate: c.pem\nclient_key_passphrase: '{{pp}}'\n",
			steps: get(`"scripts":["log(variables.get('pp'))"]`)}},
		{"a literal passphrase of a key", run{env: "client_certificate: c.pem\nclient_key_passphrase: phrase-canary\n", steps: get(`"scripts":["log('phrase-can' + 'ary')"]`)}},
		{"OAuth 1 in the query", run{steps: get(`"auth":{` + oauth1Keys + `,"signature_type":"query"}` + log)}},
		{"OAuth 1 in the body", run{steps: post(`"auth":{` + oauth1Keys + `,"signature_type":"body"}` + log)}},
		{"OAuth 2 in the query", run{steps: get(`"auth":{"auth_type":"oauth2","access_token":"literal-canary","token_location":"query"}` + log)}},
		{"a fetched token", run{steps: get(`"auth":{` + clientAuth + `}` + log)}},
		{"a password grant", run{steps: get(`"auth":{"auth_type":"oauth2","grant_type":"password","token_url":"SERVER/token","username":"u","password":"pw-canary"}` + log)}},
		{"environment headers", run{env: "headers: {Authorization: Bearer env-canary, Cookie: own=jar-canary}\n", steps: get(log[1:])}},
		{"environment header from a variable", run{env: "headers: {Authorization: 'SSWS {{k}}'}\ninitial_variables: {k: var-canary}\n", steps: get(log[1:])}},
		{"environment auth", run{env: "auth: {auth_type: basic, username: u, password: env-canary}\n", steps: get(log[1:])}},
		{"a secret in an environment header", run{env: "secrets: [k]\nheaders: {X-Key: '{{k}}'}\ninitial_variables: {k: named-canary}\n", steps: get(log[1:])}},
		{"an environment header that cannot be filled in", run{env: "secrets: [k]\nheaders: {X-Key: 'with-{{k}}-{{none}}'}\ninitial_variables: {k: named-canary}\n", steps: get(log[1:])}},
		{"an environment's script", run{env: "secrets: [k]\nscript: \"variables.set('k', 'scripted-canary'); log(variables.get('k'))\"\n", steps: get(`"headers":{"X-Key":["{{k}}"]}` + log)}},
		{"an environment's script that fails", run{env: "secrets: [k]\nscript: \"variables.set('k', 'scripted-canary'); throw new Error(variables.get('k'))\"\n", steps: get(log[1:])}},
		{"cookies of the jar", run{options: Options{Cookies: On}, steps: steps(get(log[1:]), get(log[1:]))}},
		{"subtest parameters", run{steps: subtestStep("s", `"params":[{"name":"k","value":"param-canary"}]`+log), subtests: map[string]run{"s": {steps: get(`"headers":{"Authorization":["{{k}}"]}` + log)}}}},
		{"subtest parameters from a secret", run{options: Options{Secrets: []string{"top"}}, vars: map[string]string{"top": "top-canary"}, steps: subtestStep("s", `"params":[{"name":"k","value":"x{{top}}"}]`+log),
			subtests: map[string]run{"s": {steps: get(`"headers":{"X-Key":["{{k}}"]}` + log)}}}},
		{"a comparison", run{options: Options{Secrets: []string{"k"}}, vars: map[string]string{"k": "compared-canary"}, steps: steps(compares(condition, "{{k}}", "equal", "a {{k}}", get("")), compares(condition, "{{k}}", "is_greater_than", "{{k}}", get("")))}},
		{"multipart", run{options: Options{Secrets: []string{"k"}}, vars: map[string]string{"k": "part-canary"}, steps: post(`"multipart_form":[{"name":"a","value":"{{k}}"},{"name":"f","file":"{{k}}.txt"}]` + log)}},
		{"GraphQL", run{options: Options{Secrets: []string{"k"}}, vars: map[string]string{"k": "ql-canary"}, steps: steps(post(`"graphql_body":{"query":"{a(k: \"{{k}}\")}","variables":"{\"k\":\"{{k}}\"}"}`+log), post(`"graphql_body":{"query":"{a}","variables":"{{k}}"}`+log))}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.run.handler = func(w http.ResponseWriter, q *http.Request) {
				if q.URL.Path == "/token" {
					fmt.Fprint(w, `{"access_token":"fetched-canary"}`)
					return
				}
				mirror(w, q)
			}
			if row.run.vars == nil {
				row.run.vars = map[string]string{}
			}
			row.run.vars["ck"] = "ck-value"
			out, _, _ := row.run.do(t)
			for _, line := range strings.Split(out.encoded(t), "\n") {
				if strings.Contains(line, "canary") {
					t.Errorf("shows in %s", line)
				}
			}
		})
	}
}

// Secrets of fewer than four characters are hidden where they were inserted.
func TestNoShortSecretIsShown(t *testing.T) {
	t.Parallel()
	const short = "Q7~"
	for _, row := range []struct {
		name, step string
		hidden     bool // nothing of the body is shown
	}{
		{"multipart", post(`"multipart_form":[{"name":"a","value":"{{k}}"}]`), true},
		{"a name of a part", post(`"multipart_form":[{"name":"{{k}}","value":"1"}]`), true},
		{"GraphQL query", post(`"graphql_body":{"query":"{a(k: \"{{k}}\")}"}`), true},
		{"GraphQL variables", post(`"graphql_body":{"query":"{a}","variables":"{\"k\":\"{{k}}\"}"}`), true},
		{"GraphQL variables that are no JSON", post(`"graphql_body":{"query":"{a}","variables":"{{k}}"}`), false},
		{"binary", post(`"binary_body":{"value":"{{k}}"}`), true},
		{"a file's name", post(`"binary_body":{"file":"{{k}}"}`), false},
		{"args", get(`"args":{"q":["{{k}}"]}`), false},
		{"OAuth 2 in the query", get(`"auth":{"auth_type":"oauth2","access_token":"{{k}}","token_location":"query"}`), false},
		{"OAuth 2 in the header", get(`"auth":{"auth_type":"oauth2","access_token":"{{k}}"}`), false},
		{"OAuth 1 in the query", get(`"auth":{"auth_type":"oauth1","consumer_key":"ck","access_token":"{{k}}","signature_type":"query"}`), false},
		{"OAuth 1 in the query, and a secret in the URL", strings.Replace(get(`"auth":{"auth_type":"oauth1","consumer_key":"ck","signature_type":"query"}`), "/x", "/{{k}}?q={{k}}#{{k}}", 1), false},
		{"OAuth 1 in the body", post(`"auth":{"auth_type":"oauth1","consumer_key":"ck","access_token":"{{k}}","signature_type":"body"}`), true},
		{"OAuth 1 in the body, and a secret in the form", post(`"form":{"f":["{{k}}"]},"auth":{"auth_type":"oauth1","consumer_key":"ck","signature_type":"body"}`), true},
		{"a condition", compares(condition, "{{k}}", "equal", "x", get("")), false},
		{"a condition that needs numbers", compares(condition, "{{k}}", "is_greater_than", "1", get("")), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			out, _, _ := run{options: Options{Secrets: []string{"k"}, Files: files}, vars: map[string]string{"k": short}, steps: row.step}.do(t)
			if text := out.encoded(t); strings.Contains(text, short) || strings.Contains(text, "Q7%7E") {
				t.Errorf("%s", text)
			}
			for _, x := range all[event.Exchanged](out, 1) {
				if hidden := x.Request.Body.Text == hiddenBody; hidden != row.hidden || hidden && x.Request.Body.Size == 0 {
					t.Errorf("the body is %+v", x.Request.Body)
				}
			}
		})
	}
}

// What proves who is asking in a subtest is a secret in the test that gives it, however deep.
func TestAShortParameterThatProvesIsNotShown(t *testing.T) {
	t.Parallel()
	out, end, _ := run{vars: map[string]string{"v": "Q7~"}, steps: steps(strings.Replace(get(""), "/x", "/{{v}}", 1), subtestStep("s", `"params":[{"name":"p","value":"{{v}}"}],`+looks)),
		subtests: map[string]run{"s": {steps: subtestStep("t", `"params":[{"name":"k","value":"{{p}}"}],`+looks)}, "t": {steps: get(`"headers":{"Authorization":["Bearer {{k}}"]}`)}}}.do(t)
	if end.Outcome != event.Passed || strings.Contains(out.encoded(t), "Q7~") {
		t.Errorf("%s\n%s", end.Outcome, out.encoded(t))
	}
}

// A fetched token that is very short is hidden too.
func TestAShortTokenIsNotShown(t *testing.T) {
	t.Parallel()
	s := &issuer{answer: func(int) (int, string) { return 200, `{"access_token":"Q7~"}` }}
	for _, place := range []string{"query", "auth_header"} {
		out, end, _ := run{steps: withAuth(clientAuth + `,"token_location":"` + place + `"`), handler: s.serve}.do(t)
		if end.Outcome != event.Passed || strings.Contains(out.encoded(t), "Q7~") {
			t.Errorf("%s", out.encoded(t))
		}
	}
}

// A body without a short secret is shown as it is.
func TestBodiesAreShown(t *testing.T) {
	t.Parallel()
	sent, out, _ := run{options: Options{Secrets: []string{"k"}}, vars: map[string]string{"k": "long-canary"}, steps: post(`"multipart_form":[{"name":"a","value":"{{k}}"}]`)}.sentBody(t)
	body := one[event.Exchanged](t, out, 1).Request.Body
	if !strings.Contains(body.Text, `name="a"`) || strings.Contains(body.Text, "canary") || body.Size != len(sent.Body) {
		t.Errorf("%+v", body)
	}
}

// A secret can stand in the name of the file, too, such as that of the folder it is in.
func TestNoSecretIsShownInTheNameOfAFile(t *testing.T) {
	t.Parallel()
	out, end, _ := run{options: Options{Secrets: []string{"k"}}, vars: map[string]string{"k": "test.json"},
		steps: get(`"assertions":[{"source":"response_status","comparison":"equal_number","value":1}],"scripts":["nothing.here"]`)}.do(t)
	if text := out.encoded(t); end.Outcome != event.Failed || strings.Contains(text, "test.json") {
		t.Errorf("%s\n%s", end.Outcome, text)
	}
}
