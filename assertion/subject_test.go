package assertion

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"offscope/bucket"
	"offscope/exchange"
	"offscope/jsontree"
	"offscope/source"
)

func TestExtractKeepsTypes(t *testing.T) {
	t.Parallel()
	jsonSubject, xmlSubject := subjectOf(jsonBody), subjectOf(xmlBody)
	for _, row := range []struct {
		subject  *Subject
		src      bucket.Source
		property string
		want     string // compact JSON
	}{
		{jsonSubject, bucket.ResponseJSON, "decimal", "1.50"},
		{jsonSubject, bucket.ResponseJSON, "text", `"abc"`},
		{jsonSubject, bucket.ResponseJSON, "true", "true"},
		{jsonSubject, bucket.ResponseJSON, "nothing", "null"},
		{jsonSubject, bucket.ResponseJSON, "object", `{"k":"v"}`},
		{jsonSubject, bucket.ResponseJSON, "list.length", "5"},
		{jsonSubject, bucket.ResponseHeaders, "x-text", `"abc"`},
		{jsonSubject, bucket.ResponseHeaders, "X-Twice", `"a"`},
		{jsonSubject, bucket.ResponseStatus, "", "200"},
		{jsonSubject, bucket.ResponseTime, "", "123"},
		{xmlSubject, bucket.ResponseSize, "", "73"},
		{xmlSubject, bucket.ResponseText, "", fmt.Sprintf("%q", xmlBody)},
		{xmlSubject, bucket.ResponseXML, "//n[2]/@v", `"9"`},
		{xmlSubject, bucket.ResponseXML, "count(//n)", "2"},
	} {
		v, err := row.subject.Extract(row.src, row.property)
		if err != nil || v.Compact() != row.want {
			t.Errorf("%s %s: %v %v, want %s", row.src, row.property, v, err, row.want)
		}
	}
	if _, err := jsonSubject.Extract(bucket.ResponseJSON, "absent"); err == nil {
		t.Error("a missing value was extracted")
	}
}

func TestLocateErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		body     string
		src      bucket.Source
		property string
		kind     FailureKind
		looks    Look
		want     string
	}{
		{"{}", bucket.ResponseJSON, "a.b", MissingPath, "", "Unable to locate a property in path 'a.b' in JSON."},
		{"{}", bucket.ResponseJSON, "a[", BadPath, "", "the path 'a[' is not valid: a closing bracket is missing"},
		{" \n", bucket.ResponseJSON, "a", NotJSON, LooksEmpty, "the response body is not JSON: it is empty"},
		{"", bucket.ResponseJSON, "", NotJSON, LooksEmpty, "the response body is not JSON: it is empty"},
		{"\n<!DOCTYPE html><p>", bucket.ResponseJSON, "a", NotJSON, LooksHTML, "the response body is not JSON: it looks like HTML"},
		{"<?xml version='1.0'?><a/>", bucket.ResponseJSON, "a", NotJSON, LooksXML, "the response body is not JSON: it looks like XML"},
		{"Not found", bucket.ResponseJSON, "a", NotJSON, LooksText, "the response body is not JSON: it looks like plain text"},
		{"\x00\x01\x02", bucket.ResponseJSON, "a", NotJSON, LooksBinary, "the response body is not JSON: it looks like binary data"},
		{"{\n  \"a\": 1,\n}", bucket.ResponseJSON, "a", NotJSON, LooksJSON,
			"the response body is not JSON: line 2, column 9: this comma must go: a } follows, not another value"},
		{"{}", bucket.ResponseHeaders, "X-None", NoHeader, "", "the response has no header 'X-None'"},
		{"{}", bucket.ResponseHeaders, " ", NoHeader, "", "no header is named"},
		{"<a/>", bucket.ResponseXML, "//b", MissingNode, "", "the XPath '//b' selects nothing in the response"},
		{"<a/>", bucket.ResponseXML, "//[", BadXPath, "", "the XPath '//[' is not valid: this [ is not closed"},
		{"<a/>", bucket.ResponseXML, " ", BadXPath, "", "no XPath is given"},
		{"<a/>", bucket.ResponseXML, "sum('a')", BadXPath, "",
			"the XPath 'sum('a')' cannot be evaluated: sum() function argument type must be a node-set or number"},
		{"<a/>", bucket.ResponseXML, "count(//m:*)", BadXPath, "",
			"the XPath 'count(//m:*)' is not valid: a star cannot stand behind a prefix here: use namespace-uri() or local-name()"},
		{"", bucket.ResponseXML, "/a", NotXML, LooksEmpty, "the response body is not XML: it is empty"},
		{"{}", bucket.ResponseXML, "/a", NotXML, LooksJSON, "the response body is not XML: it looks like JSON"},
		{"<a>\n<b></a>", bucket.ResponseXML, "/a", NotXML, LooksXML, "the response body is not XML: line 2: </a> cannot close <b>"},
		{"<html><br></html>", bucket.ResponseXML, "/a", NotXML, LooksHTML, "the response body is not XML: line 1: </html> cannot close <br>"},
		{"{}", bucket.UnknownSource, "", UnknownSource, "", "this source is not known"},
	} {
		_, err := subjectOf(row.body).Locate(row.src, row.property)
		var got *LocateError
		if !errors.As(err, &got) || got.Message != row.want || got.Kind != row.kind || got.Looks != row.looks {
			t.Errorf("%q %s %s: %+v, want %d %s %s", row.body, row.src, row.property, err, row.kind, row.looks, row.want)
		}
	}
	_, err := NewSubject(nil).Locate(bucket.ResponseStatus, "")
	if e, ok := err.(*LocateError); !ok || e.Kind != NoResponse {
		t.Errorf("got %v", err)
	}
}

