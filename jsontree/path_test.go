package jsontree

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const document = `{
  "id": "7", "empty": [], "nothing": null, "n": 1.50,
  "list": [{"x": "first", "tags": ["a", "b"]}, {"x": "second"}],
  "length-free": {"length": "mine"},
  "a.b": "dotted", "a[0]": "bracketed", "$ref": "dollar", "back\\slash": "b", "q\"": "quote", "it's": "apostrophe",
  "urn:scim:2": {"0:User": {"wrong": 1}},
  "urn:scim:2.0:User": {"department": "sales", "manager": {"x.y": {"z": "deep"}}},
  "emoji": "a😀"
}`

func lookup(t *testing.T, root *Value, text string) (*Value, *Missing) {
	t.Helper()
	path, err := ParsePath(text)
	if err != nil {
		t.Fatalf("ParsePath(%q): %v", text, err)
	}
	return path.Lookup(root)
}

func TestLookupFinds(t *testing.T) {
	t.Parallel()
	root := mustParse(t, document)
	for path, want := range map[string]string{
		"id": `"7"`, "$.id": `"7"`, "n": "1.50", "nothing": "null", "empty": "[]",
		"list[0].x": `"first"`, "list[1].x": `"second"`, "list[-1].x": `"second"`, "list[-2].tags[ 1 ]": `"b"`,
		"$[\"id\"]": `"7"`, "['list'][0][\"x\"]": `"first"`,
		"list.length": "2", "empty.length": "0", "emoji.length": "3", "length-free.length": `"mine"`,
		"a.b": `"dotted"`, `["a.b"]`: `"dotted"`, "a[0]": `"bracketed"`, `["a[0]"]`: `"bracketed"`,
		"$ref": `"dollar"`, `["back\\slash"]`: `"b"`, `back\slash`: `"b"`, `["q\""]`: `"quote"`, `['q"']`: `"quote"`, `['it\'s']`: `"apostrophe"`,
		"urn:scim:2.0:User.department": `"sales"`, `["urn:scim:2.0:User"].department`: `"sales"`,
		"urn:scim:2.0:User.manager.x.y.z": `"deep"`, "urn:scim:2.0:User.wrong": "1",
	} {
		got, missing := lookup(t, root, path)
		if missing != nil || got.Compact() != want {
			t.Errorf("%s: got %v %v, want %s", path, got, missing, want)
		}
	}
	for _, path := range []string{"", "$", "$."} {
		if got, missing := lookup(t, root, path); got != root || missing != nil {
			t.Errorf("%q is not the document", path)
		}
	}
	array := mustParse(t, `[{"x":1},{"x":2},{"x":3}]`)
	for path, want := range map[string]string{"[2].x": "3", "$[0].x": "1", "[-1]": `{"x":3}`, "length": "3", "[02].x": "3", "[-0].x": "1"} {
		if got, missing := lookup(t, array, path); missing != nil || got.Compact() != want {
			t.Errorf("%s: got %v %v, want %s", path, got, missing, want)
		}
	}
}

func TestLookupSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	root := mustParse(t, document)
	for _, want := range []Missing{
		{Path: "id.x", Segment: "x", Found: "id", FoundKind: String},
		{Path: "empty[0].x", Segment: "0", Found: "empty", FoundKind: Array},
		{Path: "list[2]", Segment: "2", Found: "list", FoundKind: Array, Length: 2},
		{Path: "list[-3].x", Segment: "-3", Found: "list", FoundKind: Array, Length: 2},
		{Path: "list[99999999999999999999]", Segment: "99999999999999999999", Found: "list", FoundKind: Array, Length: 2},
		{Path: "list.x", Segment: "x", Found: "list", FoundKind: Array, Length: 2},
		{Path: "list.0", Segment: "0", Found: "list", FoundKind: Array, Length: 2},
		{Path: "list[1].tags[0]", Segment: "tags", Found: "list[1]", FoundKind: Object, Keys: []string{"x"}, Length: 1},
		{Path: "$.nothing.x", Segment: "x", Found: "$.nothing", FoundKind: Null},
		{Path: "emoji[0]", Segment: "0", Found: "emoji", FoundKind: String},
		{Path: "n.length", Segment: "length", Found: "n", FoundKind: Number},
		{Path: "urn:scim:2.0:User.title", Segment: "title", Found: "urn:scim:2.0:User", FoundKind: Object, Keys: []string{"wrong"}, Length: 1},
		{Path: "length-free[0]", Segment: "0", Found: "length-free", FoundKind: Object, Keys: []string{"length"}, Length: 1},
	} {
		got, missing := lookup(t, root, want.Path)
		if got != nil {
			t.Errorf("%s is %s", want.Path, got.Compact())
			continue
		}
		if diff := cmp.Diff(&want, missing); diff != "" {
			t.Errorf("%s: %s", want.Path, diff)
		}
	}
}

