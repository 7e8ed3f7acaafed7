package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"offscope/bucket"
	"offscope/event"
	"offscope/jsontree"
	"offscope/record"
	"offscope/runner"
	"offscope/source"
	"offscope/variables"
)

// A bridge leads from the state of a recorded run to the one in which a test goes on. It decides of each variable where its
// value comes from: from the record, from the present flags and files, from the initial scripts, or, when it is a secret that a
// step had got (or a value too long for a record), from that step, which is sent once more.
type bridge struct {
	run     string
	plan    *runner.Plan
	was     record.TestView
	given   map[string]record.Variable // what was given from outside, when the test began
	state   []record.Variable          // what the test knew where it goes on
	cookies []event.Cookies            // that it had been given, in the order of the steps
	began   time.Time                  // when the recorded run did
	wanted  map[int]bool               // the steps to be sent; grows by those that produce a secret
	first   int

	now      map[string]bool // the names that the command of the rerun itself gives a value
	rescript bool            // the initial scripts have changed since
	scripts  bool            // the initial scripts run again
	anew     bool            // and so draw random values again
	some     map[string]bool // only of these names; nil stands for all
	// What is told: where the values come from.
	taken, again, typed, drawn, remade []string

	parted   map[string]int // what initial scripts made and a step before has used, while others of them are drawn anew
	produced map[int][]string
	doubts   map[string]int // secrets that may have been drawn, with the step that used them first
}

func newBridge(run string, plan *runner.Plan, was record.TestView, first, state record.State, wanted []int) *bridge {
	b := &bridge{
		run: run, plan: plan, was: was, state: state.Variables, cookies: state.Cookies, first: wanted[0],
		given: map[string]record.Variable{}, wanted: map[int]bool{}, produced: map[int][]string{}, doubts: map[string]int{},
	}
	for _, v := range first.Variables {
		if v.Given {
			b.given[v.Name] = v
		}
	}
	for _, n := range wanted {
		b.wanted[n] = true
	}
	return b
}

// build plans the test in its state. A secret that is needed and that nobody gives is an error.
func (b *bridge) build() (*runner.Plan, error) {
	if err := b.addProducers(); err != nil {
		return nil, err
	}
	b.anew, b.some = b.drawAnew()
	if b.rescript {
		b.anew, b.some, b.parted = true, nil, nil
	}
	remake := (!b.anew || b.some != nil) && b.scriptsMakeSecrets()
	b.scripts = b.anew || remake
	lacks := b.lacks()
	o := b.options()
	resume := &runner.Resume{InitialScripts: b.scripts}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(b.given)) {
		v := b.given[name]
		switch now, isGiven := b.present(name); {
		case isGiven && isHidden(v):
			b.again = append(b.again, fmt.Sprintf("%s (%s)", name, now.Origin))
		case isHidden(v) && lacks[name]:
			missing = append(missing, name)
		case !isGiven && !isHidden(v):
			o.Values = append(o.Values, b.recorded(v))
		}
	}
	if len(missing) > 0 {
		return nil, usageHint("as in: offscope rerun --secret "+missing[0]+"=VALUE, or --secrets-file FILE",
			"%s are in no record; give again: %s", b.kindsOf(missing), strings.Join(missing, ", "))
	}
	for _, v := range b.state {
		if now, typed := b.typedNow(v); typed {
			if !isHidden(v) || !v.Given {
				b.typed = append(b.typed, fmt.Sprintf("%s (%s)", v.Name, now.Origin))
			}
			if now.Value == nil && len(variables.Parse(now.Text).Uses()) == 0 {
				now.Value = jsontree.FromString(now.Text.Value)
			}
			if now.Value != nil {
				resume.Variables = append(resume.Variables, now)
			}
			continue
		}
		if b.restore(v, lacks) {
			resume.Variables = append(resume.Variables, b.recorded(v))
			b.taken = append(b.taken, v.Name)
		}
	}
	resume.Carried = b.carried()
	o.Resume = resume
	return runner.NewPlan(b.plan.Test, o), nil
}

