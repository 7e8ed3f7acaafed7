package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"
	"github.com/urfave/cli/v2"

	"offscope/cmd/offscope/live"
	"offscope/exchange"
	"offscope/report"
	"offscope/source"
	"offscope/variables"
)

// screen is how a run is shown.
type screen struct {
	verbosity   report.Verbosity
	curl        bool
	curlFlags   []string // of the curl commands
	showSecrets bool
	width       int
	colored     bool
	oneByOne    bool              // each step is shown by itself, before the next one begins
	onGitHub    bool              // what is shown stands in a log in which lines may be commands
	masker      *variables.Masker // of the test that is being shown
}

func readScreen(c *cli.Context, s system) (screen, error) {
	out := screen{curl: c.Bool("curl"), showSecrets: c.Bool("show-secrets"), width: columns(s.width())}
	loud := c.Bool("verbose") || c.Bool("vv")
	switch {
	case c.Bool("quiet") && loud:
		return out, usage("--quiet and --verbose exclude each other")
	case c.Bool("quiet"):
		out.verbosity = report.Quiet
	case c.Bool("vv"):
		out.verbosity = report.Bodies
	case c.Bool("verbose"):
		out.verbosity = report.Headers
	}
	ci, err := ciOf(c, s)
	if err != nil {
		return out, err
	}
	out.onGitHub = ci == githubCI
	out.colored, err = wantsColor(c, s)
	return out, err
}

// wantsColor follows the flags, then the conventions of the process environment, then whether stdout is a terminal.
func wantsColor(c *cli.Context, s system) (bool, error) {
	switch when := c.String("color"); {
	case c.Bool("no-color") || when == "never":
		return false, nil
	case when == "always":
		return true, nil
	case when != "" && when != "auto":
		return false, usage("--color takes auto, always or never, not %q", when)
	}
	is := func(name string) bool { value, ok := s.getenv(name); return ok && value != "" && value != "0" }
	noColor, _ := s.getenv("NO_COLOR")
	switch {
	case noColor != "":
		return false, nil
	case is("FORCE_COLOR"), is("CLICOLOR_FORCE"):
		return true, nil
	}
	if terminal, _ := s.getenv("TERM"); terminal == "dumb" {
		return false, nil
	}
	return s.width() > 0, nil
}

// newMasker makes the masker of the next test and keeps it, so that --show-secrets can fill its marks in again.
func (sc *screen) newMasker() *variables.Masker {
	sc.masker = variables.NewMasker()
	return sc.masker
}

// sink returns the text that the events of a run are written to.
func (sc *screen) sink(s system) *report.Text {
	o := report.TextOptions{Palette: sc.palette(), Width: sc.width, Verbosity: sc.verbosity, OneByOne: sc.oneByOne, Curl: sc.curl, CurlFlags: sc.curlFlags}
	if sc.showSecrets {
		o.Reveal = func(m exchange.Mark) (string, bool) { return sc.masker.Reveal(m) }
	}
	return report.NewText(sc.log(s.stdout), o)
}

// log is a writer for text that others have written, which must not be taken for commands.
func (sc screen) log(out io.Writer) io.Writer {
	if sc.onGitHub {
		return report.WithoutCommands(out)
	}
	return out
}

// openRegion shows on a terminal what is being done, and makes room for what else is written to it from now on. There is no region
// where there is no terminal, or nobody who looks at it.
func (set *settings) openRegion(s *system) *live.Region {
	if set.screen.verbosity == report.Quiet || set.ci != noCI || !s.hasProgress() {
		return nil
	}
	r := live.NewRegion(s.stderr, s.progress, set.screen.palette().Dim)
	s.stderr = r.Around(s.stderr)
	if s.width() > 0 {
		s.stdout = r.Around(s.stdout)
	}
	return r
}

func (sc screen) palette() report.Palette {
	if !sc.colored {
		return report.Palette{}
	}
	paint := func(attributes ...color.Attribute) func(string) string {
		c := color.New(attributes...)
		c.EnableColor()
		return func(text string) string { return c.Sprint(text) }
	}
	return report.Palette{
		Pass: paint(color.FgGreen), Fail: paint(color.FgRed, color.Bold), Skip: paint(color.FgYellow), Dim: paint(color.Faint),
		Bold: paint(color.Bold), Caret: paint(color.FgRed), Hint: paint(color.FgCyan), Added: paint(color.FgGreen), Removed: paint(color.FgRed),
	}
}

// diagnose prints what there is to say about files. Notices are for those who ask for more.
func (sc screen) diagnose(s system, diagnostics source.Diagnostics) {
	if s.collect != nil {
		s.collect(diagnostics)
		return
	}
	p := sc.palette()
	for _, d := range diagnostics {
		if d.Severity == source.Notice && sc.verbosity < report.Headers {
			continue
		}
		fmt.Fprint(sc.log(s.stderr), diagnosis(d, p))
	}
}

// diagnosis draws a diagnostic: place and message, the line with a caret, what to do.
func diagnosis(d source.Diagnostic, p report.Palette) string {
	return drawn(d, d.Place.Excerpt(), p)
}

func drawn(d source.Diagnostic, e source.Excerpt, p report.Palette) string {
	var out strings.Builder
	if at := d.Place.String(); at != "" {
		out.WriteString(painted(p.Bold, at+":") + " ")
	}
	severity := p.Fail
	if d.Severity != source.Error {
		severity = p.Skip
	}
	out.WriteString(painted(severity, d.Severity.String()+":") + " " + d.Message + "\n")
	if e.Text != "" {
		fmt.Fprintf(&out, "  %s\n  %s\n", e.Text, painted(p.Caret, e.Carets()))
	}
	for _, r := range d.Related {
		fmt.Fprintf(&out, "  %s: %s\n", r.Place, r.Message)
	}
	if d.Hint != "" {
		out.WriteString(painted(p.Hint, "  hint: ") + d.Hint + "\n")
	}
	return out.String()
}

func painted(paint func(string) string, text string) string {
	if paint == nil {
		return text
	}
	return paint(text)
}

// columns is how wide lines may be: as wide as the terminal, and elsewhere wide enough for most titles.
func columns(terminal int) int {
	if terminal > 0 {
		return terminal
	}
	return 120
}
