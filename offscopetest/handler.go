package offscopetest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// inProcess hands requests to a handler as a server would, and gives back what it has written.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper. A handler that does not answer in time goes on for itself, as behind a connection
// that was closed, and one that panics has not answered.
func (p inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	asked, err := received(request)
	if err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				ended <- fmt.Errorf("the handler panicked: %v", r)
			}
		}()
		p.handler.ServeHTTP(answer, asked)
		ended <- nil
	}()
	select {
	case err := <-ended:
		if err != nil {
			return nil, err
		}
		return response(request, answer), nil
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
}

// received is a request as a server sees it: written as for a connection, and read again.
func received(request *http.Request) (*http.Request, error) {
	var wire bytes.Buffer
	if err := request.Write(&wire); err != nil {
		return nil, err
	}
	r, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		return nil, err
	}
	r.RemoteAddr = "127.0.0.1:1"
	if request.URL.Scheme == "https" {
		r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: request.URL.Hostname()}
	}
	return r.WithContext(request.Context()), nil
}

// response is what was written, with what a server adds to it.
func response(request *http.Request, answer *httptest.ResponseRecorder) *http.Response {
	bodiless := answer.Code == http.StatusNoContent || answer.Code == http.StatusNotModified
	r := answer.Result()
	r.Request = request
	if r.Header.Get("Date") == "" {
		r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if length := answer.Body.Len(); r.Header.Get("Content-Length") == "" && !bodiless && !answer.Flushed {
		r.Header.Set("Content-Length", strconv.Itoa(length))
		r.ContentLength = int64(length)
	}
	if request.Method == http.MethodHead || bodiless {
		r.Body = http.NoBody
	}
	return r
}
