package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A command is a process to be measured: how often it must ask the server, and what it is.
type command struct {
	requests int
	args     []string
}

// A sample is one process from start to end.
type sample struct {
	wall time.Duration
	peak float64 // MB of resident memory; 0 where it cannot be asked for
}

// run measures one process, and fails unless it succeeds with as many requests as it should send.
func (b *bench) run(c command) (sample, error) {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	var out, errs bytes.Buffer
	cmd.Stderr = &errs
	if b.keepOutput {
		cmd.Stdout = &out
	}
	cmd.Env = []string{"HOME=" + b.dir, "NO_COLOR=1"}
	began := time.Now()
	err := cmd.Run()
	s := sample{wall: time.Since(began), peak: peakMB(cmd.ProcessState)}
	if err != nil {
		return s, fmt.Errorf("%s: %w\n%s%s", strings.Join(c.args, " "), err, &out, &errs)
	}
	sent, err := b.server.requests()
	if err != nil {
		return s, err
	}
	if sent != c.requests {
		return s, fmt.Errorf("%s: %d requests, want %d", strings.Join(c.args, " "), sent, c.requests)
	}
	return s, nil
}

// A comparison is two commands measured in turns.
type comparison struct{ ours, theirs []sample }

// pairs runs two commands A B A B, after one unmeasured run of each.
func (b *bench) pairs(n int, ours, theirs command) (comparison, error) {
	var c comparison
	for i := range n + 1 {
		a, err := b.run(ours)
		if err != nil {
			return c, err
		}
		z, err := b.run(theirs)
		if err != nil {
			return c, err
		}
		if i > 0 {
			c.ours, c.theirs = append(c.ours, a), append(c.theirs, z)
		}
	}
	return c, nil
}

// repeat runs one command n times.
func (b *bench) repeat(n int, c command) ([]sample, error) {
	var samples []sample
	for range n {
		s, err := b.run(c)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// ratio is the median of the ratios of the pairs.
func (c comparison) ratio() float64 {
	var ratios []float64
	for i := range c.ours {
		ratios = append(ratios, float64(c.ours[i].wall)/float64(c.theirs[i].wall))
	}
	return median(ratios)
}

func wall(samples []sample) time.Duration {
	var walls []float64
	for _, s := range samples {
		walls = append(walls, float64(s.wall))
	}
	return time.Duration(median(walls))
}

func peak(samples []sample) float64 {
	var peaks []float64
	for _, s := range samples {
		peaks = append(peaks, s.peak)
	}
	return median(peaks)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
