package report

import (
	"fmt"
	"io"
	"strings"

	"offscope/event"
)

// A Report writes one document from a stream of events, for another program.
//
// Write takes the events in order; its error is that of the writer underneath. Close completes the document and has to be
// called once, also when the stream was cut off: what has no end in the stream is then marked as not run, what it belongs to
// as not passed, and the document is as valid as any other. The writer stays open.
type Report interface {
	event.Sink
	Close() error
}

// Options are what a report may know besides the events. The zero value is valid.
type Options struct {
	// Masks are values that GitHub Actions is asked to keep out of its log, before anything else is written. Only the format
	// "github" looks at them, and its output then holds them: it belongs to the log of the build and to no file.
	Masks []string
}

// formats are the documents there are, in the order in which help texts name them.
var formats = []struct {
	name string
	make func(io.Writer, Options) Report
}{
	{"json", func(out io.Writer, _ Options) Report { return collect(out, &jsonReport{}) }},
	{"ndjson", func(out io.Writer, _ Options) Report { return &ndjson{out: out} }},
	{"junit", func(out io.Writer, _ Options) Report { return collect(out, newJUnit()) }},
	{"tap", func(out io.Writer, _ Options) Report { return collect(out, &tap{}) }},
	{"har", func(out io.Writer, _ Options) Report { return collect(out, &har{}) }},
	{"ctrf", func(out io.Writer, _ Options) Report { return collect(out, &ctrf{}) }},
	{"markdown", func(out io.Writer, _ Options) Report { return collect(out, &markdown{}) }},
	{"github", func(out io.Writer, o Options) Report { return collect(out, &github{masks: o.Masks}) }},
	{"html", func(out io.Writer, _ Options) Report { return collect(out, newHTML()) }},
}

// Formats are the names that [New] knows.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// New returns a report of the named format that writes to out. A name that is not known is an error.
func New(format string, out io.Writer, o Options) (Report, error) {
	for _, f := range formats {
		if f.name == format {
			return f.make(out, o), nil
		}
	}
	return nil, fmt.Errorf("there is no report format %q; choose one of %s", format, strings.Join(Formats(), ", "))
}
