package main

import (
	"fmt"
	"strings"
	"testing"

	"offscope/event"
	"offscope/record"
	"offscope/report"
)

func TestRunOfManyTestsHasOneLine(t *testing.T) {
	t.Parallel()
	run := record.Summary{ID: "20261122-054301-k3f", Outcome: event.Passed, Complete: true}
	for _, row := range []struct {
		tests int
		want  string
	}{
		{1, "PASS   Test 1  0 steps"},
		{4, "PASS   Test 1, Test 2, Test 3, Test 4  0 steps"},
		{5, "PASS   Test 1, Test 2, Test 3 and 2 more  0 steps"},
		{200, "PASS   Test 1, Test 2, Test 3 and 197 more  0 steps"},
	} {
		run.Tests = nil
		for i := range row.tests {
			name := fmt.Sprintf("Test %d", i+1)
			run.Tests = append(run.Tests, name, name) // of two iterations
		}
		if got := runLine(run, report.Palette{}); !strings.Contains(got, row.want) {
			t.Errorf("%d tests: %q does not hold %q", row.tests, got, row.want)
		}
	}
}
