package runner

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

// An auth is how requests prove who they are, with its templates parsed.
type auth struct {
	of     *bucket.Auth
	fields []field
}

type field struct {
	name  string
	value variables.Template
}

// credentials are an auth with its templates filled in.
type credentials struct {
	of     *bucket.Auth
	fields map[string]variables.Expansion
}

// text is a field's text, "" for one that is not there.
func (c *credentials) text(name string) string { return c.fields[name].String() }

// plainFields are the fields of an auth that are no secret where they stand in the file as they are; in settings, a variable
// is none either.
var (
	plainFields = append([]string{"username", "consumer_key", "client_id"}, settings...)
	settings    = []string{
		"signature_type", "signature_method", "realm", "token_location", "grant_type", "token_url", "access_token_url", "auth_url",
		"scope", "state", "client_authentication",
	}
)

// knownFields are the fields that mean something, by kind. A key in another spelling is not one of them, and is remarked.
var knownFields = map[bucket.AuthKind][]string{
	bucket.BasicAuth: {"username", "password"},
	bucket.OAuth1:    {"consumer_key", "consumer_secret", "access_token", "token_secret", "signature_type", "signature_method", "realm"},
	bucket.OAuth2: {
		"access_token", "token_location", "grant_type", "token_url", "access_token_url", "client_id", "client_secret", "username",
		"password", "scope", "client_authentication", "auth_url", "state",
	},
	bucket.CertificateAuth: {},
}

func planAuth(of *bucket.Auth) *auth {
	if of == nil {
		return nil
	}
	a := &auth{of: of}
	for _, f := range of.Fields {
		a.fields = append(a.fields, field{f.Name.Value, variables.Parse(f.Value)})
	}
	return a
}

// refusals say why requests cannot prove who they are in this way.
func (a *auth) refusals(o Options) []refusal {
	if a == nil {
		return nil
	}
	refuse := func(what, hint string) []refusal { return []refusal{{what: what, at: a.of.Place, hint: hint}} }
	switch a.of.Kind {
	case bucket.CertificateAuth:
		if !o.Certificate {
			return refuse("the step proves who it is by a client certificate, and none was given",
				"give one with --cert and --key, or as client_certificate of an environment (-e)")
		}
	case bucket.OAuth1, bucket.OAuth2:
		if what, hint := unusable(a.of.Kind, a.text); what != "" && !a.hasTemplateSettings() {
			return refuse(what, hint)
		}
	case bucket.UnknownAuth:
		return refuse(fmt.Sprintf("authentication of the kind %q is not known", a.of.KindText.Value), "")
	}
	return nil
}

// unusable says which settings of an OAuth cannot be followed, and what to do; "" when all can.
func unusable(kind bucket.AuthKind, field func(name string) string) (what, hint string) {
	setting := func(name string) string { return strings.TrimSpace(field(name)) }
	if kind == bucket.OAuth1 {
		method, place := setting("signature_method"), setting("signature_type")
		switch {
		case method != "" && !strings.EqualFold(method, "HMAC-SHA1"):
			return fmt.Sprintf("OAuth 1 signatures of the kind %q are not supported", method), "only HMAC-SHA1 is documented for the hosted service"
		case !slices.Contains([]string{"", "auth_header", "query", "body"}, place):
			return fmt.Sprintf("the signature_type %q is not known", place), "it is auth_header, query or body"
		}
		return "", ""
	}
	place, grant := setting("token_location"), grantOf(setting("grant_type"))
	switch {
	case !slices.Contains([]string{"", "auth_header", "header", "query"}, place):
		return fmt.Sprintf("the token_location %q is not known", place), "it is auth_header or query"
	case setting("access_token") != "", grant == clientGrant, grant == passwordGrant:
		return "", ""
	case grant == "":
		return "OAuth 2 authentication has neither an access_token nor a grant_type", "give the token, such as {{token}}"
	}
	return fmt.Sprintf("an OAuth 2 token of the grant %q needs a browser and is not executable here", grant),
		"get a token and give it as access_token, such as {{token}}"
}

// text is a field as it stands in the file.
func (a *auth) text(name string) string { return a.of.Field(name).Value }

// place is where a field stands, or else the whole.
func (a *auth) place(name string) source.Place {
	if at := a.of.Field(name).Place; at.Known() {
		return at
	}
	return a.of.Place
}

// hasTemplateSettings reports whether only a run can tell what the settings are.
func (a *auth) hasTemplateSettings() bool {
	return slices.ContainsFunc(a.fields, func(f field) bool { return slices.Contains(settings, f.name) && !f.value.Literal() })
}

