package runner

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/transport"
	"offscope/variables"
)

// The grants for which a token can be fetched without a browser.
const (
	clientGrant   = "client_credentials"
	passwordGrant = "password"
)

const formType = "application/x-www-form-urlencoded"

// grantOf reads a grant in the spellings of the standard and of the hosted editor.
func grantOf(text string) string {
	switch name := strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.TrimSpace(text))); name {
	case "client_credentials", "clientcredentials":
		return clientGrant
	case "password", "password_credentials", "resource_owner_password_credentials":
		return passwordGrant
	default:
		return name
	}
}

// A token is what an authorization server gave.
type token struct {
	text    string
	expires time.Time // zero when it is not said
}

// early is how long before its end a token is not used any more.
const early = 10 * time.Second

// accessToken returns the token of OAuth 2: the one given, else one that is fetched, once for the same credentials in a test.
// It reports false, with the reason among the step's problems, when there is none.
func (a *Attempt) accessToken(ctx context.Context, c *credentials) (variables.Expansion, bool) {
	if c.of.Kind != bucket.OAuth2 {
		return variables.Expansion{}, true
	}
	address := firstOf(c.text("token_url"), c.text("access_token_url"))
	switch {
	case c.text("access_token") != "":
		return c.fields["access_token"], true
	case c.tokenForm()[0].Value == "":
		a.noToken("the access_token is empty", "check the variable it is made of")
		return variables.Expansion{}, false
	case strings.TrimSpace(address) == "":
		a.noToken("there is no token_url", `add "token_url" to the authentication`)
		return variables.Expansion{}, false
	}
	key := fmt.Sprintf("%q %q %q %q", address, c.tokenForm(), c.text("client_id"), c.text("client_secret"))
	known, ok := a.test.tokens[key]
	if !ok || !known.expires.IsZero() && !a.test.clock.Now().Add(early).Before(known.expires) {
		if known, ok = a.fetchToken(ctx, c, strings.TrimSpace(address)); ok {
			a.test.tokens[key] = known
		}
	}
	return variables.Expansion{Pieces: []variables.Piece{{Text: known.text, Variable: "access_token", Secret: isShortText(known.text)}}}, ok
}

// tokenForm is what is asked of the authorization server.
func (c *credentials) tokenForm() []exchange.Field {
	fields := []exchange.Field{{Name: "grant_type", Value: grantOf(c.text("grant_type"))}}
	add := func(name string) {
		if c.text(name) != "" {
			fields = append(fields, exchange.Field{Name: name, Value: c.text(name)})
		}
	}
	if fields[0].Value == passwordGrant {
		add("username")
		add("password")
	}
	add("scope")
	if c.inBody() {
		add("client_id")
		add("client_secret")
	}
	return fields
}

// inBody reports whether the client proves who it is in the form and not in a header.
func (c *credentials) inBody() bool {
	place := strings.ToLower(c.text("client_authentication"))
	return strings.Contains(place, "body") || strings.Contains(place, "post")
}

func (a *Attempt) fetchToken(ctx context.Context, c *credentials, address string) (token, bool) {
	request := formRequest(address, c.tokenForm())
	if !c.inBody() && c.text("client_id") != "" {
		pair := url.QueryEscape(c.text("client_id")) + ":" + url.QueryEscape(c.text("client_secret"))
		request.Header.Add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	a.test.learnUnlessKnown("client_secret", c.text("client_secret"))
	a.test.learnUnlessKnown("auth", c.text("password"))
	a.test.learnRequest(request.URL, request.Header)
	response, err := a.test.sender().Send(ctx, request)
	if err == nil && response == nil {
		err = errSaysNothing
	}
	if err != nil {
		a.noAnswer(ctx, c, address, err)
		return token{}, false
	}
	return a.readToken(address, response)
}

// noAnswer says why the authorization server gave no answer.
func (a *Attempt) noAnswer(ctx context.Context, c *credentials, address string, err error) {
	message := err.Error()
	var known *transport.Error
	if errors.As(err, &known) {
		message = a.test.failureText(known)
	}
	if a.test.checkContext(ctx); ctx.Err() != nil {
		message = stopReason(ctx)
	}
	a.problem(event.Problem{
		Code: "token", Outcome: event.Errored, Message: "no OAuth 2 token from " + address + ": " + message,
		Where: a.test.cover.excerpt(c.of.Place), Hint: "the request itself was not sent",
	})
}

// readToken reads the answer of an authorization server (RFC 6749, sections 5.1 and 5.2).
func (a *Attempt) readToken(address string, r *exchange.Response) (token, bool) {
	var answer struct {
		Token       string `json:"access_token"`
		Expires     any    `json:"expires_in"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	err := json.Unmarshal(r.Body, &answer)
	switch {
	case answer.Error != "":
		text := strings.TrimSuffix(answer.Error+": "+answer.Description, ": ")
		a.noToken(fmt.Sprintf("%s answered %d: %s", address, r.Status, text), "check client_id, client_secret and the grant")
	case err != nil:
		a.noToken(fmt.Sprintf("%s answered %d with something that is no JSON of a token", address, r.Status), "check token_url")
	case r.Status/100 != 2 || answer.Token == "":
		a.noToken(fmt.Sprintf("%s answered %d without an access_token", address, r.Status), "check token_url and the credentials")
	default:
		a.test.learnUnlessKnown("access_token", answer.Token)
		t := token{text: answer.Token}
		if seconds, err := strconv.ParseFloat(fmt.Sprint(answer.Expires), 64); err == nil && seconds > 0 {
			t.expires = a.test.clock.Now().Add(time.Duration(min(seconds, 1e9) * float64(time.Second)))
		}
		return t, true
	}
	return token{}, false
}

func (a *Attempt) noToken(why, hint string) {
	a.problem(event.Problem{
		Code: "token", Outcome: event.Failed, Message: "no OAuth 2 token: " + why, Hint: hint, Where: a.test.cover.excerpt(a.auth.of.Place),
	})
	a.notSent("the request was not sent, because it has no token", "")
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
