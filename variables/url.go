package variables

import (
	"strings"
)

const upperHex = "0123456789ABCDEF"

// urlEncode percent-encodes everything but the unreserved characters of RFC 3986, as the function url_encode does: a space
// becomes %20 and a percent sign %25.
func urlEncode(v string) string {
	return percentEncode(v, isUnreserved)
}

// EncodeURL makes a text fit to be sent as a URL with as few changes as possible, because the hosted service accepts URLs as
// people type them: spaces, quotes, braces, <>\^`|, control characters and everything outside of ASCII are percent-encoded;
// an existing %XX stays, as does whatever has a meaning in a URL (&=+,:@/?#[] and so on). A % that begins no %XX becomes
// %25. Encoding twice changes nothing.
func EncodeURL(url string) string {
	return percentEncode(url, func(s string, i int) bool {
		if s[i] == '%' {
			return i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
		}
		return s[i] > ' ' && s[i] < 0x7F && strings.IndexByte("\"<>\\^`{|}", s[i]) < 0
	})
}

func percentEncode(s string, keep func(s string, i int) bool) string {
	var out []byte
	for i := range len(s) {
		if keep(s, i) {
			if out != nil {
				out = append(out, s[i])
			}
			continue
		}
		if out == nil {
			out = append(make([]byte, 0, len(s)+16), s[:i]...)
		}
		out = append(out, '%', upperHex[s[i]>>4], upperHex[s[i]&15])
	}
	if out == nil {
		return s
	}
	return string(out)
}

func isUnreserved(s string, i int) bool {
	c := s[i]
	return isWord(c) || c == '-' || c == '.' || c == '~'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
