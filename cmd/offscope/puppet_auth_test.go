package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// token is an authorization server (RFC 6749, sections 4.3 and 4.4): it gives the client "robot" a new token for each request,
// and says which one in its answer's access_token: c4nary-OAuthX-1, -2 …
func (p *puppet) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, secret, inHeader := r.BasicAuth()
	if !inHeader {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	grant := r.PostForm.Get("grant_type")
	known := grant == "client_credentials" || grant == "password" && r.PostForm.Get("username") == "ann" && r.PostForm.Get("password") == "c4nary-AnnX"
	if id != "robot" || secret != "c4nary-ClientX" || !known {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error": "invalid_client", "error_description": "not %s"}`, secret)
		return
	}
	p.writeJSON(w, map[string]any{
		"access_token": fmt.Sprintf("c4nary-OAuthX-%d", p.add("token")), "token_type": "Bearer", "expires_in": 3600,
		"scope": r.PostForm.Get("scope"),
	})
}

// The credentials that signed checks.
const (
	consumerKey, consumerSecret = "app", "kd94hf93k423kf44&"
	userToken, userSecret       = "tok en", "pfkkdhi9sl3r4s00="
)

// signed answers whether a request is signed as RFC 5849 says, and where its signature stands; it reads the RFC anew, and shares
// nothing with the program.
func (p *puppet) signed(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	parameters := pairsOf(r.URL.RawQuery)
	where := "query"
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		if form := pairsOf(string(body)); len(form) > 0 {
			parameters = append(parameters, form...)
			if strings.Contains(string(body), "oauth_signature=") {
				where = "body"
			}
		}
	}
	if list, found := strings.CutPrefix(r.Header.Get("Authorization"), "OAuth "); found {
		where = "header"
		parameters = append(parameters, headerPairs(list)...)
	}
	given := map[string]string{}
	var signed []string
	for _, pair := range parameters {
		given[pair[0]] = pair[1]
		if pair[0] != "oauth_signature" && pair[0] != "realm" {
			signed = append(signed, rfc3986(pair[0])+"="+rfc3986(pair[1]))
		}
	}
	slices.Sort(signed)
	base := r.Method + "&" + rfc3986("http://"+r.Host+r.URL.EscapedPath()) + "&" + rfc3986(strings.Join(signed, "&"))
	mac := hmac.New(sha1.New, []byte(rfc3986(consumerSecret)+"&"+rfc3986(userSecret)))
	mac.Write([]byte(base))
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	p.writeJSON(w, map[string]any{
		"where": where, "right": given["oauth_signature"] == want && given["oauth_consumer_key"] == consumerKey && given["oauth_token"] == userToken,
		"nonce": p.add("nonce " + given["oauth_nonce"]), "realm": given["realm"],
	})
}

// parrot gives each line of the body back in the encodings in which servers, frameworks and logs write what they were sent: in
// headers, in JSON, in JSON inside JSON, and in XML. With ?status= it is an error.
func (p *puppet) parrot(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")
	for _, name := range []string{"Authorization", "Cookie"} {
		if value := r.Header.Get(name); value != "" {
			lines = append(lines, value)
		}
	}
	var inXML, all strings.Builder
	plain := json.NewEncoder(&all)
	plain.SetEscapeHTML(false)
	answer := map[string]any{}
	for i, line := range lines {
		quoted, _ := json.Marshal(map[string]string{"error": "not " + line})
		answer[fmt.Sprintf("line %d", i)] = []string{
			line, "unknown: " + line + "!", url.QueryEscape(line), url.PathEscape(line), rfc3986(line), string(quoted), html.EscapeString(line),
			base64.StdEncoding.EncodeToString([]byte(line)), base64.URLEncoding.EncodeToString([]byte(line)),
			base64.StdEncoding.EncodeToString([]byte("u:" + line)), base64.RawStdEncoding.EncodeToString([]byte("user:" + line)),
		}
		w.Header().Set(fmt.Sprintf("X-Line-%d", i), url.QueryEscape(line))
		xml.EscapeText(&inXML, []byte(line))
	}
	plain.Encode(answer)
	escaped, _ := json.Marshal(answer) // writes & < > in another way
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Set-Cookie", "session=c4nary-CookieX; Path=/; HttpOnly")
	if status, err := strconv.Atoi(r.URL.Query().Get("status")); err == nil {
		w.WriteHeader(status)
	}
	fmt.Fprintf(w, `{"plain": %s, "escaped": %s, "xml": %q}`, strings.TrimSpace(all.String()), escaped, "<e>"+inXML.String()+"</e>")
}

func pairsOf(form string) (pairs [][2]string) {
	for pair := range strings.SplitSeq(form, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			name, _ = url.QueryUnescape(name)
			value, _ = url.QueryUnescape(value)
			pairs = append(pairs, [2]string{name, value})
		}
	}
	return pairs
}

func headerPairs(list string) (pairs [][2]string) {
	for pair := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		value, _ = url.PathUnescape(strings.Trim(value, `"`))
		pairs = append(pairs, [2]string{name, value})
	}
	return pairs
}

// rfc3986 is percent-encoding with nothing but the unreserved characters left alone, which is what url.QueryEscape does but for
// the space.
func rfc3986(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
