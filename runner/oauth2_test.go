package runner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"offscope/event"
	"offscope/exchange"
)

// issuer is an authorization server and the server behind it in one.
type issuer struct {
	answer func(n int) (status int, body string)
	asked  []string // the form of each request for a token, with the Authorization header
	got    []string // what came with each request
}

func (s *issuer) serve(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path != "/token" {
		s.got = append(s.got, q.Header.Get("Authorization")+q.URL.RawQuery)
		fmt.Fprint(w, `{"a":1}`)
		return
	}
	user, password, _ := q.BasicAuth()
	s.asked = append(s.asked, fmt.Sprintf("%s %s:%s %s %s", q.Method, user, password, q.Header.Get("X-Test-Body"), q.Header.Get("Content-Type")))
	status, body := http.StatusOK, fmt.Sprintf(`{"access_token":"token-canary-%d","token_type":"bearer","expires_in":60}`, len(s.asked))
	if s.answer != nil {
		status, body = s.answer(len(s.asked))
	}
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

const (
	urlencoded = " application/x-www-form-urlencoded"
	clientAuth = `"auth_type":"oauth_2","grant_type":"client_credentials","token_url":"SERVER/token","client_id":"id","client_secret":"sec-canary"`
)

func withAuth(fields string) string { return get(`"auth":{` + fields + `},` + good) }

func TestOAuth2(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, steps string
		asked, got  []string
	}{
		{"1.4 auth: a token that is given", withAuth(`"auth_type":"oauth_2","access_token":"{{tok}}"`), nil, []string{"Bearer given-canary"}},
		{"1.4 auth: in the query", withAuth(`"auth_type":"oauth2","access_token":"{{tok}}","token_location":"query"`), nil, []string{"access_token=given-canary"}},
		{"in a query that is there already", strings.Replace(withAuth(`"auth_type":"oauth2","access_token":"a b&c","token_location":"query"`), "/x", "/x?q=1", 1), nil, []string{"q=1&access_token=a+b%26c"}},
		{"before a fragment", strings.Replace(withAuth(`"auth_type":"oauth2","access_token":"{{tok}}","token_location":"query"`), "/x", "/x#top", 1), nil, []string{"access_token=given-canary"}},
		{"client credentials", withAuth(clientAuth + `,"scope":"a b"`), []string{"POST id:sec-canary grant_type=client_credentials&scope=a+b" + urlencoded}, []string{"Bearer token-canary-1"}},
		{"client credentials in the body", withAuth(clientAuth + `,"client_authentication":"body"`),
			[]string{"POST : grant_type=client_credentials&client_id=id&client_secret=sec-canary" + urlencoded}, []string{"Bearer token-canary-1"}},
		{"password", withAuth(`"auth_type":"oauth_2","grant_type":"password","token_url":"SERVER/token","username":"u","password":"pw-canary"`),
			[]string{"POST : grant_type=password&username=u&password=pw-canary" + urlencoded}, []string{"Bearer token-canary-1"}},
		{"the editor's names of grants", withAuth(strings.Replace(clientAuth, "client_credentials", "Client Credentials", 1)),
			[]string{"POST id:sec-canary grant_type=client_credentials" + urlencoded}, []string{"Bearer token-canary-1"}},
		{"a fetched token in the query", withAuth(clientAuth + `,"token_location":"query"`), []string{"POST id:sec-canary grant_type=client_credentials" + urlencoded}, []string{"access_token=token-canary-1"}},
		{"fetched once for the same credentials", steps(withAuth(clientAuth), withAuth(clientAuth)), []string{"POST id:sec-canary grant_type=client_credentials" + urlencoded},
			[]string{"Bearer token-canary-1", "Bearer token-canary-1"}},
		{"fetched again for another client", steps(withAuth(clientAuth), withAuth(strings.Replace(clientAuth, `"id"`, `"other"`, 1))),
			[]string{"POST id:sec-canary grant_type=client_credentials" + urlencoded, "POST other:sec-canary grant_type=client_credentials" + urlencoded},
			[]string{"Bearer token-canary-1", "Bearer token-canary-2"}},
		{"fetched again when it is going to expire", steps(withAuth(clientAuth), `{"step_type":"pause","duration":49}`, withAuth(clientAuth), `{"step_type":"pause","duration":1}`, withAuth(clientAuth)),
			[]string{"POST id:sec-canary grant_type=client_credentials" + urlencoded, "POST id:sec-canary grant_type=client_credentials" + urlencoded},
			[]string{"Bearer token-canary-1", "Bearer token-canary-1", "Bearer token-canary-2"}},
		{"a script sees it and may change it", get(`"auth":{` + clientAuth + `},"before_scripts":["request.headers['Authorization'] = request.headers['Authorization'][0].replace('Bearer', 'Token')"]`),
			[]string{"POST id:sec-canary grant_type=client_credentials" + urlencoded}, []string{"Token token-canary-1"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := &issuer{}
			vars := map[string]string{}
			if strings.Contains(row.steps, "{{tok}}") {
				vars["tok"] = "given-canary" // a secret only where it is used
			}
			r, end, _ := run{vars: vars, steps: row.steps, handler: s.serve}.do(t)
			if end.Outcome != event.Passed || !slices.Equal(s.asked, row.asked) || !slices.Equal(s.got, row.got) {
				t.Errorf("%s\nasked %q\nwant  %q\ngot  %q\nwant %q\n%s", end.Outcome, s.asked, row.asked, s.got, row.got, r.encoded(t))
			}
			if strings.Contains(r.encoded(t), "canary") {
				t.Errorf("a secret shows\n%s", r.encoded(t))
			}
		})
	}
}

