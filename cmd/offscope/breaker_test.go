package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"offscope/jsontree"
)

// A breakage is what is to be broken in one response, so that some assertions cannot hold.
type breakage struct {
	rows []plainRow
	how  attack
	done bool
	err  error // why it could not be broken
}

// A breaker stands before the servers of a test and breaks responses. It remembers what it was sent, to be able to leak. A
// test sends one request at a time, and what it finds in breakages is read when it has ended.
type breaker struct {
	scim, org http.Handler
	broken    map[int]*breakage // by the request, counted from 1
	mu        sync.Mutex
	requests  int
	seen      bytes.Buffer // every request's URL and body so far
}

func (b *breaker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	fmt.Fprintf(&b.seen, "%s %s\n%s\n", r.Method, r.URL, body)
	handler := b.org
	if strings.HasPrefix(r.URL.Path, "/scim/") {
		handler = b.scim
	}
	recorded := httptest.NewRecorder()
	handler.ServeHTTP(recorded, r)
	answer := &answer{status: recorded.Code, header: recorded.Header(), body: recorded.Body.Bytes()}
	b.requests++
	if broken := b.broken[b.requests]; broken != nil {
		broken.done, broken.err = true, answer.damage(broken.rows, broken.how, b.seen.String())
	}
	answer.write(w)
}

// An answer is a response that may still be changed.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) write(w http.ResponseWriter) {
	a.header.Del("Content-Length")
	maps.Copy(w.Header(), a.header)
	if a.header.Get("Content-Type") == "" {
		w.Header()["Content-Type"] = nil // net/http would guess one
	}
	w.WriteHeader(a.status)
	if bodyAllowed(a.status) {
		_, _ = w.Write(a.body) // a client that is gone has its own message
	}
}

func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// damage changes what rows read, so that none of them can hold.
func (a *answer) damage(rows []plainRow, how attack, leak string) error {
	var edits []edit
	for _, r := range rows {
		edit, err := a.damageFor(r, how, leak)
		if err != nil {
			return fmt.Errorf("row %s: %w", r, err)
		}
		edits = append(edits, edit...)
	}
	slices.SortFunc(edits, func(a, b edit) int { return b.start - a.start })
	for _, e := range edits {
		a.body = slices.Concat(a.body[:e.start], []byte(e.text), a.body[e.end:])
	}
	return nil
}

// damageFor damages the answer for one row; what is to change in a JSON body is returned, because places in it hold only
// until the first change.
func (a *answer) damageFor(r plainRow, how attack, leak string) ([]edit, error) {
	switch r.source {
	case "response_status":
		a.status = http.StatusTeapot
	case "response_time":
		limit, err := strconv.Atoi(textOf(r.at.Get("value")))
		if err != nil {
			return nil, err
		}
		time.Sleep(time.Duration(limit)*time.Millisecond + 50*time.Millisecond)
	case "response_headers":
		return nil, a.damageHeader(r, how)
	case "response_json":
		return a.damageJSON(r, how)
	case "response_text", "response_size":
		a.damageBody(r, leak)
	default:
		return nil, fmt.Errorf("the source %s is not attacked yet", r.source)
	}
	return nil, nil
}

func (a *answer) damageHeader(r plainRow, how attack) error {
	if a.header.Get(r.property) == "" {
		return errors.New("the response has no such header")
	}
	if how == gone {
		a.header.Del(r.property)
		return nil
	}
	values := map[string]string{"not_empty": "", "does_not_contain": "broken " + textOf(r.at.Get("value"))}
	value, ok := values[r.comparison]
	if !ok {
		value = "broken"
	}
	a.header.Set(r.property, value)
	return nil
}

// damageBody makes the body tell too much, or nothing.
func (a *answer) damageBody(r plainRow, leak string) {
	switch r.comparison {
	case "contains", "is_greater_than", "not_equal":
		a.body = nil
		return
	case "does_not_contain":
		a.body = append(slices.Clip(a.body), leak+textOf(r.at.Get("value"))...)
	default:
		a.body = append(slices.Clip(a.body), "broken"...)
	}
	if !bodyAllowed(a.status) {
		a.status = http.StatusOK
	}
}

func (a *answer) damageJSON(r plainRow, how attack) ([]edit, error) {
	root, err := jsontree.Parse(a.body)
	if err != nil {
		return nil, fmt.Errorf("the response is not JSON: %w", err)
	}
	path, err := jsontree.ParsePath(r.property)
	if err != nil {
		return nil, err
	}
	at, missing := path.Lookup(root)
	if missing != nil {
		return nil, missing
	}
	if how == wrong {
		return []edit{{at.Start, at.End, wrongValue(r, at, root)}}, nil
	}
	removal, found := removalOf(root, at)
	if !found {
		return nil, errors.New("the value cannot be removed")
	}
	return []edit{removal}, nil
}

// removalOf takes a value out of its object by another name, or a list's only element by an empty list.
func removalOf(inside, at *jsontree.Value) (edit, bool) {
	for _, m := range inside.Members {
		if m.Value == at {
			return edit{m.NameStart, m.NameEnd, `"broken"`}, true
		}
		if e, found := removalOf(m.Value, at); found {
			return e, true
		}
	}
	for _, item := range inside.Items {
		if item == at {
			return edit{inside.Start, inside.End, "[]"}, len(inside.Items) == 1
		}
		if e, found := removalOf(item, at); found {
			return e, true
		}
	}
	return edit{}, false
}

// wrongValue is JSON that a row must not accept in the place of a value.
func wrongValue(r plainRow, at, root *jsontree.Value) string {
	target := textOf(r.at.Get("value"))
	switch r.comparison {
	case "not_empty":
		return `""`
	case "empty", "is_null":
		return `"broken"`
	case "is_a_number":
		return `"1 broken"`
	case "equal_number", "is_less_than", "is_less_than_or_equal":
		return "98765"
	case "is_greater_than", "is_greater_than_or_equal":
		return "-1"
	case "not_equal":
		if target == "{{login}}" { // the id must not be the name that was given, which the answer repeats
			target = root.Get("userName").Text
		}
		return strconv.Quote(target)
	case "has_key":
		return `{"broken": true}`
	case "has_value":
		return `["broken", "x` + target + `"]`
	case "contains":
		return `["broken"]`
	case "equal":
		switch at.Kind {
		case jsontree.True:
			return "false"
		case jsontree.False:
			return "true"
		}
	}
	return `"broken"`
}
