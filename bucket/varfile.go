package bucket

import (
	"bytes"
	"path/filepath"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// ParseVariables reads a file of variables or secrets in the order of the file: .json with an object of texts, numbers and
// booleans, .yaml or .yml with the same, and everything else with NAME=VALUE lines, unless it begins with a brace. The
// variables are nil when at least one diagnostic is an error. The file becomes private, and no diagnostic shows a value of it.
//
// Of equal names the last one counts, with a warning. An empty file has no variables, with a warning.
func ParseVariables(f *source.File) ([]NamedText, source.Diagnostics) {
	f.Private = true
	r := &reader{report: report{file: f}}
	if r.isVoid() {
		return nil, r.finish()
	}
	if r.notText() || r.notUTF8() {
		return nil, r.finish()
	}
	found := r.variables()
	if r.failed() {
		found = nil
	}
	return found, r.finish()
}

// isVoid warns of a file without anything in it. Unlike an empty test it can be meant.
func (r *reader) isVoid() bool {
	if len(bytes.TrimSpace(withoutMark(r.file.Bytes()))) > 0 {
		return false
	}
	r.add(source.Diagnostic{Code: "empty-file", Severity: source.Warning, Place: r.spot(0), Message: "the file is empty: it has no variables"})
	return true
}

func (r *reader) variables() []NamedText {
	switch strings.ToLower(filepath.Ext(r.file.Name)) {
	case ".json", ".yaml", ".yml":
	default:
		if text := bytes.TrimSpace(withoutMark(r.file.Bytes())); text[0] != '{' && text[0] != '[' {
			return r.dotenv()
		}
	}
	root := r.tree("the file of variables")
	if root == nil {
		return nil
	}
	if root.Kind != jsontree.Object {
		r.wrongType(root, "a file of variables", "an object of names and values")
		return nil
	}
	if v := root.Get("initial_variables"); v != nil && v.Kind == jsontree.Object {
		r.fail("not-variables", root, "this is an environment, not a file of variables", "give it with -e")
		return nil
	}
	switch {
	case root.Get("_postman_variable_scope") != nil:
		r.fail("not-variables", root, "this is a Postman environment, not a file of variables", `write its values as lines of NAME=VALUE, or as {"NAME": "VALUE"}`)
		return nil
	case root.Get("steps") != nil:
		r.fail("not-variables", root, "this is a test, not a file of variables", "give it as FILE")
		return nil
	}
	return r.values(field{jsontree.Member{Name: "variables", Value: root}, "the file"})
}
