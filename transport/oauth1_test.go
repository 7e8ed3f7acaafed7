package transport

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offscope/exchange"
)

func fields(pairs ...string) []exchange.Field {
	var list []exchange.Field
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, exchange.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return list
}

// The parameters and results are those of the documents named; the signatures were computed again with
// openssl dgst -sha1 -hmac.
func TestSignaturesMatchPublishedOnes(t *testing.T) {
	t.Parallel()
	photos := OAuth1{ConsumerKey: "dpf43f3p2l4k3l03", ConsumerSecret: "kd94hf93k423kf44"}
	withToken := photos
	withToken.Token, withToken.TokenSecret = "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"
	tests := []struct {
		name, method, url string
		o                 OAuth1
		parameters        []exchange.Field
		want              string
	}{
		{"RFC 5849 1.2, temporary credentials", "POST", "https://photos.example.net/initiate", photos,
			fields("oauth_consumer_key", "dpf43f3p2l4k3l03", "oauth_signature_method", "HMAC-SHA1", "oauth_timestamp", "137131200",
				"oauth_nonce", "wIjqoS", "oauth_callback", "http://printer.example.com/ready"), "74KNZJeDHnMBp0EMJ9ZHt/XKycU="},
		{"RFC 5849 1.2, the photos", "GET", "http://photos.example.net/photos", withToken,
			fields("file", "vacation.jpg", "size", "original", "oauth_consumer_key", "dpf43f3p2l4k3l03", "oauth_token", "nnch734d00sl2jdk",
				"oauth_signature_method", "HMAC-SHA1", "oauth_timestamp", "137131202", "oauth_nonce", "chapoH"), "MdpQcU8iPSUjWoN/UDMsK2sui9I="},
		{"RFC 5849 3.4.1, with the signature that erratum 2550 corrects", "POST", "http://example.com/request",
			OAuth1{ConsumerSecret: "j49sk3j29djd", TokenSecret: "dh893hdasih9"}, append(formPairs("b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q"),
				fields("oauth_consumer_key", "9djdj82h48djs9d2", "oauth_token", "kkk9d7dh3k39sjv7", "oauth_signature_method", "HMAC-SHA1",
					"oauth_timestamp", "137131201", "oauth_nonce", "7d8f3e4a", "oauth_signature", "left out")...), "r6/TJjbCOr97/+UU0NsvSne7s5g="},
	}
	for _, test := range tests {
		to, err := parseTarget(test.url)
		if err != nil {
			t.Fatal(err)
		}
		base := baseString(test.method, baseURI(to, ""), test.parameters)
		if got := test.o.signature(base); got != test.want {
			t.Errorf("%s: %s, want %s, of\n%s", test.name, got, test.want, base)
		}
	}
}

func TestBaseStringIsThePublishedOne(t *testing.T) {
	t.Parallel()
	to, _ := parseTarget("HTTP://EXAMPLE.com:80/r%20v/X?id=123")
	got := baseString("get", baseURI(to, ""), formPairs(to.query)) // the URI is that of RFC 5849, section 3.4.1.2
	if want := "GET&http%3A%2F%2Fexample.com%2Fr%2520v%2FX&id%3D123"; got != want {
		t.Errorf("got %s", got)
	}
	got = baseString("POST", "http://example.com/request", append(formPairs("b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q"),
		fields("oauth_consumer_key", "9djdj82h48djs9d2", "oauth_token", "kkk9d7dh3k39sjv7", "oauth_signature_method", "HMAC-SHA1",
			"oauth_timestamp", "137131201", "oauth_nonce", "7d8f3e4a")...))
	want := "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26" +
		"oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26" +
		"oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7" // section 3.4.1.1
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

// status is the request that Twitter's documentation of signatures took as its example.
func status(path string) (OAuth1, *exchange.Request) {
	return OAuth1{
			ConsumerKey: "xvz1evFS4wEEPTGEFPHBog", ConsumerSecret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
			Token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", TokenSecret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
		}, &exchange.Request{
			Method: "POST", URL: "https://api.twitter.com" + path + "?include_entities=true",
			Header: exchange.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded; charset=utf-8"}},
			Body:   []byte("status=Hello%20Ladies%20%2b%20Gentlemen%2C+a%20signed%20OAuth%20request!"),
		}
}

const statusNonce = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"

var statusTime = time.Unix(1318622958, 0)

func TestSignPutsParametersInTheirPlace(t *testing.T) {
	t.Parallel()
	const path, escaped = "/1/statuses/update.json", "tnnArxj06cWHq44gCs1OSKk%2FjLY%3D"
	const header = `OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_nonce="` + statusNonce +
		`", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1318622958", oauth_token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"` +
		`, oauth_version="1.0", oauth_signature="` + escaped + `"`
	const query = "oauth_consumer_key=xvz1evFS4wEEPTGEFPHBog&oauth_nonce=" + statusNonce + "&oauth_signature_method=HMAC-SHA1" +
		"&oauth_timestamp=1318622958&oauth_token=370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb&oauth_version=1.0&oauth_signature=" + escaped
	for place, change := range map[OAuth1Place]func(*exchange.Request){
		InHeader: func(r *exchange.Request) { r.Header.Add("Authorization", header) },
		InQuery:  func(r *exchange.Request) { r.URL += "&" + query },
		InBody:   func(r *exchange.Request) { r.Body = append(r.Body, "&"+query...) },
	} {
		o, got := status(path)
		_, want := status(path)
		o.Place = place
		change(want)
		if err := o.Sign(got, statusNonce, statusTime); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("place %d (-want +got):\n%s", place, diff)
		}
	}
	o, r := status("/1.1/statuses/update.json") // the later address, with which the document kept the signature of the former
	if err := o.Sign(r, statusNonce, statusTime); err != nil || !strings.Contains(r.Header.Get("Authorization"), "hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D") {
		t.Errorf("%v, %v", r.Header, err)
	}
}

