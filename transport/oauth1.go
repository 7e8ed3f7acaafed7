package transport

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"offscope/exchange"
)

// An OAuth1Place is where a request carries the OAuth parameters.
type OAuth1Place uint8

// The places.
const (
	InHeader OAuth1Place = iota // the Authorization header
	InQuery                     // the URL's query
	InBody                      // a form in the body
)

const formType = "application/x-www-form-urlencoded"

// OAuth1 signs requests as RFC 5849 says, with HMAC-SHA1, the one method that the vendor documents.
type OAuth1 struct {
	ConsumerKey, ConsumerSecret string
	// Token and TokenSecret may be empty; the request then speaks for the consumer alone.
	Token, TokenSecret string
	Place              OAuth1Place
	// Realm stands in the header only, and is not signed; "" leaves it out.
	Realm string
}

// Sign signs r as it is and adds the parameters, so it comes last of all that changes a request; r must not be signed yet.
// The nonce is a text that no other request with the same time and token has. An Authorization header gives way to ours.
//
// It fails, and leaves r alone, when the parameters shall go into a body that is no form.
func (o OAuth1) Sign(r *exchange.Request, nonce string, at time.Time) error {
	if o.ConsumerKey == "" || nonce == "" {
		return errors.New("OAuth 1.0 needs a consumer key and a nonce: fill them in")
	}
	t, err := parseTarget(r.URL)
	if err != nil {
		return fmt.Errorf("invalid URL: %w", err)
	}
	if o.Place == InBody && len(r.Body) > 0 && !isForm(r) {
		return errors.New("OAuth 1.0 in the body needs a form: send the body as " + formType + ", or put the signature into the header or the query")
	}
	own := o.parameters(nonce, at)
	signed := slices.Concat(own, formPairs(t.query))
	if isForm(r) {
		signed = append(signed, formPairs(string(r.Body))...)
	}
	signature := o.signature(baseString(r.Method, baseURI(t, r.Header.Get("Host")), signed))
	o.place(r, append(own, exchange.Field{Name: "oauth_signature", Value: signature}))
	return nil
}

func (o OAuth1) parameters(nonce string, at time.Time) []exchange.Field {
	list := []exchange.Field{
		{Name: "oauth_consumer_key", Value: o.ConsumerKey},
		{Name: "oauth_nonce", Value: nonce},
		{Name: "oauth_signature_method", Value: "HMAC-SHA1"},
		{Name: "oauth_timestamp", Value: strconv.FormatInt(at.Unix(), 10)},
	}
	if o.Token != "" {
		list = append(list, exchange.Field{Name: "oauth_token", Value: o.Token})
	}
	return append(list, exchange.Field{Name: "oauth_version", Value: "1.0"})
}

func (o OAuth1) signature(base string) string {
	mac := hmac.New(sha1.New, []byte(percent(o.ConsumerSecret)+"&"+percent(o.TokenSecret)))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (o OAuth1) place(r *exchange.Request, list []exchange.Field) {
	switch o.Place {
	case InHeader:
		r.Header.Set("Authorization", o.authorization(list))
	case InQuery:
		r.URL = withQuery(r.URL, encoded(list))
	case InBody:
		text := encoded(list)
		if len(r.Body) > 0 {
			text = string(r.Body) + "&" + text
		}
		r.Body = []byte(text)
		if !isForm(r) {
			r.Header.Set("Content-Type", formType)
		}
	}
}

func (o OAuth1) authorization(list []exchange.Field) string {
	var parts []string
	if o.Realm != "" { // quoted as it is, RFC 5849, section 3.5.1
		parts = append(parts, `realm="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(o.Realm)+`"`)
	}
	for _, f := range list {
		parts = append(parts, f.Name+`="`+percent(f.Value)+`"`)
	}
	return "OAuth " + strings.Join(parts, ", ")
}

func withQuery(text, query string) string {
	text, fragment, fragmented := strings.Cut(text, "#")
	switch _, before, asked := strings.Cut(text, "?"); {
	case !asked:
		text += "?"
	case before != "":
		text += "&"
	}
	text += query
	if fragmented {
		text += "#" + fragment
	}
	return text
}

func encoded(list []exchange.Field) string {
	pairs := make([]string, len(list))
	for i, f := range list {
		pairs[i] = percent(f.Name) + "=" + percent(f.Value)
	}
	return strings.Join(pairs, "&")
}

func isForm(r *exchange.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == formType
}

// formPairs takes a query or a form apart and decodes it. What is not percent-encoded correctly is taken as it stands.
func formPairs(text string) []exchange.Field {
	var pairs []exchange.Field
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, exchange.Field{Name: formDecoded(name), Value: formDecoded(value)})
	}
	return pairs
}

func formDecoded(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}

// baseString is what is signed, RFC 5849, section 3.4.1.
func baseString(method, uri string, parameters []exchange.Field) string {
	list := make([]exchange.Field, 0, len(parameters))
	for _, f := range parameters {
		if f.Name != "oauth_signature" {
			list = append(list, exchange.Field{Name: percent(f.Name), Value: percent(f.Value)})
		}
	}
	slices.SortFunc(list, func(a, b exchange.Field) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
	})
	pairs := make([]string, len(list))
	for i, f := range list {
		pairs[i] = f.Name + "=" + f.Value
	}
	if method == "" {
		method = "GET"
	}
	return percent(strings.ToUpper(method)) + "&" + percent(uri) + "&" + percent(strings.Join(pairs, "&"))
}

// baseURI is the URL without query, RFC 5849, section 3.4.1.2: of the authority as the Host header has it.
func baseURI(t target, host string) string {
	host = strings.ToLower(firstOf(host, t.host))
	if t.scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	} else {
		host = strings.TrimSuffix(host, ":443")
	}
	return t.scheme + "://" + host + firstOf(t.path, "/")
}

// percent encodes all but the unreserved characters of RFC 3986, section 2.3.
func percent(text string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(text) {
		b := text[i]
		if 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("-._~", b) >= 0 {
			out.WriteByte(b)
			continue
		}
		out.Write([]byte{'%', digits[b>>4], digits[b&15]})
	}
	return out.String()
}
