// Package report draws a run's events for people and for other programs.
//
// A report is a function of the stream of events, of its options and of nothing else: it reads no clock, no environment and no
// file, so a saved stream gives the same bytes as the live run. Each format is one type that implements event.Sink, in a file
// that has the format's name; begin with [NewText], the text a person reads, or with [New], the formats for programs, whose events a collector
// puts in order first. [Curl] writes a request as a command.
package report
