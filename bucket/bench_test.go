package bucket

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"offscope/source"
)

// largeExport returns a list of tests of at least size bytes, with steps as exports have them.
func largeExport(size int) []byte {
	const step = `{"step_type": "request", "skipped": false, "method": "POST", "url": "{{base}}/Users/%d?filter=userName eq \"{{name}}\"",
      "note": "Create a user", "headers": {"Content-Type": ["application/scim+json"], "Authorization": "{{auth}}"}, "auth": {},
      "form": {}, "multipart_form": [], "fragment": "", "before_scripts": [],
      "body": "{\r\n  \"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:User\"],\r\n  \"userName\": \"{{name}}\"\r\n}",
      "variables": [{"source": "response_json", "property": "id", "name": "id"}, {"name": null, "property": ""}],
      "scripts": ["var data = JSON.parse(response.body);\nassert.equal(data.userName, variables.get(\"name\"));"],
      "assertions": [{"source": "response_status", "comparison": "equal_number", "value": 201},
        {"source": "response_json", "comparison": "not_empty", "property": "id", "value": null}]}`
	var out strings.Builder
	out.WriteString("[")
	for n := 0; out.Len() < size; n++ {
		if n > 0 {
			out.WriteString(",\n")
		}
		fmt.Fprintf(&out, `{"name": "test %d", "version": "1.0", "steps": [`, n)
		for i := range 50 {
			if i > 0 {
				out.WriteString(",\n    ")
			}
			fmt.Fprintf(&out, step, i)
		}
		out.WriteString("]}")
	}
	out.WriteString("]")
	return []byte(out.String())
}

func BenchmarkParse(b *testing.B) {
	run := func(name string, data []byte) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if d, said := Parse(source.NewFile(name, data)); d == nil {
					b.Fatal(said)
				}
			}
		})
	}
	run("64KB", largeExport(64<<10))
	run("4MB", largeExport(4<<20))
	b.Run("real", func(b *testing.B) {
		f := readFile(b, filepath.Join(corpusFolder(b), "bdx-health-a.json"))
		run(f.Name, f.Bytes())
	})
}

func BenchmarkParseEnvironment(b *testing.B) {
	for b.Loop() {
		if found, said := ParseEnvironment(source.NewFile("a.yaml", []byte(environmentYAML))); found == nil {
			b.Fatal(said)
		}
	}
}
