package bucket

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// ParseEnvironment reads an environment file: ours in YAML or JSON, or the service's environment object, a list of them, or an
// answer of its API that holds either. The environments are nil when at least one diagnostic is an error. The file becomes
// private, and no diagnostic shows a value of it.
//
// A key that is not known is an error, and so is a setting that cannot be followed. Bookkeeping of the service (where a test
// runs, whom it tells) is passed over. Environments of a list are linked to their parents in the same list; the caller reads the
// file that [Environment.Extends] names, and sets Parent.
func ParseEnvironment(f *source.File) ([]*Environment, source.Diagnostics) {
	f.Private = true
	r := &reader{report: report{file: f}}
	if r.notText() || r.notAnEnvironment() || r.notUTF8() {
		return nil, r.finish()
	}
	var found []*Environment
	if root := r.tree("the environment file"); root != nil {
		found = r.environments(root)
	}
	if r.failed() {
		found = nil
	}
	return found, r.finish()
}

// tree parses the file as JSON or YAML, by its name, or by its first character when the name does not say.
func (r *reader) tree(what string) *jsontree.Value {
	if r.isYAML() {
		return r.yaml()
	}
	return r.json(what)
}

func (r *reader) isYAML() bool {
	switch strings.ToLower(filepath.Ext(r.file.Name)) {
	case ".yaml", ".yml":
		return true
	case ".json":
		return false
	}
	text := bytes.TrimSpace(withoutMark(r.file.Bytes()))
	return text[0] != '{' && text[0] != '['
}

// notAnEnvironment refuses text that is known to be something else, and reports whether it did.
func (r *reader) notAnEnvironment() bool {
	text := bytes.TrimSpace(withoutMark(r.file.Bytes()))
	begin := text[:min(len(text), 64<<10)]
	say := func(message, hint string) bool {
		at := r.spot(bytes.Index(r.file.Bytes(), text[:1]))
		r.add(source.Diagnostic{Code: "not-an-environment", Place: at, Message: message, Hint: hint})
		return true
	}
	switch {
	case begin[0] == '<':
		return say("this is an HTML or XML page, not an environment", "download the file itself, not the page that shows it")
	case begin[0] == '{' || begin[0] == '[' || yamlSurround().Match(begin):
		return false
	case dotenv().Match(begin):
		return say("this is a file of variables, not an environment", "give it with --var-file or --secrets-file")
	case script().Match(begin):
		return say("this is a script, not an environment", "give it with --initial-script")
	}
	return false
}

func (r *reader) environments(root *jsontree.Value) []*Environment {
	root = r.unwrap(root)
	switch {
	case root == nil:
		return nil
	case root.Kind == jsontree.Object:
		return r.environmentList([]*jsontree.Value{root})
	case root.Kind == jsontree.Array && len(root.Items) == 0:
		r.fail("no-environment", root, "this is an empty list: there is no environment in it", "")
		return nil
	case root.Kind == jsontree.Array:
		return r.environmentList(root.Items)
	}
	r.fail("not-an-environment", root, "the file holds "+describe(root)+", not an environment",
		"begin with name: and initial_variables:")
	return nil
}

func (r *reader) environmentList(items []*jsontree.Value) []*Environment {
	var found []*Environment
	for _, v := range items {
		if !r.isObject(v, "an environment") || r.somethingElse(v) {
			continue
		}
		e := r.environment(v, true)
		for _, u := range e.Unsupported {
			r.add(source.Diagnostic{
				Code: "unsupported", Place: u.Place, Message: u.What + " is not supported",
				Hint: "remove it when the test does without it",
			})
		}
		found = append(found, e)
	}
	r.linkOwn(found)
	return found
}

// somethingElse says of an object that it is not an environment when it is known to be something else.
func (r *reader) somethingElse(v *jsontree.Value) bool {
	say := func(message, hint string) bool {
		r.fail("not-an-environment", v, message, hint)
		return true
	}
	has := func(name string) bool { return v.Get(name) != nil }
	switch {
	case has("steps"), has("step_type"):
		return say("this is a test, not an environment", "give it as FILE, without -e")
	case isBucket(v):
		return say("this is a bucket backup, not an environment", "give it as FILE, without -e")
	case has("test_run_id"):
		return say("this is the result of a run, not an environment", "")
	case has("_postman_variable_scope"), has("values") && !isEnvironment(v):
		return say("this is a Postman environment", "write its values below initial_variables of an environment file")
	case isPostman(v), has("openapi"), has("swagger"):
		return say("this is a description of requests, not an environment", "")
	case onlyValues(v):
		return say("this is a file of variables, not an environment", "give it with --var-file, or put the variables below initial_variables")
	}
	return false
}

// onlyValues reports whether v is an object of scalars none of which has a name that environments know.
func onlyValues(v *jsontree.Value) bool {
	for _, m := range v.Members {
		known := slices.Contains(environmentKeys, m.Name) || slices.Contains(environmentIdle, m.Name) || slices.Contains(environmentBookkeeping, m.Name)
		if known || !isScalar(m.Value) || source.Nearest(m.Name, environmentKeys) != "" {
			return false
		}
	}
	return len(v.Members) > 0 && !isEnvironment(v)
}
