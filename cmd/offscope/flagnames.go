package main

import "github.com/urfave/cli/v2"

// The command-line library asks each flag for its names once for every other flag, and makes them anew each time: with as many
// flags as run has that took a tenth of a short run. These flags know their names.

type listFlag struct {
	*cli.StringSliceFlag
	names []string
}

// Names are the flag's name and its aliases.
func (f listFlag) Names() []string { return f.names }

func listOf(f *cli.StringSliceFlag) listFlag { return listFlag{f, f.Names()} }

type textFlag struct {
	*cli.StringFlag
	names []string
}

// Names are the flag's name and its aliases.
func (f textFlag) Names() []string { return f.names }

type toggleFlag struct {
	*cli.BoolFlag
	names []string
}

// Names are the flag's name and its aliases.
func (f toggleFlag) Names() []string { return f.names }

type durationFlag struct {
	*cli.DurationFlag
	names []string
}

// Names are the flag's name and its aliases.
func (f durationFlag) Names() []string { return f.names }

func durationOf(f *cli.DurationFlag) durationFlag { return durationFlag{f, f.Names()} }

type numberFlag struct {
	*cli.IntFlag
	names []string
}

// Names are the flag's name and its aliases.
func (f numberFlag) Names() []string { return f.names }