func TestSignCopesWithOddRequests(t *testing.T) {
	t.Parallel()
	sign := func(t *testing.T, o OAuth1, r exchange.Request) exchange.Request {
		t.Helper()
		o.ConsumerKey, o.ConsumerSecret = "k", "s"
		if err := o.Sign(&r, "n", time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		return r
	}
	const without = "oauth_consumer_key=k&oauth_nonce=n&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1&oauth_version=1.0&oauth_signature="
	for url, want := range map[string]string{
		"http://a.test":         "http://a.test?" + without,
		"http://a.test/#f":      "http://a.test/?" + without,
		"http://a.test/?#f":     "http://a.test/?" + without,
		"http://a.test/?%zz#f?": "http://a.test/?%zz&" + without,
	} {
		got := sign(t, OAuth1{Place: InQuery}, *get(url)).URL
		_, fragment, _ := strings.Cut(url, "#")
		if !strings.HasPrefix(got, want) || fragment != "" && !strings.HasSuffix(got, "#"+fragment) {
			t.Errorf("%s became %s", url, got)
		}
	}
	got := sign(t, OAuth1{Place: InBody}, exchange.Request{Method: "POST", URL: "http://a.test"})
	if !strings.HasPrefix(string(got.Body), without) || got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("without a body: %s %v", got.Body, got.Header)
	}
	got = sign(t, OAuth1{Realm: `a "b"`}, exchange.Request{URL: "http://a.test", Header: exchange.Header{{Name: "authorization", Value: "Basic x"}}})
	if a := got.Header.Values("Authorization"); len(a) != 1 || !strings.HasPrefix(a[0], `OAuth realm="a \"b\"", oauth_consumer_key="k", `) {
		t.Errorf("header %v", got.Header)
	}
	same := func(a, b exchange.Request) {
		t.Helper()
		if x, y := sign(t, OAuth1{}, a), sign(t, OAuth1{}, b); x.Header.Get("Authorization") != y.Header.Get("Authorization") {
			t.Errorf("%s %s and %s %s are signed differently", a.Method, a.URL, b.Method, b.URL)
		}
	}
	same(*get("HTTPS://A.test:443"), *get("https://u:p@a.test/#x"))
	same(exchange.Request{URL: "http://a.test/x"}, *get("http://a.test/x"))
	same(exchange.Request{URL: "http://127.0.0.1:1/x", Header: exchange.Header{{Name: "Host", Value: "a.test"}}}, exchange.Request{URL: "http://a.test/x"})
	same(*get("http://a.test/?x=1+2&&y"), *get("http://a.test/?y=&x=1%202"))
	json := exchange.Header{{Name: "Content-Type", Value: "application/json"}}
	same(exchange.Request{URL: "http://a.test", Header: json, Body: []byte("a=b")}, exchange.Request{URL: "http://a.test", Header: json})
}

func TestSignRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	json := exchange.Request{Method: "POST", URL: "http://a.test", Body: []byte("{}"),
		Header: exchange.Header{{Name: "Content-Type", Value: "application/json"}}}
	tests := []struct {
		o     OAuth1
		r     exchange.Request
		nonce string
		want  string
	}{
		{OAuth1{ConsumerKey: "k", Place: InBody}, json, "n", "OAuth 1.0 in the body needs a form: send the body as application/x-www-form-urlencoded, " +
			"or put the signature into the header or the query"},
		{OAuth1{}, json, "n", "OAuth 1.0 needs a consumer key and a nonce: fill them in"},
		{OAuth1{ConsumerKey: "k"}, json, "", "OAuth 1.0 needs a consumer key and a nonce: fill them in"},
		{OAuth1{ConsumerKey: "k"}, *get("a.test"), "n", "invalid URL: it has no scheme: begin it with http:// or https://"},
	}
	for _, test := range tests {
		before := test.r
		before.Header = test.r.Header.Clone()
		if err := test.o.Sign(&test.r, test.nonce, time.Unix(1, 0)); err == nil || err.Error() != test.want {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff(before, test.r); diff != "" {
			t.Errorf("the request changed (-want +got):\n%s", diff)
		}
	}
}

func TestOrderOfParametersDoesNotMatter(t *testing.T) {
	t.Parallel()
	list := fields("a", "1", "a", "2", "a", "", "a b", "+", "a%20b", "%2B", "é", "\x00\xff", "a.", "~", "A", "&=", "a=", "x", "a", "10")
	want := baseString("GET", "http://a.test/", list)
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if got := baseString("GET", "http://a.test/", list); got != want {
			t.Fatalf("got\n%s, want\n%s", got, want)
		}
	}
}

func TestPercentEncodingIsUndoneByDecoding(t *testing.T) {
	t.Parallel()
	var all []byte
	for b := range 256 {
		all = append(all, byte(b))
	}
	text := string(all)
	for range 3 { // values that were encoded already are encoded again
		encoded := percent(text)
		if strings.ContainsAny(encoded, " +*!'()/&=") {
			t.Errorf("a reserved character in %s", encoded)
		}
		for _, undo := range []func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
			if got, err := undo(encoded); err != nil || got != text {
				t.Errorf("got %q, %v", got, err)
			}
		}
		text = encoded
	}
	if got := percent("AZaz09-._~"); got != "AZaz09-._~" {
		t.Errorf("unreserved characters became %s", got)
	}
}
