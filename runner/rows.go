package runner

import (
	"errors"
	"strings"

	"offscope/assertion"
	"offscope/event"
	"offscope/source"
	"offscope/variables"
)

// asserted makes the event of a row of assertions.
func (t *Test) asserted(row int, c checked) event.Asserted {
	a := c.row.row
	out := event.Asserted{
		Row: row, Label: t.cover.brief(assertion.Label(a.Source, c.property.String()), longestName), Source: t.name(a.Source.String(), a.SourceText),
		Property: t.cover.showBrief(c.property), Comparison: t.name(a.Comparison.String(), a.ComparisonText), Target: a.Target.Value,
		Expected: t.cover.show(c.target), Outcome: event.Passed, Where: t.cover.excerpt(a.Place),
	}
	if !c.passed() {
		out.Outcome, out.Where = event.Failed, t.cover.excerpt(blame(c))
	}
	if isNotChecked(c.err) {
		out.Outcome = event.NotRun
	}
	if c.err != nil {
		out.Error = t.cover.brief(c.err.Error(), longestSentence)
		return out
	}
	t.describe(&out, c)
	t.hideShort(&out, c)
	out.Error = t.cover.brief(out.Error, longestSentence)
	return out
}

// describe says how a comparison ended.
func (t *Test) describe(out *event.Asserted, c checked) {
	o := c.outcome
	out.Message, out.Remark, out.Error = o.Message, o.Remark, o.Explanation
	if o.Err != nil {
		out.Error, out.Nearest = o.Err.Error(), nearestPart(o.Err)
		return
	}
	out.Actual, out.Type = o.Actual.Text, o.Actual.Type
}

// hideShort takes secrets out of a row's sentences that are too short to be found there: those that were inserted into the
// target or the property.
func (t *Test) hideShort(out *event.Asserted, c checked) {
	cover := t.cover
	if t.hasShort(c.target) {
		target := c.target.String()
		out.Message, out.Remark = t.hideTarget(out.Message, target, out.Expected), ""
		if strings.Contains(out.Error, target) {
			out.Error = "the target does not fit the comparison"
		}
	}
	if t.hasShort(c.property) {
		out.Label = cover.keep(shortened(cover.text(out.Source+": ")+out.Property, longestName))
		if out.Error != "" {
			out.Error, out.Nearest = "the property leads nowhere", nil
		}
	}
}

// hideTarget replaces the target in a sentence that ends in it.
func (t *Test) hideTarget(message, target, shown string) string {
	rest, quote := strings.CutSuffix(message, "'")
	rest, found := strings.CutSuffix(rest, target)
	switch {
	case !found:
		return "(not shown: a secret is compared)"
	case quote:
		shown += "'"
	}
	return t.cover.keep(t.cover.text(rest) + shown)
}

// name returns a name of ours, or the unknown one that the file has in its place.
func (t *Test) name(known string, written source.Text) string {
	if known == "" {
		return t.cover.text(written.Value)
	}
	return known
}

// blame is the part of an assertion that a failure points at: the property when it leads nowhere, else the target, else the
// comparison.
func blame(c checked) source.Place {
	a := c.row.row
	at := a.Target.Place
	switch {
	case undefinedAt(c.err).Known():
		at = undefinedAt(c.err)
	case c.err == nil && c.outcome.Err != nil && a.Property.Value != "":
		at = a.Property.Place
	case a.Source == 0:
		at = a.SourceText.Place
	case a.Comparison == 0 || !a.Comparison.NeedsTarget():
		at = a.ComparisonText.Place
	}
	if !at.Known() {
		return a.Place
	}
	return at
}

// extracted makes the event of a row of variables.
func (t *Test) extracted(row int, x extracted) event.Extracted {
	r := x.row.row
	out := event.Extracted{
		Row: row, Name: r.Name.Value, Source: t.name(r.Source.String(), r.SourceText), Property: t.cover.showBrief(x.property),
		Outcome: event.Passed, Where: t.cover.excerpt(r.Place),
	}
	if x.err == nil {
		out.Value, out.Cut = t.cutter().value(r.Name.Value, x.value)
		out.Type = x.value.TypeName()
		return out
	}
	out.Outcome, out.Error, out.Nearest = event.Failed, x.err.Error(), nearestPart(x.err)
	if isNotChecked(x.err) {
		out.Outcome = event.NotRun
	}
	if t.hasShort(x.property) {
		out.Error, out.Nearest = "the property leads nowhere", nil
	}
	out.Error = t.cover.brief(out.Error, longestSentence)
	if at := blameRow(x); at.Known() {
		out.Where = t.cover.excerpt(at)
	}
	return out
}

func blameRow(x extracted) source.Place {
	switch {
	case undefinedAt(x.err).Known():
		return undefinedAt(x.err)
	case x.row.row.Source == 0:
		return x.row.row.SourceText.Place
	}
	return x.row.row.Property.Place
}

// undefinedAt is where the first variable without a value is used; unknown when that is not what is wrong.
func undefinedAt(err error) source.Place {
	var undefined *variables.UndefinedError
	if errors.As(err, &undefined) && len(undefined.Uses) > 0 {
		return undefined.Uses[0].Place
	}
	return source.Place{}
}

func nearestPart(err error) *event.Nearest {
	m := missingOf(err)
	if m == nil {
		return nil
	}
	return &event.Nearest{Path: shortened(m.Found, longestName), Type: m.FoundKind.TypeName(), Keys: m.Keys, Length: m.Length}
}