// credentials fills in an auth; nil when there is none.
func (a *Attempt) credentials(of *auth) *credentials {
	if of == nil {
		return nil
	}
	c := &credentials{of: of.of, fields: map[string]variables.Expansion{}}
	for _, f := range of.fields {
		c.fields[f.name] = a.expand("auth", f.value)
	}
	isOAuth := c.of.Kind == bucket.OAuth1 || c.of.Kind == bucket.OAuth2
	if isOAuth && of.hasTemplateSettings() && len(a.problems) == 0 {
		if what, hint := unusable(c.of.Kind, c.text); what != "" {
			a.problem(event.Problem{Code: "unsupported", Outcome: event.Failed, Message: what, Hint: hint, Where: a.test.cover.excerpt(c.of.Place)})
		}
	}
	return c
}

// proveBefore puts credentials into the request where scripts can see and change them. OAuth 1 signs what the scripts have
// left, see sign.
func (a *Attempt) proveBefore(c *credentials, token variables.Expansion) {
	switch c.of.Kind {
	case bucket.BasicAuth:
		pair := c.text("username") + ":" + c.text("password")
		a.authorize(c, "Basic", base64.StdEncoding.EncodeToString([]byte(pair)))
		a.test.learnUnlessKnown("auth", c.text("password"))
	case bucket.OAuth2:
		a.test.learnUnlessKnown("access_token", token.String())
		if strings.TrimSpace(c.text("token_location")) == "query" {
			a.expanded.url = a.withQuery(a.expanded.url, variables.Plain("access_token"), token)
			return
		}
		a.authorize(c, "Bearer", token.String())
	}
}

// authorize sets the Authorization header. One that stands beside the "auth" gives way to it, be both the step's or the
// environment's; and what the step says goes before what the environment says.
func (a *Attempt) authorize(c *credentials, scheme, proof string) {
	if a.ownHeaderWins(c) {
		return
	}
	e := &a.expanded
	e.headers = slices.DeleteFunc(e.headers, func(m made) bool { return strings.EqualFold(m.name, "Authorization") })
	e.headers = append(e.headers, made{"Authorization", variables.Plain(scheme + " " + proof)})
	a.test.cover.learn("Authorization", proof)
}

// ownHeaderWins reports whether an Authorization header goes before the credentials, and remarks that there are both.
func (a *Attempt) ownHeaderWins(c *credentials) bool {
	own := hasHeader(a.expanded.headers[:a.expanded.own], "Authorization")
	switch {
	case own && c != a.ownAuth:
		a.remark("two-credentials", c.of.Place, `the step has an Authorization header: it was sent, and the environment's "auth" was not`)
		return true
	case own:
		a.remark("two-credentials", c.of.Place, `the step has an Authorization header and "auth": "auth" was sent`)
	case c != a.ownAuth && hasHeader(a.expanded.headers, "Authorization"):
		a.remark("two-credentials", c.of.Place, `the environment has an Authorization header and "auth": "auth" was sent`)
	}
	return false
}

// sign makes the OAuth 1 signature of the request as it goes out. It reports false when that is not possible.
func (a *Attempt) sign() bool {
	c := a.auth
	if c == nil || c.of.Kind != bucket.OAuth1 {
		return true
	}
	place := oauth1Place(c)
	if place == transport.InHeader && a.ownHeaderWins(c) {
		return true
	}
	oauth := transport.OAuth1{
		ConsumerKey: c.text("consumer_key"), ConsumerSecret: c.text("consumer_secret"), Token: c.text("access_token"),
		TokenSecret: c.text("token_secret"), Place: place, Realm: c.text("realm"),
	}
	a.test.learnUnlessKnown("consumer_secret", oauth.ConsumerSecret)
	a.test.learnUnlessKnown("token_secret", oauth.TokenSecret)
	a.test.learnUnlessKnown("access_token", oauth.Token)
	if oauth.ConsumerKey == "" {
		a.unsigned(noConsumerKey, c, "consumer_key")
		return false
	}
	nonce := fmt.Sprintf("%016x", a.builtins.Rand.Uint64())
	before := a.Request.URL
	if err := oauth.Sign(a.Request, nonce, a.test.clock.Now()); err != nil {
		a.unsigned(err.Error(), c, "signature_type")
		return false
	}
	switch hasShort := isShortText(oauth.Token); place {
	case transport.InQuery:
		a.noteSigned(before, hasShort)
	case transport.InBody:
		a.hideBody = a.hideBody || hasShort || a.test.hasShort(a.plainBody())
	}
	return true
}

