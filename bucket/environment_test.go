package bucket

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/source"
)

// environments reads an environment file that must be usable.
func environments(t *testing.T, name, text string) ([]*Environment, source.Diagnostics) {
	t.Helper()
	f := source.NewFile(name, []byte(text))
	found, said := ParseEnvironment(f)
	if found == nil {
		t.Fatalf("refused:\n%s", draw(said))
	}
	if !f.Private {
		t.Error("the file is not private")
	}
	checkPlaces(t, f, found)
	checkInside(t, f, said)
	return found, said
}

const environmentJSON = `{"name": "local", "id": null, "initial_variables": {"SCIM Base URL": "http://localhost:8080/scim/v2",
	"port": 8080, "ratio": 1.50, "on": true, "off": false, "none": null, "quoted": "a \"b\" \\ c", "empty": ""},
	"secrets": ["auth", "pw"], "initial_script_file": "Initial.txt"}`

const environmentYAML = `# ours
name: local
id:
initial_variables:
  SCIM Base URL: http://localhost:8080/scim/v2   # with a comment
  port: 8080
  ratio: 1.50
  on: true
  off: False
  none: ~
  quoted: 'a "b" \ c'
  empty: ""
secrets: [auth, "pw"]
initial_script_file: Initial.txt
`

func TestEnvironmentsReadTheSameFromJSONAndYAML(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a.json": environmentJSON, "a.yaml": environmentYAML, "a.yml": environmentJSON, "stdin": environmentYAML, "-": environmentJSON,
		"dos.yaml": strings.ReplaceAll(environmentYAML, "\n", "\r\n"), "mark.yaml": "\ufeff" + environmentYAML,
		"envelope.json": `{"data": [` + environmentJSON + `], "meta": {}, "error": null}`,
	} {
		found, said := environments(t, name, text)
		e := found[0]
		want := []string{
			"SCIM Base URL=http://localhost:8080/scim/v2", "port=8080", "ratio=1.50", "on=true", "off=false", "none=",
			`quoted=a "b" \ c`, "empty=",
		}
		if diff := cmp.Diff(want, pairs(e.Initial)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if diff := cmp.Diff([]string{"auth", "pw"}, values(e.Secrets)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if e.Name != "local" || e.InitialScriptFile.Value != "Initial.txt" || e.Script.Value != "" || len(said) != 1 {
			t.Errorf("%s: read %+v, said:\n%s", name, e, draw(said))
		}
		if at := e.Initial[1].Value.At(0, 4); string(e.File.Bytes()[at.Start:at.End]) != "8080" {
			t.Errorf("%s: the port leads to %v", name, at)
		}
	}
}

func TestYAMLTextsLeadIntoTheFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, piece, literal string }{
		{"plain", "script: log(1); fail()", "fail", "fail"},
		{"plain behind wide characters", "name: \"äöü\"\nscript: ü; fail()", "fail", "fail"},
		{"flow", "{name: ä, script: 'ü; fail'}", "fail", "fail"},
		{"single quotes", "script: 'it''s; fail()'", "fail", "fail"},
		{"single quotes, at the doubled one", "script: 'it''s; fail()'", "'s", "''s"},
		{"double quotes", `script: "a\tb\u00e4\x41; fail()"`, "fail", "fail"},
		{"double quotes, at an escape", `script: "a\tb"`, "\t", `\t`},
		{"double quotes, wide escape", `script: "\U0001F600\_\N\L; fail()"`, "fail", "fail"},
		{"block", "script: |\n  var a;\n\n    fail();\n", "fail", "fail"},
		{"block, first line", "script: |\n  fail();\n  b();\n", "fail", "fail"},
		{"block with line ends of Windows", "script: |-\r\n  var a;\r\n  fail();\r\n", "fail", "fail"},
		{"block with indentation given", "script: |2+\n    var a;\n  fail();\n\n", "fail", "fail"},
		{"block with a tag and an anchor", "script: !!str &s |\n  var a;\n  fail();\n", "fail", "fail"},
		{"block without a last line end", "script: |\n  var a;\n  fail();", "fail", "fail"},
		{"folded block, as a whole", "script: >\n  var a;\n  fail();\n", "fail", ">"},
		{"plain over lines, as a whole", "script: var a;\n  fail();\n", "fail", "var a;"},
		{"double quotes over lines, as a whole", "script: \"var a;\n  fail();\"\n", "fail", `"var a;`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found, _ := environments(t, "a.yaml", test.text)
			script := found[0].Script
			start := strings.Index(script.Value, test.piece)
			if start < 0 {
				t.Fatalf("read %q", script.Value)
			}
			at := script.At(start, start+len(test.piece))
			if got := test.text[at.Start:at.End]; got != test.literal {
				t.Errorf("leads to %q at %d", got, at.Start)
			}
		})
	}
}

