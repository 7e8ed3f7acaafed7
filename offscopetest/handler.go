package offscopetest

import (
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
	answer := httptest.NewRecorder()
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				ended <- fmt.Errorf("the handler panicked: %v", r)
			}
		}()
		p.handler.ServeHTTP(answer, received(request))
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

// received is a request as a server sees it.
func received(request *http.Request) *http.Request {
	r := request.Clone(request.Context())
	r.RequestURI = request.URL.RequestURI()
	r.RemoteAddr = "127.0.0.1:1"
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	if r.Host == "" {
		r.Host = request.URL.Host
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	return r
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
