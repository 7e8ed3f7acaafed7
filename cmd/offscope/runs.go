package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"offscope/event"
	"offscope/record"
	"offscope/report"
	"offscope/source"
)

func runsCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "runs", Usage: "list recorded runs", UsageText: "offscope runs [flags]", OnUsageError: onUsageError,
		Description: "Lists the runs that were recorded, the newest first. rerun, diff and report take a run by its name, by the\n" +
			"beginning of its name, or by the three characters at its end.",
		Flags: concat([]cli.Flag{text(groupReports, "record", "`DIR` where the records are")}, colorFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("offscope runs takes no file")
			}
			return listRuns(c, s)
		},
	}
}

func listRuns(c *cli.Context, s system) error {
	colored, err := wantsColor(c, s)
	if err != nil {
		return err
	}
	palette := screen{colored: colored}.palette()
	dir := recordDir(c, s)
	if dir == "" {
		return noRecords()
	}
	summaries, err := record.Store{Dir: dir}.List()
	if err != nil {
		return usage("%w", err)
	}
	if len(summaries) == 0 {
		fmt.Fprintln(s.stdout, "no runs are recorded")
		return nil
	}
	for _, run := range summaries {
		fmt.Fprintln(s.stdout, runLine(run, palette))
	}
	return nil
}

func runLine(run record.Summary, palette report.Palette) string {
	word := painted(palette.Pass, "PASS ")
	switch {
	case run.Problem != "":
		return fmt.Sprintf("%s  %s  %s", run.ID, painted(palette.Fail, "damaged"), source.Printable(run.Problem))
	case run.Interrupted != "":
		word = painted(palette.Skip, "STOP ")
	case !run.Complete:
		word = painted(palette.Skip, "CUT  ")
	case run.Outcome == event.Errored:
		word = painted(palette.Fail, "ERROR")
	case run.Outcome != event.Passed:
		word = painted(palette.Fail, "FAIL ")
	}
	figures := fmt.Sprintf("%s, %s", count(run.Counts.Steps, "step"), count(run.Counts.Assertions, "assertion"))
	if run.Counts.AssertionsFailed > 0 {
		figures += fmt.Sprintf(", %d failed", run.Counts.AssertionsFailed)
	}
	return fmt.Sprintf("%s  %s  %s  %s  %s", run.ID, run.Started.Format(time.DateTime), word,
		source.Printable(someTests(unique(run.Tests))), painted(palette.Dim, figures+", "+run.Duration.Round(100*time.Millisecond).String()))
}

// someTests names tests, a few of many.
func someTests(names []string) string {
	const shown = 3
	if len(names) <= shown+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

func diffCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "diff", Usage: "compare two recorded runs", UsageText: "offscope diff [flags] RUN RUN", OnUsageError: onUsageError,
		Description: "Compares two runs step by step: status, failed checks, the shape of bodies, timing. Exit codes: 0 the same, 1 different.\n\n" +
			"Examples:\n   offscope diff 20261122-0543 latest\n   offscope diff before.ndjson after.ndjson",
		Flags: concat([]cli.Flag{text(groupReports, "record", "`DIR` where the records are")}, colorFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() != 2 {
				return usageHint("offscope runs lists them", "offscope diff takes two runs")
			}
			return diffRuns(c, s)
		},
	}
}

func diffRuns(c *cli.Context, s system) error {
	a, err := openRecord(c, s, c.Args().Get(0))
	if err != nil {
		return err
	}
	b, err := openRecord(c, s, c.Args().Get(1))
	if err != nil {
		return err
	}
	comparison, err := record.Compare(a, b)
	if err != nil {
		return usage("%w", err)
	}
	if err := comparison.WriteText(s.stdout); err != nil {
		return err
	}
	if comparison.Same() {
		return nil
	}
	return exit(exitFailed)
}

func reportCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "turn recorded runs into a report", UsageText: "offscope report [flags] [RUN|EVENTS...]", OnUsageError: onUsageError,
		Description: "Writes reports of a recorded run, the newest when none is named, or of a saved stream of events. Without --report the\n" +
			"text of the run is shown again.\n\nExamples:\n   offscope report --report junit:results.xml\n   offscope report -vv 3fk\n   offscope report --report markdown:- events.ndjson\n" +
			"   offscope report --merge shard-*.ndjson --report junit:results.xml\n\n--merge joins the shards of a run. Exit codes: 0 the reports are written, 2 they are not, or a shard is missing; with --exit-code\nthat of the run.",
		Flags: concat([]cli.Flag{text(groupReports, "record", "`DIR` where the records are"), mergeFlag(), exitCodeFlag()}, reportFlags(), outputFlags()),
		Action: func(c *cli.Context) error {
			if c.Bool("merge") {
				return mergeRuns(c, s)
			}
			if c.NArg() > 1 {
				return usageHint("--merge joins the shards of a run", "offscope report takes one run")
			}
			return reportRun(c, s)
		},
	}
}

func reportRun(c *cli.Context, s system) error {
	sc, err := readScreen(c, s)
	if err != nil {
		return err
	}
	wanted, err := readReports(c)
	if err != nil {
		return err
	}
	run, err := openRecord(c, s, c.Args().First())
	if err != nil {
		return err
	}
	open, err := openReports(s, wanted)
	if err != nil {
		return err
	}
	verdict := &verdict{}
	sinks := []event.Sink{verdict}
	for _, r := range open {
		sinks = append(sinks, r)
	}
	noticeCut(s, run)
	if len(wanted) > 0 {
		err = replay(run, sinks, open)
	} else {
		sc.showSecrets = false // a record holds none
		text := sc.sink(s)
		inOrder := newOrdered(text)
		err = replay(run, append(sinks, inOrder), nil)
		err = errors.Join(err, inOrder.flush(), text.Flush()) // of a run that was cut off
	}
	if err == nil && c.Bool(exitCodeName) {
		return exit(verdict.code())
	}
	return err
}

const exitCodeName = "exit-code"

func exitCodeFlag() cli.Flag {
	return toggle(groupReports, exitCodeName, "end with the exit code of the run: 0 when it passed, 1 or 3 when not")
}

// A verdict remembers how a run ended. A stream can hold several, one behind the other, as in files that were joined by hand: none
// of them is the verdict alone.
type verdict struct {
	begun, ended int // runs
	worst        int // exit code
}

// Write takes the next event.
func (v *verdict) Write(e event.Event) error {
	switch b := e.Body.(type) {
	case event.RunStarted:
		v.begun++
	case event.RunFinished:
		v.ended++
		v.worst = max(v.worst, codeOf(b))
	}
	return nil
}

// code is the exit code of the run. One without an end was killed, or is still at work: it has not passed.
func (v *verdict) code() int {
	if v.ended == 0 || v.ended < v.begun {
		return max(v.worst, exitErrored)
	}
	return v.worst
}

// replay hands a recorded run to its reports. One that is damaged is reported as far as it can be read.
func replay(run *record.Record, sinks []event.Sink, open []*reportFile) error {
	err := run.Each(all(sinks))
	failed := finishReports(open)
	if err != nil {
		return usage("%w", err)
	}
	return failed
}

// noticeCut says of a run that was killed, or is still at work, that there is no more of it.
func noticeCut(s system, run *record.Record) {
	if !run.Complete {
		fmt.Fprintf(s.stderr, "notice: the record of run %s ends before the run did\n", run.Meta.ID)
	}
}

// all hands every event to every sink.
func all(sinks []event.Sink) event.Sink {
	return event.SinkFunc(func(e event.Event) error {
		for _, sink := range sinks {
			if err := sink.Write(e); err != nil {
				return err
			}
		}
		return nil
	})
}

func finishReports(open []*reportFile) error {
	var failed []error
	for _, r := range open {
		if err := r.finish(); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &exitError{code: exitErrored, err: errors.Join(failed...)}
}
