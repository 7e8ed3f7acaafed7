package variables

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"offscope/jsontree"
	"offscope/source"
)

func TestExpansionIsBounded(t *testing.T) {
	t.Parallel()
	scope := &Scope{}
	scope.Set("half", jsontree.FromString(strings.Repeat("x", maxExpansion/2)), Origin{})
	scope.Set("list", jsontree.NewArray(jsontree.FromString(strings.Repeat("x", maxExpansion/2))), Origin{})
	for _, row := range []struct{ name, template, blames string }{
		{"as long as it may be", "{{half}}{{half}}", ""},
		{"literal text does not count", strings.Repeat("y", maxExpansion) + "{{half}}{{half}}", ""},
		{"one too many", "{{half}} {{half}} {{half}} {{undefined}}", "half"},
		{"in arguments", "{{md5({{half}})}}{{md5({{half}})}}{{md5({{half}})}}", "half"},
		{"a function's result", "{{encode_base64({{half}})}}", "encode_base64({{half}})"},
		{"a list", "{{ list }}{{list}}", "list"},
		{"many of them", strings.Repeat("{{list}}", 100_000), "list"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			file := source.NewFile("a.txt", []byte(row.template))
			_, err := Parse(source.Verbatim(file.Whole())).Expand(Names{scope, &Builtins{}})
			var long *TooLongError
			if got := errors.As(err, &long); got != (row.blames != "") {
				t.Fatalf("error %v", err)
			}
			if row.blames == "" {
				return
			}
			at := row.template[long.Place.Start:long.Place.End]
			if long.Name != row.blames || strings.TrimSpace(at[2:len(at)-2]) != row.blames {
				t.Errorf("blames %q at %q, want %q", long.Name, at, row.blames)
			}
			if want := "'" + row.blames + "' makes the text longer than 16 MiB"; err.Error() != want {
				t.Errorf("says %q, want %q", err, want)
			}
		})
	}
}

// doublings are initial variables each of which stands twice in the one before it.
func doublings(n int, last string) []Initial {
	var all []Initial
	for i := range n {
		text := fmt.Sprintf("{{v%d}}{{v%d}}", i+1, i+1)
		file := source.NewFile(fmt.Sprintf("v%d", i), []byte(text))
		all = append(all, Initial{Name: file.Name, Text: source.Verbatim(file.Whole())})
	}
	return append(all, Initial{Name: fmt.Sprintf("v%d", n), Text: source.Text{Value: last}})
}

func TestInitialVariablesAreBounded(t *testing.T) {
	t.Parallel()
	t.Run("thirty doublings", func(t *testing.T) {
		t.Parallel()
		scope, said := Resolve(doublings(30, "x"), &Builtins{}, nil)
		errs := said.Errors()
		if len(errs) != 1 || errs[0].Place.String() != "v5:1:7" ||
			errs[0].Message != "variable 'v5' has no value: its initial value: 'v6' makes the text longer than 16 MiB" {
			t.Errorf("said %v", said)
		}
		if v, ok := scope.Get("v6"); !ok || len(v.Text) != maxExpansion {
			t.Error("v6 has no value")
		}
		if _, ok := scope.Get("v0"); ok {
			t.Error("v0 has a value")
		}
	})
	t.Run("many long ones", func(t *testing.T) {
		t.Parallel()
		initial := doublings(20, strings.Repeat("x", 16))
		for i := range 100 {
			initial = append(initial, Initial{Name: fmt.Sprintf("w%d", i), Text: source.Text{Value: "{{v0}}"}})
			initial = append(initial, Initial{Name: fmt.Sprintf("x%d", i), Text: source.Text{Value: "{{v1}}-{{v1}}"}})
		}
		_, said := Resolve(initial, &Builtins{}, nil)
		if errs := said.Errors(); len(errs) == 0 || !strings.HasSuffix(errs[0].Message, "makes the initial variables longer than 64 MiB together") {
			t.Errorf("said %d", len(errs))
		}
	})
}

// What lies deeper than functions are evaluated is not asked for either: each use has a place, which takes time to find.
func TestUsesEndWhereNestingDoes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ deep, want int }{{maxNesting, maxNesting + 1}, {4000, maxNesting + 1}} {
		template := Parse(source.Text{Value: strings.Repeat("{{md5(", row.deep) + "{{a}}" + strings.Repeat(")}}", row.deep)})
		if uses := template.Uses(); len(uses) != row.want {
			t.Errorf("%d deep: %d uses, want %d", row.deep, len(uses), row.want)
		}
	}
}
