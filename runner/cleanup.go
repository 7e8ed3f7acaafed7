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

var errNoTime = errors.New("there was no time left")

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
	attempt *Attempt // until it has ended
	whereabouts
	header exchange.Header // with which it is deleted
	shown  []string        // the addresses as they may be seen, once the step has ended; where it was created when there is none
}

// whereabouts are what an answer says about where the new resource is.
type whereabouts struct {
	// addresses are where it can be, the likeliest first; none when nothing is known well enough to delete anything there.
	addresses []*url.URL
	// doubt is why the Location was not taken; "" when it was, or there is none.
	doubt string
}

// sure reports whether all that the answer says leads to one place. Only then does a 404 there mean that the resource is gone.
func (w whereabouts) sure() bool { return len(w.addresses) == 1 && w.doubt == "" }

// has reports whether a resource can be at an address.
func (w whereabouts) has(key string) bool {
	return slices.ContainsFunc(w.addresses, func(u *url.URL) bool { return resourceKey(u) == key })
}

// same reports whether two resources can be at the same addresses, and so are one.
func (w whereabouts) same(other whereabouts) bool {
	return len(w.addresses) > 0 && slices.EqualFunc(w.addresses, other.addresses, func(a, b *url.URL) bool { return resourceKey(a) == resourceKey(b) })
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
			key := resourceKey(address)
			l.strike(func(r *resource) bool { return r.has(key) })
		}
	case status == http.StatusCreated && (a.Request.Method == http.MethodPost || a.Request.Method == http.MethodPut):
		r := &resource{test: a.test, step: a.Step, attempt: a}
		if r.whereabouts = created(a.Request, a.Response); len(r.addresses) == 0 && r.doubt == "" {
			return
		}
		r.header = a.proofs()
		l.strike(func(old *resource) bool { return old.same(r.whereabouts) }) // put there again
		a.created = r
		l.mu.Lock()
		defer l.mu.Unlock()
		l.resources = append(l.resources, r)
	}
}

// strike takes resources off the list.
func (l *ledger) strike(which func(*resource) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resources = slices.DeleteFunc(l.resources, which)
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
// the body (RFC 7644 section 3.3 asks for both), or at the address of a PUT. Both are kept where they differ. Credentials go to no
// other host than that of the request, and a Location is not taken that can be something which was there before. There is neither
// an address nor a doubt when the answer says nothing.
func created(request *exchange.Request, response *exchange.Response) whereabouts {
	var w whereabouts
	at, err := url.Parse(request.URL)
	if err != nil {
		return w
	}
	at.RawQuery, at.Fragment = "", ""
	id := idOf(response.Body)
	if location := strings.TrimSpace(response.Header.Get("Location")); location != "" {
		if u, ok := within(at, location, id, request.Method); ok {
			w.addresses = append(w.addresses, u)
		} else {
			w.doubt = "its Location leads to another host, to another collection or to no resource of its own"
		}
	}
	other := at
	if request.Method == http.MethodPost {
		if id == "" {
			return w
		}
		other = at.JoinPath(url.PathEscape(id))
	}
	if !w.has(resourceKey(other)) {
		w.addresses = append(w.addresses, other)
	}
	return w
}

// within resolves the Location of an answer. It must lead to the same host and there directly below the collection to which was
// posted (or to where was put), or to the id of the body in a place that is no higher than the collection.
func within(at *url.URL, location, id, method string) (*url.URL, bool) {
	u, err := at.Parse(location)
	if err != nil || !strings.EqualFold(u.Scheme, at.Scheme) || hostKey(u) != hostKey(at) || hasDots(u.Path) {
		return nil, false
	}
	u.User, u.Fragment = at.User, ""
	from, to := path.Clean("/"+at.EscapedPath()), path.Clean("/"+u.EscapedPath())
	if strings.HasPrefix(from+"/", strings.TrimSuffix(to, "/")+"/") {
		return u, method == http.MethodPut && from == to
	}
	parent, last := path.Split(to)
	if method == http.MethodPost && path.Clean(parent) == from {
		return u, true
	}
	last, err = url.PathUnescape(last)
	return u, err == nil && id != "" && last == id && strings.Count(to, "/") >= strings.Count(from, "/")
}

// hasDots reports whether a path has a dot segment still after it was resolved: an escaped one, which some servers resolve, too.
func hasDots(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return part == "." || part == ".." })
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

// show keeps how the addresses may be seen, by everything that is known to be secret when the step ends.
func (r *resource) show() {
	a := r.attempt
	if a == nil {
		return
	}
	r.attempt = nil
	rewritten := a.rewrittenResponse != nil || a.rewrittenRequest != nil && a.rewrittenRequest.URL != a.Request.URL
	if len(r.addresses) == 0 || rewritten || r.test.hasShort(a.expanded.url) {
		r.shown = []string{r.test.cover.text(r.step.request.step.URL.Value)} // as the file has it
		return
	}
	for _, address := range r.addresses {
		seen := *address
		seen.User = nil
		r.shown = append(r.shown, r.test.cover.text(seen.String()))
	}
}

// seen is how the address of that number may be seen.
func (r *resource) seen(n int) string {
	if len(r.shown) == 0 {
		return ""
	}
	return r.shown[min(n, len(r.shown)-1)]
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
	return event.Resource{URL: r.seen(0), InTest: r.test.number, InSub: r.test.sub, InStep: r.step.Number}
}

// delete deletes the resource. One that is not there any more is as good as deleted, when it is sure where it was.
func (r *resource) delete(ctx context.Context) event.Resource {
	fact := r.fact()
	fact.CleanUp = true
	if len(r.addresses) == 0 {
		fact.Error = "it is not known where it is: " + r.doubt
		return fact
	}
	var tried []string
	for n, address := range r.addresses {
		status, answer, err := r.deleteAt(ctx, address)
		fact.Status = status
		switch {
		case err != nil:
			tried = append(tried, err.Error())
		case status/100 == 2:
			fact.Deleted, fact.URL = true, r.seen(n)
			return fact
		case r.sure() && (status == http.StatusNotFound || status == http.StatusGone):
			fact.Deleted = true
			return fact
		default:
			tried = append(tried, "the server answered "+answer)
		}
		if !r.sure() {
			tried[n] += " at " + r.seen(n)
		}
	}
	fact.Error = strings.Join(tried, "; ")
	if r.doubt != "" {
		fact.Error += "; " + r.doubt
	}
	return fact
}

// deleteAt deletes what is at an address and returns the status of the answer, and the status with its reason. The error may be
// shown.
func (r *resource) deleteAt(ctx context.Context, address *url.URL) (status int, answer string, err error) {
	if ctx.Err() != nil {
		return 0, "", errNoTime
	}
	t := r.test
	response, err := t.sender().Send(ctx, &exchange.Request{Method: http.MethodDelete, URL: address.String(), Header: r.header})
	switch {
	case ctx.Err() != nil && err != nil:
		return 0, "", errNoTime
	case err != nil:
		return 0, "", errors.New(t.cover.text(t.errorText(err)))
	case response == nil:
		return 0, "", errSaysNothing
	}
	return response.Status, strings.TrimSpace(fmt.Sprintf("%d %s", response.Status, t.cover.text(response.Reason))), nil
}

// errorText is an error of sending as it may be shown once it is masked.
func (t *Test) errorText(err error) string {
	var known *transport.Error
	if errors.As(err, &known) {
		return t.failureText(known)
	}
	return err.Error()
}
