package runner

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"offscope/advice"
	"offscope/assertion"
	"offscope/jsontree"
	"offscope/source"
	"offscope/transport"
	"offscope/variables"
)

// hints says what to do about a failed step.
func (a *Attempt) hints() []string {
	c := advice.Case{
		Request: a.Request, Response: a.Response, Undefined: a.undefined, Lost: a.test.lost, InitialScript: len(a.test.plan.initial) > 0,
		Refused: errors.Is(a.cause, syscall.ECONNREFUSED), TLS: tlsFault(a.cause), NoHTTP2: errors.Is(a.cause, transport.ErrNoHTTP2),
		Socket: socketOf(a.cause),
	}
	if a.failure != nil {
		c.Failure = a.failure.Failure
	}
	if a.Request != nil {
		if u, err := url.Parse(a.Request.URL); err == nil {
			c.Host = u.Host
		}
	}
	for _, row := range a.assertions {
		if row.passed() || isNotChecked(row.err) {
			continue
		}
		r := advice.Row{
			Source: row.row.row.Source, Comparison: row.row.row.Comparison, Property: row.property.String(), Target: row.target.String(),
			Actual: row.outcome.Actual.Text, ActualType: row.outcome.Actual.Type,
		}
		if a.test.hasShort(row.property) {
			r.Property = ""
		}
		if row.outcome.Err != nil && !a.test.hasShort(row.property) {
			r.Missing = row.outcome.Err.Missing
		}
		c.Rows = append(c.Rows, r)
	}
	for _, row := range a.extractions {
		if row.err == nil || isNotChecked(row.err) {
			continue
		}
		r := advice.Row{Source: row.row.row.Source}
		if !a.test.hasShort(row.property) {
			r.Missing = missingOf(row.err)
		}
		c.Rows = append(c.Rows, r)
	}
	return advice.Hints(c)
}

func tlsFault(cause error) advice.TLSFault {
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.Is(cause, transport.ErrClientCertificate):
		return advice.ClientCertificate
	case errors.As(cause, &record):
		return advice.NoTLS
	case errors.As(cause, &authority):
		return advice.UnknownAuthority
	case errors.As(cause, &name):
		return advice.WrongName
	case errors.As(cause, &invalid) && invalid.Reason == x509.Expired:
		return advice.Expired
	}
	return advice.OtherTLSFault
}

// socketOf returns the path of the Unix socket that could not be connected to.
func socketOf(cause error) string {
	var operation *net.OpError
	if errors.As(cause, &operation) && operation.Net == "unix" && operation.Addr != nil {
		return operation.Addr.String()
	}
	return ""
}

func missingOf(err error) *jsontree.Missing {
	var located *assertion.LocateError
	if !errors.As(err, &located) || located == nil {
		return nil
	}
	return located.Missing
}

// flagName is the value of a flag that gives a variable, as a word of a shell.
func flagName(name string) string {
	word := name + "=VALUE"
	if strings.ContainsAny(name, " '\"$&();<>|") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// howToDefine says how to give a variable that has no value.
func howToDefine(name string) string {
	if function, rest, isCall := strings.Cut(name, "("); isCall {
		argument := strings.TrimSuffix(rest, ")")
		if near := source.Nearest(function, variables.BuiltinNames()); near != "" && near != function {
			return "there is no function of that name; did you mean " + near + "?"
		}
		if !variables.Supported(function) {
			return "there is no function of that name here"
		}
		switch function {
		case "incoming_url":
			return fmt.Sprintf("a step of the test has to wait for it: an incoming request step with the token %q", argument)
		case "get_secret":
			return "give it with --secret " + flagName(argument)
		}
	}
	if slices.Contains(variables.BuiltinNames(), name) {
		return name + " is a function and needs an argument, as in {{" + name + "(…)}}"
	}
	return "give it with --var " + flagName(name) + ", in an environment file (-e), or by the initial script (--initial-script)"
}
