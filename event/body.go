package event

import (
	"time"

	"offscope/exchange"
	"offscope/source"
)

// RunStarted opens a stream.
type RunStarted struct {
	Version string `json:"offscope_version"`
	// Seed is what random values depend on; the same seed gives the same values.
	Seed  uint64 `json:"seed"`
	Tests int    `json:"tests"`
	// Shard says which part of a split run this is; zero for a whole run.
	Shard Shard `json:"shard,omitzero"`
}

// A Shard is a part of a run that was split, such as over the jobs of a build.
type Shard struct {
	// Number counts the shards from 1, Of is how many there are.
	Number int `json:"number"`
	Of     int `json:"of"`
	// Tests is how many tests all shards have together.
	Tests int `json:"tests"`
	// Split names how the tests were split: shards that fit together have the same.
	Split string `json:"split"`
}

// TestStarted opens a test or a subtest.
type TestStarted struct {
	Name string `json:"name"`
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	// Steps is how many steps the file has for this test, pauses and steps that are not due included.
	Steps       int    `json:"steps"`
	Environment string `json:"environment,omitempty"`
	// Iteration counts the runs of the same test from 1, Iterations is how many there are: one for each row of test data and
	// repetition. Both are 0 when the test is run once.
	Iteration  int `json:"iteration,omitempty"`
	Iterations int `json:"iterations,omitempty"`
	// Position is, in a shard, the number that the test has in the whole run; 0 in a whole run.
	Position int `json:"position,omitempty"`
	// Attempt counts, from 1, how often the test was begun because it had failed, Attempts is the most that there can be; both 0
	// for a test that is not tried again. The attempts have the same number in the run, and only the last one counts.
	Attempt  int `json:"attempt,omitempty"`
	Attempts int `json:"attempts,omitempty"`
	// Caller and CallerStep are the subtest (0 for the test itself) and the step that run this subtest; both 0 for a test.
	Caller     int `json:"caller,omitempty"`
	CallerStep int `json:"caller_step,omitempty"`
}

// Notice is something the user should know that is no failure of a step.
type Notice struct {
	// Severity is error, warning or notice.
	Severity string         `json:"severity"`
	Code     string         `json:"code"`
	Message  string         `json:"message"`
	Hint     string         `json:"hint,omitempty"`
	Where    source.Excerpt `json:"where,omitzero"`
}