func TestSyntaxErrorsOfTheBodyHaveAPlace(t *testing.T) {
	t.Parallel()
	_, err := subjectOf("{\n  \"a\": 1,\n}").Locate(bucket.ResponseJSON, "a")
	if e := err.(*LocateError); e.At != (source.Position{Line: 2, Col: 9}) {
		t.Errorf("at %v", e.At)
	}
}

func TestBodyIsParsedOnce(t *testing.T) {
	t.Parallel()
	r := &exchange.Response{Body: []byte(`{"a": 1}`)}
	s := NewSubject(r)
	if o := Check(s, bucket.ResponseJSON, "a", bucket.Equal, "1"); !o.Passed {
		t.Fatal(o.Message)
	}
	r.Body = []byte(`{"a": 2}`)
	if o := Check(s, bucket.ResponseJSON, "a", bucket.Equal, "1"); !o.Passed {
		t.Error("the body was parsed again")
	}
}

func TestTextThatIsNotUTF8IsShown(t *testing.T) {
	t.Parallel()
	a, err := subjectOf("caf\xe9").Locate(bucket.ResponseText, "")
	if err != nil || a.Text != "caf\ufffd" {
		t.Errorf("%q %v", a.Text, err)
	}
}

func BenchmarkThousandChecksOnFiveMegabytes(b *testing.B) {
	body := []byte(manyUsers(5 << 20))
	for b.Loop() {
		s := NewSubject(&exchange.Response{Body: body})
		for i := range 250 {
			user := fmt.Sprintf("Resources[%d]", i*20)
			must(b, Check(s, bucket.ResponseJSON, user+".userName", bucket.Equal, fmt.Sprintf("user%d@example.com", i*20)))
			must(b, Check(s, bucket.ResponseJSON, user+".schemas", bucket.Contains, "core:2.0:User"))
			must(b, Check(s, bucket.ResponseJSON, "Resources", bucket.NotEmpty, ""))
			must(b, Check(s, bucket.ResponseJSON, user+".rank", bucket.IsLessThan, "1e9"))
		}
	}
}

func must(b *testing.B, o Outcome) {
	if !o.Passed {
		b.Fatal(o.Message, o.Err, o.Explanation)
	}
}

func manyUsers(size int) string {
	var b strings.Builder
	b.WriteString(`{"Resources":[`)
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `
{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "%[1]d", "userName": "user%[1]d@example.com", "rank": %[1]d.5,
 "name": {"givenName": "Ada", "familyName": "Example %[1]d"}, "active": true, "nickName": null,
 "emails": [{"value": "user%[1]d@example.com", "type": "work", "primary": true}],
 "meta": {"resourceType": "User", "created": "2024-01-01T00:00:00Z", "location": "http://localhost/Users/%[1]d"}}`, i)
	}
	b.WriteString("]}")
	return b.String()
}

// A value that was extracted must not keep a large body in memory.
func TestExtractedValueStandsAlone(t *testing.T) {
	t.Parallel()
	s := subjectOf(jsonBody)
	v, err := s.Extract(bucket.ResponseJSON, "object")
	if err != nil {
		t.Fatal(err)
	}
	root, _ := s.parsedJSON()
	if v == root.Get("object") || !v.Equal(root.Get("object")) {
		t.Error("the value is shared with the response")
	}
	v.Members[0].Value = jsontree.NewNull()
	if root.Get("object").Get("k").Text != "v" {
		t.Error("the response changed")
	}
}
