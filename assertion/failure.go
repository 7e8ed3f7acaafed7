package assertion

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"offscope/jsontree"
	"offscope/source"
)

// A LocateError says why a row found nothing to look at.
type LocateError struct {
	Kind FailureKind
	// Message is the hosted service's own wording where that is known.
	Message string
	// Missing says how far a JSON path led; nil for other kinds.
	Missing *jsontree.Missing
	// Looks says what a body is that is not what it should be.
	Looks Look
	// At is where in the body JSON goes wrong; the zero Position for other kinds.
	At source.Position
}

// Error returns the message.
func (e *LocateError) Error() string { return e.Message }

// A FailureKind is a kind of [LocateError].
type FailureKind uint8

// The kinds of failures.
const (
	UnknownSource FailureKind = iota
	NoResponse                // there is no response to look at
	MissingPath               // the JSON path leads nowhere
	BadPath                   // the property is no JSON path
	NotJSON                   // the body is not JSON
	NoHeader                  // there is no header of that name, or cannot be one
	MissingNode               // the XPath selects nothing
	BadXPath                  // the property is no XPath, or cannot be evaluated
	NotXML                    // the body is not XML, or too large or deep to be searched
)

// A Look is what a body looks like, judged by its first bytes.
type Look string

// The looks of bodies.
const (
	LooksEmpty  Look = "empty"
	LooksJSON   Look = "JSON"
	LooksHTML   Look = "HTML"
	LooksXML    Look = "XML"
	LooksText   Look = "plain text"
	LooksBinary Look = "binary data"
)

const lookAt = 512 // bytes of a body that decide what it looks like

func looksLike(body []byte) Look {
	start := bytes.TrimPrefix(body[:min(lookAt, len(body))], []byte("\ufeff"))
	start = bytes.ToLower(bytes.TrimSpace(start))
	switch {
	case len(bytes.TrimSpace(body)) == 0 || string(body) == "\ufeff":
		return LooksEmpty
	case bytes.HasPrefix(start, []byte("<!doctype html")), bytes.Contains(start, []byte("<html")):
		return LooksHTML
	case bytes.HasPrefix(start, []byte("<")):
		return LooksXML
	case bytes.IndexByte(start, 0) >= 0 || !utf8.Valid(trimPartial(start)):
		return LooksBinary
	case bytes.HasPrefix(start, []byte("{")), bytes.HasPrefix(start, []byte("[")):
		return LooksJSON
	default:
		return LooksText
	}
}

// trimPartial cuts off a character of which the end is missing.
func trimPartial(b []byte) []byte {
	for i := 1; i <= min(utf8.UTFMax-1, len(b)); i++ {
		if last := b[len(b)-i:]; utf8.RuneStart(last[0]) && !utf8.FullRune(last) {
			return b[:len(b)-i]
		}
	}
	return b
}

func fail(kind FailureKind, message string) *LocateError {
	return &LocateError{Kind: kind, Message: message}
}

// notJSON says what a body is instead, and where it goes wrong if it is JSON that is broken.
func notJSON(body []byte, err *jsontree.SyntaxError) *LocateError {
	e := &LocateError{Kind: NotJSON, Looks: looksLike(body)}
	switch e.Looks {
	case LooksEmpty:
		e.Message = "the response body is not JSON: it is empty"
	case LooksJSON:
		e.At = source.NewFile("", body).Position(err.Offset)
		e.Message = fmt.Sprintf("the response body is not JSON: line %d, column %d: %s", e.At.Line, e.At.Col, err)
	default:
		e.At = source.NewFile("", body).Position(err.Offset)
		e.Message = fmt.Sprintf("the response body is not JSON: it looks like %s", e.Looks)
	}
	return e
}
