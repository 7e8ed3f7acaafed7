package advice

import (
	"strings"

	"offscope/bucket"
)

// unreachable explains why no response came. The failure's own message says what happened; this says what to do.
func unreachable(c Case) []string {
	switch {
	case c.Failure == "":
		return nil
	case c.Socket != "" && c.Failure == "connect":
		return hint("nothing listens at the Unix socket %s: is the server running, and is --unix-socket right?", c.Socket)
	case c.Refused && c.Failure == "connect":
		return hint("nothing listens at %s: is the server running, and is the port right?", c.Host)
	case c.Failure == "connect":
		return hint("%s cannot be reached: check the address, the network and firewalls", c.Host)
	case c.Failure == "dns":
		return hint("the name in %s has no address: check the URL, or lead it elsewhere with --connect-to or --resolve", c.Host)
	case c.Failure == "timeout":
		return hint("%s did not answer in time; --timeout gives it longer", c.Host)
	case c.Failure == "tls", c.TLS == ClientCertificate:
		return untrusted(c)
	case c.Failure == "closed":
		return closed(c)
	case c.NoHTTP2 && c.Failure == "protocol":
		return hint("%s does not speak the HTTP/2 that is asked for: give --http1.1, or change http_version_support or force_h2c in the environment", c.Host)
	case c.Failure == "protocol":
		return hint("what %s sent is not HTTP: does this port belong to another service, or to https://?", c.Host)
	case c.Failure == "proxy":
		return proxy(c)
	case c.Failure == "body-limit":
		return hint("--max-body allows larger bodies")
	case c.Failure == "url":
		return badURL(c)
	}
	return nil
}

// closed explains a connection without an answer. Most servers that speak TLS only end those that begin otherwise in this way.
func closed(c Case) []string {
	if c.Request != nil && strings.HasPrefix(c.Request.URL, "http://") {
		return hint("%s closed the connection without a whole answer: look into the server's log for this request; if it speaks TLS on "+
			"this port, begin the URL with https://", c.Host)
	}
	return hint("%s closed the connection without a whole answer: look into the server's log for this request", c.Host)
}

// badURL explains a URL that no request can be sent to, by how it begins.
func badURL(c Case) []string {
	if c.Request != nil {
		switch url := c.Request.URL; {
		case isQuoted(strings.Replace(url, "%22", `"`, 1)):
			return hint("the URL begins with a quote: quotes are for the shell, and not a part of the value")
		case strings.HasPrefix(url, "/") && !strings.HasPrefix(url, "//"):
			return hint("the URL has no host: is the variable empty that it begins with?")
		}
	}
	return hint("a URL begins with http:// or https:// and a host; check the variable it begins with")
}

// isQuoted reports whether a value begins with a quote, as some shells pass it on.
func isQuoted(value string) bool {
	return strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'")
}

// untrusted explains a handshake that failed. What else can go wrong in one, such as versions, is said by the failure itself.
func untrusted(c Case) []string {
	switch c.TLS {
	case UnknownAuthority:
		return hint("if the certificate of %s is self-signed, trust it with --cacert FILE, or do not verify it with -k", c.Host)
	case WrongName:
		return hint("the certificate is not for %s: use a name that it holds, with --connect-to if that leads elsewhere; -k does not verify it", c.Host)
	case Expired:
		return hint("the certificate of %s has to be renewed; -k does not verify it (or does this machine's clock go wrong?)", c.Host)
	case ClientCertificate:
		return hint("%s asks for a client certificate: give it with --cert FILE and --key FILE, or as client_certificate in the environment", c.Host)
	case NoTLS:
		return hint("if %s is right, write http:// instead of https://, or give the port where it speaks TLS", c.Host)
	}
	return nil
}

// proxy speaks of the proxy: whether the host can be reached is not known.
func proxy(c Case) []string {
	const check = "check --proxy and HTTP_PROXY; NO_PROXY names hosts to be reached without it"
	if c.Refused {
		return hint("nothing listens at the proxy's address: is the proxy running? " + check)
	}
	return hint("the proxy refuses or cannot be reached: " + check)
}

// late explains a time limit that was not kept.
func late(c Case) []string {
	if c.Response == nil || !c.failed(bucket.ResponseTime) {
		return nil
	}
	t := c.Response.Timings
	if connecting := t.DNS + t.Connect + t.TLS; connecting > t.Total/2 {
		return hint("of %d ms, %d ms went into connecting; the limit stands in the test", t.Milliseconds(), connecting.Milliseconds())
	}
	if t.Receive > t.Total/2 {
		return hint("of %d ms, %d ms went into receiving the body of %d bytes; the limit stands in the test",
			t.Milliseconds(), t.Receive.Milliseconds(), len(c.Response.Body))
	}
	return hint("of %d ms, %d ms were spent waiting for the server's first byte; the limit stands in the test", t.Milliseconds(), t.Wait.Milliseconds())
}