func TestATokenOfTheEnvironment(t *testing.T) {
	t.Parallel()
	s := &issuer{}
	env := "auth: {auth_type: oauth_2, grant_type: client_credentials, token_url: 'SERVER/token', client_id: id, client_secret: '{{cs}}'}\ninitial_variables: {cs: sec-canary}\n"
	r, end, _ := run{env: env, steps: steps(get(good), get(good), get(`"headers":{"Authorization":["Bearer mine-canary"]}`)), handler: s.serve}.do(t)
	if end.Outcome != event.Passed || len(s.asked) != 1 || !slices.Equal(s.got, []string{"Bearer token-canary-1", "Bearer token-canary-1", "Bearer mine-canary"}) {
		t.Errorf("2.3 %s, asked %q, got %q\n%s", end.Outcome, s.asked, s.got, r.encoded(t))
	}
	if strings.Contains(r.encoded(t), "canary") {
		t.Errorf("a secret shows\n%s", r.encoded(t))
	}
}

func TestATokenWithoutAnEndIsKept(t *testing.T) {
	t.Parallel()
	for _, expires := range []string{"", `,"expires_in":null`, `,"expires_in":""`, `,"expires_in":"3600"`, `,"expires_in":0`} {
		s := &issuer{answer: func(n int) (int, string) { return 200, fmt.Sprintf(`{"access_token":"tok-%d"%s}`, n, expires) }}
		_, end, _ := run{steps: steps(withAuth(clientAuth), `{"step_type":"pause","duration":180}`, withAuth(clientAuth)), handler: s.serve}.do(t)
		if end.Outcome != event.Passed || len(s.asked) != 1 {
			t.Errorf("%s: %s, asked %d times", expires, end.Outcome, len(s.asked))
		}
	}
}

func TestTokensThatAreNotGiven(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		status int
		body   string
		auth   string
		told   string
		want   event.Outcome
	}{
		{"refused", 401, `{"error":"invalid_client","error_description":"who? sec-canary"}`, clientAuth, "/token answered 401: invalid_client: who? ", event.Failed},
		{"refused with 200", 200, `{"error":"invalid_scope","access_token":"x-token"}`, clientAuth, "invalid_scope", event.Failed},
		{"no JSON", 200, `<html>`, clientAuth, "no JSON of a token", event.Failed},
		{"no token", 200, `{}`, clientAuth, "answered 200 without an access_token", event.Failed},
		{"another status", 500, `{"access_token":"x-token"}`, clientAuth, "answered 500", event.Failed},
		{"no address", 200, ``, strings.Replace(clientAuth, "token_url", "auth_url", 1), "there is no token_url", event.Failed},
		{"nobody there", 200, ``, strings.Replace(clientAuth, "SERVER/token", "http://127.0.0.1:1/token", 1), "no OAuth 2 token from http://127.0.0.1:1/token: ", event.Errored},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := &issuer{answer: func(int) (int, string) { return row.status, row.body }}
			r, end, _ := run{steps: steps(withAuth(row.auth), get(good)), handler: s.serve}.do(t)
			if end.Outcome != row.want || len(s.got) != 1 || !strings.Contains(r.encoded(t), row.told) || end.Counts.AssertionsFailed != 1 || end.Counts.Requests != 1 {
				t.Errorf("%s, got %q, not told: %s\n%s", end.Outcome, s.got, row.told, r.encoded(t))
			}
			if strings.Contains(r.encoded(t), "canary") {
				t.Errorf("a secret shows\n%s", r.encoded(t))
			}
		})
	}
}

func TestFetchingATokenThatIsBrokenOff(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	r, end, seen := run{ctx: ctx, steps: steps(withAuth(clientAuth), get(good)), handler: func(_ http.ResponseWriter, q *http.Request) {
		cancel(Interrupted{Signal: "SIGINT"})
		<-q.Context().Done()
	}}.do(t)
	if end.Outcome != event.Errored || r.outcomes() != "errored not-run" || seen.count() != 1 || !strings.Contains(r.encoded(t), "interrupted by SIGINT") {
		t.Errorf("%s\n%s", r.outcomes(), r.encoded(t))
	}
	silent := senderFunc(func(_ context.Context, q *exchange.Request) (*exchange.Response, error) {
		if strings.HasSuffix(q.URL, "/token") {
			return nil, nil
		}
		return nil, errors.New("not reached")
	})
	if r, end, _ := (run{steps: withAuth(clientAuth), sender: silent}).do(t); end.Outcome != event.Errored || !strings.Contains(r.encoded(t), "neither a response nor an error") {
		t.Errorf("%s\n%s", end.Outcome, r.encoded(t))
	}
}

// The form of RFC 6749, appendix B, also for what stands in the header.
func TestClientCredentialsAreEncodedAsAForm(t *testing.T) {
	t.Parallel()
	s := &issuer{}
	run{steps: withAuth(strings.NewReplacer(`"id"`, `"i d:"`, "sec-canary", "s%&ü").Replace(clientAuth)), handler: s.serve}.do(t)
	want := fmt.Sprintf("POST %s:%s grant_type=client_credentials%s", url.QueryEscape("i d:"), url.QueryEscape("s%&ü"), urlencoded)
	if len(s.asked) != 1 || s.asked[0] != want {
		t.Errorf("asked %q, want %q", s.asked, want)
	}
}
