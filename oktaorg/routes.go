package oktaorg

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// maxRequestBody is far above anything the simulated calls need.
	maxRequestBody = 1 << 20
	// maxAnswerWait bounds how long an answer is held back for its provisioning. A SCIM server that answers 429 can keep a
	// job waiting for hours; the org then answers as the real one always does, before the provisioning is through.
	maxAnswerWait = 2 * time.Minute
)

// call is one request to the org, read completely.
type call struct {
	*http.Request
	body []byte
}

// reply is what an endpoint answers.
type reply struct {
	status int
	body   any            // JSON; nil: no body
	job    *task          // to be ended before the answer, unless Options.Delay; may be nil
	after  func() (b any) // makes body after that; may be nil
}

// endpoint answers one call. It runs with Org.mu held.
type endpoint func(call) (reply, *apiError)

// methods are the endpoints of one path.
type methods map[string]endpoint

// newRoutes draws the map of the calls.
func (o *Org) newRoutes() *http.ServeMux {
	paths := map[string]methods{
		"/api/v1/apps/{app}":                        {"GET": o.getApp},
		"/api/v1/apps/{app}/users":                  {"POST": o.assignUser},
		"/api/v1/apps/{app}/users/{user}":           {"GET": o.getAppUser, "DELETE": o.unassignUser},
		"/api/v1/users":                             {"POST": o.createUser},
		"/api/v1/users/{user}":                      {"GET": o.getUser, "PUT": o.updateUser},
		"/api/v1/users/{user}/lifecycle/activate":   {"POST": o.activateUser},
		"/api/v1/users/{user}/lifecycle/deactivate": {"POST": o.deactivateUser},
		"/governance/api/v1/grants":                 {"POST": o.createGrant},
	}
	mux := http.NewServeMux()
	for path, m := range paths {
		mux.Handle(path, o.handler(m))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		o.refuse(w, errNoPath("the simulated org has no "+r.URL.Path))
	})
	return mux
}

// ServeHTTP answers one call of Okta's API.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := o.authorize(r.Header.Values("Authorization")); err != nil {
		o.refuse(w, err)
		return
	}
	if strings.Contains(r.URL.Path, "//") {
		// The mux would redirect, and a test that follows no redirects would show a puzzling 301.
		o.refuse(w, errNoPath("double slash in "+r.URL.Path+": the org's URL must not end with a slash"))
		return
	}
	o.routes.ServeHTTP(w, r)
}

func (o *Org) authorize(headers []string) *apiError {
	if len(headers) != 1 {
		return errToken("the request must have one Authorization header: SSWS and the token")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if scheme != "SSWS" || token == "" {
		return errToken("the Authorization header must be SSWS, a space and the token")
	}
	if o.opts.Token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(o.opts.Token)) != 1 {
		return errToken("the token is not the one this org was started with")
	}
	return nil
}

func (o *Org) handler(m methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		end, ok := m[r.Method]
		if !ok {
			o.refuse(w, errMethod())
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
		if err != nil {
			o.refuse(w, errUnreadable(err.Error()))
			return
		}
		rep, refusal := o.answer(end, call{r, body})
		if refusal != nil {
			o.refuse(w, refusal)
			return
		}
		if !o.settle(r, rep.job) {
			return
		}
		if rep.after != nil {
			rep.body = rep.after()
		}
		write(w, rep.status, rep.body)
	})
}

func (o *Org) answer(end endpoint, c call) (reply, *apiError) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return end(c)
}

// settle waits until the job of a call has ended, and reports false when the caller has gone. A failed job changes
// nothing about the answer: the real org shows it as a task for the administrator, and so Jobs does.
func (o *Org) settle(r *http.Request, job *task) bool {
	if job == nil || o.opts.Delay > 0 {
		return true
	}
	limit := time.NewTimer(maxAnswerWait)
	defer limit.Stop()
	select {
	case <-job.done:
		return true
	case <-limit.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (o *Org) refuse(w http.ResponseWriter, e *apiError) {
	write(w, e.status, e.body(o.newID("oae")))
}

// newID makes an id as Okta does: three letters that name the kind, then the rest.
func (o *Org) newID(prefix string) string { return prefix + o.opts.NewID() }

// write sends an answer. A failure means that the caller has gone: nobody is left to be told.
func write(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body)
}

// decode reads the JSON body of a call.
func (c call) decode(into any) *apiError {
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return errUnreadable(err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errUnreadable("something follows the JSON value")
	}
	return nil
}
