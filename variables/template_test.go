package variables

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/jsontree"
	"offscope/source"
)

// echo defines every name without spaces or braces around it, and no built-in.
type echo struct{}

func (echo) Get(name string) (Value, bool) {
	if name == "" || strings.ContainsAny(name, "(){} \n") {
		return nil, false
	}
	return jsontree.FromString("<" + name + ">"), true
}

func (echo) Call(function string, argument *Expansion) (string, error) {
	if argument == nil {
		return "", ErrUnknown
	}
	return function + "[" + argument.String() + "]", nil
}

func (echo) Why(string) string { return "" }

// templates are texts with what they become under echo; a want that begins with ! lists the undefined names.
var templates = []struct{ text, want string }{
	{"", ""},
	{"plain", "plain"},
	{"{{a}}", "<a>"},
	{"x{{a}}y{{b}}z", "x<a>y<b>z"},
	{"{{a}}{{b}}?count=1", "<a><b>?count=1"},
	{"{{ a }}", "<a>"},
	{"{{a-b.c/é}}", "<a-b.c/é>"},
	{"{{SCIM Base URL}}", "!SCIM Base URL"},

	// Stray braces are literal.
	{"/Users/{{a}}}}", "/Users/<a>}}"},
	{"{{a", "{{a"},
	{"a}}", "a}}"},
	{"{{}}", "{{}}"},
	{"{{  }}", "{{  }}"},
	{"{{a\nb}}", "{{a\nb}}"},
	{"{{\na\n}}", "<a>"},
	{"{{a {{b}}", "{{a <b>"},
	{"{a}", "{a}"},
	{"{{{a}}}", "{<a>}"},
	{"{{a {{b}} c", "{{a <b> c"},
	{`{"a":{{{a}}:1}}`, `{"a":{<a>:1}}`},
	{`{"a":{{{a}}:{{{b}}:1}}}`, `{"a":{<a>:{<b>:1}}}`},
	{`{"n":{"m":{{a}}}}`, `{"n":{"m":<a>}}`},
	{`{"a":{"b":{}}}`, `{"a":{"b":{}}}`},

	// Names do not nest: braces around a reference would be sent as they are.
	{"{{x{{a}}}}", "!x{{a}}"},
	{"{{ {{a}} }}", "!{{a}}"},
	{"{{{{a}}}}", "!{{a}}"},
	{"{{{{{a}}}}}", "!{{a}}"},
	{"{{{x{{a}}}}}", "!x{{a}}"},
	{"{{a}}/{{x{{b}}y{{c}}}}/{{d}}}}", "!x{{b}}y{{c}}"},
	{"{{a{{b{{c}}}}}}", "!a{{b{{c}}}}"},
	{"{{x{{}}{{a}}}}", "!x{{}}{{a}}"},
	{"{{x{{md5(a)}}}}", "!x{{md5(a)}}"},
	{"{{no such{{a}}}} {{not here}}", "!no such{{a}};not here"},
	{"{{x{{}}}}", "{{x{{}}}}"},
	{"{{{{}}}}", "{{{{}}}}"},
	{"{{x\n{{a}}}}", "{{x\n<a>}}"},
	{"{{x{{a}}\r}}", "{{x<a>\r}}"},
	{"{{x{{md5(a\nb)}}}}", "{{xmd5[a\nb]}}"},
	{"{{x\n}} {{y{{a}}}}", "!y{{a}}"},
	{"{{md5({{x{{a}}}})}}", "md5[{{x<a>}}]"},

	// Calls.
	{"{{md5(abc)}}", "md5[abc]"},
	{"{{ md5(abc) }}", "md5[abc]"},
	{"{{md5()}}", "md5[]"},
	{"{{md5( a )}}", "md5[ a ]"},
	{"{{encode_base64({{u}}:{{p}})}}", "encode_base64[<u>:<p>]"},
	{"{{md5({{sha1({{a}})}})}}", "md5[sha1[<a>]]"},
	{"{{md5(f(x))}}", "md5[f(x)]"},
	{`{{md5({"a":{"b":1}})}}`, `md5[{"a":{"b":1}}]`},
	{`{{md5({"a":{{a}}})}}`, `md5[{"a":<a>}]`},
	{"{{md5(a\nb)}}", "md5[a\nb]"},
	{`{"x":{{md5(a)}}}`, `{"x":md5[a]}`},

	// Calls that are none.
	{"{{foo(1)}}", "!foo(1)"},
	{"{{foo({{a}})}}", "!foo({{a}})"},
	{"{{md5 (x)}}", "!md5 (x)"},
	{"{{md5(a}}", "!md5(a"},
	{"{{md5(a}} {{b}}", "!md5(a"},
	{"{{md5({{a}}}} {{b}}", "!md5({{a}}"},
	{"{{md5({{sha1(b}}", "!sha1(b"},
	{"{{md5({{a)}}", "!a)"},
	{"{{md5({{a}}", "{{md5(<a>"},
	{"{{no such}} {{md5({{not here}} {{a}})}}", "!no such;not here"},
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, row := range templates {
		e, err := Parse(source.Text{Value: row.text}).Expand(echo{})
		got := e.String()
		if undefined, ok := errors.AsType[*UndefinedError](err); ok {
			var names []string
			for _, use := range undefined.Uses {
				names = append(names, use.Name)
			}
			got = "!" + strings.Join(names, ";")
		} else if err != nil {
			t.Errorf("%s: %v", row.text, err)
		}
		if got != row.want {
			t.Errorf("%s became %q, want %q", row.text, got, row.want)
		}
	}
}

