package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	flags := []cli.Flag{list(groupReports, "report", "`FORMAT:PATH` write a report: "+strings.Join(report.Formats(), ", ")+"; - is stdout; --report-json PATH is short for --report json:PATH, and so are the others")}
	for _, format := range report.Formats() {
		short := listOf(&cli.StringSliceFlag{Category: groupReports, Name: "report-" + format, Usage: "`PATH` the same as --report " + format + ":PATH", Hidden: true, KeepSpace: true})
		flags = append(flags, short)
	}
	return flags
}

// A wantedReport is a report that a flag asks for.
type wantedReport struct{ format, path string }

// readReports reads which reports are wanted, and finds out now whether each can have the place that it was given.
func readReports(c *cli.Context) ([]wantedReport, error) {
	var wanted []wantedReport
	for _, text := range c.StringSlice("report") {
		format, path, found := strings.Cut(text, ":")
		if !found || path == "" {
			return nil, usageHint("as in: --report "+reportExample(text), "--report needs a format and a path, not %q", text)
		}
		wanted = append(wanted, wantedReport{format, path})
	}
	for _, format := range report.Formats() {
		for _, path := range c.StringSlice("report-" + format) {
			if path == "" {
				return nil, usage("--report-%s needs a path", format)
			}
			wanted = append(wanted, wantedReport{format, path})
		}
	}
	var places []string
	for i, w := range wanted {
		if _, err := report.New(w.format, io.Discard, report.Options{}); err != nil {
			return nil, usage("--report: %w", err)
		}
		if w.path == "/dev/stdout" {
			wanted[i].path = "-"
		}
		place := destination(wanted[i].path)
		if slices.Contains(places, place) {
			return nil, usage("--report: two reports go to %s", w.path)
		}
		if input := inputAt(c, w.path); input != "" {
			return nil, usageHint("give it another name", "the report %s would take the place of %s, which is read", w.path, input)
		}
		places = append(places, place)
	}
	return wanted, nil
}

// reportExample is what somebody may have meant who gave only one half of a report.
func reportExample(text string) string {
	text = strings.Trim(text, ":")
	switch extension := filepath.Ext(text); {
	case slices.Contains(report.Formats(), text):
		return shellWord(text + ":PATH")
	case extension == ".xml":
		return shellWord("junit:" + text)
	case extension == ".md":
		return shellWord("markdown:" + text)
	case extension != "" && slices.Contains(report.Formats(), extension[1:]):
		return shellWord(extension[1:] + ":" + text)
	}
	return "junit:results.xml"
}

// destination is the same for paths that lead to the same file.
func destination(path string) string {
	if path == "-" {
		return path
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil { // there is no such file yet
		path = filepath.Join(folder, filepath.Base(path))
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// inputAt returns which of the files that the command line names to be read is at a path, "" when none is: a report in its place
// would be the end of what is often the only copy of an export.
func inputAt(c *cli.Context, path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	inputs := c.Args().Slice()
	for _, flag := range []string{"var-file", "secrets-file"} {
		inputs = append(inputs, c.StringSlice(flag)...)
	}
	for _, flag := range []string{"env", "initial-script", "data", "cacert", "cert", "key"} {
		inputs = append(inputs, c.String(flag))
	}
	for _, input := range inputs {
		if other, err := os.Stat(input); err == nil && os.SameFile(info, other) {
			return input
		}
	}
	return ""
}

// A reportFile is a report on its way. It is written beside its place and takes it when it is complete, so that nobody reads half
// of one.
type reportFile struct {
	report.Report
	path   string // as it was asked for
	place  string // where the complete file goes; "" for what is written as it comes: stdout, a pipe or a device
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
			discardAll(open)
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
		err := r.open()
		if errors.Is(err, errIsFolder) {
			return nil, usage("the report %s cannot be written: %w", w.path, err)
		}
		if err != nil {
			return nil, usageHint("its folder must be there and writable", "the report %s cannot be written: %w", w.path, pathless(err))
		}
		out = r.file
	}
	r.out = bufio.NewWriter(out)
	r.Report, _ = report.New(w.format, r.out, report.Options{}) // the format was looked at before
	return r, nil
}

var errIsFolder = errors.New("it is a folder")

// open opens the file that is written: a new one beside the place of the report, with the permissions of what stands there.
// What is no file cannot be replaced by one and is written itself, and of a link what it leads to is replaced.
func (r *reportFile) open() (err error) {
	place, mode := r.path, fs.FileMode(0)
	if target, err := filepath.EvalSymlinks(place); err == nil {
		place = target
	}
	switch info, err := os.Stat(place); {
	case err == nil && info.IsDir():
		return errIsFolder
	case err == nil && !info.Mode().IsRegular():
		r.file, err = os.OpenFile(place, os.O_WRONLY, 0)
		return err
	case err == nil:
		mode = info.Mode().Perm()
	}
	for try := 0; ; try++ {
		name := filepath.Join(filepath.Dir(place), fmt.Sprintf(".%s.%d-%d", filepath.Base(place), os.Getpid(), try))
		r.file, err = os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err == nil && mode != 0 {
		err = r.file.Chmod(mode)
	}
	r.place = place
	return err
}

func pathless(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Write hands on an event. A report that cannot be written does not end the run: the others are worth having. What is written
// as it comes is for somebody who follows the run, and does not wait for more.
func (r *reportFile) Write(e event.Event) error {
	if r.failed == nil {
		r.failed = r.Report.Write(e)
	}
	if r.failed == nil && r.place == "" {
		r.failed = r.out.Flush()
	}
	return nil
}

// finish completes the report and puts it in its place.
func (r *reportFile) finish() error {
	err := cmp.Or(r.failed, r.Close(), r.out.Flush()) // the first error is the cause of the others
	if r.file != nil {
		err = cmp.Or(err, r.file.Close())
	}
	switch {
	case r.place == "":
	case err == nil:
		err = os.Rename(r.file.Name(), r.place)
	default:
		_ = os.Remove(r.file.Name())
	}
	if err != nil {
		return fmt.Errorf("the report %s could not be written: %w", r.path, err)
	}
	return nil
}

// discardAll leaves no trace of reports that are not to be written.
func discardAll(open []*reportFile) {
	for _, r := range open {
		if r.file != nil {
			_ = r.file.Close()
		}
		if r.place != "" {
			_ = os.Remove(r.file.Name())
		}
	}
}

// toStdout reports whether a report takes stdout, so that the text goes elsewhere.
func toStdout(wanted []wantedReport) bool {
	return slices.ContainsFunc(wanted, func(w wantedReport) bool { return w.path == "-" })
}
