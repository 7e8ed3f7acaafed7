package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A puppet is a server whose answer the request asks for:
//
//	/echo        what was sent, as JSON: method, host, target, header, body
//	/parse       the parts, fields, query or bytes of the body, as a server reads them
//	/mirror      what was sent in the forms in which a careless server might give a secret back
//	/say         the request's body, with ?status=, ?type=, ?wait= and ?header=NAME:VALUE, whatever stands behind the path
//	/page        an HTML page where an API was expected
//	/big?bytes=  a JSON string that takes so many bytes
//	/hang        nothing, for as long as the client waits
//	/drip        an endless body, a byte at a time
//	/drop        the connection is closed without an answer
//	/redirect    302 to /echo
//	/proto       the version of HTTP, and the name in the client's certificate
//	/encoded?as= JSON in this content coding
//	/cookie?n=v  sets this cookie, and answers those that came
//	/count?name= how often it was asked so
//	/call?to=    sends its body there, a moment later
//	/token       gives OAuth 2 tokens
//	/parrot      gives back what it gets in many encodings
//	/signed      checks an OAuth 1 signature
//	/later?name= 503 for the first two times, counted as later-NAME
//	/kept        answers 201, and does not let itself be deleted
type puppet struct {
	mu     sync.Mutex
	counts map[string]int
	calls  sync.WaitGroup
}

func newPuppet() *puppet { return &puppet{counts: map[string]int{}} }

// add counts something and returns how often it was counted.
func (p *puppet) add(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[name]++
	return p.counts[name]
}

func (p *puppet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answers := map[string]http.HandlerFunc{
		"/echo": p.echo, "/mirror": p.mirror, "/say": p.say, "/page": p.page, "/big": p.big, "/hang": p.hang, "/drip": p.drip,
		"/drop": p.drop, "/parse": p.parse, "/proto": p.proto, "/encoded": p.encoded, "/cookie": p.cookie, "/count": p.count, "/call": p.call,
		"/token": p.token, "/signed": p.signed, "/parrot": p.parrot,
		"/kept": p.kept, "/later": p.later,
		"/redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/echo", http.StatusFound) },
	}
	path := r.URL.Path
	if strings.HasPrefix(path, "/say/") {
		path = "/say"
	}
	if answer, ok := answers[path]; ok {
		answer(w, r)
		return
	}
	http.NotFound(w, r)
}

// echo answers what the server saw. A proxy sees whole addresses as targets.
func (p *puppet) echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.writeJSON(w, struct {
		Method string      `json:"method"`
		Host   string      `json:"host"`
		Target string      `json:"target"`
		Header http.Header `json:"header"`
		Body   string      `json:"body"`
	}{r.Method, r.Host, r.RequestURI, r.Header, string(body)})
}

func (p *puppet) mirror(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var forms []string
	for _, text := range []string{string(body), r.Header.Get("Authorization"), r.Header.Get("X-Key"), r.URL.Query().Get("key")} {
		quoted, _ := json.Marshal(text)
		_, bare, _ := strings.Cut(text, " ")
		forms = append(forms, text, string(quoted), url.QueryEscape(text), url.PathEscape(text), bare,
			base64.StdEncoding.EncodeToString([]byte(text)), base64.StdEncoding.EncodeToString([]byte("user:"+bare)))
	}
	w.Header().Set("Set-Cookie", "session=c4nary-CookieX; Path=/")
	w.Header().Set("X-Mirror", url.QueryEscape(r.Header.Get("X-Key")))
	p.writeJSON(w, map[string]any{"forms": forms, "body": string(body)})
}

func (*puppet) writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

func (*puppet) say(w http.ResponseWriter, r *http.Request) {
	kind := r.URL.Query().Get("type")
	if kind == "" {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	if wait, err := time.ParseDuration(r.URL.Query().Get("wait")); err == nil {
		time.Sleep(wait)
	}
	if name, value, ok := strings.Cut(r.URL.Query().Get("header"), ":"); ok {
		w.Header().Set(name, value)
	}
	if status, err := strconv.Atoi(r.URL.Query().Get("status")); err == nil {
		w.WriteHeader(status)
	}
	io.Copy(w, r.Body)
}

func (*puppet) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body><h1>Please sign in</h1></body></html>\n")
}

func (*puppet) big(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("bytes"))
	fmt.Fprintf(w, "%q", strings.Repeat("x", max(0, n-2)))
}

func (*puppet) kept(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		http.Error(w, "deactivate it first", http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (p *puppet) later(w http.ResponseWriter, r *http.Request) {
	if p.add("later-"+r.URL.Query().Get("name")) < 3 {
		http.Error(w, "not yet", http.StatusServiceUnavailable)
	}
}

func (*puppet) hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func (*puppet) drip(w http.ResponseWriter, r *http.Request) {
	flush := http.NewResponseController(w)
	for {
		select {
		case <-r.Context().Done():
			return
		case <-time.After(20 * time.Millisecond):
			io.WriteString(w, "x")
			flush.Flush()
		}
	}
}

func (*puppet) drop(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		connection.Close()
	}
}
