package runner

import (
	"slices"
	"strings"
	"unicode/utf8"

	"offscope/event"
	"offscope/exchange"
	"offscope/variables"
)

// exchanged is the request and what came of it, as they may be seen. When a post-response script has changed them, what it
// left is shown: vendor documentation names that as the way to keep something out of what is stored.
func (a *Attempt) exchanged() event.Exchanged {
	out := event.Exchanged{Timings: a.timings, Failure: a.failure, Started: a.started}
	if a.Request != nil {
		out.Request = a.shownRequest()
	}
	if a.Response != nil && a.Step.inbound == nil {
		response := a.shownResponse()
		out.Response = &response
	}
	return out
}

func (a *Attempt) shownRequest() event.Request {
	r, rewritten := a.Request, a.rewrittenRequest != nil
	if rewritten {
		r = a.rewrittenRequest
	}
	return event.Request{
		Method: a.test.cover.text(r.Method), URL: a.shownURL(r.URL), Header: a.shownHeader(r.Header), Body: a.shownBody(r.Body),
		Rewritten: rewritten,
	}
}

func (a *Attempt) shownResponse() event.Response {
	r, rewritten := a.Response, a.rewrittenResponse != nil
	if rewritten {
		r = a.rewrittenResponse
	}
	body := r.Body
	if a.sub != nil && !rewritten {
		body = a.sub.shown()
	}
	c := a.test.cover
	return event.Response{
		Proto: c.text(r.Proto), Status: r.Status, Reason: c.text(r.Reason), Header: a.shownHeader(r.Header), Body: a.sized(body, len(r.Body)),
		Rewritten: rewritten,
	}
}

// shownURL hides the pieces that came from secret variables, be they ever so short, as long as no script has changed the
// URL; then every registered secret.
func (a *Attempt) shownURL(url string) string {
	if made := a.encoded(a.expanded.url, variables.EncodeURL); made.String() == url {
		return a.test.cover.show(made)
	}
	return a.test.cover.text(url)
}

// encoded encodes an expansion piece by piece. A long secret that is spelled differently then is left for masking to find,
// which knows the spelling.
func (a *Attempt) encoded(e variables.Expansion, encode func(string) string) variables.Expansion {
	pieces := slices.Clone(e.Pieces)
	for i, p := range pieces {
		text := encode(p.Text)
		if text != p.Text && !a.test.isShort(p) {
			pieces[i] = variables.Piece{}
		}
		pieces[i].Text = text
	}
	return variables.Expansion{Pieces: pieces}
}

// isShort reports whether a piece came from a secret that is too short to be found in a text.
func (t *Test) isShort(p variables.Piece) bool {
	if (p.Secret || t.plan.secrets[p.Variable]) && isShortText(p.Text) {
		return true
	}
	return slices.ContainsFunc(p.Inputs, func(name string) bool {
		value, ok := t.scope.Get(name)
		return ok && t.plan.secrets[name] && isShortText(variables.Text(value))
	})
}

func isShortText(text string) bool { return text != "" && utf8.RuneCountInString(text) < least }

// hasShort reports whether masking the expansion's text would show a secret.
func (t *Test) hasShort(e variables.Expansion) bool { return slices.ContainsFunc(e.Pieces, t.isShort) }

// shownHeader shows each header as it was made from its template, unless a script has changed it.
func (a *Attempt) shownHeader(h exchange.Header) exchange.Header {
	out := make(exchange.Header, len(h))
	for i, f := range h {
		out[i] = exchange.Field{Name: a.test.cover.text(f.Name), Value: a.shownField(f)}
	}
	return out
}

func (a *Attempt) shownField(f exchange.Field) string {
	c := a.test.cover
	shown := c.text(f.Value)
	for _, made := range a.expanded.headers {
		if made.name == f.Name && made.value.String() == f.Value {
			shown = c.show(made.value)
		}
	}
	switch {
	case strings.EqualFold(f.Name, "Cookie"):
		return c.cookies(f)
	case strings.EqualFold(f.Name, "Set-Cookie"):
		return c.setCookie(f.Value)
	case proves(f.Name):
		return c.credentials(f, shown)
	}
	return shown
}

