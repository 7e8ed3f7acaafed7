package jsengine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// killGrace is how long after its time limit a worker may take to send the result of a script. It stops the script itself;
// this is for when it cannot.
const killGrace = stopGrace + 150*time.Millisecond

// workers are the worker processes of an engine. Each runs a script at a time, and as many scripts as it survives.
type workers struct {
	start  func() *exec.Cmd
	limits limits

	mu     sync.Mutex
	closed bool
	idle   []*process
}

// A process is a worker process as the engine sees it.
type process struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	encoder  *gob.Encoder
	out      *bufio.Writer
	messages chan message // closed when the process has ended
	errors   tail
	sending  sync.Mutex
	killed   sync.Once
}

func (ws *workers) run(ctx context.Context, p *Program, w World) Result {
	began := time.Now()
	child, err := ws.take()
	if err != nil {
		return lostResult(w, &Failure{Kind: Exception, Message: "the worker process for scripts did not start: " + err.Error()})
	}
	s := session{workers: ws, child: child, program: p, world: w, ctx: ctx, set: newAssignments(ws.limits)}
	r := s.run()
	r.Set = s.set.list
	r.Duration = time.Since(began)
	return r
}

// take returns an idle worker or starts one.
func (ws *workers) take() (*process, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if n := len(ws.idle); n > 0 {
		child := ws.idle[n-1]
		ws.idle = ws.idle[:n-1]
		return child, nil
	}
	return ws.launch()
}

// prepare starts a worker in advance, if none is there.
func (ws *workers) prepare() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed || len(ws.idle) > 0 {
		return
	}
	if child, err := ws.launch(); err == nil {
		ws.idle = append(ws.idle, child)
	}
}

// giveBack keeps a worker for the next script.
func (ws *workers) giveBack(child *process) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed {
		child.kill()
		return
	}
	ws.idle = append(ws.idle, child)
}

func (ws *workers) close() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.closed = true
	for _, child := range ws.idle {
		child.kill()
	}
	ws.idle = nil
}

func (ws *workers) launch() (*process, error) {
	child := &process{cmd: ws.start(), messages: make(chan message)}
	in, err := child.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := child.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	child.cmd.Stderr = &child.errors
	if err := child.cmd.Start(); err != nil {
		return nil, err
	}
	child.in, child.out = in, bufio.NewWriter(in)
	child.encoder = gob.NewEncoder(child.out)
	go child.listen(out)
	l := ws.limits
	if err := child.send(message{Kind: setupMessage, Setup: setup{l.timeout, l.maxOutput, l.memory}}); err != nil {
		child.kill()
		return nil, err
	}
	return child, nil
}

// listen hands on what the worker says, and waits for its end.
func (c *process) listen(out io.Reader) {
	defer close(c.messages)
	decoder := gob.NewDecoder(bufio.NewReader(out))
	for {
		var m message
		if decoder.Decode(&m) != nil {
			break
		}
		c.messages <- m
	}
	c.end() // it may have closed its output and gone on
	_ = c.in.Close()
	_ = c.cmd.Wait()
}

func (c *process) send(m message) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := c.encoder.Encode(m); err != nil {
		return err
	}
	return c.out.Flush()
}

// end ends the process.
func (c *process) end() {
	c.killed.Do(func() { _ = c.cmd.Process.Kill() })
}

// kill ends the process and waits until it is gone.
func (c *process) kill() {
	c.end()
	for range c.messages {
	}
}

// A session is one script in a worker.
type session struct {
	workers *workers
	child   *process
	program *Program
	world   World
	ctx     context.Context
	set     assignments
	unhook  func() bool // from ctx; false when the worker was told that the run is over

	deadline *time.Timer
	overdue  atomic.Bool // the worker was ended because the time was over
}

func (s *session) run() Result {
	if s.world.Variables == nil {
		s.world.Variables = noVariables{}
	}
	s.deadline = time.AfterFunc(s.workers.limits.timeout+killGrace, s.expire)
	defer s.deadline.Stop()
	s.unhook = context.AfterFunc(s.ctx, func() {
		s.deadline.Reset(killGrace)
		_ = s.child.send(message{Kind: cancelMessage, Cancel: context.Cause(s.ctx).Error()})
	})
	defer s.unhook()
	if err := s.child.send(message{Kind: jobMessage, Job: s.job()}); err != nil {
		return s.died()
	}
	for m := range s.child.messages {
		if s.overdue.Load() {
			break
		}
		if r, done := s.handle(m); done {
			return r
		}
	}
	return s.died()
}

