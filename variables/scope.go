package variables

import (
	"maps"
	"slices"

	"offscope/source"
)

// A Kind is the sort of thing that gives a variable its value. The kinds are in the order of their precedence at the start of
// a run: the later one wins.
type Kind uint8

// Who sets variables.
const (
	SharedEnvironment Kind = iota
	TestEnvironment
	DataRow
	VariableFile
	ProcessEnvironment
	Flag
	SharedInitialScript
	InitialScript
	Extraction
	Script
	SubtestParameter // given by the step of another test that runs this one
	Recorded         // taken from the record of an earlier run
	Prompt           // set by hand while a test is run step by step
)

var kindNames = [...]string{
	SharedEnvironment:   "shared environment",
	TestEnvironment:     "environment",
	DataRow:             "data row",
	VariableFile:        "file",
	ProcessEnvironment:  "process environment",
	Flag:                "flag",
	SharedInitialScript: "shared initial script",
	InitialScript:       "initial script",
	Extraction:          "extraction",
	Script:              "script",
	SubtestParameter:    "subtest parameter",
	Recorded:            "record of run",
	Prompt:              "set at the prompt",
}

// String returns the kind in words.
func (k Kind) String() string { return kindNames[k] }

// An Origin says who gave a variable its value.
type Origin struct {
	Kind Kind
	// Detail says which one, in words for a message: a flag, the name of a file, a step. May be empty.
	Detail string
	// Place is where the value or the order to set it stands, when it stands in a file.
	Place source.Place
}

// String writes kind and detail, such as "flag --var".
func (o Origin) String() string {
	if o.Detail == "" {
		return o.Kind.String()
	}
	return o.Kind.String() + " " + o.Detail
}

// A Scope holds the user variables of one run of one test, in the order in which they were first set. The zero Scope is
// empty and ready. It is for one goroutine.
type Scope struct {
	// Secrets, when set, learns every value that a variable with a secret name is given.
	Secrets *Masker

	index   map[string]int
	entries []entry
	changes int
	why     map[string]string // why a name of an initial variable has no value
}

type entry struct {
	name   string
	value  Value
	origin Origin
	change int // the number of the change that set the value
}

// Set gives a variable a value. The value must not be changed afterwards.
func (s *Scope) Set(name string, value Value, origin Origin) {
	if s.Secrets != nil && s.Secrets.IsSecret(name) {
		s.Secrets.AddValue(name, value)
	}
	s.changes++
	delete(s.why, name)
	e := entry{name: name, value: value, origin: origin, change: s.changes}
	if i, ok := s.index[name]; ok {
		s.entries[i] = e
		return
	}
	if s.index == nil {
		s.index = map[string]int{}
	}
	s.index[name] = len(s.entries)
	s.entries = append(s.entries, e)
}

// Unset takes a variable's value away: a template that uses it fails as if nobody had ever set it. It is a change like any
// other, with no value.
func (s *Scope) Unset(name string, origin Origin) {
	i, ok := s.index[name]
	if !ok {
		return
	}
	s.changes++
	s.entries[i] = entry{name: name, origin: origin, change: s.changes}
}

// Get returns a variable's value, and whether it has one.
func (s *Scope) Get(name string) (Value, bool) {
	i, ok := s.index[name]
	if !ok || s.entries[i].value == nil {
		return nil, false
	}
	return s.entries[i].value, true
}

// Origin returns who gave a variable its value; false when it has none.
func (s *Scope) Origin(name string) (Origin, bool) {
	i, ok := s.index[name]
	if !ok || s.entries[i].value == nil {
		return Origin{}, false
	}
	return s.entries[i].origin, true
}

// Names returns the names of all variables in the order in which they were first set.
func (s *Scope) Names() []string {
	names := make([]string, 0, len(s.entries))
	for _, e := range s.entries {
		if e.value != nil {
			names = append(names, e.name)
		}
	}
	return names
}

// MarkSecret makes a name a secret one, and a value that it has already is masked from now on. It needs Secrets.
func (s *Scope) MarkSecret(name string) {
	s.Secrets.Secret(name)
	if v, ok := s.Get(name); ok {
		s.Secrets.AddValue(name, v)
	}
}

// A Change is a variable with the value it was given; nil when it was taken away.
type Change struct {
	Name   string
	Value  Value
	Origin Origin
}

// A Mark is a point in the history of a scope. The zero Mark is its beginning.
type Mark int

// Mark returns the present point.
func (s *Scope) Mark() Mark { return Mark(s.changes) }

// Changes returns the variables that were set since a mark, with their present values, in the order in which they were set
// last.
func (s *Scope) Changes(since Mark) []Change {
	var set []entry
	for _, e := range s.entries {
		if e.change > int(since) {
			set = append(set, e)
		}
	}
	slices.SortFunc(set, func(a, b entry) int { return a.change - b.change })
	changes := make([]Change, len(set))
	for i, e := range set {
		changes[i] = Change{Name: e.name, Value: e.value, Origin: e.origin}
	}
	return changes
}

// Clone returns a scope that can be changed without changing s; marks of s are valid for it. Both share Secrets.
func (s *Scope) Clone() *Scope {
	return &Scope{
		Secrets: s.Secrets,
		index:   maps.Clone(s.index),
		entries: slices.Clone(s.entries),
		changes: s.changes,
		why:     maps.Clone(s.why),
	}
}
