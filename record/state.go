package record

import (
	"cmp"
	"fmt"
	"slices"

	"offscope/event"
	"offscope/exchange"
)

// A State is what a test knew at one moment: all that a run needs to go on from there, but for the secrets.
type State struct {
	// Variables are in the order in which they were set first; those that were taken away are not among them.
	Variables []Variable
	// Cookies are what the responses before have set, in the order of the steps, whether the test kept them or not. Their
	// values are marks. The step of each is the one that got it.
	Cookies []event.Cookies
}

// A Variable is a variable with its last value.
type Variable struct {
	event.Variable
	// Step is the number of the step that gave the value, in this run or in one before; 0 when it was there before the first.
	Step int
	// Marks are the secrets that stand in the value, in order; with any of them the value cannot be used as it is.
	Marks []exchange.Mark
}

// StateBefore returns what a test, by its number, knew when a step began (of a step in a loop: began first). A record that was
// cut off has this for all steps that had begun, and for the one after those that had ended.
func (r *Record) StateBefore(test, step int) (State, error) {
	if !r.recorded {
		return State{}, fmt.Errorf("%s is a stream of events without its %s: secrets in it may be mere names, so nothing can go on from it; name a recorded run, offscope runs lists them", r.Events, metaName)
	}
	f := folder{test: test, step: step, at: map[string]int{}}
	if err := r.Each(&f); err != nil && !f.arrived {
		return State{}, err
	}
	if f.arrived {
		return f.state(), nil
	}
	if err := f.notReached(); err != nil {
		return State{}, fmt.Errorf("run %s: %w", r.Meta.ID, err)
	}
	return f.state(), nil
}

// A folder puts the changes of a test over each other, until a step begins. Of several attempts at a test it is the last one.
type folder struct {
	test, step int
	arrived    bool // the step has begun
	begun      bool
	steps      int // in the file
	last       int // the step that began last
	ended      bool
	variables  []Variable
	at         map[string]int // where a variable stands that was not taken away
	cookies    []event.Cookies
	answered   []event.Cookies // in answers, also those of a test that kept none
}

// Write takes the next event.
func (f *folder) Write(e event.Event) error {
	if e.Test != f.test || e.Sub != 0 {
		return nil
	}
	if b, ok := e.Body.(event.TestStarted); ok {
		*f = folder{test: f.test, step: f.step, begun: true, steps: b.Steps, at: map[string]int{}}
	}
	if f.arrived {
		return nil
	}
	switch b := e.Body.(type) {
	case event.StepStarted:
		if e.Step == f.step {
			f.arrived = true
			return nil
		}
		f.last, f.ended = e.Step, false
	case event.StepFinished:
		f.ended = f.ended || e.Step == f.last
	case event.Exchanged:
		if r := b.Response; r != nil && len(r.Header.Values("Set-Cookie")) > 0 {
			f.answered = append(f.answered, event.Cookies{URL: b.Request.URL, Lines: r.Header.Values("Set-Cookie"), Step: e.Step})
		}
	case event.Changed:
		for _, v := range b.Variables {
			if v.Step < f.step { // of an earlier run, which may have gone further
				f.change(v, cmp.Or(v.Step, e.Step))
			}
		}
		for _, c := range b.Cookies {
			if c.Step < f.step {
				c.Step = cmp.Or(c.Step, e.Step)
				f.cookies = append(f.cookies, c)
			}
		}
	}
	return nil
}

func (f *folder) change(v event.Variable, step int) {
	at, known := f.at[v.Name]
	gone := v.Value == "" && v.Type == ""
	switch {
	case gone && known:
		delete(f.at, v.Name)
	case gone:
	case known:
		f.variables[at] = Variable{Variable: v, Step: step, Marks: marks(v.Value)}
	default:
		f.at[v.Name] = len(f.variables)
		f.variables = append(f.variables, Variable{Variable: v, Step: step, Marks: marks(v.Value)})
	}
}

// notReached says why the state before the step is not known although nothing is wrong with the record; nil when it is known
// after all, because the steps before have ended and nothing of the step had begun.
func (f *folder) notReached() error {
	switch {
	case !f.begun:
		return fmt.Errorf("it has no test %d", f.test)
	case f.step < 1 || f.step > f.steps:
		return fmt.Errorf("test %d has no step %d: its steps are 1 to %d", f.test, f.step, f.steps)
	case f.last == 0:
		return fmt.Errorf("test %d ended before its first step; run it from the beginning", f.test)
	case !f.ended:
		return fmt.Errorf("the record of test %d ends within step %d; go on from that step", f.test, f.last)
	case f.step != f.last+1:
		return fmt.Errorf("the record of test %d ends behind step %d; go on from step %d", f.test, f.last, f.last+1)
	}
	return nil
}

func (f *folder) state() State {
	f.addAnswered()
	slices.SortStableFunc(f.cookies, func(a, b event.Cookies) int { return cmp.Compare(a.Step, b.Step) })
	s := State{Cookies: f.cookies}
	for i, v := range f.variables {
		if at, ok := f.at[v.Name]; ok && at == i {
			s.Variables = append(s.Variables, v)
		}
	}
	return s
}

// addAnswered adds what the answers to steps have set that did not keep it.
func (f *folder) addAnswered() {
	kept := map[int]bool{}
	for _, c := range f.cookies {
		kept[c.Step] = true
	}
	for _, c := range f.answered {
		if !kept[c.Step] {
			f.cookies = append(f.cookies, c)
		}
	}
}

// marks returns the secrets that stand in a text.
func marks(text string) []exchange.Mark {
	var found []exchange.Mark
	exchange.Show(text, func(m exchange.Mark) string {
		found = append(found, m)
		return ""
	})
	return found
}
