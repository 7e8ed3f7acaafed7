package report

import (
	"cmp"
	"strings"
	"time"

	"offscope/event"
)

// StepName names a step that has just begun in a few words, as the lines of the text report do: its note, or what it does. A
// pause without a note has no name. The result is fit for a terminal, on one line; secrets are names in brackets.
func StepName(started event.StepStarted) string {
	p, s := page{o: &TextOptions{}}, &stepState{started: started}
	switch kindOf(started.StepKind) {
	case condition:
		return p.conditionText(s)
	case loop:
		return p.loopText(s)
	}
	if started.StepKind == pauseKind {
		return p.shown(strings.TrimSpace(started.Note))
	}
	return p.label(s, event.StepFinished{})
}

// TestName names a test that has just begun, with its iteration and attempt where there are several. The result is fit for a
// terminal, on one line.
func TestName(started event.TestStarted) string {
	p := page{o: &TextOptions{}}
	return p.shown(cmp.Or(strings.TrimSpace(started.Name), started.File)) + iterationOf(started)
}

// Duration writes a duration as people do: 500ms, 1m, not 1m0s.
func Duration(d time.Duration) string { return shortDuration(d) }

// Columns is how many columns of a terminal a text on one line takes: wide characters take two, accents none.
func Columns(text string) int { return cells(text) }

// Clip cuts a text on one line to a number of columns. Dots take the place of what was cut off.
func Clip(text string, columns int) string { return clip(text, columns) }
