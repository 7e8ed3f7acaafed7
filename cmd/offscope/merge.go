package main

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/event"
	"offscope/record"
)

func mergeFlag() cli.Flag {
	return toggle(groupReports, "merge", "join the shards of one run, of which all have to be there")
}

// mergeRuns makes the reports of one run of the shards that it was split into. What a shard is and how many there are is told by
// its events, so the order of the arguments does not matter. The exit code is never 0 when a shard is missing; that a test failed
// is told by it when --exit-code asks for that.
func mergeRuns(c *cli.Context, s system) error {
	if c.NArg() == 0 {
		return usageHint("as in: offscope report --merge shard-*/events.ndjson --report junit:results.xml", "--merge needs the runs to be joined")
	}
	sc, err := readScreen(c, s)
	if err != nil {
		return err
	}
	wanted, err := readReports(c)
	if err != nil {
		return err
	}
	m, err := openShards(c, s)
	if err != nil {
		return err
	}
	open, err := openReports(s, wanted)
	if err != nil {
		return err
	}
	var sinks []event.Sink
	for _, r := range open {
		sinks = append(sinks, r)
	}
	if len(wanted) == 0 {
		sinks = []event.Sink{sc.sink(s)}
	}
	end, err := m.write(all(sinks))
	if err != nil {
		err = usage("%w", err)
	}
	if failed := finishReports(open); failed != nil {
		err = errors.Join(err, failed)
	}
	if len(wanted) > 0 { // the text says it itself
		m.complain(s)
	}
	switch {
	case err != nil:
		return err
	case len(m.trouble()) > 0:
		return exit(exitUsage)
	case c.Bool(exitCodeName):
		return exit(codeOf(end))
	}
	return nil
}

// A merger makes one stream of those of the shards of a run.
type merger struct {
	split  event.Shard // without a number
	shards []*shardRun // in the order of their numbers
	sink   event.Sink
	seq    int
	end    event.RunFinished
	last   []event.Event // that are told when all tests were
	until  time.Time
}

// A shardRun is the recorded run of one shard.
type shardRun struct {
	*record.Record
	name    string // as it was given
	started event.RunStarted
	at      time.Time
	numbers map[int]int // the number in the whole run of each of its tests
	next    func() (event.Event, bool)
	stop    func()
	peeked  *event.Event
	failed  error
}

