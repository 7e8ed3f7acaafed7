package transport

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// A target is a URL taken apart only as far as sending needs. Path and query stay as they were spelled: net/url would
// refuse or rewrite some of what servers are tested with, such as a stray percent sign.
type target struct {
	scheme string // http or https
	host   string // with the port, when the URL has one
	user   string // user:password, decoded; "" when there is none
	path   string // "" or from the slash on
	query  string // behind the question mark
	asked  bool   // there is a question mark
}

// parseTarget fails with what is wrong, without repeating parts that may hold a secret.
func parseTarget(text string) (target, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || strings.ContainsAny(scheme, "/?#") {
		return target{}, errors.New("it has no scheme: begin it with http:// or https://")
	}
	t := target{scheme: strings.ToLower(scheme)}
	if t.scheme != "http" && t.scheme != "https" {
		return t, fmt.Errorf("scheme %q is not supported: only http and https are", scheme)
	}
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if err := t.setAuthority(rest[:end]); err != nil {
		return t, err
	}
	t.path, t.query, t.asked = strings.Cut(rest[end:], "?")
	return t, checkBytes(text)
}

func (t *target) setAuthority(authority string) error {
	at := strings.LastIndexByte(authority, '@')
	if at >= 0 {
		user, err := userinfo(authority[:at])
		if err != nil {
			return err
		}
		t.user = user
	}
	u, err := url.Parse(t.scheme + "://" + authority[at+1:])
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return err
	}
	if u.Hostname() == "" {
		return errors.New("it has no host")
	}
	t.host = u.Host
	return checkPort(u.Port())
}

func userinfo(text string) (string, error) {
	user, password, _ := strings.Cut(text, ":")
	user, err := url.PathUnescape(user)
	if err == nil {
		password, err = url.PathUnescape(password)
	}
	if err != nil {
		return "", errors.New("user and password before the @ are not percent-encoded correctly")
	}
	return user + ":" + password, nil
}

func checkPort(port string) error {
	if port == "" {
		return nil
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port %q is not a number up to 65535", port)
	}
	return nil
}

// checkBytes refuses what would end the request line early.
func checkBytes(text string) error {
	for i := range len(text) {
		if b := text[i]; b <= ' ' || b == 0x7f {
			return fmt.Errorf("character %q at byte %d has to be percent-encoded", b, i)
		}
	}
	return nil
}

// url returns what net/http sends as the target was spelled. Where net/url would spell the path differently it is made
// opaque.
func (t target) url() *url.URL {
	u := &url.URL{Scheme: t.scheme, Host: t.host, RawQuery: t.query, ForceQuery: t.asked}
	if t.path == "" {
		return u
	}
	if path, err := url.PathUnescape(t.path); err == nil {
		u.Path, u.RawPath = path, t.path
	}
	if u.EscapedPath() == t.path {
		return u
	}
	u.Opaque = t.path
	if strings.HasPrefix(t.path, "//") { // a second slash would be taken for a host
		u.Opaque = "//" + t.host + t.path
	}
	return u
}