// StepStarted opens a step that is about to be run, or to be passed over.
type StepStarted struct {
	// StepKind is the step's type as the export names it.
	StepKind string `json:"step_type"`
	Note     string `json:"note,omitempty"`
	// Method and URL are those of a request as the file has them, with their templates.
	Method string `json:"method,omitempty"`
	URL    string `json:"url,omitempty"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Col    int    `json:"col"`
	// Depth is how many conditions and loops of its test or subtest the step stands in.
	Depth int `json:"depth,omitempty"`
	// Iteration counts, from 1, how often the loop around the step has come to it; 0 outside of loops.
	Iteration int `json:"iteration,omitempty"`
	// Left, Comparison and Right are what a condition or a loop compares as the file has it; "" for other steps.
	Left       string `json:"left,omitempty"`
	Comparison string `json:"comparison,omitempty"`
	Right      string `json:"right,omitempty"`
	// Pause is how long a pause is going to take, after the choice made by flags; PauseInFile is what the file says.
	Pause       time.Duration `json:"pause,omitempty"`
	PauseInFile time.Duration `json:"pause_in_file,omitempty"`
}

// Problem is a reason for a step (or, outside a step, a test) to fail that is neither a row nor a script: a variable that is
// not defined, a kind of step that cannot be executed, a response that did not come.
type Problem struct {
	// Code names the problem for machines, such as "undefined-variable".
	Code string `json:"code"`
	// Outcome is Failed or Errored.
	Outcome Outcome        `json:"outcome"`
	Message string         `json:"message"`
	Hint    string         `json:"hint,omitempty"`
	Where   source.Excerpt `json:"where,omitzero"`
}

// Compared is the comparison of a condition before the steps inside it, or of a loop after each round of them.
type Compared struct {
	// Iteration is the round of the loop that has just ended, from 1; 0 for a condition.
	Iteration int `json:"iteration,omitempty"`
	// Left and Right are the values as the file has them; LeftValue and RightValue the same after substitution.
	Left       string `json:"left"`
	Comparison string `json:"comparison"`
	Right      string `json:"right"`
	LeftValue  string `json:"left_value"`
	RightValue string `json:"right_value"`
	Holds      bool   `json:"holds"`
	// Error is why nothing could be compared; Holds is then false and the step fails.
	Error string         `json:"error,omitempty"`
	Where source.Excerpt `json:"where,omitzero"`
}

// Exchanged is a request that was sent, and what came of it.
//
// Of a step that waits for a request from outside it is the request that was received, without a response; Failure says why
// none was. Of a step that runs a subtest it is the subtest's result: the Request is empty, and the Response has nothing but
// a body.
type Exchanged struct {
	Request  Request           `json:"request"`
	Response *Response         `json:"response,omitempty"`
	Timings  exchange.Timings  `json:"timings"`
	Failure  *TransportFailure `json:"failure,omitempty"`
	// Started is when the request was sent; zero in the streams of older versions.
	Started time.Time `json:"started,omitzero"`
}

// A Request is an HTTP request as it was sent (or received, by a step that waits for one), or as a post-response script left it.
type Request struct {
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Header exchange.Header `json:"header,omitempty"`
	Body   Content         `json:"body,omitzero"`
	// Rewritten says that a post-response script has changed the request after it was sent, and that the change is shown:
	// that is how a script keeps something out of what is stored.
	Rewritten bool `json:"rewritten,omitempty"`
}

// A Response is an HTTP response as it was read, or as a post-response script left it.
type Response struct {
	Proto  string          `json:"proto"`
	Status int             `json:"status"`
	Reason string          `json:"reason"`
	Header exchange.Header `json:"header,omitempty"`
	Body   Content         `json:"body,omitzero"`
	// Rewritten says that a post-response script has changed the response, and that the change is shown. Assertions saw the
	// response as it came.
	Rewritten bool `json:"rewritten,omitempty"`
}

// Content is a body, or as much of it as is kept.
type Content struct {
	Text string `json:"text,omitempty"`
	// Size is the length of the whole body in bytes.
	Size int `json:"size,omitempty"`
	// Cut says that Text is only the beginning.
	Cut bool `json:"cut,omitempty"`
	// Binary says that the body is not text; Text is then empty.
	Binary bool `json:"binary,omitempty"`
}

// A TransportFailure is why no response came, or, where a step waits for a request, no request.
type TransportFailure struct {
	// Failure names the class: dns, connect, tls, timeout, …
	Failure string `json:"failure"`
	Message string `json:"message"`
}

// Extracted is one row of a step's variables.
type Extracted struct {
	Row      int     `json:"row"` // from 1
	Name     string  `json:"name"`
	Source   string  `json:"source"`
	Property string  `json:"property,omitempty"`
	Outcome  Outcome `json:"outcome"`
	// Value is the text form of the value, Type its type.
	Value string `json:"value,omitempty"`
	Type  string `json:"type,omitempty"`
	// Cut says that Value is only the beginning.
	Cut     bool           `json:"cut,omitempty"`
	Error   string         `json:"error,omitempty"`
	Nearest *Nearest       `json:"nearest,omitempty"`
	Where   source.Excerpt `json:"where,omitzero"`
}

// Asserted is one row of a step's assertions.
type Asserted struct {
	Row int `json:"row"` // from 1
	// Label names source and property as the hosted service prints them: "body.name", "Status".
	Label      string `json:"label"`
	Source     string `json:"source"`
	Property   string `json:"property,omitempty"`
	Comparison string `json:"comparison"`
	// Target is the target as the file has it, Expected the same after substitution.
	Target   string  `json:"target,omitempty"`
	Expected string  `json:"expected,omitempty"`
	Actual   string  `json:"actual,omitempty"`
	Type     string  `json:"type,omitempty"`
	Outcome  Outcome `json:"outcome"`
	// Message says in one sentence how the comparison ended, in the hosted service's manner.
	Message string `json:"message,omitempty"`
	// Error is why there was nothing to compare.
	Error string `json:"error,omitempty"`
	// Remark is something worth knowing about a row, also one that passed.
	Remark  string         `json:"remark,omitempty"`
	Nearest *Nearest       `json:"nearest,omitempty"`
	Where   source.Excerpt `json:"where,omitzero"`
}

// Nearest is how far a path that was not found led.
type Nearest struct {
	// Path is the deepest part that exists, "" for the whole document; Type is what stands there.
	Path string `json:"path,omitempty"`
	Type string `json:"type"`
	// Keys are the keys found there, Length the number of elements of a list there.
	Keys   []string `json:"keys,omitempty"`
	Length int      `json:"length,omitempty"`
}

// Scripted is a script that was run.
type Scripted struct {
	// Role is "initial script", "shared initial script" for that of an environment which others inherit from, "pre-request script" or "post-response script".
	Role string `json:"role"`
	// Row counts the scripts of the role in the step, from 1.
	Row int `json:"row"`
	// Outcome is NotRun for a script that was due and had no chance to run.
	Outcome Outcome        `json:"outcome"`
	Output  []Line         `json:"output,omitempty"`
	Failure *ScriptFailure `json:"failure,omitempty"`
	// Set are the variables the script set, in order.
	Set      []Assignment   `json:"set,omitempty"`
	Duration time.Duration  `json:"duration"`
	Where    source.Excerpt `json:"where,omitzero"`
}

// A Line is one thing a script said.
type Line struct {
	// Assert says that it is an assertion's message and not a log entry.
	Assert bool `json:"assert,omitempty"`
	Failed bool `json:"failed,omitempty"`
	// Ignored says that the assertion failed and does not count, as in initial scripts.
	Ignored bool   `json:"ignored,omitempty"`
	Text    string `json:"text"`
}

// An Assignment is a variable that was set.
type Assignment struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type"`
	// Cut says that Value is only the beginning.
	Cut bool `json:"cut,omitempty"`
}

