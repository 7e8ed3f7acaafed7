// Package exchange holds an HTTP request and its response as plain values: what was sent, what came back, how long it took.
//
// Begin with [Request] and [Response]. A text in them may carry marks in the place of secrets, see [Mark].
package exchange

import (
	"strings"
	"time"
)

// A Field is one name with one value: a header, a form field, a query parameter.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Header is a list of fields in order; a name may stand in it several times. Names compare without regard to case.
type Header []Field

// Get returns the first value of a name, "" when there is none.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Has reports whether a name is there, be it with an empty value.
func (h Header) Has(name string) bool {
	return len(h.Values(name)) > 0
}

// Values returns all values of a name in order.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Add appends a field.
func (h *Header) Add(name, value string) {
	*h = append(*h, Field{Name: name, Value: value})
}

// Set puts one value in the place of all values of a name, where the first of them stood.
func (h *Header) Set(name, value string) {
	kept := (*h)[:0:0]
	done := false
	for _, f := range *h {
		if !strings.EqualFold(f.Name, name) {
			kept = append(kept, f)
			continue
		}
		if !done {
			kept = append(kept, Field{Name: f.Name, Value: value})
			done = true
		}
	}
	if !done {
		kept = append(kept, Field{Name: name, Value: value})
	}
	*h = kept
}

// Del removes all values of a name.
func (h *Header) Del(name string) {
	kept := (*h)[:0:0]
	for _, f := range *h {
		if !strings.EqualFold(f.Name, name) {
			kept = append(kept, f)
		}
	}
	*h = kept
}

// Clone returns a copy that shares nothing with h.
func (h Header) Clone() Header {
	if h == nil {
		return nil
	}
	return append(Header{}, h...)
}

// A Request is what is sent, after all templates and scripts.
type Request struct {
	Method string `json:"method"`
	// URL is absolute and encoded, as it goes onto the wire.
	URL    string `json:"url"`
	Header Header `json:"header,omitempty"`
	Body   []byte `json:"-"`
}

// A Response is what came back. Redirects are never followed, so it is the answer to the one request.
type Response struct {
	// Proto is the protocol with its version, such as "HTTP/1.1".
	Proto  string `json:"proto"`
	Status int    `json:"status"`
	// Reason is the text behind the status code, such as "Not Found".
	Reason string `json:"reason"`
	// Header keeps the fields with canonical names, as the transport read them.
	Header Header `json:"header,omitempty"`
	// Body is decoded: content codings such as gzip are undone. Its length is the response's size.
	Body []byte `json:"-"`
	// Timings says where the time went.
	Timings Timings `json:"timings"`
}

// Timings are the phases of an exchange. A phase that did not happen is zero: a reused connection has neither DNS, Connect
// nor TLS.
type Timings struct {
	DNS     time.Duration `json:"dns"`
	Connect time.Duration `json:"connect"`
	TLS     time.Duration `json:"tls"`
	// Send is the writing of the request, Wait the time to the first byte of the answer, Receive the reading of the rest.
	Send    time.Duration `json:"send"`
	Wait    time.Duration `json:"wait"`
	Receive time.Duration `json:"receive"`
	// Total spans the whole exchange, from before DNS to the last byte of the body.
	Total time.Duration `json:"total"`
	// Reused says that the connection was kept from an earlier request.
	Reused bool `json:"reused,omitempty"`
	// Remote is the address that answered, host:port.
	Remote string `json:"remote,omitempty"`
}

// Milliseconds returns the total time rounded to whole milliseconds, the figure that response_time checks and scripts see.
func (t Timings) Milliseconds() int64 {
	return t.Total.Round(time.Millisecond).Milliseconds()
}
