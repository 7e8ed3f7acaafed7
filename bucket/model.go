// Package bucket reads exported tests and environments into a typed model in which everything that can be blamed keeps its
// place.
//
// Begin with [Parse] for a file of tests, [ParseEnvironment] for an environment file and [ParseData] for a table of test data.
// Each returns the model and what is to be said about the file, all of it at once. The model does not change after parsing,
// except that whoever reads the file an environment extends sets its parent. What an environment inherits is told by
// [Environment.Merged] and [Environment.Layers].
package bucket

import "offscope/source"

// A Document is one file of tests.
type Document struct {
	File  *source.File
	Shape Shape
	// Name is the bucket's name when the file is a bucket backup that says it, else "".
	Name string
	// Key is the bucket's key, "" when the file does not say it.
	Key   string
	Tests []*Test
	// Environments are those that stand beside the tests, such as the shared environments of a bucket backup.
	Environments []*Environment
}

// A Shape is the way in which tests stand in a file.
type Shape uint8

// The shapes that exports, API answers and backups come in.
const (
	SingleTest Shape = iota // one test object
	TestList                // an array of tests: a bucket export
	StepList                // an array of steps, as the API lists them
	Backup                  // an array of buckets with their tests, as a backup tool writes it
)

// A Test is one test: its steps in order, and what the export tells about it.
type Test struct {
	Place source.Place
	// Name is the test's name as written, spaces at its ends included; the file's name for a bare list of steps.
	Name        source.Text
	Description source.Text
	// ID is the test's identifier, "" in exports, which do not carry it.
	ID         string
	TriggerURL string
	Steps      []Step
	// Environments are embedded in API answers only.
	Environments         []*Environment
	DefaultEnvironmentID string
	// BucketSkipped says that the whole test is switched off in its bucket.
	BucketSkipped bool
	// Bucket and BucketKey name the bucket the test was in; "" when the file is no bucket backup.
	Bucket, BucketKey string
}

// A Step is one of the step kinds below.
type Step interface {
	// Base returns what all kinds have in common.
	Base() *StepBase
}

// A StepBase is what every step has.
type StepBase struct {
	// Place spans the step's object.
	Place source.Place
	// Kind is the step's type as written, such as "request".
	Kind source.Text
	// ID is the step's identifier, "" when the file has none.
	ID string
	// Note is the step's title. Braces in it are plain text, never a use of a variable.
	Note    source.Text
	Skipped bool
}

// Base returns the step's common part.
func (b *StepBase) Base() *StepBase { return b }

// Checks are what happens around a step's exchange.
type Checks struct {
	BeforeScripts []source.Text
	Variables     []Extraction
	Scripts       []source.Text
	Assertions    []Assertion
	// Unsupported is what the step says and cannot be executed, such as a script that is no text; a step that has one fails
	// and names it.
	Unsupported []Unsupported
}

// Unsupported is something in a step that cannot be executed as it stands.
type Unsupported struct {
	Place source.Place
	// What names the thing for a message, such as `a script that is not text`.
	What string
}

// A Request is a step that sends one HTTP request.
type Request struct {
	StepBase
	Checks
	Method  source.Text
	URL     source.Text
	Headers []NamedText
	// Auth is nil when the step says nothing of it, so that the environment's counts; the kind NoAuth switches that off.
	Auth *Auth
	// Body is the raw body; HasBody tells an empty one that is there from none.
	Body    source.Text
	HasBody bool
	// Form are the fields of an urlencoded form in order.
	Form     []NamedText
	Fragment source.Text
	// Params are query parameters that stand beside the URL, as the oldest editor wrote them ("args").
	Params []NamedText
	// Multipart are the parts of a multipart form in order.
	Multipart []Part
	// Binary is a body that is a file or a text as it is; nil when there is none.
	Binary *Part
	// GraphQL is nil when the body is no GraphQL query.
	GraphQL *GraphQL
}

