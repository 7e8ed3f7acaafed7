package scim

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const patchUser = `{"userName":"rosa","title":"Pilot","active":true,"name":{"givenName":"Rosa","familyName":"Lind"},
	"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x"}]}`

// TestPatch applies operations to patchUser and names what must have changed; null stands for "gone".
func TestPatch(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, operations, changes string }{
		{"replace without path", `{"op":"replace","value":{"active":false}}`, `{"active":false}`},
		{"operation names in any case", `{"OP":"Replace","Value":{"ACTIVE":false}}`, `{"active":false}`},
		{"add a simple value", `{"op":"add","path":"nickName","value":"Ro"}`, `{"nickName":"Ro"}`},
		{"replace a simple value", `{"op":"replace","path":"title","value":"Captain"}`, `{"title":"Captain"}`},
		{"null unassigns", `{"op":"replace","path":"title","value":null}`, `{"title":null}`},
		{"replace a sub-attribute", `{"op":"replace","path":"name.givenName","value":"Ada"}`, `{"name":{"givenName":"Ada","familyName":"Lind"}}`},
		{"sub-attribute as a name without path", `{"op":"replace","value":{"name.givenName":"Ada"}}`, `{"name":{"givenName":"Ada","familyName":"Lind"}}`},
		{"replace merges complex values", `{"op":"replace","path":"name","value":{"givenName":"Ada","familyName":null}}`, `{"name":{"givenName":"Ada"}}`},
		{"remove a sub-attribute", `{"op":"remove","path":"name.givenName"}`, `{"name":{"familyName":"Lind"}}`},
		{"remove an attribute", `{"op":"remove","path":"name"}`, `{"name":null}`},
		{"remove what is not there", `{"op":"remove","path":"nickName"}`, `{}`},
		{"add to a list", `{"op":"add","path":"emails","value":[{"type":"other","value":"o@x"}]}`,
			`{"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x"},{"type":"other","value":"o@x"}]}`},
		{"add one object to a list", `{"op":"add","path":"roles","value":{"value":"r"}}`, `{"roles":[{"value":"r"}]}`},
		{"add what is in the list", `{"op":"add","path":"emails","value":[{"type":"home","value":"h@x"}]}`, `{}`},
		{"a new primary takes over", `{"op":"add","path":"emails","value":[{"value":"n@x","primary":true}]}`,
			`{"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"h@x"},{"value":"n@x","primary":true}]}`},
		{"a chosen primary takes over", `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`,
			`{"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"h@x","primary":true}]}`},
		{"replace a list", `{"op":"replace","path":"emails","value":[{"value":"n@x"}]}`, `{"emails":[{"value":"n@x"}]}`},
		{"an empty list is no list", `{"op":"replace","path":"emails","value":[]}`, `{"emails":null}`},
		{"replace in chosen elements", `{"op":"replace","path":"emails[type eq \"work\"].value","value":"n@x"}`,
			`{"emails":[{"type":"work","value":"n@x","primary":true},{"type":"home","value":"h@x"}]}`},
		{"replace chosen elements", `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"n@x"}}`,
			`{"emails":[{"value":"n@x"},{"type":"home","value":"h@x"}]}`},
		{"add to chosen elements", `{"op":"add","path":"emails[type eq \"home\"]","value":{"display":"Home"}}`,
			`{"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x","display":"Home"}]}`},
		{"add makes the element it cannot find", `{"op":"add","path":"phoneNumbers[type eq \"work\"].value","value":"12"}`,
			`{"phoneNumbers":[{"type":"work","value":"12"}]}`},
		{"remove chosen elements", `{"op":"remove","path":"emails[value ew \"@x\" and primary eq true]"}`, `{"emails":[{"type":"home","value":"h@x"}]}`},
		{"remove all elements", `{"op":"remove","path":"emails[value pr]"}`, `{"emails":null}`},
		{"remove a sub-attribute of chosen elements", `{"op":"remove","path":"emails[type eq \"home\"].type"}`,
			`{"emails":[{"type":"work","value":"w@x","primary":true},{"value":"h@x"}]}`},
		{"remove elements given as value", `{"op":"remove","path":"emails","value":[{"value":"w@x"}]}`, `{"emails":[{"type":"home","value":"h@x"}]}`},
		{"set in every element", `{"op":"replace","path":"emails.type","value":"any"}`,
			`{"emails":[{"type":"any","value":"w@x","primary":true},{"type":"any","value":"h@x"}]}`},
		{"an extension's attribute", `{"op":"add","path":"` + urnEnterprise + `:department","value":"Air"}`, `{"` + urnEnterprise + `":{"department":"Air"}}`},
		{"an extension without path", `{"op":"add","value":{"` + urnEnterprise + `":{"department":"Air","manager":{"value":"7"}}}}`,
			`{"` + urnEnterprise + `":{"department":"Air","manager":{"value":"7"}}}`},
		{"an unknown extension without path", `{"op":"add","value":{"urn:example:1.0:Ship":{"crew":12}}}`, `{"urn:example:1.0:Ship":{"crew":12}}`},
		{"an unknown extension's attribute", `{"op":"add","value":{"urn:example:1.0:Ship":{"crew":12}}},{"op":"replace","path":"urn:example:1.0:Ship:crew","value":13}`,
			`{"urn:example:1.0:Ship":{"crew":13}}`},
		{"core attributes under their URN", `{"op":"replace","path":"` + urnUser + `:title","value":"Captain"}`, `{"title":"Captain"}`},
		{"several operations in order", `{"op":"add","path":"title","value":"A"},{"op":"replace","path":"title","value":"B"}`, `{"title":"B"}`},
		{"read-only and unknown members without path", `{"op":"replace","value":{"id":"id-1","meta":{},"schemas":[],"groups":[{"value":"x"}],"shoe":9}}`, `{}`},
		{"a password leaves no trace", `{"op":"replace","path":"password","value":"s3cret"}`, `{}`},
		{"a filter with brackets and quotes in its text", `{"op":"add","path":"roles[value eq \"a]\\\"b\"].display","value":"d"}`,
			`{"roles":[{"value":"a]\"b","display":"d"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before, got, err := applyPatch(t, tt.operations)
			if err != nil {
				t.Fatal(err)
			}
			want := decoded(t, patchUser)
			for name, value := range decoded(t, tt.changes) {
				if want[name] = value; value == nil {
					delete(want, name)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("attributes after the patch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(decoded(t, patchUser), before); diff != "" {
				t.Errorf("the patch changed the stored resource:\n%s", diff)
			}
		})
	}
}

func TestPatchIsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, operations, scimType string }{
		{"unknown op", `{"op":"move","path":"title"}`, invalidSyntax},
		{"no op", `{"path":"title"}`, invalidSyntax},
		{"not an operation", `7`, invalidSyntax},
		{"no operations", ``, invalidSyntax},
		{"unknown attribute", `{"op":"add","path":"shoe","value":"9"}`, invalidPath},
		{"unknown sub-attribute", `{"op":"add","path":"name.shoe","value":"9"}`, invalidPath},
		{"path is not a path", `{"op":"add","path":"a b","value":"9"}`, invalidPath},
		{"path is not text", `{"op":"add","path":7,"value":"9"}`, invalidPath},
		{"open bracket", `{"op":"add","path":"emails[type eq \"x\"","value":"9"}`, invalidPath},
		{"text behind the bracket", `{"op":"remove","path":"emails[type pr]value"}`, invalidPath},
		{"filter on a single value", `{"op":"remove","path":"name[givenName pr]"}`, invalidPath},
		{"broken filter", `{"op":"remove","path":"emails[type xx \"x\"]"}`, invalidFilter},
		{"filter matches nothing", `{"op":"replace","path":"emails[type eq \"x\"].value","value":"9"}`, noTarget},
		{"remove matches nothing", `{"op":"remove","path":"emails[type eq \"x\"]"}`, noTarget},
		{"replace in an empty list", `{"op":"replace","path":"roles.value","value":"9"}`, noTarget},
		{"remove without path", `{"op":"remove"}`, noTarget},
		{"read-only attribute", `{"op":"replace","path":"meta.created","value":"x"}`, mutability},
		{"groups are worked out", `{"op":"add","path":"groups","value":[{"value":"g"}]}`, mutability},
		{"another id", `{"op":"replace","value":{"id":"id-9"}}`, mutability},
		{"required attribute", `{"op":"remove","path":"userName"}`, mutability},
		{"empty required attribute", `{"op":"replace","path":"userName","value":" "}`, invalidValue},
		{"text for a boolean", `{"op":"replace","value":{"active":"false"}}`, invalidValue},
		{"number for a text", `{"op":"replace","path":"title","value":1}`, invalidValue},
		{"text for a list", `{"op":"replace","path":"emails","value":"x"}`, invalidValue},
		{"text in a list", `{"op":"add","path":"emails","value":["x"]}`, invalidValue},
		{"text for an object", `{"op":"replace","path":"name","value":"x"}`, invalidValue},
		{"no value without path", `{"op":"add"}`, invalidValue},
		{"two primaries", `{"op":"replace","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, invalidValue},
		{"the first is undone with the second", `{"op":"replace","path":"title","value":"x"},{"op":"remove"}`, noTarget},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := patchClient(t)
			before := c.get("/Users/id-1").text
			c.send("PATCH", "/Users/id-1", patchBody(tt.operations)).want(400).is(tt.scimType, "scimType").filled("detail")
			if after := c.get("/Users/id-1").text; after != before {
				t.Errorf("a refused patch changed the user:\n%s\n%s", before, after)
			}
		})
	}
}

