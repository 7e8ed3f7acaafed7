package oktaorg

import (
	"slices"
	"sync"
)

// account is what the org knows of an assigned user's account in the SCIM server. Only the jobs of that user change it,
// one after the other; calls to the org read it at any time.
type account struct {
	mu      sync.Mutex
	id      string // in the SCIM server; empty: not linked
	granted []entitlement
	open    int   // jobs that run or wait
	last    error // of the last job that ended
}

func (a *account) started() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open++
}

func (a *account) ended(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	a.last = err
}

func (a *account) link(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.id = id
}

func (a *account) linked() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.id
}

func (a *account) grant(es []entitlement) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.granted = append(a.granted, es...)
}

func (a *account) grants() []entitlement {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.granted)
}

// syncState is Okta's word for how the account stands, and the error that explains "ERROR".
func (a *account) syncState() (state string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.open > 0:
		return "SYNCING", nil
	case a.last != nil:
		return "ERROR", a.last
	default:
		return "SYNCHRONIZED", nil
	}
}
