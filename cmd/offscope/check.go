package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"offscope/bucket"
	"offscope/runner"
	"offscope/source"
	"offscope/variables"
)

const checkDescription = `Says every problem that can be known without sending a request: what cannot be executed, unknown names, templates and
paths that can never work, script errors, variables that nothing defines before their use. FILE is an exported test, a
bucket export, or a folder of them.

Examples:
   offscope check Okta-SCIM-20-SPEC-Test.json
   offscope check tests/ -e local.yaml        what is missing then is an error
   offscope check tests/ --format github      as annotations of a pull request
   offscope check tests/ --format json        as a list of objects

Exit codes: 0 no errors (there may be warnings), 1 errors, 2 a file that cannot be used.`

func checkCommand(s system) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "find every problem that can be known without sending a request",
		UsageText: "offscope check [flags] FILE...", Description: checkDescription, OnUsageError: onUsageError,
		Flags: concat(valueFlags(), flagsNamed(choiceFlags(), "test"), flagsNamed(behaviourFlags(), "data", "allow-skip"),
			flagsNamed(httpFlags(), "cert", "key"), []cli.Flag{
				text(groupOutput, "format", "`FORMAT` text (the default), json, or github for annotations"),
				toggle(groupOutput, "verbose", "also say what is ignored and does no harm", "v"),
			}, colorFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usageHint("as in: offscope check test.json", "no file given")
			}
			return check(c, s)
		},
	}
}

// flagsNamed are those of some flags that have these names.
func flagsNamed(flags []cli.Flag, names ...string) []cli.Flag {
	return slices.DeleteFunc(flags, func(f cli.Flag) bool { return !slices.Contains(names, f.Names()[0]) })
}

// problemFormats are the forms in which problems are written.
var problemFormats = map[string]func(*checker, []problem) error{
	"": (*checker).writeText, "text": (*checker).writeText, "json": (*checker).writeJSON, "github": (*checker).writeGitHub,
}

func check(c *cli.Context, s system) error {
	write, known := problemFormats[c.String("format")]
	if !known {
		return usageHint("as in: --format json", "--format takes text, json or github, not %q", c.String("format"))
	}
	k := &checker{s: s, notices: c.Bool("verbose"), index: map[problemKey]int{}, order: map[string]int{}}
	k.s.collect = k.add
	err := k.examine(c)
	k.screen, _ = readScreen(c, s)
	if problems := k.sorted(); err == nil || len(problems) > 0 {
		if failed := write(k, problems); failed != nil {
			return failed
		}
	}
	switch {
	case err != nil:
		return err
	case k.unusable:
		return exit(exitUsage)
	case k.count(source.Error) > 0:
		return exit(exitFailed)
	}
	return nil
}

// A checker gathers the problems of files.
type checker struct {
	s        system
	screen   screen
	shade    *runner.Shade // hides secrets
	notices  bool          // notices are told, too
	problems []problem
	index    map[problemKey]int
	order    map[string]int // of files
	files    int
	unusable bool // a file cannot be used at all
}

// A problem is a diagnostic with the test and step it stands in; "" and 0 when it stands in none.
type problem struct {
	source.Diagnostic
	test string
	step int
}

// A problemKey is what makes two problems the same: a file can be read twice, once for itself and once for a subtest.
type problemKey struct {
	file, code, message string
	start, end          int
}

func (k *checker) add(diagnostics source.Diagnostics) {
	for _, d := range diagnostics {
		key := problemKey{nameOf(d.Place), d.Code, d.Message, d.Place.Start, d.Place.End}
		if i, told := k.index[key]; told {
			k.problems[i].Severity = min(k.problems[i].Severity, d.Severity)
			continue
		}
		k.index[key] = len(k.problems)
		k.problems = append(k.problems, problem{Diagnostic: d})
	}
}

func nameOf(p source.Place) string {
	if p.File == nil {
		return ""
	}
	return p.File.Name
}

