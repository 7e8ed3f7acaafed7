package runner

import (
	"strings"
	"unicode/utf8"

	"offscope/exchange"
	"offscope/variables"
)

// How many characters of a name or path, and of a sentence that may quote one, are told. Nobody reads more, and a file can be
// made of them.
const (
	longestName     = 300
	longestSentence = 1000
)

// shortened cuts a masked text, but no mark in it.
func shortened(masked string, most int) string {
	if len(masked) <= most || utf8.RuneCountInString(masked) <= most {
		return masked
	}
	end := 0
	for range most {
		_, size := utf8.DecodeRuneInString(masked[end:])
		end += size
	}
	head, mark := masked[:end], []rune(exchange.Mark{}.String())
	if begun := strings.LastIndex(head, string(mark[0])); begun > strings.LastIndex(head, string(mark[len(mark)-1])) {
		head = head[:begun]
	}
	return head + ellipsis
}

// showBrief is show for a name or path.
func (c *cover) showBrief(e variables.Expansion) string {
	return c.keep(shortened(c.show(e), longestName))
}

// brief masks a text and cuts it.
func (c *cover) brief(text string, most int) string { return c.keep(shortened(c.text(text), most)) }