// TestPatchLeavesNoTraceOfWhatItUndoes grows a list first: only then has it room in which an addition could be seen
// by the stored resource.
func TestPatchLeavesNoTraceOfWhatItUndoes(t *testing.T) {
	t.Parallel()
	c := patchClient(t)
	before := c.send("PATCH", "/Users/id-1", patchBody(`{"op":"add","path":"emails","value":[{"value":"3@x"}]}`)).want(200).text
	c.send("PATCH", "/Users/id-1", patchBody(`{"op":"add","path":"emails","value":[{"value":"4@x","primary":true}]},{"op":"remove"}`)).want(400)
	if after := c.get("/Users/id-1").text; after != before {
		t.Errorf("a refused patch changed the user:\n%s\n%s", before, after)
	}
}

// patchClient talks to a server whose only user, id-1, is patchUser.
func patchClient(t *testing.T) client {
	c := newClient(t, newTestServer(Options{Empty: true}), V2)
	c.send("POST", "/Users", strings.Replace(patchUser, "{", `{"schemas":["`+urnUser+`"],`, 1)).want(201)
	return c
}

// applyPatch gives the attributes before (as they are after the patch, to see that they are untouched) and after.
func applyPatch(t *testing.T, operations string) (before, after map[string]any, err error) {
	t.Helper()
	s := patchClient(t).handler.(*Server)
	r := s.store.collections[s.kinds[0]].byID["id-1"]
	body, err := decodeObject([]byte(patchBody(operations)))
	if err != nil {
		return nil, nil, err
	}
	if after, err = patchV2(r, body); err != nil {
		return nil, nil, err
	}
	return reparsed(t, r.attrs), reparsed(t, after), nil
}

