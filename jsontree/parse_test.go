package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

// mustParse returns the tree of a text that is valid.
func mustParse(t testing.TB, text string) *Value {
	t.Helper()
	v, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse(%.80q): %v", text, err)
	}
	return v
}

func TestParseKeepsWhatDecodersLose(t *testing.T) {
	t.Parallel()
	const text = "\ufeff {\"b\": 1.50, \"a\": [1e400, -0, \"x\\u0041é\"], \"b\": null}\n"
	root := mustParse(t, text)
	type row struct{ Name, Literal, Text, Type string }
	var got []row
	for _, m := range root.Members {
		got = append(got, row{text[m.NameStart:m.NameEnd], text[m.Value.Start:m.Value.End], m.Value.Text, m.Value.TypeName()})
	}
	for _, v := range root.Get("a").Items {
		got = append(got, row{"", text[v.Start:v.End], v.Text, v.TypeName()})
	}
	want := []row{
		{`"b"`, "1.50", "1.50", "number"},
		{`"a"`, `[1e400, -0, "x\u0041é"]`, "", "array"},
		{`"b"`, "null", "", "null"},
		{"", "1e400", "1e400", "number"},
		{"", "-0", "-0", "number"},
		{"", `"x\u0041é"`, "xAé", "string"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if root.Get("b").Kind != Null {
		t.Errorf("of equal names the last one counts, got %v", root.Get("b").Compact())
	}
}

func TestParseDecodesAsJavaScriptDoes(t *testing.T) {
	t.Parallel()
	for literal, want := range map[string]string{
		`"\ud83d\ude00"`: "😀",
		`"\ud800!"`:      "\ufffd!",
		"\"a\xffb\"":     "a\ufffdb",
		`"\/\b\f\n\r\t"`: "/\b\f\n\r\t",
		"\"\u2028\x7f\"": "\u2028\x7f",
	} {
		if got := mustParse(t, literal).Text; got != want {
			t.Errorf("%q is %q, want %q", literal, got, want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text   string
		offset int
		open   int
		want   string
	}{
		{"", 0, -1, "there is no JSON here: the text is empty"},
		{"\ufeff \n", 5, -1, "there is no JSON here: the text is empty"},
		{" <html>", 1, -1, "this looks like HTML or XML, not like JSON"},
		{"\xff\xfe{\x00", 0, -1, "this is UTF-16 text: JSON has to be saved as UTF-8"},
		{`{"a": [1`, 8, 6, "unexpected end: an array is not closed, its ] is missing"},
		{`{"a": `, 6, 0, "unexpected end: an object is not closed, its } is missing"},
		{`{"a": "bc`, 9, 0, "unexpected end: a string is not closed, its quote is missing"},
		{`[tr`, 3, 0, "unexpected end: the last value is cut off"},
		{`[1,]`, 2, 0, "this comma must go: a ] follows, not another value"},
		{"{\"a\":1,\n}", 6, 0, "this comma must go: a } follows, not another value"},
		{`[1,,2]`, 3, 0, "a value is missing before this comma"},
		{`[1,2,,]`, 5, 0, "a value is missing before this comma"},
		{`[,1]`, 1, 0, "a value is missing before this comma"},
		{`{"a":,"b":1}`, 5, 0, "a value is missing before this comma"},
		{`{"a":}`, 5, 0, `expected a value, found "}"`},
		{"[\n1\n2]", 3, 0, `a comma or ] is missing after this value, found "2"`},
		{"{\"a\":1\n\"b\":2}", 6, 0, `a comma or } is missing after this value, found "b"`},
		{`{"a":"b"c"}`, 8, 0, `a comma or } is missing after this string, or a quote inside it is not written \", found "c\""`},
		{`{"a" 1}`, 4, 0, `a colon is missing after this name, found "1"`},
		{`{"a"}`, 4, 0, `a colon is missing after this name, found "}"`},
		{`{a:1}`, 1, 0, `expected a name in double quotes, found "a"`},
		{`{"a":1, b:1}`, 8, 0, `expected a name in double quotes, found "b"`},
		{`{1:2}`, 1, 0, `expected a name in double quotes, found "1"`},
		{`{"a":[1}`, 7, 5, "expected a comma or ]: } does not fit the opening ["},
		{`{"a":1]`, 6, 0, "expected a comma or }: ] does not fit the opening {"},
		{`]`, 0, -1, `expected a value, found "]"`},
		{`{} x`, 3, -1, `the JSON ends before this, but the text goes on, found "x"`},
		{`[undefined]`, 1, 0, `expected a value, found "undefined"`},
		{`[nan]`, 1, 0, `expected a value, found "nan"`},
		{`["a", 'b']`, 6, 0, "JSON strings stand in double quotes, not in single ones"},
		{"[1, // one\n2]", 4, 0, "JSON has no comments"},
		{`[“a”]`, 1, 0, `this is a typographic quote: JSON strings stand in plain double quotes (")`},
		{`[01]`, 2, 0, "a number cannot begin with 0"},
		{`01`, 1, -1, "a number cannot begin with 0"},
		{`[+1]`, 1, 0, "a number begins with a digit or a minus sign"},
		{`[1.]`, 3, 0, `this number lacks a digit, found "]"`},
		{"[\"a\nb\"]", 3, 0, `a string cannot go on in the next line: its quote is missing, or the line break has to be written \n`},
		{"[\"a\tb\"]", 3, 0, `a control character in a string has to be written \u0009`},
		{`["\x"]`, 2, 0, `JSON knows only the escapes \" \\ \/ \b \f \n \r \t and \u with four hexadecimal digits, found "\\x\""`},
	} {
		_, err := Parse([]byte(row.text))
		var got *SyntaxError
		if !errors.As(err, &got) {
			t.Errorf("Parse(%q) = %v", row.text, err)
			continue
		}
		if got.Error() != row.want || got.Offset != row.offset || got.Open != row.open {
			t.Errorf("Parse(%q)\n got %d %d %s\nwant %d %d %s", row.text, got.Offset, got.Open, got, row.offset, row.open, row.want)
		}
		if got.Empty != strings.HasPrefix(row.want, "there is no") {
			t.Errorf("Parse(%q): Empty = %v", row.text, got.Empty)
		}
	}
}

func TestSyntaxErrorMessageShowsNothingOfTheText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"k": hunter}`, `{"k": "hunter" hunter}`, `{"k" "hunter"}`, `{hunter: 1}`, `{"k":"\hunter"}`, `1 hunter`} {
		_, err := Parse([]byte(text))
		if e := err.(*SyntaxError); strings.Contains(e.Message, "hunter") || e.Found == "" {
			t.Errorf("%s: message %q, found %q", text, e.Message, e.Found)
		}
	}
}

func TestNestingIsLimited(t *testing.T) {
	t.Parallel()
	for _, brackets := range []string{"[", `{"a":`} {
		_, err := Parse([]byte(strings.Repeat(brackets, 100_000)))
		if err == nil || !strings.Contains(err.Error(), "10,000") {
			t.Errorf("%s…: %v", brackets, err)
		}
	}
	mustParse(t, strings.Repeat("[", 9_999)+strings.Repeat("]", 9_999))
}

func TestNumberOfValuesIsLimited(t *testing.T) {
	t.Parallel()
	p := newParser([]byte(`[1, {"a": 2}, 3]`))
	p.room = 5 // the name counts as well
	_, err := p.parse()
	if e, ok := err.(*SyntaxError); !ok || e.Offset != 12 || !strings.Contains(e.Message, "1,500,000 values and names") {
		t.Errorf("got %#v", err)
	}
	p = newParser([]byte(`[1, {"a": 2}, 3]`))
	p.room = 6
	if _, err := p.parse(); err != nil {
		t.Error(err)
	}
}

func TestHostileTextsTakeBoundedMemory(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, text string }{
		{"ones", "[" + strings.Repeat("1,", countLimit) + "1]"},
		{"objects", "[" + strings.Repeat("{},", countLimit) + "1]"},
		{"members", "{" + strings.Repeat(`"k":0,`, countLimit/2) + `"k":0}`},
	} {
		if _, err := Parse([]byte(row.text)); err == nil || !strings.Contains(err.Error(), "1,500,000 values and names") {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

func TestBytesThatAreNoUTF8AreReplacedOneByOne(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, want string }{
		{"\"a\xff\xfeb\"", "a\ufffd\ufffdb"},
		{"\"\xe2\x82\"", "\ufffd\ufffd"},
		{"\"ä\xff\\n\"", "ä\ufffd\n"},
		{"\"\ufffd\xff\"", "\ufffd\ufffd"},
	} {
		if got := mustParse(t, row.text).Text; got != row.want {
			t.Errorf("%q is read as %q, want %q", row.text, got, row.want)
		}
	}
}

func TestPlacesLeadIntoTheFile(t *testing.T) {
	t.Parallel()
	f := source.NewFile("a.json", []byte("{\n  \"key\": \"a\\nb\"\n}"))
	root := mustParse(t, string(f.Bytes()))
	member := root.Members[0]
	text := member.Value.StringText(f)
	got := []string{member.NamePlace(f).String(), member.Value.Place(f).String(), text.At(2, 3).String()}
	if want := []string{"a.json:2:3", "a.json:2:10", "a.json:2:14"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if FromString("x").Place(f).Known() || FromString("x").StringText(f).Value != "x" {
		t.Error("a value made by a program stands nowhere")
	}
}

func TestDuplicatesKeepFirstAndLast(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`[1,1]`:                        "",
		`{"a":1,"b":{"a":2,"a":3}}`:    "",
		`{"b":1,"a":2,"a":3,"b":4}`:    "b 1 4, a 2 3",
		`{"a":1,"a":2,"a":3,"c":4}`:    "a 1 3",
		`{"":1,"":1,"\u0061":5,"a":6}`: " 1 1, a 5 6",
	} {
		var got []string
		for _, d := range mustParse(t, text).Duplicates() {
			got = append(got, d.Name+" "+d.First.Value.Text+" "+d.Last.Value.Text)
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestLargeObjectsAreIndexed(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, `,"k%d":%d`, i%900, i)
	}
	root := mustParse(t, "{"+b.String()[1:]+"}")
	for name, want := range map[string]string{"k0": "900", "k99": "999", "k100": "100", "k899": "899"} {
		if got := root.Get(name); got == nil || got.Text != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	if root.Get("k900") != nil || len(root.Duplicates()) != 100 || len(root.Names()) != 900 {
		t.Error("index is wrong")
	}
}

// The laws: Parse accepts exactly what is JSON; spans lie in the text, inside those of their parents and in order; what stands
// in a span is the value; the compact form is the same value and has a fixed point.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.50,-0,1e400,"x\u0041\ud800\n"],"a":{},"":null,"t":true,"f":false}`, "\ufeff [ ] ", `"é😀` + "\xff\"",
		`[1,]`, `{"a"}`, `{"a":1,"b":2,"a":3}`, "1 2", "", "01", "\"\x01\"", `[[[[]]]]`, `nul`, "{\"a\" \t\r\n:1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := Parse(data)
		if valid := json.Valid(bytes.TrimPrefix(data, []byte(byteOrderMark))); valid != (err == nil) {
			t.Fatalf("valid %v, but Parse says %v", valid, err)
		}
		if err != nil {
			checkSyntaxError(t, data, err)
			return
		}
		checkSpans(t, data, root, 0, len(data))
		compact := root.Compact()
		again, err := Parse([]byte(compact))
		if err != nil || !again.Equal(root) || again.Compact() != compact {
			t.Fatalf("compact form %q: %v", compact, err)
		}
		if !root.Clone().Equal(root) {
			t.Fatal("the clone differs")
		}
	})
}

func checkSyntaxError(t *testing.T, data []byte, err error) {
	e := err.(*SyntaxError)
	if e.Offset < 0 || e.Offset > len(data) || e.Open >= len(data) || e.Message == "" {
		t.Fatalf("%+v for %d bytes", e, len(data))
	}
}

func checkSpans(t *testing.T, data []byte, v *Value, start, end int) {
	if v.Start < start || v.End > end || v.Start >= v.End {
		t.Fatalf("span %d-%d is not in %d-%d", v.Start, v.End, start, end)
	}
	if alone, err := Parse(data[v.Start:v.End]); err != nil || !alone.Equal(v) {
		t.Fatalf("%q is not the value at %d: %v", data[v.Start:v.End], v.Start, err)
	}
	at := v.Start + 1
	for _, item := range v.Items {
		checkSpans(t, data, item, at, v.End-1)
		at = item.End
	}
	for _, m := range v.Members {
		if name, err := Parse(data[m.NameStart:m.NameEnd]); err != nil || name.Text != m.Name || m.NameStart < at {
			t.Fatalf("%q is not the name %q", data[m.NameStart:m.NameEnd], m.Name)
		}
		checkSpans(t, data, m.Value, m.NameEnd, v.End-1)
		at = m.Value.End
	}
}
