package exchange

import "strings"

// A Mark stands in a text in the place of a secret. It says which secret was there and how it was spelled, so that a reader
// sees a name and a rerun can fill the value in again. Marks are made before a text leaves the runner.
type Mark struct {
	// Secret is the name of the variable or header whose value was here.
	Secret string
	// Encoding says how the value was spelled; "" is the plain value.
	Encoding Encoding
}

// An Encoding is a way in which a secret's value can be spelled in a text.
type Encoding string

// The encodings that masking knows.
const (
	Plain       Encoding = ""
	URLEncoded  Encoding = "url"       // percent-encoded, as in a path or query
	FormEncoded Encoding = "form"      // percent-encoded with + for a space
	Base64      Encoding = "base64"    // also inside base64 of user:secret
	Base64URL   Encoding = "base64url" // with - and _
	JSONEscaped Encoding = "json"      // as inside a JSON string
	JSONHTML    Encoding = "json-html" // the same with < > & as \u003c …
	JSONInJSON  Encoding = "json-json" // a JSON string inside a JSON string
	XMLEscaped  Encoding = "xml"       // with &lt; &amp; …
)

// A mark is written open, name, separator, encoding, close. The three are private-use characters that no protocol uses; one
// that stands in a text by itself is replaced when the text is masked, so that nobody else can write a mark.
const (
	markOpen  = "\uE0F0"
	markSep   = "\uE0F1"
	markClose = "\uE0F2"
)

// String writes the mark as it stands in a text.
func (m Mark) String() string {
	return markOpen + m.Secret + markSep + string(m.Encoding) + markClose
}

var unmark = strings.NewReplacer(markOpen, "\uFFFD", markSep, "\uFFFD", markClose, "\uFFFD")

// WithoutMarks returns text with every character that could begin or end a mark replaced. Masking calls it before it writes
// marks of its own.
func WithoutMarks(text string) string {
	if !strings.Contains(text, "\uE0F0"[:2]) {
		return text
	}
	return unmark.Replace(text)
}

// Show returns text with each mark replaced by what show returns for it.
func Show(text string, show func(Mark) string) string {
	if !strings.Contains(text, markOpen) {
		return text
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, markOpen)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		inside, after, closed := strings.Cut(rest, markClose)
		if !closed {
			out.WriteString(rest) // cut in the middle: the name alone is no secret
			return out.String()
		}
		name, encoding, _ := strings.Cut(inside, markSep)
		out.WriteString(show(Mark{Secret: name, Encoding: Encoding(encoding)}))
		text = after
	}
}

// Bracketed shows a mark as a reader sees it: [name].
func Bracketed(m Mark) string { return "[" + m.Secret + "]" }