func TestUsesHavePlaces(t *testing.T) {
	t.Parallel()
	const literal = `"\u00e9 {{a b}}\n{{md5({{x}}, y)}} {{timestamp}} {{foo(1)}}"`
	f := source.NewFile("t.json", []byte("[\n"+literal+"]"))
	text := source.JSONString("é {{a b}}\n{{md5({{x}}, y)}} {{timestamp}} {{foo(1)}}", source.Place{File: f, Start: 2, End: 2 + len(literal)})
	template := Parse(text)
	var got []string
	for _, u := range template.Uses() {
		spelled := f.Bytes()[u.Place.Start:u.Place.End]
		got = append(got, fmt.Sprintf("%s %v %q %s %s", u.Name, u.Function, u.Argument, u.Place, spelled))
	}
	want := []string{
		`a b false "" t.json:2:9 {{a b}}`,
		`x false "" t.json:2:24 {{x}}`,
		`md5 true "{{x}}, y" t.json:2:18 {{md5({{x}}, y)}}`,
		`timestamp true "" t.json:2:36 {{timestamp}}`,
		`foo(1) false "" t.json:2:50 {{foo(1)}}`,
	}
	if !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	_, err := template.Expand(Names{})
	undefined, _ := errors.AsType[*UndefinedError](err)
	if undefined == nil || len(undefined.Uses) != 4 || undefined.Uses[1].Place.String() != "t.json:2:24" {
		t.Errorf("got %+v", undefined)
	}
}

