package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"offscope/runner"
	"offscope/source"
	"offscope/variables"
)

const livesIndent = "      "

// lives draws the table of variables: who sets each, and where it is used.
func (d drawing) lives(lives []runner.Life) {
	if len(lives) == 0 {
		return
	}
	rows := [][]string{{"", "set by", "used in"}}
	for _, life := range lives {
		name := source.Printable(life.Name)
		if life.Secret {
			name += " (secret)"
		}
		rows = append(rows, []string{name, source.Printable(settersText(life.SetBy)), usesText(life)})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	palette := d.screen.palette()
	for n, row := range rows {
		if n == 0 {
			line := fmt.Sprintf("%-*s  %-*s  %s", widths[0]+len(livesIndent), "variables:", widths[1], row[1], row[2])
			fmt.Fprintln(d.out, painted(palette.Bold, line))
			continue
		}
		fmt.Fprintf(d.out, "%s%-*s  %-*s  %s\n", livesIndent, widths[0], row[0], widths[1], row[1], row[2])
	}
}

// settersText says who gives a variable its value: "environment local", "step 4", "the script of step 5".
func settersText(setters []runner.Setter) string {
	if len(setters) == 0 {
		return "-"
	}
	var parts []string
	for _, by := range setters {
		text := variables.Origin{Kind: by.Kind, Detail: by.Detail}.String()
		switch {
		case by.Step > 0 && by.Kind == variables.Script:
			text = fmt.Sprintf("step %d, script", by.Step)
		case by.Step > 0:
			text = fmt.Sprintf("step %d", by.Step)
		}
		if by.Idle {
			text += " (skipped)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// usesText lists the steps that use a variable, neighbours in one: "1-3, 7".
func usesText(life runner.Life) string {
	var parts []string
	if life.InEnvironment {
		parts = append(parts, "environment")
	}
	if life.InInitialScript {
		parts = append(parts, "initial script")
	}
	if len(life.UsedIn) > 0 {
		parts = append(parts, ranges(life.UsedIn))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// ranges writes ascending numbers with neighbours in one.
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		part := fmt.Sprint(numbers[i])
		if end > i {
			part = fmt.Sprintf("%d-%d", numbers[i], numbers[end])
		}
		parts = append(parts, part)
		i = end + 1
	}
	return strings.Join(parts, ", ")
}
