package runner

import (
	"errors"
	"unicode/utf8"

	"offscope/assertion"
	"offscope/event"
	"offscope/exchange"
	"offscope/jsengine"
	"offscope/source"
	"offscope/variables"
)

// Finish counts what the stages found and writes the step's events. It returns how the step ended.
func (a *Attempt) Finish() event.Outcome {
	t, number := a.test, a.Step.Number
	if a.Request != nil {
		t.emit.write(number, a.exchanged())
	}
	counts := a.count()
	for _, p := range a.problems {
		t.emit.write(number, p)
	}
	for i, x := range a.extractions {
		t.emit.write(number, x.event(i+1))
	}
	for _, s := range a.scripts {
		t.emit.write(number, s.event())
	}
	for i, c := range a.assertions {
		t.emit.write(number, c.event(i+1))
	}
	finished := event.StepFinished{Outcome: a.outcome, Duration: t.clock.Now().Sub(a.began), Counts: counts}
	if a.outcome.Bad() {
		finished.Hints = a.hints()
	}
	t.emit.write(number, finished)
	t.counts.Add(counts)
	switch a.outcome {
	case event.Passed:
		t.counts.StepsPassed++
	case event.Failed:
		t.counts.StepsFailed++
	case event.Errored:
		t.counts.StepsErrored++
	}
	t.worsen(a.outcome)
	if a.outcome.Bad() && t.stopped == "" {
		t.afterFailure()
	}
	return a.outcome
}

func (a *Attempt) count() event.Counts {
	counts := event.Counts{Assertions: a.Step.assertionsDefined(), Variables: len(a.extractions), Scripts: len(a.scripts)}
	if a.Step.request == nil {
		counts.AssertionsFailed = counts.Assertions // nothing of the step was checked
	}
	for _, c := range a.assertions {
		if !c.passed() {
			counts.AssertionsFailed++
		}
	}
	for _, x := range a.extractions {
		if x.err != nil {
			counts.VariablesFailed++
		}
	}
	for _, s := range a.scripts {
		if s.outcome().Bad() {
			counts.ScriptsFailed++
		}
	}
	return counts
}

func (a *Attempt) exchanged() event.Exchanged {
	m := a.test.masker
	out := event.Exchanged{Timings: a.timings, Failure: a.failure}
	out.Request = event.Request{
		Method: m.Mask(a.Request.Method), URL: a.shownURL(), Header: a.shownHeader(), Body: a.content(a.Request.Body),
	}
	if r := a.Response; r != nil {
		out.Response = &event.Response{
			Proto: r.Proto, Status: r.Status, Reason: r.Reason, Header: r.Header, Body: a.content(r.Body),
		}
	}
	return out
}

// shownURL hides the pieces that came from secret variables, be they ever so short, as long as no script has changed the
// URL; then every registered secret.
func (a *Attempt) shownURL() string {
	m := a.test.masker
	if a.Request.URL != variables.EncodeURL(a.expanded.url.String()) {
		return m.Mask(a.Request.URL)
	}
	var out string
	for _, p := range a.expanded.url.Pieces {
		if p.Variable != "" && a.test.plan.secrets[p.Variable] {
			out += exchange.Mark{Secret: p.Variable, Encoding: exchange.URLEncoded}.String()
			continue
		}
		out += m.Mask(variables.EncodeURL(p.Text))
	}
	if a.test.reveal(out) != a.Request.URL {
		return m.Mask(a.Request.URL) // the pieces encode differently apart: hide what is known in the whole
	}
	return out
}

// shownHeader shows each header as it was made from its template, unless a script has changed it.
func (a *Attempt) shownHeader() exchange.Header {
	out := make(exchange.Header, len(a.Request.Header))
	for i, f := range a.Request.Header {
		out[i] = exchange.Field{Name: f.Name, Value: a.test.masker.Mask(f.Value)}
		for j, made := range a.expanded.headers {
			if made == f && !proves(f.Name) {
				out[i].Value = a.expanded.shown[j].Value
			}
		}
	}
	return out
}

const defaultBodyLimit = 64 << 10

// content keeps the beginning of a body for the events. It is masked before it is cut, so that no half of a secret stays.
func (a *Attempt) content(body []byte) event.Content {
	limit := a.test.plan.Options.BodyLimit
	if limit == 0 {
		limit = defaultBodyLimit
	}
	c := event.Content{Size: len(body)}
	if !looksLikeText(body) {
		c.Binary = true
		return c
	}
	c.Text, c.Cut = a.test.masker.MaskPrefix(body, limit)
	return c
}

