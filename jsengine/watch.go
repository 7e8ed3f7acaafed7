package jsengine

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"time"
)

const (
	// watchPeriod is how often running scripts are looked at: a script can allocate a few megabytes in it.
	watchPeriod = 2 * time.Millisecond

	// stopGrace is how long a script that was told to stop may take: what it does natively, such as a match of a regular
	// expression, hears of it only afterwards. It leaves some of the second within which a script has to
	// be over.
	stopGrace = 700 * time.Millisecond

	// hopeless times the memory limit, a script is given up before its grace is over.
	hopeless = 4
)

var errMemory = errors.New("memory limit")

// A watchdog stops the running scripts of an engine: when their time is over, when the run is ended, and when the heap grows
// by more than they may take.
//
// The heap is that of the whole process, and nobody knows who made it grow. So it is the script that has run longest that is
// stopped, because a script that takes no memory to speak of is over in milliseconds; and while several run, twice the
// growth is allowed. What is merely garbage does not count: the watchdog has it collected before it judges.
type watchdog struct {
	limits limits

	mu      sync.Mutex
	running []*watched // in the order of their beginning
	timer   *time.Timer
	// collecting says that the garbage is being collected, kept how much of the growth was none when that was done last.
	collecting bool
	kept       uint64
}

// watched is a running script.
type watched struct {
	ctx     context.Context
	stop    func(reason error) // tells the interpreter to stop
	giveUp  chan struct{}      // closed when it does not
	began   time.Time
	heap    uint64 // the least there was since the script began
	reason  error  // why it was told to stop
	stopped time.Time
	done    bool // it was given up
}

// watch begins to watch a script.
func (d *watchdog) watch(ctx context.Context, stop func(error)) *watched {
	w := &watched{ctx: ctx, stop: stop, giveUp: make(chan struct{}), began: time.Now(), heap: heapObjects()}
	if ctx.Err() != nil {
		w.tell(context.Cause(ctx))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running = append(d.running, w)
	switch {
	case d.timer == nil:
		d.timer = time.AfterFunc(watchPeriod, d.look)
	case len(d.running) == 1:
		d.timer.Reset(watchPeriod)
	}
	return w
}

// forget ends the watch.
func (d *watchdog) forget(w *watched) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running = slices.DeleteFunc(d.running, func(r *watched) bool { return r == w })
	d.kept = 0
	if len(d.running) == 0 {
		d.timer.Stop()
	}
}

func (d *watchdog) look() {
	heap := heapObjects()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.weigh(heap)
	for _, w := range d.running {
		d.judge(w, heap)
	}
	if len(d.running) > 0 {
		d.timer.Reset(watchPeriod)
	}
}

// weigh judges the growth of the heap. Far beyond the limit there is no time to find out what of it is garbage: a string that is
// doubled twice more would fill the memory.
func (d *watchdog) weigh(heap uint64) {
	w := d.oldest()
	if w == nil {
		return
	}
	for _, r := range d.running {
		r.heap = min(r.heap, heap)
	}
	grown, limit := heap-w.heap, d.allowance()
	switch {
	case grown > limit+limit/4:
		w.tell(errMemory)
	case grown > max(limit/2, d.kept+limit/4) && !d.collecting:
		d.collecting = true
		go d.collect(w)
	}
}

// collect has the garbage collected, and judges what is left.
func (d *watchdog) collect(w *watched) {
	runtime.GC()
	heap := heapObjects()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.collecting, d.kept = false, 0
	if w != d.oldest() || heap < w.heap {
		return
	}
	if d.kept = heap - w.heap; d.kept > d.allowance() {
		w.tell(errMemory)
	}
}

// oldest returns the script that has run longest and was not told to stop yet.
func (d *watchdog) oldest() *watched {
	for _, w := range d.running {
		if w.reason == nil {
			return w
		}
	}
	return nil
}

func (d *watchdog) allowance() uint64 {
	if len(d.running) > 1 {
		return 2 * uint64(d.limits.memory)
	}
	return uint64(d.limits.memory)
}

func (d *watchdog) judge(w *watched, heap uint64) {
	now := time.Now()
	switch {
	case w.done:
	case w.reason != nil:
		w.stop(w.reason) // again: the interpreter forgets it when a nested call ends
		lost := w.reason == errMemory && heap > w.heap && heap-w.heap > hopeless*uint64(d.limits.memory)
		if lost || now.Sub(w.stopped) > stopGrace {
			w.done = true
			close(w.giveUp)
		}
	case w.ctx.Err() != nil:
		w.tell(context.Cause(w.ctx))
	case now.Sub(w.began) >= d.limits.timeout:
		w.tell(errTimeout)
	}
}

func (w *watched) tell(reason error) {
	w.reason, w.stopped = reason, time.Now()
	w.stop(reason)
}

// tidy gives back the memory of a script that took much of it, before the next one asks for its share.
func (w *watched) tidy(limit int64) {
	if time.Since(w.began) > watchPeriod && heapObjects() > w.heap+uint64(limit)/8 {
		debug.FreeOSMemory()
	}
}

// heapObjects returns how many bytes the objects on the heap take, those included that nobody has collected yet. Reading it
// stops nothing.
func heapObjects() uint64 {
	sample := [...]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample[:])
	return sample[0].Value.Uint64()
}
