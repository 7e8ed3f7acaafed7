package variables

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"offscope/exchange"
)

// doubleURL is percent-encoding applied twice, as url_encode in a parameter gives.
const doubleURL exchange.Encoding = "url-url"

// formDecoded is a value that was put into a URL as it is and read from there as a form field: with a space for each +, and
// with the character for each %XX.
const formDecoded exchange.Encoding = "form-decoded"

// decodedQuery returns what a server reads in a query in which the value stands as it is, and false when that is the value.
func decodedQuery(value string) (string, bool) {
	decoded, err := url.QueryUnescape(EncodeURL(value))
	return decoded, err == nil && decoded != value
}

// A form says which value of a secret stands in a text and how it is spelled. As a mark's encoding it is written
//
//	encoding [":" lead ":" tail] ["@" line] ["#" number] ["~" variant]
//
// The parts after the encoding are left out in the ordinary case, so that most marks have one of the plain encodings of
// package exchange. Lead and tail are the bits that a base64 text shares with its neighbours before and after the value, as
// digits 0 and 1. They are no part of the value, and with them the very characters can be written again, also by a rerun in
// another process. Line is which line of the value it is, number which of the name's values; both count from 1. Variant
// numbers a spelling that only the masker which wrote the mark can tell.
type form struct {
	kind       exchange.Encoding
	partial    bool // lead and tail count
	lead, tail string
	line       int
	number     int
}

func (f form) encoding() exchange.Encoding {
	text := string(f.kind)
	if f.partial {
		text += ":" + f.lead + ":" + f.tail
	}
	if f.line > 0 {
		text += "@" + strconv.Itoa(f.line)
	}
	if f.number > 1 {
		text += "#" + strconv.Itoa(f.number)
	}
	return exchange.Encoding(text)
}

func variantEncoding(e exchange.Encoding, n int) exchange.Encoding {
	return exchange.Encoding(fmt.Sprintf("%s~%d", e, n))
}

// parseForm is the inverse of encoding. A variant is read as the usual spelling.
func parseForm(e exchange.Encoding) (form, bool) {
	f := form{number: 1}
	text, _, _ := strings.Cut(string(e), "~")
	text, number, hasNumber := strings.Cut(text, "#")
	text, line, hasLine := strings.Cut(text, "@")
	var err error
	if hasNumber {
		if f.number, err = strconv.Atoi(number); err != nil || f.number < 1 {
			return form{}, false
		}
	}
	if hasLine {
		if f.line, err = strconv.Atoi(line); err != nil || f.line < 1 {
			return form{}, false
		}
	}
	text, bits, partial := strings.Cut(text, ":")
	f.kind, f.partial = exchange.Encoding(text), partial
	f.lead, f.tail, _ = strings.Cut(bits, ":")
	return f, true
}

// spell writes a value in the form's usual spelling.
func (f form) spell(value string) (string, bool) {
	switch f.kind {
	case exchange.Plain:
		return value, true
	case exchange.URLEncoded:
		return urlEncode(value), true
	case exchange.FormEncoded:
		return url.QueryEscape(value), true
	case doubleURL:
		return urlEncode(urlEncode(value)), true
	case formDecoded:
		return decodedQuery(value)
	case misread:
		return asLatin1(value), true
	case exchange.Base64, exchange.Base64URL:
		return f.spellBase64(value)
	case exchange.JSONEscaped:
		return jsonInside(value, false), true
	case exchange.JSONHTML:
		return jsonInside(value, true), true
	case exchange.JSONInJSON:
		return jsonInside(jsonInside(value, false), false), true
	case exchange.XMLEscaped:
		return xmlEscaper.Replace(value), true
	default:
		return "", false
	}
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// jsonInside returns what stands between the quotes of a JSON string.
func jsonInside(value string, html bool) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(html)
	if e.Encode(value) != nil {
		panic("a string cannot be written as JSON")
	}
	return strings.TrimSuffix(strings.TrimPrefix(out.String(), `"`), "\"\n")
}

func (f form) spellBase64(value string) (string, bool) {
	encoding := base64.StdEncoding
	if f.kind == exchange.Base64URL {
		encoding = base64.URLEncoding
	}
	if !f.partial {
		return encoding.EncodeToString([]byte(value)), true
	}
	alphabet := alphabetOf(f.kind)
	var out []byte
	bits, n := 0, 0
	push := func(bit int) {
		if bits, n = bits<<1|bit, n+1; n == 6 {
			out = append(out, alphabet[bits])
			bits, n = 0, 0
		}
	}
	for _, c := range f.lead {
		push(int(c & 1))
	}
	for i := range len(value) {
		for shift := 7; shift >= 0; shift-- {
			push(int(value[i]) >> shift & 1)
		}
	}
	for _, c := range f.tail {
		push(int(c & 1))
	}
	return string(out), true
}

func alphabetOf(e exchange.Encoding) string {
	const common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	if e == exchange.Base64URL {
		return common + "-_"
	}
	return common + "+/"
}