// A Part is one part of a multipart form, or a binary body. The shape in the file is not public: see the reader for the keys
// that are understood.
type Part struct {
	Place source.Place
	// Name is the parameter's name; a binary body may have none.
	Name source.Text
	// Value is the part's text, when it is no file.
	Value source.Text
	// FileName is the path of the file that is sent, relative to the folder of files; the zero Text when the part is a text.
	FileName source.Text
	// ContentType is "" when it is to be guessed from the file's name.
	ContentType source.Text
}

// IsFile reports whether the part is a file.
func (p *Part) IsFile() bool { return p.FileName.Place.Known() || p.FileName.Value != "" }

// A GraphQL is a query with its variables, which are JSON with templates in it.
type GraphQL struct {
	Place                           source.Place
	Query, Variables, OperationName source.Text
}

// A NamedText is a name with one value: a header or a form field. A name with several values is several of them.
type NamedText struct {
	Name, Value source.Text
}

// An Auth is how a request proves who it is. Fields hold what the export gives for its kind.
type Auth struct {
	Place source.Place
	Kind  AuthKind
	// KindText is the kind as written.
	KindText source.Text
	// Fields are the values by their key in the file: username, password, access_token, …
	Fields []NamedText
}

// Field returns the value of a key; the zero Text when it is not there.
func (a *Auth) Field(name string) source.Text {
	for _, f := range a.Fields {
		if f.Name.Value == name {
			return f.Value
		}
	}
	return source.Text{}
}

// An AuthKind is a kind of authentication.
type AuthKind uint8

// The kinds of authentication an export can name.
const (
	UnknownAuth AuthKind = iota
	BasicAuth
	OAuth1
	OAuth2
	CertificateAuth
	NoAuth // said outright: what would be inherited is switched off
)

// A Pause is a step that waits.
type Pause struct {
	StepBase
	// Seconds is how long; Duration is where the file says so. A pause without a duration takes no time.
	Seconds  int
	Duration source.Place
}

// A Condition runs its steps when a comparison holds.
type Condition struct {
	StepBase
	Comparison     Comparison
	ComparisonText source.Text
	Left, Right    source.Text
	Steps          []Step
}

// A Loop repeats its steps until a comparison holds.
type Loop struct {
	StepBase
	Comparison     Comparison
	ComparisonText source.Text
	Left, Right    source.Text
	Steps          []Step
	// Other are further keys, whose meaning is not public.
	Other []NamedText
}

// A Subtest runs another test as one step.
type Subtest struct {
	StepBase
	Checks
	TestUUID             source.Text
	BucketKey            source.Text
	EnvironmentUUID      source.Text
	UseParentEnvironment bool
	Params               []NamedText
}

// An Inbound waits for one request from outside.
type Inbound struct {
	StepBase
	Checks
	Token   source.Text
	Dynamic bool
}

// A GhostInspector runs a browser test in somebody's cloud.
type GhostInspector struct {
	StepBase
	Checks
	// Fields are the step's own keys.
	Fields []NamedText
}

// An Unknown is a step of a kind that is not known. It fails when it is due, and names its kind.
type Unknown struct {
	StepBase
}

// An Assertion is one row of a step's assertions.
type Assertion struct {
	Place source.Place
	// Source and Comparison are zero when the name in the file is not known; SourceText and ComparisonText are the names as
	// written.
	Source         Source
	SourceText     source.Text
	Comparison     Comparison
	ComparisonText source.Text
	// Property is the JSON path, XPath or header name; the zero Text where there is none.
	Property source.Text
	// Target is what is compared with; numbers and booleans as their JSON text, null as "".
	Target source.Text
}

// An Extraction is one row of a step's variables.
type Extraction struct {
	Place      source.Place
	Source     Source
	SourceText source.Text
	Property   source.Text
	Name       source.Text
}

// A Source is the part of a response that a row looks at. The zero Source is unknown.
type Source uint8

// The sources.
const (
	UnknownSource Source = iota
	ResponseJSON
	ResponseHeaders
	ResponseXML
	ResponseText
	ResponseStatus
	ResponseTime
	ResponseSize
)