// A ScriptFailure is why a script failed.
type ScriptFailure struct {
	// Failure names the class: assertion, exception, syntax, timeout, …
	Failure  string `json:"failure"`
	Message  string `json:"message"`
	Expected string `json:"expected,omitempty"`
	Actual   string `json:"actual,omitempty"`
	// Hint says what to do, where that is known.
	Hint string `json:"hint,omitempty"`
	// Where is the place in the export, Script the line within the script.
	Where  source.Excerpt `json:"where,omitzero"`
	Script source.Excerpt `json:"script,omitzero"`
}

// Changed is what happened to the variables and cookies of a test, as far as it is not told by other events: before the first
// step all of them, and with each step those that it has changed. A run can go on from a step with what the events before it
// have changed.
type Changed struct {
	Variables []Variable `json:"variables,omitempty"`
	// Cookies are the Set-Cookie lines that were taken, with the URL that sent them. Their values are secrets and never here.
	Cookies []Cookies `json:"cookies,omitempty"`
}

// A Variable is the value of a variable, and who gave it.
type Variable struct {
	Name string `json:"name"`
	// Value is the text of the value, Type its type; both "" when the value was taken away. Secrets in it are marks.
	Value string `json:"value,omitempty"`
	Type  string `json:"type,omitempty"`
	// Cut says that Value is only the beginning, perhaps nothing: the whole is in no event.
	Cut bool `json:"cut,omitempty"`
	// Origin says in words who gave the value.
	Origin string `json:"origin,omitempty"`
	// Given says that the value was given from outside and not made by the run: by a flag, a file or an environment.
	Given bool `json:"given,omitempty"`
	// Secret says that nothing of the value may be seen.
	Secret bool `json:"secret,omitempty"`
	// Step is the step that gave the value in an earlier run, from which this one went on without the value.
	Step int `json:"step,omitempty"`
}

// Cookies are what one response has set.
type Cookies struct {
	URL   string   `json:"url"`
	Lines []string `json:"lines"`
	// Step is the step that got them in an earlier run, from which this one went on without them.
	Step int `json:"step,omitempty"`
}

// StepFinished closes a step.
type StepFinished struct {
	Outcome Outcome `json:"outcome"`
	// Reason says why a step was skipped or not run, or what became of a pause.
	Reason   string        `json:"reason,omitempty"`
	Duration time.Duration `json:"duration"`
	Counts   Counts        `json:"counts"`
	// Tries counts how often a step was tried until it passed, 0 when it was tried once and nothing else was meant; Waited is
	// the time from the first try to the last answer. The other events of the step are those of the last try.
	Tries  int           `json:"tries,omitempty"`
	Waited time.Duration `json:"waited,omitempty"`
	// Hints say what to do about a failure, the likeliest cause first.
	Hints []string `json:"hints,omitempty"`
}

