package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/event"
	"offscope/record"
	"offscope/runner"
)

func shardFlags() []cli.Flag {
	return []cli.Flag{
		text(groupChoice, "shard", "`I/N` only the part I of N parts of the tests; offscope report --merge joins their reports"),
		text(groupChoice, "shard-by", "`RUN` make the parts take equally long, by what the tests took in a run: its events file, the same one for all parts"),
	}
}

// A sharding is how the tests of a run are split over several runs, such as the jobs of a build, and which part is ours. The
// zero value is a whole run.
//
// Every part splits for itself and sees nothing of the others, so how a test is assigned depends on nothing but the tests and
// what was given to all parts alike. In particular no record of this machine is looked at unless it is named: another machine
// has other records, would split otherwise, and a test could belong to nobody.
type sharding struct {
	number, of int
	durations  map[testKey][]time.Duration // what tests took; nil when they count the same
	tests      int                         // of the whole run
	split      string
}

// mostShards is far more than anybody has machines.
const mostShards = 10_000

func (set *settings) readShard(c *cli.Context, _ system) error {
	const hint = "as in: --shard 1/3"
	text := c.String("shard")
	by := c.String("shard-by")
	if text == "" {
		if by != "" {
			return usageHint(hint, "--shard-by needs --shard")
		}
		return nil
	}
	first, last, _ := strings.Cut(text, "/")
	number, err := strconv.Atoi(first)
	of, wrong := strconv.Atoi(last)
	if err != nil || wrong != nil || number < 1 || number > of || of > mostShards {
		return usageHint(hint, "--shard needs a part and how many there are, not %q", text)
	}
	if c.Bool("watch") {
		return usage("--watch and --shard exclude each other")
	}
	set.shard = sharding{number: number, of: of}
	if by != "" {
		set.shard.durations, err = durationsOf(by)
	}
	return err
}

// A testKey is what tells a test of one run which one it is in another, on another machine, where paths are not the same.
type testKey struct {
	name      string
	iteration int
}

func keyOf(p *runner.Plan) testKey { return testKey{testName(p), p.Options.Iteration} }

// durationsOf reads what the tests of a run took. The run is named by a path, because the names of records lead to different
// runs on different machines.
func durationsOf(path string) (map[testKey][]time.Duration, error) {
	const hint = "offscope run --report ndjson:events.ndjson writes one; give the same to all shards"
	if _, err := os.Stat(path); err != nil {
		return nil, usageHint(hint, "--shard-by %s: no such file or folder of a record", path)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, usage("--shard-by: %w", err)
	}
	run, err := record.Store{}.Open(whole)
	if err != nil {
		return nil, usageHint(hint, "--shard-by: %w", err)
	}
	tests, err := run.Tests()
	if err != nil {
		return nil, usage("--shard-by: %w", err)
	}
	took := map[testKey][]time.Duration{}
	for _, t := range tests {
		if key := (testKey{strings.TrimSpace(t.Name), t.Iteration}); t.Complete {
			took[key] = append(took[key], t.Duration)
		}
	}
	return took, nil
}

// part returns the plans of this shard. Each knows its place in the whole run.
func (h *sharding) part(plans []*runner.Plan) []*runner.Plan {
	if h.of == 0 {
		return plans
	}
	shards := roundRobin(len(plans), h.of)
	if h.durations != nil {
		shards = byDuration(h.estimates(plans), h.of)
	}
	h.tests, h.split = len(plans), splitName(plans, shards)
	var ours []*runner.Plan
	for i, p := range plans {
		if p.Options.Position = i + 1; shards[i] == h.number {
			ours = append(ours, p)
		}
	}
	return ours
}

// tell says that a shard has nothing to do, which is no mistake: a build may have more jobs than there are tests.
func (h *sharding) tell(out io.Writer, ours []*runner.Plan) {
	if h.of > 0 && len(ours) == 0 {
		fmt.Fprintf(out, "notice: shard %d of %d has nothing to run: %s in all\n", h.number, h.of, count(h.tests, "test"))
	}
}

// fact is what the events say about it.
func (h *sharding) fact() event.Shard {
	return event.Shard{Number: h.number, Of: h.of, Tests: h.tests, Split: h.split}
}

// roundRobin returns the shard, from 1, of each of n tests: neighbours go to different ones, because tests that are alike stand
// beside each other.
func roundRobin(n, of int) []int {
	shards := make([]int, n)
	for i := range shards {
		shards[i] = i%of + 1
	}
	return shards
}

// byDuration returns the shard of each test such that all take about equally long: the longest first, each to the shard that has
// the least to do. Among equals the first wins, so that all shards come to the same result.
func byDuration(took []time.Duration, of int) []int {
	order := make([]int, len(took))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case took[a] > took[b]:
			return -1
		case took[a] < took[b]:
			return 1
		}
		return a - b
	})
	shards, load, tests := make([]int, len(took)), make([]time.Duration, of), make([]int, of)
	for _, i := range order {
		least := 0
		for shard := range load {
			if load[shard] < load[least] || load[shard] == load[least] && tests[shard] < tests[least] {
				least = shard
			}
		}
		shards[i] = least + 1
		load[least] += took[i]
		tests[least]++
	}
	return shards
}

// estimates are what tests are likely to take: what they took, and for one that is new as much as for the middle one.
func (h *sharding) estimates(plans []*runner.Plan) []time.Duration {
	var all []time.Duration
	for _, durations := range h.durations {
		all = append(all, durations...)
	}
	middle := time.Second
	if len(all) > 0 {
		slices.Sort(all)
		middle = all[len(all)/2]
	}
	seen := map[testKey]int{}
	took := make([]time.Duration, len(plans))
	for i, p := range plans {
		key := keyOf(p)
		took[i] = middle
		if known := h.durations[key]; seen[key] < len(known) {
			took[i] = known[seen[key]]
		}
		seen[key]++
	}
	return took
}

// splitName is the same for shards that were split alike: the same tests in the same order, with the same assignment. Paths are
// not part of it, because machines have different ones.
func splitName(plans []*runner.Plan, shards []int) string {
	sum := sha256.New()
	for i, p := range plans {
		at := p.Test.Place.Position()
		fmt.Fprintf(sum, "%q %d %d:%d %d\n", testName(p), p.Options.Iteration, at.Line, at.Col, shards[i])
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}
