package variables

import (
	"errors"
	"slices"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// An Initial is one variable given before a run starts, by an environment, a file, a flag and so on.
type Initial struct {
	Name string
	// Text is the value as a template. It may use built-ins, which are then evaluated once for the run, and other initial
	// variables.
	Text source.Text
	// Value, when set, is taken as it is in the place of Text: a number, a list, or a secret that must not be read as a
	// template.
	Value  Value
	Origin Origin
}

// Resolve makes the scope with which a run starts. Of several values for a name the one with the later [Kind] wins, of equal
// kinds the later in the list. References are filled in until none is left; the hosted service says that initial variables
// may hold built-ins and is silent about references to each other.
//
// A variable that cannot be filled in has no value, and a template that uses it is told why. The diagnostics say the same in
// advance: an undefined name is a warning, because an initial script can still set the variable; a circle is an error.
func Resolve(initial []Initial, builtins *Builtins, secrets *Masker) (*Scope, source.Diagnostics) {
	r := resolver{
		byName:   map[string]*pending{},
		builtins: Names{Builtins: builtins},
		room:     maxInitial,
	}
	for _, v := range winners(initial) {
		p := &pending{Initial: v, template: Parse(v.Text)}
		r.byName[v.Name] = p
		r.order = append(r.order, p)
	}
	scope := &Scope{Secrets: secrets, why: map[string]string{}}
	for _, p := range r.order {
		if v, ok := r.Get(p.Name); ok {
			scope.Set(p.Name, v, p.Origin)
		} else {
			scope.why[p.Name] = p.why
		}
	}
	return scope, r.problems
}

// winners returns one value for each name, in the order of precedence.
func winners(initial []Initial) []Initial {
	sorted := slices.Clone(initial)
	slices.SortStableFunc(sorted, func(a, b Initial) int { return int(a.Origin.Kind) - int(b.Origin.Kind) })
	index := map[string]int{}
	var won []Initial
	for _, v := range sorted {
		if i, ok := index[v.Name]; ok {
			won[i] = v
			continue
		}
		index[v.Name] = len(won)
		won = append(won, v)
	}
	return won
}

// A resolver looks initial variables up and fills them in on the way.
type resolver struct {
	byName   map[string]*pending
	order    []*pending
	active   []*pending // those being filled in, the outermost first
	builtins Names
	problems source.Diagnostics
	room     int // for so many bytes of values more
}

// maxInitial bounds the bytes of all initial variables that are made of others.
const maxInitial = 4 * maxExpansion

type pending struct {
	Initial
	template Template
	why      string // why there is no value
}

// Get returns an initial variable with everything in it filled in.
func (r *resolver) Get(name string) (Value, bool) {
	p, ok := r.byName[name]
	if !ok || p.why != "" {
		return nil, false
	}
	if p.Value != nil {
		return p.Value, true
	}
	if i := slices.Index(r.active, p); i >= 0 {
		if i == len(r.active)-1 && isBare(name) {
			return nil, false // timestamp = {{timestamp}} means the built-in
		}
		r.circle(r.active[i:])
		return nil, false
	}
	r.active = append(r.active, p)
	e, err := p.template.Expand(r)
	r.active = r.active[:len(r.active)-1]
	if err != nil {
		r.unresolved(p, err)
		return nil, false
	}
	if err := r.fits(p, e); err != nil {
		r.unresolved(p, err)
		return nil, false
	}
	p.Value = jsontree.FromString(e.String())
	return p.Value, true
}

// fits counts the value of a variable that is about to be made.
func (r *resolver) fits(p *pending, e Expansion) error {
	if p.template.Literal() {
		return nil
	}
	size := 0
	for _, piece := range e.Pieces {
		size += len(piece.Text)
	}
	if size > r.room {
		return &TooLongError{Name: p.Name, Place: p.Text.Place, which: "initial variables longer than 64 MiB together"}
	}
	r.room -= size
	return nil
}

// Call evaluates a built-in.
func (r *resolver) Call(function string, argument *Expansion) (string, error) {
	return r.builtins.Call(function, argument)
}

// Why explains an initial variable that could not be filled in.
func (r *resolver) Why(name string) string {
	if p, ok := r.byName[name]; ok {
		return p.why
	}
	return ""
}

func (r *resolver) circle(members []*pending) {
	names := make([]string, 0, len(members)+1)
	for _, p := range members {
		names = append(names, p.Name)
	}
	way := strings.Join(append(names, members[0].Name), " → ")
	for _, p := range members {
		p.why = "its initial value refers to itself: " + way
	}
	r.problems = append(r.problems, source.Diagnostic{
		Code:     "variable-circle",
		Severity: source.Error,
		Place:    members[0].Text.Place,
		Message:  "initial variables refer to each other in a circle: " + way,
		Hint:     "give one of them a value without the others",
	})
}

// longWhy ends the explanation of a chain of variables, which would be as long as the chain.
const longWhy = 300

// unresolved notes why a variable has no value. What was told of a circle is not told again.
func (r *resolver) unresolved(p *pending, err error) {
	if p.why != "" {
		return
	}
	var undefined *UndefinedError
	var long *TooLongError
	if errors.As(err, &long) {
		p.why = "its initial value: " + err.Error()
		at := *p
		at.Text.Place = long.Place
		r.report(&at, "variable-length", source.Error, p.why)
		return
	}
	if !errors.As(err, &undefined) {
		p.why = "its initial value: " + err.Error()
		r.report(p, "variable-function", source.Error, p.why)
		return
	}
	use := undefined.Uses[0]
	switch {
	case use.Why == "":
		p.why = "its initial value needs '" + use.Name + "', which was not defined"
	case len(use.Why) < longWhy:
		p.why = "its initial value needs '" + use.Name + "': " + use.Why
	default:
		p.why = "its initial value needs '" + use.Name + "', which has no value"
	}
	at := *p
	if use.Place.Known() {
		at.Text.Place = use.Place
	}
	r.report(&at, "variable-undefined", source.Warning, p.why)
}

func (r *resolver) report(p *pending, code string, severity source.Severity, why string) {
	r.problems = append(r.problems, source.Diagnostic{
		Code:     code,
		Severity: severity,
		Place:    p.Text.Place,
		Message:  "variable '" + p.Name + "' has no value: " + why,
	})
}
