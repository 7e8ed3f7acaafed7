package runner

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"offscope/event"
	"offscope/exchange"
	"offscope/variables"
)

// spellings are the ways in which a server or a script may write a secret.
func spellings(secret string) map[string]string {
	inJSON, _ := json.Marshal(secret)
	twice, _ := json.Marshal(string(inJSON))
	var plain strings.Builder
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(secret)
	var inXML strings.Builder
	_ = xml.EscapeText(&inXML, []byte(secret))
	return map[string]string{
		"plain": secret, "path": url.PathEscape(secret), "query": url.QueryEscape(secret),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"user:secret": base64.StdEncoding.EncodeToString([]byte("someone:" + secret)),
		"json":        string(inJSON), "json without html": strings.TrimSpace(plain.String()), "json in json": string(twice), "xml": inXML.String(),
	}
}

// A stream must not hold a secret in any spelling, nor the parts of it that the escapes leave alone.
func noCanary(t *testing.T, stream string, secrets ...string) {
	t.Helper()
	decoded := strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(stream)
	for _, secret := range secrets {
		for name, spelled := range spellings(secret) {
			for _, text := range []string{stream, decoded} {
				if i := strings.Index(text, strings.Trim(spelled, `"=`)); i >= 0 {
					t.Errorf("the %s spelling of %q is in the stream: …%s…", name, secret, text[max(0, i-150):min(len(text), i+150)])
				}
			}
		}
	}
}

const canary = `cAnArY <&"> 1/2+3 é\z`

// echo answers with everything it got, in all spellings.
func echo(secrets ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		page := q.URL.Path == "/error"
		var all strings.Builder
		for _, s := range secrets {
			for name, spelled := range spellings(s) {
				if page || name != "json in json" { // an answer in JSON is one level more
					fmt.Fprintf(&all, "%s: %s\n", name, spelled)
				}
			}
		}
		w.Header().Set("Set-Cookie", "sid=cookie-canary-1; Path=/")
		w.Header().Add("Set-Cookie", "x=q9; Path=/")
		w.Header().Set("X-Echo", url.PathEscape(q.Header.Get("Authorization")))
		w.Header().Set("X-Got", q.Header.Get("Authorization"))
		if page {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(500)
			fmt.Fprintf(w, "<html><title>Trace of %s</title>%s</html>", q.Header.Get("Authorization"), all.String())
			return
		}
		answer := json.NewEncoder(w)
		answer.SetEscapeHTML(false)
		_ = answer.Encode(map[string]any{
			"all": all.String(), "body": q.Header.Get("X-Test-Body"), "uri": q.URL.RequestURI(), "header": q.Header,
			"cookie": "cookie-canary-1", "list": []string{q.Header.Get("Authorization")},
		})
	}
}

