package main

import (
	"fmt"
	"strings"
	"time"
)

// A row is a line of the table. A bar of 0 is none.
type row struct {
	name                       string
	c                          comparison
	ratioBar, peakBar, wallBar float64
}

const layout = "%-34s %10s %10s %7s %9s  %s\n"

func head() {
	fmt.Printf(layout, "", "offscope", "bare", "ratio", "peak", "bar")
}

func (r row) print() {
	ours, memory := wall(r.c.ours), peak(r.c.ours)
	bare, ratio := "", ""
	var times float64
	if len(r.c.theirs) > 0 {
		times = r.c.ratio()
		bare, ratio = milliseconds(wall(r.c.theirs)), fmt.Sprintf("%.2f", times)
	}
	var bars []string
	bar := func(limit, value float64, text string) {
		if limit > 0 {
			bars = append(bars, fmt.Sprintf(text, limit)+": "+verdict(value <= limit))
		}
	}
	bar(r.ratioBar, times, "ratio at most %.2g")
	bar(r.wallBar, ours.Seconds(), "at most %g s")
	bar(r.peakBar, memory, "at most %g MB")
	fmt.Printf(layout, r.name, milliseconds(ours), bare, ratio, fmt.Sprintf("%.1f MB", memory), strings.Join(bars, ", "))
}

// noise is how many MB two peaks may differ without meaning anything: the collector does not run at the same moments.
const noise = 4

func growthRow(short, long float64) {
	fmt.Printf(layout, "beyond the read file, 1000 steps", "", "", "", fmt.Sprintf("%.1f MB", short), "")
	fmt.Printf(layout, "beyond the read file, 10000 steps", "", "", "", fmt.Sprintf("%.1f MB", long),
		fmt.Sprintf("no more than %d MB above: ", noise)+verdict(long-short <= noise))
}

func verdict(holds bool) string {
	if holds {
		return "holds"
	}
	return "MISSED"
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }
