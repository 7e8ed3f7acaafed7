package runner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"offscope/event"
	"offscope/exchange"
	"offscope/jsontree"
	"offscope/transport"
)

// Leftovers says what becomes, at the end of a run, of what its steps have created and no later step has deleted.
type Leftovers uint8

// What can become of it.
const (
	ListLeftovers   Leftovers = iota // tell what is still there
	DeleteLeftovers                  // delete it, the newest first, and tell how that went
	IgnoreLeftovers                  // say nothing: the servers end with the run
)

// cleanUpAfterwards is how long deleting may take when the run was ended from outside.
const cleanUpAfterwards = 10 * time.Second

// A resource is something that a step has created: its answer was 201 and says where it is.
type resource struct {
	test    *Test
	step    *Step
	attempt *Attempt        // until it has ended
	address *url.URL        // nil when it is not known well enough to delete anything there
	doubt   string          // why, then
	header  exchange.Header // with which it is deleted
	shown   string          // the address as it may be seen, once the step has ended
}

// A ledger lists the resources of a run, whose tests may run beside each other.
type ledger struct {
	mu        sync.Mutex
	resources []*resource // the oldest first
}

// enter notes what an exchange has created or deleted.
func (l *ledger) enter(a *Attempt) {
	status := a.Response.Status
	switch {
	case a.Request.Method == http.MethodDelete && status/100 == 2:
		if address, err := url.Parse(a.Request.URL); err == nil {
			l.strike(address)
		}
	case status == http.StatusCreated && (a.Request.Method == http.MethodPost || a.Request.Method == http.MethodPut):
		r := &resource{test: a.test, step: a.Step, attempt: a}
		if r.address, r.doubt = created(a.Request, a.Response); r.address == nil && r.doubt == "" {
			return
		}
		r.header = a.proofs()
		if r.address != nil {
			l.strike(r.address) // put there again
		}
		a.created = r
		l.mu.Lock()
		defer l.mu.Unlock()
		l.resources = append(l.resources, r)
	}
}

// strike takes what was at an address off the list.
func (l *ledger) strike(address *url.URL) {
	key := resourceKey(address)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resources = slices.DeleteFunc(l.resources, func(r *resource) bool { return r.address != nil && resourceKey(r.address) == key })
}

// resourceKey is equal for two addresses of one resource.
func resourceKey(u *url.URL) string {
	return strings.ToLower(u.Scheme) + "://" + hostKey(u) + strings.TrimSuffix(path.Clean("/"+u.Path), "/")
}

