package jsengine

import (
	"time"

	"offscope/exchange"
	"offscope/jsontree"
)

// A World is what a script may touch.
type World struct {
	Role Role
	// Variables are the variables of the run; nil means none, which last for this script only.
	Variables Variables
	// Request is nil in initial scripts.
	Request *Request
	// Response is nil in all but post-response scripts.
	Response *Response
	// Secret answers get_secret; nil means that there are no secrets.
	Secret func(name string) (string, bool)
	// Libraries are the custom script libraries, which run in this order before the script.
	Libraries []*Library
	// Bucket is the value of runscope_bucket.
	Bucket string
	// Random is what Math.random calls; nil means a random source of the process.
	Random func() float64
	// Now is the clock of Date; nil means time.Now. The zone of Date is that of the process (time.Local), because the
	// interpreter knows no other: a command that wants the hosted service's results sets time.Local to UTC.
	Now func() time.Time
}

// Variables are the variables a script can get and set.
type Variables interface {
	// Get returns a variable's value; false means that it is not defined, which a script sees as undefined.
	Get(name string) (*jsontree.Value, bool)
	// Set gives a variable its value, which is never nil. An error says that the variable keeps the value it had, because
	// a limit of the caller's does not allow this one. The script gets it as a RangeError, and fails also when it catches
	// it: whatever reads the variable later would work with the wrong value.
	Set(name string, value *jsontree.Value) error
	// Unset takes a variable's value away. A script that sets undefined, NaN, a function or a symbol does that: a template
	// that uses the variable then fails, where the text "null" or "undefined" in a URL could make a step pass.
	Unset(name string)
}

// A Request is what a script sees and changes as request.
type Request struct {
	Method string
	// URL is absolute; it need not be encoded. Parts of it that a script leaves alone keep their spelling.
	URL    string
	Header exchange.Header
	// Body is the raw body. HasBody tells an empty body from none.
	Body    string
	HasBody bool
	// Form are the fields of a form. A request has a body or a form; a body that a script sets wins over a form, a form
	// that a script changes wins over a body that was there before.
	Form []exchange.Field
	// ContentType is request.content_type; "" means the Content-Type header. A script that sets it sets the header too.
	ContentType string
}

// A Response is what a script sees and changes as response. Changes serve to redact what is stored: assertions never see
// them.
type Response struct {
	Status int
	Reason string
	Header exchange.Header
	Body   string
	// TimeMS is the time of the exchange in milliseconds, Size the length of the decoded body in bytes.
	TimeMS int64
	Size   int
}
