package variables

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"offscope/source"
)

// An Expansion is what a template became, in pieces.
type Expansion struct {
	Pieces []Piece
}

// A Piece is a part of an expansion: literal text, or the text of one reference.
type Piece struct {
	Text string
	// Variable is what stood between the braces; "" for literal text. For get_secret it is the secret's name.
	Variable string
	// Inputs are the names of the user variables and secrets that went into Text, nested ones included.
	Inputs []string
	// Secret says that Text is the value of a secret as get_secret returns it.
	Secret bool
}

// Plain returns an expansion of one literal piece.
func Plain(text string) Expansion {
	if text == "" {
		return Expansion{}
	}
	return Expansion{Pieces: []Piece{{Text: text}}}
}

// String joins the pieces.
func (e Expansion) String() string {
	if len(e.Pieces) == 1 {
		return e.Pieces[0].Text
	}
	var out strings.Builder
	for _, p := range e.Pieces {
		out.WriteString(p.Text)
	}
	return out.String()
}

// inputs returns every name that went into the expansion, once each.
func (e Expansion) inputs() []string {
	var names []string
	for _, p := range e.Pieces {
		for _, name := range p.Inputs {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// ErrUnknown is what a [Lookup] returns for a function it does not know, and for a secret that nobody gave.
var ErrUnknown = errors.New("not defined")

// An unknownError is an ErrUnknown with its reason.
type unknownError struct{ why string }

func (e unknownError) Error() string { return e.why }
func (e unknownError) Unwrap() error { return ErrUnknown }

// An UndefinedError lists every reference of a template that has no value.
type UndefinedError struct {
	Uses []Use
}

// Error uses the words of the hosted service for each name (seen in its results: Variable '…' was not defined).
func (e *UndefinedError) Error() string {
	texts := make([]string, len(e.Uses))
	for i, use := range e.Uses {
		texts[i] = use.Undefined()
	}
	return strings.Join(texts, "; ")
}

// Undefined says in the words of the hosted service that the name has no value.
func (u Use) Undefined() string {
	text := fmt.Sprintf("Variable '%s' was not defined", u.Name)
	if u.Why != "" {
		text += " (" + u.Why + ")"
	}
	return text
}

// A FunctionError is a built-in function that cannot take its argument. Its text can hold the value of a variable.
type FunctionError struct {
	Function string
	// Argument is the argument that is wrong, after expansion; "" when one is missing.
	Argument string
	// Expected says what would be right, or what is wrong.
	Expected string
	Place    source.Place
}

// Error names function, argument and what is expected.
func (e *FunctionError) Error() string {
	if e.Argument == "" {
		return fmt.Sprintf("%s: %s", e.Function, e.Expected)
	}
	return fmt.Sprintf("%s: bad argument %q: %s", e.Function, e.Argument, e.Expected)
}

// A TooLongError is a value with which a text becomes longer than it may be. Nothing was built.
type TooLongError struct {
	// Name is what stands between the braces.
	Name  string
	Place source.Place

	which string // what would be too long
}

// Error names the value and the bound.
func (e *TooLongError) Error() string { return fmt.Sprintf("'%s' makes the %s", e.Name, e.which) }

const (
	// maxNesting bounds how deep functions nest: each level can make a text several times longer.
	maxNesting = 16
	// maxExpansion bounds the bytes of all values that go into a text, those in arguments of functions and their results
	// included. A few lines of variables that hold each other twice would fill any memory.
	maxExpansion = 16 << 20
)

// Expand replaces every reference by its value. The exact text between the braces is tried as a variable first, then the
// text without surrounding spaces, then built-ins. Values are not scanned for templates again.
//
// The error is an [*UndefinedError] with all names that have no value, or a [*FunctionError], or several of these joined, or a
// [*TooLongError] alone when the values are longer than 16 MiB together; ask with errors.As.
func (t Template) Expand(from Lookup) (Expansion, error) {
	if t.Literal() {
		return Plain(t.text.Value), nil
	}
	x := expander{Template: t, from: from, room: maxExpansion}
	e := x.expand(0, len(t.text.Value), t.refs, 0)
	if err := x.err(); err != nil {
		return Expansion{}, err
	}
	return e, nil
}

type expander struct {
	Template
	from      Lookup
	undefined []Use
	failed    []error
	room      int // for so many bytes of values more
	tooLong   *TooLongError
}

func (x *expander) err() error {
	if x.tooLong != nil {
		return x.tooLong
	}
	errs := x.failed
	if len(x.undefined) > 0 {
		errs = append([]error{&UndefinedError{Uses: x.undefined}}, errs...)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// expand expands the bytes from start to end of the text, in which refs lie.
func (x *expander) expand(start, end int, refs []reference, depth int) Expansion {
	e := Expansion{Pieces: make([]Piece, 0, 2*len(refs)+1)}
	for _, r := range refs {
		e.literal(x.text.Value[start:r.start])
		piece := x.reference(r, depth)
		if !x.fits(r, piece) {
			return Expansion{}
		}
		e.Pieces = append(e.Pieces, piece)
		start = r.end
	}
	e.literal(x.text.Value[start:end])
	return e
}

// fits counts a piece, and reports whether it and all before it are short enough.
func (x *expander) fits(r reference, p Piece) bool {
	if x.tooLong != nil {
		return false
	}
	if x.room -= len(p.Text); x.room < 0 {
		x.tooLong = &TooLongError{Name: x.name(r), Place: x.text.At(r.start, r.end), which: "text longer than 16 MiB"}
	}
	return x.tooLong == nil
}

func (e *Expansion) literal(text string) {
	if text != "" {
		e.Pieces = append(e.Pieces, Piece{Text: text})
	}
}

func (x *expander) reference(r reference, depth int) Piece {
	if p, ok := x.variable(r); ok {
		return p
	}
	name := x.name(r)
	if r.function == "" && !isBare(name) || r.function != "" && !isCall(r.function) {
		x.isUndefined(r, "")
		return Piece{}
	}
	if r.function == "" {
		return x.call(r, name, nil)
	}
	if depth == maxNesting {
		x.fail(r, &FunctionError{Function: r.function, Expected: fmt.Sprintf("nested more than %d deep", maxNesting)})
		return Piece{}
	}
	problems := len(x.undefined) + len(x.failed)
	argument := x.expand(r.argument, r.argumentTo, r.nested, depth+1)
	if x.tooLong != nil || len(x.undefined)+len(x.failed) > problems {
		return Piece{} // told already
	}
	return x.call(r, r.function, &argument)
}

// variable looks a user variable up under the exact text, then without surrounding spaces.
func (x *expander) variable(r reference) (Piece, bool) {
	exact := x.text.Value[r.start+2 : r.end-2]
	for _, name := range []string{exact, strings.TrimSpace(exact)} {
		if v, ok := x.from.Get(name); ok {
			return Piece{Text: Text(v), Variable: name, Inputs: []string{name}}, true
		}
	}
	return Piece{}, false
}

func (x *expander) call(r reference, function string, argument *Expansion) Piece {
	text, err := x.from.Call(function, argument)
	if errors.Is(err, ErrUnknown) {
		var unknown unknownError
		errors.As(err, &unknown)
		x.isUndefined(r, unknown.why)
		return Piece{}
	}
	if err != nil {
		x.fail(r, err)
		return Piece{}
	}
	p := Piece{Text: text, Variable: x.name(r)}
	if argument != nil {
		p.Inputs = argument.inputs()
	}
	if function == getSecret {
		p.Variable, p.Secret = trim(argument.Pieces), true
		p.Inputs = append(p.Inputs, p.Variable)
	}
	return p
}

// isUndefined notes a reference without a value, and why when the built-in has told.
func (x *expander) isUndefined(r reference, why string) {
	u := Use{Name: x.name(r), Place: x.text.At(r.start, r.end), Why: cmp.Or(why, x.why(r))}
	if u.Why == "" {
		u.Why = x.from.Why(u.Name)
	}
	x.undefined = append(x.undefined, u)
}

func (x *expander) fail(r reference, err error) {
	var bad *FunctionError
	if errors.As(err, &bad) {
		at := *bad
		at.Place = x.text.At(r.start, r.end)
		err = &at
	}
	x.failed = append(x.failed, err)
}