const noConsumerKey = "OAuth 1 needs a consumer_key, and there is none"

// unsigned tells that there is no signature, at the field that is to blame.
func (a *Attempt) unsigned(why string, c *credentials, field string) {
	a.problem(event.Problem{
		Code: "auth", Outcome: event.Failed, Message: "the request was not signed: " + why, Where: a.test.cover.excerpt((&auth{of: c.of}).place(field)),
	})
}

func oauth1Place(c *credentials) transport.OAuth1Place {
	switch strings.TrimSpace(c.text("signature_type")) {
	case "query":
		return transport.InQuery
	case "body":
		return transport.InBody
	}
	return transport.InHeader
}

// noteSigned keeps track of what the URL is made of when a signature was put into it.
func (a *Attempt) noteSigned(before string, secret bool) {
	made := a.encoded(a.expanded.url, variables.EncodeURL)
	if made.String() != before {
		made = variables.Plain(before) // a script has changed it
	}
	address, fragment := cutFragment(made)
	added := variables.Piece{Text: strings.TrimSuffix(strings.TrimPrefix(a.Request.URL, address.String()), fragment.String())}
	if secret {
		added.Variable, added.Secret = "access_token", true
	}
	a.expanded.url = variables.Expansion{Pieces: slices.Concat(address.Pieces, []variables.Piece{added}, fragment.Pieces)}
}

// withQuery adds a query parameter to a URL, before its fragment.
func (a *Attempt) withQuery(url, name, value variables.Expansion) variables.Expansion {
	address, fragment := cutFragment(url)
	separator := "?"
	if strings.Contains(address.String(), "?") {
		separator = "&"
	}
	return variables.Expansion{Pieces: slices.Concat(
		address.Pieces, []variables.Piece{{Text: separator}}, a.encoded(name, formEscape).Pieces,
		[]variables.Piece{{Text: "="}}, a.encoded(value, formEscape).Pieces, fragment.Pieces,
	)}
}

// cutFragment divides a URL before its first #.
func cutFragment(url variables.Expansion) (address, fragment variables.Expansion) {
	for i, p := range url.Pieces {
		at := strings.IndexByte(p.Text, '#')
		if at < 0 {
			continue
		}
		head, tail := p, p
		head.Text, tail.Text = p.Text[:at], p.Text[at:]
		return variables.Expansion{Pieces: append(slices.Clone(url.Pieces[:i]), head)},
			variables.Expansion{Pieces: append([]variables.Piece{tail}, url.Pieces[i+1:]...)}
	}
	return url, variables.Expansion{}
}

// remarkAuth names fields without a meaning, and credentials that prove nothing.
func (a *Attempt) remarkAuth(c *credentials) {
	for _, f := range c.of.Fields {
		if f.Value.Value != "" && !slices.Contains(knownFields[c.of.Kind], f.Name.Value) {
			a.remark("auth-field", f.Name.Place, fmt.Sprintf("%q has no meaning in %s authentication and was not used", f.Name.Value, c.of.KindText.Value))
		}
	}
	if c.of.Kind == bucket.BasicAuth && c.text("username") == "" && c.text("password") == "" {
		a.remark("empty-credentials", c.of.Place, "basic authentication was sent with an empty user name and password")
	}
}

// nameSecretFields finds the secrets in an auth: every variable in it, and what stands there as it is.
func (p *Plan) nameSecretFields(a *auth) {
	if a == nil {
		return
	}
	for _, f := range a.fields {
		if slices.Contains(settings, f.name) {
			continue
		}
		p.nameUses(f.value)
		if f.value.Literal() && !slices.Contains(plainFields, f.name) {
			p.literals = append(p.literals, literal{"auth", f.value.Text().Value})
		}
	}
}

// hasHeader reports whether there is a header of that name.
func hasHeader(headers []made, name string) bool {
	return slices.ContainsFunc(headers, func(m made) bool { return strings.EqualFold(m.name, name) })
}

// formRequest is a POST of a form.
func formRequest(address string, fields []exchange.Field) *exchange.Request {
	r := &exchange.Request{Method: "POST", URL: variables.EncodeURL(address), Body: []byte(encodeForm(fields))}
	r.Header.Add("Content-Type", formType)
	r.Header.Add("Accept", "application/json")
	return r
}
