package bucket

import (
	"slices"
	"strings"
	"unicode"

	"offscope/jsontree"
	"offscope/source"
)

// otherNames are what checks are called elsewhere, in one word of small letters: in environments of the service, in its
// results, in other tools. None is a slip of the hand, and with each of them checks would be lost.
var otherNames = map[string]string{
	"tests":        "assertions",
	"checks":       "assertions",
	"expect":       "assertions",
	"expected":     "assertions",
	"expectations": "assertions",
	"validators":   "assertions",
	"validations":  "assertions",
	"vars":         "variables",
	"captures":     "variables",
}

// remarks are keys under which a text is for people, whatever it speaks of.
var remarks = []string{"description", "comment", "comments", "notes", "documentation", "summary"}

// otherSteps are what the steps of a condition or a loop are called elsewhere.
var otherSteps = []string{"nested_steps", "child_steps", "sub_steps", "substeps", "children"}

// suggest returns the known key that is probably meant; "" when there is none.
func suggest(f field, known []string) string {
	if slices.Contains(known, "step_type") {
		if meant := checksMeant(f); meant != "" {
			return meant
		}
	}
	if slices.Contains(otherSteps, f.Name) && slices.Contains(known, "steps") {
		return "steps"
	}
	words := map[string]string{}
	var plain []string
	for _, name := range known {
		words[oneWord(name)] = name
		plain = append(plain, oneWord(name))
	}
	return words[source.Nearest(oneWord(f.Name), plain)]
}

// checksMeant returns under which key the checks would be read that stand under another one; "" when there are none. What
// stands there decides, and then the name.
func checksMeant(f field) string {
	switch v := f.Value; {
	case isBlank(v) || isScalar(v) && v.Kind != jsontree.String:
		return ""
	case v.Kind == jsontree.String && slices.Contains(remarks, oneWord(f.Name)):
		return ""
	case holds(v, isAssertionRow):
		return "assertions"
	case holds(v, isVariableRow):
		return "variables"
	case v.Kind == jsontree.String && !strings.ContainsAny(v.Text, "(=;"):
		return "" // no script is as short as that, and nothing else is a text
	}
	if meant := checksCalled(f.Name); meant != "" || !holds(f.Value, isScript) {
		return meant
	}
	return "scripts"
}

func checksCalled(name string) string {
	if meant := otherNames[oneWord(name)]; meant != "" {
		return meant
	}
	words := wordsOf(name)
	has := func(any ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(any, word) })
	}
	switch {
	case has("assert", "asserts", "assertion", "assertions"):
		return "assertions"
	case has("script", "scripts") && has("pre", "before", "prerequest") && !has("post", "after", "response"):
		return "before_scripts"
	case has("script", "scripts"):
		return "scripts"
	case has("extract", "extracts", "extraction", "extractions", "extractor", "extractors"):
		return "variables"
	}
	return ""
}

// holds reports whether a value or something in it fits.
func holds(v *jsontree.Value, fits func(*jsontree.Value) bool) bool {
	inside := func(v *jsontree.Value) bool { return holds(v, fits) }
	return fits(v) || slices.ContainsFunc(v.Items, inside) ||
		slices.ContainsFunc(v.Members, func(m jsontree.Member) bool { return inside(m.Value) })
}

func isAssertionRow(v *jsontree.Value) bool {
	return v.Get("comparison") != nil && (v.Get("source") != nil || v.Get("property") != nil)
}

func isVariableRow(v *jsontree.Value) bool {
	return v.Get("source") != nil && v.Get("name") != nil && v.Get("property") != nil
}

// checking finds in a script what no other text has.
var checking = whenNeeded(`\bassert(\.\w+)?\(|\bexpect\(|\bvariables\.[gs]et\(`)

func isScript(v *jsontree.Value) bool {
	return v.Kind == jsontree.String && checking().MatchString(v.Text)
}

// oneWord writes a name in small letters and without what divides its words, or cannot be seen.
func oneWord(name string) string {
	return strings.Map(func(c rune) rune {
		if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			return unicode.ToLower(c)
		}
		return -1
	}, name)
}

// wordsOf divides a name where a small letter is followed by a capital, and at everything that is no letter.
func wordsOf(name string) []string {
	var divided strings.Builder
	small := false
	for _, c := range name {
		if small && unicode.IsUpper(c) {
			divided.WriteByte(' ')
		}
		small = unicode.IsLower(c)
		divided.WriteRune(unicode.ToLower(c))
	}
	return strings.FieldsFunc(divided.String(), func(c rune) bool { return !unicode.IsLetter(c) })
}

// strayText returns the first key of a row that is not known and holds a text; nil when there is none.
func strayText(row *jsontree.Value, known []string) *jsontree.Member {
	for i, m := range row.Members {
		if !slices.Contains(known, m.Name) && m.Value.Kind == jsontree.String && strings.TrimSpace(m.Value.Text) != "" {
			return &row.Members[i]
		}
	}
	return nil
}
