package jsontree

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A SyntaxError says why a text is not JSON.
type SyntaxError struct {
	// Offset is the byte in the text at which a reader should look.
	Offset int
	// Open is the offset of the bracket that is still open, or that was closed wrongly; -1 when there is none.
	Open int
	// Empty says that the text has nothing in it but white space.
	Empty bool
	// Message says what is wrong there, without showing any of the text.
	Message string
	// Found shows what stands at the place, shortened; "" when that says nothing more. It may be a part of a value: leave it
	// out when the text holds secrets.
	Found string
}

// Error returns the message with what was found.
func (e *SyntaxError) Error() string {
	if e.Found == "" {
		return e.Message
	}
	return e.Message + ", found " + e.Found
}

// explain turns the decoder's error into a message for people. The decoder knows where it stopped; what to say depends on the
// text around that place.
func (p *parser) explain(err error) *SyntaxError {
	offset := p.errorOffset(err)
	start := p.skipSpace(p.base)
	if start == len(p.text) {
		return &SyntaxError{Offset: start, Open: -1, Empty: true, Message: "there is no JSON here: the text is empty"}
	}
	e := &SyntaxError{Offset: offset, Open: p.innermost()}
	switch {
	case strings.HasPrefix(p.text, "\xff\xfe"), strings.HasPrefix(p.text, "\xfe\xff"):
		e.Offset, e.Message = 0, "this is UTF-16 text: JSON has to be saved as UTF-8"
	case offset == start && p.text[start] == '<':
		e.Message = "this looks like HTML or XML, not like JSON"
	case cutOff(err):
		e.Offset, e.Message = len(p.text), "unexpected end: "+p.unfinished()
	case errors.Is(err, errTooMany):
		e.Offset, e.Message = p.at(), "there are more than 1,500,000 values and names, too many to be held in memory"
	case len(p.open) >= depthLimit:
		e.Message = "more than 10,000 arrays and objects are nested in each other"
	default:
		p.blame(e)
	}
	return e
}

func (p *parser) innermost() int {
	if len(p.open) == 0 {
		return -1
	}
	return p.open[len(p.open)-1]
}

// unfinished says what the end of the text has cut off.
func (p *parser) unfinished() string {
	token := p.skipSpace(p.at())
	if token < len(p.text) && strings.IndexByte(",:", p.text[token]) >= 0 {
		token = p.skipSpace(token + 1)
	}
	switch {
	case token < len(p.text) && p.text[token] == '"':
		return "a string is not closed, its quote is missing"
	case token < len(p.text):
		return "the last value is cut off"
	case p.innermost() < 0:
		return "a value is missing"
	case p.text[p.innermost()] == '{':
		return "an object is not closed, its } is missing"
	default:
		return "an array is not closed, its ] is missing"
	}
}

// blame fills in what there is to say about an error at a character.
func (p *parser) blame(e *SyntaxError) {
	behind := p.at()
	token := p.skipSpace(behind)
	if token < e.Offset && strings.IndexByte(",:", p.text[token]) >= 0 {
		token = p.skipSpace(token + 1)
	}
	found, before := p.text[e.Offset], p.before(e.Offset)
	switch {
	case token < e.Offset:
		p.badToken(e, token)
	case found == ',' && strings.IndexByte("[{,:", before) >= 0:
		e.Message = "a value is missing before this comma"
	case found == ',':
		p.badComma(e)
	case p.naming && strings.IndexByte("{,", before) >= 0:
		e.Message, e.Found = "expected a name in double quotes", p.found(e.Offset)
	case strings.IndexByte("[,:\x00", before) >= 0:
		p.badValue(e)
	case behind == p.nameEnd:
		e.Offset, e.Message, e.Found = behind, "a colon is missing after this name", p.found(e.Offset)
	default:
		p.badSequel(e, behind)
	}
}

// before returns the last byte before offset that is not white space; 0 at the start of the text.
func (p *parser) before(offset int) byte {
	if text := strings.TrimRight(p.text[p.base:offset], " \t\r\n"); text != "" {
		return text[len(text)-1]
	}
	return 0
}

