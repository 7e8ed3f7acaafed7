package oktaorg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// userAgent is how Okta's provisioning introduces itself.
	userAgent = "Okta SCIM Client 1.0.0"
	// requestTimeout is Okta's for one SCIM request.
	requestTimeout = 60 * time.Second
	// maxTries of a request that is answered 429 each time; vendor documentation: 10, with the wait doubling.
	maxTries = 10
	// defaultRetryAfter is the wait when a 429 does not say how long; vendor documentation: 5 minutes.
	defaultRetryAfter = 5 * time.Minute
	// longestWait bounds one wait. It is ours: nobody looks at a simulated org for longer.
	longestWait = time.Hour
	// maxAnswer bounds the body of an answer.
	maxAnswer = 16 << 20
)

// newClient makes the client for SCIM requests. It has a transport of its own: the environment's proxy is not for it.
func newClient() *http.Client {
	return &http.Client{
		Timeout:   requestTimeout,
		Transport: &http.Transport{IdleConnTimeout: requestTimeout},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// scimClient sends requests to the SCIM server.
type scimClient struct {
	base    string
	auth    string
	http    *http.Client
	dialect dialect
	pause   func(context.Context, time.Duration) error
}

// answer is a complete answer of the SCIM server.
type answer struct {
	method     string
	url        string
	status     int
	retryAfter string
	body       []byte
}

// do sends one request, again after a pause as long as the server answers 429. An answer with any other status is no
// error; what the caller takes as success, it says by expect.
func (c *scimClient) do(ctx context.Context, method, path string, body any) (*answer, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = encode(body); err != nil {
			return nil, err
		}
	}
	for try := 1; ; try++ {
		ans, err := c.send(ctx, method, path, payload)
		if err != nil || ans.status != http.StatusTooManyRequests {
			return ans, err
		}
		if try == maxTries {
			return nil, fmt.Errorf("%s %s answered 429 %d times: given up", method, ans.url, maxTries)
		}
		if err := c.pause(ctx, backOff(ans.retryAfter, try)); err != nil {
			return nil, err
		}
	}
}

// backOff is the wait after the nth 429 in a row.
func backOff(retryAfter string, n int) time.Duration {
	wait := defaultRetryAfter
	if s, err := strconv.Atoi(retryAfter); err == nil && s >= 0 {
		wait = time.Duration(min(s, int(longestWait/time.Second))) * time.Second
	}
	return min(wait<<(n-1), longestWait)
}

func (c *scimClient) send(ctx context.Context, method, path string, payload []byte) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.base, "/")+path, bytes.NewReader(payload))
	if err != nil {
		return nil, fmt.Errorf("the URL of the SCIM server is unusable: %w", err)
	}
	c.setHeaders(req.Header, payload != nil)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, sendError(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	ans := &answer{method, req.URL.Redacted(), resp.StatusCode, resp.Header.Get("Retry-After"), body}
	if err != nil {
		return nil, ans.errorf("breaks off: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, ans.errorf("has a body of more than %d bytes", maxAnswer)
	}
	return ans, nil
}

func (c *scimClient) setHeaders(h http.Header, hasBody bool) {
	h.Set("User-Agent", userAgent)
	h.Set("Accept", c.dialect.mediaType)
	if hasBody {
		h.Set("Content-Type", c.dialect.mediaType)
	}
	if c.auth != "" {
		h.Set("Authorization", c.auth)
	}
}

// sendError says plainly that the time was up; the text of net/http does not.
func sendError(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) && ue.Timeout() {
		return fmt.Errorf("%s %s: no complete answer in time", strings.ToUpper(ue.Op), ue.URL)
	}
	return err
}

func (a *answer) errorf(format string, args ...any) error {
	return fmt.Errorf("%s %s answered %d, which "+format, append([]any{a.method, a.url, a.status}, args...)...)
}

// expect is an error unless the answer has the status. It quotes what the server says about it.
func (a *answer) expect(status int) error {
	if a.status == status {
		return nil
	}
	text := fmt.Sprintf("%s %s answered %d, expected %d", a.method, a.url, a.status, status)
	if d := a.detail(); d != "" {
		text += ": " + d
	}
	if a.status == http.StatusUnauthorized {
		text += " (check the Authorization value given for the SCIM server)"
	}
	return errors.New(text)
}

// detail is the explanation in a SCIM 2.0 or 1.1 error, else the beginning of the body.
func (a *answer) detail() string {
	var e struct {
		Detail string `json:"detail"`
		Errors []struct {
			Description string `json:"description"`
		} `json:"Errors"`
	}
	if json.Unmarshal(a.body, &e) == nil {
		if e.Detail != "" {
			return e.Detail
		}
		if len(e.Errors) > 0 && e.Errors[0].Description != "" {
			return e.Errors[0].Description
		}
	}
	return excerpt(a.body)
}

// excerpt is at most 200 bytes of a body on one line.
func excerpt(body []byte) string {
	s := strings.Join(strings.Fields(string(body[:min(len(body), 200)])), " ")
	if len(body) > 200 {
		s += " …"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func (a *answer) isEmpty() bool { return len(bytes.TrimSpace(a.body)) == 0 }

// resource is the body as one SCIM resource.
func (a *answer) resource() (resource, error) {
	if a.isEmpty() {
		return nil, a.errorf("must have a body")
	}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	var r resource
	if err := dec.Decode(&r); err != nil || r == nil {
		return nil, a.errorf("must be a JSON object: %s", excerpt(a.body))
	}
	return r, nil
}

// list is the resources in a list body, and how many there are on all pages. A list with no resources may lack the
// member. The total is read from text too, as lenient as with numbers: 0 when it is neither.
func (a *answer) list() (page []resource, total int, err error) {
	r, err := a.resource()
	if err != nil {
		return nil, 0, err
	}
	total, err = strconv.Atoi(fmt.Sprint(r["totalResults"]))
	if r["Resources"] == nil && err == nil && total == 0 {
		return nil, 0, nil
	}
	entries, ok := r["Resources"].([]any)
	if !ok {
		return nil, 0, a.errorf("must be a list with Resources: %s", excerpt(a.body))
	}
	page = make([]resource, len(entries))
	for i, e := range entries {
		if page[i], ok = e.(resource); !ok {
			return nil, 0, a.errorf("must have only objects in Resources: %s", excerpt(a.body))
		}
	}
	return page, total, nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// quote writes text as a filter's string, which is a JSON string.
func quote(s string) string {
	b, err := encode(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(b)
}

// escapeQuery percent-encodes a query value with %20 for a space, as Okta does.
func escapeQuery(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
