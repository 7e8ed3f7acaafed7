package jsengine

import (
	"fmt"
	"time"

	"offscope/jsontree"
	"offscope/source"
)

// What engine and worker process say to each other is a stream of gob messages each way. A job goes to the worker; while it
// runs, the worker calls back for what belongs to the world of the script, and waits for each answer; its result ends the job.
// gob keeps every byte of a body, which JSON would not.
type message struct {
	Kind   messageKind
	Setup  setup
	Job    job
	Cancel string
	Call   call
	Answer answer
	Result wireResult
}

type messageKind uint8

const (
	setupMessage messageKind = iota + 1
	jobMessage
	cancelMessage
	callMessage
	answerMessage
	resultMessage
)

// setup is the first message: the limits of the engine.
type setup struct {
	Timeout   time.Duration
	MaxOutput int
	Memory    int64
}

// A code is a text to be compiled.
type code struct{ Name, Text string }

type job struct {
	Script                                                  code
	Libraries                                               []code
	Role                                                    Role
	Bucket                                                  string
	HasRequest, HasResponse, HasSecret, HasRandom, HasClock bool
	Request                                                 Request
	Response                                                Response
}

type callName uint8

const (
	callGet callName = iota + 1
	callSet
	callUnset
	callSecret
	callRandom
	callNow
)

type call struct {
	What  callName
	Name  string
	Value wireValue
	Most  int64 // values a variable may consist of
}

type answer struct {
	OK     bool
	Value  wireValue
	Number float64
	Time   time.Time
	// Panic is the text of a panic on the side of the engine.
	Panic string
	// Refused is why a variable could not be set, "" when it could.
	Refused string
	// TooLarge says that a variable is there and consists of more values than a script can get.
	TooLarge bool
}

// A wireValue is the value of a variable. A string goes as it is, because it may hold bytes that are no text.
type wireValue struct {
	IsString bool
	Text     string
}

func toWire(v *jsontree.Value) wireValue {
	if v.Kind == jsontree.String {
		return wireValue{IsString: true, Text: v.Text}
	}
	return wireValue{Text: v.Compact()}
}

func (w wireValue) value() (*jsontree.Value, error) {
	if w.IsString {
		return jsontree.FromString(w.Text), nil
	}
	return jsontree.Parse([]byte(w.Text))
}

type wireResult struct {
	Output                          []Line
	Notices                         []string
	Failed, HasRequest, HasResponse bool
	Failure                         wireFailure
	Request                         Request
	Response                        Response
	Duration                        time.Duration
}

// A wireFailure is a failure without places in files, which the worker does not know.
type wireFailure struct {
	Kind                            FailureKind
	Message, Hint, Expected, Actual string
	Script                          source.Position
	Library                         int  // its number, from 1
	Lost                            bool // the script goes on in the worker
}

func resultToWire(r Result, libraries []*Library) wireResult {
	w := wireResult{Output: r.Output, Notices: r.Notices, Duration: r.Duration}
	if r.Request != nil {
		w.HasRequest, w.Request = true, *r.Request
	}
	if r.Response != nil {
		w.HasResponse, w.Response = true, *r.Response
	}
	if f := r.Failure; f != nil {
		w.Failed = true
		w.Failure = wireFailure{
			Kind: f.Kind, Message: f.Message, Hint: f.Hint, Expected: f.Expected, Actual: f.Actual, Script: f.Script,
		}
		if f.lost != nil {
			w.Failure.Lost, w.Failure.Kind, w.Failure.Message, w.Failure.Hint = true, f.lost.Kind, f.lost.Message, f.lost.Hint
		}
		for i, l := range libraries {
			if f.library == l.program {
				w.Failure.Library = i + 1
			}
		}
	}
	return w
}

// result finds the places again.
func (w wireResult) result(p *Program, libraries []*Library) Result {
	r := Result{Output: w.Output, Notices: w.Notices, Duration: w.Duration}
	if w.HasRequest {
		r.Request = &w.Request
	}
	if w.HasResponse {
		r.Response = &w.Response
	}
	if !w.Failed {
		return r
	}
	f := &Failure{
		Kind: w.Failure.Kind, Message: w.Failure.Message, Hint: w.Failure.Hint, Expected: w.Failure.Expected, Actual: w.Failure.Actual,
	}
	if n := w.Failure.Library; n > 0 {
		p = libraries[n-1].program
		f.Library, f.library = p.name, p
	}
	if w.Failure.Script != (source.Position{}) {
		p.placeAt(f, p.script.Offset(w.Failure.Script))
	}
	r.Failure = f
	return r
}

func unexpected(m message) error { return fmt.Errorf("unexpected message of kind %d", m.Kind) }