// openShards opens the runs and finds out whether they are parts of one.
func openShards(c *cli.Context, s system) (*merger, error) {
	m := &merger{}
	for _, name := range c.Args().Slice() {
		run, err := openRecord(c, s, name)
		if err != nil {
			return nil, err
		}
		shard := &shardRun{Record: run, name: name, numbers: map[int]int{}}
		if err := shard.readBeginning(); err != nil {
			return nil, err
		}
		if err := m.add(shard); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(m.shards, func(a, b *shardRun) int { return a.started.Shard.Number - b.started.Shard.Number })
	return m, nil
}

var errEnough = errors.New("enough")

func (r *shardRun) readBeginning() error {
	err := r.Each(event.SinkFunc(func(e event.Event) error {
		r.started, _ = e.Body.(event.RunStarted)
		r.at = e.Time
		return errEnough
	}))
	if err != nil && !errors.Is(err, errEnough) {
		return usage("%w", err)
	}
	if r.started.Shard.Of == 0 {
		return usageHint("only runs with --shard I/N can be joined", "--merge: %s is not a shard", r.name)
	}
	return nil
}

// add takes a shard, unless it is none of this run, or there already.
func (m *merger) add(r *shardRun) error {
	number := r.started.Shard.Number
	whole := r.started.Shard
	whole.Number = 0
	if len(m.shards) == 0 {
		m.split = whole
	}
	if whole != m.split {
		return usageHint("all shards have to be given the same files, --test, --data, --repeat, N and --shard-by",
			"--merge: %s (shard %d of %d) and %s (shard %d of %d) are parts of different runs",
			m.shards[0].name, m.shards[0].started.Shard.Number, m.split.Of, r.name, number, whole.Of)
	}
	for _, other := range m.shards {
		if other.started.Shard.Number == number {
			return usageHint("leave one of them out", "--merge: %s and %s are both shard %d of %d", other.name, r.name, number, whole.Of)
		}
	}
	m.shards = append(m.shards, r)
	return nil
}

// missing are the numbers of the shards that were not given.
func (m *merger) missing() []int {
	var numbers []int
	for n := 1; n <= m.split.Of; n++ {
		if !slices.ContainsFunc(m.shards, func(r *shardRun) bool { return r.started.Shard.Number == n }) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// trouble says what is missing; a run of which something is missing has not passed.
func (m *merger) trouble() []string {
	var all []string
	for _, n := range m.missing() {
		all = append(all, fmt.Sprintf("shard %d of %d is missing, and with it its tests", n, m.split.Of))
	}
	for _, r := range m.shards {
		if r.failed != nil {
			all = append(all, fmt.Sprintf("shard %d of %d is damaged: %v", r.started.Shard.Number, m.split.Of, r.failed))
		} else if !r.Complete {
			all = append(all, fmt.Sprintf("shard %d of %d (%s) ends before its run did", r.started.Shard.Number, m.split.Of, r.name))
		}
	}
	return all
}

func (m *merger) complain(s system) {
	for _, trouble := range m.trouble() {
		fmt.Fprintf(s.stderr, "offscope: %s\n", trouble)
	}
}

// write writes the joined stream: the tests in the order of the whole run, one after the other.
func (m *merger) write(sink event.Sink) (event.RunFinished, error) {
	m.sink = sink
	m.end = event.RunFinished{Outcome: event.Passed, Tests: m.split.Tests}
	for _, r := range m.shards {
		r.next, r.stop = iter.Pull(r.events())
		defer r.stop()
	}
	if err := m.emit(m.opening()); err != nil {
		return m.end, err
	}
	for number := 1; number <= m.split.Tests; number++ {
		for _, r := range m.shards {
			if err := m.test(r, number); err != nil {
				return m.end, err
			}
		}
	}
	for _, r := range m.shards {
		if e := m.peek(r); e != nil {
			return m.end, fmt.Errorf("%s: test %d of the run is there twice or has a number that no test has", r.name, r.numbers[e.Test])
		}
	}
	return m.end, m.close()
}

// events are those of a shard, its tests one after the other also when they ran side by side.
func (r *shardRun) events() iter.Seq[event.Event] {
	return func(yield func(event.Event) bool) {
		ordered := newOrdered(event.SinkFunc(func(e event.Event) error {
			if !yield(e) {
				return errEnough
			}
			return nil
		}))
		err := r.Each(ordered)
		if err == nil || !errors.Is(err, errEnough) {
			r.failed = err
			_ = ordered.flush() // of a run that was cut off
		}
	}
}

func (m *merger) opening() event.Event {
	first := m.shards[0]
	started := event.RunStarted{Version: first.started.Version, Seed: first.started.Seed, Tests: m.split.Tests}
	opening := event.Event{Time: first.at, Body: started}
	for _, r := range m.shards {
		if r.at.Before(opening.Time) {
			opening.Time = r.at
		}
	}
	var seeds []string
	for _, r := range m.shards {
		if len(seeds) == 0 || r.started.Tests > 0 && r.started.Seed != first.started.Seed {
			seeds = append(seeds, fmt.Sprintf("shard %d has %d", r.started.Shard.Number, r.started.Seed))
		}
	}
	if len(seeds) > 1 {
		m.last = append(m.last, event.Event{Time: opening.Time, Body: event.Notice{
			Severity: "notice", Code: "shard-seeds", Message: "the shards had different seeds: " + strings.Join(seeds, ", "),
			Hint: "give all of them the same --seed, so that one number repeats the run",
		}})
	}
	return opening
}

// test writes a test of the whole run if the shard has it.
func (m *merger) test(r *shardRun, number int) error {
	for e := m.peek(r); e != nil && r.numbers[e.Test] == number; e = m.peek(r) {
		r.peeked = nil
		if f, ok := e.Body.(event.TestFinished); ok && e.Sub == 0 && !f.Again && !r.Complete {
			m.count(f)
		}
		e.Test = number
		if err := m.emit(*e); err != nil {
			return err
		}
	}
	return nil
}

// peek returns the next event of a test of the shard, nil when there is none. Those about the run are put aside.
func (m *merger) peek(r *shardRun) *event.Event {
	for r.peeked == nil {
		e, ok := r.next()
		if !ok {
			return nil
		}
		if e.Time.After(m.until) {
			m.until = e.Time
		}
		switch b := e.Body.(type) {
		case event.RunStarted:
		case event.RunFinished:
			m.sum(b)
		case event.Resource:
			b.InTest = r.numbers[b.InTest]
			e.Body = b
			m.last = append(m.last, e)
		case event.TestStarted:
			if e.Sub == 0 {
				r.numbers[e.Test] = b.Position
				b.Position = 0
				e.Body = b
			}
			r.peeked = &e
		default:
			if e.Test == 0 {
				m.last = append(m.last, e)
				continue
			}
			r.peeked = &e
		}
	}
	return r.peeked
}

// sum adds the end of a shard. Shards run at the same time, so the run took as long as the longest.
func (m *merger) sum(f event.RunFinished) {
	m.end.Counts.Add(f.Counts)
	m.end.TestsFailed += f.TestsFailed
	m.end.TestsFlaky += f.TestsFlaky
	m.end.TestsMissing += f.TestsMissing
	m.end.Duration = max(m.end.Duration, f.Duration)
	m.end.Outcome = worseOf(m.end.Outcome, f.Outcome)
	if m.end.Interrupted == "" {
		m.end.Interrupted = f.Interrupted
	}
}

// count adds a test of a shard that has no end.
func (m *merger) count(f event.TestFinished) {
	m.end.Counts.Add(f.Counts)
	if f.Outcome != event.Passed {
		m.end.TestsFailed++
	}
}

func worseOf(a, b event.Outcome) event.Outcome {
	order := []event.Outcome{event.Passed, event.Failed, event.Errored}
	if slices.Index(order, b) < 0 || slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// close writes what is to be said about the whole run, and its end.
func (m *merger) close() error {
	for _, e := range m.last {
		if err := m.emit(e); err != nil {
			return err
		}
	}
	for _, text := range m.trouble() {
		m.end.Outcome = event.Errored
		if err := m.emit(event.Event{Time: m.until, Body: event.Problem{Code: "shard-missing", Outcome: event.Errored, Message: text}}); err != nil {
			return err
		}
	}
	return m.emit(event.Event{Time: m.until, Body: m.end})
}

func (m *merger) emit(e event.Event) error {
	m.seq++
	e.Seq = m.seq
	return m.sink.Write(e)
}
