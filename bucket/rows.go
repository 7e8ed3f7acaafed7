package bucket

import (
	"fmt"
	"slices"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// scripts reads a list of scripts, or one script that stands without a list. Blank ones are leftovers of the editor. What is
// not text may be a reference to a snippet, whose form is not public: it is refused, and what has it cannot pass.
func (r *reader) scripts(f field, refused *[]Unsupported) []source.Text {
	values := []*jsontree.Value{f.Value}
	if f.Value.Kind != jsontree.String {
		values = r.list(f)
	}
	var scripts []source.Text
	for _, v := range values {
		switch {
		case v.Kind == jsontree.String && strings.TrimSpace(v.Text) != "":
			scripts = append(scripts, r.textOf(v))
		case !isBlank(v):
			*refused = append(*refused, Unsupported{r.place(v), fmt.Sprintf("a script that is not text but %s", describe(v))})
		}
	}
	return scripts
}

func (r *reader) assertions(f field) []Assertion {
	var assertions []Assertion
	for _, v := range r.objects(f, "an assertion") {
		assertions = append(assertions, r.assertion(v))
	}
	return assertions
}

func (r *reader) assertion(v *jsontree.Value) Assertion {
	a := Assertion{Place: r.place(v)}
	hasTarget := false
	for f := range r.fields(v, "an assertion") {
		switch name := f.Name; {
		case name == "source":
			a.SourceText = r.text(f)
			a.Source = ParseSource(a.SourceText.Value)
		case name == "comparison":
			a.ComparisonText = r.text(f)
			a.Comparison = ParseComparison(a.ComparisonText.Value)
		case name == "property":
			a.Property = r.scalar(f)
		case name == "value", name == "target_value" && v.Get("value") == nil: // the second is the name in results of the API
			a.Target, hasTarget = r.scalar(f), true
		default:
			r.unknownKey(f, assertionKeys)
		}
	}
	r.complete(v, a, hasTarget)
	return a
}

// complete warns of an assertion that lacks what it needs. Without source or comparison it is read nevertheless, and fails
// when it is due.
func (r *reader) complete(v *jsontree.Value, a Assertion, hasTarget bool) {
	r.pointsSomewhere(v, a.Source, "an assertion", assertionKeys)
	switch {
	case a.SourceText.Value == "":
		r.warn("assertion", v, "an assertion needs \"source\": it fails when it is due", "add one of "+strings.Join(SourceNames(), ", "))
	case a.ComparisonText.Value == "":
		r.warn("assertion", v, "an assertion needs \"comparison\": it fails when it is due", "add one of "+strings.Join(ComparisonNames(), ", "))
	case !hasTarget && a.Comparison != UnknownComparison && a.Comparison.NeedsTarget():
		// It would compare with empty text, and not_equal would always pass.
		r.fail("assertion", v, fmt.Sprintf("an assertion with the comparison %q needs \"value\"", a.ComparisonText.Value), `add "value"`)
	}
}

// extractions reads the variables rows. A row without a name is a leftover of the editor.
func (r *reader) extractions(f field) []Extraction {
	var rows []Extraction
	for _, v := range r.objects(f, "a row of \"variables\"") {
		row := r.extraction(v)
		r.pointsSomewhere(v, row.Source, "a variable", variableKeys)
		if strings.TrimSpace(row.Name.Value) == "" {
			r.unnamed(v, row)
			continue
		}
		if row.SourceText.Value == "" {
			r.warn("variable", v, "a variable needs \"source\": it fails when it is due", "add one of "+strings.Join(SourceNames(), ", "))
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *reader) extraction(v *jsontree.Value) Extraction {
	row := Extraction{Place: r.place(v)}
	for f := range r.fields(v, "a variable") {
		switch f.Name {
		case "source":
			row.SourceText = r.text(f)
			row.Source = ParseSource(row.SourceText.Value)
		case "property":
			row.Property = r.scalar(f)
		case "name":
			row.Name = r.text(f)
		default:
			r.unknownKey(f, variableKeys)
		}
	}
	return row
}

// aboutRows are keys that say something about a row, and not where it looks.
var aboutRows = []string{"target_value", "id", "uuid", "note", "comment", "description"}

// pointsSomewhere refuses a row without a property that says something under a key nobody reads: it would look at the whole body,
// which is nearly never empty.
func (r *reader) pointsSomewhere(v *jsontree.Value, from Source, what string, known []string) {
	stray := strayText(v, slices.Concat(known, aboutRows))
	if from != ResponseJSON || v.Get("property") != nil || stray == nil {
		return
	}
	r.lost(*stray, what+` without "property" looks at the whole body`, "property")
}

func (r *reader) lost(stray jsontree.Member, what, meant string) {
	r.add(source.Diagnostic{
		Code:    "lost",
		Place:   stray.NamePlace(r.file),
		Message: fmt.Sprintf("%s, and what %s says is lost", what, quote(stray.Name)),
		Hint:    fmt.Sprintf("did you mean %q?", meant),
	})
}

func (r *reader) unnamed(v *jsontree.Value, row Extraction) {
	if stray := strayText(v, append([]string{"note", "comment", "description"}, variableKeys...)); stray != nil && row.Property.Value != "" {
		r.lost(*stray, "a variable without a name is not extracted", "name")
		return
	}
	if row.Property.Value != "" {
		r.warn("variable", v, "a variable without a name is not extracted", `add "name"`)
		return
	}
	r.add(source.Diagnostic{
		Code: "blank-row", Severity: source.Notice, Place: r.place(v),
		Message: "a variable without name and property is a blank row of the editor and left out",
	})
}
