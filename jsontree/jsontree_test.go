package jsontree

import (
	"fmt"
	"strings"
	"testing"
)

func TestCompactKeepsOrderAndNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		` { "z" : [ 1.0 , -0 , 1E5 ] , "a" : { } } `: `{"z":[1.0,-0,1E5],"a":{}}`,
		`{"a":1,"b":2,"a":[3]}`:                      `{"a":[3],"b":2}`,
		`"\u003c\u2028\/é\u0001\n"`:                  "\"<\u2028/é\\u0001\\n\"",
		`[null,true,false,[]]`:                       `[null,true,false,[]]`,
	} {
		if got := mustParse(t, text).Compact(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestJSTextIsWhatIsCompared(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"a\"b"`: `a"b`, `1.50`: "1.50", `true`: "true", `false`: "false", `null`: "null", `[1, "a"]`: `[1,"a"]`, `{"a": 1}`: `{"a":1}`,
	} {
		if got := mustParse(t, text).JSText(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestBriefNeverCutsAValue(t *testing.T) {
	t.Parallel()
	const text = `{"name":"abcdefghij","list":[1,22,333,{"x":"yyyy"}],"end":null}`
	v := mustParse(t, text)
	for limit := range len(text) + 5 {
		got, whole := v.Brief(limit)
		if whole {
			if got != text || limit < 50 {
				t.Errorf("limit %d: %s is not whole", limit, got)
			}
			continue
		}
		start := strings.TrimSuffix(got, "…")
		rest, ok := strings.CutPrefix(text, start)
		if !ok || len(start) > limit+10 || !strings.HasSuffix(start, ",") && !strings.HasSuffix(start, "[") && !strings.HasSuffix(start, "{") {
			t.Errorf("limit %d: %s|%s", limit, start, rest)
		}
	}
	if got, whole := FromString(strings.Repeat("x", 100)).Brief(10); !whole || len(got) != 102 {
		t.Errorf("a scalar is never cut: %s", got)
	}
}

func TestValuesMadeByPrograms(t *testing.T) {
	t.Parallel()
	v := NewObject(
		Member{Name: "s", Value: FromString("x\"\xff")},
		Member{Name: "n", Value: NewArray(FromNumber("1.0"), FromBool(true), FromBool(false), NewNull())},
		Member{Name: "e", Value: NewArray()},
	)
	if got, want := v.Compact(), "{\"s\":\"x\\\"\ufffd\",\"n\":[1.0,true,false,null],\"e\":[]}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEqualIgnoresOrderOfMembersOnly(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[2]}`, ` {"b":[2], "a":1}`, true},
		{`{"a":0,"a":1}`, `{"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":1}`, false},
		{`{"a":1}`, `{"b":1}`, false},
		{`[1,2]`, `[2,1]`, false},
		{`1`, `1.0`, false},
		{`"1"`, `1`, false},
		{`true`, `false`, false},
		{`[]`, `{}`, false},
	} {
		a, b := mustParse(t, row.a), mustParse(t, row.b)
		if a.Equal(b) != row.want || b.Equal(a) != row.want {
			t.Errorf("%s and %s: want %v", row.a, row.b, row.want)
		}
	}
	if FromString("").Equal(nil) || !(*Value)(nil).Equal(nil) {
		t.Error("nil equals only nil")
	}
}

// usersJSON returns a list of users about as large as asked for.
func usersJSON(size int) []byte {
	var b strings.Builder
	b.WriteString(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[`)
	n := 0
	for ; b.Len() < size; n++ {
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `
  {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "user-%[1]d", "userName": "user%[1]d@example.com",
   "name": {"givenName": "Gr\u00e4fin %[1]d", "familyName": "Müller", "formatted": "Gr\u00e4fin Müller"}, "active": true,
   "emails": [{"value": "user%[1]d@example.com", "type": "work", "primary": true}], "rank": %[1]d.50, "nickName": null,
   "addresses": [{"streetAddress": "1 Example Street", "locality": "Springfield", "postalCode": "%05[1]d", "country": "DE"}],
   "meta": {"resourceType": "User", "created": "2024-01-01T00:00:00Z", "location": "http://localhost/Users/user-%[1]d"}}`, n)
	}
	fmt.Fprintf(&b, `],"totalResults":%d}`, n)
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	for _, size := range []int{2 << 10, 5 << 20} {
		data := usersJSON(size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	root := mustParse(b, string(usersJSON(5<<20)))
	for _, text := range []string{"totalResults", "Resources[-1].emails[0].value", "Resources[4000].name.formatted"} {
		path, err := ParsePath(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				if _, missing := path.Lookup(root); missing != nil {
					b.Fatal(missing)
				}
			}
		})
	}
}
