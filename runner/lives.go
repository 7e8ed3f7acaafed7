package runner

import (
	"slices"

	"offscope/variables"
)

// A Life is what becomes of a variable in a test, as far as it can be known without running it.
type Life struct {
	Name string
	// SetBy are those that give it a value, in the order of a run. Before the first step only the one that wins is listed, and the
	// initial scripts. It is empty for a variable that has to be supplied.
	SetBy []Setter
	// UsedIn are the numbers of the steps that use it, in templates or in scripts, once each.
	UsedIn []int
	// InEnvironment says that the environment's headers, authentication or other initial variables use it, InInitialScript that an
	// initial script asks for it.
	InEnvironment, InInitialScript bool
	// Secret says that its value is masked.
	Secret bool
}

// Used reports whether anything uses the variable.
func (l Life) Used() bool { return len(l.UsedIn) > 0 || l.InEnvironment || l.InInitialScript }

// A Setter gives a variable a value.
type Setter struct {
	Kind variables.Kind
	// Detail says which one, such as the name of an environment or file; may be empty.
	Detail string
	// Step is the step's number, 0 for what is before the first step.
	Step int
	// Idle says that the step is passed over, so that it sets nothing.
	Idle bool
}

// Lives tells the life of every variable of a plan that was surveyed: those that something uses in the order in which they first
// appear, then those that nothing uses.
func (s Survey) Lives(p *Plan) []Life {
	l := &lives{plan: p, index: map[string]int{}}
	l.beginning()
	for _, part := range s.Steps {
		for _, need := range part.Needs {
			l.use(need.Name, part.Step.Number)
		}
		l.step(part.Step)
	}
	slices.SortStableFunc(l.all, func(a, b Life) int {
		switch {
		case a.Used() == b.Used():
			return 0
		case a.Used():
			return -1
		}
		return 1
	})
	return l.all
}

type lives struct {
	plan  *Plan
	all   []Life
	index map[string]int
}

func (l *lives) of(name string) *Life {
	i, known := l.index[name]
	if !known {
		i = len(l.all)
		l.index[name] = i
		l.all = append(l.all, Life{Name: name, Secret: l.plan.secrets[name]})
	}
	return &l.all[i]
}

func (l *lives) use(name string, step int) {
	life := l.of(name)
	if !slices.Contains(life.UsedIn, step) {
		life.UsedIn = append(life.UsedIn, step)
	}
}

func (l *lives) set(name string, by Setter) {
	life := l.of(name)
	if !slices.Contains(life.SetBy, by) {
		life.SetBy = append(life.SetBy, by)
	}
}

// beginning is what is before the first step. An initial variable whose value cannot be filled in has none.
func (l *lives) beginning() {
	still := l.plan.still([]*Plan{l.plan}, nil)
	for _, v := range still.given() {
		if origin, ok := still.scope.Origin(v.Name); ok {
			l.set(v.Name, Setter{Kind: origin.Kind, Detail: origin.Detail})
		}
		if v.Value != nil {
			continue // no template
		}
		for _, need := range needsOf(variables.Parse(v.Text)) {
			l.of(need.Name).InEnvironment = true
		}
	}
	for _, initial := range l.plan.initial {
		l.script(initial.script, Setter{Kind: initial.kind}, func(name string) { l.of(name).InInitialScript = true })
	}
	for _, t := range slices.Concat(pairTemplates(l.plan.headers), l.plan.auth.templates()) {
		for _, need := range needsOf(t) {
			l.of(need.Name).InEnvironment = true
		}
	}
}

func (l *lives) step(s *Step) {
	idle := s.isIdle(l.plan.Options)
	byScript := Setter{Kind: variables.Script, Step: s.Number, Idle: idle}
	for _, script := range s.before {
		l.script(script, byScript, func(string) {})
	}
	for _, x := range s.extractions {
		l.set(x.row.Name.Value, Setter{Kind: variables.Extraction, Step: s.Number, Idle: idle})
	}
	for _, script := range s.after {
		l.script(script, byScript, func(string) {})
	}
}

// script notes the names that a script sets, where they are literal, and those that it asks for.
func (l *lives) script(s *script, by Setter, asks func(name string)) {
	if s == nil || s.program == nil {
		return
	}
	for _, name := range s.program.Gets() {
		asks(name)
	}
	literal, _ := s.program.Sets()
	for _, name := range literal {
		l.set(name, by)
	}
}