func TestMissingSpeaksAsTheHostedServiceDoes(t *testing.T) {
	t.Parallel()
	root := mustParse(t, `{"authenticationSchemes": []}`)
	for path, want := range map[string]string{
		"authenticationSchemes[0].type": "Unable to locate 0 property in path 'authenticationSchemes[0].type' in JSON.",
		"Resources[0].id":               "Unable to locate Resources property in path 'Resources[0].id' in JSON.",
	} {
		if _, missing := lookup(t, root, path); missing == nil || missing.Error() != want {
			t.Errorf("got %v, want %s", missing, want)
		}
	}
}

func TestMissingKeysAreLimited(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, `,"k%d":0`, i)
	}
	_, missing := lookup(t, mustParse(t, "{"+b.String()[1:]+"}"), "k500")
	if len(missing.Keys) != keysLimit || missing.Length != 500 {
		t.Errorf("%d keys of %d", len(missing.Keys), missing.Length)
	}
}

func TestPathErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		path   string
		offset int
		want   string
	}{
		{".a", 0, "a name is missing before this dot"},
		{"a..b", 2, "a name is missing before this dot"},
		{"a.", 1, "a name is missing after the last dot"},
		{"a.[0]", 1, "a bracket follows the name directly, without a dot"},
		{"a[0", 2, "a closing bracket is missing"},
		{"a[", 2, "a closing bracket is missing"},
		{"a[]", 2, "an index is missing between the brackets"},
		{"a[0]b", 4, "a dot is missing after the bracket"},
		{"a[x]", 2, "brackets hold an index or a name in quotes"},
		{"a[1.5]", 2, "brackets hold an index or a name in quotes"},
		{"a[-]", 2, "brackets hold an index or a name in quotes"},
		{"a[*].b", 2, "wildcards, slices and filters are not supported, only an index or a quoted name in brackets"},
		{"a[1:2]", 2, "wildcards, slices and filters are not supported, only an index or a quoted name in brackets"},
		{`a["b`, 2, "a closing quote is missing"},
		{`a["b"`, 5, "a closing bracket is missing after the quoted name"},
	} {
		_, err := ParsePath(row.path)
		var got *PathError
		if !errors.As(err, &got) || got.Message != row.want || got.Offset != row.offset || got.Path != row.path {
			t.Errorf("ParsePath(%q) = %#v, want %d %s", row.path, err, row.offset, row.want)
		}
	}
}

// The laws: ParsePath never panics; a path that is printed parses to the same path; what Missing calls found is there, has that
// kind, and is a beginning of the path; a quoted name finds every name there is.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		"", "$", "list[0].x", "list[-1].tags[0]", `["a.b"]`, "a.b", "urn:scim:2.0:User.manager.x.y.q", "a[*]", "list[0]x", "$.$.a",
		"urn:scim:2.0:User.manager.x.y.z", "length-free.length.length", `['it\'s']`, "a[0].b",
	} {
		f.Add(seed, document)
	}
	f.Add("$.$.b", `{"$":{"a":1}}`)
	f.Add("a.b.c.d", `{"a":{"b.c":{}},"a.b":{"c":{}},"a.b.c":{"x":0}}`)
	f.Fuzz(func(t *testing.T, text, data string) {
		path, err := ParsePath(text)
		if err != nil {
			if e := err.(*PathError); e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("offset %d in %q", e.Offset, text)
			}
			return
		}
		if again, err := ParsePath(path.String()); err != nil || !cmp.Equal(again, path, cmp.AllowUnexported(Path{}, segment{})) {
			t.Fatalf("%q printed and read again is %v %v", text, again, err)
		}
		root, err := Parse([]byte(data))
		if err != nil {
			return
		}
		if _, missing := path.Lookup(root); missing != nil {
			checkMissing(t, root, missing)
		}
		for _, name := range root.Names() {
			quoted, err := ParsePath(`["` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"]`)
			if err != nil {
				t.Fatal(err)
			}
			if v, _ := quoted.Lookup(root); v != root.Get(name) {
				t.Fatalf("%q is not found", name)
			}
		}
	})
}

func checkMissing(t *testing.T, root *Value, m *Missing) {
	found, err := ParsePath(m.Found)
	if err != nil || !strings.HasPrefix(m.Path, m.Found) {
		t.Fatalf("found %q of %q: %v", m.Found, m.Path, err)
	}
	v, missing := found.Lookup(root)
	if missing != nil || v.Kind != m.FoundKind {
		t.Fatalf("found %q of %q is %v", m.Found, m.Path, missing)
	}
}