// examine reads the files and looks into every test of them. A file that cannot be used keeps none of the others from being
// looked into.
func (k *checker) examine(c *cli.Context) error {
	set, err := readSettings(c, k.s)
	if err != nil {
		k.read(c.Args().Slice())
		k.hideSecrets(c)
		return err
	}
	defer set.close()
	documents := k.read(c.Args().Slice())
	planner := set.planner(k.s, documents)
	// What a run knows of secrets is known also where there is no test.
	plans := []*runner.Plan{runner.NewPlan(&bucket.Test{}, set.options)}
	var all []string
	for _, d := range documents {
		for _, test := range d.Tests {
			name := strings.TrimSpace(test.Name.Value)
			if all = append(all, name); matchesAny(set.tests, name) {
				plans = append(plans, k.plan(planner, d, test)...)
			}
		}
	}
	k.shade = runner.NewShade(plans...)
	for _, p := range plans[1:] {
		k.add(runner.Examine(p))
	}
	k.locate(documents)
	for _, d := range planner.files {
		k.locate([]*bucket.Document{d})
	}
	if missing := unmatched(set.tests, all); len(missing) > 0 && len(all) > 0 && !k.unusable {
		return noTest(missing, all)
	}
	return nil
}

// hideSecrets hides what was given as a secret where the rest of the settings cannot be used.
func (k *checker) hideSecrets(c *cli.Context) {
	set := &settings{}
	_ = set.readValues(c, k.s) // what is wrong was told
	k.shade = runner.NewShade(runner.NewPlan(&bucket.Test{}, set.options))
}

// read reads files and folders of tests.
func (k *checker) read(paths []string) []*bucket.Document {
	var documents []*bucket.Document
	for _, path := range paths {
		files, err := expand(path)
		if err != nil {
			k.files++
			k.refuse(err)
		}
		for _, file := range files {
			k.files++
			f, err := readFile(k.s, file)
			if err != nil {
				k.refuse(err)
				continue
			}
			k.order[f.Name] = len(k.order)
			document, diagnostics := bucket.Parse(f)
			k.add(diagnostics)
			if document != nil {
				documents = append(documents, document)
				continue
			}
			k.unusable = k.unusable || slices.ContainsFunc(diagnostics, isNoTest) || !bytes.Contains(f.Bytes(), []byte(`"step`))
		}
	}
	return documents
}

// refuse tells of something that cannot be used.
func (k *checker) refuse(err error) {
	complain(k.s, err)
	k.unusable = true
}

// isNoTest reports whether a problem means that a file is no test at all, and not one with a mistake in it.
func isNoTest(d source.Diagnostic) bool {
	switch d.Code {
	case "json-syntax", "json-cut-off", "binary-file", "not-utf-8", "not-a-test", "api-error", "no-tests":
		return d.Severity == source.Error
	}
	return false
}

// plan makes the plans of a test: one for all iterations that differ in nothing but plain values.
func (k *checker) plan(planner *planner, d *bucket.Document, test *bucket.Test) []*runner.Plan {
	o, err := planner.optionsFor(d, test)
	if err != nil {
		k.refuse(err)
		return nil
	}
	var plans []*runner.Plan
	seen := map[string]bool{}
	for _, i := range planner.iterations {
		if shape := shapeOf(i.values); !seen[shape] {
			seen[shape] = true
			plans = append(plans, runner.NewPlan(test, i.options(o)))
		}
	}
	return plans
}

// shapeOf is what matters of given values before a run: their names, and the templates in them.
func shapeOf(values []variables.Initial) string {
	var out strings.Builder
	for _, v := range values {
		fmt.Fprintf(&out, "%q", v.Name)
		if strings.Contains(v.Text.Value, "{{") {
			fmt.Fprintf(&out, "=%q", v.Text.Value)
		}
	}
	return out.String()
}

// locate finds the test and the step in which problems stand.
func (k *checker) locate(documents []*bucket.Document) {
	for _, d := range documents {
		for _, test := range d.Tests {
			steps := runner.NewPlan(test, runner.Options{}).Steps
			for i := range k.problems {
				p := &k.problems[i]
				if !contains(test.Place, p.Place) {
					continue
				}
				p.test = strings.TrimSpace(test.Name.Value)
				for _, s := range steps {
					if contains(s.Step.Base().Place, p.Place) {
						p.step = s.Number // the innermost comes last
					}
				}
			}
		}
	}
}

func contains(outer, inner source.Place) bool {
	return inner.File != nil && outer.File != nil && outer.File.Name == inner.File.Name && outer.Start <= inner.Start && inner.End <= outer.End
}