func TestNoSecretReachesTheStream(t *testing.T) {
	t.Parallel()
	const token = "Bearer tok-canary-0123456789-0123456789-0123456789"
	reading := `"variables":[{"source":"response_json","property":"header.Authorization[0]","name":"got"},{"source":"response_json","property":"nothing","name":"n"}],
 "scripts":["log(response.body); log(variables.get('auth'), variables.get('named')); variables.set('copy', variables.get('auth')); assert.equal(variables.get('auth'), 'x')", "throw new Error(response.body)", "assert.deepEqual({a: variables.get('auth')}, {a: 1})"],
 "assertions":[{"source":"response_json","property":"header","comparison":"equal","value":"{{auth}}"},{"source":"response_text","comparison":"equal","value":"{{named}}"},
  {"source":"response_json","property":"list","comparison":"has_value","value":"{{named}}"},{"source":"response_json","property":"list","comparison":"has_key","value":"{{auth}}"},
  {"source":"response_json","property":"{{named}}.x","comparison":"not_empty","value":null},{"source":"response_json","property":"uri","comparison":"equal_number","value":"{{named}}"},
  {"source":"response_headers","property":"X-Got","comparison":"is_a_number","value":null},{"source":"response_json","property":"all","comparison":"not_equal","value":"q"}]`
	headers := `"headers":{"Authorization":["{{auth}}"],"X-Copy":["{{auth}}"],"X-Named":["q{{url_encode({{named}})}}"]}`
	r, end, seen := run{
		env:  "name: e\ninitial_variables:\n  auth: '" + token + "'\n  named: '" + canary + "'\nsecrets: [named, late]\n",
		vars: map[string]string{"SCIMBaseURL": "SERVER"},
		script: `log(get_secret('named')); variables.set('late', 'late-canary-77');
log("auth is " + variables.get('auth')); log({nested: variables.get('auth')});`,
		handler: echo(token, strings.TrimPrefix(token, "Bearer "), canary, "late-canary-77"),
		steps: steps(
			get(headers+`,"note":"late-canary-77",`+reading),
			`{"step_type":"request","method":"POST","url":"{{SCIMBaseURL}}/p?q={{named}}&r={{auth}}",`+headers+`,"body":"{\"a\":\"{{named}}\",\"l\":\"{{late}}\"}",`+reading+`}`,
			`{"step_type":"request","method":"POST","url":"{{SCIMBaseURL}}/error",`+headers+`,"form":{"f":["{{named}}","{{late}}"]},"before_scripts":["log(request.headers, request.form, request.url); request.headers['Cookie'] = 'k=cookie-canary-2; s=zq7'"],`+reading+`}`,
			`{"step_type":"request","method":"GET","url":"http://127.0.0.1:1/{{named}}",`+headers+`}`,
			`{"step_type":"request","method":"GET","url":"{{SCIMBaseURL}}/{{md5({{nope}}{{named}})}}{{format_timestamp({{auth}}, YYYY)}}",`+headers+`}`,
			get(`"auth":{"auth_type":"basic","username":"user","password":"{{named}}"},"before_scripts":["log(request.headers); throw new Error(request.headers['Authorization'])"]`),
		),
	}.do(t)
	if end.Outcome != event.Errored || seen.count() != 3 {
		t.Errorf("%s, %d requests, %s", end.Outcome, seen.count(), r.outcomes())
	}
	stream := r.encoded(t)
	noCanary(t, stream, token, strings.TrimPrefix(token, "Bearer "), canary, "late-canary-77", "cookie-canary-1", "cookie-canary-2", "tok-canary", "cAnArY", "zq7")
	if strings.Contains(stream, "x=q9") {
		t.Error("the value of a short cookie is in the stream")
	}
	for _, mark := range []exchange.Mark{{Secret: "auth"}, {Secret: "named"}, {Secret: "late"}, {Secret: "Set-Cookie"}, {Secret: "Cookie"}} {
		if name := strings.TrimSuffix(mark.String(), "\uE0F2"); !strings.Contains(stream, strings.TrimSuffix(name, "\uE0F1")) {
			t.Errorf("no mark names %s", mark.Secret)
		}
	}
}

// What stands in the file itself is no variable and must not be seen either: not in the lines of the file that a failure
// shows, not in the lines that are cut.
func TestLiteralCredentialsOfTheFileAreHidden(t *testing.T) {
	t.Parallel()
	const literal, password, cookie, inURL = "literal-canary-42", "password-canary-43", "cookie-canary-44", "url-canary-45"
	for padding := 0; padding < 130; padding += 3 {
		pad := strings.Repeat("p", padding)
		r, _, _ := run{
			handler: echo(literal, password, cookie, inURL),
			steps: get(`"headers":{"X-U":["{{nope}}`+pad+`"],"Authorization":["Bearer `+literal+`"],"Cookie":["a=`+cookie+`"],"Z":["`+pad+`{{nope}}"]}`) + "," +
				get(`"headers":{"Authorization":["Bearer `+literal+`"],"X":["`+pad+`{{nope}}"]}`) + "," +
				get(`"headers":{"Authorization":["Bearer {{nope}} `+literal+`"],"X":["`+pad+`{{nope2}}"]}`) + "," +
				get(`"auth":{"auth_type":"basic","username":"u","password":"`+password+`"},"note":"`+pad+`","assertions":[{"source":"response_jso","property":"x","comparison":"equal","value":"1"}]`) + "," +
				get(`"headers":{"Cookie":["a=`+cookie+`"]},"scripts":["log('`+literal+`'); throw new Error('`+pad+password+`')"]`) + "," +
				strings.Replace(get(`"x":"{{nope}}","assertions":[{"source":"nix","comparison":"equal","value":1}]`), "SERVER", "http://user:"+inURL+"@127.0.0.1:1", 1),
		}.do(t)
		noCanary(t, r.encoded(t), literal, password, cookie, inURL)
		for _, part := range []string{"literal-c", "anary-42", "password-c", "anary-43", "cookie-c", "anary-44", "url-c", "anary-45"} {
			if strings.Contains(r.encoded(t), part) {
				t.Errorf("padding %d: a part of a secret is shown: %s in\n%s", padding, part, r.encoded(t))
			}
		}
	}
}

