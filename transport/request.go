package transport

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"offscope/exchange"
)

// checkRequest finds what cannot be put on the wire. Its messages never hold a header's value, which may be a secret.
func checkRequest(r *exchange.Request) error {
	if r.Method != "" && !httpguts.ValidHeaderFieldName(r.Method) { // both are tokens
		return fmt.Errorf("method %q holds a character that no method may have", r.Method)
	}
	for _, f := range r.Header {
		if err := checkField(f); err != nil {
			return err
		}
	}
	return nil
}

func checkField(f exchange.Field) error {
	if f.Name == "" {
		return errors.New("a header without a name: name it or remove it")
	}
	if !httpguts.ValidHeaderFieldName(f.Name) {
		return fmt.Errorf("header name %q holds a character that no name may have", f.Name)
	}
	if strings.ContainsAny(f.Value, "\r\n") {
		return fmt.Errorf("the value of header %s holds a line break: remove it", f.Name)
	}
	if !httpguts.ValidHeaderFieldValue(f.Value) {
		return fmt.Errorf("the value of header %s holds a control character: remove it", f.Name)
	}
	if strings.EqualFold(f.Name, "Host") && !httpguts.ValidHostHeader(f.Value) {
		return errors.New("the value of header Host is no host name")
	}
	return nil
}

// newRequest puts together what net/http sends. Header names are made canonical, as the vendor's agent, a Go program, does;
// values stay as they are.
func (c *Client) newRequest(ctx context.Context, r *exchange.Request, to target) *http.Request {
	request := (&http.Request{
		Method: r.Method,
		URL:    to.url(),
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(r.Header)+2),
		Host:   to.host,
	}).WithContext(ctx)
	if request.Method == "" {
		request.Method = http.MethodGet
	}
	c.setHeader(request, r.Header, to)
	setBody(request, r.Body)
	if strings.HasPrefix(request.URL.Opaque, "//") && c.mayBeHTTP2(to.scheme) {
		request.URL.Opaque = "//" + request.Host + to.path // net/http wants to find the :authority in it
	}
	if request.URL.Opaque != "" && to.scheme == "http" && c.proxyHost(request) != "" {
		request.URL.Opaque = "//" + to.host + to.path // a proxy is sent the whole URL
	}
	return request
}

func (c *Client) setHeader(request *http.Request, fields exchange.Header, to target) {
	header := request.Header
	for _, f := range fields {
		switch name := textproto.CanonicalMIMEHeaderKey(f.Name); name {
		case "Host":
			if f.Value != "" {
				request.Host = f.Value
			}
		case "Content-Length", "Transfer-Encoding", "Trailer":
		default:
			header[name] = append(header[name], f.Value)
		}
	}
	if _, given := header["User-Agent"]; !given {
		header["User-Agent"] = c.userAgent
	}
	if _, given := header["Accept-Encoding"]; !given {
		header["Accept-Encoding"] = acceptEncoding
	}
	if _, given := header["Authorization"]; !given && to.user != "" {
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(to.user)))
	}
}

var acceptEncoding = []string{"gzip"}

func setBody(request *http.Request, body []byte) {
	if len(body) == 0 {
		request.Body = http.NoBody
		return
	}
	request.ContentLength = int64(len(body))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	request.Body, _ = request.GetBody()
}

// reason returns the text behind the code in a status such as "404 Not Found".
func reason(status string) string {
	_, text, _ := strings.Cut(status, " ")
	return text
}

// headerOf lists a response's header by name, so that equal answers give equal lists: net/http does not keep the order.
func headerOf(response *http.Response) exchange.Header {
	header := make(exchange.Header, 0, len(response.Header)+1)
	for name, values := range response.Header {
		for _, value := range values {
			header = append(header, exchange.Field{Name: name, Value: value})
		}
	}
	for _, coding := range response.TransferEncoding { // net/http takes it out of the header
		header = append(header, exchange.Field{Name: "Transfer-Encoding", Value: coding})
	}
	slices.SortStableFunc(header, func(a, b exchange.Field) int { return strings.Compare(a.Name, b.Name) })
	return header
}