func TestEnvironmentsInLists(t *testing.T) {
	t.Parallel()
	found, _ := environments(t, "a.yaml", "- name: one\n  initial_variables: {a: b}\n- name: two\n")
	if len(found) != 2 || found[0].Name != "one" || found[1].Name != "two" {
		t.Errorf("read %+v", found)
	}
}

func TestManyAliasesAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	found, said := ParseEnvironment(source.NewFile("bomb.yaml", []byte(bomb.String())))
	if found != nil || len(said) != 51 || said[0].Message != "the alias *a0 is not read" {
		t.Errorf("said %d things, the first is %v", len(said), said[0])
	}
}

func TestLargeYAMLIsRefused(t *testing.T) {
	t.Parallel()
	text := "name: " + strings.Repeat("x", mostYAML)
	_, said := ParseEnvironment(source.NewFile("large.yaml", []byte(text)))
	if len(said) != 1 || said[0].Code != "yaml-size" {
		t.Errorf("said %v", said)
	}
}

func variables(t *testing.T, name, text string) []NamedText {
	t.Helper()
	f := source.NewFile(name, []byte(text))
	found, said := ParseVariables(f)
	if said.Err() != nil || !f.Private {
		t.Fatalf("refused:\n%s", draw(said))
	}
	checkPlaces(t, f, found)
	return found
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"a.json", `{"a": "b", "n": 1.0, "t": true, "x": null}`, []string{"a=b", "n=1.0", "t=true", "x="}},
		{"a.yaml", "a: b\nn: 1.0\nt: true\n", []string{"a=b", "n=1.0", "t=true"}},
		{"a.yaml", "a:\nb: ~\nc: null\nd: ''\ne:  # to be filled in\nf: x\ng:\n", []string{"b=", "c=", "d=", "f=x"}},
		{"a.yaml", "{a: , b: x}", []string{"b=x"}},
		{"a.yml", "one more: '{{x}}'\n", []string{"one more={{x}}"}},
		{"fd/63", `{"a": "b"}`, []string{"a=b"}},
		{"a.json", `{}`, nil},
		{"a.env", "", nil},
		{"a.env", "\ufeffA=1\r\nB=2\r\n", []string{"A=1", "B=2"}},
		{".env", "# comment\n\n  export A = b c  # comment\nexport\tB=a#b\nC=\nD==\n", []string{"A=b c", "B=a#b", "C=", "D=="}},
		{".env.local", `A="a \"b\" \\ \n\t\$x ${Y} # no comment" # comment`, []string{"A=a \"b\" \\ \n\t$x ${Y} # no comment"}},
		{"a.env", `A='a \n "b"'`, []string{`A=a \n "b"`}},
		{"a.env", "A=\"one\ntwo\"\nB='three\nfour'\n", []string{"A=one\ntwo", "B=three\nfour"}},
		{"a.env", "One more=x\nexporter=y", []string{"One more=x", "exporter=y"}},
		{"a.env", "A=1\nB=2\nA=3", []string{"A=3", "B=2"}},
		{"a.env", `A=""`, []string{"A="}},
		{"a.env", "A=#b\nB= # c", []string{"A=#b", "B="}},
	} {
		if diff := cmp.Diff(test.want, pairs(variables(t, test.name, test.text))); diff != "" {
			t.Errorf("%s %q: -want +got:\n%s", test.name, test.text, diff)
		}
	}
}

func TestDotenvTextsLeadIntoTheFile(t *testing.T) {
	t.Parallel()
	text := `A="x\n\"{{y}}\""`
	value := variables(t, "a.env", text)[0].Value
	start := strings.Index(value.Value, "{{")
	at := value.At(start, start+5)
	if got := text[at.Start:at.End]; got != "{{y}}" {
		t.Errorf("leads to %q", got)
	}
}

func TestAnEnvironmentOfScriptsIsNoScript(t *testing.T) {
	t.Parallel()
	found, _ := environments(t, "a.yaml", "pre_request_scripts: ['var a = Math.random();']\n")
	if len(found[0].BeforeScripts) != 1 {
		t.Errorf("read %+v", found[0])
	}
}