// carried is what the record knows and this run does without: a run that goes on from this one may need it.
func (b *bridge) carried() event.Changed {
	var all event.Changed
	for _, v := range b.state {
		_, isGiven := b.present(v.Name)
		byScript := isMade(v) && b.scripts
		if !isHidden(v) || byScript || b.wanted[v.Step] || v.Given && isGiven {
			continue
		}
		if given, ok := b.given[v.Name]; ok && v.Step > 0 && !isGiven {
			all.Variables = append(all.Variables, onlyMarks(given))
		}
		all.Variables = append(all.Variables, onlyMarks(v))
	}
	for _, c := range b.cookies {
		if !b.wanted[c.Step] {
			all.Cookies = append(all.Cookies, c)
		}
	}
	return all
}

// onlyMarks leaves nothing of a value but which secrets stand in it. The rest may be secret in this run.
func onlyMarks(v record.Variable) event.Variable {
	left := v.Variable
	left.Step, left.Value = v.Step, ""
	for _, m := range v.Marks {
		left.Value += m.String()
	}
	return left
}

// typedNow returns the value that the command of the rerun itself gives for a variable. It wins over the record, and over what
// the initial scripts make again; one that is made of other variables only wins over the record.
func (b *bridge) typedNow(v record.Variable) (now variables.Initial, ok bool) {
	if now, ok = b.present(v.Name); !ok || !b.now[v.Name] || now.Origin.Kind != variables.Flag {
		return now, false
	}
	return now, true
}

// sends reports whether a step is sent in the rerun.
func (b *bridge) sends(step int) bool { return b.wanted[step] }

// restore reports whether a variable gets its recorded value, and notes who makes it otherwise.
func (b *bridge) restore(v record.Variable, lacks map[string]bool) bool {
	hidden := isHidden(v)
	switch now, isGiven := b.present(v.Name); {
	case isMade(v) && b.draws(v.Name):
		b.drawn = append(b.drawn, v.Name)
		return false
	case v.Given && hidden:
		return false
	case v.Given && isGiven:
		return drawsRandom(now.Text) && !b.draws(v.Name)
	case isMade(v) && hidden:
		if b.scripts {
			b.remade = append(b.remade, v.Name)
		}
		return false
	case hidden:
		if b.wanted[v.Step] && v.Step < b.first {
			b.produced[v.Step] = append(b.produced[v.Step], v.Name)
		}
		return false
	}
	return true
}

// options are those of the test with the steps to be sent.
func (b *bridge) options() runner.Options {
	o := b.plan.Options
	o.Values = slices.Clone(o.Values)
	o.NotChosen = "as recorded"
	o.Choose = func(s *runner.Step) bool { return b.wanted[s.Number] }
	return o
}

// isHidden reports whether a value is not in the record, or not whole: a secret, or one that was too long.
func isHidden(v record.Variable) bool { return v.Secret || len(v.Marks) > 0 || v.Cut }

// kindsOf says why given values are in no record.
func (b *bridge) kindsOf(names []string) string {
	if slices.ContainsFunc(names, func(name string) bool { return b.given[name].Cut }) {
		return "secrets and long values"
	}
	return "secrets"
}

// recorded is a value as it was.
func (b *bridge) recorded(v record.Variable) variables.Initial {
	value := jsontree.FromString(v.Value)
	if v.Type != "string" {
		if tree, err := jsontree.Parse([]byte(v.Value)); err == nil {
			value = tree
		}
	}
	detail := b.run + " (" + v.Origin + ")"
	if earlier := variables.Recorded.String() + " "; strings.HasPrefix(v.Origin, earlier) {
		detail = strings.TrimPrefix(v.Origin, earlier)
	}
	return variables.Initial{Name: v.Name, Value: value, Origin: variables.Origin{Kind: variables.Recorded, Detail: detail}}
}

// present returns what the present flags, files and environment give for a name.
func (b *bridge) present(name string) (now variables.Initial, ok bool) {
	for _, layer := range b.plan.Options.Environment.Layers() {
		for _, v := range layer.Initial {
			if v.Name.Value == name {
				origin := variables.Origin{Kind: variables.TestEnvironment, Detail: layer.Name}
				now, ok = variables.Initial{Name: name, Text: v.Value, Origin: origin}, true
			}
		}
	}
	for _, v := range b.plan.Options.Values {
		if v.Name == name && (!ok || v.Origin.Kind >= now.Origin.Kind) {
			now, ok = v, true
		}
	}
	return now, ok
}

