package runner

import (
	"strings"

	"offscope/event"
	"offscope/exchange"
	"offscope/variables"
)

// tellChanges writes what has changed since it was called last: what somebody needs to go on from the next step.
func (t *Test) tellChanges(step int) {
	var changed event.Changed
	cutter := t.cutter()
	for _, change := range t.scope.Changes(t.told) {
		changed.Variables = append(changed.Variables, t.changedVariable(change, cutter))
	}
	for _, r := range t.received {
		cookies := event.Cookies{URL: t.cover.text(r.URL)}
		for _, line := range r.Lines {
			cookies.Lines = append(cookies.Lines, t.cover.keep(t.cover.setCookie(line)))
		}
		changed.Cookies = append(changed.Cookies, cookies)
	}
	if from := t.plan.Options.Resume; from != nil && step == 0 {
		t.addCarried(&changed, from.Carried)
	}
	t.told, t.received = t.scope.Mark(), nil
	if len(changed.Variables)+len(changed.Cookies) > 0 {
		t.emit.write(step, changed)
	}
}

// addCarried adds what an earlier run has told, whose secrets are masked already.
func (t *Test) addCarried(changed *event.Changed, carried event.Changed) {
	for _, v := range carried.Variables {
		v.Value = t.cover.keep(v.Value)
		changed.Variables = append(changed.Variables, v)
	}
	for _, c := range carried.Cookies {
		kept := event.Cookies{URL: t.cover.keep(c.URL), Step: c.Step}
		for _, line := range c.Lines {
			kept.Lines = append(kept.Lines, t.cover.keep(line))
		}
		changed.Cookies = append(changed.Cookies, kept)
	}
}

func (t *Test) changedVariable(c variables.Change, cutter *cutter) event.Variable {
	v := event.Variable{Name: c.Name, Origin: c.Origin.String(), Secret: t.plan.secrets[c.Name]}
	v.Given = c.Origin.Kind <= variables.Flag || c.Origin.Kind >= variables.SubtestParameter
	if c.Value != nil {
		v.Value, v.Cut = cutter.value(c.Name, c.Value)
		v.Type = c.Value.TypeName()
	}
	return v
}

// setCookie leaves the name and the attributes of a cookie to be seen.
func (c *cover) setCookie(line string) string {
	cookie, attributes, found := strings.Cut(line, ";")
	if found {
		attributes = ";" + attributes
	}
	return c.cookies(exchange.Field{Name: "Set-Cookie", Value: cookie}) + c.text(attributes)
}