// expire ends the worker, whatever the session is doing: it may be waiting for a worker that takes nothing in, or be busy with
// an answer.
func (s *session) expire() {
	s.overdue.Store(true)
	s.child.end()
}

func (s *session) handle(m message) (Result, bool) {
	if m.Kind == callMessage {
		if s.child.send(message{Kind: answerMessage, Answer: s.answer(m.Call)}) != nil {
			return s.died(), true
		}
		return Result{}, false
	}
	if m.Kind != resultMessage {
		s.child.kill()
		return lostResult(s.world, &Failure{Kind: Exception, Message: "the worker process for scripts is of another version"}), true
	}
	if m.Result.Failure.Lost || !s.unhook() || !s.deadline.Stop() {
		s.child.kill() // the script goes on in it, or it was told that the run is over, or is being ended
	} else {
		s.workers.giveBack(s.child)
	}
	return m.Result.result(s.program, s.world.Libraries), true
}

func (s *session) job() job {
	w := s.world
	j := job{
		Script: s.program.source(), Role: w.Role, Bucket: w.Bucket,
		HasSecret: w.Secret != nil, HasRandom: w.Random != nil, HasClock: w.Now != nil,
	}
	for _, l := range w.Libraries {
		j.Libraries = append(j.Libraries, l.program.source())
	}
	if w.Request != nil {
		j.HasRequest, j.Request = true, *w.Request
	}
	if w.Response != nil {
		j.HasResponse, j.Response = true, *w.Response
	}
	return j
}

func (p *Program) source() code { return code{Name: p.name, Text: p.script.Value} }

// answer does what the script asks of its world. A panic there is the script's failure, as it is without a worker.
func (s *session) answer(c call) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a = answer{Panic: fmt.Sprint(r)}
		}
	}()
	switch c.What {
	case callGet:
		f := fetch(s.world.Variables, c.Name, c.Most)
		if a.TooLarge = f.tooLarge; f.value != nil {
			a.OK, a.Value = true, toWire(f.value)
		}
	case callSet:
		value, err := c.Value.value()
		if err != nil {
			panic(err)
		}
		if err := s.world.Variables.Set(c.Name, value); err != nil {
			a.Refused = err.Error()
			return a
		}
		s.set.add(c.Name, value)
	case callUnset:
		s.world.Variables.Unset(c.Name)
		s.set.remove(c.Name)
	case callSecret:
		a.Value.Text, a.OK = s.world.Secret(c.Name)
	case callRandom:
		a.Number = s.world.Random()
	case callNow:
		a.Time = s.world.Now()
	}
	return a
}

// killed explains why the worker had to be ended.
func (s *session) killed() *Failure {
	m := machine{limits: s.workers.limits}
	if s.ctx.Err() != nil {
		return m.explainStop(context.Cause(s.ctx))
	}
	return m.explainStop(errTimeout)
}

// died explains why a worker ended by itself.
func (s *session) died() Result {
	s.child.kill()
	if s.overdue.Load() {
		return lostResult(s.world, s.killed())
	}
	m := machine{limits: s.workers.limits}
	said := s.child.errors.String()
	switch {
	case strings.Contains(said, "stack exceeds"), strings.Contains(said, "stack overflow"):
		return lostResult(s.world, &Failure{
			Kind: OverLimit, Message: "the script nests calls or brackets so deep that the script engine gave up",
			Hint: "a function probably calls itself without end",
		})
	case strings.Contains(said, "out of memory"), strings.Contains(said, "cannot allocate"), strings.Contains(said, "failed to allocate"), strings.Contains(said, "address space"), said == "":
		return lostResult(s.world, m.explainStop(errMemory))
	}
	first, _, _ := strings.Cut(said, "\n")
	return lostResult(s.world, &Failure{Kind: Exception, Message: "the worker process for scripts ended: " + first})
}

// lostResult is the result of a script of which nothing is known but that it failed.
func lostResult(w World, f *Failure) Result {
	return Result{Failure: f, Request: w.Request.clone(), Response: w.Response.clone()}
}

// A tail keeps the beginning of what a process writes to its standard error.
type tail struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const maxTail = 4 << 10

func (t *tail) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := maxTail - t.text.Len(); room > 0 {
		t.text.Write(data[:min(room, len(data))])
	}
	return len(data), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}
