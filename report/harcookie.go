package report

import (
	"net/http"

	"offscope/exchange"
)

// harCookie is a cookie as the format lists them beside the headers in which they stand. Values of cookies are secrets, so what
// can be seen is which there were.
type harCookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path,omitempty"`
	Domain   string `json:"domain,omitempty"`
	Expires  string `json:"expires,omitempty"`
	HTTPOnly bool   `json:"httpOnly,omitempty"`
	Secure   bool   `json:"secure,omitempty"`
}

// cookiesSent are the cookies of a request. What is no cookie is in the headers only; so it is with those of a response.
func cookiesSent(h exchange.Header) []harCookie {
	r := http.Request{Header: http.Header{"Cookie": h.Values("Cookie")}}
	return harCookies(r.Cookies())
}

func cookiesSet(h exchange.Header) []harCookie {
	r := http.Response{Header: http.Header{"Set-Cookie": h.Values("Set-Cookie")}}
	return harCookies(r.Cookies())
}

func harCookies(cookies []*http.Cookie) []harCookie {
	all := []harCookie{}
	for _, c := range cookies {
		listed := harCookie{Name: c.Name, Value: c.Value, Path: c.Path, Domain: c.Domain, HTTPOnly: c.HttpOnly, Secure: c.Secure}
		if !c.Expires.IsZero() {
			listed.Expires = harTime(c.Expires)
		}
		all = append(all, listed)
	}
	return all
}
