package jsengine

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"time"

	"offscope/jsontree"
	"offscope/source"
)

// maxWorkerStack is how large a stack may grow in a worker: one that runs over ends the process, the earlier the better.
const maxWorkerStack = 128 << 20

// ServeWorker runs scripts for an engine in another process (see [Options.Worker]) until in ends, which it does when that
// process ends. It bounds the memory of this process, so it has to be the only thing the process does; nothing may be compiled
// before. The error is that of a broken stream, or of messages from another version of this program.
func ServeWorker(in io.Reader, out io.Writer) error {
	w := &worker{
		out: bufio.NewWriter(out), messages: make(chan message), answers: make(chan answer),
		gone: make(chan struct{}), compiled: map[code]*Program{},
	}
	w.encoder = gob.NewEncoder(w.out)
	first := message{}
	decoder := gob.NewDecoder(in)
	if err := decoder.Decode(&first); err != nil {
		return ignoreEnd(err)
	}
	if first.Kind != setupMessage {
		return unexpected(first)
	}
	debug.SetMaxStack(maxWorkerStack)
	w.engine = New(Options{Timeout: first.Setup.Timeout, MaxOutput: first.Setup.MaxOutput, Memory: first.Setup.Memory})
	boundMemory(w.engine.limits.memory)
	ctx, end := context.WithCancelCause(context.Background())
	failed := make(chan error, 1)
	go func() { failed <- w.listen(decoder, end) }()
	for {
		select {
		case m := <-w.messages:
			if err := w.do(ctx, m.Job); err != nil {
				return err
			}
		case err := <-failed:
			return ignoreEnd(err)
		}
	}
}

var errGone = errors.New("the engine is gone")

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// A worker is the far side of an isolated engine.
type worker struct {
	engine   *Engine
	out      *bufio.Writer
	encoder  *gob.Encoder
	messages chan message
	answers  chan answer
	gone     chan struct{} // closed when the engine's process has ended
	compiled map[code]*Program
}

// listen sorts what comes in. When nothing does any more, the engine's process has ended, and so must the script.
func (w *worker) listen(decoder *gob.Decoder, end context.CancelCauseFunc) error {
	for {
		var m message
		if err := decoder.Decode(&m); err != nil {
			close(w.gone)
			end(errGone)
			return err
		}
		switch m.Kind {
		case jobMessage:
			w.messages <- m
		case answerMessage:
			w.answers <- m.Answer
		case cancelMessage:
			end(errors.New(m.Cancel))
		default:
			return unexpected(m)
		}
	}
}

// do runs a job and sends its result.
func (w *worker) do(ctx context.Context, j job) error {
	p, err := w.compile(j.Script)
	if err != nil {
		return err
	}
	world := w.world(j)
	for _, c := range j.Libraries {
		l, err := w.compile(c)
		if err != nil {
			return err
		}
		world.Libraries = append(world.Libraries, &Library{program: l})
	}
	r := w.engine.Run(ctx, p, world)
	return w.send(message{Kind: resultMessage, Result: resultToWire(r, world.Libraries)})
}

const maxCompiled = 200

func (w *worker) compile(c code) (*Program, error) {
	if p := w.compiled[c]; p != nil {
		return p, nil
	}
	p, problem := Compile(source.Opaque(c.Text, source.Place{}), c.Name)
	if problem != nil {
		return nil, fmt.Errorf("a script that the engine could compile cannot be compiled here: %s", problem.Message)
	}
	if len(w.compiled) >= maxCompiled {
		clear(w.compiled)
	}
	w.compiled[c] = p
	return p, nil
}

// world makes the world of a script, in which everything that is the caller's is asked for.
func (w *worker) world(j job) World {
	world := World{Role: j.Role, Bucket: j.Bucket, Variables: farVariables{w}}
	if j.HasRequest {
		world.Request = &j.Request
	}
	if j.HasResponse {
		world.Response = &j.Response
	}
	if j.HasSecret {
		world.Secret = func(name string) (string, bool) {
			a := w.ask(call{What: callSecret, Name: name})
			return a.Value.Text, a.OK
		}
	}
	if j.HasRandom {
		world.Random = func() float64 { return w.ask(call{What: callRandom}).Number }
	}
	if j.HasClock {
		world.Now = func() time.Time { return w.ask(call{What: callNow}).Time }
	}
	return world
}

func (w *worker) send(m message) error {
	if err := w.encoder.Encode(m); err != nil {
		return err
	}
	return w.out.Flush()
}

// ask calls the engine and waits for its answer.
func (w *worker) ask(c call) answer {
	if err := w.send(message{Kind: callMessage, Call: c}); err != nil {
		panic(err)
	}
	select {
	case a := <-w.answers:
		if a.Panic != "" {
			panic(a.Panic)
		}
		return a
	case <-w.gone:
		panic(errGone)
	}
}

// farVariables are the variables of the engine's process.
type farVariables struct{ w *worker }

func (v farVariables) Get(name string) (*jsontree.Value, bool) {
	f := v.fetch(name, math.MaxInt64)
	return f.value, f.value != nil
}

func (v farVariables) fetch(name string, most int64) fetched {
	a := v.w.ask(call{What: callGet, Name: name, Most: most})
	if !a.OK {
		return fetched{tooLarge: a.TooLarge}
	}
	value, err := a.Value.value()
	if err != nil {
		panic(err)
	}
	return fetched{value: value}
}

func (v farVariables) Set(name string, value *jsontree.Value) error {
	if a := v.w.ask(call{What: callSet, Name: name, Value: toWire(value)}); a.Refused != "" {
		return errors.New(a.Refused)
	}
	return nil
}

func (v farVariables) Unset(name string) { v.w.ask(call{What: callUnset, Name: name}) }