// A Comparison is the way in which an actual value is held against a target. The zero Comparison is unknown.
type Comparison uint8

// The comparisons.
const (
	UnknownComparison Comparison = iota
	Equal
	NotEqual
	Empty
	NotEmpty
	Contains
	DoesNotContain
	IsANumber
	EqualNumber
	IsLessThan
	IsLessThanOrEqual
	IsGreaterThan
	IsGreaterThanOrEqual
	HasKey
	HasValue
	IsNull
)

// An Environment is the surroundings of a run: values, scripts, headers, behaviour. What it says for itself is here; what it
// inherits is found by [Environment.Layers] and the methods beside it.
type Environment struct {
	File  *source.File
	Place source.Place
	ID    string
	Name  string
	// TestID is "" for a shared environment.
	TestID string
	// Parent is the shared environment it inherits from, nil when there is none or it was not found yet. ParentID is the
	// parent's identifier in the vendor's form, Extends the parent's file in ours, as written.
	Parent   *Environment
	ParentID string
	Extends  source.Text
	// Initial are the initial variables in order.
	Initial []NamedText
	// Secrets are the names whose values are masked.
	Secrets []source.Text
	// Script is the initial script, empty when there is none.
	Script source.Text
	// InitialScriptFile is the path of a script file beside the environment file, as written; it takes the place of Script.
	InitialScriptFile source.Text
	// BeforeScripts and AfterScripts run around every request, before those of the step.
	BeforeScripts, AfterScripts []source.Text
	// Headers are sent with every request that has none of the same name.
	Headers []NamedText
	// Auth is nil when the environment says nothing of it; the kind NoAuth switches off what it inherits.
	Auth *Auth
	// The behaviours are nil where the environment says nothing of them.
	VerifySSL, PreserveCookies, StopOnFailure, ForceH2C *bool
	HTTPVersion                                         HTTPVersion
	// Proxy and ClientCertificate are nil when there are none.
	Proxy             *Proxy
	ClientCertificate *ClientCertificate
	// Libraries are custom script libraries as files; ScriptLibrary are those that the vendor's form names by identifier.
	Libraries     []Library
	ScriptLibrary []source.Text
	// Tests say where the tests are that subtest steps name: identifier (or name) and file.
	Tests []NamedText
	// Files is the folder that multipart and binary bodies may read, as written.
	Files source.Text
	// BucketKey is the key of the bucket it is shared in; "" when the file is no bucket backup.
	BucketKey string
	// Unsupported are the settings that would change a run and cannot be followed. [ParseEnvironment] reports them as errors; in
	// an environment that stands beside tests they matter only when it is the one that is used.
	Unsupported []Unsupported
}

// An HTTPVersion is a choice of protocol. The zero value says nothing.
type HTTPVersion uint8

// The choices of the hosted service.
const (
	AnyHTTP       HTTPVersion = iota
	HTTP1                     // HTTP/1.1 only
	HTTP2                     // HTTP/2 only
	HTTP2Fallback             // HTTP/2 where the server offers it, else HTTP/1.1
)

// A Proxy is what requests are sent through.
type Proxy struct {
	Place source.Place
	// HTTP and HTTPS are the proxies for the two schemes as URLs, user and password included; "" is none.
	HTTP, HTTPS source.Text
	// Bypass are hosts that are reached directly.
	Bypass []source.Text
}

// A ClientCertificate proves who the client is. Each of certificate and key is PEM text, or the path of a file beside the
// environment file; the key may stand in the same text as the certificate.
type ClientCertificate struct {
	Place                        source.Place
	Certificate, Key, Passphrase source.Text
}

// A Library is a custom script library: a file beside the environment file, and the identifier that the vendor's form names
// it by, which may be "".
type Library struct {
	ID   string
	Path source.Text
}

// A Row is one row of a file of test data: a run of its own.
type Row struct {
	Place  source.Place
	Values []NamedText
}
