package runner

import (
	"context"
	"io/fs"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// Options say how a test is to be run. The zero value runs it as the hosted service would, with nothing given.
type Options struct {
	// Environment is nil when none was chosen.
	Environment *bucket.Environment
	// InitialScript takes the place of the environment's own initial script when it is not nil. That of a shared environment
	// it inherits from runs all the same.
	InitialScript *source.Text
	// Libraries are the environment's custom script libraries. They are loaded before every script, in order.
	Libraries []*jsengine.Library
	// Values are the variables that were given beside the environment; their origins decide which of several values for a
	// name wins.
	Values []variables.Initial
	// Secrets are names of variables whose values are masked and which get_secret returns, beside those the environment names.
	// What a test uses to prove who it is is masked anyway.
	Secrets []string
	// Choose says whether a step is wanted; nil wants all. A step that is not wanted is not run.
	Choose func(*Step) bool
	// NotChosen is the reason that steps which are not wanted have for not being run; "" is "not chosen".
	NotChosen string
	// Resume is the state in which the test begins; nil is the beginning.
	Resume *Resume
	Pauses Pauses
	// StopOnFailure ends a test after its first failing step.
	StopOnFailure Choice
	// Cookies keeps the cookies of the test's responses and sends them with its later requests.
	Cookies Choice
	// AllowSkip passes over steps that need somebody's cloud; otherwise they fail.
	AllowSkip bool
	// Sender sends the requests of this test; nil is the machinery's.
	Sender Sender
	// Preflight ends a test before its first request when a variable is certain to be missing. The hosted service begins all the
	// same, and so does the zero value.
	Preflight bool
	// Files is the folder that multipart and binary bodies may read; nil when there is none. It must not lead out of itself.
	Files fs.FS
	// Certificate says that the sender presents a client certificate.
	Certificate bool
	// Subtest finds the test that a step names, and how it is to be run. Nil finds none.
	Subtest func(caller *Plan, step *bucket.Subtest) (*bucket.Test, Options, error)
	// InboundWait is how long a step waits for a request from outside; 0 is ten minutes, as in the hosted service.
	InboundWait time.Duration
	// Retry is how often a test that fails is run again from its beginning. One that passes then is flaky.
	Retry int
	// Iteration counts the runs of one test from 1, Iterations is how many there are: one for each row of test data and
	// repetition. Both are 0 for a test that is run once.
	Iteration, Iterations int
	// Position is the number that the test has in the whole run when this one is a shard of it; 0 otherwise.
	Position int
	// MaxFailures ends a test after so many failing steps; 0 sets no bound.
	MaxFailures int
	// Seed is what random values depend on, together with test, step and occurrence.
	Seed uint64
	// BodyLimit is how many bytes of a body an event keeps; 0 keeps 64 KiB.
	BodyLimit int
}

// A Choice is a behaviour that an environment can switch on and that somebody may decide otherwise.
type Choice uint8

// The choices.
const (
	AsEnvironment Choice = iota // as the environment says; off when it says nothing
	On
	Off
)

func (c Choice) or(environment bool) bool { return c == On || c == AsEnvironment && environment }

// A PauseMode says what becomes of pause steps.
type PauseMode uint8

// The pause modes.
const (
	KeepPauses PauseMode = iota // wait as long as the file says
	SkipPauses                  // do not wait
	MaxPauses                   // wait no longer than a bound
	PollPauses                  // try the step behind a pause until it passes, for as long as the pause lasts
)

// Pauses is the choice for pause steps.
type Pauses struct {
	Mode PauseMode
	// Max is the bound of MaxPauses.
	Max time.Duration
}

// A Sender sends a request and returns the response, or an error that says why there is none. Redirects are not followed.
type Sender interface {
	Send(context.Context, *exchange.Request) (*exchange.Response, error)
}

// An Inbox takes requests from outside, for steps that wait for one.
type Inbox interface {
	// URL is the address to which a request for a token is to be sent.
	URL(token string) string
	// Wait returns the oldest request for a token that was not returned yet. It returns the context's error when none comes.
	Wait(ctx context.Context, token string) (*exchange.Request, error)
	// Refused returns why requests for a token were not taken, as they come.
	Refused(token string) <-chan string
}

// A Clock tells the time and lets it pass.
type Clock interface {
	Now() time.Time
	// Sleep returns early, with the context's error, when the context ends.
	Sleep(context.Context, time.Duration) error
}

// Machinery is what a run works with.
type Machinery struct {
	Sender Sender
	Engine *jsengine.Engine
	// Inbox is needed for tests with incoming request steps, see [Plan.NeedsInbox].
	Inbox Inbox
	// Clock is the machine's own when nil.
	Clock Clock
	// NewMasker makes the masker of a test; nil makes a fresh one. Who wants to fill marks in again keeps what it made.
	NewMasker func() *variables.Masker
	// Jobs is how many tests run at the same time; 0 is one.
	Jobs int
	// Leftovers says what becomes of what the run has created.
	Leftovers Leftovers
	// Shard says which part of a split run this is; zero for a whole run.
	Shard event.Shard
	// Version is the program's version, which a run's first event carries.
	Version string
}

func (m Machinery) newMasker() *variables.Masker {
	if m.NewMasker == nil {
		return variables.NewMasker()
	}
	return m.NewMasker()
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now returns the current time.
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep waits for d, or until the context ends.
func (SystemClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
