package main

import (
	"slices"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/runner"
	"offscope/variables"
)

// An iteration is one of several runs of the same test: a row of test data, or a repetition.
type iteration struct {
	number, of int // 0 when there is only one
	values     []variables.Initial
}

// options are those of a test in this iteration.
func (i iteration) options(o runner.Options) runner.Options {
	o.Values = slices.Concat(o.Values, i.values)
	o.Iteration, o.Iterations = i.number, i.of
	return o
}

// mostIterations is far more than anybody waits for.
const mostIterations = 1_000_000

func (set *settings) readIterations(c *cli.Context, s system) error {
	times := 1
	if c.IsSet("repeat") {
		times = c.Int("repeat")
	}
	if times < 1 || times > mostIterations {
		return usage("--repeat needs a number from 1 to %d, not %d", mostIterations, times)
	}
	rows := [][]variables.Initial{nil}
	path := c.String("data")
	if path != "" {
		var err error
		if rows, err = set.readRows(s, path); err != nil {
			return err
		}
	}
	if path == "" && times == 1 {
		set.iterations = []iteration{{}}
		return nil
	}
	for range times {
		for _, values := range rows {
			set.iterations = append(set.iterations, iteration{len(set.iterations) + 1, times * len(rows), values})
		}
	}
	return nil
}

// readRows reads test data: each row is a run of its own (vendor documentation on test data).
func (set *settings) readRows(s system, path string) ([][]variables.Initial, error) {
	f, err := readFile(s, path)
	if err != nil {
		return nil, err
	}
	rows, diagnostics := bucket.ParseData(f)
	set.screen.diagnose(s, diagnostics)
	if diagnostics.Err() != nil || len(rows) == 0 {
		return nil, exit(exitUsage)
	}
	var all [][]variables.Initial
	for _, row := range rows {
		var values []variables.Initial
		for _, v := range row.Values {
			origin := variables.Origin{Kind: variables.DataRow, Detail: path, Place: v.Value.Place}
			values = append(values, variables.Initial{Name: v.Name.Value, Text: v.Value, Origin: origin})
		}
		all = append(all, values)
	}
	return all, nil
}
