package runner

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"offscope/event"
)

const (
	oauth1Keys = `"auth_type":"oauth1","consumer_key":"{{ck}}","consumer_secret":"cs-canary&/","access_token":"at-canary","token_secret":"ts-canary"`
	oneTime    = "1767323045" // the fake clock's
)

// signedRequest is what a server saw.
type signedRequest struct {
	method, host, path, query, authorization, body, contentType string
}

func seeSigned(to *signedRequest) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		*to = signedRequest{q.Method, q.Host, q.URL.EscapedPath(), q.URL.RawQuery, q.Header.Get("Authorization"), q.Header.Get("X-Test-Body"), q.Header.Get("Content-Type")}
		fmt.Fprint(w, `{"a":1}`)
	}
}

// escape is the percent-encoding of RFC 3986.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// check computes the signature of a request as RFC 5849 says, independent of the code under test.
func (s signedRequest) check(t *testing.T, consumerSecret, tokenSecret string) url.Values {
	t.Helper()
	all, err := url.ParseQuery(s.query)
	if err != nil {
		t.Fatal(err)
	}
	if s.contentType == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(s.body)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range form {
			all[name] = append(all[name], values...)
		}
	}
	if fields, ok := strings.CutPrefix(s.authorization, "OAuth "); ok {
		for _, field := range strings.Split(fields, ", ") {
			name, value, _ := strings.Cut(field, "=")
			plain, err := url.PathUnescape(strings.Trim(value, `"`))
			if err != nil {
				t.Fatal(err)
			}
			if name != "realm" {
				all.Add(name, plain)
			}
		}
	}
	var pairs []string
	for name, values := range all {
		for _, value := range values {
			if name != "oauth_signature" {
				pairs = append(pairs, escape(name)+"="+escape(value))
			}
		}
	}
	slices.Sort(pairs)
	base := s.method + "&" + escape("http://"+s.host+s.path) + "&" + escape(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte(escape(consumerSecret)+"&"+escape(tokenSecret)))
	mac.Write([]byte(base))
	if want, got := base64.StdEncoding.EncodeToString(mac.Sum(nil)), all.Get("oauth_signature"); got != want {
		t.Errorf("signature %q, want %q over %s", got, want, base)
	}
	return all
}

func TestOAuth1(t *testing.T) {
	t.Parallel()
	form := `"form":{"f":["1 2"]},`
	for _, row := range []struct{ name, more, place string }{
		{"1.4 auth: OAuth 1.0 in the header", "", "auth_header"},
		{"1.4 auth: in the header by default", "", ""},
		{"1.4 auth: oauth_1 is another name", "", "oauth_1"},
		{"1.4 auth: in the query", "", "query"},
		{"1.4 auth: in the body, with a form", form, "body"},
		{"1.4 auth: in the body, without one", "", "body"},
		{"a form is signed in the header too", form, "auth_header"},
		{"what scripts have left is signed", `"before_scripts":["request.params.push({name: 'late', value: 'x y'})"],`, "query"},
		{"a setting that is a template", "", "{{place}}"},
		{"a realm", `"realm":"",`, "realm"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var seen signedRequest
			keys := oauth1Keys
			switch row.place {
			case "", "oauth_1":
				keys = strings.Replace(keys, "oauth1", "oauth_1", len(row.place)/7)
			case "realm":
				keys += `,"realm":"r"`
			default:
				keys += `,"signature_type":"` + row.place + `"`
			}
			more := strings.TrimPrefix(row.more, `"realm":"",`)
			r, end, _ := run{vars: map[string]string{"ck": "key", "place": "query"}, handler: seeSigned(&seen),
				steps: strings.Replace(`{"step_type":"request","method":"POST","url":"SERVER/p%20q?b=2&a=x%26y",MORE"auth":{`+keys+`},`+good+`}`, "MORE", more, 1)}.do(t)
			if end.Outcome != event.Passed {
				t.Fatalf("%s\n%s", end.Outcome, r.encoded(t))
			}
			all := seen.check(t, "cs-canary&/", "ts-canary")
			if all.Get("oauth_consumer_key") != "key" || all.Get("oauth_token") != "at-canary" || all.Get("oauth_timestamp") != oneTime || all.Get("oauth_signature_method") != "HMAC-SHA1" {
				t.Errorf("%v", all)
			}
			inQuery, inBody := strings.Contains(seen.query, "oauth_"), strings.Contains(seen.body, "oauth_")
			wantQuery := row.place == "query" || row.place == "{{place}}"
			if inQuery != wantQuery || inBody != (row.place == "body") || strings.HasPrefix(seen.authorization, "OAuth ") != !(inQuery || inBody) {
				t.Errorf("%+v", seen)
			}
			if strings.Contains(seen.authorization, `realm="r"`) != (row.place == "realm") {
				t.Errorf("realm: %s", seen.authorization)
			}
			if strings.Contains(r.encoded(t), "canary") {
				t.Errorf("a secret shows\n%s", r.encoded(t))
			}
		})
	}
}