// A secret shorter than four characters cannot be looked for, but is hidden where its variable is inserted.
func TestShortSecretsAreHiddenWhereTheyAreInserted(t *testing.T) {
	t.Parallel()
	r, _, seen := run{
		env:     "initial_variables: {pw: '§7é', n: 'q 9'}\nsecrets: [pw, n, got]\n",
		handler: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"a":1,"b":"w5w"}`) },
		steps: steps(`{"step_type":"request","method":"POST","url":"SERVER/{{pw}}/{{n}}","headers":{"X-Pw":["a{{pw}}b"],"Authorization":["Bearer {{pw}}"]},"body":"x{{pw}}y{{n}}{{encode_base64({{n}})}}",
 "variables":[{"source":"response_json","property":"b","name":"got"},{"source":"response_json","property":"{{n}}","name":"no"}],"scripts":["variables.set('got', variables.get('pw'))"],
 "assertions":[{"source":"response_json","property":"a","comparison":"equal","value":"{{pw}}"},{"source":"response_json","property":"a","comparison":"is_less_than","value":"{{n}}"},
  {"source":"response_json","property":"a{{pw}}","comparison":"not_empty","value":null},{"source":"response_json","property":"a","comparison":"has_value","value":"{{n}}"}]}`,
			`{"step_type":"request","method":"POST","url":"SERVER/","form":{"f":["{{pw}}","{{n}}"]},"headers":{"Proxy-Authorization":["{{n}}"]},"auth":{"auth_type":"basic","username":"a","password":"{{n}}"}}`,
			`{"step_type":"request","method":"POST","url":"SERVER/{{random_int({{n}})}}","headers":{"X":["{{url_encode({{n}})}}"]}}`),
	}.do(t)
	if seen.count() != 2 {
		t.Errorf("%d requests", seen.count())
	}
	stream := r.encoded(t)
	for _, secret := range []string{"§7", "q 9", "q%209", "q+9", "w5w", base64.StdEncoding.EncodeToString([]byte("q 9")), base64.StdEncoding.EncodeToString([]byte("a:q 9"))} {
		for i, e := range r.events {
			if x, ok := e.Body.(event.Exchanged); ok {
				x.Response = nil // the server's own text
				e.Body = x
			}
			line, _ := event.Encode(e)
			if strings.Contains(string(line), secret) {
				t.Errorf("%q is shown by event %d: %s", secret, i+1, line)
			}
		}
	}
	if !strings.Contains(stream, exchange.Mark{Secret: "pw"}.String()) {
		t.Error("no mark names the secret")
	}
}

func TestMarksCanBeFilledInAgain(t *testing.T) {
	t.Parallel()
	p := run{env: "initial_variables: {auth: 'Bearer abc', url: 'http://127.0.0.1:1'}\n",
		steps: `{"step_type":"request","method":"GET","url":"{{url}}/?t={{auth}}","headers":{"Authorization":["{{auth}}"]}}`}.plan(t, "")
	out := &recording{}
	x := Begin([]*Plan{p}, Machinery{Sender: countingSender(new(int)), Engine: engine, Clock: newClock()}, out)
	test := x.Test(t.Context(), 0)
	test.Do(t.Context(), test.Steps()[0])
	shown := one[event.Exchanged](t, out, 1).Request
	reveal := func(text string) string {
		return exchange.Show(text, func(m exchange.Mark) string { value, _ := test.cover.masker.Reveal(m); return value })
	}
	if got := reveal(shown.URL); got != "http://127.0.0.1:1/?t=Bearer%20abc" {
		t.Errorf("URL %q from %q", got, shown.URL)
	}
	if got := reveal(shown.Header.Get("Authorization")); got != "Bearer abc" {
		t.Errorf("header %q from %q", got, shown.Header)
	}
}

// A secret that happens to be a word of ours leaves the words readable.
func TestASecretDoesNotMakeTheStreamUnreadable(t *testing.T) {
	t.Parallel()
	r, _, _ := run{env: "initial_variables: {a: request, b: response_status, c: equal, d: string, e: notice, f: assertion}\nsecrets: [a, b, c, d, e, f]\n",
		steps: get(`"body":"x","scripts":["assert(false)"],"assertions":[{"source":"response_status","comparison":"equal","value":1}]`)}.do(t)
	a, s, n := one[event.Asserted](t, r, 1), one[event.StepStarted](t, r, 1), one[event.Notice](t, r, 1)
	if a.Source != "response_status" || a.Comparison != "equal" || s.StepKind != "request" || n.Severity != "notice" || one[event.Scripted](t, r, 1).Failure.Failure != "assertion" {
		t.Errorf("%s", r.encoded(t))
	}
}

func TestSchemesStayReadable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ value, want string }{
		{"Bearer {{tok}}", "Bearer [tok]"}, {"{{auth}}", "[auth]"}, {"Bearer literal-value", "Bearer [Authorization]"},
		{"Bearer ab", "Bearer [Authorization]"}, {"Bearer", "Bearer"}, {"bare-key", "[Authorization]"}, {"xy", "[Authorization]"},
		{"MyScheme {{tok}}", "MyScheme [tok]"}, {"Digest a={{tok}}, b=1", "Digest [Authorization]"},
		{"Basic {{encode_base64({{tok}}:{{pw}})}}", "Basic [Authorization]"}, {"", ""},
	} {
		r, _, _ := run{vars: map[string]string{"tok": "token-value", "auth": "SSWS token-2", "pw": "pass-word"},
			steps: get(`"headers":{"Authorization":["` + row.value + `"]}`)}.do(t)
		got := exchange.Show(one[event.Exchanged](t, r, 1).Request.Header.Get("Authorization"), exchange.Bracketed)
		if got != row.want {
			t.Errorf("%q is shown as %q, want %q", row.value, got, row.want)
		}
	}
}

// A server that keeps the credentials in a cookie makes no new secret of them: the variable's name says more.
func TestACookieWithTheCredentialsKeepsTheirName(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ header, cookie, want string }{
		{"Bearer {{tok}}", "Bearer token-value", "Bearer [tok]"},
		{"Bearer {{tok}}", "Bearer%20token-value", "Bearer [tok]"},
		{"Bearer {{tok}}", `"Bearer token-value"`, "Bearer [tok]"},
		{"Bearer {{tok}}", "Bearer+token-value", "Bearer [tok]"},
		{"MyScheme {{tok}}", "MyScheme token-value", "MyScheme [tok]"},
		{"{{auth}}", "SSWS token-2", "[auth]"},
		{"Bearer literal-value", "Bearer literal-value", "Bearer [Authorization]"},
		{"Bearer xyz", "Bearer xyz", "Bearer [Authorization]"},
		{"Bearer {{tok}}", "Bearer token-value-and-more", "Bearer [tok]"},
	} {
		step := get(`"headers":{"Authorization":["` + row.header + `"]}`)
		vars := map[string]string{"tok": "token-value", "auth": "SSWS token-2"}
		if !strings.Contains(row.header, "{{tok}}") {
			delete(vars, "tok") // it would be no secret
		}
		r, _, _ := run{vars: vars, steps: steps(step, step),
			handler: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Set-Cookie", "s="+row.cookie+"; Path=/") }}.do(t)
		if got := exchange.Show(all[event.Exchanged](r, 2)[0].Request.Header.Get("Authorization"), exchange.Bracketed); got != row.want {
			t.Errorf("%s, with the cookie %s, is shown as %q, want %q", row.header, row.cookie, got, row.want)
		}
		noCanary(t, r.encoded(t), "token-value", "literal-value", "-and-more")
	}
}

// However many cookies a server makes up, the secrets a test began with and the latest cookies stay hidden.
func TestManyCookiesDoNotMakeOthersForgotten(t *testing.T) {
	t.Parallel()
	var list []string
	for range 850 {
		list = append(list, get(`"headers":{"Authorization":["{{auth}}"]}`))
	}
	n := 0
	r, _, _ := run{steps: steps(list...), vars: map[string]string{"auth": "Bearer tok-canary-1"}, handler: func(w http.ResponseWriter, q *http.Request) {
		n++
		w.Header().Set("Set-Cookie", fmt.Sprintf("s=cookie-canary-%04d", n))
		fmt.Fprintf(w, "tok-canary-1 cookie-canary-%04d cookie-canary-%04d", n, max(1, n-700))
	}}.do(t)
	noCanary(t, r.encoded(t), "tok-canary-1", "cookie-canary-")
}

func TestTheOldestValuesAreForgotten(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ number, length, kept int }{
		{mostKnown, 20, mostKnown}, {mostKnown + 1, 20, keptKnown}, {8, mostBytes / 8, 8}, {9, mostBytes / 8, 6},
	} {
		c := newCover(variables.NewMasker, nil)
		c.learn("auth", "lasting-value")
		value := func(i int) string { // every part of it is different
			var text strings.Builder
			for n := 0; text.Len() < row.length; n++ {
				fmt.Fprintf(&text, "%d-%d,", i, n)
			}
			return text.String()[:row.length]
		}
		for i := range row.number {
			c.learned = append(c.learned, literal{"Set-Cookie", value(i)}) // the masker is made anew
		}
		if forgot := c.forget(1); forgot != (row.kept < row.number) || len(c.learned) != row.kept+1 {
			t.Errorf("%d of %d bytes: %v, %d are kept, want %d", row.number, row.length, forgot, len(c.learned)-1, row.kept)
		}
		if row.kept < row.number && (!covered(c.text("lasting-value")) || !covered(c.text(value(row.number-1))) || covered(c.text("lasting"))) {
			t.Errorf("%d of %d bytes: the first or the last value is not masked", row.number, row.length)
		}
	}
}

// A line of a script that does not compile is shown, and the secret in it is hidden though the script never ran.
func TestTheLineOfASyntaxErrorHidesASecret(t *testing.T) {
	t.Parallel()
	for _, quote := range []string{`"`, `'`, "`"} {
		r, _, _ := run{steps: get(`"headers":{"Authorization":["{{auth}}"]}`),
			script: "variables.set('auth', " + quote + "Bearer script-canary-5" + quote + "; (}"}.do(t)
		noCanary(t, r.encoded(t), "script-canary-5")
		if s := one[event.Scripted](t, r, 0); s.Failure == nil || s.Failure.Where.Text == "" {
			t.Errorf("%+v", s)
		}
	}
}

// A variable that a step was to extract is traced back to the step.
func TestALostVariableLeadsBackToItsStep(t *testing.T) {
	t.Parallel()
	r, _, _ := run{steps: steps(get(`"variables":[{"source":"response_json","property":"id","name":"id"}]`), get(`"headers":{"A":["{{id}}"]}`))}.do(t)
	if h := all[event.StepFinished](r, 2)[0].Hints; len(h) != 1 || !strings.Contains(h[0], "id is set by step 1, which did not get that far") {
		t.Errorf("hints %q", h)
	}
	if p := all[event.Problem](r, 2); len(p) == 0 || p[0].Hint != "" {
		t.Errorf("the same is told twice: %+v", p)
	}
}

// What cuts a value says so with one character or with three, and a quoted value has backslashes in it.
func TestTheBeginningOfASecretIsMaskedWhereATextWasCut(t *testing.T) {
	t.Parallel()
	c := newCover(variables.NewMasker, nil)
	c.learn("plain", "abcdefghijklmnopqrstuvwxyz")
	c.learn("quotes", "Cn4ry'\"\nXyz 98765 end")
	for text, want := range map[string]string{
		"expected 'abcdefghijkl…' to equal":   "expected '[plain]…' to equal",
		"expected abcdefghijkl... and more":   "expected [plain]... and more",
		`to equal 'Cn4ry\'\"\nXyz 98…'`:       "to equal '[quotes]…'",
		"nothing of it is here... or here…":   "nothing of it is here... or here…",
		`a backslash before \…`:               `a backslash before \…`,
		"abcdefghijklmnopqrstuvwxyz... abcd…": "[plain]... [plain]…",
	} {
		if got := exchange.Show(c.text(text), exchange.Bracketed); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
