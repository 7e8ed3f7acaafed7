package main

import (
	"fmt"
	"slices"

	"offscope/bucket"
	"offscope/event"
	"offscope/runner"
	"offscope/source"
	"offscope/variables"
)

// addCookieSetters has the steps run again that got a cookie which a step to be sent needs: its value is in no record. A step
// that changes something is not repeated for a cookie that nobody has named, so that is an error.
func (b *bridge) addCookieSetters() (grown bool, err error) {
	if !b.plan.KeepsCookies() || len(b.cookies) == 0 {
		return false, nil
	}
	var refused *cookieNeed
	for _, need := range slices.Backward(b.cookieNeeds()) { // those that are added have needs of their own, which stand before
		switch {
		case !b.wanted[need.step.Number], need.gone && !b.getsCookie(need):
		case b.wanted[need.from]:
			if len(b.produced[need.from]) > 0 { // for another cookie
				b.tellCookie(need)
			}
		case !b.repeatable(need.from):
			refused = &need
		default:
			b.addWhole(need.from)
			b.tellCookie(need)
			grown = true
		}
	}
	if refused != nil {
		return false, b.refuseCookie(*refused)
	}
	return grown, nil
}

func (b *bridge) tellCookie(need cookieNeed) {
	told := b.produced[need.from]
	if name := "cookie " + source.Printable(need.name); !slices.Contains(told, name) {
		b.produced[need.from] = slices.Insert(told, 0, name)
	}
}

// cookieNeeds follows the recorded cookies through the steps, and returns those that each would have sent.
func (b *bridge) cookieNeeds() []cookieNeed {
	var needs []cookieNeed
	address := b.addresses()
	trail, rest := newCookieTrail(b.began), b.cookies
	for _, s := range b.plan.Steps {
		for ; len(rest) > 0 && rest[0].Step < s.Number; rest = rest[1:] {
			trail.learn(rest[0])
		}
		request, ok := s.Step.(*bucket.Request)
		if !ok {
			continue
		}
		for _, need := range trail.sentTo(address(request)) {
			need.step = s
			needs = append(needs, need)
		}
	}
	return needs
}

// addresses returns a function that says where a request goes, "" when that is not known before the run.
func (b *bridge) addresses() func(*bucket.Request) string {
	survey := runner.NewSurvey(runner.NewPlan(b.plan.Test, b.options()))
	scripted := survey.Guesswork
	for _, layer := range b.plan.Options.Environment.Layers() {
		scripted = scripted || len(layer.BeforeScripts) > 0
	}
	names := variables.Names{Scope: b.knownBefore(survey), Builtins: &variables.Builtins{}}
	return func(r *bucket.Request) string {
		url, err := variables.Parse(r.URL).Expand(names)
		if err != nil || scripted || len(r.BeforeScripts) > 0 {
			return ""
		}
		return variables.EncodeURL(url.String())
	}
}

// knownBefore are the variables that have the same value throughout the rerun, as far as that can be seen.
func (b *bridge) knownBefore(survey runner.Survey) *variables.Scope {
	var all []variables.Initial
	for _, layer := range b.plan.Options.Environment.Layers() {
		for _, v := range layer.Initial {
			all = append(all, variables.Initial{Name: v.Name.Value, Text: v.Value})
		}
	}
	all = append(all, b.plan.Options.Values...)
	changes := map[string]bool{}
	for _, v := range b.state {
		_, isGiven := b.present(v.Name)
		_, typed := b.typedNow(v)
		switch {
		case typed, v.Given && isGiven:
		case isHidden(v):
			changes[v.Name] = true
		default:
			all = append(all, b.recorded(v))
		}
	}
	for _, part := range survey.Steps {
		for _, name := range part.Produces {
			changes[name] = changes[name] || b.wanted[part.Step.Number]
		}
	}
	all = slices.DeleteFunc(all, func(v variables.Initial) bool { return changes[v.Name] })
	scope, _ := variables.Resolve(all, &variables.Builtins{}, nil)
	return scope
}

// getsCookie reports whether a step that is sent gets a cookie which was taken away behind it.
func (b *bridge) getsCookie(gone cookieNeed) bool {
	return slices.ContainsFunc(b.cookies, func(c event.Cookies) bool {
		return c.Step < gone.from && b.wanted[c.Step] && slices.ContainsFunc(c.Lines, func(line string) bool { return nameOfCookie(line) == gone.name })
	})
}

// repeatable reports whether a step, with the condition or loop around it, can be sent once more and changes nothing.
func (b *bridge) repeatable(step int) bool {
	if step > len(b.plan.Steps) {
		return false
	}
	whole := map[int]bool{outermost(b.plan.Steps[step-1]).Number: true}
	return !slices.ContainsFunc(b.plan.Steps, func(s *runner.Step) bool {
		_, pause := s.Step.(*bucket.Pause)
		return namesOrHolds(whole, s) && (isSkipped(s) || !pause && !isContainer(s) && !s.Reads())
	})
}

func isContainer(s *runner.Step) bool {
	switch s.Step.(type) {
	case *bucket.Condition, *bucket.Loop:
		return true
	}
	return false
}

func (b *bridge) refuseCookie(need cookieNeed) error {
	by, begin, what := "", need.from, "sends the cookie %s, which step %d%s got"
	if need.from <= len(b.plan.Steps) {
		from := b.plan.Steps[need.from-1]
		by, begin = titleOf(from), outermost(from).Number
	}
	if need.gone {
		what = "goes without the cookie %s, which step %d%s took away"
	}
	what = fmt.Sprintf(what, source.Printable(need.name), need.from, by)
	return usageHint(fmt.Sprintf("--from %d begins there; --cookies off goes on without cookies", begin),
		"step %d%s %s: cookies are in no record, and a step that may change something is not repeated unasked", need.step.Number, titleOf(need.step), what)
}
