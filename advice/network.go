package advice

import "fmt"

// unreachable explains why no response came.
func unreachable(c Case) string {
	switch {
	case c.Refused:
		return fmt.Sprintf("nothing listens at %s: is the server running, and is the port right?", c.Host)
	case c.Failure == "dns":
		return fmt.Sprintf("the name in %s has no address: check the URL, or lead it elsewhere with --connect-to or --resolve", c.Host)
	case c.Failure == "tls":
		return "a self-signed certificate is trusted with --cacert FILE, or not verified at all with -k"
	case c.Failure == "timeout":
		return "the server did not answer in time; --timeout gives it longer"
	case c.Failure == "closed":
		return fmt.Sprintf("%s closed the connection without an answer: look into the server's log for this request", c.Host)
	case c.Failure == "body-limit":
		return "--max-body allows larger bodies"
	case c.Failure == "url":
		return "a URL begins with http:// or https:// and a host; check the variable it begins with"
	}
	return ""
}

// late explains a time limit that was not kept.
func late(c Case) string {
	for _, row := range c.Rows {
		if row.Source.String() == "response_time" && c.Response != nil {
			t := c.Response.Timings
			return fmt.Sprintf("of %d ms, %d ms were spent waiting for the first byte; the limit is part of the test",
				t.Milliseconds(), t.Wait.Milliseconds())
		}
	}
	return ""
}
