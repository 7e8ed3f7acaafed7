// Package assertion finds a value in a response and holds it against a target, as the hosted service does.
//
// Begin with [NewSubject], which prepares a response, and [Check], which answers one row of a step's assertions.
// [Subject.Extract] serves the rows that put a value into a variable. Nothing here knows variables: targets and properties
// are given with their templates already replaced.
package assertion

import (
	"strconv"
	"strings"

	"offscope/bucket"
	"offscope/exchange"
	"offscope/jsontree"
)

// A Subject is a response that is looked at. Its body is parsed at most once as JSON and at most once as XML, when the first
// row needs it. It is not to be used by several goroutines at once.
type Subject struct {
	response *exchange.Response
	text     *string
	json     parsedJSON
	xml      parsedXML
	// compact keeps the texts of arrays and objects that were searched.
	compact map[*jsontree.Value]string
}

// NewSubject returns a subject for a response. Without a response (nil) every look-up fails, so that no check can pass.
func NewSubject(r *exchange.Response) *Subject {
	return &Subject{response: r}
}

// An Actual is what a row found.
type Actual struct {
	// Text is the value as text. Arrays and objects are compact JSON, of which a large one shows only its beginning; Whole says
	// that nothing was left out. Several values of a header are joined by ", ".
	Text  string
	Whole bool
	// Type is the type in JSON's words: string, number, boolean, null, array, object. A status, a time and a size are numbers;
	// headers, texts and XML nodes are strings.
	Type string
	// Value is the typed value. It belongs to the response; a caller who keeps it clones it. Nil when nothing was found.
	Value *jsontree.Value
	// Many are the values of a header that stands in the response more than once, else nil.
	Many []string
}

// actualLimit is how many bytes of an array's or object's text are shown at most.
const actualLimit = 4 << 10

func actualOf(v *jsontree.Value) Actual {
	a := Actual{Type: v.TypeName(), Value: v, Text: v.Text, Whole: true}
	if v.Kind != jsontree.String {
		a.Text, a.Whole = v.Brief(actualLimit)
	}
	return a
}

// Locate finds the value that a source and its property name: a JSON path, an XPath or a header's name; the other sources
// take no property. The error is a [*LocateError].
func (s *Subject) Locate(src bucket.Source, property string) (Actual, error) {
	a, failure := s.locate(src, property)
	if failure != nil {
		return Actual{}, failure
	}
	return a, nil
}

// Extract finds a value as [Subject.Locate] does, for a variable: its type is kept, and of several headers of a name the
// first one counts. The value shares no memory with the response.
func (s *Subject) Extract(src bucket.Source, property string) (*jsontree.Value, error) {
	a, failure := s.locate(src, property)
	if failure != nil {
		return nil, failure
	}
	if len(a.Many) > 0 {
		return jsontree.FromString(strings.Clone(a.Many[0])), nil
	}
	return a.Value.Clone(), nil
}

func (s *Subject) locate(src bucket.Source, property string) (Actual, *LocateError) {
	if s.response == nil {
		return Actual{}, fail(NoResponse, "there is no response")
	}
	switch src {
	case bucket.ResponseJSON:
		return s.inJSON(property)
	case bucket.ResponseXML:
		return s.inXML(property)
	case bucket.ResponseHeaders:
		return s.inHeader(property)
	case bucket.ResponseText:
		return actualOf(jsontree.FromString(s.body())), nil
	case bucket.ResponseStatus:
		return number(int64(s.response.Status)), nil
	case bucket.ResponseTime:
		return number(s.response.Timings.Milliseconds()), nil
	case bucket.ResponseSize:
		return number(int64(len(s.response.Body))), nil
	default:
		return Actual{}, fail(UnknownSource, "this source is not known")
	}
}

func number(n int64) Actual {
	return actualOf(jsontree.FromNumber(strconv.FormatInt(n, 10)))
}

// body returns the whole body as text.
func (s *Subject) body() string {
	if s.text == nil {
		text := strings.ToValidUTF8(string(s.response.Body), "\ufffd")
		s.text = &text
	}
	return *s.text
}

// inHeader joins several values of a name, as HTTP allows a recipient to do.
func (s *Subject) inHeader(property string) (Actual, *LocateError) {
	name, bad := readHeaderName(property)
	if bad != nil {
		return Actual{}, fail(NoHeader, bad.Message)
	}
	values := s.response.Header.Values(name)
	if len(values) == 0 {
		return Actual{}, fail(NoHeader, "the response has no header '"+name+"'")
	}
	joined := strings.Join(values, ", ")
	if strings.Join(values, "") == "" {
		joined = "" // several empty values are empty, commas or not
	}
	a := actualOf(jsontree.FromString(joined))
	if len(values) > 1 {
		a.Many = values
	}
	return a, nil
}

type parsedJSON struct {
	done    bool
	root    *jsontree.Value
	failure *LocateError
}

func (s *Subject) inJSON(property string) (Actual, *LocateError) {
	path, bad := readPath(property)
	if bad != nil {
		return Actual{}, fail(BadPath, bad.Message)
	}
	root, failure := s.parsedJSON()
	if failure != nil {
		return Actual{}, failure
	}
	v, missing := path.Lookup(root)
	if missing != nil {
		return Actual{}, &LocateError{Kind: MissingPath, Message: missing.Error(), Missing: missing}
	}
	return actualOf(v), nil
}

func (s *Subject) parsedJSON() (*jsontree.Value, *LocateError) {
	if !s.json.done {
		s.json.done = true
		root, err := jsontree.Parse(s.response.Body)
		if err != nil {
			s.json.failure = notJSON(s.response.Body, err.(*jsontree.SyntaxError))
		}
		s.json.root = root
	}
	return s.json.root, s.json.failure
}

// compactText returns the compact text of an array or object, which is made once.
func (s *Subject) compactText(v *jsontree.Value) string {
	text, ok := s.compact[v]
	if !ok {
		text = v.Compact()
		if s.compact == nil {
			s.compact = map[*jsontree.Value]string{}
		}
		s.compact[v] = text
	}
	return text
}