func looksLikeText(body []byte) bool {
	head := body[:min(len(body), 1024)]
	for i, b := range head {
		if b == 0 {
			return false
		}
		if len(head)-i < utf8.UTFMax {
			break
		}
	}
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		if r == utf8.RuneError && size == 1 && len(head) >= utf8.UTFMax {
			return false
		}
		head = head[size:]
	}
	return true
}

func (c checked) passed() bool { return c.err == nil && c.outcome.Passed }

func (c checked) event(row int) event.Asserted {
	a := c.row.row
	out := event.Asserted{
		Row: row, Label: assertion.Label(a.Source, c.property), Source: nameOr(a.Source.String(), a.SourceText),
		Property: c.property, Comparison: nameOr(a.Comparison.String(), a.ComparisonText), Target: a.Target.Value,
		Expected: c.target, Outcome: event.Passed, Where: a.Place.Excerpt(),
	}
	if !c.passed() {
		out.Outcome = event.Failed
		out.Where = blame(c).Excerpt()
	}
	if errors.Is(c.err, errNotChecked) {
		out.Outcome = event.NotRun
	}
	if c.err != nil {
		out.Error = c.err.Error()
		return out
	}
	out.Message, out.Remark = c.outcome.Message, c.outcome.Remark
	if c.outcome.Explanation != "" {
		out.Error = c.outcome.Explanation
	}
	if c.outcome.Err != nil {
		out.Error, out.Nearest = c.outcome.Err.Error(), nearestPart(c.outcome.Err)
		return out
	}
	out.Actual, out.Type = c.outcome.Actual.Text, c.outcome.Actual.Type
	return out
}

// blame is the part of an assertion that a failure points at: the property when it leads nowhere, else the target, else the
// comparison.
func blame(c checked) source.Place {
	a := c.row.row
	var undefined *variables.UndefinedError
	switch {
	case errors.As(c.err, &undefined) && len(undefined.Uses) > 0:
		return undefined.Uses[0].Place
	case c.err == nil && c.outcome.Err != nil && a.Property.Value != "":
		return a.Property.Place
	case a.Source == 0:
		return a.SourceText.Place
	case a.Comparison == 0 || !a.Comparison.NeedsTarget() || !a.Target.Place.Known():
		return a.ComparisonText.Place
	}
	return a.Target.Place
}

func nameOr(name string, written source.Text) string {
	if name == "" {
		return written.Value
	}
	return name
}

func (x extracted) event(row int) event.Extracted {
	r := x.row.row
	out := event.Extracted{
		Row: row, Name: r.Name.Value, Source: nameOr(r.Source.String(), r.SourceText), Property: x.property,
		Outcome: event.Passed, Where: r.Place.Excerpt(),
	}
	if x.err == nil {
		out.Value, out.Type = x.value.JSText(), x.value.TypeName()
		return out
	}
	out.Outcome, out.Error, out.Nearest = event.Failed, x.err.Error(), nearestPart(x.err)
	if errors.Is(x.err, errNotChecked) {
		out.Outcome = event.NotRun
	}
	if r.Property.Place.Known() {
		out.Where = r.Property.Place.Excerpt()
	}
	return out
}

func nearestPart(err error) *event.Nearest {
	var located *assertion.LocateError
	if !errors.As(err, &located) || located.Missing == nil {
		return nil
	}
	m := located.Missing
	return &event.Nearest{Path: m.Found, Type: m.FoundKind.TypeName(), Keys: m.Keys, Length: m.Length}
}

func (r scriptRun) event() event.Scripted {
	out := event.Scripted{
		Role: r.role.String(), Row: r.row, Outcome: r.outcome(), Duration: r.result.Duration, Where: r.script.text.Place.Excerpt(),
	}
	for _, l := range r.result.Output {
		out.Output = append(out.Output, event.Line{Assert: l.Kind == jsengine.Assert, Failed: l.Kind == jsengine.Assert && !l.Passed, Text: l.Text})
	}
	for _, s := range r.result.Set {
		out.Set = append(out.Set, event.Assignment{Name: s.Name, Value: s.Value.JSText(), Type: s.Value.TypeName()})
	}
	switch f := r.result.Failure; {
	case r.broken != nil:
		out.Failure = &event.ScriptFailure{Failure: "syntax", Message: r.broken.Message, Where: r.broken.Place.Excerpt()}
	case f != nil:
		out.Failure = &event.ScriptFailure{
			Failure: string(f.Kind), Message: f.Message, Expected: f.Expected, Actual: f.Actual, Where: f.At.Excerpt(), Script: f.Excerpt,
		}
	}
	return out
}