// hostKey is a host with its port, also where that is the scheme's own.
func hostKey(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case strings.EqualFold(u.Scheme, "https"):
		port = "443"
	default:
		port = "80"
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// created is where a 201 answer says that the new resource is: at its Location, or below the address of a POST under the id in
// the body (RFC 7644 section 3.3 asks for both), or at the address of a PUT. Credentials go to no other host than that of the
// request, and nothing is deleted that the resource is only a part of. It returns nil and no doubt when the answer says nothing.
func created(request *exchange.Request, response *exchange.Response) (address *url.URL, doubt string) {
	at, err := url.Parse(request.URL)
	if err != nil {
		return nil, ""
	}
	at.RawQuery, at.Fragment = "", ""
	location := strings.TrimSpace(response.Header.Get("Location"))
	if location != "" {
		if u, ok := within(at, location, request.Method); ok {
			return u, ""
		}
		doubt = "its Location leads to another host or to no resource of its own"
	}
	if request.Method == http.MethodPut {
		return at, ""
	}
	if id := idOf(response.Body); id != "" {
		return at.JoinPath(url.PathEscape(id)), ""
	}
	return nil, doubt
}

// within resolves the Location of an answer. It must lead to the same host, and to a place that is not the collection to which
// was posted, nor above it.
func within(at *url.URL, location, method string) (*url.URL, bool) {
	u, err := at.Parse(location)
	if err != nil || !strings.EqualFold(u.Scheme, at.Scheme) || hostKey(u) != hostKey(at) {
		return nil, false
	}
	u.User, u.Fragment = at.User, ""
	from, to := path.Clean("/"+at.Path), path.Clean("/"+u.Path)
	above := to == "/" || strings.HasPrefix(from+"/", to+"/")
	if above && (method != http.MethodPut || from != to) {
		return nil, false
	}
	return u, true
}

// idOf is the id in a JSON body, "" when there is none that can be a part of an address.
func idOf(body []byte) string {
	tree, err := jsontree.Parse(body)
	if err != nil {
		return ""
	}
	id := ""
	if tree.Kind == jsontree.Object {
		if member := tree.Get("id"); member != nil && (member.Kind == jsontree.String || member.Kind == jsontree.Number) {
			id = member.Text
		}
	}
	if strings.Trim(id, ". ") == "" {
		return ""
	}
	return id
}

// proofs are the headers with which a request said to whom and from whom it is: host, credentials and cookies, and whatever holds
// a secret, as keys of APIs do.
func (a *Attempt) proofs() exchange.Header {
	var h exchange.Header
	for _, f := range a.Request.Header {
		if proves(f.Name) || strings.EqualFold(f.Name, "Host") || a.test.cover.text(f.Value) != f.Value {
			h.Add(f.Name, f.Value)
		}
	}
	return h
}

// show keeps how the address may be seen, by everything that is known to be secret when the step ends.
func (r *resource) show() {
	a := r.attempt
	if a == nil {
		return
	}
	r.attempt = nil
	rewritten := a.rewrittenResponse != nil || a.rewrittenRequest != nil && a.rewrittenRequest.URL != a.Request.URL
	if r.address == nil || rewritten || r.test.hasShort(a.expanded.url) {
		r.shown = r.test.cover.text(r.step.request.step.URL.Value) // as the file has it
		return
	}
	seen := *r.address
	seen.User = nil
	r.shown = r.test.cover.text(seen.String())
}

// settle tells what the run has left behind, or deletes it.
func (x *Execution) settle(ctx context.Context) {
	x.ledger.mu.Lock()
	left := slices.Clone(x.ledger.resources)
	x.ledger.mu.Unlock()
	switch x.machinery.Leftovers {
	case ListLeftovers:
		for _, r := range left {
			x.stream.write(event.Event{Body: r.fact()})
		}
	case DeleteLeftovers:
		slices.Reverse(left)
		ctx, cancel := afterwards(ctx)
		defer cancel()
		for _, r := range left {
			if x.stream.failed() == nil {
				x.stream.write(event.Event{Body: r.delete(ctx)})
			}
		}
	}
}

// afterwards returns a context that outlives the one of a run, but not for long.
func afterwards(ctx context.Context) (context.Context, func()) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(cleanUpAfterwards):
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() {
		stop()
		cancel()
	}
}

func (r *resource) fact() event.Resource {
	r.show()
	return event.Resource{URL: r.shown, InTest: r.test.number, InSub: r.test.sub, InStep: r.step.Number}
}

// delete deletes the resource. One that is not there any more is as good as deleted.
func (r *resource) delete(ctx context.Context) event.Resource {
	fact := r.fact()
	fact.CleanUp = true
	if r.address == nil {
		fact.Error = "it is not known where it is: " + r.doubt
		return fact
	}
	if ctx.Err() != nil {
		fact.Error = "there was no time left"
		return fact
	}
	t := r.test
	response, err := t.sender().Send(ctx, &exchange.Request{Method: http.MethodDelete, URL: r.address.String(), Header: r.header})
	switch {
	case ctx.Err() != nil && err != nil:
		fact.Error = "there was no time left"
	case err != nil:
		fact.Error = t.cover.text(t.errorText(err))
	case response == nil:
		fact.Error = errSaysNothing.Error()
	default:
		fact.Status = response.Status
		gone := response.Status == http.StatusNotFound || response.Status == http.StatusGone
		if fact.Deleted = response.Status/100 == 2 || gone; !fact.Deleted {
			fact.Error = strings.TrimSpace(fmt.Sprintf("the server answered %d %s", response.Status, t.cover.text(response.Reason)))
		}
	}
	return fact
}

// errorText is an error of sending as it may be shown once it is masked.
func (t *Test) errorText(err error) string {
	var known *transport.Error
	if errors.As(err, &known) {
		return t.failureText(known)
	}
	return err.Error()
}