func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func reparsed(t *testing.T, m map[string]any) map[string]any {
	t.Helper()
	return decoded(t, string(appendValue(nil, m)))
}

func TestPatchV1IsRefused(t *testing.T) {
	t.Parallel()
	c := patchClient(t)
	c.version = V1
	for _, body := range []string{
		`{"active":false}`,
		`{"schemas":["` + urnCoreV1 + `"],"active":"no"}`,
		`{"schemas":["` + urnCoreV1 + `"],"meta":{"attributes":["userName"]}}`,
		`{"schemas":["` + urnCoreV1 + `"],"meta":{"attributes":["shoe"]}}`,
		`{"schemas":["` + urnCoreV1 + `"],"meta":{"attributes":[7]}}`,
	} {
		c.send("PATCH", "/Users/id-1", body).want(400).filled("detail").is("400", "Errors", 0, "code")
	}
}

func TestPatchV1ReplacesWhatItListsAsRemoved(t *testing.T) {
	t.Parallel()
	c := patchClient(t)
	c.version = V1
	c.send("PATCH", "/Users/id-1", `{"schemas":["`+urnCoreV1+`"],"userName":"ro","emails":[{"value":"n@x"}],"meta":{"attributes":["userName","emails"]}}`).
		want(200).is("ro", "userName").is("n@x", "emails", 0, "value").is(nil, "emails", 1)
}

// FuzzPatch: whatever a patch says, the stored resource stays as it is, and the outcome can be answered and patched
// again.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{`{"op":"add","path":"emails[type eq \"x\"].value","value":"y"}`, `{"op":"remove","path":"emails[value pr].type"}`,
		`{"op":"replace","value":{"name.givenName":"x","emails":[{"primary":true}],"urn:a:b:c":{"d":1}}}`,
		`{"op":"add","path":"` + urnEnterprise + `:manager.value","value":"1"},{"op":"remove","path":"` + urnEnterprise + `"}`,
		`{"op":"add","path":"urn:a:b","value":7},{"op":"add","path":"urn:a:b:c","value":[null]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, operations string) {
		body, err := decodeObject([]byte(patchBody(operations)))
		if err != nil {
			return
		}
		s := newTestServer(Options{})
		r := s.store.collections[s.kinds[0]].byID["id-1"]
		before := string(appendObject(nil, V2.dress(s.store, r, "")))
		attrs, err := patchV2(r, body)
		if after := string(appendObject(nil, V2.dress(s.store, r, ""))); after != before {
			t.Fatalf("the patch changed\n%s into\n%s", before, after)
		}
		if err != nil {
			return
		}
		if r, err = s.store.update(r, attrs); err != nil {
			return
		}
		appendObject(nil, V1.dress(s.store, r, ""))
		_, _ = patchV2(r, body)
	})
}
