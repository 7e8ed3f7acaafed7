package variables

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Builtins are the variables and functions that need no definition, as the vendor's documentation on dynamic data lists them.
// The zero value works with the clock of the machine, unseeded random values and empty names. It is not safe for use by
// several goroutines when Rand is set.
type Builtins struct {
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Rand is the source of random values; nil means an unseeded one. With an equal source the values are equal.
	Rand *rand.Rand
	// What runscope_environment, runscope_environment_uuid and so on return. Agent is empty unless an agent runs the test.
	Environment, EnvironmentUUID string
	Bucket, BucketName           string
	TestUUID, TestName           string
	Region, Agent                string
	// Secret returns what get_secret returns; nil means that there are no secrets.
	Secret func(name string) (string, bool)
	// IncomingURL returns what incoming_url returns: the address at which the incoming request step with that token waits. Nil
	// means that there is no such step, and so does false.
	IncomingURL func(token string) (url string, ok bool)
}

// A builtin is one row of the vendor's list. It is called either bare, as in {{uuid}}, or with arguments, or both ways.
type builtin struct {
	bare func(*Builtins) string
	call func(*Builtins, []string) (string, error)
	// arguments divides the text between the parentheses.
	arguments splitting
}

// A splitting is how the text between the parentheses becomes arguments. Which comma counts is chosen so that values stay
// whole: a signed text may hold commas, and so may a format.
type splitting uint8

const (
	whole      splitting = iota // one argument, exactly as written
	trimmed                     // one argument without surrounding spaces
	firstComma                  // two, divided at the first comma
	lastComma                   // two, divided at the last comma
)

const getSecret = "get_secret"

// builtins is never changed. Bare words in an argument are literal text: md5(abc) is the hash of abc, md5({{abc}}) that of the
// variable's value.
var builtins = map[string]builtin{
	"timestamp":        {bare: (*Builtins).timestamp},
	"utc_datetime":     {bare: (*Builtins).utcDatetime},
	"format_timestamp": {call: (*Builtins).formatTimestamp, arguments: firstComma},
	"timestamp_offset": {call: (*Builtins).timestampOffset, arguments: trimmed},

	"random_int":    {bare: (*Builtins).randomUint64, call: (*Builtins).randomInt, arguments: firstComma},
	"random_string": {call: (*Builtins).randomString, arguments: trimmed},
	"uuid":          {bare: (*Builtins).uuid},

	"encode_base64": {call: pure(encodeBase64)},
	"md5":           {call: pure(hashMD5)},
	"sha1":          {call: pure(hashSHA1)},
	"sha256":        {call: pure(hashSHA256)},
	"hmac_sha1":     {call: pure2(hmacSHA1), arguments: lastComma},
	"hmac_sha256":   {call: pure2(hmacSHA256), arguments: lastComma},
	"url_encode":    {call: pure(urlEncode)},

	"runscope_environment":      {bare: func(b *Builtins) string { return b.Environment }},
	"runscope_environment_uuid": {bare: func(b *Builtins) string { return b.EnvironmentUUID }},
	"runscope_bucket":           {bare: func(b *Builtins) string { return b.Bucket }},
	"runscope_bucket_name":      {bare: func(b *Builtins) string { return b.BucketName }},
	"runscope_test_uuid":        {bare: func(b *Builtins) string { return b.TestUUID }},
	"runscope_test_name":        {bare: func(b *Builtins) string { return b.TestName }},
	"runscope_region":           {bare: func(b *Builtins) string { return b.Region }},
	"runscope_agent":            {bare: func(b *Builtins) string { return b.Agent }},

	getSecret:      {call: (*Builtins).getSecret, arguments: trimmed},
	"incoming_url": {call: (*Builtins).incomingURL, arguments: trimmed},
}

// BuiltinNames returns the names of all built-ins in alphabetical order.
func BuiltinNames() []string {
	return slices.Sorted(maps.Keys(builtins))
}

// Supported reports whether a name is that of a built-in which can be evaluated here, as all of the vendor's list can.
func Supported(name string) bool { return isCall(name) }

// isBare reports whether {{name}} is a built-in.
func isBare(name string) bool { return builtins[name].bare != nil }

// isCall reports whether {{name(…)}} is a built-in. Those that take no argument count, so that the mistake can be named.
func isCall(name string) bool {
	_, ok := builtins[name]
	return ok
}

// Call evaluates a built-in. The argument is what stands between the parentheses, nil when there are none. For a name that is
// no built-in, or one that needs parentheses and has none, the error is [ErrUnknown], perhaps with a reason; for a bad argument
// it is a [*FunctionError].
func (b *Builtins) Call(name string, argument *Expansion) (string, error) {
	f := builtins[name]
	switch {
	case argument == nil && f.bare != nil:
		return f.bare(b), nil
	case argument == nil || f.bare == nil && f.call == nil:
		return "", ErrUnknown
	case f.call == nil:
		return "", &FunctionError{
			Function: name, Argument: argument.String(), Expected: "takes no argument, write {{" + name + "}}",
		}
	}
	text, err := f.call(b, f.arguments.split(*argument))
	if bad, ok := err.(*FunctionError); ok {
		bad.Function = name
	}
	return text, err
}

// split divides an argument. A comma typed in the template counts before one inside of a value.
func (s splitting) split(argument Expansion) []string {
	switch s {
	case whole:
		return []string{argument.String()}
	case trimmed:
		return []string{trim(argument.Pieces)}
	}
	for _, typed := range []bool{true, false} {
		if piece, at, ok := s.comma(argument.Pieces, typed); ok {
			before, after := cutPieces(argument.Pieces, piece, at)
			return []string{trim(before), trim(after)}
		}
	}
	return []string{trim(argument.Pieces)}
}

// comma finds the comma that divides two arguments: in which piece, at which offset.
func (s splitting) comma(pieces []Piece, typed bool) (piece, at int, found bool) {
	for i, p := range pieces {
		if typed && p.Variable != "" {
			continue
		}
		if s == firstComma {
			if k := strings.IndexByte(p.Text, ','); k >= 0 {
				return i, k, true
			}
		} else if k := strings.LastIndexByte(p.Text, ','); k >= 0 {
			piece, at, found = i, k, true
		}
	}
	return piece, at, found
}

// cutPieces divides pieces at a byte of one of them, which is left out.
func cutPieces(pieces []Piece, i, at int) (before, after []Piece) {
	left, right := pieces[i], pieces[i]
	left.Text, right.Text = left.Text[:at], right.Text[at+1:]
	before = append(slices.Clone(pieces[:i]), left)
	return before, append([]Piece{right}, pieces[i+1:]...)
}

// trim joins pieces without the spaces typed around them. Spaces that belong to a value stay.
func trim(pieces []Piece) string {
	pieces = slices.Clone(pieces)
	for i := range pieces {
		if pieces[i].Variable != "" {
			break
		}
		pieces[i].Text = strings.TrimLeft(pieces[i].Text, " \t\r\n")
		if pieces[i].Text != "" {
			break
		}
	}
	for i := len(pieces) - 1; i >= 0; i-- {
		if pieces[i].Variable != "" {
			break
		}
		pieces[i].Text = strings.TrimRight(pieces[i].Text, " \t\r\n")
		if pieces[i].Text != "" {
			break
		}
	}
	return Expansion{Pieces: pieces}.String()
}
