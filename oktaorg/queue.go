package oktaorg

import (
	"context"
	"sync"
	"time"
)

// task is one job in the queue.
type task struct {
	ready <-chan time.Time // the job may start when this delivers; nil: at once
	run   func(context.Context) error
	ended func(error)   // told the outcome, before done
	done  chan struct{} // closed at the end
}

// queue runs tasks: those of one user in order, those of different users at the same time.
type queue struct {
	ctx     context.Context // of all tasks; ends with close
	cancel  context.CancelCauseFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	lanes   map[string][]*task // by user; a lane exists as long as its worker
	pending int
	idle    chan struct{} // closed while nothing is pending
}

func newQueue() *queue {
	ctx, cancel := context.WithCancelCause(context.Background())
	idle := make(chan struct{})
	close(idle)
	return &queue{ctx: ctx, cancel: cancel, lanes: map[string][]*task{}, idle: idle}
}

func (q *queue) add(user string, t *task) {
	if !q.push(user, t) {
		t.ended(errClosed)
		close(t.done)
	}
}

// push reports false when the queue is closed.
func (q *queue) push(user string, t *task) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	if q.pending == 0 {
		q.idle = make(chan struct{})
	}
	q.pending++
	lane, busy := q.lanes[user]
	q.lanes[user] = append(lane, t)
	if !busy {
		q.workers.Go(func() { q.work(user) })
	}
	return true
}

// work runs the tasks of one user until there is none left.
func (q *queue) work(user string) {
	for t := q.next(user); t != nil; t = q.next(user) {
		t.ended(q.run(t))
		close(t.done)
		q.finish()
	}
}

func (q *queue) next(user string) *task {
	q.mu.Lock()
	defer q.mu.Unlock()
	lane := q.lanes[user]
	if len(lane) == 0 {
		delete(q.lanes, user)
		return nil
	}
	q.lanes[user] = lane[1:]
	return lane[0]
}

func (q *queue) run(t *task) error {
	if t.ready != nil {
		select {
		case <-t.ready:
		case <-q.ctx.Done():
		}
	}
	if q.ctx.Err() != nil {
		return context.Cause(q.ctx)
	}
	err := t.run(q.ctx)
	if err != nil && q.ctx.Err() != nil {
		return context.Cause(q.ctx)
	}
	return err
}

func (q *queue) finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending--
	if q.pending == 0 {
		close(q.idle)
	}
}

func (q *queue) wait(ctx context.Context) error {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	select {
	case <-idle:
		return nil
	default:
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.cancel(errClosed)
	q.workers.Wait()
}