// badComma explains a comma behind a value.
func (p *parser) badComma(e *SyntaxError) {
	next := p.skipSpace(e.Offset + 1)
	switch {
	case next < len(p.text) && strings.IndexByte("]}", p.text[next]) >= 0:
		e.Message = fmt.Sprintf("this comma must go: a %c follows, not another value", p.text[next])
	case next < len(p.text) && p.text[next] == ',':
		e.Offset, e.Message = next, "a value is missing before this comma"
	default:
		e.Message = "this comma cannot stand here"
	}
}

// badValue explains something that cannot begin a value.
func (p *parser) badValue(e *SyntaxError) {
	found := p.text[e.Offset:]
	switch {
	case found[0] == '\'':
		e.Message = "JSON strings stand in double quotes, not in single ones"
	case found[0] == '/' || found[0] == '#':
		e.Message = "JSON has no comments"
	case found[0] == '+' || found[0] == '.':
		e.Message = "a number begins with a digit or a minus sign"
	case strings.HasPrefix(found, "“"), strings.HasPrefix(found, "”"):
		e.Message = `this is a typographic quote: JSON strings stand in plain double quotes (")`
	default:
		e.Message, e.Found = "expected a value", p.found(e.Offset)
	}
}

// badToken explains a fault inside a string, a number or a word.
func (p *parser) badToken(e *SyntaxError, token int) {
	found := p.text[e.Offset]
	switch first := p.text[token]; {
	case first == '"' && found == '\\':
		e.Message, e.Found = `JSON knows only the escapes \" \\ \/ \b \f \n \r \t and \u with four hexadecimal digits`, p.found(e.Offset)
	case first == '"' && (found == '\n' || found == '\r'):
		e.Message = `a string cannot go on in the next line: its quote is missing, or the line break has to be written \n`
	case first == '"':
		e.Message = fmt.Sprintf(`a control character in a string has to be written \u%04x`, found)
	case first == '-' || digit(first):
		e.Message, e.Found = "this number lacks a digit", p.found(e.Offset)
	default:
		e.Offset, e.Message, e.Found = token, "expected a value", p.found(token)
	}
}

// badSequel explains what stands behind a value where a comma or a closing bracket should.
func (p *parser) badSequel(e *SyntaxError, behind int) {
	if e.Open < 0 {
		e.Message, e.Found = "expected a value", p.found(e.Offset)
		return
	}
	opening, closing := p.text[e.Open], byte(']')
	if opening == '{' {
		closing = '}'
	}
	found, adjacent, last := p.text[e.Offset], e.Offset == behind, p.text[behind-1]
	switch {
	case found == ']' || found == '}':
		e.Message = fmt.Sprintf("expected a comma or %c: %c does not fit the opening %c", closing, found, opening)
	case adjacent && last == '0' && digit(found):
		e.Message = "a number cannot begin with 0"
	case adjacent && last == '"':
		e.Message = fmt.Sprintf(`a comma or %c is missing after this string, or a quote inside it is not written \"`, closing)
		e.Found = p.found(e.Offset)
	default:
		e.Offset, e.Message, e.Found = behind, fmt.Sprintf("a comma or %c is missing after this value", closing), p.found(e.Offset)
	}
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// trailing explains text behind the end of the value.
func (p *parser) trailing(offset int) *SyntaxError {
	if p.text[offset-1] == '0' && digit(p.text[offset]) {
		return &SyntaxError{Offset: offset, Open: -1, Message: "a number cannot begin with 0"}
	}
	return &SyntaxError{Offset: offset, Open: -1, Message: "the JSON ends before this, but the text goes on", Found: p.found(offset)}
}

const foundWidth = 20 // characters of a found text that are shown

// found shows what stands at offset, up to the next character that ends a word.
func (p *parser) found(offset int) string {
	text := p.text[offset:min(offset+4*foundWidth, len(p.text))]
	_, first := utf8.DecodeRuneInString(text)
	if end := strings.IndexAny(text[first:], " \t\r\n,:[]{}"); end >= 0 {
		text = text[:first+end]
	}
	if strings.IndexByte("[]{},:", text[0]) >= 0 {
		text = text[:1]
	}
	if text[0] == '"' {
		return strings.ToValidUTF8(shorten(text), "\ufffd")
	}
	return fmt.Sprintf("%q", shorten(text))
}

func shorten(text string) string {
	if runes := []rune(text); len(runes) > foundWidth {
		return string(runes[:foundWidth]) + "…"
	}
	return text
}