// sorted are the problems that are told, in the order of files and places.
func (k *checker) sorted() []problem {
	k.problems = slices.DeleteFunc(k.problems, func(p problem) bool {
		return p.Severity == source.Notice && !k.notices || k.saidBetter(p)
	})
	rank := func(p problem) int {
		name := nameOf(p.Place)
		if name == "" {
			return 1 << 30
		}
		if _, known := k.order[name]; !known {
			k.order[name] = len(k.order)
		}
		return k.order[name]
	}
	slices.SortStableFunc(k.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Place.Start, b.Place.Start))
	})
	return k.problems
}

// saidBetter reports whether the warning that a row lacks its source or comparison is also told as an error.
func (k *checker) saidBetter(p problem) bool {
	if p.Severity != source.Warning || p.Code != "assertion" && p.Code != "variable" {
		return false
	}
	return slices.ContainsFunc(k.problems, func(other problem) bool {
		return (other.Code == "unknown-source" || other.Code == "unknown-comparison") && contains(p.Place, other.Place)
	})
}

func (k *checker) count(severity source.Severity) int {
	n := 0
	for _, p := range k.problems {
		if p.Severity == severity {
			n++
		}
	}
	return n
}

// writeText writes problems for a reader, and how many there are.
func (k *checker) writeText(problems []problem) error {
	for _, p := range problems {
		p.Message, p.Hint = k.shade.Text(p.Message), k.shade.Text(p.Hint)
		fmt.Fprint(k.screen.log(k.s.stdout), drawn(p.Diagnostic, k.shade.Excerpt(p.Place), k.screen.palette()))
	}
	var parts []string
	for _, kind := range []source.Severity{source.Error, source.Warning, source.Notice} {
		if n := k.count(kind); n > 0 {
			parts = append(parts, count(n, kind.String()))
		}
	}
	if len(parts) == 0 && k.unusable {
		return nil // not all was looked at, and stderr says why
	}
	if len(parts) == 0 {
		parts = []string{"no problems"}
	}
	_, err := fmt.Fprintf(k.s.stdout, "%s in %s\n", strings.Join(parts, ", "), count(k.files, "file"))
	return err
}

// A problemObject is a problem in JSON. Lines and columns count from 1, columns in bytes; the end is behind the last byte.
type problemObject struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Col      int    `json:"col"`
	EndLine  int    `json:"end_line,omitempty"`
	EndCol   int    `json:"end_col,omitempty"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
	Test     string `json:"test,omitempty"`
	Step     int    `json:"step,omitempty"`
}

// writeJSON writes one list with an object for each problem, a line each.
func (k *checker) writeJSON(problems []problem) error {
	var out strings.Builder
	out.WriteString("[")
	for i, p := range problems {
		at := p.Place.Position()
		object := problemObject{
			File: nameOf(p.Place), Line: at.Line, Col: at.Col, Severity: p.Severity.String(), Code: p.Code,
			Message: k.shade.Text(p.Message), Hint: k.shade.Text(p.Hint), Test: k.shade.Text(p.test), Step: p.step,
		}
		if p.Place.End > p.Place.Start {
			end := p.Place.File.Position(p.Place.End)
			object.EndLine, object.EndCol = end.Line, end.Col
		}
		var line strings.Builder
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(object); err != nil {
			return err
		}
		if i > 0 {
			out.WriteString(",")
		}
		out.WriteString("\n  " + strings.TrimSpace(line.String()))
	}
	if len(problems) > 0 {
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	_, err := io.WriteString(k.s.stdout, out.String())
	return err
}

// What GitHub reads as its own in workflow commands (its documentation, workflow commands; the rules stand in its toolkit).
var (
	gitHubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	gitHubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// writeGitHub writes workflow commands, which become annotations of the files.
func (k *checker) writeGitHub(problems []problem) error {
	for _, p := range problems {
		message := k.shade.Text(p.Message)
		if p.Hint != "" {
			message += "\nhint: " + k.shade.Text(p.Hint)
		}
		at := p.Place.Position()
		var properties []string
		if at.Line > 0 {
			properties = append(properties, "file="+gitHubProperty.Replace(nameOf(p.Place)), fmt.Sprintf("line=%d,col=%d", at.Line, at.Col))
		}
		properties = append(properties, "title="+gitHubProperty.Replace(p.Code))
		if _, err := fmt.Fprintf(k.s.stdout, "::%s %s::%s\n", p.Severity, strings.Join(properties, ","), gitHubData.Replace(message)); err != nil {
			return err
		}
	}
	return nil
}
