package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/event"
	"offscope/report"
)

const groupReports = "Reports"

func reportFlags() []cli.Flag {
	flags := []cli.Flag{list(groupReports, "report", "`FORMAT:PATH` write a report: "+strings.Join(report.Formats(), ", ")+"; - is stdout")}
	for _, format := range report.Formats() {
		flags = append(flags, &cli.StringFlag{Category: groupReports, Name: "report-" + format, Usage: "`PATH` the same as --report " + format + ":PATH", Hidden: true})
	}
	return flags
}

// A wantedReport is a report that a flag asks for.
type wantedReport struct{ format, path string }

// readReports reads which reports are wanted, and finds out now whether they can be written.
func readReports(c *cli.Context) ([]wantedReport, error) {
	var wanted []wantedReport
	for _, text := range c.StringSlice("report") {
		format, path, found := strings.Cut(text, ":")
		if !found || path == "" {
			return nil, usageHint("as in: --report junit:results.xml", "--report needs a format and a path, not %q", text)
		}
		wanted = append(wanted, wantedReport{format, path})
	}
	for _, format := range report.Formats() {
		if path := c.String("report-" + format); path != "" {
			wanted = append(wanted, wantedReport{format, path})
		}
	}
	var paths []string
	for _, w := range wanted {
		if _, err := report.New(w.format, io.Discard, report.Options{}); err != nil {
			return nil, usage("--report: %w", err)
		}
		if slices.Contains(paths, w.path) {
			return nil, usage("--report: two reports go to %s", w.path)
		}
		paths = append(paths, w.path)
	}
	return wanted, nil
}

// A reportFile is a report on its way. It is written beside its place and takes it when it is complete, so that nobody reads half
// of one.
type reportFile struct {
	report.Report
	path   string
	out    *bufio.Writer
	file   *os.File // nil for stdout
	failed error
}

// openReports opens what was asked for; an unwritable path is found before the first request.
func openReports(s system, wanted []wantedReport) ([]*reportFile, error) {
	var open []*reportFile
	for _, w := range wanted {
		r, err := openReport(s, w)
		if err != nil {
			for _, o := range open {
				o.discard()
			}
			return nil, err
		}
		open = append(open, r)
	}
	return open, nil
}

func openReport(s system, w wantedReport) (*reportFile, error) {
	r := &reportFile{path: w.path}
	out := s.stdout
	if w.path != "-" {
		file, err := os.CreateTemp(filepath.Dir(w.path), "."+filepath.Base(w.path)+".*")
		if err != nil {
			return nil, usageHint("its folder must be there and writable", "the report %s cannot be written: %w", w.path, pathless(err))
		}
		if info, err := os.Stat(w.path); err == nil && info.IsDir() {
			_ = os.Remove(file.Name())
			return nil, usage("the report %s cannot be written: it is a folder", w.path)
		}
		r.file, out = file, file
	}
	r.out = bufio.NewWriter(out)
	r.Report, _ = report.New(w.format, r.out, report.Options{}) // the format was looked at before
	return r, nil
}

func pathless(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Write hands on an event. A report that cannot be written does not end the run: the others are worth having.
func (r *reportFile) Write(e event.Event) error {
	if r.failed == nil {
		r.failed = r.Report.Write(e)
	}
	return nil
}

// finish completes the report and puts it in its place.
func (r *reportFile) finish() error {
	err := errors.Join(r.failed, r.Close(), r.out.Flush())
	if r.file == nil {
		return err
	}
	if err = errors.Join(err, r.file.Chmod(0o644), r.file.Close()); err != nil {
		_ = os.Remove(r.file.Name())
		return fmt.Errorf("the report %s could not be written: %w", r.path, err)
	}
	return os.Rename(r.file.Name(), r.path)
}

func (r *reportFile) discard() {
	if r.file != nil {
		_ = r.file.Close()
		_ = os.Remove(r.file.Name())
	}
}

// toStdout reports whether a report takes stdout, so that the text goes elsewhere.
func toStdout(wanted []wantedReport) bool {
	return slices.ContainsFunc(wanted, func(w wantedReport) bool { return w.path == "-" })
}
