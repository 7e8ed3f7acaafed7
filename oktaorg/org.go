// Package oktaorg is a simulated Okta org: an http.Handler that answers the calls Okta's CRUD test files make (users,
// assignments of the one app instance it has, entitlement grants) and provisions what they change into a SCIM server
// given by URL, with the requests Okta itself would send.
//
// Begin with New. routes.go lists the calls, provision.go says what each of them does to the SCIM server, scimclient.go
// how one SCIM request is sent, and queue.go when. Pushed groups and imports are not simulated.
package oktaorg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Mode says how a change of a user's `active` attribute is sent. Vendor documentation: everything else about a user is
// updated by PUT in both modes.
type Mode int

const (
	// Catalogue is an integration of the Okta Integration Network: `active` is changed by PATCH.
	Catalogue Mode = iota
	// Wizard is an integration made with the App Integration Wizard: `active` is changed by PUT of the whole user.
	Wizard
)

// DefaultAppID is the id of the app instance when Options name none.
const DefaultAppID = "0oascimmock00000001"

// defaultMinPassword is the length the passwords in Okta's own test files have.
const defaultMinPassword = 8

// Options configure an Org. Only SCIMURL has no usable zero value: without it every provisioning job fails.
type Options struct {
	AppID       string // id of the app instance; empty: DefaultAppID
	Token       string // SSWS token asked for; empty: any token is accepted, but one must be there
	SCIMURL     string // base URL of the SCIM server the app provisions into
	SCIMAuth    string // value of the Authorization header sent to it; empty: no such header
	SCIMVersion string // "2.0" or "1.1", the dialect sent; empty: "2.0"
	Mode        Mode
	// Delay is the time between a call and the start of its provisioning. 0: provisioning ends before the org answers.
	Delay       time.Duration
	Client      *http.Client     // sends the SCIM requests; nil: a client with 60 s time-out that follows no redirects
	MinPassword int              // shortest password accepted, in characters; 0: 8
	Clock       func() time.Time // nil: time.Now
	NewID       func() string    // makes the part of an id after its three-letter prefix; nil: 17 random characters
	Log         func(string)     // gets one line per finished job, one at a time; nil: silent
}

// Job is the outcome of one provisioning job.
type Job struct {
	What     string // "assign", "update", "deactivate" or "grant"
	UserID   string // the Okta id of the user
	UserName string // the userName in the app
	// Error says why the job failed; empty when the SCIM server did all that was asked.
	Error string
	At    time.Time // when the job ended, by Options.Clock
}

func (j Job) String() string {
	if j.Error == "" {
		return fmt.Sprintf("%s %s: done", j.What, j.UserName)
	}
	return fmt.Sprintf("%s %s: failed: %s", j.What, j.UserName, j.Error)
}

// Org is a simulated Okta org with one app instance. It is safe for concurrent use.
type Org struct {
	opts      Options
	routes    *http.ServeMux
	queue     *queue
	provision *provisioner
	ownClient bool // not given by Options

	mu        sync.Mutex // guards directory; a call holds it while it changes users and queues the jobs of the change
	directory *directory

	reporting sync.Mutex // keeps jobs and log lines in the same order
	jobsMu    sync.Mutex
	jobs      []Job
}

// New makes an org. Close it when done.
func New(o Options) *Org { return newOrg(o, sleep) }

// newOrg is New with the pause between the tries of a throttled SCIM request as a value, so that tests need not wait.
func newOrg(o Options, pause func(context.Context, time.Duration) error) *Org {
	ownClient := o.Client == nil
	o = o.withDefaults()
	org := &Org{
		ownClient: ownClient,
		opts:      o,
		queue:     newQueue(),
		directory: newDirectory(),
	}
	org.provision = &provisioner{
		scim:    &scimClient{base: o.SCIMURL, auth: o.SCIMAuth, http: o.Client, dialect: dialectOf(o.SCIMVersion), pause: pause},
		patches: o.Mode == Catalogue,
	}
	org.routes = org.newRoutes()
	return org
}

func (o Options) withDefaults() Options {
	if o.AppID == "" {
		o.AppID = DefaultAppID
	}
	if o.Client == nil {
		o.Client = newClient()
	}
	if o.MinPassword == 0 {
		o.MinPassword = defaultMinPassword
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.NewID == nil {
		o.NewID = func() string { return rand.Text()[:17] }
	}
	return o
}

// Close stops the jobs that run, fails the ones that wait, and returns when all of them have ended. Calls that come
// later are answered, but their jobs fail.
func (o *Org) Close() {
	o.queue.close()
	if o.ownClient {
		o.opts.Client.CloseIdleConnections()
	}
}

// Wait returns nil as soon as no job runs or waits, or the context's error when that comes first.
func (o *Org) Wait(ctx context.Context) error { return o.queue.wait(ctx) }

// Jobs returns the outcomes of the jobs that have ended, in the order in which they ended.
func (o *Org) Jobs() []Job {
	o.jobsMu.Lock()
	defer o.jobsMu.Unlock()
	return slices.Clone(o.jobs)
}

// errClosed is the failure of a job that the closing of the org prevented.
var errClosed = errors.New("stopped: the org was closed")

// enqueue queues a job of a user for one of its accounts. The caller holds mu, so that the jobs of a user stand in the
// order of the changes that made them.
func (o *Org) enqueue(what string, p person, a *account, run func(context.Context) error) *task {
	t := &task{run: run, done: make(chan struct{})}
	t.ended = func(err error) {
		a.ended(err)
		o.report(what, p, err)
	}
	if o.opts.Delay > 0 {
		t.ready = time.After(o.opts.Delay)
	}
	a.started()
	o.queue.add(p.oktaID, t)
	return t
}

func (o *Org) report(what string, p person, err error) {
	j := Job{What: what, UserID: p.oktaID, UserName: p.userName, At: o.opts.Clock()}
	if err != nil {
		j.Error = err.Error()
	}
	o.reporting.Lock()
	defer o.reporting.Unlock()
	o.jobsMu.Lock()
	o.jobs = append(o.jobs, j)
	o.jobsMu.Unlock()
	if o.opts.Log != nil {
		o.opts.Log(j.String())
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