func TestANonceIsUsedOnce(t *testing.T) {
	t.Parallel()
	nonces := map[string]bool{}
	step := get(`"auth":{` + oauth1Keys + `,"signature_type":"query"}`)
	_, end, _ := run{vars: map[string]string{"ck": "key"}, steps: steps(step, compares(loop, "{{n}}", "equal", "3", counted("n"), step)),
		handler: func(_ http.ResponseWriter, q *http.Request) {
			if nonce := q.URL.Query().Get("oauth_nonce"); nonce != "" {
				nonces[nonce] = true
			}
		}}.do(t)
	if len(nonces) != 4 || end.Outcome != event.Passed {
		t.Errorf("%s, %v", end.Outcome, nonces)
	}
}

func TestAnAuthorizationHeaderBesideOAuth1(t *testing.T) {
	t.Parallel()
	env := "auth: {auth_type: oauth1, consumer_key: key, consumer_secret: secret}\n"
	for _, row := range []struct{ name, env, step, begins, notice string }{
		{"the step's auth goes before its header", "", get(`"headers":{"Authorization":["Bearer x"]},"auth":{` + oauth1Keys + `}`), "OAuth ", "two-credentials"},
		{"the step's header before the environment's auth", env, get(`"headers":{"Authorization":["Bearer x"]}`), "Bearer x", "two-credentials"},
		{"a signature in the query leaves the header alone", "", get(`"headers":{"Authorization":["Bearer x"]},"auth":{` + oauth1Keys + `,"signature_type":"query"}`), "Bearer x", ""},
		{"of the environment", env, get(""), "OAuth ", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var seen signedRequest
			r, end, _ := run{env: row.env, vars: map[string]string{"ck": "key"}, steps: row.step, handler: seeSigned(&seen)}.do(t)
			notices := ""
			for _, n := range all[event.Notice](r, 1) {
				notices += n.Code
			}
			if end.Outcome != event.Passed || !strings.HasPrefix(seen.authorization, row.begins) || notices != row.notice {
				t.Errorf("%s, %q, %q\n%s", end.Outcome, seen.authorization, notices, r.encoded(t))
			}
		})
	}
}

func TestAuthThatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, auth, told string }{
		{"another signature", oauth1Keys + `,"signature_method":"RSA-SHA1"`, `OAuth 1 signatures of the kind \"RSA-SHA1\" are not supported`},
		{"another place", oauth1Keys + `,"signature_type":"moon"`, `the signature_type \"moon\" is not known`},
		{"another place by a variable", oauth1Keys + `,"signature_type":"{{ck}}"`, `the signature_type \"key\" is not known`},
		{"no consumer key", `"auth_type":"oauth1","consumer_secret":"x"`, "the request was not signed: "},
		{"1.4 auth: client_certificate, none given", `"auth_type":"client_certificate"`, "by a client certificate, and none was given"},
		{"undefined", `"auth_type":"oauth1","consumer_key":"{{none}}"`, "Request failed to set 'auth' — Variable 'none' was not defined"},
		{"OAuth 2 with neither token nor grant", `"auth_type":"oauth_2"`, "neither an access_token nor a grant_type"},
		{"OAuth 2 with a browser", `"auth_type":"oauth2","grant_type":"authorization_code"`, "needs a browser"},
		{"OAuth 2 in another place", `"auth_type":"oauth2","access_token":"x","token_location":"moon"`, `the token_location \"moon\" is not known`},
		{"OAuth 2 with an empty token", `"auth_type":"oauth2","access_token":"{{blank}}"`, "the access_token is empty"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, end, seen := run{vars: map[string]string{"ck": "key", "blank": ""}, steps: steps(get(`"auth":{`+row.auth+`},`+good), get(good))}.do(t)
			if end.Outcome != event.Failed || r.outcomes() != "failed passed" || seen.count() != 1 || !strings.Contains(r.encoded(t), row.told) {
				t.Errorf("%s, %d requests, not told: %s\n%s", r.outcomes(), seen.count(), row.told, r.encoded(t))
			}
		})
	}
}

func TestAClientCertificateIsTheSendersAffair(t *testing.T) {
	t.Parallel()
	_, end, seen := run{options: Options{Certificate: true}, steps: get(`"auth":{"auth_type":"client_certificate"},` + good)}.do(t)
	if end.Outcome != event.Passed || seen.count() != 1 {
		t.Errorf("1.4 auth: client_certificate: %s", end.Outcome)
	}
}

func TestBasicAuth(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, auth, want, notice string }{
		{"1.4 auth: basic", `"auth_type":"basic","username":"u","password":"{{ck}}"`, "u:key", ""},
		{"1.4 auth: an empty username", `"auth_type":"basic","username":"","password":"p"`, ":p", ""},
		{"1.4 auth: both empty", `"auth_type":"basic","username":"","password":""`, ":", "empty-credentials"},
		{"1.4 auth: a key in another spelling", `"auth_type":"basic","user":"u","password":"p"`, ":p", "auth-field"},
		{"1.4 auth: not ASCII", `"auth_type":"basic","username":"ü","password":"p:q"`, "ü:p:q", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var seen signedRequest
			r, _, _ := run{vars: map[string]string{"ck": "key"}, steps: get(`"auth":{` + row.auth + `}`), handler: seeSigned(&seen)}.do(t)
			notices := ""
			for _, n := range all[event.Notice](r, 1) {
				notices += n.Code
			}
			if want := "Basic " + base64.StdEncoding.EncodeToString([]byte(row.want)); seen.authorization != want || notices != row.notice {
				t.Errorf("%q, %q\n%s", seen.authorization, notices, r.encoded(t))
			}
		})
	}
}

// A step that says none sends nothing of what its environment would prove.
func TestNoAuthenticationIsSaidOutright(t *testing.T) {
	t.Parallel()
	basic := "auth: {auth_type: basic, username: u, password: p}\n"
	for _, row := range []struct{ name, env, shared, auth, want string }{
		{"1.7 auth_type none", basic, "", `"auth":{"auth_type":"none"}`, ""},
		{"1.7 an empty auth says nothing", basic, "", `"auth":{}`, "Basic"},
		{"1.7 a step that says nothing", basic, "", `"headers":{}`, "Basic"},
		{"2.4 a child environment says none", "auth: {auth_type: none}\n", "name: s\n" + basic, `"headers":{}`, ""},
	} {
		got := "-"
		r := run{env: row.env, shared: row.shared, steps: get(row.auth + "," + good), handler: func(w http.ResponseWriter, q *http.Request) {
			got, _, _ = strings.Cut(q.Header.Get("Authorization"), " ")
			_, _ = w.Write([]byte(`{"a":1}`))
		}}
		out, end, _ := r.do(t)
		if got != row.want || end.Outcome != event.Passed || len(all[event.Notice](out, -1)) > 0 {
			t.Errorf("%s: %q\n%s", row.name, got, out.encoded(t))
		}
		if found := Examine(r.plan(t, "http://127.0.0.1:1")); len(found) > 0 {
			t.Errorf("%s: %v", row.name, found)
		}
	}
}
