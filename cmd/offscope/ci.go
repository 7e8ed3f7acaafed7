package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/event"
	"offscope/report"
	"offscope/runner"
	"offscope/source"
)

// The build servers whose own output is made beside the text of a run.
const (
	noCI     = "none"
	githubCI = "github"
	gitlabCI = "gitlab"
)

func ciFlag() cli.Flag {
	return text(groupReports, "ci", "`NAME` the build server whose own output is made in addition: auto (the default), github, gitlab or none")
}

// ciOf is the build server that a flag names, or that the process runs on.
func ciOf(c *cli.Context, s system) (string, error) {
	is := func(name string) bool { value, _ := s.getenv(name); return value == "true" }
	switch name := c.String("ci"); {
	case name == githubCI || name == gitlabCI || name == noCI:
		return name, nil
	case name != "" && name != "auto":
		return "", usage("--ci takes auto, github, gitlab or none, not %q", name)
	case is("GITHUB_ACTIONS"):
		return githubCI, nil
	case is("GITLAB_CI"):
		return gitlabCI, nil
	}
	return noCI, nil
}

// A buildOutput is what a run writes for the build server that it runs on.
type buildOutput struct {
	sinks   []event.Sink
	reports []report.Report
	stderr  io.Writer
	summary bytes.Buffer
	// summaryPath is the file that the build server shows; "" when there is none.
	summaryPath string
}

// openBuild prepares what GitHub Actions gets: annotations beside the text, and a summary in the file that it names.
// Annotations that were asked for with --report are not made twice.
func (set *settings) openBuild(s system, wanted []wantedReport, plans []*runner.Plan) *buildOutput {
	b := &buildOutput{stderr: s.stderr}
	if set.ci != githubCI {
		return b
	}
	b.mask(plans)
	if !slices.ContainsFunc(wanted, func(w wantedReport) bool { return w.format == githubCI && w.path == "-" }) {
		annotations, err := report.New(githubCI, s.stdout, report.Options{})
		if err != nil {
			panic(err) // the format is there
		}
		b.add(annotations)
	}
	if b.summaryPath, _ = s.getenv("GITHUB_STEP_SUMMARY"); b.summaryPath != "" {
		b.add(report.GitHubSummary(&b.summary))
	}
	return b
}

// beside hands the events of a text to what is made for the build server too, in the same order: the annotations of a test stand
// below its text, whatever runs beside it.
func (b *buildOutput) beside(text event.Sink) event.Sink {
	return all(append([]event.Sink{text}, b.sinks...))
}

func (b *buildOutput) add(r report.Report) {
	b.reports = append(b.reports, r)
	b.sinks = append(b.sinks, r)
}

// mask asks GitHub Actions to keep the secrets out of the log also where other programs write them. The lines that do that hold
// the values, so they go where only the build server reads: not into a file, and not to stdout, which people save.
func (b *buildOutput) mask(plans []*runner.Plan) {
	if isFile(b.stderr) {
		return
	}
	r, err := report.New(githubCI, b.stderr, report.Options{Masks: givenSecrets(plans)})
	if err == nil {
		_ = r.Write(event.Event{Body: event.RunStarted{}}) // the masks come first, and nothing else of this report is wanted
	}
}

func isFile(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// shortestMask is how long a value must be: a log in which every 1 is masked says nothing.
const shortestMask = 4

// givenSecrets are the values of secrets that are known before the run, without those that are made of other variables.
func givenSecrets(plans []*runner.Plan) []string {
	var values []string
	add := func(secret []string, name, value string) {
		if slices.Contains(secret, name) && len(value) >= shortestMask && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	for _, p := range plans {
		names := p.SecretNames()
		for _, layer := range p.Options.Environment.Layers() {
			for _, v := range layer.Initial {
				if !strings.Contains(v.Value.Value, "{{") {
					add(names, v.Name.Value, v.Value.Value)
				}
			}
		}
		for _, v := range p.Options.Values {
			add(names, v.Name, v.Text.Value)
		}
	}
	return values
}

// close completes what was written. A summary that cannot be written is no reason for a build to fail: nobody asked for it.
func (b *buildOutput) close() {
	for _, r := range b.reports {
		_ = r.Close()
	}
	if b.summaryPath == "" {
		return
	}
	f, err := os.OpenFile(b.summaryPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.Write(b.summary.Bytes())
		if closed := f.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		fmt.Fprintf(b.stderr, "warning: the summary of the build cannot be written: %v\n", err)
	}
}

// sections makes a part of each test's text that can be folded away in the log of GitLab.
type sections struct {
	next event.Sink
	out  io.Writer
}

// section adds what the log of the build server needs to the text of a run.
func (set *settings) section(text event.Sink, out io.Writer) event.Sink {
	if set.ci != gitlabCI || set.screen.verbosity == report.Quiet {
		return text
	}
	return &sections{text, out}
}

// Write takes the next event. The events of a test come one after the other.
func (x *sections) Write(e event.Event) error {
	if e.Test == 0 || e.Sub != 0 {
		return x.next.Write(e)
	}
	switch b := e.Body.(type) {
	case event.TestStarted:
		title := source.Printable(strings.TrimSpace(b.Name))
		if b.Iterations > 1 {
			title += fmt.Sprintf(" (%d/%d)", b.Iteration, b.Iterations)
		}
		if _, err := fmt.Fprintf(x.out, "\x1b[0Ksection_start:%d:%s\r\x1b[0K%s\n", e.Time.Unix(), sectionName(e), title); err != nil {
			return err
		}
	case event.TestFinished:
		if err := x.next.Write(e); err != nil || b.Again {
			return err
		}
		_, err := fmt.Fprintf(x.out, "\x1b[0Ksection_end:%d:%s\r\x1b[0K\n", e.Time.Unix(), sectionName(e))
		return err
	}
	return x.next.Write(e)
}

func sectionName(e event.Event) string { return fmt.Sprintf("offscope_test_%d", e.Test) }
