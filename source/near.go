package source

// longestName bounds the names that a correction is looked for; a longer one is no slip of a hand.
const longestName = 40

// Nearest returns the candidate that a slip or two of a hand turn into word, "" when there is none.
func Nearest(word string, candidates []string) string {
	if len(word) > longestName {
		return ""
	}
	best, least := "", 1+min(2, len(word)/3)
	for _, c := range candidates {
		if d := edits(word, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// edits counts the insertions, deletions and replacements of bytes that turn a into b.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
