// Package advice says what to do about a step that failed.
//
// Begin with [Hints]. A hint is given only for a cause that the exchange shows; when nothing is known, there is none. The
// package is pure: it looks at what was sent, what came back and which rows failed.
package advice

import (
	"offscope/bucket"
	"offscope/exchange"
	"offscope/jsontree"
)

// A Case is a failed step.
type Case struct {
	// Request is nil when it could not be made, Response when none came.
	Request  *exchange.Request
	Response *exchange.Response
	// Failure is the class of the network's failure, such as "connect"; "" when there was none. Refused says that the
	// host actively refused the connection.
	Failure string
	Refused bool
	// Host is the host that was to be reached, with its port.
	Host string
	// Undefined are the variables that had no value.
	Undefined []string
	// InitialScript says whether the run has one.
	InitialScript bool
	// Rows are the assertions and extractions that failed.
	Rows []Row
}

// A Row is an assertion or extraction that failed.
type Row struct {
	Source bucket.Source
	// Comparison is zero for an extraction.
	Comparison       bucket.Comparison
	Property, Target string
	// Actual is what was found, "" when nothing was.
	Actual string
	// Missing says how far a path led, nil when it led somewhere.
	Missing *jsontree.Missing
}

// Hints returns what to do, the likeliest cause first.
func Hints(c Case) []string {
	var hints []string
	for _, find := range []func(Case) string{undefined, unreachable, unauthorized, notJSON, emptyServer, noErrorBody, duplicate, late} {
		if hint := find(c); hint != "" {
			hints = append(hints, hint)
		}
	}
	return hints
}
