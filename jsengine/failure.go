package jsengine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/file"

	"offscope/source"
)

var errTimeout = errors.New("time limit")

// explain makes a failure of what the interpreter answered.
func (m *machine) explain(err error) *Failure {
	var interrupted *goja.InterruptedError
	var overflow *goja.StackOverflowError
	var thrown *goja.Exception
	switch {
	case errors.As(err, &interrupted):
		return m.placeInterrupt(m.explainInterrupt(interrupted), interrupted.Stack())
	case errors.As(err, &overflow):
		f := &Failure{
			Kind:    OverLimit,
			Message: fmt.Sprintf("calls are nested more than %d deep", maxCallDepth),
			Hint:    "a function probably calls itself without end",
		}
		return m.place(f, overflow.Stack())
	case errors.As(err, &thrown):
		return m.explainThrown(thrown.Value(), thrown.Stack())
	}
	return &Failure{Kind: Exception, Message: fmt.Sprintf("internal error of the script engine: %v", err)}
}

// size writes a number of bytes as users write it in flags.
func size(bytes int64) string {
	if bytes%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// stopped reports whether an error is none of JavaScript's own, which could be caught.
func stopped(err error) bool {
	var thrown *goja.Exception
	return err != nil && !errors.As(err, &thrown)
}

func (m *machine) explainInterrupt(e *goja.InterruptedError) *Failure {
	reason, ok := e.Value().(error)
	if !ok {
		reason = context.Canceled
	}
	return m.explainStop(reason)
}

// explainStop explains why the watchdog stopped the script.
func (m *machine) explainStop(reason error) *Failure {
	switch reason {
	case errTimeout:
		return &Failure{Kind: TimedOut, Message: fmt.Sprintf("stopped after %s, the time limit of a script", m.limits.timeout)}
	case errMemory:
		return &Failure{
			Kind: OverMemory, Message: fmt.Sprintf("stopped when it had taken more than %s of memory, the limit of a script", size(m.limits.memory)),
			Hint: "a loop may collect things without end; --script-memory gives a script more",
		}
	}
	if reason == errVariables {
		return &Failure{
			Kind:    OverMemory,
			Message: fmt.Sprintf("stopped when the variables it had set took more than %s, the limit of a script", size(m.limits.variables())),
			Hint:    "a loop may set variables without end; --script-memory gives a script more",
		}
	}
	return &Failure{Kind: Canceled, Message: "the run was ended: " + reason.Error()}
}

// explainThrown explains a value that was thrown and not caught. In an initial script an assertion counts for nothing, be
// it that it ends the script.
func (m *machine) explainThrown(v goja.Value, stack []goja.StackFrame) *Failure {
	f := &Failure{Kind: Exception}
	// What was thrown may throw, or never end, when it is asked for its message.
	if err := m.try(func() { m.describe(f, v) }); stopped(err) {
		return m.explain(err)
	}
	switch {
	case m.missing != "":
		f.Kind, f.Message = Unavailable, m.missing
	case f.Kind == FailedAssertion && m.world.Role == Initial && m.loading == nil:
		m.out.notice("the script ended at a failed assertion, which does not count in an initial script: " + f.Message)
		m.listFailed(m.place(f, stack))
		return nil
	case m.secret != "" && strings.Contains(f.Message, undefinedSecret(m.secret)):
		f.Kind, f.Message = UndefinedSecret, undefinedSecret(m.secret)
		f.Hint = "give it by --secret, --secrets-file or an environment variable"
	}
	if f.Message == "" {
		f.Message = "an error without a message"
	}
	f = m.place(f, stack)
	m.listFailed(f)
	return f
}

// explainRejection explains a promise that was rejected while nobody asked for the reason. It fails the script: an
// assertion in an async function must not pass because nobody waits for the function.
func (m *machine) explainRejection(p *goja.Promise) *Failure {
	reason := p.Result()
	f := m.explainThrown(reason, nil)
	if f == nil {
		return nil
	}
	if at, ok := m.positionInText(reason); ok && !f.At.Known() && f.Script == (source.Position{}) {
		m.program.placeAt(f, calleeOf(m.program.script.Value, m.program.offset(at)))
	}
	f.Hint = "it was thrown in a promise or an async function, and nothing caught it"
	return f
}

// describe reads message and kind off a thrown value, which may be anything.
func (m *machine) describe(f *Failure, v goja.Value) {
	object, ok := v.(*goja.Object)
	if !ok || object.Get("message") == nil {
		f.Message = "thrown: " + m.display(v)
		return
	}
	if object.Get("name") != nil && object.Get("name").String() == "AssertionError" {
		f.Kind, f.Message = FailedAssertion, object.Get("message").String()
		m.describeComparison(f, object)
		return
	}
	if f.Message = object.String(); f.Message == objectText {
		f.Message = "thrown: " + m.display(v)
	}
	f.Message = strings.TrimSuffix(f.Message, ": <nil>") // the engine's word for the end of a JSON text
	f.Hint = hintFor(f.Message)
}

// objectText is the text form of an object that has none of its own.
const objectText = "[object Object]"

func (m *machine) describeComparison(f *Failure, e *goja.Object) {
	expected, actual := e.Get("expected"), e.Get("actual")
	if expected == nil || goja.IsUndefined(expected) {
		return
	}
	f.Expected = m.display(expected)
	if actual != nil {
		f.Actual = m.display(actual)
	}
}

// listFailed adds a failed assertion to the output when Chai did not report it: one that a script throws by itself.
func (m *machine) listFailed(f *Failure) {
	if f.Kind != FailedAssertion {
		return
	}
	lines := m.out.lines
	if n := len(lines); n > 0 && lines[n-1].Kind == Assert && !lines[n-1].Passed && lines[n-1].Text == f.Message {
		return
	}
	m.out.add(Line{Kind: Assert, Text: f.Message, Ignored: m.world.Role == Initial && m.loading == nil, Script: f.Script})
}

// hints are for names that other environments have.
var hints = map[string]string{
	"require":        "there is no module loader: assert, expect, _, moment and CryptoJS are there without it",
	"module":         "there is no module loader: assert, expect, _, moment and CryptoJS are there without it",
	"exports":        "there is no module loader: assert, expect, _, moment and CryptoJS are there without it",
	"setTimeout":     "there are no timers: use a pause step",
	"setInterval":    "there are no timers: use a pause step",
	"fetch":          "scripts have no network: use a request step",
	"XMLHttpRequest": "scripts have no network: use a request step",
	"pm":             "this is a script for Postman: use variables, request, response and assert",
	"postman":        "this is a script for Postman: use variables, request, response and assert",
	"Intl":           "this script engine has no Intl: use moment",
	"request":        "request is there in pre-request and post-response scripts only",
	"response":       "response is there in post-response scripts only",
}

var undefinedName = regexp.MustCompile(`^ReferenceError: (\S+) is not defined`)

func hintFor(message string) string {
	if found := undefinedName.FindStringSubmatch(message); found != nil {
		return hints[found[1]]
	}
	return ""
}

// place gives a failure the place of the innermost frame that belongs to the script: an assertion fails inside Chai. While a
// custom library is loaded, it is the library's.
func (m *machine) place(f *Failure, stack []goja.StackFrame) *Failure {
	p := m.running()
	if at, ok := p.frame(stack); ok {
		p.placeAt(f, calleeOf(p.script.Value, p.offset(at)))
	}
	return f
}

// running is the custom library that is being loaded, otherwise the script.
func (m *machine) running() *Program { return cmp.Or(m.loading, m.program) }

// blame says that it was the custom library being loaded that failed, and not the script.
func (m *machine) blame(f *Failure) *Failure {
	if m.loading != nil && f != nil {
		f.Library, f.library = m.loading.name, m.loading
		f.Message = fmt.Sprintf("the script library %s failed: %s", f.Library, f.Message)
	}
	return f
}

// placeInterrupt gives a time-out the place of the loop that has no end.
func (m *machine) placeInterrupt(f *Failure, stack []goja.StackFrame) *Failure {
	p := m.running()
	at, ok := p.frame(stack)
	if !ok || f.Kind == Canceled {
		return m.place(f, stack)
	}
	p.placeAt(f, calleeOf(p.script.Value, p.running(p.offset(at))))
	return f
}

func (p *Program) offset(at file.Position) int { return offsetOf(p.script.Value, at) }

func (p *Program) placeAt(f *Failure, offset int) {
	script := p.script
	width := wordAt(script.Value, offset)
	f.Script = script.Position(offset)
	f.At = script.At(offset, offset+width)
	if script.Place.File != nil && script.Place.File.Private {
		return
	}
	f.Excerpt = source.LineExcerpt(lineOf(script.Value, offset), f.Script.Col, width)
	f.Excerpt.File, f.Excerpt.Line = p.name, f.Script.Line
}

func lineOf(text string, offset int) string {
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return strings.TrimSuffix(line, "\r")
}

func (p *Program) frame(stack []goja.StackFrame) (file.Position, bool) {
	for i := range stack {
		if stack[i].SrcName() == p.name {
			return stack[i].Position(), true
		}
	}
	return file.Position{}, false
}

// position returns where in the script the interpreter is.
func (m *machine) position(stack []goja.StackFrame) source.Position {
	at, ok := m.program.frame(stack)
	if !ok {
		return source.Position{}
	}
	script := m.program.script
	return script.Position(calleeOf(script.Value, m.program.offset(at)))
}

// positionInText finds the script in the stack property of an error, which is all that is left of an error in a rejected
// promise.
func (m *machine) positionInText(reason goja.Value) (at file.Position, ok bool) {
	object, isObject := reason.(*goja.Object)
	if !isObject {
		return at, false
	}
	stack := ""
	_ = m.try(func() {
		if v := object.Get("stack"); v != nil {
			stack = v.String()
		}
	})
	frame := regexp.MustCompile(regexp.QuoteMeta(m.program.name) + `:(\d+):(\d+)\(\d+\)`)
	found := frame.FindStringSubmatch(stack)
	if found == nil {
		return at, false
	}
	at.Line, _ = strconv.Atoi(found[1])
	at.Column, _ = strconv.Atoi(found[2])
	return at, true
}