// drawsRandom reports whether a given value is another one in every run.
func drawsRandom(text source.Text) bool {
	return slices.ContainsFunc(variables.Parse(text).Uses(), func(u variables.Use) bool { return u.Function })
}

// addProducers has the steps run again that gave a secret or got a cookie which is needed: its value is in no record.
func (b *bridge) addProducers() error {
	for grown := true; grown; {
		grown = false
		lacks := b.lacks()
		for _, v := range b.state {
			if !isHidden(v) || v.Given || v.Step == 0 || b.wanted[v.Step] || v.Step > len(b.plan.Steps) || !lacks[v.Name] {
				continue
			}
			b.addWhole(v.Step)
			grown = true
		}
		if grown {
			continue // with all secrets first: a step that gave one may have got the cookies, too
		}
		var err error
		if grown, err = b.addCookieSetters(); err != nil {
			return err
		}
	}
	return nil
}

// addWhole has a step run again. One inside a condition or loop runs with all of it.
func (b *bridge) addWhole(step int) {
	whole := map[int]bool{outermost(b.plan.Steps[step-1]).Number: true}
	for _, s := range b.plan.Steps {
		b.wanted[s.Number] = b.wanted[s.Number] || namesOrHolds(whole, s)
	}
}

// lacks are the names that the steps to be sent need and that neither they nor what is given now set.
func (b *bridge) lacks() map[string]bool {
	survey := runner.NewSurvey(runner.NewPlan(b.plan.Test, b.options()))
	lacks := map[string]bool{}
	for _, need := range slices.Concat(survey.Missing, survey.Perhaps, survey.Asked) {
		b.lack(lacks, need.Name)
	}
	own, inside := b.reads(b.scripts), b.subtestsRead()
	for _, v := range b.state {
		_, typed := b.typedNow(v)
		switch byStep := !v.Given && v.Step > 0; {
		case !isHidden(v), byStep && typed:
		case byStep && b.usedFirst(survey, own, v.Name):
			lacks[v.Name] = true
		case !byStep && own.of(v.Name):
			b.lack(lacks, v.Name)
		}
	}
	for name, v := range b.given {
		if isHidden(v) && inside.of(name) {
			b.lack(lacks, name)
		}
	}
	return lacks
}

// usedFirst reports whether a step that is to be sent uses a variable before another one sets it. It may have been given, too:
// that is not the value that the test goes on with.
func (b *bridge) usedFirst(survey runner.Survey, own reading, name string) bool {
	for _, part := range survey.Steps {
		switch {
		case !b.wanted[part.Step.Number]:
		case slices.ContainsFunc(part.Needs, func(n runner.Need) bool { return n.Name == name && n.Subtest == "" }):
			return true
		case !part.Conditional && part.Unsupported == "" && slices.Contains(part.Produces, name):
			return own.of(name)
		}
	}
	return own.of(name)
}

// lack adds a name, and those that a value given for it is made of.
func (b *bridge) lack(lacks map[string]bool, name string) {
	if lacks[name] {
		return
	}
	lacks[name] = true
	if now, ok := b.present(name); ok {
		for _, use := range variables.Parse(now.Text).Uses() {
			b.lack(lacks, use.Name)
		}
	}
}

// draws reports whether a variable takes its value from the initial scripts' new draw.
func (b *bridge) draws(name string) bool { return b.anew && (b.some == nil || b.some[name]) }