// credentials leaves nothing of an Authorization header to be seen but its scheme.
func (c *cover) credentials(f exchange.Field, shown string) string {
	if covered(shown) && c.reveal(shown) == f.Value {
		return shown
	}
	scheme, credentials := splitScheme(f.Value)
	if credentials == "" {
		return shown
	}
	if scheme == "" {
		return c.hide(f.Name, credentials)
	}
	if rest, ok := strings.CutPrefix(shown, scheme+" "); ok && covered(rest) && c.reveal(shown) == f.Value {
		return shown
	}
	return c.text(scheme) + " " + c.hide(f.Name, credentials)
}

// cookies leaves the names of cookies to be seen.
func (c *cover) cookies(f exchange.Field) string {
	parts := strings.Split(f.Value, ";")
	for i, part := range parts {
		name, value, found := strings.Cut(part, "=")
		if !found {
			name, value = "", part
		} else {
			name = c.text(name) + "="
		}
		parts[i] = name + c.cookieValue(f.Name, value)
	}
	return strings.Join(parts, ";")
}

// cookieValue hides the value of a cookie, but not the scheme of an Authorization header that is kept in it.
func (c *cover) cookieValue(header, value string) string {
	if shown := c.text(value); c.isKnown(shown) {
		return shown
	}
	short := c.shortCredentials(value)
	if at := strings.LastIndex(value, short); short != "" && at >= 0 {
		return value[:at] + c.hide(header, short) + value[at+len(short):]
	}
	return c.hide(header, value)
}

// hiddenBody stands in the place of a body that holds a secret nobody can find in it.
var hiddenBody = exchange.Mark{Secret: "body", Encoding: "hidden"}.String()

// shownBody shows a body that was made from a template, unless a script has changed it. Of one that was made otherwise of a
// secret that is too short to be found, such as a part of a multipart form, nothing is shown.
func (a *Attempt) shownBody(body []byte) event.Content {
	if a.hideBody && string(body) == string(a.Request.Body) {
		return event.Content{Size: len(body), Text: hiddenBody}
	}
	made := a.plainBody()
	if !a.test.hasShort(made) || made.String() != string(body) {
		return a.content(body)
	}
	return event.Content{Size: len(body), Text: a.test.cover.show(made)}
}

// plainBody is the body that the step's text or form makes.
func (a *Attempt) plainBody() variables.Expansion {
	if len(a.expanded.form) > 0 && !a.expanded.hasBody {
		return a.encodedForm()
	}
	return a.expanded.body
}

func (a *Attempt) encodedForm() variables.Expansion {
	var all variables.Expansion
	add := func(pieces ...variables.Piece) { all.Pieces = append(all.Pieces, pieces...) }
	for i, f := range a.expanded.form {
		if i > 0 {
			add(variables.Piece{Text: "&"})
		}
		add(a.encoded(f.name, formEscape).Pieces...)
		add(variables.Piece{Text: "="})
		add(a.encoded(f.value, formEscape).Pieces...)
	}
	return all
}

const defaultBodyLimit = 64 << 10

// content keeps the beginning of a body for the events. It is masked before it is cut, so that no half of a secret stays.
func (a *Attempt) content(body []byte) event.Content {
	limit := a.test.plan.Options.BodyLimit
	if limit == 0 {
		limit = defaultBodyLimit
	}
	c := event.Content{Size: len(body)}
	if !looksLikeText(body) {
		c.Binary = true
		return c
	}
	c.Text, c.Cut = a.test.cover.masker.MaskPrefix(body, limit)
	return c
}

// sized keeps the beginning of what is shown in the place of a body of that size.
func (a *Attempt) sized(body []byte, size int) event.Content {
	c := a.content(body)
	c.Size = size
	return c
}

// looksLikeText judges by the first bytes. A character that they cut in half is none the less text.
func looksLikeText(body []byte) bool {
	head := body[:min(len(body), 1024)]
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		if !utf8.FullRune(head) {
			return len(body) > 1024
		}
		if r == 0 || r == utf8.RuneError && size == 1 {
			return false
		}
		head = head[size:]
	}
	return true
}
