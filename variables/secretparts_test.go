package variables

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/exchange"
	"offscope/jsontree"
)

func TestSecretTexts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, value string
		want        []string
	}{
		{"text", `"abcd"`, []string{"abcd"}},
		{"short text", `"a"`, []string{"a"}},
		{"number", "12", []string{"12"}},
		{"object", `{"user": "adam", "password": "s3cr3t"}`, []string{`{"user":"adam","password":"s3cr3t"}`, "adam", "s3cr3t"}},
		{"list", `["abcd", ["efgh"]]`, []string{`["abcd",["efgh"]]`, "abcd", "efgh"}},
		{"at any depth", `{"a": [{"b": {"c": "deep"}}]}`, []string{`{"a":[{"b":{"c":"deep"}}]}`, "deep"}},
		{"once each", `["abcd", "abcd"]`, []string{`["abcd","abcd"]`, "abcd"}},
		{"not what turns up by chance", `["abc", "äöü", 12345, -12345, true, null, "", "    "]`, []string{`["abc","äöü",12345,-12345,true,null,"","    "]`}},
		{"long numbers", `[123456, -1.23456, 1e400000]`, []string{`[123456,-1.23456,1e400000]`, "123456", "-1.23456", "1e400000"}},
		{"not the name of a scheme", `{"token_type": "Bearer", "access_token": "xyzt"}`, []string{`{"token_type":"Bearer","access_token":"xyzt"}`, "xyzt"}},
		{"of equal names all", `{"a": "first", "a": "second"}`, []string{`{"a":"second"}`, "first", "second"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			v, err := jsontree.Parse([]byte(row.value))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, SecretTexts(v)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		if got := SecretTexts(nil); len(got) != 0 {
			t.Errorf("got %q", got)
		}
	})
	t.Run("so many at most", func(t *testing.T) {
		t.Parallel()
		var items []Value
		for i := range 2 * maxParts {
			items = append(items, jsontree.FromString(fmt.Sprintf("item %d", i)))
		}
		if got := SecretTexts(jsontree.NewArray(items...)); len(got) != maxParts+1 || got[maxParts] != fmt.Sprintf("item %d", maxParts-1) {
			t.Errorf("%d texts", len(got))
		}
	})
}

func TestMembersOfASecretAreSecret(t *testing.T) {
	t.Parallel()
	v, _ := jsontree.Parse([]byte(`{"user": "adam", "login": {"password": "s3cr3t", "pin": 1234567}}`))
	for _, when := range []string{"set", "marked"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			scope := Scope{Secrets: NewMasker()}
			if when == "set" {
				scope.Secrets.Secret("cred")
			}
			scope.Set("cred", v, Origin{})
			scope.MarkSecret("cred")
			text := "as adam with s3cr3t, s3cr3t%20, 1234567 and " + Text(v)
			masked := exchange.Show(scope.Secrets.Mask(text), func(exchange.Mark) string { return "*" })
			if want := "as * with *, *%20, * and *"; masked != want {
				t.Errorf("got %q, want %q", masked, want)
			}
			if revealed := exchange.Show(scope.Secrets.Mask(text), func(m exchange.Mark) string {
				text, ok := scope.Secrets.Reveal(m)
				return strings.Repeat("!", 1-map[bool]int{true: 1}[ok]) + text
			}); revealed != text {
				t.Errorf("reveals to %q", revealed)
			}
		})
	}
}
