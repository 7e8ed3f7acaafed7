// Package advice says what to do about a step that failed.
//
// Begin with [Hints]. A hint is given only for a cause that the exchange shows; when nothing is known, there is none. The
// package is pure: it looks at what was sent, what came back and which rows failed.
package advice

import (
	"fmt"
	"slices"

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
	// TLS says more about a failure of the class "tls".
	TLS TLSFault
	// NoHTTP2 says of a failure of the class "protocol" that the server does not speak the HTTP/2 that was asked for.
	NoHTTP2 bool
	// Socket is the path of the Unix socket that was to be connected to; "" when it was no socket.
	Socket string
	// Host is the host that was to be reached, with its port.
	Host string
	// Undefined are the variables that had no value. Lost are those among them that an earlier step was to set and did not,
	// with the step's number.
	Undefined []string
	Lost      map[string]int
	// InitialScript says whether the run has one.
	InitialScript bool
	// Rows are the assertions and extractions that failed.
	Rows []Row
}

// A Row is an assertion or extraction that failed.
type Row struct {
	Source bucket.Source
	// Comparison is zero for an extraction.
	Comparison bucket.Comparison
	Property   string
	Target     string
	// Actual is the text of what was found and compared, ActualType its type in JSON's words; both "" when nothing was.
	Actual     string
	ActualType string
	// Missing says how far a path led, nil when it led somewhere.
	Missing *jsontree.Missing
}

// A TLSFault is why there was no agreement on TLS.
type TLSFault int

// The faults that call for different advice.
const (
	OtherTLSFault     TLSFault = iota
	UnknownAuthority           // the certificate is signed by nobody who is trusted
	WrongName                  // the certificate is for other names
	Expired                    // the certificate is too old, or not valid yet
	NoTLS                      // what answers does not speak TLS
	ClientCertificate          // the server wants a certificate of the client, which has none
)

// Hints returns what to do, the likeliest cause first. A hint holds no value that was sent: names, the host, figures, and of
// what came back whole short texts: the title of a page, the summary of an error, a header.
func Hints(c Case) []string {
	var hints []string
	for _, find := range []func(Case) []string{
		undefined, unreachable, unauthorized, unexpected, onlyOK, notJSON, notUTF8, bareArray, emptyList, capitals, noErrorBody,
		noBody, duplicate, lacking, stringCounts, booleanText, otherCase, late,
	} {
		hints = append(hints, find(c)...)
	}
	return hints
}

func hint(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }

func (c Case) statusFailed() bool { return c.failed(bucket.ResponseStatus) }

// failed reports whether a row that looks at a part of the response has failed.
func (c Case) failed(source bucket.Source) bool {
	return slices.ContainsFunc(c.Rows, func(r Row) bool { return r.Source == source })
}