// drawAnew reports whether the random values of initial scripts are to be drawn again: nothing was sent before, or a step that
// is to be sent creates something of them and nothing that was sent before has. Where other values were used for creating
// before, only those that are used now are drawn.
func (b *bridge) drawAnew() (anew bool, some map[string]bool) {
	sentBefore := func(s record.StepView) bool { return s.Number < b.first && b.sent(s.Number) }
	if !slices.ContainsFunc(b.was.Steps, sentBefore) && !slices.ContainsFunc(b.state, drawnEarlier) {
		return true, nil
	}
	before, now := map[string]int{}, map[string]bool{} // before says by which step first
	for _, part := range runner.NewSurvey(b.plan).Steps {
		request, ok := part.Step.Step.(*bucket.Request)
		if !ok || strings.EqualFold(request.Method.Value, "GET") || strings.EqualFold(request.Method.Value, "HEAD") {
			continue
		}
		number := part.Step.Number
		for _, v := range b.state {
			if !isMade(v) || !slices.ContainsFunc(part.Needs, func(n runner.Need) bool { return n.Name == v.Name }) {
				continue
			}
			if number < b.first && (b.sent(number) || drawnEarlier(v)) {
				before[v.Name] = cmp.Or(before[v.Name], number)
			}
			if b.wanted[number] {
				now[v.Name] = true
			}
		}
	}
	for name := range now {
		if before[name] > 0 {
			return false, nil
		}
	}
	if len(before) > 0 {
		b.parted = before
		return len(now) > 0, now
	}
	return len(now) > 0, nil
}

// isMade reports whether an initial script has made a variable, in this run or in one before.
func isMade(v record.Variable) bool { return v.Step == 0 && (!v.Given || drawnEarlier(v)) }

// drawnEarlier reports whether the recorded run itself took from an earlier record what an initial script had made.
func drawnEarlier(v record.Variable) bool {
	return strings.HasPrefix(v.Origin, variables.Recorded.String()) && strings.Contains(v.Origin, variables.InitialScript.String())
}

// sent reports whether a step sent something in the recorded run.
func (b *bridge) sent(number int) bool {
	return slices.ContainsFunc(b.was.Steps, func(s record.StepView) bool { return s.Number == number && s.Counts.Requests > 0 })
}

// scriptsMakeSecrets reports whether the initial scripts have to run again for a secret that they made. Whether they draw it is
// not known; that is to be told when a step had used it.
func (b *bridge) scriptsMakeSecrets() bool {
	own, needed := b.reads(false), false
	continued := slices.ContainsFunc(b.state, drawnEarlier)
	parts := runner.NewSurvey(b.plan).Steps
	for _, v := range b.state {
		if !isHidden(v) || v.Given || v.Step != 0 {
			continue
		}
		for _, part := range parts {
			number := part.Step.Number
			uses := slices.ContainsFunc(part.Needs, func(n runner.Need) bool { return n.Name == v.Name })
			if b.doubts[v.Name] == 0 && uses && number < b.first && (continued || b.sent(number)) && !b.wanted[number] {
				b.doubts[v.Name] = number
			}
			needed = needed || uses && b.wanted[number]
		}
		needed = needed || own.of(v.Name) || b.plan.EnvironmentUses(v.Name)
	}
	return needed
}

// told says where the values come from.
func (b *bridge) told() string {
	var out strings.Builder
	if b.rescript {
		out.WriteString("notice: the initial script has changed since the run: it runs again, and what the record has of it is dropped\n")
	}
	line := func(what string, names []string) {
		if len(names) > 0 {
			fmt.Fprintf(&out, "%s: %s\n", what, strings.Join(names, ", "))
		}
	}
	line("from the record of run "+b.run, b.taken)
	line("given again", b.again)
	line("given now", b.typed)
	line("drawn anew by the initial script", b.drawn)
	line("made again by the initial script", b.remade)
	if kept := slices.Sorted(maps.Keys(b.parted)); len(kept) > 0 && len(b.drawn) > 0 {
		fmt.Fprintf(&out, "notice: not drawn anew: %s; if the initial script makes these and the others of one draw, they do not belong together now: --from %d draws all\n",
			strings.Join(kept, ", "), slices.Min(slices.Collect(maps.Values(b.parted))))
	}
	for _, n := range slices.Sorted(maps.Keys(b.produced)) {
		line(fmt.Sprintf("got again by step %d", n), b.produced[n])
	}
	for _, name := range b.remade {
		if n := b.doubts[name]; n > 0 {
			fmt.Fprintf(&out, "notice: if the initial script draws %s at random, it is another one now; begin where it was used first: --from %d\n", name, n)
		}
	}
	return out.String()
}
