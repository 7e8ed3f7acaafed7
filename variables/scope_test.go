package variables

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/jsontree"
	"offscope/source"
)

func parse(text string) Template { return Parse(source.Text{Value: text}) }

func TestTextOfValues(t *testing.T) {
	t.Parallel()
	object := jsontree.NewObject(jsontree.Member{Name: "a", Value: jsontree.NewArray(jsontree.FromNumber("1.0"), jsontree.NewNull())})
	for _, row := range []struct {
		value Value
		want  string
	}{
		{jsontree.FromString(`"x"`), `"x"`},
		{jsontree.FromNumber("12345678901234567890.50"), "12345678901234567890.50"},
		{jsontree.FromBool(true), "true"},
		{jsontree.NewNull(), "null"},
		{object, `{"a":[1.0,null]}`},
		{nil, ""},
	} {
		if got := Text(row.value); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}

func TestScopeKeepsOrderOriginsAndChanges(t *testing.T) {
	t.Parallel()
	s := &Scope{}
	set := func(s *Scope, name, value string, kind Kind) {
		s.Set(name, jsontree.FromString(value), Origin{Kind: kind, Detail: "--var"})
	}
	set(s, "a", "1", Flag)
	set(s, "b", "1", Flag)
	mark := s.Mark()
	if len(s.Changes(mark)) != 0 {
		t.Error("changes without a change")
	}
	before := s.Clone()
	set(s, "c", "1", Script)
	set(s, "a", "2", Extraction)
	set(s, "c", "2", Script)
	set(before, "d", "1", Script)
	if got := s.Names(); !cmp.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("names %v", got)
	}
	if origin, ok := s.Origin("a"); !ok || origin.Kind != Extraction {
		t.Errorf("origin of a: %v", origin)
	}
	if origin, _ := s.Origin("b"); origin.String() != "flag --var" {
		t.Errorf("origin of b: %s", origin)
	}
	var changes []string
	for _, c := range s.Changes(mark) {
		changes = append(changes, c.Name+"="+Text(c.Value)+" "+c.Origin.Kind.String())
	}
	if want := []string{"a=2 extraction", "c=2 script"}; !cmp.Equal(changes, want) {
		t.Errorf("changes %v", changes)
	}
	if v, _ := before.Get("a"); Text(v) != "1" {
		t.Errorf("the clone changed: %s", Text(v))
	}
	if _, ok := s.Get("d"); ok {
		t.Error("the original changed with its clone")
	}
	if _, ok := s.Origin("d"); ok {
		t.Error("an origin without a variable")
	}
}

func TestScopeTeachesItsMasker(t *testing.T) {
	t.Parallel()
	s := &Scope{Secrets: NewMasker()}
	s.Set("early", jsontree.FromString("early value"), Origin{})
	s.MarkSecret("early")
	s.MarkSecret("late")
	s.Set("late", jsontree.FromString("late value"), Origin{})
	s.Set("open", jsontree.FromString("open value"), Origin{})
	got := s.Secrets.Mask("early value, late value, open value")
	if strings.Contains(got, "early value") || strings.Contains(got, "late value") || !strings.HasSuffix(got, ", open value") {
		t.Errorf("got %q", got)
	}
}

func given(name, text string, kind Kind) Initial {
	f := source.NewFile(name, []byte(text))
	return Initial{Name: name, Text: source.Verbatim(f.Whole()), Origin: Origin{Kind: kind}}
}

func resolved(s *Scope) string {
	var all []string
	for _, name := range s.Names() {
		v, _ := s.Get(name)
		all = append(all, name+"="+Text(v))
	}
	return strings.Join(all, " ")
}

func TestLaterKindsWinWhateverTheOrder(t *testing.T) {
	t.Parallel()
	s, problems := Resolve([]Initial{
		given("a", "flag", Flag),
		given("a", "shared", SharedEnvironment),
		given("b", "file", VariableFile),
		given("b", "file2", VariableFile),
		given("b", "test", TestEnvironment),
		given("c", "process", ProcessEnvironment),
		given("c", "row", DataRow),
	}, nil, nil)
	if got, want := resolved(s), "a=flag b=file2 c=process"; got != want || problems != nil {
		t.Errorf("got %s, %v", got, problems)
	}
	if origin, _ := s.Origin("a"); origin.Kind != Flag {
		t.Errorf("origin %v", origin)
	}
}

