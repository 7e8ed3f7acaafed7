package bucket

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

func rows(t *testing.T, name, text string) ([]string, source.Diagnostics) {
	t.Helper()
	f := source.NewFile(name, []byte(text))
	found, said := ParseData(f)
	if found == nil {
		t.Fatalf("%q is refused:\n%s", text, draw(said))
	}
	checkPlaces(t, f, found)
	checkInside(t, f, said)
	if !f.Private {
		t.Error("the file is not private")
	}
	var out []string
	for _, row := range found {
		out = append(out, strings.Join(pairs(row.Values), "|"))
	}
	return out, said
}

func TestData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"a.csv", "user,pw\nann,x\nbob,y\n", []string{"user=ann|pw=x", "user=bob|pw=y"}},
		{"a.csv", "\ufeffuser,pw\r\nann,x\r\nbob,y", []string{"user=ann|pw=x", "user=bob|pw=y"}},
		{"a.txt", "user , first name\n ann , x\n", []string{"user= ann |first name= x"}},
		{"a.dat", "\n\nuser,pw\n\nann,x\n  \nbob,y\n\n", []string{"user=ann|pw=x", "user=bob|pw=y"}},
		{"a.csv", "\ufeff\"a\",b\n\"x,\"\"y\"\"\r\nz\",\"\"\n", []string{"a=x,\"y\"\nz|b="}},
		{"a.csv", "a\nb\n \n", []string{"a=b", "a= "}},
		{"a.csv", "a,b\n{{x}},[1]\n", []string{"a={{x}}|b=[1]"}},
		{"a.csv", `[{"a": 1}]`, []string{"a=1"}},
		{"a.json", `[{"a": "b", "n": 1.50}, {"a": true, "n": ""}]`, []string{"a=b|n=1.50", "a=true|n="}},
		{"a.json", `{"rows": [{"a": "b"}]}`, []string{"a=b"}},
		{"-", ` [{"a": "b"}]`, []string{"a=b"}},
	} {
		got, said := rows(t, test.name, test.text)
		if diff := cmp.Diff(test.want, got); diff != "" || len(said) > 0 {
			t.Errorf("%q: -want +got:\n%s%s", test.text, diff, draw(said))
		}
	}
}

func TestDataOfMoreThanTheHostedServiceTakesIsAWarning(t *testing.T) {
	t.Parallel()
	_, said := rows(t, "a.csv", "a\n"+strings.Repeat("x", mostData))
	if len(said) != 1 || said[0].Code != "data-size" || said[0].Severity != source.Warning {
		t.Errorf("said %v", said)
	}
}

func TestDataLeadsIntoTheFile(t *testing.T) {
	t.Parallel()
	text := "\ufeffa,b\r\n\"x \"\"\r\n{{one}}\",{{two}}\r\n"
	found, _ := ParseData(source.NewFile("a.csv", []byte(text)))
	for i, want := range []string{"{{one}}", "{{two}}"} {
		value := found[0].Values[i].Value
		start := strings.Index(value.Value, "{{")
		at := value.At(start, start+len(want))
		if got := text[at.Start:at.End]; got != want {
			t.Errorf("leads to %q", got)
		}
	}
	if got := text[found[0].Place.Start:found[0].Place.End]; got != "\"x \"\"\r\n{{one}}\",{{two}}" {
		t.Errorf("the row is %q", got)
	}
	if name := found[0].Values[1].Name; name.Place.Position() != (source.Position{Line: 1, Col: 6}) {
		t.Errorf("the name stands at %v", name.Place)
	}
}

// FuzzParseData holds the law that every value lies in the file, that rows of CSV have the header's names in order, and that
// they are those which the standard library reads.
func FuzzParseData(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "\ufeff\"a\",b\r\n\"x,\"\"y\"\"\r\nz\",\"\"\r\n", "a\n\n \nb", "a,b\n1\n", "a;b\n", "a,a\n", "a,\n", "a\n\"x", "a\nx\"y\n", "a\r\n1\r",
		`[{"a": 1}, {"b": null}]`, `{"a": [{"b": "c"}]}`, `[1]`, "[]", "", "a\xff\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"fuzz.csv", "fuzz.json"} {
			file := source.NewFile(name, data)
			found, said := ParseData(file)
			if (len(found) == 0) != (said.Err() != nil) {
				t.Errorf("%d rows, said %v", len(found), said)
			}
			checkInside(t, file, said)
			checkPlaces(t, file, found)
			text := bytes.TrimSpace(withoutMark(data))
			if found != nil && name == "fuzz.csv" && text[0] != '[' && text[0] != '{' {
				checkAgainstLibrary(t, found, withoutMark(data))
			}
		}
	})
}

func checkAgainstLibrary(t *testing.T, found []Row, text []byte) {
	t.Helper()
	library := csv.NewReader(bytes.NewReader(text))
	library.FieldsPerRecord = -1
	header, _ := library.Read()
	i := 0
	for {
		record, err := library.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("read what the library refuses: %v", err)
		}
		if len(header) > 1 && len(record) == 1 && strings.TrimSpace(record[0]) == "" {
			continue
		}
		if i >= len(found) {
			t.Fatalf("the library has more rows than %d", i)
		}
		var names, values []string
		for _, v := range found[i].Values {
			names, values = append(names, v.Name.Value), append(values, v.Value.Value)
		}
		for j := range header {
			header[j] = strings.TrimSpace(header[j])
		}
		if !slices.Equal(names, header) || !slices.Equal(values, record) {
			t.Fatalf("row %d has %q with %q, the library %q with %q", i, names, values, header, record)
		}
		i++
	}
	if i != len(found) {
		t.Errorf("%d rows, the library has %d", len(found), i)
	}
}
