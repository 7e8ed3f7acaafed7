// Package live shows on a terminal what a run is doing: the tests that run, the step each of them is at, how long that takes
// and what is left of a pause.
//
// It stands in the last lines of the screen, below everything that has been written. Whatever else is written to the terminal
// goes through a writer of the [Region], which takes the lines away before and draws them again behind. What is written to
// files and pipes does not come near it, so that nothing of it can be found there.
package live

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"offscope/event"
	"offscope/report"
)

const (
	eraseLine = "\r\x1b[K"
	lineAbove = "\x1b[A\x1b[2K"
	// refresh is how often the lines are drawn anew: often enough for tenths of seconds.
	refresh = 100 * time.Millisecond
	// mostRows bounds the region on a high screen: more cannot be followed.
	mostRows = 16
)

// A Region is the part of a terminal where a run is shown while it goes on. It takes the events of the run. A nil Region shows
// nothing.
type Region struct {
	out   io.Writer
	size  func() (columns, rows int)
	paint func(string) string

	mu    sync.Mutex
	board board
	shown []string
	// midLine says that what was written last did not end its line, hidden counts who wants the terminal for himself.
	midLine bool
	hidden  int

	quit, gone chan struct{}
}

// NewRegion begins to show a run on a terminal of the given size, which is asked anew each time. Paint colours the lines; nil
// leaves them as they are. The region needs [Region.Close].
func NewRegion(terminal io.Writer, size func() (columns, rows int), paint func(string) string) *Region {
	r := &Region{out: terminal, size: size, paint: paint, quit: make(chan struct{}), gone: make(chan struct{})}
	go r.run()
	return r
}

func (r *Region) run() {
	defer close(r.gone)
	ticker := time.NewTicker(refresh)
	defer ticker.Stop()
	for {
		select {
		case <-r.quit:
			return
		case <-ticker.C:
			r.mu.Lock()
			r.draw()
			r.mu.Unlock()
		}
	}
}

// Write takes the next event. It never fails.
func (r *Region) Write(e event.Event) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.board.take(e, time.Now())
	return nil
}

// Around returns a writer for something else that goes to the same terminal.
func (r *Region) Around(w io.Writer) io.Writer { return &guarded{r, w} }

type guarded struct {
	region *Region
	to     io.Writer
}

func (g *guarded) Write(p []byte) (int, error) {
	r := g.region
	r.mu.Lock()
	defer r.mu.Unlock()
	shown := len(r.shown) > 0
	r.erase()
	n, err := g.to.Write(p)
	if n > 0 {
		r.midLine = p[n-1] != '\n'
	}
	if shown {
		r.draw() // at once, so that the lines do not flicker
	}
	return n, err
}

// Say shows a line of what is being done before the run begins; "" takes it away.
func (r *Region) Say(text string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.board.said = text
	r.draw()
}

// Hide takes the lines away until show is called, for somebody who wants to write to the terminal in his own way.
func (r *Region) Hide() (show func()) {
	if r == nil {
		return func() {}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.erase()
	r.hidden++
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.hidden--
	})
}

// Close takes the lines away for good. What is written through the region afterwards goes straight to its writer.
func (r *Region) Close() {
	if r == nil {
		return
	}
	close(r.quit)
	<-r.gone
	r.mu.Lock()
	defer r.mu.Unlock()
	r.erase()
	r.hidden++
}

// draw brings the lines up to date, in one write. It does not touch a line that somebody else has begun.
func (r *Region) draw() {
	if r.midLine || r.hidden > 0 {
		return
	}
	columns, rows := r.size()
	// A full last column would begin another line on some terminals, so does the ^C that a terminal writes behind the region
	// when it is typed; and a region as high as the screen would scroll.
	lines := r.board.lines(time.Now(), columns-len(" ^C"), min(rows-1, mostRows))
	if slices.Equal(lines, r.shown) {
		return
	}
	painted := make([]string, len(lines))
	for i, line := range lines {
		painted[i] = line
		if r.paint != nil {
			painted[i] = r.paint(line)
		}
	}
	_, _ = io.WriteString(r.out, r.erasure(columns)+strings.Join(painted, "\n"))
	r.shown = lines
}

func (r *Region) erase() {
	if len(r.shown) == 0 {
		return
	}
	columns, _ := r.size()
	_, _ = io.WriteString(r.out, r.erasure(columns))
	r.shown = nil
}

// erasure takes away what is shown. A terminal that has become narrower since has broken the lines.
func (r *Region) erasure(columns int) string {
	if len(r.shown) == 0 {
		return ""
	}
	rows := len(r.shown)
	for _, line := range r.shown {
		if columns > 0 {
			rows += max(0, report.Columns(line)-1) / columns
		}
	}
	return eraseLine + strings.Repeat(lineAbove, rows-1)
}
