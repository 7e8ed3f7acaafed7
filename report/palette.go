package report

// A Palette turns text into coloured text. A function that is nil leaves the text as it is, so the zero Palette is plain.
type Palette struct {
	// Pass, Fail and Skip are for the words that say how a step or a test ended; Warn is for warnings.
	Pass, Fail, Skip, Warn func(string) string
	// Dim is for what is there to be looked up, Bold for places and names.
	Dim, Bold func(string) string
	// Caret is for the line under a line of source, Hint for what to do.
	Caret, Hint func(string) string
	// Added and Removed are for the lines of a difference.
	Added, Removed func(string) string
}

// paint colours a text; an empty text stays empty, so that no line ends in a bare colour code.
func paint(colour func(string) string, s string) string {
	if colour == nil || s == "" {
		return s
	}
	return colour(s)
}