func TestUndefinedSaysSoInTheWordsOfTheService(t *testing.T) {
	t.Parallel()
	_, err := Parse(source.Text{Value: "{{a}} {{ b c }}"}).Expand(Names{})
	if got, want := err.Error(), "Variable 'a' was not defined; Variable 'b c' was not defined"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestNamesThatNestAreExplained(t *testing.T) {
	t.Parallel()
	template := Parse(source.Text{Value: "{{a{{b}}}}"})
	_, err := template.Expand(echo{})
	if got, want := fmt.Sprint(err), "Variable 'a{{b}}' was not defined (names do not nest)"; got != want {
		t.Errorf("got %q", got)
	}
	if uses := template.Uses(); len(uses) != 2 || uses[0].Name != "b" || uses[1].Name != "a{{b}}" || uses[1].Function || uses[1].Why == "" {
		t.Errorf("uses %+v", uses)
	}
}

func TestExactNamesComeBeforeTrimmedOnesAndUserVariablesBeforeBuiltins(t *testing.T) {
	t.Parallel()
	scope := &Scope{}
	for _, name := range []string{" a ", "a", "b", "uuid", "Okta (dev)", "md5", "foo(1)"} {
		scope.Set(name, jsontree.FromString("<"+name+">"), Origin{})
	}
	const text = "{{ a }}{{a}}{{  a}}{{ b }}{{uuid}}{{Okta (dev)}}{{md5}}{{foo(1)}}"
	if got := expand(t, text, Names{scope, &Builtins{}}).String(); got != "< a ><a><a><b><uuid><Okta (dev)><md5><foo(1)>" {
		t.Errorf("got %q", got)
	}
	hash := hashMD5("x")
	if got := expand(t, "{{md5(x)}}", Names{scope, &Builtins{}}).String(); got != hash {
		t.Errorf("a variable named md5 hid md5(x): %q", got)
	}
}

func TestValuesAreNotScannedAgain(t *testing.T) {
	t.Parallel()
	scope := &Scope{}
	scope.Set("a", jsontree.FromString("{{b}}"), Origin{})
	scope.Set("b", jsontree.FromString("no"), Origin{})
	if got := expand(t, "{{a}}{{url_encode({{a}})}}", Names{scope, &Builtins{}}).String(); got != "{{b}}%7B%7Bb%7D%7D" {
		t.Errorf("got %q", got)
	}
}

func TestPiecesSayWhatWentIntoThem(t *testing.T) {
	t.Parallel()
	scope := &Scope{}
	scope.Set("u", jsontree.FromString("me"), Origin{})
	scope.Set("n", jsontree.FromNumber("1.50"), Origin{})
	b := &Builtins{Secret: func(string) (string, bool) { return "s", true }}
	e := expand(t, "a{{n}}{{url_encode({{u}}:{{get_secret({{u}})}}{{u}})}}{{get_secret(k)}}", Names{scope, b})
	want := Expansion{Pieces: []Piece{
		{Text: "a"},
		{Text: "1.50", Variable: "n", Inputs: []string{"n"}},
		{Text: "me%3Asme", Variable: "url_encode({{u}}:{{get_secret({{u}})}}{{u}})", Inputs: []string{"u", "me"}},
		{Text: "s", Variable: "k", Inputs: []string{"k"}, Secret: true},
	}}
	if !cmp.Equal(e, want) {
		t.Error(cmp.Diff(want, e))
	}
}

func TestDeepNestingIsAnErrorNotAnExplosion(t *testing.T) {
	t.Parallel()
	deep := func(n int) Template {
		return Parse(source.Text{Value: strings.Repeat("{{encode_base64(", n) + "%%%" + strings.Repeat(")}}", n)})
	}
	if _, err := deep(maxNesting).Expand(Names{Builtins: &Builtins{}}); err != nil {
		t.Errorf("%d deep: %v", maxNesting, err)
	}
	_, err := deep(100_000).Expand(Names{Builtins: &Builtins{}})
	if bad, ok := errors.AsType[*FunctionError](err); !ok || !strings.Contains(bad.Error(), "nested") {
		t.Errorf("got %v", err)
	}
}

func TestLongTextsOfBracesAreReadInOnePass(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"{{", "}}", "{{f(", "{{f({", "{{a", "{{f(}}", "{{f( }}"} {
		Parse(source.Text{Value: strings.Repeat(part, 200_000)})
	}
	Parse(source.Text{Value: strings.Repeat("{{a", 200_000) + "{{b}}" + strings.Repeat("}}", 200_000)})
}

// The laws: the pieces of a template join to its text, references nest and have names, and a literal expands to itself.
func FuzzTemplatePiecesJoinToTheText(f *testing.F) {
	for _, row := range templates {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template := Parse(source.Text{Value: text})
		if got := rebuild(t, text, 0, len(text), template.refs); got != text {
			t.Errorf("%q joins to %q", text, got)
		}
		for _, u := range template.Uses() {
			if u.Name == "" || strings.ContainsAny(u.Name, "\n") && u.Argument == "" && !strings.Contains(u.Name, "(") {
				t.Errorf("%q uses %q", text, u.Name)
			}
		}
		e, err := template.Expand(echo{})
		if template.Literal() && (err != nil || e.String() != text) {
			t.Errorf("literal %q became %q, %v", text, e, err)
		}
		if err != nil {
			return
		}
		if n := len(e.Pieces); n > 2*len(template.refs)+1 {
			t.Errorf("%q has %d pieces", text, n)
		}
	})
}

func rebuild(t *testing.T, text string, start, end int, refs []reference) string {
	var out strings.Builder
	for _, r := range refs {
		if r.start < start || r.end > end || r.start+4 >= r.end {
			t.Fatalf("%q: reference at %d-%d, within %d-%d", text, r.start, r.end, start, end)
		}
		out.WriteString(text[start:r.start])
		start = r.end
		if r.function == "" {
			out.WriteString(text[r.start:r.end])
			continue
		}
		out.WriteString(text[r.start:r.argument])
		out.WriteString(rebuild(t, text, r.argument, r.argumentTo, r.nested))
		out.WriteString(text[r.argumentTo:r.end])
	}
	return out.String() + text[start:end]
}

func BenchmarkExpand(b *testing.B) {
	scope := &Scope{}
	scope.Set("SCIMBaseURL", jsontree.FromString("http://localhost:8080/scim/v2"), Origin{})
	scope.Set("randomUsername", jsontree.FromString("someone@example.com"), Origin{})
	template := Parse(source.Text{Value: `{{SCIMBaseURL}}/Users?filter=userName eq "{{randomUsername}}"&count=100`})
	names := Names{scope, &Builtins{}}
	b.ReportAllocs()
	for b.Loop() {
		e, err := template.Expand(names)
		if err != nil {
			b.Fatal(err)
		}
		_ = EncodeURL(e.String())
	}
}