// Counts are the figures of a step, a test or a run.
type Counts struct {
	Steps            int `json:"steps,omitempty"`
	StepsPassed      int `json:"steps_passed,omitempty"`
	StepsFailed      int `json:"steps_failed,omitempty"`
	StepsErrored     int `json:"steps_errored,omitempty"`
	StepsSkipped     int `json:"steps_skipped,omitempty"`
	StepsNotRun      int `json:"steps_not_run,omitempty"`
	Requests         int `json:"requests,omitempty"`
	Assertions       int `json:"assertions,omitempty"` // defined in the steps that were due
	AssertionsFailed int `json:"assertions_failed,omitempty"`
	Variables        int `json:"variables,omitempty"`
	VariablesFailed  int `json:"variables_failed,omitempty"`
	Scripts          int `json:"scripts,omitempty"` // that were run
	ScriptsFailed    int `json:"scripts_failed,omitempty"`
}

// Add adds the figures of another.
func (c *Counts) Add(o Counts) {
	c.Steps += o.Steps
	c.StepsPassed += o.StepsPassed
	c.StepsFailed += o.StepsFailed
	c.StepsErrored += o.StepsErrored
	c.StepsSkipped += o.StepsSkipped
	c.StepsNotRun += o.StepsNotRun
	c.Requests += o.Requests
	c.Assertions += o.Assertions
	c.AssertionsFailed += o.AssertionsFailed
	c.Variables += o.Variables
	c.VariablesFailed += o.VariablesFailed
	c.Scripts += o.Scripts
	c.ScriptsFailed += o.ScriptsFailed
}

// TestFinished closes a test or a subtest.
type TestFinished struct {
	Outcome  Outcome       `json:"outcome"`
	Counts   Counts        `json:"counts"`
	Duration time.Duration `json:"duration"`
	// Reason says why a test stopped before its end or never began; "" when it ran through.
	Reason string `json:"reason,omitempty"`
	// Again says that the test failed and is begun once more: this end does not count. Flaky says that it passed, and failed
	// before.
	Again bool `json:"again,omitempty"`
	Flaky bool `json:"flaky,omitempty"`
	// Missing counts the variables without a value because of which the test was not begun.
	Missing int `json:"missing,omitempty"`
}

// Resource is something that a step of the run has created and that no later step has deleted. It is told at the end of a run, as
// a fact about the run.
type Resource struct {
	// URL is where it is, or, when that is not known or not to be seen, where it was created.
	URL string `json:"url"`
	// InTest, InSub and InStep are the numbers of the test, subtest and step that created it.
	InTest int `json:"in_test"`
	InSub  int `json:"in_sub,omitempty"`
	InStep int `json:"in_step"`
	// CleanUp says that it was to be deleted, Deleted that it is not there any more.
	CleanUp bool `json:"clean_up,omitempty"`
	Deleted bool `json:"deleted,omitempty"`
	// Status is the answer to that, 0 when there was none.
	Status int `json:"status,omitempty"`
	// Error says why it could not be deleted.
	Error string `json:"error,omitempty"`
}

// RunFinished closes the stream.
type RunFinished struct {
	Outcome Outcome `json:"outcome"`
	Tests   int     `json:"tests"`
	// TestsFailed counts the tests that failed or could not be executed.
	TestsFailed int           `json:"tests_failed,omitempty"`
	Counts      Counts        `json:"counts"`
	Duration    time.Duration `json:"duration"`
	// TestsFlaky counts the tests that passed when they were tried again.
	TestsFlaky int `json:"tests_flaky,omitempty"`
	// TestsMissing counts the tests that were not begun because variables were missing.
	TestsMissing int `json:"tests_missing,omitempty"`
	// Interrupted names the signal that ended the run, "" when none did.
	Interrupted string `json:"interrupted,omitempty"`
}

// The names of the bodies in the stream's text form.

func (RunStarted) Kind() string   { return "run-started" }
func (TestStarted) Kind() string  { return "test-started" }
func (Notice) Kind() string       { return "notice" }
func (StepStarted) Kind() string  { return "step-started" }
func (Problem) Kind() string      { return "problem" }
func (Compared) Kind() string     { return "comparison" }
func (Exchanged) Kind() string    { return "exchange" }
func (Extracted) Kind() string    { return "variable" }
func (Asserted) Kind() string     { return "assertion" }
func (Scripted) Kind() string     { return "script" }
func (Changed) Kind() string      { return "changes" }
func (StepFinished) Kind() string { return "step-finished" }
func (TestFinished) Kind() string { return "test-finished" }
func (Resource) Kind() string     { return "resource" }
func (RunFinished) Kind() string  { return "run-finished" }