func TestInitialVariablesReferToEachOther(t *testing.T) {
	t.Parallel()
	literal := given("raw", "", Flag)
	literal.Value = jsontree.FromString("{{host}}")
	s, problems := Resolve([]Initial{
		given("base", "http://{{host}}/{{version}}", SharedEnvironment),
		given("version", "v{{n}}", SharedEnvironment),
		given("n", "2", SharedEnvironment),
		given("host", "localhost", Flag),
		given("timestamp", "{{timestamp}}", Flag),
		given("twice", "{{id}}{{id}}", Flag),
		given("id", "{{random_string(3)}}", Flag),
		literal,
	}, fixed(), nil)
	id, _ := s.Get("id")
	want := fmt.Sprintf("base=http://localhost/v2 version=v2 n=2 host=localhost timestamp=1709237045 twice=%[1]s%[1]s id=%[1]s raw={{host}}", Text(id))
	if got := resolved(s); got != want || problems != nil {
		t.Errorf("got  %s\nwant %s\n%v", got, want, problems)
	}
}

func TestCirclesAndUndefinedNamesFailOnUse(t *testing.T) {
	t.Parallel()
	s, problems := Resolve([]Initial{
		given("a", "{{b}}", Flag),
		given("b", "x{{c}}", Flag),
		given("c", "{{b}}", Flag),
		given("self", "{{self}}", Flag),
		given("url", "http://{{host}}", Flag),
		given("n", "{{random_int(x)}}", Flag),
		given("fine", "1", Flag),
	}, fixed(), nil)
	if got := resolved(s); got != "fine=1" {
		t.Errorf("got %s", got)
	}
	want := strings.Join([]string{
		"b:1:1: initial variables refer to each other in a circle: b → c → b",
		"a:1:1: variable 'a' has no value: its initial value needs 'b': its initial value refers to itself: b → c → b",
		"self:1:1: initial variables refer to each other in a circle: self → self",
		"url:1:8: variable 'url' has no value: its initial value needs 'host', which was not defined",
		`n:1:1: variable 'n' has no value: its initial value: random_int: bad argument "x": expected two whole numbers, as in {{random_int(1,6)}}`,
	}, "\n")
	if got := problems.Error(); got != want {
		t.Error(cmp.Diff(want, got))
	}
	_, err := parse("{{url}}").Expand(Names{Scope: s})
	if err == nil || err.Error() != "Variable 'url' was not defined (its initial value needs 'host', which was not defined)" {
		t.Errorf("got %v", err)
	}
	s.Set("url", jsontree.FromString("set by a script"), Origin{Kind: InitialScript})
	if got := expand(t, "{{url}}", Names{Scope: s}).String(); got != "set by a script" {
		t.Errorf("got %q", got)
	}
}

func TestLongChainsResolve(t *testing.T) {
	t.Parallel()
	var chain []Initial
	for i := range 2000 {
		chain = append(chain, given(fmt.Sprint("v", i), fmt.Sprintf("{{v%d}}", i+1), Flag))
	}
	s, problems := Resolve(append(chain, given("v2000", "end", Flag)), nil, nil)
	if v, _ := s.Get("v0"); Text(v) != "end" || problems != nil {
		t.Errorf("got %s", Text(v))
	}
	s, problems = Resolve(chain, nil, nil)
	if len(s.Names()) != 0 || len(problems) != 2000 || len(problems.Error()) > 2000*(longWhy+200) {
		t.Errorf("%d problems in %d bytes", len(problems), len(problems.Error()))
	}
}

func TestUnsetVariableIsNotDefined(t *testing.T) {
	t.Parallel()
	var s Scope
	s.Set("a", jsontree.FromString("1"), Origin{})
	s.Set("b", jsontree.FromString("2"), Origin{})
	mark := s.Mark()
	s.Unset("a", Origin{Kind: Script})
	s.Unset("nobody", Origin{Kind: Script})
	if _, ok := s.Get("a"); ok {
		t.Error("a still has a value")
	}
	if _, ok := s.Origin("a"); ok {
		t.Error("a still has an origin")
	}
	if got := s.Names(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("names %v", got)
	}
	if changes := s.Changes(mark); len(changes) != 1 || changes[0].Name != "a" || changes[0].Value != nil {
		t.Errorf("changes %v", changes)
	}
	_, err := Parse(source.Text{Value: "{{a}}"}).Expand(Names{Scope: &s})
	var undefined *UndefinedError
	if !errors.As(err, &undefined) {
		t.Errorf("a template that uses it: %v", err)
	}
	s.Set("a", jsontree.FromString("3"), Origin{})
	if v, _ := s.Get("a"); Text(v) != "3" {
		t.Error("it cannot be set again")
	}
}
